"""What type checkers see of a dataset; checking this file with mypy and pyright is the test.

An unused ``type: ignore`` is an error, so each of them says that mypy reports a mistake.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, assert_type

import pydicom

import adicom
import adicom.sync
from adicom.dataset import FileMetaDataset
from adicom.multival import MultiValue
from adicom.tag import BaseTag
from adicom.valuerep import IS, DSfloat, PersonName


def keywords(ds: adicom.Dataset) -> None:
    assert_type(ds.PatientName, PersonName)
    assert_type(ds.PatientName.family_name, str)
    assert_type(ds.PatientID, str)
    assert_type(ds.StudyDate, str)
    assert_type(ds.SOPInstanceUID, adicom.UID)
    assert_type(ds.Rows, int)
    assert_type(ds.SmallestImagePixelValue, int)
    assert_type(ds.SliceThickness, DSfloat)
    assert_type(ds.SliceThickness + 1, float)
    assert_type(ds.InstanceNumber, IS)
    assert_type(ds.InstanceNumber + 1, int)
    assert_type(ds.FrameAcquisitionDuration, float)
    assert_type(ds.DimensionIndexPointer, BaseTag)
    assert_type(ds.PixelData, bytes)


def several(ds: adicom.Dataset) -> None:
    assert_type(ds.ImageType, MultiValue[str])
    assert_type(ds.ImageType[0], str)
    assert_type(ds.PixelSpacing, MultiValue[DSfloat])
    assert_type([value / 2 for value in ds.ImagePositionPatient], list[float])
    assert_type(ds.WindowCenter, DSfloat | MultiValue[DSfloat])
    assert_type(ds.OtherPatientNames, PersonName | MultiValue[PersonName])
    assert_type(ds.LUTDescriptor, MultiValue[int])
    assert_type(ds.LUTData, int | MultiValue[int] | bytes)


def setting(ds: adicom.Dataset) -> None:
    ds.PatientName = "CITIZEN^Joan"
    ds.PatientName = PersonName.from_named_components("Citizen", "Joan")
    ds.PatientName = None
    ds.StudyDate = "20240131"
    ds.StudyDate = date(2024, 1, 31)
    ds.SliceThickness = 1.5
    ds.SliceThickness = "1.50"
    ds.SliceThickness = Decimal("1.50")
    ds.PixelSpacing = [1, "1.50"]
    ds.WindowCenter = 40
    ds.WindowCenter = (40, 400)
    ds.ImageType = "ORIGINAL\\PRIMARY"
    ds.FrameIncrementPointer = (0x0018, 0x1063)
    ds.FrameIncrementPointer = "FrameTime"
    ds.ReferencedImageSequence = [adicom.Dataset(), adicom.FileDataset()]
    ds.ReferencedImageSequence = adicom.Sequence()
    del ds.PatientName


def items(ds: adicom.FileDataset, blocking: adicom.sync.FileDataset) -> None:
    assert_type(ds.ReferencedImageSequence[0], adicom.Dataset)
    assert_type(ds.ReferencedImageSequence[0].ReferencedSOPInstanceUID, adicom.UID)
    for item in ds.PerFrameFunctionalGroupsSequence:
        assert_type(item, adicom.Dataset)
    assert_type(ds.ReferencedImageSequence.is_undefined_length, bool)
    assert_type(blocking.ReferencedImageSequence[0], adicom.sync.Dataset)
    assert_type(blocking.ReferencedImageSequence[0].SourceImageSequence[0], adicom.sync.Dataset)
    for nested in blocking.PerFrameFunctionalGroupsSequence:
        assert_type(nested, adicom.sync.Dataset)
    assert_type(blocking.ReferencedImageSequence.pop(), adicom.sync.Dataset)
    assert_type(blocking.ReferencedImageSequence.is_undefined_length, bool)
    blocking.ReferencedImageSequence[0].fetch_all()
    takes_a_sequence(blocking.ReferencedImageSequence)


def takes_a_sequence(sequence: adicom.Sequence) -> None:
    assert_type(sequence[0], adicom.Dataset)


def meta_and_others(ds: adicom.FileDataset) -> None:
    assert_type(ds.file_meta, FileMetaDataset)
    assert_type(ds.file_meta.TransferSyntaxUID, adicom.UID)
    assert_type(ds.file_meta.TransferSyntaxUID.name, str)
    assert_type(ds["PatientName"].value, Any)
    assert_type(ds.get("PatientName"), Any)
    ds.something = 5
    assert_type(ds.something_else, Any)
    assert_type(ds.PatientName if "PatientName" in ds else None, PersonName | None)


async def awaited_or_not(ds: adicom.Dataset, blocking: adicom.sync.Dataset) -> None:
    assert_type(await ds.ReferencedImageSequence[0].fetch("PixelData"), Any)
    assert_type(await ds.ReferencedImageSequence[0].fetch("PixelData", "Rows"), tuple[Any, ...])
    assert_type(blocking.ReferencedImageSequence[0].fetch("PixelData", "Rows"), tuple[Any, ...])
    assert_type(blocking.fetch_all(), None)


def interop(ds: adicom.Dataset, file: adicom.FileDataset, theirs: pydicom.FileDataset) -> None:
    assert_type(ds.to_pydicom(), pydicom.Dataset)
    assert_type(file.to_pydicom(), pydicom.FileDataset)
    assert_type(adicom.from_pydicom(pydicom.Dataset()), adicom.Dataset)
    assert_type(adicom.from_pydicom(theirs), adicom.FileDataset)
    assert_type(adicom.sync.from_pydicom(pydicom.Dataset()), adicom.sync.Dataset)
    assert_type(adicom.sync.from_pydicom(theirs), adicom.sync.FileDataset)
    assert_type(ds._repr_html_(), str)


async def mistakes(ds: adicom.Dataset, blocking: adicom.sync.Dataset) -> None:
    ds.Rows = "512"  # type: ignore[assignment]
    ds.PatientID = 12345  # type: ignore[assignment]
    ds.PixelData = [1, 2, 3]  # type: ignore[assignment]
    ds.ReferencedImageSequence = adicom.Dataset()  # type: ignore[assignment]  # an item is no sequence
    ds.PatientName + 1  # type: ignore[operator]
    print(ds.PatientName.surname)  # type: ignore[attr-defined]
    ds.ReferencedImageSequence[0].fetch_all()  # type: ignore[unused-coroutine]
    await blocking.ReferencedImageSequence[0].fetch_all()  # type: ignore[misc, func-returns-value]
