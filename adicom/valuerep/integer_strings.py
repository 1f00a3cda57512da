"""The values of IS: Python numbers that keep the text they came from.

Rule: a number read from a file and written again is the same text, "7" as well as "+007".
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Self, cast

from adicom.checking import fault_of, report
from adicom.valuerep.decimal_strings import stripped

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from adicom.checking import ValidationMode

__all__ = ("IS", "ISfloat", "is_from_text", "is_values")

# mypy's [misc] is ignored on each __new__ below: as in pydicom, a blank text and None come back as they are.


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


def _is_from(val: str | float | Decimal, cls: type[IS]) -> IS | ISfloat:
    """Make an IS, or an ISfloat where that would lose something.

    Raises:
        ValueError: It is no finite number.
    """
    try:
        number = int.__new__(cls, stripped(val))
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
        real = float(stripped(val))
        if not isfinite(real):
            raise ValueError
        number = int.__new__(cls, real)
    except (ValueError, OverflowError):
        raise ValueError("The text is no number (VR IS)") from None
    return number, number == real


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


def _restore_is(cls: type[IS], number: int, text: str | None) -> IS:
    value = int.__new__(cls, number)
    if text is not None:
        value._text = text
    return value
