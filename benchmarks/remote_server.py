"""The server of the benchmarks of remote reading: it delays each request, and remembers what it was asked.

``python benchmarks/remote_server.py --delay 0.02`` prints its URL, and ends with its input. Objects are at ``/NAME``
and, for clients of S3, at ``/bucket/NAME``. ``/-/log`` gives the requests since it was read last; it is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from dataclasses import asdict, dataclass
from email.utils import formatdate
from typing import Any

from aiohttp import web
from remote_objects import MadeObject, made_object

__all__ = ("Asked", "Server")

BLOCK = 256 * 1024


@dataclass
class Asked:
    """One request.

    Attributes:
        method: GET or HEAD.
        start: The first byte that was asked for.
        end: The one behind the last.
        came: When the request came, in seconds.
        gone: When its answer was gone.
        sent: Body bytes that went out.
    """

    method: str
    start: int
    end: int
    came: float
    gone: float = 0.0
    sent: int = 0


class Server:
    """An HTTP server on loopback.

    Args:
        delay: Seconds between a request and its answer.

    Attributes:
        asked: The requests since the log was read last.
        connections: The most connections that were open at a time since then.
    """

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.asked: list[Asked] = []
        self.connections = 0
        self._open = 0
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen; returns the URL."""
        app = web.Application()
        app.router.add_get("/-/log", self._log, allow_head=False)
        app.router.add_get("/{name}", self._answer)
        app.router.add_get("/bucket/{name}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, keepalive_timeout=600)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, backlog=2048).start()
        return "http://{}:{}".format(*self._runner.addresses[0])

    async def stop(self) -> None:
        """Close all connections."""
        assert self._runner is not None
        await self._runner.cleanup()

    async def _log(self, _: web.Request) -> web.Response:
        for _attempt in range(200):
            if not self._open:
                break
            await asyncio.sleep(0.01)  # a client may have its answer, or have gone, before that was noted here
        answer: dict[str, Any] = {"asked": [asdict(one) for one in self.asked], "connections": self.connections}
        self.asked, self.connections = [], 0
        return web.json_response(answer)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(request.method, 0, 0, time.perf_counter())
        self.asked.append(asked)
        self._open += 1
        try:
            assert self._runner is not None
            assert self._runner.server is not None
            self.connections = max(self.connections, len(self._runner.server.connections))
            await asyncio.sleep(self.delay)
            return await self._answer_now(request, asked)
        finally:
            asked.gone = time.perf_counter()
            self._open -= 1

    async def _answer_now(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        name = request.match_info["name"]
        try:
            body = made_object(name)
        except KeyError:
            return web.Response(status=404)
        size, wanted = len(body), request.http_range
        asked.start, asked.end = wanted.start or 0, min(size if wanted.stop is None else wanted.stop, size)
        if asked.start >= size:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
        status, headers = 200, {"Accept-Ranges": "bytes", "Content-Type": "application/dicom", "ETag": f'"{name}"'}
        headers["Last-Modified"] = formatdate(1_700_000_000, usegmt=True)
        if "Range" in request.headers:
            status = 206
            headers["Content-Range"] = f"bytes {asked.start}-{asked.end - 1}/{size}"
        return await self._send(request, asked, status, headers, body)

    async def _send(
        self, request: web.Request, asked: Asked, status: int, headers: dict[str, str], body: MadeObject
    ) -> web.StreamResponse:
        length = asked.end - asked.start
        if request.method == "GET" and length <= BLOCK:
            asked.sent = length
            return web.Response(status=status, headers=headers, body=body[asked.start : asked.end])
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = length
        await response.prepare(request)
        try:
            for start in range(asked.start, asked.end, BLOCK) if request.method == "GET" else ():
                piece = body[start : min(start + BLOCK, asked.end)]
                await response.write(piece)
                asked.sent += len(piece)
            await response.write_eof()
        except ConnectionError:
            pass  # the client has enough
        return response


async def serve(delay: float) -> None:
    """Serve until the input ends."""
    server = Server(delay)
    print(await server.start(), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.stop()


def main(arguments: list[str]) -> None:
    """Run the server."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--delay", type=float, default=0.02, help="seconds a request (default: 0.02)")
    asyncio.run(serve(options.parse_args(arguments).delay))


if __name__ == "__main__":
    main(sys.argv[1:])
