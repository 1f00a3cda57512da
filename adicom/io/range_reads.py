"""Reads many ranges of one source: near ones in one request, long ones in pieces, several requests at a time.

Rule: nothing is in memory twice, but for the one piece that is just being put in its place.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from adicom.errors import TruncatedError
from adicom.io.base import Range
from adicom.io.ranges import REQUEST_LIMIT, merge_ranges, split_range

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import anyio

    from adicom.io.base import Answer
    from adicom.io.ranges import Merged

__all__ = ("CONCURRENCY", "Pace", "Readable", "read_exactly", "read_ranges", "source_ended")

CONCURRENCY: Final = 8
"""Requests of one fetch at a time: more bring little from one object, and stores begin to throttle."""


class Readable(Protocol):
    """The part of :class:`adicom.io.AsyncSource` that reading ranges takes."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    async def read_at(self, offset: int, size: int) -> Answer:
        """Return bytes from ``offset`` on, about ``size`` of them."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is asked for at a time.

    Attributes:
        concurrency: Requests at a time.
        limit: Up to how many bytes are one request.
        piece: Bytes of each request for what is longer.
        sparse_limit: The same where more than a tenth of it would be gaps between the ranges.
        limiter: Bounds the requests of all sources that share it.
    """

    concurrency: int = CONCURRENCY
    limit: int = REQUEST_LIMIT
    piece: int = REQUEST_LIMIT
    sparse_limit: int = REQUEST_LIMIT
    limiter: anyio.CapacityLimiter | None = None

    def request_size(self, length: int) -> int:
        """Return how long the requests for so many bytes are.

        Example:
            >>> Pace(limit=16, piece=4).request_size(10), Pace(limit=16, piece=4).request_size(20)
            (16, 4)
        """
        return self.limit if length <= self.limit else self.piece


_ALONE: Final = Pace()


async def read_ranges(source: Readable, pairs: Sequence[tuple[int, int]], pace: Pace = _ALONE) -> list[bytes]:
    """Return the bytes of each range of a source, in the order given.

    Raises:
        TruncatedError: The source ends inside a range.

    Example:
        >>> import asyncio
        >>> from adicom.io.local import BytesSource, InlineSource
        >>> asyncio.run(read_ranges(InlineSource(BytesSource(b"0123456789")), [(8, 2), (0, 3)]))
        [b'89', b'012']
    """
    ranges = [Range(*pair) for pair in pairs]
    if len(ranges) == 1 and ranges[0].length <= pace.limit:
        return [await _read_whole(source, ranges[0], pace.limiter)]
    results = [b""] * len(ranges)
    requests = [
        partial(_read_piece, source, block, piece, pace.limiter)
        for block in (_Block(merged, ranges, results) for merged in _merge(ranges, pace))
        for piece in split_range(block.range, pace.request_size(block.range.length))
    ]
    if requests:
        # The first answer shows whether the source takes several at a time.
        await requests.pop(0)()
    if requests:
        from adicom.io.concurrency import run_bounded

        await run_bounded(requests, pace.concurrency if getattr(source, "concurrent", False) else 1)
    return results


async def read_exactly(source: Readable, wanted: Range) -> bytes:
    """Return all bytes of a range.

    Raises:
        TruncatedError: The source ends inside it.
    """
    pieces: list[bytes] = []
    got = 0
    while got < wanted.length:
        answer = await source.read_at(wanted.offset + got, wanted.length - got)
        if not answer.data:
            raise source_ended(source.name, wanted, got)
        pieces.append(answer.data[: wanted.length - got])
        got += len(pieces[-1])
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def source_ended(name: str, wanted: Range, got: int) -> TruncatedError:
    """Return the error for a source that ended inside a range."""
    return TruncatedError(
        f"{name} ended inside a value: {got} of {wanted.length} bytes",
        offset=wanted.offset,
        wanted=wanted.length,
        got=got,
    )


async def _read_piece(source: Readable, block: _Block, piece: Range, limiter: anyio.CapacityLimiter | None) -> None:
    block.put(piece.offset, await _read_whole(source, piece, limiter))


async def _read_whole(source: Readable, wanted: Range, limiter: anyio.CapacityLimiter | None) -> bytes:
    if limiter is None:
        return await read_exactly(source, wanted)
    async with limiter:
        return await read_exactly(source, wanted)


def _merge(ranges: Sequence[Range], pace: Pace) -> Iterator[Merged]:
    for merged in merge_ranges(ranges, limit=pace.limit):
        members = [ranges[index] for index in merged.members]
        gaps = merged.range.length - sum(member.length for member in members)
        if gaps * 10 <= merged.range.length or merged.range.length <= pace.sparse_limit:
            yield merged
            continue
        for part in merge_ranges(members, limit=pace.sparse_limit):
            yield part._replace(members=tuple(merged.members[index] for index in part.members))


class _Block:
    """A piece of the source that is coming in, and the ranges that are cut out of it when it is here.

    Args:
        merged: Where it is, and which ranges are in it.
        ranges: All ranges.
        results: Gets the bytes of the ranges.
    """

    __slots__ = ("_buffer", "_early", "_end", "_members", "_ranges", "_results", "range")

    def __init__(self, merged: Merged, ranges: Sequence[Range], results: list[bytes]) -> None:
        self.range = merged.range
        self._members = merged.members
        self._ranges = ranges
        self._results = results
        self._early: dict[int, bytes] = {}
        self._end = self.range.offset
        # Grows in place, and gives its bytes away without a copy, which b"".join() and bytearray do not.
        self._buffer: io.BytesIO | None = None

    def put(self, offset: int, data: bytes) -> None:
        """Take a piece, in whatever order they come."""
        if len(data) == self.range.length:
            self._cut(data)
            return
        self._early[offset] = data
        del data
        if self._buffer is None:
            self._buffer = io.BytesIO()
        while self._end in self._early:
            self._end += self._buffer.write(self._early.pop(self._end))
        if self._end == self.range.end:
            whole, self._buffer = self._buffer.getvalue(), None
            self._cut(whole)

    def _cut(self, whole: bytes) -> None:
        for index in self._members:
            start = self._ranges[index].offset - self.range.offset
            self._results[index] = whole[start : start + self._ranges[index].length]
