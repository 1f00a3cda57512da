"""Reads what a first read left behind: encapsulated pixel data, and what stands behind it."""

from __future__ import annotations

import io
from struct import pack
from typing import TYPE_CHECKING, Final

from adicom.dataset.bare import new_dataset
from adicom.dataset.builder import Builder
from adicom.dataset.streaming import ByteStream
from adicom.errors import DeferredValueError, TruncatedError
from adicom.io.ranges import REQUEST_LIMIT
from adicom.parser.kinds import IMPLICIT, LITTLE, Batch, Kind, form_of
from adicom.parser.machine import Parser
from adicom.parser.plan import Expand, Plan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from adicom.dataset import FileDataset
    from adicom.dataset.ports import ValueSource

__all__ = (
    "fetch_encapsulated",
    "fetch_encapsulated_now",
    "fetch_rest",
    "fetch_rest_now",
    "stream_encapsulated",
    "stream_encapsulated_now",
)

_WINDOW: Final = 8 * 1024 * 1024
"""Bytes of one request: fragments are mostly much smaller, so that jumping from header to header would cost more."""


class _Batches:
    """What a parser finds in a value source.

    Args:
        parser: The parser.
        source: The value source.
        window: Bytes of one request.
    """

    def __init__(self, parser: Parser, source: ValueSource, window: int = _WINDOW) -> None:
        self._parser = parser
        self._source = source
        self._window = window

    async def next(self) -> Batch:
        """Return what is found next; nothing at the end."""
        while not self._parser.finished:
            if batch := self._parser.batch():
                return batch
            if self._parser.need is None:
                continue
            wanted, data = self._wanted(), b""
            while wanted is not None and not data:
                try:
                    (data,) = await self._source.fetch([wanted])
                except TruncatedError as error:
                    wanted = _cut(wanted, error)
            self._put(wanted, data)
        return []

    def next_now(self) -> Batch:
        """Do the same without waiting for anything but a disk."""
        while not self._parser.finished:
            if batch := self._parser.batch():
                return batch
            if self._parser.need is None:
                continue
            wanted, data = self._wanted(), b""
            while wanted is not None and not data:
                try:
                    (data,) = self._source.fetch_now([wanted])
                except TruncatedError as error:
                    wanted = _cut(wanted, error)
            self._put(wanted, data)
        return []

    def _wanted(self) -> tuple[int, int] | None:
        """Return (offset, length) of what is needed; None where the source is known to end before."""
        need = self._parser.need
        assert need is not None
        length = self._window
        if (size := self._source.size) is not None:
            length = min(length, size - need.offset)
        return (need.offset, length) if length > 0 else None

    def _put(self, wanted: tuple[int, int] | None, data: bytes) -> None:
        """Give the parser what came."""
        if wanted is not None and data:
            self._parser.receive_data(data, wanted[0])
        else:
            self._parser.receive_eof(self._source.size)


def _cut(wanted: tuple[int, int], error: TruncatedError) -> tuple[int, int] | None:
    """Return what there is of a range behind whose start the source has ended; None for nothing."""
    offset, length = wanted
    end = (offset if error.offset is None else error.offset) + error.got
    length = min(end - offset, length - 1)
    return (offset, length) if length > 0 else None


def _whole(source: ValueSource) -> int:
    """Return the bytes of one request for pixel data that is kept in memory anyway."""
    return _WINDOW if source.size is None else REQUEST_LIMIT


def _parts(batch: Batch) -> Iterator[bytes | memoryview]:
    """Yield the bytes of fragments, with the headers of their items."""
    for item in batch:
        if item[0] == Kind.FRAGMENT_START:
            yield pack("<HHL" if item[4] & LITTLE else ">HHL", 0xFFFE, 0xE000, item[2])
        elif item[0] == Kind.CHUNK:
            yield item[1]


def _joined(batch: Batch) -> bytes:
    """Return the bytes of a batch; without a copy where they are all that came, as in the middle of a long fragment."""
    parts = list(_parts(batch))
    if len(parts) == 1 and isinstance(part := parts[0], memoryview):
        whole = part.obj
        if isinstance(whole, bytes) and len(whole) == len(part):
            return whole
    return b"".join(parts)


def _fragments(offset: int, little_endian: bool) -> Parser:
    return Parser.at_fragments(offset, form=form_of(implicit=False, little=little_endian))


async def fetch_encapsulated(source: ValueSource, offset: int, little_endian: bool, window: int | None = None) -> bytes:
    """Return encapsulated pixel data, from its Basic Offset Table item to its last fragment.

    Args:
        source: Where it is.
        offset: Where it starts.
        little_endian: The byte order of its item headers.
        window: Bytes of one request.
    """
    batches = _Batches(_fragments(offset, little_endian), source, window or _whole(source))
    whole = io.BytesIO()  # which, unlike a list to be joined, gives its bytes away without a copy
    while batch := await batches.next():
        whole.writelines(_parts(batch))
    return whole.getvalue()


def fetch_encapsulated_now(source: ValueSource, offset: int, little_endian: bool) -> bytes:
    """Do the same without waiting for anything but a disk."""
    batches = _Batches(_fragments(offset, little_endian), source, _whole(source))
    whole = io.BytesIO()
    while batch := batches.next_now():
        whole.writelines(_parts(batch))
    return whole.getvalue()


def stream_encapsulated(source: ValueSource, offset: int, little_endian: bool) -> AsyncIterator[bytes]:
    """Return encapsulated pixel data piece by piece."""
    batches = _Batches(_fragments(offset, little_endian), source)

    async def next_piece() -> bytes:
        while batch := await batches.next():
            if piece := _joined(batch):
                return piece
        return b""

    return ByteStream(next_piece)


def stream_encapsulated_now(source: ValueSource, offset: int, little_endian: bool) -> Iterator[bytes]:
    """Do the same without waiting for anything but a disk."""
    batches = _Batches(_fragments(offset, little_endian), source)
    while batch := batches.next_now():
        if piece := _joined(batch):
            yield piece


async def fetch_rest(dataset: FileDataset) -> None:
    """Read the elements behind pixel data that was not walked."""
    rest = _Rest(dataset)
    batches = _Batches(rest.parser, rest.source)
    while batch := await batches.next():
        rest.builder.feed(batch)
    rest.finish()


def fetch_rest_now(dataset: FileDataset) -> None:
    """Do the same without waiting for anything but a disk."""
    rest = _Rest(dataset)
    batches = _Batches(rest.parser, rest.source)
    while batch := batches.next_now():
        rest.builder.feed(batch)
    rest.finish()


class _Rest:
    """The part of a read that comes after the pixel data; its elements are added when all are here."""

    def __init__(self, dataset: FileDataset) -> None:
        origin = dataset._origin
        assert origin is not None
        if origin.root.values is None:
            raise DeferredValueError("the elements behind the pixel data are gone: their source cannot be read again")
        offset, form = dataset.__dict__["_fragments"]
        self.source = origin.root.values
        self.parser = Parser.at_fragments(
            offset,
            form=form & (IMPLICIT | LITTLE),
            limits=origin.root.limits,
            plan=Plan(expand=Expand.NONE, collect_up_to=None),
            go_on=True,
        )
        self._dataset = dataset
        self._shell = new_dataset(type(dataset), origin, dataset._get_scope(), dataset.dictionary)
        self.builder = Builder(self._shell)

    def finish(self) -> None:
        """Add the elements to the dataset."""
        self.builder.finish()
        for tag, element in self._shell._elements.items():
            self._dataset._elements.setdefault(tag, element)
        self._dataset.is_complete = True
