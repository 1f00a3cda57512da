"""Streams of events: awaited and blocking, opened by the caller or by adicom."""

from __future__ import annotations

import io
import itertools
import warnings
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.lowlevel
import pytest

import adicom
import adicom.sync
from adicom import (
    DeferredElement,
    Element,
    Event,
    FileEnd,
    FileStart,
    InvalidDicomError,
    ParserLimits,
    PixelDataStart,
    SequenceStart,
    TruncatedError,
)
from adicom.io.ranges import STREAM_LIMIT
from tests import made, oracle
from tests.conftest import pydicom_files
from tests.made import element, part10
from tests.servers import RangeServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

CT: Final = next(path for path in pydicom_files() if path.name == "CT_small.dcm")
DATA: Final = CT.read_bytes()
FILES: Final = {
    "native": DATA,
    "small": part10(made.small(undefined=True)),
    "big": part10(made.small(made.BIG), made.EXPLICIT_BE),
    "deflated": made.deflated(made.small()),
    "encapsulated": part10(made.encapsulated([bytes(50_000)] * 3, bytes(12)), made.JPEG_BASELINE),
    "long value": part10(element(made.PIXEL_DATA, "OB", bytes(3_000_000))),
}


def pieces(data: bytes, size: int = 999) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


async def apieces(data: bytes) -> AsyncIterator[bytes]:
    for piece in pieces(data):
        await anyio.lowlevel.checkpoint()
        yield piece


class Opened(io.BytesIO):
    """A file of the caller's that counts what is read from it."""

    count = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


def joined(events: list[Event]) -> list[tuple[Any, ...]]:
    """Return events with their chunks put together, so that cuts do not matter."""
    found: list[tuple[Any, ...]] = []
    for event in events:
        if isinstance(event, adicom.ValueChunk):
            if found[-1][0] == "chunks":
                found[-1] = ("chunks", found[-1][1] + bytes(event.data))
            else:
                found.append(("chunks", bytes(event.data)))
        else:
            found.append((type(event).__name__, event))
    return found


# -- awaited


@pytest.mark.anyio
@pytest.mark.parametrize("name", FILES)
async def test_the_events_are_the_parsers(name: str, tmp_path: Path) -> None:
    data = FILES[name]
    expected = joined(oracle.parse(data))
    (tmp_path / "a.dcm").write_bytes(data)
    for opened in (data, io.BytesIO(data), list(pieces(data)), apieces(data)):
        assert joined([event async for event in adicom.iter_events(opened)]) == expected
    for opened in (data, io.BytesIO(data), list(pieces(data)), apieces(data)):
        assert joined([event async for batch in adicom.iter_batches(opened) for event in batch]) == expected
    with RangeServer({"/a.dcm": data}) as server:
        for place in (tmp_path / "a.dcm", str(tmp_path / "a.dcm"), f"{server.url}/a.dcm"):
            async with adicom.iter_events(place) as events:
                assert joined([event async for event in events]) == expected
            async with adicom.iter_batches(place) as batches:
                assert joined([event async for batch in batches for event in batch]) == expected


@pytest.mark.anyio
@pytest.mark.parametrize("function", [adicom.iter_events, adicom.iter_batches])
async def test_what_adicom_opens_wants_a_context_manager(function: Any) -> None:
    with RangeServer({"/a.dcm": DATA}) as server:
        for place in (CT, str(CT), f"{server.url}/a.dcm"):
            with pytest.raises(RuntimeError, match=r"async with adicom\.iter_events"):
                aiter(function(place))
        assert server.requests == []


@pytest.mark.anyio
async def test_leaving_early_closes_what_was_opened() -> None:
    # That nothing is left behind is for the leak fixture to see.
    with RangeServer({"/a.dcm": FILES["long value"]}) as server, RangeServer(server.objects, ranges=False) as plain:
        for place in (CT, f"{server.url}/a.dcm", f"{plain.url}/a.dcm"):
            async with adicom.iter_events(place) as events:
                async for event in events:
                    assert isinstance(event, FileStart)
                    break
            with pytest.raises(LookupError, match="mine"):
                await fail_within(place)
            async with adicom.iter_batches(place) as batches:
                assert await anext(batches)
            assert [event async for event in events] == []
            assert [batch async for batch in batches] == []
            with anyio.move_on_after(0.05) as scope:
                async with adicom.iter_events(place) as events:
                    await anyio.sleep_forever()
            assert scope.cancelled_caught


async def fail_within(place: Any) -> None:
    async with adicom.iter_events(place) as events:
        async for _ in events:
            raise LookupError("mine")


@pytest.mark.anyio
async def test_what_is_the_callers_stays_open() -> None:
    file = io.BytesIO(DATA)
    async for event in adicom.iter_events(file):
        if isinstance(event, Element) and event.tag == "PatientID":
            break
    assert not file.closed
    source = apieces(DATA)
    async for _ in adicom.iter_events(source):
        break
    assert await anext(source) == DATA[999:1998]
    await source.aclose()  # type: ignore[attr-defined]  # it is a generator


@pytest.mark.anyio
async def test_stats() -> None:
    with RangeServer({"/a.dcm": DATA}) as server:
        events = adicom.iter_events(f"{server.url}/a.dcm")
        assert events.stats is None
        async with events:
            assert [event async for event in events]
            assert events.stats is not None
            assert (events.stats.requests, events.stats.bytes) == (server.gets, len(DATA))
    batches = adicom.iter_batches(list(pieces(DATA)))
    assert [batch async for batch in batches]
    assert batches.stats is not None
    assert batches.stats.bytes == len(DATA)


@pytest.mark.anyio
async def test_the_end_stays_the_end() -> None:
    events = adicom.iter_events(FILES["small"])
    assert isinstance([event async for event in events][-1], FileEnd)
    assert [event async for event in events] == []
    assert await anext(events, None) is None


@pytest.mark.anyio
async def test_options_of_events() -> None:
    deferred = [event async for event in adicom.iter_events(DATA, defer_size="1 KB")]
    assert [int(each.tag) for each in deferred if isinstance(each, DeferredElement)] == [0x00431029, made.PIXEL_DATA]
    assert isinstance(deferred[-1], FileEnd)
    stopped = [event async for event in adicom.iter_events(DATA, stop_before_pixels=True)]
    assert stopped == list(
        itertools.takewhile(lambda each: getattr(each, "tag", 0) < made.PIXEL_DATA, oracle.parse(DATA))
    )
    with pytest.raises(InvalidDicomError):
        [event async for event in adicom.iter_events(made.small())]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", adicom.DicomWarning)
        forced = [event async for event in adicom.iter_events(made.small(), force=True)]
    assert sum(isinstance(event, SequenceStart) for event in forced) == 2
    with pytest.raises(adicom.LimitError):
        [event async for event in adicom.iter_events(DATA, limits=ParserLimits(elements=10))]


@pytest.mark.anyio
async def test_events_before_a_fault_come_first(tmp_path: Path) -> None:
    (tmp_path / "cut.dcm").write_bytes(DATA[:2000])
    for place in (DATA[:2000], tmp_path / "cut.dcm"):
        seen: list[Event] = []
        with pytest.raises(TruncatedError):
            await collect(place, seen)
        assert [each.offset for each in seen] == [each.offset for each in oracle.parse(DATA)][: len(seen)]
        assert len(seen) > 20


async def collect(place: Any, into: list[Event]) -> None:
    async with adicom.iter_events(place) as events:
        async for event in events:
            into.append(event)  # noqa: PERF401  # what came before an error is wanted too


@pytest.mark.anyio
async def test_a_stream_is_read_piece_by_piece() -> None:
    file = Opened(FILES["long value"])
    async for event in adicom.iter_events(file):
        if isinstance(event, adicom.ValueChunk):
            break
    assert file.count == STREAM_LIMIT < len(FILES["long value"])


@pytest.mark.anyio
async def test_budget_and_time() -> None:
    with RangeServer({"/a.dcm": FILES["long value"]}) as server:
        with pytest.raises(adicom.BudgetExceededError):
            async with adicom.iter_events(f"{server.url}/a.dcm", max_requests=1) as events:
                [event async for event in events]
        assert server.gets == 1
        server.delay = 0.5
        with pytest.raises(adicom.SourceTimeoutError):
            async with adicom.iter_events(f"{server.url}/a.dcm", total_timeout=0.1) as events:
                [event async for event in events]


@pytest.mark.anyio
async def test_a_session_of_the_callers() -> None:
    with RangeServer({"/a.dcm": DATA}) as server:
        async with adicom.Session() as session:
            for _ in range(2):
                async with adicom.iter_events(f"{server.url}/a.dcm", session=session) as events:
                    assert [event async for event in events]
            assert session.is_open


# -- blocking


@pytest.mark.parametrize("name", FILES)
def test_blocking_events_are_the_parsers(name: str, tmp_path: Path) -> None:
    data = FILES[name]
    expected = joined(oracle.parse(data))
    (tmp_path / "a.dcm").write_bytes(data)
    with RangeServer({"/a.dcm": data}) as server:
        for place in (data, tmp_path / "a.dcm", list(pieces(data)), f"{server.url}/a.dcm"):
            assert joined(list(adicom.sync.iter_events(place))) == expected
            with adicom.sync.iter_events(place) as events:
                assert joined(list(events)) == expected
            with adicom.sync.iter_batches(place) as batches:
                assert joined([event for batch in batches for event in batch]) == expected


def fail_within_blocking(place: Any) -> None:
    with adicom.sync.iter_events(place) as events:
        for _ in events:
            raise LookupError("mine")


def test_leaving_blocking_events_early_closes() -> None:
    with RangeServer({"/a.dcm": FILES["long value"]}) as server:
        for place in (CT, f"{server.url}/a.dcm"):
            with adicom.sync.iter_events(place) as events:
                assert isinstance(next(events), FileStart)
            assert list(events) == []
            with adicom.sync.iter_batches(place) as batches:
                assert next(batches)
            with pytest.raises(LookupError, match="mine"):
                fail_within_blocking(place)
            events = adicom.sync.iter_events(place)
            next(events)
            events.close()
            assert next(events, None) is None
        with adicom.sync.Session() as session:
            assert list(adicom.sync.iter_events(f"{server.url}/a.dcm", session=session, stop_before_pixels=True))
            with adicom.sync.iter_events(f"{server.url}/a.dcm", session=session) as events:
                next(events)
            assert session.is_open


def test_what_is_wrong_is_told_before_the_first_event() -> None:
    with pytest.raises(TypeError, match="cannot read DICOM from int"):
        next(adicom.sync.iter_events(5))
    with pytest.raises(FileNotFoundError):
        next(adicom.sync.iter_events("/none/such.dcm"))
    with pytest.raises(ValueError, match="size"):
        adicom.sync.iter_events(CT, defer_size="many")


def test_options_of_blocking_events() -> None:
    kinds = [type(event) for event in adicom.sync.iter_events(FILES["encapsulated"], defer_size=100)]
    assert PixelDataStart not in kinds
    assert kinds[-1] is DeferredElement
    assert list(adicom.sync.iter_events(DATA, stop_before_pixels=True))[-1].offset < 6500
    with pytest.raises(InvalidDicomError):
        list(adicom.sync.iter_events(made.small()))
