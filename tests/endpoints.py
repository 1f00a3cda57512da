"""Servers that take uploads and WebSockets, in the loop of the test, and clients that leave when they should not."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

import uvicorn
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

__all__ = ("Upload", "serve_aiohttp", "serve_asgi")


@asynccontextmanager
async def serve_asgi(app: Any) -> AsyncIterator[int]:
    """Run an ASGI application under uvicorn; gives the port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", interface="asgi3", lifespan="off", timeout_graceful_shutdown=1)
        )
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it by this attribute only
            await asyncio.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def serve_aiohttp(
    method: str, handler: Callable[[web.Request], Awaitable[web.StreamResponse]], path: str = "/"
) -> AsyncIterator[int]:
    """Run a handler under aiohttp; gives the port."""
    app = web.Application()
    app.router.add_route(method, path, handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


class Upload:
    """A POST that is sent piece by piece, as an async context manager; leaving it closes the connection.

    Args:
        port: Of the server on loopback.
        length: The Content-Length; None sends chunks.
        content_type: The Content-Type.
    """

    def __init__(self, port: int, length: int | None = None, content_type: str = "application/dicom") -> None:
        self._port = port
        self._content_type = content_type
        self._length = length
        self.sent = 0

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port)
        kind = "Transfer-Encoding: chunked" if self._length is None else f"Content-Length: {self._length}"
        fields = f"Host: localhost\r\nConnection: close\r\nContent-Type: {self._content_type}\r\n{kind}"
        self.writer.write(f"POST / HTTP/1.1\r\n{fields}\r\n\r\n".encode())
        return self

    async def __aexit__(self, *error: object) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()

    async def send(self, pieces: Iterable[bytes]) -> None:
        """Send pieces of the body, as fast as the server takes them."""
        for piece in pieces:
            self.writer.write(b"%x\r\n%s\r\n" % (len(piece), piece) if self._length is None else piece)
            await self.writer.drain()
            self.sent += len(piece)

    async def answer(self, *, end: bool = True) -> tuple[int, str]:
        """Return status and body of the answer, after the end of the request's body."""
        if end and self._length is None:
            self.writer.write(b"0\r\n\r\n")
        status, _, fields = (await self.reader.readuntil(b"\r\n\r\n")).lower().partition(b"\r\n")
        length = fields.partition(b"content-length:")[2].partition(b"\r\n")[0]
        return int(status.split()[1]), (await self.reader.readexactly(int(length))).decode()

    def abort(self) -> None:
        """Cut the connection."""
        transport = self.writer.transport
        transport.abort()
