from __future__ import annotations

import io
import os
import pickle
import tracemalloc
from typing import TYPE_CHECKING, Any

import anyio
import fsspec
import pytest

from adicom.errors import DeferredValueError, SourceChangedError, SourceError, TruncatedError
from adicom.io import Identity, Range, ReadOptions
from adicom.io.resolve import resolve_async, resolve_local
from adicom.io.session import BlockingSession, Session
from adicom.io.value_source import (
    BlockingValues,
    LiveValues,
    LocalValues,
    LostValues,
    RemoteValues,
    Values,
    values_of,
)
from tests.servers import RangeServer, storage_options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from adicom.dataset.ports import ValueSource

DATA = bytes(range(256)) * 4000
WANTED = [Range(500_000, 10), Range(0, 5), Range(7, 3), Range(3, 0), Range(900_000, 20_000)]
EXPECTED = [DATA[wanted.offset : wanted.end] for wanted in WANTED]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.dcm"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def server() -> Iterator[RangeServer]:
    with RangeServer({"/a.dcm": DATA}) as running:
        yield running


def read_and_keep(fp: Any) -> Values:
    """Read something, close the source, return what fetches later."""
    source = resolve_local(fp)
    assert source is not None
    source.read_at(0, 10)
    values = values_of(fp, source)
    source.close()
    assert values is not None
    return values


def test_the_protocol_is_met() -> None:
    sources: list[ValueSource] = [LostValues("a"), read_and_keep(DATA), RemoteValues("http://h/a")]
    assert [source.can_fetch_now for source in sources] == [True, True, False]


@pytest.mark.anyio
async def test_bytes_and_paths(path: Path) -> None:
    for fp in (DATA, path, str(path), path.open("rb")):
        values = read_and_keep(fp)
        if isinstance(fp, io.BufferedReader):
            fp.close()
        assert isinstance(values, LocalValues)
        assert values.can_fetch_now
        assert values.size == len(DATA)
        assert values.fetch_now(WANTED) == EXPECTED
        assert await values.fetch([tuple(wanted) for wanted in WANTED]) == EXPECTED  # type: ignore[misc] # two items
        assert [piece async for piece in values.stream(3, 9_000)] == [DATA[3:9_003]]
        again = pickle.loads(pickle.dumps(values))
        assert again.fetch_now(WANTED) == EXPECTED


def test_a_file_from_its_position_on(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(100)
        values = read_and_keep(file)
    assert values.fetch_now([Range(0, 10)]) == [DATA[100:110]]


def test_a_changed_file(path: Path) -> None:
    values = read_and_keep(path)
    path.write_bytes(DATA[::-1])
    os.utime(path, ns=(1, 1))
    with pytest.raises(SourceChangedError):
        values.fetch_now(WANTED)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        values.fetch_now(WANTED)


def test_a_value_behind_the_end() -> None:
    with pytest.raises(TruncatedError) as caught:
        read_and_keep(DATA).fetch_now([Range(len(DATA) - 4, 10)])
    assert (caught.value.wanted, caught.value.got) == (10, 4)


def test_an_open_file_object() -> None:
    file = io.BytesIO(DATA)
    values = read_and_keep(file)
    assert values.fetch_now(WANTED) == EXPECTED
    lost = pickle.loads(pickle.dumps(values))
    assert isinstance(lost, LostValues)
    with pytest.raises(DeferredValueError, match="rebind"):
        lost.fetch_now(WANTED)
    file.close()
    with pytest.raises(DeferredValueError, match="rebind"):
        values.fetch_now(WANTED)


def test_ranges_of_bytes_are_not_copied_with_all_that_follows() -> None:
    values = read_and_keep(bytes(20_000_000))
    tracemalloc.start()
    try:
        found = values.fetch_now([Range(offset, 100) for offset in range(0, 20_000_000, 1_000_000)])
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
    assert found == [bytes(100)] * 20


def test_what_cannot_be_read_again() -> None:
    fp = iter([DATA])
    assert values_of(fp, resolve_local(fp)) is None


@pytest.mark.anyio
async def test_async_files(path: Path) -> None:
    async with await anyio.open_file(path, "rb") as file:
        await file.seek(100)
        source = resolve_async(file)
        await source.read_at(0, 10)
        values = values_of(file, source)
    assert isinstance(values, LocalValues)
    assert values.fetch_now([Range(0, 10)]) == [DATA[100:110]]

    class Wrapped:
        def __init__(self) -> None:
            self.inner = io.BytesIO(DATA)

        async def read(self, size: int) -> bytes:
            return self.inner.read(size)

        async def seek(self, offset: int, whence: int = 0) -> int:
            return self.inner.seek(offset, whence)

        async def tell(self) -> int:
            return self.inner.tell()

    fp = Wrapped()
    source = resolve_async(fp)
    await source.read_at(0, 10)
    live = values_of(fp, source)
    assert isinstance(live, LiveValues)
    assert await live.fetch(WANTED) == EXPECTED
    assert not live.can_fetch_now
    with pytest.raises(DeferredValueError, match="await"):
        live.fetch_now(WANTED)
    assert isinstance(pickle.loads(pickle.dumps(live)), LostValues)
    fp.inner.close()
    with pytest.raises(DeferredValueError, match="rebind"):
        await live.fetch(WANTED)


@pytest.mark.anyio
async def test_remote_values_merge_and_run_at_a_time(server: RangeServer) -> None:
    url = f"{server.url}/a.dcm"
    async with Session() as session:
        source = resolve_async(url, session)
        await source.read_at(0, 10)
        values = values_of(url, source, session=session)
        await source.aclose()
        assert isinstance(values, RemoteValues)
        assert await values.fetch(WANTED) == EXPECTED
    assert server.gets == 1 + 3
    assert all("If-Match" in request.headers for request in server.requests[1:])
    assert values.stats is source.stats
    assert values.stats.requests == server.gets
    server.delay = 0.02
    many = [Range(offset, 10) for offset in range(0, 1_000_000, 50_000)]
    assert await values.fetch(many) == [DATA[wanted.offset : wanted.end] for wanted in many]
    assert 2 <= server.most_connections <= 8


@pytest.mark.anyio
async def test_one_value_is_one_request(server: RangeServer) -> None:
    values = RemoteValues(f"{server.url}/a.dcm")
    assert await values.fetch([(300_000, 500_000)]) == [DATA[300_000:800_000]]
    assert server.gets == 1


@pytest.mark.anyio
async def test_remote_values_pin_the_object(server: RangeServer) -> None:
    values = RemoteValues(f"{server.url}/a.dcm", Identity(etag='"other"'))
    with pytest.raises(SourceChangedError):
        await values.fetch(WANTED)
    values = RemoteValues(f"{server.url}/a.dcm", Identity(size=5), options=ReadOptions(identity="off"))
    assert await values.fetch(WANTED) == EXPECTED


@pytest.mark.anyio
async def test_failing_fetches_raise_one_plain_error(server: RangeServer) -> None:
    from tests.servers import Fault

    values = RemoteValues(f"{server.url}/a.dcm")
    server.script = lambda request: Fault(status=418) if request.range != "bytes=0-9" else None
    with pytest.raises(SourceError, match="418"):
        await values.fetch([Range(offset, 10) for offset in range(0, 1_000_000, 50_000)])


@pytest.mark.anyio
async def test_pickles_hold_no_secret(server: RangeServer) -> None:
    plain = RemoteValues(f"{server.url}/a.dcm", Identity(size=len(DATA)))
    again = pickle.loads(pickle.dumps(plain))
    assert again.identity == plain.identity
    assert await again.fetch(WANTED) == EXPECTED
    url = f"http://me:hunter2@127.0.0.1:{server.port}/a.dcm?sig=hunter2"
    secret_options = storage_options("http://h") | {"secret": "hunter2"}
    async with Session(storage_options={"secret": "hunter2"}) as session:
        for values in (
            RemoteValues(url),
            RemoteValues("s3://bucket/a", storage_options=secret_options),
            RemoteValues("s3://bucket/a", session=session),
            RemoteValues((fsspec.filesystem("memory"), "a")),
            BlockingValues(RemoteValues(url)),
        ):
            pickled = pickle.dumps(values)
            assert b"hunter2" not in pickled
            lost = pickle.loads(pickled)
            assert "hunter2" not in lost.describe()
            with pytest.raises(DeferredValueError, match="rebind"):
                await lost.fetch(WANTED)
    assert await RemoteValues(url).fetch(WANTED) == EXPECTED


def test_server_without_ranges_cannot_be_read_again(server: RangeServer) -> None:
    server.ranges = False
    url = f"{server.url}/a.dcm"

    async def look(options: ReadOptions) -> Values | None:
        async with Session() as session:
            source = resolve_async(url, session, options)
            await source.read_at(0, 10)
            values = values_of(url, source, options=options)
            await source.aclose()
            return values

    assert anyio.run(look, ReadOptions()) is None
    values = anyio.run(look, ReadOptions(allow_full_reread=True))
    assert values is not None
    assert anyio.run(values.fetch, WANTED) == EXPECTED


def test_blocking_values(server: RangeServer) -> None:
    remote = RemoteValues(f"{server.url}/a.dcm")
    with BlockingSession() as session:
        values = BlockingValues(remote, session)
        assert values.can_fetch_now
        assert values.fetch_now(WANTED) == EXPECTED
    assert values.fetch_now(WANTED) == EXPECTED
    assert pickle.loads(pickle.dumps(values)).fetch_now(WANTED) == EXPECTED
