"""A web server on loopback that gives files by range, and counts what it is asked.

``python tools/range_server.py FILE...`` serves the files by their names, prints its URL, and ends with its input.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping


class RangeServer:
    """Serves files to loopback: ``async with RangeServer({"ct.dcm": path}) as server``.

    Attributes:
        url: Where it is.
        requests: How many requests came.
        bytes: How many body bytes went out.
    """

    def __init__(self, files: Mapping[str, Path]) -> None:
        self.url = ""
        self.requests = 0
        self.bytes = 0
        self._files = dict(files)
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{name}", self._answer)
        app.on_response_prepare.append(self._count)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = "http://{}:{}".format(*self._runner.addresses[0])
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = self._files.get(request.match_info["name"])
        return web.Response(status=404) if path is None else web.FileResponse(path)

    async def _count(self, request: web.Request, response: web.StreamResponse) -> None:
        self.requests += 1
        self.bytes += response.content_length or 0


async def main() -> None:
    """Serve the files that are named on the command line."""
    async with RangeServer({Path(name).name: Path(name) for name in sys.argv[1:]}) as server:
        print(server.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
