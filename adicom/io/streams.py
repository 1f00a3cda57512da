"""Sources that are awaited piece by piece: async files, async iterables, byte streams of anyio and asyncio.

adicom closes only what it opened. A file, a stream or an async generator of the caller's stays open where
adicom stopped, so that it can be read on; wrap a generator in ``contextlib.aclosing`` to have it closed.
"""

from __future__ import annotations

import inspect
import os
import time
from typing import TYPE_CHECKING, Any, Final

from adicom.errors import SourceError
from adicom.io.base import Answer
from adicom.io.disconnects import says_disconnected
from adicom.io.faults import from_os_error
from adicom.io.local import Forward, as_bytes, file_name
from adicom.io.stats import IOStats

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
    from typing import Self

    from adicom.io.decoding import Decoder

__all__ = ("AsyncFileSource", "AsyncIterableSource", "StreamSource", "receive_stream_source", "stream_reader_source")

_RECEIVE_BLOCK: Final = 256 * 1024


class StreamSource:
    """A forward-only source over a function that gives the next piece; also an async iterator over its pieces.

    Args:
        pull: Returns the next piece of bytes, or None at the end.
        name: What messages call the stream.
        stats: Of what the pieces come from, where that counts them itself.
        decoder: What the pieces go through, where they are encoded.

    Example:
        >>> import asyncio
        >>> pieces = [b"01", b"234"]
        >>> async def pull() -> bytes | None:
        ...     return pieces.pop(0) if pieces else None
        >>> async def main() -> list[bytes]:
        ...     return [piece async for piece in StreamSource(pull, "pieces")]
        >>> asyncio.run(main())
        [b'01', b'234']
    """

    rereadable = False
    identity = None

    def __init__(
        self,
        pull: Callable[[], Awaitable[Any]],
        name: str,
        *,
        stats: IOStats | None = None,
        decoder: Decoder | None = None,
    ) -> None:
        self._pull = pull
        self.name = name
        self.stats = IOStats() if stats is None else stats
        self._counted = self.stats if stats is None else IOStats()
        self._decoder = decoder
        self._forward = Forward(name)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        answer = await self.read_at(self._forward.position, _RECEIVE_BLOCK)
        if not answer.data:
            raise StopAsyncIteration
        return answer.data

    async def read_at(self, offset: int, size: int) -> Answer:
        """Return what is left of the piece at ``offset``."""
        started = time.perf_counter()
        fault: SourceError | None = None
        try:
            while not (answer := self._forward.take(offset)):
                self._forward.put(await self._next_piece())
            return answer
        except SourceError:
            raise
        except OSError as error:
            raise from_os_error(error, self.name) from error
        except Exception as error:
            if not says_disconnected(error):
                raise
            fault = SourceError(f"{self.name}: the stream broke ({type(error).__name__})")
        finally:
            self._counted.seconds += time.perf_counter() - started
        # Out here what another library raised is not the context: it may hold a URL and headers.
        raise fault

    async def aclose(self) -> None:
        """Do nothing; the stream is the caller's."""

    def bound_inflated(self, limit: int) -> None:
        """Allow no more than ``limit`` bytes, if what comes is encoded: whoever keeps them all calls this."""
        if self._decoder is not None:
            self._decoder.bound(limit)

    async def _next_piece(self) -> bytes | None:
        decoder = self._decoder
        if decoder is None:
            return await self._pull_counted()
        import anyio

        while not (piece := decoder.pull()):
            if piece is None:
                return None
            data = await self._pull_counted()
            if data is None:
                decoder.end()
            else:
                decoder.feed(data)
        # A bomb would keep the loop busy for as long as it grows.
        await anyio.lowlevel.checkpoint()
        return piece

    async def _pull_counted(self) -> bytes | None:
        piece = await self._pull()
        self._counted.requests += 1
        if piece is None:
            return None
        data = as_bytes(piece, self.name)
        self._counted.bytes += len(data)
        return data


class AsyncIterableSource(StreamSource):
    """An async iterable of bytes, read forward only.

    Args:
        chunks: The iterable. If it is itself the iterator, it stays open; an iterator that was made here is closed.
    """

    def __init__(self, chunks: AsyncIterable[Any]) -> None:
        self._chunks: AsyncIterator[Any] = aiter(chunks)
        self._own = self._chunks is not chunks
        self._broken = False
        super().__init__(self._next, "async iterable of bytes")

    async def _next(self) -> Any:
        if self._broken:
            raise SourceError(f"the {self.name} was broken off by an error or a cancellation")
        self._broken = True
        chunk = await anext(self._chunks, None)
        # A generator that was left by an exception is finished: its next answer would pass for the end.
        self._broken = False
        return chunk

    async def aclose(self) -> None:
        """Close the iterator if it was made here."""
        if self._own and (aclose := getattr(self._chunks, "aclose", None)):
            await aclose()


def receive_stream_source(stream: Any) -> StreamSource:
    """Return the source over an anyio ``ByteReceiveStream``."""
    import anyio

    async def pull() -> Any:
        try:
            return await stream.receive(_RECEIVE_BLOCK)
        except anyio.EndOfStream:
            return None
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise SourceError(f"the stream broke ({type(error).__name__})") from error

    return StreamSource(pull, type(stream).__name__)


def stream_reader_source(reader: Any) -> StreamSource:
    """Return the source over an object with ``async def read(n)`` that cannot seek, as ``asyncio.StreamReader``."""

    async def pull() -> Any:
        return await reader.read(_RECEIVE_BLOCK) or None

    return StreamSource(pull, file_name(reader))


class AsyncFileSource:
    """An async binary file of the caller's (aiofiles, anyio) from its current position on; it stays open.

    Args:
        file: It has ``async def read``, ``seek`` and ``tell``.
    """

    identity = None

    def __init__(self, file: Any) -> None:
        self.file = file
        self.name = file_name(file)
        self.stats = IOStats()
        self.rereadable = True
        self.base: int | None = None
        self._size: int | None = None
        self._forward: StreamSource | None = None
        self._lock: Any = None

    async def read_at(self, offset: int, size: int) -> Answer:
        """Return at most ``size`` bytes from ``offset`` on."""
        if self._lock is None:
            import anyio

            self._lock = anyio.Lock()
        async with self._lock:
            try:
                return await self._read_at(offset, size)
            except OSError as error:
                raise from_os_error(error, self.name) from error

    async def aclose(self) -> None:
        """Do nothing; the file is the caller's."""

    async def _read_at(self, offset: int, size: int) -> Answer:
        if self.base is None and self._forward is None:
            await self._look()
        if self._forward is not None:
            return await self._forward.read_at(offset, size)
        assert self.base is not None
        started = time.perf_counter()
        await self.file.seek(self.base + offset)
        data = as_bytes(await self.file.read(size), f"read() of {self.name}")
        if not data and self._size is None:
            self._size = int(await self.file.seek(0, os.SEEK_END)) - self.base
        self.stats.requests += 1
        self.stats.bytes += len(data)
        self.stats.seconds += time.perf_counter() - started
        return Answer(data, None, self._size)

    async def _look(self) -> None:
        """Find out where the file stands, and whether it can seek."""
        seekable = getattr(self.file, "seekable", None)
        answer = seekable() if seekable else True
        if await answer if inspect.isawaitable(answer) else answer:
            self.base = int(await self.file.tell())
            return
        self._forward = stream_reader_source(self.file)
        self._forward.stats = self.stats
        self.rereadable = False
