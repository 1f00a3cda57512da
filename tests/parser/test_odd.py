"""Headers whose VR is no VR: the reading is taken that fits what follows."""

from __future__ import annotations

import pytest

from adicom.parser.kinds import LITTLE, encoding_of
from adicom.parser.odd import FARTHEST, read_odd_header
from tests import made

TAG = 0x00100020
NEXT = made.element(0x00100030, "DA", b"20240102")


def read(data: bytes, *, form: int = LITTLE, ended: bool = True) -> tuple[str | None, int, int] | None:
    """Return VR, value length and header size."""
    header, wanted = read_odd_header(data, TAG, form, ended=ended)
    assert header is None or not wanted
    return None if header is None else header[:3]


@pytest.mark.parametrize("code", [b"  ", b"\0\0", b"??", b"\xff\xff"])
def test_a_short_header(code: bytes) -> None:
    data = b"\x10\0\x20\0" + code + b"\4\0abcd" + NEXT
    assert read(data) == ("UN", 4, 8)
    header, _ = read_odd_header(data, TAG, LITTLE, ended=True)
    assert header is not None
    assert (encoding_of(header[3]).vr_code, encoding_of(header[3]).reserved) == (code, b"")


def test_a_long_header() -> None:
    data = b"\x10\0\x20\0??\1\2\4\0\0\0abcd" + NEXT
    assert read(data) == ("UN", 4, 12)
    header, _ = read_odd_header(data, TAG, LITTLE, ended=True)
    assert header is not None
    assert (encoding_of(header[3]).vr_code, encoding_of(header[3]).reserved) == (b"??", b"\1\2")


def test_a_header_without_a_vr() -> None:
    data = b"\x10\0\x20\0" + b"\4\0\0\0abcd" + NEXT
    assert read(data) == (None, 4, 8)
    header, _ = read_odd_header(data, TAG, LITTLE, ended=True)
    assert header is not None
    assert encoding_of(header[3]).implicit_vr


def test_the_other_byte_order() -> None:
    following = made.element(0x00100030, "DA", b"20240102", made.BIG)
    assert read(b"\0\x10\0\x20??\0\4abcd" + following, form=0) == ("UN", 4, 8)
    assert read(b"\0\x10\0\x20\0\0\0\4abcd" + following, form=0) == (None, 4, 8)


SHORT = b"\x10\0\x20\0??\4\0abcd"


@pytest.mark.parametrize(
    ("following", "fits"),
    [
        (b"", True),  # the end
        (bytes(5), True),  # padding that is cut, or shorter than a header
        (b"\x10\0\x30", False),  # a header that is cut
        (made.header(made.ITEM_END, "", 0), True),
        (made.header(made.SEQUENCE_END, "", 0), True),
        (made.header(made.SEQUENCE_END, "", 0) + b"\x10\0", True),
        (made.header(made.ITEM_END, "", 4), False),
        (made.header(made.ITEM, "", 0), False),
        (made.element(0x00091011, "OB"), False),  # below
        (made.element(TAG, "LO"), False),  # the same again
        (made.element(0x00111011, "LO"), True),  # private, with a VR
        (made.element(0x00111011, "OB"), True),
        (made.element(0x00111011, "??", b"ab"), False),  # private, without one
        (b"\x10\0\x30\0??\0\0", True),  # the dictionary knows it
        (b"\x10\0\x31\0??\0\0", False),  # it does not
    ],
)
def test_what_may_follow(following: bytes, fits: bool) -> None:
    assert read(SHORT + following) == (("UN", 4, 8) if fits else None)


def test_a_value_that_is_cut_does_not_fit() -> None:
    assert read(SHORT[:-1]) is None
    assert read(SHORT[:9]) is None


def test_more_is_wanted_until_it_can_be_told() -> None:
    # Without a VR, the value has 0x23F3F bytes: too long to be looked behind. With a short header it has 2.
    data = b"\x10\0\x20\0??\2\0ab" + NEXT
    assert read_odd_header(data[:8], TAG, LITTLE, ended=False) == (None, 18)
    # With a long header, it has what stands at byte 8: "ab" and the next tag, which is too long as well.
    assert read_odd_header(data[:17], TAG, LITTLE, ended=False) == (None, 18)
    header, wanted = read_odd_header(data[:18], TAG, LITTLE, ended=False)
    assert header is not None
    assert (header[:3], wanted) == (("UN", 2, 8), 0)


def test_no_more_is_wanted_than_is_looked_at() -> None:
    _, wanted = read_odd_header(b"\x10\0\x20\0??\0\0" + b"\0\0\1\0", TAG, LITTLE, ended=False)
    assert wanted == FARTHEST
    assert read_odd_header(b"\x10\0\x20\0????" + b"\1\0\1\0", TAG, LITTLE, ended=False) == (None, 8 + 0x3F3F + 8)


def test_no_reading_fits() -> None:
    # As a short header it announces 0xFFFF bytes, as any other one more than is looked behind.
    data = b"\x10\0\x20\0" + b"\xff" * 70_000
    assert read_odd_header(data[:100], TAG, LITTLE, ended=False) == (None, 8 + 0xFFFF + 8)
    assert read_odd_header(data, TAG, LITTLE, ended=False) == (None, 0)
    assert read_odd_header(data[:100], TAG, LITTLE, ended=True) == (None, 0)
