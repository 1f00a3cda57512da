"""A proxy on loopback before an S3 server, that can be told which requests go wrong."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final, Literal

import aiohttp
from aiohttp import web

from tests.servers import RangeServer

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("FaultyProxy", "Wrong")

Wrong = int | Literal["reset", "lost"] | None
"""A status to answer with; to close the connection at once, or after the server has done what it was asked."""

_OURS: Final = {"transfer-encoding", "content-length", "connection"}


class FaultyProxy(RangeServer):
    """Passes on what it is asked, unless ``wrong`` says otherwise.

    Args:
        endpoint: Of the server.
    """

    def __init__(self, endpoint: str) -> None:
        super().__init__()
        self.endpoint = endpoint
        self.asked: list[str] = []
        self.wrong: Callable[[str], Wrong] = lambda asked: None

    async def _answer(self, http: web.Request) -> web.StreamResponse:
        asked = f"{http.method} {http.path_qs}"
        self.asked.append(asked)
        body = b"".join([piece async for piece in http.content.iter_any()])
        wrong = self.wrong(asked)
        if isinstance(wrong, int):
            return web.Response(status=wrong, text=f"<Error>no: {dict(http.headers)}</Error>")
        answer = web.Response() if wrong == "reset" else await self._pass_on(http, body)
        if wrong is not None:
            assert http.transport is not None
            http.transport.abort()
        return answer

    async def _pass_on(self, http: web.Request, body: bytes) -> web.Response:
        headers = {name: value for name, value in http.headers.items() if name.lower() not in _OURS}
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(
                http.method,
                self.endpoint + http.path_qs,
                data=io.BytesIO(body),
                headers=headers,
                skip_auto_headers=["Content-Type"],
            ) as answer,
        ):
            data = await answer.read()
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _OURS}
        if http.method == "HEAD":
            kept["Content-Length"] = answer.headers.get("Content-Length", "0")
        return web.Response(status=answer.status, body=data, headers=kept)
