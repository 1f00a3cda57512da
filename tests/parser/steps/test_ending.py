"""Where the bytes end: padding, garbage, truncation, and all of that behind deflated data."""

from __future__ import annotations

import zlib

import pytest

from adicom.errors import DicomWarning, LimitError, TruncatedError
from adicom.parser import Element, Expand, FileEnd, FileMetaEnd, FileStart, Need, Parser, ParserLimits, Plan
from tests import made
from tests.parser.pushing import fault, push, told

NAME = made.element(0x00100010, "PN", "Doe^Jane")
RAW = Plan(expand=Expand.NONE, collect_up_to=None)
DEFLATED_START = made.part10(b"", made.DEFLATED_LE)


def deflate(data: bytes, wbits: int = -15) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return packer.compress(data) + packer.flush()


def stored(data: bytes, *, last: bool = False) -> bytes:
    """Return a stored block of deflated data (RFC 1951 3.2.4)."""
    size = len(data).to_bytes(2, "little")
    return bytes([last]) + size + bytes(byte ^ 0xFF for byte in size) + data


DAMAGE = b"\x07"  # a block of the reserved type 3 (RFC 1951 3.2.3)


# -- the end of the source


def test_a_data_set_may_be_empty() -> None:
    assert told(b"") == [("FileEnd", 0, 0)]


@pytest.mark.parametrize("size", [1, 7, 8, 9, 1000])
@pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
def test_zeros_behind_the_end_are_padding(form: made.Form, size: int) -> None:
    name = made.element(0x00100010, "PN", "Doe^Jane", form)
    with pytest.warns(DicomWarning, match="zero bytes behind the last data element, at byte 16"):
        assert told(name + bytes(size), syntax=form.syntax)[1:] == [("FileEnd", 16, size)]


def test_nothing_but_zeros() -> None:
    with pytest.warns(DicomWarning, match="zero bytes behind the last data element, at byte 0"):
        assert told(bytes(20)) == [("FileEnd", 0, 20)]


@pytest.mark.parametrize("size", range(1, 8))
def test_a_header_that_is_cut(size: int) -> None:
    error = fault(NAME + made.element(0x00100020, "LO", "1")[:size])
    assert isinstance(error, TruncatedError)
    assert (error.offset, error.wanted, error.got) == (16, 8, size)


@pytest.mark.parametrize("zeros", [8, 9, 100_000])
def test_zeros_with_something_behind_them(zeros: int) -> None:
    error = fault(NAME + bytes(zeros) + b"\1")
    assert not isinstance(error, TruncatedError)
    assert str(error) == "zero bytes where a data element was wanted, and others behind them, at byte 16"


# -- the end of deflated data


@pytest.mark.parametrize(("wbits", "warns"), [(-15, False), (15, True)])
@pytest.mark.filterwarnings("ignore:the deflated data set has a zlib header")
def test_deflated(wbits: int, warns: bool) -> None:
    events, error = push(made.deflated(NAME, wbits=wbits), syntax=None)
    assert error is None
    element, end = events[-2:]
    assert (element.offset, element.inflated) == (0, True)
    assert isinstance(end, FileEnd)
    assert (end.offset, end.inflated, end.padding) == (16, True, 0)


def test_zeros_at_the_end_of_the_inflated_data() -> None:
    with pytest.warns(DicomWarning, match="zero bytes behind the last data element, at byte 16"):
        assert told(made.deflated(NAME + bytes(20)), syntax=None)[-1] == ("FileEnd", 16, 20)


def test_the_end_waits_for_what_may_come_behind_the_deflated_data() -> None:
    parser = Parser(transfer_syntax=made.DEFLATED_LE)
    data = deflate(NAME)
    parser.receive_data(data)
    assert [type(parser.next_event()) for _ in range(3)] == [FileStart, FileMetaEnd, Element]
    assert parser.next_event() == Need(len(data), 0)
    parser.receive_data(b"\0")
    assert parser.next_event() == Need(len(data) + 1, 0)
    parser.receive_eof()
    assert isinstance(parser.next_event(), FileEnd)


def test_garbage_behind_the_deflated_data() -> None:
    error = fault(DEFLATED_START + deflate(NAME) + b"garbage", syntax=None)
    assert str(error) == "there are bytes behind the end of the deflated data set, at byte 16"


def test_the_trailer_of_gzip() -> None:
    trailer = zlib.crc32(NAME).to_bytes(4, "little") + len(NAME).to_bytes(4, "little")
    data = DEFLATED_START + deflate(NAME) + trailer
    assert told(data, syntax=None)[-1] == ("FileEnd", 16, 0)
    error = fault(data[:-3], syntax=None)
    assert isinstance(error, TruncatedError)
    assert (error.offset, error.wanted, error.got) == (16, 8, 5)


@pytest.mark.parametrize("plan", [Plan(), RAW], ids=["events", "raw"])
@pytest.mark.parametrize("missing", [1, 10])
def test_deflated_data_that_is_cut(plan: Plan, missing: int) -> None:
    data = DEFLATED_START + stored(NAME) + deflate(made.element(0x00100020, "LO", "1"))[:-missing]
    told_all = push(data, syntax=None, plan=plan)
    assert isinstance(told_all.error, TruncatedError)
    assert ("Element", 0, 0x00100010, "PN", 8, b"Doe^Jane") in told_all.short


def test_deflated_data_that_is_cut_between_elements() -> None:
    error = fault(DEFLATED_START + stored(NAME), syntax=None)
    assert isinstance(error, TruncatedError)
    assert str(error) == "the bytes end in the deflated data: wanted 1, got 0, at byte 16"


def test_a_value_that_ends_with_the_deflated_data() -> None:
    for plan in (Plan(), Plan(collect_up_to=2), Plan(skip_above=2), Plan(wanted=frozenset({0x00100020}))):
        error = fault(DEFLATED_START + deflate(NAME[:-3]), syntax=None, plan=plan)
        assert isinstance(error, TruncatedError)
        assert str(error) == "the bytes end in a value: wanted 8, got 5, at byte 8, in (0010,0010)"


@pytest.mark.parametrize("plan", [Plan(), RAW], ids=["events", "raw"])
@pytest.mark.parametrize("blocks", [[NAME], [NAME[:5], NAME[5:]]], ids=["at once", "in two"])
def test_what_comes_before_damage_is_delivered(plan: Plan, blocks: list[bytes]) -> None:
    data = DEFLATED_START + b"".join(map(stored, blocks)) + DAMAGE + bytes(20)
    events, error = push(data, syntax=None, plan=plan)
    assert str(error) == "the deflated data is damaged, at byte 16"
    assert events[-1].offset == 0


def test_the_end_of_an_item_before_damage_is_delivered() -> None:
    """However the bytes are cut: no header follows that would show where the item ends."""
    data = made.sequence(0x00081140, [made.item(made.sequence(0x0040A730, [made.item(NAME)]))])
    told_all = push(DEFLATED_START + stored(data) + DAMAGE, syntax=None)
    assert str(told_all.error) == "the deflated data is damaged, at byte 56"
    assert [event[0] for event in told_all.short[-5:]] == [
        "Element",
        "ItemEnd",
        "SequenceEnd",
        "ItemEnd",
        "SequenceEnd",
    ]


@pytest.mark.parametrize("plan", [Plan(), RAW, Plan(collect_up_to=4)], ids=["events", "raw", "chunks"])
@pytest.mark.parametrize("cut", [3, 8, 9, 15])
def test_damage_in_an_element_is_no_truncation(plan: Plan, cut: int) -> None:
    told_all = push(DEFLATED_START + stored(NAME[:cut]) + DAMAGE, syntax=None, plan=plan)
    assert not isinstance(told_all.error, TruncatedError)
    assert str(told_all.error).startswith("the deflated data is damaged, at byte ")


def test_damage_behind_zeros() -> None:
    assert str(fault(DEFLATED_START + stored(NAME + bytes(30)) + DAMAGE, syntax=None)).startswith(
        "the deflated data is damaged"
    )


def test_a_checksum_that_is_wrong() -> None:
    data = DEFLATED_START + deflate(NAME, 15)[:-1] + b"\xff"
    with pytest.warns(DicomWarning, match="zlib header"):
        error = fault(data, syntax=None)
    assert str(error) == "the deflated data is damaged, at byte 16"


@pytest.mark.parametrize("limit", [1, 15, 16, 20, 31])
def test_what_comes_before_the_limit_is_delivered(limit: int) -> None:
    data = made.deflated(NAME + made.element(0x00100020, "LO", "12345678"))
    told_all = push(data, syntax=None, plan=RAW, limits=ParserLimits(inflated_bytes=limit))
    assert isinstance(told_all.error, LimitError)
    assert told_all.error.limit == "inflated_bytes"
    assert [event[2] for event in told_all.short if event[0] == "Element"][6:] == ([0x00100010] if limit >= 16 else [])
