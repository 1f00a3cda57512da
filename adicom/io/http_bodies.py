"""The body of an answer over http and https, streamed from one plain GET."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from adicom.errors import SourceError
from adicom.io.base import ReadOptions
from adicom.io.budget import Budget
from adicom.io.decoding import decoder_for
from adicom.io.drive import read_within
from adicom.io.forward import FIRST_READ
from adicom.io.httpmessages import is_html_page
from adicom.io.names import public_url, scheme_of
from adicom.io.ranges import STREAM_LIMIT
from adicom.io.stats import IOStats
from adicom.io.streams import StreamSource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from adicom.io.base import AsyncSource
    from adicom.io.session import Session

__all__ = ("HttpBody", "http_body")


def http_body(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    session: Session | None = None,
    options: ReadOptions | None = None,
) -> HttpBody:
    """Return the body of the answer to one plain GET: an async context manager that is a source for whatever reads.

    :func:`adicom.dcmread` reads a URL by range. This is for what cannot be read so: an answer that is made while it
    is sent, that the server compresses (``Content-Encoding: gzip`` or ``deflate``, decoded here), or that is a
    multipart message (see :func:`adicom.io.multipart_parts`). It is read forward only, in constant memory. A failed
    request is repeated; a body that breaks is not.

    Args:
        url: It may hold userinfo and a signed query; neither is ever shown.
        headers: Of the request, beside those of the session.
        session: Connections to use; without one it makes its own and closes it.
        options: How to read: times, retries, ``max_requests``, ``max_bytes`` (of the body as it is sent).

    Raises:
        ValueError: ``url`` is none of http or https.
        SourceError: By entering it, or by reading: it cannot be read, or ends too early.

    Example:
        >>> import asyncio, adicom
        >>> async def main(url: str) -> None:
        ...     async with http_body(url, options=ReadOptions(retries=0)) as body:
        ...         await adicom.dcmread(body, stop_before_pixels=True)
        >>> asyncio.run(main("http://me:secret@127.0.0.1:9/a.dcm"))
        Traceback (most recent call last):
        adicom.errors.SourceError: http://127.0.0.1:9/a.dcm: the connection broke (ClientConnectorError)
    """
    if scheme_of(url) not in ("http", "https"):
        raise ValueError(f"http_body takes a URL of http or https, not {public_url(url)}")
    return HttpBody(url, headers or {}, session, options or ReadOptions())


class HttpBody(StreamSource):
    """What :func:`http_body` gives.

    Attributes:
        headers: Those of the answer, whatever the case of their names.
    """

    def __init__(self, url: str, headers: Mapping[str, str], session: Session | None, options: ReadOptions) -> None:
        super().__init__(self._pull_body, public_url(url), stats=IOStats())
        self.headers: Mapping[str, str] = {}
        self._url = url
        self._sent = headers
        self._session = session
        self._options = options
        self._budget = Budget(options)
        self._stack = AsyncExitStack()
        self._source: AsyncSource | None = None
        self._first: bytes | None = None
        self._at = 0

    async def __aenter__(self) -> Self:
        from adicom.io.session import borrow_session

        try:
            await self.open_with(await self._stack.enter_async_context(borrow_session(self._session)))
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connection, unless the body was read to its end and the session keeps it."""
        await self._stack.aclose()

    async def open_with(self, session: Session) -> None:
        """Send the request through a session, and wait for the beginning of the answer."""
        source = session.open_source(
            self._url, self._options, storage_options={"headers": self._request_headers(session)}, budget=self._budget
        )
        self._stack.push_async_callback(source.aclose)
        self._source = source
        self.stats = source.stats
        http: Any = getattr(source, "source", source)  # on trio it lives in another thread
        http.by_range, http.takes_multipart = False, True
        self._first = await self._read(FIRST_READ)
        self.headers = http.answered
        self._decoder = decoder_for(self.headers, self.name)

    def _request_headers(self, session: Session) -> dict[str, str]:
        from multidict import CIMultiDict

        headers = CIMultiDict({"Accept-Encoding": "gzip, deflate"})
        headers.update(session.storage_options.get("headers") or {})
        headers.update(self._sent)
        return dict(headers)

    async def _read(self, size: int) -> bytes:
        if self._source is None:
            raise RuntimeError("it was not opened: use `async with adicom.io.http_body(...) as body:`")
        answer = await read_within(self._budget, self._source, self._at, size)
        self._at += len(answer.data)
        return answer.data

    async def _pull_body(self) -> bytes | None:
        data, self._first = self._first, None
        return (await self._read(STREAM_LIMIT) if data is None else data) or None

    async def _next_piece(self) -> bytes | None:
        is_first = self._forward.position == 0
        piece = await super()._next_piece()
        if is_first and piece and is_html_page(self.headers, piece):
            raise SourceError(f"{self.name}: the server answered with an HTML page")
        return piece
