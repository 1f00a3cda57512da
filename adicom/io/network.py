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
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import anyio

from adicom.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from adicom.io.base import Answer, AsyncSource, Identity
    from adicom.io.stats import IOStats

__all__ = ("BridgedSource", "NetworkThread")

T = TypeVar("T")


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
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._pid = os.getpid()

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop, if the thread runs."""
        return self._loop

    def run_blocking(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Run the operation on the thread and wait for its result.

        KeyboardInterrupt cancels it, and is raised when it has ended.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("a blocking function of adicom was called from a callback of another one")
        done = threading.Event()
        job = _Job(operation, done.set)
        loop = self._submit(job.start)
        try:
            done.wait()
        except BaseException:
            _cancel(loop, job)
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
            _cancel(loop, job)
            return lowlevel.Abort.FAILED

        loop = self._submit(job.start)
        await lowlevel.wait_task_rescheduled(abort)
        if cancelled and isinstance(job.error, asyncio.CancelledError):
            cancelled[0]()
        return job.result()

    def stop(self) -> None:
        """Cancel what still runs, and end the thread."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None or os.getpid() != self._pid:
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join()

    def _submit(self, callback: Callable[[], None]) -> asyncio.AbstractEventLoop:
        if os.getpid() != self._pid:
            raise RuntimeError("a session does not work in a forked process; make a new one there")
        with self._lock:
            if self._loop is None:
                self._loop, self._thread = _start_thread()
            self._loop.call_soon_threadsafe(callback)
            return self._loop


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

    def start(self) -> None:
        """Make the task; called on the loop."""
        context = contextvars.copy_context()
        if sniffio := sys.modules.get("sniffio"):
            # The caller's context may say that this is trio.
            context.run(sniffio.current_async_library_cvar.set, "asyncio")
        self._task = asyncio.get_running_loop().create_task(self._run(), context=context)
        # A task that is cancelled before its first step never enters _run.
        self._task.add_done_callback(self._finish)

    def cancel(self) -> None:
        """Cancel the task; called on the loop, after :meth:`start`."""
        if self._task is not None:
            self._task.cancel()

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


def _start_thread() -> tuple[asyncio.AbstractEventLoop, threading.Thread]:
    loops: list[asyncio.AbstractEventLoop] = []
    ready = threading.Event()

    def main() -> None:
        # The runner cancels what is left, and closes async generators and the loop.
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            loops.append(loop)
            loop.call_soon(ready.set)
            asyncio.set_event_loop(loop)
            loop.run_forever()

    thread = threading.Thread(target=main, name="adicom-network", daemon=True)
    thread.start()
    ready.wait()
    return loops[0], thread
