from __future__ import annotations

import random
import traceback
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from adicom.errors import (
    BudgetExceededError,
    SourceChangedError,
    SourceError,
    SourceNotFoundError,
    SourcePermissionError,
    SourceTimeoutError,
)
from adicom.io import ReadOptions
from adicom.io.resolve import resolve_async
from adicom.io.session import Session
from tests.servers import Fault, RangeServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adicom.io import AsyncSource

pytestmark = pytest.mark.anyio

DATA = bytes(range(256)) * 400


@pytest.fixture
def server() -> Iterator[RangeServer]:
    with RangeServer({"/a.dcm": DATA, "/empty": b""}) as running:
        yield running


def source_of(session: Session, url: str, **options: Any) -> AsyncSource:
    return resolve_async(url, session, ReadOptions(**options))


async def read_all(source: AsyncSource, size: int = 30_000) -> bytes:
    found = b""
    while data := (await source.read_at(len(found), size)).data:
        found += data
    return found


async def test_first_read_is_one_range_get(server: RangeServer) -> None:
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm")
        answer = await source.read_at(0, 16384)
        await source.aclose()
    assert answer.data == DATA[:16384]
    assert answer.size == len(DATA)
    assert answer.identity is not None
    assert answer.identity.strong_etag
    assert [(request.method, request.range) for request in server.requests] == [("GET", "bytes=0-16383")]
    assert server.requests[0].headers["Accept-Encoding"] == "identity"
    assert (source.stats.requests, source.stats.bytes, source.stats.retries) == (1, 16384, 0)
    assert source.stats.exact


async def test_later_reads_pin_the_etag_and_reuse_the_connection(server: RangeServer) -> None:
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm")
        await source.read_at(0, 100)
        answer = await source.read_at(50_000, 100)
        await source.aclose()
    assert answer.data == DATA[50_000:50_100]
    assert "If-Match" not in server.requests[0].headers
    assert server.requests[1].headers["If-Match"] == server._tag(DATA)


async def test_weak_etags_are_compared_not_sent(server: RangeServer) -> None:
    server.etag = "weak"
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm")
        await source.read_at(0, 100)
        await source.read_at(100, 100)
        assert "If-Match" not in server.requests[1].headers
        server.objects["/a.dcm"] = DATA[::-1]
        with pytest.raises(SourceChangedError):
            await source.read_at(200, 100)


@pytest.mark.parametrize("etag", ["strong", "weak"])
async def test_changed_object(server: RangeServer, etag: str) -> None:
    server.etag = etag
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm")
        await source.read_at(0, 100)
        server.objects["/a.dcm"] = DATA[::-1]
        with pytest.raises(SourceChangedError):
            await source.read_at(100, 100)


async def test_changed_object_at_a_server_that_ignores_if_match(server: RangeServer) -> None:
    server.faults = [None, Fault(headers={"ETag": '"other"'})]
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm")
        await source.read_at(0, 100)
        with pytest.raises(SourceChangedError, match="ETag"):
            await source.read_at(100, 100)


async def test_identity_off_takes_what_comes(server: RangeServer) -> None:
    server.etag = "weak"
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm", identity="off")
        await source.read_at(0, 100)
        server.objects["/a.dcm"] = DATA[::-1]
        assert (await source.read_at(100, 100)).data == DATA[::-1][100:200]


async def test_server_without_ranges_is_streamed_from_the_same_answer(server: RangeServer) -> None:
    server.ranges = False
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm")
        assert (await source.read_at(0, 100)).data == DATA[:100]
        assert not source.rereadable
        assert (await source.read_at(50_000, 100)).data == DATA[50_000:50_100]
        with pytest.raises(SourceError, match="no ranges"):
            await source.read_at(0, 100)
    assert server.gets == 1


@pytest.mark.parametrize("chunked", [False, True])
async def test_whole_stream(server: RangeServer, chunked: bool) -> None:
    server.ranges = False
    server.chunked = chunked
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm")
        assert await read_all(source) == DATA
        answer = await source.read_at(len(DATA), 1)
        assert answer.data == b""
        assert answer.size == len(DATA)


class ServerWithOneStatus(RangeServer):
    """Answers 200 to ranges too, as rclone's S3 server does."""

    async def _send(
        self, http: Any, request: Any, fault: Fault, status: int, headers: dict[str, str], body: bytes
    ) -> Any:
        return await super()._send(http, request, fault, 200, headers, body)


@pytest.mark.parametrize("reread", [False, True])
async def test_part_with_the_status_of_the_whole(reread: bool) -> None:
    with ServerWithOneStatus({"/a.dcm": DATA, "/small": DATA[:50]}) as server:
        async with Session() as session:
            source = source_of(session, f"{server.url}/a.dcm", allow_full_reread=reread)
            answer = await source.read_at(0, 100)
            assert (answer.data, answer.size) == (DATA[:100], len(DATA))
            assert (await source.read_at(50_000, 100)).data == DATA[50_000:50_100]
            assert (await source.read_at(3000, 100)).data == DATA[3000:3100]
            assert (await source.read_at(len(DATA) - 5, 100)).data == DATA[-5:]
            assert await read_all(source_of(session, f"{server.url}/small")) == DATA[:50]
        assert server.sent == 305 + 50


@pytest.mark.parametrize("reread", [False, True])
@pytest.mark.parametrize(
    "fault",
    [
        Fault(shift=5),
        Fault(headers={"Content-Range": "bytes 0-99/*"}),
        Fault(headers={"Content-Range": "bytes 0-49/102400"}),
        Fault(headers={"Content-Range": "nonsense"}),
    ],
    ids=repr,
)
async def test_part_that_may_be_anything(fault: Fault, reread: bool) -> None:
    with ServerWithOneStatus({"/a.dcm": DATA}) as server:
        async with Session() as session:
            for offset in (0, 5000):
                server.faults = [fault]
                with pytest.raises(SourceError, match="Content-Range"):
                    await source_of(session, f"{server.url}/a.dcm", allow_full_reread=reread).read_at(offset, 100)


async def test_full_reread_is_by_permission(server: RangeServer) -> None:
    server.ranges = False
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm", allow_full_reread=True)
        await source.read_at(0, 100)
        assert source.rereadable
        await source.read_at(5000, 100)
        assert (await source.read_at(3000, 100)).data == DATA[3000:3100]
        await source.aclose()
    assert server.gets == 2


async def test_empty_object(server: RangeServer) -> None:
    for server.ranges in (True, False):
        async with Session() as session:
            source = source_of(session, f"{server.url}/empty")
            answer = await source.read_at(0, 16384)
            await source.aclose()
        assert (answer.data, answer.size) == (b"", 0)


async def test_read_behind_the_end(server: RangeServer) -> None:
    async with Session() as session:
        answer = await source_of(session, f"{server.url}/a.dcm").read_at(len(DATA) + 5, 10)
    assert (answer.data, answer.size) == (b"", len(DATA))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, SourcePermissionError),
        (403, SourcePermissionError),
        (404, SourceNotFoundError),
        (410, SourceNotFoundError),
        (418, SourceError),
        (501, SourceError),
    ],
)
async def test_lasting_status(server: RangeServer, status: int, kind: type[SourceError]) -> None:
    server.script = lambda _: Fault(status=status)
    async with Session() as session:
        with pytest.raises(kind) as caught:
            await source_of(session, f"{server.url}/a.dcm").read_at(0, 100)
    assert type(caught.value) is kind
    assert server.gets == 1


@pytest.mark.parametrize(
    "fault",
    [Fault(status=503), Fault(status=500), Fault(status=408), Fault(reset=True), Fault(cut=0), Fault(cut=7000)],
    ids=repr,
)
async def test_transient_faults_are_retried(server: RangeServer, fault: Fault) -> None:
    server.faults = [fault]
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm")
        assert (await source.read_at(0, 16384)).data == DATA[:16384]
    assert (source.stats.requests, source.stats.retries) == (2, 1)
    if fault.cut:
        assert server.requests[1].range == f"bytes={fault.cut}-16383"
        assert source.stats.bytes == 16384


async def test_retry_after(server: RangeServer) -> None:
    server.faults = [Fault(status=429, headers={"Retry-After": "1"})]
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm")
        await source.read_at(0, 100)
        assert source.stats.seconds >= 1
        server.faults = [Fault(status=429, headers={"Retry-After": "86400"})]
        with pytest.raises(SourceError, match="429"):
            await source.read_at(0, 100)


async def test_retries_end(server: RangeServer) -> None:
    server.script = lambda _: Fault(status=503)
    async with Session(retries=2) as session:
        source = source_of(session, f"{server.url}/a.dcm")
        with pytest.raises(SourceError, match="503"):
            await source.read_at(0, 100)
        assert source.stats.requests == 3
        source = source_of(session, f"{server.url}/a.dcm", retries=0)
        with pytest.raises(SourceError, match="503"):
            await source.read_at(0, 100)
        assert source.stats.requests == 1


async def test_stall(server: RangeServer) -> None:
    server.faults = [Fault(stall=0.5)]
    async with Session(retries=0) as session:
        with pytest.raises(SourceTimeoutError, match=r"0\.1 s"):
            await source_of(session, f"{server.url}/a.dcm", timeout=0.1).read_at(0, 100)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault(shift=5), "another range"),
        (Fault(headers={"Content-Range": "bytes 5-9/100"}), "another range"),
        (Fault(headers={"Content-Range": "nonsense"}), "another range"),
        (Fault(headers={"Content-Range": "bytes 0-49/102400"}), "Content-Length"),
        (Fault(headers={"Content-Encoding": "gzip"}), "encoded"),
        (Fault(headers={"Content-Type": "text/html"}), "HTML"),
        (Fault(whole=True, headers={"Content-Encoding": "gzip"}), "encoded"),
        (Fault(whole=True, headers={"Content-Type": "text/html; charset=utf-8"}), "HTML"),
    ],
    ids=repr,
)
async def test_wrong_answers_are_errors(server: RangeServer, fault: Fault, text: str) -> None:
    server.faults = [fault]
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm")
        with pytest.raises(SourceError, match=text):
            await source.read_at(0, 100)
        await source.aclose()
    assert server.gets == 1


async def test_whole_object_for_a_later_range_is_an_error(server: RangeServer) -> None:
    server.faults = [None, Fault(whole=True)]
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm")
        await source.read_at(0, 100)
        with pytest.raises(SourceError, match="whole object"):
            await source.read_at(500, 100)


async def test_broken_stream_is_an_error(server: RangeServer) -> None:
    server.ranges = False
    server.faults = [Fault(cut=20_000)]
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm")
        with pytest.raises(SourceError, match="broke"):
            await read_all(source)
    assert server.gets == 1


async def test_broken_stream_is_read_again_by_permission(server: RangeServer) -> None:
    server.ranges = False
    server.faults = [Fault(cut=20_000)]
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm", allow_full_reread=True)
        assert await read_all(source) == DATA
    assert server.gets == 2


async def test_redirects_are_followed_and_counted(server: RangeServer) -> None:
    async with Session() as session:
        source = source_of(session, f"{server.url}/moved/a.dcm")
        assert (await source.read_at(10, 10)).data == DATA[10:20]
        assert source.stats.requests == 2 == server.gets
        source = source_of(session, f"{server.url}/moved/moved/a.dcm", max_requests=2)
        with pytest.raises(BudgetExceededError):
            await source.read_at(0, 10)
    assert server.gets == 4


async def test_budget_of_requests(server: RangeServer) -> None:
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm", max_requests=1)
        await source.read_at(0, 100)
        with pytest.raises(BudgetExceededError, match="max_requests=1"):
            await source.read_at(100, 100)
    assert server.gets == 1


@pytest.mark.parametrize("ranges", [True, False])
async def test_budget_of_bytes(server: RangeServer, ranges: bool) -> None:
    server.ranges = ranges
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm", max_bytes=150)
        with pytest.raises(BudgetExceededError, match="max_bytes=150"):
            await read_all(source, 100)
        await source.aclose()
    assert source.stats.bytes == 150


async def test_credentials_are_never_shown(server: RangeServer) -> None:
    port = server.port
    secrets = ("hunter2", "X-Sig", "topsecret")
    for fault in (Fault(status=404), Fault(status=503), Fault(reset=True), Fault(stall=1), Fault(shift=1)):
        server.faults = [fault]
        async with Session(retries=0, timeout=0.2) as session:
            url = f"http://me:hunter2@127.0.0.1:{port}/a.dcm?X-Sig=topsecret#hunter2"
            source = source_of(session, url)
            with pytest.raises(SourceError) as caught:
                await source.read_at(0, 100)
        shown = "".join(traceback.format_exception(caught.value)) + source.name + repr(session)
        error: BaseException | None = caught.value
        while error is not None:
            shown += repr(error) + str(error)
            error = error.__cause__ or error.__context__
        assert not any(secret in shown for secret in secrets)


async def test_signed_query_and_userinfo_reach_the_server(server: RangeServer) -> None:
    async with Session(storage_options={"headers": {"X-Api-Key": "k"}}) as session:
        url = f"http://me:pass@127.0.0.1:{server.port}/a.dcm?sig=a%2Fb%2B"
        await source_of(session, url).read_at(0, 10)
    headers = server.requests[0].headers
    assert headers["Authorization"].startswith("Basic ")
    assert headers["X-Api-Key"] == "k"


async def test_cancelled_read_closes_its_connection(server: RangeServer) -> None:
    server.faults = [Fault(stall=5)]
    async with Session() as session:
        source = source_of(session, f"{server.url}/a.dcm")
        with anyio.move_on_after(0.1) as scope:
            await source.read_at(0, 100)
        assert scope.cancelled_caught
        await source.aclose()
        assert (await source_of(session, f"{server.url}/a.dcm").read_at(0, 10)).data == DATA[:10]


async def test_connections_are_bounded(server: RangeServer) -> None:
    server.delay = 0.05
    async with Session(connections=3) as session, anyio.create_task_group() as group:
        for _ in range(9):
            group.start_soon(source_of(session, f"{server.url}/a.dcm").read_at, 0, 100)
    assert server.gets == 9
    assert server.most_connections <= 3


async def test_refused_connection() -> None:
    async with Session(retries=1) as session:
        with pytest.raises(SourceError, match="connection broke"):
            await source_of(session, "http://127.0.0.1:9/a.dcm").read_at(0, 100)


async def test_invalid_url() -> None:
    async with Session() as session:
        with pytest.raises(ValueError, match="valid URL"):
            source_of(session, "http:///a.dcm")
        with pytest.raises(ValueError, match="colour"):
            resolve_async("http://127.0.0.1/a.dcm", session, storage_options={"colour": "red"})


FAULTS = [
    None,
    None,
    Fault(status=503),
    Fault(status=404),
    Fault(reset=True),
    Fault(cut=0),
    Fault(cut=5000),
    Fault(cut=20_000),
    Fault(shift=3),
    Fault(whole=True),
    Fault(headers={"ETag": '"other"'}),
    Fault(headers={"ETag": 'W/"weak"'}),
    Fault(headers={"Content-Encoding": "gzip"}),
    Fault(headers={"Content-Range": "bytes 0-0/1"}),
    Fault(stall=0.3),
]


@pytest.mark.parametrize("seed", range(3))
async def test_random_faults_never_give_wrong_bytes(server: RangeServer, seed: int) -> None:
    chance = random.Random(seed)
    async with Session(timeout=0.1, retries=3) as session:
        for _ in range(8):
            server.ranges = chance.random() < 0.8
            server.faults = chance.choices(FAULTS, k=12)
            source = source_of(session, f"{server.url}/a.dcm", allow_full_reread=chance.random() < 0.5)
            try:
                with anyio.fail_after(20):
                    assert await read_all(source, chance.choice([7000, 30_000, 200_000])) == DATA
            except SourceError:
                pass
            finally:
                await source.aclose()
