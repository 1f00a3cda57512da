"""Makes public events of the parser's internal tuples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adicom.datadict import find_vr
from adicom.parser import events as ev
from adicom.parser.kinds import LITTLE, Batch, Kind, encoding_of
from adicom.tag import BaseTag

if TYPE_CHECKING:
    from collections.abc import Callable

    from adicom.errors import Path

__all__ = ("Publisher",)

_FILE: Final = encoding_of(LITTLE)


class Publisher:
    """Remembers where in the nesting the events are.

    Args:
        path: The path of what is being parsed.
    """

    __slots__ = ("_makers", "_path", "_sequences")

    def __init__(self, path: Path = ()) -> None:
        self._path = path
        self._sequences: list[tuple[int, Path]] = []
        self._makers: dict[int, Callable[[tuple[Any, ...]], ev.Event]] = {
            Kind.FILE_START: lambda t: ev.FileStart(t[2], (), _FILE, t[1]),
            Kind.META_END: lambda t: ev.FileMetaEnd(t[2], (), _FILE, t[1]),
            Kind.SEQUENCE_START: self._sequence_start,
            Kind.SEQUENCE_END: self._sequence_end,
            Kind.ITEM_START: self._item_start,
            Kind.ITEM_END: self._item_end,
            Kind.VALUE_START: lambda t: self._header(ev.ValueStart, *t[1:]),
            Kind.CHUNK: lambda t: ev.ValueChunk(t[2], self._path, encoding_of(t[3]), t[1]),
            Kind.VALUE_END: lambda t: ev.ValueEnd(t[2], self._path, encoding_of(t[3]), BaseTag(t[1])),
            Kind.PIXELS_START: lambda t: self._header(ev.PixelDataStart, *t[1:]),
            Kind.FRAGMENT_START: lambda t: ev.FragmentStart(t[3], self._path, encoding_of(t[4]), t[1], t[2]),
            Kind.FRAGMENT_END: lambda t: ev.FragmentEnd(t[2], self._path, encoding_of(t[3]), t[1]),
            Kind.PIXELS_END: lambda t: ev.PixelDataEnd(t[3], self._path, encoding_of(t[4]), BaseTag(t[1]), t[2]),
            Kind.FILE_END: lambda t: ev.FileEnd(t[2], (), encoding_of(t[3]), t[1]),
        }

    def __call__(self, batch: Batch) -> list[ev.Event]:
        """Return the events of a batch."""
        makers, element = self._makers, self._element
        if any(item[0] == Kind.RUN for item in batch):
            batch = [raw for item in batch for raw in (item[1] if item[0] == Kind.RUN else (item,))]
        return [element(item) if item[0] >= 0 else makers[item[0]](item) for item in batch]

    def _element(self, raw: tuple[Any, ...]) -> ev.Event:
        tag, vr, length, value, start, form = raw
        encoding = encoding_of(form)
        if vr is None:
            vr = find_vr(tag) or "UN"
        offset = start - ev.header_size(vr, encoding)
        if value is None:
            return ev.DeferredElement(offset, self._path, encoding, BaseTag(tag), vr, length)
        return ev.Element(offset, self._path, encoding, BaseTag(tag), vr, length, value)

    def _header(self, make: Any, tag: int, vr: str | None, length: int, start: int, form: int) -> Any:
        encoding = encoding_of(form)
        if vr is None:
            vr = find_vr(tag) or "UN"
        return make(start - ev.header_size(vr, encoding), self._path, encoding, BaseTag(tag), vr, length)

    def _sequence_start(self, item: tuple[Any, ...]) -> ev.Event:
        event: ev.Event = self._header(ev.SequenceStart, *item[1:])
        self._sequences.append((item[1], self._path))
        return event

    def _sequence_end(self, item: tuple[Any, ...]) -> ev.Event:
        _, tag, delimiter, offset, form = item
        _, self._path = self._sequences.pop()
        return ev.SequenceEnd(offset, self._path, encoding_of(form), BaseTag(tag), delimiter)

    def _item_start(self, item: tuple[Any, ...]) -> ev.Event:
        _, index, length, offset, form = item
        tag, path = self._sequences[-1]
        self._path = (*path, (tag, index))
        return ev.ItemStart(offset, self._path, encoding_of(form), index, length)

    def _item_end(self, item: tuple[Any, ...]) -> ev.Event:
        _, index, delimiter, offset, form = item
        return ev.ItemEnd(offset, self._path, encoding_of(form), index, delimiter)
