"""What a value is in bytes: Python values in, raw bytes out; the mirror of :mod:`adicom.values`.

Rule: what cannot be written so that it reads as the same value is an EncodeError, which has no value in its text.
"""

from __future__ import annotations

import warnings
from array import array
from collections.abc import Callable
from datetime import date, datetime, time
from functools import partial
from math import isfinite
from struct import error, pack
from typing import Any, Final, TypeAlias

from adicom.charset import DEFAULT_ENCODING, PN_DELIMITERS, TEXT_DELIMITERS, VALUE_DELIMITERS, encode_string
from adicom.errors import DicomWarning, EncodeError, format_path
from adicom.tag import Tag
from adicom.valuerep import DA, DT, TM, PersonName
from adicom.vr import PADDING, WORD_SIZE

__all__ = ("encode", "swap_words", "swapped")

Encoder: TypeAlias = Callable[[Any, bool, tuple[str, ...], int], bytes]

_DEFAULT: Final = (DEFAULT_ENCODING,)
_BINARY: Final = (bytes, bytearray, memoryview)
_LONGEST_DS: Final = 16
_FULL_RANGE: Final = 0x10000
# As in adicom.values: the first value of these is never negative, though their VR may be SS.
_LUT_DESCRIPTORS: Final = frozenset((0x00281101, 0x00281102, 0x00281103, 0x00283002))
_ARRAY_CODES: Final = {array(code).itemsize: code for code in "BHIQ"}


def encode(
    tag: int, VR: str, value: Any, little_endian: bool, encodings: tuple[str, ...], *, bytes_are_little: bool = True
) -> bytes:
    r"""Return the bytes of a value, padded to an even length (PS3.5 6.2).

    Args:
        tag: The tag.
        VR: One definite Value Representation, not SQ.
        value: The value, as :class:`~adicom.dataelem.DataElement` has it.
        little_endian: The byte order of binary numbers.
        encodings: What :func:`adicom.charset.encodings_for` gave for Specific Character Set.
        bytes_are_little: The byte order of the words in a value that is bytes already.

    Raises:
        EncodeError: It cannot be encoded; the error's ``value`` is the value.

    Example:
        >>> encode(0x00280010, "US", 512, True, ("iso8859_1",))
        b'\x00\x02'
        >>> encode(0x00080060, "CS", "CT1", True, ("iso8859_1",))
        b'CT1 '
    """
    if value is None:
        return b""
    encoder = _ENCODERS.get(VR)
    if encoder is None:
        raise _fault(f"{VR!r} is no Value Representation that can be written", value)
    try:
        if value.__class__ is not str and isinstance(value, _BINARY):
            data = _bytes(VR, value, bytes_are_little is not little_endian)
        else:
            data = encoder(value, little_endian, encodings, tag)
    except EncodeError:
        raise
    except (TypeError, ValueError, OverflowError, error, AttributeError):
        data = None
    if data is None:  # out here no other error is the context: its text may have the value
        raise _fault(f"a value of type {_kind(value)} cannot be written with VR {VR}, or is out of its range", value)
    return data + PADDING[VR] if len(data) & 1 else data


def _fault(message: str, value: Any) -> EncodeError:
    fault = EncodeError(message)
    fault.value = value
    return fault


def _kind(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " and ".join(sorted({type(item).__name__ for item in value})) or "list"
    return type(value).__name__


def swap_words(data: bytes | bytearray | memoryview, size: int) -> bytes:
    r"""Return binary words in the other byte order.

    Args:
        data: Whole words.
        size: The bytes of one: 1, 2, 4 or 8.

    Raises:
        ValueError: They are no whole words.

    Example:
        >>> swap_words(b"\1\0\2\0", 2)
        b'\x00\x01\x00\x02'
    """
    if size == 1:
        return bytes(data)
    words = array(_ARRAY_CODES[size], bytes(data))
    words.byteswap()
    return words.tobytes()


def _bytes(VR: str, value: bytes | bytearray | memoryview, swap: bool) -> bytes:
    """Return what is bytes already."""
    data = bytes(value)
    size = WORD_SIZE.get(VR, 1)
    if len(data) % size and VR not in _OTHER:
        raise _fault(f"{len(data)} bytes are no multiple of {size}, as VR {VR} wants it", value)
    return swapped(data, VR) if swap and size > 1 else data


def swapped(data: bytes, VR: str) -> bytes:
    r"""Return the words of a value in the other byte order, made an even number of bytes first.

    Raises:
        EncodeError: They are no whole words.

    Example:
        >>> swapped(b"\1\2\3", "OW")
        b'\x02\x01\x00\x03'
    """
    size = WORD_SIZE.get(VR, 1)
    if len(data) & 1 and size == 2:
        data += PADDING[VR]
    if len(data) % size:
        raise _fault(f"{len(data)} bytes with VR {VR} are no whole words, whose byte order could be changed", data)
    return swap_words(data, size)


# -- text --


def _join(value: Any, one: Callable[[Any], str]) -> str:
    if value.__class__ is str:
        return value
    return "\\".join(map(one, value)) if isinstance(value, list | tuple) else one(value)


def _text_of(item: Any) -> str:
    if isinstance(item, str):
        return item
    if item is None:
        return ""
    if isinstance(item, PersonName):
        return str(item)
    raise TypeError


def _default_text(value: Any, little: bool, encodings: tuple[str, ...], tag: int) -> bytes:
    """AE, AS, CS, UI, UR: always in the default repertoire."""
    return encode_string(_join(value, _text_of), _DEFAULT)


def _split_text(value: Any, little: bool, encodings: tuple[str, ...], tag: int) -> bytes:
    """LO, SH, UC."""
    return _several(value, encodings, VALUE_DELIMITERS)


def _long_text(value: Any, little: bool, encodings: tuple[str, ...], tag: int) -> bytes:
    """LT, ST, UT."""
    return _several(value, encodings, TEXT_DELIMITERS)


def _several(value: Any, encodings: tuple[str, ...], delimiters: bytes) -> bytes:
    """Encode each value for itself: between two of them, character sets are back to the first (PS3.5 6.1.2.5.3)."""
    if isinstance(value, list | tuple):
        return b"\\".join([_part(item, encodings, delimiters) for item in value])
    return _part(value, encodings, delimiters)


def _part(item: Any, encodings: tuple[str, ...], delimiters: bytes) -> bytes:
    if item.__class__ is str:
        return encode_string(item, encodings, delimiters)
    return item if isinstance(item, bytes) else encode_string(_text_of(item), encodings, delimiters)


def _name(value: Any, little: bool, encodings: tuple[str, ...], tag: int) -> bytes:
    if isinstance(value, list | tuple):
        return b"\\".join([_one_name(item, encodings) for item in value])
    return _one_name(value, encodings)


def _one_name(item: Any, encodings: tuple[str, ...]) -> bytes:
    if isinstance(item, PersonName):
        return item.encode(encodings)
    return _part(item, encodings, PN_DELIMITERS)


def _moment_of(kind: Callable[[Any], Any], plain: type, item: Any) -> str:
    return str(kind(item)) if isinstance(item, plain) else _text_of(item)


def _moment(kind: Callable[[Any], Any], plain: type) -> Encoder:
    """Return the encoder of DA, DT or TM, whose values may be those of the standard library."""
    one = partial(_moment_of, kind, plain)
    return lambda value, little, encodings, tag: encode_string(_join(value, one), _DEFAULT)


# -- numbers as text --


def _decimal(value: Any, little: bool, encodings: tuple[str, ...], tag: int) -> bytes:
    try:
        text = "\\".join([item._text for item in value])  # contours have thousands of numbers that were texts
    except (AttributeError, TypeError):
        text = _join(value, partial(_decimal_of, tag))
    return encode_string(text, _DEFAULT)


def _decimal_of(tag: int, item: Any) -> str:
    if isinstance(item, str) or item is None:
        return item or ""
    text = str(item)
    if not isfinite(item) and getattr(item, "_text", None) is None:
        raise _fault("a decimal string (VR DS) must be finite", item)
    if len(text) > _LONGEST_DS and getattr(item, "_text", None) is None:
        warnings.warn(
            f"{format_path((), tag)} with VR DS has a number of {len(text)} characters, {_LONGEST_DS} are allowed: "
            "it is written in full",
            DicomWarning,
            stacklevel=2,
        )
    return text


def _integer(value: Any, little: bool, encodings: tuple[str, ...], tag: int) -> bytes:
    return encode_string(_join(value, _integer_of), _DEFAULT)


def _integer_of(item: Any) -> str:
    if isinstance(item, str) or item is None:
        return item or ""
    if not isinstance(item, int | float) or isinstance(item, bool) or not isfinite(item):
        raise TypeError
    return str(item)


# -- binary numbers --


def _numbers(code: str) -> Encoder:
    """Return the encoder of a VR of binary numbers; ``code`` is its letter in :mod:`struct`."""
    one_little, one_big = f"<{code}", f">{code}"

    def encoder(value: Any, little: bool, encodings: tuple[str, ...], tag: int) -> bytes:
        if not isinstance(value, list | tuple):
            return pack(one_little if little else one_big, value) if value != "" else b""
        values = list(value)
        if tag in _LUT_DESCRIPTORS and code == "h" and values and values[0] > 0x7FFF:
            values[0] -= _FULL_RANGE
        return pack(f"{'<' if little else '>'}{len(values)}{code}", *values)

    return encoder


def _tags(value: Any, little: bool, encodings: tuple[str, ...], tag: int) -> bytes:
    if value == "":
        return b""
    is_pair = isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, int) for part in value)
    tags = [Tag(item) for item in value] if isinstance(value, list | tuple) and not is_pair else [Tag(value)]
    halves = [half for found in tags for half in (found >> 16, found & 0xFFFF)]
    return pack(f"{'<' if little else '>'}{len(halves)}H", *halves)


def _words(code: str | None) -> Encoder:
    """Return the encoder of a VR of bytes, whose value may be numbers where it could be US, too (LUT Data)."""
    numbers = None if code is None else _numbers(code)

    def encoder(value: Any, little: bool, encodings: tuple[str, ...], tag: int) -> bytes:
        if numbers is None or not _is_numbers(value):
            if value == "":
                return b""
            raise TypeError
        return numbers(value, little, encodings, tag)

    return encoder


def _is_numbers(value: Any) -> bool:
    values = value if isinstance(value, list | tuple) else [value]
    return all(isinstance(item, int) for item in values)


_OTHER: Final = frozenset("OB OD OF OL OV OW UN".split())

_ENCODERS: Final[dict[str, Encoder]] = {
    **dict.fromkeys(("AE", "AS", "CS", "UI", "UR"), _default_text),
    **dict.fromkeys(("LO", "SH", "UC"), _split_text),
    **dict.fromkeys(("LT", "ST", "UT"), _long_text),
    **dict.fromkeys(("OB", "OD", "OF", "OL", "OV", "UN"), _words(None)),
    "AT": _tags,
    "DA": _moment(DA, date),
    "DS": _decimal,
    "DT": _moment(DT, datetime),
    "FD": _numbers("d"),
    "FL": _numbers("f"),
    "IS": _integer,
    "OW": _words("H"),
    "PN": _name,
    "SL": _numbers("l"),
    "SS": _numbers("h"),
    "SV": _numbers("q"),
    "TM": _moment(TM, time),
    "UL": _numbers("L"),
    "US": _numbers("H"),
    "UV": _numbers("Q"),
}
