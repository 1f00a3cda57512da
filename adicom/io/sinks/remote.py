"""The sinks that need a session: URLs, object stores, filesystems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.errors import DicomError, SourceError
from adicom.io.names import public_url, scheme_of
from adicom.io.session import Session
from adicom.io.sinks.faults import sink_fault
from adicom.io.sinks.outlets import MIB

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from adicom.io.clients import Clients
    from adicom.io.sinks.outlets import Outlet
    from adicom.io.sinks.resolve import SinkOptions

__all__ = ("RemoteOutlet", "make_outlet")


class RemoteOutlet:
    """An outlet whose clients live in a session; on trio all of it happens in the session's network thread.

    Args:
        place: A URL, a (filesystem, path) or a (store, path).
        session: Of the caller; None makes one, and closes it at the end.
        options: How to write.
    """

    def __init__(self, place: str | tuple[Any, ...], session: Session | None, options: SinkOptions) -> None:
        self.name = public_url(place) if isinstance(place, str) else place[1]
        self.block = MIB
        self._place = place
        self._given = session
        self._session: Session | None = None
        self._options = options
        self._outlet: Outlet | None = None

    @property
    def written(self) -> int:
        """How many bytes went out."""
        return self._outlet.written if self._outlet is not None else 0

    async def open(self) -> None:
        """Make the session, if there is none, and the outlet."""
        self._session = session = self._given or await Session().__aenter__()
        session.check()

        async def open_here() -> None:
            self._outlet = make_outlet(session.clients, self._place, self._options)
            await self._outlet.open()

        await self._perform(open_here)

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write all of it."""
        outlet = self._opened()
        await self._perform(lambda: outlet.write(data))

    async def commit(self) -> None:
        """Put in place what was written."""
        await self._perform(self._opened().commit)
        await self._leave()

    async def abort(self) -> None:
        """Take back what was written."""
        try:
            if self._outlet is not None:
                await self._perform(self._outlet.abort)
        finally:
            await self._leave()

    def _opened(self) -> Outlet:
        assert self._outlet is not None
        return self._outlet

    async def _perform(self, operation: Callable[[], Awaitable[None]]) -> None:
        """Do it where the clients live, and tell as a SinkError what they raise."""
        assert self._session is not None
        try:
            await self._session.perform(operation)
            return
        except Exception as error:  # each client has errors of its own
            if not _is_of_a_client(error):
                raise
            fault = sink_fault(error, self.name, self.written)
        # Out here what a client raised is not the context: its text may hold a credential.
        raise fault

    async def _leave(self) -> None:
        session, self._session = self._session, None
        if session is not None and session is not self._given:
            await session.__aexit__(None, None, None)


def make_outlet(clients: Clients, place: str | tuple[Any, ...], options: SinkOptions) -> Outlet:
    """Return the outlet at a URL, at (filesystem, path) or at (store, path)."""
    if isinstance(place, str) and scheme_of(place) in ("http", "https"):
        from adicom.io.sinks.http import HttpOutlet

        return HttpOutlet(clients, place, options)
    from adicom.io.sinks.cloud import cloud_outlet

    return cloud_outlet(clients, place, options)


def _is_of_a_client(error: Exception) -> bool:
    """Return whether neither adicom has said it already, nor it is a mistake of the caller's."""
    if isinstance(error, SourceError):
        return True  # of what sinks share with sources, such as the search for credentials
    return not isinstance(error, (DicomError, ImportError, TypeError, ValueError))
