"""Cancels an operation at each of its steps in turn, so that no place is left where it leaves something behind.

A step ends where a task gives the control back to its loop: the operation's own task, those that it starts, and
those of adicom's network threads. ``cancel_everywhere`` runs the operation, cancels it at the end of its first step,
then runs it anew and cancels it at the end of the second one, and so on until it ends before it can be cancelled.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import sys
import threading
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from unittest import mock

import anyio
import trio

from adicom.io import network

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

__all__ = ("Outcome", "Steps", "cancel_everywhere", "counting_network_threads", "eventually")

How: TypeAlias = Literal["scope", "task"]
"""Who cancels: a cancel scope of anyio's (or trio's), as ``move_on_after`` and task groups do; ``Task.cancel()``."""

_PATIENCE = 0.2


@dataclass
class Outcome:
    """What became of one run.

    Attributes:
        number: At which step it was cancelled.
        value: What the operation gave; None if it was cancelled before.
        completed: Whether it gave something.
    """

    number: int
    value: Any = None
    completed: bool = False


class Steps:
    """Counts steps, and does something once at the end of one of them.

    Args:
        number: Of that step.
        act: What to do; called in the thread of the step.
    """

    def __init__(self, number: int, act: Callable[[], object]) -> None:
        self.count = 0
        self._number = number
        self._act = act
        self._lock = threading.Lock()

    @property
    def reached(self) -> bool:
        """Whether there were so many."""
        return self.count >= self._number

    def end(self) -> None:
        """Take note of the end of a step."""
        with self._lock:
            self.count += 1
            is_it = self.count == self._number
        if is_it:
            self._act()


async def cancel_everywhere(
    make_operation: Callable[[], Awaitable[Callable[[], Coroutine[Any, Any, Any]]]],
    check: Callable[[Outcome], Awaitable[None]],
    *,
    how: How = "scope",
    most: int = 5000,
) -> int:
    """Cancel an operation at each of its steps; return how many it has.

    Args:
        make_operation: Awaited before each run; gives the operation, which is called once. What it does itself is
            not cancelled.
        check: Awaited after each run, cancelled or not.
        how: Who cancels; on trio there are only scopes.
        most: The number of steps after which something must be wrong.

    Raises:
        AssertionError: A run has left a task, or a thread of adicom's that was not there before; the operation did not
            end; or ``check`` has raised it.
    """
    for number in range(1, most):
        operation = await make_operation()
        before = _left_over()
        run = _run_on_trio if "trio" in sys.modules and trio.lowlevel.in_trio_run() else _run_on_asyncio
        outcome, steps = await run(operation, number, how)
        await _nothing_more_than(before)
        await check(outcome)
        if not steps.reached:
            assert outcome.completed
            return number - 1
    raise AssertionError(f"the operation has more than {most} steps")


# -- asyncio -----------------------------------------------------------------------------------------------------


async def _run_on_asyncio(
    operation: Callable[[], Coroutine[Any, Any, Any]], number: int, how: How
) -> tuple[Outcome, Steps]:
    outcome = Outcome(number)
    scope = anyio.CancelScope()

    async def within_scope() -> None:
        with scope:
            outcome.value = await operation()
            outcome.completed = True

    task: list[asyncio.Task[None]] = []
    steps = Steps(number, lambda: scope.cancel() if how == "scope" else task[0].cancel())
    loop = asyncio.get_running_loop()
    count_tasks(loop, steps)
    try:
        task.append(loop.create_task(within_scope()))
        done, _ = await asyncio.wait(task, timeout=30)
    finally:
        loop.set_task_factory(None)
    assert done, f"it did not end when it was cancelled at step {number}"
    if not task[0].cancelled():
        task[0].result()
    return outcome, steps


class _Counted(Coroutine[Any, Any, Any]):
    """A coroutine whose suspensions are counted.

    Args:
        inner: The coroutine.
        steps: The counter.
    """

    def __init__(self, inner: Coroutine[Any, Any, Any], steps: Steps) -> None:
        self._inner = inner
        self._steps = steps

    def send(self, value: Any) -> Any:
        yielded = self._inner.send(value)
        self._steps.end()
        return yielded

    def throw(self, *error: Any) -> Any:
        yielded = self._inner.throw(*error)
        self._steps.end()
        return yielded

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Any:
        raise TypeError("a task runs it")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)  # anyio looks at the state of the coroutines of tasks


def count_tasks(loop: asyncio.AbstractEventLoop, steps: Steps) -> None:
    """Count the steps of all tasks that a loop makes from now on."""

    def make_task(
        loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **options: Any
    ) -> asyncio.Task[Any]:
        return asyncio.Task(_Counted(coroutine, steps), loop=loop, **options)

    loop.set_task_factory(make_task)  # type: ignore[arg-type] # typeshed wants a native coroutine


@contextlib.contextmanager
def counting_network_threads(steps: Steps) -> Iterator[None]:
    """Count the steps of all tasks that run on adicom's network threads, and on fsspec's loop, meanwhile."""
    start = network._Job.start
    loops: set[asyncio.AbstractEventLoop] = set()

    def counted_start(job: network._Job[Any]) -> None:
        loops.add(asyncio.get_running_loop())
        count_tasks(asyncio.get_running_loop(), steps)
        start(job)

    try:
        with mock.patch.object(network._Job, "start", counted_start):  # it sees all of them
            yield
    finally:
        for loop in loops:  # fsspec's is there for the whole process
            loop.set_task_factory(None)


# -- trio --------------------------------------------------------------------------------------------------------


async def _run_on_trio(
    operation: Callable[[], Coroutine[Any, Any, Any]], number: int, how: How
) -> tuple[Outcome, Steps]:
    assert how == "scope"
    outcome = Outcome(number)
    scope = trio.CancelScope()
    token = trio.lowlevel.current_trio_token()
    cancelled = threading.Event()

    def cancel() -> None:
        scope.cancel()
        cancelled.set()

    def act() -> None:
        if trio.lowlevel.in_trio_run():
            cancel()
        else:
            token.run_sync_soon(cancel)
            # So that it happens at this step, unless trio is waiting for the thread itself.
            cancelled.wait(_PATIENCE)

    steps = Steps(number, act)

    async def within_scope() -> None:
        with scope:
            outcome.value = await operation()
            outcome.completed = True

    class Instrument(trio.abc.Instrument):
        def after_task_step(self, task: trio.lowlevel.Task) -> None:
            above: trio.lowlevel.Task | None = task
            while above is not None and above.coro.cr_code is not within_scope.__code__:
                above = above.parent_nursery.parent_task if above.parent_nursery is not None else None
            if above is not None:
                steps.end()

    instrument = Instrument()
    trio.lowlevel.add_instrument(instrument)
    try:
        with trio.fail_after(30), counting_network_threads(steps):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(within_scope)
    finally:
        trio.lowlevel.remove_instrument(instrument)
    return outcome, steps


# -- what is left ------------------------------------------------------------------------------------------------


def _left_over() -> set[Any]:
    """Return the tasks of the running asyncio loop, and the threads of adicom's."""
    found: set[Any] = {thread for thread in threading.enumerate() if thread.name == "adicom-network"}
    with contextlib.suppress(RuntimeError):
        found |= asyncio.all_tasks()
    return found


async def _nothing_more_than(before: set[Any]) -> None:
    left = await eventually(lambda: not _left_over() - before, _PATIENCE) or _left_over() - before
    assert left is True, f"left behind: {left}"
    gc.collect(0)  # what complains when it is dropped does so here


async def eventually(condition: Callable[[], bool], seconds: float) -> bool:
    """Return whether something is so before the time is over."""
    end = time.monotonic() + seconds
    for pause in itertools.chain([0.0] * 20, itertools.repeat(0.001)):
        if condition():
            return True
        if time.monotonic() > end:
            return False
        await anyio.sleep(pause)
    raise AssertionError
