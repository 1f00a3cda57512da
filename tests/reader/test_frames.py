"""Frames of an opened object: from wherever it is, in any order, at a time; blocking the same."""

from __future__ import annotations

import io
import struct
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import anyio
import fsspec
import numpy as np
import obstore.store
import pytest

import adicom
import adicom.sync
from adicom.errors import (
    DecodeError,
    DeferredValueError,
    DicomWarning,
    ParseError,
    SourceChangedError,
    SourceError,
    TruncatedError,
)
from tests import made
from tests.lazy import LazySlide
from tests.servers import Fault, RangeServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from adicom.reader import DicomReader

pytestmark = pytest.mark.anyio

SLIDE: Final = LazySlide(40, "basic", length=3000, header=100)
DATA: Final = SLIDE.data[:]
FRAMES: Final = [SLIDE.frame(number) for number in range(40)]
WALKED: Final = LazySlide(40, length=3000, header=100).data[:]
IMAGE: Final = made.element(0x00280002, "US", made.numbers("H", 1)) + made.element(0x00280008, "IS", "40")
SIZE: Final = made.element(0x00280010, "US", made.numbers("H", 100)) + made.element(
    0x00280011, "US", made.numbers("H", 30)
)
VALUE: Final = bytes(range(250)) * 480
NATIVE: Final = made.part10(
    IMAGE + SIZE + made.element(0x00280100, "US", made.numbers("H", 8)) + made.element(made.PIXEL_DATA, "OB", VALUE)
)
NATIVE_FRAMES: Final = [VALUE[at : at + 3000] for at in range(0, 120_000, 3000)]
OBJECTS: Final = {"table": (DATA, FRAMES), "walked": (WALKED, FRAMES), "native": (NATIVE, NATIVE_FRAMES)}


@pytest.fixture(scope="module")
def running() -> Iterator[RangeServer]:
    with RangeServer({f"/{name}": data for name, (data, _) in OBJECTS.items()}) as server:
        yield server


@pytest.fixture
def server(running: RangeServer) -> RangeServer:
    running.requests.clear()
    running.script = lambda _: None
    running.delay = 0.0
    running.most_connections = 0
    return running


async def frames_of(dcm: DicomReader, indices: Any, **options: Any) -> list[tuple[int, bytes]]:
    async with dcm.frames_bytes(indices, **options) as frames:
        return [found async for found in frames]


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 7000):
        yield data[at : at + 7000]


WAYS: Final = (
    "url",
    "path",
    "bytes",
    "file",
    "defined",
    "memory",
    "obstore",
    "chunks",
    "async chunks",
    "no ranges",
    "reread",
)


@asynccontextmanager
async def opened(way: str, name: str, server: RangeServer, folder: Path) -> AsyncIterator[DicomReader]:
    data = OBJECTS[name][0]
    options: dict[str, Any] = {}
    place: Any = f"{server.url}/{name}"
    if way == "path":
        place = folder / "a.dcm"
        place.write_bytes(data)
    elif way == "bytes":
        place = data
    elif way == "defined":
        place, options = data, {"defer_size": None}
    elif way == "file":
        place = io.BytesIO(b"in front" + data)
        place.seek(8)
    elif way == "memory":
        filesystem = fsspec.filesystem("memory")
        filesystem.pipe(f"/frames/{name}", data)
        place = filesystem, f"/frames/{name}"
    elif way == "obstore":
        store = obstore.store.MemoryStore()
        await obstore.put_async(store, name, data) if anyio_is_asyncio() else obstore.put(store, name, data)
        place = store, name
    elif way == "chunks":
        place = [data[at : at + 7000] for at in range(0, len(data), 7000)]
    elif way == "async chunks":
        place = chunks(data)
    if way not in ("no ranges", "reread"):
        async with adicom.open_dicom(place, **options) as dcm:
            yield dcm
        return
    with RangeServer({f"/{name}": data}, ranges=False) as other:
        async with adicom.open_dicom(f"{other.url}/{name}", allow_full_reread=way == "reread") as dcm:
            yield dcm


def anyio_is_asyncio() -> bool:
    import sniffio

    return sniffio.current_async_library() == "asyncio"


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_in(server: RangeServer, tmp_path: Path, way: str) -> None:
    for name, (_, expected) in OBJECTS.items():
        async with opened(way, name, server, tmp_path) as dcm:
            assert dcm.number_of_frames == 40
            assert await dcm.frame_bytes(25) == expected[25]
            assert await dcm.frame_bytes(np.int64(39)) == expected[39]  # type: ignore[arg-type]  # as good as an int
            order = [3, 39, 3, 0, *range(10, 20)]
            assert await frames_of(dcm, order) == [(number, expected[number]) for number in order]
            async with dcm.pixel_stream() as pieces:
                assert b"".join([piece async for piece in pieces]) == b"".join(expected)
            index = await dcm.index()
        assert "4711" not in index
        assert "adicom-index" in index


@pytest.mark.parametrize("way", ["url", "path", "bytes", "file", "memory", "obstore"])
async def test_every_way_in_with_an_index(server: RangeServer, tmp_path: Path, way: str) -> None:
    for name, (_, expected) in OBJECTS.items():
        async with opened(way, name, server, tmp_path) as dcm:
            index, fp = await dcm.index(), dcm._opened.fp
            patient = dcm.dataset.get("PatientID")
        if way == "file":
            fp.seek(8)
        async with adicom.open_dicom(fp, index=index) as dcm:
            assert repr(dcm) != "<DicomReader, not opened>"
            assert dcm.number_of_frames == 40
            with pytest.raises(RuntimeError, match=r"there is an index: call read_header\(\) first"):
                dcm.dataset  # noqa: B018  # it raises
            with pytest.raises(RuntimeError, match="read_header"):
                await dcm.fetch("PatientID")
            assert await dcm.frame_bytes(25) == expected[25]
            back = range(39, 30, -1)
            assert await frames_of(dcm, back) == [(number, expected[number]) for number in back]
            assert (await dcm.read_header()).get("PatientID") == patient
            assert dcm.dataset is await dcm.read_header()
            assert dcm.file_meta.TransferSyntaxUID
            assert await dcm.frame_bytes(0) == expected[0]
            assert await dcm.index() == index


def test_blocking(server: RangeServer, tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    for name, (data, expected) in OBJECTS.items():
        path.write_bytes(data)
        for place in (f"{server.url}/{name}", path, data, io.BytesIO(data), [data[:9000], data[9000:]]):
            with adicom.sync.open_dicom(place) as dcm:
                assert isinstance(dcm.dataset, adicom.sync.FileDataset)
                assert dcm.number_of_frames == 40
                assert dcm.frame_bytes(25) == expected[25]
                with dcm.frames_bytes([5, 39, 5, 0], look_ahead="4 KB") as frames:
                    assert list(frames) == [(number, expected[number]) for number in (5, 39, 5, 0)]
                with dcm.pixel_stream() as pieces:
                    assert b"".join(pieces) == b"".join(expected)
                index = dcm.index()
                assert dcm.stats is dcm.dataset.io_stats
                assert len(dcm.fetch("PixelData")) >= 120_000
                assert dcm.fetch("Rows", "NumberOfFrames")[1] == 40 if name == "native" else True
            if isinstance(place, list | io.BytesIO):
                continue
            with adicom.sync.open_dicom(place, index=index) as dcm:
                with pytest.raises(RuntimeError, match="read_header"):
                    dcm.dataset  # noqa: B018  # it raises
                assert dcm.frame_bytes(39) == expected[39]
                assert dcm.read_header().file_meta == dcm.file_meta
                assert dcm.read_header() is dcm.dataset
                assert dcm.index() == index


def test_blocking_errors(server: RangeServer) -> None:
    dcm = adicom.sync.open_dicom(DATA)
    assert repr(dcm) == "<DicomReader, not opened>"
    with pytest.raises(RuntimeError, match="not opened"):
        dcm.frame_bytes(0)
    with dcm:
        assert repr(dcm) == "<DicomReader bytes>"
        with pytest.raises(IndexError):
            dcm.frame_bytes(40)
        with dcm.frames_bytes([0, 40]) as frames:
            assert next(frames) == (0, FRAMES[0])
            with pytest.raises(IndexError, match="no frame 40: there are 40, counted from 0"):
                next(frames)
    with pytest.raises(FileNotFoundError), adicom.sync.open_dicom(f"{server.url}/none"):
        pass
    with adicom.sync.Session() as session:
        with adicom.sync.open_dicom(f"{server.url}/table", session=session) as dcm:
            assert dcm.frame_bytes(1) == FRAMES[1]
        assert session.is_open
        assert dcm.frame_bytes(2) == FRAMES[2]
    assert dcm.frame_bytes(3) == FRAMES[3]  # with a session of its own


# -- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", [-1, 40, 10**30])
@pytest.mark.parametrize("name", OBJECTS)
async def test_frames_are_counted_from_zero(index: int, name: str) -> None:
    async with adicom.open_dicom(OBJECTS[name][0]) as dcm:
        with pytest.raises(IndexError, match="there are 40, counted from 0"):
            await dcm.frame_bytes(index)
        async with dcm.frames_bytes(iter([0, 1, index, 2])) as frames:
            assert [(await anext(frames))[0] for _ in range(2)] == [0, 1]
            with pytest.raises(IndexError, match="there are 40, counted from 0"):
                await anext(frames)
            with pytest.raises(StopAsyncIteration):
                await anext(frames)
    async with adicom.open_dicom(DATA) as dcm:
        with pytest.raises(TypeError):
            await dcm.frame_bytes("0")  # type: ignore[arg-type]  # that is the point
        assert await frames_of(dcm, []) == []


async def test_before_it_is_opened() -> None:
    dcm = adicom.open_dicom(DATA)
    for operation in (lambda: dcm.frame_bytes(0), dcm.index):
        with pytest.raises(RuntimeError, match="async with"):
            await operation()
    with pytest.raises(RuntimeError, match="async with"):
        async with dcm.frames_bytes([0]):
            pass


async def test_after_it_was_left(server: RangeServer) -> None:
    async with adicom.open_dicom(f"{server.url}/table") as dcm:
        pass
    assert await dcm.frame_bytes(7) == FRAMES[7]
    assert await frames_of(dcm, [7, 8]) == [(7, FRAMES[7]), (8, FRAMES[8])]


# -- many at a time ---------------------------------------------------------------------------------------------------


async def test_frames_are_fetched_ahead_and_not_too_far(server: RangeServer) -> None:
    slide = LazySlide(400, "basic", length=100_000)
    server.objects["/large"] = slide.data  # type: ignore[assignment]  # it behaves like bytes
    async with adicom.open_dicom(f"{server.url}/large") as dcm:
        await dcm.frame_bytes(0)
        server.requests.clear()
        async with dcm.frames_bytes(range(0, 400, 2), look_ahead=2_000_000) as frames:
            assert await anext(frames) == (0, slide.frame(0))
            with anyio.fail_after(10):
                while sum(request.sent for request in server.requests) < 1_000_000:  # noqa: ASYNC110  # in a thread
                    await anyio.sleep(0.01)
            await anyio.sleep(0.2)
            assert sum(request.sent for request in server.requests) <= 2_200_000
            for number in range(2, 60, 2):
                assert await anext(frames) == (number, slide.frame(number))
        taken = sum(request.sent for request in server.requests)
        assert taken <= 30 * 101_500 + 2_200_000
        assert server.most_connections <= 8


async def test_eight_requests_at_a_time(server: RangeServer) -> None:
    slide = LazySlide(400, "basic", length=100_000)
    server.objects["/large"] = slide.data  # type: ignore[assignment]  # it behaves like bytes
    async with adicom.open_dicom(f"{server.url}/large") as dcm:
        await dcm.frame_bytes(0)
        server.most_connections = 0
        server.delay = 0.3
        found = await frames_of(dcm, range(0, 400, 25))
        assert found == [(number, slide.frame(number)) for number in range(0, 400, 25)]
        assert server.most_connections == 8


async def test_several_tasks_share_what_they_find(server: RangeServer) -> None:
    async with adicom.open_dicom(f"{server.url}/walked", walk_window=20_000) as dcm:
        server.requests.clear()
        found: dict[int, bytes] = {}

        async def take(number: int) -> None:
            found[number] = await dcm.frame_bytes(number)

        async with anyio.create_task_group() as group:
            for number in (39, 3, 20, 39, 0):
                group.start_soon(take, number)
        assert found == {number: FRAMES[number] for number in (39, 3, 20, 0)}
        assert sum(request.sent for request in server.requests) < len(WALKED) + 6 * 6008


@pytest.mark.parametrize("name", OBJECTS)
async def test_leaving_early_cancels(name: str) -> None:
    data, expected = OBJECTS[name]
    # A server of its own: what it was asked stays open there, though nobody waits for it.
    with RangeServer({f"/{name}": data}) as server:
        async with adicom.open_dicom(f"{server.url}/{name}") as dcm:
            server.delay = 5
            started = time.monotonic()
            async with dcm.frames_bytes(range(40)):
                await anyio.sleep(0.05)
            async with dcm.frames_bytes(range(40)) as frames:
                with anyio.move_on_after(0.05) as scope:
                    await anext(frames)
                assert scope.cancelled_caught
            with anyio.move_on_after(0.05) as scope:
                async with dcm.frames_bytes(range(40)) as frames:
                    async for _ in frames:
                        pass
            assert scope.cancelled_caught
            with anyio.move_on_after(0.05) as scope:
                await dcm.frame_bytes(39)
            assert scope.cancelled_caught
            assert time.monotonic() - started < 4
            server.delay = 0
            assert await dcm.frame_bytes(20) == expected[20]


async def test_errors_of_the_caller_pass_unchanged() -> None:
    async with adicom.open_dicom(DATA) as dcm:
        with pytest.raises(LookupError, match="mine"):  # noqa: PT012  # it is raised in there
            async with dcm.frames_bytes(range(40)) as frames:
                async for _ in frames:
                    raise LookupError("mine")

        def numbers() -> Iterator[int]:
            yield 1
            raise LookupError("of the iterator")

        async with dcm.frames_bytes(numbers()) as frames:
            assert (await anext(frames))[0] == 1
            with pytest.raises(LookupError, match="of the iterator"):
                await anext(frames)
        with pytest.raises(KeyboardInterrupt):
            await interrupted(dcm)
        async with dcm.frames_bytes(range(40)) as frames:
            async for _ in frames:
                break


async def interrupted(dcm: DicomReader) -> None:
    async with dcm.frames_bytes(range(40)):
        raise KeyboardInterrupt


async def test_an_error_comes_where_the_frame_would(server: RangeServer) -> None:
    slide = LazySlide(50, "basic", length=100_000)
    server.objects["/large"] = slide.data  # type: ignore[assignment]  # it behaves like bytes
    bad = slide.starts[20]
    async with adicom.open_dicom(f"{server.url}/large", retries=0) as dcm:
        await dcm.frame_bytes(0)
        server.script = lambda request: Fault(status=503) if f"={bad}-" in str(request.range) else None
        taken = []
        with pytest.raises(SourceError):  # noqa: PT012  # what came before counts, too
            async with dcm.frames_bytes(range(0, 50, 5)) as frames:
                async for number, data in frames:
                    assert data == slide.frame(number)
                    taken.append(number)
        assert taken == [0, 5, 10, 15]


async def test_a_changed_object(server: RangeServer) -> None:
    server.objects["/changing"] = DATA
    async with adicom.open_dicom(f"{server.url}/changing") as dcm:
        index = await dcm.index()
        assert await dcm.frame_bytes(30) == FRAMES[30]
        server.objects["/changing"] = DATA[:-1000] + bytes(1000)
        with pytest.raises(SourceChangedError):
            await dcm.frame_bytes(31)
        with pytest.raises(SourceChangedError):
            await frames_of(dcm, [31, 32])
    server.requests.clear()
    async with adicom.open_dicom(f"{server.url}/changing", index=index) as dcm:
        with pytest.raises(SourceChangedError):
            await dcm.frame_bytes(31)
        assert server.requests[0].headers["If-Match"] == server._tag(DATA)
        with pytest.raises(SourceChangedError):
            await dcm.read_header()
    async with adicom.open_dicom(f"{server.url}/changing", index=index, identity="size") as dcm:
        assert await dcm.frame_bytes(0) == FRAMES[0]


def test_a_changed_file(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(DATA)
    with adicom.sync.open_dicom(path) as dcm:
        index = dcm.index()
    path.write_bytes(DATA + bytes(10))
    with adicom.sync.open_dicom(path, index=index) as dcm, pytest.raises(SourceChangedError):
        dcm.frame_bytes(0)
    with pytest.raises(SourceChangedError), adicom.sync.open_dicom(DATA + bytes(10), index=index):
        pass


async def test_an_index_needs_a_source_that_can_be_read_by_range() -> None:
    async with adicom.open_dicom(DATA) as dcm:
        index = await dcm.index()
    with pytest.raises(ValueError, match="can be read by range"):
        async with adicom.open_dicom(iter([DATA]), index=index):
            pass
    with pytest.raises(ValueError, match="index"):
        adicom.open_dicom(DATA, index="{}")
    with pytest.raises(ValueError, match="walk_window"):
        adicom.open_dicom(DATA, walk_window=0)
    with RangeServer({"/a": DATA}, ranges=False) as other:
        async with adicom.open_dicom(f"{other.url}/a", index=index) as dcm:
            with pytest.raises(SourceError, match="the server sent the whole object"):
                await dcm.frame_bytes(5)
            spent = dcm.stats.requests
            await dcm.read_header()  # it is streamed, and the pixels are kept
            assert dcm.stats.requests == spent + 1
            assert await dcm.frame_bytes(5) == FRAMES[5]
            assert dcm.stats.requests == spent + 1


# -- special objects --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("defer_size", [None, 1000])
async def test_deflated_objects_come_from_memory(server: RangeServer, defer_size: int | None) -> None:
    server.objects["/deflated"] = made.deflated(NATIVE[NATIVE.index(IMAGE) :])
    async with adicom.open_dicom(f"{server.url}/deflated", defer_size) as dcm:
        server.requests.clear()
        assert await dcm.frame_bytes(25) == NATIVE_FRAMES[25]
        assert await frames_of(dcm, range(40)) == list(enumerate(NATIVE_FRAMES))
        async with dcm.pixel_stream() as pieces:
            assert b"".join([piece async for piece in pieces]) == VALUE
        assert server.requests == []
        index = await dcm.index()
    for frames_first in (True, False):
        server.requests.clear()
        async with adicom.open_dicom(f"{server.url}/deflated", defer_size, index=index) as dcm:
            if frames_first:
                assert await dcm.frame_bytes(25) == NATIVE_FRAMES[25]
            async with dcm.pixel_stream() as pieces:
                assert b"".join([piece async for piece in pieces]) == VALUE
            assert len(server.requests) == 1
            assert await frames_of(dcm, [0, 1]) == [(0, NATIVE_FRAMES[0]), (1, NATIVE_FRAMES[1])]


def test_deflated_objects_blocking(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(made.deflated(NATIVE[NATIVE.index(IMAGE) :]))
    with adicom.sync.open_dicom(path) as dcm:
        index = dcm.index()
    with adicom.sync.open_dicom(path, index=index) as dcm:
        assert dcm.frame_bytes(25) == NATIVE_FRAMES[25]
    with adicom.sync.open_dicom(path, index=index) as dcm, dcm.pixel_stream() as pieces:
        assert b"".join(pieces) == VALUE


async def test_a_video_is_a_stream() -> None:
    video = [b"\0\0\1\xb3" + bytes(5000), b"more", b""]
    data = made.part10(made.element(0x00280008, "IS", "25") + made.encapsulated(video), "1.2.840.10008.1.2.4.100")
    async with adicom.open_dicom(data) as dcm:
        assert dcm.number_of_frames == 25
        with pytest.raises(DecodeError, match=r"use pixel_stream\(\)"):
            await dcm.frame_bytes(0)
        with pytest.raises(DecodeError, match=r"use pixel_stream\(\)"):
            await frames_of(dcm, [0])
        index = await dcm.index()
    async with adicom.open_dicom(data, index=index) as dcm, dcm.pixel_stream() as pieces:
        assert b"".join([piece async for piece in pieces]) == b"".join(video)


async def test_without_pixels() -> None:
    data = made.part10(made.element(0x00100020, "LO", "4711"))
    jpip = made.part10(made.element(0x00287FE0, "UR", "http://127.0.0.1:9/a"), "1.2.840.10008.1.2.4.94")
    for found, message in ((data, "no pixel data"), (jpip, "Pixel Data Provider URL")):
        async with adicom.open_dicom(found) as dcm:
            with pytest.raises(DecodeError, match=message):
                await dcm.frame_bytes(0)
            with pytest.raises(DecodeError, match=message):
                _ = dcm.number_of_frames
            with pytest.raises(DecodeError, match=message):
                async with dcm.pixel_stream():
                    pass
            index = await dcm.index()
        async with adicom.open_dicom(found, index=index) as dcm:
            with pytest.raises(DecodeError, match="the index says that there is no pixel data"):
                await dcm.frame_bytes(0)
            assert await dcm.read_header()
    async with adicom.open_dicom(NATIVE, specific_tags=["PatientID"]) as dcm:
        with pytest.raises(DecodeError, match="no pixel data among what was read"):
            await dcm.frame_bytes(0)


async def test_dropped_pixels() -> None:
    for data in (DATA, NATIVE):
        async with adicom.open_dicom(iter([data]), on_unreachable="drop") as dcm:
            with pytest.raises(DeferredValueError, match="dropped"):
                await dcm.frame_bytes(0)


async def test_an_index_knows_the_object_where_the_first_bytes_do_not_tell() -> None:
    """fsspec gives no identity with the bytes: it is asked for."""
    filesystem = fsspec.filesystem("memory")
    filesystem.pipe("/frames/changing", NATIVE)
    place = filesystem, "/frames/changing"
    async with adicom.open_dicom(place) as dcm:
        index = await dcm.index()
    with adicom.sync.open_dicom(place) as blocking:
        assert blocking.index() == index
    async with adicom.open_dicom(place, index=index) as dcm:
        assert dcm.stats.requests == 0
        assert await dcm.frame_bytes(5) == NATIVE_FRAMES[5]
        assert dcm.stats.requests > 0
    filesystem.pipe("/frames/changing", NATIVE + bytes(2))
    async with adicom.open_dicom(place, index=index) as dcm:
        with pytest.raises(SourceChangedError):
            await dcm.frame_bytes(5)


async def test_what_becomes_of_the_dataset_does_not_matter() -> None:
    async with adicom.open_dicom(NATIVE) as dcm:
        dcm.dataset.Rows = 5
        dcm.dataset.NumberOfFrames = 1
        del dcm.dataset.PixelData
        assert await dcm.frame_bytes(25) == NATIVE_FRAMES[25]


async def test_rebound_frames(tmp_path: Path) -> None:
    path, other = tmp_path / "a.dcm", tmp_path / "b.dcm"
    path.write_bytes(DATA)
    async with adicom.open_dicom(path) as dcm:
        path.rename(other)
        with pytest.raises(FileNotFoundError):
            await dcm.frame_bytes(0)
        dcm.dataset.rebind(other)
        assert await dcm.frame_bytes(0) == FRAMES[0]


@pytest.mark.parametrize("frame", [20, 39])
@pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")  # the table has frames behind the end
async def test_truncated_objects(server: RangeServer, frame: int) -> None:
    server.objects["/cut"] = DATA[: SLIDE.starts[frame] + 1000]
    for place in (f"{server.url}/cut", io.BytesIO(server.objects["/cut"])):
        async with adicom.open_dicom(place) as dcm:
            assert await dcm.frame_bytes(frame - 1) == FRAMES[frame - 1]
            with pytest.raises(TruncatedError):
                await dcm.frame_bytes(frame)
            with pytest.raises(TruncatedError):
                await dcm.index()
            assert await dcm.frame_bytes(frame - 2) == FRAMES[frame - 2]
            async with dcm.pixel_stream() as pieces:
                with pytest.raises(TruncatedError):
                    await exhaust(pieces)
    async with adicom.open_dicom(io.BytesIO(server.objects["/cut"])) as dcm, dcm.frames_bytes([0, frame]) as taken:
        assert await anext(taken) == (0, FRAMES[0])
        with pytest.raises(TruncatedError):
            await anext(taken)
    with adicom.sync.open_dicom(f"{server.url}/cut") as blocking, pytest.raises(TruncatedError):
        blocking.frame_bytes(frame)
    with adicom.sync.open_dicom(f"{server.url}/cut") as blocking, blocking.frames_bytes([0, frame]) as frames:
        assert next(frames) == (0, FRAMES[0])
        with pytest.raises(TruncatedError):
            next(frames)


async def exhaust(pieces: AsyncIterator[bytes]) -> None:
    async for _ in pieces:
        pass


async def test_a_wrong_table_is_dropped_with_a_warning(server: RangeServer) -> None:
    table = struct.pack(
        "<40L", *(offset - SLIDE.base + 2 * (number == 3) for number, offset in enumerate(SLIDE.starts[:-1]))
    )
    at = DATA.index(b"\xfe\xff\x00\xe0") + 8
    server.objects["/wrong"] = DATA[:at] + table + DATA[at + 160 :]
    for indices in ([0, 20, 3, 2, 39], range(40)):
        async with adicom.open_dicom(f"{server.url}/wrong") as dcm:
            with pytest.warns(DicomWarning, match="Basic Offset Table is not used") as caught:
                assert await frames_of(dcm, indices) == [(number, FRAMES[number]) for number in indices]
            assert len(caught) == 1
        with (
            pytest.warns(DicomWarning, match="Basic Offset Table is not used"),
            adicom.sync.open_dicom(f"{server.url}/wrong") as blocking,
            blocking.frames_bytes(indices) as found,
        ):
            assert list(found) == [(number, FRAMES[number]) for number in indices]


def test_a_wrong_table_is_dropped_in_blocking_code(server: RangeServer) -> None:
    at = DATA.index(b"\xfe\xff\x00\xe0") + 8
    server.objects["/wrong"] = DATA[: at + 8] + b"\3" + DATA[at + 9 :]  # the third frame starts at an odd byte
    with adicom.sync.open_dicom(f"{server.url}/wrong") as dcm, pytest.warns(DicomWarning, match="is not used"):
        assert dcm.frame_bytes(2) == FRAMES[2]


async def test_an_index_that_speaks_of_other_places(server: RangeServer) -> None:
    other = LazySlide(40, "basic", length=2996, header=100).data[:] + bytes(160)
    assert len(other) == len(DATA)
    async with adicom.open_dicom(other, strict=False) as dcm:
        index = await dcm.index()
    async with adicom.open_dicom(f"{server.url}/table", index=index) as dcm:
        with pytest.warns(DicomWarning, match="the index is not used"):
            assert await dcm.frame_bytes(20) == FRAMES[20]
        assert await dcm.frame_bytes(21) == FRAMES[21]


async def test_extended_tables_are_kept_whatever_the_defer_size(server: RangeServer) -> None:
    slide = LazySlide(40, "extended", length=3000, header=100)
    server.objects["/extended"] = slide.data  # type: ignore[assignment]  # it behaves like bytes
    async with adicom.open_dicom(f"{server.url}/extended", defer_size=10) as dcm:
        assert dcm.dataset["PixelData"].is_deferred
        assert not dcm.dataset["ExtendedOffsetTable"].is_deferred
        assert not dcm.dataset["ExtendedOffsetTableLengths"].is_deferred
        assert await dcm.frame_bytes(25) == FRAMES[25]
    dataset = await adicom.dcmread(f"{server.url}/extended", defer_size=10)
    assert dataset["ExtendedOffsetTable"].is_deferred
    limits = adicom.ParserLimits(elements=39)  # a table of more entries is not kept, and not needed
    async with adicom.open_dicom(slide.data[:], 10, limits=limits) as dcm:
        assert dcm.dataset["ExtendedOffsetTable"].is_deferred


async def test_fragments_behind_a_wrong_header_are_an_error() -> None:
    data = made.part10(made.header(made.PIXEL_DATA, "OB", made.UNDEFINED) + b"no item at all, but text")
    async with adicom.open_dicom(data) as dcm:
        for operation in (lambda: dcm.frame_bytes(0), dcm.index):
            with pytest.raises(ParseError, match="a fragment or the end"):
                await operation()
        async with dcm.pixel_stream() as pieces:
            with pytest.raises(ParseError):
                await anext(pieces)
    empty = made.part10(made.header(made.PIXEL_DATA, "OB", made.UNDEFINED) + made.header(made.SEQUENCE_END, "", 0))
    async with adicom.open_dicom(empty) as dcm, dcm.pixel_stream() as pieces:
        with pytest.raises(ParseError, match="no item for the Basic Offset Table"):
            await anext(pieces)
