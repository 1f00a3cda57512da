"""Arithmetic on all numbers of an array at once, in one long integer: a table may have places for a million frames.

Each number is a lane of bits. As long as all have two bits to spare, no difference of two of them reaches into another
lane, so that one subtraction of such integers is that of all their lanes.
"""

from __future__ import annotations

import sys
from itertools import islice
from operator import sub
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from array import array

__all__ = ("are_apart", "are_distances")


def are_apart(numbers: array[int], least: int) -> bool:
    """Return whether each number is at least so much above the one before.

    Args:
        numbers: Unsigned ones.
        least: At most 255.

    Example:
        >>> from array import array
        >>> are_apart(array("I", [0, 100, 150]), 8), are_apart(array("I", [0, 100, 104]), 8)
        (True, False)
    """
    if len(numbers) < 2:
        return True
    ones, top = _lanes(numbers)
    before, after = _neighbours(numbers)
    if (before | after) & (top | top >> 1):
        return all(step >= least for step in map(sub, islice(numbers, 1, None), numbers))
    return ((after | top) - before - least * ones) & top == top


def are_distances(lengths: array[int], numbers: array[int], more: int) -> bool:
    """Return whether each length, made even, and ``more`` is the distance to the next number.

    False also where that is not easily told.

    Args:
        lengths: Unsigned ones, in as many bytes as the numbers; the last one counts for nothing.
        numbers: Unsigned ones.
        more: An even number, at most 254.

    Example:
        >>> from array import array
        >>> are_distances(array("Q", [91, 42, 7]), array("Q", [0, 100, 150]), 8)
        True
    """
    if len(numbers) < 2:
        return True
    ones, top = _lanes(numbers)
    before, after = _neighbours(numbers)
    wanted = _packed(lengths[:-1])
    if (before | after | wanted) & (top | top >> 1):
        return False
    return after - before == wanted + (wanted & ones) + more * ones


def _lanes(numbers: array[int]) -> tuple[int, int]:
    """Return a one in the lane of each number but one, and the highest bit of each."""
    width = numbers.itemsize
    ones = int.from_bytes((1).to_bytes(width, "little") * (len(numbers) - 1), "little")
    return ones, ones << 8 * width - 1


def _neighbours(numbers: array[int]) -> tuple[int, int]:
    """Return all numbers but the last, and all but the first."""
    bits, packed = 8 * numbers.itemsize, _packed(numbers)
    return packed & ~(-1 << bits * (len(numbers) - 1)), packed >> bits


def _packed(numbers: array[int]) -> int:
    """Return one integer with the first number in its lowest bits."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return int.from_bytes(numbers.tobytes(), "little")
