"""A read that is cancelled, wherever it waits, leaves nothing open and nothing half-filled."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.lowlevel
import fsspec
import pytest
from fsspec.asyn import AsyncFileSystem

import adicom
from adicom.io import retry
from adicom.io.concurrency import run_bounded
from adicom.io.eventloop import on_trio
from adicom.io.network import NetworkThread
from tests import made
from tests.cancellation import Outcome, Steps, cancel_everywhere, counting_network_threads, eventually
from tests.servers import Fault, RangeServer, storage_options

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator

    from tests.cancellation import How

    Operation = Callable[[], Coroutine[Any, Any, Any]]

pytestmark = pytest.mark.anyio

TAGS: Final = (0x00091010, 0x00111010, 0x00131010)
PIXELS: Final = bytes(range(256)) * 128


@cache
def image() -> bytes:
    """Return an image with values so far apart that fetching them takes a request each."""
    body = made.element(0x00080018, "UI", "2.25.1")
    for tag in TAGS:
        body += made.element(tag & 0xFFFF0000 | 0x10, "LO", "ADICOM TEST")
        body += made.element(tag, "OB", bytes([tag >> 16]) * 3000) + made.element(tag + 1, "OB", bytes(20_000))
    return made.part10(body + made.element(made.PIXEL_DATA, "OW", PIXELS))


@pytest.fixture(scope="module")
def running() -> Iterator[RangeServer]:
    with RangeServer({"/a": image()}) as server:
        yield server


@pytest.fixture(params=["ranges", "no ranges"])
def server(running: RangeServer, request: pytest.FixtureRequest) -> RangeServer:
    running.ranges = request.param == "ranges"
    running.faults = []
    return running


@pytest.fixture
def by_range(running: RangeServer) -> RangeServer:
    running.ranges, running.faults = True, []
    return running


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_BASE_PAUSE", 0.001)


class Shared:
    """A session of the caller's, or none.

    Args:
        server: What it reads from.
        session: The session.
    """

    def __init__(self, server: RangeServer, session: adicom.Session | None) -> None:
        self.server = server
        self.session = session

    async def check(self, outcome: Outcome) -> None:
        """Fail if connections are open that the session does not keep for later."""
        is_idle = await eventually(lambda: self.server.connections <= self._pooled(), 5)
        assert is_idle, f"{self.server.connections} open, {self._pooled()} kept"

    def _pooled(self) -> int:
        if self.session is None:
            return 0
        connector = self.session._clients.http().connector
        assert connector is not None
        assert not connector._acquired
        return sum(map(len, connector._conns.values()))


async def everywhere(
    server: RangeServer,
    own: bool,
    make: Callable[[adicom.Session | None], Awaitable[Operation]],
    check: Callable[[Outcome], None] = lambda outcome: None,
    faults: tuple[Fault, ...] = (),
) -> int:
    """Cancel everywhere, with a session of the caller's or without; faults are those that each run meets.

    Returns how many steps there are.
    """
    hows: tuple[How, ...] = ("scope",) if on_trio() else ("scope", "task")

    async def run(session: adicom.Session | None) -> int:
        shared = Shared(server, session)

        async def make_operation() -> Operation:
            server.faults = []
            operation = await make(session)
            server.faults = list(faults)
            return operation

        async def check_all(outcome: Outcome) -> None:
            await shared.check(outcome)
            check(outcome)

        return min([await cancel_everywhere(make_operation, check_all, how=how) for how in hows])

    if own:
        return await run(None)
    async with adicom.Session(connections=4) as session:
        await adicom.dcmread(f"{server.url}/a", stop_before_pixels=True, session=session)
        return await run(session)


owners = pytest.mark.parametrize("own", [True, False], ids=["without a session", "in a session"])


@owners
async def test_dcmread(server: RangeServer, own: bool) -> None:
    async def make(session: adicom.Session | None) -> Operation:
        return lambda: adicom.dcmread(f"{server.url}/a", session=session)

    def check(outcome: Outcome) -> None:
        if outcome.completed:
            assert outcome.value.PixelData == PIXELS

    assert await everywhere(server, own, make, check) >= 2


@owners
async def test_dcmread_that_repeats_requests(server: RangeServer, own: bool) -> None:
    async def make(session: adicom.Session | None) -> Operation:
        url = f"{server.url}/moved/a"
        return lambda: adicom.dcmread(url, session=session, allow_full_reread=True, total_timeout=30)

    faults = (Fault(status=503), Fault(reset=True), Fault(cut=9000), Fault(status=307, location="/a"), Fault(cut=10))
    assert await everywhere(server, own, make, faults=faults) >= 6


@owners
async def test_fetch(by_range: RangeServer, own: bool) -> None:
    dataset: adicom.FileDataset

    async def make(session: adicom.Session | None) -> Operation:
        nonlocal dataset
        dataset = await adicom.dcmread(f"{by_range.url}/a", session=session, defer_size=2000)
        return lambda: dataset.fetch(*TAGS, "PixelData")

    def check(outcome: Outcome) -> None:
        waiting = {dataset[tag].is_deferred for tag in (*TAGS, "PixelData")}
        assert waiting == {not outcome.completed}  # all or nothing
        if outcome.completed:
            assert outcome.value == (*(bytes([tag >> 16]) * 3000 for tag in TAGS), PIXELS)

    assert await everywhere(by_range, own, make, check) >= 2


@owners
async def test_fetch_of_several_tasks(by_range: RangeServer, own: bool) -> None:
    """Who waits for the request of another one, who is cancelled, sends it himself."""

    async def make(session: adicom.Session | None) -> Operation:
        dataset = await adicom.dcmread(f"{by_range.url}/a", session=session, defer_size=2000)

        async def fetch() -> Any:
            return await run_bounded([lambda: dataset.fetch(*TAGS), lambda: dataset.fetch(TAGS[0])], 2)

        return fetch

    assert await everywhere(by_range, own, make) >= 3


@owners
async def test_stream(by_range: RangeServer, own: bool) -> None:
    async def make(session: adicom.Session | None) -> Operation:
        dataset = await adicom.dcmread(f"{by_range.url}/a", session=session, defer_size=2000)

        async def stream() -> bytes:
            return b"".join([piece async for piece in dataset.stream("PixelData")])

        return stream

    assert await everywhere(by_range, own, make) >= 1


@owners
async def test_iter_events(server: RangeServer, own: bool) -> None:
    async def make(session: adicom.Session | None) -> Operation:
        async def events() -> int:
            async with adicom.iter_events(f"{server.url}/a", session=session, header_hint=20_000) as stream:
                return len([event async for event in stream])

        return events

    assert await everywhere(server, own, make) >= 2


@owners
async def test_open_dicom(by_range: RangeServer, own: bool) -> None:
    async def make(session: adicom.Session | None) -> Operation:
        async def read() -> Any:
            async with adicom.open_dicom(f"{by_range.url}/a", 2000, session=session) as dcm:
                return await dcm.fetch("PixelData")

        return read

    assert await everywhere(by_range, own, make) >= 3


@pytest.mark.parametrize("kind", ["sync", "async", "asynchronous", "made by the session"])
async def test_a_session_with_filesystems(by_range: RangeServer, kind: str) -> None:
    """Its end takes steps of its own, in a thread and in another loop."""
    filesystem = Files(kind)
    place = "memory://cancellation/a" if kind == "made by the session" else (filesystem, "/a")
    fsspec.filesystem("memory").pipe_file("/cancellation/a", image())

    async def make(session: adicom.Session | None) -> Operation:
        async def read() -> None:
            async with adicom.Session() as own:
                await adicom.dcmread(f"{by_range.url}/a", session=own, stop_before_pixels=True)
                dataset = await adicom.dcmread(place, session=own, defer_size=2000)
                await dataset.fetch(TAGS[0])

        return read

    def check(outcome: Outcome) -> None:
        assert filesystem.busy == 0

    assert await everywhere(by_range, True, make, check) >= 5


class Files(AsyncFileSystem):  # type: ignore[misc] # fsspec has no types
    """A filesystem that needs a moment for what it does, and some cleaning up.

    Args:
        kind: "sync", "async" on fsspec's loop, or "asynchronous" on that of the caller.

    Attributes:
        busy: How many calls are under way.
    """

    cachable = False

    def __init__(self, kind: str) -> None:
        super().__init__(asynchronous=kind == "asynchronous")
        self.async_impl = kind != "sync"
        self.busy = 0

    async def _cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        found: bytes = await self._do(lambda: image()[start:end])
        return found

    async def _info(self, path: str, **_: Any) -> dict[str, Any]:
        found: dict[str, Any] = await self._do(lambda: self.info(path))
        return found

    async def _do(self, call: Callable[[], Any]) -> Any:
        self.busy += 1
        try:
            await asyncio.sleep(0.001)
            return call()
        finally:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.001)
            self.busy -= 1

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        self.busy += 1
        time.sleep(0.002)
        self.busy -= 1
        return image()[start:end]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        return {"name": path, "size": len(image()), "type": "file"}


@pytest.mark.leaves("sockets")  # obstore's runtime closes idle ones when it likes
async def test_obstore_gives_a_cancelled_request_up(by_range: RangeServer) -> None:
    by_range.objects["/bucket/a"] = image()
    by_range.faults = [Fault(stall=5)]
    before = by_range.connections
    options = storage_options(by_range.url)
    async with adicom.Session(storage_options=options, backend="obstore") as session:
        with anyio.move_on_after(0.2) as scope:
            await adicom.dcmread("s3://bucket/a", session=session)
        assert scope.cancelled_caught
        assert await eventually(lambda: by_range.connections == before, 4)


async def test_total_timeout_closes_the_connection(by_range: RangeServer) -> None:
    by_range.faults = [Fault(stall=5)]
    with pytest.raises(TimeoutError, match="total_timeout"):
        await adicom.dcmread(f"{by_range.url}/a", total_timeout=0.05)
    assert await eventually(lambda: by_range.connections == 0, 2)


def test_steps_are_counted_meanwhile_only() -> None:
    """Where a loop lives on, the tasks of other tests would be stopped at a step of theirs."""
    network = NetworkThread()
    steps = Steps(1000, lambda: None)

    async def operation() -> None:
        await anyio.lowlevel.checkpoint()

    with counting_network_threads(steps):
        network.run_blocking(operation)
        assert (counted := steps.count) > 0
    network.run_blocking(operation)
    assert steps.count == counted
    network.stop()
