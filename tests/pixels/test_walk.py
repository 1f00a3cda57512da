"""The walk as a state machine: bytes in, wanted ranges out; and what it tells of frames before it is at its end."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adicom.errors import DicomWarning, TruncatedError
from adicom.io import Range
from adicom.pixels.boundaries import Boundaries
from adicom.pixels.items import ItemReader, Misplaced, join_items
from adicom.pixels.marks import marks_of
from adicom.pixels.walk import ENDS, STARTS, FragmentWalk
from tests import made
from tests.pixels.serving import JPEG, jpeg

END = made.header(made.SEQUENCE_END, "", 0)


def items(*fragments: bytes) -> bytes:
    return b"".join(map(made.item, fragments))


def test_windows_follow_each_other() -> None:
    walk = FragmentWalk(100, window=1000)
    data = items(*[bytes(92)] * 50) + END
    assert walk.need() == Range(100, 1000)
    walk.feed(100, data[:1000])
    assert walk.need() == Range(1100, 1000)
    assert walk.need(300) == Range(1100, 300)
    assert walk.need(10**9) == Range(1100, 1000)
    assert len(walk.starts) == 10
    walk.size = 1500
    assert walk.need() == Range(1100, 400)


def test_long_fragments_are_jumped_over() -> None:
    walk = FragmentWalk(100, window=8192)
    walk.feed(100, items(bytes(3000))[:500])
    assert walk.position == 100 + 3008
    assert walk.need() == Range(walk.position - 1024, 4096)  # with the last bytes of the one before
    walk.feed(walk.position - 1024, bytes(1024) + items(b"12") + bytes(8)[:4])
    assert walk.starts.tolist() == [100, 3108]
    assert walk.need() == Range(walk.end, 8192)  # it was a short one


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=30), max_size=8), st.lists(st.integers(1, 40), max_size=20))
def test_any_cut_tells_the_same(fragments: list[bytes], cuts: list[int]) -> None:
    data = items(*fragments) + END
    whole = FragmentWalk(5, marks=marks_of(JPEG))
    whole.feed(5, data)
    walk = FragmentWalk(5, marks=marks_of(JPEG))
    at = 0
    for size in [*cuts, *[1000] * 2]:
        walk.feed(5 + at, data[at : at + size], ended=at + size >= len(data))
        at += size
        if at >= len(data):
            break
    assert walk.finished
    assert (walk.starts, walk.flags, walk.position) == (whole.starts, whole.flags, whole.position)


def test_marks() -> None:
    walk = FragmentWalk(0, marks=marks_of(JPEG))
    padded = [jpeg(b"12"), jpeg(b"12") + bytes(900), jpeg() + b"\xff" * 500, b"\xff\xd9" + bytes(2000)]
    walk.feed(
        0, items(*padded, b"\xff\x4f\xff\x51", jpeg() + b"a few bytes of anything"[:8], b"\xff\xd9 and more", b"") + END
    )
    both = STARTS | ENDS
    assert list(walk.flags) == [both, both, both, 0, STARTS, both, 0, 0]


def test_an_empty_fragment_belongs_to_the_frame_before() -> None:
    walk = FragmentWalk(0, marks=marks_of(JPEG))
    boundaries = Boundaries(walk, 2, marks_of(JPEG))
    walk.feed(0, items(jpeg(b"12"), b"", b"", jpeg(b"34"), b""))
    boundaries.update()
    assert (boundaries.complete, boundaries.start_of(1)) == (1, 14 + 16)


def test_frames_are_told_as_the_walk_goes() -> None:
    walk = FragmentWalk(0, marks=marks_of(JPEG))
    boundaries = Boundaries(walk, 3, marks_of(JPEG))
    assert (boundaries.complete, boundaries.start_of(0)) == (0, None)
    data = items(b"\xff\xd8", b"1\xff\xd9", jpeg(b"2"), jpeg(b"3")) + END
    for end, complete in ((10, 0), (20, 0), (36, 1), (len(data) - 8, 2), (len(data), 3)):
        walk.feed(walk.end, data[walk.end : end])
        boundaries.update()
        assert boundaries.complete == complete, end
    assert [(boundaries.start_of(frame), boundaries.end_of(frame)) for frame in range(3)] == [
        (0, 21),
        (21, 35),
        (35, 49),
    ]


def test_what_was_told_stays_true() -> None:
    """Two frames were told by their marks, and then marks are missing; counting alone would say otherwise."""
    walk = FragmentWalk(0, marks=marks_of(JPEG))
    boundaries = Boundaries(walk, 5, marks_of(JPEG))
    data = items(b"\xff\xd8", b"1\xff\xd9", jpeg(b"2"), b"no mark", b"none")
    walk.feed(0, data)
    boundaries.update()
    told = [boundaries.end_of(frame) for frame in range(boundaries.complete)]
    assert boundaries.is_unsure
    walk.feed(walk.end, END)
    boundaries.update()
    assert [boundaries.end_of(frame) for frame in range(boundaries.complete)] == told == [21]
    assert "nothing tells" in boundaries.fault


@pytest.mark.parametrize("strict", [True, False])
def test_the_end_of_the_source(strict: bool) -> None:
    data = items(b"1234")
    walk = FragmentWalk(0, strict=strict)
    walk.feed(0, data)
    walk.size = len(data)
    assert walk.need() == Range(12, 0)
    if strict:
        with pytest.raises(TruncatedError) as caught:
            walk.feed(12, b"", ended=True)
        assert (caught.value.offset, caught.value.wanted, caught.value.got) == (12, 8, 0)
    else:
        with pytest.warns(DicomWarning, match="without its delimiter"):
            walk.feed(12, b"", ended=True)
        assert walk.finished


# -- items ------------------------------------------------------------------------------------------------------------


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=20), max_size=6), st.lists(st.integers(1, 30), max_size=20))
def test_item_reader(fragments: list[bytes], cuts: list[int]) -> None:
    data = items(*fragments) + END + b"behind"
    reader = ItemReader(7, True)
    found: list[bytes] = []
    at = 0
    for size in [*cuts, 1000]:
        missing = reader.missing
        assert missing > 0
        found += reader.feed(data[at : at + size])
        at += size
        if reader.finished:
            break
    assert b"".join(found) == b"".join(fragments)
    assert reader.finished


def test_items_must_fill_their_place() -> None:
    data = items(b"12", b"34")
    assert join_items(data, 0, True) == b"1234"
    assert join_items(b"", 0, True) == b""
    for wrong in (data[:-1], data + b"1", data + END, END, b"123", data[2:]):
        with pytest.raises(Misplaced):
            join_items(wrong, 500, True)
