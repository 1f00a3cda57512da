"""The body of a request whose connection can be cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import AsyncIterablePayload

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterable, AsyncIterator

    from aiohttp.abc import AbstractStreamWriter

__all__ = ("Body", "one_block")


class Body(AsyncIterablePayload):
    """Blocks that are sent as they come.

    aiohttp closes a connection only after all that it holds back has been sent; where the other side reads nothing,
    that is never.

    Args:
        blocks: The body.
    """

    def __init__(self, blocks: AsyncIterable[bytes]) -> None:
        super().__init__(blocks)
        self._transport: asyncio.Transport | None = None
        self.complete = False

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Send all blocks, as aiohttp before 3.12 wants it."""
        self._transport = getattr(writer, "transport", None)
        await super().write(writer)
        self.complete = True

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        """Send all blocks."""
        self._transport = getattr(writer, "transport", None)
        await super().write_with_length(writer, content_length)
        self.complete = True

    def cut(self) -> None:
        """Close the connection at once, with whatever has not been sent yet."""
        if self._transport is not None:
            self._transport.abort()


async def one_block(data: bytes) -> AsyncIterator[bytes]:
    """Give a body that is in memory."""
    yield data
