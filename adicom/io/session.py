"""The session: what the reads of one program share."""

from __future__ import annotations

import os
import warnings
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

from adicom.io.eventloop import current_loop, on_trio
from adicom.io.names import scheme_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from types import TracebackType

    import aiohttp

    from adicom.io.base import AsyncSource, Identity, ReadOptions
    from adicom.io.budget import Budget
    from adicom.io.clients import Backend, Clients
    from adicom.io.experience import HeaderSizes

__all__ = ("BlockingSession", "Session", "borrow_session")

T = TypeVar("T")


class Session:
    """Owns connections, stores and filesystems; an async context manager that may be entered once.

    It belongs to the event loop it was entered in. On trio its clients live in a network thread of its own.

    Args:
        connections: How many requests may be under way at a time.
        timeout: Seconds that one request may be without progress.
        retries: How often one request is repeated after a transient failure.
        storage_options: Credentials and endpoints, for all URLs that the session reads.
        backend: What reads s3, gs and az URLs: ``"obstore"``, ``"fsspec"``, or ``"auto"`` for what fits.
        http: An aiohttp session of your own, for http and https; it is never closed here.

    Example:
        >>> async def main() -> None:
        ...     async with Session(connections=8) as session:
        ...         print(session)
        >>> import asyncio
        >>> asyncio.run(main())
        <Session connections=8 backend=auto open>
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
        # Here, so that importing adicom does not import an event loop.
        from adicom.io.clients import Clients
        from adicom.io.network import NetworkThread

        self._clients = Clients(
            connections=connections,
            timeout=timeout,
            retries=retries,
            storage_options=storage_options,
            backend=backend,
            http=http,
        )
        self._network = NetworkThread()
        self._owner: object = None
        self._closed = False
        self._pid = os.getpid()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open" if self._owner else "not entered"
        return f"<Session connections={self._clients.connections} backend={self._clients.backend} {state}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a session cannot be pickled: it holds connections and credentials")

    async def __aenter__(self) -> Self:
        if self._owner is not None:
            raise RuntimeError("a session can be entered once")
        self._owner = current_loop()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        from adicom.io.concurrency import finish

        self.check()
        self._closed = True
        try:
            await finish(self._close())
        finally:
            self._network.stop()

    async def _close(self) -> None:
        if self._network.loop is None:
            await self._clients.aclose()
        else:
            await self._network.run_from_trio(self._clients.aclose)

    @property
    def is_open(self) -> bool:
        """Whether it was entered and not left."""
        return self._owner is not None and not self._closed

    @property
    def storage_options(self) -> Mapping[str, Any]:
        """Those that it was made with; they may hold credentials."""
        return self._clients.storage_options

    @property
    def clients(self) -> Clients:
        """What sinks take their connections from, inside :meth:`perform`."""
        return self._clients

    @property
    def header_sizes(self) -> HeaderSizes:
        """What the headers took that were read through it."""
        return self._clients.header_sizes

    @property
    def has_options(self) -> bool:
        """Whether reading through it takes more than a URL."""
        return bool(self._clients.storage_options) or not self._clients.own_http

    @property
    def usable_here(self) -> bool:
        """Whether the running task may use it."""
        try:
            self.check()
        except RuntimeError:
            return False
        return True

    def check(self) -> None:
        """Raise RuntimeError if the session cannot be used here and now."""
        if os.getpid() != self._pid:
            raise RuntimeError("a session does not work in a forked process; make a new one there")
        if self._closed:
            raise RuntimeError("the session is closed")
        if self._owner is None:
            raise RuntimeError("the session was not entered: use `async with adicom.Session() as session:`")
        if current_loop() not in (self._owner, self._network.loop):
            raise RuntimeError("the session belongs to another event loop: make one in each loop")

    async def perform(self, operation: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Return ``operation(*arguments)``, run where the clients live.

        That is right here on asyncio, in the network thread on trio.
        """
        self.check()
        if not on_trio():
            return await operation(*arguments)
        self._require_own_http()
        return await self._network.run_from_trio(partial(operation, *arguments))

    def open_source(
        self,
        place: str | tuple[Any, ...],
        options: ReadOptions,
        *,
        storage_options: Mapping[str, Any] | None = None,
        budget: Budget | None = None,
        known: Identity | None = None,
    ) -> AsyncSource:
        """Return the source at a URL, or at (filesystem, path) or (store, path)."""
        self.check()
        source = _remote_source(self._clients, place, options, storage_options, budget, known)
        if not on_trio():
            return source
        from adicom.io.network import BridgedSource

        self._require_own_http()
        return BridgedSource(self._network, source)

    def _require_own_http(self) -> None:
        if not self._clients.own_http:
            raise RuntimeError("http= takes an aiohttp session of the running asyncio loop; there is none on trio")


class BlockingSession:
    """The session of :mod:`adicom.sync`: a context manager whose reads block.

    Its clients live in a network thread, started on first use, so that it can be used from any thread.
    The arguments are those of :class:`Session`, without ``http``.

    Example:
        >>> with BlockingSession(connections=8) as session:
        ...     print(session)
        <BlockingSession connections=8 backend=auto>
    """

    def __init__(
        self,
        *,
        connections: int = 64,
        timeout: float = 30.0,
        retries: int = 4,
        storage_options: Mapping[str, Any] | None = None,
        backend: Backend = "auto",
    ) -> None:
        from adicom.io.network import NetworkThread

        self._session = Session(
            connections=connections, timeout=timeout, retries=retries, storage_options=storage_options, backend=backend
        )
        self._network = NetworkThread()
        self._connections = connections
        self._backend = backend
        self._closed = False

    def __repr__(self) -> str:
        return f"<BlockingSession connections={self._connections} backend={self._backend}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a session cannot be pickled: it holds connections and credentials")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        """Whether it can still be used."""
        return not self._closed

    def run(self, operation: Callable[[Session], Awaitable[T]]) -> T:
        """Run an operation on the network thread, with the session that lives there, and wait for it."""
        if self._closed:
            raise RuntimeError("the session is closed")

        async def with_session() -> T:
            if not self._session.is_open:
                await self._session.__aenter__()
            return await operation(self._session)

        return self._network.run_blocking(with_session)

    def close(self) -> None:
        """Close the connections and end the thread."""
        self._closed = True
        try:
            if self._network.loop is not None:
                self._network.run_blocking(partial(_leave, self._session))
            self._network.stop()
        except BaseException:
            # It may not even have begun.
            self._network.abandon(partial(_leave, self._session))
            raise

    def __del__(self) -> None:
        # One that was forgotten, or whose close() a KeyboardInterrupt has kept from beginning.
        network = getattr(self, "_network", None)
        if network is not None and network.loop is not None:
            warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self, stacklevel=2)
            network.abandon(partial(_leave, self._session))


async def _leave(session: Session) -> None:
    if session.is_open:
        await session.__aexit__(None, None, None)


@asynccontextmanager
async def borrow_session(
    session: Session | None, storage_options: Mapping[str, Any] | None = None
) -> AsyncIterator[Session]:
    """Give the caller's session, or one that is closed at the end.

    Example:
        >>> async def main() -> None:
        ...     async with borrow_session(None) as session:
        ...         print(session.is_open)
        >>> import asyncio
        >>> asyncio.run(main())
        True
    """
    if session is not None:
        session.check()
        yield session
        return
    async with Session(storage_options=storage_options) as own:
        yield own


def _remote_source(
    clients: Clients,
    place: str | tuple[Any, ...],
    options: ReadOptions,
    storage_options: Mapping[str, Any] | None,
    budget: Budget | None,
    known: Identity | None,
) -> AsyncSource:
    settings = clients.settings(options, budget)
    if isinstance(place, str) and scheme_of(place) in ("http", "https"):
        from adicom.io.http import HttpSource

        return HttpSource(clients, place, settings, storage_options=storage_options, known=known)
    from adicom.io.cloud import cloud_source

    return cloud_source(clients, place, settings, storage_options=storage_options, known=known)
