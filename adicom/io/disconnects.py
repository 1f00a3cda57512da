"""What the streams of other libraries raise when the other side is gone.

Nothing is imported for it: an exception of a library that was never imported cannot have been raised.
"""

from __future__ import annotations

import sys
from typing import Final

__all__ = ("says_disconnected",)

# Module and class; subclasses count as well. What is an OSError already, as aiohttp's time-outs are, is told without.
_DISCONNECTS: Final = (
    ("aiohttp.client_exceptions", "ClientError"),
    ("aiohttp.http_exceptions", "HttpProcessingError"),
    ("aiohttp.web_protocol", "RequestPayloadError"),
    ("anyio", "BrokenResourceError"),
    ("anyio", "ClosedResourceError"),
    ("h11", "ProtocolError"),
    ("http.client", "HTTPException"),
    ("httpcore", "NetworkError"),
    ("httpcore", "ProtocolError"),
    ("httpx", "StreamError"),
    ("httpx", "TransportError"),
    ("starlette.requests", "ClientDisconnect"),
    ("trio", "BrokenResourceError"),
    ("trio", "ClosedResourceError"),
    ("urllib3.exceptions", "HTTPError"),
    ("websockets.exceptions", "ConnectionClosed"),
)


def says_disconnected(error: BaseException) -> bool:
    """Return whether the error means that a stream ended before its end.

    Example:
        >>> import http.client
        >>> says_disconnected(http.client.IncompleteRead(b"")), says_disconnected(ValueError())
        (True, False)
    """
    for module, name in _DISCONNECTS:
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type) and isinstance(error, kind):
            return True
    return False
