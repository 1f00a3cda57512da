"""What of a dataset tells the frames' layout."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import adicom.sync
from adicom.errors import DecodeError, DicomWarning
from adicom.pixels import Layout, attributes_of, frames_of, read_layout
from tests import made
from tests.made import element, numbers, part10

MPEG2 = "1.2.840.10008.1.2.4.100"
HEVC = "1.2.840.10008.1.2.4.107"
JPIP = "1.2.840.10008.1.2.4.94"


def layout_of(body: bytes, syntax: str | None = made.EXPLICIT_LE, **options: Any) -> Layout:
    return read_layout(attributes_of(adicom.sync.dcmread(part10(body, syntax), **options)))


def image(form: made.Form = made.EXPLICIT, *, frames: bytes | None = None, pixels: bytes = bytes(24)) -> bytes:
    body = element(0x00280002, "US", numbers("H", 1, form=form), form)
    body += element(0x00280004, "CS", "MONOCHROME2", form)
    body += b"" if frames is None else element(0x00280008, "IS", frames, form)
    body += element(0x00280010, "US", numbers("H", 2, form=form), form)
    body += element(0x00280011, "US", numbers("H", 3, form=form), form)
    body += element(0x00280100, "US", numbers("H", 16, form=form), form)
    return body + element(made.PIXEL_DATA, "OW", pixels, form)


@pytest.mark.parametrize("form", made.FORMS)
@pytest.mark.parametrize("defer_size", [None, 10])
def test_native(form: made.Form, defer_size: int | None) -> None:
    data = part10(image(form, frames=b"2 "), form.syntax)
    assert layout_of(image(form, frames=b"2 "), form.syntax, defer_size=defer_size) == Layout(
        transfer_syntax=form.syntax,
        tag=made.PIXEL_DATA,
        vr=None if form.implicit else "OW",
        offset=len(data) - 24,
        length=24,
        little_endian=not form.big,
        frames=2,
        rows=2,
        columns=3,
        samples=1,
        bits=16,
    )


def test_encapsulated() -> None:
    body = made.encapsulated([b"\xff\xd8"])
    found = layout_of(body, made.JPEG_BASELINE, defer_size=10)
    assert found.is_encapsulated
    assert found.offset == len(part10(b"", made.JPEG_BASELINE)) + 12
    assert layout_of(body, made.JPEG_BASELINE) == found


@pytest.mark.parametrize(
    ("frames", "expected"),
    [(None, 1), (b"", 1), (b"1 ", 1), (b"+3", 3), (b"10.0", 10), (b" 7", 7), (b"12\0\0", 12)],
)
def test_number_of_frames(frames: bytes | None, expected: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DicomWarning)  # 10.0 is not written as IS
        assert layout_of(image(frames=frames)).frames == expected


def test_no_frames_are_one() -> None:
    with pytest.warns(DicomWarning, match="Number of Frames is 0"):
        assert layout_of(image(frames=b"0 ")).frames == 1


@pytest.mark.parametrize("frames", [b"-1", b"many", b"1\\2 ", b"1.5 ", b"\xff\xff"])
def test_what_is_no_number_of_frames(frames: bytes) -> None:
    with warnings.catch_warnings(), pytest.raises(DecodeError, match="Number of Frames"):  # noqa: PT012  # a filter
        warnings.simplefilter("ignore", DicomWarning)
        layout_of(image(frames=frames))


def test_attributes_that_say_nothing() -> None:
    body = element(0x00280010, "US", b"") + element(0x00280011, "US", bytes(8))
    body += element(0x00280100, "UN", numbers("H", 8)) + element(made.PIXEL_DATA, "OB", b"12")
    with pytest.raises(DecodeError, match=r"Columns \(0028,0011\) is no whole number"):
        layout_of(body)
    body = body.replace(element(0x00280011, "US", bytes(8)), b"")
    found = layout_of(body)
    assert (found.rows, found.columns, found.samples, found.bits) == (None, None, None, 8)


@pytest.mark.parametrize("photometric", ["YBR_FULL_422", "YBR_PARTIAL_422"])
def test_subsampled(photometric: str) -> None:
    body = image().replace(element(0x00280004, "CS", "MONOCHROME2"), element(0x00280004, "CS", photometric))
    assert layout_of(body).subsampled


def test_float_pixel_data() -> None:
    for tag, vr in ((0x7FE00008, "OF"), (0x7FE00009, "OD")):
        assert layout_of(element(tag, vr, bytes(16))).tag == tag


def test_a_transfer_syntax_that_is_no_uid_is_none() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DicomWarning)
        assert layout_of(image(), "no uid!").transfer_syntax is None
        assert layout_of(image(), None).transfer_syntax is None


def test_no_pixels() -> None:
    with pytest.raises(DecodeError, match="there is no pixel data among what was read"):
        layout_of(element(0x00100020, "LO", "1"))


def test_jpip_is_named_and_not_followed() -> None:
    url = "http://127.0.0.1:9/secret?token=1"
    with pytest.raises(DecodeError, match=r"Pixel Data Provider URL \(0028,7FE0\)") as caught:
        layout_of(element(0x00287FE0, "UR", url), JPIP)
    assert url not in str(caught.value)
    assert caught.value.value == url


@pytest.mark.parametrize(("syntax", "name"), [(MPEG2, "MPEG2"), (HEVC, "HEVC"), ("1.2.840.10008.1.2.4.106.1", "MPEG")])
def test_a_video_is_one_stream(syntax: str, name: str) -> None:
    found = layout_of(element(0x00280008, "IS", "100") + made.encapsulated([b"1234"]), syntax)
    assert found.frames == 100
    with pytest.raises(DecodeError, match=rf"{name}.* is one stream for all frames: .* use pixel_stream\(\)"):
        frames_of(found)
