"""Reads what a first read left behind: encapsulated pixel data, and what stands behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from struct import pack
from typing import TYPE_CHECKING, Final

from adicom.dataset.builder import Builder
from adicom.errors import DeferredValueError
from adicom.parser.kinds import Batch, Kind
from adicom.parser.machine import Parser
from adicom.parser.plan import Expand, Plan
from adicom.parser.scan import ENCODINGS

if TYPE_CHECKING:
    from adicom.dataset import FileDataset
    from adicom.dataset.ports import ValueSource
    from adicom.parser.events import Encoding

__all__ = ("fetch_encapsulated", "fetch_encapsulated_now", "fetch_rest", "fetch_rest_now", "stream_encapsulated")

_PIXEL_DATA: Final = 0x7FE00010
_WINDOW: Final = 8 * 1024 * 1024
"""Bytes of one request: fragments are mostly much smaller, so that jumping from header to header would cost more."""


class _Fetching:
    """The requests of one parser over a value source."""

    def __init__(self, parser: Parser, source: ValueSource) -> None:
        self._parser = parser
        self._size = source.size

    def next(self) -> tuple[int, int] | None:
        """Return (offset, length) of what is needed; None where the source is known to end before."""
        need = self._parser.need
        assert need is not None
        length = max(need.size, _WINDOW)
        if self._size is not None:
            length = min(length, self._size - need.offset)
        return (need.offset, length) if length > 0 else None

    def put(self, wanted: tuple[int, int] | None, data: bytes) -> None:
        """Give the parser what came."""
        if wanted is not None and data:
            self._parser.receive_data(data, wanted[0])
        else:
            self._parser.receive_eof(self._size)


async def _batches(parser: Parser, source: ValueSource) -> AsyncIterator[Batch]:
    fetching = _Fetching(parser, source)
    while not parser.finished:
        if batch := parser.batch():
            yield batch
        if parser.need is not None:
            wanted = fetching.next()
            fetching.put(wanted, (await source.fetch([wanted]))[0] if wanted else b"")


def _batches_now(parser: Parser, source: ValueSource) -> Iterator[Batch]:
    fetching = _Fetching(parser, source)
    while not parser.finished:
        if batch := parser.batch():
            yield batch
        if parser.need is not None:
            wanted = fetching.next()
            fetching.put(wanted, source.fetch_now([wanted])[0] if wanted else b"")


def _parts(batch: Batch) -> Iterator[bytes | memoryview]:
    """Yield the bytes of fragments, with the headers of their items."""
    for item in batch:
        if item[0] == Kind.FRAGMENT_START:
            yield pack("<HHL" if item[4].little_endian else ">HHL", 0xFFFE, 0xE000, item[2])
        elif item[0] == Kind.CHUNK:
            yield item[1]


def _fragments(offset: int, little_endian: bool) -> Parser:
    return Parser.at_fragments(offset, encoding=ENCODINGS[False, little_endian, False])


async def fetch_encapsulated(source: ValueSource, offset: int, little_endian: bool) -> bytes:
    """Return encapsulated pixel data, from its Basic Offset Table item to its last fragment."""
    return b"".join([piece async for piece in stream_encapsulated(source, offset, little_endian)])


def fetch_encapsulated_now(source: ValueSource, offset: int, little_endian: bool) -> bytes:
    """Do the same without waiting for anything but a disk."""
    return b"".join(part for batch in _batches_now(_fragments(offset, little_endian), source) for part in _parts(batch))


async def stream_encapsulated(source: ValueSource, offset: int, little_endian: bool) -> AsyncIterator[bytes]:
    """Yield encapsulated pixel data piece by piece."""
    async for batch in _batches(_fragments(offset, little_endian), source):
        for part in _parts(batch):
            yield bytes(part)


async def fetch_rest(dataset: FileDataset) -> None:
    """Read the elements behind pixel data that was not walked."""
    rest = _Rest(dataset)
    async for batch in _batches(rest.parser, rest.source):
        rest.builder.feed(batch)
    rest.finish()


def fetch_rest_now(dataset: FileDataset) -> None:
    """Do the same without waiting for anything but a disk."""
    rest = _Rest(dataset)
    for batch in _batches_now(rest.parser, rest.source):
        rest.builder.feed(batch)
    rest.finish()


class _Rest:
    """The part of a read that comes after the pixel data; its elements are added when all are here."""

    def __init__(self, dataset: FileDataset) -> None:
        origin = dataset._origin
        assert origin is not None
        if origin.root.values is None:
            raise DeferredValueError("the elements behind the pixel data are gone: their source cannot be read again")
        offset, encoding = _place_of_pixels(dataset)
        self.source = origin.root.values
        self.parser = Parser.at_fragments(
            offset,
            encoding=encoding,
            limits=origin.root.limits,
            plan=Plan(expand=Expand.NONE, collect_up_to=None),
            go_on=True,
        )
        self._dataset = dataset
        self._shell = type(dataset)._of_origin(origin)
        self.builder = Builder(self._shell)

    def finish(self) -> None:
        """Add the elements to the dataset."""
        self.builder.finish()
        for tag, element in self._shell._elements.items():
            self._dataset._elements.setdefault(tag, element)
        self._dataset.is_complete = True


def _place_of_pixels(dataset: FileDataset) -> tuple[int, Encoding]:
    """Return where the fragments start, and how the headers around them are written."""
    found = dataset._elements[_PIXEL_DATA]
    raw = found if isinstance(found, tuple) else found._raw
    assert raw is not None
    return raw[4], ENCODINGS[raw[5].implicit_vr, raw[5].little_endian, False]
