"""What the values in an attribute object mean: JSON values in, the value of a data element out.

Rule 1: the types are those of a value that was read from a file.
Rule 2: what other writers get wrong is understood where it can mean one thing only; else it is an InvalidJsonError.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any, Final
from warnings import warn

from adicom.errors import DicomWarning, InvalidJsonError, format_path
from adicom.multival import MultiValue
from adicom.tag import BaseTag, Tag
from adicom.uid import UID
from adicom.valuerep import DS, IS, PersonName
from adicom.valuerep.decimal_strings import ds_value
from adicom.valuerep.integer_strings import is_from_text
from adicom.values import empty_value
from adicom.vr import STRING_VR, UNSPLIT_VR

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("binary_value", "value_of")


def value_of(tag: int, VR: str, values: list[Any]) -> Any:
    """Return the value of a data element that is no sequence, from its ``Value``.

    Args:
        tag: The tag, for messages.
        VR: One definite VR.
        values: What ``Value`` holds.

    Raises:
        InvalidJsonError: It is not what the VR wants.

    Example:
        >>> value_of(0x00200032, "DS", [-169.5, "0.50", 0])
        [-169.5, 0.50, 0]
        >>> value_of(0x00100010, "PN", [{"Alphabetic": "Wang^XiaoDong", "Ideographic": "王^小東"}])
        'Wang^XiaoDong=王^小東'
        >>> value_of(0x00189310, "FD", ["-Infinity"])
        -inf
    """
    if not values or values == [None]:
        return empty_value(VR)
    if VR not in _MAKERS:
        raise _wrong(tag, f"VR {VR} has no Value, but an InlineBinary")
    make, constructor = _MAKERS[VR]
    if VR in _SPLIT:
        values = [part for value in values for part in (value.split("\\") if isinstance(value, str) else (value,))]
    try:
        made = [make(value, tag) for value in values]
    except (TypeError, ValueError, OverflowError):
        pass
    else:
        return made[0] if len(made) == 1 else MultiValue.of(constructor, made)
    # Out here the error is not the context: its message may have the value.
    raise _wrong(tag, f"a value is not what VR {VR} wants")


def binary_value(tag: int, text: Any) -> bytes:
    r"""Return the bytes of an ``InlineBinary``, which some writers put into a list.

    Raises:
        InvalidJsonError: It is no base64.

    Example:
        >>> binary_value(0x00282000, "AQA=")
        b'\x01\x00'
    """
    if isinstance(text, list) and len(text) == 1:
        text = text[0]
    if isinstance(text, str):
        try:
            return b64decode("".join(text.split()), validate=True)
        except ValueError:
            pass
    raise _wrong(tag, "InlineBinary is no base64")


def _wrong(tag: int, text: str) -> InvalidJsonError:
    return InvalidJsonError(text, tag=tag)


def _text(value: Any, tag: int) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | dict | list):
        raise TypeError
    return str(value)


def _uid(value: Any, tag: int) -> UID:
    return UID(_text(value, tag).strip())


def _integer_string(value: Any, tag: int) -> Any:
    if isinstance(value, str):
        text = value.strip()
        try:
            return is_from_text(text) if text else ""
        except ValueError:
            return _kept(text, tag, "IS")
    if isinstance(value, bool):
        raise TypeError
    return "" if value is None else is_from_text(str(value))


def _decimal_string(value: Any, tag: int) -> Any:
    if isinstance(value, str):
        text = value.strip()
        try:
            return ds_value(text) if text else ""
        except ValueError:
            return _kept(text, tag, "DS")
    if isinstance(value, bool):
        raise TypeError
    return "" if value is None else ds_value(str(value))


def _kept(text: str, tag: int, VR: str) -> str:
    message = f"{format_path((), tag)} with VR {VR} has a value that is no number: it is kept as text"
    warn(message, DicomWarning, stacklevel=5)
    return text


def _whole(value: Any, tag: int) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError
    return int(value)


def _real(value: Any, tag: int) -> float:
    if isinstance(value, bool):
        raise TypeError
    # There are writers that say null where they mean NaN.
    return float("nan") if value is None else float(value)


def _tag(value: Any, tag: int) -> BaseTag:
    if not isinstance(value, str) or len(value) != 8 or not value.isalnum():
        raise TypeError
    return BaseTag(int(value, 16))


_GROUPS: Final = ("Alphabetic", "Ideographic", "Phonetic")


def _name(value: Any, tag: int) -> Any:
    if value is None:
        return PersonName("")
    if isinstance(value, str):
        warn(f"{format_path((), tag)} with VR PN is text, not an object of groups", DicomWarning, stacklevel=5)
        return PersonName(value)
    if not isinstance(value, dict):
        raise TypeError
    groups = [value.get(group) or "" for group in _GROUPS]
    return PersonName("=".join(groups).rstrip("="))


_SPLIT: Final = (STRING_VR - UNSPLIT_VR) - {"PN"}

_MAKERS: Final[dict[str, tuple[Callable[[Any, int], Any], Callable[[Any], Any]]]] = {
    **dict.fromkeys(STRING_VR, (_text, str)),
    **dict.fromkeys(("SL", "SS", "SV", "UL", "US", "UV"), (_whole, int)),
    **dict.fromkeys(("FD", "FL"), (_real, float)),
    "AT": (_tag, Tag),
    "DS": (_decimal_string, DS),
    "IS": (_integer_string, IS),
    "PN": (_name, PersonName),
    "UI": (_uid, UID),
}
