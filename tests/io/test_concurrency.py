from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from adicom.io.concurrency import finish, in_thread
from adicom.io.fsspec_files import close_filesystem
from adicom.io.network import NetworkThread, run_on

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = pytest.mark.anyio


async def test_finish_gives_the_result_or_the_error() -> None:
    async def work() -> int:
        await anyio.lowlevel.checkpoint()
        return 42

    async def fail() -> None:
        raise KeyError

    assert await finish(work()) == 42
    with pytest.raises(KeyError):
        await finish(fail())


async def test_a_scope_waits_for_the_end() -> None:
    ended = []

    async def work() -> None:
        await anyio.sleep(0.05)
        ended.append(True)

    with anyio.move_on_after(0.01) as scope:
        await finish(work())
        await anyio.sleep(60)
    assert scope.cancelled_caught
    assert ended


def test_a_cancelled_task_waits_for_the_end() -> None:
    ended = []

    async def work() -> None:
        await asyncio.sleep(0.02)
        ended.append(True)
        raise KeyError  # nobody asks for it any more

    async def main() -> None:
        task = asyncio.create_task(finish(work()))
        for _ in range(3):  # however often it is cancelled
            await asyncio.sleep(0.001)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await finish(asyncio.sleep(0.02))

    asyncio.run(main())


def test_it_is_left_to_itself_after_a_time() -> None:
    ended = threading.Event()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await finish(asyncio.to_thread(ended.wait), within=0.02)
        task = asyncio.create_task(finish(asyncio.sleep(0.2), within=0.02))
        await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        ended.set()

    started = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - started < 5


def test_a_thread_is_waited_for() -> None:
    ended = []

    def call() -> None:
        time.sleep(0.02)
        ended.append(True)

    async def main() -> None:
        task = asyncio.create_task(in_thread(call))
        await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended

    asyncio.run(main())


def test_a_task_of_another_loop_is_waited_for() -> None:
    seen: list[str] = []
    started = threading.Event()

    async def work() -> int:
        seen.append(threading.current_thread().name)
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.02)
            seen.append("ended")
        return 1

    async def quick() -> int:
        return 42

    async def broken() -> None:
        raise KeyError

    network = NetworkThread()
    network.run_blocking(quick)
    loop = network.loop
    assert loop is not None

    async def main() -> None:
        assert await run_on(loop, quick) == 42
        with pytest.raises(KeyError):
            await run_on(loop, broken)
        task = asyncio.create_task(run_on(loop, work))
        await asyncio.to_thread(started.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert seen == ["adicom-network", "ended"]
        task = asyncio.create_task(run_on(loop, work))
        task.cancel()  # before it has begun
        with pytest.raises(asyncio.CancelledError):
            await task

    try:
        asyncio.run(main())
    finally:
        network.stop()


def test_what_does_not_heed_its_end_is_left_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adicom.io.network._END_PATIENCE", 0.05)
    monkeypatch.setattr("adicom.io.fsspec_files._PATIENCE", 0.05)
    network = NetworkThread()
    released = threading.Event()

    async def stubborn() -> None:
        while not released.is_set():
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)

    class Client:
        def __init__(self, close: Callable[[], Awaitable[None]]) -> None:
            self.close = close

        async def __aexit__(self, *error: object) -> None:
            await self.close()

    async def nothing() -> None:
        pass

    async def forever() -> None:
        await asyncio.Event().wait()

    network.run_blocking(nothing)

    async def main() -> None:
        task = asyncio.create_task(run_on(network.loop, stubborn))  # type: ignore[arg-type]  # it runs
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not released.is_set()
        filesystem = SimpleNamespace(async_impl=True, loop=network.loop, _session=Client(forever))
        await close_filesystem(filesystem)

    try:
        asyncio.run(main())
        assert network.run_blocking(tasks_of_loop) == 2  # the stubborn one, and the one that looks
    finally:
        released.set()
        network.stop()


async def tasks_of_loop() -> int:
    return len(asyncio.all_tasks())
