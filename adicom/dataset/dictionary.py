"""Gives a dataset a data dictionary of the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adicom.datadict import DataDictionary
from adicom.dataelem import DataElement
from adicom.dataset.bare import Place, set_place
from adicom.sequence import Sequence

if TYPE_CHECKING:
    from adicom.dataset.bare import Bare

__all__ = ("checked_dictionary", "set_dictionary")


def checked_dictionary(dictionary: DataDictionary | None) -> DataDictionary | None:
    """Return what was given.

    Raises:
        TypeError: It is no data dictionary.
    """
    if dictionary is None or isinstance(dictionary, DataDictionary):
        return dictionary
    raise TypeError(f"a dictionary of elements is a DataDictionary, not {type(dictionary).__name__}")


def set_dictionary(dataset: Bare, dictionary: DataDictionary | None) -> None:
    """Give a dataset, and the items that are in it now, a dictionary, or take it away."""
    checked_dictionary(dictionary)
    places: dict[int, tuple[Place | None, Place]] = {}  # what items share they go on to share
    waiting: list[Bare] = [dataset]
    while waiting:
        current = waiting.pop()
        old = current._place
        _, new = places.get(id(old)) or (old, _with_dictionary(old, dictionary))
        places[id(old)] = old, new
        set_place(current, new)
        for element in current._elements.values():
            if not isinstance(element, DataElement):
                continue
            element._set_context(element.private_creator, dictionary)
            if isinstance(element._value, Sequence):
                waiting.extend(element._value)


def _with_dictionary(old: Place | None, dictionary: DataDictionary | None) -> Place:
    if old is None:
        return Place(None, None, dictionary=dictionary)
    new = Place(old.origin, old.scope, old.owns_scope, dictionary)
    new.attributes = old.attributes
    return new
