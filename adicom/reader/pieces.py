"""The pixel data piece by piece, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adicom.errors import TruncatedError
from adicom.io.base import Range
from adicom.io.ranges import split_range
from adicom.pixels import Ask
from adicom.pixels.items import HEADER_SIZE, ItemReader, Misplaced, read_header
from adicom.pixels.layout import PIXEL_DATA

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterator

    from adicom.pixels import Layout
    from adicom.reader.held import HeldBytes

__all__ = ("pieces", "pieces_now")

_BLOCK: Final = 8 * 1024 * 1024
"""Bytes of one request."""


class _Fragments:
    """What is asked for, to get all fragments without the headers of their items.

    Args:
        layout: How the pixel data is laid out.
        held: Its bytes.
    """

    def __init__(self, layout: Layout, held: HeldBytes) -> None:
        self._layout = layout
        self._held = held
        self._reader: ItemReader | None = None

    @property
    def finished(self) -> bool:
        return self._reader is not None and self._reader.finished

    def ask(self) -> Ask:
        """Return what to fetch next."""
        if self._reader is None:
            return Ask([Range(self._layout.offset, HEADER_SIZE)])
        length, size = max(self._reader.missing, _BLOCK), self._held.size
        if size is not None:
            length = min(length, max(size - self._reader.offset, 0))
        return Ask([Range(self._reader.offset, min(length, _BLOCK))], short=True)

    def take(self, data: bytes) -> list[bytes]:
        """Return the pieces in what came."""
        offset, little = self._layout.offset, self._layout.little_endian
        if self._reader is None:  # the Basic Offset Table's item is none of them
            length = read_header(data, 0, offset, little)
            if length is None:
                raise Misplaced("the pixel data has no item for the Basic Offset Table", offset=offset, tag=PIXEL_DATA)
            self._reader = ItemReader(offset + HEADER_SIZE + length, little)
            return []
        if not data:
            raise TruncatedError(
                "the bytes end in encapsulated pixel data",
                offset=self._reader.offset,
                tag=PIXEL_DATA,
                wanted=self._reader.missing,
                got=0,
            )
        return self._reader.feed(data)


def _native(layout: Layout) -> Iterator[Range]:
    return iter(split_range(Range(layout.offset, layout.length or 0), _BLOCK))


async def pieces(layout: Layout, held: HeldBytes) -> AsyncGenerator[bytes, None]:
    """Yield the value of the pixel data; fragments without the headers of their items."""
    if not layout.is_encapsulated:
        for wanted in _native(layout):
            yield (await held.fetch(Ask([wanted])))[0]
        return
    fragments = _Fragments(layout, held)
    while not fragments.finished:
        for piece in fragments.take((await held.fetch(fragments.ask()))[0]):
            yield piece


def pieces_now(layout: Layout, held: HeldBytes) -> Generator[bytes, None, None]:
    """Do the same without waiting for anything but a disk; in :mod:`adicom.sync` for a network too."""
    if not layout.is_encapsulated:
        for wanted in _native(layout):
            yield held.fetch_now(Ask([wanted]))[0]
        return
    fragments = _Fragments(layout, held)
    while not fragments.finished:
        yield from fragments.take(held.fetch_now(fragments.ask())[0])
