"""What the values of a stream of events are read and written with: character set, private creators, open VRs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adicom.charset import DEFAULT_ENCODING, encodings_for
from adicom.datadict import find_vr
from adicom.datadict.lookup import find_private_vr
from adicom.parser import events as ev
from adicom.rewriting.elements import CHARACTER_SET, plain
from adicom.values import choose_vr
from adicom.vr import AMBIGUOUS_VR

if TYPE_CHECKING:
    from adicom.errors import Path
    from adicom.parser.events import Encoding

__all__ = ("BITS_ALLOCATED", "PIXEL_REPRESENTATION", "Level", "Levels")

PIXEL_REPRESENTATION: Final = 0x00280103
BITS_ALLOCATED: Final = 0x00280100
_WAVEFORM_BITS: Final = 0x54001004
_LUT_DESCRIPTOR: Final = 0x00283002
_NUMBERS: Final = frozenset((PIXEL_REPRESENTATION, BITS_ALLOCATED, _WAVEFORM_BITS, _LUT_DESCRIPTOR))
_PRIVATE: Final = 0x00010000
_DEFAULT: Final = (DEFAULT_ENCODING,)


class Level:
    """One data set: the one at the top, or an item.

    Attributes:
        path: The sequences and items around its elements.
        around: The level around it; None at the top.
        encodings: The codecs of text.
        encoding: How the header of its last element was written, or that of the item.
    """

    __slots__ = ("_creators", "_numbers", "around", "encoding", "encodings", "path")

    def __init__(self, path: Path, around: Level | None, encoding: Encoding | None) -> None:
        self.path = path
        self.around = around
        self.encoding = encoding
        self.encodings: tuple[str, ...] = _DEFAULT if around is None else around.encodings
        self._numbers: dict[int, int] = {}
        self._creators: dict[int, str] = {}

    def see(self, element: ev.Element) -> None:
        """Take note of an element that says how others are read."""
        tag, value = int(element.tag), element.value
        if tag in _NUMBERS:
            if len(value) >= 2:
                order = "little" if element.encoding.little_endian or element.VR == "UN" else "big"
                self._numbers[tag] = int.from_bytes(value[:2], order)  # type: ignore[arg-type]  # one of the two
        elif tag == CHARACTER_SET:
            terms = value.decode("ascii", "replace").rstrip("\0 ").split("\\")
            self.encodings = encodings_for(tuple(term.strip() for term in terms))
        elif tag & _PRIVATE and 0x10 <= tag & 0xFFFF <= 0xFF:
            self._creators[tag] = value.decode("latin-1").strip("\0 ")

    def creator_of(self, tag: int) -> str | None:
        """Return who has reserved the block of a private element (PS3.5 7.8.1); None if nobody has."""
        return self._creators.get(tag & 0xFFFF0000 | tag >> 8 & 0xFF)

    def number(self, tag: int) -> int | None:
        """Return the innermost value of one of those that settle a VR; None where there is none yet."""
        level: Level | None = self
        while level is not None:
            if tag in level._numbers:
                return level._numbers[tag]
            level = level.around
        return None

    def settled(self, tag: int, VR: str, *, implicit: bool) -> str:
        """Return the one VR of those that the dictionary leaves open."""
        if VR not in AMBIGUOUS_VR:
            return VR
        return choose_vr(
            tag,
            VR,
            pixel_representation=self.number(PIXEL_REPRESENTATION),
            bits_allocated=self.number(BITS_ALLOCATED),
            waveform_bits_allocated=self.number(_WAVEFORM_BITS),
            lut_entries=self._numbers.get(_LUT_DESCRIPTOR),
            implicit=implicit,
        )

    def known_vr(self, tag: int, VR: str) -> str:
        """Return the VR of the dictionaries where the header says UN, or nothing; possibly an open one."""
        if VR != "UN":
            return VR
        if not tag & _PRIVATE:
            return find_vr(tag) or VR
        if 0x10 <= tag & 0xFFFF <= 0xFF:
            return "LO"
        creator = self.creator_of(tag)
        return (find_private_vr(tag, creator) if creator else None) or VR


class Levels:
    """Follows the events of an object into items and out of them.

    Attributes:
        here: The level of the last event.
        in_meta: Whether the file meta information is not over yet.
    """

    __slots__ = ("here", "in_meta")

    def __init__(self) -> None:
        self.here = Level((), None, None)
        self.in_meta = False

    def see(self, event: ev.Event) -> None:
        """Take note of an event, before it is dealt with."""
        if isinstance(event, ev.Element):
            here = self.here
            here.encoding = event.encoding
            tag = int(event.tag)
            if tag in _NUMBERS or tag == CHARACTER_SET or (tag & _PRIVATE and tag & 0xFF00 == 0):
                here.see(event)
        elif isinstance(event, ev.ItemStart):
            self.here = Level(event.path, self.here, event.encoding)
        elif isinstance(event, ev.ItemEnd):
            self.here = self.here.around or Level((), None, None)
        elif isinstance(event, ev.ValueStart | ev.SequenceStart | ev.PixelDataStart | ev.DeferredElement):
            self.here.encoding = event.encoding
        elif isinstance(event, ev.FileStart):
            self.in_meta = True
        elif isinstance(event, ev.FileMetaEnd):
            self.in_meta = False
            self.here = Level((), None, None)

    def encoding_at(self, event: ev.Event) -> Encoding:
        """Return how an element is written that comes in front of an event."""
        header = isinstance(event, ev.Element | ev.ValueStart | ev.SequenceStart | ev.PixelDataStart)
        known = event.encoding if header or self.here.encoding is None else self.here.encoding
        return plain(known)
