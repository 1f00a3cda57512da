"""Datasets become files as PS3.10 7 wants them, or as they were read."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from typing import Any

import pydicom
import pytest

import adicom.sync
from adicom.dataset import Dataset, FileDataset, FileMetaDataset
from adicom.dataset.filemeta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from adicom.encoder import EncapsulatedValue, StreamValue, encode_file, encode_file_meta
from adicom.errors import DicomWarning, EncodeError
from tests import made
from tests.encoder.files import inflated
from tests.encoder.writing import pulled
from tests.made import BIG, EXPLICIT, FORMS, IMPLICIT, element, encapsulated

pytestmark = pytest.mark.filterwarnings("ignore:the file describes an image")

CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
JPEG = made.JPEG_BASELINE
MPEG4 = "1.2.840.10008.1.2.4.102"


def built(syntax: str | None = made.EXPLICIT_LE) -> Dataset:
    """Return a dataset that has what a file needs."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID, ds.PatientID = CAPTURE, "2.25.1", "4711"
    ds.file_meta = FileMetaDataset()
    if syntax is not None:
        ds.file_meta.TransferSyntaxUID = syntax
    return ds


def body_of(form: made.Form) -> bytes:
    return (
        element(0x00080016, "UI", CAPTURE, form)
        + element(0x00080018, "UI", "2.25.1", form)
        + element(0x00100020, "LO", "4711", form)
    )


def meta_of(syntax: str, *, implementation: str = str(IMPLEMENTATION_CLASS_UID), name: str = "ADICOM 0.1.0") -> bytes:
    content = (
        element(0x00020001, "OB", b"\0\1") + element(0x00020002, "UI", CAPTURE) + element(0x00020003, "UI", "2.25.1")
    )
    content += element(0x00020010, "UI", syntax) + element(0x00020012, "UI", implementation)
    content += element(0x00020013, "SH", name)
    return element(0x00020000, "UL", struct.pack("<L", len(content))) + content


def read(data: bytes, **options: Any) -> FileDataset:
    return adicom.sync.dcmread(data, force=True, **options)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)
def test_a_conformant_file(form: made.Form) -> None:
    ds = built(form.syntax)
    encoded = encode_file(ds, write_like_original=False)
    data = encoded.to_bytes()
    assert data == bytes(128) + b"DICM" + meta_of(form.syntax) + body_of(form)
    assert encoded.length == len(data)
    assert list(ds.file_meta.keys()) == [0x00020010]  # nothing of it was changed
    theirs = pydicom.dcmread(io.BytesIO(data))
    assert str(theirs.file_meta.ImplementationClassUID) == IMPLEMENTATION_CLASS_UID
    assert theirs.PatientID == "4711"


def test_what_adicom_says_of_itself() -> None:
    assert IMPLEMENTATION_CLASS_UID.startswith("2.25.")
    assert IMPLEMENTATION_CLASS_UID.is_valid
    assert len(IMPLEMENTATION_VERSION_NAME) <= 16


def test_like_the_original_nothing_is_added() -> None:
    ds = built()
    assert encode_file(ds).to_bytes() == element(0x00020010, "UI", made.EXPLICIT_LE) + body_of(EXPLICIT)
    ds.preamble = bytes(range(128))
    ds.file_meta.FileMetaInformationGroupLength = 0
    head = element(0x00020000, "UL", b"\x1c\0\0\0") + element(0x00020010, "UI", made.EXPLICIT_LE)
    assert encode_file(ds).to_bytes() == bytes(range(128)) + b"DICM" + head + body_of(EXPLICIT)
    del ds.file_meta
    with pytest.raises(EncodeError, match="nothing says how"):
        encode_file(ds)
    assert encode_file(ds, implicit_vr=True).to_bytes()[132:] == body_of(IMPLICIT)
    ds.preamble = None
    ds.is_implicit_VR, ds.is_little_endian = False, False
    assert encode_file(ds).to_bytes() == body_of(BIG)
    assert encode_file(Dataset(), implicit_vr=False).to_bytes() == b""


def test_a_preamble_has_128_bytes() -> None:
    ds = built()
    ds.preamble = b"short"
    with pytest.raises(EncodeError, match="has 128 bytes, not 5"):
        encode_file(ds)
    ds.preamble = bytes(128)
    assert encode_file(ds).to_bytes()[:132] == bytes(128) + b"DICM"


def test_what_is_missing_is_named_at_once() -> None:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = JPEG
    with pytest.raises(EncodeError) as caught:
        encode_file(ds, write_like_original=False)
    assert str(caught.value) == (
        "the file meta information lacks (0002, 0002) Media Storage SOP Class UID, "
        "(0002, 0003) Media Storage SOP Instance UID"
    )
    with pytest.raises(EncodeError, match="Transfer Syntax UID"):
        encode_file_meta(FileMetaDataset())


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)
def test_the_transfer_syntax_follows_from_the_form(form: made.Form) -> None:
    ds = built(None)
    data = encode_file(ds, write_like_original=False, implicit_vr=form.implicit, little_endian=not form.big).to_bytes()
    assert data[132:] == meta_of(form.syntax) + body_of(form)


def test_media_storage_uids_are_those_of_the_dataset() -> None:
    data = made.part10(body_of(EXPLICIT))
    ds = read(data)
    ds.SOPInstanceUID = "2.25.99"
    assert encode_file(ds).to_bytes()[132:].startswith(made.file_meta())
    written = read(encode_file(ds, write_like_original=False).to_bytes())
    assert written.file_meta.MediaStorageSOPInstanceUID == written.SOPInstanceUID == "2.25.99"
    assert written.file_meta.MediaStorageSOPClassUID == CAPTURE


def test_who_has_written_the_file() -> None:
    ds = read(made.part10(body_of(EXPLICIT), extra=element(0x00020013, "SH", "OTHER 1 ")))
    written = read(encode_file(ds, write_like_original=False).to_bytes())
    assert written.file_meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert written.file_meta.ImplementationVersionName == "ADICOM 0.1.0"
    ds.file_meta.ImplementationClassUID = "1.2.3"
    ds.file_meta.ImplementationVersionName = "MINE"
    data = encode_file(ds, write_like_original=False).to_bytes()
    assert data[132 : 132 + len(meta_of(made.EXPLICIT_LE, implementation="1.2.3", name="MINE"))] == meta_of(
        made.EXPLICIT_LE, implementation="1.2.3", name="MINE"
    )


def test_file_meta_by_itself() -> None:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CAPTURE, "2.25.1"
    meta.TransferSyntaxUID = made.IMPLICIT_LE
    assert encode_file_meta(meta) == meta_of(made.IMPLICIT_LE)
    other = Dataset()
    other.PatientID = "1"
    with pytest.raises(ValueError, match="group 2 only"):
        encode_file_meta(other)


def test_file_meta_without_vrs_gets_them() -> None:
    content = element(0x00020010, "UI", made.EXPLICIT_LE, IMPLICIT)
    with pytest.warns(DicomWarning, match="no VRs"):
        ds = read(bytes(128) + b"DICM" + content + body_of(EXPLICIT))
    expected = element(0x00020010, "UI", made.EXPLICIT_LE) + body_of(EXPLICIT)
    assert encode_file(ds).to_bytes()[132:] == expected


@pytest.mark.parametrize("value", [0, 500])
def test_a_group_length_of_the_file_meta_is_kept_or_set_right(value: int) -> None:
    data = bytes(128) + b"DICM" + made.file_meta(group_length=value) + body_of(EXPLICIT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = read(data)
    assert encode_file(ds).to_bytes() == data
    ds.file_meta.MediaStorageSOPInstanceUID = "2.25.99"
    right = element(0x00020000, "UL", struct.pack("<L", len(made.file_meta(group_length=None)) + 2))
    assert encode_file(ds).to_bytes()[132:144] == right


@pytest.mark.parametrize(("tag", "group"), [(0x00000002, "group 0"), (0x00020010, "group 2")])
def test_what_does_not_belong_into_a_file(tag: int, group: str) -> None:
    ds = built()
    ds.add_new(tag, "UI", "1.2")
    with pytest.raises(EncodeError, match=group) as caught:
        encode_file(ds)
    assert caught.value.tag == tag


# -- which form --


@pytest.mark.parametrize("target", FORMS, ids=lambda form: form.syntax)
@pytest.mark.parametrize("source", FORMS, ids=lambda form: f"from {form.syntax}")
def test_another_transfer_syntax(source: made.Form, target: made.Form) -> None:
    ds = read(made.part10(made.small(source), source.syntax))
    ds.file_meta.TransferSyntaxUID = target.syntax
    assert encode_file(ds).to_bytes() == made.part10(made.small(target), target.syntax)


def test_what_is_said_twice_must_agree() -> None:
    ds = read(made.part10(made.small()))
    with pytest.raises(EncodeError, match="contradicts the transfer syntax"):
        encode_file(ds, implicit_vr=True)
    with pytest.raises(EncodeError, match="contradicts the transfer syntax"):
        encode_file(ds, little_endian=False)
    assert encode_file(ds, implicit_vr=False, little_endian=True).to_bytes() == made.part10(made.small())
    ds.is_implicit_VR = True
    with pytest.raises(EncodeError, match="contradicts"):
        encode_file(ds)
    ds.file_meta.TransferSyntaxUID = made.IMPLICIT_LE
    assert encode_file(ds).to_bytes() == made.part10(made.small(IMPLICIT), made.IMPLICIT_LE)


def test_a_private_transfer_syntax_says_nothing() -> None:
    ds = built("1.2.3.4")
    with pytest.raises(EncodeError, match="nothing says how"):
        encode_file(ds)
    with pytest.raises(EncodeError, match="no implicit VR in big endian"):
        encode_file(ds, implicit_vr=True, little_endian=False)
    assert encode_file(ds, implicit_vr=True).to_bytes().endswith(body_of(IMPLICIT))
    ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.6.1"
    with pytest.raises(EncodeError, match="without a data set"):
        encode_file(ds)


def test_a_file_in_another_form_than_it_says() -> None:
    data = made.part10(made.small(IMPLICIT), made.EXPLICIT_LE)
    with pytest.warns(DicomWarning, match="are implicit VR"):
        ds = read(data)
    assert encode_file(ds).to_bytes() == data
    right = encode_file(ds, write_like_original=False).to_bytes()
    assert right.endswith(made.small())


def test_words_that_were_set_are_in_the_byte_order_of_the_dataset() -> None:
    ds = built(made.EXPLICIT_BE)
    ds.PixelData, ds.BitsAllocated = b"\1\2", 16
    assert encode_file(ds).to_bytes().endswith(element(0x7FE00010, "OW", b"\2\1", BIG))
    ds.is_implicit_VR, ds.is_little_endian = False, False
    assert encode_file(ds).to_bytes().endswith(element(0x7FE00010, "OW", b"\1\2", BIG))
    source = read(made.part10(made.small(BIG), made.EXPLICIT_BE))
    source.PixelData = b"\1\2"
    assert encode_file(source).to_bytes().endswith(element(0x7FE00010, "OW", b"\1\2", BIG))
    source.file_meta.TransferSyntaxUID = made.EXPLICIT_LE
    assert encode_file(source).to_bytes().endswith(element(0x7FE00010, "OW", b"\2\1"))


# -- deflated --


def test_a_deflated_file() -> None:
    ds = built(made.DEFLATED_LE)
    encoded = encode_file(ds, write_like_original=False)
    assert encoded.length is None
    data = encoded.to_bytes()
    assert len(data) % 2 == 0
    head = bytes(128) + b"DICM" + meta_of(made.DEFLATED_LE)
    assert data.startswith(head)
    assert zlib.decompressobj(-15).decompress(data[len(head) :]) == body_of(EXPLICIT)
    assert pydicom.dcmread(io.BytesIO(data)).PatientID == "4711"
    assert {len(encode_file(_longer(ds, length)).to_bytes()) % 2 for length in range(20)} == {0}


def _longer(ds: Dataset, length: int) -> Dataset:
    ds.PatientID = "".join(chr(33 + 7 * number % 90) for number in range(length)).replace("\\", "")
    return ds


def test_deflated_and_back() -> None:
    body = made.small()
    ds = read(made.deflated(body))
    again = encode_file(ds).to_bytes()
    assert inflated(again) == made.part10(body, made.DEFLATED_LE)
    ds.file_meta.TransferSyntaxUID = made.EXPLICIT_LE
    assert encode_file(ds).to_bytes() == made.part10(body)
    ds = read(made.part10(body))
    ds.file_meta.TransferSyntaxUID = made.DEFLATED_LE
    assert inflated(encode_file(ds).to_bytes()) == made.part10(body, made.DEFLATED_LE)


def test_a_deflated_file_with_nothing_left_of_it() -> None:
    ds = read(made.deflated(element(0x00100020, "LO", "1 ")))
    del ds.PatientID
    assert inflated(encode_file(ds).to_bytes()) == made.part10(b"", made.DEFLATED_LE)


@pytest.mark.parametrize("looked", [False, True], ids=["raw", "looked at"])
def test_a_deflated_syntax_that_is_not_deflated(looked: bool) -> None:
    data = made.part10(made.small(), made.DEFLATED_LE)
    with pytest.warns(DicomWarning, match="not deflated"):
        ds = read(data)
    if looked:
        ds.check()
    assert encode_file(ds).to_bytes() == data
    packed = encode_file(ds, write_like_original=False).to_bytes()
    start = 144 + int.from_bytes(packed[140:144], "little")
    assert zlib.decompressobj(-15).decompress(packed[start:]) == made.small()


def test_bytes_from_elsewhere_are_deflated_too() -> None:
    ds = built(made.DEFLATED_LE)
    ds.BitsAllocated = 8
    content = bytes(range(256)) * 300
    ds.PixelData = StreamValue(
        len(content), lambda: iter([content[start : start + 999] for start in range(0, len(content), 999)])
    )
    data = pulled(encode_file(ds), b"", step=1000)
    expected = body_of(EXPLICIT) + element(0x00280100, "US", b"\x08\0") + element(0x7FE00010, "OB", content)
    head = element(0x00020010, "UI", made.DEFLATED_LE)
    assert zlib.decompressobj(-15).decompress(data[len(head) :]) == expected


def test_large_pieces_leave_one_by_one() -> None:
    ds = built()
    ds.PixelData, ds.BitsAllocated = bytes(200_000), 8
    for number in range(0x1000, 0x1000 + 3000):
        ds.add_new(0x00090000 | number, "LO", "x" * 40)
    encoded = encode_file(ds)
    pieces = list(encoded)
    sizes = [len(piece) for piece in pieces if isinstance(piece, bytes)]
    assert len(sizes) == len(pieces) == 4
    assert max(sizes[:-1]) < 70_000
    assert sizes[-1] == 200_000
    assert sum(sizes) == encoded.length


# -- pixel data --


def test_encapsulated_bytes_under_a_compressed_syntax() -> None:
    ds = built(JPEG)
    ds.PixelData = encapsulated([b"abcd"])[12:-8]
    for like_original in (True, False):
        data = encode_file(ds, write_like_original=like_original).to_bytes()
        assert data.endswith(body_of(EXPLICIT) + encapsulated([b"abcd"]))
    ds.PixelData = EncapsulatedValue(frames=[b"abcd"])
    assert encode_file(ds).to_bytes().endswith(encapsulated([b"abcd"]))


def test_pixel_data_that_does_not_fit_its_transfer_syntax() -> None:
    ds = built(JPEG)
    ds.PixelData = b"abcd"
    with pytest.raises(EncodeError, match="not encapsulated") as caught:
        encode_file(ds)
    assert caught.value.tag == 0x7FE00010
    ds.PixelData = StreamValue(4, list)
    with pytest.raises(EncodeError, match="not encapsulated"):
        encode_file(ds)
    ds.PixelData = EncapsulatedValue(frames=[b"abcd"])
    ds.file_meta.TransferSyntaxUID = made.EXPLICIT_LE
    with pytest.raises(EncodeError, match="not compressed"):
        encode_file(ds)
    compressed = read(made.part10(body_of(EXPLICIT) + encapsulated([b"abcd"]), JPEG))
    compressed.file_meta.TransferSyntaxUID = made.EXPLICIT_LE
    with pytest.raises(EncodeError, match="not compressed"):
        encode_file(compressed)
    compressed.PixelData, compressed.BitsAllocated = b"ab", 8
    expected = element(0x00280100, "US", b"\x08\0") + element(0x7FE00010, "OB", b"ab")
    assert encode_file(compressed).to_bytes().endswith(expected)


def test_pixel_data_that_did_not_fit_when_it_was_read() -> None:
    data = made.part10(body_of(EXPLICIT) + encapsulated([b"abcd"]))
    ds = read(data)
    assert encode_file(ds).to_bytes() == data
    with pytest.raises(EncodeError, match="not compressed"):
        encode_file(ds, write_like_original=False)


@pytest.mark.parametrize("size", [None, 8, 100])
def test_video_is_one_fragment(size: int | None) -> None:
    ds = built(MPEG4)
    ds.PixelData = EncapsulatedValue(stream=StreamValue(8, lambda: iter([b"abcdefgh"])), fragment_size=size)
    assert pulled(encode_file(ds), b"").endswith(encapsulated([b"abcdefgh"]))
    ds.PixelData = EncapsulatedValue(frames=[b"abcdefgh"])
    assert encode_file(ds).to_bytes().endswith(encapsulated([b"abcdefgh"]))


def test_video_that_may_not_be_split() -> None:
    ds = built(MPEG4)
    ds.PixelData = EncapsulatedValue(stream=StreamValue(8, list), fragment_size=4)
    with pytest.raises(EncodeError, match="in one fragment, not in 2"):
        encode_file(ds)
    ds.PixelData = EncapsulatedValue(frames=[b"ab", b"cd", b"ef"])
    with pytest.raises(EncodeError, match="not in 3"):
        encode_file(ds)
    ds.file_meta.TransferSyntaxUID = f"{MPEG4}.1"
    assert encode_file(ds).to_bytes().endswith(encapsulated([b"ab", b"cd", b"ef"]))
