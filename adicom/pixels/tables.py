"""The tables that tell where encapsulated frames lie: Basic and Extended Offset Table, or an index that was saved."""

from __future__ import annotations

import sys
import warnings
from array import array
from itertools import pairwise
from typing import Final

from adicom.errors import DicomWarning
from adicom.io.base import Range
from adicom.pixels.items import HEADER_SIZE

__all__ = ("Table", "UnusableTable", "read_basic_table", "read_extended_table")

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
        starts: Where the frames start in the source.
        ends: Where they end; 0 for the one that ends at the delimiter.
        claimed: The frame whose end is only claimed: nothing else starts there. The item there knows better.

    Example:
        >>> table = Table("Basic Offset Table", array("Q", [100, 200]), array("Q", [200, 0]))
        >>> table.range_of(0), table.range_of(1)
        (Range(offset=100, length=100), None)
    """

    __slots__ = ("claimed", "ends", "name", "starts")

    def __init__(self, name: str, starts: array[int], ends: array[int], *, claimed: int | None = None) -> None:
        self.name = name
        self.starts = starts
        self.ends = ends
        self.claimed = claimed

    def range_of(self, index: int) -> Range | None:
        """Return where a frame lies; None where its end is not known."""
        start, end = self.starts[index], self.ends[index]
        return Range(start, end - start) if end else None

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
        >>> table.starts.tolist(), table.ends.tolist()
        ([1000, 1064], [1064, 0])
    """
    offsets = _numbers(value, "L" if array("L").itemsize == 4 else "I", little_endian)
    if size is not None and size - base > _WRAP:
        offsets = _unwrapped(offsets, size - base)
    return Table("Basic Offset Table", *_places(offsets, base))


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
    name = "Extended Offset Table"
    starts, ends = _places(_numbers(offsets, "Q", little_endian), base)
    if lengths is None:
        return Table(name, starts, ends)
    if len(lengths) != len(offsets):
        raise UnusableTable(f"there are {len(lengths)} bytes of lengths for {len(offsets)} bytes of offsets")
    last, sizes = ends.index(0), _numbers(lengths, "Q", little_endian)
    wrong = sum(_differs(end - start, length) for start, end, length in zip(starts, ends, sizes, strict=True) if end)
    if wrong:
        warnings.warn(
            f"the Extended Offset Table Lengths (7FE0,0002) have a wrong length for {wrong} of {len(starts)} frames",
            DicomWarning,
            stacklevel=5,
        )
    if sizes[last] > _LONGEST:
        raise UnusableTable("a frame is longer than any can be")
    ends[last] = starts[last] + HEADER_SIZE + sizes[last] + (sizes[last] & 1)
    return Table(name, starts, ends, claimed=last)


def _differs(size: int, length: int) -> bool:
    """Return whether a place is not as long as an item of so many bytes, padded or not."""
    return size - HEADER_SIZE not in (length, length + (length & 1))


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


def _places(offsets: array[int], base: int) -> tuple[array[int], array[int]]:
    """Return starts and ends: a frame ends where the next one in the file starts."""
    in_order = sorted(offsets)  # linear where they are in order
    if in_order[0] != 0:
        raise UnusableTable("no frame starts at the first fragment")
    if in_order[-1] > _FARTHEST:
        raise UnusableTable("a frame lies behind the end of any object")
    lengths = [second - first for first, second in pairwise(in_order)]
    if min(lengths, default=HEADER_SIZE) < HEADER_SIZE:
        raise UnusableTable("two frames overlap")
    if max(lengths, default=0) > _LONGEST:
        raise UnusableTable("a frame is longer than any can be")
    starts = array("Q", [base + offset for offset in offsets])
    following = dict(pairwise(in_order))
    ends = array("Q", [base + following[offset] if offset in following else 0 for offset in offsets])
    return starts, ends
