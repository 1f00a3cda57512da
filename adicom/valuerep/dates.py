"""The values of DA, TM and DT as Python dates, which keep the text they came from."""

from __future__ import annotations

import warnings
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from adicom.errors import DicomWarning

__all__ = ("DA", "DT", "TM")

# mypy's [misc] is ignored on each __new__ below: as in pydicom, what is empty makes None instead of an object.


class _Text:
    """What the three have in common: the DICOM text beside the date."""

    __slots__ = ()
    _text: str

    @property
    def original_string(self) -> str:
        """The text as it was read or given; that of the date where there was none."""
        try:
            return self._text
        except AttributeError:
            return _format(self)

    def __str__(self) -> str:
        return self.original_string

    def __repr__(self) -> str:
        return f'"{self.original_string}"'

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        # Without parsing the text again: what it warned of was warned of.
        reduced: Any = super().__reduce_ex__(protocol)
        return _restore, (type(self), reduced[1], getattr(self, "_text", None))

    def __copy__(self) -> _Text:
        return self

    def __deepcopy__(self, memo: Any) -> _Text:
        return self


class DA(_Text, date):
    """A date: a :class:`datetime.date` that keeps its text.

    Args:
        value: A text such as ``"20240131"`` or, from ACR-NEMA times, ``"2024.01.31"``; a date; or the year, with
            month and day behind it. Empty makes None.

    Raises:
        ValueError: The text is no date; a range (``"20240101-20240131"``) is none.

    Example:
        >>> DA("20240131").month, str(DA("20240131"))
        (1, '20240131')
    """

    __slots__ = ("_text",)

    def __new__(cls, value: str | date | int | None = None, *args: Any, **kwargs: Any) -> DA | None:  # type: ignore[misc]
        """Make a date, or None."""
        if value is None and not kwargs:
            return None
        text = None
        if isinstance(value, str):
            if not value.strip():
                return None
            text, value = value, _parse_date(value.rstrip())
        elif isinstance(value, DA):
            text = getattr(value, "_text", None)
        if isinstance(value, date):
            self = super().__new__(cls, value.year, value.month, value.day)
        else:
            self = _construct(super().__new__, cls, value, args, kwargs)
        if text is not None:
            self._text = text
        return self


class DT(_Text, datetime):
    """A date and a time: a :class:`datetime.datetime` that keeps its text.

    Args:
        value: A text such as ``"20240131120000.5+0100"``, of which all behind the year may be missing; a datetime;
            or the year, with what else :class:`datetime.datetime` takes behind it. Empty makes None.

    Raises:
        ValueError: The text is no date and time.

    Example:
        >>> DT("202401311200-0500").isoformat()
        '2024-01-31T12:00:00-05:00'
    """

    __slots__ = ("_text",)

    def __new__(cls, value: str | datetime | int | None = None, *args: Any, **kwargs: Any) -> DT | None:  # type: ignore[misc]
        """Make a date and a time, or None."""
        if value is None and not kwargs:
            return None
        text = None
        if isinstance(value, str):
            if not value.strip():
                return None
            text, value = value, _parse_datetime(value.rstrip())
        elif isinstance(value, DT):
            text = getattr(value, "_text", None)
        if isinstance(value, datetime):
            self = super().__new__(
                cls,
                value.year,
                value.month,
                value.day,
                value.hour,
                value.minute,
                value.second,
                value.microsecond,
                value.tzinfo,
                fold=value.fold,
            )
        else:
            self = _construct(super().__new__, cls, value, args, kwargs)
        if text is not None:
            self._text = text
        return self


class TM(_Text, time):
    """A time of day: a :class:`datetime.time` that keeps its text.

    Args:
        value: A text such as ``"120000.5"``, of which all behind the hour may be missing; a time; or the hour, with
            what else :class:`datetime.time` takes behind it. Empty makes None.

    Raises:
        ValueError: The text is no time.

    Example:
        >>> TM("1230").isoformat()
        '12:30:00'
    """

    __slots__ = ("_text",)

    def __new__(cls, value: str | time | int | None = None, *args: Any, **kwargs: Any) -> TM | None:  # type: ignore[misc]
        """Make a time, or None."""
        if value is None and not kwargs:
            return None
        text = None
        if isinstance(value, str):
            if not value.strip():
                return None
            text, value = value, _parse_time(value.rstrip())
        elif isinstance(value, TM):
            text = getattr(value, "_text", None)
        if isinstance(value, time):
            self = super().__new__(cls, value.hour, value.minute, value.second, value.microsecond)
        else:
            self = _construct(super().__new__, cls, value, args, kwargs)
        if text is not None:
            self._text = text
        return self


def _construct(new: Any, cls: type[Any], first: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call what makes a date of its parts; its other errors are a ValueError, too, as in pydicom.

    Raises:
        ValueError: They make none.
    """
    try:
        return new(cls, *(() if first is None else (first,)), *args, **kwargs)
    except (TypeError, OverflowError):
        raise ValueError(f"{cls.__name__} cannot be made of these arguments") from None


def _digits(text: str, widths: tuple[int, ...]) -> list[int]:
    """Cut a text of digits into numbers of these widths; it may end behind any of them.

    Raises:
        ValueError: It is empty, has something else, ends within a number, or does not end with the last one.
    """
    numbers = []
    start = 0
    for width in widths:
        part = text[start : start + width]
        if not part:
            break
        if len(part) != width or not (part.isascii() and part.isdigit()):
            raise ValueError
        numbers.append(int(part))
        start += width
    if start != len(text) or not numbers:
        raise ValueError
    return numbers


def _parse_date(text: str) -> date:
    # ACR-NEMA 300, which DICOM replaced, had points; PS3.5 6.2 asks readers to take them.
    plain = text[:4] + text[5:7] + text[8:] if len(text) == 10 and text[4] == text[7] == "." else text
    try:
        year, month, day = _digits(plain, (4, 2, 2))
        return date(year, month, day)
    except ValueError:
        raise ValueError("The text is no date (VR DA)") from None


def _parse_time(text: str) -> time:
    clock, point, fraction = text.partition(".")
    try:
        return _clock(_digits(clock, (2, 2, 2)), point, fraction)
    except ValueError:
        raise ValueError("The text is no time (VR TM)") from None


def _parse_datetime(text: str) -> datetime:
    plain, zone = text, None
    try:
        if text[-5:-4] in ("+", "-"):
            plain, zone = text[:-5], _offset(text[-5:])
        moment, point, fraction = plain.partition(".")
        numbers = _digits(moment, (4, 2, 2, 2, 2, 2))
        year, month, day = (*numbers[:3], 1, 1)[:3]
        return datetime.combine(date(year, month, day), _clock(numbers[3:], point, fraction), zone)
    except ValueError:
        raise ValueError("The text is no date and time (VR DT)") from None


def _clock(numbers: list[int], point: str, fraction: str) -> time:
    microsecond = 0
    if point:
        if len(numbers) != 3 or len(fraction) > 6:
            raise ValueError
        (microsecond,) = _digits(fraction.ljust(6, "0"), (6,))
    hour, minute, second = (*numbers, 0, 0, 0)[:3]
    if second == 60:
        # PS3.5 6.2: a leap second; Python's times have none.
        warnings.warn("Second 60 of a leap second is read as 59", DicomWarning, stacklevel=2)
        second = 59
    return time(hour, minute, second, microsecond)


def _offset(text: str) -> timezone:
    hours, minutes = _digits(text[1:], (2, 2))
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset, text)


def _restore(cls: Any, state: tuple[Any, ...], text: str | None) -> Any:
    kind = next(kind for kind in (datetime, date, time) if issubclass(cls, kind))
    value = kind.__new__(cls, *state)
    if text is not None:
        value._text = text
    return value


def _format(value: object) -> str:
    if isinstance(value, datetime):
        return _format_date(value) + _format_time(value) + _format_offset(value)
    return _format_date(value) if isinstance(value, date) else _format_time(value)  # type: ignore[arg-type]  # a time


def _format_date(value: date) -> str:
    return f"{value.year:04}{value.month:02}{value.day:02}"


def _format_time(value: time | datetime) -> str:
    text = f"{value.hour:02}{value.minute:02}{value.second:02}"
    return f"{text}.{value.microsecond:06}" if value.microsecond else text


def _format_offset(value: datetime) -> str:
    offset = value.utcoffset()
    if offset is None:
        return ""
    minutes = offset // timedelta(minutes=1)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
