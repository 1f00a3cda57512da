"""The tables that tell where encapsulated frames lie: Basic and Extended Offset Table, or an index that was saved."""

from __future__ import annotations

import sys
import warnings
from array import array
from itertools import pairwise
from operator import sub
from typing import Final

from adicom.errors import DicomWarning
from adicom.io.base import Range
from adicom.pixels import lanes
from adicom.pixels.items import HEADER_SIZE

__all__ = ("BASIC", "EXTENDED", "Table", "UnusableTable", "read_basic_table", "read_extended_table")

BASIC: Final = "Basic Offset Table"
EXTENDED: Final = "Extended Offset Table"
_WRAP: Final = 2**32
_FARTHEST: Final = 2**60
_LONGEST: Final = 2**40
"""No object reaches farther, and no frame is longer: 64 bits can hold nonsense."""


class UnusableTable(ValueError):
    """A table that cannot be right; the text says why."""


class Table:
    """Where each frame lies, from its first item's header to the end of its last item.

    Args:
        name: What messages call it.
        starts: Where the frames start, counted from ``base``.
        ends: Where they end; 0 for the one that ends at the delimiter.
        base: Where in the source that is.
        claimed: The frame whose end is only claimed: nothing else starts there. The item there knows better.

    Example:
        >>> table = Table("Basic Offset Table", array("Q", [0, 100]), array("Q", [100, 0]), base=1000)
        >>> table.range_of(0), table.range_of(1)
        (Range(offset=1000, length=100), None)
    """

    __slots__ = ("base", "claimed", "ends", "name", "starts")

    def __init__(
        self, name: str, starts: array[int], ends: array[int], *, base: int = 0, claimed: int | None = None
    ) -> None:
        self.name = name
        self.starts = starts
        self.ends = ends
        self.base = base
        self.claimed = claimed

    def start_of(self, index: int) -> int:
        """Return where in the source a frame starts."""
        return self.base + self.starts[index]

    def range_of(self, index: int) -> Range | None:
        """Return where a frame lies; None where its end is not known."""
        start, end = self.starts[index], self.ends[index]
        return Range(self.base + start, end - start) if end else None

    def sizes(self) -> list[int]:
        """Return how many bytes each frame takes; nothing above zero where its end is not known."""
        return list(map(sub, self.ends, self.starts))

    def closed(self, index: int, end: int) -> Table:
        """Return the same table with another end of a frame."""
        ends = array("Q", self.ends)
        ends[index] = end - self.base
        return Table(self.name, self.starts, ends, base=self.base, claimed=self.claimed)

    @property
    def open_frame(self) -> int | None:
        """The number of the frame whose end is not known."""
        return None if all(self.ends) else self.ends.index(0)


def read_basic_table(value: bytes, base: int, size: int | None, *, little_endian: bool = True) -> Table:
    r"""Return what a Basic Offset Table tells (PS3.5 A.4).

    Args:
        value: Its value: an offset of 32 bits for each frame. They may be in any order; in objects above 4 GiB
            writers let them wrap.
        base: Where the first item behind the table is: offsets count from there.
        size: Bytes of the object, where they are known.
        little_endian: The byte order.

    Raises:
        UnusableTable: It cannot be right.

    Example:
        >>> table = read_basic_table(b"\0\0\0\0\x40\0\0\0", 1000, 2000)
        >>> table.range_of(0), table.start_of(1)
        (Range(offset=1000, length=64), 1064)
    """
    offsets = _numbers(value, "L" if array("L").itemsize == 4 else "I", little_endian)
    if size is not None and size - base > _WRAP:
        offsets = _unwrapped(offsets, size - base)
    return Table(BASIC, offsets, _ends(offsets), base=base)


def read_extended_table(offsets: bytes, lengths: bytes | None, base: int, *, little_endian: bool = True) -> Table:
    """Return what an Extended Offset Table and its Lengths tell (PS3.3 C.7.6.3.1.8).

    Args:
        offsets: An offset of 64 bits for each frame.
        lengths: The length of each frame, without the byte that pads it to an even one; None where they are missing.
            Frames end where the next ones start, whatever it says; only the last one's end is taken from it.
        base: As for :func:`read_basic_table`.
        little_endian: The byte order.

    Raises:
        UnusableTable: It cannot be right.
    """
    starts = _numbers(offsets, "Q", little_endian)
    if lengths is None:
        return Table(EXTENDED, starts, _ends(starts), base=base)
    if len(lengths) != len(offsets):
        raise UnusableTable(f"there are {len(lengths)} bytes of lengths for {len(offsets)} bytes of offsets")
    sizes = _numbers(lengths, "Q", little_endian)
    are_right = lanes.are_distances(sizes, starts, HEADER_SIZE)
    table = Table(EXTENDED, starts, _ends(starts, are_apart=are_right), base=base)
    table.claimed = last = len(starts) - 1 if are_right else table.ends.index(0)
    if not are_right:
        _warn_of_lengths(table, sizes)
    if sizes[last] > _LONGEST:
        raise UnusableTable("a frame is longer than any can be")
    table.ends[last] = starts[last] + HEADER_SIZE + sizes[last] + (sizes[last] & 1)
    return table


def _warn_of_lengths(table: Table, lengths: array[int]) -> None:
    """Warn if a frame but the last one is in no place of one item of its length, padded or not."""
    wrong = sum(
        size > 0 and size - HEADER_SIZE not in (length, length + (length & 1))
        for size, length in zip(table.sizes(), lengths, strict=True)
    )
    if wrong:
        warnings.warn(
            f"the Extended Offset Table Lengths (7FE0,0002) have a wrong length for {wrong} of {len(lengths)} frames",
            DicomWarning,
            stacklevel=6,
        )


def _numbers(value: bytes, code: str, little_endian: bool) -> array[int]:
    numbers = array(code, value)
    if little_endian != (sys.byteorder == "little"):
        numbers.byteswap()
    return numbers


def _unwrapped(offsets: array[int], span: int) -> array[int]:
    """Return offsets as they were before they wrapped, if frames stand in their order."""
    found = array("Q")
    above = previous = 0
    for offset in offsets:
        if offset < previous:
            above += _WRAP
        found.append(above + offset)
        previous = offset
    return found if not found or found[-1] < span else offsets


def _ends(offsets: array[int], *, are_apart: bool = False) -> array[int]:
    """Return where frames end: where the next one in the file starts; 0 for the last one.

    There may be a million of them: where they are in order, as nearly everywhere, no loop here looks at each.

    Args:
        offsets: Where they start.
        are_apart: Whether each is known to be in front of the next one, an item's header at least.
    """
    in_order = are_apart or lanes.are_apart(offsets, HEADER_SIZE)
    places = offsets if in_order else array(offsets.typecode, sorted(offsets))
    if places[0] != 0:
        raise UnusableTable("no frame starts at the first fragment")
    if places[-1] > _FARTHEST:
        raise UnusableTable("a frame lies behind the end of any object")
    if not in_order and not lanes.are_apart(places, HEADER_SIZE):
        raise UnusableTable("two frames overlap")
    if places[-1] > _LONGEST and max(map(sub, places[1:], places)) > _LONGEST:
        raise UnusableTable("a frame is longer than any can be")
    if in_order:
        return offsets[1:] + array(offsets.typecode, [0])
    following = dict(pairwise(places))
    return array(offsets.typecode, [following.get(offset, 0) for offset in offsets])
