"""Values that come piece by piece: what is in memory, what is asked for, and what happens in between."""

from __future__ import annotations

import io
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.lowlevel
import fsspec
import pytest

import adicom
import adicom.sync
from adicom import SourceChangedError, SourceError
from adicom.io import Answer, Identity, IOStats
from tests import made
from tests.large import Large, filler, printed_by_process
from tests.servers import Fault, RangeServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK: Final = 8 * 2**20
SIZE: Final = 3 * BLOCK + 1000
HEAD: Final = made.part10(made.header(made.PIXEL_DATA, "OW", SIZE))
FRAGMENT: Final = made.part10(
    made.header(made.PIXEL_DATA, "OB", made.UNDEFINED) + made.item() + made.header(made.ITEM, "", SIZE),
    made.JPEG_BASELINE,
)


def large(head: bytes = HEAD, size: int = SIZE) -> Large:
    return Large.of(head, len(head) + size)


class WithEnd(Large):
    """A fragment that is the last one."""

    def __getitem__(self, key: Any) -> Any:
        assert isinstance(key, slice)
        start, stop, _ = key.indices(self.size)
        end = made.header(made.SEQUENCE_END, "", 0)
        first = self.size - len(end)
        return super().__getitem__(slice(start, min(stop, first))) + end[max(0, start - first) : max(0, stop - first)]


def encapsulated(size: int = SIZE) -> Large:
    head = FRAGMENT[:-4] + size.to_bytes(4, "little")
    return WithEnd.of(head, len(head) + size + 8)


class Own:
    """A source of one's own that says which object it reads."""

    name = "my own"
    rereadable = True

    def __init__(self, data: Any) -> None:
        self.data = data
        self.state = Identity(etag='"1"')
        self.stats = IOStats()
        self.reads: list[tuple[int, int]] = []

    async def read_at(self, offset: int, size: int) -> Answer:
        self.reads.append((offset, size))
        await anyio.lowlevel.checkpoint()
        return Answer(self.data[offset : offset + size], self.state, len(self.data))

    async def aclose(self) -> None:
        pass


async def read(source: Any, **options: Any) -> Any:
    return await adicom.dcmread(source, defer_size=1000, **options)


async def collect(stream: Any) -> list[bytes]:
    return [piece async for piece in stream]


@pytest.fixture
def server() -> Iterator[RangeServer]:
    with RangeServer({"/native": large(), "/encapsulated": encapsulated()}) as running:
        yield running


# -- memory

STREAM: Final = """
import asyncio, sys, zlib, adicom, adicom.sync
async def awaited(url):
    ds = await adicom.dcmread(url, defer_size=1000)
    before, size, digest = peak(), 0, 0
    async for piece in ds.stream("PixelData"):
        size, digest = size + len(piece), zlib.crc32(piece, digest)
    print(size, digest, peak() - before)
def blocking(url):
    ds = adicom.sync.dcmread(url, defer_size=1000)
    before, size, digest = peak(), 0, 0
    for piece in ds.stream("PixelData"):
        size, digest = size + len(piece), zlib.crc32(piece, digest)
    print(size, digest, peak() - before)
url, way = sys.argv[1:]
blocking(url) if way == "blocking" else asyncio.run(awaited(url))
"""


@pytest.mark.parametrize(
    ("kind", "way", "size"),
    [
        ("native", "awaited", 300_000_000),
        ("encapsulated", "awaited", 120_000_000),
        ("encapsulated", "blocking", 120_000_000),
    ],
)
def test_a_value_larger_than_memory(kind: str, way: str, size: int) -> None:
    import zlib

    head = made.part10(made.header(made.PIXEL_DATA, "OW", size))
    data = large(head, size) if kind == "native" else encapsulated(size)
    with RangeServer({"/a": data}) as server:
        got, digest, growth = map(int, printed_by_process(STREAM, f"{server.url}/a", way).split())
        most = max(request.sent for request in server.requests)
    # Encapsulated pixel data begins with the Basic Offset Table, and has a header before its one fragment.
    front = b"" if kind == "native" else made.item() + made.header(made.ITEM, "", size)
    wanted = zlib.crc32(front)
    for start in range(0, size, 10**7):
        wanted = zlib.crc32(filler(start, min(start + 10**7, size)), wanted)
    assert (got, digest) == (len(front) + size, wanted)
    assert growth < 60_000_000  # windows of 8 MiB, some of them at a time
    assert most <= BLOCK


# -- what is asked for


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["native", "encapsulated"])
async def test_nothing_is_read_before_it_is_asked_for(kind: str) -> None:
    source = Own(large() if kind == "native" else encapsulated())
    dataset = await read(source)
    source.reads.clear()
    stream = dataset.stream("PixelData")
    await anyio.sleep(0.01)
    assert source.reads == []
    sizes = []
    async for piece in stream:
        sizes.append(len(piece))
        await anyio.sleep(0.001)
        # At most the rest of one block is here that was not given out.
        assert sum(size for _, size in source.reads) - sum(sizes) <= BLOCK
    assert sum(sizes) == SIZE + (0 if kind == "native" else 16)
    assert max(size for _, size in source.reads) == BLOCK
    assert dataset["PixelData"].is_deferred


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["native", "encapsulated"])
async def test_it_may_be_left_in_its_middle(server: RangeServer, kind: str) -> None:
    dataset = await read(f"{server.url}/{kind}")
    server.requests.clear()
    async for _ in dataset.stream("PixelData"):
        break
    async with aclosing(dataset.stream("PixelData")) as stream:
        first = await anext(stream)
    assert [piece async for piece in stream] == []
    assert server.gets == 2
    with anyio.CancelScope() as scope:
        async for _ in dataset.stream("PixelData"):
            scope.cancel()
            await anyio.sleep(1)
    assert server.gets == 3
    whole = await dataset.fetch("PixelData")
    assert whole[: len(first)] == first
    # A value that is here comes in pieces too.
    pieces = [piece async for piece in dataset.stream("PixelData")]
    assert b"".join(pieces) == whole
    assert len(pieces) > 4


def test_a_blocking_one_may_be_left_too(server: RangeServer) -> None:
    dataset = adicom.sync.dcmread(f"{server.url}/encapsulated", defer_size=1000)
    server.requests.clear()
    for piece in dataset.stream("PixelData"):
        assert len(piece) <= BLOCK
        break
    assert server.gets == 1


# -- the object may change


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["native", "encapsulated"])
async def test_another_object_is_noticed_between_two_pieces(server: RangeServer, tmp_path: Path, kind: str) -> None:
    data = server.objects[f"/{kind}"][:]
    other = data[:-1000] + b"!" + data[-999:]
    path, memory, own = tmp_path / "a", fsspec.filesystem("memory"), Own(data)
    path.write_bytes(data)
    memory.pipe_file("/streams/a", data)
    server.objects["/a"] = data

    def change() -> None:
        path.write_bytes(other)
        memory.pipe_file("/streams/a", other)
        server.objects["/a"] = other
        own.state = Identity(etag='"2"')

    places = [path, "memory://streams/a", f"{server.url}/a", own]
    datasets = [await read(place) for place in places]
    # What was found in other bytes knows no more of the object than how long it is, until it has read of it.
    moved = await read(io.BytesIO(data))
    moved.rebind(path)
    streams = [dataset.stream("PixelData") for dataset in (*datasets, moved)]
    for stream in streams:
        assert len(await anext(stream)) > BLOCK // 2
    change()
    for stream in streams:
        with pytest.raises(SourceChangedError):
            await collect(stream)
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    memory.rm("/streams", recursive=True)


@pytest.mark.anyio
async def test_nothing_comes_behind_a_piece_that_failed(server: RangeServer) -> None:
    dataset = await read(f"{server.url}/native", retries=0)
    stream = dataset.stream("PixelData")
    await anext(stream)
    server.faults = [Fault(status=500)]
    with pytest.raises(SourceError, match="500"):
        await anext(stream)
    assert [piece async for piece in stream] == []
    # A new one is whole.
    assert sum([len(piece) async for piece in dataset.stream("PixelData")]) == SIZE
