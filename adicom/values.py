"""What the bytes of a value mean: raw bytes in, Python values out.

Rule 1: types and padding are as in pydicom: text without trailing spaces and NULs, numbers that keep their text,
several values as a MultiValue.
Rule 2: nothing in a value raises. What does not fit its VR comes back as text or bytes, after a DicomWarning.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from operator import index
from struct import Struct, unpack
from typing import Any, Final, TypeAlias

from adicom.charset import PN_DELIMITERS, TEXT_DELIMITERS, VALUE_DELIMITERS, decode_bytes
from adicom.checking import IGNORE
from adicom.errors import DicomWarning, format_path
from adicom.multival import MultiValue
from adicom.tag import BaseTag, Tag
from adicom.uid import UID
from adicom.valuerep.decimal_strings import DSfloat, ds_value
from adicom.valuerep.decimals import DecimalValues
from adicom.valuerep.integer_strings import IS, is_from_text, is_values
from adicom.valuerep.person_name import PersonName
from adicom.vr import STRING_VR

__all__ = ("choose_vr", "decode", "empty_value")

Decoder: TypeAlias = Callable[[bytes, bool, tuple[str, ...], int], Any]

_PADDING: Final = "\0 "
_SPACE: Final = "\0 \t\n\v\f\r"
# What Python takes as an octet each; the default repertoire is its lower half.
_LATIN_1: Final = "iso8859_1"
# These may have a backslash byte as the second half of a character; so may whatever follows an escape sequence.
_BACKSLASH_CODECS: Final = frozenset(("shift_jis", "gbk", "gb18030"))
# LUT Descriptor and the palettes' descriptors (PS3.3 C.11.1.1, C.7.6.3.1.5): their first value is never negative.
_LUT_DESCRIPTORS: Final = frozenset((0x00281101, 0x00281102, 0x00281103, 0x00283002))


def decode(tag: int, VR: str, raw: bytes, little_endian: bool, encodings: tuple[str, ...]) -> Any:
    r"""Return the Python value of a data element.

    Args:
        tag: The tag, for warnings.
        VR: One definite Value Representation, not SQ; one that is not known means bytes.
        raw: The value as it is in the file.
        little_endian: The byte order of binary numbers.
        encodings: What :func:`adicom.charset.encodings_for` gave for Specific Character Set.

    Example:
        >>> decode(0x00280010, "US", b"\x00\x02", True, ("iso8859_1",))
        512
        >>> decode(0x00280030, "DS", b"0.50\\0.50 ", True, ("iso8859_1",))
        [0.50, 0.50]
    """
    if not raw:
        return empty_value(VR)
    decoder = _DECODERS.get(VR)
    return raw if decoder is None else decoder(raw, little_endian, encodings, tag)


def empty_value(VR: str) -> Any:
    """Return what a data element of no length has as its value.

    Example:
        >>> empty_value("LO"), empty_value("US"), empty_value("SQ")
        ('', None, [])
    """
    if VR == "SQ":
        return []
    return _EMPTY.get(VR)


def _warn(tag: int, VR: str, text: str) -> None:
    warnings.warn(f"{format_path((), tag)} with VR {VR} {text}", DicomWarning, stacklevel=3)


def _string(raw: bytes, little_endian: bool, encodings: tuple[str, ...], tag: int) -> Any:
    text = str(raw, _LATIN_1).rstrip(_PADDING)
    return MultiValue.of(str, text.split("\\")) if "\\" in text else text


def _title(raw: bytes, little_endian: bool, encodings: tuple[str, ...], tag: int) -> Any:
    # PS3.5 6.2: in an AE, leading spaces mean nothing, too.
    text = str(raw, _LATIN_1).strip(_SPACE)
    return MultiValue.of(str, [item.strip(_SPACE) for item in text.split("\\")]) if "\\" in text else text


def _uri(raw: bytes, little_endian: bool, encodings: tuple[str, ...], tag: int) -> str:
    return str(raw, _LATIN_1).rstrip(_SPACE)


def _text(raw: bytes, little_endian: bool, encodings: tuple[str, ...], tag: int) -> Any:
    text = decode_bytes(raw, encodings, VALUE_DELIMITERS, tag=tag)
    if "\\" in text:
        return MultiValue.of(str, [item.rstrip(_PADDING) for item in text.split("\\")])
    return text.rstrip(_PADDING)


def _long_text(raw: bytes, little_endian: bool, encodings: tuple[str, ...], tag: int) -> str:
    return decode_bytes(raw, encodings, TEXT_DELIMITERS, tag=tag).rstrip(_PADDING)


def _name(raw: bytes, little_endian: bool, encodings: tuple[str, ...], tag: int) -> Any:
    raw = raw.rstrip(b"\0 ")
    if b"\\" not in raw:
        return PersonName.of(raw, encodings)
    if b"\x1b" not in raw and _BACKSLASH_CODECS.isdisjoint(encodings):
        return MultiValue.of(PersonName, [PersonName.of(item, encodings) for item in raw.split(b"\\")])
    names = decode_bytes(raw, encodings, PN_DELIMITERS, tag=tag).split("\\")
    if len(names) == 1:
        return PersonName.of(raw, encodings)
    return MultiValue.of(PersonName, [PersonName(item, encodings, None, IGNORE) for item in names])


def _uid(raw: bytes, little_endian: bool, encodings: tuple[str, ...], tag: int) -> Any:
    text = str(raw, _LATIN_1).rstrip(_PADDING).strip()
    if "\\" in text:
        return MultiValue.of(UID, [str.__new__(UID, item.strip()) for item in text.split("\\")])
    return str.__new__(UID, text)


def _decimal(raw: bytes, little_endian: bool, encodings: tuple[str, ...], tag: int) -> Any:
    text = str(raw, _LATIN_1).strip(_SPACE)
    try:
        if "\\" not in text:
            return ds_value(text)
        return DecimalValues.parse(_split_numbers(text))
    except ValueError:
        return _odd_numbers(text, "DS", _unchecked_ds, DSfloat, tag)


def _unchecked_ds(text: str) -> Any:
    return DSfloat(text, False, IGNORE)


def _integer(raw: bytes, little_endian: bool, encodings: tuple[str, ...], tag: int) -> Any:
    text = str(raw, _LATIN_1).rstrip(_SPACE)
    try:
        values = is_values(_split_numbers(text))
    except ValueError:
        return _odd_numbers(text, "IS", is_from_text, IS, tag)
    return values[0] if len(values) == 1 else MultiValue.of(IS, values)


def _split_numbers(text: str) -> list[str]:
    """Split the text, and strip each item if there is anything to strip.

    Raises:
        ValueError: It has an underscore, which Python would take between digits.
    """
    if "_" in text:
        raise ValueError
    items = text.split("\\")
    if " " in text or "\n" in text or "\r" in text or "\t" in text:
        return [item.strip() for item in items]
    return items


def _odd_numbers(text: str, VR: str, make: Callable[[str], Any], constructor: Callable[[Any], Any], tag: int) -> Any:
    """Make each item for itself: blank ones stay blank, and what is no number stays text."""
    values = []
    problem = ""
    for item in text.split("\\"):
        try:
            value = make(item) if item.strip() else item
        except ValueError:
            value = item.rstrip(_PADDING)
            problem = "has a value that is no number: it is kept as text"
        else:
            if VR == "IS" and not _is_integer(item):
                problem = problem or "has a value that is not written as an integer"
        values.append(value)
    if problem:
        _warn(tag, VR, problem)
    return values[0] if len(values) == 1 else MultiValue.of(constructor, values)


def _is_integer(text: str) -> bool:
    text = text.strip()
    return not text or text[text[0] in "+-" :].isdecimal()


def _tags(raw: bytes, little_endian: bool, encodings: tuple[str, ...], tag: int) -> Any:
    order = "<" if little_endian else ">"
    if len(raw) == 4:
        group, element = unpack(f"{order}HH", raw)
        return BaseTag(group << 16 | element)
    if len(raw) % 4:
        _warn(tag, "AT", f"has {len(raw)} bytes, no multiple of 4: they are kept as they are")
        return raw
    halves = unpack(f"{order}{len(raw) // 2}H", raw)
    pairs = zip(halves[::2], halves[1::2], strict=True)
    return MultiValue.of(Tag, [BaseTag(group << 16 | element) for group, element in pairs])


def _numbers(VR: str, code: str, constructor: Callable[[Any], Any]) -> Decoder:
    """Return the decoder of a VR of binary numbers.

    Args:
        VR: The Value Representation.
        code: Its letter in :mod:`struct`.
        constructor: What an item must go through to be put into the list later.
    """
    little, big = Struct(f"<{code}"), Struct(f">{code}")
    size, unpack_little, unpack_big = little.size, little.unpack, big.unpack

    def decoder(raw: bytes, little_endian: bool, encodings: tuple[str, ...], tag: int) -> Any:
        if len(raw) == size:
            return (unpack_little if little_endian else unpack_big)(raw)[0]
        if len(raw) % size:
            _warn(tag, VR, f"has {len(raw)} bytes, no multiple of {size}: they are kept as they are")
            return raw
        values = MultiValue.of(constructor, unpack(f"{'<' if little_endian else '>'}{len(raw) // size}{code}", raw))
        if tag in _LUT_DESCRIPTORS and values[0] < 0:
            values[0] += 0x10000
        return values

    return decoder


_DECODERS: Final[dict[str, Decoder]] = {
    "AE": _title,
    "AS": _string,
    "AT": _tags,
    "CS": _string,
    "DA": _string,
    "DS": _decimal,
    "DT": _string,
    "FD": _numbers("FD", "d", float),
    "FL": _numbers("FL", "f", float),
    "IS": _integer,
    "LO": _text,
    "LT": _long_text,
    "PN": _name,
    "SH": _text,
    "SL": _numbers("SL", "l", index),
    "SS": _numbers("SS", "h", index),
    "ST": _long_text,
    "SV": _numbers("SV", "q", index),
    "TM": _string,
    "UC": _text,
    "UI": _uid,
    "UL": _numbers("UL", "L", index),
    "UR": _uri,
    "US": _numbers("US", "H", index),
    "UT": _long_text,
    "UV": _numbers("UV", "Q", index),
}

# As in pydicom: DS and IS are rather numbers than text.
_EMPTY: Final[dict[str, Any]] = {**dict.fromkeys(STRING_VR - {"DS", "IS"}, ""), "PN": PersonName("")}


def choose_vr(
    tag: int,
    VR: str,
    *,
    pixel_representation: int | None = None,
    bits_allocated: int | None = None,
    waveform_bits_allocated: int | None = None,
    lut_entries: int | None = None,
    implicit: bool = False,
    undefined_length: bool = False,
) -> str:
    """Return the one VR that an element has for which the dictionary leaves a choice.

    None stands for what the caller does not know.

    Args:
        tag: The tag.
        VR: The dictionary's VR; one that leaves no choice comes back as it is.
        pixel_representation: Pixel Representation (0028,0103) of the innermost data set that has one.
        bits_allocated: Bits Allocated (0028,0100).
        waveform_bits_allocated: Waveform Bits Allocated (5400,1004).
        lut_entries: The first value of LUT Descriptor (0028,3002) beside the element.
        implicit: Whether the transfer syntax is Implicit VR.
        undefined_length: Whether the element has undefined length, which makes it encapsulated.

    Example:
        >>> choose_vr(0x00280106, "US or SS", pixel_representation=1)
        'SS'
        >>> choose_vr(0x7FE00010, "OB or OW", bits_allocated=8)
        'OB'
    """
    if VR == "US or SS":
        return "SS" if pixel_representation else "US"
    if VR == "OB or OW":
        return _choose_bytes_or_words(tag, bits_allocated, waveform_bits_allocated, implicit, undefined_length)
    if VR in ("US or OW", "US or SS or OW"):
        # PS3.3 C.11.1.1.1: LUT Data of one entry is one number, and a table else.
        return "US" if lut_entries == 1 else "OW"
    return VR


def _choose_bytes_or_words(
    tag: int,
    bits_allocated: int | None,
    waveform_bits_allocated: int | None,
    implicit: bool,
    undefined_length: bool,
) -> str:
    if undefined_length:
        return "OB"  # PS3.5 A.4
    if implicit:
        return "OW"  # PS3.5 A.1
    if tag == 0x7FE00010:
        bits = bits_allocated
    elif tag >> 16 == 0x5400:  # PS3.3 C.10.9.1
        bits = waveform_bits_allocated
    else:
        return "OW"  # Overlay Data (60xx,3000), and what is retired: PS3.5 8.1.2
    return "OB" if bits is not None and bits <= 8 else "OW"
