from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adicom.io import Range
from adicom.io.ranges import FIRST_BLOCK, GROWTH_LIMIT, JUMP_BLOCK, Planner, merge_ranges, split_range
from adicom.parser.events import Need

KIB = 1024
MIB = 1024 * 1024


def play(header: int, size: int, needs: dict[int, int], **options: Any) -> list[tuple[int, int]]:
    """Return the requests for a contiguous header; ``needs`` tells what is lacking from an offset on."""
    planner = Planner(**options)
    requests = []
    have = 0
    while have < header:
        asked = planner.next_size(Need(have, needs.get(have, 0)))
        if not asked:
            break
        got = min(asked, size - have)
        requests.append((have, asked))
        planner.note(have, got, size)
        have += got
    return requests


@pytest.mark.parametrize(
    ("header", "needs", "requests"),
    [
        (4 * KIB, {}, [(0, 16 * KIB)]),
        (100_000, {16384: 83_000}, [(0, 16384), (16384, 87_096)]),
        (577_000, {16384: 560_000}, [(0, 16384), (16384, 577_500)]),
        (100_000, {16384: 10}, [(0, 16384), (16384, 65536), (81920, 262144)]),
        (1_400_000, {}, [(0, 16384), (16384, 65536), (81920, 262144), (344064, MIB), (344064 + MIB, GROWTH_LIMIT)]),
    ],
)
def test_contiguous_header(header: int, needs: dict[int, int], requests: list[tuple[int, int]]) -> None:
    assert play(header, 10**9, needs) == requests


def test_header_hint() -> None:
    assert play(90_000, 10**9, {}, first=100_000) == [(0, 100_000)]


def test_limit_of_one_request() -> None:
    requests = play(200 * MIB, 10**9, {0: 200 * MIB, 64 * MIB: 136 * MIB, 128 * MIB: 72 * MIB})
    assert requests[:3] == [(0, 64 * MIB), (64 * MIB, 64 * MIB), (128 * MIB, 64 * MIB)]


def test_nothing_is_asked_behind_the_end() -> None:
    assert play(20_000, 20_000, {}) == [(0, 16384), (16384, 20_000 - 16384)]
    planner = Planner()
    planner.note(0, 16384, 20_000)
    assert planner.next_size(Need(20_000, 0)) == 0
    assert planner.next_size(Need(500_000, 8)) == 0


def test_a_jump_starts_small_again() -> None:
    planner = Planner()
    planner.note(0, 16384, None)
    assert planner.next_size(Need(16384, 0)) == 65536
    planner.note(16384, 65536, None)
    assert planner.next_size(Need(10_000_000, 0)) == JUMP_BLOCK
    planner.note(10_000_000, JUMP_BLOCK, None)
    assert planner.next_size(Need(10_000_000 + JUMP_BLOCK, 0)) == 4 * JUMP_BLOCK
    assert planner.next_size(Need(20_000_000, 50_000)) == 54_096


@pytest.mark.parametrize(
    ("foreseen", "needed", "asked"),
    [
        (0, 0, 64 * KIB),  # nothing is known: growth
        (500_000, 0, 515_625),  # and 3 %
        (1000, 0, FIRST_BLOCK),
        (1000, 100_000, 104_096),  # what is lacking for sure counts, if it is more
        (5 * MIB, 0, 5 * MIB + 64 * KIB),
        (500 * MIB, 0, 64 * MIB),
    ],
)
def test_what_is_foreseen_is_asked_for(foreseen: int, needed: int, asked: int) -> None:
    planner = Planner()
    planner.foresee = lambda: foreseen
    assert planner.next_size(Need(0, 0)) == FIRST_BLOCK
    planner.note(0, FIRST_BLOCK, None)
    assert planner.next_size(Need(FIRST_BLOCK, needed)) == asked


def test_nothing_is_foreseen_behind_a_jump() -> None:
    planner = Planner()
    planner.foresee = lambda: 500_000
    planner.note(0, FIRST_BLOCK, None)
    assert planner.next_size(Need(9 * MIB, 0)) == JUMP_BLOCK


def test_the_usual_first_request() -> None:
    planner = Planner()
    assert not planner.is_at_first_block
    planner.note(0, FIRST_BLOCK, None)
    assert planner.is_at_first_block
    planner.note(FIRST_BLOCK, 1, None)
    assert not planner.is_at_first_block
    longer = Planner(first=20_000)
    longer.note(0, 20_000, None)
    assert not longer.is_at_first_block


def test_merging_keeps_the_order_of_members() -> None:
    ranges = [Range(1000, 10), Range(0, 10), Range(0, 0), Range(500_000, 10), Range(1005, 2)]
    merged = merge_ranges(ranges)
    assert [(one.range, one.members) for one in merged] == [
        (Range(0, 1010), (1, 0, 4)),
        (Range(500_000, 10), (3,)),
    ]


def test_merging_respects_gap_and_limit() -> None:
    ranges = [Range(0, 10), Range(20, 10), Range(31, 10)]
    assert [one.range for one in merge_ranges(ranges, gap=5)] == [Range(0, 10), Range(20, 21)]
    assert [one.range for one in merge_ranges(ranges, gap=100, limit=30)] == [Range(0, 30), Range(31, 10)]


@given(
    st.lists(st.builds(Range, st.integers(0, 5000), st.integers(0, 500)), max_size=30),
    st.integers(0, 300),
    st.integers(1, 2000),
)
def test_merged_requests_hold_every_range_once(ranges: list[Range], gap: int, limit: int) -> None:
    merged = merge_ranges(ranges, gap=gap, limit=limit)
    members = [member for one in merged for member in one.members]
    assert sorted(members) == [i for i, wanted in enumerate(ranges) if wanted.length]
    for one in merged:
        for member in one.members:
            assert one.range.offset <= ranges[member].offset
            assert ranges[member].end <= one.range.end


@given(st.integers(0, 100), st.integers(0, 1000), st.integers(1, 300))
def test_pieces_make_the_whole(offset: int, length: int, limit: int) -> None:
    pieces = list(split_range(Range(offset, length), limit))
    assert sum(piece.length for piece in pieces) == length
    assert all(piece.length <= limit for piece in pieces)
    assert [piece.offset for piece in pieces] == [offset + i * limit for i in range(len(pieces))]
