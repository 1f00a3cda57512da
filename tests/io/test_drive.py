from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from adicom.errors import SourceTimeoutError
from adicom.io import Answer, IOStats, ReadOptions
from adicom.io.budget import Budget
from adicom.io.drive import aparse, parse, read_within
from adicom.io.local import BytesSource, PathSource
from adicom.io.ranges import Planner
from adicom.io.resolve import resolve_async
from adicom.io.session import Session
from adicom.parser import Parser
from tests.servers import RangeServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
    if vr in (b"OB", b"OW", b"UN"):
        return struct.pack("<HH2sHI", group, number, vr, 0, len(value)) + value
    return struct.pack("<HH2sH", group, number, vr, len(value)) + value


def made_file() -> bytes:
    meta = element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1\0")
    names = b"".join(element(0x0009, 0x1000 + i, b"LO", b"A" * (i % 60 * 2)) for i in range(2000))
    return b"\0" * 128 + b"DICM" + element(2, 0, b"UL", struct.pack("<I", len(meta))) + meta + names


DATA = made_file()


def tags_of(batches: list[list[tuple[Any, ...]]]) -> int:
    return sum(len(batch) for batch in batches)


@pytest.fixture
def expected() -> int:
    return tags_of(list(parse(Parser(), BytesSource(DATA), Planner())))


def test_local_sources_give_the_same(tmp_path: Path, expected: int) -> None:
    assert expected >= 2000
    path = tmp_path / "a.dcm"
    path.write_bytes(DATA)
    source = PathSource(path)
    assert tags_of(list(parse(Parser(), source, Planner()))) == expected
    source.close()


@pytest.mark.anyio
async def test_async_sources_give_the_same(expected: int) -> None:
    async def chunks() -> Any:
        for start in range(0, len(DATA), 777):
            yield DATA[start : start + 777]

    for fp in (DATA, [DATA[:5], DATA[5:]], chunks()):
        found = [batch async for batch in aparse(Parser(), resolve_async(fp), Planner())]
        assert tags_of(found) == expected


@pytest.fixture
def server() -> Iterator[RangeServer]:
    with RangeServer({"/a.dcm": DATA}) as running:
        yield running


@pytest.mark.anyio
@pytest.mark.parametrize("ranges", [True, False])
async def test_http_gives_the_same(server: RangeServer, ranges: bool, expected: int) -> None:
    server.ranges = ranges
    async with Session() as session:
        source = resolve_async(f"{server.url}/a.dcm", session)
        found = [batch async for batch in aparse(Parser(), source, Planner())]
        await source.aclose()
    assert tags_of(found) == expected
    assert server.gets == (3 if ranges else 1)
    assert source.stats.bytes == len(DATA)


class Slow:
    name = "slow"
    rereadable = True
    stats = IOStats()

    async def read_at(self, offset: int, size: int) -> Answer:
        await anyio.sleep(60)
        raise AssertionError

    async def aclose(self) -> None:
        pass


@pytest.mark.anyio
async def test_total_timeout() -> None:
    budget = Budget(ReadOptions(total_timeout=0.05))
    with pytest.raises(SourceTimeoutError, match="total_timeout"):
        await read_within(budget, Slow(), 0, 10)
    with pytest.raises(SourceTimeoutError, match="total_timeout"):
        await read_within(budget, Slow(), 0, 10)


@pytest.mark.anyio
async def test_total_timeout_over_http(server: RangeServer) -> None:
    server.delay = 5
    options = ReadOptions(total_timeout=0.1)
    budget = Budget(options)
    async with Session() as session:
        source = resolve_async(f"{server.url}/a.dcm", session, options, budget=budget)
        with pytest.raises(SourceTimeoutError):
            await read_within(budget, source, 0, 10)
        await source.aclose()


def test_blocking_code_reads_over_the_network_thread(server: RangeServer, expected: int) -> None:
    from adicom.io.session import BlockingSession

    async def read(session: Session) -> int:
        source = resolve_async(f"{server.url}/a.dcm", session)
        return tags_of([batch async for batch in aparse(Parser(), source, Planner())])

    with BlockingSession() as session:
        assert session.run(read) == expected
