"""Datasets become the bytes that PS3.5 wants, in each form; what was read stays what it was."""

from __future__ import annotations

import struct
import warnings
from typing import Any

import pytest

import adicom.sync
from adicom.dataelem import DataElement, RawDataElement
from adicom.dataset import Dataset
from adicom.encoder import encode_dataset
from adicom.errors import DeferredValueError, DicomWarning, EncodeError
from adicom.multival import MultiValue
from adicom.sequence import Sequence
from adicom.tag import Tag
from adicom.valuerep import validation
from tests import made
from tests.encoder.writing import read, read_by_pydicom, written
from tests.made import BIG, EXPLICIT, FORMS, IMPLICIT, element, item, numbers, sequence

pytestmark = pytest.mark.filterwarnings("ignore:the file describes an image")
FORM = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)
CODE = 0x0040A730


def small() -> Dataset:
    """Return what made.small() is in bytes, built by hand."""
    inner = Dataset()
    inner.CodeValue, inner.CodeMeaning = "113100", "Basic"
    first = Dataset()
    first.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    first.ContentSequence = [inner]
    second = Dataset()
    second.ReferencedSOPInstanceUID = "2.25.3"
    ds = Dataset()
    ds.PixelData = struct.pack("<4H", 1, 2, 3, 4)
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.SOPInstanceUID, ds.Modality = "2.25.1", "OT"
    ds.ReferencedImageSequence = [first, second, Dataset()]
    ds.PatientName, ds.PatientID = "Doe^Jane", "4711"
    ds.InstanceNumber, ds.ImagePositionPatient = 7, ["1.5", "-2", "3e1"]
    ds.Rows = ds.Columns = 2
    ds.BitsAllocated, ds.PixelRepresentation = 16, 0
    return ds


@FORM
def test_each_form_by_hand(form: made.Form) -> None:
    assert written(small(), form) == made.small(form)


@FORM
def test_undefined_lengths_are_as_they_are_set(form: made.Form) -> None:
    ds = small()
    ds["ReferencedImageSequence"].is_undefined_length = True
    first, _, third = ds.ReferencedImageSequence
    first.ContentSequence.is_undefined_length = True  # the seed's way to say it
    for part in (first, third, first.ContentSequence[0]):
        part.is_undefined_length_sequence_item = True
    assert written(ds, form) == made.small(form, undefined=True)
    assert written(ds, form, write_like_original=False) == made.small(form)


@FORM
@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
@pytest.mark.parametrize("looked", [False, True], ids=["raw", "looked at"])
@pytest.mark.parametrize("source", FORMS, ids=lambda form: f"from {form.syntax}")
def test_each_form_becomes_each_other(source: made.Form, looked: bool, undefined: bool, form: made.Form) -> None:
    ds = read(made.small(source, undefined=undefined), source)
    if looked:
        ds.check()
    assert written(ds, form) == made.small(form, undefined=undefined)
    assert written(ds, form, write_like_original=False) == made.small(form)


def test_lengths_that_were_undefined_can_be_made_defined() -> None:
    ds = read(made.small(undefined=True))
    ds["ReferencedImageSequence"].is_undefined_length = False
    first, _, third = ds.ReferencedImageSequence
    first.ContentSequence.is_undefined_length = False
    for part in (first, third, first.ContentSequence[0]):
        part.is_undefined_length_sequence_item = False
    assert written(ds) == made.small()


@pytest.mark.parametrize("how", ["says", "was read as"])
def test_the_form_is_that_of_the_dataset(how: str) -> None:
    ds: Dataset = Dataset()
    if how == "says":
        ds.Rows = 2
        ds.is_implicit_VR, ds.is_little_endian = False, False
    else:
        ds = read(element(0x00280010, "US", numbers("H", 2, form=BIG), BIG), BIG)
        ds.is_implicit_VR = ds.is_little_endian = None
    assert encode_dataset(ds).to_bytes() == element(0x00280010, "US", b"\0\2", BIG)
    assert encode_dataset(ds, implicit_vr=True, little_endian=True).to_bytes() == b"\x28\0\x10\0\2\0\0\0\2\0"


def test_the_byte_order_is_little_where_only_the_vr_is_said() -> None:
    assert encode_dataset(Dataset(), implicit_vr=True).to_bytes() == b""
    with pytest.raises(ValueError, match="say how"):
        encode_dataset(Dataset())
    with pytest.raises(ValueError, match="no implicit VR in big endian"):
        encode_dataset(Dataset(), implicit_vr=True, little_endian=False)


# -- what was changed, and what was not --


def test_changed_lists_are_written_anew_and_others_as_they_were() -> None:
    body = element(0x00080008, "CS", "ORIGINAL\\PRIMARY ") + element(0x00200032, "DS", "1.50\\ 2\\3 ")
    body += element(0x00280030, "DS", "0.50\\0.50 ") + element(0x00281101, "US", numbers("H", 1, 2, 3))
    ds = read(body)
    ds.check()
    assert list(ds.ImagePositionPatient) == ["1.50", "2", "3"]
    assert written(ds) == body
    ds.ImageType[1] = "SECONDARY"
    ds.PixelSpacing[0] = 1
    ds.RedPaletteColorLookupTableDescriptor.append(4)
    assert written(ds) == (
        element(0x00080008, "CS", "ORIGINAL\\SECONDARY")
        + element(0x00200032, "DS", "1.50\\ 2\\3 ")
        + element(0x00280030, "DS", "1.0\\0.50")
        + element(0x00281101, "US", numbers("H", 1, 2, 3, 4))
    )


@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
def test_a_change_inside_a_sequence(undefined: bool) -> None:
    def body(name: str) -> bytes:
        inner = item(element(0x00080100, "SH", name), undefined=undefined)
        deep = sequence(CODE, [inner, item(b"")], undefined=undefined)
        beside = sequence(0x00081140, [item(element(0x00081155, "UI", "1.2"))])
        return beside + sequence(0x00081199, [item(deep, undefined=undefined)], undefined=undefined)

    ds = read(body("before"))
    ds.ReferencedSOPSequence[0].ContentSequence[0].CodeValue = "afterwards"
    assert written(ds) == body("afterwards")


@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
def test_items_that_are_taken_out_or_change_places(undefined: bool) -> None:
    items = [item(element(0x00080100, "SH", text), undefined=undefined) for text in ("ab", "cd", "ef")]
    ds = read(sequence(CODE, items, undefined=undefined))
    ds.ContentSequence.reverse()
    assert written(ds) == sequence(CODE, items[::-1], undefined=undefined)
    del ds.ContentSequence[1]
    assert written(ds) == sequence(CODE, [items[2], items[0]], undefined=undefined)
    del ds.ContentSequence[0].CodeValue
    assert written(ds) == sequence(CODE, [item(b"", undefined=undefined), items[0]], undefined=undefined)
    ds.ContentSequence[1:] = []
    ds.ContentSequence[0].is_undefined_length_sequence_item = not undefined
    assert written(ds) == sequence(CODE, [item(b"", undefined=not undefined)], undefined=undefined)


def test_an_element_with_another_vr_or_tag_is_written_anew() -> None:
    ds = read(element(0x00091001, "DS", " 1.5") + element(0x00091002, "LO", "a ", length=2))
    ds[0x00091001].VR = "LO"
    ds[0x00091001].value = "x"
    moved = ds[0x00091002]
    moved.tag = 0x00091003
    del ds[0x00091002]
    ds.add(moved)
    assert written(ds) == element(0x00091001, "LO", "x ") + element(0x00091003, "LO", "a ")


def test_elements_of_another_file() -> None:
    """What was read in another character set, byte order or VR is not what this file needs."""
    theirs = read(element(0x00080005, "CS", "ISO_IR 144") + element(0x00080080, "LO", b"\xb0\xb1"))
    big = read(element(0x00280010, "US", b"\0\2", BIG), BIG)
    ours = read(element(0x00080005, "CS", "ISO_IR 192") + element(0x00080081, "ST", "é".encode()))
    ours["InstitutionName"] = theirs["InstitutionName"]
    ours["Rows"] = big["Rows"]
    assert written(ours) == (
        element(0x00080005, "CS", "ISO_IR 192")
        + element(0x00080080, "LO", "АБ".encode())
        + element(0x00080081, "ST", "é".encode())
        + element(0x00280010, "US", b"\2\0")
    )


def test_long_values_in_items() -> None:
    long = "x" * 5000
    body = sequence(CODE, [item(element(0x0040A160, "UT", long) + element(0x0040A161, "UT", "y"))])
    ds = read(body)
    assert ds.ContentSequence[0][0x0040A161].value == "y"
    assert written(ds) == body
    ds.ContentSequence[0][0x0040A161].value = "z"
    assert written(ds) == body[:-2] + b"z "


def test_a_list_that_cannot_be_written_any_more() -> None:
    ds = read(element(0x00281101, "US", numbers("H", 1, 2, 3)))
    with validation("ignore"):
        ds.RedPaletteColorLookupTableDescriptor[1] = -1
    with pytest.raises(EncodeError) as caught:
        written(ds)
    assert caught.value.tag == 0x00281101


def test_fragments_whose_length_was_defined_by_hand() -> None:
    ds = adicom.sync.dcmread(made.part10(made.encapsulated([b"abcd"]), made.JPEG_BASELINE))
    ds["PixelData"].is_undefined_length = False
    assert written(ds) == element(0x7FE00010, "OB", made.encapsulated([b"abcd"])[12:-8])


def test_a_sequence_of_a_file_in_another_character_set() -> None:
    def body(charset: str, codec: str) -> bytes:
        disordered = element(0x00081030, "LO", "b ") + element(0x00080080, "LO", "éé".encode(codec))
        plain = sequence(0x00081140, [item(element(0x00080080, "LO", "éé".encode(codec)))])
        return element(0x00080005, "CS", charset) + plain + sequence(CODE, [item(disordered)])

    theirs = read(body("ISO_IR 100", "latin_1"))
    theirs.check()
    ours = read(element(0x00080005, "CS", "ISO_IR 192"))
    ours["ReferencedImageSequence"] = theirs["ReferencedImageSequence"]
    ours["ContentSequence"] = theirs["ContentSequence"]
    expected = element(0x00080080, "LO", "éé".encode()) + element(0x00081030, "LO", "b ")
    assert written(ours) == body("ISO_IR 192", "utf_8")[:50] + sequence(CODE, [item(expected)])


def test_an_element_stands_under_its_own_tag() -> None:
    ds = read(element(0x00080060, "CS", "CT") + sequence(CODE, [item(b"")]))
    ds["Modality"].tag = 0x00080061
    with pytest.raises(EncodeError, match=r"another tag, \(0008, 0061\), than the one that it stands under") as caught:
        written(ds)
    assert caught.value.tag == 0x00080060
    moved = ds["ContentSequence"]
    moved.tag = 0x00081140
    del ds[0x00080060], ds[CODE]
    ds.add(moved)
    assert written(ds) == sequence(0x00081140, [item(b"")])


def test_a_raw_element_of_the_callers_own() -> None:
    ds = Dataset()
    ds[0x00100020] = RawDataElement(Tag(0x00100020), "LO", 3, b"1  ", 0, False, True)
    assert written(ds) == b"\x10\0\x20\0LO\3\x001  "
    assert written(ds, BIG) == element(0x00100020, "LO", "1   ", BIG)


# -- odd things --


def test_odd_things_stay_where_nothing_is_changed() -> None:
    odd = b"\x11\0\x10\0LO\3\0abc" + b"\x11\0\x11\0XQ\x12\x34\4\0\0\0abcd"
    odd += b"\x11\0\x12\0OW\xab\xcd\2\0\0\0ab"
    first = element(0x00080060, "CS", "CT")
    with pytest.warns(DicomWarning):
        ds = read(first + b"\x10\0\x20\0??\2\x00ab" + odd)
    assert written(ds) == first + b"\x10\0\x20\0??\2\x00ab" + odd
    ds.check()
    assert written(ds) == first + b"\x10\0\x20\0??\2\x00ab" + odd
    assert written(ds, write_like_original=False) == (
        first
        + element(0x00100020, "UN", b"ab")
        + element(0x00110010, "LO", "abc ")
        + element(0x00110011, "UN", b"abcd")
        + element(0x00110012, "OW", b"ab")
    )


def test_items_out_of_order_or_in_another_form_stay_after_a_look() -> None:
    disordered = element(0x00100020, "LO", "b ") + element(0x00080060, "CS", "a ")
    implicit = element(0x00080100, "SH", "ab", IMPLICIT)
    twice = element(0x00080100, "SH", "ab") + element(0x00080100, "SH", "cd")
    body = sequence(CODE, [item(disordered), item(implicit), item(twice)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = read(body)
        assert written(ds) == body
        ds.check()
        assert written(ds) == body
        ds.ContentSequence[0].PatientID = "c"
        assert written(ds) == sequence(
            CODE,
            [
                item(element(0x00080060, "CS", "a ") + element(0x00100020, "LO", "c ")),
                item(element(0x00080100, "SH", "ab")),
                item(element(0x00080100, "SH", "cd")),
            ],
        )


def odd_with_a_nested(*, undefined: bool) -> bytes:
    """Return a sequence whose item is out of order, with one of its own."""
    nested = sequence(0x00081140, [item(element(0x00081155, "UI", "1.2"), undefined=undefined)], undefined=undefined)
    return sequence(CODE, [item(element(0x00100020, "LO", "b ") + nested)])


@pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")
@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
def test_odd_items_with_sequences(undefined: bool) -> None:
    body = odd_with_a_nested(undefined=undefined)
    nested = body[30:]
    ordered = sequence(CODE, [item(nested + element(0x00100020, "LO", "b "))])

    def looked_at() -> Any:
        ds = read(body)
        ds.check()
        return ds

    assert written(looked_at()) == body
    ds = looked_at()
    ds.ContentSequence[0].ReferencedImageSequence.append(Dataset())
    assert len(written(ds)) == len(body) + 8
    ds = looked_at()
    ds.ContentSequence[0].ReferencedImageSequence = []
    empty = sequence(0x00081140, [], undefined=undefined)
    assert written(ds) == sequence(CODE, [item(empty + element(0x00100020, "LO", "b "))])
    ds = looked_at()
    ds.ContentSequence[0]["ReferencedImageSequence"].is_undefined_length = not undefined
    ds.ContentSequence[0].ReferencedImageSequence.is_undefined_length = not undefined
    inner = item(element(0x00081155, "UI", "1.2"), undefined=undefined)
    other = sequence(0x00081140, [inner], undefined=not undefined)
    assert written(ds) == sequence(CODE, [item(other + element(0x00100020, "LO", "b "))])
    ds = looked_at()
    ds.ContentSequence[0].is_undefined_length_sequence_item = True
    assert len(written(ds)) == len(body) + 8
    ds = looked_at()
    twin = looked_at().ContentSequence[0]
    ds.ContentSequence[0] = twin  # which is the same
    assert written(ds) == body
    twin["ReferencedImageSequence"] = DataElement(0x00081140, "SQ", twin.ReferencedImageSequence)
    assert written(ds) == ordered
    for tag, VR, value in ((0x00081140, "SQ", b""), (0x00100020, "LO", b"c ")):
        ds = looked_at()
        ds.ContentSequence[0][tag] = RawDataElement(Tag(tag), VR, len(value), value, 0, False, True)
        assert written(ds) != body
        assert adicom.sync.dcmread(made.part10(written(ds))) == ds


def test_a_sequence_that_replaces_an_odd_one_of_the_same_size() -> None:
    def body(first: bytes) -> bytes:
        return sequence(CODE, [item(first), item(element(0x00080100, "SH", "ab"))])

    ds = read(body(element(0x00080100, "SH", "xy")))
    other = read(body(element(0x00080100, "SH", "zz")))
    ds.ContentSequence[0] = other.ContentSequence[0]
    assert written(ds) == body(element(0x00080100, "SH", "zz"))


# -- UN (PS3.5 6.2.2) --


def test_un_stays_un() -> None:
    body = element(0x00280010, "UN", b"\2\0") + element(0x00280030, "UN", b"1.5\\2.50")
    ds = read(body)
    assert (ds.Rows, ds.PixelSpacing) == (2, [1.5, 2.5])
    assert written(ds) == body
    assert written(ds, BIG) == element(0x00280010, "UN", b"\2\0", BIG) + element(0x00280030, "UN", b"1.5\\2.50", BIG)
    assert written(ds, IMPLICIT) == element(0x00280010, "US", b"\2\0", IMPLICIT) + element(
        0x00280030, "DS", "1.5\\2.50", IMPLICIT
    )
    ds.Rows = 3
    assert written(ds)[:10] == element(0x00280010, "US", b"\3\0")


@pytest.mark.parametrize("looked", [False, True], ids=["raw", "looked at"])
@pytest.mark.parametrize("tag", [0x00081140, 0x00091001], ids=["known", "unknown"])
@pytest.mark.parametrize("source", [EXPLICIT, BIG], ids=["explicit", "big"])
def test_un_of_undefined_length(source: made.Form, tag: int, looked: bool) -> None:
    def body(form: made.Form) -> bytes:
        content = item(element(0x00081155, "UI", "1.2", IMPLICIT), IMPLICIT, undefined=True)
        header = made.header(tag, "UN", made.UNDEFINED, form)
        return header + content + made.header(made.SEQUENCE_END, "", 0, IMPLICIT)

    ds = read(body(source), source)
    if looked:
        assert ds[tag].value[0].ReferencedSOPInstanceUID == "1.2"
    for form in FORMS:
        assert written(ds, form) == body(form)
    defined = [item(element(0x00081155, "UI", "1.2", IMPLICIT), IMPLICIT)]
    if tag == 0x00081140:  # the dictionary tells that it is a sequence
        assert written(ds, write_like_original=False) == made.header(tag, "UN", 20) + defined[0]
        assert written(ds, IMPLICIT, write_like_original=False) == sequence(tag, defined, IMPLICIT)
    else:  # only the header can
        explicit = [item(element(0x00081155, "UI", "1.2", EXPLICIT), EXPLICIT)]
        assert written(ds, write_like_original=False) == sequence(tag, explicit)
        assert written(ds, IMPLICIT, write_like_original=False) == (
            made.header(tag, "", made.UNDEFINED, IMPLICIT)
            + defined[0]
            + made.header(made.SEQUENCE_END, "", 0, IMPLICIT)
        )


def test_a_sequence_that_no_dictionary_knows_has_undefined_length_in_implicit_vr() -> None:
    ds = Dataset()
    inner = Dataset()
    inner.PatientID = "1"
    ds.add_new(0x00091001, "SQ", [inner])
    content = [item(element(0x00100020, "LO", "1", IMPLICIT), IMPLICIT)]
    expected = made.header(0x00091001, "", made.UNDEFINED, IMPLICIT) + content[0]
    assert written(ds, IMPLICIT) == expected + made.header(made.SEQUENCE_END, "", 0, IMPLICIT)
    assert read_by_pydicom(written(ds, IMPLICIT), IMPLICIT)[0x00091001].value[0].PatientID == "1"


def test_what_implicit_vr_does_not_name_becomes_what_the_dictionaries_know() -> None:
    creator = element(0x00290010, "LO", "SIEMENS CSA HEADER", IMPLICIT)
    known = element(0x00291008, "CS", "IMAGE NUM 4 ", IMPLICIT)
    unknown = element(0x00291099, "UN", b"ab", IMPLICIT)
    ds = read(creator + known + unknown, IMPLICIT)
    assert written(ds) == (
        element(0x00290010, "LO", "SIEMENS CSA HEADER")
        + element(0x00291008, "CS", "IMAGE NUM 4 ")
        + element(0x00291099, "UN", b"ab")
    )
    from adicom.datadict import DataDictionary

    words = DataDictionary()
    words.add_private("SIEMENS CSA HEADER", 0x00291099, "US", "Acme Number")
    ds.dictionary = words
    assert written(ds)[-10:] == element(0x00291099, "US", b"ab")
    assert written(ds, BIG)[-10:] == element(0x00291099, "US", b"ba", BIG)


# -- values that are too long for their VR --


@FORM
def test_what_is_too_long_for_its_length_field_is_un(form: made.Form) -> None:
    ds = Dataset()
    ds.add_new(0x00081081, "US", list(range(32768)))
    words = struct.pack("<32768H", *range(32768))
    if form.implicit:
        assert written(ds, form) == made.header(0x00081081, "US", 65536, form) + words
        return
    with pytest.warns(DicomWarning, match="written as UN"):
        assert written(ds, form) == made.header(0x00081081, "UN", 65536, form) + words
    source = read(made.header(0x00200032, "DS", 65536, IMPLICIT) + b"1 " * 32768, IMPLICIT)
    with pytest.warns(DicomWarning, match="written as UN"):
        assert written(source, form) == made.header(0x00200032, "UN", 65536, form) + b"1 " * 32768


# -- VRs that other elements settle --


@pytest.mark.parametrize(("signed", "VR", "value"), [(0, "US", 65534), (1, "SS", -2)])
def test_pixel_representation_counts_when_it_is_written(signed: int, VR: str, value: int) -> None:
    ds = Dataset()
    ds.SmallestImagePixelValue = value
    inner = Dataset()
    inner.add_new(0x00283002, "US or SS", [256, value, 16])
    ds.ModalityLUTSequence = [inner]
    ds.PixelRepresentation = signed
    assert ds["SmallestImagePixelValue"].VR == "US or SS"
    assert written(ds) == (
        element(0x00280103, "US", numbers("H", signed))
        + element(0x00280106, VR, numbers("H", 65534))
        + sequence(0x00283000, [item(element(0x00283002, VR, numbers("H", 256, 65534, 16)))])
    )
    inner.PixelRepresentation = 1 - signed
    with pytest.raises(EncodeError) as caught:
        written(ds)
    assert (caught.value.tag, caught.value.path) == (0x00283002, ((0x00283000, 0),))


@pytest.mark.parametrize("looked", [False, True], ids=["raw", "looked at"])
def test_a_value_that_is_set_where_one_was_read_is_open_again(looked: bool) -> None:
    body = element(0x00280103, "US", b"\0\0", IMPLICIT) + element(0x00280106, "US", b"\1\0", IMPLICIT)
    ds = read(body, IMPLICIT)
    if looked:
        assert ds.SmallestImagePixelValue == 1
    ds.SmallestImagePixelValue = -5
    ds.PixelRepresentation = 1
    assert written(ds) == element(0x00280103, "US", b"\1\0") + element(0x00280106, "SS", b"\xfb\xff")


@pytest.mark.parametrize("looked", [False, True], ids=["raw", "looked at"])
def test_values_that_were_read_keep_their_value_when_pixel_representation_changes(looked: bool) -> None:
    def body(form: made.Form, signed: int, VR: str, value: int) -> bytes:
        first = element(0x00080060, "CS", "CT", form)
        first += element(0x00280103, "US", numbers("H", signed, form=form), form)
        return first + element(0x00280106, VR, numbers("H", value, form=form), form)

    ds = read(body(IMPLICIT, 0, "", 7), IMPLICIT)
    if looked:
        assert ds.SmallestImagePixelValue == 7
    ds.PixelRepresentation = 1
    for form in FORMS:
        assert written(ds, form) == body(form, 1, "SS", 7)
    ds = read(body(IMPLICIT, 0, "", 65535), IMPLICIT)
    if looked:
        assert ds.SmallestImagePixelValue == 65535
    ds["PixelRepresentation"].value = 1
    with pytest.raises(EncodeError, match=r"VR SS, or is out of its range, in \(0028,0106\)"):
        written(ds)
    explicit = read(body(EXPLICIT, 0, "US", 65535))
    explicit.PixelRepresentation = 1
    assert written(explicit) == body(EXPLICIT, 1, "US", 65535)
    with pytest.warns(DicomWarning, match="another sign"):
        written(explicit, IMPLICIT)


def test_raw_sequences_are_looked_at_when_pixel_representation_changes() -> None:
    inner = item(element(0x00280106, "", b"\7\0", IMPLICIT), IMPLICIT)
    ds = read(element(0x00280103, "", b"\0\0", IMPLICIT) + sequence(0x00283000, [inner], IMPLICIT), IMPLICIT)
    ds.PixelRepresentation = 1
    assert written(ds)[-10:] == element(0x00280106, "SS", b"\7\0")
    assert written(ds, IMPLICIT)[-10:] == element(0x00280106, "", b"\7\0", IMPLICIT)


@pytest.mark.parametrize(
    ("bits", "form", "VR"),
    [(8, EXPLICIT, "OB"), (16, EXPLICIT, "OW"), (8, BIG, "OB"), (16, BIG, "OW"), (8, IMPLICIT, "")],
)
def test_pixel_data_is_ob_or_ow(bits: int, form: made.Form, VR: str) -> None:
    ds = Dataset()
    ds.PixelData = b"\1\2"
    ds.BitsAllocated = bits
    data = b"\2\1" if form.big and bits == 16 else b"\1\2"
    assert written(ds, form)[-len(made.header(0, VR, 0, form)) - 2 :] == element(0x7FE00010, VR, data, form)


def test_lut_data_and_waveforms() -> None:
    ds = Dataset()
    ds.LUTData = [1, 2]
    ds.WaveformBitsAllocated, ds.WaveformData = 8, b"ab"
    assert written(ds) == (
        element(0x00283006, "OW", b"\1\0\2\0") + element(0x54001004, "US", b"\x08\0") + element(0x54001010, "OB", b"ab")
    )
    ds.LUTDescriptor = [1, 0, 16]
    ds.LUTData = 7
    ds.WaveformBitsAllocated = 16
    assert written(ds) == (
        element(0x00283002, "US", numbers("H", 1, 0, 16))
        + element(0x00283006, "US", b"\7\0")
        + element(0x54001004, "US", b"\x10\0")
        + element(0x54001010, "OW", b"ab")
    )


def test_an_item_by_itself_is_written_by_what_was_around_it() -> None:
    inner = item(element(0x00280106, "", b"\xff\xff", IMPLICIT), IMPLICIT)
    ds = read(element(0x00280103, "", b"\1\0", IMPLICIT) + sequence(0x00283000, [inner], IMPLICIT), IMPLICIT)
    part = ds.ModalityLUTSequence[0]
    assert part.SmallestImagePixelValue == -1
    assert written(part) == element(0x00280106, "SS", b"\xff\xff")


# -- character sets --


def terms(text: str, form: made.Form = EXPLICIT) -> bytes:
    return element(0x00080005, "CS", text, form)


@pytest.mark.parametrize("looked", [False, True], ids=["raw", "looked at"])
@pytest.mark.parametrize("set_directly", [False, True], ids=["attribute", "element"])
def test_another_character_set_means_other_bytes_everywhere(set_directly: bool, looked: bool) -> None:
    def body(charset: str, codec: str) -> bytes:
        name = "Müller^Jürgen".encode(codec)
        own = terms("ISO_IR 144") + element(0x00080104, "LO", "Да".encode("iso8859_5"))
        inherits = element(0x00080104, "LO", made.even("Größe".encode(codec))) + sequence(
            CODE, [item(element(0x00080104, "LO", made.even("ä".encode(codec))))]
        )
        items = sequence(0x00081140, [item(own), item(inherits)])
        plain = element(0x00081030, "LO", "plain ") + sequence(0x00081199, [item(element(0x00080100, "SH", "ab"))])
        return terms(charset) + element(0x00080080, "LO", made.even(name)) + plain[:14] + items + plain[14:]

    ds = read(body("ISO_IR 100", "latin_1"))
    if looked:
        ds.check()
    assert written(ds) == body("ISO_IR 100", "latin_1")
    if set_directly:
        ds["SpecificCharacterSet"].value = "ISO_IR 192"
    else:
        ds.SpecificCharacterSet = "ISO_IR 192"
    assert written(ds) == body("ISO_IR 192", "utf_8")
    ds.SpecificCharacterSet = "ISO_IR 100"
    assert written(ds) == body("ISO_IR 100", "latin_1")


def test_a_list_of_character_sets_that_is_changed_in_place() -> None:
    ds = read(terms("\\ISO 2022 IR 87") + element(0x00080080, "LO", "ab"))
    assert isinstance(ds.SpecificCharacterSet, MultiValue)
    ds.SpecificCharacterSet.append("ISO 2022 IR 149")
    ds.InstitutionName = "김"
    assert written(ds) == terms("\\ISO 2022 IR 87\\ISO 2022 IR 149 ") + element(0x00080080, "LO", b"\x1b$)C\xb1\xe8")


def test_text_that_does_not_fit_the_new_character_set() -> None:
    ds = read(terms("ISO_IR 192") + sequence(CODE, [item(b""), item(element(0x00080104, "LO", "山 ".encode()))]))
    ds.SpecificCharacterSet = "ISO_IR 100"
    with pytest.raises(EncodeError) as caught:
        written(ds)
    error = caught.value
    assert (error.tag, error.path, error.value) == (0x00080104, ((CODE, 1),), "山")
    assert str(error).endswith("in (0040,A730)[1] > (0008,0104)")
    assert "山" not in str(error)
    del ds.SpecificCharacterSet
    with pytest.raises(EncodeError):
        written(ds)


def test_the_character_set_around_a_data_set() -> None:
    body = element(0x00080080, "LO", "山 ".encode())
    ds = adicom.sync.read_dataset(body, False, True, parent_encoding="utf_8")
    assert ds.InstitutionName == "山"
    assert written(ds) == body
    assert written(ds, encodings=("iso8859_1", "iso2022_jp")) == element(0x00080080, "LO", b"\x1b$B;3\x1b(B")
    inner = read(terms("ISO_IR 192") + sequence(CODE, [item(body)])).ContentSequence[0]
    with pytest.raises(EncodeError):
        written(inner)
    assert written(inner, encodings=["utf_8"]) == body


@pytest.mark.parametrize("terms", ["ISO_IR 100", "ISO_IR 192", None])
def test_text_that_goes_into_a_dataset_that_was_built(terms: str | None) -> None:
    theirs = read(element(0x00080005, "CS", "ISO_IR 192") + element(0x00080080, "LO", "é".encode()))
    inner = read(element(0x00080005, "CS", "ISO_IR 100") + sequence(CODE, [item(element(0x00080104, "LO", b"\xe9 "))]))
    ds = Dataset()
    if terms:
        ds.SpecificCharacterSet = terms
    ds["InstitutionName"] = theirs["InstitutionName"]
    ds["ContentSequence"] = inner["ContentSequence"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if terms is None else "error")
        text = "é".encode() if terms == "ISO_IR 192" else b"\xe9 "
        assert written(ds)[18 if terms else 0 :] == element(0x00080080, "LO", text) + sequence(
            CODE, [item(element(0x00080104, "LO", text))]
        )


@pytest.mark.parametrize("looked", [False, True], ids=["raw", "looked at"])
def test_un_in_another_character_set(looked: bool) -> None:
    ds = read(terms("ISO_IR 100") + element(0x00080080, "UN", b"\xfc "))
    if looked:
        assert ds.InstitutionName == "ü"
    ds.SpecificCharacterSet = "ISO_IR 192"
    assert written(ds) == terms("ISO_IR 192") + element(0x00080080, "UN", "ü".encode())


def test_a_misspelled_character_set_is_warned_of() -> None:
    ds = Dataset()
    with validation("ignore"):
        ds.SpecificCharacterSet = "ISO-IR 100"
    ds.InstitutionName = "é"
    with pytest.warns(DicomWarning, match="misspelled"):
        assert written(ds)[-2:] == b"\xe9 "


# -- group lengths --


def with_group_length(value: int, name: str, form: made.Form = EXPLICIT) -> bytes:
    return element(0x00100000, "UL", numbers("L", value, form=form), form) + element(0x00100010, "PN", name, form)


@pytest.mark.parametrize("looked", [False, True], ids=["raw", "looked at"])
def test_group_lengths(looked: bool) -> None:
    behind = element(0x00280010, "US", b"\1\0")
    ds = read(with_group_length(16, "Doe^Jane") + behind)
    if looked:
        ds.check()
    assert written(ds) == with_group_length(16, "Doe^Jane") + behind
    assert written(ds, write_like_original=False) == element(0x00100010, "PN", "Doe^Jane") + behind
    assert written(ds, write_like_original=False, group_lengths=True) == with_group_length(16, "Doe^Jane") + behind
    ds.Rows = 1
    assert written(ds) == with_group_length(16, "Doe^Jane") + behind
    ds.PatientName = "Miller^Anna"
    assert written(ds) == element(0x00100010, "PN", "Miller^Anna") + behind
    assert written(ds, group_lengths=True) == with_group_length(20, "Miller^Anna") + behind
    assert written(ds, BIG, group_lengths=True)[:32] == with_group_length(20, "Miller^Anna", BIG)


def test_a_wrong_group_length_stays_as_long_as_nothing_is_changed() -> None:
    behind = element(0x00100020, "LO", "47") + sequence(0x00101002, [item(b"", undefined=True)], undefined=True)
    behind += element(0x00104000, "LT", "x ")
    ds = read(with_group_length(5, "Doe^Jane") + behind)
    assert written(ds) == with_group_length(5, "Doe^Jane") + behind
    ds.check()
    assert written(ds) == with_group_length(5, "Doe^Jane") + behind
    del ds.PatientID
    assert written(ds) == element(0x00100010, "PN", "Doe^Jane") + behind[10:]


@pytest.mark.parametrize("value", [None, 5])
def test_group_lengths_that_were_set(value: int | None) -> None:
    ds = Dataset()
    ds.add_new(0x00100000, "UL", value)
    ds.PatientName = "Doe^Jane"
    assert written(ds) == element(0x00100010, "PN", "Doe^Jane")
    assert written(ds, group_lengths=True) == with_group_length(16, "Doe^Jane")


def test_the_length_of_a_command_is_always_right() -> None:
    ds = Dataset()
    ds.CommandGroupLength = 0
    ds.AffectedSOPClassUID = "1.2"
    expected = element(0x00000000, "UL", b"\x0c\0\0\0", IMPLICIT) + element(0x00000002, "UI", "1.2", IMPLICIT)
    assert written(ds, IMPLICIT) == written(ds, IMPLICIT, write_like_original=False) == expected


def test_a_wrong_group_length_of_a_group_that_something_was_added_to() -> None:
    ds = read(with_group_length(5, "Doe^Jane"))
    ds.add_new(0x00101002, "SQ", [])
    assert written(ds) == element(0x00100010, "PN", "Doe^Jane") + sequence(0x00101002)


def test_group_lengths_of_items_and_those_that_are_none() -> None:
    inner = with_group_length(16, "Doe^Jane")
    ds = read(element(0x00100000, "UL", b"ab") + sequence(CODE, [item(inner)]))
    assert written(ds) == element(0x00100000, "UL", b"ab") + sequence(CODE, [item(inner)])
    assert written(ds, write_like_original=False) == element(0x00100000, "UL", b"ab") + sequence(
        CODE, [item(inner[12:])]
    )
    ds.ContentSequence[0].PatientName = "A^B"
    assert written(ds)[10:] == sequence(CODE, [item(element(0x00100010, "PN", "A^B"))])


# -- what cannot be written --


def test_an_error_says_where_and_comes_before_the_first_byte() -> None:
    ds = small()
    with validation("ignore"):
        ds.ReferencedImageSequence[0].ContentSequence[0].add_new(0x00280010, "US", 70000)
    with pytest.raises(EncodeError) as caught:
        encode_dataset(ds, implicit_vr=False, little_endian=True)
    error = caught.value
    assert error.path == ((0x00081140, 0), (CODE, 0))
    assert (error.tag, error.value) == (0x00280010, 70000)
    assert "70000" not in str(error)
    assert isinstance(error, ValueError)


def test_what_is_no_value_at_all() -> None:
    ds = Dataset()
    ds[0x00091001] = DataElement(0x00091001, "XX", b"a", already_converted=True)
    with pytest.raises(EncodeError, match="no Value Representation"):
        written(ds)


def test_a_dataset_that_contains_itself() -> None:
    ds = Dataset()
    inner = Dataset()
    inner.ContentSequence = [ds]
    ds.ContentSequence = [Dataset(), inner]
    with pytest.raises(EncodeError, match="contain itself") as caught:
        written(ds)
    assert caught.value.path == ((CODE, 1),)
    shared = Dataset()
    ds.ContentSequence = [shared, shared]
    assert written(ds) == sequence(CODE, [item(b""), item(b"")])


def test_elements_that_were_not_read() -> None:
    body = made.small()[:-20] + made.encapsulated([b"abcd"]) + element(0xFFFCFFFC, "OB", b"ab")
    ds = adicom.sync.dcmread(made.part10(body, made.JPEG_BASELINE), defer_size=2)
    assert not ds.is_complete
    with pytest.raises(DeferredValueError, match="fetch_rest"):
        encode_dataset(ds)


@pytest.mark.parametrize("value", [Sequence(), None])
def test_empty_sequences(value: Any) -> None:
    ds = Dataset()
    ds.ContentSequence = value
    for form in FORMS:
        assert written(ds, form) == sequence(CODE, [], form)
    ds["ContentSequence"].is_undefined_length = True
    assert written(ds) == sequence(CODE, [], undefined=True)


def test_too_long_for_any_length_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four gigabytes are not for a test: the limit is moved."""
    monkeypatch.setattr("adicom.encoder.layout.LONGEST", 20)
    monkeypatch.setattr("adicom.encoder.output.LONGEST", 70_000)
    ds = Dataset()
    ds.ContentSequence = [Dataset()]
    ds.ContentSequence[0].PatientID = "x" * 14
    with pytest.raises(EncodeError, match="an item of 22 bytes is too long") as caught:
        written(ds)
    assert caught.value.tag == CODE
    ds.ContentSequence[0].PatientID = "x" * 6
    with pytest.raises(EncodeError, match="a sequence of 22 bytes is too long"):
        written(ds)
    ds.ContentSequence[0].TextValue = "x" * 70_002
    with pytest.raises(EncodeError, match="a value of 70002 bytes is too long"):
        written(ds)
