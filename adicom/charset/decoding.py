"""Encoded text in, text out.

Rule 1: decode first, then split. In GBK, GB18030, Shift JIS, and in JIS X 0208 after its escape, a backslash
byte may be half a character.
Rule 2: code extensions (ISO 2022) have two states, G0 for bytes below 80H, G1 for those above. An escape sequence
sets one of them; a delimiter resets both to value 1 of (0008,0005) (PS3.5 6.1.2.5.3).
Rule 3: a text that cannot be decoded comes back with replacement characters, after a DicomWarning.
"""

from __future__ import annotations

import warnings
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from adicom.charset.escapes import (
    ASCII,
    ESC,
    G0_CODECS,
    G0_ESCAPES,
    G1_ESCAPES,
    ROMAJI,
    TEXT_DELIMITERS,
    VALUE_DELIMITERS,
)
from adicom.charset.terms import DEFAULT_ENCODING, encodings_for
from adicom.errors import DicomWarning, format_path
from adicom.vr import CHARSET_VR, UNSPLIT_VR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ("decode_bytes", "decode_element", "decode_string")


def decode_bytes(
    value: bytes, encodings: Sequence[str], delimiters: Iterable[int] = TEXT_DELIMITERS, *, tag: int | None = None
) -> str:
    r"""Return the text of an encoded value.

    Args:
        value: The encoded value, or a part of it that begins in the initial state.
        encodings: What :func:`encodings_for` gave.
        delimiters: The bytes that reset the character set; padding and backslashes stay in the text.
        tag: The data element, for the warning where something is wrong.

    Example:
        >>> decode_bytes(b"\x1b-F\xc4\xe9\xef\xed", ("iso8859_1", "iso8859_7"))
        'Διον'
    """
    if ESC not in value:
        if value.isascii():
            return str(value, "ascii")
        text, problem = _decode_part(value, encodings[0] if encodings else DEFAULT_ENCODING)
    else:
        text, problem = _decode_extended(value, encodings or (DEFAULT_ENCODING,), delimiters)
    if problem:
        where = "A text value" if tag is None else format_path((), tag)
        warnings.warn(f"{where} {problem}", DicomWarning, stacklevel=2)
    return text


_REPLACED: Final = "does not fit its Specific Character Set: characters were replaced"


def _decode_part(raw: bytes, codec: str) -> tuple[str, str]:
    """Return the text, and what is wrong with it or an empty string."""
    try:
        return str(raw, codec), ""
    except UnicodeError:
        return str(raw, codec, "replace"), _REPLACED
    except LookupError:
        return str(raw, DEFAULT_ENCODING), "has an unknown encoding: the default repertoire was used"


def _decode_extended(raw: bytes, encodings: Sequence[str], delimiters: Iterable[int]) -> tuple[str, str]:
    initial = encodings[0]
    stops = bytes(delimiters)
    head, *parts = raw.split(ESC)
    text, problem = _decode_part(head, initial)
    texts = [text]
    g0, g1 = b"", initial  # an empty G0 is ISO 646 or JIS X 0201 romaji: each G1 codec does that, too
    for part in parts:
        escape = part[:3] if part[:2] in (b"$(", b"$)") else part[:2]
        rest = part[len(escape) :]
        if not _is_declared(escape, encodings):
            text, fault = _decode_part(ESC + part, initial)
            fault = fault or "has an escape sequence that its Specific Character Set does not announce"
            g0, g1 = b"", initial
        else:
            if escape in G1_ESCAPES:
                g1 = G1_ESCAPES[escape]
            else:
                g0 = escape if escape in G0_ESCAPES else b""
            end = _find_reset(rest, stops, g0, g1 == initial)
            text, fault = _decode_in_state(rest[:end], g0, g1)
            if end < len(rest):
                g0, g1 = b"", initial
                tail, tail_fault = _decode_part(rest[end:], initial)
                text, fault = text + tail, fault or tail_fault
        texts.append(text)
        problem = problem or fault
    return "".join(texts), problem


def _is_declared(escape: bytes, encodings: Sequence[str]) -> bool:
    if escape == ASCII:
        return True
    if escape == ROMAJI:
        # Writers return from Kanji with ESC ( J also where ISO-IR 13 is not announced; it harms nobody.
        return "shift_jis" in encodings or not G0_CODECS.isdisjoint(encodings)
    return (G1_ESCAPES.get(escape) or G0_ESCAPES.get(escape)) in encodings


def _find_reset(raw: bytes, delimiters: bytes, g0: bytes, is_initial: bool) -> int:
    """Return the index of the first delimiter that changes the state, or the length."""
    if g0:
        # Between two-byte characters only control characters are delimiters: 5CH, 5EH and 3DH are halves.
        delimiters = bytes(byte for byte in delimiters if byte < 0x20)
    elif is_initial:
        return len(raw)
    return min((index for byte in delimiters if (index := raw.find(byte)) >= 0), default=len(raw))


def _decode_in_state(raw: bytes, g0: bytes, g1: str) -> tuple[str, str]:
    if not g0:
        return _decode_part(raw, g1)
    if raw.isascii() or g1 == DEFAULT_ENCODING:
        return _decode_part(ESC + g0 + raw, G0_ESCAPES[g0])
    texts, problem = [], ""
    for is_low, run in groupby(raw, (0x80).__gt__):
        part = bytes(run)
        text, fault = _decode_part(ESC + g0 + part, G0_ESCAPES[g0]) if is_low else _decode_part(part, g1)
        texts.append(text)
        problem = problem or fault
    return "".join(texts), problem


decode_string = decode_bytes  # pydicom has both names


def decode_element(elem: Any, dicom_character_set: str | Iterable[str] | None) -> None:
    r"""Decode a data element whose value, or one of its values, is still encoded.

    Text is text and stays. A name that was made of bytes is understood anew. Other VRs have no character set.

    Args:
        elem: The :class:`~adicom.dataelem.DataElement`.
        dicom_character_set: The value, or the values, of (0008,0005); empty for the default repertoire.

    Example:
        >>> from adicom.dataelem import DataElement
        >>> element = DataElement(0x00080080, "LO", b"Klinik M\xfcnchen")
        >>> decode_element(element, "ISO_IR 100")
        >>> element.value
        'Klinik München'
    """
    if elem.VR not in CHARSET_VR or elem.is_empty:
        return
    encodings = encodings_for(dicom_character_set)
    delimiters = TEXT_DELIMITERS if elem.VR in UNSPLIT_VR else VALUE_DELIMITERS
    value = elem.value
    values = value if isinstance(value, list) else [value]
    decoded = [_decoded(item, encodings, delimiters, elem.tag) for item in values]
    if any(new is not old for new, old in zip(decoded, values, strict=True)):
        elem.value = decoded if isinstance(value, list) else decoded[0]


def _decoded(item: Any, encodings: tuple[str, ...], delimiters: bytes, tag: int) -> Any:
    """Return one value decoded: itself where there is nothing to decode."""
    if isinstance(item, bytes):
        return decode_bytes(item, encodings, delimiters, tag=tag)
    return item.decode(encodings) if hasattr(item, "decode") else item
