"""Reads DICOM from wherever it is; every function here is awaited.

Forgotten ``await``? ``adicom.dcmread(...)`` gives a coroutine: nothing was read. :mod:`adicom.sync` has the
same functions, blocking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adicom.errors import InvalidDicomError
from adicom.filereader.events import BatchStream, EventStream, event_parser
from adicom.filereader.job import BareDataset, Classes
from adicom.filereader.keywords import IOKeywords, ReadKeywords, split_keywords
from adicom.filereader.many import fetch_many
from adicom.filereader.options import ParseOptions, SpecificTag, StopWhen
from adicom.filereader.reading import read_awaited

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Unpack

    from adicom.dataset import Dataset, FileDataset
    from adicom.parser.limits import ParserLimits

__all__ = (
    "IOKeywords",
    "InvalidDicomError",
    "ReadKeywords",
    "SpecificTag",
    "StopWhen",
    "dcmread",
    "fetch_many",
    "iter_batches",
    "iter_events",
    "read_dataset",
    "read_file",
    "read_partial",
)

_CLASSES: Final = Classes()


async def dcmread(
    fp: Any,
    defer_size: float | str | None = None,
    stop_before_pixels: bool = False,
    force: bool = False,
    specific_tags: Iterable[SpecificTag] | None = None,
    **keywords: Unpack[ReadKeywords],
) -> FileDataset:
    """Read a DICOM file (PS3.10 7) from wherever it is.

    Args:
        fp: A path or URL, bytes, a binary file (sync or async, from its current position), a (a)sync iterable of
            bytes, an anyio ``ByteReceiveStream``, an ``asyncio.StreamReader``, an fsspec file or ``(filesystem,
            path)``, an obstore ``(store, path)``. adicom closes only what it opened.
        defer_size: Values longer than this stay where they are, until :meth:`Dataset.fetch` brings them: a
            number of bytes, or a text like ``"64 KB"``. None reads all.
        stop_before_pixels: Whether to stop before top-level (Float, Double Float) Pixel Data.
        force: Whether to read what has no ``DICM`` prefix.
        specific_tags: The top-level elements to return: tags, keywords, or ``(group, private creator,
            element)``. Specific Character Set is always among them.
        **keywords: See :class:`ReadKeywords`.

    Returns:
        The dataset; nothing stays open behind it.

    Raises:
        InvalidDicomError: It is no DICOM file, and ``force`` is false.
        TruncatedError: It ends too early; what came before is in ``.dataset``.
        ParseError: It is damaged in another way, or exceeds a limit.
        SourceError: It cannot be read.
        BudgetExceededError: Reading it would take more than ``max_requests`` or ``max_bytes``.
        TypeError: ``fp`` is nothing that adicom reads.

    Example:
        >>> import asyncio, pydicom.data, adicom
        >>> path = pydicom.data.get_testdata_file("CT_small.dcm")
        >>> ds = asyncio.run(adicom.dcmread(path, stop_before_pixels=True))
        >>> ds.PatientName
        'CompressedSamples^CT1'
    """
    io, place, others = split_keywords(keywords, "dcmread")
    options = ParseOptions.make(
        io,
        defer_size=defer_size,
        stop_before_pixels=stop_before_pixels,
        force=force,
        specific_tags=specific_tags,
        **others,
    )
    return await read_awaited(fp, options, _CLASSES, **place)


read_file = dcmread


async def read_partial(
    fileobj: Any,
    stop_when: StopWhen | None = None,
    defer_size: float | str | None = None,
    force: bool = False,
    specific_tags: Iterable[SpecificTag] | None = None,
    **keywords: Unpack[ReadKeywords],
) -> FileDataset:
    """Read a DICOM file until a condition is met.

    Args:
        fileobj: As ``fp`` of :func:`dcmread`.
        stop_when: ``stop_when(tag, VR, length)`` is asked at each top-level element behind group 2, before its
            value is read; reading stops before the first one for which it is true. VR is None where the file
            has none. What it raises passes unchanged. For URLs on trio it runs on the session's thread.
        defer_size: See :func:`dcmread`.
        force: See :func:`dcmread`.
        specific_tags: See :func:`dcmread`.
        **keywords: See :class:`ReadKeywords`.

    Example:
        >>> import asyncio, pydicom.data, adicom
        >>> path = pydicom.data.get_testdata_file("CT_small.dcm")
        >>> ds = asyncio.run(adicom.read_partial(path, lambda tag, VR, length: tag.group > 0x0010))
        >>> max(ds.keys())
        (0010, 21B0)
    """
    io, place, others = split_keywords(keywords, "read_partial")
    options = ParseOptions.make(
        io, defer_size=defer_size, stop_when=stop_when, force=force, specific_tags=specific_tags, **others
    )
    return await read_awaited(fileobj, options, _CLASSES, **place)


async def read_dataset(
    fp: Any,
    is_implicit_VR: bool,
    is_little_endian: bool,
    bytelength: int | None = None,
    stop_when: StopWhen | None = None,
    defer_size: float | str | None = None,
    parent_encoding: Any = None,
    specific_tags: Iterable[SpecificTag] | None = None,
    at_top_level: bool = True,
    **keywords: Unpack[ReadKeywords],
) -> Dataset:
    """Read a bare data set, without preamble and file meta information.

    Args:
        fp: As in :func:`dcmread`, from its current position.
        is_implicit_VR: Whether the elements have no VR.
        is_little_endian: The byte order of numbers.
        bytelength: How many bytes the data set has; None: to the end.
        stop_when: See :func:`read_partial`.
        defer_size: See :func:`dcmread`.
        parent_encoding: The Python codecs of text where the data set names no character set.
        specific_tags: See :func:`dcmread`.
        at_top_level: Accepted, as pydicom has it; it makes no difference here.
        **keywords: See :class:`ReadKeywords`.

    Raises:
        ValueError: The data set would be implicit and big endian, which does not exist.

    Example:
        >>> import asyncio
        >>> data = bytes.fromhex("10002000 4c4f 0400 31323334")
        >>> asyncio.run(read_dataset(data, is_implicit_VR=False, is_little_endian=True)).PatientID
        '1234'
    """
    io, place, others = split_keywords(keywords, "read_dataset")
    options = ParseOptions.make(io, defer_size=defer_size, stop_when=stop_when, specific_tags=specific_tags, **others)
    bare = BareDataset(is_implicit_VR, is_little_endian, bytelength, parent_encoding)
    return await read_awaited(fp, options, _CLASSES, bare=bare, **place)


def iter_events(
    fp: Any,
    *,
    defer_size: float | str | None = None,
    stop_before_pixels: bool = False,
    force: bool = False,
    limits: ParserLimits | None = None,
    **keywords: Unpack[IOKeywords],
) -> EventStream:
    """Return the events of a source, in constant memory whatever its size.

    Over something that is open already it is an async iterator; what adicom opens (a path, a URL) must be
    closed as well, so there it is used as ``async with adicom.iter_events(url) as events``.

    Args:
        fp: As in :func:`dcmread`.
        defer_size: Values longer than this are passed over, as :class:`~adicom.parser.DeferredElement`.
        stop_before_pixels: Whether to stop before top-level Pixel Data.
        force: Whether to read what has no ``DICM`` prefix.
        limits: The bounds of the parse.
        **keywords: See :class:`IOKeywords`.

    Example:
        >>> import asyncio, adicom
        >>> async def main(path: str) -> None:
        ...     async with adicom.iter_events(path, stop_before_pixels=True) as events:
        ...         async for event in events:
        ...             if isinstance(event, adicom.Element) and event.tag == "PatientID" and not event.path:
        ...                 print(event.VR, event.value)
        >>> import pydicom.data
        >>> asyncio.run(main(pydicom.data.get_testdata_file("CT_small.dcm")))
        LO b'1CT1'
    """
    io, place, _ = split_keywords(keywords, "iter_events", parse=False)
    return EventStream(fp, event_parser(defer_size, stop_before_pixels, force, limits), io, **_placed(place))


def iter_batches(
    fp: Any,
    *,
    defer_size: float | str | None = None,
    stop_before_pixels: bool = False,
    force: bool = False,
    limits: ParserLimits | None = None,
    **keywords: Unpack[IOKeywords],
) -> BatchStream:
    """Return the events of a source in lists, as they come; otherwise as :func:`iter_events`.

    It saves an await an event, which is up to half the time of a pure parse.

    Example:
        >>> import asyncio, adicom
        >>> async def main(data: bytes) -> int:
        ...     return sum([len(batch) async for batch in adicom.iter_batches(data)])
        >>> import pydicom.data
        >>> from pathlib import Path
        >>> asyncio.run(main(Path(pydicom.data.get_testdata_file("CT_small.dcm")).read_bytes()))
        278
    """
    io, place, _ = split_keywords(keywords, "iter_batches", parse=False)
    return BatchStream(fp, event_parser(defer_size, stop_before_pixels, force, limits), io, **_placed(place))


def _placed(place: dict[str, Any]) -> dict[str, Any]:
    return {"session": None, "storage_options": None, **place}
