"""What follows from changes: lengths around them that are no longer true.

These stages come behind the caller's transforms. A change makes the sequence and the item that it is in, and those
around them, ones of undefined length. On a forward stream their lengths have gone by when the change is met; so what is
short is held back until its end, and what is long gets an undefined length at its start, if a transform says that it
may change something in there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adicom.errors import EncodeError
from adicom.parser import events as ev
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.rewriting.base import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from adicom.rewriting.base import Run, Tags

__all__ = ("HELD", "Containers", "MetaLength", "closed", "event_size", "opened")

HELD: Final = 256 * 1024
"""Bytes of the longest sequence or item that is held back: some 30,000 elements at most, a few MB of events."""
_META: Final = 0x0002
_META_LENGTH: Final = 0x00020000
_RECORDS: Final = 0x00041220
_LONGEST_META: Final = 2**20
_STARTS: Final = (ev.SequenceStart, ev.ItemStart)
_ENDS: Final = (ev.SequenceEnd, ev.ItemEnd)


def opened(event: Any, length: int = UNDEFINED_LENGTH) -> Any:
    """Return the start of a sequence or an item with another length."""
    if isinstance(event, ev.SequenceStart):
        return ev.SequenceStart(event.offset, event.path, event.encoding, event.tag, event.VR, length)
    return ev.ItemStart(event.offset, event.path, event.encoding, event.index, length)


def closed(event: Any, delimiter: int | None = 0) -> Any:
    """Return the end of a sequence or an item with another delimiter, or with none."""
    if isinstance(event, ev.SequenceEnd):
        return ev.SequenceEnd(event.offset, event.path, event.encoding, event.tag, delimiter)
    return ev.ItemEnd(event.offset, event.path, event.encoding, event.index, delimiter)


class Containers(Stage):
    """Makes the lengths around changes undefined, and leaves group lengths out.

    In a long sequence that no transform reaches, group lengths stay: there they are still right.

    Args:
        run: What it is part of.
        reaching: What the stages before say of where they may change something.

    Raises:
        EncodeError: It is a DICOMDIR, whose records are found by their offsets in the file.
    """

    sees_fragments = False

    def __init__(self, run: Run, reaching: Sequence[Callable[[Tags], bool]]) -> None:
        self._run = run
        self._reaching = reaching
        self._held: list[Any] = []
        self._depth = 0  # of what is held back
        self._untouched = 0  # the depth in a long sequence that nobody reaches
        self._open: list[bool] = []  # of what is passed on: whether its length was made undefined
        self._in_meta = False

    def feed(self, event: ev.Event) -> Iterable[ev.Event]:
        """Take an event; return those that can be passed on."""
        kind = type(event)
        if kind is ev.Element:
            if event.tag & 0xFFFF == 0 and self._leaves_out(event):  # type: ignore[union-attr]
                return ()
        elif kind in _STARTS:
            return self._start(event)
        elif kind in _ENDS:
            return self._end(event)
        if self._depth:
            self._held.append(event)
            return ()
        return (event,)

    def end(self) -> Iterable[ev.Event]:
        """Return what is held back, which has no end."""
        held, self._held = self._held, []
        return held

    def _leaves_out(self, event: Any) -> bool:
        if self._untouched or (event.tag >> 16 == _META and not event.path):
            return False
        self._run.note("deleted", event.path, event.tag)
        return True

    def _start(self, event: Any) -> Iterable[ev.Event]:
        if isinstance(event, ev.SequenceStart) and event.tag == _RECORDS:
            raise EncodeError("the offsets in a DICOMDIR would no longer be right: it is not changed", tag=_RECORDS)
        if self._untouched:
            self._untouched += 1
            return (event,)
        if self._depth:
            self._depth += 1
            self._held.append(event)
            return ()
        if event.length == UNDEFINED_LENGTH:
            self._open.append(False)
            return (event,)
        if event.length <= HELD:
            self._depth = 1
            self._held.append(event)
            return ()
        tags = tuple(tag for tag, _ in event.path)
        if isinstance(event, ev.SequenceStart):
            tags = (*tags, int(event.tag))
        if any(reaches(tags) for reaches in self._reaching):
            self._open.append(True)
            return (opened(event),)
        self._untouched = 1
        return (event,)

    def _end(self, event: Any) -> Iterable[ev.Event]:
        if self._depth:
            self._held.append(event)
            self._depth -= 1
            return () if self._depth else self._settled()
        if self._untouched:
            self._untouched -= 1
            return (event,)
        if isinstance(event, ev.ItemEnd):
            self._run.changes.take(event.path)
        made_undefined = self._open.pop() if self._open else False
        return (closed(event),) if made_undefined and event.delimiter_length is None else (event,)

    def _settled(self) -> list[Any]:
        """Return what was held back, with undefined lengths where they are no longer true."""
        held, self._held = self._held, []
        starts: list[int] = []
        changed: list[bool] = []
        for number, event in enumerate(held):
            if isinstance(event, _STARTS):
                starts.append(number)
                changed.append(False)
            elif isinstance(event, _ENDS):
                start, was = starts.pop(), changed.pop()
                if isinstance(event, ev.ItemEnd) and self._run.changes.take(event.path):
                    was = True
                if not was:
                    continue
                if changed:
                    changed[-1] = True
                held[start] = opened(held[start])
                if event.delimiter_length is None:
                    held[number] = closed(event)
        return held


class MetaLength(Stage):
    """Sets File Meta Information Group Length (0002,0000) right, if something of the group was changed."""

    sees_fragments = False

    def __init__(self, run: Run) -> None:
        self._run = run
        self._held: list[ev.Event] = []
        self._in_meta = False
        self._size = 0

    def reaches(self, tags: Tags) -> bool:
        """Say that nothing of a sequence is changed."""
        return False

    def feed(self, event: ev.Event) -> Iterable[ev.Event]:
        """Take an event; return those that can be passed on."""
        if isinstance(event, ev.FileStart):
            self._in_meta = True
            return (event,)
        if not self._in_meta:
            return (event,)
        self._held.append(event)
        if isinstance(event, ev.FileMetaEnd):
            self._in_meta = False
            return self.end()
        self._size += event_size(event)
        if self._size > _LONGEST_META:
            raise EncodeError(f"the file meta information has more than {_LONGEST_META} bytes", tag=_META_LENGTH)
        return ()

    def end(self) -> Iterable[ev.Event]:
        """Return what was held back."""
        held, self._held = self._held, []
        if self._run.changes.meta:
            for number, event in enumerate(held):
                if isinstance(event, ev.Element) and event.tag == _META_LENGTH:
                    size = self._size - sum(map(event_size, held[: number + 1]))
                    order = "little" if event.encoding.little_endian else "big"
                    value = size.to_bytes(4, order)  # type: ignore[arg-type]  # one of the two
                    held[number] = ev.Element(event.offset, (), event.encoding, event.tag, event.VR, 4, value)
                    break
        return held


def event_size(event: ev.Event) -> int:
    """Return how many bytes an event is encoded to; those of a value are counted at its start.

    Example:
        >>> event_size(ev.ItemEnd(0, (), ev.Encoding(False, True), 0, 0))
        8
    """
    if isinstance(event, ev.Element):
        return ev.header_size(event.VR, event.encoding) + len(event.value)
    if isinstance(event, ev.ValueStart):
        return ev.header_size(event.VR, event.encoding) + event.length
    if isinstance(event, ev.SequenceStart | ev.PixelDataStart):
        return ev.header_size(event.VR, event.encoding)
    if isinstance(event, ev.FragmentStart):
        return 8 + event.length
    if isinstance(event, ev.ItemStart):
        return 8
    if isinstance(event, ev.SequenceEnd | ev.ItemEnd | ev.PixelDataEnd):
        return 0 if event.delimiter_length is None else 8
    return 0
