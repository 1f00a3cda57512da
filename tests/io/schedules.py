"""Random schedules of faults, and the server that they meet."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import anyio
import hypothesis.strategies as st

import adicom
from adicom.errors import DicomError
from tests.io.reads import (
    CHANGED,
    OBJECTS,
    READS,
    defer,
    events,
    expected,
    open_and_fetch,
    read_header,
    read_tags,
    read_whole,
)
from tests.servers import Fault, RangeServer, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from adicom import Session

DEADLINE: Final = 30.0
"""Seconds until a read counts as hung."""
TIMEOUT: Final = 0.1
"""Seconds that a request may be without progress; a slow machine turns it into one more fault."""
SECRET: Final = "topsecret"


# -- the schedules -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Schedule:
    """One read, and the faults of the answers that it meets."""

    read: Callable[..., Coroutine[Any, Any, Any]]
    path: str
    faults: tuple[Fault | None, ...] = ()
    ranges: bool = True
    etag: str | None = "strong"
    chunked: bool = False
    shared: bool = True
    options: dict[str, Any] = field(default_factory=dict)


OTHER_ORIGIN: Final = "elsewhere"
FAULTS: Final = (
    *(Fault(status=status) for status in (200, 204, 206, 304, 403, 404, 408, 412, 416, 429, 500, 503)),
    Fault(status=503, headers={"Retry-After": "0"}),
    Fault(status=429, headers={"Retry-After": "999999"}),
    Fault(status=416, headers={"Content-Range": "bytes */10"}),
    Fault(status=302, location="/loop"),
    Fault(status=302, location="mailto:nobody"),
    Fault(status=307, location=OTHER_ORIGIN),
    Fault(page=True),
    Fault(page=True, chunked=True, headers={"Content-Type": "text/html; charset=utf-8"}),
    Fault(garbage=b"\x00\x01\x02 nonsense\r\n\r\n"),
    Fault(garbage=b"HTTP/1.1 206 Part\r\nContent-Range: bytes 0-99/1000\r\nTransfer-Encoding: chunked\r\n\r\nxyz"),
    Fault(reset=True),
    Fault(whole=True),
    Fault(whole=True, chunked=True),
    Fault(whole=True, cut=30_000),
    *(Fault(shift=shift) for shift in (-16, 1, 4096)),
    Fault(shift=64, headers={"Content-Range": "bytes 0-99/1000"}),
    *(
        Fault(headers={"Content-Range": text})
        for text in ("", "bytes 5-9/100", "bytes 0-0/*", "x 1-2/3", "bytes 9-1/5")
    ),
    Fault(headers={"Content-Encoding": "br"}),
    Fault(packed=True),
    Fault(packed=True, whole=True),
    Fault(packed=True, chunked=True),
    Fault(packed=True, chunked=True, whole=True),
    Fault(chunked=True),
    Fault(chunked=True, short=1),
    Fault(chunked=True, short=500),
    Fault(chunked=True, cut=300),
    *(Fault(length=length) for length in (-5, 7)),
    Fault(extra=b"0123456789"),
    Fault(extra=b"0123456789", chunked=True),
    Fault(extra=b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"),
    Fault(chunked=True, shift=-8, headers={"Content-Type": "application/dicom"}),
    *(Fault(cut=cut) for cut in (0, 1, 5000, 20_000)),
    Fault(stall=3 * TIMEOUT),
    Fault(wait=3 * TIMEOUT),
    Fault(headers={"ETag": '"another"'}),
    Fault(headers={"ETag": 'W/"weak"'}),
)
CHANGES: Final = (
    Fault(changed=True),
    Fault(changed=True, lenient=True),
    Fault(changed=True, lenient=True, cut=3000),
    Fault(changed=True, lenient=True, whole=True),
    Fault(changed=True, lenient=True, whole=True, chunked=True),
)

# Mostly what can be overcome, so that reads go on and meet the next fault.
PASSING: Final = (
    *(Fault(status=status) for status in (408, 429, 500, 503)),
    Fault(reset=True),
    Fault(chunked=True),
    Fault(chunked=True, cut=300),
    Fault(chunked=True, short=500),
    *(Fault(cut=cut) for cut in (0, 1, 5000, 20_000)),
    Fault(status=307, location=OTHER_ORIGIN),
)

ALL: Final = st.one_of(st.none(), *[st.sampled_from(PASSING)] * 3, st.sampled_from(FAULTS), st.sampled_from(CHANGES))
OPTIONS: Final = st.fixed_dictionaries(
    {
        "retries": st.sampled_from([0, 1, 2, 3, 3, 3]),
        "allow_full_reread": st.booleans(),
        "max_requests": st.sampled_from([None] * 5 + [1, 2, 3, 5]),
        "max_bytes": st.sampled_from([None] * 6 + [10, 20_000, 150_000]),
        "header_hint": st.sampled_from([None, None, 600, 5000, 30_000, 500_000]),
        "identity": st.sampled_from(["strict"] * 6 + ["size", "off"]),
    }
)


@st.composite
def schedules(draw: st.DrawFn, faults: st.SearchStrategy[Fault | None] = ALL) -> Schedule:
    read, path = draw(st.sampled_from(READS)), draw(st.sampled_from([*OBJECTS]))
    if read is open_and_fetch:
        path = "/native"
    found = draw(st.lists(faults, min_size=1, max_size=8))
    how = draw(OPTIONS)
    if how["identity"] != "strict":  # then a change is nobody's concern
        found = [fault for fault in found if fault not in CHANGES]
    etag = draw(st.sampled_from(["strong", "strong", "weak", None]))
    ranges, chunked, shared = (draw(st.sampled_from([True] * 3 + [False])) for _ in range(3))
    return Schedule(read, path, tuple(found), ranges, etag, not chunked, shared, how)


class WrongDataError(AssertionError):
    """A read gave something else than what is there."""


class Tried:
    """What became of the schedules that were run."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()

    def note(self, schedule: Schedule, error: DicomError | None) -> None:
        kind = "right" if error is None else type(error).__name__
        self.outcomes[f"{kind} in spite of faults" if error is None and any(schedule.faults) else kind] += 1


class Arena:
    """The server that all schedules meet.

    Args:
        server: Which.
    """

    def __init__(self, server: RangeServer) -> None:
        self.server = server
        self.tried = Tried()
        self._faults: list[Fault | None] = []
        server.changed = dict(CHANGED)
        server.dated = True
        server.script = self._next_fault

    def _next_fault(self, request: Request) -> Fault | None:
        if request.path == "/loop":
            return Fault(status=302, location="/loop")
        if request.headers["Host"].startswith("localhost"):
            assert SECRET not in repr(request.headers)
        fault = self._faults.pop(0) if self._faults else None
        if fault is not None and fault.location == OTHER_ORIGIN:
            return replace(fault, location=f"http://localhost:{self.server.port}{request.path}")
        return fault

    def prepare(self, schedule: Schedule) -> tuple[str, dict[str, Any]]:
        """Return the URL to read, and how."""
        self._faults = list(schedule.faults)
        self.server.requests.clear()
        self.server.ranges, self.server.etag, self.server.chunked = schedule.ranges, schedule.etag, schedule.chunked
        headers = {"X-Api-Key": SECRET}
        options = schedule.options | {"timeout": TIMEOUT, "storage_options": {"headers": headers}}
        return f"{self.server.url.replace('//', f'//me:{SECRET}@')}{schedule.path}?sig={SECRET}", options

    def judge(self, schedule: Schedule, result: Any, error: DicomError | None) -> None:
        """Raise unless the read ended as it should."""
        self.tried.note(schedule, error)
        states = expected(schedule.read, schedule.path)
        # The other state of the object is as good, but nothing of both.
        changes = any(fault and fault.changed for fault in schedule.faults)
        if error is None and result not in states[: 1 + changes]:
            raise WrongDataError(repr(schedule))
        assert SECRET not in f"{error!r} {error} {error.__cause__!r} {error.__context__!r}" if error else True
        limit = schedule.options["max_requests"]
        if limit is not None and schedule.read in (read_whole, read_header, read_tags, defer, events):
            assert len(self.server.requests) <= limit

    async def run(self, schedule: Schedule, session: Session | None) -> None:
        """Carry a schedule out; a dataset's later fetches use the session too."""
        url, options = self.prepare(schedule)
        await self.read(schedule, session, url, options)

    async def read(self, schedule: Schedule, session: Session | None, url: str, options: dict[str, Any]) -> None:
        """Do the same with a URL and options of the caller's."""
        result, error = None, None
        try:
            with anyio.fail_after(DEADLINE):
                result = await schedule.read(url, session=session, **options)
        except DicomError as found:
            error = found
        self.judge(schedule, result, error)

    def idle(self, kept: int) -> None:
        """Wait until clients have no more connections than the pool of a session."""
        until = time.monotonic() + 10
        while self.server.connections > kept:
            assert time.monotonic() < until, f"{self.server.connections} connections are open, {kept} in a pool"
            time.sleep(0.0005)


def pooled(session: Session) -> int:
    """Return how many idle connections a session keeps; it has no others."""
    connector = session._clients.http().connector
    assert connector is not None
    assert not connector._acquired
    return sum(map(len, connector._conns.values()))


def threads() -> set[threading.Thread]:
    """Return the running threads, but for those that a loop keeps for its own life."""
    kept = ("asyncio_", "AnyIO worker", "Trio thread")
    return {thread for thread in threading.enumerate() if not thread.name.startswith(kept)}


class Shared:
    """A loop and a session for many schedules, so that what one leaves behind hurts the next.

    Args:
        arena: What they meet.
    """

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._runner = asyncio.Runner()
        self.session = adicom.Session(connections=8)
        self._runner.run(self.session.__aenter__())
        self._threads = threads()

    def run(self, schedule: Schedule, operate: Callable[[Schedule], Coroutine[Any, Any, None]] | None = None) -> None:
        expected(schedule.read, schedule.path)  # while no loop runs
        self._runner.run(self._run(schedule, operate or self._operate))

    async def _operate(self, schedule: Schedule) -> None:
        await self._arena.run(schedule, self.session if schedule.shared else None)
        await asyncio.sleep(0)
        self._arena.idle(pooled(self.session))

    async def _run(self, schedule: Schedule, operate: Callable[[Schedule], Coroutine[Any, Any, None]]) -> None:
        await operate(schedule)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert threads() == self._threads

    def close(self) -> None:
        self._runner.run(self.session.__aexit__(None, None, None))
        self._runner.close()
