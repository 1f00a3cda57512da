"""The sinks that users get: what holds for every kind of target stands here.

Pieces are gathered into blocks. After an error or a cancellation nothing more is taken, and nothing can be committed.
What the system refuses is a SinkError with the name of the sink and the bytes that went out; what an object of the
caller's raises otherwise reaches the caller as it is.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, AbstractContextManager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import anyio

from adicom.errors import DicomError, SinkError
from adicom.io.concurrency import finish
from adicom.io.sinks.blocks import Blocks, as_octets
from adicom.io.sinks.faults import sink_fault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType
    from typing import Self

    from adicom.io.sinks.outlets import BlockingOutlet, Outlet

__all__ = ("OpenBlockingSink", "OpenSink")

_ABORT_PATIENCE: Final = 30.0
"""Seconds that an abort may take: who was cancelled waits for it."""


OutletT = TypeVar("OutletT", bound="Outlet | BlockingOutlet")


class _State(Generic[OutletT]):
    """What both kinds of sinks know: what was given, and whether more is taken."""

    def __init__(self, outlet: OutletT, length: int | None = None) -> None:
        if length is not None and length < 0:
            raise ValueError("length must not be below zero")
        self._outlet = outlet
        self._length = length
        self._given = 0
        self._blocks = Blocks(outlet.block)
        self._is_open = False
        self._is_broken = False

    @property
    def name(self) -> str:
        """What messages call it."""
        return self._outlet.name

    @property
    def written(self) -> int:
        """How many bytes went out."""
        return self._outlet.written

    def _take(self, data: bytes | memoryview) -> None:
        """Count bytes that are about to be written.

        Raises:
            SinkError: They are more than ``length``, or the sink takes no more.
        """
        self._check()
        self._given += len(data)
        if self._length is not None and self._given > self._length:
            raise self._wrong_length()

    def _end(self) -> None:
        """Check what has come.

        Raises:
            SinkError: It is less than ``length``, or was broken off.
        """
        self._check()
        if self._length is not None and self._given != self._length:
            raise self._wrong_length()

    def _check(self) -> None:
        """Raise SinkError if the sink takes no more."""
        if not self._is_open:
            raise RuntimeError(f"{self.name} is not open: use `with open_sink(...) as sink:`, once")
        if self._is_broken:
            text = f"{self.name} was broken off by an error or a cancellation"
            raise SinkError(text, sink=self.name, written=self.written)

    def _wrong_length(self) -> SinkError:
        text = f"{self.name}: {self._given} bytes were given where length={self._length} was announced"
        return SinkError(text, sink=self.name, written=self.written)


class OpenSink(_State["Outlet"], AbstractAsyncContextManager["OpenSink"]):
    """What :func:`adicom.io.open_sink` gives: an async context manager that is the sink.

    Args:
        outlet: Where the bytes go.
        length: How many bytes will come.
    """

    def __repr__(self) -> str:
        return f"<Sink {self.name} written={self.written}>"

    async def __aenter__(self) -> Self:
        if self._is_open or self._is_broken:
            raise RuntimeError("a sink can be opened once")
        self._is_open = True
        try:
            await self._run(self._outlet.open)
        except BaseException:
            await self.abort()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._is_open:
            return
        if error is not None:
            await self.abort()
            return
        await self.commit()

    async def write(self, data: bytes | memoryview) -> None:
        """Take bytes; they are not referred to after it has returned."""
        data = as_octets(data)
        self._take(data)
        for block in self._blocks.put(data):
            await self._run(partial(self._outlet.write, block))

    async def commit(self) -> None:
        """Put in place what was written. Where that fails or is cancelled, it is aborted.

        Cancelled in the very moment in which it takes its place, the target is the old object or the new one, whole.
        """
        try:
            self._end()
            for block in self._blocks.rest():
                await self._run(partial(self._outlet.write, block))
            await self._run(self._outlet.commit)
        except BaseException:
            if self._is_open:
                await self.abort()
            raise
        self._is_open = False

    async def abort(self) -> None:
        """Leave what was there before, or nothing."""
        is_open, self._is_open, self._is_broken = self._is_open, False, True
        if is_open:
            await finish(self._abort())

    async def _abort(self) -> None:
        # What comes of it is for clean_stale(): the caller learns why it was aborted.
        with anyio.move_on_after(_ABORT_PATIENCE), suppress(Exception):
            await self._outlet.abort()

    async def _run(self, call: Callable[[], Awaitable[None]]) -> None:
        try:
            await call()
        except BaseException as error:
            self._is_broken = True
            if isinstance(error, OSError) and not isinstance(error, DicomError):
                raise sink_fault(error, self.name, self.written) from error
            raise


class OpenBlockingSink(_State["BlockingOutlet"], AbstractContextManager["OpenBlockingSink"]):
    """What :func:`adicom.io.open_sink_blocking` gives: a context manager that is the sink.

    Args:
        outlet: Where the bytes go.
        length: How many bytes will come.
    """

    def __repr__(self) -> str:
        return f"<BlockingSink {self.name} written={self.written}>"

    def __enter__(self) -> Self:
        if self._is_open or self._is_broken:
            raise RuntimeError("a sink can be opened once")
        self._is_open = True
        try:
            self._run(self._outlet.open)
        except BaseException:
            self.abort()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._is_open:
            return
        if error is not None:
            self.abort()
            return
        self.commit()

    def write(self, data: bytes | memoryview) -> None:
        """Take bytes; they are not referred to after it has returned."""
        data = as_octets(data)
        self._take(data)
        for block in self._blocks.put(data):
            self._run(partial(self._outlet.write, block))

    def commit(self) -> None:
        """Put in place what was written. Where that fails, it is aborted."""
        try:
            self._end()
            for block in self._blocks.rest():
                self._run(partial(self._outlet.write, block))
            self._run(self._outlet.commit)
        except BaseException:
            if self._is_open:
                self.abort()
            raise
        self._is_open = False

    def abort(self) -> None:
        """Leave what was there before, or nothing."""
        is_open, self._is_open, self._is_broken = self._is_open, False, True
        if is_open:
            with suppress(Exception):
                self._outlet.abort()

    def _run(self, call: Callable[[], None]) -> None:
        try:
            call()
        except BaseException as error:
            self._is_broken = True
            if isinstance(error, OSError) and not isinstance(error, DicomError):
                raise sink_fault(error, self.name, self.written) from error
            raise
