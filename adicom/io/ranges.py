"""The planner of requests: which bytes to ask for next.

Nothing here reads or waits. What the parser needs and what is known of the source go in, numbers come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from adicom.io.base import Range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from adicom.io.base import Answer
    from adicom.parser.events import Need

__all__ = (
    "FIRST_BLOCK",
    "JUMP_BLOCK",
    "MERGE_GAP",
    "REQUEST_LIMIT",
    "STREAM_LIMIT",
    "Merged",
    "Planner",
    "merge_ranges",
    "split_range",
)

FIRST_BLOCK: Final = 16 * 1024
"""Bytes of the first request: enough for the header of most images."""

JUMP_BLOCK: Final = 4 * 1024
"""Bytes of the first request behind a value that was jumped over: what follows is mostly one header, or the end."""

REQUEST_LIMIT: Final = 64 * 1024 * 1024
"""The upper bound of one request: a failure then costs seconds, not minutes, and its answer fits in memory."""

GROWTH_LIMIT: Final = 4 * 1024 * 1024
"""The upper bound of a request made on suspicion. At 100 MB/s it takes the time of two round trips of 20 ms."""

STREAM_LIMIT: Final = 2 * 1024 * 1024
"""The upper bound of one read where values are handed on in pieces, so that memory stays constant."""

MERGE_GAP: Final = 16 * 1024
"""Bytes between two wanted ranges that cost less than another request."""

_GROWTH: Final = 4


class Planner:
    """Decides how long each request of one parse is.

    Where the parser knows how many bytes it lacks, it gets them with a little more, so that the headers
    behind a long value cost no request of their own. Where it does not, but what came so far tells how much is
    likely to follow, that much is asked for. Else requests grow geometrically while they are contiguous; after a
    jump they start small again.

    Args:
        first: Bytes of the first request.
        limit: The upper bound of one request.

    Attributes:
        size: Bytes of the source, where that is known.
        foresee: Returns how many bytes from where the received ones end are likely to be wanted; 0 for "not known".

    Example:
        >>> from adicom.parser.events import Need
        >>> planner = Planner()
        >>> planner.next_size(Need(0, 0))
        16384
        >>> planner.note(0, 16384, None)
        >>> planner.next_size(Need(16384, 0)), planner.next_size(Need(10_000_000, 0))
        (65536, 4096)
        >>> planner.foresee = lambda: 300_000
        >>> planner.next_size(Need(16384, 0))
        309375
    """

    __slots__ = ("_block", "_end", "_first", "_limit", "_notes", "foresee", "size")

    def __init__(self, *, first: int = FIRST_BLOCK, limit: int = REQUEST_LIMIT) -> None:
        self._first = first
        self._limit = limit
        self._block = FIRST_BLOCK
        self._end = -1
        self.size: int | None = None
        self.foresee: Callable[[], int] | None = None
        self._notes = 0

    def next_size(self, need: Need) -> int:
        """Return how many bytes to ask for at ``need.offset``; 0 means that the source has no more."""
        if self.size is not None and need.offset >= self.size:
            return 0
        if self._end < 0:
            size = max(self._first, need.size)
        elif need.offset != self._end:
            self._block = JUMP_BLOCK
            size = JUMP_BLOCK if need.size <= JUMP_BLOCK // 2 else _with_slack(need.size)
        else:
            size = self._next_contiguous(need)
        size = min(size, self._limit)
        if self.size is not None:
            size = min(size, self.size - need.offset)
        return size

    def _next_contiguous(self, need: Need) -> int:
        foreseen = self.foresee() if self.foresee is not None else 0
        if foreseen:
            return max(FIRST_BLOCK, _with_slack(max(foreseen, need.size)))
        exact = _with_slack(need.size)
        if exact > (grown := min(self._block * _GROWTH, GROWTH_LIMIT)):
            return exact
        # Also where little is lacking: the end of a block cuts some short value in most headers.
        self._block = grown
        return grown

    def note(self, offset: int, got: int, size: int | None) -> None:
        """Remember an answer: where it began, how many bytes came, how many the source has."""
        self._end = offset + got
        self._notes += 1
        if size is not None:
            self.size = size

    @property
    def is_at_first_block(self) -> bool:
        """Whether one request of the usual size was all that was made."""
        return self._notes == 1 and self._first == FIRST_BLOCK

    def may_have_missed_the_end(self, need: Need, answer: Answer) -> bool:
        """Return whether a value was jumped over, and nothing tells if the source ends behind it or inside it."""
        return not answer.data and answer.size is None and self.size is None and 0 <= self._end < need.offset


def _with_slack(size: int) -> int:
    """Return ``size`` wanted bytes with those to read behind them: about 3 %, at least a few headers."""
    return size + min(max(size // 32, 4096), 65536) if size else 0


class Merged(NamedTuple):
    """One request for several ranges.

    Attributes:
        range: What to ask for.
        members: The positions, in what was passed, of the ranges inside it.
    """

    range: Range
    members: tuple[int, ...]


def merge_ranges(ranges: Sequence[Range], *, gap: int = MERGE_GAP, limit: int = REQUEST_LIMIT) -> list[Merged]:
    """Return the requests that bring all ranges, those near each other in one.

    Empty ranges belong to no request. A range above ``limit`` is a request of its own.

    Example:
        >>> for merged in merge_ranges([Range(500, 10), Range(0, 100), Range(90_000, 5)]):
        ...     print(merged.range, merged.members)
        Range(offset=0, length=510) (1, 0)
        Range(offset=90000, length=5) (2,)
    """
    merged: list[Merged] = []
    start = end = 0
    members: list[int] = []
    for index in sorted((i for i, wanted in enumerate(ranges) if wanted.length), key=lambda i: ranges[i]):
        wanted = ranges[index]
        joined = max(end, wanted.end)
        if members and wanted.offset <= end + gap and (joined - start <= limit or joined == end):
            end = joined
            members.append(index)
            continue
        if members:
            merged.append(Merged(Range(start, end - start), tuple(members)))
        start, end, members = wanted.offset, wanted.end, [index]
    if members:
        merged.append(Merged(Range(start, end - start), tuple(members)))
    return merged


def split_range(wanted: Range, limit: int = REQUEST_LIMIT) -> Iterable[Range]:
    """Yield the range in pieces of at most ``limit`` bytes.

    Example:
        >>> [*split_range(Range(10, 25), 10)]
        [Range(offset=10, length=10), Range(offset=20, length=10), Range(offset=30, length=5)]
    """
    for offset in range(wanted.offset, wanted.end, limit):
        yield Range(offset, min(limit, wanted.end - offset))
