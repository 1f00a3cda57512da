"""A walk with what it told of frames, and the bytes that came last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adicom.errors import ParseError
from adicom.io.base import Range

if TYPE_CHECKING:
    from adicom.pixels.boundaries import Boundaries
    from adicom.pixels.walk import FragmentWalk

__all__ = ("Walked",)


class Walked:
    """What is known of frames by a walk, and those of their bytes that need not be fetched again.

    Args:
        walk: The walk.
        boundaries: What it tells.
    """

    def __init__(self, walk: FragmentWalk, boundaries: Boundaries) -> None:
        self.walk = walk
        self.boundaries = boundaries
        self._fault: ParseError | None = None
        self._blocks: list[tuple[int, bytes]] = []  # contiguous

    def range_of(self, index: int) -> Range | None:
        """Return where a frame lies; None where that is not known."""
        if index >= self.boundaries.complete:
            return None
        start = self.boundaries.start_of(index)
        assert start is not None
        return Range(start, self.boundaries.end_of(index) - start)

    def feed(self, wanted: Range, data: bytes) -> None:
        """Take what came for a range."""
        if self._blocks and self._blocks[-1][0] + len(self._blocks[-1][1]) != wanted.offset:
            self._blocks.clear()
        self._blocks.append((wanted.offset, data))
        try:
            self.walk.feed(wanted.offset, data, ended=len(data) < wanted.length or not wanted.length)
        except ParseError as error:
            self._fault = error
        self.boundaries.update()

    def check(self) -> None:
        """Raise what is wrong behind the frames that are known."""
        if self._fault is not None:
            raise self._fault

    def forget(self, start: int | None, room: int) -> None:
        """Let go of bytes but for those that came last, and those from ``start`` on if they are not too many."""
        if start is None or not self._blocks or self.walk.end - start > room:
            del self._blocks[:-1]
            return
        while len(self._blocks) > 1 and self._blocks[1][0] <= start:
            del self._blocks[0]

    def held(self, place: Range) -> bytes | None:
        """Return the bytes of a range, if all of them are here."""
        parts: list[bytes] = []
        at = place.offset
        for offset, data in self._blocks:
            if offset <= at < offset + len(data) and at < place.end:
                parts.append(data[at - offset : place.end - offset])
                at += len(parts[-1])
        return b"".join(parts) if at == place.end else None
