"""How a dataset was encoded, and whether that still holds."""

from __future__ import annotations

import pytest

import adicom.sync
from adicom.dataset import Dataset, FileDataset
from tests import made

ENCODINGS = {made.EXPLICIT: (False, True), made.IMPLICIT: (True, True), made.BIG: (False, False)}


@pytest.mark.parametrize("form", ENCODINGS, ids=lambda form: form.syntax)
def test_the_encoding_that_was_read(form: made.Form) -> None:
    charset = made.element(0x00080005, "CS", "ISO_IR 192", form)
    inner = made.sequence(0x00081140, [made.item(made.element(0x00081155, "UI", "1.2", form), form)], form)
    ds = adicom.sync.dcmread(made.part10(charset + inner, form.syntax))
    assert ds.original_encoding == ENCODINGS[form]
    assert (ds.read_implicit_vr, ds.read_little_endian) == ENCODINGS[form]
    assert (ds.is_implicit_VR, ds.is_little_endian) == ENCODINGS[form]
    assert ds.original_character_set == ds.read_encoding == "utf_8"
    assert ds.is_original_encoding
    (item,) = ds.ReferencedImageSequence
    assert item.original_encoding == ENCODINGS[form]
    assert item.original_character_set == "utf_8"
    ds.SpecificCharacterSet = "ISO_IR 100"
    assert ds.original_character_set == "utf_8"
    assert not ds.is_original_encoding
    ds.SpecificCharacterSet = "ISO_IR 192"
    assert ds.is_original_encoding
    ds.is_little_endian = not ds.is_little_endian
    assert not ds.is_original_encoding
    assert ds[0x00080000:0x00090000].original_encoding == ENCODINGS[form]


def test_a_dataset_of_ones_own_was_not_encoded() -> None:
    ds = Dataset()
    ds.PatientID = "1"
    assert ds.original_encoding == (None, None)
    assert ds.original_character_set == ""
    assert (ds.is_implicit_VR, ds.is_little_endian, ds.is_original_encoding) == (None, None, False)
    ds.set_original_encoding(True, True, "iso8859")
    ds.is_implicit_VR = ds.is_little_endian = True
    assert (ds.read_implicit_vr, ds.read_little_endian) == (True, True)
    assert ds.is_original_encoding
    ds.set_original_encoding(False, True)
    assert (ds.read_implicit_vr, ds.original_character_set) == (False, "iso8859")
    assert FileDataset("a.dcm", {}, is_implicit_VR=False).original_encoding == (False, True)


def test_text_that_was_set_as_bytes_is_decoded() -> None:
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    item = Dataset()
    item.add_new(0x00080080, "LO", "Zürich".encode())
    own = Dataset()
    own.SpecificCharacterSet = "ISO_IR 100"
    own.add_new(0x00080080, "LO", "Zürich".encode("latin-1"))
    ds.ReferencedImageSequence = [item, own]
    ds.decode()
    assert (item.InstitutionName, own.InstitutionName) == ("Zürich", "Zürich")
