"""Frames in fragments: with tables that are right, wrong or not there; what they are comes from how they were made."""

from __future__ import annotations

import struct
import warnings
from contextlib import suppress
from operator import sub
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adicom.errors import DecodeError, DicomWarning, LimitError, ParseError, TruncatedError
from adicom.io import Range
from tests import made
from tests.pixels.serving import JPEG, START, Served, encapsulated, jpeg, offsets_of, pixels_of

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

RLE = "1.2.840.10008.1.2.5"
ONE_FRAGMENT = ("1.2.840.10008.1.2.1.98", "1.2.840.10008.1.2.8.1")
FRAMES = [jpeg(bytes([number]) * (2 * number + 2)) for number in range(5)]
SPLIT = [[frame[:2], frame[2:-2], frame[-2:]] for frame in FRAMES]


def all_of(served: Served, frames: int, syntax: str | None = JPEG, **options: object) -> list[bytes]:
    """Return all frames, each by itself."""
    pixels = pixels_of(served, frames, syntax, **options)
    return [served.run(pixels.frame(index)) for index in range(frames)]


def joined(frames: list[list[bytes]]) -> list[bytes]:
    return [fragment for frame in frames for fragment in frame]


def extended(offsets: list[int], lengths: list[int] | None) -> tuple[bytes, bytes | None]:
    """Return the values of Extended Offset Table and its Lengths."""
    packed = None if lengths is None else struct.pack(f"<{len(lengths)}Q", *lengths)
    return struct.pack(f"<{len(offsets)}Q", *offsets), packed


# -- tables that are right -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_sized", [True, False])
def test_basic_table(is_sized: bool) -> None:
    served = Served(encapsulated(joined(SPLIT), offsets_of(SPLIT)), is_sized=is_sized)
    pixels = pixels_of(served, 5)
    assert served.run(pixels.frame(3)) == FRAMES[3]
    base = START + 8 + 20
    start, end = (base + offset for offset in offsets_of(SPLIT)[3:5])
    assert served.asked == [Range(START, 8), Range(START + 8, 20), Range(start, end - start)]
    assert [served.run(pixels.frame(index)) for index in range(5)] == FRAMES


@pytest.mark.parametrize("lengths", [True, False])
def test_extended_table(lengths: bool) -> None:
    parts = [[frame] for frame in FRAMES]
    table = extended(offsets_of(parts), [*map(len, FRAMES)] if lengths else None)
    served = Served(encapsulated(FRAMES))
    pixels = pixels_of(served, 5, extended=table)
    assert served.run(pixels.frame(2)) == FRAMES[2]
    start = START + 8 + offsets_of(parts)[2]
    assert served.asked == [Range(START, 8), Range(start, 8 + len(FRAMES[2]))]
    assert [served.run(pixels.frame(index)) for index in range(5)] == FRAMES


def test_tables_count_from_behind_the_basic_table() -> None:
    table = extended(offsets_of([[frame] for frame in FRAMES]), [*map(len, FRAMES)])
    served = Served(encapsulated(FRAMES, [0] * 5))  # PS3.5 A.4 wants it empty then
    assert all_of(served, 5, extended=table) == FRAMES


def test_a_table_in_any_order() -> None:
    offsets = offsets_of(SPLIT)
    order = [3, 0, 4, 2, 1]
    served = Served(encapsulated(joined(SPLIT), [offsets[number] for number in order]))
    assert all_of(served, 5) == [FRAMES[number] for number in order]


def test_big_endian_items() -> None:
    served = Served(encapsulated(joined(SPLIT), offsets_of(SPLIT), big=True))
    assert all_of(served, 5, little_endian=False) == FRAMES
    served = Served(encapsulated(joined(SPLIT), big=True))
    assert all_of(served, 5, little_endian=False) == FRAMES


def test_an_odd_length_is_padded() -> None:
    """PS3.3 C.7.6.3.1.8: the lengths leave the pad byte out; the item's length has it, and counts."""
    frames = [b"\1\2\3\0", b"\4\5\6\7"]
    served = Served(encapsulated(frames))
    assert all_of(served, 2, extended=extended([0, 12], [3, 4])) == frames


@pytest.mark.parametrize("lengths", [[2, 6], [9, 5], [4, 200], [0, 0], [4, 6]])
@pytest.mark.parametrize("is_sized", [True, False])
def test_the_items_length_beats_the_tables(lengths: list[int], is_sized: bool) -> None:
    frames = [b"\1\2\3\0", b"\4\5\6\7\x08\x09\x0a\x0b"]
    served = Served(encapsulated(frames) + bytes(300), is_sized=is_sized)
    with pytest.warns(DicomWarning, match=r"\(7FE0,0002\) have") as caught:
        assert all_of(served, 2, extended=extended([0, 12], lengths)) == frames
    assert len(caught) == (lengths[0] != 4) + 1


def test_several_fragments_a_frame_behind_an_extended_table_are_tolerated() -> None:
    served = Served(encapsulated(joined(SPLIT)) + bytes(300))
    table = extended(offsets_of(SPLIT), [*map(len, FRAMES)])
    with pytest.warns(DicomWarning, match=r"\(7FE0,0002\) have") as caught:
        assert all_of(served, 5, extended=table) == FRAMES
    assert len(caught) == 2


def test_the_last_frame_ends_at_the_delimiter() -> None:
    behind = made.element(0xFFFCFFFC, "OB", bytes(5000))
    served = Served(encapsulated(joined(SPLIT), offsets_of(SPLIT)) + behind)
    pixels = pixels_of(served, 5)
    assert served.run(pixels.frame(4)) == FRAMES[4]
    assert len(served.asked) <= 4
    assert sum(wanted.length for wanted in served.asked) < 200  # about as long as the longest of the others


# -- one frame -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offsets", [(), (0,), (0, 12, 24), (7,)])
@pytest.mark.parametrize("is_sized", [True, False])
@pytest.mark.parametrize("syntax", [JPEG, RLE, *ONE_FRAGMENT, None])
def test_the_fragments_of_a_single_frame_are_joined(offsets: tuple[int, ...], is_sized: bool, syntax: str) -> None:
    fragments = [b"0123", b"", b"45", b"678901"]
    served = Served(encapsulated(fragments, offsets) + bytes(40), is_sized=is_sized)
    pixels = pixels_of(served, 1, syntax)
    assert served.run(pixels.frame(0)) == b"012345678901"
    assert len(served.asked) == 2


def test_a_single_frame_of_any_length_is_read_by_windows() -> None:
    fragments = [bytes([number]) * 1000 for number in range(100)]
    served = Served(encapsulated(fragments) + bytes(9000))
    pixels = pixels_of(served, 1, window=30_000)
    assert served.run(pixels.frame(0)) == b"".join(fragments)
    assert [wanted.length for wanted in served.asked] == [8, 30_000, 30_000, 30_000, 19_808]


def test_no_fragment_at_all() -> None:
    with pytest.raises(DecodeError, match="no fragments"):
        all_of(Served(encapsulated([])), 1)
    with pytest.raises(DecodeError, match="no fragments"):
        all_of(Served(encapsulated([])), 2)
    with pytest.raises(ParseError, match="no item for the Basic Offset Table"):
        all_of(Served(made.header(made.SEQUENCE_END, "", 0)), 1)


# -- no table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_sized", [True, False])
@pytest.mark.parametrize("window", [1, 100, 1000, 8 * 2**20])
def test_as_many_fragments_as_frames(is_sized: bool, window: int) -> None:
    frames = [b"", b"ab", b"\xff\xd9", b"\xff\xd8", bytes(600), b"\xff\xd8\xff\xd9"]
    served = Served(encapsulated(frames), is_sized=is_sized)
    assert all_of(served, 6, window=window) == frames
    assert all_of(served, 6, None, window=window) == frames


@pytest.mark.parametrize("window", [1, 100, 1000, 8 * 2**20])
def test_frames_are_told_by_their_marks(window: int) -> None:
    served = Served(encapsulated(joined(SPLIT)))
    assert all_of(served, 5, window=window) == FRAMES


def test_a_mark_in_the_middle_of_a_frame_is_none() -> None:
    """Counting the ends of images alone, as pydicom does, would cut the first frame in two."""
    first = [b"\xff\xd8\xff\xe1 thumb \xff\xd9", b"\x01\x02\x03\x04", b"\x05\x06\xff\xd9"]
    second = [b"\xff\xd8\x07\x08", b"\x09\x0a\xff\xd9"]
    served = Served(encapsulated([*first, *second]))
    assert all_of(served, 2) == [b"".join(first), b"".join(second)]


def test_marks_of_the_end_where_starts_are_missing() -> None:
    frames = [[b"ab", b"cd\xff\xd9"], [b"ef", b"gh\xff\xd9"], [b"ij", b"\xff\xd9\0\0"]]
    served = Served(encapsulated(joined(frames)))
    assert all_of(served, 3) == [b"".join(frame) for frame in frames]


def test_frames_that_cannot_be_told_apart() -> None:
    served = Served(encapsulated([b"ab", b"cd", b"ef"]))
    with pytest.raises(DecodeError, match="2 frames are in 3 fragments without an offset table"):
        all_of(served, 2)


@pytest.mark.parametrize("frame", [jpeg(b"12"), b"no mark!"])
def test_fewer_fragments_than_frames(frame: bytes) -> None:
    served = Served(encapsulated([frame] * 2))
    with pytest.raises(DecodeError, match=r"frame 2: .*(2 fragments|only 2 of 3)"):
        served.run(pixels_of(served, 3).frame(2))


@pytest.mark.parametrize("syntax", [JPEG, *ONE_FRAGMENT])
def test_more_frames_than_the_data_set_says(syntax: str) -> None:
    served = Served(encapsulated(FRAMES))
    pixels = pixels_of(served, 3, syntax)
    with pytest.warns(DicomWarning, match="5 frames are there, but Number of Frames is 3"):
        served.run(pixels.places())
    assert [served.run(pixels.frame(index)) for index in range(3)] == FRAMES[:3]


@pytest.mark.parametrize("syntax", ONE_FRAGMENT)
def test_where_a_fragment_is_a_frame_nothing_else_tells(syntax: str) -> None:
    frames = [jpeg(b"12"), b"\xff\xd8 no end", b"no start\xff\xd9", b"34"]
    served = Served(encapsulated(frames))
    pixels = pixels_of(served, 4, syntax, window=1)
    assert served.run(pixels.frame(1)) == frames[1]
    assert max(wanted.end for wanted in served.asked) < START + 8 + 60 + 100  # it needs no walk to the end
    assert [served.run(pixels.frame(index)) for index in range(4)] == frames


def rle(payload: bytes, segments: int = 1) -> bytes:
    """Return what has an RLE header (PS3.5 G.5)."""
    offsets = [64 + 2 * number for number in range(segments)]
    return struct.pack("<16L", segments, *offsets, *[0] * (15 - segments)) + payload


@pytest.mark.parametrize("window", [1, 200, 8 * 2**20])
def test_rle_in_several_fragments_is_tolerated(window: int) -> None:
    frames = [[rle(bytes(200)), bytes(70)], [rle(bytes(10), 3)], [rle(b"12", 2), b"34", b"\1\0\0\0\x40\0\0\0"]]
    served = Served(encapsulated(joined(frames)))
    assert all_of(served, 3, RLE, window=window) == [b"".join(frame) for frame in frames]


def test_jpeg_xl_has_no_marks_at_the_end() -> None:
    box = b"\0\0\0\x0cJXL \x0d\x0a\x87\x0a"
    frames = [[b"\xff\x0a12", b"34"], [box], [b"\xff\x0a56", b"78", b"90"]]
    served = Served(encapsulated(joined(frames)))
    assert all_of(served, 3, "1.2.840.10008.1.2.4.110") == [b"".join(frame) for frame in frames]
    served = Served(encapsulated([b"\xff\x0a12", box, b"\xff\x0a34"]))
    pixels = pixels_of(served, 3, "1.2.840.10008.1.2.4.112", window=1)
    assert served.run(pixels.frame(0)) == b"\xff\x0a12"
    assert len(served.asked) == 2  # it needs no walk to the end


def test_rle_without_marks_is_one_fragment_a_frame() -> None:
    frames = [b"12", rle(bytes(10)), bytes(80)]
    assert all_of(Served(encapsulated(frames)), 3, RLE) == frames


# -- walks: what they cost -------------------------------------------------------------------------------------------


def test_a_walk_reads_on_where_fragments_are_short() -> None:
    frames = [jpeg(bytes(96)) for _ in range(1000)]
    served = Served(encapsulated(frames))
    pixels = pixels_of(served, 1000, window=10_000)
    assert served.run(pixels.frame(700)) == frames[700]
    end = 701 * 108 + 8
    assert len(served.asked) <= end / 10_000 + 2
    assert sum(wanted.length for wanted in served.asked) <= end + 10_000
    assert [wanted.offset for wanted in served.asked[2:]] == [wanted.end for wanted in served.asked[1:-1]]
    served.asked.clear()
    assert served.run(pixels.frame(3)) == frames[3]
    assert served.asked == [Range(START + 8 + 3 * 108, 108)]


def test_a_walk_jumps_where_fragments_are_long() -> None:
    frames = [jpeg(bytes(99_996)) for _ in range(20)]
    served = Served(encapsulated(frames))
    pixels = pixels_of(served, 20, window=65_536)
    assert served.run(pixels.frame(15)) == frames[15]
    assert len(served.asked) <= 20
    assert sum(wanted.length for wanted in served.asked) <= len(frames[15]) + 65_536 + 20 * 4096


def test_a_walk_brings_what_passes_by() -> None:
    served = Served(encapsulated(FRAMES))
    pixels = pixels_of(served, 5)
    assert served.run(pixels.locate([4, 1, 1], 10_000)) == {1: FRAMES[1], 4: FRAMES[4]}
    assert len(served.asked) == 2
    assert served.run(pixels.locate([0, 4], len(FRAMES[0]) + 8)) == {0: FRAMES[0]}  # there is room for one
    assert served.run(pixels.locate([], 10_000)) == {}
    assert len(served.asked) == 2


def test_a_frame_of_several_windows_is_put_together() -> None:
    frames = [[b"\xff\xd8" + bytes(98), *[bytes(100)] * 30, bytes(98) + b"\xff\xd9"] for _ in range(3)]
    served = Served(encapsulated(joined(frames)))
    pixels = pixels_of(served, 3, window=1000)
    assert served.run(pixels.frame(1)) == b"".join(frames[1])
    total = sum(wanted.length for wanted in served.asked)
    assert total <= 2 * 32 * 108 + 2000  # nothing is read twice


# -- places ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offsets", [(), offsets_of(SPLIT)])
@pytest.mark.parametrize("is_sized", [True, False])
def test_places_have_all_ends(offsets: list[int], is_sized: bool) -> None:
    served = Served(encapsulated(joined(SPLIT), offsets) + bytes(9), is_sized=is_sized)
    table = served.run(pixels_of(served, 5).places())
    base = START + 8 + 4 * len(offsets)
    starts = [base + offset for offset in offsets_of(SPLIT)]
    ends = [*starts[1:], START + len(served.data) - 9 - 8]
    assert [table.range_of(index) for index in range(5)] == [
        Range(*place) for place in zip(starts, map(sub, ends, starts), strict=True)
    ]
    served.asked.clear()
    pixels = pixels_of(served, 5, table=table)
    assert [served.run(pixels.frame(index)) for index in range(5)] == FRAMES
    assert len(served.asked) == 5


def test_places_of_a_single_frame() -> None:
    served = Served(encapsulated([b"0123", b"45"]) + bytes(9000))
    table = served.run(pixels_of(served, 1).places())
    assert (table.range_of(0), len(table.starts)) == (Range(START + 8, 22), 1)
    assert served.run(pixels_of(served, 1, table=table).frame(0)) == b"012345"


def test_places_need_frames_that_can_be_told_apart() -> None:
    served = Served(encapsulated([b"ab", b"cd", b"ef"]))
    with pytest.raises(DecodeError, match="nothing tells where they start"):
        served.run(pixels_of(served, 2).places())


# -- tables that are wrong -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offsets", "reason"),
    [
        ([0, 32, 62, 96, 132], "a fragment"),  # the second one is no item
        ([8, 18, 40, 66, 96], "no frame starts at the first fragment"),  # counted from the table
        ([0] * 5, "two frames overlap"),
        ([0, 2, 62, 96, 132], "two frames overlap"),
        ([0, 30, 62, 96, 2**32 - 1], "a fragment is not|the source ends"),
        ([0, 10], "8 bytes for 5 frames"),
        ([0, 10, 20, 30, 40, 50], "24 bytes for 5 frames"),
    ],
)
def test_a_wrong_basic_table_is_dropped(offsets: list[int], reason: str) -> None:
    served = Served(encapsulated(joined(SPLIT), offsets))
    with pytest.warns(DicomWarning, match=f"Basic Offset Table is not used: .*{reason}") as caught:
        assert all_of(served, 5) == FRAMES
    assert len(caught) == 1


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (extended([0, 15, 30, 48, 68], [7, 7, *map(len, FRAMES[2:])]), "a fragment"),
        (extended([0, 12, 24], [4] * 3), "24 bytes for 5 frames"),
        (extended([0, 14, 32, 54, 80], [4] * 4), "32 bytes of lengths for 40 bytes of offsets"),
        (extended([0, 14, 30, 48, 2**62], [4] * 5), "behind the end of any object"),
        (extended([0, 14, 30, 48, 68], [6, 8, 10, 12, 2**64 - 1]), "longer than any can be"),
        (extended([0, 14, 30, 48, 2**39], [6, 8, 10, 2**39 - 56, 2]), "the source ends in a frame"),
        ((b"", None), "0 bytes for 5 frames"),
    ],
)
def test_a_wrong_extended_table_is_dropped(table: tuple[bytes, bytes | None], reason: str) -> None:
    served = Served(encapsulated(FRAMES))
    with pytest.warns(DicomWarning, match=f"Extended Offset Table is not used: .*{reason}") as caught:
        assert all_of(served, 5, extended=table) == FRAMES
    assert len(caught) == 1


def test_behind_a_wrong_extended_table_the_basic_one_counts() -> None:
    served = Served(encapsulated(joined(SPLIT), offsets_of(SPLIT)))
    with pytest.warns(DicomWarning, match="Extended Offset Table is not used"):
        assert all_of(served, 5, extended=extended([0, 31, 62, 96, 132], [23, 23, 26, 28, 30])) == FRAMES
    assert len(served.asked) == 8


def test_a_table_behind_the_end_of_a_source_of_unknown_length() -> None:
    served = Served(encapsulated(FRAMES), is_sized=False)
    table = extended([0, 10**6, 2 * 10**6, 3 * 10**6, 4 * 10**6], [10**6 - 8] * 5)
    with pytest.warns(DicomWarning, match="the source ends in a frame"):
        assert all_of(served, 5, extended=table) == FRAMES


def test_bytes_from_where_a_frame_was_thought_to_be_are_refused() -> None:
    """Another task may have found the table wrong while they were on their way."""
    served = Served(encapsulated(joined(SPLIT), offsets_of(SPLIT)))
    pixels = pixels_of(served, 5)
    served.run(pixels.frame(0))
    place = pixels.range_of(2)
    assert place is not None
    data = served.data[place.offset - START : place.end - START]
    assert pixels.cut(2, place, data) == FRAMES[2]
    for index, elsewhere, found in (
        (1, place, data),
        (2, Range(place.offset + 2, place.length), data),
        (2, place, b""),
    ):
        with pytest.raises(ParseError, match="not where it was thought to be"):
            pixels.cut(index, elsewhere, found)


def test_a_wrong_index_is_dropped() -> None:
    other = Served(encapsulated([bytes(50)] * 5))
    table = other.run(pixels_of(other, 5).places())
    served = Served(encapsulated(FRAMES) + bytes(300))
    with pytest.warns(DicomWarning, match="is not used"):
        assert all_of(served, 5, table=table) == FRAMES


# -- hostile lengths -------------------------------------------------------------------------------------------------

HOSTILE = [
    made.header(made.ITEM, "", 0xFFFFFFF0),
    made.header(made.ITEM, "", made.UNDEFINED),
    made.header(made.ITEM, "", 0x7FFFFFFF) + bytes(100),
    b"\xfe\xff\x00",
    b"",
    bytes(100),
    made.element(0x00100010, "PN", "Doe"),
]


@pytest.mark.parametrize("is_sized", [True, False])
@pytest.mark.parametrize("end", HOSTILE)
@pytest.mark.parametrize("frames", [1, 2, 5])
def test_what_is_no_fragment_is_an_error(end: bytes, frames: int, is_sized: bool) -> None:
    served = Served(encapsulated(FRAMES[:2])[:-8] + end, is_sized=is_sized)
    pixels = pixels_of(served, frames, window=1000)
    with pytest.raises(ParseError) as caught:
        served.run(pixels.places())
    assert caught.value.offset is not None
    with pytest.raises(ParseError):
        served.run(pixels.frame(frames - 1))
    assert len(served.asked) < 10
    assert sum(len(served.data[wanted.offset - START : wanted.end - START]) for wanted in served.asked) < 5000


@pytest.mark.parametrize("length", [0xFFFFFFF0, made.UNDEFINED, 20])
@pytest.mark.parametrize("frames", [1, 5])
@pytest.mark.parametrize("is_sized", [True, False])
@pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")
def test_a_basic_table_that_is_longer_than_the_object(length: int, frames: int, is_sized: bool) -> None:
    served = Served(made.header(made.ITEM, "", length) + bytes(4), is_sized=is_sized)
    with pytest.raises(ParseError):
        all_of(served, frames)
    assert len(served.asked) < 5


def test_too_many_fragments() -> None:
    served = Served(encapsulated([b""] * 100))
    with pytest.raises(LimitError) as caught:
        all_of(served, 10, limit=50)
    assert caught.value.limit == "elements"
    with pytest.raises(LimitError, match="too many frames"):
        all_of(served, 51, limit=50)
    with pytest.raises(LimitError):
        served.run(pixels_of(served, 1, limit=50).places())


def test_a_frame_count_that_lies_costs_nothing() -> None:
    served = Served(encapsulated(FRAMES))
    pixels = pixels_of(served, 9_999_999)
    assert served.run(pixels.frame(0)) == FRAMES[0]
    with pytest.raises(DecodeError, match="there are only 5 of 9999999 frames"):
        served.run(pixels.frame(9_999_998))


@pytest.mark.parametrize("frames", [1, 2])
def test_a_missing_delimiter(frames: int) -> None:
    served = Served(encapsulated(FRAMES[:2])[:-8])
    with pytest.raises(TruncatedError):
        all_of(served, frames)
    with pytest.warns(DicomWarning, match="ends without its delimiter"):
        found = all_of(served, frames, strict=False)
    assert b"".join(found) == FRAMES[0] + FRAMES[1]
    served = Served(encapsulated(FRAMES[:2])[:-10])  # and in the middle of a fragment
    with pytest.raises(TruncatedError):
        all_of(served, frames, strict=False)


# -- random fragments ------------------------------------------------------------------------------------------------

PAYLOAD = st.binary(max_size=40).map(lambda data: bytes(byte & 0x7F for byte in data))


@st.composite
def frames_with_marks(draw: DrawFn) -> list[list[bytes]]:
    """Draw frames of fragments, of which the first starts and the last ends as JPEG does."""
    frames = []
    for _ in range(draw(st.integers(2, 6))):
        fragments = draw(st.lists(PAYLOAD, min_size=1, max_size=4))
        fragments[0] = b"\xff\xd8" + fragments[0]
        fragments[-1] += b"\xff\xd9" + bytes(draw(st.sampled_from([0, 1, 30])))
        frames.append([fragment + bytes(len(fragment) & 1) for fragment in fragments])
    return frames


WINDOWS = st.one_of(st.integers(1, 400), st.just(8 * 2**20))


@settings(max_examples=60)
@given(frames_with_marks(), st.data(), WINDOWS, st.booleans(), st.binary(max_size=20))
def test_random_fragments(
    frames: list[list[bytes]], data: st.DataObject, window: int, is_sized: bool, behind: bytes
) -> None:
    offsets = offsets_of(frames)
    order = data.draw(st.permutations(range(len(frames))))
    kind = data.draw(st.sampled_from(["none", "right", "shifted", "some are shifted", "random"]))
    expected = [b"".join(frame) for frame in frames]
    table: list[int] = []
    if kind == "right":
        table = [offsets[number] for number in order]
        expected = [expected[number] for number in order]
    elif kind == "shifted":
        table = [offset + 8 for offset in offsets]
    elif kind == "some are shifted":
        wrong = data.draw(st.integers(1, len(frames) - 1))
        table = [offset + 2 * (number == wrong) for number, offset in enumerate(offsets)]
    elif kind == "random":
        odd = st.integers(0, 2**31 - 1).map(lambda number: 2 * number + 1)  # so that none is an item's
        table = [0, *data.draw(st.lists(odd, min_size=len(frames) - 1, max_size=len(frames) - 1))]
    served = Served(encapsulated(joined(frames), table) + behind, is_sized=is_sized)
    pixels = pixels_of(served, len(frames), window=window)
    wanted = data.draw(st.lists(st.integers(0, len(frames) - 1), min_size=1, max_size=8))
    with warnings.catch_warnings():
        if kind not in ("none", "right"):
            warnings.simplefilter("ignore", DicomWarning)
        for index in wanted:
            assert served.run(pixels.frame(index)) == expected[index]
        places = served.run(pixels.places())
        again = pixels_of(served, len(frames), table=places)
        assert [served.run(again.frame(index)) for index in range(len(frames))] == expected


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=60), min_size=2, max_size=8), WINDOWS, st.booleans(), st.data())
def test_random_frames_of_one_fragment(frames: list[bytes], window: int, is_sized: bool, data: st.DataObject) -> None:
    """Whatever is in them, also marks where they mislead: there are as many fragments as frames."""
    served = Served(encapsulated(frames), is_sized=is_sized)
    pixels = pixels_of(served, len(frames), window=window)
    for index in data.draw(st.permutations(range(len(frames)))):
        assert served.run(pixels.frame(index)) == frames[index]
    table = extended(offsets_of([[frame] for frame in frames]), [*map(len, frames)])
    assert all_of(served, len(frames), extended=table) == frames


@given(st.binary(max_size=300), st.integers(1, 4), WINDOWS, st.booleans())
def test_random_bytes_end_in_a_typed_error(data: bytes, frames: int, window: int, is_sized: bool) -> None:
    served = Served(data, is_sized=is_sized)
    pixels = pixels_of(served, frames, window=window)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DicomWarning)
        for index in range(frames):
            with suppress(ParseError, DecodeError):
                served.run(pixels.frame(index))
        assert len(served.asked) < 100
