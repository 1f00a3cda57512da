"""The names of adicom, blocking: the same functions with the same arguments.

``import adicom.sync as pydicom`` is meant to work: modules of pydicom are here by the same names, too. What is local
is read in place; URLs are read on a session's network thread, and callbacks such as ``stop_when`` then run there.

Example:
    >>> import adicom.sync as dicom
    >>> import pydicom.data
    >>> ds = dicom.dcmread(pydicom.data.get_testdata_file("CT_small.dcm"), defer_size="1 KB")
    >>> len(ds.PixelData)
    32768
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, overload

from adicom import (
    charset,
    datadict,
    dataelem,
    errors,
    jsonmodel,
    multival,
    sequence,
    tag,
    uid,
    valuerep,
    values,
)
from adicom.datadict import DataDictionary
from adicom.dataelem import DataElement, Deferred, EncapsulatedValue, RawDataElement, StreamValue
from adicom.errors import (
    BudgetExceededError,
    DecodeError,
    DeferredValueError,
    DicomError,
    DicomWarning,
    EncodeError,
    InvalidDicomError,
    InvalidJsonError,
    LimitError,
    ParseError,
    SinkError,
    SinkExistsError,
    SinkNotFoundError,
    SinkPermissionError,
    SinkTimeoutError,
    SourceChangedError,
    SourceError,
    SourceNotFoundError,
    SourcePermissionError,
    SourceTimeoutError,
    TruncatedError,
)
from adicom.io.session import BlockingSession as Session
from adicom.multival import MultiValue
from adicom.parser import (
    DeferredElement,
    Element,
    Event,
    FileEnd,
    FileMetaEnd,
    FileStart,
    FragmentEnd,
    FragmentStart,
    ItemEnd,
    ItemStart,
    Need,
    Parser,
    ParserLimits,
    PixelDataEnd,
    PixelDataStart,
    Plan,
    SequenceEnd,
    SequenceStart,
    ValueChunk,
    ValueEnd,
    ValueStart,
)
from adicom.sequence import Sequence
from adicom.sync import dataset, filereader, filewriter, io
from adicom.sync.dataset import Dataset, DicomDir, DirectoryRecord, FileDataset, FileMetaDataset
from adicom.sync.fetching import fetch_many
from adicom.sync.filereader import (
    Stream,
    dcmread,
    iter_batches,
    iter_events,
    read_dataset,
    read_file,
    read_partial,
)
from adicom.sync.filewriter import dcmwrite, encode, write_dataset, write_file, write_file_meta_info
from adicom.tag import Tag
from adicom.uid import UID

if TYPE_CHECKING:
    import pydicom

    from adicom import dataset as _dataset
    from adicom import pixels
    from adicom.sync.reader import DicomReader, open_dicom
    from adicom.sync.rewriting import RewriteReport, rewrite

__all__ = (
    "UID",
    "BudgetExceededError",
    "DataDictionary",
    "DataElement",
    "Dataset",
    "DecodeError",
    "Deferred",
    "DeferredElement",
    "DeferredValueError",
    "DicomDir",
    "DicomError",
    "DicomReader",
    "DicomWarning",
    "DirectoryRecord",
    "Element",
    "EncapsulatedValue",
    "EncodeError",
    "Event",
    "FileDataset",
    "FileEnd",
    "FileMetaDataset",
    "FileMetaEnd",
    "FileStart",
    "FragmentEnd",
    "FragmentStart",
    "InvalidDicomError",
    "InvalidJsonError",
    "ItemEnd",
    "ItemStart",
    "LimitError",
    "MultiValue",
    "Need",
    "ParseError",
    "Parser",
    "ParserLimits",
    "PixelDataEnd",
    "PixelDataStart",
    "Plan",
    "RawDataElement",
    "RewriteReport",
    "Sequence",
    "SequenceEnd",
    "SequenceStart",
    "Session",
    "SinkError",
    "SinkExistsError",
    "SinkNotFoundError",
    "SinkPermissionError",
    "SinkTimeoutError",
    "SourceChangedError",
    "SourceError",
    "SourceNotFoundError",
    "SourcePermissionError",
    "SourceTimeoutError",
    "Stream",
    "StreamValue",
    "Tag",
    "TruncatedError",
    "ValueChunk",
    "ValueEnd",
    "ValueStart",
    "charset",
    "datadict",
    "dataelem",
    "dataset",
    "dcmread",
    "dcmwrite",
    "encode",
    "errors",
    "fetch_many",
    "filereader",
    "filewriter",
    "from_pydicom",
    "io",
    "iter_batches",
    "iter_events",
    "jsonmodel",
    "multival",
    "open_dicom",
    "pixels",
    "read_dataset",
    "read_file",
    "read_partial",
    "rewrite",
    "sequence",
    "tag",
    "uid",
    "valuerep",
    "values",
    "write_dataset",
    "write_file",
    "write_file_meta_info",
)


_LATER: Final = {
    "DicomReader": "adicom.sync.reader",
    "RewriteReport": "adicom.sync.rewriting",
    "open_dicom": "adicom.sync.reader",
    "pixels": "adicom.pixels",
    "rewrite": "adicom.sync.rewriting",
}


def __getattr__(name: str) -> Any:
    module = _LATER.get(name)
    if module is None:
        raise AttributeError(f"module 'adicom.sync' has no attribute {name!r}")
    from importlib import import_module

    found = import_module(module)
    return found if name == "pixels" else getattr(found, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})


@overload
def from_pydicom(dataset: pydicom.FileDataset) -> FileDataset: ...


@overload
def from_pydicom(dataset: pydicom.Dataset) -> Dataset: ...


def from_pydicom(dataset: pydicom.Dataset) -> _dataset.Dataset:
    """Return a dataset that has all that is in a pydicom dataset; see :func:`adicom.from_pydicom`."""
    from adicom import interop

    return interop.bring(dataset, Dataset, FileDataset, DicomDir)
