"""The body of a request while it is received (ASGI)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.errors import SourceError
from adicom.io.streams import StreamSource

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

__all__ = ("asgi_body",)


def asgi_body(receive: Callable[[], Awaitable[MutableMapping[str, Any]]]) -> StreamSource:
    """Return the body of an ASGI request as it comes: a source for whatever reads, and an async iterator of bytes.

    No message is asked for before its bytes are needed, which is how an ASGI server holds a client back. What
    Starlette's ``request.stream()`` gives, and ``request.content`` of aiohttp's servers, can be read as it is.

    Args:
        receive: What an ASGI application is called with, before anybody else has received from it.

    Raises:
        SourceError: By reading: the client has gone before the body was whole.

    Example:
        >>> import asyncio
        >>> messages = [
        ...     {"type": "http.request", "body": b"0123", "more_body": True},
        ...     {"type": "http.request", "body": b"45", "more_body": False},
        ... ]
        >>> async def receive():
        ...     return messages.pop(0)
        >>> async def main():
        ...     return [chunk async for chunk in asgi_body(receive)]
        >>> asyncio.run(main())
        [b'0123', b'45']
    """
    if not callable(receive):
        raise TypeError(f"asgi_body takes the receive of an ASGI application, not {type(receive).__name__}")
    return StreamSource(_Request(receive).pull, "the request's body")


class _Request:
    """The ``http.request`` messages of one request."""

    def __init__(self, receive: Callable[[], Awaitable[MutableMapping[str, Any]]]) -> None:
        self._receive = receive
        self._more = True

    async def pull(self) -> Any:
        """Return the next piece; None at the end."""
        if not self._more:
            return None
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise SourceError("the client has gone before the body of its request was whole")
        if message["type"] != "http.request":
            raise SourceError(f"the message {message['type']} of the ASGI server belongs to no request's body")
        self._more = message.get("more_body", False)
        return message.get("body", b"")
