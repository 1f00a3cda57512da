"""The walk from item to item, where no table tells where the frames lie: bytes in, wanted ranges out.

Rule 1: the walk asks for what it needs, and takes whatever comes. A length that lies costs one request, no memory.
Rule 2: what it found stays found: its lists only grow.
"""

from __future__ import annotations

import warnings
from array import array
from typing import TYPE_CHECKING, Final

from adicom.errors import DicomWarning, LimitError, TruncatedError
from adicom.io.base import Range
from adicom.pixels.items import HEADER_SIZE, read_header
from adicom.pixels.layout import PIXEL_DATA
from adicom.pixels.marks import HEAD_SIZE, TAIL_SIZE

if TYPE_CHECKING:
    from adicom.pixels.marks import Marks

__all__ = ("WINDOW", "FragmentWalk")

WINDOW: Final = 8 * 1024 * 1024
"""Bytes of one request. At 100 MB/s that takes the time of four round trips of 20 ms."""

_PEEK: Final = 4096
"""Bytes of one request where fragments are so long that jumping from header to header is faster than reading on."""

_LONG: Final = 4
"""What part of a window a fragment must have for that: one round trip, as long as reading a quarter of it takes."""

STARTS: Final = 1
ENDS: Final = 2


class FragmentWalk:
    """Finds where fragments lie, and whether they look like the start or the end of a frame.

    Args:
        base: Where the first item behind the Basic Offset Table's starts.
        little_endian: The byte order.
        marks: How frames can be told.
        limit: How many fragments there may be.
        window: About how many bytes to ask for at a time.
        strict: Whether a missing delimiter at the end of the source is an error.

    Attributes:
        starts: Where the header of each fragment starts.
        flags: For each fragment ``STARTS`` and ``ENDS``, as far as it looks like it.
        position: Where the next header is.
        finished: Whether the delimiter was seen.
        size: Bytes of the source, where they are known.

    Example:
        >>> walk = FragmentWalk(100, window=4096)
        >>> walk.need()
        Range(offset=100, length=4096)
        >>> walk.feed(100, bytes.fromhex("feff00e0 02000000 ffd9 feffdde0 00000000"))
        >>> walk.starts.tolist(), walk.finished
        ([100], True)
    """

    def __init__(
        self,
        base: int,
        *,
        little_endian: bool = True,
        marks: Marks | None = None,
        limit: int = 10_000_000,
        window: int = WINDOW,
        strict: bool = True,
    ) -> None:
        self.starts = array("Q")
        self.flags = bytearray()
        self.position = base
        self.finished = False
        self.size: int | None = None
        self._little_endian = little_endian
        self._marks = marks
        self._limit = limit
        self._window = max(window, HEADER_SIZE + HEAD_SIZE)
        self._strict = strict
        self._offset = base  # of the bytes that are here
        self._data = b""

    @property
    def end(self) -> int:
        """Where the bytes end that came last."""
        return self._offset + len(self._data)

    def need(self, distance: int | None = None) -> Range:
        """Return what to feed next; a range of no length where the source has no more.

        Args:
            distance: About how many bytes lead to where the caller wants to get; None for "far".
        """
        enough = self.position + HEADER_SIZE + HEAD_SIZE
        last = self.position - self.starts[-1] if self.starts else 0
        if last >= self._window // _LONG and self.position > self.end:
            start = max(self.position - TAIL_SIZE, self.end)
            return self._within(start, max(start + min(_PEEK, self._window), enough))
        length = self._window if distance is None else min(distance, self._window)
        return self._within(self.end, max(self.end + length, enough))

    def _within(self, start: int, end: int) -> Range:
        if self.size is not None:
            end = min(end, self.size)
        return Range(start, max(end - start, 0))

    def feed(self, offset: int, data: bytes, *, ended: bool = False) -> None:
        """Take bytes.

        Args:
            offset: Where they start in the source: where :meth:`need` said.
            data: The bytes.
            ended: Whether the source has no more behind them.

        Raises:
            Misplaced: There is no item where one should be.
            TruncatedError: The source ends before the delimiter.
            LimitError: There are too many fragments.
        """
        ended = ended or (self.size is not None and offset + len(data) >= self.size)
        if self._data and offset == self.end:
            kept = min(max(self.position - TAIL_SIZE - self._offset, 0), len(self._data))
            self._data = self._data[kept:] + data if kept < len(self._data) else data
            self._offset += kept
        else:
            self._data, self._offset = data, offset
        while not self.finished and self._step(ended):
            pass

    def _step(self, ended: bool) -> bool:
        """Take one header; False where bytes are missing."""
        data, at = self._data, self.position - self._offset
        if at + HEADER_SIZE > len(data):
            if ended:
                self._end_of_source()
            return False
        length = read_header(data, at, self.position, self._little_endian)
        if length is None:
            self._mark_end()
            self.finished = True
            return False
        head = data[at + HEADER_SIZE : at + HEADER_SIZE + min(length, HEAD_SIZE)]
        if len(head) < min(length, HEAD_SIZE) and not ended:
            return False
        self._mark_end()
        self._take(length, head)
        return True

    def _take(self, length: int, head: bytes) -> None:
        end = self.position + HEADER_SIZE + length
        if self.size is not None and end > self.size:
            got = max(self.size - self.position - HEADER_SIZE, 0)
            raise TruncatedError(
                f"the bytes end in a fragment: wanted {length}, got {got}",
                offset=self.position + HEADER_SIZE,
                tag=PIXEL_DATA,
                wanted=length,
                got=got,
            )
        if len(self.starts) >= self._limit:
            raise LimitError(
                f"too many fragments; ParserLimits.elements is {self._limit}",
                offset=self.position,
                tag=PIXEL_DATA,
                limit="elements",
            )
        self.starts.append(self.position)
        self.flags.append(STARTS if self._marks is not None and self._marks.starts(head) else 0)
        self.position = end

    def _mark_end(self) -> None:
        """Say of the last fragment whether a frame may end with it."""
        if not self.starts or self._marks is None or self._marks.ends is None:
            return
        first = self.starts[-1] + HEADER_SIZE
        if first == self.position:  # an empty one: what is said of the one before holds for it
            self._move_end()
            return
        tail = self._data[
            max(first, self.position - TAIL_SIZE, self._offset) - self._offset : self.position - self._offset
        ]
        if self._marks.ends(tail):
            self.flags[-1] |= ENDS

    def _move_end(self) -> None:
        if len(self.flags) > 1 and self.flags[-2] & ENDS:
            self.flags[-2] &= ~ENDS
            self.flags[-1] |= ENDS

    def _end_of_source(self) -> None:
        """Take the end of the source in place of the delimiter, or raise."""
        end = self.end if self.size is None else self.size
        if self.position == end and self.starts and not self._strict:
            warnings.warn("the pixel data ends without its delimiter", DicomWarning, stacklevel=3)
            self._mark_end()
            self.finished = True
            return
        got = max(end - self.position, 0)
        raise TruncatedError(
            f"the bytes end in encapsulated pixel data: wanted {HEADER_SIZE}, got {got}",
            offset=self.position,
            tag=PIXEL_DATA,
            wanted=HEADER_SIZE,
            got=got,
        )
