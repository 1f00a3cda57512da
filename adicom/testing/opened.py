"""A source while it is being checked: how it is opened, read and closed, whichever kind it is."""

from __future__ import annotations

import inspect
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adicom.io.base import Answer

__all__ = ("Opened", "opened", "require", "require_bytes")


class Opened:
    """A source, and the bytes that are behind it.

    Args:
        source: The source.
        data: The bytes.
    """

    def __init__(self, source: Any, data: bytes) -> None:
        self.source = source
        self.data = data

    @property
    def is_async(self) -> bool:
        """Whether it is awaited."""
        return inspect.iscoroutinefunction(getattr(self.source, "read_at", None))

    async def read(self, offset: int, size: int) -> Answer:
        """Return the answer of the source, after a look at its form."""
        answer = self.source.read_at(offset, size)
        if self.is_async:
            answer = await answer
        require(hasattr(answer, "data"), f"read_at() gives an adicom.io.Answer, not {type(answer).__name__}")
        require(
            type(answer.data) is bytes,
            f"what read_at() gives is bytes, which cannot change, not {type(answer.data).__name__}",
        )
        found: Answer = answer
        return found

    async def read_right(self, offset: int, size: int) -> bytes:
        """Return the bytes of an answer, after a look whether they are those at the offset."""
        data = (await self.read(offset, size)).data
        require_bytes(data, self.data, offset, f"read_at({offset}, {size})")
        return data

    async def read_some(self, *steps: int) -> None:
        """Read a little at a time, and jump ahead by these steps in between."""
        offset = 0
        for step in (0, *steps):
            offset += step
            offset += len(await self.read_right(offset, 1000))

    async def read_to_the_end(self, offset: int = 0, size: int = 50_000) -> int:
        """Read on in steps until nothing comes; return where that is."""
        while data := await self.read_right(offset, size):
            offset += len(data)
        return offset

    async def answers(self) -> AsyncIterator[Answer]:
        """Give the answers to reads one behind the other, the last one at the end."""
        offset = 0
        while offset <= len(self.data):  # a source without an end must not keep its test from ending
            answer = await self.read(offset, 50_000)
            yield answer
            if not answer.data:
                return
            offset += len(answer.data)

    async def close(self) -> None:
        """Close the source."""
        if self.is_async:
            await self.source.aclose()
        else:
            self.source.close()


@asynccontextmanager
async def opened(made: Any, data: bytes = b"") -> AsyncIterator[Opened]:
    """Give the source that a suite has made: a context manager, an async one, or the source itself.

    What a check finds is raised behind the context, where no task group of it puts it into an ExceptionGroup.
    """
    error: Exception | None = None
    async with AsyncExitStack() as stack:
        if hasattr(made, "__aenter__"):
            made = await stack.enter_async_context(made)
        elif hasattr(made, "__enter__"):
            made = stack.enter_context(made)
        found = Opened(made, data)
        stack.push_async_callback(found.close)
        try:
            yield found
        except Exception as caught:  # noqa: BLE001 - see above
            error = caught
    if error is not None:
        raise error


def require(condition: object, message: str) -> None:
    """Raise AssertionError if the condition is false, also under ``python -O``."""
    __tracebackhide__ = True  # pytest then shows who required it
    if not condition:
        raise AssertionError(message)


def require_bytes(got: bytes, data: bytes, offset: int, what: str) -> None:
    """Raise AssertionError if ``got`` is not what is at an offset of ``data``; it may be shorter, but not longer."""
    __tracebackhide__ = True
    wanted = data[offset : offset + len(got)]
    if got == wanted:
        if not got:
            require(offset >= len(data), f'{what} gave b"", which is the end, {len(data) - offset} bytes before it')
        return
    if len(got) > len(wanted) and got.startswith(wanted):
        raise AssertionError(f"{what} gave {len(got) - len(wanted)} bytes from behind the end{_origin(got, data)}")
    first = next(index for index, (one, other) in enumerate(zip(got, wanted, strict=False)) if one != other)
    raise AssertionError(f"{what} gave other bytes than those at {offset + first}{_origin(got[first:], data)}")


def _origin(got: bytes, data: bytes) -> str:
    """Return, for a message, where wrong bytes are from."""
    place = data.find(got[:16]) if len(got) >= 16 else -1
    return f"; what came is what is at {place}" if place >= 0 else ""
