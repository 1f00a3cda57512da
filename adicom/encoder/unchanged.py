"""Tells whether the bytes that an element was read from still are what its value says."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

from adicom.charset import DEFAULT_ENCODING
from adicom.dataset.convert import definite_vr
from adicom.encoder.values import encode
from adicom.errors import EncodeError
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import LITTLE, value_of
from adicom.valuerep.decimals import DecimalValues
from adicom.values import decode
from adicom.vr import CHARSET_VR, STANDARD_VR, STRING_VR

if TYPE_CHECKING:
    from adicom.dataelem import DataElement
    from adicom.dataset.elements import Elements
    from adicom.parser.kinds import RawElement

__all__ = ("bytes_of", "is_as_read", "is_plain")

_DEFINITE: Final = STANDARD_VR - {"UN"}


def is_plain(data: bytes) -> bool:
    """Say whether bytes of text read the same in every character set.

    Example:
        >>> is_plain(b"Doe^Jane"), is_plain(bytes([0x1B, 0x24, 0x42]))
        (True, False)
    """
    return data.isascii() and b"\x1b" not in data


def is_as_read(element: DataElement, tag: int, dataset: Elements) -> bool:
    """Say whether an element still has the tag, the VR and the length form that it was read with."""
    raw = element._raw
    if raw is None or raw[0] != tag:
        return False
    if element.is_undefined_length is not (raw[2] == UNDEFINED_LENGTH):
        return False
    VR = raw[1]
    return (VR if VR in _DEFINITE else definite_vr(dataset, raw)) == element.VR


def bytes_of(element: DataElement, tag: int, dataset: Elements) -> RawElement | None:
    """Return an element as it was read, if its value still is what those bytes say, wherever they came from.

    Looking at a value changes nothing: neither "1.50" nor the padding. But a list may have been changed where it
    stands, and text may come from a dataset with another character set.
    """
    raw = element._raw
    if raw is None or not is_as_read(element, tag, dataset):
        return None
    value = element._value
    if not isinstance(value, list):
        if element.VR not in CHARSET_VR:
            return raw
        data = value_of(raw)
        assert data is not None
        return raw if is_plain(data) or _reads_as(value, raw, element.VR, data, dataset) else None
    if value.__class__ is DecimalValues and value._texts is not None:
        return raw  # nobody has changed it
    data = value_of(raw)
    assert data is not None
    return raw if _writes_as(value, raw, element.VR, data) or _reads_as(value, raw, element.VR, data, dataset) else None


def _is_little(raw: RawElement) -> bool:
    return bool(raw[5] & LITTLE) or raw[1] == "UN"


def _writes_as(value: Any, raw: RawElement, VR: str, data: bytes) -> bool:
    """Say whether several values, written anew, are those bytes; that is soon told, and mostly so."""
    if VR in STRING_VR:
        if VR in CHARSET_VR and not is_plain(data):
            return False
        texts = [item if item.__class__ is str else "" if item is None else str(item) for item in value]
        return "\\".join(texts) == str(data, DEFAULT_ENCODING).rstrip("\0 ")
    try:
        return encode(raw[0], VR, value, _is_little(raw), ()) == data
    except EncodeError:
        return False


def _reads_as(value: Any, raw: RawElement, VR: str, data: bytes, dataset: Elements) -> bool:
    """Say whether those bytes read as the value."""
    with warnings.catch_warnings():  # of what was warned of when it was read
        warnings.simplefilter("ignore")
        fresh = decode(raw[0], VR, data, _is_little(raw), dataset._get_scope().encodings)
    return _texts(fresh) == _texts(value)


def _texts(value: Any) -> list[tuple[type, str]]:
    """Return what tells values apart that are written differently."""
    return [(type(item), str(item)) for item in (value if isinstance(value, list) else [value])]
