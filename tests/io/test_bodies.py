"""Uploads that are read while they come, from the messages of ASGI up to real servers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from aiohttp import web
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import adicom
from adicom import SourceError
from adicom.io import asgi_body
from adicom.io.resolve import resolve_local
from tests import made, oracle
from tests.conftest import pydicom_files
from tests.endpoints import Upload, serve_aiohttp, serve_asgi
from tests.made import part10

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from contextlib import AbstractAsyncContextManager

    from starlette.requests import Request

CT = next(path for path in pydicom_files() if path.name == "CT_small.dcm").read_bytes()


def pieces(data: bytes = CT, size: int = 777) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


class Messages:
    """The ``receive`` of an ASGI application, with the messages of one request."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.left = [*messages]

    async def __call__(self) -> dict[str, Any]:
        await anyio.lowlevel.checkpoint()
        return self.left.pop(0)

    @classmethod
    def of(cls, body: Iterator[bytes], *more: dict[str, Any]) -> Messages:
        return cls(*({"type": "http.request", "body": piece, "more_body": True} for piece in body), *more)


END = {"type": "http.request"}  # body and more_body have defaults
GONE = {"type": "http.disconnect"}


# -- the messages


@pytest.mark.anyio
async def test_a_body_is_read_to_its_end() -> None:
    receive = Messages.of(pieces(), END, GONE)
    dataset = await adicom.dcmread(asgi_body(receive))
    assert oracle.view(dataset) == oracle.adicom_view(CT)
    assert receive.left == [GONE]  # who waits for that waits for the client
    assert dataset.io_stats.bytes == len(CT)


@pytest.mark.anyio
async def test_a_body_in_one_message() -> None:
    body = asgi_body(Messages({"type": "http.request", "body": b"01"}, GONE))
    assert [piece async for piece in body] == [b"01"]
    assert [piece async for piece in asgi_body(Messages(END))] == []


@pytest.mark.anyio
async def test_no_message_is_asked_for_before_its_time() -> None:
    receive = Messages.of(pieces(), END)
    dataset = await adicom.dcmread(asgi_body(receive), specific_tags=["PatientID"])
    assert dataset.PatientID == "1CT1"
    assert len(receive.left) > 40
    events = adicom.iter_events(asgi_body(receive), force=True)
    left = len(receive.left)
    await anext(events)
    assert len(receive.left) == left - 1


@pytest.mark.anyio
async def test_a_client_that_leaves() -> None:
    for count in (0, 1, 20):
        receive = Messages.of((piece for piece, _ in zip(pieces(), range(count), strict=False)), GONE)
        with pytest.raises(SourceError, match=r"^the client has gone before the body of its request was whole$"):
            await adicom.dcmread(asgi_body(receive))
    receive = Messages.of(pieces(), GONE)  # every byte was there, but not the end
    with pytest.raises(SourceError, match="has gone"):
        await adicom.dcmread(asgi_body(receive))


@pytest.mark.anyio
async def test_other_messages() -> None:
    with pytest.raises(SourceError, match=r"^the message websocket\.connect of the ASGI server belongs to no"):
        await adicom.dcmread(asgi_body(Messages({"type": "websocket.connect"})))
    with pytest.raises(TypeError, match="takes the receive of an ASGI application, not bytes"):
        asgi_body(b"0123")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="can only be awaited"):
        resolve_local(asgi_body(Messages()))


@pytest.mark.anyio
async def test_starlette_on_both_loops() -> None:
    async def upload(request: Request) -> PlainTextResponse:
        return PlainTextResponse((await adicom.dcmread(request.stream())).PatientID)

    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    app = Starlette(routes=[Route("/", upload, methods=["POST"])])
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b"", "root_path": ""}
    await app(scope, Messages.of(pieces(), END), send)
    assert [message.get("body") for message in sent][1] == b"1CT1"


# -- real servers


class Endpoint:
    """Reads an upload, and keeps what became of it; as a Starlette endpoint, a bare ASGI application, and aiohttp's."""

    def __init__(self, kind: str, read: Callable[[Any], Awaitable[str]]) -> None:
        self.results: asyncio.Queue[str | Exception] = asyncio.Queue()
        self._kind = kind
        self._read = read

    def serve(self) -> AbstractAsyncContextManager[int]:
        if self._kind == "aiohttp":
            return serve_aiohttp("POST", self._by_aiohttp)
        if self._kind == "asgi":
            return serve_asgi(self._by_asgi)
        return serve_asgi(Starlette(routes=[Route("/", self._by_starlette, methods=["POST"])]))

    async def result(self) -> str | Exception:
        return await asyncio.wait_for(self.results.get(), 10)

    async def _answer(self, body: Any) -> str:
        try:
            found: str | Exception = await self._read(body)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            found = error
        await self.results.put(found)
        return str(found)

    async def _by_starlette(self, request: Request) -> PlainTextResponse:
        return PlainTextResponse(await self._answer(request.stream()))

    async def _by_aiohttp(self, request: web.Request) -> web.Response:
        return web.Response(text=await self._answer(request.content))

    async def _by_asgi(self, scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse(await self._answer(asgi_body(receive)))(scope, receive, send)


KINDS = pytest.mark.parametrize("kind", ["starlette", "asgi", "aiohttp"])


async def patient(body: Any) -> str:
    return f"{(await adicom.dcmread(body)).PatientID}"


@pytest.mark.asyncio
@KINDS
@pytest.mark.parametrize("length", [None, len(CT)])
async def test_an_upload_in_small_pieces(kind: str, length: int | None) -> None:
    endpoint = Endpoint(kind, patient)
    async with endpoint.serve() as port, Upload(port, length) as upload:
        await upload.send(pieces(size=333))
        assert await upload.answer() == (200, "1CT1")


@pytest.mark.asyncio
@KINDS
@pytest.mark.parametrize("how", ["abort", "close"])
@pytest.mark.parametrize("length", [None, len(CT)])
async def test_an_upload_that_breaks(kind: str, how: str, length: int | None) -> None:
    arrived = asyncio.Event()

    async def read(body: Any) -> str:
        async def noted() -> AsyncIterator[bytes]:
            async for piece in body if kind != "aiohttp" else body.iter_any():
                arrived.set()
                yield piece

        return await patient(noted())

    endpoint = Endpoint(kind, read)
    async with endpoint.serve() as port, Upload(port, length) as upload:
        await upload.send([CT[:1000], CT[1000:9000]])
        await asyncio.wait_for(arrived.wait(), 20)
        if how == "abort":
            upload.abort()
        else:
            upload.writer.close()
        result = await endpoint.result()
    assert isinstance(result, SourceError), result


@pytest.mark.asyncio
@KINDS
async def test_the_header_is_here_while_the_rest_still_comes(kind: str) -> None:
    async def read(body: Any) -> str:
        return f"{(await adicom.dcmread(body, stop_before_pixels=True)).PatientID}"

    endpoint = Endpoint(kind, read)
    async with endpoint.serve() as port, Upload(port, len(CT)) as upload:
        await upload.send(pieces(CT[:8000]))
        assert await endpoint.result() == "1CT1"
        assert await upload.answer(end=False) == (200, "1CT1")
        await upload.send([CT[8000:]])  # aiohttp waits for it, before it closes


def large(megabytes: int) -> Iterator[bytes]:
    header = made.small().rpartition(made.header(made.PIXEL_DATA, "OW", 8))[0]
    yield part10(header) + made.header(made.PIXEL_DATA, "OW", megabytes * 2**20)
    block = bytes(2**18)
    for _ in range(4 * megabytes):
        yield block


@pytest.mark.asyncio
@KINDS
async def test_a_reader_that_is_slow_holds_the_client_back(kind: str) -> None:
    go_on = asyncio.Event()

    async def read(body: Any) -> str:
        size = 0
        async for batch in adicom.iter_batches(body):
            await go_on.wait()
            size += sum(len(event.data) for event in batch if isinstance(event, adicom.ValueChunk))
        return str(size)

    endpoint = Endpoint(kind, read)
    async with endpoint.serve() as port, Upload(port) as upload:
        sending = asyncio.create_task(upload.send(large(48)))
        sent = -1
        while sent != upload.sent:
            sent = upload.sent
            await asyncio.sleep(0.2)
        assert sent < 24 * 2**20  # what the buffers of the system took
        assert not sending.done()
        go_on.set()
        await sending
        assert await upload.answer() == (200, str(48 * 2**20))
