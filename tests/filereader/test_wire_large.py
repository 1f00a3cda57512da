"""What the headers of large objects cost on the wire.

The objects are those of the benchmarks: made slice by slice, so that hundreds of megabytes take no memory.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final, cast

import pydicom
import pytest

import adicom
from benchmarks.remote_objects import MadeObject, made_object
from tests.filereader.test_wire import cost
from tests.servers import RangeServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio

BLOCK: Final = 16 * 1024
MULTI_FRAMES: Final = [f"{form}-{size}" for form in ("defined", "undefined") for size in ("100kB", "577kB", "3MB")]
SLIDES: Final = [f"{table}-{size}" for table in ("BOT", "EOT", "none") for size in ("64MB", "312MB")]
NAMES: Final = ["ct", "warm-deflated", "deflated", *MULTI_FRAMES, *SLIDES]
DEFERRED: Final = 64 * 1024


@pytest.fixture(scope="module")
def running() -> Iterator[RangeServer]:
    # They slice like bytes, which is all that the server does with them.
    objects = {f"/{name}": cast("bytes", made_object(name)) for name in NAMES}
    with RangeServer(objects) as server:
        yield server


@pytest.fixture
def server(running: RangeServer) -> RangeServer:
    running.requests.clear()
    return running


def spent(server: RangeServer) -> tuple[int, int]:
    """Return how many requests there were, and how many body bytes; no HEAD."""
    requests = cost(server)
    assert {method for method, _, _ in requests} == {"GET"}
    return len(requests), sum(size for _, _, size in requests)


@pytest.mark.parametrize("name", ["ct", "undefined-100kB", "BOT-64MB", "EOT-64MB", "none-312MB"])
def test_the_objects_are_what_they_say(name: str) -> None:
    body = made_object(name)
    file = BytesIO(body[0 : body.header + body.tables + BLOCK])
    dataset = pydicom.dcmread(file, stop_before_pixels=True)
    before_pixels = body.header + (body.tables if name.startswith("EOT") else 0)
    assert file.tell() == before_pixels
    assert dataset.get("NumberOfFrames", 1) == body.frames


@pytest.mark.parametrize("name", ["ct", "warm-deflated", "warm-undefined", "warm-BOT", "warm-EOT", "warm-none"])
def test_the_objects_slice_like_bytes(name: str) -> None:
    body = made_object(name)
    whole = body[0 : len(body)]
    assert len(whole) == len(body)
    for start in range(0, len(body), len(body) // 50):
        for length in (0, 1, 7, 477, 5000):
            assert body[start : start + length] == whole[start : start + length]


async def read_header(server: RangeServer, name: str) -> tuple[MadeObject, adicom.FileDataset]:
    dataset = await adicom.dcmread(f"{server.url}/{name}", stop_before_pixels=True)
    body = made_object(name)
    assert dataset.get("NumberOfFrames", 1) == body.frames
    assert dataset.PatientID == "EX0012345"
    return body, dataset


@pytest.mark.parametrize("name", ["ct", "deflated", "BOT-64MB", "none-64MB", "BOT-312MB", "none-312MB"])
async def test_a_short_header_is_one_request(server: RangeServer, name: str) -> None:
    await read_header(server, name)
    assert spent(server) == (1, BLOCK)


@pytest.mark.parametrize("size", ["100kB", "577kB", "3MB"])
async def test_a_long_header_of_defined_lengths(server: RangeServer, size: str) -> None:
    body, dataset = await read_header(server, f"defined-{size}")
    assert len(dataset.PerFrameFunctionalGroupsSequence) == body.frames
    requests, received = spent(server)
    assert requests <= 2
    assert received <= 1.05 * body.header + BLOCK


@pytest.mark.parametrize("size", ["100kB", "577kB", "3MB"])
async def test_a_long_header_of_undefined_lengths(server: RangeServer, size: str) -> None:
    body, dataset = await read_header(server, f"undefined-{size}")
    assert 0x52009230 in dataset
    requests, received = spent(server)
    assert requests <= 4
    assert received <= 1.5 * body.header


@pytest.mark.parametrize("name", SLIDES)
async def test_one_tag_is_one_request(server: RangeServer, name: str) -> None:
    dataset = await adicom.dcmread(f"{server.url}/{name}", specific_tags=["PatientID"])
    assert dataset.PatientID == "EX0012345"
    assert spent(server) == (1, BLOCK)


@pytest.mark.parametrize("name", [name for name in SLIDES if not name.startswith("EOT")])
async def test_fragments_are_not_read_to_defer_them(server: RangeServer, name: str) -> None:
    dataset = await adicom.dcmread(f"{server.url}/{name}", defer_size=DEFERRED)
    assert dataset["PixelData"].is_deferred
    assert spent(server) == (1, BLOCK)


@pytest.mark.parametrize("size", ["64MB", "312MB"])
async def test_a_header_with_an_extended_offset_table(server: RangeServer, size: str) -> None:
    body, dataset = await read_header(server, f"EOT-{size}")
    assert len(dataset.ExtendedOffsetTableLengths) == 8 * body.frames
    requests, received = spent(server)
    assert requests <= 3
    assert received <= body.header + body.tables + 32 * 1024


@pytest.mark.parametrize("size", ["64MB", "312MB"])
async def test_an_extended_offset_table_that_is_long_is_deferred(server: RangeServer, size: str) -> None:
    dataset = await adicom.dcmread(f"{server.url}/EOT-{size}", defer_size=DEFERRED)
    body = made_object(f"EOT-{size}")
    long = 8 * body.frames > DEFERRED
    assert dataset["ExtendedOffsetTable"].is_deferred == long
    assert dataset["PixelData"].is_deferred
    requests, received = spent(server)
    assert requests <= 3
    assert received <= body.header + (0 if long else body.tables) + 32 * 1024
