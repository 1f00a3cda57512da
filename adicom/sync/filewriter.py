"""Writes DICOM to wherever it goes, blocking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.dataset.ports import ports
from adicom.encoder import encode_dataset, encode_file, encode_file_meta
from adicom.encoder.encoded import Encoded
from adicom.filewriter.arguments import form_of_target, given_encodings, require_dataset
from adicom.filewriter.body import BlockingEncodedFile as EncodedFile
from adicom.filewriter.keywords import BlockingTargetKeywords as TargetKeywords
from adicom.filewriter.keywords import BlockingWriteKeywords as WriteKeywords
from adicom.filewriter.keywords import EncodeKeywords, file_options, split_keywords

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Unpack

    from adicom.dataset import Dataset
    from adicom.io.session import BlockingSession as Session

__all__ = (
    "EncodeKeywords",
    "EncodedFile",
    "TargetKeywords",
    "WriteKeywords",
    "dcmwrite",
    "encode",
    "write_dataset",
    "write_file",
    "write_file_meta_info",
)


def dcmwrite(
    filename: Any, dataset: Dataset, write_like_original: bool = True, **keywords: Unpack[WriteKeywords]
) -> None:
    """Write a dataset as a DICOM file to wherever it goes; see :func:`adicom.dcmwrite`.

    Example:
        >>> import io, pydicom.data, adicom.sync
        >>> ds = adicom.sync.dcmread(pydicom.data.get_testdata_file("CT_small.dcm"))
        >>> with io.BytesIO() as file:
        ...     adicom.sync.dcmwrite(file, ds)
        ...     file.tell()
        39206
    """
    encoding, place = split_keywords(keywords, "dcmwrite")
    options = file_options(write_like_original, encoding)
    _complete(dataset)
    _pour(encode_file(dataset, **options), filename, place)


write_file = dcmwrite


def encode(
    dataset: Dataset,
    write_like_original: bool = True,
    *,
    session: Session | None = None,
    **keywords: Unpack[EncodeKeywords],
) -> EncodedFile:
    """Return a dataset as the bytes of a DICOM file, an iterable for whatever sends one; see :func:`adicom.encode`.

    Example:
        >>> import pydicom.data, adicom.sync
        >>> ds = adicom.sync.dcmread(pydicom.data.get_testdata_file("CT_small.dcm"), defer_size="1 KB")
        >>> with adicom.sync.encode(ds) as body:
        ...     body.length, sum(map(len, body))
        (39206, 39206)
    """
    encoding, _ = split_keywords(keywords, "encode", target=False)
    options = file_options(write_like_original, encoding)
    _complete(dataset)
    return EncodedFile(encode_file(dataset, **options), session)


def write_dataset(
    fp: Any,
    dataset: Dataset,
    parent_encoding: str | Iterable[str] | None = None,
    *,
    implicit_vr: bool | None = None,
    little_endian: bool | None = None,
    write_like_original: bool = True,
    **keywords: Unpack[TargetKeywords],
) -> int:
    """Write a dataset by itself; see :func:`adicom.write_dataset`."""
    _, place = split_keywords(keywords, "write_dataset", encoding=False)
    _complete(dataset)
    implicit, little = form_of_target(fp, implicit_vr, little_endian)
    encoded = encode_dataset(
        dataset,
        implicit_vr=implicit,
        little_endian=little,
        write_like_original=write_like_original,
        encodings=given_encodings(parent_encoding),
    )
    return _pour(encoded, fp, place)


def write_file_meta_info(
    fp: Any, file_meta: Dataset, enforce_standard: bool = True, **keywords: Unpack[TargetKeywords]
) -> None:
    """Write file meta information; see :func:`adicom.write_file_meta_info`."""
    _, place = split_keywords(keywords, "write_file_meta_info", encoding=False)
    require_dataset(file_meta)
    data = encode_file_meta(file_meta, enforce_standard=enforce_standard)
    _pour(Encoded([data], len(data)), fp, place)


def _complete(dataset: Dataset) -> None:
    """Read the elements behind pixel data that was not walked."""
    require_dataset(dataset)
    if not getattr(dataset, "is_complete", True):
        ports().fetch_rest_now(dataset)  # type: ignore[arg-type]  # only one that was read can be incomplete


def _pour(encoded: Encoded, target: Any, place: dict[str, Any]) -> int:
    # Here, so that importing adicom.sync does not import an event loop.
    from adicom.filewriter.pouring import pour_blocking

    return pour_blocking(encoded, target, **place)
