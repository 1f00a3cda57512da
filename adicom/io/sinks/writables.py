"""The sinks in what the caller has opened: files, streams and sockets, sync or async.

They are never closed here, and no ``seek`` or ``tell`` is called. What went out before an error stays there.
"""

from __future__ import annotations

import inspect
import io
import sys
from typing import TYPE_CHECKING, Any, Final

from adicom.errors import SinkError
from adicom.io.local import file_name
from adicom.io.sinks.outlets import MIB

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ("AsyncFileOutlet", "FileOutlet", "StreamOutlet", "is_awaited", "stream_outlet")

_STREAM_BLOCK: Final = 64 * 1024


class FileOutlet:
    """A binary file object of the caller's with a plain ``write``.

    Args:
        file: The file object.
    """

    def __init__(self, file: Any) -> None:
        self.name = file_name(file)
        self.written = 0
        self.block = 0 if isinstance(file, io.BytesIO) else MIB
        self._file = file

    def open(self) -> None:
        """Do nothing; it is open."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write all of it; raw files may take it in several goes."""
        rest = bytes(data)  # some keep what they are given
        try:
            while rest:
                count = _count_taken(self._file, self._file.write(rest), len(rest), self)
                self.written += count
                rest = rest[count:]
        except BlockingIOError as error:
            self.written += error.characters_written
            raise

    def commit(self) -> None:
        """Pass on what the file object holds back."""
        if callable(flush := getattr(self._file, "flush", None)):
            flush()

    def abort(self) -> None:
        """Do nothing; the file object is the caller's."""


class AsyncFileOutlet:
    """An async binary file of the caller's (aiofiles, anyio), or whatever has an ``async def write``.

    Args:
        file: The file.
    """

    block = MIB

    def __init__(self, file: Any) -> None:
        self.name = file_name(file)
        self.written = 0
        self._file = file

    async def open(self) -> None:
        """Do nothing; it is open."""

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write all of it; raw files may take it in several goes."""
        rest = bytes(data)
        while rest:
            count = _count_taken(self._file, await self._file.write(rest), len(rest), self)
            self.written += count
            rest = rest[count:]

    async def commit(self) -> None:
        """Pass on what the file holds back."""
        flush = getattr(self._file, "flush", None)
        if callable(flush) and inspect.isawaitable(flushed := flush()):
            await flushed

    async def abort(self) -> None:
        """Do nothing; the file is the caller's."""


class StreamOutlet:
    """A byte stream of the caller's that takes all of what it is given.

    Args:
        stream: The stream.
        send: Sends bytes, and waits until more may be sent.
        errors: What it raises where the other side is gone.
    """

    block = _STREAM_BLOCK

    def __init__(
        self, stream: Any, send: Callable[[bytes], Awaitable[Any]], errors: tuple[type[Exception], ...] = ()
    ) -> None:
        self.name = type(stream).__name__
        self.written = 0
        self._send = send
        self._errors = errors

    async def open(self) -> None:
        """Do nothing; it is open."""

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of it."""
        try:
            await self._send(bytes(data))
        except self._errors as error:
            text = f"{self.name}: the stream broke ({type(error).__name__})"
            raise SinkError(text, sink=self.name, written=self.written) from error
        self.written += len(data)

    async def commit(self) -> None:
        """Do nothing; nothing is held back."""

    async def abort(self) -> None:
        """Do nothing; the stream is the caller's."""


def stream_outlet(stream: Any) -> StreamOutlet | None:
    """Return the outlet over an anyio ``ByteSendStream``, trio's ``SendStream``, or an ``asyncio.StreamWriter``."""
    if callable(getattr(stream, "drain", None)) and callable(getattr(stream, "write", None)):

        async def write_and_drain(data: bytes) -> None:
            stream.write(data)
            await stream.drain()

        return StreamOutlet(stream, write_and_drain)
    if _is_send_stream(stream):
        import anyio

        return StreamOutlet(stream, stream.send, (anyio.BrokenResourceError, anyio.ClosedResourceError))
    trio = sys.modules.get("trio")
    if trio is not None and isinstance(stream, trio.abc.SendStream):
        return StreamOutlet(stream, stream.send_all, (trio.BrokenResourceError, trio.ClosedResourceError))
    return None


def is_awaited(target: Any) -> bool:
    """Return whether writing to a file object or stream has to be awaited."""
    if inspect.iscoroutinefunction(getattr(target, "write", None)):
        return True
    return stream_outlet(target) is not None


def _is_send_stream(stream: Any) -> bool:
    anyio = sys.modules.get("anyio.abc")
    return anyio is not None and isinstance(stream, anyio.ByteSendStream)


def _count_taken(file: Any, answer: Any, asked: int, outlet: FileOutlet | AsyncFileOutlet) -> int:
    """Return how many bytes a ``write`` took, from what it returned."""
    if answer is None and not isinstance(file, io.RawIOBase):
        return asked  # many writers return nothing
    if isinstance(file, io.BufferedIOBase) or (isinstance(answer, int) and answer >= asked):
        return asked
    if isinstance(answer, int) and answer > 0:
        return answer
    if answer is None or answer == 0:
        text = f"{outlet.name} took none of {asked} bytes; it must not be non-blocking"
        raise SinkError(text, sink=outlet.name, written=outlet.written)
    if inspect.iscoroutine(answer):
        answer.close()
    raise TypeError(f"write() of {outlet.name} gave {type(answer).__name__}, not how many bytes it took")
