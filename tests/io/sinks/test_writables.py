"""The sinks in what the caller has opened."""

from __future__ import annotations

import asyncio
import gzip
import io
import os
import socket
import threading
from typing import TYPE_CHECKING, Any, Final

import aiofiles
import anyio
import anyio.abc
import pytest
import trio.testing

from adicom.errors import SinkError
from adicom.io import open_sink, open_sink_blocking
from adicom.io.eventloop import on_trio
from adicom.io.sinks.outlets import MIB

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.anyio

DATA: Final = bytes(range(256)) * 8


class Taking(io.RawIOBase):
    """A raw file that takes at most so many bytes in a go, and fails behind some.

    Args:
        at_once: How many it takes in a go.
        room: How many it takes in all.
    """

    name = "taking"

    def __init__(self, at_once: int = 1000, room: int = 10**9) -> None:
        self.got = bytearray()
        self.threads: set[str] = set()
        self._at_once = at_once
        self._room = room

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.threads.add(threading.current_thread().name)
        if len(self.got) == self._room:
            raise OSError(28, "No space left on device")
        count = min(len(data), self._at_once, self._room - len(self.got))
        self.got += data[:count]
        return count

    def seek(self, *arguments: Any) -> int:
        raise AssertionError("a sink does not seek")

    tell = seek


async def test_bytes_io() -> None:
    file = io.BytesIO(b"what was there")
    file.seek(4)
    async with open_sink(file) as sink:
        await sink.write(DATA)
        assert file.getvalue() == b"what" + DATA  # nothing is held back
    assert not file.closed
    assert sink.written == len(DATA)
    assert sink.name == "BytesIO"


async def test_a_raw_file_takes_it_in_several_goes() -> None:
    file = Taking(at_once=100)
    async with open_sink(file) as sink:
        await sink.write(DATA)
        assert threading.main_thread().name not in file.threads
    assert file.got == DATA
    assert sink.written == len(DATA)
    assert not file.closed


def test_a_raw_file_takes_it_in_several_goes_blocking() -> None:
    file = Taking(at_once=7)
    with open_sink_blocking(file) as sink:
        sink.write(DATA)
    assert file.got == DATA


async def test_an_open_file(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        async with open_sink(file) as sink:
            await sink.write(DATA)
        assert os.stat(tmp_path / "a").st_size == len(DATA)  # what the file object held back went out
        assert sink.name == str(tmp_path / "a")
        file.write(b"more")
    with (tmp_path / "a").open("rb") as file:
        assert file.read() == DATA + b"more"


async def test_a_file_that_compresses(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.gz", "wb") as file:
        async with open_sink(file) as sink:
            await sink.write(DATA)
    with gzip.open(tmp_path / "a.gz") as file:
        assert file.read() == DATA


async def test_a_socket() -> None:
    near, far = socket.socketpair()
    with near, far, near.makefile("wb") as file:
        async with open_sink(file) as sink:
            await sink.write(DATA)
        assert far.recv(10_000) == DATA


class Writer:
    """Whatever has a ``write`` that returns nothing."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.pieces.append(data)


async def test_a_writer_of_ones_own_keeps_what_it_gets() -> None:
    writer = Writer()
    buffer = bytearray(MIB)
    async with open_sink(writer) as sink:
        for number in range(3):
            buffer[:] = bytes([number]) * MIB
            await sink.write(memoryview(buffer))
    assert writer.pieces == [bytes([number]) * MIB for number in range(3)]


@pytest.mark.parametrize("room", range(0, 600, 20))
def test_full_after_n_bytes(room: int) -> None:
    file = Taking(at_once=64, room=room)
    sink = open_sink_blocking(file).__enter__()
    sink.write(DATA[:600])
    with pytest.raises(SinkError) as caught:
        sink.commit()
    assert (caught.value.errno, caught.value.written, caught.value.sink) == (28, room, "taking")
    assert file.got == DATA[:room]


async def test_text_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "a").open("w") as file, pytest.raises(TypeError, match="open it in binary mode"):
        open_sink(file)
    with pytest.raises(TypeError, match="open it in binary mode"):
        open_sink_blocking(io.StringIO())


async def test_what_takes_nothing_is_an_error() -> None:
    class Full(io.RawIOBase):
        answer: Any = None

        def write(self, data: Any) -> Any:
            return self.answer

    file = Full()
    for answer in (None, 0):
        file.answer = answer
        with pytest.raises(SinkError, match="took none of 2048 bytes; it must not be non-blocking"):
            await write(file)
    file.answer = "all"
    with pytest.raises(TypeError, match=r"write\(\) of Full gave str, not how many bytes it took"):
        await write(file)


async def test_what_would_block() -> None:
    class Full(io.BufferedIOBase):
        def write(self, data: Any) -> int:
            raise BlockingIOError(11, "write could not complete without blocking", 7)

    with pytest.raises(SinkError) as caught:
        await write(Full())
    assert (caught.value.errno, caught.value.written) == (11, 7)


async def test_a_closed_file() -> None:
    file = io.BytesIO()
    file.close()
    with pytest.raises(ValueError, match="closed file"):
        await write(file)


async def write(target: Any, *pieces: bytes) -> None:
    async with open_sink(target) as sink:
        for piece in pieces or (DATA,):
            await sink.write(piece)


@pytest.mark.parametrize("what", [b"bytes", 5, None, [b"a"], object()])
async def test_what_is_no_target(what: Any) -> None:
    for function in (open_sink, open_sink_blocking):
        with pytest.raises(TypeError, match="what can be written to: a path or URL"):
            function(what)


# -- what is awaited ---------------------------------------------------------------------------------------------


async def test_anyio_file(tmp_path: Path) -> None:
    async with await anyio.open_file(tmp_path / "a", "wb") as file:
        async with open_sink(file) as sink:
            await sink.write(DATA)
        assert os.stat(tmp_path / "a").st_size == len(DATA)
        await file.write(b"more")
    assert await anyio.Path(tmp_path / "a").read_bytes() == DATA + b"more"


async def test_aiofiles(tmp_path: Path) -> None:
    if on_trio():
        pytest.skip("aiofiles is for asyncio")
    async with aiofiles.open(tmp_path / "a", "wb") as file:
        async with open_sink(file) as sink:
            await sink.write(DATA)
        assert os.stat(tmp_path / "a").st_size == len(DATA)


async def test_anyio_stream() -> None:
    sent: list[bytes] = []

    class Stream(anyio.abc.ByteSendStream):
        async def send(self, item: bytes) -> None:
            await anyio.lowlevel.checkpoint()
            if len(sent) == 2:
                raise anyio.BrokenResourceError
            sent.append(item)

        async def aclose(self) -> None:
            raise AssertionError("it is the caller's")

    stream = Stream()
    async with open_sink(stream) as sink:
        for _ in range(3):
            await sink.write(DATA)
    assert sent == [DATA * 3]
    with pytest.raises(
        SinkError, match=r"Stream: the stream broke \(BrokenResourceError\), after 65536 bytes"
    ) as caught:
        await write(stream, bytes(65536), DATA)
    assert caught.value.written == 65536


async def test_asyncio_stream_writer() -> None:
    if on_trio():
        pytest.skip("it is asyncio's")
    got = bytearray()
    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.extend(await reader.read())
        writer.close()
        done.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        async with open_sink(writer) as sink:
            await sink.write(bytes(3 * MIB))
            await sink.write(DATA)
        assert sink.written == 3 * MIB + len(DATA)
        writer.close()
        await writer.wait_closed()
        await done.wait()
    assert got == bytes(3 * MIB) + DATA


async def test_trio_stream() -> None:
    if not on_trio():
        pytest.skip("it is trio's")
    near, far = trio.testing.memory_stream_one_way_pair()
    async with open_sink(near) as sink:
        await sink.write(DATA)
    assert await far.receive_some() == DATA
    await near.aclose()
    with pytest.raises(SinkError, match="the stream broke"):
        await write(near)


async def test_a_slow_stream_holds_back_its_writer() -> None:
    send, receive = anyio.create_memory_object_stream[bytes](1)

    class Stream(anyio.abc.ByteSendStream):
        async def send(self, item: bytes) -> None:
            await send.send(item)

        async def aclose(self) -> None: ...

    written = 0

    async def produce() -> None:
        nonlocal written
        async with open_sink(Stream()) as sink:
            for _ in range(8):
                await sink.write(bytes(65536))
                written += 1

    with send, receive:
        async with anyio.create_task_group() as group:
            group.start_soon(produce)
            await anyio.wait_all_tasks_blocked()
            assert written == 1
            for expected in range(2, 9):
                await receive.receive()
                await anyio.wait_all_tasks_blocked()
                assert written == expected
            await receive.receive()


async def test_cancelled_while_it_waits() -> None:
    class Stuck:
        async def write(self, data: bytes) -> None:
            await anyio.sleep_forever()

    with anyio.CancelScope() as scope:
        async with open_sink(Stuck()) as sink:
            scope.deadline = anyio.current_time() + 0.01
            await sink.write(bytes(MIB))
    assert scope.cancelled_caught
    assert sink.written == 0
    with pytest.raises(RuntimeError, match="is not open"):
        await sink.commit()


class MineError(Exception):
    """Of the caller's own."""


@pytest.mark.parametrize("awaited", [True, False])
async def test_an_error_of_the_callers_own(awaited: bool) -> None:
    class Plain:
        def __init__(self, error: Exception) -> None:
            self.error = error

        def write(self, data: bytes) -> int:
            raise self.error

    class Awaited(Plain):
        async def write(self, data: bytes) -> int:  # type: ignore[override] # on purpose
            raise self.error

    kind = Awaited if awaited else Plain
    error: Exception = MineError("what it says")
    with pytest.raises(MineError, match="what it says"):
        await write(kind(error))
    error = ConnectionResetError(104, "Connection reset by peer")
    with pytest.raises(SinkError, match="Connection reset by peer") as caught:
        await write(kind(error))
    assert caught.value.__cause__ is error


async def test_a_sink_in_a_sink(tmp_path: Path) -> None:
    async with open_sink(tmp_path / "a") as outer:
        await outer.write(b"before ")
        async with open_sink(outer) as inner:
            await inner.write(DATA)
            assert inner.name == str(tmp_path / "a")
        assert "a" not in os.listdir(tmp_path)
        await outer.write(b" after")
    assert await anyio.Path(tmp_path / "a").read_bytes() == b"before " + DATA + b" after"


def test_a_sink_in_a_sink_blocking(tmp_path: Path) -> None:
    with open_sink_blocking(tmp_path / "a") as outer, open_sink_blocking(outer) as inner:
        inner.write(DATA)
    assert (tmp_path / "a").read_bytes() == DATA


def test_the_blocking_form_awaits_nothing() -> None:
    class Awaited:
        async def write(self, data: bytes) -> None: ...

    for target in (Awaited(), "s3://bucket/a", "https://host/a"):
        with pytest.raises(TypeError, match="can only be awaited"):
            open_sink_blocking(target)


async def test_names_say_what_it_is(tmp_path: Path) -> None:
    cases: dict[str, Callable[[], Any]] = {
        "https://host/a.dcm": lambda: "https://me:hunter2@host/a.dcm?signature=hunter2",
        "s3://bucket/a.dcm": lambda: "s3://bucket/a.dcm",
        "Writer": Writer,
    }
    for name, target in cases.items():
        assert open_sink(target()).name == name
        assert repr(open_sink(target())) == f"<Sink {name} written=0>"
