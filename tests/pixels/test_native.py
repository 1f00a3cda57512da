"""Native frames: where they lie and what their bytes are, worked out by hand and with pydicom."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import ExplicitVRBigEndian

from adicom.errors import DecodeError, DicomWarning
from adicom.io import Range
from adicom.pixels import Layout, frames_of
from adicom.pixels.native import NativeFrames
from tests.pixels.serving import Served

PIXEL_DATA, FLOAT, DOUBLE = 0x7FE00010, 0x7FE00008, 0x7FE00009
VALUE = bytes(range(30))


def layout(length: int, **changes: Any) -> Layout:
    return Layout(
        **{
            "tag": PIXEL_DATA,
            "vr": "OW",
            "offset": 1000,
            "length": length,
            "frames": 2,
            "rows": 3,
            "columns": 5,
            "samples": 1,
            "bits": 8,
            **changes,
        }
    )


def test_a_frame_is_one_range() -> None:
    served = Served(VALUE)
    frames = NativeFrames(layout(30))
    assert served.run(frames.locate([0, 1], 100)) == {}
    assert served.run(frames.frame(1)) == VALUE[15:30]
    assert served.asked == [Range(1015, 15)]


def frame_of(frames: NativeFrames, index: int, value: bytes) -> bytes:
    place = frames.range_of(index)
    return frames.cut(index, place, value[place.offset - 1000 : place.end - 1000])


@pytest.mark.parametrize(
    ("changes", "size"),
    [
        ({}, 15),
        ({"bits": 16}, 30),
        ({"bits": 32, "samples": 3}, 180),
        ({"bits": 64}, 120),
        ({"bits": 24}, 45),
        ({"tag": FLOAT, "vr": "OF", "bits": None, "samples": None}, 60),
        ({"tag": FLOAT, "vr": "OF", "bits": 32}, 60),
        ({"tag": DOUBLE, "vr": "OD", "bits": None, "samples": None}, 120),
        ({"samples": 3, "columns": 6, "subsampled": True}, 36),  # PS3.3 C.7.6.3.1.2: two samples a pixel
    ],
)
def test_size_follows_from_the_attributes(changes: dict[str, Any], size: int) -> None:
    frames = NativeFrames(layout(2 * size, **changes))
    assert [frames.range_of(index) for index in range(2)] == [Range(1000, size), Range(1000 + size, size)]
    value = bytes(range(200)) * 4
    assert frame_of(frames, 1, value) == value[size : 2 * size]


def test_frames_of_one_bit_are_shifted() -> None:
    """3 x 3 pixels, 9 bits a frame: 1 0 1 1 0 0 1 0 1, then 0 1 1 0 1 1 1 1 0, then nine ones."""
    bits = "101100101" + "011011110" + "1" * 9 + "00000"  # the pad bits come once, at the end
    value = bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, 32, 8))
    frames = NativeFrames(layout(4, frames=3, columns=3, bits=1))
    assert frames.range_of(0) == Range(1000, 2)
    assert frames.range_of(1) == Range(1001, 2)
    assert frames.range_of(2) == Range(1002, 2)
    assert frame_of(frames, 0, value) == bytes([0b01001101, 1])
    assert frame_of(frames, 1, value) == bytes([0b01110110 | 0b10000000, 0])
    assert frame_of(frames, 2, value) == b"\xff\x01"


def test_frames_of_one_bit_that_start_on_a_byte_are_as_they_are() -> None:
    frames = NativeFrames(layout(4, rows=4, columns=4, bits=1))
    assert frames.range_of(1) == Range(1002, 2)
    assert frame_of(frames, 1, b"\1\2\3\4") == b"\3\4"


def test_a_single_frame_of_one_bit_is_padded_with_zeros() -> None:
    frames = NativeFrames(layout(2, frames=1, bits=1))
    assert frame_of(frames, 0, b"\xff\xff") == b"\xff\x7f"


@settings(max_examples=40)
@given(st.integers(1, 5), st.integers(1, 12), st.integers(1, 12), st.randoms())
def test_frames_of_one_bit_like_numpy(number: int, rows: int, columns: int, random: Any) -> None:
    pixels = np.array([random.getrandbits(1) for _ in range(number * rows * columns)], dtype="u1")
    value = np.packbits(pixels, bitorder="little").tobytes()
    value += bytes(len(value) & 1)
    frames = NativeFrames(layout(len(value), frames=number, rows=rows, columns=columns, bits=1))
    for index in range(number):
        expected = pixels[index * rows * columns : (index + 1) * rows * columns]
        assert frame_of(frames, index, value) == np.packbits(expected, bitorder="little").tobytes()


def test_big_endian_samples_stay_as_they_are() -> None:
    frames = NativeFrames(layout(60, bits=16, little_endian=False))
    assert frame_of(frames, 1, bytes(range(60))) == bytes(range(30, 60))
    frames = NativeFrames(layout(30, little_endian=False, vr="OB"))
    assert frame_of(frames, 1, bytes(range(30))) == bytes(range(15, 30))


def test_words_of_big_endian_samples_are_not_cut() -> None:
    """As pydicom's as_buffer() has it: the odd byte's neighbour comes along."""
    decoder = get_decoder(ExplicitVRBigEndian)
    value = bytes(range(46))
    frames = NativeFrames(layout(46, frames=3, little_endian=False))
    for index in range(3):
        expected, _ = decoder.as_buffer(
            value,
            index=index,
            raw=True,
            rows=3,
            columns=5,
            samples_per_pixel=1,
            bits_allocated=8,
            bits_stored=8,
            pixel_representation=0,
            number_of_frames=3,
            photometric_interpretation="MONOCHROME2",
            pixel_keyword="PixelData",
            pixel_vr="OW",
        )
        assert frame_of(frames, index, value) == expected
    assert frames.range_of(1) == Range(1014, 16)


def test_one_bit_in_big_endian_words() -> None:
    """The words are turned round, for the first pixel is the lowest bit of a word (PS3.5 D)."""
    little = NativeFrames(layout(4, frames=3, columns=3, bits=1))
    big = NativeFrames(layout(4, frames=3, columns=3, bits=1, little_endian=False))
    value = b"\x4d\xed\xfe\x07"
    swapped = b"\xed\x4d\x07\xfe"
    for index in range(3):
        assert frame_of(big, index, swapped) == frame_of(little, index, value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": None}, "Rows is missing"),
        ({"columns": None}, "Columns is missing"),
        ({"samples": None}, "Samples per Pixel is missing"),
        ({"bits": None}, r"Bits Allocated \(0028,0100\) is missing"),
        ({"rows": 0}, "Rows is below 1"),
        ({"columns": -3}, "Columns is below 1"),
        ({"samples": 0}, "Samples per Pixel is below 1"),
        ({"bits": 0}, "Bits Allocated"),
        ({"bits": 12}, "neither 1 nor 8"),
        ({"bits": 72}, "neither 1 nor 8"),
        ({"bits": -8}, "neither 1 nor 8"),
        ({"samples": 3, "subsampled": True}, "odd number of pixels"),
    ],
)
def test_what_is_impossible(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        frames_of(layout(30, **changes))


def test_a_value_that_is_too_short_has_the_frames_it_has() -> None:
    frames = NativeFrames(layout(29))
    assert frames.range_of(0) == Range(1000, 15)
    with pytest.raises(DecodeError, match="frame 1 ends at byte 30 of the pixel data, which has 29 bytes"):
        frames.range_of(1)
    frames = NativeFrames(layout(100, rows=65_535, columns=65_535, frames=2**31 - 1))
    with pytest.raises(DecodeError):
        frames.range_of(0)


def test_a_value_that_is_too_long_is_warned_of() -> None:
    NativeFrames(layout(30))
    NativeFrames(layout(46, frames=3))  # the pad byte
    with pytest.warns(DicomWarning, match="has 32 bytes where 30 were expected"):
        NativeFrames(layout(32))


def test_a_compressed_transfer_syntax_wants_fragments() -> None:
    jpeg = "1.2.840.10008.1.2.4.50"
    with pytest.raises(DecodeError, match="wants fragments, but the pixel data has a defined length"):
        frames_of(layout(28, transfer_syntax=jpeg))
    with pytest.warns(DicomWarning, match="as long as without compression"):
        frames_of(layout(30, transfer_syntax=jpeg))
    for syntax in (None, "1.2.3", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2", "1.2.840.113619.5.2"):
        frames_of(layout(30, transfer_syntax=syntax))
