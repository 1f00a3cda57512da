"""The data element: a tag, its VR and its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from adicom.checking import check, mode_number
from adicom.datadict import (
    dictionary_has_tag,
    dictionary_is_retired,
    dictionary_keyword,
    find_vr,
    get_entry,
    get_private_entry,
)
from adicom.dataelem.assigning import convert
from adicom.dataelem.deferred import Deferred
from adicom.dataelem.jsonport import json_model
from adicom.parser.kinds import value_of
from adicom.tag import BaseTag, Tag, TagType
from adicom.uid import UID
from adicom.valuerep import PersonName
from adicom.values import empty_value
from adicom.vr import LONG_VALUE_VR, OPEN_NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from adicom.checking import ValidationMode
    from adicom.datadict import DataDictionary
    from adicom.dataset import Dataset
    from adicom.parser.kinds import RawElement

    Context: TypeAlias = "str | tuple[str | None, DataDictionary] | None"
    """The private creator, if it has one; with the data dictionary of its dataset, if that has one of its own."""

__all__ = ("DataElement",)

_new = object.__new__
_LONGEST_UN: Final = 0xFFFF
_UNDEFINED_LENGTH: Final = 0xFFFFFFFF
_DECIDED: Final = frozenset(OPEN_NUMBER.split(" or "))
_UNSET: Final = -1
"""In a pickle: no mode of validation was set."""


class DataElement:
    """A tag, its VR and its value.

    Args:
        tag: In any form that :func:`adicom.tag.Tag` takes.
        VR: The value representation, two letters.
        value: The value; a list or a text with backslashes gives several.
        file_value_tell: Where the value starts in the source it was read from.
        is_undefined_length: Whether the length was, or shall be, undefined.
        already_converted: Whether ``value`` is taken as it is.
        validation_mode: What to do with a value that the standard does not allow, now and when another one is
            assigned; None stands for what :func:`adicom.valuerep.validation` says then, or else for a warning.

    Raises:
        EncodeError: The standard does not allow the value, and the mode is to raise.

    Example:
        >>> element = DataElement(0x00100010, "PN", "CITIZEN^Joan")
        >>> element
        (0010, 0010) Patient's Name                      PN: 'CITIZEN^Joan'
        >>> element.VM
        1
    """

    # The tag is kept as a plain number, which costs the garbage collector nothing.
    # The mode of validation is not set in elements that were read.
    __slots__ = ("VR", "_context", "_mode", "_raw", "_tag", "_value", "file_tell", "is_undefined_length")

    is_raw: ClassVar[bool] = False
    is_buffered: ClassVar[bool] = False
    """Always False: a value that is elsewhere is deferred, not a buffer."""

    descripWidth: ClassVar[int] = 35
    """The longest part of the name that is shown."""

    maxBytesToDisplay: ClassVar[int] = 16
    """The longest binary value or long text, and the most values, that are shown one by one."""

    showVR: ClassVar[bool] = True
    """Whether the VR is shown."""

    def __init__(
        self,
        tag: TagType,
        VR: str,
        value: Any,
        file_value_tell: int | None = None,
        is_undefined_length: bool = False,
        already_converted: bool = False,
        validation_mode: ValidationMode | None = None,
    ) -> None:
        number = tag if tag.__class__ is int and 0 <= tag <= 0xFFFFFFFF else int(Tag(tag))
        if VR == "UN" and not number & 0x10000 and (is_undefined_length or value is None or len(value) < _LONGEST_UN):
            VR = find_vr(number) or VR  # what is known needs no UN, unless it is too long for its own VR
        self._tag = number
        self.VR = VR
        self.file_tell = file_value_tell
        self.is_undefined_length = is_undefined_length
        self._context: Context = None
        self._raw: RawElement | None = None
        self._mode = None if validation_mode is None else mode_number(validation_mode)
        self._value = value if already_converted else convert(number, VR, value, self._mode)

    @classmethod
    def _of_raw(cls, raw: RawElement, VR: str, value: Any, context: Context = None) -> DataElement:
        """Return the element that was read as ``raw``; they are made by the hundred thousand."""
        element = _new(cls)
        element._tag = raw[0]
        element.VR = VR
        element._value = value
        element._raw = raw
        element.file_tell = raw[4]
        element.is_undefined_length = raw[2] == 0xFFFFFFFF
        element._context = context
        return element

    def _twin(self, value: Any, raw: RawElement | None) -> DataElement:
        """Return the same element with another value."""
        twin = _new(type(self))
        twin._tag, twin.VR, twin._value, twin._raw = self._tag, self.VR, value, raw
        twin.file_tell, twin.is_undefined_length = self.file_tell, self.is_undefined_length
        twin._context = self._context
        if hasattr(self, "_mode"):
            twin._mode = self._mode
        return twin

    def __copy__(self) -> DataElement:
        return self._twin(self._value, self._raw)

    def __reduce__(self) -> tuple[Any, ...]:
        raw = self._raw
        if raw is not None and raw[3].__class__ is tuple:
            raw = (*raw[:3], value_of(raw), *raw[4:])
        state = (self._tag, self.VR, self._value, raw, self.file_tell, self.is_undefined_length, self._context)
        return _restored, (type(self), *state, getattr(self, "_mode", _UNSET))

    @property
    def tag(self) -> BaseTag:
        """The tag."""
        return BaseTag(self._tag)

    @tag.setter
    def tag(self, tag: TagType) -> None:
        self._tag = int(Tag(tag))

    @property
    def private_creator(self) -> str | None:
        """The private creator that has reserved the element's block; None where there is none."""
        context = self._context
        return context[0] if isinstance(context, tuple) else context

    @private_creator.setter
    def private_creator(self, creator: str | None) -> None:
        self._set_context(creator, self._dictionary)

    @property
    def _dictionary(self) -> DataDictionary | None:
        """The data dictionary of the dataset, if it has one of its own."""
        context = self._context
        return context[1] if isinstance(context, tuple) else None

    def _set_context(self, creator: str | None, dictionary: DataDictionary | None) -> None:
        self._context = creator if dictionary is None else (creator, dictionary)

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
        try:
            mode = self._mode
        except AttributeError:
            mode = self._mode = None
        raw = self._raw
        if raw is not None and raw[1] is None and self.VR in _DECIDED and find_vr(self._tag) == OPEN_NUMBER:
            self.VR = OPEN_NUMBER  # it was decided for what was read; what decides it may change, too
        self._value = convert(self._tag, self.VR, value, mode)
        self._raw = None

    @property
    def validation_mode(self) -> int:
        """What is done with a value that the standard does not allow: 0 nothing, 1 a warning, 2 an error."""
        return mode_number(getattr(self, "_mode", None))

    @validation_mode.setter
    def validation_mode(self, mode: ValidationMode | None) -> None:
        self._mode = None if mode is None else mode_number(mode)

    def validate(self, value: Any) -> None:
        """Check one value against the VR, without assigning it.

        Raises:
            EncodeError: The standard does not allow it, and :attr:`validation_mode` is to raise.
        """
        check(self.VR, value, self.validation_mode, self._tag)

    if TYPE_CHECKING:

        def __iter__(self) -> Iterator[Any]: ...  # Python goes by __getitem__, as in pydicom

    def __getitem__(self, key: Any) -> Any:
        """Return one of the values, or an item of the sequence; so an element can be iterated, too."""
        try:
            return self.value[key]
        except TypeError:
            raise TypeError("the value of the data element is neither a sequence nor a list") from None

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
        if self.VR == "SQ" or value.__class__ is Deferred:
            return 1
        if value is None:
            return 0
        if isinstance(value, str | bytes | bytearray | PersonName):
            return 1 if value else 0
        return len(value) if hasattr(value, "__iter__") else 1

    @property
    def is_empty(self) -> bool:
        """Whether there is no value; in a sequence, no item."""
        if self.VR == "SQ":
            return not self.is_deferred and not self._value
        return self.VM == 0

    @property
    def empty_value(self) -> Any:
        """What a value of this VR is when there is none."""
        return empty_value(self.VR)

    def clear(self) -> None:
        """Take the value away."""
        self._value = convert(self._tag, "SQ", None, None) if self.VR == "SQ" else self.empty_value
        self._raw = None

    @property
    def is_private(self) -> bool:
        """Whether the group number is odd."""
        return self.tag.is_private

    @property
    def is_retired(self) -> bool:
        """Whether the standard has retired the element."""
        dictionary = self._dictionary
        if dictionary is not None and (entry := dictionary.own_entry(self._tag)):
            return "retired" in entry[3].lower()
        return dictionary_has_tag(self.tag) and dictionary_is_retired(self.tag)

    @property
    def keyword(self) -> str:
        """The keyword, empty where the dictionary has none."""
        context = self._context
        if context is not None and not isinstance(context, str) and (entry := context[1].own_entry(self._tag)):
            return entry[4]
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
        context = self._context
        try:
            return (get_entry if context is None or isinstance(context, str) else context[1].get_entry)(tag)[2]
        except KeyError:
            return "Group Length" if tag.element == 0 else ""

    def _private_description(self) -> str:
        if self.tag.is_private_creator:
            return "Private Creator"
        dictionary = self._dictionary
        if creator := self.private_creator:
            find = get_private_entry if dictionary is None else dictionary.get_private_entry
            try:
                return f"[{find(self.tag, creator)[2]}]"
            except KeyError:
                pass
        return "Group Length" if self.tag.element == 0 else "Private tag data"

    @property
    def repval(self) -> str:
        """The value as text; long values and many are summed up, deferred ones stay deferred."""
        value = self._value
        if value.__class__ is Deferred:
            return repr(value)
        if self.VR in LONG_VALUE_VR and hasattr(value, "__len__") and len(value) > self.maxBytesToDisplay:
            return f"Array of {len(value)} elements"
        if (number := self.VM) > self.maxBytesToDisplay:
            return f"Array of {number} elements"
        return value.name if isinstance(value, UID) else repr(value)

    def to_json_dict(
        self,
        bulk_data_element_handler: Callable[[DataElement], str | None] | None = None,
        bulk_data_threshold: int = 1024,
    ) -> dict[str, Any]:
        """Return what the element is in the DICOM JSON Model; see :meth:`adicom.Dataset.to_json_dict`.

        Example:
            >>> DataElement(0x00280010, "US", 512).to_json_dict()
            {'vr': 'US', 'Value': [512]}
        """
        found: dict[str, Any] = json_model().element_to_json_dict(self, bulk_data_element_handler, bulk_data_threshold)
        return found

    def to_json(
        self,
        bulk_data_threshold: int = 1024,
        bulk_data_element_handler: Callable[[DataElement], str | None] | None = None,
        dump_handler: Callable[[dict[str, Any]], str] | None = None,
    ) -> str:
        """Return the same as JSON text."""
        handlers = bulk_data_threshold, bulk_data_element_handler, dump_handler
        text: str = json_model().element_to_json(self, *handlers)
        return text

    @classmethod
    def from_json(
        cls,
        dataset_class: type[Dataset],
        tag: str,
        vr: str,
        value: Any,
        value_key: str | None,
        bulk_data_uri_handler: Callable[..., Any] | None = None,
    ) -> DataElement:
        """Return the element that an attribute of the DICOM JSON Model stands for.

        Args:
            dataset_class: What the items of a sequence are.
            tag: Eight hexadecimal digits.
            vr: The VR.
            value: What ``value_key`` holds.
            value_key: ``"Value"``, ``"InlineBinary"``, ``"BulkDataURI"``; None where there is no value.
            bulk_data_uri_handler: As in :meth:`adicom.Dataset.from_json`.

        Raises:
            InvalidJsonError: It is not as the model wants it.

        Example:
            >>> from adicom.dataset import Dataset
            >>> DataElement.from_json(Dataset, "00280010", "US", [512], "Value").value
            512
        """
        parts = dataset_class, tag, vr, value, value_key, bulk_data_uri_handler
        element: DataElement = json_model().element_from_json(*parts)
        return element

    def __str__(self) -> str:
        name = f"{self.name[: self.descripWidth]:<{self.descripWidth}}"
        return f"{self.tag} {name} {self.VR}: {self.repval}" if self.showVR else f"{self.tag} {name} {self.repval}"

    __repr__ = __str__

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


def _restored(kind: type[DataElement], *state: Any) -> DataElement:
    """Return what a pickle says."""
    element = _new(kind)
    element._tag, element.VR, element._value, element._raw = state[:4]
    element.file_tell, element.is_undefined_length, element._context, mode = state[4:]
    if mode != _UNSET:
        element._mode = mode
    return element
