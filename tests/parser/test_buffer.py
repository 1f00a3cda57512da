"""The buffer joins what is wanted at once, and copies nothing else."""

from __future__ import annotations

from adicom.parser.buffer import Buffer


def three_pieces() -> Buffer:
    buffer = Buffer(100)
    for piece in (b"abc", b"de", b"fgh"):
        buffer.append(piece)
    return buffer


def test_what_comes_to_an_empty_window_is_not_copied() -> None:
    buffer = Buffer(100)
    piece = b"abc"
    buffer.append(piece)
    assert buffer.data is piece
    buffer.pos = 3
    other = b"de"
    buffer.append(other)
    assert buffer.data is other
    assert (buffer.base, buffer.pos, buffer.offset, buffer.available) == (103, 0, 103, 2)


def test_pieces_wait_until_they_are_wanted() -> None:
    buffer = three_pieces()
    assert (buffer.data, buffer.available) == (b"abc", 8)
    assert buffer.fill(3)
    assert buffer.data == b"abc"
    buffer.pos = 1
    assert buffer.fill(4)
    assert (buffer.data, buffer.base, buffer.pos) == (b"bcdefgh", 101, 0)


def test_too_few_bytes_are_left_as_they_are() -> None:
    buffer = three_pieces()
    assert not buffer.fill(9)
    assert buffer.data == b"abc"
    assert not Buffer().fill(1)


def test_join() -> None:
    buffer = three_pieces()
    buffer.pos = 2
    buffer.join()
    assert (buffer.data, buffer.base, buffer.available) == (b"cdefgh", 102, 6)
    joined = buffer.data
    buffer.join()
    assert buffer.data is joined


def test_taking_goes_piece_by_piece_without_a_copy() -> None:
    buffer = three_pieces()
    first = buffer.data
    view = buffer.take(100)
    assert view.obj is first
    assert bytes(view) == b"abc"
    assert buffer.offset == 103
    assert [bytes(buffer.take(1)) for _ in range(3)] == [b"d", b"e", b"f"]
    assert (buffer.offset, buffer.available) == (106, 2)
    assert [bytes(buffer.take(2)), bytes(buffer.take(2))] == [b"gh", b""]


def test_a_jump_ends_where_there_are_no_more_bytes() -> None:
    buffer = three_pieces()
    assert buffer.jump(4) == 4
    assert (buffer.offset, buffer.available) == (104, 4)
    assert buffer.jump(10) == 4
    assert (buffer.offset, buffer.available) == (108, 0)
    assert buffer.jump(10) == 0


def test_moving_drops_everything() -> None:
    buffer = Buffer()
    buffer.append(b"abc")
    buffer.move(1000)
    assert (buffer.offset, buffer.available) == (1000, 0)
    buffer.append(b"x")
    assert (buffer.data, buffer.offset) == (b"x", 1000)


def test_rewinding_in_the_window_and_behind_it() -> None:
    buffer = Buffer(100)
    buffer.append(b"abcdef")
    buffer.pos = 5
    buffer.rewind([], 102)
    assert (buffer.data, buffer.pos, buffer.offset) == (b"abcdef", 2, 102)
    buffer.pos = 6
    buffer.append(b"ghi")
    buffer.pos = 1
    buffer.rewind([b"cdef", b"g"], 102)
    assert (buffer.data, buffer.pos, buffer.offset) == (b"cdefghi", 0, 102)
