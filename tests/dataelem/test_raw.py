"""Raw elements that are decoded alone, with pydicom as the oracle."""

from __future__ import annotations

import warnings
from typing import Any

import pydicom.dataelem
import pydicom.tag
import pytest

import adicom.sync
from adicom.dataelem import DataElement_from_raw, RawDataElement, convert_raw_data_element
from adicom.dataset import Dataset
from adicom.errors import ParseError
from adicom.tag import Tag
from tests import made

CASES: list[tuple[int, str | None, bytes, bool, bool, str | None]] = [
    (0x00100020, "LO", b"1CT1", False, True, None),
    (0x00100010, "PN", b"M\xfcller^J", False, True, "latin_1"),
    (0x00100010, None, "Müller".encode(), True, True, "utf_8"),
    (0x00280010, None, b"\x00\x02", True, True, None),
    (0x00280010, "US", b"\x02\x00", False, False, None),
    (0x00280030, "DS", rb"0.5\0.5 ", False, True, None),
    (0x00080018, "UI", b"1.2.3\0", False, True, None),
    (0x00090010, None, b"ACME", True, True, None),
    (0x00091001, None, b"ab", True, True, None),
    (0x00100000, None, b"\4\0\0\0", True, True, None),
    (0x00100020, "UN", b"1CT1", False, True, None),
    (0x7FE00010, "OB", b"\1\2", False, True, None),
]


@pytest.mark.parametrize(("tag", "VR", "value", "implicit", "little", "encoding"), CASES)
def test_as_in_pydicom(tag: int, VR: str | None, value: bytes, implicit: bool, little: bool, encoding: Any) -> None:
    fields = (VR, len(value), value, 100, implicit, little)
    ours = convert_raw_data_element(RawDataElement(Tag(tag), *fields), encoding=encoding)
    theirs = pydicom.dataelem.convert_raw_data_element(
        pydicom.dataelem.RawDataElement(pydicom.tag.Tag(tag), *fields), encoding=encoding
    )
    assert (int(ours.tag), ours.VR, repr(ours.value)) == (int(theirs.tag), theirs.VR, repr(theirs.value))
    assert (ours.file_tell, ours.is_undefined_length) == (theirs.file_tell, theirs.is_undefined_length)


def test_the_dataset_says_who_the_creator_is() -> None:
    ds = Dataset()
    ds.add_new(0x00290010, "LO", "SIEMENS CSA HEADER")
    raw = RawDataElement(Tag(0x00291008), None, 4, b"ABCD", 0, True, True)
    element = convert_raw_data_element(raw, ds=ds)
    assert (element.VR, element.private_creator, element.name) == (
        "CS",
        "SIEMENS CSA HEADER",
        "[CSA Image Header Type]",
    )
    assert raw.tag not in ds
    assert convert_raw_data_element(raw).VR == "UN"


def test_the_dataset_says_how_text_is_encoded_and_what_a_vr_is() -> None:
    data = [
        made.element(0x00080005, "CS", b"ISO_IR 192"),
        made.element(0x00280103, "US", b"\1\0"),
    ]
    ds = adicom.sync.dcmread(made.part10(b"".join(data)))
    name = RawDataElement(Tag(0x00100010), "PN", 7, "Müller".encode(), 0, False, True)
    assert convert_raw_data_element(name, ds=ds).value == "Müller"
    smallest = RawDataElement(Tag(0x00280106), None, 2, b"\xff\xff", 0, True, True)
    element = convert_raw_data_element(smallest, ds=ds)
    assert (element.VR, element.value) == ("SS", -1)
    assert len(ds) == 2


def test_a_sequence() -> None:
    item = made.item(made.element(0x00100020, "LO", b"1 "))
    raw = RawDataElement(Tag(0x00081140), "SQ", len(item), item, 0, False, True)
    element = convert_raw_data_element(raw)
    assert [ds.PatientID for ds in element] == ["1"]
    with pytest.raises(ParseError):
        convert_raw_data_element(raw._replace(value=item[:-1], length=len(item) - 1))


def test_a_deferred_one() -> None:
    raw = RawDataElement(Tag(0x00100020), "LO", 4, None, 0, False, True)
    assert raw.is_deferred
    with pytest.raises(ValueError, match="deferred"):
        convert_raw_data_element(raw)


def test_the_former_name() -> None:
    raw = RawDataElement(Tag(0x00100010), "PN", 6, b"M\xfcller", 0, False, True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert DataElement_from_raw(raw, "latin_1").value == "Müller"
        assert DataElement_from_raw(raw, ["latin_1"], Dataset()).value == "Müller"
