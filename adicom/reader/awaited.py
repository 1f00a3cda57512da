"""The reader of one object, awaited."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, overload

from adicom.errors import ParseError
from adicom.filereader.job import Classes
from adicom.filereader.options import size_in_bytes
from adicom.filereader.reading import read_awaited
from adicom.filereader.received import Received
from adicom.io.resolve import is_remote
from adicom.io.session import Session
from adicom.pixels import WINDOW, Ask
from adicom.reader.ahead import LOOK_AHEAD, Batches
from adicom.reader.held import run
from adicom.reader.opened import Opened
from adicom.reader.pieces import pieces

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from types import TracebackType
    from typing import Self

    import anyio

    from adicom.dataset import FileDataset, FileMetaDataset
    from adicom.filereader.options import ParseOptions
    from adicom.io.stats import IOStats
    from adicom.pixels import Frames
    from adicom.tag import TagType

__all__ = ("DicomReader",)


class DicomReader:
    """What :func:`adicom.open_dicom` gives: a dataset, frames, and the session that brings what is missing.

    Frames are counted from 0. Bytes come by range, as few as possible: of an encapsulated frame those of its
    fragments, of a native one those of its pixels.
    """

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
        self._searching: anyio.Lock | None = None

    async def __aenter__(self) -> Self:
        if self._place.get("session") is None and is_remote(self._opened.fp):
            self._own_session = Session(storage_options=self._place.get("storage_options"))
            self._place["session"] = await self._own_session.__aenter__()
        try:
            if self._opened.index is None:
                await self._read()
            else:
                self._opened.use(self._opened.bind(**self._place))
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections that were opened for this reader."""
        session, self._own_session = self._own_session, None
        if session is not None:
            await session.__aexit__(None, None, None)

    def __repr__(self) -> str:
        name = self._opened.name
        return "<DicomReader, not opened>" if name is None else f"<DicomReader {name}>"

    # -- the header --

    @property
    def dataset(self) -> FileDataset:
        """The dataset; values above ``defer_size`` are deferred.

        Raises:
            RuntimeError: The object was opened with an index, and :meth:`read_header` was not called.
        """
        return self._opened.opened_dataset()

    @property
    def file_meta(self) -> FileMetaDataset:
        """The file meta information."""
        return self.dataset.file_meta

    @property
    def stats(self) -> IOStats:
        """What reading has cost so far, fetched values and frames included."""
        return self._opened.stats

    async def read_header(self) -> FileDataset:
        """Read the header, of which an index knows how long it is: 1 request. Without an index, that was done.

        Raises:
            SourceChangedError: The object is not the one that the index speaks of.
        """
        async with self._lock():
            if self._opened.dataset is None:
                await self._read()
        return self.dataset

    async def _read(self) -> None:
        received = Received()
        options = self._opened.header_options
        dataset = await read_awaited(self._opened.fp, options, Classes(), received=received, **self._place)
        self._opened.take(dataset, received)

    @overload
    async def fetch(self, key: TagType, /) -> Any: ...

    @overload
    async def fetch(self, key: TagType, second: TagType, /, *more: TagType) -> tuple[Any, ...]: ...

    async def fetch(self, *keys: TagType) -> Any:
        """Read deferred values; see :meth:`adicom.Dataset.fetch`."""
        return await self.dataset.fetch(*keys)

    # -- frames --

    @property
    def number_of_frames(self) -> int:
        """How many frames there are.

        Raises:
            DecodeError: There are no pixels, or Number of Frames is no number.
        """
        return self._opened.layout.frames

    async def frame_bytes(self, index: int) -> bytes:
        """Return the bytes of a frame, as they are in the file.

        An encapsulated frame (PS3.5 A.4) is its fragments, one behind the other. A native one is in the byte order of
        the file; one of one-bit pixels that does not start on a byte is shifted, so that its first pixel is the
        lowest bit of the first byte, and padded with zeros.

        Args:
            index: The number of the frame, from 0.

        Raises:
            IndexError: There is no frame of this number.
            DecodeError: Frames have no bytes of their own (video), the attributes that tell their size are missing
                or impossible, or nothing tells where they start.
            ParseError: The fragments are not as they should be; :class:`TruncatedError` where they end too early.
            SourceError: The source cannot be read, or is not what it was.

        Example:
            >>> import asyncio, pydicom.data, adicom
            >>> async def main(path: str) -> None:
            ...     async with adicom.open_dicom(path) as dcm:
            ...         print((await dcm.frame_bytes(0))[:2].hex())
            >>> asyncio.run(main(pydicom.data.get_testdata_file("examples_ybr_color.dcm")))
            ffd8
        """
        frames = await self._frames()
        number = self._opened.checked(index)
        place, held = frames.range_of(number), self._opened.held
        if place is not None:
            try:
                [data] = await held.fetch(Ask([place]))
                return frames.cut(number, place, data)
            except ParseError:
                pass  # it is not there, or not only: find out
        async with self._lock():
            return await run(frames.frame(number), held)

    @asynccontextmanager
    async def frames_bytes(
        self, indices: Iterable[int], *, look_ahead: float | str = LOOK_AHEAD
    ) -> AsyncIterator[AsyncIterator[tuple[int, bytes]]]:
        """Give frames in the order asked for: ``async with dcm.frames_bytes([3, 1]) as frames``.

        They are fetched ahead, by 8 requests at a time; those near each other come with one. Leaving it, in any way,
        cancels what is under way. What is wrong with a frame is raised where it would come.

        Args:
            indices: The numbers of the frames, from 0; taken as needed.
            look_ahead: Bytes of frames that may be here and not yet taken: a number, or a text like ``"64 MB"``.

        Raises:
            DecodeError: See :meth:`frame_bytes`, as for what taking the frames raises.

        Example:
            >>> import asyncio, pydicom.data, adicom
            >>> async def main(path: str) -> None:
            ...     async with adicom.open_dicom(path) as dcm, dcm.frames_bytes(range(28, 30)) as frames:
            ...         async for number, data in frames:
            ...             print(number, len(data))
            >>> asyncio.run(main(pydicom.data.get_testdata_file("examples_ybr_color.dcm")))
            28 6412
            29 6432
        """
        from adicom.reader.stream import stream_frames

        frames = await self._frames()
        room = size_in_bytes(look_ahead) or 1
        batches = Batches(indices, self._opened.checked_place, room // 2)
        async with stream_frames(frames, self._opened.held, self._lock(), batches, room) as stream:
            yield stream

    @asynccontextmanager
    async def pixel_stream(self) -> AsyncIterator[AsyncIterator[bytes]]:
        """Give the pixel data piece by piece: ``async with dcm.pixel_stream() as pieces``.

        Of encapsulated pixel data that is all fragments, one behind the other, without the headers of their items:
        a video, ready for its decoder. Of native pixel data it is the value.

        Raises:
            DecodeError: There are no pixels.
            ParseError: The fragments are not as they should be; raised where the pieces are taken.

        Example:
            >>> import asyncio, pydicom.data, adicom
            >>> async def main(path: str) -> None:
            ...     async with adicom.open_dicom(path) as dcm, dcm.pixel_stream() as pieces:
            ...         print(sum([len(piece) async for piece in pieces]))
            >>> asyncio.run(main(pydicom.data.get_testdata_file("examples_ybr_color.dcm")))
            189474
        """
        if self._opened.needs_header:
            await self.read_header()
        stream = pieces(self._opened.layout, self._opened.held)
        try:
            yield stream
        finally:
            await stream.aclose()

    async def index(self) -> str:
        """Return what is known of the object as small JSON text, for ``open_dicom(..., index=text)``.

        It has the object's identity, what tells the frames' layout, and where elements and frames lie; nothing that
        is a patient's. Where no table tells where the frames lie, all fragments are walked over once.

        Raises:
            ParseError: The fragments are not as they should be.
            DecodeError: Nothing tells where the frames start.

        Example:
            >>> import asyncio, pydicom.data, adicom
            >>> async def main(path: str) -> None:
            ...     async with adicom.open_dicom(path) as dcm:
            ...         text = await dcm.index()
            ...     async with adicom.open_dicom(path, index=text) as dcm:
            ...         print(len(await dcm.frame_bytes(29)))
            >>> asyncio.run(main(pydicom.data.get_testdata_file("examples_ybr_color.dcm")))
            6432
        """
        opened = self._opened
        table = None
        frames = opened.encapsulated()
        if frames is not None:
            async with self._lock():
                table = await run(frames.places(), opened.held)
        if opened.probe is not None:
            await opened.held.fetch(opened.probe)
        return opened.write(table)

    async def _frames(self) -> Frames:
        if self._opened.needs_header:
            await self.read_header()
        return self._opened.frames

    def _lock(self) -> anyio.Lock:
        """Return what is held while frames are searched for, or the header is read."""
        if self._searching is None:
            import anyio

            self._searching = anyio.Lock()
        return self._searching
