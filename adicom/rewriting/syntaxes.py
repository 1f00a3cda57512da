"""The transform between the uncompressed transfer syntaxes."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from adicom.datadict import find_vr
from adicom.encoder.values import swapped
from adicom.errors import EncodeError
from adicom.parser import events as ev
from adicom.parser.events import UNDEFINED_LENGTH, Encoding
from adicom.rewriting.base import Stage, Tags
from adicom.rewriting.elements import HEADERS, Header, made
from adicom.rewriting.levels import PIXEL_REPRESENTATION, Levels
from adicom.uid import UID
from adicom.vr import LONG_VR, OPEN_NUMBER, WORD_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adicom.rewriting.base import Run
    from adicom.rewriting.levels import Level

__all__ = ("ToSyntax",)

_TRANSFER_SYNTAX: Final = 0x00020010
_ENCODINGS: Final = {
    "1.2.840.10008.1.2": Encoding(implicit_vr=True, little_endian=True),
    "1.2.840.10008.1.2.1": Encoding(implicit_vr=False, little_endian=True),
    "1.2.840.10008.1.2.1.99": Encoding(implicit_vr=False, little_endian=True, inflated=True),
    "1.2.840.10008.1.2.2": Encoding(implicit_vr=False, little_endian=False),
}
_LONG: Final = frozenset(LONG_VR.values())
_LONGEST_SHORT: Final = 0xFFFF
_MOST_HELD: Final = 4096
_CODES: Final = {array(code).itemsize: code for code in "BHIQ"}


@dataclass(frozen=True)
class ToSyntax:
    """Writes the object in another uncompressed transfer syntax.

    Between Implicit VR Little Endian, Explicit VR Little Endian, Explicit VR Big Endian and Deflated Explicit VR Little
    Endian. The words of pixel data are swapped as they pass. What is compressed stays so: that is refused.

    What has VR UN is not swapped (PS3.5 6.2.2), and private elements without a VR become UN, unless their creator has
    documented them.

    Args:
        uid: The Transfer Syntax UID, or its keyword.

    Raises:
        ValueError: It is none of those four.
        EncodeError: While it is rewritten: the object is in none of the four, or names no transfer syntax.

    Example:
        >>> ToSyntax("ImplicitVRLittleEndian").uid
        '1.2.840.10008.1.2'
    """

    uid: str
    two_passes: ClassVar[bool] = False

    def __post_init__(self) -> None:
        known = {UID(uid).keyword: uid for uid in _ENCODINGS}
        uid = known.get(self.uid, self.uid)
        if uid not in _ENCODINGS:
            raise ValueError(f"ToSyntax takes one of {', '.join(known)} (a UID or its keyword)")
        object.__setattr__(self, "uid", UID(uid))

    def start(self, run: Run) -> Stage:
        """Return a stage for the events of one object."""
        return _Converting(run, self.uid)


class _Converting(Stage):
    def __init__(self, run: Run, uid: str) -> None:
        self._run = run
        self._uid = uid
        self._target = _ENCODINGS[uid]
        # What is in UN of undefined length stays as it is, whatever is around it (PS3.5 6.2.2).
        self._foreign_encoding = Encoding(implicit_vr=True, little_endian=True, inflated=self._target.inflated)
        self._levels = Levels()
        self._foreign = 0
        self._shown: list[bool] = []  # of the sequences that are open: whether they get undefined length
        self._same_headers = False
        self._swap: tuple[int, bytes] | None = None  # bytes of a word, what is left of the chunk before
        self._has_syntax = False
        self._held: list[ev.Event] = []  # from the first on whose VR is not settled yet
        self._waiting: list[tuple[Any, Level]] = []  # those of them whose VR is not

    def reaches(self, tags: Tags) -> bool:
        return not self._same_headers

    def feed(self, event: ev.Event) -> Iterable[ev.Event]:
        levels = self._levels
        if isinstance(event, ev.ValueChunk):
            return self._pass([self._chunk(event)])
        levels.see(event)
        if levels.in_meta or isinstance(event, ev.FileMetaEnd):
            return self._meta(event)
        if isinstance(event, HEADERS):
            return self._pass([self._header(event)])
        return self._pass([self._other(event)])

    # -- file meta information --

    def _meta(self, event: ev.Event) -> Iterable[ev.Event]:
        if isinstance(event, ev.FileMetaEnd):
            return self._meta_end(event)
        if not isinstance(event, ev.Element) or event.tag != _TRANSFER_SYNTAX:
            return (event,)
        self._has_syntax = True
        value = self._uid.encode()
        if event.value.rstrip(b"\0 ") == value:
            return (event,)
        self._run.note("replaced", (), _TRANSFER_SYNTAX)
        value += b"\0" * (len(value) & 1)
        return (made(event.offset, (), event.encoding, event.tag, "UI", value),)

    def _meta_end(self, event: ev.FileMetaEnd) -> Iterable[ev.Event]:
        if not self._has_syntax:
            raise EncodeError("there is no transfer syntax that could be changed", tag=_TRANSFER_SYNTAX)
        source = None if event.transfer_syntax is None else _ENCODINGS.get(event.transfer_syntax)
        if source is None:
            raise EncodeError(
                "only what is in one of the uncompressed transfer syntaxes can be written in another of them",
                tag=_TRANSFER_SYNTAX,
            )
        self._same_headers = source.implicit_vr is self._target.implicit_vr
        return (ev.FileMetaEnd(event.offset, event.path, event.encoding, self._uid),)

    # -- the data set --

    def _target_of(self, encoding: Encoding) -> Encoding:
        if self._foreign:
            return self._foreign_encoding
        if encoding.vr_code is None and encoding.reserved == b"\0\0":
            return self._target
        if self._target.implicit_vr:
            return self._target
        return Encoding(False, self._target.little_endian, self._target.inflated, encoding.vr_code, encoding.reserved)

    def _header(self, event: Header) -> ev.Event:
        if isinstance(event, ev.PixelDataStart):
            raise EncodeError(
                "the pixel data is in fragments, which an uncompressed transfer syntax has not",
                path=event.path,
                tag=event.tag,
            )
        if isinstance(event, ev.DeferredElement):
            return event
        old, new = event.encoding, self._target_of(event.encoding)
        if old.implicit_vr is not new.implicit_vr:
            self._run.changes.touch(event.path, event.tag)
        if isinstance(event, ev.SequenceStart):
            return self._sequence(event, new)
        return self._value(event, old, new)

    def _sequence(self, event: ev.SequenceStart, new: Encoding) -> ev.Event:
        self._foreign += bool(event.VR == "UN" or self._foreign)  # UN here has undefined length
        # Without a VR, nothing but an undefined length shows that one is a sequence that no dictionary knows.
        shows = event.length != UNDEFINED_LENGTH and new.implicit_vr and find_vr(event.tag) != "SQ"
        self._shown.append(shows)
        if shows:
            self._run.changes.touch(event.path, event.tag)
        length = UNDEFINED_LENGTH if shows else event.length
        return ev.SequenceStart(event.offset, event.path, new, event.tag, event.VR, length)

    def _value(self, event: ev.Element | ev.ValueStart, old: Encoding, new: Encoding) -> ev.Event:
        VR, word = self._vrs(event, old, new)
        if VR == "UN" and event.VR != "UN":
            new = Encoding(new.implicit_vr, new.little_endian, new.inflated)
        size = WORD_SIZE.get(word, 1)
        swap = VR != "UN" and size > 1 and old.little_endian is not new.little_endian
        if isinstance(event, ev.ValueStart):
            if swap and event.length % size:
                raise _no_words(event)
            self._swap = (size, b"") if swap else None
            return ev.ValueStart(event.offset, event.path, new, event.tag, VR, event.length)
        value = event.value
        if swap:
            if len(value) & 1:
                self._run.changes.touch(event.path, event.tag)  # it gets an even length
            try:
                value = swapped(value, word)
            except EncodeError:
                raise _no_words(event) from None
        return ev.Element(event.offset, event.path, new, event.tag, VR, len(value), value)

    def _vrs(self, event: ev.Element | ev.ValueStart, old: Encoding, new: Encoding) -> tuple[str, str]:
        """Return the VR of the new header, and the one that says what the words of the value are."""
        tag, here, VR = int(event.tag), self._levels.here, event.VR
        if new.implicit_vr:
            return VR, here.settled(tag, VR, implicit=True)
        if old.implicit_vr:
            VR = here.known_vr(tag, VR)
            if VR == "SQ":
                VR = "UN"  # one that only the private dictionaries know: its items stay as they are
        word = here.settled(tag, VR, implicit=False)
        if word not in _LONG and event.length > _LONGEST_SHORT:
            return "UN", word  # PS3.5 6.2.2
        return (VR if VR == OPEN_NUMBER else word), word

    def _chunk(self, event: ev.ValueChunk) -> ev.Event:
        if self._swap is None:
            return event
        size, left = self._swap
        data = left + event.data if left else event.data
        whole = len(data) - len(data) % size
        words = array(_CODES[size], bytes(data[:whole]))
        words.byteswap()
        self._swap = (size, bytes(data[whole:]))
        return ev.ValueChunk(event.offset, event.path, event.encoding, memoryview(words.tobytes()))

    def _other(self, event: ev.Event) -> ev.Event:
        new = self._foreign_encoding if self._foreign else self._target
        match event:
            case ev.SequenceEnd():
                self._foreign -= bool(self._foreign)
                delimiter = 0 if self._shown.pop() else event.delimiter_length
                return ev.SequenceEnd(event.offset, event.path, new, event.tag, delimiter)
            case ev.ItemStart():
                return ev.ItemStart(event.offset, event.path, new, event.index, event.length)
            case ev.ItemEnd():
                return ev.ItemEnd(event.offset, event.path, new, event.index, event.delimiter_length)
            case ev.ValueEnd():
                self._swap = None
                return ev.ValueEnd(event.offset, event.path, new, event.tag)
            case ev.FileEnd():
                same = event.inflated is new.inflated
                return ev.FileEnd(event.offset, event.path, new, event.padding if same else 0)
        return event

    # -- VRs that an element further behind settles --

    def _pass(self, events: list[ev.Event]) -> Iterable[ev.Event]:
        """Hold an event back while Pixel Representation (0028,0103) may still come, if one before it waits for that."""
        [event] = events
        if isinstance(event, ev.Element | ev.ValueStart) and event.VR == OPEN_NUMBER and not event.encoding.implicit_vr:
            self._waiting.append((event, self._levels.here))
        elif not self._waiting:
            return events
        self._held.append(event)
        if self._is_settled(event):
            return self.end()
        if len(self._held) > _MOST_HELD:
            first, _ = self._waiting[0]
            message = "the VR of an element depends on Pixel Representation (0028,0103), which is too far behind it"
            raise EncodeError(message, path=first.path, tag=first.tag)
        return ()

    def _is_settled(self, event: ev.Event) -> bool:
        """Say whether no Pixel Representation can come any more that would count."""
        if isinstance(event, ev.FileEnd):
            return True
        if not event.path and isinstance(event, HEADERS) and event.tag > PIXEL_REPRESENTATION:
            return True
        return all(level.number(PIXEL_REPRESENTATION) is not None for _, level in self._waiting)

    def end(self) -> Iterable[ev.Event]:
        """Return what was held back, with the VRs that are settled now."""
        for event, level in self._waiting:
            event.VR = level.settled(int(event.tag), OPEN_NUMBER, implicit=False)
        held, self._held, self._waiting = self._held, [], []
        return held


def _no_words(event: Header) -> EncodeError:
    message = f"{event.length} bytes with VR {event.VR} are no whole words, whose byte order could be changed"
    return EncodeError(message, path=event.path, tag=event.tag)
