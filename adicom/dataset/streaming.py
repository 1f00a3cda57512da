"""A value piece by piece, for those that should not be in memory at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Self

__all__ = ("ByteStream",)


class ByteStream:
    """An async iterator over bytes, each piece read when it is asked for.

    It is no async generator: nothing is open between two pieces, so it may be left in its middle.

    Args:
        next_piece: Gives the next piece; ``b""`` is the end.

    Example:
        >>> import asyncio
        >>> pieces = [b"01", b"23", b""]
        >>> async def next_piece() -> bytes:
        ...     return pieces.pop(0)
        >>> async def main() -> list[bytes]:
        ...     return [piece async for piece in ByteStream(next_piece)]
        >>> asyncio.run(main())
        [b'01', b'23']
    """

    __slots__ = ("_next_piece",)

    def __init__(self, next_piece: Callable[[], Awaitable[bytes]]) -> None:
        self._next_piece: Callable[[], Awaitable[bytes]] | None = next_piece

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        # Taken out meanwhile: what comes behind a piece that failed must not pass for what comes next.
        next_piece, self._next_piece = self._next_piece, None
        if next_piece is None or not (piece := await next_piece()):
            raise StopAsyncIteration
        self._next_piece = next_piece
        return piece

    async def aclose(self) -> None:
        """Give no more pieces."""
        self._next_piece = None
