"""The files that sources are tested with, written byte by byte."""

from __future__ import annotations

import random
from struct import pack
from typing import Final

__all__ = ("CUT", "DOCUMENT", "PATIENT_ID", "PIXELS", "SAMPLE")

PATIENT_ID: Final = "adicom-1"

# No two parts of them are alike, so that bytes from a wrong place are noticed.
DOCUMENT: Final = random.Random(1).randbytes(50_000)
PIXELS: Final = random.Random(2).randbytes(256 * 256 * 2)

_UNDEFINED: Final = 0xFFFFFFFF


def _short(tag: int, vr: bytes, value: bytes) -> bytes:
    """Return a data element with a length of 16 bits (PS3.5 7.1.2)."""
    return pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


def _long(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """Return one with a length of 32 bits."""
    return pack("<HH2sHL", tag >> 16, tag & 0xFFFF, vr, 0, len(value) if length is None else length) + value


def _item(content: bytes) -> bytes:
    return pack("<HHL", 0xFFFE, 0xE000, len(content)) + content


def _file() -> bytes:
    meta = _long(0x00020001, b"OB", b"\0\1")
    meta += _short(0x00020002, b"UI", b"1.2.840.10008.5.1.4.1.1.7\0")
    meta += _short(0x00020003, b"UI", b"2.25.1")
    meta += _short(0x00020010, b"UI", b"1.2.840.10008.1.2.1\0")
    meta += _short(0x00020012, b"UI", b"2.25.2")
    code = _short(0x00080100, b"SH", b"113100") + _short(0x00080102, b"SH", b"DCM ")
    attached = _item(_short(0x00080100, b"SH", b"long") + _long(0x00420011, b"OB", DOCUMENT[::-1]))
    delimiter = pack("<HHL", 0xFFFE, 0xE0DD, 0)
    body = _short(0x00080005, b"CS", b"ISO_IR 192")
    body += _short(0x00080016, b"UI", b"1.2.840.10008.5.1.4.1.1.7\0") + _short(0x00080018, b"UI", b"2.25.1")
    body += _short(0x00080060, b"CS", b"OT")
    body += _long(0x00081140, b"SQ", _item(code) + attached)
    body += _short(0x00100010, b"PN", "Müller^Jürgen ".encode()) + _short(0x00100020, b"LO", PATIENT_ID.encode())
    body += _short(0x00280002, b"US", pack("<H", 1)) + _short(0x00280004, b"CS", b"MONOCHROME2 ")
    body += _short(0x00280010, b"US", pack("<H", 256)) + _short(0x00280011, b"US", pack("<H", 256))
    body += _short(0x00280100, b"US", pack("<H", 16)) + _short(0x00280101, b"US", pack("<H", 16))
    body += _short(0x00280102, b"US", pack("<H", 15)) + _short(0x00280103, b"US", pack("<H", 0))
    body += _long(0x0040A730, b"SQ", _item(code) * 40 + delimiter, _UNDEFINED)
    body += _long(0x00420011, b"OB", DOCUMENT)
    body += _long(0x7FE00010, b"OW", PIXELS) + _long(0xFFFCFFFC, b"OB", bytes(126))
    return bytes(128) + b"DICM" + _short(0x00020000, b"UL", pack("<L", len(meta))) + meta + body


SAMPLE: Final = _file()
"""A file of 230 kB: sequences of both forms, long values in an item and at the top, one element behind the pixels."""

CUT: Final = SAMPLE[:-60_000]
"""The same, ended inside its pixels."""
