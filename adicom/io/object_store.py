"""The source over obstore: objects in S3, Google Cloud Storage, Azure."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Final

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, PreconditionError, UnauthenticatedError

from adicom.errors import (
    SourceChangedError,
    SourceError,
    SourceNotFoundError,
    SourcePermissionError,
    SourceTimeoutError,
)
from adicom.io.base import Answer, Identity
from adicom.io.faults import from_status, is_transient_status
from adicom.io.identity import merge_identity, require_same
from adicom.io.retry import TransientFault, with_retries
from adicom.io.stats import IOStats

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from obstore import GetOptions, GetResult
    from obstore.store import ObjectStore

    from adicom.io.clients import Clients, Settings

__all__ = ("ObjectStoreSource",)

# obstore has no attribute that tells the status.
_STATUS: Final = re.compile(r"status code: (\d{3})")
# What its stores without a server say to a range behind the end, and what it says to an answer that has none.
_NO_SUCH_RANGE: Final = ("Wanted range starting", "Requested range was invalid")


class ObjectStoreSource:
    """An object in a store of obstore's, read by range.

    Args:
        clients: Of the running loop.
        open_store: Gives the store.
        path: Of the object in the store.
        name: What messages call the object.
        settings: How to read.
        known: The identity that the object had before.
        exact: Whether the store was made with ``max_retries=0``, so that each request is counted.
    """

    rereadable = True
    concurrent = True

    def __init__(
        self,
        clients: Clients,
        open_store: Callable[[], Awaitable[ObjectStore]],
        path: str,
        name: str,
        settings: Settings,
        *,
        known: Identity | None = None,
        exact: bool = True,
    ) -> None:
        self.name = name
        self.stats = IOStats(exact=exact)
        self.identity = known
        self._clients = clients
        self._open_store = open_store
        self._path = path
        self._settings = settings

    async def read_at(self, offset: int, size: int) -> Answer:
        """Return bytes from ``offset`` on, at most ``size`` of them."""
        started = time.perf_counter()
        try:
            return await with_retries(
                lambda: self._attempt(offset, size),
                retries=self._settings.retries,
                stats=self.stats,
                budget=self._settings.budget,
            )
        finally:
            self.stats.seconds += time.perf_counter() - started

    async def aclose(self) -> None:
        """Do nothing; stores are the session's."""

    async def _attempt(self, offset: int, size: int) -> Answer:
        store = await self._open_store()
        async with self._clients.limiter:
            size = self._settings.budget.admit(size, self.stats)
            self.stats.requests += 1
            try:
                result = await obstore.get_async(store, self._path, options=self._options(offset, size))
                data = (await result.bytes_async()).to_bytes()
            except (BaseError, OSError, ValueError) as error:
                fault = self._fault(error, offset)
            else:
                return self._checked(result, data, offset, size)
        # Out here what obstore raised is not the context: its text holds the URL.
        if isinstance(fault, Answer):
            return fault
        raise fault

    def _options(self, offset: int, size: int) -> GetOptions:
        options: GetOptions = {"range": (offset, offset + size)}
        if self._settings.identity == "strict" and self.identity and self.identity.strong_etag:
            options["if_match"] = self.identity.strong_etag
        return options

    def _checked(self, result: GetResult, data: bytes, offset: int, size: int) -> Answer:
        self.stats.bytes += len(data)
        start, end = result.range
        if start != offset or end > offset + size or len(data) != end - start:
            raise SourceError(f"{self.name}: the store answered with another range than the one asked for")
        meta = result.meta
        modified = meta["last_modified"]
        seen = Identity(
            etag=meta["e_tag"],
            size=meta["size"],
            modified=modified.isoformat() if modified.timestamp() else None,
            version=meta["version"],
        )
        require_same(self.identity, seen, self._settings.identity, self.name)
        self.identity = merge_identity(self.identity, seen)
        return Answer(data, self.identity, seen.size)

    def _fault(self, error: Exception, offset: int) -> Exception | Answer:
        """Return what to raise for what obstore raised, or the answer that it is."""
        found = _STATUS.search(text := str(error))
        status = int(found[1]) if found else 0
        if status == 416 or any(words in text for words in _NO_SUCH_RANGE):
            # Nothing of the object can be had from its start on: it is empty.
            return Answer(b"", self.identity, 0 if offset == 0 else None)
        if isinstance(error, FileNotFoundError):
            return SourceNotFoundError(f"{self.name} cannot be read: there is no such object")
        if isinstance(error, PreconditionError):
            return SourceChangedError(f"{self.name} changed while it was being read: another ETag")
        if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
            return SourcePermissionError(f"{self.name} cannot be read: the store refuses access")
        if status:
            fault = from_status(status, self.name)
            return TransientFault(fault) if is_transient_status(status) else fault
        if "non-partial response" in text:
            return SourceError(
                f"{self.name}: the server answered 200 to a range, which obstore refuses; backend='fsspec' may read it"
            )
        if "TimedOut" in text or "kind: Timeout" in text:
            return TransientFault(SourceTimeoutError(f"{self.name}: nothing came for {self._settings.timeout:g} s"))
        if "HTTP error" in text:
            return TransientFault(SourceError(f"{self.name}: the connection broke"))
        return SourceError(f"{self.name} cannot be read ({type(error).__name__} of obstore)")
