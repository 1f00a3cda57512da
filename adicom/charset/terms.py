"""The terms of Specific Character Set (0008,0005), and the Python codecs they stand for."""

from __future__ import annotations

import codecs
import warnings
from typing import TYPE_CHECKING, Final

from adicom.errors import DicomWarning

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("DEFAULT_ENCODING", "convert_encodings", "default_encoding", "encodings_for", "python_encoding")

DEFAULT_ENCODING: Final = "iso8859_1"
"""The codec of the default repertoire: ISO 646, with the Latin-1 that many writers use all the same."""

default_encoding: Final = DEFAULT_ENCODING

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
