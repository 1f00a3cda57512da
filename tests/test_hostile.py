"""Hostile input ends in a DicomError or in a dataset, in linear time and in bounded memory."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import adicom.sync
from adicom.errors import DicomError, LimitError
from adicom.parser import Event, Parser, ParserLimits
from tests import hostile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning"),
    pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning:adicom"),
]
linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="measures memory as Linux shows it")

MIB = 2**20
FIXED = hostile.fixed()
INFLATED = ParserLimits().inflated_bytes


# -- the ways to read


def events_of(data: bytes, limits: ParserLimits | None = None, piece: int = 65536) -> Iterator[Event]:
    """Give the events of a push parser that is fed piece by piece."""
    parser = Parser(limits=limits)
    view = memoryview(data)
    for at in range(0, len(data), piece):
        parser.receive_data(view[at : at + piece])
        while events := parser.events():
            yield from events
    parser.receive_eof()
    while events := parser.events():
        yield from events


def touch(dataset: Any) -> None:
    """Look at every value in every way that does not change it."""
    for element in dataset.iterall():
        if element.VR != "SQ":
            repr(element.value)
            str(element)


def read_events(data: bytes, limits: ParserLimits | None = None) -> None:
    for _ in events_of(data, limits):
        pass


def read_untouched(data: bytes, limits: ParserLimits | None = None) -> None:
    adicom.sync.dcmread(data, limits=limits)


def read_touched(data: bytes, limits: ParserLimits | None = None) -> None:
    touch(adicom.sync.dcmread(data, limits=limits))


def read_leniently(data: bytes, limits: ParserLimits | None = None) -> None:
    touch(adicom.sync.dcmread(data, strict=False, force=True, limits=limits))


WAYS: dict[str, Callable[[bytes, ParserLimits | None], None]] = {
    "events": read_events,
    "untouched": read_untouched,
    "touched": read_touched,
    "leniently": read_leniently,
}


def outcome(way: str, data: bytes, limits: ParserLimits | None = None) -> str:
    """Return "reads" or "error"; anything but a DicomError passes through."""
    try:
        WAYS[way](data, limits)
    except DicomError:
        return "error"
    return "reads"


# -- files of a fixed size


@pytest.mark.parametrize("way", ["events", "touched", "leniently"])
@pytest.mark.parametrize("name", FIXED)
def test_fixed(name: str, way: str) -> None:
    case = FIXED[name]
    start = time.process_time()
    got = outcome(way, case.data)
    assert time.process_time() - start < 2
    if way != "leniently" and case.outcome != "either":
        assert got == case.outcome


# -- shapes of any size


def cost(way: str, data: bytes) -> float:
    """Return the CPU seconds of the fastest of three runs."""
    seconds = []
    for _ in range(3):
        start = time.process_time()
        outcome(way, data)
        seconds.append(time.process_time() - start)
    return min(seconds)


@pytest.mark.parametrize("way", ["events", "touched"])
@pytest.mark.parametrize("name", [name for name in hostile.SCALED if name != "deflated zeros"])
def test_time_grows_with_the_input(name: str, way: str) -> None:
    make, full, _ = hostile.SCALED[name]
    size = max(full // 500, 200)
    few, many = make(size), make(size * 8)
    # Eight times the input: linear is 8, quadratic 64. What takes no time at all says nothing.
    assert cost(way, many) < 24 * max(cost(way, few), 0.001)


def survive(name: str, rooms: dict[str, int], elements: int) -> None:
    """Read one input with little memory to spare in some ways; print how each ended and how much it took."""
    import resource
    import warnings

    def figure(field: str) -> int:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split(field + ":")[1].split()[0]) * 1024

    warnings.simplefilter("ignore")
    data = make_named(name)
    limits = ParserLimits(elements=elements)
    for way in WAYS:
        outcome(way, hostile.SCALED["sequences side by side"].make(2), limits)
    for way, room in rooms.items():
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        before = figure("VmHWM")
        most = figure("VmSize") + room + 64 * MIB  # a little more, so that the figure is shown where it is too much
        resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
        try:
            got = outcome(way, data, limits)
        except MemoryError:
            got = "no memory"
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print(way, got.replace(" ", "_"), figure("VmHWM") - before)


def make_named(name: str) -> bytes:
    if name in hostile.SCALED:
        return hostile.SCALED[name].make(hostile.SCALED[name].full)
    return dict(hostile.bombs())[name.removeprefix("bomb: ")]


def in_a_child(name: str, rooms: dict[str, int], elements: int = ParserLimits().elements) -> dict[str, str]:
    """Return how each way ended, after a look at the memory that it took."""
    command = f"from tests.test_hostile import survive; survive({name!r}, {rooms!r}, {elements})"
    root = Path(__file__).resolve().parents[1]
    answer = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, timeout=120, cwd=root, check=False
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    ends = {}
    for line in answer.stdout.splitlines():
        way, got, grown = line.split()
        assert got != "no_memory", way
        assert int(grown) <= rooms[way], f"{way}: {int(grown) / MIB:.0f} MiB"
        ends[way] = got
    return ends


@linux
@pytest.mark.parametrize("name", [name for name in hostile.SCALED if name != "deflated zeros"])
def test_memory(name: str) -> None:
    expected = hostile.SCALED[name].outcome
    ends = in_a_child(name, dict.fromkeys(("events", "untouched", "touched"), 64 * MIB))
    assert expected in ("either", ends["touched"])
    assert expected in ("either", ends["events"])


@linux
@pytest.mark.parametrize(
    "name",
    [
        "zeros in one value",
        "zeros behind the end",
        "empty elements",
        "empty items",
        "nested items",
        "long texts",
        "fragments",
    ],
)
def test_bombs(name: str) -> None:
    # A million elements are enough to see whether the limit holds, and whether it comes in time.
    room = 64 * MIB + INFLATED
    ends = in_a_child(f"bomb: {name}", {"untouched": room, "touched": room}, elements=1_000_000)
    assert set(ends.values()) == {"error"}


@linux
def test_bombs_as_events() -> None:
    # Streamed events have no limit of their own, and keep nothing. ADICOM_BIG_BOMB=1 inflates all the 4 GB.
    data = hostile.bomb(2**32 if os.environ.get("ADICOM_BIG_BOMB") else 2**29)
    tracemalloc.start()
    try:
        for _ in events_of(data):
            pass
        assert tracemalloc.get_traced_memory()[1] < 16 * MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", hostile.PIECES)
def test_input_without_end(name: str) -> None:
    with pytest.raises(LimitError):
        read_without_end(hostile.PIECES[name]())


def read_without_end(pieces: Iterator[bytes]) -> None:
    parser = Parser(limits=ParserLimits(elements=50_000, header_bytes=8 * MIB))
    received = 0
    for piece in pieces:
        parser.receive_data(piece)
        received += len(piece)
        assert received < 64 * MIB
        while parser.events():
            pass
