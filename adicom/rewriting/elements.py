"""What the transforms of single elements share: leaving one out, taking its whole value, replacing it."""

from __future__ import annotations

from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from adicom.errors import EncodeError
from adicom.parser import events as ev
from adicom.parser.events import Encoding
from adicom.rewriting.base import Stage
from adicom.vr import LONG_VR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adicom.errors import Path
    from adicom.rewriting.base import Run

__all__ = ("CHARACTER_SET", "HEADERS", "LONGEST", "ElementStage", "Header", "Verdict", "made", "no_items_here", "plain")

HEADERS: Final = (ev.Element, ev.DeferredElement, ev.ValueStart, ev.SequenceStart, ev.PixelDataStart)
"""The events that begin a data element."""

Header: TypeAlias = "ev.Element | ev.DeferredElement | ev.ValueStart | ev.SequenceStart | ev.PixelDataStart"

LONGEST: Final = 16 * 2**20
"""Bytes of the longest value that is taken into memory, if the caller does not say otherwise."""

CHARACTER_SET: Final = 0x00080005

_LONG: Final = frozenset(LONG_VR.values())
_LONGEST_SHORT: Final = 0xFFFF
_LONGEST: Final = 0xFFFFFFFE
_STARTS: Final = frozenset((ev.ValueStart, ev.SequenceStart, ev.PixelDataStart))
_ENDS: Final = frozenset((ev.ValueEnd, ev.SequenceEnd, ev.PixelDataEnd))
_HEADERS: Final = frozenset(HEADERS)


class Verdict(Enum):
    """What becomes of an element, told by its header."""

    KEEP = auto()
    DROP = auto()
    TAKE = auto()
    """Its value is needed."""


class ElementStage(Stage):
    """Looks at the header of each element; subclasses say what becomes of it.

    Args:
        run: What it is part of.
        longest: Bytes of the longest value that is taken into memory.
    """

    sees_fragments = False

    def __init__(self, run: Run, longest: int = LONGEST) -> None:
        self._run = run
        self._longest = longest
        self._dropping = 0  # how many things are open that are left out
        self._taking: ev.ValueStart | None = None
        self._parts: list[memoryview] = []

    def judge(self, event: Header) -> Verdict:
        """Say what becomes of an element."""
        raise NotImplementedError

    def change(self, element: ev.Element) -> Iterable[ev.Event]:
        """Return what comes in the place of an element whose value was needed."""
        return (element,)

    def before(self, event: Header) -> Iterable[ev.Event]:
        """Return what comes in front of an element."""
        return ()

    def pass_by(self, event: ev.Event) -> Iterable[ev.Event]:
        """Return what comes of an event that is no header, and of nothing that is left out."""
        return (event,)

    def feed(self, event: ev.Event) -> Iterable[ev.Event]:
        """Take an event; return those that can be passed on."""
        kind = type(event)
        if self._dropping:
            if kind in _STARTS:
                self._dropping += 1
            elif kind in _ENDS:
                self._dropping -= 1
            return ()
        if self._taking is not None:
            return self._take(event)
        return self._header(event) if kind in _HEADERS else self.pass_by(event)

    def _header(self, event: Any) -> Iterable[ev.Event]:
        verdict = self.judge(event)
        before = self.before(event)
        if verdict is Verdict.KEEP:
            return (*before, event) if before else (event,)
        if verdict is Verdict.DROP:
            self._dropping = type(event) in _STARTS
            return before
        if isinstance(event, ev.Element):
            return (*before, *self.change(event))
        if not isinstance(event, ev.ValueStart):
            raise no_items_here(event, self._run.name)
        if event.length > self._longest:
            message = f"{self._run.name} needs a value of {event.length} bytes, and takes {self._longest} into memory"
            raise EncodeError(message, path=event.path, tag=event.tag)
        self._taking = event
        return before

    def _take(self, event: ev.Event) -> Iterable[ev.Event]:
        if isinstance(event, ev.ValueChunk):
            self._parts.append(event.data)
            return ()
        start, self._taking = self._taking, None
        value = b"".join(self._parts)
        self._parts = []
        assert start is not None
        return self.change(
            ev.Element(start.offset, start.path, start.encoding, start.tag, start.VR, start.length, value)
        )


@lru_cache(64)
def _encoding(implicit: bool, little: bool, inflated: bool) -> Encoding:
    return Encoding(implicit, little, inflated)


def plain(encoding: Encoding) -> Encoding:
    """Return an encoding without what was odd in one header."""
    if encoding.vr_code is None and encoding.reserved == b"\0\0":
        return encoding
    return _encoding(encoding.implicit_vr, encoding.little_endian, encoding.inflated)


def made(offset: int, path: Path, encoding: Encoding, tag: Any, VR: str, value: bytes) -> ev.Element:
    """Return a new element.

    Args:
        offset: Where in the source what stands for it is.
        path: The sequences and items around it.
        encoding: How its header is written.
        tag: Its tag.
        VR: Its VR, a definite one.
        value: Its value.

    Raises:
        EncodeError: The value is too long for its header.
    """
    length = len(value)
    most = _LONGEST if VR in _LONG or encoding.implicit_vr else _LONGEST_SHORT
    if length > most:
        raise EncodeError(f"a value of {length} bytes is too long for VR {VR}: {most} are possible", path=path, tag=tag)
    return ev.Element(offset, path, encoding, tag, VR, length, value)


def no_items_here(event: Header, name: str) -> EncodeError:
    """Return the error for something that has items or fragments, or is deferred, where a value is needed."""
    what = "a value that was passed over" if isinstance(event, ev.DeferredElement) else "items or fragments"
    return EncodeError(f"{name} needs the value of an element, this is {what}", path=event.path, tag=event.tag)
