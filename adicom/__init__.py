"""adicom: asynchronous, streaming DICOM.

Every function that may wait is awaited::

    ds = await adicom.dcmread("s3://bucket/ct.dcm", stop_before_pixels=True)

A forgotten ``await`` gives a coroutine and reads nothing. :mod:`adicom.sync` has the same names, blocking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adicom import _wiring
from adicom.datadict import DataDictionary
from adicom.dataelem import DataElement, Deferred, EncapsulatedValue, RawDataElement, StreamValue
from adicom.dataset import Dataset, DicomDir, DirectoryRecord, FileDataset, FileMetaDataset
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
from adicom.filereader import dcmread, fetch_many, iter_batches, iter_events, read_dataset, read_file, read_partial
from adicom.filewriter import dcmwrite, encode, write_dataset, write_file, write_file_meta_info
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
from adicom.tag import Tag
from adicom.uid import UID

if TYPE_CHECKING:
    from adicom.interop import from_pydicom
    from adicom.io.session import Session
    from adicom.reader import DicomReader, open_dicom
    from adicom.rewriting import RewriteReport, rewrite

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
    "StreamValue",
    "Tag",
    "TruncatedError",
    "ValueChunk",
    "ValueEnd",
    "ValueStart",
    "dcmread",
    "dcmwrite",
    "encode",
    "fetch_many",
    "from_pydicom",
    "iter_batches",
    "iter_events",
    "open_dicom",
    "read_dataset",
    "read_file",
    "read_partial",
    "rewrite",
    "write_dataset",
    "write_file",
    "write_file_meta_info",
)

__version__ = "0.1.0.dev0"

_LATER: Final = {
    "DicomReader": "adicom.reader",
    "RewriteReport": "adicom.rewriting",
    "Session": "adicom.io.session",
    "from_pydicom": "adicom.interop",
    "open_dicom": "adicom.reader",
    "rewrite": "adicom.rewriting",
}

_wiring.wire()


def __getattr__(name: str) -> Any:
    module = _LATER.get(name)
    if module is None:
        raise AttributeError(f"module 'adicom' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(module), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
