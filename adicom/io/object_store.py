"""The source over obstore: objects in S3, Google Cloud Storage, Azure."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Final, TypeVar

import obstore
from obstore.exceptions import PermissionDeniedError, PreconditionError, UnauthenticatedError

from adicom.errors import (
    DicomError,
    SourceChangedError,
    SourceError,
    SourceNotFoundError,
    SourcePermissionError,
    SourceTimeoutError,
)
from adicom.io.base import Answer, Identity
from adicom.io.faults import from_status, is_transient_status
from adicom.io.httpmessages import check_encoding, refuse_multipart, refuse_page
from adicom.io.identity import merge_identity, require_same, version_of
from adicom.io.retry import TransientFault, with_retries
from adicom.io.stats import IOStats

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from obstore import GetOptions, GetResult
    from obstore.store import ObjectStore

    from adicom.io.clients import Clients, Settings

__all__ = ("ObjectStoreSource",)

T = TypeVar("T")

# obstore has no attribute that tells the status.
_STATUS: Final = re.compile(r"status code: (\d{3})")
# What its stores without a server say to a range behind the end, and what it says to an answer that has none.
_NO_SUCH_RANGE: Final = ("Wanted range starting", "Requested range was invalid")

_PIECE: Final = 1024 * 1024
"""The bytes of an answer that a broken connection may cost. A range that is no longer is awaited as a whole: in pieces
one of 16 to 256 KiB takes 15 to 30 % more CPU time, longer ones about the same (``benchmarks/obstore_pieces.py``)."""

_SLOWEST: Final = 64 * 1024
"""The bytes that a piece brings in each ``timeout`` at the least: a store that never answers is not waited for."""


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
        self._size: int | None = None  # as the last answer told

    async def read_at(self, offset: int, size: int) -> Answer:
        """Return bytes from ``offset`` on, at most ``size`` of them."""
        started = time.perf_counter()
        pieces: list[bytes] = []
        try:
            return await with_retries(
                self._attempt,
                offset,
                size,
                pieces,
                retries=self._settings.retries,
                stats=self.stats,
                budget=self._settings.budget,
            )
        finally:
            self.stats.seconds += time.perf_counter() - started

    async def aclose(self) -> None:
        """Do nothing; stores are the session's."""

    async def _attempt(self, offset: int, size: int, pieces: list[bytes]) -> Answer:
        """Try once; ``pieces`` are what earlier attempts got, so that this one goes on behind them."""
        start = offset + sum(map(len, pieces))
        if start == offset + size:  # it broke behind the last byte
            return self._answer(pieces)
        try:
            store = await self._open_store()
            async with self._clients.limiter:
                with self._settings.budget.granted(offset + size - start, self.stats) as granted:
                    self.stats.requests += 1
                    attributes = await self._ask(store, start, start + granted, pieces)
            answer = self._answer(pieces)
            if offset == 0:
                refuse_multipart(attributes, self.name)
                refuse_page(attributes, answer.data, self.name)
            return answer
        except (DicomError, TransientFault) as error:
            # The frames hold what is left of the answer, and so its connection.
            fault: Exception | Answer = error.with_traceback(None)
        except Exception as error:  # noqa: BLE001 - obstore's own, those of its runtime, those of who has credentials
            fault = self._fault(error, start, pieces)
        # Out here what obstore raised is not the context: its text holds the URL.
        if isinstance(fault, Answer):
            return fault
        raise fault

    async def _ask(self, store: ObjectStore, start: int, end: int, pieces: list[bytes]) -> Mapping[str, str]:
        """Send one request, add what comes to ``pieces``, and return what is said of it."""
        options: GetOptions = {"range": (start, end)}
        if self._settings.identity == "strict" and self.identity and self.identity.strong_etag:
            options["if_match"] = self.identity.strong_etag
        result = await self._wait(obstore.get_async(store, self._path, options=options))
        attributes: Mapping[str, str] = result.attributes
        self._check(result, attributes, start, end)
        await self._receive(result, pieces)
        return attributes

    def _check(self, result: GetResult, attributes: Mapping[str, str], start: int, end: int) -> None:
        check_encoding(attributes, self.name)
        first, behind = result.range
        if first != start or not start < behind <= end:
            raise SourceError(f"{self.name}: the store answered with another range than the one asked for")
        meta = result.meta
        modified = meta["last_modified"]
        seen = Identity(
            etag=meta["e_tag"],
            size=meta["size"],
            modified=modified.isoformat() if modified.timestamp() else None,
            version=version_of(meta["version"]),
        )
        # What was known before may be from elsewhere: ds.rebind() leaves nothing but ETag and size of it.
        alike = self._size is not None or (self.identity is not None and self.identity.modified is not None)
        require_same(self.identity, seen, self._settings.identity, self.name, alike=alike)
        self.identity = merge_identity(self.identity, seen)
        self._size = seen.size

    async def _receive(self, result: GetResult, pieces: list[bytes]) -> None:
        length = result.range[1] - result.range[0]
        before = sum(map(len, pieces))
        if self.stats.exact and length <= _PIECE:
            data = await self._wait(result.bytes_async(), length)
            self._keep(data.to_bytes(), pieces, before + length)
        else:
            stream = result.stream(min_chunk_size=_PIECE if self.stats.exact else 1)
            while (piece := await self._wait(anext(stream, None))) is not None:
                self._keep(piece, pieces, before + length)
        got = sum(map(len, pieces)) - before
        if got < length:
            raise TransientFault(SourceError(f"{self.name}: the answer ended after {got} of {length} bytes"))

    def _keep(self, data: bytes, pieces: list[bytes], limit: int) -> None:
        self.stats.bytes += len(data)
        if sum(map(len, pieces)) + len(data) > limit:
            raise SourceError(f"{self.name}: the store sent more than its Content-Range says")
        pieces.append(data)

    async def _wait(self, waiting: Awaitable[T], size: int = 0) -> T:
        """Return what comes.

        The stores of a session know its timeout, once for the connection and once for each step of the answer; this
        is for what they forget. One of the caller's does not know it.
        """
        patience = 3 * (1 + size // _SLOWEST) if self.stats.exact else 1
        async with asyncio.timeout(self._settings.timeout * patience):
            return await waiting

    def _answer(self, pieces: list[bytes]) -> Answer:
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return Answer(data, self.identity, self._size)

    def _fault(self, error: Exception, start: int, pieces: list[bytes]) -> Exception | Answer:
        """Return what to raise for what obstore raised, or the answer that it is."""
        found = _STATUS.search(text := str(error))
        status = int(found[1]) if found else 0
        if status == 416 or any(words in text for words in _NO_SUCH_RANGE):
            return self._end_at(start, pieces)
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
        if isinstance(error, TimeoutError) or "TimedOut" in text or "kind: Timeout" in text:
            return TransientFault(SourceTimeoutError(f"{self.name}: nothing came for {self._settings.timeout:g} s"))
        if "HTTP error" in text:
            return TransientFault(SourceError(f"{self.name}: the connection broke"))
        return SourceError(f"{self.name} cannot be read by obstore ({type(error).__name__})")

    def _end_at(self, start: int, pieces: list[bytes]) -> Exception | Answer:
        """Return the end of the object, or what to raise where it had more bytes before."""
        if self.identity is None or self.identity.size is None:
            # Nothing of it can be had from its start on: it is empty.
            return Answer(b"".join(pieces), self.identity, 0 if start == 0 else None)
        if start < self.identity.size and self._settings.identity != "off":
            return SourceChangedError(f"{self.name} changed while it was being read: another size")
        return self._answer(pieces)
