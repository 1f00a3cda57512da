"""The sink over http: one PUT or POST, that is complete or counts for nothing."""

from __future__ import annotations

import socket
import traceback
from typing import TYPE_CHECKING, Any, Final

import pytest

import adicom
from adicom.errors import (
    SinkError,
    SinkExistsError,
    SinkNotFoundError,
    SinkPermissionError,
    SinkTimeoutError,
)
from adicom.io import open_sink, retry
from adicom.io.eventloop import on_trio
from adicom.io.sinks.outlets import MIB
from tests.cancellation import Outcome, cancel_everywhere, eventually
from tests.io.sinks.receiving import UploadServer
from tests.servers import Fault, RangeServer

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from tests.cancellation import How

pytestmark = pytest.mark.anyio

OLD: Final = b"the old object"
SMALL: Final = bytes(range(256)) * 8
LARGE: Final = bytes(range(256)) * 5000 + b"end"


@pytest.fixture(scope="module")
def running() -> Iterator[UploadServer]:
    with UploadServer() as server:
        yield server


@pytest.fixture
def server(running: UploadServer) -> UploadServer:
    running.objects = {"/old": OLD}
    running.received.clear()
    running.faults = []
    running.early = False
    running.on_piece = lambda: None
    return running


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_BASE_PAUSE", 0.001)


async def write(target: Any, data: bytes, step: int = 300_000, **options: Any) -> None:
    async with open_sink(target, **options) as sink:
        for start in range(0, len(data), step):
            await sink.write(data[start : start + step])
    assert sink.written == len(data)


@pytest.mark.parametrize("data", [b"", SMALL, LARGE], ids=["empty", "small", "large"])
async def test_put(server: UploadServer, data: bytes) -> None:
    await write(f"{server.url}/a", data)
    assert server.objects["/a"] == data
    (request,) = server.received
    assert request.method == "PUT"
    assert request.headers["Content-Type"] == "application/dicom"
    # What is in memory has a length, what is on its way has none.
    assert request.headers.get("Content-Length") == (None if data is LARGE else str(len(data)))
    assert request.headers.get("Transfer-Encoding") == ("chunked" if data is LARGE else None)


async def test_post_with_a_length_and_headers(server: UploadServer) -> None:
    options = {"headers": {"Authorization": "Bearer 5"}}
    await write(
        f"{server.url}/a?b=c",
        LARGE,
        method="POST",
        length=len(LARGE),
        content_type="multipart/related; boundary=x",
        storage_options=options,
    )
    (request,) = server.received
    assert (request.method, bytes(request.body)) == ("POST", LARGE)
    assert request.headers["Content-Length"] == str(len(LARGE))
    assert request.headers["Content-Type"] == "multipart/related; boundary=x"
    assert request.headers["Authorization"] == "Bearer 5"


async def test_through_a_session(server: UploadServer) -> None:
    async with adicom.Session(connections=1) as session:
        async with open_sink(f"{server.url}/a", session=session) as sink:
            # The only connection for reads is not the one that is being written to.
            ct = await _get(session, f"{server.url}/old")
            await sink.write(LARGE)
            await sink.write(LARGE)
            assert await _get(session, f"{server.url}/old") == ct == OLD
        assert session.is_open
    assert server.objects["/a"] == LARGE * 2


async def _get(session: adicom.Session, url: str) -> bytes:
    from adicom.io.resolve import resolve_async

    source = resolve_async(url, session)
    return (await source.read_at(0, 100)).data


async def test_through_a_session_of_aiohttp(server: UploadServer) -> None:
    if on_trio():
        pytest.skip("aiohttp is for asyncio")
    import aiohttp

    async with aiohttp.ClientSession(headers={"X-Mine": "5"}) as http:
        async with adicom.Session(http=http) as session:
            await write(f"{server.url}/a", LARGE, session=session)
        assert not http.closed
    assert server.received[0].headers["X-Mine"] == "5"


async def test_no_overwriting(server: UploadServer) -> None:
    for data in (SMALL, LARGE):
        with pytest.raises(SinkExistsError):
            await write(f"{server.url}/old", data, overwrite=False)
    await write(f"{server.url}/new", SMALL, overwrite=False)
    assert server.objects == {"/old": OLD, "/new": SMALL}


# -- what fails --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [(403, SinkPermissionError), (404, SinkNotFoundError), (507, SinkError)],
)
async def test_refused(server: UploadServer, data: bytes, status: int, kind: type[SinkError]) -> None:
    server.faults = [Fault(status=status)]
    with pytest.raises(kind, match=f"cannot be written: the server answered {status}") as caught:
        await write(f"{server.url}/old", data)
    assert caught.value.sink == f"{server.url}/old"
    assert server.objects == {"/old": OLD}
    assert len(server.received) == 1


async def write_on_and_on(target: str) -> None:
    async with open_sink(target) as sink:
        for _ in range(1000):
            await sink.write(bytes(MIB))
    pytest.fail("it must end before")


async def test_answered_before_the_end(server: UploadServer) -> None:
    for status, text in ((413, "the server answered 413"), (200, "the server answered before it had the whole body")):
        server.faults, server.early = [Fault(status=status)], True
        with pytest.raises(SinkError, match=rf"{text}|the connection broke") as caught:
            await write_on_and_on(f"{server.url}/old")
        assert caught.value.written < 100 * MIB


async def test_passing_failures_of_what_can_be_sent_again(server: UploadServer) -> None:
    server.faults = [Fault(status=503), Fault(reset=True), Fault(status=429, headers={"Retry-After": "0"})]
    await write(f"{server.url}/a", SMALL)
    assert server.objects["/a"] == SMALL
    assert len(server.received) == 4


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(cut=1), Fault(reset=True)], ids=repr)
async def test_passing_failures_of_what_cannot(server: UploadServer, fault: Fault) -> None:
    cases: list[tuple[dict[str, Any], bytes]] = [
        ({}, LARGE),
        ({"method": "POST"}, LARGE),
        ({"method": "POST"}, SMALL),
        ({"overwrite": False}, SMALL),
    ]
    for options, data in cases:
        server.faults = [fault]
        server.received.clear()
        with pytest.raises(SinkError, match=r"the server answered 503|the connection broke"):
            await write(f"{server.url}/old", data, **options)
        assert len(server.received) == 1
    assert server.objects == {"/old": OLD}


async def test_cut_after_n_bytes(server: UploadServer) -> None:
    for cut in (1, 100_000, MIB, len(LARGE) - 1):
        server.faults = [Fault(cut=cut)]
        with pytest.raises(SinkError, match="the connection broke") as caught:
            await write(f"{server.url}/old", LARGE)
        assert caught.value.written <= len(LARGE)
        assert not server.received[-1].complete
    assert server.objects == {"/old": OLD}


async def test_redirects(server: UploadServer) -> None:
    server.faults = [Fault(status=307, location="/b"), Fault(status=308, location="/c")]
    await write(f"{server.url}/a", SMALL)
    assert server.objects == {"/old": OLD, "/c": SMALL}
    cases: list[tuple[int, str, bytes, str]] = [
        (307, "/b", LARGE, "the server redirects, and a body of this size cannot be sent again"),
        (302, "/b", SMALL, "the server answered 302"),
        (303, "/b", SMALL, "the server answered 303"),
        (307, "http://127.0.0.2:1/b", SMALL, "the server redirects to another origin, which is not followed"),
    ]
    for status, location, data, text in cases:
        server.faults = [Fault(status=status, location=location)]
        with pytest.raises(SinkError, match=text):
            await write(f"{server.url}/a", data)
    server.faults = [Fault(status=307, location="/b")] * 20
    with pytest.raises(SinkError, match="too many redirects"):
        await write(f"{server.url}/a", SMALL)


async def test_nobody_listens(server: UploadServer) -> None:
    with RangeServer() as other:
        url = other.url
    for data in (SMALL, LARGE):
        with pytest.raises(SinkError, match="the connection broke"):
            await write(f"{url}/a", data)


async def test_a_server_that_takes_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:  # nobody accepts what the system does
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/a"
        async with adicom.Session(timeout=0.1, retries=1) as session:
            with pytest.raises(SinkTimeoutError, match=r"no answer for 0\.1 s"):
                await write(url, SMALL, session=session)
            with pytest.raises(SinkTimeoutError, match=r"nothing was taken for 0\.1 s"):
                await write(url, LARGE * 30, session=session)


async def test_no_credentials_in_errors(server: UploadServer) -> None:
    url = f"{server.url.replace('//', '//me:hunter2@')}/a?signature=hunter2"
    options = {"headers": {"X-Secret": "hunter2"}}
    for fault in (
        Fault(status=403),
        Fault(cut=1),
        Fault(status=307, location="/b"),
        Fault(status=308, location="ftp://x"),
    ):
        for data in (SMALL, LARGE):
            server.faults = [fault] * 30
            with pytest.raises(SinkError) as caught:
                await write(url, data, storage_options=options)
            error = caught.value
            assert "hunter2" not in "".join(traceback.format_exception(error)) + repr(error) + repr(error.__dict__)
            assert error.__context__ is None
    assert "hunter2" not in repr(open_sink(url, storage_options=options))


async def test_arguments() -> None:
    with pytest.raises(ValueError, match='method must be "PUT" or "POST"'):
        await write("http://127.0.0.1/a", SMALL, method="PATCH")
    with pytest.raises(ValueError, match="storage_options for http may hold headers, not key"):
        await write("http://127.0.0.1/a", SMALL, storage_options={"key": "hunter2"})
    with pytest.raises(ValueError, match="length must not be below zero"):
        open_sink("http://127.0.0.1/a", length=-1)


# -- who cancels, and how much is in memory ----------------------------------------------------------------------


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
async def test_an_error_of_the_caller(server: UploadServer, data: bytes) -> None:
    async def write_and_raise() -> None:
        async with open_sink(f"{server.url}/old") as sink:
            await sink.write(data)
            await sink.write(data)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_raise()
    assert not any(received.complete for received in server.received)
    assert server.objects == {"/old": OLD}


@pytest.mark.parametrize("own", [True, False], ids=["own session", "session"])
async def test_cancelled_anywhere(server: UploadServer, own: bool) -> None:
    hows: tuple[How, ...] = ("scope",) if on_trio() else ("scope", "task")

    async def run(session: adicom.Session | None) -> None:
        async def make_operation() -> Callable[[], Coroutine[Any, Any, None]]:
            server.objects = {"/old": OLD}

            async def operation() -> None:
                async with open_sink(f"{server.url}/old", session=session) as sink:
                    await sink.write(bytes(MIB))
                    await sink.write(bytes(MIB))
                    await sink.write(b"end")

            return operation

        async def check(outcome: Outcome) -> None:
            assert server.objects["/old"] in (OLD, bytes(2 * MIB) + b"end")
            assert not outcome.completed or server.objects["/old"] != OLD
            kept = 0 if session is None else 1
            assert await eventually(lambda: server.connections <= kept, 5)

        for how in hows:
            assert await cancel_everywhere(make_operation, check, how=how) > 5

    if own:
        await run(None)
    else:
        async with adicom.Session() as session:
            await write(f"{server.url}/a", SMALL, session=session)  # on trio it starts the thread
            await run(session)


async def test_a_slow_server_holds_back_its_writer(server: UploadServer) -> None:
    sent = 0
    ahead = []
    server.on_piece = lambda: ahead.append(sent - len(server.received[0].body))
    async with open_sink(f"{server.url}/a") as sink:
        for _ in range(24):
            await sink.write(bytes(MIB))
            sent += MIB
    assert len(server.objects["/a"]) == 24 * MIB
    assert max(ahead) < 16 * MIB
