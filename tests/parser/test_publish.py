"""Public events have the offsets, the paths and the encodings that the bytes have."""

from __future__ import annotations

import pytest

from adicom.parser import DeferredElement, Encoding, Event, Expand, ItemStart, Parser, Plan
from adicom.parser.kinds import LITTLE, Kind
from adicom.parser.publish import Publisher
from tests import made
from tests.parser.pushing import push, told

CODE = made.element(0x00080100, "SH", "11")


def paths(events: list[Event]) -> list[tuple[str, tuple[tuple[int, int], ...]]]:
    return [(type(event).__name__, event.path) for event in events]


def test_paths() -> None:
    inner = made.sequence(0x0040A730, [made.item(), made.item(CODE, undefined=True)], undefined=True)
    events = push(made.sequence(0x00081140, [made.item(inner)]) + made.element(0x00100020, "LO", "1")).events
    item = ((0x00081140, 0),)
    assert paths(events) == [
        ("FileStart", ()),
        ("FileMetaEnd", ()),
        ("SequenceStart", ()),
        ("ItemStart", item),
        ("SequenceStart", item),
        ("ItemStart", (*item, (0x0040A730, 0))),
        ("ItemEnd", (*item, (0x0040A730, 0))),
        ("ItemStart", (*item, (0x0040A730, 1))),
        ("Element", (*item, (0x0040A730, 1))),
        ("ItemEnd", (*item, (0x0040A730, 1))),
        ("SequenceEnd", item),
        ("ItemEnd", item),
        ("SequenceEnd", ()),
        ("Element", ()),
        ("FileEnd", ()),
    ]


@pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
def test_offsets_of_headers(form: made.Form) -> None:
    data = made.element(0x00080005, "CS", "ISO_IR 6", form) + made.element(0x00091010, "UN", b"ab", form)
    data += made.element(0x00100020, "LO", "1", form)
    third = 16 + (10 if form.implicit else 14)
    assert told(data, syntax=form.syntax) == [
        ("Element", 0, 0x00080005, "CS", 8, b"ISO_IR 6"),
        ("Element", 16, 0x00091010, "UN", 2, b"ab"),
        ("Element", third, 0x00100020, "LO", 2, b"1 "),
        ("FileEnd", third + 10, 0),
    ]
    encoding = Encoding(form.implicit, not form.big)
    assert all(event.encoding == encoding for event in push(data, syntax=form.syntax).events[2:])


def test_a_vr_that_the_header_has_not() -> None:
    data = made.element(0x00280106, "", b"ab", made.IMPLICIT) + made.element(0x00291010, "", bytes(2), made.IMPLICIT)
    elements = told(data, syntax=made.IMPLICIT_LE)[:-1]
    assert [event[3] for event in elements] == ["US or SS", "UN"]
    chunks = told(data, syntax=made.IMPLICIT_LE, plan=Plan(collect_up_to=0))[:-1]
    assert [event for event in chunks if event[0] == "ValueStart"] == [
        ("ValueStart", 0, 0x00280106, "US or SS", 2),
        ("ValueStart", 10, 0x00291010, "UN", 2),
    ]


def test_values_in_chunks() -> None:
    data = made.sequence(0x00081140, [made.item(made.element(0x00091010, "OB", b"abcd"))])
    events = push(data, plan=Plan(collect_up_to=2)).events[4:-3]
    assert [(type(event).__name__, event.offset, event.path) for event in events] == [
        ("ValueStart", 20, ((0x00081140, 0),)),
        ("ValueChunk", 32, ((0x00081140, 0),)),
        ("ValueEnd", 36, ((0x00081140, 0),)),
    ]


def test_encapsulated_pixel_data() -> None:
    data = made.encapsulated([b"abcd", b""], b"\0\0\0\0")
    assert told(data) == [
        ("PixelDataStart", 0, made.PIXEL_DATA, "OB", made.UNDEFINED),
        ("FragmentStart", 12, 0, 4),
        ("ValueChunk", 20, bytes(4)),
        ("FragmentEnd", 24, 0),
        ("FragmentStart", 24, 1, 4),
        ("ValueChunk", 32, b"abcd"),
        ("FragmentEnd", 36, 1),
        ("FragmentStart", 36, 2, 0),
        ("FragmentEnd", 44, 2),
        ("PixelDataEnd", 44, made.PIXEL_DATA, 0),
        ("FileEnd", 52, 0),
    ]


def test_deferred_values() -> None:
    data = made.element(0x00091010, "OB", b"abcd")
    (event,) = push(data, plan=Plan(skip_above=2)).events[2:-1]
    assert isinstance(event, DeferredElement)
    assert (event.tag, event.VR, event.offset, event.value_offset, event.length) == (0x00091010, "OB", 0, 12, 4)


def test_runs_are_the_elements_in_them() -> None:
    data = CODE + made.element(0x00100020, "LO", "1")
    whole = Parser(plan=Plan(expand=Expand.NONE), transfer_syntax=made.EXPLICIT_LE)
    whole.receive_data(data)
    batch = whole.batch()
    assert [item[0] for item in batch] == [Kind.FILE_START, Kind.META_END, Kind.RUN]
    assert [(event.offset, event.path) for event in Publisher()(batch)[2:]] == [(0, ()), (10, ())]


def test_a_publisher_may_begin_in_the_middle() -> None:
    around = ((0x00081140, 2),)
    publish = Publisher(around)
    start, item = publish(
        [(Kind.SEQUENCE_START, 0x0040A730, "SQ", 8, 112, LITTLE), (Kind.ITEM_START, 0, 0, 112, LITTLE)]
    )
    assert (start.offset, start.path) == (100, around)
    assert isinstance(item, ItemStart)
    assert item.path == (*around, (0x0040A730, 0))
