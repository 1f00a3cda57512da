"""A relay that writes down each HTTP request on its way to a server; run as a process of its own.

    python relay.py PORT SERVER_PORT LOG

Bytes pass unchanged in both directions, so that signatures stay valid. A line of the log is written before its
request is passed on: a client that has an answer finds its request there.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from typing import TextIO

_HEAD_LIMIT = 64 * 1024


class Watch:
    """Finds the requests in what a client sends.

    Args:
        log: Where each becomes a line of JSON.
    """

    def __init__(self, log: TextIO) -> None:
        self._log = log
        self._pending = b""
        self._body_left = 0

    def feed(self, data: bytes) -> None:
        while data:
            skipped = min(self._body_left, len(data))
            self._body_left -= skipped
            head, end, data = (self._pending + data[skipped:]).partition(b"\r\n\r\n")
            if not end:
                self._pending = head
                assert len(head) < _HEAD_LIMIT
                return
            self._pending = b""
            self._note(head.decode("latin-1"))

    def _note(self, head: str) -> None:
        request, *lines = head.split("\r\n")
        method, target, _ = request.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self._body_left = int(headers.get("content-length", 0))
        # Azure has a header of its own for ranges, which its client uses.
        asked = headers.get("range") or headers.get("x-ms-range")
        line = {"method": method, "target": target, "range": asked, "if_match": headers.get("if-match")}
        line["authorization"] = headers.get("authorization")
        self._log.write(json.dumps(line) + "\n")
        self._log.flush()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, watch: Watch | None = None) -> None:
    """Pass on what one side sends until it ends."""
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            if watch is not None:
                watch.feed(data)
            writer.write(data)
            await writer.drain()
    writer.close()


async def relay(port: int, server_port: int, log: TextIO) -> None:
    """Serve until the process is ended."""

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", server_port)
        except OSError:
            writer.close()
            return
        async with asyncio.TaskGroup() as both:
            both.create_task(pump(reader, to_server, Watch(log)))
            both.create_task(pump(from_server, writer))

    server = await asyncio.start_server(connect, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with open(sys.argv[3], "w", encoding="utf-8") as log_file:
        asyncio.run(relay(int(sys.argv[1]), int(sys.argv[2]), log_file))
