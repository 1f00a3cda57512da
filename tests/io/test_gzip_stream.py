"""Compressed objects as streams: whatever they are in, and whatever is wrong with them."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zlib
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import anyio
import pytest

import adicom
import adicom.sync
from adicom import InvalidDicomError, LimitError, ParseError, ParserLimits, SourceError, TruncatedError
from adicom.io import ReadOptions, gunzip
from tests import made, oracle
from tests.conftest import open_handles, pydicom_files
from tests.made import element, part10
from tests.servers import Fault, RangeServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

CT = next(path for path in pydicom_files() if path.name == "CT_small.dcm").read_bytes()
PACKED = gzip.compress(CT, mtime=0)


def pieces(data: bytes = PACKED, size: int = 999) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


async def chunks(data: bytes = PACKED, size: int = 999) -> AsyncIterator[bytes]:
    for piece in pieces(data, size):
        await anyio.lowlevel.checkpoint()
        yield piece


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ct.dcm.gz"
    path.write_bytes(PACKED)
    return path


def check(dataset: adicom.Dataset) -> None:
    assert oracle.view(dataset) == oracle.adicom_view(CT)


# -- what it is in


@pytest.mark.parametrize(
    "make", [lambda: PACKED, lambda: bytearray(PACKED), lambda: io.BytesIO(PACKED), pieces, lambda: [*pieces()]]
)
async def test_what_is_open_is_read_at_once(make: Any) -> None:
    check(await adicom.dcmread(gunzip(make())))
    check(adicom.sync.dcmread(adicom.sync.io.gunzip(make())))


async def test_an_async_iterable() -> None:
    async with aclosing(chunks()) as stream:  # type: ignore[type-var] # it is a generator
        check(await adicom.dcmread(gunzip(stream)))


async def test_a_path(path: Path) -> None:
    for given in (path, str(path), path.as_uri()):
        async with gunzip(given) as stream:
            check(await adicom.dcmread(stream))
            assert stream.stats.bytes == len(PACKED)
    async with await anyio.open_file(path, "rb") as file:
        check(await adicom.dcmread(gunzip(file)))


async def test_a_path_has_to_be_closed(path: Path) -> None:
    before = open_handles()
    with pytest.raises(RuntimeError, match=r"opens .*ct\.dcm\.gz, so that it must also be closed: use `async with"):
        await adicom.dcmread(gunzip(path))
    async with gunzip(path) as stream:
        assert (await stream.read_at(0, 132)).data[128:132] == b"DICM"
        assert open_handles() != before
    assert open_handles() == before
    with pytest.raises(adicom.SourceNotFoundError):
        async with gunzip(path.with_name("none")) as stream:
            await adicom.dcmread(stream)


async def test_events() -> None:
    expected = [event async for event in adicom.iter_events(CT)]
    found = [event async for event in adicom.iter_events(gunzip([*pieces()]))]
    assert len(found) == len(expected)
    assert [type(event) for event in found] == [type(event) for event in expected]


async def test_bytes_come_piece_by_piece() -> None:
    data = bytes(700_000)
    found = [piece async for piece in gunzip(gzip.compress(data))]
    assert b"".join(found) == data
    assert max(map(len, found)) <= 2**18


async def test_a_url_is_read_by_range(anyio_backend: str) -> None:
    with RangeServer({"/ct.dcm.gz": PACKED}) as server:
        async with gunzip(f"{server.url}/ct.dcm.gz") as stream:
            check(await adicom.dcmread(stream))
            assert (stream.stats.requests, stream.stats.bytes) == (1, len(PACKED))
        async with adicom.Session() as session:
            async with gunzip(f"{server.url}/ct.dcm.gz", session=session) as stream:
                ds = await adicom.dcmread(stream, specific_tags=["PatientID"])
            assert ds.PatientID == "1CT1"
            assert session.is_open
        assert [request.range for request in server.requests] == ["bytes=0-65535"] * 2


async def test_a_long_object_behind_a_url() -> None:
    packed = gzip.compress(
        part10(
            made.small().rpartition(made.header(made.PIXEL_DATA, "OW", 8))[0]
            + element(made.PIXEL_DATA, "OW", bytes(3 * 2**20))
        ),
        0,
    )
    with RangeServer({"/a.gz": packed}) as server:
        server.faults = [None, Fault(cut=100_000)]
        async with gunzip(f"{server.url}/a.gz", options=ReadOptions(retries=2)) as stream:
            assert len((await adicom.dcmread(stream)).PixelData) == 3 * 2**20
            assert stream.stats.retries == 1
        lengths = [
            1 + int(text[1]) - int(text[0]) for text in ((r.range or "")[6:].split("-") for r in server.requests)
        ]
        assert lengths[:4] == [2**16, 2**18, 2**18 - 100_000, 2**20]
        assert max(lengths) == 2**21


async def test_an_error_of_the_server() -> None:
    with RangeServer({}) as server, pytest.raises(adicom.SourceNotFoundError):
        async with gunzip(f"{server.url}/none") as stream:
            await adicom.dcmread(stream)


async def test_what_cannot_be_read() -> None:
    for twin in (gunzip, adicom.sync.io.gunzip):
        with pytest.raises(TypeError, match="cannot read DICOM from int"):
            twin(5)
        with pytest.raises(ValueError, match="at least 1"):
            twin(PACKED, limit=0)


# -- what is wrong with it


async def test_a_truncated_file_says_what_is_whole() -> None:
    for strict in (True, False):
        stream = gunzip([*pieces(PACKED[:-5000])])
        if strict:
            with pytest.raises(TruncatedError, match=r"the gzip data of .* ends too early, at byte \d+") as caught:
                await adicom.dcmread(stream)
            ds = caught.value.dataset
        else:
            with pytest.warns(adicom.DicomWarning, match="the gzip data of"):
                ds = await adicom.dcmread(stream, strict=False)
        assert ds is not None
        assert ds.is_truncated
        assert ds.PatientID == "1CT1"


@pytest.mark.parametrize("end", [-1, -8, -9])
async def test_a_missing_trailer_is_told(end: int) -> None:
    with pytest.raises(TruncatedError, match="the gzip data"):
        await adicom.dcmread(gunzip(PACKED[:end]))
    with pytest.raises(TruncatedError, match="the gzip data"):
        adicom.sync.dcmread(adicom.sync.io.gunzip(PACKED[:end]))


async def test_a_wrong_checksum_is_told_at_the_end() -> None:
    damaged = PACKED[:-8] + bytes(4) + PACKED[-4:]
    with pytest.raises(ParseError, match=f"the gzip data of bytes is damaged, at byte {len(CT)}"):
        await adicom.dcmread(gunzip(damaged))
    ds = await adicom.dcmread(gunzip(damaged), stop_before_pixels=True)
    assert ds.PatientID == "1CT1"


async def test_what_is_not_compressed() -> None:
    with pytest.raises(ParseError, match="bytes is not compressed with gzip"):
        await adicom.dcmread(gunzip(CT))


async def test_the_stream_breaks() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield PACKED[:500]
        raise ConnectionResetError("gone")

    with pytest.raises(SourceError, match="ConnectionResetError"):
        await adicom.dcmread(gunzip(broken()))


async def test_it_goes_forward_only() -> None:
    stream = gunzip(PACKED)
    assert not stream.rereadable
    await stream.read_at(200, 10)
    with pytest.raises(SourceError, match="forward"):
        await stream.read_at(0, 10)


# -- bombs


def bomb(megabytes: int) -> bytes:
    """Return a small file that holds an image with so many MiB of pixels."""
    packer = zlib.compressobj(9, wbits=31)
    header = made.small().rpartition(made.header(made.PIXEL_DATA, "OW", 8))[0]
    parts = [packer.compress(part10(header) + made.header(made.PIXEL_DATA, "OW", megabytes * 2**20))]
    parts += [packer.compress(bytes(2**20)) for _ in range(megabytes)]
    return b"".join(parts) + packer.flush()


async def test_a_dataset_is_bounded() -> None:
    packed = bomb(3)
    limits = ParserLimits(inflated_bytes=2**20)
    with pytest.raises(LimitError, match=r"ParserLimits\.inflated_bytes is 1048576") as caught:
        await adicom.dcmread(gunzip(packed), limits=limits)
    assert caught.value.limit == "inflated_bytes"
    with pytest.raises(LimitError, match=r"ParserLimits\.inflated_bytes"):
        adicom.sync.dcmread(adicom.sync.io.gunzip(packed), limits=limits)
    with pytest.raises(LimitError, match=r"ParserLimits\.inflated_bytes"):
        await adicom.dcmread(adicom.sync.io.gunzip(packed), limits=limits)
    assert (await adicom.dcmread(gunzip(packed), limits=limits, stop_before_pixels=True)).PatientID == "4711"
    assert len((await adicom.dcmread(gunzip(packed))).PixelData) == 3 * 2**20


async def test_events_are_bounded_where_the_caller_says_so() -> None:
    with pytest.raises(LimitError, match="limit is 1000000"):
        assert [event async for event in adicom.iter_events(gunzip(bomb(3), limit=1_000_000))]


async def test_events_of_a_bomb_cost_no_memory() -> None:
    packed = bomb(20)
    tracemalloc.start()
    try:
        size = 0
        async for batch in adicom.iter_batches(gunzip(packed), limits=ParserLimits(inflated_bytes=1)):
            size += sum(len(event.data) for event in batch if isinstance(event, adicom.ValueChunk))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size == 20 * 2**20
    assert peak < 6 * 2**20


async def test_a_bomb_can_be_cancelled() -> None:
    read, packed = 0, gzip.compress(bytes(2**20)) * 2000
    with anyio.move_on_after(0.05) as scope:
        async for piece in gunzip(packed):
            read += len(piece)
    assert scope.cancelled_caught
    assert 0 < read < 2000 * 2**20


# -- without gunzip


async def test_dcmread_says_what_it_is(path: Path) -> None:
    for given in (PACKED, path, [*pieces()], PACKED[:100]):
        with pytest.raises(InvalidDicomError, match=r"compressed with gzip: read it through adicom\.io\.gunzip"):
            await adicom.dcmread(given)
    with pytest.raises(InvalidDicomError, match="DICM prefix"):
        await adicom.dcmread(b"\x1f\x8b\x07" + bytes(200))


# -- blocking


def test_blocking(path: Path) -> None:
    before = open_handles()
    with adicom.sync.io.gunzip(path) as stream:
        check(adicom.sync.dcmread(stream))
        assert stream.stats.bytes == len(PACKED)
    assert open_handles() == before
    with path.open("rb") as file:
        assert b"".join(adicom.sync.io.gunzip(file)) == CT
        assert not file.closed
    with pytest.raises(RuntimeError, match="use `with"):
        adicom.sync.dcmread(adicom.sync.io.gunzip(path))
    with pytest.raises(TypeError, match="can only be awaited"):
        adicom.sync.io.gunzip(chunks())


def test_blocking_over_http() -> None:
    with RangeServer({"/ct.dcm.gz": PACKED}) as server:
        with adicom.sync.io.gunzip(f"{server.url}/ct.dcm.gz") as stream:
            check(adicom.sync.dcmread(stream))
            assert stream.stats.requests == 1
        with (
            adicom.sync.Session() as session,
            adicom.sync.io.gunzip(f"{server.url}/ct.dcm.gz", session=session) as stream,
        ):
            assert b"".join(stream) == CT
            assert session.is_open
        with pytest.raises(adicom.SourceNotFoundError), adicom.sync.io.gunzip(f"{server.url}/none") as stream:
            adicom.sync.dcmread(stream)


def test_the_awaited_one_is_refused_by_blocking_functions() -> None:
    with pytest.raises(TypeError, match="can only be awaited"):
        adicom.sync.dcmread(gunzip(PACKED))
