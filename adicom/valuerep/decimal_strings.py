"""The values of DS: Python numbers that keep the text they came from.

Rule: a number read from a file and written again is the same text, "1.50" as well as "+1.5E0".
"""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from adicom.checking import IGNORE, RAISE, check, fault_of, mode_number, report

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adicom.checking import ValidationMode

__all__ = (
    "DS",
    "DSdecimal",
    "DSfloat",
    "ds_value",
    "ds_values",
    "format_number_as_ds",
    "is_valid_ds",
    "stripped",
)

_LONGEST_DS: Final = 16

# mypy's [misc] is ignored on each __new__ below: as in pydicom, a blank text and None come back as they are.


class DSfloat(float):
    """A decimal string as a float.

    Args:
        val: The number, or its text. A blank text comes back as it is.
        auto_format: Where the text has more than 16 characters, write a rounded one instead. The float is exact.
        validation_mode: Whether a text that is no valid DS, or would be none when it is written, is an error; as in
            pydicom, only :func:`DS` warns of it.

    Raises:
        OverflowError: The text is too long, and the mode is to raise.
        EncodeError: It is not valid for another reason, and the mode is to raise.

    Example:
        >>> DSfloat("1.50") + 1, str(DSfloat("1.50"))
        (2.5, '1.50')
        >>> DSfloat(1 / 3, auto_format=True)
        '0.33333333333333'
    """

    __slots__ = ("_auto_format", "_text")
    _text: str
    _auto_format: bool

    def __new__(  # type: ignore[misc]
        cls,
        val: str | float | Decimal | None,
        auto_format: bool = False,
        validation_mode: ValidationMode | None = None,
    ) -> DSfloat | str | None:
        """Make a number, unless there is none."""
        if val is None or (isinstance(val, str) and not val.strip()):
            return val
        try:
            self = super().__new__(cls, stripped(val))
        except ValueError:
            raise ValueError("The text is no number (VR DS)") from None
        text = _text_of(val, auto_format)
        if text is not None:
            self._text = text
        if auto_format or getattr(val, "auto_format", False):
            self._auto_format = True
        elif mode_number(validation_mode) == RAISE:
            _check_ds(self, RAISE)
        return self

    @property
    def original_string(self) -> str:
        """The text as it was read or given; that of the number where there was none."""
        try:
            return self._text
        except AttributeError:
            return float.__repr__(self)

    @property
    def auto_format(self) -> bool:
        """Whether the text is shortened to what the standard allows."""
        try:
            return self._auto_format
        except AttributeError:
            return False

    def __eq__(self, other: object) -> bool:
        return str(self) == other if isinstance(other, str) else float.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = float.__hash__

    def __str__(self) -> str:
        return self.original_string

    def __repr__(self) -> str:
        return f"'{self.original_string}'"

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return _restore_ds, (type(self), float(self), getattr(self, "_text", None), self.auto_format)

    def __copy__(self) -> DSfloat:
        return self

    def __deepcopy__(self, memo: Any) -> DSfloat:
        return self


class DSdecimal(Decimal):
    """A decimal string as a :class:`decimal.Decimal`.

    Args:
        val: The number, or its text. A blank text comes back as it is. A float is refused: its decimals are not
            what was meant.
        auto_format: As in :class:`DSfloat`.
        validation_mode: What to do where the text is no valid DS, or would be none when it is written.

    Raises:
        TypeError: It is a float.
        OverflowError: The text is too long, and the mode is to raise.
        EncodeError: It is not valid for another reason, and the mode is to raise.

    Example:
        >>> DSdecimal("0.10") + 1, str(DSdecimal("0.10"))
        (Decimal('1.10'), '0.10')
    """

    __slots__ = ("_text", "auto_format")
    _text: str
    auto_format: bool

    def __new__(  # type: ignore[misc]
        cls,
        val: str | int | Decimal | None,
        auto_format: bool = False,
        validation_mode: ValidationMode | None = None,
    ) -> DSdecimal | str | None:
        """Make a number, unless there is none."""
        if val is None or (isinstance(val, str) and not val.strip()):
            return val
        if isinstance(val, float):
            raise TypeError("DSdecimal takes no float: convert it to a text with the digits that are meant")
        self = super().__new__(cls, stripped(val))
        text = _text_of(val, auto_format)
        if text is not None:
            self._text = text
        self.auto_format = auto_format or getattr(val, "auto_format", False)
        if not self.auto_format:
            _check_ds(self, validation_mode)
        return self

    @property
    def original_string(self) -> str:
        """The text as it was read or given; that of the number where there was none."""
        try:
            return self._text
        except AttributeError:
            return Decimal.__str__(self)

    def __eq__(self, other: object) -> bool:
        return str(self) == other if isinstance(other, str) else Decimal.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = Decimal.__hash__

    def __str__(self) -> str:
        return self.original_string

    def __repr__(self) -> str:
        return f"'{self.original_string}'"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore_ds, (type(self), Decimal(self), getattr(self, "_text", None), self.auto_format)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return self.__reduce__()

    def __copy__(self) -> DSdecimal:
        return self

    def __deepcopy__(self, memo: Any) -> DSdecimal:
        return self


def _check_ds(number: DSfloat | DSdecimal, mode: ValidationMode | None) -> None:
    """Check the text that would be written.

    Raises:
        OverflowError: It is too long, and the mode is to raise; pydicom has that error here.
        EncodeError: It is not valid for another reason, and the mode is to raise.
    """
    text = str(number)
    if fault := fault_of("DS", text):
        report("DS", number, fault, mode, error=OverflowError if len(text) > _LONGEST_DS else None)


def DS(
    val: str | float | Decimal | None, auto_format: bool = False, validation_mode: ValidationMode | None = None
) -> DSfloat | str | None:
    """Return a :class:`DSfloat`; a blank text and None come back as they are.

    Args:
        val: The number, or its text.
        auto_format: As in :class:`DSfloat`.
        validation_mode: What to do with a text that is no valid DS. A float is checked only where the mode is to
            raise: what will be written of it is not decided yet.

    Raises:
        EncodeError: The text is not valid, and the mode is to raise.
        OverflowError: The text of a float is too long, and the mode is to raise.
        ValueError: The text is no number.

    Example:
        >>> DS("1.5"), DS("")
        ('1.5', '')
    """
    if not isinstance(val, str) or auto_format:
        return DSfloat(val, auto_format, validation_mode)
    number = DSfloat(val, False, IGNORE)
    check("DS", val, validation_mode)
    return number


def stripped(val: Any) -> Any:
    """Return a text without its padding, and anything else as it is.

    Raises:
        ValueError: It has an underscore, which Python would take between digits.
    """
    if not isinstance(val, str):
        return val
    if "_" in val:
        raise ValueError("The text is no number (VR DS or IS)")
    return val.strip()


def _text_of(val: Any, auto_format: bool) -> str | None:
    """Return the text to keep of what a DS was made from, or None."""
    text = val.strip() if isinstance(val, str) else None
    if isinstance(val, DSfloat | DSdecimal):
        text = getattr(val, "_text", None)
        if val.auto_format:
            return text  # it went through this before
    if not auto_format:
        return text
    if text is None:
        return format_number_as_ds(val if isinstance(val, Decimal) else float(val))
    return text if is_valid_ds(text) else format_number_as_ds(float(text))


def ds_value(text: str) -> DSfloat:
    """Make a DS, without what its constructor checks.

    Args:
        text: The text, stripped.

    Raises:
        ValueError: It is no number.

    Example:
        >>> ds_value("1.50")
        '1.50'
    """
    if "_" in text:
        raise ValueError
    value = float.__new__(DSfloat, text)
    value._text = text
    return value


def ds_values(texts: Iterable[str]) -> list[DSfloat]:
    """Make many DS at once, without what their constructor checks.

    Args:
        texts: The texts, stripped, none of them blank.

    Raises:
        ValueError: One of them is no number.

    Example:
        >>> ds_values(["1.50", "2"])
        ['1.50', '2']
    """
    new = float.__new__
    values = []
    for text in texts:
        value = new(DSfloat, text)
        value._text = text
        values.append(value)
    return values


def _restore_ds(cls: Any, number: Any, text: str | None, auto_format: bool) -> Any:
    is_decimal = issubclass(cls, DSdecimal)
    value = (Decimal if is_decimal else float).__new__(cls, number)
    if text is not None:
        value._text = text
    if is_decimal:
        value.auto_format = auto_format
    elif auto_format:
        value._auto_format = True
    return value


_DS_CHARACTERS = frozenset("0123456789+-.eE ")


def is_valid_ds(s: str) -> bool:
    """Return whether the text is a decimal string as PS3.5 6.2 wants it.

    Example:
        >>> is_valid_ds("-1.5e3"), is_valid_ds("1.00000000000000000"), is_valid_ds("nan")
        (True, False, False)
    """
    if len(s) > 16 or not _DS_CHARACTERS.issuperset(s):
        return False
    try:
        float(s)
    except ValueError:
        return not s.strip()
    return True


def format_number_as_ds(val: float | Decimal) -> str:
    """Return the text of at most 16 characters that is nearest to the number.

    Raises:
        TypeError: It is neither a float nor a Decimal.
        ValueError: It is not finite.

    Example:
        >>> format_number_as_ds(1 / 3)
        '0.33333333333333'
        >>> format_number_as_ds(-1.2345678901234567e-20)
        '-1.23456789e-20'
    """
    if not isinstance(val, float | Decimal):
        raise TypeError("A float or a Decimal is wanted")
    if not isfinite(val):
        raise ValueError("A decimal string (DS) must be finite")
    plain = Decimal(val) if isinstance(val, Decimal) else float(val)
    text = str(plain)
    digits = 17
    while len(text) > 16:
        text = f"{plain:.{digits}g}"
        digits -= 1
    return text
