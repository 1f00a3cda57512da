"""Whatever adicom reads, from its start to its end, piece by piece."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

from adicom.io.base import ReadOptions
from adicom.io.budget import Budget
from adicom.io.drive import read_within
from adicom.io.names import public_url
from adicom.io.ranges import STREAM_LIMIT
from adicom.io.resolve import is_remote, opens, remote_place, resolve_async
from adicom.io.stats import IOStats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adicom.io.base import AsyncSource
    from adicom.io.session import Session

__all__ = ("FIRST_READ", "GROWTH", "ForwardReader", "name_of", "not_opened")

FIRST_READ: Final = 64 * 1024
"""Bytes of the first read; later ones grow."""

GROWTH: Final = 4
"""How many times longer each read is than the one before."""


class ForwardReader:
    """Opens what has to be opened, reads it forward, closes what it opened.

    Args:
        fp: As in :func:`adicom.dcmread`.
        session: Connections to use, where it is remote.
        storage_options: Credentials and endpoints.
        options: How to read.
        first: How many bytes the first read asks for; later ones grow.
        limit: The most bytes that one read asks for.

    Raises:
        TypeError: ``fp`` is nothing that adicom reads.

    Example:
        >>> import asyncio
        >>> async def main() -> bytes:
        ...     return await ForwardReader(b"0123").read()
        >>> asyncio.run(main())
        b'0123'
    """

    def __init__(
        self,
        fp: Any,
        *,
        session: Session | None = None,
        storage_options: Mapping[str, Any] | None = None,
        options: ReadOptions | None = None,
        first: int = FIRST_READ,
        limit: int = STREAM_LIMIT,
    ) -> None:
        self._fp = fp
        self._session = session
        self._storage_options = storage_options
        self._options = options or ReadOptions()
        self._stack = AsyncExitStack()
        self._source: AsyncSource | None = None
        self._budget = Budget(self._options)
        self._at = 0
        self._end: int | None = None
        self._size = first
        self._limit = limit
        self._peeked: bytes | None = None
        self.stats = IOStats()
        self.name = name_of(fp)
        if not opens(fp):
            self._take(resolve_async(fp))

    async def open(self) -> None:
        """Open what has to be opened before it is read."""
        if self._source is not None:
            return
        try:
            session = None
            if is_remote(self._fp):
                from adicom.io.session import borrow_session

                session = await self._stack.enter_async_context(borrow_session(self._session, self._storage_options))
            source = resolve_async(
                self._fp, session, self._options, storage_options=self._storage_options, budget=self._budget
            )
        except BaseException:
            await self.aclose()
            raise
        self._take(source)

    async def read(self) -> bytes:
        """Return the next piece; ``b""`` is the end.

        Raises:
            RuntimeError: It has to be opened, and was not.
        """
        if self._peeked is not None:
            data, self._peeked = self._peeked, None
            return data
        if self._source is None:
            raise not_opened(self.name, "async with")
        if self._at == self._end:
            return b""  # to ask there would be a request more
        answer = await read_within(self._budget, self._source, self._at, self._size)
        self._at += len(answer.data)
        self._end = answer.size
        self._size = min(self._size * GROWTH, self._limit)
        return answer.data

    async def peek(self) -> bytes:
        """Return the next piece, and have the next read give it again."""
        self._peeked = await self.read()
        return self._peeked

    async def pull(self) -> bytes | None:
        """Return the next piece; None is the end."""
        return await self.read() or None

    async def aclose(self) -> None:
        """Close what was opened here; nothing of the caller's."""
        await self._stack.aclose()

    def _take(self, source: AsyncSource) -> None:
        self._source = source
        self.stats = source.stats
        self.name = source.name
        if source is not self._fp:
            self._stack.push_async_callback(source.aclose)


def name_of(fp: Any) -> str:
    """Return what messages call something before it is opened.

    Example:
        >>> name_of("https://me:secret@host/a.gz?signature=0")
        'https://host/a.gz'
    """
    if is_remote(fp):
        place = remote_place(fp)
        return public_url(place) if isinstance(place, str) else str(place[1])
    return os.fsdecode(fp) if isinstance(fp, (str, os.PathLike)) else type(fp).__name__


def not_opened(name: str, how: str) -> RuntimeError:
    """Return what to raise where something is read that has to be opened first."""
    return RuntimeError(f"adicom opens {name}, so that it must also be closed: use `{how} ... as stream:`")
