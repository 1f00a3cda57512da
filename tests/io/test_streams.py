from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import aiofiles
import anyio
import pytest

from adicom.errors import SourceError
from adicom.io.resolve import resolve_async
from adicom.io.streams import AsyncFileSource, AsyncIterableSource, StreamSource

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from pathlib import Path

    from adicom.io import AsyncSource

pytestmark = pytest.mark.anyio

DATA = bytes(range(256)) * 100


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.dcm"
    path.write_bytes(DATA)
    return path


async def read_all(source: AsyncSource) -> bytes:
    found = b""
    while data := (await source.read_at(len(found), 7000)).data:
        found += data
    return found


async def chunks() -> AsyncGenerator[bytes]:
    for start in range(0, len(DATA), 1000):
        yield DATA[start : start + 1000]


async def test_async_iterable_forward() -> None:
    async with contextlib.aclosing(chunks()) as generator:
        source = resolve_async(generator)
        assert isinstance(source, AsyncIterableSource)
        assert not source.rereadable
        assert (await source.read_at(0, 5)).data == DATA[:1000]
        assert (await source.read_at(5500, 5)).data == DATA[5500:6000]
        with pytest.raises(SourceError, match="forward"):
            await source.read_at(0, 5)
        await source.aclose()
        assert await anext(generator) == DATA[6000:7000]


async def test_iterators_made_here_are_closed() -> None:
    closed = []

    class Chunks:
        async def __aiter__(self) -> AsyncIterator[bytes]:
            try:
                yield DATA
                yield DATA
            finally:
                closed.append(True)

    source = resolve_async(Chunks())
    await source.read_at(0, 5)
    await source.aclose()
    assert closed == [True]


async def test_anyio_file(path: Path) -> None:
    async with await anyio.open_file(path, "rb") as file:
        await file.seek(100)
        source = resolve_async(file)
        assert isinstance(source, AsyncFileSource)
        assert await read_all(source) == DATA[100:]
        assert (await source.read_at(10, 5)).data == DATA[110:115]
        assert (await source.read_at(10**6, 5)) == (b"", None, len(DATA) - 100)
        assert source.rereadable
        await source.aclose()


async def test_aiofiles(path: Path, anyio_backend: str) -> None:
    if anyio_backend == "trio":
        pytest.skip("aiofiles does not run on trio")
    async with aiofiles.open(path, "rb") as file:
        source = resolve_async(file)
        assert await read_all(source) == DATA
        assert source.rereadable


async def test_byte_receive_stream() -> None:
    class Stream(anyio.abc.ByteReceiveStream):
        def __init__(self) -> None:
            self.left = DATA

        async def receive(self, max_bytes: int = 65536) -> bytes:
            await anyio.lowlevel.checkpoint()
            if not self.left:
                raise anyio.EndOfStream
            piece, self.left = self.left[:999], self.left[999:]
            return piece

        async def aclose(self) -> None:
            raise AssertionError("the stream is the caller's")

    source = resolve_async(Stream())
    assert isinstance(source, StreamSource)
    assert await read_all(source) == DATA
    await source.aclose()


async def test_broken_stream() -> None:
    class Stream(anyio.abc.ByteReceiveStream):
        async def receive(self, max_bytes: int = 65536) -> bytes:
            raise anyio.BrokenResourceError

        async def aclose(self) -> None:
            pass

    with pytest.raises(SourceError, match="broke"):
        await resolve_async(Stream()).read_at(0, 1)


async def test_asyncio_stream_reader(anyio_backend: str) -> None:
    if anyio_backend == "trio":
        pytest.skip("a StreamReader belongs to asyncio")
    reader = asyncio.StreamReader()
    reader.feed_data(DATA)
    reader.feed_eof()
    source = resolve_async(reader)
    assert await read_all(source) == DATA
    assert not source.rereadable


async def test_unseekable_async_file() -> None:
    class File:
        def __init__(self) -> None:
            self.left = DATA

        async def read(self, size: int) -> bytes:
            piece, self.left = self.left[:size], self.left[size:]
            return piece

        def seekable(self) -> bool:
            return False

        async def seek(self, *_: Any) -> int:
            raise OSError("no")

        tell = seek

    source = resolve_async(File())
    assert await read_all(source) == DATA
    assert not source.rereadable


async def test_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("abc")
    async with await anyio.open_file(tmp_path / "a.txt") as file:
        with pytest.raises(TypeError, match="binary mode"):
            await resolve_async(file).read_at(0, 10)
