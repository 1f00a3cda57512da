"""WebSockets as streams: of aiohttp, websockets and Starlette, and how they end."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import aiohttp
import anyio
import pytest
from aiohttp import web
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import serve

import adicom
from adicom import SourceError, TruncatedError
from adicom.io import websocket_messages
from tests import oracle
from tests.conftest import pydicom_files
from tests.endpoints import serve_aiohttp, serve_asgi

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from starlette.websockets import WebSocket

CT = next(path for path in pydicom_files() if path.name == "CT_small.dcm").read_bytes()
PIECES = [CT[start : start + 1777] for start in range(0, len(CT), 1777)]

DATA: dict[str, Any] = {"type": "websocket.receive", "bytes": b"0123"}


def receiving(*messages: dict[str, Any]) -> Callable[[], Any]:
    """Return the ``receive`` of an ASGI application."""
    left = [*messages]

    async def receive() -> dict[str, Any]:
        await anyio.lowlevel.checkpoint()
        return left.pop(0)

    return receive


def closing(code: int | None = None) -> dict[str, Any]:
    return {"type": "websocket.disconnect"} if code is None else {"type": "websocket.disconnect", "code": code}


# -- the messages of ASGI, on both loops


@pytest.mark.anyio
async def test_messages_are_one_stream() -> None:
    messages = [{"type": "websocket.receive", "bytes": piece, "text": None} for piece in PIECES]
    for end in (1000, 1001):
        dataset = await adicom.dcmread(websocket_messages(receiving(*messages, closing(end))))
        assert oracle.view(dataset) == oracle.adicom_view(CT)
    found = [piece async for piece in websocket_messages(receiving(*messages, closing(1000)))]
    assert found == PIECES


@pytest.mark.anyio
@pytest.mark.parametrize("code", [1005, 1006, 1009, 1011, 1012, 4000, None])
async def test_another_end_is_no_end(code: int | None) -> None:
    stream = websocket_messages(receiving(DATA, closing(code)))
    assert await anext(stream) == b"0123"
    with pytest.raises(SourceError, match=f"closed with code {code or 1005}, before what it sent was whole"):
        await anext(stream)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "message",
    [{"type": "websocket.receive", "text": "secret"}, {"type": "websocket.receive", "bytes": None, "text": "secret"}],
)
async def test_text_is_no_dicom(message: dict[str, Any]) -> None:
    stream = websocket_messages(receiving(DATA, message))
    assert await anext(stream) == b"0123"
    with pytest.raises(SourceError, match=r"^the WebSocket sent a text message; DICOM is binary$"):
        await anext(stream)


@pytest.mark.anyio
async def test_what_is_no_websocket() -> None:
    with pytest.raises(SourceError, match=r"websocket\.connect is none of an accepted WebSocket"):
        await anext(websocket_messages(receiving({"type": "websocket.connect"})))
    with pytest.raises(TypeError, match="cannot receive from bytes; a WebSocket of aiohttp, websockets or Starlette"):
        websocket_messages(b"0123")


# -- real ones


async def read(ws: Any) -> Any:
    """Return the dataset, or the error."""
    try:
        return await adicom.dcmread(websocket_messages(ws))
    except adicom.DicomError as error:
        return error


class Reader:
    """Reads what is sent to it, as a server of each library."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._results: asyncio.Queue[Any] = asyncio.Queue()

    def serve(self) -> AbstractAsyncContextManager[Any]:
        if self._kind == "aiohttp":
            return serve_aiohttp("GET", self._by_aiohttp)
        if self._kind == "websockets":
            return serve(self._by_websockets, "127.0.0.1", 0)
        return serve_asgi(Starlette(routes=[WebSocketRoute("/", self._by_starlette)]))

    async def result(self) -> Any:
        return await asyncio.wait_for(self._results.get(), 10)

    async def _by_aiohttp(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await self._results.put(await read(ws))
        return ws

    async def _by_websockets(self, ws: Any) -> None:
        await self._results.put(await read(ws))

    async def _by_starlette(self, ws: WebSocket) -> None:
        await ws.accept()
        await self._results.put(await read(ws))


def port_of(server: Any) -> int:
    return server if isinstance(server, int) else server.sockets[0].getsockname()[1]


async def leave(ws: ClientConnection, how: str) -> None:
    """End a connection of the websockets package."""
    if how.isdigit():
        await ws.close(int(how))
    elif how == "no code":
        async with ws.send_context():
            ws.protocol.send_close()
        await ws.wait_closed()
    elif how == "text":
        await ws.send("text")
    else:
        ws.transport.abort()


SERVERS = pytest.mark.parametrize("kind", ["aiohttp", "websockets", "starlette"])


@pytest.mark.asyncio
@SERVERS
@pytest.mark.parametrize("how", ["1000", "1001", "no code"])
async def test_a_server_reads(kind: str, how: str) -> None:
    reader = Reader(kind)
    async with reader.serve() as server, connect(f"ws://127.0.0.1:{port_of(server)}/") as ws:
        for piece in PIECES:
            await ws.send(piece)
        await leave(ws, how)
        result = await reader.result()
    if (kind, how) == ("starlette", "no code"):
        assert isinstance(result, SourceError)  # uvicorn says the same of a broken connection
    else:
        assert oracle.view(result) == oracle.adicom_view(CT)


@pytest.mark.asyncio
@SERVERS
@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("1011", "closed with code 1011"),
        ("text", "a text message"),
        ("abort", "closed with code 100[56]"),
    ],
)
async def test_a_sender_that_leaves(kind: str, how: str, message: str) -> None:
    reader = Reader(kind)
    async with reader.serve() as server, connect(f"ws://127.0.0.1:{port_of(server)}/") as ws:
        for piece in PIECES[:5]:
            await ws.send(piece)
        await asyncio.sleep(0.05)
        await leave(ws, how)
        result = await reader.result()
    assert isinstance(result, SourceError)
    assert re.search(message, str(result))


@pytest.mark.asyncio
@SERVERS
async def test_an_object_that_is_too_short(kind: str) -> None:
    reader = Reader(kind)
    async with reader.serve() as server, connect(f"ws://127.0.0.1:{port_of(server)}/") as ws:
        for piece in PIECES[:5]:
            await ws.send(piece)
        await ws.close()
        result = await reader.result()
    assert isinstance(result, TruncatedError)


async def push(request: web.Request) -> web.WebSocketResponse:
    """Send the object to whoever connects, and leave as is asked for."""
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    how = request.query["how"]
    for piece in PIECES if how in ("1000", "1001") else PIECES[:5]:
        await ws.send_bytes(piece)
    if how == "text":
        await ws.send_str("text")
    elif how == "abort":
        await asyncio.sleep(0.05)
        assert request.transport is not None
        request.transport.abort()
    elif how == "large":
        await ws.send_bytes(bytes(5 * 2**20))
    else:
        await ws.close(code=int(how))
    return ws


async def by_aiohttp(url: str) -> Any:
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        return await read(ws)


async def by_websockets(url: str) -> Any:
    async with connect(url) as ws:
        return await read(ws)


@pytest.mark.asyncio
@pytest.mark.parametrize("client", [by_aiohttp, by_websockets])
@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("1000", None),
        ("1001", None),
        ("1011", "code 1011"),
        ("text", "a text message"),
        ("abort", "code 1006"),
        ("large", "code 100"),
    ],
)
async def test_a_client_reads(client: Callable[[str], Any], how: str, message: str | None) -> None:
    async with serve_aiohttp("GET", push) as port:
        result = await asyncio.wait_for(client(f"ws://127.0.0.1:{port}/?how={how}"), 10)
    if message is None:
        assert oracle.view(result) == oracle.adicom_view(CT)
    else:
        assert isinstance(result, SourceError)
        assert message in str(result)


@pytest.mark.asyncio
async def test_pings_are_no_data() -> None:
    left = [
        aiohttp.WSMessage(kind, data, None)
        for kind, data in [
            (aiohttp.WSMsgType.PING, b"ping"),
            (aiohttp.WSMsgType.BINARY, b"01"),
            (aiohttp.WSMsgType.CLOSE, 1000),
        ]
    ]

    class WithoutPong:
        async def receive(self) -> Any:
            return left.pop(0)

    assert [piece async for piece in websocket_messages(WithoutPong())] == [b"01"]


@pytest.mark.asyncio
async def test_a_connection_that_was_closed_before() -> None:
    async with (
        serve_aiohttp("GET", push) as port,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"ws://127.0.0.1:{port}/?how=1000") as ws,
    ):
        await ws.close()
        with pytest.raises(SourceError, match="code 1006"):
            await anext(websocket_messages(ws))
