"""The turn from "here is a block" to "give me the next one": clients want to be handed an iterator."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from typing import Self

__all__ = ("EndedEarlyError", "Feed", "StoppedError")

T = TypeVar("T")


class EndedEarlyError(Exception):
    """The client has ended well, though it did not have all blocks."""


class StoppedError(Exception):
    """The blocks end here, and there should have been more."""


class Feed(Generic[T]):
    """A client's work on an async iterator of blocks, as a task; who has blocks waits until each is taken.

    Args:
        work: What the client does with the iterator.
    """

    def __init__(self, work: Callable[[AsyncIterator[bytes]], Awaitable[T]]) -> None:
        self._send, self._receive = anyio.create_memory_object_stream[bytes](0)
        self._blocks = _Blocks(self._receive)
        self._task = asyncio.create_task(self._run(work))

    async def _run(self, work: Callable[[AsyncIterator[bytes]], Awaitable[T]]) -> T:
        try:
            return await work(self._blocks)
        finally:
            self._receive.close()  # whoever has a block learns that nobody takes it

    async def put(self, block: bytes) -> None:
        """Wait until the client has taken a block.

        Raises:
            EndedEarlyError: It wants no more.
            Exception: What went wrong with an earlier one.
        """
        try:
            await self._send.send(block)
            return
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass
        await self._ended()
        raise EndedEarlyError

    async def end(self) -> T:
        """Tell the client that there are no more blocks, and return what its work gives."""
        self._send.close()
        return await self._ended()

    async def stop(self, *, at_once: bool = False) -> None:
        """Break off.

        Args:
            at_once: Cancel the client; else the iterator raises, and the client may clean up.
        """
        self._blocks.is_stopped = True
        self._send.close()
        try:
            if not at_once:
                await asyncio.wait([self._task])
        finally:
            self._task.cancel()
            with suppress(Exception, asyncio.CancelledError):
                await self._task
            self._receive.close()  # a task that has never begun has not done so

    async def _ended(self) -> T:
        # The task goes on where the waiting is cancelled; stop() ends it then.
        await asyncio.wait([self._task])
        return self._task.result()


class _Blocks:
    """The iterator. It is no generator, which would have to be closed by whoever drops it."""

    def __init__(self, receive: anyio.abc.ObjectReceiveStream[bytes]) -> None:
        self._receive = receive
        self.is_stopped = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await self._receive.receive()
        except (anyio.EndOfStream, anyio.ClosedResourceError):
            pass
        if self.is_stopped:
            raise StoppedError
        raise StopAsyncIteration
