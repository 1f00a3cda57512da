"""The parts of multipart messages as streams: of files, of servers, of uploads."""

from __future__ import annotations

import gzip
import sys
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any

import aiohttp
import anyio
import httpx
import pytest
from aiohttp import web
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import adicom
import adicom.sync
from adicom import LimitError, ParserLimits, SourceError, TruncatedError
from adicom.io import asgi_body, gunzip, http_body, multipart_parts
from tests import made, oracle
from tests.conftest import open_handles, pydicom_files
from tests.endpoints import Upload, serve_aiohttp, serve_asgi
from tests.io.test_multipart_parser import message
from tests.servers import Fault, RangeServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from starlette.requests import Request

pytestmark = pytest.mark.anyio

FILES = {name: next(path for path in pydicom_files() if path.name == name).read_bytes()
         for name in ("CT_small.dcm", "MR_small.dcm", "image_dfl.dcm")}  # fmt: skip
CT, MR, _ = FILES.values()
TYPE = 'multipart/related; type="application/dicom"; boundary=x'
MESSAGE = message(*FILES.values())


def pieces(data: bytes = MESSAGE, size: int = 999) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


async def chunks(data: bytes = MESSAGE, size: int = 999) -> AsyncIterator[bytes]:
    for piece in pieces(data, size):
        await anyio.lowlevel.checkpoint()
        yield piece


def check(datasets: list[adicom.FileDataset]) -> None:
    expected = [oracle.adicom_view(data) for data in FILES.values()]
    assert [oracle.view(dataset) for dataset in datasets] == expected


async def read_all(source: Any, *args: Any, **keywords: Any) -> list[adicom.FileDataset]:
    return [await adicom.dcmread(part) async for part in multipart_parts(source, *args, **keywords)]


# -- where it comes from


async def test_what_is_open_is_read_at_once() -> None:
    check(await read_all(MESSAGE, TYPE))
    check(await read_all([*pieces(size=50)], TYPE))
    check(await read_all(chunks(), TYPE))
    check(await read_all(gunzip(gzip.compress(MESSAGE)), TYPE))
    check([adicom.sync.dcmread(part) for part in adicom.sync.io.multipart_parts(pieces(), TYPE)])


async def test_a_path(tmp_path: Path) -> None:
    path = tmp_path / "study.multipart"
    path.write_bytes(MESSAGE)
    before = open_handles()
    async with multipart_parts(path, TYPE) as parts:
        check([await adicom.dcmread(part) async for part in parts])
    with adicom.sync.io.multipart_parts(path, TYPE) as parts:
        check([adicom.sync.dcmread(part) for part in parts])
    assert open_handles() == before
    with pytest.raises(RuntimeError, match="use `async with"):
        await read_all(path, TYPE)
    with pytest.raises(RuntimeError, match="use `with"):
        next(adicom.sync.io.multipart_parts(path, TYPE))


@pytest.fixture
def server() -> Iterator[RangeServer]:
    with RangeServer({"/study": MESSAGE, "/gzip": gzip.compress(MESSAGE)}, ranges=False) as running:
        running.chunked = True
        running.content_type = TYPE
        running.script = lambda request: Fault(headers={"Content-Encoding": request.path[1:]})
        yield running


async def test_a_body_over_http(server: RangeServer) -> None:
    server.script = lambda _: None
    async with http_body(f"{server.url}/study", headers={"Accept": "multipart/related"}) as body:
        check(await read_all(body))
        assert body.stats.bytes == len(MESSAGE)
    with adicom.sync.io.http_body(f"{server.url}/study") as body:
        check([adicom.sync.dcmread(part) for part in adicom.sync.io.multipart_parts(body)])
    with pytest.raises(SourceError, match=r"with a multipart message, not with the object"):
        await adicom.dcmread(f"{server.url}/study")


async def test_a_compressed_body_over_http(server: RangeServer) -> None:
    async with http_body(f"{server.url}/gzip") as body:
        check(await read_all(body))


async def test_a_response_of_aiohttp(server: RangeServer, anyio_backend: str) -> None:
    if anyio_backend == "trio":
        pytest.skip("aiohttp needs an asyncio loop")
    async with aiohttp.ClientSession() as session:
        for path in ("/study", "/gzip"):
            server.script = lambda request: (
                Fault(headers={"Content-Encoding": "gzip"}) if "gz" in request.path else None
            )
            async with session.get(server.url + path) as response:
                check(await read_all(response))


async def test_a_response_of_httpx(server: RangeServer) -> None:
    server.script = lambda request: Fault(headers={"Content-Encoding": "gzip"}) if "gz" in request.path else None
    async with httpx.AsyncClient() as client:
        for path in ("/study", "/gzip"):
            async with client.stream("GET", server.url + path) as response:
                check(await read_all(response))


async def test_a_response_of_aiohttp_that_breaks(server: RangeServer, anyio_backend: str) -> None:
    if anyio_backend == "trio":
        pytest.skip("aiohttp needs an asyncio loop")
    for chunked in (True, False):
        server.chunked = chunked
        server.script = lambda _: Fault(cut=len(CT) + 2000)
        async with aiohttp.ClientSession() as session, session.get(f"{server.url}/study") as response:
            parts = multipart_parts(response)
            assert (await adicom.dcmread(await anext(parts))).Modality == "CT"
            with pytest.raises(SourceError, match=r"StreamReader: the stream broke \(ClientPayloadError\)"):
                await adicom.dcmread(await anext(parts))


async def test_a_response_of_httpx_that_breaks(server: RangeServer) -> None:
    server.script = lambda _: Fault(cut=len(CT) + 2000)
    async with httpx.AsyncClient() as client, client.stream("GET", f"{server.url}/study") as response:
        parts = multipart_parts(response)
        assert (await adicom.dcmread(await anext(parts))).Modality == "CT"
        with pytest.raises(SourceError, match=r"the stream broke \(RemoteProtocolError\)"):
            await adicom.dcmread(await anext(parts))


# -- uploads (PS3.18 10.5)


async def stored(request: Any) -> str:
    return " ".join([str((await adicom.dcmread(part)).Modality) async for part in multipart_parts(request)])


async def by_starlette(request: Request) -> PlainTextResponse:
    return PlainTextResponse(await stored(request))


async def by_aiohttp(request: web.Request) -> web.Response:
    return web.Response(text=await stored(request))


async def by_asgi(scope: Any, receive: Any, send: Any) -> None:
    parts = multipart_parts(asgi_body(receive), dict(scope["headers"])[b"content-type"].decode())
    await PlainTextResponse(" ".join([part.content_type async for part in parts]))(scope, receive, send)


@pytest.mark.parametrize("kind", ["starlette", "aiohttp", "asgi"])
async def test_an_upload(kind: str, anyio_backend: str) -> None:
    if anyio_backend == "trio":
        pytest.skip("the servers need an asyncio loop")
    serving = {
        "starlette": lambda: serve_asgi(Starlette(routes=[Route("/", by_starlette, methods=["POST"])])),
        "aiohttp": lambda: serve_aiohttp("POST", by_aiohttp),
        "asgi": lambda: serve_asgi(by_asgi),
    }
    async with serving[kind]() as port, Upload(port, content_type=TYPE) as upload:
        await upload.send(pieces(message(CT, MR), 500))
        expected = "application/dicom application/dicom" if kind == "asgi" else "CT MR"
        assert await upload.answer() == (200, expected)


# -- one after the other


async def test_parts_know_what_they_are() -> None:
    fields = b"Content-Type: application/dicom; transfer-syntax=*\r\nContent-Location: /studies/1\r\n"
    async for part in multipart_parts(message(CT, headers=fields), TYPE):
        assert (part.number, part.content_type, part.name) == (1, "application/dicom", "part 1 of bytes")
        assert part.headers["content-location"] == "/studies/1"
        assert repr(part) == "<Part 1 application/dicom>"
        assert not part.rereadable
        await adicom.dcmread(part)
        assert part.stats.bytes == len(CT)


async def test_what_is_not_read_is_passed_over() -> None:
    numbers = [part.number async for part in multipart_parts([*pieces()], TYPE)]
    assert numbers == [1, 2, 3]
    headers = [await adicom.dcmread(part, specific_tags=["Modality"]) async for part in multipart_parts(MESSAGE, TYPE)]
    assert [dataset.Modality for dataset in headers][:2] == ["CT", "MR"]
    assert [part.number for part in adicom.sync.io.multipart_parts(pieces(), TYPE)] == [1, 2, 3]


async def test_a_part_is_read_before_the_next_one() -> None:
    parts = multipart_parts([*pieces()], TYPE)
    first = await anext(parts)
    second = await anext(parts)
    with pytest.raises(SourceError, match="part 1 of iterable of bytes was passed over; parts are read in their order"):
        await adicom.dcmread(first)
    assert (await adicom.dcmread(second)).Modality == "MR"
    blocking = adicom.sync.io.multipart_parts(pieces(), TYPE)
    early = next(blocking)
    next(blocking)
    with pytest.raises(SourceError, match="was passed over"):
        adicom.sync.dcmread(early)


async def test_no_byte_is_asked_for_before_its_time() -> None:
    asked = []

    async def noted() -> AsyncIterator[bytes]:
        for piece in pieces(size=1000):
            asked.append(piece)
            yield piece

    parts = multipart_parts(noted(), TYPE)
    part = await anext(parts)
    assert len(asked) == 1
    assert (await adicom.dcmread(part, specific_tags=["PatientID"])).PatientID == "1CT1"
    assert len(asked) < 10


async def test_bytes_of_a_part() -> None:
    async for part in multipart_parts(message(b"01", b""), TYPE):
        assert b"".join([piece async for piece in part]) == (b"01" if part.number == 1 else b"")
    assert [b"".join(part) for part in adicom.sync.io.multipart_parts(message(b"01", b""), TYPE)] == [b"01", b""]


async def test_encoded_parts() -> None:
    data = message(gzip.compress(CT), headers=b"Content-Encoding: gzip\r\n")
    async for part in multipart_parts(data, TYPE):
        assert oracle.view(await adicom.dcmread(part)) == oracle.adicom_view(CT)
    for twin in adicom.sync.io.multipart_parts(data, TYPE):
        assert adicom.sync.dcmread(twin).PatientID == "1CT1"
    packed = zlib.compress(CT)
    async for part in multipart_parts(message(packed, headers=b"Content-Encoding: deflate\r\n"), TYPE):
        with pytest.raises(LimitError, match=r"ParserLimits\.inflated_bytes"):
            await adicom.dcmread(part, limits=ParserLimits(inflated_bytes=1000))


async def test_a_message_inside_a_message() -> None:
    data = message(b"a", headers=b"Content-Type: multipart/related; boundary=y\r\n")[: -len(b"--x--\r\n")] + message(CT)
    parts = multipart_parts(data, TYPE)
    with pytest.raises(SourceError, match="part 1 of bytes is a multipart message itself"):
        await adicom.dcmread(await anext(parts))
    assert (await adicom.dcmread(await anext(parts))).PatientID == "1CT1"
    blocking = adicom.sync.io.multipart_parts(data, TYPE)
    with pytest.raises(SourceError, match="is a multipart message itself"):
        adicom.sync.dcmread(next(blocking))
    assert adicom.sync.dcmread(next(blocking)).PatientID == "1CT1"


# -- what is wrong with it


async def test_a_missing_closing_boundary_is_told_for_the_last_part() -> None:
    data = message(CT, MR)[: -len(b"\r\n--x--\r\n")]
    parts = multipart_parts(data, TYPE)
    assert (await adicom.dcmread(await anext(parts))).Modality == "CT"
    part = await anext(parts)
    with pytest.raises(TruncatedError, match="bytes ends in part 2, before its closing boundary") as caught:
        await adicom.dcmread(part)
    assert caught.value.dataset is not None
    assert caught.value.dataset.Modality == "MR"
    with pytest.raises(TruncatedError, match="in part 2"):  # not the end of an iteration
        await anext(parts)
    parts = multipart_parts(data, TYPE)
    await anext(parts)
    part = await anext(parts)
    with pytest.warns(adicom.DicomWarning, match="ends in part 2"):
        dataset = await adicom.dcmread(part, strict=False)
    assert dataset.is_truncated
    assert oracle.view(dataset) == oracle.adicom_view(MR)


async def test_truncation_is_told_where_parts_are_passed_over() -> None:
    for end in (-5, -2000, 60, 3):
        with pytest.raises(TruncatedError):
            assert [part async for part in multipart_parts(MESSAGE[:end], TYPE)]
        with pytest.raises(TruncatedError):
            assert [*adicom.sync.io.multipart_parts(MESSAGE[:end], TYPE)]


async def test_what_is_no_multipart_message(server: RangeServer) -> None:
    for twin in (multipart_parts, adicom.sync.io.multipart_parts):
        with pytest.raises(TypeError, match="bytes does not tell its type: pass content_type="):
            twin(MESSAGE)
        with pytest.raises(TypeError, match="cannot read DICOM from int"):
            twin(5, TYPE)
        with pytest.raises(SourceError, match="bytes is application/dicom, no multipart message"):
            twin(MESSAGE, "application/dicom")
    server.content_type = "text/html"
    server.script = lambda _: None
    async with http_body(f"{server.url}/study") as body:
        with pytest.raises(SourceError, match=f"{server.url}/study is text/html, no multipart message"):
            multipart_parts(body)


async def test_the_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "multipart", None)
    monkeypatch.delitem(sys.modules, "adicom.io.multipart_parser")
    with pytest.raises(ImportError, match=r"pip install 'adicom\[dicomweb\]'"):
        multipart_parts(MESSAGE, TYPE)


async def test_cancelling_leaves_nothing_open(server: RangeServer) -> None:
    server.script = lambda _: Fault(stall=5)
    with anyio.move_on_after(0.1) as scope:
        async with http_body(f"{server.url}/study") as body:
            await read_all(body)
    assert scope.cancelled_caught


# -- size


async def test_a_large_part_is_read_in_constant_memory(anyio_backend: str) -> None:
    megabytes = 200 if anyio_backend == "asyncio" else 20
    header = made.part10(made.small().rpartition(made.header(made.PIXEL_DATA, "OW", 8))[0])
    block = bytes(2**18)

    async def sent() -> AsyncIterator[bytes]:
        yield b"--x\r\n\r\n" + header + made.header(made.PIXEL_DATA, "OW", megabytes * 2**20)
        for _ in range(4 * megabytes):
            yield block
        yield b"\r\n--x--\r\n"

    size = 0
    tracemalloc.start()
    try:
        async for part in multipart_parts(sent(), TYPE):
            async for batch in adicom.iter_batches(part):
                size += sum(len(event.data) for event in batch if isinstance(event, adicom.ValueChunk))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size == megabytes * 2**20
    assert peak < 8 * 2**20
