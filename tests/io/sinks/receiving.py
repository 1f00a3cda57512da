"""An HTTP server on loopback that takes uploads, and can be told how to fail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from tests.servers import Fault, RangeServer, Request

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("Received", "UploadServer")


@dataclass
class Received(Request):
    """What the server was sent.

    Attributes:
        body: As much of it as came.
        complete: Whether all of it did.
    """

    body: bytearray = field(default_factory=bytearray)
    complete: bool = False


class UploadServer(RangeServer):
    """Keeps what is PUT or POSTed, once it is complete; ``If-None-Match: *`` is heeded.

    A Fault with a status is an answer to a body that was read, unless ``early`` is set; ``cut`` closes the connection
    after so many bytes of it, ``stall`` reads nothing for so many seconds after the first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.received: list[Received] = []
        self.early = False
        self.on_piece: Callable[[], None] = lambda: None

    async def _answer(self, http: web.Request) -> web.StreamResponse:
        if http.method not in ("PUT", "POST"):
            return await super()._answer(http)
        received = Received(http.method, http.path, None, dict(http.headers))
        self.received.append(received)
        fault = self.script(received) or Fault()
        try:
            if not (self.early and fault.status):
                await self._receive(http, received, fault)
        except ConnectionError:
            return web.Response()
        if fault.status is not None:
            where = {} if fault.location is None else {"Location": fault.location}
            asked = f"no: {http.path_qs} {dict(http.headers)}" if fault.status >= 400 else "no"
            return web.Response(status=fault.status, headers=where | fault.headers, text=asked)
        if http.headers.get("If-None-Match") == "*" and http.path in self.objects:
            return web.Response(status=412)
        self.objects[http.path] = bytes(received.body)
        return web.Response(status=201)

    async def _receive(self, http: web.Request, received: Received, fault: Fault) -> None:
        import asyncio

        if fault.reset:
            assert http.transport is not None
            http.transport.abort()
            raise ConnectionResetError
        await asyncio.sleep(fault.wait)
        async for piece in http.content.iter_any():
            received.body += piece
            self.on_piece()
            if fault.cut is not None and len(received.body) >= fault.cut:
                assert http.transport is not None
                http.transport.abort()
                raise ConnectionResetError
            await asyncio.sleep(fault.stall)
        received.complete = True
