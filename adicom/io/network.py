"""The network thread: an asyncio loop for callers that have none.

Blocking code, and trio, run whole operations as tasks of this loop. A cancelled or interrupted caller cancels
its task and waits until the task has ended, so that nothing goes on behind its back. Callbacks of the user
inside such an operation run on this thread.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import anyio

from adicom.errors import SourceError
from adicom.io.concurrency import finish

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from adicom.io.base import Answer, AsyncSource, Identity
    from adicom.io.stats import IOStats

__all__ = ("BridgedSource", "NetworkThread", "run_on")

T = TypeVar("T")

_START_PATIENCE: Final = 1.0
"""Seconds to wait for a thread that may have been started."""

_END_PATIENCE: Final = 10.0
"""Seconds to wait for the end of what was cancelled in a loop that is not ours."""


class NetworkThread:
    """A daemon thread with one asyncio loop, started on first use.

    Example:
        >>> network = NetworkThread()
        >>> async def operation() -> int:
        ...     return 42
        >>> network.run_blocking(operation)
        42
        >>> network.stop()
    """

    def __init__(self) -> None:
        self._running: _LoopThread | None = None
        self._lock = threading.Lock()
        self._pid = os.getpid()

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop, if the thread runs."""
        return None if self._running is None else self._running.loop

    def run_blocking(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Run the operation on the thread and wait for its result.

        KeyboardInterrupt cancels it, and is raised when it has ended. (A second one meanwhile ends the waiting.)
        """
        if self._running is not None and self._running.is_current:
            raise RuntimeError("a blocking function of adicom was called from a callback of another one")
        done = threading.Event()
        job = _Job(operation, done.set)
        try:
            self._submit(job.start)
            done.wait()
        except BaseException:
            self._give_up(job)
            done.wait()
            raise
        return job.result()

    async def run_from_trio(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Run the operation on the thread while a trio task waits for it."""
        from trio import RunFinishedError, lowlevel

        await lowlevel.checkpoint_if_cancelled()
        token = lowlevel.current_trio_token()
        waiter = lowlevel.current_task()

        def wake() -> None:
            with suppress(RunFinishedError):
                token.run_sync_soon(lowlevel.reschedule, waiter)

        job = _Job(operation, wake)
        cancelled: list[Callable[[], Any]] = []

        def abort(raise_cancel: Callable[[], Any]) -> lowlevel.Abort:
            cancelled.append(raise_cancel)
            self._give_up(job)
            return lowlevel.Abort.FAILED

        # Between the two, a KeyboardInterrupt would leave an operation that wakes a task which does not wait.
        @lowlevel.enable_ki_protection
        async def submit_and_wait() -> None:
            self._submit(job.start)
            await lowlevel.wait_task_rescheduled(abort)

        await submit_and_wait()
        if cancelled and isinstance(job.error, asyncio.CancelledError):
            cancelled[0]()
        return job.result()

    def stop(self) -> None:
        """Cancel what still runs, and end the thread."""
        running: _LoopThread | None = None
        try:
            with self._lock:
                running, self._running = self._running, None
            if running is not None and os.getpid() == self._pid:
                running.stop()
        except BaseException:  # KeyboardInterrupt
            if running is not None:
                running.end()
            raise

    def abandon(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Let the thread do something last, and end; nobody waits for it."""
        running, self._running = self._running, None
        if running is not None and os.getpid() == self._pid:
            running.end_after(last)

    def _submit(self, callback: Callable[[], None]) -> None:
        if os.getpid() != self._pid:
            raise RuntimeError("a session does not work in a forked process; make a new one there")
        with self._lock:
            if self._running is None:
                # It is known before it runs, so that stop() finds it wherever a KeyboardInterrupt strikes.
                self._running = _LoopThread()
            self._running.call(callback)

    def _give_up(self, job: _Job[Any]) -> None:
        """Cancel a job, whether or not it was submitted."""
        running = self._running
        if running is None or not running.try_call(job.cancel):
            job.cancel()  # a loop that has ended has cancelled its tasks itself


class _LoopThread:
    """A daemon thread with an asyncio loop in it, started on first use."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self._unwanted = False
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main, name="adicom-network", daemon=True)

    @property
    def is_current(self) -> bool:
        """Whether this is the thread."""
        return threading.current_thread() is self._thread

    def call(self, callback: Callable[[], None]) -> None:
        """Let the loop call something."""
        if self.loop is None:
            if self._thread.ident is None:
                self._thread.start()
            self._ready.wait()
        assert self.loop is not None
        self.loop.call_soon_threadsafe(callback)

    def try_call(self, callback: Callable[[], None]) -> bool:
        """Do the same if the loop runs; say whether it does."""
        if self.loop is None:
            return False
        try:
            self.loop.call_soon_threadsafe(callback)
        except RuntimeError:  # it is closed
            return False
        return True

    def stop(self) -> None:
        """End the loop, and wait for the thread."""
        # Where a KeyboardInterrupt came in the middle of its start, it may not have begun, or not yet.
        if self.loop is None and not self._ready.wait(_START_PATIENCE):
            return
        assert self.loop is not None
        self.end()
        self._thread.join()

    def end(self) -> None:
        """End the loop."""
        self._unwanted = True
        if self.loop is not None:
            self.try_call(self.loop.stop)

    def end_after(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do something in the loop, then end it."""
        self._unwanted = True

        def start() -> None:
            assert self.loop is not None
            self.loop.create_task(last()).add_done_callback(lambda _: self.end())

        self.try_call(start)

    def _main(self) -> None:
        # The runner cancels what is left, and closes async generators and the loop.
        with asyncio.Runner() as runner:
            self.loop = runner.get_loop()
            self.loop.call_soon(self._ready.set)
            asyncio.set_event_loop(self.loop)
            if not self._unwanted:
                self.loop.run_forever()


class _Job(Generic[T]):
    """One operation that runs as a task on the loop.

    Args:
        operation: What to await.
        notify: Called from the loop when it has ended.
    """

    def __init__(self, operation: Callable[[], Awaitable[T]], notify: Callable[[], None]) -> None:
        self.error: BaseException | None = None
        self._operation = operation
        self._notify = notify
        self._task: asyncio.Task[None] | None = None
        self._result: list[T] = []
        self._given_up = False

    def start(self) -> None:
        """Make the task; called on the loop."""
        if self._given_up:
            return
        context = contextvars.copy_context()
        if sniffio := sys.modules.get("sniffio"):
            # The caller's context may say that this is trio.
            context.run(sniffio.current_async_library_cvar.set, "asyncio")
        self._task = asyncio.get_running_loop().create_task(self._run(), context=context)
        # A task that is cancelled before its first step never enters _run.
        self._task.add_done_callback(self._finish)

    def cancel(self) -> None:
        """Cancel the task, or keep it from being made; called on the loop where one runs."""
        if self._task is not None:
            self._task.cancel()
        elif not self._given_up:
            self._given_up = True
            self.error = asyncio.CancelledError()
            self._notify()

    def result(self) -> T:
        """Return what the operation gave, or raise what it raised."""
        error, self.error = self.error, None
        try:
            if isinstance(error, asyncio.CancelledError):
                raise SourceError("the session was closed while it was being used")
            if error is not None:
                raise error
            return self._result[0]
        finally:
            del error  # the traceback holds this frame

    async def _run(self) -> None:
        try:
            self._result.append(await self._operation())
        except BaseException as error:  # noqa: BLE001 - it is raised where the caller waits; the loop must live on
            self.error = error

    def _finish(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            self.error = asyncio.CancelledError()
        self._notify()


async def run_on(loop: asyncio.AbstractEventLoop, operation: Callable[[], Awaitable[T]]) -> T:
    """Run the operation on the asyncio loop of another thread; who is cancelled cancels it and waits for its end.

    What does not heed that is left to itself after some seconds.
    """
    home, ended = asyncio.get_running_loop(), asyncio.Event()

    def notify() -> None:
        with suppress(RuntimeError):  # nobody waits any more
            home.call_soon_threadsafe(ended.set)

    job = _Job(operation, notify)
    loop.call_soon_threadsafe(job.start)
    try:
        await ended.wait()
    except BaseException:
        _cancel(loop, job)
        with suppress(TimeoutError):
            await finish(ended.wait(), within=_END_PATIENCE)
        raise
    return job.result()


class BridgedSource:
    """A source of the network thread for trio.

    Args:
        network: The thread.
        source: The source; it lives in the thread's loop.
    """

    def __init__(self, network: NetworkThread, source: AsyncSource) -> None:
        self._network = network
        self.source = source

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.source.name

    @property
    def rereadable(self) -> bool:
        """Whether the source can be read anywhere again."""
        return self.source.rereadable

    @property
    def concurrent(self) -> bool:
        """Whether it takes several reads at a time."""
        return bool(getattr(self.source, "concurrent", False))

    @property
    def stats(self) -> IOStats:
        """What reading from it has cost."""
        return self.source.stats

    @property
    def identity(self) -> Identity | None:
        """Which state of the object is read."""
        return getattr(self.source, "identity", None)

    async def read_at(self, offset: int, size: int) -> Answer:
        """Return what the source gives."""
        return await self._network.run_from_trio(lambda: self.source.read_at(offset, size))

    async def aclose(self) -> None:
        """Close the source, also where the caller is cancelled."""
        with anyio.CancelScope(shield=True):
            await self._network.run_from_trio(self.source.aclose)


def _cancel(loop: asyncio.AbstractEventLoop, job: _Job[Any]) -> None:
    # A loop that is closed has cancelled its tasks itself.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(job.cancel)
