"""The files that writing is tested with, and those that do not come out as they went in, each with its reason."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from tests import oracle

if TYPE_CHECKING:
    from pathlib import Path

# Each file once: the corpus has many of those that pydicom brings along.
ONCE: Final = {(path.stat().st_size, zlib.crc32(path.read_bytes())): path for path in oracle.all_files()}
WELL_FORMED: Final = [path for path in ONCE.values() if oracle.short_name(path) not in oracle.FAULTY]

# What is read, and warned of, but belongs to no element; or what a dataset, which is sorted by tag, does not keep.
DROPPED: Final[dict[str, str]] = {
    "DIRW0007": "a second sequence delimiter behind the pixel data, at the end",
    "winter.dcm": "(0008,0018) twice: the dataset keeps one of them (dicom-rules 12)",
}


def is_deflated(data: bytes) -> bool:
    """Tell whether the file's transfer syntax is a deflated one, by a look for its UID."""
    return b"1.2.840.10008.1.2.1.99" in data[:400]


def inflated(data: bytes) -> bytes:
    """Return a deflated file with its data set inflated, found without any parser of ours."""
    if not is_deflated(data):
        return data
    end = 144 + int.from_bytes(data[140:144], "little")
    return data[:end] + zlib.decompressobj(-15).decompress(data[end:])


def kept(paths: list[Path]) -> list[Path]:
    """Return those of the files of which nothing is dropped."""
    return [path for path in paths if oracle.short_name(path) not in DROPPED]
