"""Specific Character Set (0008,0005): which codecs a text is written in.

Rule 1: decode first, then split. In GBK, GB18030, Shift JIS, and in JIS X 0208 after its escape, a backslash
byte may be half a character.
Rule 2: code extensions (ISO 2022) have two states, G0 for bytes below 80H, G1 for those above. An escape sequence
sets one of them; a delimiter resets both to value 1 of (0008,0005) (PS3.5 6.1.2.5.3).
Rule 3: a text that cannot be decoded comes back with replacement characters, after a DicomWarning.
"""

from __future__ import annotations

import codecs
import warnings
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from adicom.errors import DicomWarning, EncodeError, format_path
from adicom.vr import CHARSET_VR, UNSPLIT_VR

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

__all__ = (
    "DEFAULT_ENCODING",
    "PN_DELIMITERS",
    "TEXT_DELIMITERS",
    "VALUE_DELIMITERS",
    "convert_encodings",
    "decode_bytes",
    "decode_element",
    "decode_string",
    "default_encoding",
    "encode_string",
    "encodings_for",
    "python_encoding",
)

DEFAULT_ENCODING: Final = "iso8859_1"
"""The codec of the default repertoire: ISO 646, with the Latin-1 that many writers use all the same."""

default_encoding: Final = DEFAULT_ENCODING

TEXT_DELIMITERS: Final = b"\t\n\f\r"
"""What resets the character set in ST, LT and UT (PS3.5 6.1.2.5.3)."""

VALUE_DELIMITERS: Final = b"\t\n\f\r\\"
"""What resets it in LO, SH and UC."""

PN_DELIMITERS: Final = b"\t\n\f\r\\^="
"""What resets it in a person's name."""

python_encoding: Final[dict[str, str]] = {
    "": DEFAULT_ENCODING,
    "ISO_IR 6": DEFAULT_ENCODING,
    "ISO_IR 13": "shift_jis",
    "ISO_IR 100": "latin_1",
    "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3",
    "ISO_IR 110": "iso8859_4",
    "ISO_IR 126": "iso8859_7",
    "ISO_IR 127": "iso8859_6",
    "ISO_IR 138": "iso8859_8",
    "ISO_IR 144": "iso8859_5",
    "ISO_IR 148": "iso8859_9",
    "ISO_IR 166": "tis_620",
    "ISO_IR 192": "utf_8",
    "ISO_IR 203": "iso8859_15",
    "GB18030": "gb18030",
    "GBK": "gbk",
    "ISO 2022 IR 6": DEFAULT_ENCODING,
    "ISO 2022 IR 13": "shift_jis",
    "ISO 2022 IR 58": "gb2312",
    "ISO 2022 IR 87": "iso2022_jp",
    "ISO 2022 IR 100": "latin_1",
    "ISO 2022 IR 101": "iso8859_2",
    "ISO 2022 IR 109": "iso8859_3",
    "ISO 2022 IR 110": "iso8859_4",
    "ISO 2022 IR 126": "iso8859_7",
    "ISO 2022 IR 127": "iso8859_6",
    "ISO 2022 IR 138": "iso8859_8",
    "ISO 2022 IR 144": "iso8859_5",
    "ISO 2022 IR 148": "iso8859_9",
    "ISO 2022 IR 149": "euc_kr",
    "ISO 2022 IR 159": "iso2022_jp_2",
    "ISO 2022 IR 166": "tis_620",
    "ISO 2022 IR 203": "iso8859_15",
    # Both as CP-1234 had them before it was adopted; they are in files.
    "ISO 2022 GBK": "gbk",
    "ISO 2022 58": "gb2312",
}
"""Defined terms of PS3.3 C.12.1.1.2 and their Python codecs."""

# PS3.3 C.12.1.1.2, tables C.12-2 and C.12-5: these have no code extensions and are none.
_STAND_ALONE: Final = frozenset(("ISO_IR 192", "GB18030", "GBK"))

# PS3.3 tables C.12-3 and C.12-4: what follows ESC, and the codec that it switches G1 to.
_G1_ESCAPES: Final[dict[bytes, str]] = {
    b"-A": "latin_1",
    b"-B": "iso8859_2",
    b"-C": "iso8859_3",
    b"-D": "iso8859_4",
    b"-F": "iso8859_7",
    b"-G": "iso8859_6",
    b"-H": "iso8859_8",
    b"-L": "iso8859_5",
    b"-M": "iso8859_9",
    b"-T": "tis_620",
    b"-b": "iso8859_15",
    b")I": "shift_jis",
    b"$)C": "euc_kr",
    b"$)A": "gb2312",
}
_G1_ESCAPE_OF: Final = {codec: escape for escape, codec in _G1_ESCAPES.items()}

# Two bytes a character in G0. Python's codecs want to see these escape sequences themselves.
_G0_ESCAPES: Final[dict[bytes, str]] = {b"$B": "iso2022_jp", b"$(D": "iso2022_jp_2"}
_G0_CODECS: Final = frozenset(_G0_ESCAPES.values())

_ASCII, _ROMAJI = b"(B", b"(J"
_ESC: Final = b"\x1b"

# What may stand for a term by the name Python has for it. All extend ASCII: short cuts and splitting rest on that.
_PYTHON_CODECS: Final = frozenset(
    "ascii utf-8 iso8859-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10"
    " iso8859-11 iso8859-13 iso8859-14 iso8859-15 iso8859-16 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257"
    " cp1258 cp874 cp932 cp949 koi8-r koi8-u big5 euc_jp euc_kr gb2312 gbk gb18030 shift_jis tis-620".split()
)


def encodings_for(terms: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return the Python codecs for the values of Specific Character Set.

    Misspelled terms are understood; an unknown term stands for the default repertoire; UTF-8, GB18030 and GBK
    stand alone. Each of these is a :class:`~adicom.errors.DicomWarning`.

    Args:
        terms: The value, or the values, of (0008,0005); empty for the default repertoire.

    Example:
        >>> encodings_for("ISO_IR 192")
        ('utf_8',)
        >>> encodings_for(["", "ISO 2022 IR 87"])
        ('iso8859_1', 'iso2022_jp')
    """
    values = [terms] if isinstance(terms, str) else list(terms or ())
    if len(values) <= 1:
        return (_codec_of(values[0], 1),) if values else (DEFAULT_ENCODING,)
    names = [_defined_term(term) for term in values]
    if names[0] in _STAND_ALONE:
        warnings.warn(
            f"{names[0]} as Specific Character Set allows no code extensions: its other values are ignored",
            DicomWarning,
            stacklevel=2,
        )
        return (_codec_of(values[0], 1),)
    found = []
    for number, (term, name) in enumerate(zip(values, names, strict=True), 1):
        if name in _STAND_ALONE:
            warnings.warn(
                f"{name} is no code extension: value {number} of Specific Character Set is ignored",
                DicomWarning,
                stacklevel=2,
            )
        else:
            found.append(_codec_of(term, number))
    return tuple(found)


def convert_encodings(encodings: str | Iterable[str] | None) -> list[str]:
    """Return :func:`encodings_for` as a list.

    Example:
        >>> convert_encodings("ISO_IR 144")
        ['iso8859_5']
    """
    return list(encodings_for(encodings))


def _squeeze(term: str) -> str:
    """Return the letters and digits of the term, which no misspelling seen so far gets wrong."""
    return "".join(filter(str.isalnum, term.upper()))


def _defined_term(term: str) -> str:
    """Return the defined term that is meant, or an empty string."""
    if term in python_encoding:
        return term
    squeezed = _squeeze(term)
    return next((known for known in python_encoding if _squeeze(known) == squeezed), "")


def _codec_of(term: str, number: int) -> str:
    try:
        return python_encoding[term]
    except KeyError:
        return _codec_of_odd_term(term.strip("\0 "), number)


def _codec_of_odd_term(term: str, number: int) -> str:
    name = _defined_term(term)
    if name == term:  # it was only padded
        return python_encoding[term]
    if name:
        text, codec = f"is misspelled: {name!r} is assumed", python_encoding[name]
    elif codec := _find_codec(term):
        text = "is no defined term, but the name of a Python codec, which is used"
    else:
        text, codec = "is unknown: the default repertoire is used", DEFAULT_ENCODING
    warnings.warn(f"Value {number} of Specific Character Set {text}", DicomWarning, stacklevel=2)
    return codec


def _find_codec(name: str) -> str:
    """Return the codec that Python has by that name, if it may stand for a term; else an empty string."""
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return found if found in _PYTHON_CODECS else ""


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
    if _ESC not in value:
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
    head, *parts = raw.split(_ESC)
    text, problem = _decode_part(head, initial)
    texts = [text]
    g0, g1 = b"", initial  # an empty G0 is ISO 646 or JIS X 0201 romaji: each G1 codec does that, too
    for part in parts:
        escape = part[:3] if part[:2] in (b"$(", b"$)") else part[:2]
        rest = part[len(escape) :]
        if not _is_declared(escape, encodings):
            text, fault = _decode_part(_ESC + part, initial)
            fault = fault or "has an escape sequence that its Specific Character Set does not announce"
            g0, g1 = b"", initial
        else:
            if escape in _G1_ESCAPES:
                g1 = _G1_ESCAPES[escape]
            else:
                g0 = escape if escape in _G0_ESCAPES else b""
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
    if escape == _ASCII:
        return True
    if escape == _ROMAJI:
        # Writers return from Kanji with ESC ( J also where ISO-IR 13 is not announced; it harms nobody.
        return "shift_jis" in encodings or not _G0_CODECS.isdisjoint(encodings)
    return (_G1_ESCAPES.get(escape) or _G0_ESCAPES.get(escape)) in encodings


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
        return _decode_part(_ESC + g0 + raw, _G0_ESCAPES[g0])
    texts, problem = [], ""
    for is_low, run in groupby(raw, (0x80).__gt__):
        part = bytes(run)
        text, fault = _decode_part(_ESC + g0 + part, _G0_ESCAPES[g0]) if is_low else _decode_part(part, g1)
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


def encode_string(
    value: str, encodings: Sequence[str], delimiters: Iterable[int] = TEXT_DELIMITERS, *, errors: str = "strict"
) -> bytes:
    r"""Return the text encoded, with escape sequences where value 1 of the character set is not enough.

    Args:
        value: The text.
        encodings: What :func:`encodings_for` gave.
        delimiters: The bytes after which a reader is back in the initial state.
        errors: ``"replace"`` writes a question mark, with a warning, where ``"strict"`` raises.

    Raises:
        EncodeError: None of the encodings has some character of the text.

    Example:
        >>> encode_string("山田", ("iso8859_1", "iso2022_jp"))
        b'\x1b$B;3ED\x1b(B'
    """
    if value.isascii():
        return value.encode("ascii")
    initial, extensions = (encodings[0], encodings[1:]) if encodings else (DEFAULT_ENCODING, ())
    if initial == DEFAULT_ENCODING and not extensions and max(value) < "\u0100":
        warnings.warn(
            "A text goes beyond the default repertoire: without Specific Character Set it is written as Latin-1",
            DicomWarning,
            stacklevel=2,
        )
        return value.encode(DEFAULT_ENCODING)
    choices = ("ascii" if initial == DEFAULT_ENCODING else initial, *extensions)
    whole = _encode_run(value, choices[0], b"")
    if whole is not None:
        return whole
    out = bytearray()
    for piece, delimiter in _cut(value, {chr(byte) for byte in delimiters}):
        out += _encode_piece(piece, choices, errors)
        out += delimiter.encode("ascii")
    return bytes(out)


def _cut(value: str, delimiters: Container[str]) -> Iterator[tuple[str, str]]:
    """Yield each piece of the text with the delimiter behind it; the last one has none."""
    start = 0
    for index, char in enumerate(value):
        if char in delimiters:
            yield value[start:index], char
            start = index + 1
    yield value[start:], ""


def _encode_piece(value: str, choices: Sequence[str], errors: str) -> bytes:
    """Encode what lies between two delimiters: in one codec if that is possible, else in runs."""
    back = _ROMAJI if choices[0] == "shift_jis" else _ASCII
    for codec in choices:
        data = _encode_run(value, codec, b"" if codec == choices[0] else back)
        if data is not None:
            return data
    out = bytearray()
    state = choices[0]
    for codec, run in _runs(value, choices):
        data = _encode_run(run, codec, b"" if codec == state else back)
        out += _encode_misfit(run, errors) if data is None else data
        state = codec or state
    return bytes(out)


def _runs(value: str, choices: Sequence[str]) -> list[tuple[str, str]]:
    """Cut the text into runs of one codec each; an empty codec for what has none. Linear in the text."""
    known: dict[str, list[str]] = {}
    runs: list[tuple[str, str]] = []
    start, current = 0, choices[0]
    for index, char in enumerate(value):
        if char not in known:
            known[char] = [codec for codec in choices if _encode_run(char, codec, _ASCII) is not None]
        best = current if current in known[char] else next(iter(known[char]), "")
        if best != current:
            runs.append((current, value[start:index]))
            start, current = index, best
    runs.append((current, value[start:]))
    return [run for run in runs if run[1]]


def _encode_run(value: str, codec: str, back: bytes) -> bytes | None:
    """Encode in one codec, or return None.

    Args:
        value: The text.
        codec: The Python codec; empty for none.
        back: What brings G0 back from two bytes a character; empty where the codec is already in force.
    """
    try:
        data = value.encode(codec)
        if data.decode(codec) != value:
            return None
    except (UnicodeError, LookupError):
        return None
    if codec in _G0_CODECS:
        return _check_g0(data, codec, back or _ASCII)
    if codec == "shift_jis" and len(data) != len(value):
        return None  # ISO_IR 13 is JIS X 0201, one byte a character; Python's codec knows more
    if back and codec in _G1_ESCAPE_OF:
        return _ESC + _G1_ESCAPE_OF[codec] + data
    return data


def _check_g0(data: bytes, codec: str, back: bytes) -> bytes | None:
    """Return the data, or None if Python switched to a set that was not asked for."""
    for part in data.split(_ESC)[1:]:
        escape = part[:3] if part[:2] == b"$(" else part[:2]
        if escape != _ASCII and _G0_ESCAPES.get(escape) != codec:
            return None
    return data.replace(_ESC + _ASCII, _ESC + back)


def _encode_misfit(value: str, errors: str) -> bytes:
    if errors == "strict":
        error = EncodeError("A text has characters that are not in its Specific Character Set")
        error.value = value
        raise error
    warnings.warn(
        "A text has characters that are not in its Specific Character Set: they were replaced",
        DicomWarning,
        stacklevel=2,
    )
    return value.encode("ascii", "replace")
