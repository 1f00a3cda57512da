"""What one data element is in the DICOM JSON Model: its attribute object (PS3.18 F.2.2 to F.2.7).

Rule 1: it is JSON as RFC 8259 has it: NaN and the infinities, for which JSON has no numbers, are strings.
Rule 2: DS and IS are numbers where the number reads as the text does, and else the text, so that nothing of it is
lost; SV and UV are numbers as long as every reader of JSON gets them right (F.2.3).
Rule 3: binary values are in little endian, whatever they were read from: JSON does not tell the byte order.
"""

from __future__ import annotations

from base64 import b64encode
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from adicom.valuerep import DA, DT, TM, PersonName
from adicom.values import choose_vr
from adicom.vr import AMBIGUOUS_VR, STRING_VR, WORD_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("BINARY_VR", "BULK_DATA_VR", "attribute_of", "definite_vr", "numbers_of", "swap_words")

BINARY_VR: Final = frozenset("OB OD OF OL OV OW UN".split())
"""The VRs whose values are base64 (F.2.3)."""

BULK_DATA_VR: Final = BINARY_VR | frozenset("DS FD FL IS LT SL SS ST SV UC UL US UT UV".split())
"""The VRs whose values may be elsewhere (F.2.2)."""

_TEXT: Final = STRING_VR - {"DS", "IS", "PN"}
_SMALL: Final = frozenset("SL SS UL US".split())

_PADDING: Final = "\0 \t\n\v\f\r"

# RFC 7493 2.2: what a double holds exactly.
_LARGEST: Final = 2**53 - 1


def attribute_of(tag: int, VR: str, value: Any, *, little_endian: bool = True) -> dict[str, Any]:
    r"""Return the attribute object of a data element that is no sequence.

    Args:
        tag: The tag, which decides where the VR leaves a choice.
        VR: The VR.
        value: The value, as the element has it.
        little_endian: The byte order of a binary one.

    Raises:
        TypeError: The value is none that the VR can have.
        ValueError: The same.

    Example:
        >>> attribute_of(0x00080008, "CS", ["ORIGINAL", "", "AXIAL"])
        {'vr': 'CS', 'Value': ['ORIGINAL', None, 'AXIAL']}
        >>> attribute_of(0x00281101, "US", 256), attribute_of(0x00200013, "IS", "007")
        ({'vr': 'US', 'Value': [256]}, {'vr': 'IS', 'Value': ['007']})
        >>> attribute_of(0x7FE00010, "OW", b"\0\1", little_endian=False)
        {'vr': 'OW', 'InlineBinary': 'AQA='}
    """
    kind = value.__class__
    if (kind is str and value and VR in _TEXT) or (kind is int and VR in _SMALL):  # most of them
        return {"vr": VR, "Value": [value]}
    if VR in AMBIGUOUS_VR:
        VR = definite_vr(tag, VR, value)
    if value is None or value == "" or (hasattr(value, "__len__") and len(value) == 0):
        return {"vr": VR}
    if VR in BINARY_VR or isinstance(value, bytes):
        data = bytes(memoryview(value))
        return {"vr": VR, "InlineBinary": b64encode(data if little_endian else swap_words(VR, data)).decode("ascii")}
    make: Callable[[Any], Any] = _MAKERS.get(VR, _text)
    values = list(map(make, value)) if isinstance(value, list | tuple) else [make(value)]
    return {"vr": VR, "Value": values} if values != [None] else {"vr": VR}  # F.2.5: null stands among other values


def definite_vr(tag: int, VR: str, value: Any) -> str:
    """Return one of the VRs between which the dictionary leaves a choice, by the look of the value.

    Example:
        >>> definite_vr(0x00280106, "US or SS", -5), definite_vr(0x7FE00010, "OB or OW", b"")
        ('SS', 'OW')
    """
    if isinstance(value, bytes) and "OW" in VR:
        return "OW"
    numbers = value if isinstance(value, list | tuple) else [value]
    if "SS" in VR and any(isinstance(number, int) and number < 0 for number in numbers):
        return "SS"
    return "US" if "US" in VR else choose_vr(tag, VR)


def swap_words(VR: str, data: bytes) -> bytes:
    r"""Return binary data in the other byte order; the last bytes stay, if they are no whole word.

    Example:
        >>> swap_words("OL", b"\0\1\2\3\4")
        b'\x03\x02\x01\x00\x04'
    """
    size = WORD_SIZE.get(VR, 1)
    if size == 1:
        return data
    whole = len(data) - len(data) % size
    swapped = bytearray(data)
    for index in range(size):
        swapped[index:whole:size] = data[size - 1 - index : whole : size]
    return bytes(swapped)


def _text(value: Any) -> str | None:
    return (value if value.__class__ is str else str(value)) if value is not None and value != "" else None


def _moment(kind: type[DA | DT | TM], value: Any) -> str | None:
    """Return the text of a date or a time, in the form of its VR also if it is one of the standard library."""
    if hasattr(value, "strftime") and not isinstance(value, DA | DT | TM):
        value = kind(value)
    return _text(value)


def _number_or_text(value: Any) -> int | float | str | None:
    """Return a number that reads as the text of the value does, else that text."""
    if value is None:
        return None
    text = str(value)
    if not text.strip():
        return None
    number: int | float
    try:
        number = int(text) if text[1:].isdigit() or text.isdigit() else float(text)
    except ValueError:
        return text
    if repr(number) != text:
        return text
    return number if isfinite(number) and (number.__class__ is float or abs(number) <= _LARGEST) else text


def numbers_of(raw: bytes) -> list[int | float | str | None] | None:
    r"""Return what the values of a DS or IS are in JSON, without making them first; None if one is no number.

    Example:
        >>> numbers_of(b"1.50\\-2 "), numbers_of(b"one")
        (['1.50', -2], None)
    """
    numbers: list[int | float | str | None] = []
    append = numbers.append
    for text in str(raw, "iso8859_1").strip(_PADDING).split("\\"):
        text = text.strip()
        try:
            number = float(text) if "." in text or not text.isdigit() else int(text)
        except ValueError:
            if text:
                return None
            append(None)
        else:
            append(number if repr(number) == text and abs(number) <= _LARGEST else _number_or_text(text))
    return numbers


def _whole(value: Any) -> int | str | None:
    return None if value is None or value == "" else int(value)


def _long(value: Any) -> int | str | None:
    if value is None or value == "":
        return None
    number = int(value)
    return number if abs(number) <= _LARGEST else str(number)


def _real(value: Any) -> float | str | None:
    if value is None or value == "":
        return None
    number = float(value)
    if isfinite(number):
        return number
    return "NaN" if number != number else "Infinity" if number > 0 else "-Infinity"


def _tag(value: Any) -> str | None:
    return None if value is None or value == "" else f"{value:08X}"


_GROUPS: Final = ("Alphabetic", "Ideographic", "Phonetic")


def _name(value: Any) -> dict[str, str] | None:
    name = value if hasattr(value, "components") else PersonName(value)
    groups = {} if name is None else {key: text for key, text in zip(_GROUPS, name.components, strict=False) if text}
    return groups or None


_MAKERS: Final[dict[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(_SMALL, _whole),
    **dict.fromkeys(("SV", "UV"), _long),
    **dict.fromkeys(("DS", "IS"), _number_or_text),
    **dict.fromkeys(("FD", "FL"), _real),
    "DA": partial(_moment, DA),
    "DT": partial(_moment, DT),
    "TM": partial(_moment, TM),
    "AT": _tag,
    "PN": _name,
}
