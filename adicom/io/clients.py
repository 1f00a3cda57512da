"""The clients of one event loop: connections, stores, filesystems.

All of it belongs to an asyncio loop; nothing is imported or made before it is needed.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from adicom.io.budget import Budget
from adicom.io.concurrency import in_thread
from adicom.io.experience import HeaderSizes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    import aiohttp

    from adicom.io.base import IdentityMode, ReadOptions

__all__ = ("Backend", "Clients", "Settings")

Backend: TypeAlias = Literal["auto", "obstore", "fsspec"]


class Settings:
    """What one source goes by: the options of the call, completed by the session's.

    Args:
        options: Of the call.
        clients: With the session's defaults.
        budget: What the call may spend; made from the options if it is None.
    """

    __slots__ = ("allow_full_reread", "budget", "identity", "retries", "timeout")

    def __init__(self, options: ReadOptions, clients: Clients, budget: Budget | None = None) -> None:
        self.timeout = clients.timeout if options.timeout is None else options.timeout
        self.retries = clients.retries if options.retries is None else options.retries
        self.identity: IdentityMode = options.identity
        self.allow_full_reread = options.allow_full_reread
        self.budget = budget or Budget(options)


class Clients:
    """Makes each client once, and closes those it made.

    Args:
        connections: How many requests may be under way at a time.
        timeout: Seconds that one request may be without progress.
        retries: How often one request is repeated after a transient failure.
        storage_options: Defaults for all stores and filesystems.
        backend: What reads s3, gs and az URLs.
        http: An aiohttp session of the caller's, which stays open.

    Attributes:
        header_sizes: What was learned from the objects that were read.
    """

    def __init__(
        self,
        *,
        connections: int = 64,
        timeout: float = 30.0,
        retries: int = 4,
        storage_options: Mapping[str, Any] | None = None,
        backend: Backend = "auto",
        http: aiohttp.ClientSession | None = None,
    ) -> None:
        if backend not in ("auto", "obstore", "fsspec"):
            raise ValueError('backend must be "auto", "obstore" or "fsspec"')
        if connections < 1 or timeout <= 0 or retries < 0:
            raise ValueError("connections and timeout must be above zero, retries not below")
        self.connections = connections
        self.timeout = timeout
        self.retries = retries
        self.storage_options = dict(storage_options or {})
        self.backend = backend
        self.header_sizes = HeaderSizes()
        self.own_http = http is None
        self._http = http
        self._http_elsewhere: aiohttp.ClientSession | None = None
        self._http_for_uploads: aiohttp.ClientSession | None = None
        self.limiter = asyncio.Semaphore(connections)  # for clients that have no bound of their own
        self._made: dict[Any, Any] = {}
        self._making = asyncio.Lock()
        self._locks: dict[int, tuple[object, asyncio.Lock]] = {}
        self._exits = AsyncExitStack()

    def settings(self, options: ReadOptions, budget: Budget | None = None) -> Settings:
        """Return what a source goes by that one call reads."""
        return Settings(options, self, budget)

    def http(self) -> aiohttp.ClientSession:
        """Return the aiohttp session; called in the loop."""
        if self._http is None:
            import aiohttp

            self._http = self._new_http(connector=aiohttp.TCPConnector(limit=self.connections))
        return self._http

    def http_elsewhere(self) -> aiohttp.ClientSession:
        """Return a session that sends nothing of the caller's: headers, userinfo and cookies are for one origin."""
        if self.own_http:
            return self.http()
        if self._http_elsewhere is None:
            given = self.http()
            self._http_elsewhere = self._new_http(
                connector=given.connector, connector_owner=False, trust_env=given.trust_env
            )
        return self._http_elsewhere

    def http_for_uploads(self) -> aiohttp.ClientSession:
        """Return a session whose connections no read waits for: an upload may hold one while its source is read."""
        if not self.own_http:
            return self.http()
        if self._http_for_uploads is None:
            import aiohttp

            self._http_for_uploads = self._new_http(connector=aiohttp.TCPConnector(limit=self.connections))
        return self._http_for_uploads

    def _new_http(self, **options: Any) -> aiohttp.ClientSession:
        import aiohttp

        # A body in another encoding is refused, not decoded.
        http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, **options)
        # aiohttp repeats a broken request once by itself; what it does not count would break the budget.
        http._retry_connection = False
        self._exits.push_async_callback(http.close)
        return http

    async def make_once(
        self, key: Any, make: Callable[[], Any], close: Callable[[Any], Awaitable[None]] | None = None
    ) -> Any:
        """Return what ``make`` gave for this key the first time.

        Args:
            key: Names it.
            make: Runs in a worker thread, because it may block.
            close: Is called with it at the end.
        """
        if key not in self._made:
            async with self._making:
                if key not in self._made:
                    made = self._made[key] = await in_thread(make)
                    if close is not None:
                        self._exits.push_async_callback(close, made)
        return self._made[key]

    def lock_of(self, thing: object) -> asyncio.Lock:
        """Return the lock that belongs to an object which can do one thing at a time."""
        # The object is kept too, so that its id stays its own.
        lock: asyncio.Lock = self._locks.setdefault(id(thing), (thing, asyncio.Lock()))[1]
        return lock

    async def aclose(self) -> None:
        """Close what was made here."""
        try:
            await self._exits.aclose()
        finally:
            self._locks.clear()
            if self._made:
                # What filesystems do when they are dropped is meant for where no loop runs.
                await in_thread(self._made.clear)
        self._http_elsewhere = None
        if self.own_http and (self._http or self._http_for_uploads) is not None:
            self._http = self._http_for_uploads = None
            # A connection that was given up a moment ago is closed by the loop in its next turn.
            await asyncio.sleep(0)
