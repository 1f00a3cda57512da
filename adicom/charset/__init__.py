"""Specific Character Set (0008,0005): which codecs a text is written in, and back."""

from __future__ import annotations

from adicom.charset.decoding import decode_bytes, decode_element, decode_string
from adicom.charset.encoding import encode_string
from adicom.charset.escapes import PN_DELIMITERS, TEXT_DELIMITERS, VALUE_DELIMITERS
from adicom.charset.terms import (
    DEFAULT_ENCODING,
    convert_encodings,
    default_encoding,
    encodings_for,
    python_encoding,
)

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
