"""The reader of one object, blocking; see :mod:`adicom.reader`."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, overload

from adicom.errors import ParseError, SourceError
from adicom.filereader.keywords import split_keywords
from adicom.filereader.options import ParseOptions, size_in_bytes
from adicom.filereader.received import Received
from adicom.io.resolve import is_remote
from adicom.io.session import BlockingSession as Session
from adicom.io.value_source import BlockingValues, RemoteValues
from adicom.pixels import WINDOW, Ask
from adicom.reader import DEFER_SIZE
from adicom.reader.ahead import LOOK_AHEAD, Batches, plan_units
from adicom.reader.held import run_now
from adicom.reader.opened import Opened
from adicom.reader.pieces import pieces_now
from adicom.sync.filereader import read

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from types import TracebackType
    from typing import Self, Unpack

    from adicom.filereader import SpecificTag
    from adicom.filereader.keywords import BlockingReadKeywords
    from adicom.io.stats import IOStats
    from adicom.pixels import Frames
    from adicom.reader.ahead import Unit
    from adicom.sync.dataset import FileDataset, FileMetaDataset
    from adicom.tag import TagType

__all__ = ("DicomReader", "open_dicom")


class DicomReader:
    """What :func:`adicom.sync.open_dicom` gives; as :class:`adicom.DicomReader`, blocking."""

    def __init__(
        self,
        fp: Any,
        options: ParseOptions,
        place: dict[str, Any],
        *,
        index: str | bytes | None = None,
        window: int = WINDOW,
    ) -> None:
        self._opened = Opened(fp, options, index, window)
        self._place = place
        self._own_session: Session | None = None
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        if self._place.get("session") is None and is_remote(self._opened.fp):
            self._own_session = self._place["session"] = Session(storage_options=self._place.get("storage_options"))
        try:
            if self._opened.index is None:
                self._read()
            else:
                self._bind()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that were opened for this reader."""
        session, self._own_session = self._own_session, None
        if session is not None:
            session.close()

    def __repr__(self) -> str:
        name = self._opened.name
        return "<DicomReader, not opened>" if name is None else f"<DicomReader {name}>"

    # -- the header --

    @property
    def dataset(self) -> FileDataset:
        """The dataset; values above ``defer_size`` are read when they are looked at."""
        return self._opened.opened_dataset()  # type: ignore[return-value]  # one of adicom.sync was read

    @property
    def file_meta(self) -> FileMetaDataset:
        """The file meta information."""
        return self.dataset.file_meta

    @property
    def stats(self) -> IOStats:
        """What reading has cost so far, fetched values and frames included."""
        return self._opened.stats

    def read_header(self) -> FileDataset:
        """Read the header, if that was not done; see :meth:`adicom.DicomReader.read_header`."""
        with self._lock:
            if self._opened.dataset is None:
                self._read()
        return self.dataset

    def _read(self) -> None:
        received = Received()
        dataset = read(self._opened.fp, self._opened.header_options, dict(self._place), received=received)
        self._opened.take(dataset, received)

    def _bind(self) -> None:
        place = dict(self._place)
        session: Session | None = place.pop("session", None)
        values = self._opened.bind(**place)
        self._opened.use(BlockingValues(values, session) if isinstance(values, RemoteValues) else values)

    @overload
    def fetch(self, key: TagType, /) -> Any: ...

    @overload
    def fetch(self, key: TagType, second: TagType, /, *more: TagType) -> tuple[Any, ...]: ...

    def fetch(self, *keys: TagType) -> Any:
        """Read deferred values; see :meth:`adicom.Dataset.fetch`."""
        return self.dataset.fetch(*keys)

    # -- frames --

    @property
    def number_of_frames(self) -> int:
        """How many frames there are; see :attr:`adicom.DicomReader.number_of_frames`."""
        return self._opened.layout.frames

    def frame_bytes(self, index: int) -> bytes:
        """Return the bytes of a frame; see :meth:`adicom.DicomReader.frame_bytes`.

        Example:
            >>> import pydicom.data, adicom.sync as dicom
            >>> with dicom.open_dicom(pydicom.data.get_testdata_file("examples_ybr_color.dcm")) as dcm:
            ...     print(len(dcm.frame_bytes(29)))
            6432
        """
        frames = self._frames()
        number = self._opened.checked(index)
        place, held = frames.range_of(number), self._opened.held
        if place is not None:
            try:
                [data] = held.fetch_now(Ask([place]))
                return frames.cut(number, place, data)
            except ParseError:
                pass  # it is not there, or not only: find out
        return self._search(number)

    @contextmanager
    def frames_bytes(
        self, indices: Iterable[int], *, look_ahead: float | str = LOOK_AHEAD
    ) -> Generator[Iterator[tuple[int, bytes]], None, None]:
        """Give frames in the order asked for; see :meth:`adicom.DicomReader.frames_bytes`.

        Those of half the look-ahead are fetched at a time, by 8 requests at a time; nothing goes on between.

        Example:
            >>> import pydicom.data, adicom.sync as dicom
            >>> path = pydicom.data.get_testdata_file("examples_ybr_color.dcm")
            >>> with dicom.open_dicom(path) as dcm, dcm.frames_bytes([29, 0]) as frames:
            ...     print([(number, len(data)) for number, data in frames])
            [(29, 6432), (0, 6122)]
        """
        frames = self._frames()
        room = (size_in_bytes(look_ahead) or 1) // 2
        stream = self._stream(frames, Batches(indices, self._opened.checked_place, room), room)
        try:
            yield stream
        finally:
            stream.close()

    def _stream(self, frames: Frames, batches: Batches, room: int) -> Generator[tuple[int, bytes], None, None]:
        brought: dict[int, bytes] = {}
        while wanted := batches.ahead():
            missing = [index for index in wanted if index not in brought]
            with self._lock:
                left = room - sum(map(len, brought.values()))
                brought |= run_now(frames.locate(missing, left), self._opened.held)
            portion = batches.take(frames, brought)
            found = {index: brought.pop(index) for index in dict.fromkeys(portion) if index in brought}
            units = plan_units(frames, [index for index in portion if index not in found])
            found |= self._fetch(frames, units)
            for index in portion:
                if index not in found:
                    found[index] = self._search(index)
                yield index, found[index]
        if batches.error is not None:
            raise batches.error

    def _fetch(self, frames: Frames, units: list[Unit]) -> dict[int, bytes]:
        """Return the frames of some units; those that are not where they were thought to be are left out."""
        numbers = [index for unit in units if unit.ranges is not None for index in unit.indices]
        ranges = [wanted for unit in units for wanted in unit.ranges or ()]
        found: dict[int, bytes] = {}
        # What goes wrong is found out, and raised, where the frame would come.
        with suppress(ParseError, SourceError):
            data = self._opened.held.fetch_now(Ask(ranges)) if ranges else []
            for index, place, piece in zip(numbers, ranges, data, strict=True):
                with suppress(ParseError):
                    found[index] = frames.cut(index, place, piece)
        return found

    def _search(self, index: int) -> bytes:
        with self._lock:
            return run_now(self._opened.frames.frame(index), self._opened.held)

    @contextmanager
    def pixel_stream(self) -> Generator[Iterator[bytes], None, None]:
        """Give the pixel data piece by piece; see :meth:`adicom.DicomReader.pixel_stream`.

        Example:
            >>> import pydicom.data, adicom.sync as dicom
            >>> path = pydicom.data.get_testdata_file("examples_ybr_color.dcm")
            >>> with dicom.open_dicom(path) as dcm, dcm.pixel_stream() as pieces:
            ...     print(sum(map(len, pieces)))
            189474
        """
        if self._opened.needs_header:
            self.read_header()
        stream = pieces_now(self._opened.layout, self._opened.held)
        try:
            yield stream
        finally:
            stream.close()

    def index(self) -> str:
        """Return what is known of the object as small JSON text; see :meth:`adicom.DicomReader.index`.

        Example:
            >>> import pydicom.data, adicom.sync as dicom
            >>> path = pydicom.data.get_testdata_file("examples_ybr_color.dcm")
            >>> with dicom.open_dicom(path) as dcm:
            ...     text = dcm.index()
            >>> with dicom.open_dicom(path, index=text) as dcm:
            ...     print(dcm.number_of_frames, len(dcm.frame_bytes(29)))
            30 6432
        """
        opened = self._opened
        table = None
        frames = opened.encapsulated()
        if frames is not None:
            with self._lock:
                table = run_now(frames.places(), opened.held)
        if opened.probe is not None:
            opened.held.fetch_now(opened.probe)
        return opened.write(table)

    def _frames(self) -> Frames:
        if self._opened.needs_header:
            self.read_header()
        return self._opened.frames


def open_dicom(
    fp: Any,
    defer_size: float | str | None = DEFER_SIZE,
    force: bool = False,
    specific_tags: Iterable[SpecificTag] | None = None,
    *,
    index: str | bytes | None = None,
    walk_window: int = WINDOW,
    **keywords: Unpack[BlockingReadKeywords],
) -> DicomReader:
    """Open a DICOM object: ``with adicom.sync.open_dicom(url) as dcm``; see :func:`adicom.open_dicom`."""
    io, place, others = split_keywords(keywords, "open_dicom")
    options = ParseOptions.make(io, defer_size=defer_size, force=force, specific_tags=specific_tags, **others)
    return DicomReader(fp, options, place, index=index, window=walk_window)
