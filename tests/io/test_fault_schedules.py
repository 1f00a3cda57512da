"""Random schedules of faults: whatever servers do, a read ends with the right bytes or with an error of adicom's.

``ADICOM_SCHEDULES`` sets how many are tried.
"""

from __future__ import annotations

import io
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import hypothesis.strategies as st
import pydicom
import pytest
import trio
from hypothesis import HealthCheck, Phase, given, settings

import adicom
import adicom.sync
from adicom.errors import DicomError
from adicom.io import retry
from adicom.io.httpmessages import ContentRange, parse_content_range
from tests import made
from tests.io.reads import OBJECTS, RANGES, blocking_fetch_all, expected, fetch_all, read_ranges
from tests.io.schedules import CHANGES, Arena, Schedule, Shared, WrongDataError, schedules, threads
from tests.servers import Fault, RangeServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adicom.io.http import HttpSource

SCHEDULES: Final = int(os.environ.get("ADICOM_SCHEDULES", "500"))


@pytest.fixture
def arena(monkeypatch: pytest.MonkeyPatch) -> Iterator[Arena]:
    monkeypatch.setattr(retry, "_BASE_PAUSE", 0.0)
    with RangeServer(OBJECTS) as server:
        yield Arena(server)


def many(count: int) -> settings:
    phases = (Phase.generate, Phase.shrink)  # to explain a failure takes a trace of all that runs
    return settings(max_examples=max(count, 1), phases=phases, suppress_health_check=list(HealthCheck))


def test_expected_is_what_is_there() -> None:
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
