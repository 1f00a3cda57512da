"""Datasets: elements by tag and keyword, what reading leaves behind, items that are many."""

from __future__ import annotations

import copy
import gc
import pickle
import warnings
import weakref
from typing import Any

import pydicom
import pydicom.data
import pytest

import adicom.sync
from adicom._generated.data_dictionary import ELEMENTS
from adicom.dataelem import DataElement
from adicom.dataset import Dataset, FileDataset
from adicom.errors import DicomWarning, LimitError, ParseError
from adicom.parser import ParserLimits
from adicom.parser.scan import RUN
from tests import made

SEQUENCE = 0x00081140
NESTED = 0x00081150


def read(*parts: bytes, **options: Any) -> adicom.sync.FileDataset:
    return adicom.sync.dcmread(made.part10(b"".join(parts)), **options)


def test_no_keyword_is_a_name_of_the_class() -> None:
    keywords = {line.split("|")[4] for line in ELEMENTS.splitlines()}
    assert len(keywords) > 5000
    assert not keywords & set(dir(FileDataset))


def test_elements_by_tag_and_keyword() -> None:
    ds = Dataset()
    ds.PatientName = "CITIZEN^Joan"
    ds.add_new(0x0043102B, "SS", [4, 4, 0, 0])
    ds.BeamSequence = [Dataset(), Dataset()]
    ds.BeamSequence[0].Manufacturer = "Linac, co."
    assert "PatientName" in ds
    assert (0x0010, 0x0020) not in ds
    assert ds[0x0010, 0x0010].value == "CITIZEN^Joan"
    assert ds[0x0043, 0x102B].value == [4, 4, 0, 0]
    assert [element.keyword for element in ds] == ["PatientName", "", "BeamSequence"]
    assert ds.BeamSequence[0].Manufacturer == "Linac, co."
    del ds.PatientName
    with pytest.raises(AttributeError):
        _ = ds.PatientName


def test_items_inherit_the_character_set_that_was_read() -> None:
    name = made.element(0x00100010, "PN", "Müller".encode())
    ds = read(
        made.element(0x00080005, "CS", b"ISO_IR 192"),
        made.sequence(SEQUENCE, [made.item(made.sequence(NESTED, [made.item(name)]))]),
    )
    ds.SpecificCharacterSet = "ISO_IR 100"
    (outer,) = ds[SEQUENCE].value
    (inner,) = outer[NESTED].value
    assert inner.PatientName == "Müller"


def test_pixel_representation_may_come_later() -> None:
    ds = adicom.sync.read_dataset(
        b"".join(
            made.element(tag, "US", value, made.IMPLICIT)
            for tag, value in ((0x00189810, b"\xfb\xff"), (0x00280103, b"\1\0"))
        ),
        is_implicit_VR=True,
        is_little_endian=True,
    )
    assert (ds[0x00189810].VR, ds[0x00189810].value) == ("SS", -5)


def test_the_last_of_two_is_kept_and_warned_of() -> None:
    with pytest.warns(DicomWarning, match="occur twice"):
        ds = read(made.element(0x00100020, "LO", b"1 "), made.element(0x00100020, "LO", b"2 "))
    assert ds.PatientID == "2"


def test_damage_in_a_raw_sequence_says_where() -> None:
    good = made.item(made.element(0x00100020, "LO", b"1 "))
    bad = made.item(made.sequence(NESTED, [made.item(b"\x10\0\x20\0LO\xff\0")]))
    ds = read(made.sequence(SEQUENCE, [good, bad]))
    with pytest.raises(ParseError) as caught:
        ds.check()
    assert caught.value.path == ((SEQUENCE, 1), (NESTED, 0))
    assert caught.value.offset is not None
    assert made.part10(b"")
    assert caught.value.offset > len(made.part10(b""))


def test_the_depth_limit_holds_on_access() -> None:
    data = made.element(0x00100020, "LO", b"1 ")
    for _ in range(5):
        data = made.sequence(SEQUENCE, [made.item(data)])
    ds = read(data, limits=ParserLimits(depth=3))
    with pytest.raises(LimitError) as caught:
        ds.check()
    assert caught.value.limit == "depth"


def test_an_empty_item_can_be_filled() -> None:
    ds = read(made.sequence(SEQUENCE, [made.item(b""), made.item(b"")]))
    first, second = ds[SEQUENCE].value
    first.PatientID = "x"
    assert ds[SEQUENCE].value[0].PatientID == "x"
    assert len(second) == 0


def test_a_copy_of_what_was_read_is_its_own() -> None:
    ds = read(made.element(0x00100010, "PN", b"A^B "), made.element(0x00100020, "LO", b"1 "))
    twin = ds.copy()
    twin.PatientID = "2"
    part = ds[0x00100020:]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (ds.PatientID, twin.PatientID, part.PatientID) == ("1", "2", "1")
    assert "PatientName" not in part
    assert ds.group_dataset(0x0010) == ds


def test_an_item_keeps_what_is_set_on_it() -> None:
    two = [made.item(made.element(0x00100020, "LO", b"1 ")), made.item(undefined=True)]
    ds = read(made.sequence(SEQUENCE, two))
    first, second = ds[SEQUENCE].value
    first.note = "mine"
    first.note_too = 1
    del first.note_too
    assert first.note == "mine"
    assert not hasattr(first, "note_too")
    assert not hasattr(second, "note")
    assert (first.is_undefined_length_sequence_item, second.is_undefined_length_sequence_item) == (False, True)
    second.is_undefined_length_sequence_item = False
    assert not second.is_undefined_length_sequence_item
    with pytest.raises(AttributeError):
        del second.note
    for twin in (copy.copy(first), copy.deepcopy(first), pickle.loads(pickle.dumps(first))):
        twin.note += " too"
        assert (twin.note, twin.PatientID, first.note) == ("mine too", "1", "mine")


def test_one_dataset_may_be_shown_otherwise() -> None:
    class Deeper(Dataset):
        """A class of a user's, whose datasets have a dict."""

    for kind in (Dataset, Deeper, FileDataset):
        ds, other = kind(), kind()
        for one in (ds, other):
            one.ReferencedImageSequence = [Dataset({0x00100020: DataElement(0x00100020, "LO", "1")})]
        ds.indent_chars = "......"
        ds.note = 1
        assert str(ds).endswith("\n......---------")
        assert "......" not in str(other)
        assert (ds.note, hasattr(other, "note")) == (1, False)


def test_what_was_looked_at_needs_no_garbage_collector() -> None:
    inner = made.sequence(NESTED, [made.item(made.element(0x00100010, "PN", b"A^B "))], undefined=True)
    gc.disable()
    try:
        ds = read(made.sequence(SEQUENCE, [made.item(inner)] * 3))
        ds.check()
        gone = weakref.ref(ds)
        del ds
        assert gone() is None
    finally:
        gc.enable()


def test_a_sequence_longer_than_what_is_scanned_at_a_time() -> None:
    texts = [f"{number:08}" for number in range(20_000)]
    whole = made.sequence(SEQUENCE, [made.item(made.element(0x00100020, "LO", text)) for text in texts])
    assert RUN < len(whole) < 8 * RUN
    assert [item.PatientID for item in read(whole)[SEQUENCE].value] == texts


def name(text: str, codec: str) -> bytes:
    return made.element(0x00100010, "PN", text.encode(codec))


@pytest.mark.parametrize("options", [{}, {"defer_size": 30}], ids=["raw", "streamed"])
def test_items_at_any_depth_inherit_what_the_nearest_one_says(options: dict[str, Any]) -> None:
    levels = [
        ("ISO_IR 100", "Äpfel", "latin-1"),
        ("", "Birnen ä", "latin-1"),
        ("ISO_IR 192", "Ärger", "utf-8"),
        ("", "Übel", "utf-8"),
        ("ISO_IR 144", "Иван", "iso8859_5"),
        ("", "Пётр", "iso8859_5"),
        ("", "Анна", "iso8859_5"),
    ]
    body = b""
    for charset, text, codec in reversed(levels):
        inside = made.sequence(SEQUENCE, [made.item(body, undefined=True)] * 2, undefined=True) if body else b""
        body = (made.element(0x00080005, "CS", charset) if charset else b"") + inside + name(text, codec)
    level = [read(body, **options)]
    for _, text, _ in levels:
        assert {str(dataset.PatientName) for dataset in level} == {text}
        level = [item for dataset in level for item in (dataset[SEQUENCE].value if SEQUENCE in dataset else ())]


@pytest.mark.parametrize("options", [{}, {"defer_size": 20}], ids=["raw", "streamed"])
def test_what_decides_a_vr_may_stand_behind_the_sequence(options: dict[str, Any]) -> None:
    form = made.IMPLICIT
    number = made.element(0x00280106, "SS", b"\xfb\xff", form)
    deep = made.sequence(SEQUENCE, [made.item(number, form, undefined=True)], form, undefined=True)
    item = made.item(deep + made.element(0x00280103, "US", b"\1\0", form), form, undefined=True)
    other = made.item(deep, form, undefined=True)
    body = made.sequence(0x00081115, [item, other], form, undefined=True)
    ds = adicom.sync.dcmread(made.part10(body, form.syntax), **options)
    first, second = ds[0x00081115].value
    assert first[SEQUENCE].value[0][0x00280106].value == -5
    assert second[SEQUENCE].value[0][0x00280106].value == 0xFFFB


def test_private_sequences_in_items_know_their_creator() -> None:
    creator = made.element(0x00090010, "LO", "ACME")
    inner = made.sequence(0x00091001, [made.item(creator, undefined=True)] * 3, undefined=True)
    whole = made.sequence(SEQUENCE, [made.item(creator + inner, undefined=True)] * 2, undefined=True)
    ds = read(whole, creator, inner)
    found = [element.private_creator for element in ds.iterall() if element.tag == 0x00091001]
    assert found == ["ACME"] * 3


@pytest.mark.parametrize("library", [pydicom, adicom])
def test_what_a_property_lacks_is_named(library: Any) -> None:
    class Mine(library.Dataset):  # type: ignore[misc]
        @property
        def weight(self) -> Any:
            return self.PatientWeight

    with pytest.raises(AttributeError, match="PatientWeight"):
        _ = Mine().weight


@pytest.mark.parametrize("looked_at", [True, False])
def test_a_shallow_copy_shares_the_items_that_are_there(looked_at: bool) -> None:
    ds = adicom.sync.dcmread(pydicom.data.get_testdata_file("CT_small.dcm"))
    if looked_at:
        assert len(ds.OtherPatientIDsSequence) == 2
    twin = ds.copy()
    assert (twin.OtherPatientIDsSequence[0] is ds.OtherPatientIDsSequence[0]) is looked_at
