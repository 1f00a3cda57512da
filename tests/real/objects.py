"""The objects that the servers hold, written by hand."""

from __future__ import annotations

from typing import Final

from tests import made
from tests.made import element, header, item, part10, sequence

__all__ = ("BIG", "CT", "FRAGMENT", "FRAGMENTS", "INNER", "NESTED", "NESTED_VALUES", "OBJECTS", "PIXELS", "changed")

PIXELS: Final = bytes(range(256)) * 2048
BIG: Final = 64 * 1024

_HEADER: Final = made.small().rpartition(header(made.PIXEL_DATA, "OW", 8))[0] + element(0x00400280, "ST", "x" * 6000)
CT: Final = part10(_HEADER + element(made.PIXEL_DATA, "OW", PIXELS))
"""An image: a header of about 6,500 bytes, then half a megabyte of pixels."""

# Far apart, so that they are three requests; each inside an item, the last one two levels down.
NESTED_VALUES: Final = [bytes([number]) * (BIG + 2 * number) for number in (1, 2, 3)]
INNER: Final = 0x00420011


def _holding(value: bytes) -> bytes:
    # The second one is below what is deferred: it keeps the first ones of two items apart.
    return element(INNER, "OB", value) + element(0x00420012, "LO", "text/plain") + element(0x00420099, "OB", bytes(BIG))


NESTED: Final = part10(
    _HEADER
    + sequence(0x00400555, [item(_holding(NESTED_VALUES[0])), item(_holding(NESTED_VALUES[1]), undefined=True)])
    + sequence(0x00400556, [item(sequence(0x00400557, [item(_holding(NESTED_VALUES[2]))]))], undefined=True)
    + element(made.PIXEL_DATA, "OW", bytes(8))
)

FRAGMENT: Final = b"\xff\xd8" + bytes(range(256)) * 100 + b"\xff\xd9"
FRAGMENTS: Final = part10(_HEADER + made.encapsulated([FRAGMENT] * 8), made.JPEG_BASELINE)
"""Compressed frames without an offset table."""

OBJECTS: Final = {
    "ct": CT,
    # What is quoted in URLs and signatures, and what looks as if it was already.
    "folder/a b+c&d=e%41ü~(1).dcm": CT,
    "nested": NESTED,
    "fragments": FRAGMENTS,
    "small": part10(made.small()),
    "empty": b"",
}


def changed(data: bytes) -> bytes:
    """Return the object with other pixels; its length stays."""
    return data[:-1000] + b"else" + data[-996:]
