"""What other libraries raise when a stream breaks is told as a SourceError, and anything else is not."""

from __future__ import annotations

import http.client
import traceback
from typing import TYPE_CHECKING

import aiohttp
import anyio
import h11
import httpx
import pytest
import starlette.requests
import urllib3.exceptions
import websockets.exceptions
from aiohttp.http_exceptions import TransferEncodingError
from aiohttp.web import RequestPayloadError

import adicom
from adicom.errors import SourceError, SourceTimeoutError
from adicom.io.disconnects import says_disconnected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BROKEN = [
    aiohttp.ClientPayloadError("secret"),
    RequestPayloadError("secret"),
    TransferEncodingError("secret"),
    anyio.BrokenResourceError(),
    anyio.ClosedResourceError(),
    h11.RemoteProtocolError("secret"),
    http.client.IncompleteRead(b"secret"),
    httpx.ReadError("secret"),
    httpx.StreamClosed(),
    starlette.requests.ClientDisconnect(),
    urllib3.exceptions.ProtocolError("secret"),
    websockets.exceptions.ConnectionClosedError(None, None),
]
OTHERS = [ValueError("mine"), RuntimeError("mine"), KeyError("mine"), anyio.EndOfStream(), TypeError("mine")]


async def broken(error: Exception) -> AsyncIterator[bytes]:
    yield bytes(128) + b"DICM"
    raise error


@pytest.mark.anyio
@pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__)
async def test_a_broken_stream(error: Exception) -> None:
    with pytest.raises(SourceError, match=rf"the stream broke \({type(error).__name__}\)") as caught:
        await adicom.dcmread(broken(error))
    assert "secret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.anyio
async def test_what_is_an_os_error_already() -> None:
    with pytest.raises(SourceTimeoutError):
        await adicom.dcmread(broken(aiohttp.ServerTimeoutError()))
    with pytest.raises(SourceError, match="ConnectionResetError"):
        await adicom.dcmread(broken(ConnectionResetError()))
    mine = SourceError("mine")
    with pytest.raises(SourceError, match=r"^mine$") as caught:
        await adicom.dcmread(broken(mine))
    assert caught.value is mine
    assert mine.__cause__ is None


@pytest.mark.anyio
@pytest.mark.parametrize("error", OTHERS, ids=lambda error: type(error).__name__)
async def test_what_the_caller_raises_passes_unchanged(error: Exception) -> None:
    assert not says_disconnected(error)
    with pytest.raises(type(error)) as caught:
        await adicom.dcmread(broken(error))
    assert caught.value is error
