"""Encapsulated pixel data: fragments in items, behind a Basic Offset Table (PS3.5 A.4)."""

from __future__ import annotations

from itertools import accumulate
from struct import pack, unpack_from
from typing import TYPE_CHECKING, Final

from adicom.dataelem import StreamValue
from adicom.encoder.headers import LONGEST, item_header
from adicom.encoder.pulls import FromStream
from adicom.errors import EncodeError
from adicom.parser.kinds import LITTLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adicom.dataelem import EncapsulatedValue
    from adicom.encoder.encoded import Piece
    from adicom.errors import Path

__all__ = ("extended_tables", "fragments", "starts_with_item", "swap_fragments")

_ITEM: Final = {True: b"\xfe\xff\x00\xe0", False: b"\xff\xfe\xe0\x00"}
_HEADER: Final = 8
_LARGEST_OFFSET: Final = 0xFFFFFFFF


def starts_with_item(data: bytes | bytearray | memoryview) -> bool:
    """Say whether a value begins with an item, as encapsulated pixel data does.

    Example:
        >>> starts_with_item(bytes.fromhex("feff00e000000000")), starts_with_item(bytes(8))
        (True, False)
    """
    return bytes(data[:4]) in _ITEM.values()


def swap_fragments(data: bytes, *, little_endian: bool) -> bytes:
    """Return encapsulated pixel data with the headers of its items, and its offsets, in the other byte order.

    Args:
        data: From the item of the Basic Offset Table to the last fragment.
        little_endian: The byte order that they are in.

    Raises:
        EncodeError: They are no items.
    """
    order, other = ("<", ">") if little_endian else (">", "<")
    parts: list[bytes] = []
    pos = 0
    while pos < len(data):
        if data[pos : pos + 4] != _ITEM[little_endian] or pos + _HEADER > len(data):
            raise EncodeError(f"encapsulated pixel data is no row of items: byte {pos} begins none")
        (length,) = unpack_from(f"{order}L", data, pos + 4)
        value = data[pos + _HEADER : pos + _HEADER + length]
        if not parts and length % 4 == 0:
            offsets = unpack_from(f"{order}{len(value) // 4}L", value)
            value = pack(f"{other}{len(offsets)}L", *offsets)
        parts += [item_header(length, 0 if little_endian else LITTLE), value]
        pos += _HEADER + length
    return b"".join(parts)


def _sizes(value: EncapsulatedValue) -> list[int]:
    """Return the bytes of each frame, padded to an even number."""
    sizes = [frame.length if isinstance(frame, StreamValue) else len(frame) for frame in value.frames]
    for size in sizes:
        _check(size)
    return [size + (size & 1) for size in sizes]


def _check(size: int) -> None:
    if size > LONGEST:
        raise EncodeError(f"a fragment of {size} bytes is too long: {LONGEST} are possible")


def _offsets(value: EncapsulatedValue) -> list[int]:
    """Return where the item of each frame starts, from the first of them on."""
    return [0, *accumulate(size + _HEADER for size in _sizes(value))][:-1]


def extended_tables(value: EncapsulatedValue) -> tuple[list[int], list[int]]:
    """Return Extended Offset Table and Extended Offset Table Lengths (PS3.3 C.7.6.3.1.8)."""
    return _offsets(value), _sizes(value)


def fragments(value: EncapsulatedValue, form: int, tag: int, path: Path) -> Iterator[Piece]:
    """Yield what encapsulated pixel data consists of, from its Basic Offset Table to its last fragment.

    Args:
        value: The frames or the stream.
        form: How headers are written.
        tag: The tag of the pixel data.
        path: The sequences and items around it.

    Raises:
        EncodeError: A fragment is too long, or an offset too large for a Basic Offset Table.
    """
    table = b""
    if value.offset_table == "basic":
        offsets = _offsets(value)
        if offsets and offsets[-1] > _LARGEST_OFFSET:
            raise EncodeError(f"a Basic Offset Table ends at byte {_LARGEST_OFFSET}: an extended one is wanted")
        table = pack(f"{'<' if form & LITTLE else '>'}{len(offsets)}L", *offsets)
    yield item_header(len(table), form) + table
    if value.stream is not None:
        yield from _stream(value.stream, value.fragment_size, form, tag, path)
        return
    for frame, size in zip(value.frames, _sizes(value), strict=True):
        yield item_header(size, form)
        length = frame.length if isinstance(frame, StreamValue) else len(frame)
        yield FromStream(frame, 0, length, tag, path) if isinstance(frame, StreamValue) else bytes(frame)
        if length & 1:
            yield b"\0"


def _stream(stream: StreamValue, fragment_size: int | None, form: int, tag: int, path: Path) -> Iterator[Piece]:
    step = fragment_size or stream.length + (stream.length & 1)
    _check(step)
    for offset in range(0, stream.length, step):
        length = min(step, stream.length - offset)
        yield item_header(length + (length & 1), form)
        yield FromStream(stream, offset, length, tag, path)
        if length & 1:
            yield b"\0"
