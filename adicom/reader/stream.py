"""Frames one after the other, fetched ahead of who takes them."""

from __future__ import annotations

from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import anyio
from anyio.lowlevel import checkpoint, checkpoint_if_cancelled

from adicom.errors import ParseError
from adicom.pixels import Ask
from adicom.reader.ahead import CONCURRENCY, Batches, plan_units, size_of
from adicom.reader.held import run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from typing import Self

    from anyio.abc import TaskGroup

    from adicom.io.base import Range
    from adicom.pixels import Frames
    from adicom.reader.ahead import Unit
    from adicom.reader.held import HeldBytes

__all__ = ("FrameStream", "stream_frames")

_TURN: Final = 8
"""Frames after which other tasks have their turn, though more are here: a turn takes longer than a small frame."""


class _Slot:
    """A frame that was asked for: its bytes when they are here, or what went wrong."""

    __slots__ = ("data", "error", "index", "size")

    def __init__(self, index: int, size: int = 0, data: bytes | None = None, error: Exception | None = None) -> None:
        self.index = index
        self.size = size
        self.data = data
        self.error = error

    @property
    def is_ready(self) -> bool:
        return self.data is not None or self.error is not None


class FrameStream:
    """An async iterator over (number, bytes) of frames, in the order asked for.

    Args:
        frames: The frames.
        held: Their bytes.
        lock: Is held while frames are searched for.
        batches: What is asked for.
        room: Bytes of frames that may be here and not taken.
    """

    def __init__(self, frames: Frames, held: HeldBytes, lock: anyio.Lock, batches: Batches, room: int) -> None:
        self._frames = frames
        self._held = held
        self._lock = lock
        self._batches = batches
        self._room = room
        self._slots: deque[_Slot] = deque()
        self._reserved = 0  # bytes of frames that were asked for and not taken
        self._taken = 0
        self._ended = False
        self._failed = False
        self._changed: anyio.Event | None = None  # while somebody waits for it
        self._places = anyio.Semaphore(CONCURRENCY)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[int, bytes]:
        self._taken += 1
        await (checkpoint_if_cancelled() if self._taken % _TURN else checkpoint())
        while not (self._slots and self._slots[0].is_ready) or self._failed:
            if self._failed or (self._ended and not self._slots):
                raise StopAsyncIteration
            await self._change()
        slot = self._slots.popleft()
        self._reserved -= slot.size
        self._notify()
        if slot.error is not None:
            self._failed = True
            raise slot.error
        assert slot.data is not None
        return slot.index, slot.data

    async def _change(self) -> None:
        """Wait for anything to change."""
        if self._changed is None:
            self._changed = anyio.Event()
        await self._changed.wait()

    def _notify(self) -> None:
        """Wake up who waits for that."""
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    # -- what runs beside who takes the frames --

    async def produce(self, group: TaskGroup) -> None:
        """Fetch the frames; ends when all are on their way."""
        try:
            await self._produce(group)
            if self._batches.error is not None:
                raise self._batches.error
        except Exception as error:  # noqa: BLE001 - it is raised where the frame would come
            self._slots.append(_Slot(-1, error=error))
        finally:
            self._ended = True
            self._notify()

    async def _produce(self, group: TaskGroup) -> None:
        brought: dict[int, bytes] = {}
        while wanted := self._batches.ahead():
            room = self._room // 2 - sum(map(len, brought.values()))
            if missing := [index for index in wanted if index not in brought]:
                async with self._lock:
                    brought |= await run(self._frames.locate(missing, room), self._held)
            portion = self._batches.take(self._frames, brought)
            await self._start(group, portion, brought)
            for index in portion:
                brought.pop(index, None)

    async def _start(self, group: TaskGroup, portion: Sequence[int], brought: dict[int, bytes]) -> None:
        """Send for a portion of the frames, when there is room for it."""
        slots = [_Slot(index, size_of(self._frames, index, brought), brought.get(index)) for index in portion]
        size = sum(slot.size for slot in slots)
        while self._reserved and self._reserved + size > self._room:
            await self._change()
        self._reserved += size
        self._slots.extend(slots)
        self._notify()
        waiting: dict[int, list[_Slot]] = {}
        for slot in slots:
            if not slot.is_ready:
                waiting.setdefault(slot.index, []).append(slot)
        for unit in plan_units(self._frames, waiting):
            await self._places.acquire()
            group.start_soon(self._fetch, unit, waiting)

    async def _fetch(self, unit: Unit, waiting: dict[int, list[_Slot]]) -> None:
        """Fetch the frames of one request."""
        try:
            for index, data in zip(unit.indices, await self._data_of(unit), strict=True):
                found = await self._frame(index) if data is None else data
                for slot in waiting[index]:
                    slot.data = found
        except Exception as error:  # noqa: BLE001 - it is raised where the frame would come
            for slot in (slot for index in unit.indices for slot in waiting[index] if not slot.is_ready):
                slot.error = error
        finally:
            self._places.release()
            self._notify()

    async def _data_of(self, unit: Unit) -> list[bytes | None]:
        """Return the frames where they were thought to be; None for those that are not there."""
        if unit.ranges is None:
            return [None]
        try:
            data = await self._bytes_of(unit.ranges, unit.whole)
        except ParseError:  # the source ends before: so the place is wrong
            return [None] * len(unit.indices)
        found: list[bytes | None] = []
        for index, place, piece in zip(unit.indices, unit.ranges, data, strict=True):
            try:
                found.append(self._frames.cut(index, place, piece))
            except ParseError:
                found.append(None)
        return found

    async def _bytes_of(self, ranges: list[Range], whole: Range | None) -> Iterable[bytes]:
        if whole is None:
            return await self._held.fetch(Ask(ranges))
        [data] = await self._held.fetch(Ask([whole]))
        return (data[place.offset - whole.offset : place.end - whole.offset] for place in ranges)

    async def _frame(self, index: int) -> bytes:
        async with self._lock:
            return await run(self._frames.frame(index), self._held)


@asynccontextmanager
async def stream_frames(
    frames: Frames, held: HeldBytes, lock: anyio.Lock, batches: Batches, room: int
) -> AsyncIterator[FrameStream]:
    """Give the frames; leaving it in any way cancels what is under way."""
    stream = FrameStream(frames, held, lock, batches, room)
    error: BaseException | None = None
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(stream.produce, group)
            try:
                yield stream
            except Exception as caught:  # noqa: BLE001 - it is raised below, not as one of a group
                error = caught
            group.cancel_scope.cancel()
    except BaseExceptionGroup as errors:
        error = _first(errors)
    if error is not None:
        raise error


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
