"""The events of a source as an async iterator."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from adicom.filereader.options import size_in_bytes
from adicom.io.budget import Budget
from adicom.io.drive import next_batch
from adicom.io.ranges import STREAM_LIMIT, Planner
from adicom.io.resolve import is_remote, opens, resolve_async
from adicom.io.session import borrow_session
from adicom.parser.machine import Parser
from adicom.parser.plan import PIXEL_DATA_TAGS, Plan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from adicom.io.base import AsyncSource, ReadOptions
    from adicom.io.session import Session
    from adicom.io.stats import IOStats
    from adicom.parser.events import Event
    from adicom.parser.kinds import Batch
    from adicom.parser.limits import ParserLimits

__all__ = ("BatchStream", "EventStream", "event_parser")

T = TypeVar("T")


class _Stream(Generic[T]):
    """What event streams and batch streams share: a source that is opened, read and closed."""

    def __init__(
        self,
        fp: Any,
        parser: Parser,
        options: ReadOptions,
        *,
        session: Session | None,
        storage_options: Mapping[str, Any] | None,
    ) -> None:
        self._fp = fp
        self._parser = parser
        self._options = options
        self._session = session
        self._storage_options = storage_options
        self._stack = AsyncExitStack()
        self._source: AsyncSource | None = None
        self._planner = Planner(first=options.header_hint or STREAM_LIMIT, limit=STREAM_LIMIT)
        self._budget: Budget | None = None
        self._closed = False

    @property
    def stats(self) -> IOStats | None:
        """What reading has cost so far; None before it began."""
        return None if self._source is None else self._source.stats

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close what was opened for reading; nothing of the caller's."""
        self._closed = True
        await self._stack.aclose()

    def __aiter__(self) -> Self:
        if self._source is None and opens(self._fp):
            raise RuntimeError(
                "adicom opens this source, so that it must also be closed: "
                "use `async with adicom.iter_events(...) as events: async for event in events: ...`"
            )
        return self

    async def _open(self) -> None:
        session = None
        if is_remote(self._fp):
            session = await self._stack.enter_async_context(borrow_session(self._session, self._storage_options))
        budget = self._budget = Budget(self._options)
        source = resolve_async(self._fp, session, self._options, storage_options=self._storage_options, budget=budget)
        if source is not self._fp:
            self._stack.push_async_callback(source.aclose)
        self._source = source

    async def next_batch(self) -> Batch:
        """Return the next internal tuples; none at the end."""
        if self._closed:
            return []
        if self._source is None:
            await self._open()
        assert self._source is not None
        try:
            # No async generator: one that is left in its middle by a `break` would have to be closed.
            return await next_batch(self._parser, self._source, self._planner, self._budget)
        except BaseException:
            await self.aclose()
            raise


class BatchStream(_Stream[list["Event"]]):
    """Lists of events, as they come: the fast way for much work an event."""

    async def __anext__(self) -> list[Event]:
        batch = await self.next_batch()
        if not batch:
            await self.aclose()
            raise StopAsyncIteration
        return self._parser.publish(batch)


class EventStream(_Stream["Event"]):
    """Events, one at a time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ready: list[Event] = []

    async def aclose(self) -> None:
        """Close what was opened for reading; nothing of the caller's."""
        self._ready = []
        await super().aclose()

    async def __anext__(self) -> Event:
        if not self._ready:
            batch = await self.next_batch()
            if not batch:
                await self.aclose()
                raise StopAsyncIteration
            self._ready = self._parser.publish(batch)
            self._ready.reverse()
        return self._ready.pop()


def event_parser(
    defer_size: float | str | None, stop_before_pixels: bool, force: bool, limits: ParserLimits | None
) -> Parser:
    """Return the parser for what the caller of an event function passed."""
    plan = Plan(stop=PIXEL_DATA_TAGS if stop_before_pixels else None, skip_above=size_in_bytes(defer_size))
    return Parser(limits=limits, plan=plan, force=force)
