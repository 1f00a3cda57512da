"""What offset tables tell, worked out by hand; above 4 GiB, which no test can serve."""

from __future__ import annotations

import struct

import pytest

from adicom.io import Range
from adicom.pixels.tables import Table, UnusableTable, read_basic_table, read_extended_table

GIB = 2**30


def basic(*offsets: int, order: str = "<") -> bytes:
    return struct.pack(f"{order}{len(offsets)}L", *offsets)


def places(table: Table) -> list[Range | None]:
    return [table.range_of(index) for index in range(len(table.starts))]


def test_a_frame_ends_where_the_next_one_starts() -> None:
    table = read_basic_table(basic(0, 100, 250), 1000, 1400)
    assert places(table) == [Range(1000, 100), Range(1100, 150), None]
    assert (table.open_frame, table.claimed) == (2, None)


def test_order_does_not_matter() -> None:
    table = read_basic_table(basic(250, 0, 100), 1000, 1400)
    assert places(table) == [None, Range(1000, 100), Range(1100, 150)]
    assert table.open_frame == 0


def test_byte_order() -> None:
    assert places(read_basic_table(basic(0, 100, order=">"), 0, 200, little_endian=False)) == [Range(0, 100), None]
    wide = struct.pack(">2Q", 0, 5 * GIB), struct.pack(">2Q", 10, 20)
    with pytest.warns(match="wrong length for 1 of 2"):
        table = read_extended_table(*wide, 0, little_endian=False)
    assert places(table) == [Range(0, 5 * GIB), Range(5 * GIB, 28)]


def test_offsets_that_wrap_past_4_gib() -> None:
    """In an object of 10 GiB the offsets of 32 bits start again twice."""
    true = [0, 3 * GIB, 5 * GIB, 5 * GIB + 100, 8 * GIB + 2, 9 * GIB]
    table = read_basic_table(basic(*(offset % 2**32 for offset in true)), 1000, 10 * GIB)
    assert [table.start_of(index) for index in range(6)] == [1000 + offset for offset in true]
    assert table.range_of(1) == Range(1000 + 3 * GIB, 2 * GIB)


def test_what_is_not_ascending_in_a_smaller_object_does_not_wrap() -> None:
    offsets = (0, 3 * GIB, GIB)
    assert read_basic_table(basic(*offsets), 0, 4 * GIB).starts.tolist() == [*offsets]
    assert read_basic_table(basic(*offsets), 0, None).starts.tolist() == [*offsets]


def test_what_would_wrap_behind_the_end_does_not_wrap() -> None:
    offsets = (0, 3 * GIB, GIB, 2 * GIB)
    assert read_basic_table(basic(*offsets), 0, 5 * GIB).starts.tolist() == [*offsets]


def test_the_last_end_of_an_extended_table_is_a_claim() -> None:
    offsets, lengths = struct.pack("<3Q", 0, 108, 30), struct.pack("<3Q", 22, 7, 70)
    table = read_extended_table(offsets, lengths, 1000)
    assert places(table) == [Range(1000, 30), Range(1108, 16), Range(1030, 78)]
    assert (table.claimed, table.open_frame) == (1, None)
    table = read_extended_table(offsets, None, 1000)
    assert places(table) == [Range(1000, 30), None, Range(1030, 78)]


@pytest.mark.parametrize(
    ("offsets", "reason"),
    [((8, 100), "first fragment"), ((0, 4), "overlap"), ((0, 0), "overlap")],
)
def test_what_cannot_be_right(offsets: tuple[int, ...], reason: str) -> None:
    with pytest.raises(UnusableTable, match=reason):
        read_basic_table(basic(*offsets), 10, 1000)
    with pytest.raises(UnusableTable, match=reason):
        read_extended_table(struct.pack("<2Q", *offsets), struct.pack("<2Q", 1, 1), 10)


@pytest.mark.parametrize(
    ("offsets", "lengths", "reason"),
    [
        ((0, 2**64 - 1), None, "behind the end of any object"),
        ((0, 2**50), None, "longer than any can be"),
        ((0, 100), (92, 2**64 - 1), "longer than any can be"),
        ((0, 100), (92,), "8 bytes of lengths for 16 bytes of offsets"),
    ],
)
def test_64_bits_of_nonsense(offsets: tuple[int, ...], lengths: tuple[int, ...] | None, reason: str) -> None:
    packed = None if lengths is None else struct.pack(f"<{len(lengths)}Q", *lengths)
    with pytest.raises(UnusableTable, match=reason):
        read_extended_table(struct.pack("<2Q", *offsets), packed, 0)
