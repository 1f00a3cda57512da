"""The items that fragments lie in: what is in them, without their headers (PS3.5 A.4)."""

from __future__ import annotations

from struct import Struct
from typing import Final

from adicom.errors import ParseError
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.pixels.layout import PIXEL_DATA

__all__ = ("HEADER_SIZE", "ItemReader", "Misplaced", "join_items", "read_header")

HEADER_SIZE: Final = 8
_LITTLE: Final = Struct("<HHL").unpack_from
_BIG: Final = Struct(">HHL").unpack_from
_ITEM: Final = (0xFFFE, 0xE000)
_DELIMITER: Final = (0xFFFE, 0xE0DD)


class Misplaced(ParseError):
    """Where an item should start, or end, none does."""


def read_header(data: bytes | memoryview, at: int, offset: int, little_endian: bool) -> int | None:
    """Return the length of the item whose header lies at ``at``; None for the delimiter behind the last one.

    Args:
        data: Holds the header.
        at: Where in the data it starts.
        offset: Where in the source it starts.
        little_endian: The byte order.

    Raises:
        Misplaced: It is neither, or its length is undefined.

    Example:
        >>> read_header(bytes.fromhex("feff00e0 10000000"), 0, 5300, True)
        16
    """
    group, element, length = (_LITTLE if little_endian else _BIG)(data, at)
    if (group, element) == _DELIMITER:
        return None
    if (group, element) != _ITEM or length == UNDEFINED_LENGTH:
        raise Misplaced("a fragment or the end of the pixel data was wanted", offset=offset, tag=PIXEL_DATA)
    return int(length)


def join_items(data: bytes, offset: int, little_endian: bool) -> bytes:
    """Return what is in the items that fill the data.

    Raises:
        Misplaced: They do not fill it exactly.

    Example:
        >>> join_items(bytes.fromhex("feff00e0 02000000 0102 feff00e0 02000000 0304"), 0, True).hex()
        '01020304'
    """
    parts: list[bytes] = []
    at = 0
    while at < len(data):
        length = read_header(data, at, offset + at, little_endian) if at + HEADER_SIZE <= len(data) else None
        if length is None or at + HEADER_SIZE + length > len(data):
            raise Misplaced("a fragment is not where the frame's are", offset=offset + at, tag=PIXEL_DATA)
        at += HEADER_SIZE
        parts.append(data[at : at + length])
        at += length
    return parts[0] if len(parts) == 1 else b"".join(parts)


class ItemReader:
    r"""Takes items apart as their bytes come, up to the delimiter.

    Args:
        offset: Where in the source the first byte lies.
        little_endian: The byte order.

    Attributes:
        finished: Whether the delimiter was seen.
        offset: Where in the source the next byte lies.

    Example:
        >>> reader = ItemReader(0, True)
        >>> reader.feed(bytes.fromhex("feff00e0 04000000 0102"))
        [b'\x01\x02']
        >>> reader.missing
        10
        >>> reader.feed(bytes.fromhex("0304 feffdde0 00000000")), reader.finished
        ([b'\x03\x04'], True)
    """

    def __init__(self, offset: int, little_endian: bool) -> None:
        self.offset = offset
        self.finished = False
        self._little_endian = little_endian
        self._pending = b""
        self._left = 0

    @property
    def missing(self) -> int:
        """How many bytes complete the present item with the header behind it."""
        return self._left + HEADER_SIZE - len(self._pending)

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes; return the pieces of fragments in them.

        Raises:
            Misplaced: What follows an item is none.
        """
        self.offset += len(data)
        start = self.offset - len(data) - len(self._pending)
        data, self._pending = self._pending + data if self._pending else data, b""
        parts: list[bytes] = []
        at = 0
        while at < len(data) and not self.finished:
            if self._left:
                part = data[at : at + self._left]
                parts.append(part)
                self._left -= len(part)
                at += len(part)
            elif at + HEADER_SIZE > len(data):
                self._pending = data[at:]
                break
            else:
                length = read_header(data, at, start + at, self._little_endian)
                self.finished = length is None
                self._left = length or 0
                at += HEADER_SIZE
        return parts
