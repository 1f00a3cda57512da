"""The binary messages of a WebSocket as one stream (RFC 6455)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from adicom.errors import SourceError
from adicom.io.streams import StreamSource

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ("websocket_messages",)

_NORMAL: Final = 1000
_GOING_AWAY: Final = 1001
_NO_CODE: Final = 1005  # a close frame without a code, as close() without arguments sends it in browsers
_ABNORMAL: Final = 1006  # no close frame
_ENDS: Final = frozenset({_NORMAL, _GOING_AWAY, _NO_CODE})
# An ASGI server says 1005 of a broken connection as well (uvicorn does).
_ENDS_OF_ASGI: Final = frozenset({_NORMAL, _GOING_AWAY})


def websocket_messages(ws: Any) -> StreamSource:
    """Return the binary messages of a WebSocket, up to its close, as one stream: a source, and an async iterator.

    However the sender cuts an object into messages, it is the same object.

    Args:
        ws: A WebSocket of aiohttp (client or server), of the ``websockets`` package or of Starlette, accepted and
            with its messages still to come; or the ``receive`` of an ASGI application. It stays open.

    Raises:
        TypeError: ``ws`` is none of these.
        SourceError: By reading: a text message came, or the connection ended otherwise than by a close frame with
            code 1000, 1001 or none. An ASGI server does not tell the last from a broken connection, so that there
            it is an error, too: let the sender close with 1000.

    Example:
        >>> import asyncio
        >>> messages = [
        ...     {"type": "websocket.receive", "bytes": b"0123"},
        ...     {"type": "websocket.receive", "bytes": b"45"},
        ...     {"type": "websocket.disconnect", "code": 1000},
        ... ]
        >>> async def receive():
        ...     return messages.pop(0)
        >>> async def main():
        ...     return [chunk async for chunk in websocket_messages(receive)]
        >>> asyncio.run(main())
        [b'0123', b'45']
    """
    receive = _receiver(ws)

    async def pull() -> Any:
        return _data_of(await receive())

    return StreamSource(pull, "the WebSocket")


def _receiver(ws: Any) -> Callable[[], Awaitable[Any]]:
    """Return what gives the next message."""
    receive: Callable[[], Awaitable[Any]] | None = getattr(ws, "receive", None)
    if receive is None and callable(ws):
        receive = ws  # of an ASGI application
    if receive is None and hasattr(ws, "recv"):
        receive = _until_closed(ws.recv)
    if receive is not None:
        return receive
    raise TypeError(
        f"cannot receive from {type(ws).__name__}; a WebSocket of aiohttp, websockets or Starlette is wanted, "
        "or the receive of an ASGI application"
    )


class _Closed(NamedTuple):
    """The close frame of a connection of the websockets package."""

    code: int


def _until_closed(recv: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
    """Return the ``recv`` of the websockets package, with a message at the end in place of an exception."""

    async def receive() -> Any:
        try:
            return await recv()
        except Exception as error:
            closed = getattr(sys.modules.get("websockets.exceptions"), "ConnectionClosed", None)
            if closed is None or not isinstance(error, closed):
                raise
            frame = getattr(error, "rcvd", None)
        return _Closed(_ABNORMAL if frame is None else frame.code)

    return receive


def _data_of(message: Any) -> Any:
    """Return the bytes of a message; None where it closes the connection.

    Raises:
        SourceError: It is a text, or the connection broke.
    """
    if isinstance(message, Mapping):
        return _data_of_asgi(message)
    if isinstance(message, _Closed):
        return _end(message.code, _ENDS)
    if isinstance(message, (bytes, bytearray, memoryview)):
        return message
    if isinstance(message, str):
        raise _text()
    return _data_of_aiohttp(message)


def _data_of_asgi(message: Mapping[str, Any]) -> Any:
    kind = message["type"]
    if kind == "websocket.disconnect":
        return _end(message.get("code", _NO_CODE), _ENDS_OF_ASGI)
    if kind != "websocket.receive":
        raise SourceError(f"the message {kind} is none of an accepted WebSocket")
    if message.get("bytes") is None:
        raise _text()
    return message["bytes"]


def _data_of_aiohttp(message: Any) -> Any:
    from aiohttp import WSMsgType

    kind = getattr(message, "type", None)
    if kind is WSMsgType.BINARY:
        return message.data
    if kind is WSMsgType.TEXT:
        raise _text()
    if kind is WSMsgType.CLOSE:
        return _end(message.data or _NO_CODE, _ENDS)
    if kind in (WSMsgType.PING, WSMsgType.PONG):
        return b""
    # aiohttp says CLOSED, with code 1000, where a connection was cut: only a close frame is an end.
    raise _broken(getattr(getattr(message, "data", None), "code", _ABNORMAL))


def _end(code: int, ends: frozenset[int]) -> None:
    if code not in ends:
        raise _broken(code)


def _broken(code: int) -> SourceError:
    return SourceError(f"the WebSocket was closed with code {code}, before what it sent was whole")


def _text() -> SourceError:
    return SourceError("the WebSocket sent a text message; DICOM is binary")
