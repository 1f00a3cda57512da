"""What the fetches of one call from many sources share: a bound on their requests, and sessions."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

import anyio

from adicom.io.range_reads import Pace
from adicom.io.ranges import REQUEST_LIMIT
from adicom.io.session import Session

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

__all__ = ("Gathering", "pace_of")

_MEGABYTE: Final = 1024 * 1024


class Gathering:
    """One fetch from many sources; an async context manager that closes the sessions it has made.

    Args:
        concurrency: Requests at a time, over all sources.
        session: Is used for all of them; by default each source's own, or else one that is made here.
        total: How many bytes are wanted.
    """

    def __init__(self, concurrency: int, session: Session | None = None, total: int = 0) -> None:
        self.limiter = anyio.CapacityLimiter(concurrency)
        self.pace = pace_of(total, concurrency, self.limiter)
        self._given = session
        self._made: dict[int, Session] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def session_for(self, own: Session | None) -> Session:
        """Return the session for a source.

        Args:
            own: The one that it was read with.
        """
        if self._given is not None:
            return self._given
        if own is not None and own.usable_here:
            return own
        options = {} if own is None else own.storage_options
        number = id(own) if options else 0
        if number not in self._made:
            session = self._made[number] = Session(storage_options=options)
            await self._stack.enter_async_context(session)
        return self._made[number]


def pace_of(total: int, concurrency: int, limiter: anyio.CapacityLimiter | None = None) -> Pace:
    """Return how to read ``total`` bytes so that memory holds little beside them.

    An answer is put together of parts, so that for a moment there is one twice: that is a sixteenth of the whole. The
    pieces of longer ranges wait for those before them, so that all that are under way are a twentieth. Below some
    megabytes it is not worth more requests.

    Example:
        >>> for total in (0, 400 << 20, 8 << 30):
        ...     pace = pace_of(total, 8)
        ...     print(pace.limit >> 20, pace.piece >> 20)
        16 4
        25 4
        64 51
    """
    limit = min(max(16 * _MEGABYTE, total // 16), REQUEST_LIMIT)
    piece = min(max(4 * _MEGABYTE, total // (20 * concurrency)), limit)
    return Pace(concurrency, limit, piece, _MEGABYTE, limiter)
