"""The only part of adicom that waits: sources, sinks, sessions, the loop between a source and the parser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adicom.io.base import Answer, AsyncSource, Identity, LocalSource, Range, ReadOptions
from adicom.io.stats import IOStats

if TYPE_CHECKING:
    from adicom.io.bodies import asgi_body
    from adicom.io.gzip_stream import gunzip
    from adicom.io.http_bodies import http_body
    from adicom.io.multipart_stream import multipart_parts
    from adicom.io.sinks import BlockingSink, Sink, clean_stale, open_sink, open_sink_blocking
    from adicom.io.websocket_stream import websocket_messages

__all__ = (
    "Answer",
    "AsyncSource",
    "BlockingSink",
    "IOStats",
    "Identity",
    "LocalSource",
    "Range",
    "ReadOptions",
    "Sink",
    "asgi_body",
    "clean_stale",
    "gunzip",
    "http_body",
    "multipart_parts",
    "open_sink",
    "open_sink_blocking",
    "websocket_messages",
)

_LATER: Final = {
    "BlockingSink": "adicom.io.sinks",
    "Sink": "adicom.io.sinks",
    "asgi_body": "adicom.io.bodies",
    "clean_stale": "adicom.io.sinks.stale",
    "gunzip": "adicom.io.gzip_stream",
    "http_body": "adicom.io.http_bodies",
    "multipart_parts": "adicom.io.multipart_stream",
    "open_sink": "adicom.io.sinks",
    "open_sink_blocking": "adicom.io.sinks",
    "websocket_messages": "adicom.io.websocket_stream",
}


def __getattr__(name: str) -> Any:
    module = _LATER.get(name)
    if module is None:
        raise AttributeError(f"module 'adicom.io' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(module), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
