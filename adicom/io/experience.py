"""What the headers of earlier objects took, so that the next one of their kind comes with the first request."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Final

from adicom.io.ranges import FIRST_BLOCK

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ("FIRST_LIMIT", "HeaderSizes")

FIRST_LIMIT: Final = 1024 * 1024
"""The upper bound of a first request made on experience."""

_REMEMBERED: Final = 8
_PLACES: Final = 1024
_STEP: Final = 4096


class HeaderSizes:
    """The sizes of headers that a session has read, by where they came from.

    One long header says nothing of the next object; when most of the last ones at a place were longer than the
    usual first request, the next first request is as long as the longest of them.

    Example:
        >>> sizes = HeaderSizes()
        >>> sizes.note("host", 100_000)
        >>> sizes.first_block("host")
        16384
        >>> sizes.note("host", 90_000)
        >>> sizes.first_block("host"), sizes.first_block("another host")
        (102400, 16384)
    """

    def __init__(self) -> None:
        self._by_place: OrderedDict[Hashable, deque[int]] = OrderedDict()

    def first_block(self, place: Hashable) -> int:
        """Return how many bytes the first request to an object at this place should be."""
        sizes = self._by_place.get(place)
        if sizes is None or len(sizes) < 2 or 2 * sum(size > FIRST_BLOCK for size in sizes) <= len(sizes):
            return FIRST_BLOCK
        return min(-(-max(sizes) // _STEP) * _STEP, FIRST_LIMIT)

    def note(self, place: Hashable, size: int) -> None:
        """Remember that the header of an object at this place took so many bytes."""
        sizes = self._by_place.get(place)
        if sizes is None:
            if size <= FIRST_BLOCK:
                return  # that is what is taken for granted
            sizes = self._by_place[place] = deque(maxlen=_REMEMBERED)
            if len(self._by_place) > _PLACES:
                self._by_place.popitem(last=False)
        sizes.append(size)
