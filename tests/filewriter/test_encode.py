"""``encode``: the body that HTTP clients send, and what is open while they do."""

from __future__ import annotations

import http.client
import importlib
import io
import queue
import re
import threading
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import anyio
import httpx
import pydicom
import pydicom.data
import pytest
from aiohttp import web

import adicom
import adicom.sync
from adicom.errors import EncodeError
from tests import made
from tests.cancellation import eventually
from tests.endpoints import serve_aiohttp
from tests.filewriter.test_dcmwrite import MEGABYTE, Streams, new
from tests.made import element

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adicom.dataset import Dataset

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:the file describes an image")]

PIXELS = bytes(range(256)) * 4096 * 3
IMAGE = made.part10(element(0x00080060, "CS", "CT") + element(0x7FE00010, "OW", PIXELS))


def streamed(streams: Streams, *, plain: bool = False) -> Dataset:
    ds = new()
    ds.add_new(0x00091001, "OB", adicom.StreamValue(streams.size, streams.plain if plain else streams.awaited))
    return ds


async def test_pieces_are_bytes_and_not_long() -> None:
    ds = adicom.sync.dcmread(IMAGE)
    async with adicom.encode(ds) as body:
        assert (body.length, repr(body)) == (len(IMAGE), f"<EncodedFile of {len(IMAGE)} bytes>")
        for _ in range(2):  # it can be gone through again
            pieces = [piece async for piece in body]
            assert b"".join(pieces) == IMAGE
            assert all(type(piece) is bytes and len(piece) <= MEGABYTE for piece in pieces)
    with adicom.sync.encode(ds) as blocking:
        assert (blocking.length, repr(blocking)) == (body.length, repr(body))
        for _ in range(2):
            pieces = list(blocking)
            assert b"".join(pieces) == IMAGE
            assert all(type(piece) is bytes and len(piece) <= MEGABYTE for piece in pieces)


async def test_a_length_that_nobody_knows() -> None:
    ds = new(made.DEFLATED_LE)
    assert adicom.encode(ds).length is None
    assert repr(adicom.encode(ds)) == "<EncodedFile of unknown length>"


@pytest.mark.parametrize("library", [adicom, adicom.sync])
async def test_what_is_wrong_is_said_before_there_is_a_byte(library: Any) -> None:
    ds = new()
    ds.add_new(0x00091001, "LO", adicom.EncapsulatedValue(frames=[]))
    with pytest.raises(EncodeError):
        library.encode(ds)
    ds = new(None)
    with pytest.raises(EncodeError, match="implicit_vr"):
        library.encode(ds)
    assert library.encode(ds, implicit_vr=True).length == library.encode(ds, True, implicit_vr=True).length
    with pytest.raises(EncodeError, match="lacks"):
        library.encode(adicom.Dataset(), False, implicit_vr=True)


# -- what is open --


async def test_the_end_closes_streams() -> None:
    streams = Streams(2 * MEGABYTE)
    body = adicom.encode(streamed(streams))
    assert streams.opened == 0
    assert sum([len(piece) async for piece in body]) == body.length
    assert (streams.opened, streams.open) == (1, 0)


async def test_leaving_the_context_closes_streams() -> None:
    streams = Streams(2 * MEGABYTE)
    async with adicom.encode(streamed(streams)) as body:
        async for piece in body:
            if len(piece) > 10_000:
                break
        assert streams.open == 1
    assert (streams.opened, streams.open) == (1, 0)
    blocking = adicom.sync.encode(streamed(streams, plain=True))
    with blocking:
        for piece in blocking:
            if len(piece) > 10_000:
                break
        assert streams.open == 1
    assert (streams.opened, streams.open) == (2, 0)


async def test_another_iteration_ends_the_one_before() -> None:
    streams = Streams(2 * MEGABYTE)
    async with adicom.encode(streamed(streams)) as body:
        first = aiter(body)
        while len(await anext(first)) < 10_000:
            pass
        second = aiter(body)
        with pytest.raises(RuntimeError, match="another iteration"):
            await anext(first)
        assert sum([len(piece) async for piece in second]) == body.length
        assert (streams.opened, streams.open) == (2, 0)


async def test_a_failure_closes_streams() -> None:
    streams = Streams(MEGABYTE)
    ds = streamed(streams)
    ds[0x00091001].value.length += 2
    for body in (adicom.encode(ds), adicom.encode(ds)):
        with pytest.raises(EncodeError, match="have come"):
            [piece async for piece in body]
    assert (streams.opened, streams.open) == (2, 0)


# -- clients --


class Received:
    """What a server has got.

    Args:
        refuses: How many bytes it reads before it refuses the rest; None takes all.
    """

    def __init__(self, refuses: int | None = None) -> None:
        self.body = b""
        self.headers: dict[str, str] = {}
        self._refuses = refuses

    async def handle(self, request: web.Request) -> web.Response:
        self.body, self.headers = b"", dict(request.headers)
        if self._refuses is not None:
            await request.content.readexactly(self._refuses)
            return web.Response(status=409)
        self.body = b"".join([piece async for piece in request.content.iter_any()])
        return web.Response(status=201)


ON_ASYNCIO = pytest.mark.parametrize("anyio_backend", ["asyncio"])  # as aiohttp is


async def put_by_aiohttp(url: str, body: Any, headers: dict[str, str]) -> int:
    async with aiohttp.ClientSession() as client, client.put(url, data=body, headers=headers) as answer:
        return answer.status


async def put_by_httpx(url: str, body: Any, headers: dict[str, str]) -> int:
    async with httpx.AsyncClient() as client:
        return (await client.put(url, content=body, headers=headers)).status_code


@ON_ASYNCIO
@pytest.mark.parametrize("put", [put_by_aiohttp, put_by_httpx])
async def test_it_is_the_body_of_a_put(put: Any) -> None:
    streams = Streams(400_000)
    ds = streamed(streams)
    received = Received()
    async with serve_aiohttp("PUT", received.handle) as port, adicom.encode(ds) as body:
        assert await put(f"http://127.0.0.1:{port}/", body, {"Content-Length": str(body.length)}) == 201
    assert received.headers["Content-Length"] == str(body.length)
    assert "Transfer-Encoding" not in received.headers
    assert element(0x00091001, "OB", bytes(400_000)) in received.body
    assert len(received.body) == body.length
    assert adicom.sync.dcmread(received.body, force=True).PatientName == "Doe^Jane"
    assert streams.open == 0


@ON_ASYNCIO
@pytest.mark.parametrize("put", [put_by_aiohttp, put_by_httpx])
async def test_a_server_that_refuses_leaves_nothing_open(put: Any) -> None:
    streams = Streams(64 * MEGABYTE)
    with serving(Received(refuses=200_000)) as port:
        async with adicom.encode(streamed(streams)) as body:
            with suppress(httpx.WriteError):  # it does not look for an answer while it sends
                assert await put(f"http://127.0.0.1:{port}/", body, {}) == 409
    assert await eventually(lambda: streams.open == 0, 5)
    assert streams.opened == 1


@contextmanager
def serving(received: Received) -> Iterator[int]:
    """Run a server in a thread of its own; gives the port."""
    stop = threading.Event()
    ports: queue.Queue[int] = queue.Queue()

    async def serve() -> None:
        async with serve_aiohttp("PUT", received.handle) as port:
            ports.put(port)
            await anyio.to_thread.run_sync(stop.wait)

    thread = threading.Thread(target=anyio.run, args=[serve])
    thread.start()
    try:
        yield ports.get(timeout=30)
    finally:
        stop.set()
        thread.join()


def test_it_is_the_body_of_a_blocking_put() -> None:
    received = Received()
    body = adicom.sync.encode(adicom.sync.dcmread(IMAGE))
    with serving(received) as port, closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("PUT", "/", body=body, headers={"Content-Length": str(body.length)})
        assert connection.getresponse().status == 201
    assert received.body == IMAGE


# -- STOW-RS --


@ON_ASYNCIO
async def test_datasets_become_the_parts_of_a_multipart_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """What examples/stow_rs.py sends is read here without anything of adicom's."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "examples")
    stow_rs = importlib.import_module("stow_rs")
    received: list[tuple[str, bytes]] = []
    types: list[str] = []

    async def take(request: web.Request) -> web.Response:
        types.append(request.headers["Content-Type"])
        async for part in await request.multipart():
            assert isinstance(part, aiohttp.BodyPartReader)
            received.append((part.headers["Content-Type"], bytes(await part.read())))
        return web.Response(text="{}", content_type="application/dicom+json")

    names = ["CT_small.dcm", "emri_small_jpeg_2k_lossless.dcm", "examples_ybr_color.dcm"]
    paths = [str(pydicom.data.get_testdata_file(name)) for name in names]
    async with serve_aiohttp("POST", take, "/studies") as port:
        await stow_rs.store(f"http://127.0.0.1:{port}", paths)
    assert re.fullmatch(r'multipart/related; type="application/dicom"; boundary=\w+', types[0])
    assert [kind for kind, _ in received] == ["application/dicom"] * 3
    for path, (_, data) in zip(paths, received, strict=True):
        was, now = pydicom.dcmread(path), pydicom.dcmread(io.BytesIO(data))
        assert now.file_meta.TransferSyntaxUID == was.file_meta.TransferSyntaxUID
        assert now.file_meta.MediaStorageSOPInstanceUID == was.SOPInstanceUID
        assert now == was
