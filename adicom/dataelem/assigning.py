"""What becomes of a value that is assigned: several from a text with backslashes, each of the class of its VR.

Rule: whether a value is what the standard allows is for the caller to decide (:mod:`adicom.checking`); a value of
the wrong kind altogether (text for a number) is a TypeError or a ValueError, whatever the mode.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from adicom.checking import check
from adicom.dataelem.elsewhere import EncapsulatedValue, StreamValue
from adicom.multival import MultiValue
from adicom.tag import BaseTag, Tag
from adicom.uid import UID
from adicom.valuerep import DS, IS, PersonName
from adicom.values import empty_value
from adicom.vr import ALLOW_BACKSLASH, DEFAULT_CHARSET_VR, STRING_VR, UNSPLIT_VR

if TYPE_CHECKING:
    from collections.abc import Callable

    from adicom.checking import ValidationMode

__all__ = ("convert", "empty_value_for_VR", "set_sequence_maker")

_PIXEL_DATA: Final = 0x7FE00010
# PS3.3 C.7.6.3.1.5, C.11.1: the first of their three values is US, even if the VR is SS.
_LUT_DESCRIPTORS: Final = frozenset((0x00281101, 0x00281102, 0x00281103, 0x00283002))
_SPLIT_VR: Final = STRING_VR - UNSPLIT_VR
_sequence_maker: list[Callable[[Any], Any]] = []


def set_sequence_maker(maker: Callable[[Any], Any]) -> None:
    """Say what the value of an SQ element is made with; :mod:`adicom.sequence`, a layer above, calls it."""
    _sequence_maker[:] = [maker]


def empty_value_for_VR(VR: str | None, raw: bool = False) -> Any:
    """Return what the value is when there is none, or its bytes.

    Example:
        >>> empty_value_for_VR("LO"), empty_value_for_VR("LO", raw=True), empty_value_for_VR("US")
        ('', b'', None)
    """
    value = empty_value(VR or "")
    return b"" if raw and value is not None else value


def convert(tag: int, VR: str, value: Any, mode: ValidationMode | None) -> Any:
    """Return the value of an element as its VR has it.

    Args:
        tag: Its tag.
        VR: Its VR.
        value: What is assigned; None stays None, but for a sequence.
        mode: What to do where the standard does not allow it.

    Raises:
        EncodeError: The standard does not allow it, and the mode is to raise.
        TypeError: It is of the wrong type altogether.
        ValueError: It is a text that is no number, no tag and so on.
    """
    if isinstance(value, StreamValue | EncapsulatedValue):
        return value
    if VR == "SQ":
        return _sequence_maker[0](value if value is not None else ())
    kind = value.__class__
    if kind is str or kind is bytes:
        if VR in _SPLIT_VR or (kind is str and VR not in ALLOW_BACKSLASH):  # the bytes of a number are not text
            separator: Any = "\\" if kind is str else b"\\"
            if separator in value:
                return _several(tag, VR, value.split(separator), mode)
    elif isinstance(value, list) or (isinstance(value, tuple) and not (VR == "AT" and _is_pair(value))):
        return _several(tag, VR, value, mode) if len(value) != 1 else _single(VR, mode, tag, value[0])
    return _single(VR, mode, tag, value)


def _several(tag: int, VR: str, values: Any, mode: ValidationMode | None) -> MultiValue[Any]:
    if tag in _LUT_DESCRIPTORS and values:
        check("US", values[0], mode, tag)
        for value in values[1:]:
            check(VR, value, mode, tag)
        return MultiValue.of(_same, values)
    return MultiValue(_maker(VR, mode), values)


@lru_cache(maxsize=256)
def _maker(VR: str, mode: ValidationMode | None) -> Callable[[Any], Any]:
    """Return what each value of a list goes through, now and when one is appended."""
    return partial(_single, VR, mode, None)


def _same(value: Any) -> Any:
    return value


def _is_pair(value: tuple[Any, ...]) -> bool:
    return len(value) == 2 and all(isinstance(part, int) for part in value)


def _single(VR: str, mode: ValidationMode | None, tag: int | None, value: Any) -> Any:
    """Return one value as its VR has it."""
    if value.__class__ is bytes and VR in DEFAULT_CHARSET_VR:
        value = value.decode()
    make = _MAKERS.get(VR)
    if make is not None:
        return make(value, mode)
    if tag == _PIXEL_DATA and hasattr(value, "dtype"):
        raise TypeError("Pixel Data (7FE0,0010) takes bytes, not an array")
    check(VR, value, mode, tag)
    return value


def _tag(value: Any, mode: ValidationMode | None) -> Any:
    if isinstance(value, BaseTag) or (not value and value != 0):
        return value
    try:
        return Tag(value)
    except ValueError:  # which has the text in it
        raise ValueError("a value with VR AT is neither a tag nor a keyword") from None


def _decimal(value: Any, mode: ValidationMode | None) -> Any:
    return DS(value, False, mode)


def _name(value: Any, mode: ValidationMode | None) -> Any:
    return PersonName(value, None, None, mode)


def _uid(value: Any, mode: ValidationMode | None) -> Any:
    return None if value is None else UID(value, mode)


_MAKERS: Final[dict[str, Callable[[Any, ValidationMode | None], Any]]] = {
    "AT": _tag,
    "DS": _decimal,
    "IS": IS,
    "PN": _name,
    "UI": _uid,
}
