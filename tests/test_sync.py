"""What stands in for ``import pydicom``: names and modules of ``adicom.sync``."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pydicom
import pydicom.data
import pytest

import adicom
import adicom.sync
from tests.test_surface import MODULES

if TYPE_CHECKING:
    from pathlib import Path

CT = pydicom.data.get_testdata_file("CT_small.dcm")


def test_sync_has_every_name_of_adicom() -> None:
    assert set(adicom.__all__) <= set(adicom.sync.__all__)
    assert all(hasattr(adicom.sync, name) for name in adicom.sync.__all__)


def test_sync_has_the_names_of_pydicom_that_adicom_has() -> None:
    names = {name for name in vars(pydicom) if not name.startswith("_") and hasattr(adicom, name)}
    assert {"DataElement", "FileMetaDataset", "Sequence", "dataset", "uid"} <= names
    assert {name for name in names if not hasattr(adicom.sync, name)} == set()


@pytest.mark.parametrize("name", MODULES)
def test_modules_of_values_are_those_of_adicom(name: str) -> None:
    assert getattr(adicom.sync, name) is importlib.import_module(f"adicom.{name}")


@pytest.mark.parametrize("name", ["Dataset", "FileDataset", "FileMetaDataset", "PrivateBlock", "validate_file_meta"])
def test_its_module_of_datasets_has_pydicoms_names(name: str) -> None:
    assert hasattr(importlib.import_module("pydicom.dataset"), name)
    assert hasattr(importlib.import_module("adicom.sync.dataset"), name)


@pytest.mark.parametrize("name", ["dcmread", "read_partial", "read_dataset"])
def test_its_module_of_reading_has_pydicoms_names(name: str) -> None:
    assert hasattr(pydicom.filereader, name)
    assert getattr(adicom.sync.filereader, name) is getattr(adicom.sync, name)


@pytest.mark.parametrize("name", ["dcmwrite", "write_dataset", "write_file_meta_info"])
def test_its_module_of_writing_has_pydicoms_names(name: str) -> None:
    assert hasattr(pydicom.filewriter, name)
    assert getattr(adicom.sync.filewriter, name) is getattr(adicom.sync, name)


@pytest.mark.parametrize("library", [pydicom, adicom.sync])
def test_a_program_runs_with_either(library: Any, tmp_path: Path) -> None:
    ds = library.dataset.Dataset()
    ds.file_meta = library.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = library.uid.ExplicitVRLittleEndian
    ds.ReferencedImageSequence = library.Sequence([library.Dataset()])
    ds[0x00100020] = library.DataElement(library.tag.Tag("PatientID"), "LO", "1")
    again = pickle.loads(pickle.dumps(ds))
    assert isinstance(again, library.Dataset)
    assert (again.PatientID, type(again.ReferencedImageSequence[0])) == ("1", library.Dataset)
    assert library.datadict.keyword_for_tag(0x00100020) == "PatientID"
    with pytest.raises(library.errors.InvalidDicomError):
        library.dcmread(library.filebase.DicomBytesIO(bytes(200)) if library is pydicom else bytes(200))
    assert library.filereader.dcmread(CT).PatientID == "1CT1"
    ds.SOPClassUID, ds.SOPInstanceUID = library.uid.CTImageStorage, "2.25.1"
    ds.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    library.filewriter.dcmwrite(str(tmp_path / "b.dcm"), library.dcmread(tmp_path / "a.dcm"))
    assert (tmp_path / "a.dcm").read_bytes() == (tmp_path / "b.dcm").read_bytes()
    with pytest.raises(FileExistsError):
        ds.save_as(tmp_path / "a.dcm", overwrite=False, implicit_vr=False, little_endian=True)


def test_the_import_brings_no_event_loop() -> None:
    program = (
        "import sys, adicom.sync\n"
        "sys.exit(', '.join(sorted({'anyio', 'asyncio', 'aiohttp', 'numpy'} & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
