"""Checks that the installed wheel is complete by reading a file made here."""

from __future__ import annotations

import importlib.metadata
import struct
import sys
from pathlib import Path

import adicom

loaded = {"aiohttp", "fsspec", "numpy"} & set(sys.modules)
assert not loaded, f"import adicom has imported {loaded}"

import adicom.sync  # noqa: E402 - what it imports must not count above


def element(tag: int, vr: str, value: bytes) -> bytes:
    """Return one short element in Explicit VR Little Endian."""
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), len(value)) + value


def main() -> None:
    meta = element(0x00020010, "UI", b"1.2.840.10008.1.2.1\0")
    body = element(0x00080060, "CS", b"CT") + element(0x00100010, "PN", b"Doe^Jane")
    data = bytes(128) + b"DICM" + element(0x00020000, "UL", struct.pack("<I", len(meta))) + meta + body

    dataset = adicom.sync.dcmread(data)
    assert dataset.PatientName == "Doe^Jane", dataset
    assert dataset.file_meta.TransferSyntaxUID.name == "Explicit VR Little Endian"
    assert "site-packages" in Path(adicom.__file__).parts, "this is not the installed wheel"
    assert Path(adicom.__file__).with_name("py.typed").exists(), "the wheel is without types"
    assert Path(adicom.__file__).with_name("_generated").joinpath("keywords.pyi").exists(), "the stub is missing"
    print(f"adicom {importlib.metadata.version('adicom')} read a file of {len(data)} bytes")


if __name__ == "__main__":
    main()
