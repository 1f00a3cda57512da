"""What a dataset is made of, without what it can do: the slots, and how they are filled past ``__setattr__``.

Items are made by the million, and many are empty: so a dataset has two slots, its elements and its :class:`Place`,
which the items of a sequence share. What makes them stands below the class that they are of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adicom.datadict import DataDictionary
    from adicom.dataelem import DataElement
    from adicom.dataset.dataset import Dataset
    from adicom.dataset.scope import Origin, Scope
    from adicom.parser.kinds import RawElement

__all__ = (
    "NO_ELEMENTS",
    "Bare",
    "Place",
    "Setting",
    "attributes_of",
    "dictionary_of",
    "new_dataset",
    "new_item",
    "own_scope",
    "set_elements",
    "set_place",
)

D = TypeVar("D", bound="Bare")

NO_ELEMENTS: Final[dict[int, Any]] = {}
"""What every empty item has for elements; it stays empty."""
_NO_ATTRIBUTES: Final[dict[str, Any]] = {}


class Place:
    """What a dataset knows of where it stands; one is changed only while a single dataset has it.

    Attributes:
        origin: Where the dataset came from; None where it was not read.
        scope: What its raw values are decoded with.
        owns_scope: Whether the scope was made of the elements of this very dataset, not of one around it.
        dictionary: What is looked up before the dictionaries of adicom; None where the caller has given nothing.
        attributes: What else was set on the dataset.
    """

    __slots__ = ("attributes", "dictionary", "origin", "owns_scope", "scope")

    def __init__(
        self,
        origin: Origin | None,
        scope: Scope | None,
        owns_scope: bool = False,
        dictionary: DataDictionary | None = None,
    ) -> None:
        self.origin = origin
        self.scope = scope
        self.owns_scope = owns_scope
        self.dictionary = dictionary
        self.attributes: dict[str, Any] | None = None


class Bare:
    """The slots of a dataset."""

    # One is made for each item of each sequence: what it may not need stays out of it.
    __slots__ = ("_elements", "_place")

    _elements: dict[int, int | RawElement | DataElement]
    _place: Place | None

    @property
    def _origin(self) -> Origin | None:
        place = self._place
        return None if place is None else place.origin

    @property
    def _scope(self) -> Scope | None:
        place = self._place
        return None if place is None else place.scope

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]  # a class with a real one has its own
        """What else was set on the dataset."""
        place = self._place
        if place is None or place.attributes is None:
            place = _own_place(self)
            place.attributes = {}
        assert place.attributes is not None
        return place.attributes


_new = object.__new__
set_elements: Callable[[Bare, dict[int, Any]], None] = vars(Bare)["_elements"].__set__
set_place: Callable[[Bare, Place | None], None] = vars(Bare)["_place"].__set__


def _own_place(dataset: Bare) -> Place:
    """Give the dataset a place that it shares with no other."""
    old = dataset._place
    place = Place(None, None)
    if old is not None:
        place = Place(old.origin, old.scope, old.owns_scope, old.dictionary)
        place.attributes = old.attributes
    set_place(dataset, place)
    return place


def own_scope(dataset: Bare, scope: Scope, origin: Origin | None = None) -> None:
    """Give the dataset a scope that was made of its own elements, and an origin if it had none."""
    place = _own_place(dataset)
    place.scope, place.owns_scope = scope, True
    place.origin = origin or place.origin


def attributes_of(dataset: Bare) -> Mapping[str, Any]:
    """Return what else was set on the dataset, only to look at."""
    if type(dataset).__dictoffset__:
        return dataset.__dict__
    place = dataset._place
    return _NO_ATTRIBUTES if place is None or place.attributes is None else place.attributes


def dictionary_of(dataset: Bare) -> DataDictionary | None:
    """Return what is looked up before the dictionaries of adicom; None for most datasets."""
    place = dataset._place
    return None if place is None else place.dictionary


class Setting:
    """A text that a class of datasets has, and that one dataset may have another of."""

    def __init__(self, default: str) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, dataset: Bare | None, owner: type) -> str:
        return self._default if dataset is None else str(attributes_of(dataset).get(self._name, self._default))

    def __set__(self, dataset: Bare, value: str) -> None:
        dataset.__dict__[self._name] = value


def new_dataset(
    kind: type[D], origin: Origin, around: Scope | None = None, dictionary: DataDictionary | None = None
) -> D:
    """Return an empty dataset of this kind that is about to be filled from a source."""
    dataset = _new(kind)
    set_place(dataset, Place(origin, around, dictionary=dictionary))
    set_elements(dataset, {})
    return dataset


def new_item(kind: type[Dataset], place: Place) -> Dataset:
    """Return a dataset that is about to become an item of a sequence; it gets its elements when it is complete."""
    item = _new(kind)
    set_place(item, place)
    return item
