"""The example that takes identifying elements out: what it must leave, and what must not be left."""

from __future__ import annotations

import glob
import importlib.util
import io
import sys
from pathlib import Path
from typing import Any

import fsspec
import pydicom
import pydicom.data
import pytest

from tests.rewriting.rewritten import read

CT = Path(str(pydicom.data.get_testdata_file("CT_small.dcm")))
FOLDER = Path(__file__).resolve().parents[2] / "examples"
KEY = b"a key"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The example as a module."""
    monkeypatch.syspath_prepend(str(FOLDER))
    spec = importlib.util.spec_from_file_location("deidentify", FOLDER / "deidentify.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "deidentify", module)
    spec.loader.exec_module(module)
    return module


def image(number: int, **more: Any) -> bytes:
    """Return an image of a patient, which refers to another one."""
    ds = read(CT.read_bytes())
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.UID(f"1.2.3.{number}")
    reference = pydicom.Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = ds.SOPClassUID, f"1.2.3.{abs(1 - number)}"
    reference.PatientName, reference.PatientComments = "CompressedSamples^CT1", "a secret"
    code = pydicom.Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodingSchemeUID = "1", "SCT", "2.16.840.1.113883.6.96"
    ds.ReferencedImageSequence, ds.ProcedureCodeSequence = [reference], [code]
    ds.OperatorsName, ds.AcquisitionDateTime = "Secret^Operator", "20200102030405"
    ds.add_new(0x50000010, "US", 1)
    ds.add_new(0x60023000, "OW", b"\1\2")
    ds.add_new(0x60020010, "US", 1)
    for name, value in more.items():
        setattr(ds, name, value)
    target = io.BytesIO()
    ds.save_as(target)
    return target.getvalue()


@pytest.mark.anyio
async def test_a_folder_becomes_objects_without_identity(example: Any, tmp_path: Path) -> None:
    source = tmp_path / "in" / "Secret^Jane"
    source.mkdir(parents=True)
    (source / "0.dcm").write_bytes(image(0))
    (source / "1.dcm").write_bytes(image(1, BurnedInAnnotation="NO"))
    (source / "2.dcm").write_bytes(image(2, BurnedInAnnotation="YES"))
    (source / "3.dcm").write_bytes(image(3)[:20_000])
    summary = await example.deidentify(str(tmp_path / "in"), str(tmp_path / "out"), KEY, jobs=2)
    assert (summary.written, summary.silent, summary.failed) == (2, 1, ["TruncatedError"])
    assert summary.refused == ["Burned In Annotation (0028,0301) does not say NO"]
    found = sorted(map(Path, glob.glob(str(tmp_path / "out" / "*"))))
    assert len(found) == 2
    assert not any("Secret" in path.name or path.name in ("0.dcm", "1.dcm") for path in found)
    for path in found:
        check_nothing_is_left(example, path.read_bytes())
    first, second = (read(path.read_bytes()) for path in found)
    assert first.ReferencedImageSequence[0].ReferencedSOPInstanceUID == second.SOPInstanceUID
    assert second.ReferencedImageSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert first.PatientID == second.PatientID != "1CT1"
    assert first.StudyInstanceUID == second.StudyInstanceUID
    assert first.SOPInstanceUID == first.file_meta.MediaStorageSOPInstanceUID


def check_nothing_is_left(example: Any, data: bytes) -> None:
    assert data[:132] == bytes(128) + b"DICM"
    header = data[: data.index(b"\xe0\x7f\x10\0")]
    for text in (b"CompressedSamples", b"1CT1", b"Secret", b"a secret", b"JFK IMAGING", b"1.2.3.", b"2004", b"2020"):
        assert text not in header
    ds = read(data)
    gone = {*example.tags_of(example.LEFT_OUT), *example.tags_of(example.LEFT_OUT_INSTEAD)}
    empty, replaced = set(example.tags_of(example.EMPTIED)), set(example.tags_of(example.REPLACED))
    for element in ds.iterall():
        assert element.tag not in gone
        assert not element.tag.is_private
        assert element.tag.group >> 8 != 0x50
        assert element.tag not in empty or element.is_empty
        assert element.tag not in replaced or element.value in (*example.DUMMIES.values(), 0)
    assert 0x60020010 in ds
    assert 0x60023000 not in ds
    assert (ds.PatientName, ds.PatientIdentityRemoved) == ("", "YES")
    assert ds.DeidentificationMethod == example.METHOD
    assert ds.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
    assert ds.ProcedureCodeSequence[0].CodingSchemeUID == "2.16.840.1.113883.6.96"
    for uid in (ds.SOPInstanceUID, ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID):
        assert uid.startswith("2.25.")
        assert uid.is_valid
    original = read(CT.read_bytes())
    assert (ds.SOPClassUID, ds.PixelData) == (original.SOPClassUID, original.PixelData)


@pytest.mark.anyio
async def test_between_urls(example: Any) -> None:
    files = fsspec.filesystem("memory")
    files.pipe({"/in/a/0.dcm": image(0), "/in/1.dcm": image(1)})
    try:
        summary = await example.deidentify("memory://in", "memory://out", KEY)
        assert (summary.written, summary.failed, summary.refused) == (2, [], [])
        found = files.find("/out")
        assert len(found) == 2
        for path in found:
            check_nothing_is_left(example, files.cat_file(path))
    finally:
        files.rm("/in", recursive=True)
        files.rm("/out", recursive=True)


def test_the_table_is_of_known_elements(example: Any) -> None:
    lists = [
        example.tags_of(table)
        for table in (example.LEFT_OUT, example.LEFT_OUT_INSTEAD, example.EMPTIED, example.REPLACED)
    ]
    tags = [tag for table in lists for tag in table]
    assert len(tags) == len(set(tags)) > 500
    assert [hex(tag) for tag in tags if not pydicom.datadict.dictionary_has_tag(tag)] == []
    sequences = {tag for tag in tags if pydicom.datadict.dictionary_VR(tag) == "SQ"}
    assert not sequences.intersection([*lists[2], *lists[3]])
    assert {pydicom.datadict.dictionary_VR(tag) for tag in lists[3]} <= set(example.DUMMIES)
