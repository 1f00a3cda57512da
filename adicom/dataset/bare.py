"""What a dataset is made of, without what it can do: the slots, and how they are filled past ``__setattr__``.

Items are made by the hundred thousand; and what makes them stands below the class that they are of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from adicom.dataelem import DataElement
    from adicom.dataset.dataset import Dataset
    from adicom.dataset.scope import Origin, Scope
    from adicom.parser.kinds import RawElement

__all__ = ("NO_ELEMENTS", "Bare", "new_dataset", "new_item", "set_elements", "set_origin", "set_scope")

D = TypeVar("D", bound="Bare")

NO_ELEMENTS: Final[dict[int, Any]] = {}
"""What every empty item has for elements; it stays empty."""


class Bare:
    """The slots of a dataset."""

    # One is made for each item of each sequence: what it may not need stays out of it.
    __slots__ = ("__dict__", "_elements", "_origin", "_scope")

    _elements: dict[int, int | RawElement | DataElement]
    _origin: Origin | None
    _scope: Scope | None


_new = object.__new__
set_elements: Callable[[Bare, dict[int, Any]], None] = Bare._elements.__set__  # type: ignore[attr-defined]  # a slot
set_origin: Callable[[Bare, Origin | None], None] = Bare._origin.__set__  # type: ignore[union-attr]  # a slot
set_scope: Callable[[Bare, Scope | None], None] = Bare._scope.__set__  # type: ignore[union-attr]  # a slot


def new_dataset(kind: type[D], origin: Origin, around: Scope | None = None) -> D:
    """Return an empty dataset of this kind that is about to be filled from a source."""
    dataset = _new(kind)
    set_origin(dataset, origin)
    set_scope(dataset, around)
    set_elements(dataset, {})
    return dataset


def new_item(origin: Origin, around: Scope) -> Dataset:
    """Return a dataset that is about to become an item of a sequence; it gets its elements when it is complete."""
    item = _new(origin.root.item_class)
    set_origin(item, origin)
    set_scope(item, around)
    return item
