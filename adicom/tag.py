"""Data element tags as numbers that know their group from their element."""

from __future__ import annotations

from itertools import repeat
from typing import Any, Final, SupportsInt, TypeAlias, cast

from adicom._generated.data_dictionary import ELEMENTS

__all__ = (
    "KEYWORDS",
    "TAG_CHARSET",
    "TAG_PIXREP",
    "BaseTag",
    "ItemDelimiterTag",
    "ItemTag",
    "SequenceDelimiterTag",
    "Tag",
    "TagListType",
    "TagType",
    "TupleTag",
    "find_keyword",
)

TagType: TypeAlias = "int | str | tuple[int, int] | tuple[str, str] | list[int] | list[str] | BaseTag"
"""Everything that :func:`Tag` understands."""

KEYWORDS: Final[dict[str, int]] = {}
"""The tag of each keyword; empty until :func:`find_keyword` is first called, for most programs read few."""
TagListType: TypeAlias = "list[int] | list[str] | list[tuple[int, int]] | list[BaseTag]"
"""Several of them."""


class BaseTag(int):
    """A tag: an ``int`` of the group's 16 bits, then the element's.

    It compares with anything that :func:`Tag` understands.

    Example:
        >>> tag = BaseTag(0x00100010)
        >>> tag, tag.group, tag.element, tag.is_private
        ((0010, 0010), 16, 16, False)
        >>> tag == (0x0010, 0x0010) == tag == "PatientName"
        True
    """

    __slots__ = ()

    @property
    def group(self) -> int:
        """The group number."""
        return self >> 16

    @property
    def element(self) -> int:
        """The element number."""
        return self & 0xFFFF

    elem = element

    @property
    def is_private(self) -> bool:
        """Whether the group number is odd (PS3.5 7.8)."""
        return bool(self & 0x00010000)

    @property
    def is_private_creator(self) -> bool:
        """Whether the element reserves a block of its private group (PS3.5 7.8.1)."""
        return self.is_private and 0x0010 <= self.element <= 0x00FF

    @property
    def private_creator(self) -> BaseTag:
        """The tag of the element that reserves the block of this private element."""
        return BaseTag((self & 0xFFFF0000) | self.element >> 8)

    @property
    def json_key(self) -> str:
        """The name in the DICOM JSON Model: ``"00100010"``."""
        return f"{int(self):08X}"

    def __str__(self) -> str:
        return f"({self >> 16:04X}, {self & 0xFFFF:04X})"

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int):
            return int(self) == int(other)
        try:
            return int(self) == int(Tag(cast("TagType", other)))
        except (TypeError, ValueError, OverflowError):
            return False

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: Any) -> bool:
        return int(self) < _comparable(other)

    def __le__(self, other: Any) -> bool:
        return int(self) <= _comparable(other)

    def __gt__(self, other: Any) -> bool:
        return int(self) > _comparable(other)

    def __ge__(self, other: Any) -> bool:
        return int(self) >= _comparable(other)

    __hash__ = int.__hash__


def _comparable(other: TagType) -> int:
    """Return the number that a tag is compared with."""
    if isinstance(other, int):
        return int(other)
    try:
        return int(Tag(other))
    except (TypeError, ValueError, OverflowError) as exc:
        raise TypeError(f"a tag cannot be compared with {type(other).__name__}") from exc


def find_keyword(keyword: str) -> int | None:
    """Return the tag of the element with that keyword, None if PS3.6 has none.

    Example:
        >>> find_keyword("PatientName") == 0x00100010
        True
    """
    if not KEYWORDS:
        fields = ELEMENTS.replace("\n", "|").split("|")
        KEYWORDS.update(zip(fields[4::6], map(int, fields[0:-1:6], repeat(16)), strict=True))
        KEYWORDS.pop("", None)  # what is retired without a name
    return KEYWORDS.get(keyword)


def Tag(arg: TagType, arg2: int | str | None = None) -> BaseTag:
    """Make a tag.

    Args:
        arg: The whole number, the group number, both in a tuple or list, a hexadecimal string, a pair of
            such strings, or a keyword.
        arg2: The element number, if ``arg`` is the group number.

    Raises:
        ValueError: It is no keyword, no pair, or negative.
        OverflowError: It has more bits than a tag.
        TypeError: It is none of these.

    Example:
        >>> Tag(0x00100010) == Tag(0x0010, 0x0010) == Tag("00100010") == Tag("PatientName")
        True
        >>> Tag(("0010", "0010"))
        (0010, 0010)
    """
    if isinstance(arg, BaseTag) and arg2 is None:
        return arg
    if arg2 is not None:
        number = _from_pair(cast("tuple[int, int]", (arg, arg2)))
    elif isinstance(arg, int):
        number = int(arg)
    elif isinstance(arg, str):
        number = _from_text(arg)
    elif isinstance(arg, (tuple, list)):
        number = _from_pair(arg)
    else:
        raise TypeError(f"a tag cannot be made of {type(arg).__name__}")
    if number < 0:
        raise ValueError("a tag must not be negative")
    if number > 0xFFFFFFFF:
        raise OverflowError("a tag has at most 32 bits")
    return BaseTag(number)


def _from_text(text: str) -> int:
    """Return the number that a hexadecimal string or a keyword stands for."""
    try:
        return int(text, 16)
    except ValueError:
        number = find_keyword(text)
    if number is None:
        raise ValueError(f"neither the keyword of a data element nor a hexadecimal tag: {text!r}")
    return number


def _from_pair(pair: tuple[Any, ...] | list[Any]) -> int:
    """Return the number of a group and an element."""
    if len(pair) != 2:
        raise ValueError("a tag is made of one number or of two: group and element")
    if all(isinstance(part, str) for part in pair):
        group, element = (int(part, 16) for part in pair)
    elif all(isinstance(part, int) for part in pair):
        group, element = pair
    else:
        raise TypeError("group and element must both be numbers, or both hexadecimal strings")
    if group > 0xFFFF or element > 0xFFFF:
        raise OverflowError("group and element have at most 16 bits each")
    if group < 0 or element < 0:
        raise ValueError("a tag must not be negative")
    return int(group) << 16 | int(element)


def TupleTag(group_elem: tuple[SupportsInt, SupportsInt]) -> BaseTag:
    """Make a tag of a pair that is known to be good.

    Example:
        >>> TupleTag((0x7FE0, 0x0010))
        (7FE0, 0010)
    """
    return BaseTag(int(group_elem[0]) << 16 | int(group_elem[1]))


# PS3.5 7.5: what structures a sequence.
ItemTag: Final = BaseTag(0xFFFEE000)
ItemDelimiterTag: Final = BaseTag(0xFFFEE00D)
SequenceDelimiterTag: Final = BaseTag(0xFFFEE0DD)

TAG_CHARSET: Final = BaseTag(0x00080005)
"""Specific Character Set."""

TAG_PIXREP: Final = BaseTag(0x00280103)
"""Pixel Representation."""
