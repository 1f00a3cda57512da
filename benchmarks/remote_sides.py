"""How each library does each operation of the benchmark of remote reading.

A side is a class with a method for each operation that its library can do. What it does inside ``with meter`` counts;
what it returns must be what all sides return.
"""

from __future__ import annotations

import asyncio
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

__all__ = ("SIDES", "Adicom", "Asking", "Floor", "Place", "Side")

SMALL_BLOCK: Final = 64 * 1024
NEIGHBOURS: Final = 100


@dataclass(frozen=True)
class Place:
    """Where an object is, and which of its frames are wanted.

    Attributes:
        server: The server's URL.
        name: The object's name.
        frames: How many frames it has.
    """

    server: str
    name: str
    frames: int

    @property
    def url(self) -> str:
        """Where it is for HTTP."""
        return f"{self.server}/{self.name}"

    @property
    def frame(self) -> int:
        """The frame that is wanted first."""
        return self.frames * 62 // 100

    @property
    def earlier(self) -> int:
        """The frame that is wanted then."""
        return self.frames * 31 // 100

    @property
    def neighbours(self) -> range:
        """Frames that stand side by side."""
        return range(self.frames * 2 // 5, self.frames * 2 // 5 + NEIGHBOURS)


@dataclass(frozen=True)
class Asking:
    """One request of a pattern, for the floor to repeat.

    Attributes:
        start: The first byte.
        end: The one behind the last.
        behind: The positions, in the pattern, of the requests whose answers had come before it was sent.
    """

    start: int
    end: int
    behind: list[int]


def facts(dataset: Any) -> list[str]:
    """Return what a header read has to know."""
    return [str(dataset.PatientID), str(dataset.Rows), str(dataset.get("NumberOfFrames", "1"))]


def digest(*frames: bytes) -> list[str]:
    """Return what tells one frame from another."""
    return [str(zlib.crc32(frame)) for frame in frames]


class Side:
    """What all sides have.

    Attributes:
        title: What the table calls it.
    """

    title = ""

    def __init__(self, place: Place, meter: AbstractContextManager[None]) -> None:
        self.place = place
        self.meter = meter

    async def prepare(self) -> None:
        """Make what a user has made before."""

    async def finish(self) -> None:
        """Close that again."""


class AdicomAlone(Side):
    """adicom as its user has it who sets nothing: each call opens its connection, and closes it."""

    title = "adicom, no session"

    def __init__(self, place: Place, meter: AbstractContextManager[None]) -> None:
        super().__init__(place, meter)
        self.url = place.url
        self.options: dict[str, Any] = {}

    async def read(self, **options: Any) -> Any:
        import adicom

        with self.meter:
            return await adicom.dcmread(self.url, **options, **self.options)

    def open(self, **options: Any) -> Any:
        import adicom

        return adicom.open_dicom(self.url, **options, **self.options)

    async def header(self) -> list[str]:
        return facts(await self.read(stop_before_pixels=True))

    slide_header = header

    async def tag(self) -> list[str]:
        return [str((await self.read(specific_tags=["PatientID"])).PatientID)]

    async def defer(self) -> list[str]:
        return facts(await self.read(defer_size="64 KB"))

    async def frame(self) -> list[str]:
        with self.meter:
            async with self.open() as dcm:
                data = await dcm.frame_bytes(self.place.frame)
        return digest(data)

    async def second_frame(self) -> list[str]:
        async with self.open() as dcm:
            await dcm.frame_bytes(self.place.frame)
            with self.meter:
                data = await dcm.frame_bytes(self.place.earlier)
        return digest(data)

    async def indexed_frame(self) -> list[str]:
        async with self.open() as dcm:
            index = await dcm.index()
        with self.meter:
            async with self.open(index=index) as dcm:
                data = await dcm.frame_bytes(self.place.frame)
        return digest(data)

    async def neighbours(self) -> list[str]:
        async with self.open() as dcm:
            await dcm.frame_bytes(self.place.frame)
            with self.meter:
                async with dcm.frames_bytes(self.place.neighbours) as frames:
                    data = [frame async for _, frame in frames]
        return digest(*data)


class Adicom(AdicomAlone):
    """The same in a session that has a connection: fsspec keeps its client for the whole process as well."""

    title = "adicom"

    async def prepare(self) -> None:
        await self.enter(f"{self.place.server}/ct")

    async def enter(self, first: str, **storage_options: Any) -> None:
        """Enter a session, and open a connection by reading an object."""
        import adicom

        self.session = await adicom.Session(storage_options=storage_options).__aenter__()
        await adicom.dcmread(first, session=self.session, stop_before_pixels=True)
        self.options = {"session": self.session}

    async def finish(self) -> None:
        await self.session.__aexit__(None, None, None)


class AdicomS3(Adicom):
    """The same over S3."""

    title = "adicom, S3"

    async def prepare(self) -> None:
        await self.enter("s3://bucket/ct", anon=True, endpoint_url=self.place.server, region="us-east-1")
        self.url = f"s3://bucket/{self.place.name}"


class Floor(Side):
    """The requests that adicom has sent, sent by aiohttp alone; what comes is not looked at."""

    title = "aiohttp, the same requests"

    async def repeat(self, pattern: list[Asking]) -> list[str]:
        """Send the requests, each behind those that were answered before it, on a connection that is open."""
        import aiohttp

        answered = [asyncio.Event() for _ in pattern]
        headers = {"Accept-Encoding": "identity"}

        async def ask(session: aiohttp.ClientSession, number: int) -> None:
            asking = pattern[number]
            for before in asking.behind:
                await answered[before].wait()
            ranged = headers | {"Range": f"bytes={asking.start}-{asking.end - 1}"}
            async with session.get(self.place.url, headers=ranged) as response:
                await response.read()
            answered[number].set()

        async with aiohttp.ClientSession(auto_decompress=False) as session:
            async with session.get(self.place.url, headers=headers | {"Range": "bytes=0-0"}) as response:
                await response.read()
            with self.meter:
                await asyncio.gather(*(ask(session, number) for number in range(len(pattern))))
        return []


class PydicomFrames:
    """pydicom's way to one raw frame of an open file: the header, then its function for encapsulated frames."""

    def __init__(self, file: Any) -> None:
        import pydicom

        self.file = file
        self.dataset = pydicom.dcmread(file, stop_before_pixels=True)
        self.start = file.tell() + 12

    def read(self, number: int) -> bytes:
        from pydicom.encaps import get_frame

        tables = None
        if "ExtendedOffsetTable" in self.dataset:
            tables = (self.dataset.ExtendedOffsetTable, self.dataset.ExtendedOffsetTableLengths)
        self.file.seek(self.start)
        frames = int(self.dataset.NumberOfFrames)
        return get_frame(self.file, number, extended_offsets=tables, number_of_frames=frames)


class FrameByFrame(Side):
    """A side that opens a file and reads frame after frame from it."""

    @contextmanager
    def frames(self) -> Iterator[Any]:
        """Give something with ``read(number)``."""
        raise NotImplementedError
        yield

    def frame(self) -> list[str]:
        with self.meter, self.frames() as frames:
            data = frames.read(self.place.frame)
        return digest(data)

    def second_frame(self) -> list[str]:
        with self.frames() as frames:
            frames.read(self.place.frame)
            with self.meter:
                data = frames.read(self.place.earlier)
        return digest(data)

    def neighbours(self) -> list[str]:
        with self.frames() as frames:
            frames.read(self.place.frame)
            with self.meter:
                data = [frames.read(number) for number in self.place.neighbours]
        return digest(*data)


class Fsspec(FrameByFrame):
    """What reads a file of fsspec's; the filesystem is made once in a process, as fsspec has it."""

    block: int | None = None

    def open(self) -> Any:
        import fsspec

        options = {} if self.block is None else {"block_size": self.block}
        return fsspec.filesystem("http").open(self.place.url, **options)


class Pydicom(Fsspec):
    title = "pydicom, fsspec"

    def read(self, **options: Any) -> Any:
        import pydicom

        with self.meter, self.open() as file:
            return pydicom.dcmread(file, **options)

    def header(self) -> list[str]:
        return facts(self.read(stop_before_pixels=True))

    slide_header = header

    def tag(self) -> list[str]:
        return [str(self.read(specific_tags=["PatientID"]).PatientID)]

    def defer(self) -> list[str]:
        return facts(self.read(defer_size="64 KB"))

    @contextmanager
    def frames(self) -> Iterator[Any]:
        with self.open() as file:
            yield PydicomFrames(file)


class Pydicom64(Pydicom):
    title = "pydicom, fsspec, 64 KiB blocks"
    block = SMALL_BLOCK


class PydicomS3(Pydicom):
    title = "pydicom, s3fs"

    def open(self) -> Any:
        import s3fs

        options = {} if self.block is None else {"block_size": self.block}
        filesystem = s3fs.S3FileSystem(anon=True, client_kwargs={"endpoint_url": self.place.server})
        return filesystem.open(f"bucket/{self.place.name}", "rb", **options)


class PydicomS364(PydicomS3):
    title = "pydicom, s3fs, 64 KiB blocks"
    block = SMALL_BLOCK


class HighdicomFrames:
    """highdicom's reader of an image file."""

    def __init__(self, reader: Any) -> None:
        self.read = reader.read_frame_raw


class Highdicom(Fsspec):
    title = "highdicom, fsspec"

    @contextmanager
    def frames(self) -> Iterator[Any]:
        from highdicom.io import ImageFileReader
        from pydicom.filebase import DicomIO

        with self.open() as file, ImageFileReader(DicomIO(file)) as reader:
            yield HighdicomFrames(reader)


class Highdicom64(Highdicom):
    title = "highdicom, fsspec, 64 KiB blocks"
    block = SMALL_BLOCK


class WsidicomFrames:
    """wsidicom's tiles in the order of the frames."""

    def __init__(self, slide: Any, columns: int) -> None:
        self.slide = slide
        self.columns = columns

    def read(self, number: int) -> bytes:
        tile = (number % self.columns, number // self.columns)
        data: bytes = self.slide.read_encoded_tile(0, tile, crop_to_image_boundary=False)
        return data


class Wsidicom(FrameByFrame):
    title = "wsidicom"
    block: int | None = None

    def open(self) -> Any:
        from wsidicom import WsiDicom

        options = None if self.block is None else {"block_size": self.block}
        return WsiDicom.open(self.place.url, options)

    def slide_header(self) -> list[str]:
        with self.meter, self.open() as slide:
            dataset = slide.pyramids[0].base_level.datasets[0].as_dataset()
        return facts(dataset)

    @contextmanager
    def frames(self) -> Iterator[Any]:
        with self.open() as slide:
            yield WsidicomFrames(slide, slide.pyramids[0].base_level.tiled_size.width)


class Wsidicom64(Wsidicom):
    title = "wsidicom, 64 KiB blocks"
    block = SMALL_BLOCK


SIDES: Final[dict[str, type[Side]]] = {
    "adicom": Adicom,
    "adicom-alone": AdicomAlone,
    "adicom-s3": AdicomS3,
    "floor": Floor,
    "pydicom": Pydicom,
    "pydicom-64": Pydicom64,
    "pydicom-s3": PydicomS3,
    "pydicom-s3-64": PydicomS364,
    "highdicom": Highdicom,
    "highdicom-64": Highdicom64,
    "wsidicom": Wsidicom,
    "wsidicom-64": Wsidicom64,
}
