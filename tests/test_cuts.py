"""Any cut of the bytes gives the same events, the same error and the same warnings."""

from __future__ import annotations

import random
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from adicom.errors import DicomError
from adicom.parser import Event, Expand, Parser, Plan, ValueChunk
from tests import hostile, made, oracle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PLANS = {
    "events": Plan(),
    "chunks": Plan(collect_up_to=16),
    "raw": Plan(expand=Expand.NONE, collect_up_to=None),
    "small raw": Plan(expand=Expand.NONE, collect_up_to=None, raw_sequence_limit=100),
    "undefined": Plan(expand=Expand.UNDEFINED, collect_up_to=None),
    "deferred": Plan(skip_above=64, expand=Expand.NONE, collect_up_to=None),
    "wanted": Plan(wanted=frozenset({0x00080060, 0x00100020}), last_wanted=0x00100020, expand=Expand.NONE),
}
SMALL = [path for path in oracle.all_files() if path.stat().st_size < 4096]
MIDDLE = [path for path in oracle.all_files() if path.stat().st_size < 200_000]


def joined(events: Iterable[Event]) -> Iterator[tuple[Any, ...]]:
    """Give the events as tuples, adjacent chunks as one."""
    chunk: list[Any] = []
    for event in events:
        if isinstance(event, ValueChunk):
            chunk = chunk or [event, bytearray()]
            chunk[1] += event.data
            continue
        if chunk:
            yield "ValueChunk", chunk[0].offset, chunk[0].path, bytes(chunk[1])
            chunk = []
        yield type(event).__name__, *(getattr(event, name) for name in event.__match_args__)
    if chunk:
        yield "ValueChunk", chunk[0].offset, chunk[0].path, bytes(chunk[1])


def outcome(pieces: Iterable[bytes], plan: Plan, *, force: bool = False) -> tuple[list[Any], str, list[str]]:
    """Return the events, the error and the warnings that the pieces come to."""
    parser = Parser(plan=plan, force=force)
    events: list[Event] = []
    error = ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            for piece in pieces:
                parser.receive_data(piece)
                while more := parser.events():
                    events += more
            parser.receive_eof()
            while more := parser.events():
                events += more
        except DicomError as fault:
            error = f"{type(fault).__name__}: {fault}"
    return list(joined(events)), error, [str(warning.message) for warning in caught]


def at_random(data: bytes, seed: int) -> Iterator[bytes]:
    """Cut the data into pieces of 0 to some thousand bytes, small ones more often."""
    choose = random.Random(seed)
    position = 0
    while position < len(data):
        size = choose.randrange(choose.choice((2, 9, 40, 1000, 20000)))
        yield data[position : position + size]
        position += size


def byte_by_byte(data: bytes) -> Iterator[bytes]:
    return (data[at : at + 1] for at in range(len(data)))


def assert_same(data: bytes, pieces: Iterable[bytes], plan: Plan, name: str = "") -> None:
    force = not oracle.has_prefix(data)
    whole, error, warned = outcome([data], plan, force=force)
    cut, cut_error, cut_warned = outcome(pieces, plan, force=force)
    assert cut_error == error, name
    assert cut == whole, name
    assert cut_warned == warned, name


@pytest.mark.parametrize("path", SMALL, ids=oracle.file_id)
def test_files_byte_by_byte(path: Path) -> None:
    data = path.read_bytes()
    assert_same(data, byte_by_byte(data), PLANS["events"])
    assert_same(data, byte_by_byte(data), PLANS["raw"])


@pytest.mark.parametrize("path", MIDDLE, ids=oracle.file_id)
def test_files_cut_at_random(path: Path) -> None:
    data = path.read_bytes()
    for seed in range(3):
        assert_same(data, at_random(data, seed), PLANS["events"])
    for number, plan in enumerate(PLANS.values()):
        assert_same(data, at_random(data, 100 + number), plan)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
@pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
def test_every_single_cut(form: made.Form, undefined: bool, plan: Plan) -> None:
    data = made.part10(made.small(form, undefined=undefined), form.syntax)
    for at in range(len(data) + 1):
        assert_same(data, [data[:at], data[at:]], plan, f"cut at {at}")
    assert_same(data, byte_by_byte(data), plan)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
@pytest.mark.parametrize("end", [True, False], ids=["ended", "without end"])
def test_encapsulated_pixel_data(plan: Plan, end: bool) -> None:
    data = made.part10(made.encapsulated([b"ab", b"", bytes(40)], bytes(8), end=end), made.JPEG_BASELINE)
    for at in range(len(data) + 1):
        assert_same(data, [data[:at], data[at:]], plan, f"cut at {at}")
    assert_same(data, byte_by_byte(data), plan)


@pytest.mark.parametrize("wbits", [-15, 15], ids=["raw", "zlib"])
def test_deflated(wbits: int) -> None:
    data = made.deflated(made.small(undefined=True) + bytes(3), wbits=wbits)
    for plan in PLANS.values():
        assert_same(data, byte_by_byte(data), plan)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_hostile_files(plan: Plan) -> None:
    for number, (name, case) in enumerate(hostile.fixed().items()):
        if len(case.data) < 5000:
            assert_same(case.data, byte_by_byte(case.data), plan, name)
        else:
            assert_same(case.data, at_random(case.data, number), plan, name)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_the_transfer_syntax_is_known_whatever_is_wanted(plan: Plan) -> None:
    for pieces in ([made.part10(made.small())], byte_by_byte(made.part10(made.small()))):
        events, _, _ = outcome(pieces, plan)
        assert [event[-1] for event in events if event[0] == "FileMetaEnd"] == [made.EXPLICIT_LE]
