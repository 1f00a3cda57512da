"""Where deferred values come from: what knows how to read ranges of a source again.

A pickle of one holds no credential: it keeps a path, or a URL without userinfo, query and fragment, and the
identity of the object. Where more was needed to read it, fetching asks for ``ds.rebind``.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from adicom.io.base import Identity, ReadOptions
from adicom.io.local import BytesSource, FileSource, InlineSource, PathSource, path_of
from adicom.io.local_values import LiveValues, LocalValues, LostValues, Values
from adicom.io.names import public_url
from adicom.io.range_reads import Pace, read_exactly, read_ranges
from adicom.io.resolve import is_remote, remote_place, resolve_async
from adicom.io.stats import IOStats

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence

    from adicom.io.base import AsyncSource, LocalSource
    from adicom.io.concurrency import Shared
    from adicom.io.gathering import Gathering
    from adicom.io.session import BlockingSession, Session

__all__ = (
    "BlockingValues",
    "LiveValues",
    "LocalValues",
    "LostValues",
    "RemoteValues",
    "Values",
    "read_exactly",
    "read_ranges",
    "values_of",
)


class RemoteValues(Values):
    """Values behind a URL, or in an object of fsspec's or obstore's.

    Args:
        place: The URL, (filesystem, path) or (store, path).
        identity: The state that the object must be in.
        session: Is used while it is open, in its own loop; else each fetch makes its own.
        options: How to read; what bounds the call that made them does not bound a fetch.
        storage_options: Kept in memory, never in a pickle.
        stats: Where the cost of fetches is added to.
    """

    def __init__(
        self,
        place: str | tuple[Any, ...],
        identity: Identity | None = None,
        *,
        session: Session | None = None,
        options: ReadOptions | None = None,
        storage_options: Mapping[str, Any] | None = None,
        stats: IOStats | None = None,
    ) -> None:
        super().__init__(public_url(place) if isinstance(place, str) else str(place[1]))
        self.identity = identity
        self.stats = stats if stats is not None else IOStats()
        self._place = place
        self._session = session
        self._storage_options = storage_options
        self._shared: Shared[tuple[int, int], bytes] | None = None
        self._options = replace(
            options or ReadOptions(), total_timeout=None, max_requests=None, max_bytes=None, header_hint=None
        )

    @property
    def key(self) -> Hashable:
        """What is the same for values of the same object, read in the same way."""
        place = self._place if isinstance(self._place, str) else (id(self._place[0]), *self._place[1:])
        options = repr(sorted((self._storage_options or {}).items()))
        return place, self.identity, self._options, id(self._session), options

    @property
    def needs_own(self) -> bool:
        """Whether only the session that they were read with, or one with its options, can read them."""
        return self._session is not None and self._session.has_options

    def __reduce__(self) -> tuple[Any, ...]:
        needs_more = bool(self._storage_options) or self.needs_own
        if needs_more or self._place != self.name:
            return LostValues, (self.name, self.identity)
        return partial(RemoteValues, options=self._options), (self.name, self.identity)

    async def fetch(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each range: near ones merged, several requests at a time.

        Who asks for a range that is on its way already gets it when it comes.
        """
        return await self._get(ranges, self._fetch_here)

    async def fetch_among(self, gathering: Gathering, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the same as a part of a fetch from many sources."""

        async def work(missing: Sequence[tuple[int, int]]) -> list[bytes]:
            session = await gathering.session_for(self._session)
            return await self._fetch(session, missing, gathering.pace)

        return await self._get(ranges, work)

    async def _get(
        self, ranges: Sequence[tuple[int, int]], work: Callable[[list[tuple[int, int]]], Awaitable[list[bytes]]]
    ) -> list[bytes]:
        if self._shared is None:
            from adicom.io.concurrency import Shared

            self._shared = Shared()
        return await self._shared.get(((offset, length) for offset, length in ranges), work)

    async def _fetch_here(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        if self._session is not None and self._session.usable_here:
            return await self.fetch_with(self._session, ranges)
        from adicom.io.session import borrow_session

        async with borrow_session(None, None if self._session is None else self._session.storage_options) as session:
            return await self.fetch_with(session, ranges)

    async def fetch_with(self, session: Session, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the same through a session."""
        return await session.perform(self._fetch, session, ranges, Pace())

    async def _fetch(self, session: Session, ranges: Sequence[tuple[int, int]], pace: Pace) -> list[bytes]:
        source = session.open_source(
            self._place, self._options, storage_options=self._storage_options, known=self.identity
        )
        try:
            results = await read_ranges(source, ranges, pace)
            self._see(getattr(source, "identity", None), self._options.identity)
            return results
        finally:
            self.stats.add(source.stats)
            await source.aclose()


class BlockingValues(Values):
    """Remote values for blocking code: they are fetched when they are looked at.

    Args:
        values: The values.
        session: Is used while it is open; else each fetch makes its own.
    """

    can_fetch_now = True

    def __init__(self, values: RemoteValues, session: BlockingSession | None = None) -> None:
        super().__init__(values.name)
        self.values = values
        self._session = session

    @property
    def session(self) -> BlockingSession | None:
        """The session, while it is open."""
        return self._session if self._session is not None and self._session.is_open else None

    @property
    def size(self) -> int | None:
        """Bytes of the whole source, where that is known."""
        return self.values.size

    def __reduce__(self) -> tuple[Any, ...]:
        kind, arguments = self.values.__reduce__()
        return (kind, arguments) if kind is LostValues else (BlockingValues, (self.values,))

    @property
    def key(self) -> Hashable:
        """What is the same for values of the same object, read in the same way."""
        return self.values.key

    async def fetch(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each range, for code that awaits."""
        return await self.values.fetch(ranges)

    async def fetch_among(self, gathering: Gathering, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the same as a part of a fetch from many sources."""
        return await self.values.fetch_among(gathering, ranges)

    def fetch_now(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each range, fetched on a network thread."""
        if (session := self.session) is not None:
            return session.run(lambda session: self.values.fetch_with(session, ranges))
        from adicom.io.session import BlockingSession

        with BlockingSession() as own:
            return own.run(lambda _: self.values.fetch(ranges))


def values_of(
    fp: Any,
    source: AsyncSource | LocalSource | None = None,
    *,
    identity: Identity | None = None,
    seen: Identity | None = None,
    session: Session | None = None,
    options: ReadOptions | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> Values | None:
    """Return what fetches deferred values later, or None if the source cannot be read again.

    Args:
        fp: What the caller passed.
        source: What it was resolved to, after the parse; None to bind to something that was not read.
        identity: The state that the object must be in; that of the source by default.
        seen: What the first answer said of it, for a source that has no attribute for it.
        session: The caller's session.
        options: How the call read.
        storage_options: Those of the call.

    Example:
        >>> values_of(b"0123456789").fetch_now([(2, 2)])
        [b'23']
        >>> values_of(iter([b"0123456789"])) is None
        True
    """
    options = options or ReadOptions()
    if identity is None:
        identity = getattr(source, "identity", None)
    if is_remote(fp):
        if source is not None and not source.rereadable:
            return None
        return RemoteValues(
            remote_place(fp),
            identity,
            session=session,
            options=options,
            storage_options=storage_options,
            stats=None if source is None else source.stats,
        )
    found = resolve_async(fp) if source is None else source
    if isinstance(found, InlineSource):
        found = found.local
    if identity is None:
        identity = getattr(found, "identity", None) or seen
    if not found.rereadable:
        return None
    mode = options.identity
    if isinstance(found, BytesSource):
        return LocalValues(partial(BytesSource, found.data), found.name, identity=Identity(size=len(found.data)))
    if isinstance(found, PathSource):
        reopen = partial(PathSource, os.path.abspath(found.path), found.base)
        return LocalValues(reopen, found.name, identity=identity, mode=mode)
    return _file_values(found, identity, mode)


def _file_values(source: AsyncSource | LocalSource, identity: Identity | None, mode: Any) -> Values:
    file = getattr(source, "file", None)
    # What anyio and aiofiles wrap around.
    inner = getattr(file, "wrapped", None) or getattr(file, "_file", None) or file
    path = path_of(inner)
    base = getattr(source, "base", None)
    if path is not None and base is not None:
        return LocalValues(partial(PathSource, path, base), source.name, identity=identity, mode=mode)
    if isinstance(source, FileSource) or hasattr(source, "close"):
        known = {"identity": identity, "mode": mode}
        return LocalValues(lambda: source, source.name, owned=False, **known)  # type: ignore[arg-type,return-value] # it has close()
    return LiveValues(source, identity, mode)
