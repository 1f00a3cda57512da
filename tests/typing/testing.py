"""What type checkers see of the suite for sources; checking this file with mypy and pyright is the test."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, assert_type

from adicom.io import Answer, AsyncSource, Identity, IOStats, LocalSource
from adicom.testing import SourceSuite

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Mine:
    name = "mine"
    rereadable = True

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.stats = IOStats()

    async def read_at(self, offset: int, size: int) -> Answer:
        return Answer(self.data[offset : offset + size], Identity(size=len(self.data)), len(self.data))

    async def aclose(self) -> None:
        pass


class Plain(SourceSuite):
    backends = ("asyncio",)
    counts_requests = False
    secrets = ("password",)

    def open_source(self, data: bytes) -> Mine:
        return Mine(data)

    def open_missing(self) -> Mine:
        return Mine(b"")


class Opening(SourceSuite):
    without = ("size",)

    @asynccontextmanager
    async def open_source(self, data: bytes) -> AsyncIterator[Mine]:
        yield Mine(data)


async def run() -> None:
    source: AsyncSource = Mine(b"")
    local: LocalSource = source  # type: ignore[assignment]  # it is awaited
    assert_type(await Plain().check_all(), list[str])
    assert_type(Opening.names(), list[str])
    Plain().check_all()  # type: ignore[unused-coroutine]
    print(local)
