"""The loop between the parser and a source.

It is the only place where the two meet, written once for each way to wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.errors import SourceTimeoutError
from adicom.io.base import Answer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from adicom.io.base import AsyncSource, LocalSource
    from adicom.io.budget import Budget
    from adicom.io.ranges import Planner
    from adicom.parser.events import Need
    from adicom.parser.machine import Parser

__all__ = ("aparse", "next_batch", "parse", "read_within")


def parse(parser: Parser, source: LocalSource, planner: Planner) -> Iterator[list[tuple[Any, ...]]]:
    """Yield what the parser finds in a source that is read in place.

    The source stays open; whoever opened it closes it.
    """
    while not parser.finished:
        if (need := parser.need) is not None:
            if size := planner.next_size(need):
                answer = source.read_at(need.offset, size)
                if planner.may_have_missed_the_end(need, answer) and source.rereadable:
                    answer = _end_seen_from(need, source.read_at(need.offset - 1, 1))
                _feed(parser, planner, need, answer)
            else:
                parser.receive_eof(planner.size)
        if batch := parser.batch():
            yield batch


async def aparse(
    parser: Parser, source: AsyncSource, planner: Planner, budget: Budget | None = None
) -> AsyncGenerator[list[tuple[Any, ...]], None]:
    """Yield what the parser finds in a source that may have to wait.

    The source stays open; whoever opened it closes it.
    """
    while batch := await next_batch(parser, source, planner, budget):
        yield batch


async def next_batch(
    parser: Parser, source: AsyncSource, planner: Planner, budget: Budget | None = None
) -> list[tuple[Any, ...]]:
    """Return what the parser finds next; nothing at the end.

    The time that ``budget`` leaves bounds each wait, and no cancel scope is held while the caller has a batch.
    """
    while not parser.finished:
        if (need := parser.need) is not None:
            if size := planner.next_size(need):
                answer = await read_within(budget, source, need.offset, size)
                if planner.may_have_missed_the_end(need, answer) and source.rereadable:
                    answer = _end_seen_from(need, await read_within(budget, source, need.offset - 1, 1))
                _feed(parser, planner, need, answer)
            else:
                parser.receive_eof(planner.size)
        if batch := parser.batch():
            return batch
    return []


async def read_within(budget: Budget | None, source: AsyncSource, offset: int, size: int) -> Answer:
    """Return ``source.read_at(offset, size)``, or raise SourceTimeoutError when the call's time is over."""
    remaining = None if budget is None else budget.remaining()
    if remaining is None:
        return await source.read_at(offset, size)
    import anyio

    with anyio.move_on_after(remaining):
        return await source.read_at(offset, size)
    raise SourceTimeoutError(f"total_timeout was over while reading {source.name}")


def _end_seen_from(need: Need, before: Answer) -> Answer:
    """Return the end of a source of unknown size, after a look at the byte in front of the one needed."""
    return Answer(b"", before.identity, need.offset if before.data else None)


def _feed(parser: Parser, planner: Planner, need: Need, answer: Answer) -> None:
    planner.note(need.offset, len(answer.data), answer.size)
    if answer.data:
        parser.receive_data(answer.data, need.offset)
    else:
        parser.receive_eof(answer.size)
