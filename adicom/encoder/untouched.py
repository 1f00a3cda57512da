"""Tells whether a sequence that was taken apart still has what it was read with, nothing more and nothing less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adicom.dataelem import DataElement
from adicom.dataset.builder import read_items
from adicom.parser.kinds import value_of

if TYPE_CHECKING:
    from adicom.dataset.dataset import Dataset
    from adicom.dataset.elements import Elements
    from adicom.parser.kinds import RawElement
    from adicom.sequence import Sequence

__all__ = ("is_untouched",)


def is_untouched(holder: Elements, raw: RawElement, sequence: Sequence) -> bool:
    """Compare a sequence with what its bytes read as; each value in it is known to be as it was read.

    Args:
        holder: The dataset that has it.
        raw: The sequence as it was read.
        sequence: Its items now.
    """
    origin = holder._origin
    assert origin is not None
    left = origin.root.budget.left
    try:
        fresh = read_items(holder, raw)
    finally:
        origin.root.budget.left = left
    waiting: list[tuple[Sequence, Sequence]] = [(fresh, sequence)]
    while waiting:
        was, now = waiting.pop()
        if len(was) != len(now):
            return False
        for old, new in zip(was, now, strict=True):
            if old.is_undefined_length_sequence_item is not new.is_undefined_length_sequence_item:
                return False
            if not _are_same(old, new, waiting):
                return False
    return True


def _are_same(old: Dataset, new: Dataset, waiting: list[tuple[Sequence, Sequence]]) -> bool:
    """Compare two items; the sequences in them are left to be compared."""
    if old._elements.keys() != new._elements.keys():
        return False
    for tag in old._elements:
        one, other = old._raw(tag), new._raw(tag)
        if not _begin_alike(one, other):
            return False
        if isinstance(one, DataElement):  # a sequence, for nothing else is made at once
            waiting.append((one._value, other._value))  # type: ignore[union-attr]  # it is one, too
        elif value_of(_read(one)) != value_of(_read(other)):  # type: ignore[arg-type]  # neither is None
            return False
    return True


def _begin_alike(one: RawElement | DataElement | None, other: RawElement | DataElement | None) -> bool:
    """Compare what two elements had in their headers, and whether both were taken apart if the first one was."""
    if isinstance(one, DataElement) and not isinstance(other, DataElement):
        return False
    was, is_now = _read(one), _read(other)
    return was is not None and is_now is not None and (*was[:3], was[5]) == (*is_now[:3], is_now[5])


def _read(element: RawElement | DataElement | None) -> RawElement | None:
    """Return an element as it was read."""
    return element._raw if isinstance(element, DataElement) else element
