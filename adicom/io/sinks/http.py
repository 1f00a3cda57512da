"""The sink over http and https: one PUT or POST."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from adicom.errors import SinkError, SinkTimeoutError, SourceError
from adicom.io.base import ReadOptions
from adicom.io.budget import Budget
from adicom.io.faults import is_transient_status
from adicom.io.http import LASTING, client_timeout, own_headers
from adicom.io.names import public_url
from adicom.io.redirects import MAX_REDIRECTS, Destination
from adicom.io.retry import TransientFault, parse_retry_after, with_retries
from adicom.io.sinks.faults import already_exists, status_fault
from adicom.io.sinks.feeding import EndedEarlyError, Feed
from adicom.io.sinks.http_body import Body, one_block
from adicom.io.sinks.outlets import MIB
from adicom.io.stats import IOStats

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from yarl import URL

    from adicom.io.clients import Clients
    from adicom.io.sinks.resolve import SinkOptions

__all__ = ("HttpOutlet",)

# RFC 9110 15.4: only these two say "the same request, elsewhere".
_SAME_REQUEST: Final = frozenset({307, 308})


class HttpOutlet:
    """The body of one request.

    A body of one block is sent as it is, and follows redirects within its origin; a PUT of it that may overwrite is
    repeated after a passing failure. A longer one is sent while it comes, and cannot be sent again. A server that has
    not got the whole body knows it: by its Content-Length, or by the last chunk that is not there (RFC 9112 6.3, 7.1).

    Args:
        clients: Of the running loop.
        url: May hold userinfo and a signed query; neither is ever shown, or sent to another origin.
        options: How to write.
    """

    block = MIB

    def __init__(self, clients: Clients, url: str, options: SinkOptions) -> None:
        if options.method not in ("PUT", "POST"):
            raise ValueError('method must be "PUT" or "POST"')
        self.name = public_url(url)
        self.written = 0
        self._clients = clients
        self._options = options
        self._destination = Destination(url, own_headers(options.storage_options, clients), self.name)
        self._destination.may_leave = False  # what is sent may be a patient's
        self._first: bytes | None = None
        self._feed: Feed[None] | None = None

    async def open(self) -> None:
        """Do nothing; the request begins with the second block."""

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Pass on a block."""
        block = bytes(data)
        if self._feed is None and self._first is None:
            self._first = block
            return
        if self._feed is None:
            self._feed = Feed(self._send_stream)
            assert self._first is not None
            first, self._first = self._first, None
            await self._put(self._feed, first)
        await self._put(self._feed, block)

    async def commit(self) -> None:
        """End the request, and look at the answer."""
        if self._feed is not None:
            await self._feed.end()
            self._feed = None
            return
        body = self._first or b""
        # If an answer was lost, another POST may be another object, and If-None-Match would find the first one.
        repeats = self._clients.retries if self._options.method == "PUT" and self._options.overwrite else 0
        await with_retries(self._send_whole, body, retries=repeats, stats=IOStats(), budget=Budget(ReadOptions()))
        self.written = len(body)

    async def abort(self) -> None:
        """Close the connection in the middle of the body."""
        feed, self._feed = self._feed, None
        if feed is not None:
            await feed.stop(at_once=True)

    async def _put(self, feed: Feed[None], block: bytes) -> None:
        try:
            async with asyncio.timeout(self._clients.timeout):
                await feed.put(block)
        except TimeoutError:
            text = f"{self.name}: nothing was taken for {self._clients.timeout:g} s"
            raise SinkTimeoutError(text, sink=self.name, written=self.written) from None
        except EndedEarlyError:
            raise self._error("the server answered before it had the whole body") from None
        self.written += len(block)

    async def _send_stream(self, body: AsyncIterator[bytes]) -> None:
        status, response_headers = await self._send(self._destination.url, body, self._options.length)
        if status in _SAME_REQUEST:
            raise self._error("the server redirects, and a body of this size cannot be sent again")
        self._judge(status, response_headers.get("Retry-After"), repeatable=False)

    async def _send_whole(self, body: bytes) -> None:
        url = self._destination.url
        for _ in range(MAX_REDIRECTS + 1):
            status, headers = await self._send(url, one_block(body), len(body))
            location = headers.get("Location")
            if status not in _SAME_REQUEST or location is None:
                self._judge(status, headers.get("Retry-After"), repeatable=True)
                return
            url = self._next_url(url, location)
        raise self._error("too many redirects")

    def _next_url(self, url: URL, location: str) -> URL:
        try:
            return self._destination.next_url(url, location)
        except SourceError as error:
            text = str(error)
        raise SinkError(text, sink=self.name, written=self.written)

    async def _send(self, url: URL, blocks: AsyncIterator[bytes], length: int | None) -> tuple[int, Mapping[str, str]]:
        """Send one request; return status and headers of the answer."""
        headers = {"Content-Type": self._options.content_type, **self._destination.headers}
        if length is not None:
            headers["Content-Length"] = str(length)
        if not self._options.overwrite:
            headers["If-None-Match"] = "*"  # RFC 9110 13.1.2
        body = Body(blocks)
        is_over = False
        try:
            async with self._clients.http_for_uploads().request(
                self._options.method,
                url,
                data=body,
                headers=headers,
                timeout=client_timeout(self._clients.timeout),
                allow_redirects=False,
                raise_for_status=False,
            ) as response:
                is_over = body.complete
                return response.status, response.headers
        except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
            fault = self._fault(error)
        finally:
            if not is_over:
                body.cut()
        # Out here what aiohttp raised is not the context: it holds the URL and the headers.
        raise fault

    def _judge(self, status: int, retry_after: str | None, *, repeatable: bool) -> None:
        """Raise what an answer means that is no success."""
        if 200 <= status < 300:
            return
        if status == 412 and not self._options.overwrite:
            raise already_exists(self.name, self.written)
        error = status_fault(status, self.name, self.written)
        if repeatable and is_transient_status(status):
            raise TransientFault(error, parse_retry_after(retry_after))
        raise error

    def _fault(self, error: Exception) -> Exception:
        """Return what to raise for what aiohttp raised, without its text: that may hold the URL."""
        if isinstance(error, TimeoutError):
            text = f"{self.name}: no answer for {self._clients.timeout:g} s"
            fault: SinkError = SinkTimeoutError(text, sink=self.name, written=self.written)
        else:
            fault = self._error(f"the connection broke ({type(error).__name__})")
        return fault if self._feed is not None or isinstance(error, LASTING) else TransientFault(fault)

    def _error(self, text: str) -> SinkError:
        return SinkError(f"{self.name}: {text}", sink=self.name, written=self.written)
