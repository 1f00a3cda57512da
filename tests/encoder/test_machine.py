"""The event encoder writes what the events say, and refuses what makes no file."""

from __future__ import annotations

import tracemalloc
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from adicom.encoder import Encoder
from adicom.errors import EncodeError
from adicom.parser import (
    UNDEFINED_LENGTH,
    DeferredElement,
    Element,
    Encoding,
    Event,
    FileEnd,
    FileMetaEnd,
    FileStart,
    FragmentEnd,
    FragmentStart,
    ItemEnd,
    ItemStart,
    Parser,
    PixelDataEnd,
    PixelDataStart,
    Plan,
    SequenceEnd,
    SequenceStart,
    ValueChunk,
    ValueEnd,
    ValueStart,
)
from adicom.tag import BaseTag
from tests import made, oracle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adicom.errors import Path

PLAIN = Encoding(implicit_vr=False, little_endian=True)
PACKED = Encoding(implicit_vr=False, little_endian=True, inflated=True)
SEQUENCE = BaseTag(0x0040A730)
PIXELS = BaseTag(0x7FE00010)
WHERE: tuple[int, Path, Encoding] = (0, (), PLAIN)

START = FileStart(*WHERE, None)
META_END = FileMetaEnd(*WHERE, None)
END = FileEnd(*WHERE, 0)


def text(value: bytes = b"1 ", **changes: Any) -> Element:
    event = Element(*WHERE, BaseTag(0x00100020), "LO", len(value), value)
    return replace(event, **changes)


def in_sequence(length: int = UNDEFINED_LENGTH) -> SequenceStart:
    return SequenceStart(*WHERE, SEQUENCE, "SQ", length)


def in_item(length: int = UNDEFINED_LENGTH) -> ItemStart:
    return ItemStart(*WHERE, 0, length)


def item_end(delimiter: int | None = 0) -> ItemEnd:
    return ItemEnd(*WHERE, 0, delimiter)


def sequence_end(delimiter: int | None = 0, tag: int = SEQUENCE) -> SequenceEnd:
    return SequenceEnd(*WHERE, BaseTag(tag), delimiter)


def value_start(length: int) -> ValueStart:
    return ValueStart(*WHERE, BaseTag(0x00091001), "OB", length)


def chunk(data: bytes) -> ValueChunk:
    return ValueChunk(*WHERE, memoryview(data))


VALUE_END = ValueEnd(*WHERE, BaseTag(0x00091001))
PIXELS_START = PixelDataStart(*WHERE, PIXELS, "OB", UNDEFINED_LENGTH)
PIXELS_END = PixelDataEnd(*WHERE, PIXELS, 0)
FRAGMENT_END = FragmentEnd(*WHERE, 0)


def fragment(length: int) -> FragmentStart:
    return FragmentStart(*WHERE, 0, length)


def encoded(events: Iterable[Event]) -> bytes:
    encoder = Encoder()
    return b"".join(piece for event in events for piece in encoder.send(event))


def test_by_hand() -> None:
    events: list[Event] = [
        FileStart(*WHERE, bytes(128)),
        META_END,
        text(),
        in_sequence(20),
        in_item(0),
        item_end(None),
        in_item(4 + 8 - 12),
        item_end(None),
        in_item(0),
    ]
    data = bytes(128) + b"DICM" + made.element(0x00100020, "LO", "1 ")
    data += made.header(SEQUENCE, "SQ", 20) + made.item() + made.item() + made.header(made.ITEM, "", 0)
    with pytest.raises(EncodeError, match="4 bytes are too many"):
        encoded(events)
    events[3] = in_sequence(24)
    events += [item_end(None), sequence_end(None), value_start(3), chunk(b"a"), chunk(b"bc"), VALUE_END]
    events += [PIXELS_START, fragment(0), FRAGMENT_END, fragment(2), chunk(b"xy"), FRAGMENT_END, PIXELS_END]
    events += [FileEnd(*WHERE, 3)]
    data = data.replace(b"\x14\0\0\0", b"\x18\0\0\0")
    data += made.element(0x00091001, "OB", b"abc") + made.encapsulated([b"xy"]) + bytes(3)
    assert encoded(events) == data


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([META_END], "FileStart was wanted, not FileMetaEnd"),
        ([START, START], "Element or ValueStart or FileMetaEnd was wanted, not FileStart"),
        ([START, in_sequence()], "Element or ValueStart or FileMetaEnd was wanted, not SequenceStart"),
        ([FileStart(*WHERE, b"short")], "a preamble has 128 bytes, not 5"),
        ([START, META_END, item_end()], "PixelDataStart or FileEnd was wanted, not ItemEnd"),
        ([START, META_END, chunk(b"")], "was wanted, not ValueChunk"),
        ([START, META_END, END, text()], "nothing more was wanted, not Element"),
        ([START, META_END, in_sequence(), text()], "ItemStart or SequenceEnd was wanted, not Element"),
        ([START, META_END, in_sequence(), END], "ItemStart or SequenceEnd was wanted, not FileEnd"),
        ([START, META_END, in_sequence(), in_item(), END], "PixelDataStart or ItemEnd was wanted, not FileEnd"),
        ([START, META_END, in_sequence(), in_item(), sequence_end()], "was wanted, not SequenceEnd"),
        ([START, META_END, value_start(2), text()], "ValueChunk or ValueEnd was wanted, not Element"),
        ([START, META_END, PIXELS_START, chunk(b"")], "FragmentStart or PixelDataEnd was wanted, not ValueChunk"),
        ([START, META_END, PIXELS_START, fragment(0), PIXELS_END], "ValueChunk or FragmentEnd was wanted"),
        ([START, META_END, text(length=4)], "the value has 2 bytes, its header says 4"),
        ([START, META_END, value_start(4), chunk(b"ab"), VALUE_END], "its length says 2 bytes more"),
        ([START, META_END, value_start(1), chunk(b"ab")], "1 bytes are too many for what is around them"),
        ([START, META_END, value_start(UNDEFINED_LENGTH)], "has a defined length"),
        ([START, META_END, value_start(0), replace(VALUE_END, tag=PIXELS)], "the end of another element was wanted"),
        ([START, META_END, in_sequence(), sequence_end(tag=0x00081140)], "the end of another element was wanted"),
        ([START, META_END, in_sequence(), sequence_end(None)], "ends with a delimiter"),
        ([START, META_END, in_sequence(), in_item(), item_end(None)], "ends with a delimiter"),
        ([START, META_END, in_sequence(20), in_item(12), item_end(None)], "its length says 12 bytes more"),
        ([START, META_END, in_sequence(20), sequence_end(None)], "its length says 20 bytes more"),
        ([START, META_END, in_sequence(20), in_item(), text(), text()], "8 bytes are too many"),
        ([START, META_END, in_sequence(20), in_item(13)], "1 bytes are too many"),
        ([START, META_END, in_sequence(20), in_item(8), value_start(0)], "4 bytes are too many"),
        ([START, META_END, in_sequence(20), in_item(12), value_start(2)], "2 bytes are too many"),
        ([START, META_END, PIXELS_START, PixelDataEnd(*WHERE, PIXELS, None)], "ends with a delimiter"),
        ([START, META_END, replace(PIXELS_START, length=8)], "in fragments has undefined length"),
        ([START, META_END, PIXELS_START, fragment(UNDEFINED_LENGTH)], "a fragment has a defined length"),
        ([START, META_END, text(VR="US or SS")], "'US or SS' is no VR that a header can have"),
        ([START, META_END, text(bytes(65536))], "the length field of VR LO cannot hold 65536"),
        ([START, META_END, text(encoding=PACKED), text()], "what comes behind deflated elements is deflated too"),
        ([START, META_END, DeferredElement(*WHERE, PIXELS, "OB", 4)], "was wanted, not DeferredElement"),
        ([START, META_END, "text"], "was wanted, not str"),
    ],
)
def test_what_makes_no_file_is_an_error(events: list[Any], message: str) -> None:
    encoder = Encoder()
    for event in events[:-1]:
        encoder.send(event)
    with pytest.raises(EncodeError, match=message) as caught:
        encoder.send(events[-1])
    assert caught.value.tag == getattr(events[-1], "tag", None)
    assert not encoder.finished
    with pytest.raises(EncodeError, match="nothing after an error was wanted"):
        encoder.send(START)


def test_an_error_says_where() -> None:
    path = ((0x00081140, 3),)
    encoder = Encoder()
    for event in (START, META_END, in_sequence(), in_item()):
        encoder.send(event)
    with pytest.raises(EncodeError) as caught:
        encoder.send(text(length=4, path=path))
    assert (caught.value.path, caught.value.tag) == (path, 0x00100020)


def test_an_odd_delimiter_in_an_item_of_defined_length() -> None:
    data = encoded([START, META_END, in_sequence(), in_item(8), item_end(0), sequence_end(), END])
    item = made.header(made.ITEM, "", 8) + made.header(made.ITEM_END, "", 0)
    assert data == made.header(SEQUENCE, "SQ", made.UNDEFINED) + item + made.header(made.SEQUENCE_END, "", 0)


@pytest.mark.parametrize("length", range(6))
def test_deflated_events_have_an_even_number_of_bytes(length: int) -> None:
    value = bytes(range(65, 65 + 2 * length))
    element = text(value, encoding=PACKED)
    data = encoded([START, META_END, element, replace(END, encoding=PACKED)])
    assert len(data) % 2 == 0
    assert zlib.decompressobj(-15).decompress(data) == made.element(0x00100020, "LO", value)
    assert (
        zlib.decompressobj(-15).decompress(encoded([START, META_END, replace(END, encoding=PACKED, padding=2)]))
        == b"\0\0"
    )


def test_an_implicit_element_may_have_any_vr() -> None:
    encoding = Encoding(implicit_vr=True, little_endian=True)
    event = text(b"1 ", VR="US or SS", encoding=encoding)
    assert encoded([START, META_END, event]) == made.element(0x00100020, "LO", "1 ", made.IMPLICIT)


def test_a_file_of_any_size_takes_no_more_memory() -> None:
    count, size = 400, 2**20
    header = made.part10(b"") + made.header(0x7FE00010, "OB", count * size)

    def events() -> Iterable[Event]:
        parser = Parser(plan=Plan(collect_up_to=1000))
        parser.receive_data(header)
        yield from parser.events()
        piece = bytes(size)
        for _ in range(count):
            parser.receive_data(piece)
            yield from parser.events()
        parser.receive_eof()
        yield from parser.events()

    encoder = Encoder()
    total = 0
    tracemalloc.start()
    for event in events():
        total += sum(map(len, encoder.send(event)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert encoder.finished
    assert total == len(header) + count * size
    assert peak < 8 * size


def test_depth() -> None:
    data = made.part10(made.nested(SEQUENCE, 256, undefined=True) + made.nested(0x0040A731, 256, undefined=False))
    assert encoded(oracle.parse(data)) == data
