"""What type checkers see of the streams in ``adicom.io``; checking this file with mypy and pyright is the test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, assert_type

import adicom
import adicom.sync
from adicom.io import (
    AsyncSource,
    LocalSource,
    ReadOptions,
    asgi_body,
    gunzip,
    http_body,
    multipart_parts,
    websocket_messages,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from pathlib import Path


async def awaited(
    path: Path, url: str, receive: Callable[[], Awaitable[MutableMapping[str, Any]]], session: adicom.Session
) -> None:
    async with gunzip(path, limit=2**30, session=session, options=ReadOptions(timeout=5)) as stream:
        source: AsyncSource = stream
        assert_type(await adicom.dcmread(source), adicom.FileDataset)
        assert_type([piece async for piece in stream], list[bytes])
    async with http_body(url, headers={"Accept": "application/dicom"}, session=session) as body:
        assert_type(body.headers, Mapping[str, str])
        async for part in multipart_parts(body):
            assert_type((part.number, part.content_type, part.headers), tuple[int, str, Mapping[str, str]])
            source = part
            assert_type([piece async for piece in part], list[bytes])
    assert_type(await anext(asgi_body(receive)), bytes)
    assert_type(await anext(websocket_messages(receive)), bytes)
    source = asgi_body(receive)
    source = websocket_messages(receive)
    gunzip(path, 5)  # type: ignore[call-arg]
    http_body(url, timeout=5)  # type: ignore[call-arg]


def blocking(path: Path, url: str, session: adicom.sync.Session) -> None:
    with adicom.sync.io.gunzip(path, session=session) as stream:
        source: LocalSource = stream
        assert_type(adicom.sync.dcmread(source), adicom.sync.FileDataset)
        assert_type(list(stream), list[bytes])
    with adicom.sync.io.http_body(url, session=session) as body:
        for part in adicom.sync.io.multipart_parts(body):
            source = part
            assert_type(b"".join(part), bytes)
    adicom.sync.io.gunzip(path, session=adicom.Session())  # type: ignore[arg-type]
