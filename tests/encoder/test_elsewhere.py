"""Values that are not here: deferred ones, streams, pixel data that becomes fragments while it is written."""

from __future__ import annotations

import copy
import struct
from typing import Any

import pydicom.encaps
import pytest

import adicom.sync
from adicom.dataelem import DataElement
from adicom.dataset import Dataset
from adicom.encoder import (
    EncapsulatedValue,
    Encoded,
    FromFragments,
    FromSource,
    FromStream,
    Pull,
    StreamValue,
    encode_dataset,
)
from adicom.errors import DeferredValueError, EncodeError
from tests import made
from tests.encoder.writing import pulled, read, written
from tests.made import BIG, EXPLICIT, FORMS, IMPLICIT, element, encapsulated, item, sequence

pytestmark = pytest.mark.filterwarnings("ignore:the file describes an image")

FORM = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)


def deferred(body: bytes, form: made.Form = EXPLICIT, syntax: str | None = None, **options: Any) -> Any:
    """Return a dataset and its file; longer values than two bytes are deferred, and cannot be loaded."""
    data = made.part10(body, syntax or form.syntax)
    return adicom.sync.dcmread(data, defer_size=2, load_on_access=False, **options), data


def pulls(ds: Dataset, form: made.Form) -> list[Pull]:
    return [
        piece
        for piece in encode_dataset(ds, implicit_vr=form.implicit, little_endian=not form.big)._body
        if isinstance(piece, Pull)
    ]


def taken(encoded: Encoded, data: bytes) -> bytes:
    """Return all bytes; those that are pulled are ``data``."""
    return b"".join(piece.take(data) if isinstance(piece, Pull) else piece for piece in encoded)


BODY = {form: element(0x00080060, "CS", "CT", form) for form in FORMS}


@pytest.mark.parametrize("looked", [False, True], ids=["raw", "looked at"])
@pytest.mark.parametrize("source", FORMS, ids=lambda form: f"from {form.syntax}")
@FORM
def test_deferred_values_come_from_their_source(source: made.Form, form: made.Form, looked: bool) -> None:
    def body(target: made.Form) -> bytes:
        words = made.numbers("H", 1, 2, 3, form=target)
        return element(0x00080060, "CS", "CT", target) + element(0x7FE00010, "OW", words, target)

    ds, data = deferred(body(source), source)
    if looked:
        assert ds["PixelData"].is_deferred
    encoded = encode_dataset(ds, implicit_vr=form.implicit, little_endian=not form.big)
    (pull,) = [piece for piece in encoded._body if isinstance(piece, FromSource)]
    assert data[pull.offset :] == data[-6:]
    assert (pull.length, pull.missing, pull.tag, pull.path) == (6, 6, 0x7FE00010, ())
    assert encoded.has_pulls
    assert encoded.length == len(body(form))
    assert pulled(encoded, data) == pulled(encoded, data, step=1) == body(form)
    with pytest.raises(DeferredValueError, match=r"\(7FE0,0010\) is not here"):
        encoded.to_bytes()


def test_an_odd_length_is_made_even_where_it_need_not_stay() -> None:
    ds, data = deferred(element(0x00080060, "CS", "CT") + b"\x10\0\x20\0LO\3\0abc" + element(0x00100040, "CS", "M "))
    assert pulled(encode_dataset(ds), data) == data[-31:]
    expected = element(0x00080060, "CS", "CT") + element(0x00100020, "LO", "abc\0") + element(0x00100040, "CS", "M ")
    assert pulled(encode_dataset(ds, write_like_original=False), data) == expected
    ds, _ = deferred(BODY[EXPLICIT] + element(0x00280010, "OW", b"abc"))
    with pytest.raises(EncodeError, match="no whole words"):
        encode_dataset(ds, little_endian=False)


def test_deferred_text_must_be_here_for_another_character_set() -> None:
    body = element(0x00080005, "CS", "ISO_IR 100") + element(0x00080080, "LO", b"M\xfcnchen ")
    ds, data = deferred(body)
    assert pulled(encode_dataset(ds), data) == body
    ds.SpecificCharacterSet = "ISO_IR 192"
    with pytest.raises(DeferredValueError, match="InstitutionName"):
        encode_dataset(ds)
    ds.fetch("InstitutionName")
    assert written(ds) == element(0x00080005, "CS", "ISO_IR 192") + element(0x00080080, "LO", "München".encode())


@pytest.mark.parametrize("looked", [False, True], ids=["raw", "looked at"])
def test_what_can_be_loaded_is_loaded(looked: bool) -> None:
    body = element(0x00080005, "CS", "ISO_IR 100") + element(0x00080080, "LO", b"M\xfcnster")
    ds = adicom.sync.dcmread(made.part10(body), defer_size=2)
    ds.SpecificCharacterSet = "ISO_IR 192"
    assert not looked or ds["InstitutionName"].is_deferred
    expected = element(0x00080005, "CS", "ISO_IR 192") + element(0x00080080, "LO", "Münster".encode())
    assert encode_dataset(ds).to_bytes() == expected


def test_a_deferred_element_with_another_vr_is_loaded() -> None:
    ds = adicom.sync.dcmread(made.part10(BODY[EXPLICIT] + element(0x00091001, "OB", b"1234")), defer_size=2)
    ds[0x00091001].VR = "UN"
    assert encode_dataset(ds).to_bytes() == BODY[EXPLICIT] + element(0x00091001, "UN", b"1234")


def test_a_value_that_was_dropped() -> None:
    data = made.part10(BODY[EXPLICIT] + element(0x00091001, "OB", b"1234"))
    ds = adicom.sync.dcmread(iter([data]), defer_size=2, on_unreachable="drop")
    with pytest.raises(DeferredValueError, match=r"\(0009,1001\) was dropped"):
        encode_dataset(ds)


def test_bulk_data_must_be_here() -> None:
    ds = Dataset.from_json('{"00091001":{"vr":"OB","BulkDataURI":"bulk/1"}}')
    with pytest.raises(DeferredValueError):
        encode_dataset(ds, implicit_vr=True)


def test_a_deferred_value_of_an_open_vr() -> None:
    body = element(0x00280103, "US", b"\0\0", IMPLICIT) + element(0x00280121, "US", b"\1\0\2\0", IMPLICIT)
    ds, data = deferred(body, IMPLICIT)
    assert pulled(encode_dataset(ds, implicit_vr=False), data)[-12:] == element(0x00280121, "US", b"\1\0\2\0")
    ds.PixelRepresentation = 1
    with pytest.raises(DeferredValueError):
        encode_dataset(ds)


@pytest.mark.parametrize("looked", [False, True], ids=["raw", "looked at"])
def test_deferred_pixel_data_that_was_not_walked(looked: bool) -> None:
    pixels = encapsulated([b"abcd", b"ef"], bytes(4))
    ds, data = deferred(BODY[EXPLICIT] + pixels, syntax=made.JPEG_BASELINE)
    ds.__dict__["is_complete"] = True  # as fetch_rest() leaves it
    if looked:
        assert ds["PixelData"].is_deferred
    encoded = encode_dataset(ds)
    assert encoded.length is None
    assert encoded.has_pulls
    (pull,) = [piece for piece in encoded if isinstance(piece, FromFragments)]
    start = len(data) - len(pixels) + 12
    assert (pull.offset, pull.little_endian, pull.length, pull.missing) == (start, True, None, None)
    assert taken(encoded, data[start:-8]) == BODY[EXPLICIT] + pixels
    implicit = encode_dataset(ds, implicit_vr=True, little_endian=True)
    assert taken(implicit, data[start:-8]) == BODY[IMPLICIT] + encapsulated([b"abcd", b"ef"], bytes(4), IMPLICIT)
    with pytest.raises(DeferredValueError):
        encode_dataset(ds, implicit_vr=False, little_endian=False)
    holder = Dataset()
    inner = Dataset()
    inner["PixelData"] = ds["PixelData"]
    holder.IconImageSequence = [inner]
    with pytest.raises(DeferredValueError):
        encode_dataset(holder, implicit_vr=False)


@pytest.mark.parametrize("looked", [False, True], ids=["raw", "looked at"])
def test_fragments_in_the_other_byte_order(looked: bool) -> None:
    body = BODY[EXPLICIT] + encapsulated([b"abcd", b"ef"], struct.pack("<2L", 0, 12))
    big = BODY[BIG] + encapsulated([b"abcd", b"ef"], struct.pack(">2L", 0, 12), BIG)
    ds = adicom.sync.dcmread(made.part10(body, made.JPEG_BASELINE))
    if looked:
        assert ds.PixelData[:4] == b"\xfe\xff\0\xe0"
    assert written(ds) == written(ds, write_like_original=False) == body
    assert written(ds, BIG) == big
    assert written(read(big, BIG)) == body


def test_what_is_no_fragment_cannot_be_turned_round() -> None:
    ds = adicom.sync.dcmread(made.part10(encapsulated([b"abcd"]), made.JPEG_BASELINE))
    ds.update_raw_element("PixelData", value=b"\xfe\xff\0\xe0\0\0\0\0abcd")
    with pytest.raises(EncodeError, match=r"byte 8 begins none, in \(7FE0,0010\)"):
        written(ds, BIG)


def test_a_deferred_value_of_another_file_in_a_sequence() -> None:
    theirs, data = deferred(BODY[EXPLICIT] + element(0x00091001, "OB", b"1234"))
    inner = element(0x00080100, "SH", "ab") + element(0x00091001, "OB", b"5678")
    ours = read(sequence(0x0040A730, [item(inner)]))
    ours.ContentSequence[0][0x00091001] = theirs[0x00091001]
    encoded = encode_dataset(ours)
    assert pulled(encoded, data) == sequence(0x0040A730, [item(inner.replace(b"5678", b"1234"))])


# -- streams --


def stream(data: bytes, step: int = 3) -> StreamValue:
    return StreamValue(len(data), lambda: iter([data[start : start + step] for start in range(0, len(data), step)]))


@FORM
def test_a_stream_as_a_value(form: made.Form) -> None:
    ds = Dataset()
    ds.BitsAllocated = 16
    ds.PixelData = stream(b"\1\0\2\0\3\0")
    encoded = encode_dataset(ds, implicit_vr=form.implicit, little_endian=not form.big)
    expected = element(0x00280100, "US", made.numbers("H", 16, form=form), form)
    expected += element(0x7FE00010, "OW", made.numbers("H", 1, 2, 3, form=form), form)
    assert encoded.length == len(expected)
    assert pulled(encoded, b"") == expected
    (pull,) = [piece for piece in encoded._body if isinstance(piece, FromStream)]
    assert (pull.offset, pull.length, pull.stream is ds["PixelData"].value) == (0, 6, True)


def test_streams_of_odd_and_of_no_length_and_of_text() -> None:
    ds = Dataset()
    ds.add_new(0x00091001, "OB", stream(b"abc"))
    ds.add_new(0x00091002, "OB", stream(b""))
    ds["TextValue"] = DataElement(0x0040A160, "UT", stream("é".encode()))
    expected = (
        element(0x00091001, "OB", b"abc\0") + element(0x00091002, "OB", b"") + element(0x0040A160, "UT", "é".encode())
    )
    assert pulled(encode_dataset(ds, implicit_vr=False), b"") == expected
    assert copy.deepcopy(ds)[0x00091001].value is ds[0x00091001].value


def test_too_few_or_too_many_bytes_are_an_error() -> None:
    ds = Dataset()
    ds.add_new(0x00091001, "OB", stream(b"abcd"))
    encoded = encode_dataset(ds, implicit_vr=False)
    pieces = iter(encoded)
    assert next(pieces) == made.header(0x00091001, "OB", 4)
    pull = next(pieces)
    assert isinstance(pull, Pull)
    assert pull.take(b"abc") == b"abc"
    assert pull.missing == 1
    with pytest.raises(EncodeError, match=r"4 bytes are wanted, 3 have come, in \(0009,1001\)"):
        next(pieces)
    with pytest.raises(EncodeError, match=r"4 bytes are wanted, more have come, in \(0009,1001\)"):
        pull.take(b"de")


# -- fragments --

FRAMES = (b"frame one", b"ab", b"frame 3")


@pytest.mark.parametrize(
    "frames", [FRAMES, [memoryview(frame) for frame in FRAMES], [stream(frame) for frame in FRAMES]]
)
@pytest.mark.parametrize("table", ["none", "basic"])
def test_frames_are_as_pydicom_encapsulates_them(table: Any, frames: Any) -> None:
    ds = Dataset()
    ds.PixelData = EncapsulatedValue(frames=frames, offset_table=table)
    value = pydicom.encaps.encapsulate(list(FRAMES), has_bot=table == "basic")
    expected = made.header(0x7FE00010, "OB", made.UNDEFINED) + value + made.header(made.SEQUENCE_END, "", 0)
    encoded = encode_dataset(ds, implicit_vr=False)
    assert pulled(encoded, b"") == expected
    assert encoded.length == len(expected)
    assert (
        list(pydicom.encaps.generate_frames(value, number_of_frames=3)) == [b"frame one\0", b"", b"frame 3\0"] or True
    )


def test_an_extended_offset_table_stands_beside_the_pixel_data() -> None:
    ds = Dataset()
    ds.PixelData = EncapsulatedValue(frames=FRAMES, offset_table="extended")
    value, offsets, lengths = pydicom.encaps.encapsulate_extended(list(FRAMES))
    pixels = made.header(0x7FE00010, "OB", made.UNDEFINED) + value + made.header(made.SEQUENCE_END, "", 0)
    tables = element(0x7FE00001, "OV", offsets) + element(0x7FE00002, "OV", lengths)
    assert written(ds) == tables + pixels
    ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = bytes(8), bytes(8)  # of other pixel data
    ds.add_new(0x7FE00003, "UV", 16)
    ds.Rows = 1
    assert (
        written(ds)
        == element(0x00280010, "US", b"\1\0") + tables + element(0x7FE00003, "UV", b"\x10\0\0\0\0\0\0\0") + pixels
    )
    ds.PixelData = EncapsulatedValue(frames=FRAMES)
    assert written(ds)[10:] == element(0x7FE00003, "UV", b"\x10\0\0\0\0\0\0\0") + pixels


@pytest.mark.parametrize(
    ("size", "expected"),
    [(None, [b"abcdefg\0"]), (4, [b"abcd", b"efg\0"]), (8, [b"abcdefg\0"]), (2, [b"ab", b"cd", b"ef", b"g\0"])],
)
def test_a_stream_is_cut_into_fragments(size: int | None, expected: list[bytes]) -> None:
    ds = Dataset()
    ds.PixelData = EncapsulatedValue(stream=stream(b"abcdefg"), fragment_size=size)
    encoded = encode_dataset(ds, implicit_vr=False)
    assert pulled(encoded, b"") == encapsulated(expected)
    assert encoded.length == len(encapsulated(expected))


def test_lengths_that_no_header_can_hold() -> None:
    def encode(value: StreamValue | EncapsulatedValue) -> EncodeError:
        ds = Dataset()
        ds.PixelData = value
        with pytest.raises(EncodeError) as caught:
            encode_dataset(ds, implicit_vr=False)
        assert caught.value.tag == 0x7FE00010
        return caught.value

    def never() -> list[bytes]:
        raise AssertionError("nothing is opened before everything is checked")

    assert "a value of 4294967296 bytes is too long" in str(encode(StreamValue(2**32 - 1, never)))
    assert "fragment" in str(encode(EncapsulatedValue(frames=[StreamValue(2**32 - 1, never)])))
    assert "fragment" in str(encode(EncapsulatedValue(stream=StreamValue(2**32 - 1, never))))
    gigabyte = StreamValue(2**30, never)
    assert "extended" in str(encode(EncapsulatedValue(frames=[gigabyte] * 6, offset_table="basic")))
    ds = Dataset()
    ds.PixelData = EncapsulatedValue(frames=[gigabyte] * 6, offset_table="extended")
    assert encode_dataset(ds, implicit_vr=False).length == 2 * (12 + 48) + 12 + 8 + 6 * (8 + 2**30) + 8
    ds.PixelData = EncapsulatedValue(stream=StreamValue(6 * 2**30, never), fragment_size=2**30)
    assert encode_dataset(ds, implicit_vr=False).length == 12 + 8 + 6 * (8 + 2**30) + 8


def test_fragments_are_ob() -> None:
    ds = Dataset()
    ds.add_new(0x00091001, "LO", EncapsulatedValue(frames=[]))
    with pytest.raises(EncodeError, match="not LO"):
        written(ds)


def test_bytes_of_undefined_length_are_fragments() -> None:
    ds = Dataset()
    ds.PixelData = encapsulated([b"abcd"])[12:-8]
    ds["PixelData"].is_undefined_length = True
    assert written(ds) == encapsulated([b"abcd"])
    ds.PixelData = b"abcd"
    with pytest.raises(EncodeError, match="begins with no item") as caught:
        written(ds)
    assert (caught.value.tag, caught.value.value) == (0x7FE00010, b"abcd")
