"""What reading costs on the wire, to the request and to the byte."""

from __future__ import annotations

import struct
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

import adicom
import adicom.sync
from tests import made
from tests.made import element, part10
from tests.servers import RangeServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio

BLOCK: Final = 16 * 1024
FRAGMENT: Final = 32 * 1024
FRAMES: Final = 2000
PIXELS_CT: Final = bytes(range(256)) * 2048


def header() -> bytes:
    """Return the header of an image: everything but its pixels, and a long text."""
    body = made.small().rpartition(made.header(made.PIXEL_DATA, "OW", 8))[0]
    return body + element(0x00400280, "ST", "x" * 6000)


def ct() -> bytes:
    return part10(header() + element(made.PIXEL_DATA, "OW", PIXELS_CT))


def encapsulated(*, table: bool) -> bytes:
    """Return a multi-frame object of 64 MB: 2,000 fragments, with a Basic Offset Table or an empty one."""
    offsets = struct.pack(f"<{FRAMES}L", *range(0, FRAMES * (FRAGMENT + 8), FRAGMENT + 8)) if table else b""
    fragment = b"\xff\xd8" + bytes(FRAGMENT - 4) + b"\xff\xd9"
    return part10(header() + made.encapsulated([fragment] * FRAMES, offsets), made.JPEG_BASELINE)


@pytest.fixture(scope="module")
def running() -> Iterator[RangeServer]:
    objects = {"/ct": ct(), "/table": encapsulated(table=True), "/no table": encapsulated(table=False)}
    with RangeServer({path.replace(" ", "-"): data for path, data in objects.items()}) as server:
        yield server


@pytest.fixture
def server(running: RangeServer) -> RangeServer:
    running.requests.clear()
    return running


def cost(server: RangeServer) -> list[tuple[str, str | None, int]]:
    """Return method, range and body bytes of each request so far."""
    deadline = time.monotonic() + 5
    while server.open_connections and time.monotonic() < deadline:
        time.sleep(0.001)  # the client may have an answer before the server has counted it
    return [(request.method, request.range, request.sent) for request in server.requests]


def place_of_pixels(dataset: adicom.Dataset) -> adicom.Deferred:
    deferred = dataset["PixelData"].deferred
    assert deferred is not None
    return deferred


ONE_BLOCK: Final = [("GET", f"bytes=0-{BLOCK - 1}", BLOCK)]
OBJECTS: Final = ("ct", "table", "no-table")


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize(
    "options",
    [
        {"stop_before_pixels": True},
        {"specific_tags": ["PatientID"]},
        {"specific_tags": ["PatientID"], "defer_size": "64 KB"},
        {"stop_before_pixels": True, "defer_size": "64 KB"},
    ],
    ids=str,
)
async def test_a_header_is_one_request(server: RangeServer, name: str, options: dict[str, Any]) -> None:
    dataset = await adicom.dcmread(f"{server.url}/{name}", **options)
    assert dataset.PatientID == "4711"
    assert cost(server) == ONE_BLOCK
    assert (dataset.io_stats.requests, dataset.io_stats.bytes, dataset.io_stats.retries) == (1, BLOCK, 0)


@pytest.mark.parametrize("name", ["table", "no-table"])
async def test_deferred_fragments_are_not_walked(server: RangeServer, name: str) -> None:
    dataset = await adicom.dcmread(f"{server.url}/{name}", defer_size="64 KB")
    assert dataset["PixelData"].is_deferred
    assert not dataset.is_complete
    assert cost(server) == ONE_BLOCK


async def test_native_pixels_that_are_deferred_are_jumped_over(server: RangeServer) -> None:
    dataset = await adicom.dcmread(f"{server.url}/ct", defer_size="64 KB")
    assert dataset["PixelData"].is_deferred
    assert dataset.is_complete
    # The size is known from the first answer, and the value ends there: there is nothing to ask for behind it.
    assert cost(server) == ONE_BLOCK


async def test_a_deferred_value_is_one_request_more(server: RangeServer) -> None:
    dataset = await adicom.dcmread(f"{server.url}/ct", defer_size="64 KB")
    offset = place_of_pixels(dataset).offset
    assert await dataset.fetch("PixelData") == PIXELS_CT
    wanted = f"bytes={offset}-{offset + len(PIXELS_CT) - 1}"
    assert cost(server) == [*ONE_BLOCK, ("GET", wanted, len(PIXELS_CT))]
    assert dataset.io_stats.requests == 2
    assert await dataset.fetch("PixelData") == PIXELS_CT
    assert server.gets == 2


@pytest.mark.parametrize("name", ["table", "no-table"])
async def test_deferred_fragments_are_one_request_more(server: RangeServer, name: str, anyio_backend: str) -> None:
    dataset = await adicom.dcmread(f"{server.url}/{name}", defer_size="64 KB")
    offset, size = place_of_pixels(dataset).offset, len(server.objects[f"/{name}"])
    value = await dataset.fetch("PixelData")
    assert len(value) == size - offset - 8
    assert cost(server)[1:] == [("GET", f"bytes={offset}-{size - 1}", size - offset)]


async def test_a_session_is_no_request_more(server: RangeServer) -> None:
    async with adicom.Session() as session:
        for name in OBJECTS:
            await adicom.dcmread(f"{server.url}/{name}", session=session, stop_before_pixels=True)
    assert cost(server) == ONE_BLOCK * 3


async def test_a_reader_is_one_request_too(server: RangeServer) -> None:
    async with adicom.open_dicom(f"{server.url}/table") as dcm:
        assert dcm.dataset.PatientID == "4711"
        assert cost(server) == ONE_BLOCK
        assert dcm.stats.requests == 1


async def test_stopping_a_stream_of_events_is_one_request(server: RangeServer) -> None:
    async with adicom.iter_events(f"{server.url}/ct", stop_before_pixels=True, header_hint=BLOCK) as events:
        assert [event async for event in events]
    assert cost(server) == ONE_BLOCK


async def test_the_first_request_is_the_callers_to_size(server: RangeServer) -> None:
    await adicom.dcmread(f"{server.url}/ct", stop_before_pixels=True, header_hint=8000)
    assert cost(server) == [("GET", "bytes=0-7999", 8000)]


async def test_a_whole_object_is_two_requests(server: RangeServer) -> None:
    dataset = await adicom.dcmread(f"{server.url}/ct")
    assert dataset.PixelData == PIXELS_CT
    size = len(server.objects["/ct"])
    assert cost(server) == [*ONE_BLOCK, ("GET", f"bytes={BLOCK}-{size - 1}", size - BLOCK)]


async def test_only_the_beginning_of_an_object_without_ranges_is_taken() -> None:
    data = encapsulated(table=False)
    with RangeServer({"/a": data}, ranges=False) as server:
        dataset = await adicom.dcmread(f"{server.url}/a", stop_before_pixels=True)
        assert dataset.PatientID == "4711"
        assert dataset.io_stats.bytes <= BLOCK
    assert [request.method for request in server.requests] == ["GET"]
    assert server.sent < len(data) / 4  # what the system's buffers took before the connection was closed


def blocking(url: str, **options: Any) -> Any:
    return partial(adicom.sync.dcmread, url, **options)


@pytest.mark.parametrize("name", OBJECTS)
def test_blocking_functions_cost_the_same(server: RangeServer, name: str) -> None:
    url = f"{server.url}/{name}"
    assert blocking(url, stop_before_pixels=True)().PatientID == "4711"
    assert blocking(url, specific_tags=["PatientID"])().PatientID == "4711"
    dataset = blocking(url, defer_size="64 KB")()
    assert cost(server) == ONE_BLOCK * 3
    assert len(dataset.PixelData) >= len(PIXELS_CT)
    assert server.gets == 4
