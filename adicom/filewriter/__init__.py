"""Writes DICOM to wherever it goes; every function here that writes is awaited.

Forgotten ``await``? ``adicom.dcmwrite(...)`` gives a coroutine: nothing was written. :mod:`adicom.sync` has the
same functions, blocking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.dataset.ports import ports
from adicom.encoder import encode_dataset, encode_file, encode_file_meta
from adicom.encoder.encoded import Encoded
from adicom.filewriter.arguments import form_of_target, given_encodings, require_dataset
from adicom.filewriter.body import EncodedFile
from adicom.filewriter.keywords import EncodeKeywords, TargetKeywords, WriteKeywords, file_options, split_keywords

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Unpack

    from adicom.dataset import Dataset
    from adicom.io.session import Session

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


async def dcmwrite(
    filename: Any, dataset: Dataset, write_like_original: bool = True, **keywords: Unpack[WriteKeywords]
) -> None:
    """Write a dataset as a DICOM file (PS3.10 7) to wherever it goes.

    Everything in the dataset is checked before the target is touched. Deferred values are copied from where they are,
    range by range; so is what stands behind pixel data that was not walked. A path or an object is what it was before
    until all bytes of the new one are there; a dataset may therefore be written over the file that it was read from.
    Values of that file that are still deferred then raise SourceChangedError.

    Args:
        filename: A path or URL, a binary file or another object with ``write`` (sync or async), an anyio
            ``ByteSendStream``, an fsspec ``(filesystem, path)``, an obstore ``(store, path)``. adicom closes only
            what it opened, and never seeks.
        dataset: The dataset, with ``file_meta`` and ``preamble`` where it has them; none of its elements is changed.
        write_like_original: If true, the file has what the dataset has: no preamble, no file meta information or not
            all of it, undefined lengths. A file that was read and not changed comes out byte for byte as it was. If
            false, it is a file as PS3.10 7 wants it: what is missing of the file meta information is added, and all
            lengths are defined but that of encapsulated pixel data.
        **keywords: See :class:`WriteKeywords`.

    Raises:
        EncodeError: Something cannot be encoded, or is missing; ``tag``, ``path`` and ``value`` say what.
        DeferredValueError: A value has to be looked at, and is not here: the text says what to await.
        SourceError: A deferred value cannot be read, or its source is not what it was (SourceChangedError).
        SinkError: The target cannot be written; ``sink`` and ``written`` say which, and how much went out.
        TypeError: ``filename`` is nothing that adicom writes to, or ``dataset`` no dataset of adicom.

    Example:
        >>> import asyncio, pathlib, pydicom.data, tempfile, adicom
        >>> path = pathlib.Path(pydicom.data.get_testdata_file("CT_small.dcm"))
        >>> async def main(target: pathlib.Path) -> bool:
        ...     ds = await adicom.dcmread(path, defer_size="1 KB")
        ...     await adicom.dcmwrite(target, ds)
        ...     return target.read_bytes() == path.read_bytes()
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     asyncio.run(main(pathlib.Path(folder, "copy.dcm")))
        True
    """
    encoding, place = split_keywords(keywords, "dcmwrite")
    options = file_options(write_like_original, encoding)
    await _complete(dataset)
    await _pour(encode_file(dataset, **options), filename, place)


write_file = dcmwrite


def encode(
    dataset: Dataset,
    write_like_original: bool = True,
    *,
    session: Session | None = None,
    **keywords: Unpack[EncodeKeywords],
) -> EncodedFile:
    """Return a dataset as the bytes of a DICOM file, for whatever sends an async iterable of bytes.

    It can be the body of an HTTP request: ``data=`` of aiohttp, ``content=`` of httpx. Everything in the dataset is
    checked here, before there is a first byte; deferred values are fetched range by range while the bytes leave.

    Args:
        dataset: As in :func:`dcmwrite`. Of a dataset that is not complete, ``await ds.fetch_rest()`` first.
        write_like_original: As in :func:`dcmwrite`.
        session: Fetches deferred values that were read without one.
        **keywords: See :class:`EncodeKeywords`.

    Raises:
        EncodeError: Something cannot be encoded, or is missing; ``tag``, ``path`` and ``value`` say what.
        DeferredValueError: A value has to be looked at and is not here, or the dataset is not complete.

    Example:
        >>> import asyncio, pydicom.data, adicom
        >>> async def main(path: str) -> None:
        ...     ds = await adicom.dcmread(path, defer_size="1 KB")
        ...     async with adicom.encode(ds) as body:
        ...         print(body.length, sum([len(piece) async for piece in body]))
        >>> asyncio.run(main(pydicom.data.get_testdata_file("CT_small.dcm")))
        39206 39206
    """
    options = file_options(write_like_original, split_keywords(keywords, "encode", target=False)[0])
    require_dataset(dataset)
    return EncodedFile(encode_file(dataset, **options), session)


async def write_dataset(
    fp: Any,
    dataset: Dataset,
    parent_encoding: str | Iterable[str] | None = None,
    *,
    implicit_vr: bool | None = None,
    little_endian: bool | None = None,
    write_like_original: bool = True,
    **keywords: Unpack[TargetKeywords],
) -> int:
    r"""Write a dataset by itself, without preamble and file meta information; return how many bytes that were.

    Args:
        fp: As in :func:`dcmwrite`; a file is written from its current position on. If it has ``is_implicit_VR`` and
            ``is_little_endian``, as pydicom wants it, they say how.
        dataset: The dataset.
        parent_encoding: The Python codecs of text where the dataset names no character set.
        implicit_vr: Whether headers have no VR; by default as ``fp`` says, as the dataset says, or as it was read.
        little_endian: The byte order of numbers; the same.
        write_like_original: If false, all lengths are defined but that of encapsulated pixel data.
        **keywords: See :class:`TargetKeywords`.

    Raises:
        ValueError: Nothing says how the dataset is to be encoded, or it is implicit VR big endian.
        EncodeError: See :func:`dcmwrite`, also for what else may be raised.

    Example:
        >>> import asyncio, io
        >>> from adicom import Dataset
        >>> ds, file = Dataset(), io.BytesIO()
        >>> ds.PatientID = "4711"
        >>> asyncio.run(write_dataset(file, ds, implicit_vr=False, little_endian=True))
        12
        >>> file.getvalue()
        b'\x10\x00 \x00LO\x04\x004711'
    """
    place = split_keywords(keywords, "write_dataset", encoding=False)[1]
    await _complete(dataset)
    implicit, little = form_of_target(fp, implicit_vr, little_endian)
    encoded = encode_dataset(
        dataset,
        implicit_vr=implicit,
        little_endian=little,
        write_like_original=write_like_original,
        encodings=given_encodings(parent_encoding),
    )
    return await _pour(encoded, fp, place)


async def write_file_meta_info(
    fp: Any, file_meta: Dataset, enforce_standard: bool = True, **keywords: Unpack[TargetKeywords]
) -> None:
    r"""Write file meta information, always in Explicit VR Little Endian (PS3.10 7.1).

    Args:
        fp: As in :func:`dcmwrite`.
        file_meta: The elements, all of group 2; unlike in pydicom they are not changed.
        enforce_standard: Whether all that PS3.10 7.1 requires must be there. What adicom can say of itself is then
            added, and so is the group length; else only a group length that is there is set right.
        **keywords: See :class:`TargetKeywords`.

    Raises:
        EncodeError: Required elements are missing, the error names them all; or a value cannot be encoded.
        ValueError: There is an element of another group.

    Example:
        >>> import asyncio, io
        >>> from adicom import FileMetaDataset
        >>> meta, file = FileMetaDataset(), io.BytesIO()
        >>> meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
        >>> asyncio.run(write_file_meta_info(file, meta, enforce_standard=False))
        >>> file.getvalue()
        b'\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\x00'
    """
    place = split_keywords(keywords, "write_file_meta_info", encoding=False)[1]
    require_dataset(file_meta)
    data = encode_file_meta(file_meta, enforce_standard=enforce_standard)
    await _pour(Encoded([data], len(data)), fp, place)


async def _complete(dataset: Dataset) -> None:
    """Read the elements behind pixel data that was not walked."""
    require_dataset(dataset)
    if not getattr(dataset, "is_complete", True):
        await ports().fetch_rest(dataset)  # type: ignore[arg-type]  # only one that was read can be incomplete


async def _pour(encoded: Encoded, target: Any, place: dict[str, Any]) -> int:
    # Here, so that importing adicom does not import an event loop.
    from adicom.filewriter.pouring import pour

    return await pour(encoded, target, **place)
