"""File meta information: group 2 and nothing else, complete where the standard wants it (PS3.10 7.1)."""

from __future__ import annotations

import pytest

from adicom import __version__
from adicom.dataelem import DataElement
from adicom.dataset import Dataset, FileDataset, FileMetaDataset, validate_file_meta
from adicom.dataset.filemeta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME

OTHER = DataElement(0x00100020, "LO", "1")


def test_only_group_2_comes_in() -> None:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = "1.2.840.10008.1.2"
    for put in (
        lambda: setattr(meta, "PatientID", "1"),
        lambda: meta.add(OTHER),
        lambda: meta.__setitem__(0x00100020, OTHER),
        lambda: meta.setdefault("PatientID", "1"),
        lambda: meta.update({0x00100020: OTHER}),
        lambda: FileMetaDataset({0x00100020: OTHER}),
        lambda: FileMetaDataset.validate({0x00100020: OTHER}),
    ):
        with pytest.raises(ValueError, match=r"group 2 only, not \(0010, 0020\)"):
            put()
    with pytest.raises(TypeError):
        FileMetaDataset.validate([OTHER])  # type: ignore[arg-type]  # that it fails is the test
    FileMetaDataset.validate(None)
    assert len(meta) == 1


def test_what_is_missing_is_added_or_named() -> None:
    meta = FileMetaDataset()
    validate_file_meta(meta, enforce_standard=False)
    assert len(meta) == 0
    with pytest.raises(AttributeError, match=r"0002, 0002.*0002, 0003.*0002, 0010"):
        validate_file_meta(meta)
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    validate_file_meta(meta)
    assert meta.FileMetaInformationVersion == b"\0\1"
    assert meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert meta.ImplementationVersionName == IMPLEMENTATION_VERSION_NAME
    with pytest.raises(ValueError, match="group 2 only"):
        validate_file_meta(Dataset({0x00100020: OTHER}))


def test_adicom_names_itself_within_the_limits() -> None:
    assert IMPLEMENTATION_CLASS_UID.is_valid
    assert len(IMPLEMENTATION_VERSION_NAME) <= 16  # an SH (PS3.5 6.2)
    assert __version__.startswith(IMPLEMENTATION_VERSION_NAME.removeprefix("ADICOM "))


@pytest.mark.parametrize("kind", [Dataset, FileDataset])
def test_file_meta_of_a_dataset(kind: type[Dataset]) -> None:
    ds = kind()
    assert hasattr(ds, "file_meta") is (kind is FileDataset)
    ds.ensure_file_meta()
    assert isinstance(ds.file_meta, FileMetaDataset)
    plain = Dataset()
    plain.TransferSyntaxUID = "1.2.840.10008.1.2"
    ds.file_meta = plain
    assert isinstance(ds.file_meta, FileMetaDataset)
    assert ds.file_meta.TransferSyntaxUID.name == "Implicit VR Little Endian"
    with pytest.raises(TypeError):
        setattr(ds, "file_meta", "1.2.840.10008.1.2")  # noqa: B010  # a type checker would not let it pass
    with pytest.raises(ValueError, match="group 2 only"):
        ds.file_meta = Dataset({0x00100020: OTHER})
    assert str(ds).startswith("Dataset.file_meta ----")
