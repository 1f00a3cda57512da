"""Datasets: data elements by tag and by keyword.

Example:
    >>> from adicom.dataset import Dataset
    >>> ds = Dataset()
    >>> ds.PatientID = "12345"
    >>> ds.PatientID
    '12345'
"""

from __future__ import annotations

from adicom.dataset.dataset import Dataset
from adicom.dataset.dicomdir import DicomDir
from adicom.dataset.filedataset import FileDataset
from adicom.dataset.filemeta import FileMetaDataset, validate_file_meta
from adicom.dataset.private import PrivateBlock
from adicom.dataset.rawelement import convert_raw
from adicom.dataset.records import DirectoryRecord

__all__ = (
    "Dataset",
    "DicomDir",
    "DirectoryRecord",
    "FileDataset",
    "FileMetaDataset",
    "PrivateBlock",
    "convert_raw",
    "validate_file_meta",
)
