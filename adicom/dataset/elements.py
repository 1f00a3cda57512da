"""Data elements by tag: what a dataset is as a mapping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast, overload
from warnings import warn

from adicom.datadict import find_vr
from adicom.dataelem import DataElement, RawDataElement
from adicom.dataset import convert
from adicom.dataset.bare import (
    NO_ELEMENTS,
    Bare,
    Place,
    attributes_of,
    dictionary_of,
    own_scope,
    set_elements,
    set_place,
)
from adicom.dataset.dictionary import set_dictionary
from adicom.dataset.keywords import own_tag, tag_of
from adicom.dataset.scope import CONTEXT_TAGS, Scope, creator_of
from adicom.dataset.views import ItemsView, KeysView, ValuesView
from adicom.errors import DicomWarning
from adicom.tag import BaseTag, Tag, TagType, find_keyword

if TYPE_CHECKING:
    from typing import Self

    from adicom.datadict import DataDictionary
    from adicom.parser.kinds import RawElement

__all__ = ("Elements", "as_number")

_REQUIRED: Final = object()
_LAST_TAG: Final = 0xFFFFFFFF


class Elements(Bare):
    """A mapping of tags to data elements, which are decoded when they are first looked at.

    Unlike a ``dict`` it gives elements, not keys, when it is iterated, in the order of their tags.
    """

    __slots__ = ()

    is_dicom_dataset: ClassVar[bool] = True

    def __init__(
        self,
        elements: Elements | Mapping[Any, Any] | Iterable[tuple[Any, Any]] = (),
        *,
        dictionary: DataDictionary | None = None,
    ) -> None:
        if isinstance(elements, Elements):
            self._adopt(elements, dict(elements._elements))
            elements = ()
        else:
            self._restore(None, {})
        if dictionary is not None:
            set_dictionary(self, dictionary)
        if elements:
            self.update(elements)

    def _restore(self, place: Place | None, elements: dict[int, Any]) -> None:
        """Set what a dataset is made of; an empty item has no elements of its own."""
        set_place(self, place)
        if elements or place is None or place.origin is None or not place.origin.steps:
            set_elements(self, elements)

    def _adopt(self, source: Elements, elements: dict[int, Any]) -> None:
        """Take elements of another dataset, with what its raw values are decoded with, and are looked up in."""
        self._restore(source._place_for_copy(), elements)
        attributes = attributes_of(source)
        if attributes:
            self.__dict__.update(attributes)

    def _place_for_copy(self) -> Place | None:
        if self._origin is None:
            dictionary = dictionary_of(self)
            return None if dictionary is None else Place(None, None, dictionary=dictionary)
        scope = self._get_scope()
        place = self._place
        assert place is not None
        if place.owns_scope:
            return Place(place.origin, scope.for_copy(), True, place.dictionary)
        if place.attributes is not None:
            return Place(place.origin, scope, dictionary=place.dictionary)
        return place

    # -- what raw values are decoded with --

    def _get_scope(self) -> Scope:
        """What raw values are decoded with; that of the dataset around, if nothing here adds to it."""
        place = self._place
        if place is None or place.origin is None:
            return Scope.of(self, None)
        scope = place.scope
        if scope is None or (not place.owns_scope and not self._elements.keys().isdisjoint(CONTEXT_TAGS)):
            return self._own_scope()
        return scope

    def _own_scope(self) -> Scope:
        """The same, not shared with the dataset around; to be taken before anything it rests on changes."""
        place = self._place
        scope = self._scope
        if scope is None or place is None or not place.owns_scope:
            scope = Scope.of(self, scope)
            own_scope(self, scope)
        return scope

    def _before_change(self, tag: int) -> None:
        """Take note of what stood there when it was read, if raw values are decoded with it."""
        if tag in CONTEXT_TAGS and self._origin is not None:
            self._own_scope()

    # -- one element --

    def _element(self, tag: int) -> DataElement:
        """Return the element with this tag; KeyError if there is none."""
        try:
            found: Any = self._elements[tag]
        except KeyError:
            raise _missing(tag) from None
        if found.__class__ is int:
            found = self._raw_at(found)
        elif found.__class__ is not tuple:
            return cast("DataElement", found)
        if tag in CONTEXT_TAGS:
            self._own_scope()  # before somebody can change the element
        element = self._elements[tag] = convert.to_element(self, found)
        return element

    def _raw(self, tag: int) -> RawElement | DataElement | None:
        """Return the element with this tag as it is, without decoding anything."""
        found = self._elements.get(tag)
        return self._raw_at(found) if isinstance(found, int) else found

    def _raw_at(self, offset: int) -> RawElement:
        """Return an element of which only the offset is known."""
        origin = self._origin
        assert origin is not None
        return origin.root.raw_at(offset)

    @overload
    def __getitem__(self, key: slice) -> Self: ...

    @overload
    def __getitem__(self, key: TagType) -> DataElement: ...

    def __getitem__(self, key: Any) -> Any:
        if key.__class__ is int:
            return self._element(key)
        if isinstance(key, slice):
            return self._slice(key)
        return self._element(as_number(key, self))

    def __setitem__(self, key: TagType | slice, element: DataElement | RawDataElement) -> None:
        if isinstance(key, slice):
            raise NotImplementedError("a slice of a dataset cannot be assigned")
        found: DataElement | RawElement
        if isinstance(element, DataElement):
            found = element
        elif isinstance(element, RawDataElement):
            found = convert.from_raw(element)
            if self._origin is None:
                own_scope(self, Scope.of(self, None), convert.new_origin(self))
        else:
            raise TypeError(f"a dataset takes data elements, not {type(element).__name__}: use add_new() or a keyword")
        try:
            tag = int(tag_of(self, key))
        except (TypeError, OverflowError) as error:
            raise ValueError(f"{key!r} is no tag") from error
        if element.tag != tag:
            raise ValueError("the key and the tag of the data element differ")
        self._put(tag, found)

    def _put(self, tag: int, element: DataElement | RawElement) -> None:
        self._before_change(tag)
        elements = self._elements
        if elements is NO_ELEMENTS:
            elements = {}
            set_elements(self, elements)
        elements[tag] = element
        place = self._place
        if tag & 0x10000 and isinstance(element, DataElement) and (creator := creator_of(self, tag)) is not None:
            element.private_creator = creator
        if place is not None and place.dictionary is not None and isinstance(element, DataElement):
            element._set_context(element.private_creator, place.dictionary)

    def __delitem__(self, key: TagType | slice) -> None:
        tags = self._tags_in(key) if isinstance(key, slice) else [int(tag_of(self, key))]
        for tag in tags:
            if tag not in self._elements:
                raise _missing(tag)
            self._before_change(tag)
            del self._elements[tag]

    def __contains__(self, key: object) -> bool:
        if key.__class__ is int and 0 <= key <= _LAST_TAG:
            return key in self._elements
        try:
            return int(tag_of(self, cast("TagType", key))) in self._elements
        except (ValueError, TypeError, OverflowError):
            # As in pydicom: most often a keyword was mistyped.
            warn(f"{key!r} is neither a tag nor a keyword, so no dataset has it", DicomWarning, stacklevel=2)
            return False

    # -- many --

    def _slice(self, key: slice) -> Self:
        part = type(self).__new__(type(self))
        part._adopt(self, {tag: self._elements[tag] for tag in self._tags_in(key)})
        if part._origin is not None:
            convert.remember_creators(self, part)
        return part

    def _tags_in(self, key: slice) -> list[int]:
        start = 0 if key.start is None else int(Tag(key.start))
        stop = 1 << 32 if key.stop is None else int(Tag(key.stop))
        return [tag for tag in sorted(self._elements) if start <= tag < stop][:: key.step]

    def __iter__(self) -> Iterator[DataElement]:
        elements = self._elements
        for tag in sorted(elements):
            found = elements[tag]
            yield found if isinstance(found, DataElement) else self._element(tag)

    def __len__(self) -> int:
        return len(self._elements)

    def elements(self) -> Iterator[DataElement | RawDataElement]:
        """Yield the elements in the order of their tags, raw where nobody has looked at the value yet."""
        for tag in sorted(self._elements):
            yield self.get_item(tag, keep_deferred=True)

    def keys(self) -> KeysView:
        """Return a view of the tags, in their order.

        Example:
            >>> from adicom.dataset import Dataset
            >>> ds = Dataset.fromkeys(["PatientName", "Modality"])
            >>> list(ds.keys())
            [(0008, 0060), (0010, 0010)]
        """
        return KeysView(self)

    def values(self) -> ValuesView:
        """Return a view of the elements, in the order of their tags."""
        return ValuesView(self)

    def items(self) -> ItemsView:
        """Return a view of the tags with their elements, in their order."""
        return ItemsView(self)

    @overload
    def get_item(self, key: slice, *, keep_deferred: bool = False) -> Self: ...

    @overload
    def get_item(self, key: TagType, *, keep_deferred: bool = False) -> DataElement | RawDataElement: ...

    def get_item(self, key: Any, *, keep_deferred: bool = False) -> Any:
        """Return the element, raw if nobody has looked at its value yet.

        Args:
            key: The tag or keyword; a slice gives a dataset.
            keep_deferred: Whether a deferred element stays one; else it is loaded, if that needs no waiting.

        Raises:
            KeyError: There is no such element.
            ValueError: The key is no tag.
            DeferredValueError: It is deferred and reading it would have to wait.
        """
        if isinstance(key, slice):
            return self._slice(key)
        tag = int(tag_of(self, key))
        found = self._raw(tag)
        if found is None:
            raise _missing(tag)
        if isinstance(found, tuple):
            if keep_deferred or found[3] is not None:
                return convert.as_raw(found)
            found = self._element(tag)
        if not keep_deferred and found.is_deferred:
            found.value  # noqa: B018  # loads it
        return found

    def pop(self, key: TagType, default: Any = _REQUIRED, /) -> Any:
        """Take an element out and return it; ``default`` if there is none.

        Raises:
            KeyError: There is none, and no default.
        """
        try:
            element = self._element(as_number(key, self))
        except KeyError:
            if default is _REQUIRED:
                raise
            return default
        del self[element.tag]
        return element

    def popitem(self) -> tuple[BaseTag, DataElement]:
        """Take the element out that was added last; return its tag and it.

        Raises:
            KeyError: There is none.
        """
        if not self._elements:
            raise KeyError("the dataset is empty")
        element = self._element(next(reversed(self._elements)))
        del self[element.tag]
        return element.tag, element

    def setdefault(self, key: TagType, default: Any = None) -> DataElement:
        """Return the element; where there is none, one with ``default`` as its value is added.

        Args:
            key: The tag or keyword.
            default: The value, or a :class:`DataElement`. Where no dictionary has the tag, the VR is UN; for a
                tag of the standard that is warned of.

        Raises:
            ValueError: The key is neither a tag nor a keyword.
        """
        tag = tag_of(self, key)
        if int(tag) not in self._elements:
            self[tag] = element = default if isinstance(default, DataElement) else self._new(tag, default)
            if element is not default and element.VR == "UN" and not tag.is_private:
                dictionary = dictionary_of(self)
                if (find_vr if dictionary is None else dictionary.find_vr)(tag) is None:
                    warn(f"{tag} is in no dictionary: its VR is UN", DicomWarning, stacklevel=2)
        return self._element(int(tag))

    def _new(self, tag: int, value: Any) -> DataElement:
        """Return a new element with the VR that the dictionaries know."""
        return DataElement(tag, convert.vr_for_new(self, tag), value)

    def add(self, data_element: DataElement) -> None:
        """Add an element, or replace the one with its tag."""
        self[data_element.tag] = data_element

    def add_new(self, tag: TagType, VR: str, value: Any) -> None:
        """Add an element that is made of its parts."""
        self.add(DataElement(tag_of(self, tag), VR, value))

    def update(self, elements: Elements | Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> None:
        """Add or replace elements.

        Args:
            elements: Another dataset, or tags with elements, or keywords with values.
        """
        pairs: Iterable[tuple[Any, Any]]
        if isinstance(elements, Elements):  # in the order that they were added in, for that is popitem()'s
            pairs = [(tag, elements._element(tag)) for tag in list(elements._elements)]
        else:
            pairs = elements.items() if isinstance(elements, Mapping) else elements
        for key, element in list(pairs):
            if isinstance(key, str) and not isinstance(element, DataElement | RawDataElement):
                setattr(self, key, element)
            else:
                self[key] = element

    def clear(self) -> None:
        """Take all elements out."""
        for tag in CONTEXT_TAGS.intersection(self._elements):
            self._before_change(tag)
        if self._elements is not NO_ELEMENTS:
            self._elements.clear()

    @classmethod
    def fromkeys(cls, iterable: Iterable[TagType], value: Any = None) -> Self:
        """Return a dataset with an element for each key, all of the same value.

        Example:
            >>> from adicom.dataset import Dataset
            >>> Dataset.fromkeys(["PatientID", 0x00080060], "")
            (0008, 0060) Modality                            CS: ''
            (0010, 0020) Patient ID                          LO: ''
        """
        dataset = cls()
        for key in iterable:
            dataset.setdefault(key, value)
        return dataset


def _missing(tag: int) -> KeyError:
    """Return what is raised where there is no such element."""
    return KeyError(BaseTag(tag) if 0 <= tag <= 0xFFFFFFFF else tag)


def as_number(key: TagType, dataset: Elements) -> int:
    """Return a tag of a dataset as a plain number, for that is what the elements are kept by.

    Raises:
        KeyError: It is neither a tag nor a keyword.
    """
    if isinstance(key, str):
        tag = find_keyword(key)
        if tag is None:
            tag = own_tag(dataset, key)
        if tag is not None:
            return tag
    try:
        return int(Tag(key))
    except (ValueError, TypeError, OverflowError):
        raise KeyError(f"there is no data element {key!r}") from None
