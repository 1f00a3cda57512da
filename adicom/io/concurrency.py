"""Several things at a time, without groups of exceptions."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio
import anyio.lowlevel

from adicom.io.eventloop import on_trio

if TYPE_CHECKING:
    from asyncio import CancelledError
    from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
    from typing import Any

__all__ = ("Shared", "Turn", "finish", "in_thread", "run_bounded")

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


async def finish(work: Coroutine[Any, Any, T], *, within: float | None = None) -> T:
    """Return what the work gives. Who is cancelled while waiting for it is cancelled when it has ended.

    It is for what must not stop half-way, such as closing; anyio's shields hold off anyio's cancellations, and no
    ``Task.cancel()`` of asyncio's.

    Args:
        work: What to wait for.
        within: The seconds after which it is left to itself, on asyncio.

    Raises:
        TimeoutError: They are over.

    Example:
        >>> async def close() -> str:
        ...     await anyio.sleep(0.01)
        ...     return "closed"
        >>> anyio.run(finish, close())
        'closed'
    """
    with anyio.CancelScope(shield=True):
        return await (work if on_trio() else _finish(work, within))
    raise AssertionError("unreachable")


async def _finish(work: Coroutine[Any, Any, T], within: float | None) -> T:
    import asyncio

    loop = asyncio.get_running_loop()
    end = None if within is None else loop.time() + within
    task = loop.create_task(work)
    cancelled: CancelledError | None = None
    while not task.done() and (end is None or loop.time() < end):
        try:
            await asyncio.wait([task], timeout=None if end is None else end - loop.time())
        except asyncio.CancelledError as error:
            cancelled = error
    try:
        if cancelled is None and task.done():
            return task.result()
        # Else asyncio would tell that nobody has asked for it.
        task.add_done_callback(lambda ended: None if ended.cancelled() else ended.exception())
        if cancelled is None:
            raise TimeoutError
        raise cancelled
    finally:
        del cancelled  # its traceback holds this frame


async def in_thread(call: Callable[[], T]) -> T:
    """Return what a blocking call gives. Who is cancelled waits for its end, since nothing can stop a thread.

    Example:
        >>> anyio.run(in_thread, lambda: 42)
        42
    """
    return await finish(anyio.to_thread.run_sync(call))


async def run_bounded(calls: Iterable[Callable[[], Awaitable[T]]], limit: int) -> list[T]:
    """Return the results of all calls in their order; at most ``limit`` run at a time.

    The first error cancels the others, and is raised as it is.

    Example:
        >>> async def one() -> int:
        ...     return 1
        >>> anyio.run(run_bounded, [one, one], 8)
        [1, 1]
    """
    waiting = list(enumerate(calls))[::-1]
    results: dict[int, T] = {}

    async def worker() -> None:
        while waiting:
            index, call = waiting.pop()
            results[index] = await call()

    error: BaseException | None = None
    try:
        async with anyio.create_task_group() as group:
            for _ in range(min(limit, len(waiting))):
                group.start_soon(worker)
    except BaseExceptionGroup as errors:
        error = _first(errors)
    if error is not None:
        raise error
    return [results[index] for index in sorted(results)]


class Shared(Generic[K, T]):
    """Work on keys, where tasks that want the same key at the same time share the result.

    If the task that does the work fails or is cancelled, one that waited for it does it anew.

    Example:
        >>> async def work(keys: list[int]) -> list[int]:
        ...     print("working on", keys)
        ...     await anyio.sleep(0.01)
        ...     return [key * 2 for key in keys]
        >>> shared = Shared()
        >>> async def main() -> None:
        ...     print(await run_bounded([lambda: shared.get([1, 2], work), lambda: shared.get([2], work)], 2))
        >>> anyio.run(main)
        working on [1, 2]
        [[2, 4], [4]]
    """

    def __init__(self) -> None:
        # By thread as well, since an event belongs to one loop.
        self._under_way: dict[tuple[int, K], _Pending[K, T]] = {}

    async def get(self, keys: Iterable[K], work: Callable[[list[K]], Awaitable[Sequence[T]]]) -> list[T]:
        """Return the results for the keys, in their order.

        Args:
            keys: The keys.
            work: Gives the results for those that nobody works on yet, in their order.
        """
        keys, loop = list(keys), threading.get_ident()
        found: dict[K, T] = {}
        while missing := [key for key in dict.fromkeys(keys) if key not in found]:
            if mine := [key for key in missing if (loop, key) not in self._under_way]:
                found.update(await self._do(loop, mine, work))
            else:
                found.update(await self._under_way[loop, missing[0]].wait())
        return [found[key] for key in keys]

    async def _do(self, loop: int, keys: list[K], work: Callable[[list[K]], Awaitable[Sequence[T]]]) -> dict[K, T]:
        mine: _Pending[K, T] = _Pending()
        for key in keys:
            self._under_way[loop, key] = mine
        try:
            mine.results = dict(zip(keys, await work(keys), strict=True))
            return mine.results
        finally:
            for key in keys:
                del self._under_way[loop, key]
            mine.end()


class Turn:
    """A lock for what may be used in one event loop after the other.

    Example:
        >>> turn = Turn()
        >>> async def main() -> None:
        ...     async with turn.here():
        ...         print("it is mine")
        >>> anyio.run(main)
        it is mine
        >>> anyio.run(main, backend="trio")
        it is mine
    """

    def __init__(self) -> None:
        self._loop: object = None
        self._lock: anyio.Lock | None = None

    def here(self) -> anyio.Lock:
        """Return the lock of the running loop."""
        loop = anyio.lowlevel.current_token()
        if self._lock is None or self._loop != loop:
            self._loop, self._lock = loop, anyio.Lock()
        return self._lock


class _Pending(Generic[K, T]):
    """Results that somebody is working on; none in the end where that failed."""

    __slots__ = ("_ended", "results")

    def __init__(self) -> None:
        self.results: dict[K, T] = {}
        self._ended: anyio.Event | None = None  # while somebody waits

    async def wait(self) -> dict[K, T]:
        """Return the results when they are here."""
        if self._ended is None:
            self._ended = anyio.Event()
        await self._ended.wait()
        return self.results

    def end(self) -> None:
        """Wake who waits."""
        if self._ended is not None:
            self._ended.set()


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
