"""What frames cost on the wire, to the request and to the byte.

The object is that of the baseline: 312 MB, 14,500 frames of one fragment each. A frame is its item, header included.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import pytest

import adicom
import adicom.sync
from tests.lazy import LazySlide
from tests.servers import RangeServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio

KIB: Final = 1024
WINDOW: Final = 8 * KIB * KIB
FRAME: Final = 9000
SLIDES: Final = {"basic": LazySlide(table="basic"), "extended": LazySlide(table="extended"), "none": LazySlide()}
TABLES: Final = {"basic": 14_500 * 4, "extended": 14_500 * 16 + 2 * 12, "none": 0}


@pytest.fixture(scope="module")
def running() -> Iterator[RangeServer]:
    objects: dict[str, Any] = {f"/{name}": slide.data for name, slide in SLIDES.items()}
    with RangeServer(objects) as server:
        yield server


@pytest.fixture
def server(running: RangeServer) -> RangeServer:
    running.requests.clear()
    return running


def cost(server: RangeServer) -> list[tuple[str | None, int]]:
    """Return range and body bytes of each request so far; forget them."""
    deadline = time.monotonic() + 5
    while server.open_connections and time.monotonic() < deadline:
        time.sleep(0.001)  # the client may have an answer before the server has counted it
    assert {request.method for request in server.requests} <= {"GET"}
    found = [(request.range, request.sent) for request in server.requests]
    server.requests.clear()
    return found


def item_range(slide: LazySlide, first: int, last: int | None = None) -> str:
    """Return the range of the items of frames."""
    return f"bytes={slide.starts[first]}-{slide.starts[(first if last is None else last) + 1] - 1}"


def test_the_object_is_the_baselines() -> None:
    assert all(310e6 < len(slide.data) < 314e6 for slide in SLIDES.values())
    slide = SLIDES["none"]
    start = slide.starts[7]
    assert slide.data[start : start + 18] == bytes.fromhex("feff00e0 52590000 ffd8 0000000000000007")
    assert slide.size_of(7) == 0x5952


@pytest.mark.parametrize("table", ["basic", "extended"])
async def test_one_frame_from_nothing(server: RangeServer, table: str) -> None:
    slide = SLIDES[table]
    async with adicom.open_dicom(f"{server.url}/{table}") as dcm:
        assert await dcm.frame_bytes(FRAME) == slide.frame(FRAME)
        found = cost(server)
        assert len(found) <= 3
        assert found[-1] == (item_range(slide, FRAME), slide.size_of(FRAME) + 8)
        sent = sum(size for _, size in found)
        frame = slide.size_of(FRAME) + 8
        assert sent <= TABLES[table] + frame + 32 * KIB
        assert sent <= 1.3 * (slide.base + frame)  # the base has header and tables in front of it
        assert dcm.stats.requests == len(found)
        assert dcm.stats.bytes == sent


@pytest.mark.parametrize("table", ["basic", "extended"])
async def test_the_second_frame_is_one_request(server: RangeServer, table: str) -> None:
    slide = SLIDES[table]
    async with adicom.open_dicom(f"{server.url}/{table}") as dcm:
        await dcm.frame_bytes(0)
        cost(server)
        for frame in (FRAME, 3):
            assert await dcm.frame_bytes(frame) == slide.frame(frame)
            assert cost(server) == [(item_range(slide, frame), slide.size_of(frame) + 8)]


async def index_of(url: str) -> str:
    async with adicom.open_dicom(url) as dcm:
        return await dcm.index()


@pytest.mark.parametrize("table", ["basic", "extended"])
async def test_with_an_index_the_first_frame_is_one_request(server: RangeServer, table: str) -> None:
    slide = SLIDES[table]
    index = await index_of(f"{server.url}/{table}")
    assert len(index) < 60_000
    cost(server)
    for frame in (FRAME, slide.frames - 1):  # the last one has no successor in the table
        async with adicom.open_dicom(f"{server.url}/{table}", index=index) as dcm:
            assert dcm.number_of_frames == slide.frames
            assert await dcm.frame_bytes(frame) == slide.frame(frame)
            assert cost(server) == [(item_range(slide, frame), slide.size_of(frame) + 8)]
            assert dcm.stats.requests == 1


@pytest.mark.parametrize("table", ["basic", "extended", "none"])
async def test_with_an_index_the_header_is_one_request_of_its_length(server: RangeServer, table: str) -> None:
    slide = SLIDES[table]
    small = LazySlide(4, table)
    server.objects["/small"] = small.data  # type: ignore[assignment]  # it behaves like bytes
    index = await index_of(f"{server.url}/small")
    cost(server)
    async with adicom.open_dicom(f"{server.url}/small", index=index) as dcm:
        assert (await dcm.read_header()).PatientID == "4711"
        assert cost(server) == [
            (f"bytes=0-{small.header + 11}", small.header + 12)
        ]  # with the header of the pixel data
        assert await dcm.frame_bytes(2) == small.frame(2)
        assert cost(server) == [(item_range(small, 2), small.size_of(2) + 8)]
        assert dcm.stats.requests == 2
    assert slide.frames == 14_500


async def test_one_frame_without_a_table(server: RangeServer) -> None:
    slide, frame = SLIDES["none"], 2000
    async with adicom.open_dicom(f"{server.url}/none") as dcm:
        assert await dcm.frame_bytes(frame) == slide.frame(frame)
        found, end = cost(server), slide.starts[frame + 1]
        assert len(found) <= end / WINDOW + 2
        assert sum(size for _, size in found) <= 1.05 * end + WINDOW
        for earlier in (7, 1000, frame - 500):
            assert await dcm.frame_bytes(earlier) == slide.frame(earlier)
            assert cost(server) == [(item_range(slide, earlier), slide.size_of(earlier) + 8)]


async def test_a_near_frame_without_a_table_costs_no_window(server: RangeServer) -> None:
    slide = SLIDES["none"]
    async with adicom.open_dicom(f"{server.url}/none") as dcm:
        cost(server)
        assert await dcm.frame_bytes(0) == slide.frame(0)
        [(_, size)] = cost(server)
        assert size <= 256 * KIB


@pytest.mark.parametrize("table", ["basic", "extended"])
async def test_neighbouring_frames_are_merged(server: RangeServer, table: str) -> None:
    slide, wanted = SLIDES[table], range(5000, 5100)
    async with adicom.open_dicom(f"{server.url}/{table}") as dcm:
        await dcm.frame_bytes(0)
        cost(server)
        async with dcm.frames_bytes(wanted) as frames:
            assert [found async for found in frames] == [(frame, slide.frame(frame)) for frame in wanted]
        found = cost(server)
        assert len(found) <= 10
        assert sum(size for _, size in found) <= 1.1 * (slide.starts[5100] - slide.starts[5000])


async def test_all_frames_of_an_object_without_a_table_are_read_once(server: RangeServer) -> None:
    slide = LazySlide(1500)
    server.objects["/whole"] = slide.data  # type: ignore[assignment]  # it behaves like bytes
    async with adicom.open_dicom(f"{server.url}/whole") as dcm:
        async with dcm.frames_bytes(range(slide.frames)) as frames:
            async for frame, data in frames:
                assert data == slide.frame(frame)
        found = cost(server)
        assert sum(size for _, size in found) <= 1.05 * len(slide.data)
        assert len(found) <= len(slide.data) / WINDOW + 4


async def test_a_small_object_is_two_requests(server: RangeServer) -> None:
    """The table is in the first block, so that a frame costs one request more."""
    for table in ("basic", "extended"):
        slide = LazySlide(100, table)
        server.objects["/small"] = slide.data  # type: ignore[assignment]  # it behaves like bytes
        async with adicom.open_dicom(f"{server.url}/small") as dcm:
            assert await dcm.frame_bytes(50) == slide.frame(50)
        assert [size for _, size in cost(server)] == [16 * KIB, slide.size_of(50) + 8]


async def test_a_frame_that_came_with_the_header_costs_nothing(server: RangeServer) -> None:
    slide = LazySlide(3, "basic", length=1000, header=100)
    server.objects["/tiny"] = slide.data  # type: ignore[assignment]  # it behaves like bytes
    async with adicom.open_dicom(f"{server.url}/tiny") as dcm:
        assert [await dcm.frame_bytes(frame) for frame in range(3)] == [slide.frame(frame) for frame in range(3)]
    assert len(cost(server)) == 1


@pytest.mark.parametrize("table", ["basic", "extended"])
def test_blocking_frames_cost_the_same(server: RangeServer, table: str) -> None:
    slide = SLIDES[table]
    with adicom.sync.open_dicom(f"{server.url}/{table}") as dcm:
        assert dcm.frame_bytes(FRAME) == slide.frame(FRAME)
        found = cost(server)
        assert len(found) <= 3
        assert sum(size for _, size in found) <= TABLES[table] + slide.size_of(FRAME) + 8 + 32 * KIB
        with dcm.frames_bytes(range(5000, 5100)) as frames:
            assert [*frames] == [(frame, slide.frame(frame)) for frame in range(5000, 5100)]
        assert len(cost(server)) <= 10
        index = dcm.index()
    cost(server)
    with adicom.sync.open_dicom(f"{server.url}/{table}", index=index) as dcm:
        assert dcm.frame_bytes(FRAME) == slide.frame(FRAME)
        assert cost(server) == [(item_range(slide, FRAME), slide.size_of(FRAME) + 8)]
