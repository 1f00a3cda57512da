"""Values: whole, in chunks, passed over, and cut."""

from __future__ import annotations

import pytest

from adicom.errors import DicomWarning, LimitError, TruncatedError
from adicom.parser import Element, FileEnd, Need, Parser, ParserLimits, Plan, ValueChunk
from tests import made
from tests.parser.pushing import fault, push, told

BLOB = made.element(0x00091010, "OB", bytes(range(100)))
NAME = made.element(0x00100010, "PN", "Doe^Jane")
ID = made.element(0x00100020, "LO", "4711")


def test_a_value_in_chunks_is_all_of_it() -> None:
    assert told(BLOB + NAME, plan=Plan(collect_up_to=99)) == [
        ("ValueStart", 0, 0x00091010, "OB", 100),
        ("ValueChunk", 12, bytes(range(100))),
        ("ValueEnd", 112, 0x00091010),
        ("Element", 112, 0x00100010, "PN", 8, b"Doe^Jane"),
        ("FileEnd", 128, 0),
    ]


def test_length_alone_decides() -> None:
    assert [event[0] for event in told(BLOB, plan=Plan(collect_up_to=100))] == ["Element", "FileEnd"]
    assert [event[0] for event in told(BLOB, plan=Plan(collect_up_to=None))] == ["Element", "FileEnd"]
    chunks = ["ValueStart", "ValueChunk", "ValueEnd", "FileEnd"]
    assert [event[0] for event in told(BLOB, plan=Plan(collect_up_to=99))] == chunks
    # A value of no length is never in chunks.
    assert [event[0] for event in told(made.element(0x00091010, "OB"), plan=Plan(collect_up_to=0))] == [
        "Element",
        "FileEnd",
    ]


def test_chunks_are_views_of_what_was_received() -> None:
    parser = Parser(transfer_syntax=made.EXPLICIT_LE, plan=Plan(collect_up_to=10))
    parser.receive_data(BLOB[:30])
    first = [event for event in parser.events() if isinstance(event, ValueChunk)]
    pieces = [BLOB[30:60], BLOB[60:]]
    for piece in pieces:
        parser.receive_data(piece)
    rest = [event for event in parser.events() if isinstance(event, ValueChunk)]
    assert [event.data.obj for event in rest] == pieces
    assert [event.offset for event in first + rest] == [12, 30, 60]


def test_a_value_may_come_in_many_pieces() -> None:
    parser = Parser(transfer_syntax=made.EXPLICIT_LE)
    parser.receive_data(BLOB[:12])
    parser.events()
    assert parser.need == Need(12, 100)
    for at in range(12, 112, 10):
        parser.receive_data(BLOB[at : at + 10])
    (element,) = parser.events()
    assert isinstance(element, Element)
    assert element.value == bytes(range(100))


@pytest.mark.parametrize("plan", [Plan(), Plan(collect_up_to=10)], ids=["whole", "chunks"])
@pytest.mark.parametrize("size", [12, 13, 111])
def test_a_value_that_is_cut(plan: Plan, size: int) -> None:
    found = push(NAME + BLOB[:size], plan=plan)
    error = found.error
    assert isinstance(error, TruncatedError)
    assert (error.tag, error.offset, error.wanted, error.got) == (0x00091010, 28, 100, size - 12)


@pytest.mark.parametrize("plan", [Plan(skip_above=50), Plan(wanted=frozenset({0x00100010, 0x00100020}))])
@pytest.mark.parametrize("size", [12, 13, 111])
def test_a_value_that_is_passed_over_and_cut(plan: Plan, size: int) -> None:
    found = push(NAME + BLOB[:size], plan=plan)
    error = found.error
    assert isinstance(error, TruncatedError)
    assert (error.tag, error.offset, error.wanted, error.got) == (0x00091010, 28, 100, size - 12)


@pytest.mark.parametrize("known", [False, True], ids=["end told later", "end told before"])
def test_an_item_that_ends_with_a_value_that_is_passed_over_and_cut(known: bool) -> None:
    """The value is what is wrong, so the item and the sequence do not end."""
    parser = Parser(transfer_syntax=made.EXPLICIT_LE, plan=Plan(skip_above=50))
    parser.receive_data(made.sequence(0x00081140, [made.item(BLOB)])[:-1])
    if known:
        parser.receive_eof()
    assert [type(event).__name__ for event in parser.events()[2:]] == ["SequenceStart", "ItemStart", "DeferredElement"]
    if not known:
        assert parser.events() == []
        assert parser.need == Need(132, 8)
        parser.receive_eof()
    with pytest.raises(TruncatedError) as caught:
        parser.events()
    error = caught.value
    assert (error.path, error.tag) == (((0x00081140, 0),), 0x00091010)
    assert (error.offset, error.wanted, error.got) == (32, 100, 99)


def test_a_value_above_the_limit_is_not_collected() -> None:
    limits = ParserLimits(collected_value=99)
    error = fault(BLOB, limits=limits)
    assert isinstance(error, LimitError)
    assert (error.limit, error.tag) == ("collected_value", 0x00091010)
    assert told(BLOB, limits=limits, plan=Plan(collect_up_to=50))[0][0] == "ValueStart"
    assert told(BLOB, limits=limits, plan=Plan(skip_above=50))[0][0] == "DeferredElement"


def test_the_limit_holds_in_the_file_meta_information() -> None:
    meta = made.element(0x00020102, "OB", bytes(100))
    error = fault(bytes(128) + b"DICM" + meta, syntax=None, limits=ParserLimits(collected_value=99))
    assert isinstance(error, LimitError)
    assert error.limit == "collected_value"


def test_after_a_value_that_was_passed_over() -> None:
    parser = Parser(transfer_syntax=made.EXPLICIT_LE, plan=Plan(skip_above=50))
    parser.receive_data(BLOB[:50])
    parser.events()
    parser.events()
    assert parser.need == Need(112, 8)
    # What is fed on is dropped, what lies behind is taken.
    parser.receive_data(BLOB[50:] + ID)
    (element,) = parser.events()
    assert (element.offset, type(element)) == (112, Element)


def test_padding_after_a_value_that_was_passed_over() -> None:
    with pytest.warns(DicomWarning, match="zero bytes behind the last data element, at byte 112"):
        assert told(BLOB + bytes(20), plan=Plan(skip_above=50)) == [
            ("DeferredElement", 0, 0x00091010, "OB", 100),
            ("FileEnd", 112, 20),
        ]
    parser = Parser(transfer_syntax=made.EXPLICIT_LE, plan=Plan(skip_above=50))
    parser.receive_data(BLOB[:50])
    parser.events()
    parser.receive_data(bytes(20), at=112)
    parser.receive_eof()
    with pytest.warns(DicomWarning, match="zero bytes behind the last data element, at byte 112"):
        (end,) = parser.events()
    assert isinstance(end, FileEnd)
    assert (end.offset, end.padding) == (112, 20)
