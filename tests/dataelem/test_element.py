"""DataElement: what it answers, and what becomes of values that are assigned."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import adicom.sync
from adicom.dataelem import DataElement, Deferred, empty_value_for_VR
from adicom.dataset import Dataset
from adicom.errors import DicomWarning
from adicom.multival import MultiValue
from adicom.sequence import Sequence
from adicom.tag import BaseTag, Tag
from adicom.uid import UID
from adicom.valuerep import DSfloat, PersonName
from tests import made


def test_fields() -> None:
    element = DataElement("PatientName", "PN", "CITIZEN^Joan", 1234, is_undefined_length=True)
    assert element.tag == 0x00100010
    assert type(element.tag) is BaseTag
    assert (element.VR, element.VM, element.name) == ("PN", 1, "Patient's Name")
    assert (element.keyword, element.description()) == ("PatientName", "Patient's Name")
    assert (element.file_tell, element.is_undefined_length, element.private_creator) == (1234, True, None)
    assert (element.is_raw, element.is_buffered, element.is_private, element.is_empty) == (False, False, False, False)
    element.tag = Tag("PatientID")
    assert element.keyword == "PatientID"


@pytest.mark.parametrize("tag", [0x00100010, (0x10, 0x10), "PatientName", "00100010", BaseTag(0x00100010)])
def test_every_form_of_a_tag(tag: Any) -> None:
    assert DataElement(tag, "PN", "").tag == 0x00100010


@pytest.mark.parametrize(("tag", "error"), [(-1, ValueError), (2**32, OverflowError), ("No", ValueError)])
def test_no_tag(tag: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        DataElement(tag, "LO", "")


def test_one_of_several_values() -> None:
    element = DataElement(0x00280030, "DS", r"0.5\0.7")
    assert (element[0], element[-1], element[:1]) == (0.5, 0.7, [0.5])
    assert [value + 1 for value in element] == [1.5, 1.7]
    assert 0.7 in element
    with pytest.raises(IndexError):
        element[2]
    with pytest.raises(TypeError, match="neither a sequence nor a list"):
        DataElement(0x00280010, "US", 5)[0]


def test_items_of_a_sequence() -> None:
    element = DataElement("BeamSequence", "SQ", [Dataset(), Dataset()])
    element[0].Manufacturer = "Linac, co."
    assert [len(item) for item in element] == [1, 0]
    assert (element.VM, element.is_empty, element.repval) == (1, False, "<Sequence, length 2>")
    element.clear()
    assert isinstance(element.value, Sequence)
    assert (element.VM, element.is_empty) == (1, True)


@pytest.mark.parametrize(
    ("VR", "given_value", "kind", "expected"),
    [
        ("LO", "a", str, "a"),
        ("LO", "a\\b", MultiValue, ["a", "b"]),
        ("LO", ("a", "b"), MultiValue, ["a", "b"]),
        ("LO", ["a"], str, "a"),
        ("LO", [], MultiValue, []),
        ("LO", None, type(None), None),
        ("LO", b"a\\b", MultiValue, [b"a", b"b"]),
        ("LT", "a\\b", str, "a\\b"),
        ("UR", "a/b", str, "a/b"),
        ("CS", b"A\\B", MultiValue, ["A", "B"]),
        ("UI", b"1.2.3", UID, "1.2.3"),
        ("UI", "1.2\\1.3", MultiValue, ["1.2", "1.3"]),
        ("DS", b"1.5", DSfloat, 1.5),
        ("PN", "A^B\\C^D", MultiValue, ["A^B", "C^D"]),
        ("PN", b"A^B", PersonName, "A^B"),
        ("AT", (0x10, 0x20), BaseTag, 0x00100020),
        ("AT", "PatientID", BaseTag, 0x00100020),
        ("AT", [0x00100010, 0x00100020], MultiValue, [0x00100010, 0x00100020]),
        ("AT", "", str, ""),
        ("AT", 0, BaseTag, 0),
        ("US", b"\x5c\x00", bytes, b"\x5c\x00"),
        ("OB", b"a\\b", bytes, b"a\\b"),
        ("SQ", None, Sequence, []),
    ],
)
def test_values_that_are_assigned(VR: str, given_value: Any, kind: type, expected: Any) -> None:
    element = DataElement(0x00091001, VR, given_value)
    assert element.value == expected
    assert type(element.value) is kind
    element.value = None
    element.value = given_value
    assert element.value == expected


@pytest.mark.parametrize(
    ("VR", "value"), [("UI", 5), ("AT", 1.5), ("SQ", [5]), ("SQ", Dataset()), ("DS", object()), ("IS", object())]
)
def test_values_of_the_wrong_type(VR: str, value: Any) -> None:
    with pytest.raises(TypeError):
        DataElement(0x00091001, VR, value)


def test_pixel_data_takes_no_array() -> None:
    numpy = pytest.importorskip("numpy")
    with pytest.raises(TypeError, match="array"):
        DataElement(0x7FE00010, "OW", numpy.zeros(4, "u2"))


def test_numbers_of_numpy() -> None:
    numpy = pytest.importorskip("numpy")
    assert DataElement(0x00280010, "US", numpy.uint16(5), validation_mode="raise").value == 5
    assert DataElement(0x00091001, "FL", numpy.float32(0.5), validation_mode="raise").value == 0.5


def test_a_known_tag_has_no_un() -> None:
    assert DataElement(0x00100010, "UN", b"A^B").VR == "PN"
    assert DataElement(0x00100010, "UN", None).VR == "PN"
    assert DataElement(0x00100010, "UN", bytes(0xFFFF)).VR == "UN"
    assert DataElement(0x00091001, "UN", b"A^B").VR == "UN"
    assert DataElement(0x00131234, "UN", b"A^B").VR == "UN"
    assert DataElement(0x00141234, "UN", b"A^B").VR == "UN"


def test_values_that_are_taken_as_they_are() -> None:
    element = DataElement(0x00100020, "LO", [1, 2], already_converted=True)
    assert type(element.value) is list
    assert element.VM == 2


@pytest.mark.parametrize(
    ("tag", "name", "keyword", "retired"),
    [
        (0x00100010, "Patient's Name", "PatientName", False),
        (0x00101000, "Other Patient IDs", "OtherPatientIDs", True),
        (0x60020010, "Overlay Rows", "", False),
        (0x00100000, "Group Length", "", False),
        (0x00090000, "Group Length", "", False),
        (0x00090010, "Private Creator", "", False),
        (0x00091001, "Private tag data", "", False),
        (0x00131313, "Private tag data", "", False),
        (0x00140001, "", "", False),
    ],
)
def test_names(tag: int, name: str, keyword: str, retired: bool) -> None:
    element = DataElement(tag, "OB", b"")
    assert (element.name, element.keyword, element.is_retired) == (name, keyword, retired)


def test_the_name_that_a_creator_gives() -> None:
    element = DataElement(0x00291008, "CS", "IMAGE NUM 4")
    element.private_creator = "SIEMENS CSA HEADER"
    assert element.name == "[CSA Image Header Type]"
    element.private_creator = "NOBODY"
    assert element.name == "Private tag data"


@pytest.mark.parametrize(
    ("VR", "value", "text"),
    [
        ("OB", b"1234567890123456", "b'1234567890123456'"),
        ("OB", b"12345678901234567", "Array of 17 elements"),
        ("UT", "a" * 17, "Array of 17 elements"),
        ("LO", "a" * 17, repr("a" * 17)),
        ("US", list(range(16)), str(list(range(16)))),
        ("US", list(range(17)), "Array of 17 elements"),
        ("UI", "1.2.840.10008.1.2", "Implicit VR Little Endian"),
        ("UI", "1.2.3", "1.2.3"),
        ("LO", None, "None"),
        ("OB", None, "None"),
        ("SQ", [], "<Sequence, length 0>"),
    ],
)
def test_repval(VR: str, value: Any, text: str) -> None:
    assert DataElement(0x00091001, VR, value).repval == text


def test_text() -> None:
    element = DataElement(0x00100010, "PN", "CITIZEN^Joan")
    assert str(element) == repr(element) == "(0010, 0010) Patient's Name                      PN: 'CITIZEN^Joan'"

    class Short(DataElement):
        showVR = False
        descripWidth = 7
        maxBytesToDisplay = 4

    assert str(Short(0x00100010, "PN", "A")) == "(0010, 0010) Patient 'A'"
    assert Short(0x00091001, "OB", b"12345").repval == "Array of 5 elements"


def test_no_text_of_a_deferred_element_loads_it() -> None:
    class Loader:
        source = None

        def load(self, element: DataElement) -> None:
            raise AssertionError("it was loaded")

        def decode(self, element: DataElement, data: bytes) -> Any:
            raise AssertionError("it was decoded")

    for VR in ("OB", "UT", "UI", "SQ", "US"):
        element = DataElement(0x00091001, VR, Deferred(5300, 1_200_000, Loader()), already_converted=True)
        assert element.repval == "<deferred, 1.2 MB>"
        assert str(element) == repr(element) == f"(0009, 1001) {'Private tag data':35} {VR}: <deferred, 1.2 MB>"
        assert (element.VM, element.is_empty, element.is_deferred) == (1, False, True)
        assert element == copy.copy(element)
        with pytest.raises(AssertionError, match="loaded"):
            element[0]


def test_clear() -> None:
    for VR, empty in (("LO", ""), ("US", None), ("DS", None), ("OB", None)):
        element = DataElement(0x00091001, VR, "1" if VR in ("LO", "DS") else b"\1\0")
        element.clear()
        assert element.value == element.empty_value == empty_value_for_VR(VR) == empty
        assert (element.VM, element.is_empty) == (0, True)


def test_empty_values() -> None:
    assert empty_value_for_VR("PN") == ""
    assert isinstance(empty_value_for_VR("PN"), PersonName)
    assert empty_value_for_VR("SQ") == []
    assert empty_value_for_VR("SQ", raw=True) == empty_value_for_VR("LO", raw=True) == b""
    assert empty_value_for_VR("US", raw=True) is None
    assert empty_value_for_VR(None) is None


def test_comparison() -> None:
    element = DataElement(0x00100020, "LO", "1")
    assert element == DataElement(0x00100020, "LO", "1")
    assert element != DataElement(0x00100020, "LO", "2")
    assert element != DataElement(0x00100020, "SH", "1")
    assert element != DataElement(0x00100021, "LO", "1")
    assert element != "1"
    with pytest.raises(TypeError):
        hash(element)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda element: pickle.loads(pickle.dumps(element))])
def test_copies(again: Any) -> None:
    element = DataElement(0x00080008, "CS", ["ORIGINAL", "PRIMARY"], 7, True, validation_mode="raise")
    twin = again(element)
    assert twin == element
    assert (twin.file_tell, twin.is_undefined_length, twin.validation_mode) == (7, True, 2)
    with pytest.raises(ValueError, match="CS"):
        twin.value.append("axial")


def test_what_was_read_can_be_assigned() -> None:
    ds = adicom.sync.dcmread(made.part10(made.element(0x00100020, "LO", b"1 ")))
    element = ds[0x00100020]
    assert element.validation_mode == 1
    for twin in (copy.copy(element), copy.deepcopy(element), pickle.loads(pickle.dumps(element))):
        assert twin == element
    tell = element.file_tell
    element.value = "2"
    assert ds.PatientID == "2"
    assert element.file_tell == tell


def test_text_for_a_number_is_split_too() -> None:
    with pytest.warns(DicomWarning, match="SS"):
        assert DataElement(0x00091001, "SS", "1\\2").value == ["1", "2"]


def test_the_value_of_a_tag_is_in_no_message() -> None:
    with pytest.raises(ValueError, match="VR AT") as caught:
        DataElement(0x00280009, "AT", "CITIZEN^Joan")
    assert "CITIZEN" not in str(caught.value)
    with pytest.raises(ValueError, match="VR AT") as caught:
        DataElement(0x00280009, "AT", ["FrameTime", "CITIZEN^Joan"])
    assert "CITIZEN" not in str(caught.value)
