"""Makes DICOM for the examples: a header byte by byte, and pixel data of any size."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"

LONG_HEADERS = ("OB", "OW", "SQ", "UN")


def element(tag: int, VR: str, value: bytes | str, length: int | None = None) -> bytes:
    """Return one data element in Explicit VR Little Endian; a length of its own announces a value that follows."""
    data = value.encode("ascii") if isinstance(value, str) else value
    if len(data) % 2:
        data += b"\0" if VR == "UI" else b" "
    size = len(data) if length is None else length
    form = "<HH2sHI" if VR in LONG_HEADERS else "<HH2sH"
    reserved = (0,) if VR in LONG_HEADERS else ()
    return struct.pack(form, tag >> 16, tag & 0xFFFF, VR.encode("ascii"), *reserved, size) + data


def header(*, patient: str = "Doe^Jane", frames: int = 1, transfer_syntax: str = EXPLICIT_LITTLE_ENDIAN) -> bytes:
    """Return a file up to its pixel data: preamble, file meta information, some elements."""
    meta = element(0x00020002, "UI", ENHANCED_CT) + element(0x00020010, "UI", transfer_syntax)
    return b"".join(
        [
            bytes(128) + b"DICM",
            element(0x00020000, "UL", struct.pack("<I", len(meta))) + meta,
            element(0x00080020, "DA", "20260102"),
            element(0x00080060, "CS", "CT"),
            element(0x00100010, "PN", patient),
            element(0x00100020, "LO", f"{sum(patient.encode()):06}"),
            element(0x00280008, "IS", str(frames)),
            element(0x00280010, "US", struct.pack("<H", 512)),
            element(0x00280011, "US", struct.pack("<H", 512)),
            element(0x00280100, "US", struct.pack("<H", 16)),
            element(0x00280103, "US", struct.pack("<H", 0)),
        ]
    )


def native(megabytes: int, *, patient: str = "Doe^Jane") -> Iterator[bytes]:
    """Yield a file with so much uncompressed pixel data, in pieces of 1 MiB."""
    block = bytes(2**20)
    yield header(patient=patient) + element(0x7FE00010, "OW", b"", length=megabytes * 2**20)
    for _ in range(megabytes):
        yield block


def encapsulated(frames: int, frame_size: int) -> Iterator[bytes]:
    """Yield a file with so many frames, each a fragment of encapsulated pixel data (PS3.5 A.4)."""
    item = struct.pack("<HHI", 0xFFFE, 0xE000, frame_size) + bytes(frame_size)
    start = header(frames=frames, transfer_syntax=JPEG_BASELINE)
    yield start + element(0x7FE00010, "OB", b"", length=0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0)
    for _ in range(frames):
        yield item
    yield struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
