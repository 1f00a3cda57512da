"""The bytes that a stream of the caller's gives, piece by piece: short ones joined, and closed at the end."""

from __future__ import annotations

import inspect
import os
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from adicom.io.concurrency import in_thread
from adicom.io.local import as_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

__all__ = ("AwaitedPieces", "BlockingPieces", "ThreadedPieces", "awaited_pieces")

_SHORT: Final = 64 * 1024
"""Pieces that have fewer bytes are joined with those behind them."""
_READ: Final = 1024 * 1024
"""How much is read of a file at a time."""
_WHAT: Final = "the stream of a value"


class BlockingPieces:
    """Pieces of an iterable of bytes, or of a binary file, which is closed as well.

    Args:
        found: It.
        short: Pieces of fewer bytes are joined with those behind them.

    Raises:
        TypeError: It is neither.

    Example:
        >>> pieces = BlockingPieces([b"01", b"", b"234"])
        >>> pieces.read(), pieces.read()
        (b'01234', b'')
    """

    def __init__(self, found: Any, short: int = _SHORT) -> None:
        if isinstance(found, str | bytes | bytearray | memoryview | os.PathLike):
            raise _refused(found)
        if hasattr(found, "__aiter__") or inspect.iscoroutinefunction(getattr(found, "read", None)):
            raise TypeError(f"{_WHAT} is awaited ({type(found).__name__}): write it with the functions of adicom")
        if callable(read := getattr(found, "read", None)):
            self._next: Callable[[], Any] = partial(read, _READ)
        elif hasattr(found, "__iter__"):
            self._next = partial(_next_of, iter(found))
        else:
            raise _refused(found)
        self._found = found
        self._short = short

    def read(self) -> bytes:
        """Return the next piece; ``b""`` is the end."""
        kept: list[bytes] = []
        size = 0
        while size < self._short and (piece := self._next()) is not None:
            data = as_bytes(piece, _WHAT)
            if not data and hasattr(self._found, "read"):
                break  # the end of a file
            kept.append(data)
            size += len(data)
        return kept[0] if len(kept) == 1 else b"".join(kept)

    def close(self) -> None:
        """Close what gives the pieces."""
        if (close := getattr(self._found, "close", None)) is not None:
            close()


class ThreadedPieces:
    """The same for code that awaits, read in worker threads because it may block: a megabyte a thread."""

    def __init__(self, found: Any) -> None:
        self._pieces = BlockingPieces(found, _READ)

    async def read(self) -> bytes:
        """Return the next piece; ``b""`` is the end."""
        return await in_thread(self._pieces.read)

    async def aclose(self) -> None:
        """Close what gives the pieces."""
        await in_thread(self._pieces.close)


class AwaitedPieces:
    """Pieces of an async iterable of bytes, or of an async binary file, which is closed as well.

    Example:
        >>> import asyncio
        >>> async def stream():
        ...     yield b"01"
        ...     yield b"234"
        >>> asyncio.run(AwaitedPieces(stream()).read())
        b'01234'
    """

    def __init__(self, found: Any) -> None:
        self._found = found
        self._is_file = callable(getattr(found, "read", None))
        self._next: Callable[[], Awaitable[Any]]
        if self._is_file:
            self._next = partial(found.read, _READ)
        else:
            iterator = aiter(found)
            self._next = lambda: anext(iterator, None)

    async def read(self) -> bytes:
        """Return the next piece; ``b""`` is the end."""
        kept: list[bytes] = []
        size = 0
        while size < _SHORT and (piece := await self._next()) is not None:
            data = as_bytes(piece, _WHAT)
            if not data and self._is_file:
                break
            kept.append(data)
            size += len(data)
        return kept[0] if len(kept) == 1 else b"".join(kept)

    async def aclose(self) -> None:
        """Close what gives the pieces."""
        close = getattr(self._found, "aclose", None) or getattr(self._found, "close", None)
        closing = None if close is None else close()
        if inspect.isawaitable(closing):
            await closing


def awaited_pieces(found: Any) -> AwaitedPieces | ThreadedPieces:
    """Return the pieces of what a caller's function gave.

    Raises:
        TypeError: It gives no bytes.
    """
    is_async = hasattr(found, "__aiter__") or inspect.iscoroutinefunction(getattr(found, "read", None))
    return AwaitedPieces(found) if is_async else ThreadedPieces(found)


def _next_of(iterator: Iterator[Any]) -> Any:
    return next(iterator, None)


def _refused(found: Any) -> TypeError:
    return TypeError(f"{_WHAT} is an (async) iterable of bytes or a binary file, not {type(found).__name__}")
