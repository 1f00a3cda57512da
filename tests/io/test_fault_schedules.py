"""Random schedules of faults: whatever servers do, a read ends with the right bytes or with an error of adicom's.

``ADICOM_SCHEDULES`` sets how many are tried.
"""

from __future__ import annotations

import asyncio
import os
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import anyio
import hypothesis.strategies as st
import pytest
import trio
from hypothesis import HealthCheck, Phase, given, settings

import adicom
import adicom.sync
from adicom.errors import DicomError
from adicom.io import ReadOptions, retry
from adicom.io.httpmessages import ContentRange, parse_content_range
from adicom.io.value_source import values_of
from adicom.parser import ValueChunk
from tests import made
from tests.servers import Fault, RangeServer, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping

    from adicom import Dataset, Session
    from adicom.io.http import HttpSource

SCHEDULES: Final = int(os.environ.get("ADICOM_SCHEDULES", "2000"))
DEADLINE: Final = 30.0
"""Seconds until a read counts as hung."""
TIMEOUT: Final = 0.05
"""Seconds that a request may be without progress; a slow machine turns it into one more fault."""
SECRET: Final = "topsecret"


# -- the objects -------------------------------------------------------------------------------------------------


def noise(seed: int, length: int) -> bytes:
    return random.Random(seed).randbytes(length)


LONG: Final = (0x00091010, 0x00111010, 0x00131010, 0x00151010)
"""Values so far apart that fetching them takes a request each."""


def native(seed: int) -> bytes:
    """Return an image of 190 KB, no two states of which have a value in common."""
    body = made.element(0x00080018, "UI", f"2.25.{1000 + seed}") + made.element(0x00080060, "CS", "OT")
    for tag in LONG:
        body += made.element(tag & 0xFFFF0000 | 0x10, "LO", "ADICOM TEST")
        body += made.element(tag, "OB", noise(seed + tag, 6000))
        body += made.element(tag + 1, "UT", noise(seed + tag + 1, 9000).hex())
    items = [made.item(made.element(0x00081155, "UI", f"2.25.{seed}") + made.element(0x00091010, "OB", noise(9, 3000)))]
    body += made.sequence(0x00181111, items * 3, undefined=True)
    body += made.element(0x00280010, "US", made.numbers("H", 200)) + made.element(
        0x00280011, "US", made.numbers("H", 200)
    )
    body += made.element(0x00280100, "US", made.numbers("H", 16))
    return made.part10(body + made.element(made.PIXEL_DATA, "OW", noise(seed, 80_000)))


def encapsulated(seed: int) -> bytes:
    """Return an image of 110 KB with fragments, and elements behind them."""
    body = made.element(0x00080018, "UI", f"2.25.{1000 + seed}") + made.element(0x00091010, "OB", noise(seed, 7000))
    body += made.encapsulated([noise(seed + number, 9000 + number * 2) for number in range(11)])
    return made.part10(body + made.element(0xFFFCFFFC, "OB", noise(seed, 2000)), made.JPEG_BASELINE)


OBJECTS: Final = {"/native": native(1), "/encapsulated": encapsulated(1)}
CHANGED: Final = {"/native": native(2), "/encapsulated": encapsulated(2)}


# -- what is read, and what comes of it --------------------------------------------------------------------------


DEFER: Final = 2000


def plain(dataset: Dataset) -> list[Any]:
    """Return all that is in a dataset."""
    return [
        (element.tag, element.VR, [plain(item) for item in element.value] if element.VR == "SQ" else element.value)
        for element in dataset
    ]


def all_of(dataset: Any) -> tuple[Any, ...]:
    return plain(dataset.file_meta), plain(dataset), dataset.is_complete, dataset.is_truncated


def short_of(dataset: Any) -> list[Any]:
    """Return what is in a dataset but for the values of long elements, which a server without ranges has brought too,
    and for what stands behind the pixel data."""
    found: list[Any] = plain(dataset.file_meta)
    for element in dataset:
        if element.tag <= made.PIXEL_DATA:
            is_short = not element.is_deferred and element.VR != "SQ" and len(str(element.value)) <= DEFER
            found.append((element.tag, element.value if is_short else None))
    return found


async def read_whole(fp: Any, **how: Any) -> Any:
    return all_of(await adicom.dcmread(fp, **how))


async def read_header(fp: Any, **how: Any) -> Any:
    return all_of(await adicom.dcmread(fp, stop_before_pixels=True, **how))


async def read_tags(fp: Any, **how: Any) -> Any:
    return all_of(await adicom.dcmread(fp, specific_tags=["SOPInstanceUID", LONG[0], "Rows"], **how))


async def defer(fp: Any, **how: Any) -> Any:
    return short_of(await adicom.dcmread(fp, defer_size=DEFER, **how))


async def defer_and_fetch(fp: Any, **how: Any) -> Any:
    dataset = await adicom.dcmread(fp, defer_size=DEFER, **how)
    tags = [tag for tag in (*LONG, made.PIXEL_DATA) if tag in dataset]
    return short_of(dataset), await dataset.fetch(*tags)


async def fetch_all(fp: Any, **how: Any) -> Any:
    dataset = await adicom.dcmread(fp, defer_size=DEFER, **how)
    await dataset.fetch_all()
    if not dataset.is_complete:
        await dataset.fetch_rest()
    return all_of(dataset)


async def stream(fp: Any, **how: Any) -> Any:
    dataset = await adicom.dcmread(fp, defer_size=DEFER, **how)
    return b"".join([chunk async for chunk in dataset.stream("PixelData")])


async def open_and_fetch(fp: Any, **how: Any) -> Any:
    async with adicom.open_dicom(fp, DEFER, **how) as dcm:
        return short_of(dcm.dataset), await dcm.fetch("PixelData"), await dcm.fetch(LONG[0])


async def events(fp: Any, **how: Any) -> Any:
    found: list[Any] = []
    async with adicom.iter_events(fp, **how) as stream:
        async for event in stream:
            if not isinstance(event, ValueChunk):
                found.append(event)
            elif isinstance(found[-1], bytes):
                found[-1] += bytes(event.data)
            else:
                found.append(bytes(event.data))
    return found


RANGES: Final = [(0, 132), (100_000, 3000), (40_000, 20_000), (103_000, 10), (70_000, 1)]


async def read_ranges(fp: Any, *, session: Session | None = None, storage_options: Any = None, **how: Any) -> Any:
    values = values_of(fp, session=session, storage_options=storage_options, options=ReadOptions(**how))
    assert values is not None
    return await values.fetch(RANGES)


READS: Final[tuple[Callable[..., Coroutine[Any, Any, Any]], ...]] = (
    read_whole,
    read_header,
    read_tags,
    defer,
    defer_and_fetch,
    fetch_all,
    stream,
    open_and_fetch,
    events,
    read_ranges,
)


def blocking_fetch_all(fp: Any, **how: Any) -> Any:
    dataset = adicom.sync.dcmread(fp, defer_size=DEFER, **how)
    dataset.fetch_all()
    if not dataset.is_complete:
        dataset.fetch_rest()
    return all_of(dataset)


@cache
def expected(read: Callable[..., Coroutine[Any, Any, Any]], path: str) -> list[Any]:
    """Return what the same read gives where the bytes are here: of the object, and of its other state."""
    return [asyncio.run(read(objects[path])) for objects in (OBJECTS, CHANGED)]


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


@pytest.fixture
def arena(monkeypatch: pytest.MonkeyPatch) -> Iterator[Arena]:
    monkeypatch.setattr(retry, "_BASE_PAUSE", 0.0)
    with RangeServer(OBJECTS) as server:
        yield Arena(server)


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


# -- the tests ---------------------------------------------------------------------------------------------------


def many(count: int) -> settings:
    phases = (Phase.generate, Phase.shrink)  # to explain a failure takes a trace of all that runs
    return settings(max_examples=max(count, 1), phases=phases, suppress_health_check=list(HealthCheck))


def test_expected_is_what_is_there() -> None:
    import io

    import pydicom

    for path in OBJECTS:
        theirs = pydicom.dcmread(io.BytesIO(OBJECTS[path]))
        meta, found, is_complete, is_truncated = expected(fetch_all, path)[0]
        assert [element[0] for element in found] == [int(element.tag) for element in theirs]
        assert found[-1][2] == theirs[found[-1][0]].value
        assert {tag: value for tag, _, value in found}[made.PIXEL_DATA] == theirs.PixelData
        assert (is_complete, is_truncated, len(meta)) == (True, False, len(theirs.file_meta))
    assert expected(read_ranges, "/native")[0] == [OBJECTS["/native"][start : start + size] for start, size in RANGES]


def test_schedules(arena: Arena) -> None:
    shared = Shared(arena)

    @many(SCHEDULES)
    @given(schedules())
    def run(schedule: Schedule) -> None:
        shared.run(schedule)

    try:
        run()
    finally:
        shared.close()
    arena.idle(0)
    tried = arena.tried.outcomes
    assert tried["right in spite of faults"] > SCHEDULES // 10
    assert tried["SourceError"] > SCHEDULES // 10
    assert tried["SourceChangedError"] > SCHEDULES // 50


# -- that the test can fail --------------------------------------------------------------------------------------


def any_range(headers: Mapping[str, str], start: int, end: int, name: str) -> ContentRange:
    found = parse_content_range(headers.get("Content-Range"))
    length = int(headers.get("Content-Length", found.end - found.start if found else 0))
    return ContentRange(start, start + length, found.size if found else None)


async def any_length(self: HttpSource, response: Any, content: ContentRange, pieces: list[bytes]) -> None:
    pieces.append(await response.read())


def anything(*_: Any, **__: Any) -> None:
    """Check nothing."""


WITHOUT: Final[dict[str, tuple[str, Any, tuple[Fault, ...]]]] = {
    "range": ("check_range", any_range, tuple(Fault(shift=shift) for shift in (-16, 1, 4096))),
    "identity": ("require_same", anything, CHANGES),
    "length": ("HttpSource._receive", any_length, (Fault(extra=b"0123456789", chunked=True),)),
    "encoding": ("check_encoding", anything, (Fault(packed=True, chunked=True, whole=True),)),
    "page": ("refuse_page", anything, (Fault(page=True, chunked=True, headers={"ETag": "same"}),)),
}


@pytest.mark.parametrize("check", WITHOUT)
def test_without_a_check_there_is_wrong_data(arena: Arena, monkeypatch: pytest.MonkeyPatch, check: str) -> None:
    name, stub, wrong = WITHOUT[check]
    faults = st.one_of(st.none(), st.none(), st.sampled_from(wrong))
    shared = Shared(arena)
    found: list[Schedule] = []

    @settings(many(2000), phases=[Phase.generate])
    @given(schedules(faults))
    def run(schedule: Schedule) -> None:
        if not found:
            try:
                shared.run(schedule)
            except WrongDataError:
                found.append(schedule)
        if found:
            raise LookupError

    try:
        with monkeypatch.context() as patched:
            patched.setattr(f"adicom.io.http.{name}", stub)
            with pytest.raises(LookupError):
                run()
        shared.run(found[0])  # with the check it ends as it should
    finally:
        shared.close()


# -- other loops, other clients ----------------------------------------------------------------------------------


def test_schedules_on_trio(arena: Arena) -> None:
    before = threads()

    async def operate(schedule: Schedule) -> None:
        async with adicom.Session() as session:
            await arena.run(schedule, session if schedule.shared else None)

    @many(SCHEDULES // 10)
    @given(schedules())
    def run(schedule: Schedule) -> None:
        expected(schedule.read, schedule.path)
        trio.run(operate, schedule)
        arena.idle(0)
        assert threads() == before

    run()


def test_blocking_schedules(arena: Arena) -> None:
    before = threads()

    @many(SCHEDULES // 10)
    @given(schedules())
    def run(schedule: Schedule) -> None:
        schedule = replace(schedule, read=fetch_all)
        url, options = arena.prepare(schedule)
        result, error = None, None
        try:
            with adicom.sync.Session() as session:
                result = blocking_fetch_all(url, session=session if schedule.shared else None, **options)
        except DicomError as found:
            error = found
        arena.judge(schedule, result, error)
        arena.idle(0)
        assert threads() == before

    run()


@pytest.mark.leaves("sockets")  # obstore's runtime closes them when it likes
def test_schedules_through_obstore(arena: Arena) -> None:
    server = arena.server
    for objects in (server.objects, server.changed):
        objects |= {f"/bucket{path}": data for path, data in objects.items()}
    storage_options = {"anon": True, "endpoint_url": server.url, "region": "us-east-1"}
    shared = Shared(arena)

    async def operate(schedule: Schedule) -> None:
        options = arena.prepare(schedule)[1] | {"storage_options": storage_options}
        await arena.read(schedule, shared.session, f"s3://bucket{schedule.path}", options)

    @many(SCHEDULES // 10)
    @given(schedules())
    def run(schedule: Schedule) -> None:
        # It follows redirects by itself, and refuses answers of 200 and those without a Content-Length.
        met = tuple(fault for fault in schedule.faults if not (fault and (fault.location or fault.chunked)))
        shared.run(replace(schedule, faults=met, ranges=True, chunked=False), operate)

    try:
        run()
    finally:
        shared.close()
    assert arena.tried.outcomes["right in spite of faults"] > SCHEDULES // 100
