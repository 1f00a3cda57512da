"""What PS3.5 6.2 has against a value, and what becomes of it: nothing, a warning or an error.

Rule 1: who calls decides, by an argument or by :func:`validation`; without either it is a warning, as in pydicom.
Rule 2: what is read is never validated here; it is what it is.
Rule 3: no message has the value in it; the error's ``value`` holds it.
"""

from __future__ import annotations

import re
import sys
import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time
from decimal import Decimal
from operator import index
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from adicom.errors import DicomWarning, EncodeError, format_path
from adicom.vr import WORD_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = (
    "IGNORE",
    "MAX_VALUE_LEN",
    "RAISE",
    "VR_REGEXES",
    "WARN",
    "ValidationMode",
    "check",
    "fault_of",
    "mode_number",
    "report",
    "validate_value",
    "validation",
)

IGNORE: Final = 0
WARN: Final = 1
RAISE: Final = 2

ValidationMode: TypeAlias = 'int | Literal["ignore", "warn", "raise"]'
"""One of the three numbers, which are pydicom's, or its name."""

_MODES: Final[dict[Any, int]] = {
    **{mode: mode for mode in (IGNORE, WARN, RAISE)},
    "ignore": IGNORE,
    "warn": WARN,
    "raise": RAISE,
}
_mode: ContextVar[int] = ContextVar("adicom_validation", default=WARN)

MAX_VALUE_LEN: Final = {
    "AE": 16,
    "CS": 16,
    "DS": 16,
    "IS": 12,
    "LO": 64,
    "LT": 10240,
    "SH": 16,
    "ST": 1024,
    "UI": 64,
}
"""How many characters one value may have; 64 are allowed in each component group of a PN."""

_DATE: Final = r"\d{4}(0[1-9]|1[0-2])([0-2]\d|3[01])"
_TIME: Final = r"([01]\d|2[0-3])([0-5]\d((60|[0-5]\d)(\.\d{1,6} ?)?)?)?"
_DATETIME: Final = rf"\d{{4}}((0[1-9]|1[0-2])(([0-2]\d|3[01])({_TIME})?)?)?([+-][01]\d\d\d)?"


def _range(form: str) -> str:
    """Return a form that may stand alone, or at either or both ends of a range, as in queries (PS3.4 C.2.2.2.5)."""
    return f"{form}(- ?|-{form} ?)?|-{form} ?"


VR_REGEXES: Final = {
    "AE": r"[\x20-\x7e]*",
    "AS": r"(\d\d\d[DWMY])?",
    "CS": r"[A-Z0-9 _]*",
    "DA": f"({_range(_DATE)})?",
    "DS": r" *([+\-]?(\d+(\.\d*)?|\.\d+)([eE][+\-]?\d+)? *)?",
    "DT": f"({_range(_DATETIME)})?",
    "IS": r" *([+\-]?\d+ *)?",
    "TM": f"({_range(_TIME)})?",
    "UI": r"((0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*)?",
    "UR": r"[A-Za-z_\d:/?#\[\]@!$&'()*+,;=%\-.~]* *",
}
"""The form of the whole value (ASCII), where PS3.5 table 6.2-1 prescribes one."""

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "DA": (date,),
    "DS": (int, float, Decimal),
    "DT": (datetime,),
    "TM": (time,),
}
_BINARY: Final = (bytes, bytearray, memoryview)


class _Matchers(dict[str, Any]):
    """What tells whether a text has the form of its VR; compiled at first use, since importing shall be quick."""

    def __missing__(self, VR: str) -> Any:
        matcher = self[VR] = re.compile(VR_REGEXES[VR], re.ASCII).fullmatch
        return matcher


_matchers: Final = _Matchers()


@contextmanager
def validation(mode: ValidationMode) -> Iterator[None]:
    """Validate values that are assigned inside the block in this way; tasks and threads have a mode each.

    Args:
        mode: ``"ignore"``, ``"warn"`` or ``"raise"``, or the number.

    Raises:
        ValueError: There is no such mode.

    Example:
        >>> from adicom.dataset import Dataset
        >>> ds = Dataset()
        >>> with validation("raise"):
        ...     ds.PatientSex = "male"
        Traceback (most recent call last):
        adicom.errors.EncodeError: the value of (0010,0040) with VR CS has characters that are not allowed
    """
    token = _mode.set(mode_number(mode))
    try:
        yield
    finally:
        _mode.reset(token)


def mode_number(mode: ValidationMode | None = None) -> int:
    """Return the number of a mode; None stands for what :func:`validation` said, or else for warnings.

    Raises:
        ValueError: There is no such mode.

    Example:
        >>> mode_number("raise"), mode_number()
        (2, 1)
    """
    if mode is None:
        return _mode.get()
    try:
        return _MODES[mode]
    except (KeyError, TypeError):
        raise ValueError('the mode of validation is "ignore", "warn" or "raise"') from None


def validate_value(
    vr: str,
    value: Any,
    validation_mode: ValidationMode | None = None,
    validator: Callable[[str, Any], tuple[bool, str]] | None = None,
) -> None:
    """Check one value.

    Args:
        vr: Its VR; one without a rule allows everything.
        value: The value; None is no value and always allowed.
        validation_mode: What to do where it is not allowed.
        validator: A rule of the caller's own, which returns whether the value is allowed, and a message.

    Raises:
        EncodeError: It is not allowed, and the mode is to raise. It is a ValueError.

    Example:
        >>> validate_value("US", 512, RAISE)
        >>> validate_value("US", 70000, RAISE)
        Traceback (most recent call last):
        adicom.errors.EncodeError: a value with VR US is not between 0 and 65535
    """
    if validator is None:
        check(vr, value, validation_mode)
    elif value is not None and (mode := mode_number(validation_mode)) != IGNORE:
        allowed, message = validator(vr, value)
        if not allowed:
            _tell(message, value, mode)


def check(VR: str, value: Any, mode: ValidationMode | None = None, tag: int | None = None) -> None:
    """Check one value, and name its tag where it is not allowed.

    Raises:
        EncodeError: It is not allowed, and the mode is to raise.
    """
    rule = _RULES.get(VR)
    if rule is not None and value is not None and mode != IGNORE and (fault := rule(value)):
        report(VR, value, fault, mode, tag)


def fault_of(VR: str, value: Any) -> str:
    """Return what is wrong with a value, nothing if it is allowed.

    Example:
        >>> fault_of("SH", "a" * 17), fault_of("SH", "abc")
        ('has 17 characters, 16 are allowed', '')
    """
    rule = _RULES.get(VR)
    return "" if rule is None or value is None else rule(value)


def report(
    VR: str,
    value: Any,
    fault: str,
    mode: ValidationMode | None = None,
    tag: int | None = None,
    error: type[Exception] | None = None,
) -> None:
    """Warn of a value, or raise, or do nothing.

    Args:
        VR: Its VR.
        value: The value, for the error.
        fault: What is wrong with it.
        mode: What to do.
        tag: Its tag, if that is known.
        error: What is raised in place of an EncodeError, where pydicom raises something else.

    Raises:
        EncodeError: The mode is to raise.
    """
    number = mode_number(mode)
    if number != IGNORE:
        subject = "a value" if tag is None else f"the value of {format_path((), tag)}"
        _tell(f"{subject} with VR {VR} {fault}", value, number, error)


def _tell(message: str, value: Any, mode: int, error: type[Exception] | None = None) -> None:
    if mode == RAISE and error is not None:
        raise error(message)
    if mode == RAISE:
        refused = EncodeError(message)
        refused.value = value
        raise refused
    warnings.warn(message, DicomWarning, stacklevel=_level_of_caller())


def _level_of_caller() -> int:
    """Return the stack level, counted from :func:`_tell`, of the code that is not adicom's."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "adicom":
        frame = frame.f_back
        level += 1
    return level


# Each rule returns what is wrong, and first asks what most values answer with "nothing".


def _wrong_type(value: Any) -> str:
    return f"cannot be of type {type(value).__name__}"


def _plain(VR: str) -> Callable[[Any], str]:
    """Return the rule of a VR with a form of its own: AE, AS, CS, DA, DS, DT, IS, TM, UI, UR."""
    limit = MAX_VALUE_LEN.get(VR, sys.maxsize)
    types = _TYPES.get(VR, ())
    fault = "has characters that are not allowed" if VR in ("AE", "CS", "UR") else "does not have the form of that VR"

    def rule(value: Any) -> str:
        if isinstance(value, bytes):
            value = value.decode("latin-1")
        elif not isinstance(value, str):
            return "" if isinstance(value, types) else _wrong_type(value)
        if len(value) > limit:
            return f"has {len(value)} characters, {limit} are allowed"
        return "" if _matchers[VR](value) else fault

    return rule


def _text(VR: str, controls: str) -> Callable[[Any], str]:
    """Return the rule of a VR of text.

    Args:
        VR: LO, LT, SH, ST, UC or UT.
        controls: The control characters it may have (PS3.5 6.1.3).
    """
    limit = MAX_VALUE_LEN.get(VR, sys.maxsize)

    def rule(value: Any) -> str:
        if not isinstance(value, str):
            # How many characters bytes are, and which, is known when they are decoded.
            return "" if isinstance(value, bytes) else _wrong_type(value)
        if len(value) > limit:
            return f"has {len(value)} characters, {limit} are allowed"
        return "" if value.isprintable() else _control_fault(value, controls)

    return rule


_ESCAPE: Final = "\x1b"
_LINES: Final = "\t\n\f\r\x1b"


def _control_fault(value: str, allowed: str) -> str:
    found = any((char < " " or char == "\x7f") and char not in allowed for char in value)
    return "has control characters that are not allowed" if found else ""


_LONGEST_GROUP: Final = 64
_MOST_GROUPS: Final = 3


def _name_rule(value: Any) -> str:
    if not isinstance(value, str):
        # A name was checked when it was made.
        return "" if isinstance(value, bytes) or hasattr(value, "family_comma_given") else _wrong_type(value)
    if len(value) <= _LONGEST_GROUP and value.count("=") < _MOST_GROUPS and value.isprintable():
        return ""
    groups = value.split("=") if "=" in value else (value,)
    if len(groups) > _MOST_GROUPS:
        return f"has {len(groups)} component groups, {_MOST_GROUPS} are allowed"
    longest = max(map(len, groups))
    if longest > _LONGEST_GROUP:
        return f"has a component group of {longest} characters, {_LONGEST_GROUP} are allowed"
    return "" if value.isprintable() else _control_fault(value, _ESCAPE)


def _integer(VR: str, lowest: int, highest: int) -> Callable[[Any], str]:
    """Return the rule of a VR of binary integers."""
    size = WORD_SIZE[VR]

    def rule(value: Any) -> str:
        if isinstance(value, bytes):
            return f"has {len(value)} bytes, no multiple of {size}" if len(value) % size else ""
        try:
            return "" if lowest <= index(value) <= highest else f"is not between {lowest} and {highest}"
        except TypeError:
            return _wrong_type(value)

    return rule


def _real(value: Any) -> str:
    """The rule of FD and FL; numbers of other libraries are numbers, too."""
    return "" if isinstance(value, float | int) or hasattr(value, "__float__") else _wrong_type(value)


def _bytes(value: Any) -> str:
    return "" if isinstance(value, _BINARY) else _wrong_type(value)


def _integer_string(value: Any) -> str:
    """The rule of IS: 32 bits, with a sign."""
    if isinstance(value, str | bytes):
        return _integer_text(value)  # its 12 characters may hold more than 32 bits; the class IS looks at the number
    if not isinstance(value, int):
        return _wrong_type(value)
    return "" if -(2**31) <= value < 2**31 else "is not between -2147483648 and 2147483647"


_integer_text: Final = _plain("IS")

_RULES: Final[dict[str, Callable[[Any], str]]] = {
    **{VR: _plain(VR) for VR in ("AE", "AS", "CS", "DA", "DS", "DT", "TM", "UI", "UR")},
    **{VR: _text(VR, _ESCAPE) for VR in ("LO", "SH", "UC")},
    **{VR: _text(VR, _LINES) for VR in ("LT", "ST", "UT")},
    **dict.fromkeys(("OB", "OD", "OF", "OL", "OV", "OW"), _bytes),
    **dict.fromkeys(("FD", "FL"), _real),
    "IS": _integer_string,
    "PN": _name_rule,
    "SL": _integer("SL", -(2**31), 2**31 - 1),
    "SS": _integer("SS", -(2**15), 2**15 - 1),
    "SV": _integer("SV", -(2**63), 2**63 - 1),
    "UL": _integer("UL", 0, 2**32 - 1),
    "US": _integer("US", 0, 2**16 - 1),
    "UV": _integer("UV", 0, 2**64 - 1),
}
