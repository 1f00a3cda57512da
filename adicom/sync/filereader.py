"""The functions of :mod:`adicom.filereader`, blocking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from adicom.errors import SourceNotFoundError
from adicom.filereader.events import BatchStream, event_parser
from adicom.filereader.job import BareDataset, Classes
from adicom.filereader.keywords import split_keywords
from adicom.filereader.options import ParseOptions
from adicom.filereader.reading import read_awaited, read_here
from adicom.filereader.referenced import with_access
from adicom.io.drive import parse
from adicom.io.fileset import LocalFolder, RemoteFolder
from adicom.io.ranges import STREAM_LIMIT, Planner
from adicom.io.resolve import resolve_local
from adicom.io.session import BlockingSession as Session
from adicom.io.value_source import BlockingValues, RemoteValues
from adicom.sync.dataset import Dataset, DicomDir, FileDataset

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from typing import Self, Unpack

    from adicom.dataset.ports import Folder
    from adicom.filereader import SpecificTag, StopWhen
    from adicom.filereader.keywords import BlockingIOKeywords, BlockingReadKeywords
    from adicom.filereader.received import Received
    from adicom.io.base import ReadOptions
    from adicom.io.session import Session as AsyncSession
    from adicom.parser import Event, Parser, ParserLimits

__all__ = (
    "Stream",
    "dcmread",
    "iter_batches",
    "iter_events",
    "read",
    "read_dataset",
    "read_file",
    "read_partial",
    "read_referenced",
)

T = TypeVar("T")

_CLASSES: Final = Classes(Dataset, FileDataset, DicomDir)


def dcmread(
    fp: Any,
    defer_size: float | str | None = None,
    stop_before_pixels: bool = False,
    force: bool = False,
    specific_tags: Iterable[SpecificTag] | None = None,
    **keywords: Unpack[BlockingReadKeywords],
) -> FileDataset:
    """Read a DICOM file; see :func:`adicom.dcmread`."""
    io, place, others = split_keywords(keywords, "dcmread")
    options = ParseOptions.make(
        io,
        defer_size=defer_size,
        stop_before_pixels=stop_before_pixels,
        force=force,
        specific_tags=specific_tags,
        **others,
    )
    return read(fp, options, place)


read_file = dcmread


def read_partial(
    fileobj: Any,
    stop_when: StopWhen | None = None,
    defer_size: float | str | None = None,
    force: bool = False,
    specific_tags: Iterable[SpecificTag] | None = None,
    **keywords: Unpack[BlockingReadKeywords],
) -> FileDataset:
    """Read a DICOM file until a condition is met; see :func:`adicom.read_partial`."""
    io, place, others = split_keywords(keywords, "read_partial")
    options = ParseOptions.make(
        io, defer_size=defer_size, stop_when=stop_when, force=force, specific_tags=specific_tags, **others
    )
    return read(fileobj, options, place)


def read_dataset(
    fp: Any,
    is_implicit_VR: bool,
    is_little_endian: bool,
    bytelength: int | None = None,
    stop_when: StopWhen | None = None,
    defer_size: float | str | None = None,
    parent_encoding: Any = None,
    specific_tags: Iterable[SpecificTag] | None = None,
    at_top_level: bool = True,
    **keywords: Unpack[BlockingReadKeywords],
) -> Dataset:
    """Read a bare data set; see :func:`adicom.filereader.read_dataset`."""
    io, place, others = split_keywords(keywords, "read_dataset")
    options = ParseOptions.make(io, defer_size=defer_size, stop_when=stop_when, specific_tags=specific_tags, **others)
    return read(fp, options, place, BareDataset(is_implicit_VR, is_little_endian, bytelength, parent_encoding))


class Stream(Generic[T]):
    """An iterator over events or lists of them; a context manager that closes what it opened."""

    def __init__(self, items: Generator[T, None, None]) -> None:
        self._items = items

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> T:
        return next(self._items)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened for reading; nothing of the caller's."""
        self._items.close()


def iter_events(
    fp: Any,
    *,
    defer_size: float | str | None = None,
    stop_before_pixels: bool = False,
    force: bool = False,
    limits: ParserLimits | None = None,
    **keywords: Unpack[BlockingIOKeywords],
) -> Stream[Event]:
    """Return the events of a source; see :func:`adicom.iter_events`."""
    io, place, _ = split_keywords(keywords, "iter_events", parse=False)
    parser = event_parser(defer_size, stop_before_pixels, force, limits)
    return Stream(_events(_batches(fp, parser, io, **place)))


def iter_batches(
    fp: Any,
    *,
    defer_size: float | str | None = None,
    stop_before_pixels: bool = False,
    force: bool = False,
    limits: ParserLimits | None = None,
    **keywords: Unpack[BlockingIOKeywords],
) -> Stream[list[Event]]:
    """Return the events of a source in lists, as they come; see :func:`adicom.iter_batches`."""
    io, place, _ = split_keywords(keywords, "iter_batches", parse=False)
    return Stream(_batches(fp, event_parser(defer_size, stop_before_pixels, force, limits), io, **place))


def _events(batches: Generator[list[Event], None, None]) -> Generator[Event, None, None]:
    try:
        for batch in batches:
            yield from batch
    finally:
        batches.close()  # here, where what it raises is not lost


def _batches(
    fp: Any,
    parser: Parser,
    io: ReadOptions,
    session: Session | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> Generator[list[Event], None, None]:
    source = resolve_local(fp)
    if source is None:
        yield from _remote_batches(fp, parser, io, session, storage_options)
        return
    try:
        for batch in parse(parser, source, Planner(first=io.header_hint or STREAM_LIMIT, limit=STREAM_LIMIT)):
            yield parser.publish(batch)
    finally:
        if source is not fp:
            source.close()


def _remote_batches(
    fp: Any, parser: Parser, io: ReadOptions, given: Session | None, storage_options: Mapping[str, Any] | None
) -> Generator[list[Event], None, None]:
    session = given or Session(storage_options=storage_options)

    async def opened(used: AsyncSession) -> BatchStream:
        return await BatchStream(fp, parser, io, session=used, storage_options=storage_options).__aenter__()

    try:
        stream = session.run(opened)
        try:
            while batch := session.run(lambda _: stream.next_batch()):
                yield parser.publish(batch)
        finally:
            session.run(lambda _: stream.aclose())
    finally:
        if given is None:
            session.close()


def read(
    fp: Any,
    options: ParseOptions,
    place: dict[str, Any],
    bare: BareDataset | None = None,
    received: Received | None = None,
) -> FileDataset:
    """Read what the arguments of a function mean; ``received`` takes note of how that ended."""
    dataset = read_here(fp, options, _CLASSES, bare=bare, received=received)
    if dataset is None:
        dataset = _read_remote(fp, options, place, bare, received)
    assert isinstance(dataset, FileDataset)
    return dataset


def _read_remote(
    fp: Any, options: ParseOptions, place: dict[str, Any], bare: BareDataset | None, received: Received | None
) -> Any:
    given: Session | None = place.pop("session", None)
    session = given or Session(storage_options=place.get("storage_options"))
    try:
        dataset = session.run(
            lambda used: read_awaited(fp, options, _CLASSES, session=used, bare=bare, received=received, **place)
        )
    finally:
        if given is None:
            session.close()
    origin = dataset._origin
    assert origin is not None
    if isinstance(origin.root.values, RemoteValues):
        origin.root.values = BlockingValues(origin.root.values, given)
    if isinstance(dataset, DicomDir) and isinstance(dataset._folder, RemoteFolder):
        dataset._folder.session = given
    return dataset


def read_referenced(folder: Folder, file_id: tuple[str, ...], keywords: dict[str, Any]) -> FileDataset:
    """Read a file in the folder of a DICOMDIR; see :func:`adicom.filereader.referenced.read_referenced`."""
    if isinstance(folder, LocalFolder):
        return dcmread(folder.find(file_id), **keywords)
    assert isinstance(folder, RemoteFolder)
    keywords = with_access(folder, keywords, usable=getattr(folder.session, "is_open", False))
    place, *others = folder.places_of(file_id)
    for other in others:
        try:
            return dcmread(place, **keywords)
        except SourceNotFoundError:
            place = other
    return dcmread(place, **keywords)
