"""Goes through the elements of a dataset and of all items in it, without recursion: they may be deep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.charset import decode_element
from adicom.dataelem import DataElement
from adicom.dataset.scope import CHARACTER_SET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adicom.dataset.dataset import Dataset

__all__ = ("decode_all", "iterate_all", "remove_private", "walk")


def iterate_all(dataset: Dataset) -> Iterator[DataElement]:
    """Yield all elements, those in sequences behind the sequence; a deferred one is not read for that."""
    items: Iterator[Dataset] = iter((dataset,))
    suspended: list[tuple[Iterator[Dataset], Dataset, Iterator[int]]] = []
    while True:
        current = next(items, None)
        if current is not None:
            tags = iter(sorted(current._elements))
        elif suspended:
            items, current, tags = suspended.pop()
        else:
            return
        elements = current._elements
        for tag in tags:
            found = elements[tag]
            element = found if found.__class__ is DataElement else current._element(tag)
            yield element
            if element.VR == "SQ" and element._value and not element.is_deferred:
                suspended.append((items, current, tags))
                items = iter(element._value)
                break


def walk(dataset: Dataset, callback: Callable[[Dataset, DataElement], Any], recursive: bool) -> None:
    """Call ``callback(dataset, element)`` for each element; it may take the element away."""
    stack: list[tuple[Dataset, Iterator[int]]] = [(dataset, iter(sorted(dataset._elements)))]
    while stack:
        current, tags = stack[-1]
        tag = next(tags, None)
        if tag is None:
            stack.pop()
            continue
        if tag not in current._elements:
            continue
        element = current._element(tag)
        callback(current, element)
        if recursive and element.VR == "SQ" and tag in current._elements and not element.is_deferred:
            stack.extend((item, iter(sorted(item._elements))) for item in reversed(element.value))


def remove_private(dataset: Dataset) -> None:
    """Take all private elements out, also of the items."""
    waiting = [dataset]
    while waiting:
        current = waiting.pop()
        for tag in [tag for tag in current._elements if tag & 0x10000]:
            del current[tag]
        for element in current:
            if element.VR == "SQ":
                waiting.extend(element.value)


def decode_all(dataset: Dataset) -> None:
    """Decode all text, also that which was set as bytes, with the character set that applies to it."""
    waiting: list[tuple[Dataset, Any]] = [(dataset, None)]
    while waiting:
        current, terms = waiting.pop()
        if CHARACTER_SET in current._elements:
            terms = current._element(CHARACTER_SET).value
        for element in current:
            if element.is_deferred:
                continue
            if element.VR == "SQ":
                waiting.extend((item, terms) for item in element.value)
            else:
                decode_element(element, terms)
