"""What stands behind a sink: the part that knows a kind of target.

An outlet is told of each thing once and in order: open, blocks of bytes, commit or abort. It gathers nothing, and may
raise whatever its library does: :mod:`adicom.io.sinks.opening` does the one and translates the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from anyio import to_thread

from adicom.io.concurrency import finish

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("MIB", "BlockingOutlet", "InlineOutlet", "Outlet", "ThreadedOutlet")

MIB: Final = 1024 * 1024


class Outlet(Protocol):
    """A target that may have to be awaited."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    @property
    def written(self) -> int:
        """How many bytes went out."""
        ...

    @property
    def block(self) -> int:
        """How many bytes are gathered before they are written; 0 passes on what comes."""
        ...

    async def open(self) -> None:
        """Make ready to write; where it fails or is cancelled, ``abort`` follows."""
        ...

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write all of it; the bytes may change after it has returned."""
        ...

    async def commit(self) -> None:
        """Put in place what was written; where it fails or is cancelled, ``abort`` follows."""
        ...

    async def abort(self) -> None:
        """Let go of everything; it may be called without an ``open``, and raise."""
        ...


class BlockingOutlet(Protocol):
    """A target that blocks."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    @property
    def written(self) -> int:
        """How many bytes went out."""
        ...

    @property
    def block(self) -> int:
        """How many bytes are gathered before they are written; 0 passes on what comes."""
        ...

    def open(self) -> None:
        """Make ready to write."""
        ...

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write all of it."""
        ...

    def commit(self) -> None:
        """Put in place what was written."""
        ...

    def abort(self) -> None:
        """Let go of everything."""
        ...


class InlineOutlet:
    """A blocking outlet for async code, used without a hop because it never waits.

    Args:
        local: The outlet.
    """

    def __init__(self, local: BlockingOutlet) -> None:
        self.local = local
        self.name = local.name
        self.block = local.block
        self.written = 0

    async def open(self) -> None:
        """Open it."""
        await self.run(self.local.open)

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write to it."""
        await self.run(lambda: self.local.write(data))

    async def commit(self) -> None:
        """Commit it."""
        await self.run(self.local.commit)

    async def abort(self) -> None:
        """Abort it."""
        await self.run(self.local.abort)

    async def run(self, call: Callable[[], None]) -> None:
        """Do it right here."""
        try:
            call()
        finally:
            self.written = self.local.written


class ThreadedOutlet(InlineOutlet):
    """A blocking outlet for async code, used in worker threads; who is cancelled waits for the thread."""

    async def run(self, call: Callable[[], None]) -> None:
        """Do it in a thread."""
        try:
            await finish(to_thread.run_sync(call))
        finally:
            self.written = self.local.written
