"""A dataset as a mapping: what a dict of tags would do, and where it does otherwise."""

from __future__ import annotations

from collections.abc import ItemsView, KeysView, ValuesView
from typing import Any

import pytest

import adicom.sync
from adicom.dataelem import DataElement, RawDataElement
from adicom.dataset import Dataset
from adicom.errors import DicomWarning
from adicom.tag import BaseTag
from tests import made

NAME, IDENTITY, MODALITY = 0x00100010, 0x00100020, 0x00080060


def three() -> Dataset:
    ds = Dataset()
    ds.PatientID = "1"
    ds.PatientName = "A^B"
    ds.Modality = "CT"
    return ds


def read(*parts: bytes) -> adicom.sync.FileDataset:
    return adicom.sync.dcmread(made.part10(b"".join(parts)))


def test_views_are_in_the_order_of_tags_and_follow_the_dataset() -> None:
    ds = three()
    keys, values, items = ds.keys(), ds.values(), ds.items()
    assert list(keys) == [MODALITY, NAME, IDENTITY]
    assert all(isinstance(tag, BaseTag) for tag in keys)
    assert [element.keyword for element in values] == ["Modality", "PatientName", "PatientID"]
    assert [(tag, element.value) for tag, element in items] == [(MODALITY, "CT"), (NAME, "A^B"), (IDENTITY, "1")]
    del ds.PatientName
    assert (len(keys), len(values), len(items)) == (2, 2, 2)
    assert NAME not in keys
    assert "PatientID" in keys
    assert ds["PatientID"] in values
    assert (IDENTITY, ds["PatientID"]) in items
    assert (IDENTITY, ds["Modality"]) not in items
    assert IDENTITY not in items  # type: ignore[comparison-overlap]  # that it is none is the test
    assert keys & {MODALITY, 5} == {MODALITY}
    for view in (keys, values, items):
        assert "CT" not in repr(view)


def test_views_are_no_lists_but_sets_as_those_of_a_dict() -> None:
    ds = three()
    assert ds.keys() == {NAME: 0, IDENTITY: 0, MODALITY: 0}.keys()
    assert ds.keys() <= set(ds.keys())
    assert dict(ds.items())[BaseTag(NAME)] is ds["PatientName"]
    assert isinstance(ds.values(), ValuesView)
    assert not isinstance(ds.keys(), KeysView | ItemsView)  # those hold a mapping, and a dataset yields elements


def test_pop_and_popitem() -> None:
    ds = three()
    assert ds.pop("PatientID").value == "1"
    assert ds.pop(0x00200013, None) is None
    assert ds.pop("NoKeyword", 5) == 5
    with pytest.raises(KeyError):
        ds.pop("PatientID")
    tag, element = ds.popitem()
    assert (tag, element.value) == (MODALITY, "CT")  # the last that was added
    ds.clear()
    assert len(ds) == 0
    with pytest.raises(KeyError):
        ds.popitem()


@pytest.mark.parametrize(
    ("key", "default", "vr", "value"),
    [
        ("PatientSex", "F", "CS", "F"),
        ((0x0010, 0x0040), None, "CS", None),
        (0x00200013, 5, "IS", 5),
        ("PatientBirthDate", DataElement(0x00100030, "DA", "20240102"), "DA", "20240102"),
        (0x00091001, b"ab", "UN", b"ab"),
        (0x00280106, 7, "US or SS", 7),
    ],
)
def test_setdefault_adds_what_is_not_there(key: Any, default: Any, vr: str, value: Any) -> None:
    ds = three()
    element = ds.setdefault(key, default)
    assert (element.VR, element.value) == (vr, value)
    assert ds[key] is element
    assert ds.setdefault(key, "other") is element


def test_setdefault_warns_of_a_tag_that_nobody_knows() -> None:
    with pytest.warns(DicomWarning, match=r"\(0010, 0099\) is in no dictionary") as caught:
        assert Dataset().setdefault(0x00100099, b"ab").VR == "UN"
    assert caught[0].filename == __file__


def test_setdefault_wants_a_tag() -> None:
    with pytest.raises(ValueError, match="neither the keyword"):
        Dataset().setdefault("NoKeyword", 1)


def test_fromkeys() -> None:
    ds = Dataset.fromkeys(["PatientID", 0x00080060, (0x0010, 0x0010)], "X")
    assert {element.keyword: element.value for element in ds} == {
        "Modality": "X",
        "PatientName": "X",
        "PatientID": "X",
    }
    assert type(adicom.sync.Dataset.fromkeys([])) is adicom.sync.Dataset


def test_update_takes_datasets_mappings_and_pairs() -> None:
    ds = three()
    ds.update({"PatientID": "2", 0x00080070: DataElement(0x00080070, "LO", "ACME")})
    ds.update([("PatientSex", "M"), ("Modality", DataElement(MODALITY, "CS", "MR"))])
    other = Dataset()
    other.PatientName = "C"
    ds.update(other)
    assert [(ds.PatientID, ds.Manufacturer, ds.PatientSex, ds.Modality, str(ds.PatientName))] == [
        ("2", "ACME", "M", "MR", "C")
    ]
    ds.update(ds)
    assert len(ds) == 5


def test_update_keeps_the_order_in_which_elements_were_added() -> None:
    ds, other = Dataset(), Dataset()
    other.PatientName, other.Modality = "C", "CT"
    ds.update(other)
    assert ds.popitem()[0] == MODALITY


def test_get_takes_keywords_tags_and_attributes() -> None:
    ds = three()
    assert ds.get("PatientID") == "1"
    assert ds.get(IDENTITY).value == "1"
    assert ds.get((0x0010, 0x0020)) is ds["PatientID"]
    assert ds.get("PatientSex", "?") == "?"
    assert ds.get(0x00100040) is None
    assert ds.get("is_undefined_length_sequence_item") is False
    for wrong in (object(), -1, 1 << 32, (0x10000, 0), (1, 2, 3)):
        with pytest.raises(TypeError):
            ds.get(wrong)  # type: ignore[arg-type]  # that it fails is the test


def test_a_key_that_is_none_is_warned_of() -> None:
    ds = three()
    with pytest.warns(DicomWarning, match="neither a tag nor a keyword"):
        assert "PatientNam" not in ds
    for wrong in ((1, 2, 3), -1, 1 << 32):
        with pytest.warns(DicomWarning):
            assert wrong not in ds
    for key in ("PatientNam", None, 1 << 32):
        with pytest.raises(KeyError):
            ds[key]  # type: ignore[index]  # that it fails is the test
        assert ds.pop(key, 7) == 7  # type: ignore[arg-type]  # the same
    with pytest.raises(ValueError, match="neither the keyword"):
        del ds["PatientNam"]
    with pytest.raises(ValueError, match="neither the keyword"):
        ds.get_item("PatientNam")


def test_what_cannot_be_set() -> None:
    ds = three()
    with pytest.raises(NotImplementedError):
        ds[0x00100000:0x00200000] = ds["PatientID"]
    with pytest.raises(TypeError, match="takes data elements"):
        ds["PatientID"] = "1"  # type: ignore[assignment]  # that it fails is the test
    with pytest.raises(ValueError, match="differ"):
        ds["PatientID"] = DataElement(NAME, "PN", "x")
    with pytest.raises(ValueError, match="keyword"):
        ds["NoKeyword"] = DataElement(NAME, "PN", "x")


def test_elements_are_raw_until_they_are_looked_at() -> None:
    ds = read(made.element(MODALITY, "CS", "CT"), made.element(IDENTITY, "LO", "1 "))
    first, second = ds.elements()
    assert isinstance(first, RawDataElement)
    assert isinstance(second, RawDataElement)
    assert (first.VR, first.value, second.value) == ("CS", b"CT", b"1 ")
    assert ds.PatientID == "1"
    assert [type(element) for element in ds.elements()] == [RawDataElement, DataElement]
    part = ds.get_item(slice(0x00080000, 0x00090000))
    assert isinstance(part, adicom.sync.FileDataset)
    assert [element.value for element in part] == ["CT"]
    with pytest.raises(KeyError):
        ds.get_item("PatientSex")


def test_a_raw_element_can_be_mended_before_it_is_looked_at() -> None:
    ds = read(made.element(0x00291026, "UN", b"\5\0"), made.element(IDENTITY, "LO", "1 "))
    ds.update_raw_element(0x00291026, vr="US")
    assert (ds[0x00291026].VR, ds[0x00291026].value) == ("US", 5)
    ds.update_raw_element("PatientID", value=b"22")
    assert ds.PatientID == "22"
    for arguments, error in (
        (("PatientID", {"value": b"3"}), TypeError),
        (("PatientSex", {"value": b"3"}), KeyError),
        (("PatientID", {}), ValueError),
        (("PatientID", {"vr": "XX"}), ValueError),
        (("PatientID", {"value": "text"}), TypeError),
    ):
        with pytest.raises(error):
            ds.update_raw_element(arguments[0], **arguments[1])


@pytest.mark.parametrize(
    "look",
    [
        lambda ds: ds["PatientSex"],
        lambda ds: ds[0x00100040],
        lambda ds: ds.pop("PatientSex"),
        lambda ds: ds.get_item("PatientSex"),
        lambda ds: ds.__delitem__(0x00100040),
        lambda ds: ds.__delitem__("PatientSex"),
    ],
)
def test_a_missing_element_is_named_by_its_tag(look: Any) -> None:
    ds = three()
    with pytest.raises(KeyError) as caught:
        look(ds)
    assert caught.value.args == (BaseTag(0x00100040),)
    assert str(caught.value) == "(0010, 0040)"  # pydicom writes (0010,0040)
    assert len(ds) == 3


def test_a_vr_that_others_settle_is_open_until_it_is_written() -> None:
    ds = Dataset()
    ds.SmallestImagePixelValue = -1
    ds.PixelData = b"ab"
    assert (ds["SmallestImagePixelValue"].VR, ds["PixelData"].VR) == ("US or SS", "OB or OW")
    ds["SmallestImagePixelValue"].VR = "SS"
    ds.SmallestImagePixelValue = -2
    assert ds["SmallestImagePixelValue"].VR == "SS"


@pytest.mark.parametrize("looked", [False, True], ids=["raw", "looked at"])
def test_a_value_that_is_set_opens_the_vr_that_was_settled_for_the_one_before(looked: bool) -> None:
    body = made.element(0x00280106, "US", b"\1\0", made.IMPLICIT) + made.element(0x7FE00010, "OW", b"ab", made.IMPLICIT)
    ds = adicom.sync.dcmread(made.part10(body, made.IMPLICIT_LE))
    if looked:
        assert (ds["SmallestImagePixelValue"].VR, ds["PixelData"].VR) == ("US", "OW")
    ds.SmallestImagePixelValue = -1
    ds.PixelData = b"cd"
    assert (ds["SmallestImagePixelValue"].VR, ds["PixelData"].VR) == ("US or SS", "OW")


@pytest.mark.parametrize("first", [False, True], ids=["set at once", "looked at"])
def test_what_was_read_is_decoded_as_it_was_read_whatever_is_set_in_place(first: bool) -> None:
    body = made.element(0x00080005, "CS", "ISO_IR 100") + made.element(0x00080080, "LO", b"M\xfcnster")
    ds = adicom.sync.dcmread(made.part10(body))
    assert not first or ds.InstitutionName == "Münster"
    ds["SpecificCharacterSet"].value = "ISO_IR 192"
    assert ds.InstitutionName == "Münster"
