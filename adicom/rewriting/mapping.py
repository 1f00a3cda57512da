"""The transform that gives elements to a function."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from adicom.dataelem import DataElement
from adicom.encoder.values import encode
from adicom.errors import EncodeError
from adicom.parser import events as ev
from adicom.rewriting.elements import CHARACTER_SET, LONGEST, ElementStage, Verdict, made, plain
from adicom.rewriting.levels import Levels
from adicom.rewriting.places import Place, PlaceType, tag_of
from adicom.values import decode
from adicom.vr import STANDARD_VR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from adicom.rewriting.base import Run, Stage, Tags
    from adicom.rewriting.elements import Header
    from adicom.rewriting.levels import Level

__all__ = ("Map",)

_META: Final = 0x0002
_STRUCTURE: Final = (ev.SequenceStart, ev.PixelDataStart)


@dataclass(frozen=True, init=False)
class Map:
    """Gives elements to a function, which returns what comes in their place.

    The function gets a :class:`~adicom.DataElement` with its decoded value, and returns

    * a value, which is written with the VR that the element has, or
    * a data element of the same tag, if the VR is to be another one, or
    * None, if the element is to be left out (return ``""`` for an empty one).

    Whatever returns the value as it was leaves the bytes as they were. A sequence and encapsulated pixel data are no
    single value: they are not given to the function, what is in their items is. Nor are private creators, without
    which private elements have no meaning, unless ``tag`` names one. Where a transform beside it reads the source
    twice, the function is called in both passes. In :mod:`adicom.sync` it may run in another thread.

    Args:
        function: What is called.
        tag: Only elements with this tag or keyword, or one of these.
        vr: Only elements of this VR, or one of these.
        path: Only elements in these data sets, as in :class:`Set`; everywhere by default.
        creator: Only private elements whose block this creator has reserved.
        longest: Bytes of the longest value that is taken into memory.

    Raises:
        ValueError: A tag is none, or one that must not be changed; a VR is none that has a value.
        EncodeError: While it is rewritten: the value is longer than ``longest``, or what the function returns cannot
            be written; the value is on the error, not in its text.

    Example:
        >>> from datetime import date, timedelta
        >>> def earlier(element):
        ...     day = date.fromisoformat(element.value) - timedelta(days=40)
        ...     return f"{day:%Y%m%d}"
        >>> Map(earlier, vr="DA").vr
        ('DA',)
    """

    function: Callable[[DataElement], Any] = field(repr=False)
    tag: tuple[int, ...] | None
    vr: tuple[str, ...] | None
    path: PlaceType
    creator: str | None
    longest: int
    two_passes: ClassVar[bool] = False

    def __init__(
        self,
        function: Callable[[DataElement], Any],
        *,
        tag: Any = None,
        vr: str | Iterable[str] | None = None,
        path: PlaceType = None,
        creator: str | None = None,
        longest: int = LONGEST,
    ) -> None:
        if not callable(function):
            raise TypeError("Map takes a function")
        Place(path)
        for name, value in (
            ("function", function),
            ("tag", None if tag is None else _tags_of(tag)),
            ("vr", None if vr is None else _vrs_of(vr)),
            ("path", path),
            ("creator", creator),
            ("longest", longest),
        ):
            object.__setattr__(self, name, value)

    def start(self, run: Run) -> Stage:
        """Return a stage for the events of one object."""
        return _Mapping(run, self)


def _tags_of(tag: Any) -> tuple[int, ...]:
    several = isinstance(tag, list | set | frozenset) or (
        isinstance(tag, tuple) and not (len(tag) == 2 and all(isinstance(n, int) and n <= 0xFFFF for n in tag))
    )
    tags = tuple(tag_of(one) for one in (tag if several else [tag]))
    if CHARACTER_SET in tags or any(one >> 16 == _META for one in tags):
        raise ValueError("Map takes neither Specific Character Set (0008,0005) nor file meta information")
    return tags


def _vrs_of(vr: str | Iterable[str]) -> tuple[str, ...]:
    vrs = (vr,) if isinstance(vr, str) else tuple(vr)
    for one in vrs:
        if one not in STANDARD_VR or one == "SQ":
            raise ValueError(f"{one!r} is no Value Representation of single values")
    return vrs


class _Mapping(ElementStage):
    def __init__(self, run: Run, wanted: Map) -> None:
        super().__init__(run, wanted.longest)
        self._wanted = wanted
        self._tags = None if wanted.tag is None else frozenset(map(int, wanted.tag))
        self._place = Place(wanted.path)
        self._levels = Levels()

    def reaches(self, tags: Tags) -> bool:
        return self._place.reaches(tags)

    def pass_by(self, event: ev.Event) -> Iterable[ev.Event]:
        if not isinstance(event, ev.ValueChunk):
            self._levels.see(event)
        return (event,)

    def judge(self, event: Header) -> Verdict:
        levels = self._levels
        levels.see(event)
        tag = int(event.tag)
        if tag == CHARACTER_SET or levels.in_meta:
            return Verdict.KEEP
        if self._is_creator(tag) if self._tags is None else tag not in self._tags:
            return Verdict.KEEP
        wanted, here = self._wanted, levels.here
        if wanted.creator is not None and here.creator_of(tag) != wanted.creator:
            return Verdict.KEEP
        if not self._place.has(event.path) or isinstance(event, _STRUCTURE):
            return Verdict.KEEP
        if wanted.vr is not None and self._vr(event, here) not in wanted.vr:
            return Verdict.KEEP
        return Verdict.TAKE

    @staticmethod
    def _is_creator(tag: int) -> bool:
        return bool(tag & 0x10000) and 0x10 <= tag & 0xFFFF <= 0xFF

    def _vr(self, event: Header, here: Level) -> str:
        """Return the VR that the value is read with."""
        tag = int(event.tag)
        VR = here.known_vr(tag, event.VR)
        VR = here.settled(tag, VR, implicit=event.encoding.implicit_vr)
        return "UN" if VR == "SQ" else VR

    def change(self, element: ev.Element) -> Iterable[ev.Event]:
        tag, here = int(element.tag), self._levels.here
        VR = self._vr(element, here)
        little = element.encoding.little_endian or element.VR == "UN"  # PS3.5 6.2.2
        value = decode(tag, VR, element.value, little, here.encodings)
        before = list(value) if isinstance(value, list) else value
        new = self._wanted.function(DataElement(tag, VR, value, already_converted=True))
        if new is None:
            self._run.note("deleted", element.path, tag)
            return ()
        now = VR
        if isinstance(new, DataElement):
            if new.tag != tag:
                raise EncodeError("the function returned an element of another tag", path=element.path, tag=tag)
            now, new = new.VR, new.value
        if now == VR and type(new) is type(value) and new == before:
            return (element,)
        self._run.note("replaced", element.path, tag)
        return (self._made(element, new, VR, now),)

    def _made(self, element: ev.Element, value: Any, VR: str, now: str) -> ev.Event:
        """Return the element with another value, and what was UN as UN, unless the VR is another one now."""
        header, encoding = element.VR, element.encoding
        little = encoding.little_endian or header == "UN"
        if now != VR:
            header, encoding = now, plain(encoding)
            little = encoding.little_endian
        try:
            data = encode(element.tag, now, value, little, self._levels.here.encodings)
            return made(element.offset, element.path, encoding, element.tag, header, data)
        except EncodeError as error:
            error.path, error.tag = element.path, element.tag
            raise
