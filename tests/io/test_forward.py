"""Reading forward from whatever adicom reads: what is opened is closed, and nothing is asked for twice."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

import adicom
from adicom.io import ReadOptions
from adicom.io.blocking_streams import BlockingReader, BlockingStream
from adicom.io.forward import ForwardReader, name_of
from adicom.io.stats import IOStats
from tests.conftest import open_handles
from tests.servers import RangeServer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio

DATA = bytes(range(256)) * 3000


async def rest(reader: ForwardReader) -> list[bytes]:
    found = []
    while data := await reader.read():
        found.append(data)
    return found


async def test_reads_grow() -> None:
    reader = ForwardReader(io.BytesIO(DATA), first=1000, limit=50_000)
    assert [len(data) for data in await rest(reader)][:5] == [1000, 4000, 16000, 50_000, 50_000]
    assert reader.stats.bytes == len(DATA)
    assert await reader.pull() is None


async def test_a_look_ahead_is_read_again() -> None:
    reader = ForwardReader([b"01", b"23"])
    assert await reader.peek() == b"01"
    assert await rest(reader) == [b"01", b"23"]


async def test_a_path_is_opened_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(DATA)
    before = open_handles()
    reader = ForwardReader(path)
    with pytest.raises(RuntimeError, match="so that it must also be closed"):
        await reader.read()
    await reader.open()
    await reader.open()
    assert b"".join(await rest(reader)) == DATA
    await reader.aclose()
    assert open_handles() == before


async def test_the_end_costs_no_request() -> None:
    with RangeServer({"/a": DATA}) as server:
        reader = ForwardReader(f"{server.url}/a", options=ReadOptions(max_requests=3))
        await reader.open()
        try:
            assert b"".join(await rest(reader)) == DATA
        finally:
            await reader.aclose()
        assert server.gets == 3
        reader = ForwardReader(f"{server.url}/a", storage_options={"no": "option"})
        with pytest.raises(ValueError, match="may hold headers"):
            await reader.open()


async def test_time_is_bounded() -> None:
    async def never() -> None:
        import anyio

        await anyio.sleep_forever()

    from adicom.io.streams import StreamSource

    reader = ForwardReader(StreamSource(never, "nothing"), options=ReadOptions(total_timeout=0.05))
    with pytest.raises(adicom.SourceTimeoutError):
        await reader.read()


def test_names() -> None:
    assert name_of("https://me:secret@host/a?b") == "https://host/a"
    assert name_of(("no", "store")) == "tuple"
    assert name_of("folder/a.dcm") == "folder/a.dcm"


def test_blocking(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(DATA)
    reader = BlockingReader(path)
    with pytest.raises(RuntimeError, match="use `with"):
        reader.read()
    before = open_handles()
    reader.open()
    assert b"".join(iter(reader.read, b"")) == DATA
    reader.close()
    reader.close()
    assert open_handles() == before


def test_a_blocking_stream_goes_forward() -> None:
    pieces = [b"01", b"", b"234"]
    stream = BlockingStream(lambda: pieces.pop(0) if pieces else None, "pieces", stats=IOStats())
    assert stream.read_at(1, 10).data == b"1"
    with pytest.raises(adicom.SourceError, match="pieces cannot go back to byte 0"):
        stream.read_at(0, 1)
    assert list(stream) == [b"234"]
    stream.bound_inflated(1)
    stream.close()
