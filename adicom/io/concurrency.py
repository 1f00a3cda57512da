"""Several things at a time, without groups of exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import anyio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

__all__ = ("run_bounded",)

T = TypeVar("T")


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


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
