"""Hostile input ends in a DicomError or in a dataset, in linear time and in bounded memory."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import adicom.sync
import pytest

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
# What a caller who looks at each of a million values asks for are Python objects, and those are his own.
OBJECTS = 256 * MIB


# -- the ways to read


def events_of(data: bytes, piece: int = 65536) -> Iterator[Event]:
    """Give the events of a push parser that is fed piece by piece."""
    parser = Parser()
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


def read_events(data: bytes) -> None:
    for _ in events_of(data):
        pass


def read_untouched(data: bytes) -> None:
    adicom.sync.dcmread(data)


def read_checked(data: bytes) -> None:
    adicom.sync.dcmread(data).check()


def read_touched(data: bytes) -> None:
    touch(adicom.sync.dcmread(data))


def read_leniently(data: bytes) -> None:
    touch(adicom.sync.dcmread(data, strict=False, force=True))


WAYS: dict[str, Callable[[bytes], None]] = {
    "events": read_events,
    "untouched": read_untouched,
    "checked": read_checked,
    "touched": read_touched,
    "leniently": read_leniently,
}


def outcome(way: str, data: bytes) -> str:
    """Return "reads" or "error"; anything but a DicomError passes through."""
    try:
        WAYS[way](data)
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


def survive(name: str, way: str, room: int) -> None:
    """Read one input with little memory to spare; print how it ended and how much it took."""
    import resource
    import warnings

    warnings.simplefilter("ignore")
    data = make_named(name)
    read_touched(hostile.SCALED["sequences side by side"].make(2))

    def figure(field: str) -> int:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split(field + ":")[1].split()[0]) * 1024

    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = figure("VmHWM")
    limit = figure("VmSize") + room + 32 * MIB  # a little more, so that the figure is shown where it is too much
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    got = outcome(way, data)
    print(got, figure("VmHWM") - before)


def make_named(name: str) -> bytes:
    if name in hostile.SCALED:
        return hostile.SCALED[name].make(hostile.SCALED[name].full)
    return next(data for each, data in hostile.bombs() if f"bomb: {each}" == name)


def in_a_child(name: str, way: str, room: int) -> str:
    command = f"from tests.test_hostile import survive; survive({name!r}, {way!r}, {room})"
    root = Path(__file__).resolve().parents[1]
    answer = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, timeout=120, cwd=root, check=False
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    got, grown = answer.stdout.split()
    assert int(grown) <= room, f"{int(grown) / MIB:.0f} MiB"
    return got


@linux
@pytest.mark.parametrize("way", ["events", "untouched"])
@pytest.mark.parametrize("name", [name for name in hostile.SCALED if name != "deflated zeros"])
def test_memory(name: str, way: str) -> None:
    got = in_a_child(name, way, 64 * MIB)
    expected = hostile.SCALED[name].outcome
    assert got == expected or expected == "either" or way == "untouched"


@linux
@pytest.mark.parametrize("name", [name for name in hostile.SCALED if name != "deflated zeros"])
def test_memory_of_what_is_looked_at(name: str) -> None:
    got = in_a_child(name, "touched", 64 * MIB + OBJECTS)
    assert hostile.SCALED[name].outcome in (got, "either")


@linux
@pytest.mark.parametrize("way", ["untouched", "touched"])
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
def test_bombs_as_a_dataset(name: str, way: str) -> None:
    assert in_a_child(f"bomb: {name}", way, 64 * MIB + INFLATED) == "error"


@linux
@pytest.mark.parametrize("name", ["zeros in one value", "long texts"])
def test_bombs_as_events(name: str) -> None:
    # Streamed events have no limit of their own, and keep nothing.
    in_a_child(f"bomb: {name}", "events", 64 * MIB)


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
