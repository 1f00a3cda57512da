"""Copies and compares datasets with all that is in them, however deep that is.

Rule 1: nothing here recurses: a sequence may be as deep as the limits of the parser let it be.
Rule 2: what was read stays raw, and copies share the source of deferred values.
"""

from __future__ import annotations

from copy import copy, deepcopy
from typing import TYPE_CHECKING, Any, TypeVar

from adicom.dataelem import DataElement
from adicom.dataset.bare import attributes_of
from adicom.sequence import Sequence

if TYPE_CHECKING:
    from adicom.dataset.dataset import Dataset

__all__ = ("are_same", "deep_copy")

D = TypeVar("D", bound="Dataset")


def deep_copy(dataset: D, memo: dict[int, Any]) -> D:
    """Return a copy of a dataset, of its items and of their values."""
    twin = _empty_twin(dataset, memo)
    waiting: list[tuple[Dataset, Dataset]] = [(dataset, twin)]
    while waiting:
        source, target = waiting.pop()
        elements: dict[int, Any] = dict(source._elements)
        for tag, element in elements.items():
            if isinstance(element, DataElement):
                elements[tag] = _copied(element, memo, waiting)
        target._adopt(source, elements)
        attributes = attributes_of(source)
        if attributes:
            target.__dict__.update(deepcopy(attributes, memo))
    return twin


def _empty_twin(dataset: D, memo: dict[int, Any]) -> D:
    twin = type(dataset).__new__(type(dataset))
    memo[id(dataset)] = twin
    return twin


def _copied(element: DataElement, memo: dict[int, Any], waiting: list[tuple[Dataset, Dataset]]) -> DataElement:
    """Return a copy of an element; the items of a sequence are left empty, and to be filled."""
    known: DataElement | None = memo.get(id(element))
    if known is not None:
        return known
    twin = memo[id(element)] = copy(element)
    value = element._value
    if not isinstance(value, Sequence):
        twin._value = deepcopy(value, memo)
        return twin
    items: list[Dataset] = []
    for item in value:
        other: Dataset | None = memo.get(id(item))
        if other is None:
            other = _empty_twin(item, memo)
            waiting.append((item, other))
        items.append(other)
    twin._value = memo[id(value)] = value.like(items)
    return twin


def are_same(first: Dataset, second: Dataset) -> bool:
    """Say whether two datasets have the same elements."""
    waiting = [(first, second)]
    while waiting:
        mine, theirs = waiting.pop()
        if mine is theirs:
            continue
        if mine._elements.keys() != theirs._elements.keys():
            return False
        for tag in list(mine._elements):
            one, other = mine._element(tag), theirs._element(tag)
            if one.VR == other.VR == "SQ":
                if len(one.value) != len(other.value):
                    return False
                waiting.extend(zip(one.value, other.value, strict=True))
            elif one != other:
                return False
    return True
