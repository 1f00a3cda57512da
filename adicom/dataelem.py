"""The data element: a tag, its VR, its value.

Three forms exist: :class:`RawDataElement`, the bytes as they were read; :class:`DataElement`, with a Python
value; and a :class:`DataElement` whose value is :class:`Deferred`, still where it was found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from adicom.datadict import (
    dictionary_description,
    dictionary_has_tag,
    dictionary_is_retired,
    dictionary_keyword,
    private_dictionary_description,
)
from adicom.errors import DeferredValueError, format_path
from adicom.multival import MultiValue
from adicom.tag import BaseTag, Tag, TagType
from adicom.uid import UID
from adicom.valuerep import DS, IS, PersonName
from adicom.values import empty_value
from adicom.vr import STRING_VR, UNSPLIT_VR

if TYPE_CHECKING:
    from collections.abc import Callable

    from adicom.parser.kinds import RawElement

__all__ = ("DataElement", "Deferred", "Loader", "RawDataElement", "set_sequence_maker")

_new = object.__new__
_sequence_maker: list[Callable[[Any], Any]] = []


def set_sequence_maker(maker: Callable[[Any], Any]) -> None:
    """Say what the value of an SQ element is made with; :mod:`adicom.sequence`, a layer above, calls it."""
    _sequence_maker[:] = [maker]


_MAKERS: Final[dict[str, Callable[[Any], Any]]] = {"AT": Tag, "DS": DS, "IS": IS, "PN": PersonName, "UI": UID}


def _same(value: Any) -> Any:
    return value


def _convert(VR: str, value: Any) -> Any:
    """Return the value as the VR has it: a text with backslashes is split, a list becomes a MultiValue."""
    if VR == "SQ":
        return _sequence_maker[0](value if value is not None else ())
    if value is None:
        return empty_value(VR)
    make = _MAKERS.get(VR, _same)
    if isinstance(value, str) and VR in STRING_VR and VR not in UNSPLIT_VR and "\\" in value:
        value = value.split("\\")
    if isinstance(value, list | tuple) and not (VR == "AT" and _is_pair(value)):
        return MultiValue(make, value) if len(value) != 1 else make(value[0])
    return make(value)


def _is_pair(value: list[Any] | tuple[Any, ...]) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, int) for part in value)


_BYTES_VR: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN", "OB or OW"})
_LONGEST_REPR: Final = 16
"""Bytes of a binary value that are still shown one by one, as pydicom does."""


class Loader(Protocol):
    """What a dataset knows of how to bring a deferred value in."""

    @property
    def source(self) -> Any:
        """What the value can be read from; None where it was dropped."""
        ...

    def load(self, element: DataElement) -> None:
        """Read the value and give it to the element."""
        ...

    def put(self, element: DataElement, data: bytes) -> None:
        """Give the element the value that these bytes are."""
        ...


class Deferred:
    """Where a value is that was not read.

    Attributes:
        offset: Where it starts in the source, in bytes.
        length: How long it is in bytes; None for encapsulated pixel data, which was not walked.

    Example:
        >>> Deferred(5300, 1_200_000)
        <deferred, 1.2 MB>
    """

    __slots__ = ("_loader", "length", "offset")

    def __init__(self, offset: int, length: int | None, loader: Loader | None = None) -> None:
        self.offset = offset
        self.length = length
        self._loader = loader

    @property
    def source(self) -> Any:
        """What the value can be read from; None where there is nothing."""
        return None if self._loader is None else self._loader.source

    def load(self, element: DataElement) -> None:
        """Give the element its value, if that needs no waiting.

        Raises:
            DeferredValueError: It would have to wait, or there is nothing to read from.
        """
        if self._loader is None:
            raise DeferredValueError(f"the value of {format_path((), element.tag)} cannot be read from anywhere")
        self._loader.load(element)

    def put(self, element: DataElement, data: bytes) -> None:
        """Give the element the value that these bytes are."""
        assert self._loader is not None
        self._loader.put(element, data)

    def __repr__(self) -> str:
        return f"<deferred, {_readable(self.length)}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Deferred):
            return NotImplemented
        return (self.offset, self.length, self.source) == (other.offset, other.length, other.source)

    def __hash__(self) -> int:
        return hash((self.offset, self.length))

    def __deepcopy__(self, memo: dict[int, Any]) -> Deferred:
        return self  # it never changes, and copies share the source


class RawDataElement(NamedTuple):
    """A data element as it was read, with the fields that pydicom gives it."""

    tag: BaseTag
    VR: str | None
    length: int
    value: bytes | None
    value_tell: int
    is_implicit_VR: bool
    is_little_endian: bool
    is_raw: bool = True
    is_buffered: bool = False

    @property
    def is_deferred(self) -> bool:
        """Whether the value is still where it was found."""
        return self.value is None

    @property
    def deferred(self) -> Deferred | None:
        """Where the value is, if it is deferred."""
        if self.value is not None:
            return None
        return Deferred(self.value_tell, None if self.length == 0xFFFFFFFF else self.length)


class DataElement:
    """A tag, its VR and its value.

    Args:
        tag: In any form that :func:`adicom.tag.Tag` takes.
        VR: The value representation, two letters.
        value: The value; a list or a text with backslashes gives several.
        file_value_tell: Where the value starts in the source it was read from.
        is_undefined_length: Whether the length was, or shall be, undefined.
        already_converted: Whether ``value`` is taken as it is.

    Example:
        >>> element = DataElement(0x00100010, "PN", "CITIZEN^Joan")
        >>> element
        (0010, 0010) Patient's Name                      PN: 'CITIZEN^Joan'
        >>> element.VM
        1
    """

    # The tag is kept as a plain number, which costs the garbage collector nothing.
    __slots__ = ("VR", "_raw", "_tag", "_value", "file_tell", "is_undefined_length", "private_creator")

    is_raw = False
    descripWidth = 35
    maxBytesToDisplay = 16

    def __init__(
        self,
        tag: TagType,
        VR: str,
        value: Any,
        file_value_tell: int | None = None,
        is_undefined_length: bool = False,
        already_converted: bool = False,
    ) -> None:
        self._tag = int(Tag(tag))
        self.VR = VR
        self.file_tell = file_value_tell
        self.is_undefined_length = is_undefined_length
        self.private_creator: str | None = None
        self._raw: RawElement | None = None
        self._value = value if already_converted else _convert(VR, value)

    @classmethod
    def _of_raw(cls, raw: RawElement, VR: str, value: Any, creator: str | None = None) -> DataElement:
        """Return the element that was read as ``raw``; they are made by the hundred thousand."""
        element = _new(cls)
        element._tag = raw[0]
        element.VR = VR
        element._value = value
        element._raw = raw
        element.file_tell = raw[4]
        element.is_undefined_length = raw[2] == 0xFFFFFFFF
        element.private_creator = creator
        return element

    @property
    def tag(self) -> BaseTag:
        """The tag."""
        return BaseTag(self._tag)

    @property
    def value(self) -> Any:
        """The value; a deferred one is loaded if that needs no waiting.

        Raises:
            DeferredValueError: It is deferred and reading it would have to wait; the text says what to await.
        """
        value = self._value
        if value.__class__ is Deferred:
            value.load(self)
            return self._value
        return value

    @value.setter
    def value(self, value: Any) -> None:
        self._value = _convert(self.VR, value)
        self._raw = None

    @property
    def is_deferred(self) -> bool:
        """Whether the value is still where it was found."""
        return isinstance(self._value, Deferred)

    @property
    def deferred(self) -> Deferred | None:
        """Where the value is, if it is deferred."""
        return self._value if isinstance(self._value, Deferred) else None

    @property
    def VM(self) -> int:
        """How many values there are; a sequence counts as one."""
        value = self._value
        if self.VR == "SQ" or isinstance(value, Deferred):
            return 1
        if isinstance(value, MultiValue):
            return len(value)
        return 0 if self.is_empty else 1

    @property
    def is_empty(self) -> bool:
        """Whether there is no value."""
        value = self._value
        if isinstance(value, Deferred):
            return False
        return value is None or (hasattr(value, "__len__") and len(value) == 0)

    @property
    def empty_value(self) -> Any:
        """What a value of this VR is when there is none."""
        return empty_value(self.VR)

    def clear(self) -> None:
        """Take the value away."""
        self.value = self.empty_value

    @property
    def is_private(self) -> bool:
        """Whether the group number is odd."""
        return self.tag.is_private

    @property
    def is_retired(self) -> bool:
        """Whether the standard has retired the element."""
        return dictionary_has_tag(self.tag) and dictionary_is_retired(self.tag)

    @property
    def keyword(self) -> str:
        """The keyword, empty where the standard has none."""
        return dictionary_keyword(self.tag) if dictionary_has_tag(self.tag) else ""

    @property
    def name(self) -> str:
        """The name in the dictionary of the standard or of the private creator."""
        return self.description()

    def description(self) -> str:
        """Return the name in the dictionary of the standard or of the private creator."""
        tag = self.tag
        if tag.is_private:
            return self._private_description()
        if dictionary_has_tag(tag):
            return dictionary_description(tag)
        return "Group Length" if tag.element == 0 else ""

    def _private_description(self) -> str:
        if self.tag.is_private_creator:
            return "Private Creator"
        if self.private_creator:
            try:
                return f"[{private_dictionary_description(self.tag, self.private_creator)}]"
            except KeyError:
                pass
        return "Group Length" if self.tag.element == 0 else "Private tag data"

    @property
    def repval(self) -> str:
        """The value as text; long binary values and sequences are summed up, deferred ones stay deferred."""
        value = self._value
        if isinstance(value, Deferred):
            return repr(value)
        if self.VR == "SQ":
            return f"<Sequence, length {len(value)}>"
        if isinstance(value, bytes) and self.VR in _BYTES_VR and len(value) > _LONGEST_REPR:
            return f"Array of {len(value)} elements"
        if self.VR == "UI" and hasattr(value, "name"):
            return str(value.name)
        if self.VR in ("FD", "FL", "SS", "US", "SL", "UL", "SV", "UV") and isinstance(value, list) and len(value) > 16:
            return f"Array of {len(value)} elements"
        return repr(value)

    def __str__(self) -> str:
        value = self.repval
        return f"{self.tag} {self.name[: self.descripWidth]:<{self.descripWidth}} {self.VR}: {value}"

    def __repr__(self) -> str:
        if self.VR == "SQ" and not self.is_deferred:
            return repr(self.value)
        return str(self)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, DataElement):
            return NotImplemented
        if self._tag != other._tag or self.VR != other.VR:
            return False
        if self._value.__class__ is Deferred or other._value.__class__ is Deferred:
            return self._value == other._value or bool(self.value == other.value)
        return bool(self._value == other._value)

    __hash__ = None  # type: ignore[assignment]  # mutable, as in pydicom


def _readable(length: int | None) -> str:
    """Return a number of bytes for people.

    Example:
        >>> _readable(512), _readable(65536), _readable(None)
        ('512 bytes', '65.5 kB', 'encapsulated')
    """
    if length is None:
        return "encapsulated"
    size = float(length)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{length} bytes" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
