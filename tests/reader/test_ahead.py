"""Which frames are fetched together, in which order, and how many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adicom.io import Range
from adicom.pixels import Layout
from adicom.pixels.native import NativeFrames
from adicom.reader.ahead import MOST, Batches, Unit, plan_units

if TYPE_CHECKING:
    from collections.abc import Iterator

KIB = 1024


def frames(number: int, size: int) -> NativeFrames:
    layout = Layout(
        tag=0x7FE00010, offset=0, length=number * size, frames=number, rows=1, columns=size, samples=1, bits=8
    )
    return NativeFrames(layout)


def numbers_of(units: list[Unit]) -> list[tuple[int, ...]]:
    return [unit.indices for unit in units]


def test_near_frames_come_together() -> None:
    found = plan_units(frames(1000, 10 * KIB), [5, 6, 500, 7, 6, 501, 503])
    assert numbers_of(found) == [(5, 6, 7), (500, 501, 503)]
    assert found[0].ranges == [Range(5 * 10240, 10240), Range(6 * 10240, 10240), Range(7 * 10240, 10240)]


def test_units_are_not_too_long() -> None:
    found = plan_units(frames(1000, 300 * KIB), range(8))
    assert numbers_of(found) == [(0, 1, 2), (3, 4, 5), (6, 7)]
    assert numbers_of(plan_units(frames(10, 5000 * KIB), [3, 4])) == [(3,), (4,)]


def test_what_is_wanted_first_is_fetched_first() -> None:
    assert numbers_of(plan_units(frames(1000, 100 * KIB), [900, 5, 901, 400])) == [(900, 901), (5,), (400,)]


@settings(max_examples=50)
@given(st.lists(st.integers(0, 99), max_size=40), st.integers(1, 400 * KIB))
def test_every_frame_is_in_one_unit(wanted: list[int], size: int) -> None:
    units = plan_units(frames(100, size), wanted)
    assert sorted(index for unit in units for index in unit.indices) == sorted(set(wanted))
    for unit in units:
        assert unit.ranges == [Range(index * size, size) for index in unit.indices]


def test_batches_fit() -> None:
    batches = Batches(range(10), lambda index: index, 350)
    native = frames(10, 100)
    portions = []
    while batches.ahead():
        portions.append(batches.take(native, {}))
    assert portions == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    batches = Batches([1, 2], lambda index: index, 10)
    assert batches.ahead() == [1, 2]
    assert batches.take(native, {}) == [1]  # longer than there is room for, so alone
    assert batches.take(native, {2: b""}) == [2]
    assert batches.take(native, {}) == []


def test_batches_take_no_more_than_they_need() -> None:
    taken: list[int] = []

    def endless() -> Iterator[int]:
        while True:
            taken.append(len(taken))
            yield taken[-1]

    batches = Batches(endless(), lambda index: index, 10**9)
    assert batches.ahead() == list(range(MOST))
    assert len(taken) == MOST
    assert batches.take(frames(1000, 1), {}) == list(range(MOST))
    assert batches.ahead()[0] == MOST


def test_an_error_waits_for_its_turn() -> None:
    def check(index: int) -> int:
        if index == 3:
            raise IndexError("no 3")
        return index

    batches = Batches([1, 2, 3, 4], check, 10**9)
    assert batches.ahead() == [1, 2]
    assert batches.take(frames(10, 1), {}) == [1, 2]
    assert batches.ahead() == []
    with pytest.raises(IndexError, match="no 3"):
        raise batches.error or AssertionError
