"""The push parser by hand: what it takes, what it asks for, how it fails."""

from __future__ import annotations

from typing import Any

import pytest

from adicom.errors import InvalidDicomError, LimitError, ParseError, TruncatedError
from adicom.parser import (
    UNDEFINED_LENGTH,
    DeferredElement,
    Element,
    Encoding,
    Expand,
    FileEnd,
    FileMetaEnd,
    FileStart,
    Need,
    Parser,
    ParserLimits,
    Plan,
    SequenceStart,
    ValueChunk,
)
from tests import made

EXPLICIT = "1.2.840.10008.1.2.1"
PATIENT_ID = bytes.fromhex("10002000 4c4f 0400") + b"1234"
STUDY_DATE = bytes.fromhex("08002000 4441 0800") + b"20240102"


def bare(**kwargs: Any) -> Parser:
    return Parser(transfer_syntax=EXPLICIT, **kwargs)


def names(parser: Parser) -> list[str]:
    found: list[str] = []
    while events := parser.events():
        found += [type(event).__name__ for event in events]
    return found


def test_a_file_asks_for_its_preamble_first() -> None:
    assert Parser().need == Need(0, 132)


def test_a_bare_data_set_has_the_frame_of_a_file() -> None:
    parser = bare()
    parser.receive_data(PATIENT_ID)
    parser.receive_eof()
    assert names(parser) == ["FileStart", "FileMetaEnd", "Element", "FileEnd"]
    assert parser.finished
    assert not parser.stopped


def test_next_event_ends_with_eof_error() -> None:
    parser = bare()
    parser.receive_data(PATIENT_ID)
    parser.receive_eof()
    kinds = [type(parser.next_event()) for _ in range(4)]
    assert kinds == [FileStart, FileMetaEnd, Element, FileEnd]
    with pytest.raises(EOFError):
        parser.next_event()


def test_events_gives_the_rest_of_what_next_event_began() -> None:
    parser = bare()
    parser.receive_data(PATIENT_ID)
    parser.receive_eof()
    assert isinstance(parser.next_event(), FileStart)
    assert [type(event) for event in parser.events()] == [FileMetaEnd, Element, FileEnd]
    assert parser.events() == []


def test_next_event_says_what_is_needed() -> None:
    parser = bare()
    parser.receive_data(PATIENT_ID[:9])
    assert [type(parser.next_event()) for _ in range(2)] == [FileStart, FileMetaEnd]
    for _ in range(2):
        assert parser.next_event() == Need(9, 3)
    parser.receive_data(PATIENT_ID[9:])
    assert isinstance(parser.next_event(), Element)
    assert parser.next_event() == Need(12, 8)


def test_next_event_raises_the_fault_again_and_again() -> None:
    parser = bare()
    parser.receive_data(made.header(made.ITEM, "", 8))
    assert [type(parser.next_event()) for _ in range(2)] == [FileStart, FileMetaEnd]
    for _ in range(2):
        with pytest.raises(ParseError):
            parser.next_event()
    assert not parser.finished


def test_next_event_behind_a_stop() -> None:
    parser = bare(plan=Plan(stop=frozenset({0x00100020})))
    parser.receive_data(PATIENT_ID)
    assert [type(parser.next_event()) for _ in range(2)] == [FileStart, FileMetaEnd]
    with pytest.raises(EOFError):
        parser.next_event()


def test_what_comes_behind_a_stop_is_trailing_data() -> None:
    parser = bare(plan=Plan(stop=frozenset({0x00100020})))
    parser.receive_data(STUDY_DATE + PATIENT_ID[:5])
    names(parser)
    assert parser.trailing_data == (PATIENT_ID[:5], False)
    parser.receive_data(PATIENT_ID[5:])
    names(parser)
    parser.receive_data(b"more")
    parser.receive_eof()
    assert parser.trailing_data == (PATIENT_ID + b"more", True)
    assert parser.offset == len(STUDY_DATE)
    assert parser.need is None


def test_trailing_data_of_a_deflated_data_set_does_not_end_before_its_source() -> None:
    parser = Parser(transfer_syntax=made.DEFLATED_LE)
    parser.receive_data(bytes.fromhex("0300") + bytes(6))  # RFC 1951: nothing, deflated
    names(parser)
    assert parser.trailing_data == (b"", False)
    parser.receive_eof()
    assert parser.trailing_data == (b"", True)


def test_anything_that_holds_bytes_will_do() -> None:
    for data in (bytearray(PATIENT_ID), memoryview(PATIENT_ID), memoryview(bytearray(PATIENT_ID))):
        parser = bare()
        parser.receive_data(data)
        parser.receive_eof()
        assert names(parser)[2:] == ["Element", "FileEnd"]


def test_what_was_received_may_change_afterwards() -> None:
    data = bytearray(PATIENT_ID)
    parser = bare(plan=Plan(collect_up_to=2))
    parser.receive_data(data)
    data[:] = bytes(len(data))
    parser.receive_eof()
    assert [bytes(event.data) for event in parser.events() if isinstance(event, ValueChunk)] == [b"1234"]


def test_what_a_parser_knows_of_what_it_read() -> None:
    parser = Parser(plan=Plan(skip_above=4))
    assert parser.encoding is None
    parser.receive_data(made.part10(PATIENT_ID + made.element(0x00101040, "LO", "Nowhere") + STUDY_DATE))
    parser.receive_eof()
    budget = parser.budget
    left = budget.left
    names(parser)
    assert parser.encoding == Encoding(implicit_vr=False, little_endian=True)
    assert (parser.deferred, parser.disordered, parser.stopped, parser.stopped_at_fragments) == (
        True,
        True,
        False,
        False,
    )
    assert parser.budget is budget
    assert left - budget.left == 9  # six of them are file meta information


def test_batches_are_bounded() -> None:
    parser = bare()
    parser.receive_data(made.element(0x00100020, "LO") * 40_000)
    sizes = [len(batch) for batch in iter(parser.batch, [])]
    assert sum(sizes) == 2 + 40_000
    assert max(sizes) < 20_000


def test_need_says_where_and_how_much() -> None:
    parser = bare()
    parser.receive_data(PATIENT_ID[:10])
    names(parser)
    assert parser.need == Need(10, 2)


def test_a_value_passed_over_is_jumped() -> None:
    data = made.element(0x00100020, "UN", bytes(1000)) + made.element(0x00100030, "DA", b"20240102")
    parser = bare(plan=Plan(skip_above=100))
    parser.receive_data(data[:20])
    events = parser.events()
    assert isinstance(events[-1], DeferredElement)
    assert (events[-1].value_offset, events[-1].length) == (12, 1000)
    parser.events()
    assert parser.need == Need(1012, 8)
    parser.receive_data(data[1012:], at=1012)
    parser.receive_eof()
    (element, end) = parser.events()
    assert isinstance(element, Element)
    assert element.value == b"20240102"
    assert isinstance(end, FileEnd)


def test_a_push_user_may_feed_what_is_passed_over() -> None:
    data = made.element(0x00100020, "UN", bytes(1000)) + made.element(0x00100030, "DA", b"20240102")
    parser = bare(plan=Plan(skip_above=100))
    for at in range(0, len(data), 7):
        parser.receive_data(data[at : at + 7])
    parser.receive_eof()
    assert names(parser) == ["FileStart", "FileMetaEnd", "DeferredElement", "Element", "FileEnd"]


def test_an_end_inside_a_value_passed_over_is_a_truncation() -> None:
    parser = bare(plan=Plan(skip_above=100))
    parser.receive_data(made.element(0x00100020, "UN", bytes(1000))[:20])
    names(parser)
    parser.receive_eof(at=500)
    with pytest.raises(TruncatedError) as caught:
        parser.events()
    assert (caught.value.tag, caught.value.offset, caught.value.wanted, caught.value.got) == (0x00100020, 12, 1000, 488)


def test_data_may_start_before_what_is_needed_but_not_behind() -> None:
    parser = bare()
    parser.receive_data(PATIENT_ID[:6])
    parser.receive_data(PATIENT_ID[2:], at=2)
    with pytest.raises(ValueError, match="12 on are needed, these start at 13"):
        parser.receive_data(b"x", at=13)
    parser.receive_data(PATIENT_ID[:3], at=0)  # nothing new in it
    parser.receive_eof()
    assert names(parser)[2:] == ["Element", "FileEnd"]


def test_no_data_behind_the_end() -> None:
    parser = bare()
    parser.receive_eof()
    with pytest.raises(RuntimeError):
        parser.receive_data(b"x")


def test_events_come_before_the_fault_which_stays() -> None:
    parser = bare()
    parser.receive_data(PATIENT_ID + b"\xfe\xff\x00\xe0\x08\0\0\0")
    assert [type(event) for event in parser.events()] == [FileStart, FileMetaEnd, Element]
    for _ in range(2):
        with pytest.raises(ParseError) as caught:
            parser.events()
        assert caught.value.offset == 12
    assert parser.need is None


def test_length_ends_a_data_set() -> None:
    parser = bare(length=len(PATIENT_ID))
    parser.receive_data(PATIENT_ID + b"not DICOM any more")
    assert names(parser) == ["FileStart", "FileMetaEnd", "Element", "FileEnd"]


def test_length_may_end_a_data_set_inside_a_value() -> None:
    for plan in (Plan(), Plan(skip_above=2)):
        parser = bare(length=11, plan=plan)
        parser.receive_data(PATIENT_ID + STUDY_DATE)
        parser.events()
        with pytest.raises(TruncatedError) as caught:
            parser.events()
        assert (caught.value.offset, caught.value.wanted, caught.value.got) == (8, 4, 3)


def test_length_may_end_a_data_set_in_front_of_what_is_received() -> None:
    parser = bare(length=11, plan=Plan(skip_above=2))
    parser.receive_data(PATIENT_ID[:8])
    names(parser)
    assert parser.need == Need(12, 8)
    parser.receive_data(STUDY_DATE, at=12)
    with pytest.raises(TruncatedError, match="wanted 4, got 3"):
        parser.events()


def test_stop_is_asked_before_the_value_and_leaves_the_rest() -> None:
    asked: list[tuple[int, str | None, int]] = []

    def stop(tag: int, vr: str | None, length: int) -> bool:
        asked.append((tag, vr, length))
        return tag >= 0x00100000

    parser = bare(plan=Plan(stop=stop))
    parser.receive_data(STUDY_DATE + PATIENT_ID[:8])
    assert names(parser)[-1] == "Element"
    assert parser.stopped
    assert parser.finished
    assert asked == [(0x00080020, "DA", 8), (0x00100020, "LO", 4)]
    assert parser.trailing_data == (PATIENT_ID[:8], False)


def test_what_stop_raises_passes_unchanged() -> None:
    def stop(tag: int, vr: str | None, length: int) -> bool:
        raise LookupError("mine")

    parser = bare(plan=Plan(stop=stop))
    parser.receive_data(PATIENT_ID)
    parser.events()
    with pytest.raises(LookupError, match="mine"):
        parser.events()


def test_a_long_value_comes_in_views_of_what_was_received() -> None:
    parser = bare(plan=Plan(collect_up_to=16))
    value = bytes(range(64))
    data = made.element(0x00100020, "UN", value)
    parser.receive_data(data[:40])
    parser.receive_data(data[40:])
    parser.receive_eof()
    chunks = [event.data for event in parser.events() if isinstance(event, ValueChunk)]
    assert all(isinstance(chunk, memoryview) for chunk in chunks)
    assert b"".join(chunks) == value


def test_sequences_stay_raw_where_the_plan_says_so() -> None:
    data = made.sequence(0x00081140, [made.item(PATIENT_ID)])
    expanded, raw = bare(), bare(plan=Plan(expand=Expand.NONE, collect_up_to=None))
    for parser in (expanded, raw):
        parser.receive_data(data)
        parser.receive_eof()
    assert any(isinstance(event, SequenceStart) for event in expanded.events())
    (element,) = [event for event in raw.events() if isinstance(event, Element)]
    assert (element.VR, element.value) == ("SQ", made.item(PATIENT_ID))


@pytest.mark.parametrize(
    ("limits", "data", "limit"),
    [
        (ParserLimits(elements=1), STUDY_DATE + PATIENT_ID, "elements"),
        (ParserLimits(header_bytes=20), STUDY_DATE + PATIENT_ID, "header_bytes"),
        (
            ParserLimits(depth=1),
            made.sequence(0x00081140, [made.item(made.sequence(0x00081150, [made.item(PATIENT_ID)]))]),
            "depth",
        ),
        (ParserLimits(collected_value=70_000), made.element(0x00091010, "UN", bytes(70_002)), "collected_value"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_limits(limits: ParserLimits, data: bytes, limit: str) -> None:
    parser = bare(limits=limits, plan=Plan(collect_up_to=None))
    parser.receive_data(data)
    parser.receive_eof()
    with pytest.raises(LimitError) as caught:
        names(parser)
    assert caught.value.limit == limit


@pytest.mark.parametrize("data", [b"", b"DICM", b"<html>" + bytes(200)])
def test_what_is_no_dicom(data: bytes) -> None:
    parser = Parser()
    parser.receive_data(data)
    parser.receive_eof()
    with pytest.raises(InvalidDicomError):
        parser.events()


def test_undefined_length_is_told() -> None:
    parser = bare()
    parser.receive_data(bytes.fromhex("08004011 5351 0000 ffffffff feffdde0 00000000"))
    parser.receive_eof()
    start, end = parser.events()[2:4]
    assert isinstance(start, SequenceStart)
    assert start.length == UNDEFINED_LENGTH
    assert type(end).__name__ == "SequenceEnd"


@pytest.mark.parametrize("piece", [1, 17, 1000])
def test_an_odd_header_waits_for_no_more_than_its_item_has(piece: int) -> None:
    # As implicit VR its value would have 21,536 bytes, but the item has 32.
    odd = STUDY_DATE + bytes.fromhex("40003073 2054 0000") + bytes(32)
    data = made.sequence(0x00081140, [made.item(odd)]) + made.element(0x00100020, "LO", b"1 ")
    parser = bare()

    def feed() -> None:
        for at in range(0, len(data), piece):
            parser.receive_data(data[at : at + piece])
            names(parser)

    with pytest.raises(ParseError, match="no other reading") as caught:
        feed()
    assert caught.value.path == ((0x00081140, 0),)
