"""Copies and compares datasets with all that is in them, however deep that is.

Rule 1: nothing here recurses: a sequence may be as deep as the limits of the parser let it be.
Rule 2: what was read stays raw, and copies share the source of deferred values.
Rule 3: a pickle holds the bytes of elements that are known by their offset only, and no other bytes of the source.
"""

from __future__ import annotations

from copy import copy, deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from adicom.dataelem import DataElement
from adicom.dataset.bare import Place, attributes_of, dictionary_of
from adicom.parser.kinds import value_of
from adicom.sequence import Sequence

if TYPE_CHECKING:
    from adicom.datadict import DataDictionary
    from adicom.dataset.dataset import Dataset
    from adicom.dataset.scope import Origin, Scope
    from adicom.parser.kinds import RawElement

__all__ = ("Node", "are_same", "deep_copy", "flatten", "restore")

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


class Node(NamedTuple):
    """One dataset of a pickle.

    Attributes:
        kind: Its class.
        attributes: What else was set on it.
        origin: Where it came from.
        scope: What its raw values are decoded with.
        owns_scope: Whether that is its own, not that of the dataset around.
        elements: Its elements; a sequence that was taken apart has no value there.
        sequences: Such sequences by tag, without items, and the numbers of the nodes that are their items.
        dictionary: What is looked up before the dictionaries of adicom.
    """

    kind: type[Dataset]
    attributes: dict[str, Any]
    origin: Origin | None
    scope: Scope | None
    owns_scope: bool
    elements: dict[int, RawElement | DataElement]
    sequences: dict[int, tuple[Sequence, list[int]]]
    dictionary: DataDictionary | None = None


def flatten(dataset: Dataset) -> list[Node]:
    """Return a dataset, and all items in it, as a list that begins with the dataset."""
    datasets = [dataset]
    numbers = {id(dataset): 0}
    nodes: list[Node] = []
    for current in datasets:  # which grows meanwhile
        scope = None if current._origin is None else current._get_scope()
        place = current._place
        owns_scope = place is not None and place.owns_scope
        attributes, words = dict(attributes_of(current)), dictionary_of(current)
        node = Node(type(current), attributes, current._origin, scope, owns_scope, {}, {}, words)
        nodes.append(node)
        for tag in list(current._elements):
            element = current._raw(tag)
            if not isinstance(element, DataElement):
                assert element is not None
                node.elements[tag] = (*element[:3], value_of(element), *element[4:])
                continue
            value = element._value
            if isinstance(value, Sequence):
                element = _without_items(element)
                items = [_number(item, datasets, numbers) for item in value]
                node.sequences[tag] = value.like(()), items
            node.elements[tag] = element
    return nodes


def _number(item: Dataset, datasets: list[Dataset], numbers: dict[int, int]) -> int:
    """Return the number of a dataset; a new one is appended."""
    number = numbers.setdefault(id(item), len(datasets))
    if number == len(datasets):
        datasets.append(item)
    return number


def _without_items(element: DataElement) -> DataElement:
    """Return the element of a sequence with neither its items nor their bytes."""
    twin = copy(element)
    twin._value = None
    if twin._raw is not None:
        twin._raw = (*twin._raw[:3], None, *twin._raw[4:])
    return twin


def restore(nodes: list[Node]) -> Dataset:
    """Return the dataset that :func:`flatten` was given."""
    datasets = [node.kind.__new__(node.kind) for node in nodes]
    for dataset, node in zip(datasets, nodes, strict=True):
        for tag, (sequence, numbers) in node.sequences.items():
            list.extend(sequence, [datasets[number] for number in numbers])
            element = node.elements[tag]
            assert isinstance(element, DataElement)
            element._value = sequence
        place = None
        if node.origin is not None or node.dictionary is not None:
            place = Place(node.origin, node.scope, node.owns_scope, node.dictionary)
        dataset._restore(place, node.elements)
        if node.attributes:
            dataset.__dict__.update(node.attributes)
    return datasets[0]


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
