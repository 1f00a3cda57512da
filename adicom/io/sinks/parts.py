"""The size of the parts of an upload."""

from __future__ import annotations

from typing import Final, NamedTuple

from adicom.io.sinks.outlets import MIB

__all__ = ("MOST_PARTS", "Parts", "plan_parts")

MOST_PARTS: Final = 10_000
"""Of S3 and of Google's XML API; Azure takes 50,000 blocks."""

_USUAL: Final = 8 * MIB
_UNDER_WAY: Final = 32 * MIB
_MOST_UNDER_WAY: Final = 4


class Parts(NamedTuple):
    """How an upload is cut.

    Attributes:
        size: Of each part but the last, in bytes.
        concurrency: How many are under way at a time.
    """

    size: int
    concurrency: int

    @property
    def limit(self) -> int:
        """The bytes that the largest object has."""
        return self.size * MOST_PARTS


def plan_parts(length: int | None) -> Parts:
    """Return how an upload of so many bytes is cut.

    Where the length is not known, 8 MiB make an object of up to 78 GiB. Parts that are under way are in memory: they
    are 32 MiB, unless the length is above 312 GiB and demands larger ones.

    Example:
        >>> plan_parts(None)
        Parts(size=8388608, concurrency=4)
        >>> plan_parts(200 * 2**30)
        Parts(size=22020096, concurrency=1)
        >>> plan_parts(5 * 2**40).limit >= 5 * 2**40
        True
    """
    needed = -(-(length or 0) // MOST_PARTS)
    size = max(_USUAL, -(-needed // MIB) * MIB)
    return Parts(size, max(1, min(_MOST_UNDER_WAY, _UNDER_WAY // size)))
