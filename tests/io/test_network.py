from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest
import trio

from adicom.errors import SourceError
from adicom.io.concurrency import run_bounded
from adicom.io.network import NetworkThread

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def network() -> Iterator[NetworkThread]:
    thread = NetworkThread()
    yield thread
    thread.stop()


async def where() -> str:
    await asyncio.sleep(0)
    return threading.current_thread().name


async def fail() -> None:
    raise KeyError("x")


def test_blocking(network: NetworkThread) -> None:
    assert network.loop is None
    assert network.run_blocking(where) == "adicom-network"
    with pytest.raises(KeyError):
        network.run_blocking(fail)
    assert network.run_blocking(where) == "adicom-network"


def test_stop_ends_the_thread_and_may_be_repeated(network: NetworkThread) -> None:
    network.run_blocking(where)
    network.stop()
    network.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "adicom-network"]
    assert network.run_blocking(where) == "adicom-network"


def test_many_callers(network: NetworkThread) -> None:
    names: list[str] = []
    threads = [threading.Thread(target=lambda: names.append(network.run_blocking(where))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == ["adicom-network"] * 20


def test_stop_while_someone_waits(network: NetworkThread) -> None:
    errors: list[BaseException] = []
    started = threading.Event()

    async def wait() -> None:
        started.set()
        await asyncio.sleep(60)

    def call() -> None:
        try:
            network.run_blocking(wait)
        except SourceError as error:
            errors.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    started.wait()
    network.stop()
    thread.join(5)
    assert len(errors) == 1


def test_keyboard_interrupt_cancels_and_waits(network: NetworkThread) -> None:
    ended = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            ended.append(True)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    timer = threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            network.run_blocking(wait)
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)
    assert ended == [True]


def test_a_callback_must_not_block(network: NetworkThread) -> None:
    async def inner() -> None:
        network.run_blocking(where)

    with pytest.raises(RuntimeError, match="callback"):
        network.run_blocking(inner)


def test_from_trio(network: NetworkThread) -> None:
    async def main() -> None:
        assert await network.run_from_trio(where) == "adicom-network"
        with pytest.raises(KeyError):
            await network.run_from_trio(fail)

    trio.run(main)


def test_cancellation_from_trio_reaches_the_task_and_waits_for_it(network: NetworkThread) -> None:
    ended = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            ended.append(True)

    async def main() -> None:
        with trio.move_on_after(0.1) as scope:
            await network.run_from_trio(wait)
        assert scope.cancelled_caught
        assert ended == [True]

    started = time.monotonic()
    trio.run(main)
    assert time.monotonic() - started < 5


def test_a_result_in_spite_of_cancellation_is_kept(network: NetworkThread) -> None:
    async def stubborn() -> int:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return 42
        return 0

    async def main() -> None:
        with trio.move_on_after(0.1):
            assert await network.run_from_trio(stubborn) == 42

    trio.run(main)


def test_fork(network: NetworkThread) -> None:
    network.run_blocking(where)
    network._pid += 1  # as a forked process sees it
    try:
        with pytest.raises(RuntimeError, match="forked"):
            network.run_blocking(where)
    finally:
        network._pid -= 1


@pytest.mark.anyio
async def test_bounded_concurrency() -> None:
    import anyio

    running = most = 0

    async def call(index: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.sleep(0.01 * (5 - index % 5))
        running -= 1
        return index

    assert await run_bounded([lambda i=i: call(i) for i in range(20)], 3) == list(range(20))  # type: ignore[misc] # default
    assert most == 3


@pytest.mark.anyio
async def test_errors_come_unwrapped() -> None:
    async def broken() -> int:
        raise SourceError("x")

    with pytest.raises(SourceError):
        await run_bounded([broken, broken], 2)
