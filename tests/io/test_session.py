from __future__ import annotations

import asyncio
import pickle
import sys
import threading
from typing import Any

import aiohttp
import pytest
import trio

from adicom.io import ReadOptions
from adicom.io.network import BridgedSource, NetworkThread
from adicom.io.resolve import resolve_async
from adicom.io.session import BlockingSession, Session, borrow_session
from tests.servers import RangeServer

SECRET = {"key": "AKIA123", "secret": "hunter2"}


def test_repr_and_pickle_hold_no_credential() -> None:
    for session in (Session(storage_options=SECRET), BlockingSession(storage_options=SECRET)):
        assert "hunter2" not in repr(session)
        assert "AKIA" not in repr(session)
        with pytest.raises(TypeError, match="pickled"):
            pickle.dumps(session)


def test_arguments_are_checked() -> None:
    for wrong in ({"connections": 0}, {"timeout": 0}, {"retries": -1}, {"backend": "x"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Session(**wrong)


@pytest.mark.anyio
async def test_life() -> None:
    session = Session()
    with pytest.raises(RuntimeError, match="not entered"):
        session.check()
    async with session:
        assert session.is_open
        assert session.usable_here
        with pytest.raises(RuntimeError, match="once"):
            await session.__aenter__()
    with pytest.raises(RuntimeError, match="closed"):
        session.check()
    assert not session.usable_here


def test_another_loop() -> None:
    session = Session()

    async def enter() -> None:
        await session.__aenter__()

    async def use() -> None:
        session.check()

    asyncio.run(enter())
    with pytest.raises(RuntimeError, match="another event loop"):
        asyncio.run(use())
    with pytest.raises(RuntimeError, match="another event loop"):
        trio.run(use)


@pytest.mark.anyio
async def test_fork() -> None:
    async with Session() as session:
        session._pid += 1
        with pytest.raises(RuntimeError, match="forked"):
            resolve_async("http://127.0.0.1/", session)
        session._pid -= 1


@pytest.mark.anyio
async def test_whole_operations_run_where_the_clients_live(anyio_backend: str) -> None:
    with RangeServer({"/a": b"0123"}) as server:
        async with Session() as session:

            async def operation() -> bytes:
                asyncio.get_running_loop()
                source = resolve_async(f"{server.url}/a", session)
                assert not isinstance(source, BridgedSource)
                return (await source.read_at(0, 10)).data

            assert await session.perform(operation) == b"0123"
            source = resolve_async(f"{server.url}/a", session)
            assert isinstance(source, BridgedSource) == (anyio_backend == "trio")
            assert (await source.read_at(0, 10)).data == b"0123"


@pytest.mark.anyio
async def test_borrowing() -> None:
    async with borrow_session(None) as own:
        assert own.usable_here
    assert not own.is_open
    async with Session() as session:
        async with borrow_session(session) as same:
            assert same is session
        assert session.is_open


def test_blocking_session() -> None:
    with RangeServer({"/a": b"0123"}) as server:

        async def read(session: Session) -> bytes:
            source = resolve_async(f"{server.url}/a", session, ReadOptions())
            return (await source.read_at(0, 10)).data

        with BlockingSession() as session:
            assert session.run(read) == b"0123"
            assert session.run(read) == b"0123"
        assert not session.is_open
        with pytest.raises(RuntimeError, match="closed"):
            session.run(read)


@pytest.mark.anyio
async def test_http_of_the_caller(anyio_backend: str) -> None:
    if anyio_backend == "trio":
        pytest.skip("aiohttp runs on asyncio")
    with RangeServer({"/a": b"0123"}) as server:
        async with aiohttp.ClientSession(headers={"X-Mine": "1"}) as http, Session(http=http) as session:
            source = resolve_async(f"{server.url}/a", session)
            assert (await source.read_at(0, 10)).data == b"0123"
            assert not source.stats.exact
            await session.__aexit__(None, None, None)
            assert not http.closed
            session._closed = False
        assert server.requests[0].headers["X-Mine"] == "1"


def test_http_of_the_caller_is_refused_on_trio() -> None:
    async def main() -> None:
        async with Session(http=object()) as session:  # type: ignore[arg-type] # never used
            with pytest.raises(RuntimeError, match="trio"):
                resolve_async("http://127.0.0.1/", session)

    trio.run(main)


def test_nothing_heavy_is_imported_early() -> None:
    import subprocess

    program = (
        "import sys, adicom.io.drive, adicom.io.session, adicom.io.streams, adicom.io.value_source\n"
        "heavy = {'aiohttp', 'fsspec', 'obstore', 'numpy'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_blocking_session_that_is_forgotten_ends_all_the_same() -> None:
    with RangeServer({"/a": b"0123"}) as server:

        async def read(session: Session) -> bytes:
            return (await resolve_async(f"{server.url}/a", session).read_at(0, 10)).data

        session = BlockingSession()
        assert session.run(read) == b"0123"
        thread = next(thread for thread in threading.enumerate() if thread.name == "adicom-network")
        with pytest.warns(ResourceWarning, match="unclosed <BlockingSession"):
            del session
        thread.join(5)
        assert not thread.is_alive()
        BlockingSession().__del__()  # there is nothing to close


def test_closing_a_blocking_session_is_not_undone_by_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    session = BlockingSession()

    async def nothing(session: Session) -> None:
        session._clients.http()

    session.run(nothing)
    run = NetworkThread.run_blocking

    def interrupted(network: NetworkThread, operation: Any) -> None:
        run(network, operation)
        raise KeyboardInterrupt

    monkeypatch.setattr(NetworkThread, "run_blocking", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.close()
    assert not session.is_open
    assert not session._session.is_open
