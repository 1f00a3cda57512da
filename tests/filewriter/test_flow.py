"""What is asked for while bytes leave: how much at a time, in which order, and what must be wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

import adicom.sync
from adicom.dataset import Dataset
from adicom.encoder import (
    EncapsulatedValue,
    Encoded,
    FromFragments,
    FromStream,
    StreamValue,
    encode_dataset,
    encode_file,
)
from adicom.errors import EncodeError
from adicom.filewriter.flow import Close, Next, Open, Ranges, flow
from tests import made
from tests.made import element, encapsulated

pytestmark = pytest.mark.filterwarnings("ignore:the file describes an image")

TAG = 0x00091001


def driven(encoded: Encoded, data: bytes = b"", window: int = 100, step: int = 4) -> tuple[bytes, list[Any]]:
    """Return the bytes and all demands; streams and fragments give ``step`` bytes at a time."""
    out: list[bytes | memoryview] = []
    demands: list[Any] = []
    stream = b""
    running = flow(encoded, window)
    answer: Any = None
    while True:
        try:
            found = running.send(answer)
        except StopIteration:
            return b"".join(out), demands
        answer = None
        if isinstance(found, bytes | memoryview):
            assert found
            out.append(found)
            continue
        demands.append(found)
        if isinstance(found, Ranges):
            answer = [data[offset : offset + length] for offset, length in found.ranges]
        elif isinstance(found, Open):
            pull = found.pull
            stream = b"".join(pull.stream.open()) if isinstance(pull, FromStream) else fragments_at(data, pull)  # type: ignore[arg-type]  # they are plain ones
        elif isinstance(found, Next):
            answer, stream = stream[:step], stream[step:]


def fragments_at(data: bytes, pull: FromFragments) -> bytes:
    return data[pull.offset : data.index(b"\xfe\xff\xdd\xe0", pull.offset)]


def deferred(*lengths: int) -> tuple[Dataset, bytes, bytes]:
    """Return a dataset with deferred values, its file, and the data set in it."""
    body = element(0x00080060, "CS", "CT")
    for number, length in enumerate(lengths):
        body += element(TAG + number, "OB", bytes(range(1, 1 + length)))
    data = made.part10(body)
    return adicom.sync.dcmread(data, defer_size=2, load_on_access=False), data, body


def ranges(demands: list[Any]) -> list[list[int]]:
    return [[length for _, length in demand.ranges] for demand in demands]


def test_short_values_are_asked_for_together() -> None:
    ds, data, body = deferred(40, 40, 20, 4, 90, 200, 6, 8)
    out, demands = driven(encode_dataset(ds), data)
    assert out == body
    assert ranges(demands) == [[40, 40, 20], [4, 90], [100], [100], [6, 8]]


def test_each_byte_is_asked_for_once_whatever_the_window() -> None:
    ds, data, body = deferred(*range(4, 60, 4))
    for window in (1, 2, 7, 64, 1000):
        out, demands = driven(encode_dataset(ds), data, window)
        assert out == body
        assert sum(map(sum, ranges(demands))) == sum(range(4, 60, 4))
        assert all(sum(lengths) <= window for lengths in ranges(demands))


def test_values_of_two_sources_are_asked_for_apart() -> None:
    ds, data, body = deferred(10, 10)  # whose headers are as long as the other's
    other, _, _ = deferred(6, 10)
    ds[TAG] = other[TAG]
    out, demands = driven(encode_dataset(ds), data)
    assert ranges(demands) == [[6], [10]]
    assert [demand.source.describe() for demand in demands] == ["bytes", "bytes"]
    assert demands[0].source is not demands[1].source
    assert out == element(0x00080060, "CS", "CT") + element(TAG, "OB", bytes(range(1, 7))) + body[-22:]


def test_words_are_turned_round_across_windows() -> None:
    words = bytes(range(20))
    ds = adicom.sync.dcmread(made.part10(element(TAG, "OL", words)), defer_size=2)
    out, _ = driven(
        encode_dataset(ds, implicit_vr=False, little_endian=False), made.part10(element(TAG, "OL", words)), 3
    )
    turned = b"".join(words[start : start + 4][::-1] for start in range(0, 20, 4))
    assert out == element(TAG, "OL", turned, made.BIG)


def test_pixel_data_that_was_not_walked() -> None:
    body = element(0x00080060, "CS", "CT") + encapsulated([b"abcd", b"ef"], bytes(4))
    data = made.part10(body, made.JPEG_BASELINE)
    ds = adicom.sync.dcmread(data, defer_size=2)
    ds.fetch_rest()
    out, demands = driven(encode_dataset(ds), data, step=5)
    assert out == body
    assert [type(demand) for demand in demands] == [Open, *[Next] * 8, Close]  # 34 bytes, then the end


def stream(data: bytes) -> StreamValue:
    return StreamValue(len(data), lambda: iter([data]))


@pytest.mark.parametrize("step", [1, 2, 3, 100])
def test_a_stream_that_becomes_fragments_is_opened_once(step: int) -> None:
    ds = Dataset()
    ds.PixelData = EncapsulatedValue(stream=stream(b"abcdefg"), fragment_size=4)
    out, demands = driven(encode_dataset(ds, implicit_vr=False), step=step)
    assert out == encapsulated([b"abcd", b"efg\0"])
    assert [type(demand) for demand in demands if not isinstance(demand, Next)] == [Open, Close]


def test_one_stream_in_two_elements_is_opened_twice() -> None:
    ds = Dataset()
    both = stream(b"abc")
    ds.add_new(TAG, "OB", both)
    ds.add_new(TAG + 1, "OB", both)
    out, demands = driven(encode_dataset(ds, implicit_vr=False))
    assert out == element(TAG, "OB", b"abc\0") + element(TAG + 1, "OB", b"abc\0")
    assert [type(demand) for demand in demands] == [Open, Next, Next, Close] * 2


@pytest.mark.parametrize("fragment_size", [None, 2, 4])
@pytest.mark.parametrize("step", [1, 3, 100])
@pytest.mark.parametrize(("came", "message"), [(b"abc", "6 bytes are wanted, 3 have come"), (b"abcdefg", "more have")])
def test_too_few_or_too_many_bytes_are_an_error(
    came: bytes, message: str, step: int, fragment_size: int | None
) -> None:
    ds = Dataset()
    value = StreamValue(6, lambda: iter([came]))
    ds.PixelData = EncapsulatedValue(stream=value, fragment_size=fragment_size)
    with pytest.raises(EncodeError, match=message) as caught:
        driven(encode_dataset(ds, implicit_vr=False), step=step)
    assert caught.value.tag == 0x7FE00010


def test_nothing_is_given_for_what_is_still_in_the_packer() -> None:
    ds = adicom.sync.dcmread(made.part10(made.small(), made.EXPLICIT_LE))
    ds.file_meta.TransferSyntaxUID = made.DEFLATED_LE
    ds.PixelData = stream(bytes(1000))
    out, _ = driven(encode_file(ds))
    assert len(adicom.sync.dcmread(out).PixelData) == 1000
