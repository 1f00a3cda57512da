"""Pickles datasets with all that is in them, however deep that is, as a list of what they are made of.

Rule 1: nothing here recurses, nor does the pickler: items stand beside the dataset that holds them.
Rule 2: a pickle holds the bytes of elements that are known by their offset only, and no other bytes of the source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from adicom.dataelem import DataElement
from adicom.dataset.bare import Place, attributes_of, dictionary_of
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import value_of
from adicom.sequence import Sequence
from adicom.tag import BaseTag
from adicom.uid import UID
from adicom.vr import CHARSET_VR, STANDARD_VR

if TYPE_CHECKING:
    from adicom.dataset.dataset import Dataset
    from adicom.parser.kinds import RawElement

__all__ = ("Node", "flatten", "restore")

_FREE_VR: Final = STANDARD_VR - CHARSET_VR - {"SQ", "UN"}
"""What is decoded without a look at what stands around."""
_UNCHANGING: Final = frozenset({str, int, float, bytes, type(None), BaseTag, UID})


Node: TypeAlias = tuple[Any, ...]
"""One dataset of a pickle; a plain tuple, of which a pickle may have a million:

its class; what else was set on it, or None; where it came from; what its raw values are decoded with; whether that is
its own; its elements, in which a sequence that was taken apart has no value; such sequences by tag: their class,
whether their length was undefined, and the numbers of the nodes that are their items; its own data dictionary.
"""


def flatten(dataset: Dataset) -> list[Node]:
    """Return a dataset, and all items in it, as a list that begins with the dataset."""
    datasets = [dataset]
    numbers = {id(dataset): 0}
    nodes: list[Node] = []
    for current in datasets:  # which grows meanwhile
        scope = None if current._origin is None else current._get_scope()
        owns_scope = current._place is not None and current._place.owns_scope
        elements: dict[int, Any] = {}
        sequences: dict[int, Any] = {}
        attributes = dict(attributes_of(current)) or None
        place = type(current), attributes, current._origin, scope, owns_scope
        nodes.append((*place, elements, sequences, dictionary_of(current)))
        for tag in list(current._elements):
            element = current._raw(tag)
            if not isinstance(element, DataElement):
                assert element is not None
                elements[tag] = (*element[:3], value_of(element), *element[4:])
                continue
            value = element._value
            if isinstance(value, Sequence):
                raw = element._raw
                elements[tag] = element._twin(None, None if raw is None else (*raw[:3], None, *raw[4:]))
                items = [_number(item, datasets, numbers) for item in value]
                sequences[tag] = type(value), value.is_undefined_length, items
            else:
                elements[tag] = _as_raw(element) or element
    return nodes


def _as_raw(element: DataElement) -> RawElement | None:
    """Return an element as it was read, if its value still is what those bytes say, wherever they stand."""
    raw = element._raw
    if raw is None or raw[3] is None or raw[0] != element._tag or raw[1] != element.VR or raw[0] & 0x10000:
        return None
    if element.VR not in _FREE_VR or element._value.__class__ not in _UNCHANGING or hasattr(element, "_mode"):
        return None
    if raw[4] != element.file_tell or (raw[2] == UNDEFINED_LENGTH) is not element.is_undefined_length:
        return None
    return raw


def _number(item: Dataset, datasets: list[Dataset], numbers: dict[int, int]) -> int:
    """Return the number of a dataset; a new one is appended."""
    number = numbers.setdefault(id(item), len(datasets))
    if number == len(datasets):
        datasets.append(item)
    return number


def restore(nodes: list[Node]) -> Dataset:
    """Return the dataset that :func:`flatten` was given."""
    datasets: list[Dataset] = [node[0].__new__(node[0]) for node in nodes]
    for dataset, node in zip(datasets, nodes, strict=True):
        _, attributes, origin, scope, owns_scope, elements, sequences, dictionary = node
        for tag, (kind, undefined_length, numbers) in sequences.items():
            sequence = kind.of_length(UNDEFINED_LENGTH if undefined_length else 0)
            list.extend(sequence, [datasets[number] for number in numbers])
            elements[tag]._value = sequence
        place = None
        if origin is not None or dictionary is not None:
            place = Place(origin, scope, owns_scope, dictionary)
        dataset._restore(place, elements)
        if attributes:
            dataset.__dict__.update(attributes)
    return datasets[0]
