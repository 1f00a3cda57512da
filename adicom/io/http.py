"""The source over http and https."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from yarl import URL

from adicom.errors import BudgetExceededError, SourceError, SourceTimeoutError
from adicom.io.base import Answer, Identity
from adicom.io.faults import from_status, is_transient_status
from adicom.io.httpmessages import (
    check_encoding,
    identity_of,
    is_html_page,
    is_part,
    is_whole,
    parse_content_range,
    unsatisfied_size,
)
from adicom.io.identity import merge_identity, require_same
from adicom.io.names import public_url
from adicom.io.retry import TransientFault, parse_retry_after, with_retries
from adicom.io.stats import IOStats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adicom.io.clients import Clients, Settings

__all__ = ("HttpSource",)

_MAX_REDIRECTS: Final = 10
_SKIP_BLOCK: Final = 256 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

# What aiohttp raises where another attempt has no better chance.
_LASTING: Final = (
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
        url: May hold userinfo and a signed query; neither is ever shown.
        settings: How to read.
        storage_options: ``{"headers": {...}}`` for each request.
        known: The identity that the object had before.

    Attributes:
        follows_redirects_elsewhere: Whether a redirect may lead to another origin.
        by_range: Whether a request asks for a range.
        takes_multipart: Whether the answer may be a multipart message.
        answered: The headers of the latest answer that had bytes of the object.
    """

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
        self.follows_redirects_elsewhere = True
        self.by_range = True
        self.takes_multipart = False
        self.answered: Mapping[str, str] = {}
        self._clients = clients
        self._settings = settings
        self._url = _parse_url(url, self.name)
        self._headers = _own_headers(storage_options, clients)
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=settings.timeout, sock_read=settings.timeout)
        self._answered = False
        self._body: _Body | None = None

    @property
    def concurrent(self) -> bool:
        """Whether several reads at a time are several requests; a body is read by one."""
        return self._answered and self._body is None and self.rereadable

    async def read_at(self, offset: int, size: int) -> Answer:
        """Return bytes from ``offset`` on, at most ``size`` of them."""
        started = time.perf_counter()
        pieces: list[bytes] = []
        try:
            return await with_retries(
                lambda: self._attempt(offset, size, pieces),
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
            if self._body is not None:
                if self._body.position <= offset:
                    return await self._read_body(offset, size)
                await self.aclose()
            return await self._request(offset, size, pieces)
        except (SourceError, TransientFault):
            raise
        except (aiohttp.ClientError, ConnectionError, TimeoutError) as error:
            fault = self._fault(error)
        # Out here what aiohttp raised is not the context: it holds the URL and the headers.
        raise fault

    async def _request(self, offset: int, size: int, pieces: list[bytes]) -> Answer:
        if not self.rereadable:
            raise SourceError(f"{self.name} cannot go back to byte {offset}: the server has no ranges")
        start = offset + sum(map(len, pieces))
        end = start + self._settings.budget.admit(offset + size - start, self.stats)
        response = await self._send(start, end)
        try:
            self.stats.requests += len(response.history)
            partial = response.status == 206 or (response.status == 200 and is_part(response.headers, start, end))
            if partial and self.by_range:
                return await self._read_range(response, offset, start, end, pieces)
            if response.status == 200:
                return await self._start_body(response, offset, size, bool(pieces))
            return self._no_bytes(response, start)
        finally:
            if self._body is None or self._body.response is not response:
                # Gives the connection back where the answer was read to its end, else closes it.
                response.release()

    async def _send(self, start: int, end: int) -> aiohttp.ClientResponse:
        headers = dict(self._headers)
        if self.by_range:
            headers |= {"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
        if self._settings.identity == "strict" and self.identity and self.identity.strong_etag:
            headers["If-Match"] = self.identity.strong_etag
        self.stats.requests += 1
        if not self.follows_redirects_elsewhere:
            return await self._send_within_origin(headers)
        return await self._clients.http().get(
            self._url,
            headers=headers,
            timeout=self._timeout,
            max_redirects=self._max_redirects(),
            raise_for_status=False,
            auto_decompress=False,
        )

    async def _send_within_origin(self, headers: dict[str, str]) -> aiohttp.ClientResponse:
        """Follow redirects that stay where they are.

        Raises:
            SourceError: One leads elsewhere, or there are too many.
        """
        url = self._url
        for _ in range(_MAX_REDIRECTS):
            response = await self._clients.http().get(
                url, headers=headers, timeout=self._timeout, allow_redirects=False, raise_for_status=False
            )
            target = response.headers.get("Location")
            if response.status not in _REDIRECTS or target is None:
                return response
            response.release()
            self.stats.requests += 1
            try:
                url = url.join(URL(target))
                same = url.origin() == self._url.origin()
            except ValueError:
                same = False
            if not same:
                raise SourceError(f"{self.name}: the server redirects to another origin, which is not followed")
        raise SourceError(f"{self.name}: too many redirects")

    async def _read_range(
        self, response: aiohttp.ClientResponse, offset: int, start: int, end: int, pieces: list[bytes]
    ) -> Answer:
        check_encoding(response.headers, self.name)
        content = parse_content_range(response.headers.get("Content-Range"))
        if content is None or content.start != start or content.end > end:
            raise SourceError(f"{self.name}: the server answered with another range than the one asked for")
        length = content.end - content.start
        if response.content_length not in (None, length):
            raise SourceError(f"{self.name}: the server's Content-Length differs from its Content-Range")
        self._see(identity_of(response.headers, content.size))
        self.answered = response.headers
        got = 0
        async for piece in response.content.iter_any():
            got += len(piece)
            self.stats.bytes += len(piece)
            if got > length:
                raise SourceError(f"{self.name}: the server sent more than its Content-Range says")
            pieces.append(piece)
        if got < length:
            raise TransientFault(SourceError(f"{self.name}: the answer ended after {got} of {length} bytes"))
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self._refuse_wrapped(response, offset, data)
        return Answer(data, self.identity, content.size)

    async def _start_body(self, response: aiohttp.ClientResponse, offset: int, size: int, resumed: bool) -> Answer:
        """Read on from the answer of a server without ranges: it gives the object from its start."""
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
        self._body = _Body(response, length)
        self.rereadable = self.by_range and self._settings.allow_full_reread
        return await self._read_body(offset, size)

    async def _read_body(self, offset: int, size: int) -> Answer:
        body = self._body
        assert body is not None
        try:
            while body.position < offset and await self._take(body, min(offset - body.position, _SKIP_BLOCK)):
                pass
            data = await self._take(body, size) if body.position == offset else b""
        except BaseException:
            await self.aclose()
            raise
        self._refuse_wrapped(body.response, offset, data)
        return Answer(data, self.identity, body.size)

    async def _take(self, body: _Body, size: int) -> bytes:
        data = await body.read(self._settings.budget.allow(size, self.stats))
        self.stats.bytes += len(data)
        return data

    def _no_bytes(self, response: aiohttp.ClientResponse, start: int) -> Answer:
        """Return the end of the source, or raise what the status means."""
        status = response.status
        if status == 416:
            size = unsatisfied_size(response.headers.get("Content-Range"))
            if size is None and start == 0:
                size = 0  # no range of it can be satisfied: it is empty
            if size is not None and start >= size:
                self._see(Identity(size=size))
                return Answer(b"", self.identity, size)
        error = from_status(status, self.name)
        if is_transient_status(status):
            raise TransientFault(error, parse_retry_after(response.headers.get("Retry-After")))
        raise error

    def _see(self, seen: Identity) -> None:
        require_same(self.identity, seen, self._settings.identity, self.name)
        self.identity = merge_identity(self.identity, seen)
        self._answered = True

    def _refuse_wrapped(self, response: aiohttp.ClientResponse, offset: int, data: bytes) -> None:
        if offset == 0 and response.content_type.startswith("multipart/") and not self.takes_multipart:
            raise SourceError(f"{self.name}: the server answered with a multipart message, not with the object")
        if offset == 0 and data and self.by_range and is_html_page(response.headers, data):
            raise SourceError(f"{self.name}: the server answered with an HTML page")

    def _max_redirects(self) -> int:
        limit = self._settings.budget.max_requests
        # aiohttp counts the redirect that it does not follow as well.
        return _MAX_REDIRECTS if limit is None else min(_MAX_REDIRECTS, limit - self.stats.requests + 1)

    def _fault(self, error: Exception) -> Exception:
        """Return what to raise for what aiohttp raised, without its text: that may hold the URL."""
        kind = type(error).__name__
        if isinstance(error, aiohttp.TooManyRedirects):
            bounded = self._max_redirects() < _MAX_REDIRECTS
            self.stats.requests += len(error.history) - 1
            if bounded:
                return BudgetExceededError("another redirect would be one request more than max_requests")
            return SourceError(f"{self.name}: too many redirects")
        if isinstance(error, _LASTING):
            return SourceError(f"{self.name} cannot be read ({kind})")
        if isinstance(error, TimeoutError):
            passing: SourceError = SourceTimeoutError(f"{self.name}: nothing came for {self._settings.timeout:g} s")
        else:
            passing = SourceError(f"{self.name}: the connection broke ({kind})")
        # A server without ranges cannot take up a broken answer.
        return TransientFault(passing) if self.rereadable else passing


class _Body:
    """The answer of a server without ranges, while it is read.

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


def _parse_url(url: str, name: str) -> URL:
    plain = url.partition("#")[0]
    # A signed query is only valid in the very spelling that was signed.
    encoded = plain.isascii() and plain.isprintable() and " " not in plain
    try:
        parsed = URL(plain, encoded=encoded)
    except ValueError:
        parsed = URL()
    if not parsed.host:
        raise ValueError(f"{name} is no valid URL")
    return parsed


def _own_headers(storage_options: Mapping[str, Any] | None, clients: Clients) -> dict[str, str]:
    if storage_options is None:
        # What else a session holds is meant for its stores.
        return dict(clients.storage_options.get("headers") or {})
    unknown = storage_options.keys() - {"headers"}
    if unknown:
        raise ValueError(f"storage_options for http may hold headers, not {', '.join(sorted(unknown))}")
    return dict(storage_options.get("headers") or {})
