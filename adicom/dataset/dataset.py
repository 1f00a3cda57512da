"""The dataset: data elements by tag and by keyword."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, cast, overload

from adicom.dataelem import DataElement, RawDataElement
from adicom.dataset import convert, copying, fetching, text
from adicom.dataset.bare import (
    NO_ELEMENTS,
    Bare,
    Place,
    Setting,
    attributes_of,
    own_scope,
    set_elements,
    set_place,
)
from adicom.dataset.scope import CONTEXT_TAGS, Scope
from adicom.tag import BaseTag, Tag, TagType, find_keyword

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Self

    from adicom.parser.kinds import RawElement

__all__ = ("Dataset",)


class Dataset(Bare):
    """Data elements in the order of their tags, by tag (an element) or by keyword (its value).

    Args:
        elements: The first elements, of another dataset or a mapping.

    Example:
        >>> ds = Dataset()
        >>> ds.PatientName = "CITIZEN^Joan"
        >>> ds[0x0010, 0x0010]
        (0010, 0010) Patient's Name                      PN: 'CITIZEN^Joan'
        >>> "PatientName" in ds, (0x0010, 0x0020) in ds
        (True, False)
    """

    __slots__ = ()

    is_dicom_dataset: ClassVar[bool] = True
    default_element_format = Setting(text.ELEMENT_FORMAT)
    default_sequence_element_format = Setting(text.SEQUENCE_FORMAT)
    indent_chars = Setting("   ")

    def __init__(self, elements: Dataset | Mapping[Any, Any] | Iterable[tuple[Any, Any]] = ()) -> None:
        if isinstance(elements, Dataset):
            self._adopt(elements, dict(elements._elements))
            return
        self._restore(None, {})
        if elements:
            self.update(elements)

    def _restore(self, place: Place | None, elements: dict[int, Any]) -> None:
        """Set what a dataset is made of; an empty item has no elements of its own."""
        set_place(self, place)
        if elements or place is None or place.origin is None or not place.origin.steps:
            set_elements(self, elements)

    def _adopt(self, source: Dataset, elements: dict[int, Any]) -> None:
        """Take elements of another dataset, with what its raw values are decoded with."""
        place = None
        if source._origin is not None:
            scope = source._get_scope()
            place = source._place
            assert place is not None
            if place.owns_scope:
                place = Place(place.origin, scope.for_copy(), owns_scope=True)
            elif place.attributes is not None:
                place = Place(place.origin, scope)
        self._restore(place, elements)
        attributes = attributes_of(source)
        if attributes:
            self.__dict__.update(attributes)

    # -- what reading leaves behind --

    def _get_scope(self) -> Scope:
        """What raw values are decoded with; that of the dataset around, if nothing here adds to it."""
        place = self._place
        if place is None or place.origin is None:
            return Scope.of(self, None)
        scope = place.scope
        if scope is None or (not place.owns_scope and not CONTEXT_TAGS.isdisjoint(self._elements)):
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

    @property
    def is_undefined_length_sequence_item(self) -> bool:
        """Whether this item had undefined length."""
        own = attributes_of(self).get("is_undefined_length_sequence_item")
        if own is not None:
            return bool(own)
        return self._origin is not None and self._origin.undefined_length

    @is_undefined_length_sequence_item.setter
    def is_undefined_length_sequence_item(self, value: bool) -> None:
        self.__dict__["is_undefined_length_sequence_item"] = bool(value)

    # -- elements by tag --

    def _element(self, tag: int) -> DataElement:
        """Return the element with this tag; KeyError if there is none."""
        found: Any = self._elements[tag]
        if found.__class__ is int:
            found = self._raw_at(found)
        elif found.__class__ is not tuple:
            return cast("DataElement", found)
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
        return self._element(_number(key))

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

    def __setitem__(self, key: TagType | slice, element: DataElement | RawDataElement | RawElement) -> None:
        if isinstance(key, slice):
            raise NotImplementedError("a slice of a dataset cannot be assigned")
        tag = _number(key)
        if isinstance(element, RawDataElement):
            element = convert.from_raw(element)
            if self._origin is None:
                own_scope(self, Scope.of(self, None), convert.new_origin(self))
        elif not isinstance(element, DataElement):
            raise TypeError(f"a dataset takes data elements, not {type(element).__name__}: use add_new() or a keyword")
        if (element[0] if isinstance(element, tuple) else element.tag) != tag:
            raise ValueError("the key and the tag of the data element differ")
        if tag in CONTEXT_TAGS and self._origin is not None:
            self._own_scope()
        if self._elements is NO_ELEMENTS:
            self._elements = {}
        self._elements[tag] = element

    def __delitem__(self, key: TagType | slice) -> None:
        if isinstance(key, slice):
            for tag in self._tags_in(key):
                del self[tag]
            return
        tag = _number(key)
        if tag in CONTEXT_TAGS and self._origin is not None:
            self._own_scope()
        del self._elements[tag]

    def __contains__(self, key: object) -> bool:
        if key.__class__ is int:
            return key in self._elements
        try:
            return _number(cast("TagType", key)) in self._elements
        except (KeyError, ValueError, TypeError, OverflowError):
            return False

    def __iter__(self) -> Iterator[DataElement]:
        elements = self._elements
        for tag in sorted(elements):
            found = elements[tag]
            yield found if isinstance(found, DataElement) else self._element(tag)

    def __len__(self) -> int:
        return len(self._elements)

    def keys(self) -> list[BaseTag]:
        """Return the tags in their order."""
        return [BaseTag(tag) for tag in sorted(self._elements)]

    def values(self) -> list[DataElement]:
        """Return the elements in the order of their tags."""
        return list(self)

    def items(self) -> list[tuple[BaseTag, DataElement]]:
        """Return the tags with their elements."""
        return [(element.tag, element) for element in self]

    def get(self, key: TagType, default: Any = None) -> Any:
        """Return the value for a keyword, the element for a tag, or ``default``."""
        if isinstance(key, str):
            tag = find_keyword(key)
            if tag is not None:
                return self._element(tag).value if tag in self._elements else default
            if hasattr(type(self), key) or key in attributes_of(self):
                return getattr(self, key)
        try:
            return self[key]
        except KeyError:
            return default

    def get_item(self, key: TagType, *, keep_deferred: bool = False) -> DataElement | RawDataElement:
        """Return the element, raw if nobody has looked at its value yet.

        Args:
            key: The tag or keyword.
            keep_deferred: Whether a deferred element stays one; else it is loaded, if that needs no waiting.

        Raises:
            DeferredValueError: It is deferred and reading it would have to wait.
        """
        tag = _number(key)
        found = self._raw(tag)
        if found is None:
            raise KeyError(tag)
        if not isinstance(found, tuple):
            if not keep_deferred and found.is_deferred:
                found.value  # noqa: B018  # loads it
            return found
        if found[3] is None and not keep_deferred:
            element = self._element(tag)
            element.value  # noqa: B018  # loads it
            return element
        return convert.as_raw(found)

    def data_element(self, name: str) -> DataElement | None:
        """Return the element with this keyword, None if there is none."""
        tag = find_keyword(name)
        return self._element(tag) if tag is not None and tag in self._elements else None

    def add(self, data_element: DataElement) -> None:
        """Add an element, or replace the one with its tag."""
        self[data_element.tag] = data_element

    def add_new(self, tag: TagType, VR: str, value: Any) -> None:
        """Add an element that is made of its parts."""
        self.add(DataElement(tag, VR, value))

    def update(self, elements: Dataset | Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> None:
        """Add or replace elements; keys may be tags or keywords."""
        pairs = elements.items() if isinstance(elements, Dataset | Mapping) else elements
        for key, element in pairs:
            if isinstance(key, str) and not isinstance(element, DataElement):
                setattr(self, key, element)
            else:
                self[key] = element

    def group_dataset(self, group: int) -> Self:
        """Return a dataset with the elements of one group."""
        return self[group << 16 : (group + 1) << 16]

    # -- walking --

    def iterall(self) -> Iterator[DataElement]:
        """Yield all elements, those in sequences behind the sequence."""
        stack: list[Iterator[DataElement]] = [iter(self)]
        while stack:
            for element in stack[-1]:
                yield element
                if element.VR == "SQ":
                    stack.append(chain.from_iterable(element.value))
                    break
            else:
                stack.pop()

    def walk(self, callback: Callable[[Dataset, DataElement], Any], recursive: bool = True) -> None:
        """Call ``callback(dataset, element)`` for each element, those in sequences behind the sequence."""
        stack: list[tuple[Dataset, Iterator[int]]] = [(self, iter(sorted(self._elements)))]
        while stack:
            dataset, tags = stack[-1]
            tag = next(tags, None)
            if tag is None:
                stack.pop()
                continue
            if tag not in dataset._elements:
                continue
            element = dataset._element(tag)
            callback(dataset, element)
            if recursive and element.VR == "SQ" and tag in dataset._elements:
                stack.extend((item, iter(sorted(item._elements))) for item in reversed(element.value))

    def check(self) -> None:
        """Parse every sequence now and decode every value that is here.

        Raises:
            ParseError: One of them is not as it should be.
        """
        for _ in self.iterall():
            pass

    # -- deferred values --

    @overload
    async def fetch(self, key: TagType, /) -> Any: ...

    @overload
    async def fetch(self, key: TagType, second: TagType, /, *more: TagType) -> tuple[Any, ...]: ...

    async def fetch(self, *keys: TagType) -> Any:
        """Read deferred values from where they are, all of them or, if that fails, none.

        Args:
            *keys: Tags or keywords. Values that are here already are returned at once.

        Returns:
            The value of one key; a tuple of the values of several.

        Raises:
            KeyError: There is no such element.
            DeferredValueError: The value was dropped while reading.
            SourceError: The source cannot be read, or is not what it was.
        """
        elements = [self[key] for key in keys]
        await fetching.load(elements)
        return elements[0].value if len(elements) == 1 else tuple(element.value for element in elements)

    async def fetch_all(self) -> None:
        """Read all deferred values, those in sequences too."""
        await fetching.load(fetching.deferred_elements(self))

    def stream(self, key: TagType) -> AsyncIterator[bytes]:
        """Return an async iterator over the bytes of one value, which need not fit in memory.

        Raises:
            KeyError: There is no such element.
            DeferredValueError: The value was dropped while reading.
        """
        return fetching.stream(self[key])

    # -- text, copies, comparison --

    def __str__(self) -> str:
        return text.describe(self)

    __repr__ = __str__

    def formatted_lines(
        self,
        element_format: str | None = None,
        sequence_element_format: str | None = None,
        indent_format: str | None = None,
    ) -> Iterator[str]:
        """Yield a line for each element, those in sequences too."""
        return text.lines(self, element_format, sequence_element_format)

    def __eq__(self, other: object) -> bool:
        return _are_same(self, other) if isinstance(other, Dataset) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # mutable, as in pydicom

    def copy(self) -> Self:
        """Return a shallow copy."""
        twin = type(self).__new__(type(self))
        twin._adopt(self, dict(self._elements))
        return twin

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return copying.deep_copy(self, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return copying.restore, (copying.flatten(self),)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: nothing is open behind a dataset."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Do nothing: nothing is open behind a dataset."""

    # -- elements by keyword; these come last, for they are asked when nothing else is found --

    def __setattr__(self, name: str, value: Any) -> None:
        tag = find_keyword(name) if name[0].isupper() else None
        if tag is None:
            self._set_attribute(name, value)
            return
        found = self._elements.get(tag)
        if isinstance(found, DataElement) and tag not in CONTEXT_TAGS:
            found.value = value
            return
        self[tag] = DataElement(tag, convert.vr_for_new(self, tag), value)

    def _set_attribute(self, name: str, value: Any) -> None:
        """Set what is no data element; most datasets have none of it, and no dict for it."""
        if hasattr(type(self), name) or type(self).__dictoffset__:
            object.__setattr__(self, name, value)
        else:
            self.__dict__[name] = value

    def _delete_attribute(self, name: str) -> None:
        if name in attributes_of(self) and not type(self).__dictoffset__:
            del self.__dict__[name]
        else:
            object.__delattr__(self, name)

    def __delattr__(self, name: str) -> None:
        tag = find_keyword(name)
        if tag is None:
            self._delete_attribute(name)
        elif tag in self._elements:
            del self[tag]
        else:
            raise AttributeError(f"there is no {name} in this dataset")

    def __getattr__(self, name: str) -> Any:
        if name == "_elements":  # of an empty item: a dict for each would cost more than the rest of it
            return NO_ELEMENTS
        tag = find_keyword(name) if name[:1].isupper() else None
        if tag is not None and tag in self._elements:
            return self._element(tag).value
        attributes = attributes_of(self)
        if name in attributes:
            return attributes[name]
        raise AttributeError(f"{type(self).__name__} has no attribute or data element {name!r}")


def _are_same(first: Dataset, second: Dataset) -> bool:
    """Say whether two datasets have the same elements; it does not recurse, for they may be deep."""
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


def _number(key: TagType) -> int:
    """Return a tag as a plain number, for that is what the elements are kept by."""
    if isinstance(key, str):
        tag = find_keyword(key)
        if tag is not None:
            return tag
    try:
        return int(Tag(key))
    except ValueError:
        raise KeyError(f"there is no data element {key!r}") from None
