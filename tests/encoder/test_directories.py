"""A DICOMDIR that has changed leads to its records, or is not written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import adicom.sync
from adicom.dataset import Dataset
from adicom.encoder import encode_file
from adicom.errors import EncodeError
from tests.directory import At, Record, directory, patient
from tests.made import BIG, EXPLICIT, FORMS, element

if TYPE_CHECKING:
    from adicom.dataset import FileDataset
    from tests import made

pytestmark = pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")


def tree(
    names: tuple[str, str], form: made.Form = EXPLICIT, *, undefined: bool = False, deflate: bool = False
) -> bytes:
    """Return two patients, the first with a study, which stands behind both."""
    records = [
        Record("PATIENT", next=1, lower=2, more=patient(names[0], form)),
        Record("PATIENT", more=patient(names[1], form)),
        Record("STUDY ", shared=0),
    ]
    return directory(records, form=form, undefined=undefined, deflate=deflate)


def rename(ds: FileDataset, number: int, name: str) -> None:
    ds.DirectoryRecordSequence[number].PatientName = f"Secret^{name}"
    ds.DirectoryRecordSequence[number].PatientID = name


@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)
def test_offsets_follow_records_that_have_moved(form: made.Form, undefined: bool) -> None:
    ds = adicom.sync.dcmread(tree(("1", "2"), form, undefined=undefined))
    assert encode_file(ds).to_bytes() == tree(("1", "2"), form, undefined=undefined)
    rename(ds, 1, "of another length")
    assert encode_file(ds).to_bytes() == tree(("1", "of another length"), form, undefined=undefined)
    rename(ds, 0, "x")
    rename(ds, 1, "y")
    assert encode_file(ds).to_bytes() == tree(("x", "y"), form, undefined=undefined)
    again = adicom.sync.dcmread(encode_file(ds, write_like_original=False).to_bytes())
    assert [record.PatientID for record in again.records] == ["x", "y"]
    assert [child.DirectoryRecordType for child in again.records[0].children] == ["STUDY"]
    assert ds.DirectoryRecordSequence[0].OffsetOfTheNextDirectoryRecord > 0


@pytest.mark.parametrize("target", FORMS, ids=lambda form: form.syntax)
def test_offsets_follow_into_another_transfer_syntax(target: made.Form) -> None:
    ds = adicom.sync.dcmread(tree(("1", "2"), BIG))
    ds.file_meta.TransferSyntaxUID = target.syntax
    assert encode_file(ds).to_bytes() == tree(("1", "2"), target)


def test_records_that_change_places_or_go() -> None:
    ds = adicom.sync.dcmread(tree(("1", "2")))
    ds.DirectoryRecordSequence.reverse()
    again = adicom.sync.dcmread(encode_file(ds).to_bytes())
    assert [record.PatientID for record in again.records] == ["1", "2"]
    assert [record.get("PatientID") for record in again.DirectoryRecordSequence] == [None, "2", "1"]
    del ds.DirectoryRecordSequence[0]
    with pytest.raises(EncodeError, match="leads to none that is known") as caught:
        encode_file(ds)
    assert (caught.value.tag, caught.value.path) == (0x00041420, ((0x00041220, 1),))
    ds.DirectoryRecordSequence[1].OffsetOfReferencedLowerLevelDirectoryEntity = 0
    again = adicom.sync.dcmread(encode_file(ds).to_bytes())
    assert [record.PatientID for record in again.records] == ["1", "2"]


def test_wrong_offsets_stay_as_long_as_nothing_moves() -> None:
    data = directory([Record("PATIENT", next=At(99), more=patient("1"))])
    ds = adicom.sync.dcmread(data)
    ds.check()
    assert encode_file(ds).to_bytes() == data
    rename(ds, 0, "2")
    assert encode_file(ds).to_bytes() == directory([Record("PATIENT", next=At(99), more=patient("2"))])
    ds.file_meta.ImplementationVersionName = "LONGER"
    with pytest.raises(EncodeError):
        encode_file(ds)


def test_a_directory_that_was_built() -> None:
    record = Dataset()
    record.OffsetOfTheNextDirectoryRecord = 0
    record.DirectoryRecordType = "PATIENT"
    ds = Dataset()
    ds.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 24
    ds.DirectoryRecordSequence = [record]
    data = encode_file(ds, implicit_vr=False).to_bytes()
    assert data[24:28] == b"\xfe\xff\0\xe0"
    ds.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 25
    with pytest.raises(EncodeError) as caught:
        encode_file(ds, implicit_vr=False)
    assert caught.value.tag == 0x00041200


def test_a_directory_that_is_deflated_has_no_offsets() -> None:
    ds = adicom.sync.dcmread(tree(("1", "2"), deflate=True))
    rename(ds, 0, "of another length")
    assert len(encode_file(ds).to_bytes()) > 300


def test_what_is_no_directory() -> None:
    ds = Dataset()
    ds.add_new(0x00041220, "LO", "text")
    assert encode_file(ds, implicit_vr=False).to_bytes() == element(0x00041220, "LO", "text")
