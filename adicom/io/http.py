"""The source over http and https."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from adicom.errors import SourceError, SourceTimeoutError
from adicom.io.base import Answer, Identity
from adicom.io.faults import from_status, is_transient_status
from adicom.io.httpmessages import (
    ContentRange,
    check_encoding,
    check_range,
    identity_of,
    is_part,
    is_whole,
    refuse_multipart,
    refuse_page,
    unsatisfied_size,
)
from adicom.io.identity import merge_identity, require_same
from adicom.io.names import public_url
from adicom.io.redirects import Destination, get
from adicom.io.retry import TransientFault, parse_retry_after, with_retries
from adicom.io.stats import IOStats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adicom.io.clients import Clients, Settings

__all__ = ("LASTING", "HttpSource", "client_timeout", "own_headers")

_SKIP_BLOCK: Final = 256 * 1024

# What aiohttp raises where another attempt has no better chance.
LASTING: Final = (
    aiohttp.InvalidURL,
    aiohttp.ClientResponseError,
    aiohttp.ClientSSLError,
    aiohttp.ClientConnectorDNSError,
)


class HttpSource:
    """An object behind a URL, read by range; never asked for with HEAD.

    A server that answers 200 to a range is read forward from that same answer. With ``by_range`` off, any server
    is, and the body is given as it comes: whoever turns that off looks at ``answered`` for how it is encoded.

    Args:
        clients: Of the running loop.
        url: May hold userinfo and a signed query; neither is ever shown, or sent to another origin.
        settings: How to read.
        storage_options: ``{"headers": {...}}`` for each request to the origin of the URL.
        known: The identity that the object had before.

    Attributes:
        by_range: Whether a request asks for a range.
        takes_multipart: Whether the answer may be a multipart message.
        answered: The headers of the latest answer that had bytes of the object.
    """

    __slots__ = (
        "_answered",
        "_body",
        "_clients",
        "_destination",
        "_settings",
        "_timeout",
        "_whole",
        "answered",
        "by_range",
        "identity",
        "name",
        "rereadable",
        "stats",
        "takes_multipart",
    )

    def __init__(
        self,
        clients: Clients,
        url: str,
        settings: Settings,
        *,
        storage_options: Mapping[str, Any] | None = None,
        known: Identity | None = None,
    ) -> None:
        self.name = public_url(url)
        self.stats = IOStats(exact=clients.own_http)
        self.identity = known
        self.rereadable = True
        self.by_range = True
        self.takes_multipart = False
        self.answered: Mapping[str, str] = {}
        self._clients = clients
        self._settings = settings
        self._destination = Destination(url, own_headers(storage_options, clients), self.name)
        self._timeout = client_timeout(settings.timeout)
        self._answered = False
        self._whole = False  # the last answer was all of the object
        self._body: _Body | None = None  # while nobody reads from it

    @property
    def concurrent(self) -> bool:
        """Whether several reads at a time are several requests; a body is read by one."""
        return self._answered and not self._whole and self.rereadable

    @property
    def follows_redirects_elsewhere(self) -> bool:
        """Whether a redirect may lead to another origin."""
        return self._destination.may_leave

    @follows_redirects_elsewhere.setter
    def follows_redirects_elsewhere(self, follows: bool) -> None:
        self._destination.may_leave = follows

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
        """Drop the connection of an answer that was not read to its end."""
        if self._body is not None:
            self._body.close()
            self._body = None

    async def _attempt(self, offset: int, size: int, pieces: list[bytes]) -> Answer:
        """Try once; ``pieces`` are what earlier attempts got, so that this one goes on behind them."""
        try:
            # It is taken away, so that nobody else reads from it meanwhile.
            body, self._body = self._body, None
            if body is not None and body.position > offset:
                body.close()
                body = None
            if body is None:
                found = await self._request(offset, size, pieces)
                if isinstance(found, Answer):
                    return found
                body = found
            return await self._read_body(body, offset, size)
        except (SourceError, TransientFault):
            raise
        except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
            fault = self._fault(error)
        # Out here what aiohttp raised is not the context: it holds the URL and the headers.
        raise fault

    async def _request(self, offset: int, size: int, pieces: list[bytes]) -> Answer | _Body:
        """Return the bytes asked for, or the body of a server without ranges."""
        if not self.rereadable:
            raise SourceError(f"{self.name} cannot go back to byte {offset}: the server has no ranges")
        start = offset + sum(map(len, pieces))
        if start == offset + size:  # it broke behind the last byte
            return Answer(b"".join(pieces), self.identity, None if self.identity is None else self.identity.size)
        with self._settings.budget.granted(offset + size - start, self.stats) as granted:
            response = await self._send(start, start + granted)
            body: _Body | None = None
            try:
                if self.by_range and _is_range(response, start, start + granted):
                    return await self._read_range(response, offset, start, start + granted, pieces)
                if response.status == 200:
                    body = self._start_body(response, offset, resumed=bool(pieces))
                    return body
                return self._no_bytes(response, start, pieces)
            finally:
                if body is None:
                    # Gives the connection back where the answer was read to its end, else closes it.
                    response.release()

    async def _send(self, start: int, end: int) -> aiohttp.ClientResponse:
        headers = {}
        if self.by_range:
            headers = {"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
        if self._settings.identity == "strict" and self.identity and self.identity.strong_etag:
            headers["If-Match"] = self.identity.strong_etag
        return await get(self._clients, self._destination, headers, timeout=self._timeout, count=self._count)

    def _count(self) -> None:
        self._settings.budget.admit_request(self.stats)
        self.stats.requests += 1

    async def _read_range(
        self, response: aiohttp.ClientResponse, offset: int, start: int, end: int, pieces: list[bytes]
    ) -> Answer:
        check_encoding(response.headers, self.name)
        content = check_range(response.headers, start, end, self.name)
        self._see(identity_of(response.headers, content.size))
        self.answered = response.headers
        await self._receive(response, content, pieces)
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if offset == 0:
            self._refuse_wrapped(response, data)
        return Answer(data, self.identity, content.size)

    async def _receive(self, response: aiohttp.ClientResponse, content: ContentRange, pieces: list[bytes]) -> None:
        length, got = content.end - content.start, 0
        while piece := await response.content.readany():
            got += len(piece)
            self.stats.bytes += len(piece)
            if got > length:
                raise SourceError(f"{self.name}: the server sent more than its Content-Range says")
            pieces.append(piece)
        if got < length:
            raise TransientFault(SourceError(f"{self.name}: the answer ended after {got} of {length} bytes"))

    def _start_body(self, response: aiohttp.ClientResponse, offset: int, *, resumed: bool) -> _Body:
        """Return the answer of a server without ranges: it gives the object from its start."""
        if self.by_range:
            check_encoding(response.headers, self.name)
        if not is_whole(response.headers):
            raise SourceError(f"{self.name}: the server answered 200, but with a Content-Range that was not asked for")
        fits = offset == 0 and not self._answered and not resumed
        if not (fits or self._settings.allow_full_reread):
            raise SourceError(
                f"{self.name}: the server sent the whole object where byte {offset} on was asked for; "
                "allow_full_reread=True reads up to there"
            )
        length = response.content_length
        self._see(identity_of(response.headers, length))
        self.answered = response.headers
        self._whole = True
        self.rereadable = self.by_range and self._settings.allow_full_reread
        return _Body(response, length)

    async def _read_body(self, body: _Body, offset: int, size: int) -> Answer:
        try:
            while body.position < offset and await self._take(body, min(offset - body.position, _SKIP_BLOCK)):
                pass
            data = await self._take(body, size) if body.position == offset else b""
        except BaseException:
            body.close()
            raise
        if self._body is None:
            self._body = body
        else:
            body.close()
        return Answer(data, self.identity, body.size)

    async def _take(self, body: _Body, size: int) -> bytes:
        is_first = body.position == 0
        with self._settings.budget.granted(size, self.stats, begun=True) as granted:
            data = await body.read(granted)
            self.stats.bytes += len(data)
        if is_first and data:
            self._refuse_wrapped(body.response, data)
        return data

    def _refuse_wrapped(self, response: aiohttp.ClientResponse, data: bytes) -> None:
        """Raise if the answer is a message around the object, or a page in its place."""
        if not self.takes_multipart:
            refuse_multipart(response.headers, self.name)
        if self.by_range:
            refuse_page(response.headers, data, self.name)

    def _no_bytes(self, response: aiohttp.ClientResponse, start: int, pieces: list[bytes]) -> Answer:
        """Return the end of the source, or raise what the status means."""
        status = response.status
        if status == 416:
            size = unsatisfied_size(response.headers.get("Content-Range"))
            if size is None:
                # No range behind the start can be satisfied where the object is empty.
                size = 0 if start == 0 else None if self.identity is None else self.identity.size
            if size is not None and start >= size:
                self._see(Identity(size=size), alike=False)
                return Answer(b"".join(pieces), self.identity, size)
        error = from_status(status, self.name)
        if is_transient_status(status):
            raise TransientFault(error, parse_retry_after(response.headers.get("Retry-After")))
        raise error

    def _see(self, seen: Identity, *, alike: bool = True) -> None:
        # What was known before may be from elsewhere: ds.rebind() leaves nothing but ETag and size of it.
        alike = alike and (self._answered or (self.identity is not None and self.identity.modified is not None))
        require_same(self.identity, seen, self._settings.identity, self.name, alike=alike)
        self.identity = merge_identity(self.identity, seen)
        self._answered = True

    def _fault(self, error: Exception) -> Exception:
        """Return what to raise for what aiohttp raised, without its text: that may hold the URL."""
        kind = type(error).__name__
        if isinstance(error, LASTING):
            return SourceError(f"{self.name} cannot be read ({kind})")
        if isinstance(error, TimeoutError):
            passing: SourceError = SourceTimeoutError(f"{self.name}: nothing came for {self._settings.timeout:g} s")
        else:
            passing = SourceError(f"{self.name}: the connection broke ({kind})")
        # A server without ranges cannot take up a broken answer.
        return TransientFault(passing) if self.rereadable else passing


class _Body:
    """The answer of a server without ranges.

    Args:
        response: The answer.
        size: Its length, where the server told.
    """

    __slots__ = ("position", "response", "size")

    def __init__(self, response: aiohttp.ClientResponse, size: int | None) -> None:
        self.response = response
        self.size = size
        self.position = 0

    async def read(self, size: int) -> bytes:
        """Return what has come, at most ``size`` bytes; ``b""`` is the end."""
        data = await self.response.content.read(size)
        self.position += len(data)
        if not data:
            self.size = self.position
        return data

    def close(self) -> None:
        """Give the connection back if all was read, else close it."""
        self.response.release()


def _is_range(response: aiohttp.ClientResponse, start: int, end: int) -> bool:
    return response.status == 206 or (response.status == 200 and is_part(response.headers, start, end))


@lru_cache(maxsize=8)
def client_timeout(seconds: float) -> aiohttp.ClientTimeout:
    """Return the timeout of a request that may take so long without progress."""
    return aiohttp.ClientTimeout(total=None, sock_connect=seconds, sock_read=seconds)


def own_headers(storage_options: Mapping[str, Any] | None, clients: Clients) -> dict[str, str]:
    """Return the headers of the caller's: of the call, else of the session."""
    if storage_options is None:
        # What else a session holds is meant for its stores.
        return dict(clients.storage_options.get("headers") or {})
    unknown = storage_options.keys() - {"headers"}
    if unknown:
        raise ValueError(f"storage_options for http may hold headers, not {', '.join(sorted(unknown))}")
    return dict(storage_options.get("headers") or {})
