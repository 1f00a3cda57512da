"""What the sources of the network do when an answer breaks, and what it costs."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import fsspec
import obstore
import pytest
from fsspec.asyn import AsyncFileSystem

import adicom
from adicom.errors import (
    BudgetExceededError,
    SourceChangedError,
    SourceError,
    SourceNotFoundError,
    SourceTimeoutError,
)
from adicom.io import Identity, ReadOptions, retry
from adicom.io.concurrency import run_bounded
from adicom.io.resolve import resolve_async
from tests.servers import Fault, RangeServer, storage_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adicom.io import AsyncSource

pytestmark = pytest.mark.anyio

MIB: Final = 2**20
DATA: Final = bytes(range(256)) * 400
LONG: Final = bytes(range(256)) * (4 * MIB // 256)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_BASE_PAUSE", 0.0)


@pytest.fixture
def server() -> Iterator[RangeServer]:
    with RangeServer({"/a": DATA, "/bucket/a": DATA, "/bucket/long": LONG}) as running:
        yield running


def source_of(session: adicom.Session, place: Any, *, known: Identity | None = None, **options: Any) -> AsyncSource:
    return resolve_async(place, session, ReadOptions(**options), known=known)


# -- http --------------------------------------------------------------------------------------------------------


async def test_each_break_costs_the_rest_only(server: RangeServer) -> None:
    server.faults = [Fault(cut=10_000), Fault(cut=0), Fault(chunked=True, cut=20_000), Fault(chunked=True, short=1000)]
    async with adicom.Session() as session:
        source = source_of(session, f"{server.url}/a")
        assert (await source.read_at(1000, 60_000)).data == DATA[1000:61_000]
    starts = [11_000, 11_000, 31_000, 60_000]
    ranges = [f"bytes={start}-60999" for start in (1000, *starts)]
    assert [request.range for request in server.requests] == ranges
    assert (source.stats.requests, source.stats.retries, source.stats.bytes) == (5, 4, 60_000)


async def test_an_answer_that_breaks_behind_its_last_byte_is_whole(server: RangeServer) -> None:
    server.faults = [Fault(chunked=True, cut=500)]
    async with adicom.Session() as session:
        assert (await source_of(session, f"{server.url}/a").read_at(0, 500)).data == DATA[:500]
    assert server.gets == 1


async def test_a_change_is_noticed_when_resuming(server: RangeServer) -> None:
    server.changed = {"/a": DATA[::-1]}
    for lenient in (False, True):
        server.faults = [Fault(cut=5000), Fault(changed=True, lenient=lenient)]
        async with adicom.Session() as session:
            with pytest.raises(SourceChangedError):
                await source_of(session, f"{server.url}/a").read_at(0, 16384)


@pytest.mark.parametrize("name", ["x-amz-version-id", "x-goog-generation"])
async def test_another_version_is_a_change(server: RangeServer, name: str) -> None:
    server.etag = None
    server.faults = [Fault(headers={name: version}) for version in ("1", "1", "2")]
    async with adicom.Session() as session:
        source = source_of(session, f"{server.url}/a")
        for place in (0, 100):
            assert (await source.read_at(place, 10)).identity == Identity(size=len(DATA), version="1")
        with pytest.raises(SourceChangedError, match="version"):
            await source.read_at(200, 10)


async def test_with_identity_size_only_the_size_counts(server: RangeServer) -> None:
    server.changed = {"/a": DATA[::-1]}
    server.faults = [None, Fault(changed=True), Fault(headers={"Content-Range": f"bytes 200-209/{len(DATA) + 1}"})]
    async with adicom.Session() as session:
        source = source_of(session, f"{server.url}/a", identity="size")
        await source.read_at(0, 10)
        assert (await source.read_at(100, 10)).data == DATA[::-1][100:110]
        with pytest.raises(SourceChangedError, match="another size"):
            await source.read_at(200, 10)
    assert not any("If-Match" in request.headers for request in server.requests)


async def test_an_end_that_is_told_when_resuming_keeps_what_came(server: RangeServer) -> None:
    server.faults = [Fault(cut=5000), Fault(status=416, headers={"Content-Range": "bytes */5000"})]
    async with adicom.Session() as session:
        answer = await source_of(session, f"{server.url}/a", identity="off").read_at(0, 16384)
    assert (answer.data, answer.size) == (DATA[:5000], 5000)


async def test_no_pause_before_a_retry_that_the_budget_forbids(
    server: RangeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "_BASE_PAUSE", 1000.0)
    server.faults = [Fault(status=503)]
    async with adicom.Session() as session:
        with pytest.raises(BudgetExceededError, match="max_requests=1") as caught:
            await source_of(session, f"{server.url}/a", max_requests=1).read_at(0, 100)
    assert isinstance(caught.value.__cause__, SourceError)
    assert "503" in str(caught.value.__cause__)


async def test_bytes_of_requests_side_by_side_stay_within_the_budget(server: RangeServer) -> None:
    server.delay = 0.02
    async with adicom.Session() as session:
        source = source_of(session, f"{server.url}/a", max_bytes=25_000)
        await source.read_at(0, 1000)
        places = (0, 20_000, 40_000)
        answers = await run_bounded([partial(source.read_at, at, 10_000) for at in places], 3)
        assert [len(answer.data) for answer in answers] == [10_000, 10_000, 4000]
        with pytest.raises(BudgetExceededError, match="max_bytes=25000"):
            await source.read_at(60_000, 1)
        server.requests.clear()
        source = source_of(session, f"{server.url}/a", max_bytes=15_000)
        with pytest.raises(BudgetExceededError):
            await run_bounded([partial(source.read_at, at, 10_000) for at in places], 3)
    assert sum(end - start for start, end in map(asked, server.requests)) <= 15_000


def asked(request: Any) -> tuple[int, int]:
    first, _, last = request.range.removeprefix("bytes=").partition("-")
    return int(first), int(last) + 1


async def test_a_body_is_read_by_one_at_a_time(server: RangeServer) -> None:
    """A server may turn out to have no ranges while several reads are under way."""
    server.faults = [None, *[Fault(whole=True)] * 8]
    places = [10_000, 30_000, 50_000, 70_000]
    async with adicom.Session() as session:
        source = source_of(session, f"{server.url}/a", allow_full_reread=True)
        await source.read_at(0, 100)
        for _ in range(2):
            answers = await run_bounded([partial(source.read_at, at, 100) for at in places], 4)
            assert [answer.data for answer in answers] == [
                DATA[at : at + len(a.data)] for at, a in zip(places, answers, strict=True)
            ]
            assert all(answer.data for answer in answers)
        await source.aclose()


async def test_a_page_in_place_of_a_reread(server: RangeServer) -> None:
    server.ranges = False
    for identity in ("strict", "size", "off"):
        server.faults = [Fault(cut=30_000), Fault(page=True, chunked=True)]
        async with adicom.Session() as session:
            source = source_of(session, f"{server.url}/a", allow_full_reread=True, identity=identity)
            with pytest.raises(SourceError, match=r"HTML|may have changed"):
                await read_all(source)
            await source.aclose()


async def read_all(source: AsyncSource) -> None:
    offset = 0
    while data := (await source.read_at(offset, 10_000)).data:
        assert data == DATA[offset : offset + len(data)]
        offset += len(data)


# -- obstore -----------------------------------------------------------------------------------------------------


def store_session(server: RangeServer, **options: Any) -> adicom.Session:
    return adicom.Session(storage_options=storage_options(server.url), backend="obstore", **options)


@pytest.mark.leaves("sockets")  # obstore's runtime closes them when it likes
async def test_obstore_keeps_the_pieces_before_the_break(server: RangeServer) -> None:
    server.faults = [Fault(cut=3 * MIB + 5)]
    async with store_session(server) as session:
        source = source_of(session, "s3://bucket/long")
        assert (await source.read_at(0, 4 * MIB)).data == LONG
    (_, end), (start, _) = map(asked, server.requests)
    assert end == 4 * MIB
    assert 2 * MIB <= start <= 3 * MIB + 5
    assert (source.stats.requests, source.stats.retries, source.stats.bytes) == (2, 1, 4 * MIB)


@pytest.mark.leaves("sockets")
async def test_obstore_gives_what_lies_in_between(server: RangeServer) -> None:
    async with store_session(server) as session:
        source = source_of(session, "s3://bucket/long")
        for size in (1, 1000, MIB, MIB + 1, 3 * MIB):
            assert (await source.read_at(123, size)).data == LONG[123 : 123 + size]


@pytest.mark.leaves("sockets")
@pytest.mark.parametrize(
    ("fault", "kind", "text"),
    [
        (Fault(status=416), SourceChangedError, "another size"),
        (Fault(headers={"Content-Encoding": "gzip"}), SourceError, "encoded"),
        (Fault(headers={"ETag": '"other"'}), SourceChangedError, "ETag"),
        (Fault(whole=True), SourceError, "obstore"),
    ],
    ids=repr,
)
async def test_obstore_later_answers(server: RangeServer, fault: Fault, kind: type[SourceError], text: str) -> None:
    server.faults = [None, fault]
    async with store_session(server, retries=0) as session:
        source = source_of(session, "s3://bucket/a")
        await source.read_at(0, 100)
        with pytest.raises(kind, match=text):
            await source.read_at(500, 100)


@pytest.mark.leaves("sockets")
async def test_obstore_page(server: RangeServer) -> None:
    server.content_type = "text/html"
    async with store_session(server) as session:
        with pytest.raises(SourceError, match="HTML"):
            await source_of(session, "s3://bucket/a").read_at(0, 1000)


@pytest.mark.leaves("sockets")
async def test_a_store_of_the_callers_is_not_waited_for_longer(server: RangeServer) -> None:
    store = obstore.store.S3Store(
        "bucket",
        config={"endpoint": server.url, "region": "us-east-1", "skip_signature": True},
        client_options={"allow_http": True},
    )
    async with adicom.Session(retries=0) as session:
        server.faults = [Fault(wait=2), Fault(stall=2)]
        for _ in range(2):
            with pytest.raises(SourceTimeoutError, match=r"0\.1 s"):
                await source_of(session, (store, "a"), timeout=0.1).read_at(0, 100)
        server.faults = []
        assert (await source_of(session, (store, "a"), timeout=10).read_at(5, 100)).data == DATA[5:105]


@pytest.mark.leaves("sockets")
async def test_a_store_that_cannot_be_made_says_so_without_its_options() -> None:
    options = storage_options("http://[hunter2")
    async with adicom.Session(storage_options=options, backend="obstore") as session:
        with pytest.raises(SourceError, match="obstore") as caught:
            await source_of(session, "s3://bucket/a").read_at(0, 100)
    assert "hunter2" not in f"{caught.value!r}{caught.value.__context__!r}"


# -- fsspec ------------------------------------------------------------------------------------------------------


class Files(AsyncFileSystem):  # type: ignore[misc] # fsspec has no types
    """A filesystem with an object that can be changed, and answers of our own; it lists what it was asked.

    Args:
        answers: What ``cat_file`` does, one after the other: raises an error, or gives no more bytes than a number.
    """

    cachable = False

    def __init__(self, *answers: Exception | int) -> None:
        super().__init__()
        self.data = DATA
        self.asked: list[Any] = []
        self.answers = list(answers)
        self.listed: dict[str, Any] | None = None

    async def _cat_file(self, path: str, start: int = 0, end: int | None = None, **_: Any) -> bytes:
        self.asked.append((start, end))
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return self.data[start:end][:answer]

    async def _info(self, path: str, refresh: bool = False, **_: Any) -> dict[str, Any]:
        self.asked.append("info")
        if self.listed is not None and not refresh:
            return self.listed
        return {"name": path, "size": len(self.data), "ETag": f'"{hash(self.data)}"', "type": "file"}


class SlowDown(Exception):
    status = 503


async def test_fsspec_goes_on_behind_a_short_answer() -> None:
    filesystem = Files(3000, SlowDown("hunter2"), 1)
    async with adicom.Session() as session:
        source = source_of(session, (filesystem, "a"))
        assert (await source.read_at(0, 10_000)).data == DATA[:10_000]
    assert filesystem.asked == [(0, 10_000), "info", (3000, 10_000), (3000, 10_000), (3001, 10_000)]
    assert (source.stats.requests, source.stats.retries, source.stats.bytes) == (5, 3, 10_000)


@pytest.mark.parametrize(
    ("error", "kind"),
    [(SlowDown(), SourceError), (ConnectionResetError(), SourceError), (TimeoutError(), SourceTimeoutError)],
    ids=repr,
)
async def test_fsspec_repeats_what_passes(error: Exception, kind: type[SourceError]) -> None:
    filesystem = Files(error, error, error)
    async with adicom.Session(retries=1) as session:
        with pytest.raises(kind):
            await source_of(session, (filesystem, "a")).read_at(0, 100)
        assert (await source_of(session, (filesystem, "a")).read_at(0, 100)).data == DATA[:100]
    assert len(filesystem.asked) == 4


async def test_fsspec_does_not_repeat_what_lasts() -> None:
    filesystem = Files(FileNotFoundError("hunter2"), PermissionError("hunter2"), ValueError("hunter2"))
    async with adicom.Session() as session:
        for kind in (SourceNotFoundError, PermissionError, SourceError):
            with pytest.raises(kind) as caught:
                await source_of(session, (filesystem, "a")).read_at(0, 100)
            assert "hunter2" not in str(caught.value)
    # Where it is no known kind, it is asked whether the file is empty.
    assert filesystem.asked == [(0, 100)] * 3 + ["info"]


async def test_fsspec_asks_the_store_and_not_a_listing() -> None:
    filesystem = Files()
    filesystem.listed = {"name": "a", "size": len(DATA), "ETag": '"old"', "type": "file"}
    async with adicom.Session() as session:
        source = source_of(session, (filesystem, "a"), known=Identity(etag='"old"', size=len(DATA)))
        with pytest.raises(SourceChangedError):
            await source.read_at(100, 100)


async def test_fsspec_notices_that_there_are_fewer_bytes_than_it_has_read() -> None:
    filesystem = Files()
    async with adicom.Session() as session:
        source = source_of(session, (filesystem, "a"))
        await source.read_at(0, 1000)
        filesystem.data = DATA[:900]
        with pytest.raises(SourceChangedError, match="another size"):
            await source.read_at(800, 100)


async def test_fsspec_all_of_a_file_is_no_range_of_it() -> None:
    class Whole(Files):
        async def _cat_file(self, path: str, start: int = 0, end: int | None = None, **_: Any) -> bytes:
            return self.data

    async with adicom.Session() as session:
        source = source_of(session, (Whole(), "a"), known=Identity(size=len(DATA)))
        with pytest.raises(SourceError, match="for a range of"):
            await source.read_at(100, len(DATA))  # as many bytes as it has


async def test_fsspec_looks_once_for_all_that_read_at_a_time() -> None:
    filesystem = Files()
    async with adicom.Session() as session:
        source = source_of(session, (filesystem, "a"))
        answers = await run_bounded([partial(source.read_at, at, 10) for at in (10, 20, 30)], 3)
    assert [answer.data for answer in answers] == [DATA[at : at + 10] for at in (10, 20, 30)]
    assert filesystem.asked.count("info") == 1


def test_a_thread_that_hangs_is_left_after_the_timeout() -> None:
    import threading
    import time

    going_on = threading.Event()

    class Hanging(fsspec.AbstractFileSystem):  # type: ignore[misc] # fsspec has no types
        cachable = False
        calls = 0

        def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
            self.calls += 1
            if self.calls == 1:
                going_on.wait(30)
            return DATA[start:end]

    async def main() -> None:
        filesystem = Hanging()
        async with adicom.Session(retries=0, timeout=0.05) as session:
            with pytest.raises(SourceTimeoutError):
                await source_of(session, (filesystem, "a")).read_at(0, 100)
            # Nobody else uses it before the thread has ended.
            waiting = asyncio.create_task(source_of(session, (filesystem, "a")).read_at(0, 100))
            await asyncio.sleep(0.02)
            assert filesystem.calls == 1
            going_on.set()
            assert (await waiting).data == DATA[:100]

    started = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - started < 10
