"""The transform that sets an element, or puts it in at its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from adicom.datadict import find_vr
from adicom.dataset import Dataset
from adicom.encoder import encode_dataset
from adicom.encoder.values import encode
from adicom.errors import EncodeError
from adicom.parser import events as ev
from adicom.parser.machine import Parser
from adicom.rewriting.elements import CHARACTER_SET, ElementStage, Verdict, made
from adicom.rewriting.levels import Levels
from adicom.rewriting.places import Place, PlaceType, tag_of
from adicom.vr import AMBIGUOUS_VR, STANDARD_VR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adicom.errors import Path
    from adicom.parser.events import Encoding
    from adicom.rewriting.base import Run, Stage, Tags
    from adicom.rewriting.elements import Header
    from adicom.tag import BaseTag

__all__ = ("Set",)

_META: Final = 0x0002
_PRIVATE: Final = 0x00010000
_REFUSED: Final = {
    0x00020000: "the group length is set right by itself",
    0x00020010: "the data set is written as the transfer syntax says; use ToSyntax",
    CHARACTER_SET: "all texts would have to be written anew",
}
_PLAIN: Final = ev.Encoding(implicit_vr=False, little_endian=True)
_SYNTAXES: Final = {
    (True, True): "1.2.840.10008.1.2",
    (False, True): "1.2.840.10008.1.2.1",
    (False, False): "1.2.840.10008.1.2.2",
}


@dataclass(frozen=True, init=False)
class Set:
    """Sets an element: in the place of the one that is there, or where it belongs by its tag.

    Text is written in the Specific Character Set that is in effect there.

    Args:
        tag: The tag or keyword.
        value: As :class:`adicom.Dataset` takes it: text, numbers, bytes (binary words in little endian), a list for
            several values, or for a sequence a list of datasets. ``""`` or None makes it empty.
        vr: Its VR, where the dictionary has none (private elements), or more than one.
        within: In which data sets: the one at the top by default. ``"ReferencedImageSequence"`` is each of its items,
            ``(("ReferencedImageSequence", 0),)`` the first one; several steps lead deeper. What is not there is not
            made.

    Raises:
        ValueError: It is no tag, its VR is not known, or it is one that must not be set.
        EncodeError: The value cannot be written with this VR. What only the character set of an object forbids is
            found while it is rewritten.

    Example:
        >>> Set("PatientName", "ANONYMOUS")
        Set((0010, 0010), vr='PN', within=())
    """

    tag: BaseTag
    value: Any = field(repr=False)
    vr: str
    within: PlaceType
    two_passes: ClassVar[bool] = False

    def __init__(self, tag: Any, value: Any, vr: str | None = None, *, within: PlaceType = ()) -> None:
        found = tag_of(tag)
        _check(found, within)
        object.__setattr__(self, "tag", found)
        object.__setattr__(self, "value", value)
        object.__setattr__(self, "vr", _vr_of(found, vr))
        object.__setattr__(self, "within", within)
        try:
            # In Unicode everything can be written that can be written at all.
            _encoded(self, (), _PLAIN, ("utf8",), 0)
        except EncodeError as error:
            error.tag = found
            raise

    def __repr__(self) -> str:
        return f"Set({self.tag}, vr={self.vr!r}, within={self.within!r})"

    def start(self, run: Run) -> Stage:
        """Return a stage for the events of one object."""
        return _Setting(run, self)


def _check(tag: BaseTag, within: PlaceType) -> None:
    place = Place(within)
    if place.is_everywhere:
        raise ValueError("an element is set in the data sets that `within` names; () is the one at the top")
    if tag in _REFUSED:
        raise ValueError(f"{tag} cannot be set: {_REFUSED[tag]}")
    if tag >> 16 == 0xFFFE or tag & 0xFFFF == 0:
        raise ValueError(f"{tag} cannot be set: it is a delimiter or a group length")
    if tag >> 16 == _META and not place.has(()):
        raise ValueError(f"{tag} belongs into the file meta information: leave `within` out")


def _vr_of(tag: BaseTag, vr: str | None) -> str:
    if vr is None and tag & _PRIVATE and 0x10 <= tag & 0xFFFF <= 0xFF:
        vr = "LO"
    vr = vr or find_vr(tag)
    if vr is None or vr in AMBIGUOUS_VR:
        raise ValueError(f"{tag} needs its VR: vr=..." + (f", {vr}" if vr else ""))
    if vr not in STANDARD_VR:
        raise ValueError(f"{vr!r} is no Value Representation of the standard")
    return vr


def _encoded(
    wanted: Set, path: Path, encoding: Encoding, encodings: tuple[str, ...], offset: int
) -> Iterable[ev.Event]:
    """Return the events of the element."""
    if wanted.vr == "SQ":
        return [*_sequence(wanted, path, encoding, encodings, offset)]
    value = encode(wanted.tag, wanted.vr, wanted.value, encoding.little_endian, encodings)
    return [made(offset, path, encoding, wanted.tag, wanted.vr, value)]


def _sequence(
    wanted: Set, path: Path, encoding: Encoding, encodings: tuple[str, ...], offset: int
) -> Iterator[ev.Event]:
    dataset = Dataset()
    dataset.add_new(wanted.tag, "SQ", wanted.value or [])
    form = encoding.implicit_vr, encoding.little_endian
    data = encode_dataset(dataset, implicit_vr=form[0], little_endian=form[1], encodings=encodings).to_bytes()
    parser = Parser(transfer_syntax=_SYNTAXES[form])
    parser.receive_data(data)
    parser.receive_eof()
    while events := parser.events():
        for event in events:
            if isinstance(event, ev.FileStart | ev.FileMetaEnd | ev.FileEnd):
                continue
            found: Any = event
            found.offset, found.path = offset, path + event.path
            if encoding.inflated:
                odd = event.encoding
                found.encoding = ev.Encoding(*form, True, odd.vr_code, odd.reserved)
            yield found


class _Setting(ElementStage):
    def __init__(self, run: Run, wanted: Set) -> None:
        super().__init__(run)
        self._wanted = wanted
        self._tag = int(wanted.tag)
        self._place = Place(wanted.within)
        self._is_meta = self._tag >> 16 == _META
        self._levels = Levels()
        self._has_meta = False
        self._pending = self._is_top = self._place.has(())
        self._had = False

    def reaches(self, tags: Tags) -> bool:
        return self._place.reaches(tags)

    def _is_here(self, path: Path) -> bool:
        return self._levels.in_meta is self._is_meta and self._place.has(path)

    def judge(self, event: Header) -> Verdict:
        self._levels.see(event)
        self._has_meta = self._has_meta or self._levels.in_meta
        return Verdict.DROP if event.tag == self._tag and self._is_here(event.path) else Verdict.KEEP

    def before(self, event: Header) -> Iterable[ev.Event]:
        if self._pending and event.tag >= self._tag and self._is_here(event.path):
            return self._make(event, "replaced" if event.tag == self._tag else "set")
        return ()

    def pass_by(self, event: ev.Event) -> Iterable[ev.Event]:
        if isinstance(event, ev.ValueChunk):
            return (event,)
        out: Iterable[ev.Event] = ()
        if isinstance(event, ev.ItemEnd | ev.FileEnd | ev.FileMetaEnd):
            if self._pending and self._is_here(event.path):
                out = self._make(event, "set")
            self._levels.see(event)
            if isinstance(event, ev.FileMetaEnd):
                self._pending = self._is_top and not self._is_meta
        elif isinstance(event, ev.ItemStart | ev.FileStart):
            self._levels.see(event)
            self._pending = self._pending or (bool(event.path) and self._place.has(event.path))
        return (*out, event)

    def _make(self, event: ev.Event, action: str) -> Iterable[ev.Event]:
        self._pending = False
        path = event.path
        if self._is_meta and not self._has_meta:
            raise EncodeError("there is no file meta information that the element could be put into", tag=self._tag)
        self._run.note(action, path, self._tag)
        levels = self._levels
        try:
            return _encoded(self._wanted, path, levels.encoding_at(event), levels.here.encodings, event.offset)
        except EncodeError as error:
            error.path, error.tag = path + error.path, error.tag or self._tag
            raise
