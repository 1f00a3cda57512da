"""The values of DS and IS: Python numbers that keep the text they came from.

Rule: a number read from a file and written again is the same text, "1.50" as well as "+1.5E0".
"""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Self, cast

from adicom.checking import IGNORE, RAISE, check, fault_of, mode_number, report

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adicom.checking import ValidationMode

__all__ = (
    "DS",
    "IS",
    "DSdecimal",
    "DSfloat",
    "ISfloat",
    "ds_value",
    "ds_values",
    "format_number_as_ds",
    "is_from_text",
    "is_valid_ds",
    "is_values",
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
            self = super().__new__(cls, _plain(val))
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
        self = super().__new__(cls, _plain(val))
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


class ISfloat(float):
    """An integer string that is no integer, as a float.

    Args:
        val: The number, or its text. A blank text makes an empty one.
        validation_mode: Whether to warn, or to raise; without it, neither.

    Raises:
        TypeError: The mode is to raise.

    Example:
        >>> ISfloat("1.50").original_string
        '1.50'
    """

    __slots__ = ("original_string",)
    original_string: str

    def __new__(  # type: ignore[misc]
        cls, val: str | float | Decimal, validation_mode: ValidationMode | None = None
    ) -> Self | str:
        """Make a number, unless there is none."""
        if isinstance(val, str) and not val.strip():
            return ""
        self = super().__new__(cls, val)
        text = val.strip() if isinstance(val, str) else getattr(val, "original_string", None)
        self.original_string = float.__repr__(self) if text is None else text
        if validation_mode is not None:
            report("IS", val, "is no integer", validation_mode, error=TypeError)
        return self

    def __str__(self) -> str:
        return self.original_string

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (self.original_string,)

    def __copy__(self) -> ISfloat:
        return self

    def __deepcopy__(self, memo: Any) -> ISfloat:
        return self


class IS(int):
    """An integer string as an int.

    Args:
        val: The number, or its text. A blank text comes back as it is; what is no whole number becomes an
            :class:`ISfloat`.
        validation_mode: What to do with a number that is not whole or not within 32 bits, and with a text that is no
            valid IS.

    Raises:
        EncodeError: The text is not valid, and the mode is to raise.
        TypeError: The number is not whole, and the mode is to raise.
        OverflowError: The number is not within 32 bits, and the mode is to raise.
        ValueError: The text is no number.

    Example:
        >>> IS("007") + 1, str(IS("007"))
        (8, '007')
    """

    # No __slots__: int has none for its subclasses. The text is kept only where it is not the usual one.
    _text: str

    def __new__(  # type: ignore[misc]
        cls, val: str | float | Decimal | None, validation_mode: ValidationMode | None = None
    ) -> IS | ISfloat | str | None:
        """Make a number, unless there is none."""
        if val is None or (isinstance(val, str) and not val.strip()):
            return val
        number = _is_from(val, cls)
        if isinstance(val, str) and (fault := fault_of("IS", val)):
            report("IS", val, fault, validation_mode)
        elif isinstance(number, ISfloat):
            report("IS", val, "is no integer", validation_mode, error=TypeError)
        elif not -(2**31) <= number < 2**31:
            report("IS", val, "is not within 32 bits", validation_mode, error=OverflowError)
        return number

    @property
    def original_string(self) -> str:
        """The text as it was read or given; that of the number where there was none."""
        return self.__dict__.get("_text") or int.__repr__(self)

    def __eq__(self, other: object) -> bool:
        return str(self) == other if isinstance(other, str) else int.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = int.__hash__

    def __str__(self) -> str:
        return self.original_string

    def __repr__(self) -> str:
        return f"'{int.__repr__(self)}'"

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return _restore_is, (type(self), int(self), self.__dict__.get("_text"))

    def __copy__(self) -> IS:
        return self

    def __deepcopy__(self, memo: Any) -> IS:
        return self


def _plain(val: Any) -> Any:
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


def _is_from(val: str | float | Decimal, cls: type[IS]) -> IS | ISfloat:
    """Make an IS, or an ISfloat where that would lose something.

    Raises:
        ValueError: It is no finite number.
    """
    try:
        number = int.__new__(cls, _plain(val))
        exact = isinstance(val, str | int) or number == val
    except ValueError:
        number, exact = _is_from_decimals(val, cls)
    except OverflowError:
        raise ValueError("A value for VR IS must be finite") from None
    if not exact:
        return cast("ISfloat", ISfloat(val))  # a text that is blank did not get here
    text = val.strip() if isinstance(val, str) else val.original_string if isinstance(val, IS) else None
    if text is not None and text != int.__repr__(number):
        number._text = text
    return number


def _is_from_decimals(val: Any, cls: type[IS]) -> tuple[IS, bool]:
    """Make an IS of "1.0", and say whether it is exact."""
    try:
        real = float(_plain(val))
        if not isfinite(real):
            raise ValueError
        number = int.__new__(cls, real)
    except (ValueError, OverflowError):
        raise ValueError("The text is no number (VR IS)") from None
    return number, number == real


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


def is_values(texts: Iterable[str]) -> list[IS]:
    """Make many IS at once, without what their constructor checks.

    Args:
        texts: The texts, stripped, none of them blank.

    Raises:
        ValueError: One of them is no integer.

    Example:
        >>> is_values(["7", "007"])
        ['7', '7']
    """
    new, write = int.__new__, int.__repr__
    values = []
    for text in texts:
        value = new(IS, text)
        if write(value) != text:
            value._text = text
        values.append(value)
    return values


def is_from_text(text: str) -> IS | ISfloat:
    """Make an IS, or an ISfloat, without a warning.

    Raises:
        ValueError: It is no finite number.

    Example:
        >>> is_from_text("1.0"), is_from_text("1.5")
        ('1', 1.5)
    """
    return _is_from(text, IS)


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


def _restore_is(cls: type[IS], number: int, text: str | None) -> IS:
    value = int.__new__(cls, number)
    if text is not None:
        value._text = text
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
