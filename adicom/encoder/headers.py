r"""The headers of data elements, items and delimiters (PS3.5 7.1, 7.5).

A form is one of the numbers of :mod:`adicom.parser.kinds`: ``IMPLICIT``, ``LITTLE``, both or none.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from adicom.parser.kinds import IMPLICIT, LITTLE, RawElement, encoding_of
from adicom.vr import LONG_VR, SHORT_VR

__all__ = (
    "FORM",
    "ITEM_END",
    "LONG",
    "LONGEST",
    "LONGEST_SHORT",
    "PLAIN_FORMS",
    "SEQUENCE_END",
    "element_header",
    "header_of_raw",
    "header_size",
    "item_header",
)

FORM: Final = IMPLICIT | LITTLE
"""What of a form a data set is written in; the rest says how one header was."""
PLAIN_FORMS: Final = frozenset((0, LITTLE, IMPLICIT, IMPLICIT | LITTLE, LITTLE | 4, IMPLICIT | LITTLE | 4))
"""Forms of headers with nothing odd in them."""

_IMPLICIT: Final = {LITTLE: Struct("<HHL").pack, 0: Struct(">HHL").pack}
_SHORT: Final = {LITTLE: Struct("<HH2sH").pack, 0: Struct(">HH2sH").pack}
_LONG: Final = {LITTLE: Struct("<HH2s2xL").pack, 0: Struct(">HH2s2xL").pack}
_CODES: Final = {name: code for table in (SHORT_VR, LONG_VR) for code, name in table.items()}
LONG: Final = frozenset(LONG_VR.values())
"""The VRs with a length of four bytes in explicit VR (PS3.5 table 7.1-1)."""
LONGEST_SHORT: Final = 0xFFFF
"""The longest value of the others."""
LONGEST: Final = 0xFFFFFFFE
"""The longest value of any, and the longest item."""

ITEM_END: Final = {form: _IMPLICIT[form](0xFFFE, 0xE00D, 0) for form in _IMPLICIT}
"""The delimiter of an item by byte order."""
SEQUENCE_END: Final = {form: _IMPLICIT[form](0xFFFE, 0xE0DD, 0) for form in _IMPLICIT}
"""The delimiter of a sequence by byte order."""


def element_header(tag: int, VR: str, length: int, form: int) -> bytes:
    """Return the header of a data element.

    Args:
        tag: The tag.
        VR: A VR of the standard.
        length: The value length; :data:`~adicom.parser.UNDEFINED_LENGTH` for an undefined one.
        form: How it is to be written.

    Example:
        >>> element_header(0x00080060, "CS", 2, LITTLE).hex(" ")
        '08 00 60 00 43 53 02 00'
    """
    if form & IMPLICIT:
        return _IMPLICIT[form & LITTLE](tag >> 16, tag & 0xFFFF, length)
    pack = (_LONG if VR in LONG else _SHORT)[form & LITTLE]
    return pack(tag >> 16, tag & 0xFFFF, _CODES[VR], length)


def header_of_raw(raw: RawElement) -> bytes:
    """Return the header of an element as it was read, reserved bytes and unknown codes included.

    Example:
        >>> header_of_raw((0x00080060, "CS", 2, b"CT", 8, LITTLE)).hex(" ")
        '08 00 60 00 43 53 02 00'
    """
    tag, VR, length, _, _, form = raw
    if form in PLAIN_FORMS:
        return element_header(tag, VR or "UN", length, form)
    encoding = encoding_of(form)
    code = encoding.vr_code or _CODES[VR or "UN"]
    if VR in LONG and encoding.reserved:
        header = bytearray(_LONG[form & LITTLE](tag >> 16, tag & 0xFFFF, code, length))
        header[6:8] = encoding.reserved
        return bytes(header)
    return _SHORT[form & LITTLE](tag >> 16, tag & 0xFFFF, code, length)


def header_size(VR: str, form: int) -> int:
    """Return how many bytes a header takes.

    Example:
        >>> header_size("SQ", LITTLE), header_size("SQ", IMPLICIT | LITTLE)
        (12, 8)
    """
    return 12 if VR in LONG and not form & IMPLICIT else 8


def item_header(length: int, form: int) -> bytes:
    """Return the header of an item of a sequence, or of a fragment.

    Example:
        >>> item_header(0xFFFFFFFF, LITTLE).hex(" ")
        'fe ff 00 e0 ff ff ff ff'
    """
    return _IMPLICIT[form & LITTLE](0xFFFE, 0xE000, length)
