"""What has undefined length as one value, and encapsulated pixel data fragment by fragment."""

from __future__ import annotations

import pytest

from adicom.errors import DicomWarning, LimitError, TruncatedError
from adicom.parser import Element, Expand, Need, Parser, ParserLimits, Plan
from adicom.parser.kinds import IMPLICIT, LITTLE
from tests import made
from tests.parser.pushing import fault, push, told

RAW = Plan(expand=Expand.NONE, collect_up_to=None)
SEQUENCE = 0x00081140
NAME = made.element(0x00100010, "PN", "Doe^Jane")
ID = made.element(0x00100020, "LO", "4711")
UNDEFINED = made.UNDEFINED


def name(form: made.Form) -> bytes:
    return made.element(0x00100010, "PN", "Doe^Jane", form)


# -- sequences that stay raw


@pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
def test_a_sequence_is_one_value(form: made.Form) -> None:
    inner = made.sequence(0x0040A730, [made.item(name(form), form, undefined=True)], form, undefined=True)
    items = made.item(inner, form, undefined=True) + made.item(name(form), form)
    data = made.sequence(SEQUENCE, [items], form, undefined=True) + made.element(0x00100020, "LO", "4711", form)
    size = 8 if form.implicit else 12
    assert told(data, syntax=form.syntax, plan=RAW) == [
        ("Element", 0, SEQUENCE, "SQ", UNDEFINED, items),
        ("Element", size + len(items) + 8, 0x00100020, "LO", 4, b"4711"),
        ("FileEnd", size + len(items) + 20, 0),
    ]


def test_pixel_data_is_one_value() -> None:
    fragments = made.item(bytes(4)) + made.item(b"abcd")
    assert told(made.encapsulated([b"abcd"], bytes(4)), plan=RAW)[0] == (
        "Element",
        0,
        made.PIXEL_DATA,
        "OB",
        UNDEFINED,
        fragments,
    )


def test_a_raw_sequence_in_pieces_that_wait() -> None:
    data = made.sequence(SEQUENCE, [made.item(NAME * 4, undefined=True)] * 3, undefined=True)
    parser = Parser(transfer_syntax=made.EXPLICIT_LE, plan=RAW)
    parser.receive_data(data[:20])
    assert len(parser.events()) == 2
    for at in range(20, len(data), 7):
        parser.receive_data(data[at : at + 7])
    (element,) = parser.events()
    assert isinstance(element, Element)
    assert element.value == data[12:-8]


def test_what_a_raw_sequence_waits_for() -> None:
    parser = Parser(transfer_syntax=made.EXPLICIT_LE, plan=RAW)
    parser.receive_data(made.header(SEQUENCE, "SQ", UNDEFINED))
    parser.events()
    assert parser.need == Need(12, 8)
    parser.receive_data(made.header(made.ITEM, "", 1000))
    assert parser.events() == []
    assert parser.need == Need(20, 1008)  # the item, and the header behind it


@pytest.mark.parametrize("size", [12, 15, 20, 30, 44, 51])
def test_a_raw_sequence_that_is_cut(size: int) -> None:
    data = made.sequence(SEQUENCE, [made.item(NAME, undefined=True)], undefined=True)
    assert len(data) == 52
    found = push(data[:size], plan=RAW)
    error = found.error
    assert isinstance(error, TruncatedError)
    assert (error.tag, error.offset, error.got) == (SEQUENCE, 12, size - 12)
    assert error.wanted > error.got


def test_a_raw_sequence_whose_item_is_cut() -> None:
    error = fault(made.header(SEQUENCE, "SQ", UNDEFINED) + made.header(made.ITEM, "", 1000) + NAME, plan=RAW)
    assert isinstance(error, TruncatedError)
    assert (error.offset, error.wanted, error.got) == (12, 1016, 24)


# -- and those that do not


def test_a_long_sequence_is_taken_apart() -> None:
    data = made.sequence(SEQUENCE, [made.item(NAME), made.item(ID)], undefined=True) + ID
    apart = told(data, plan=Plan(expand=Expand.ALL))
    assert told(data, plan=Plan(expand=Expand.NONE, raw_sequence_limit=43)) == apart
    assert told(data, plan=Plan(expand=Expand.NONE, skip_above=43))[0] == apart[0]
    assert [event[0] for event in told(data, plan=Plan(expand=Expand.NONE, raw_sequence_limit=44))] == [
        "Element",
        "Element",
        "FileEnd",
    ]


def test_in_a_deflated_data_set_nothing_is_deferred() -> None:
    data = made.deflated(made.sequence(SEQUENCE, [made.item(NAME)], undefined=True))
    plan = Plan(expand=Expand.NONE, collect_up_to=None, skip_above=8)
    assert told(data, syntax=None, plan=plan)[-2][:3] == ("Element", 0, SEQUENCE)


def test_a_sequence_that_needs_a_closer_look_is_taken_apart() -> None:
    odd = made.item(made.element(0x00100010, "PN", "Doe^Jane", made.IMPLICIT), undefined=True)
    data = made.sequence(SEQUENCE, [made.item(NAME), odd], undefined=True) + ID
    with pytest.warns(DicomWarning, match="an item in implicit VR inside explicit VR, at byte 36"):
        raw = told(data, plan=RAW)
    with pytest.warns(DicomWarning):
        assert raw == told(data)


def test_what_is_wrong_inside_is_found() -> None:
    data = made.sequence(SEQUENCE, [made.item(ID, undefined=True), NAME], undefined=True)
    for plan in (RAW, Plan()):
        assert str(fault(data, plan=plan)) == (
            "an item or the end of the sequence was wanted, at byte 40, in (0008,1140)"
        )


def test_only_what_needs_it_is_taken_apart() -> None:
    """A sequence beside the odd one, at the same level, stays raw."""
    odd = made.item(made.element(0x00100010, "PN", "Doe^Jane", made.IMPLICIT), undefined=True)
    around = made.sequence(0x0040A043, [made.item(ID)], undefined=True)
    inner = made.sequence(0x0040A730, [odd], undefined=True)
    data = made.sequence(SEQUENCE, [made.item(around + inner, undefined=True)], undefined=True)
    with pytest.warns(DicomWarning, match="an item in implicit VR inside explicit VR"):
        found = push(data, plan=RAW)
    assert [(event[0], *event[2:3]) for event in found.short[2:-1]] == [
        ("SequenceStart", SEQUENCE),
        ("ItemStart", 0),
        ("Element", 0x0040A043),
        ("SequenceStart", 0x0040A730),
        ("ItemStart", 0),
        ("Element", 0x00100010),
        ("ItemEnd", 0),
        ("SequenceEnd", 0x0040A730),
        ("ItemEnd", 0),
        ("SequenceEnd", SEQUENCE),
    ]


def test_depth_in_a_raw_sequence() -> None:
    for depth, error in ((3, None), (2, LimitError), (1, LimitError)):
        data = made.nested(0x0040A730, 3, undefined=True)
        found = push(data, plan=RAW, limits=ParserLimits(depth=depth))
        if error is None:
            assert found.error is None
        else:
            assert isinstance(found.error, LimitError)
            assert found.error.limit == "depth"


@pytest.mark.parametrize("expand", [Expand.NONE, Expand.UNDEFINED])
def test_pixel_data_that_is_too_long_to_be_kept(expand: Expand) -> None:
    data = made.encapsulated([bytes(100)])
    plan = Plan(expand=expand, collect_up_to=None)
    # The delimiter starts behind the 8 bytes of an empty table and the 108 of a fragment.
    assert told(data, plan=plan, limits=ParserLimits(collected_value=116))[0][0] == "Element"
    error = fault(data, plan=plan, limits=ParserLimits(collected_value=115))
    assert isinstance(error, LimitError)
    assert (error.limit, error.tag, error.offset) == ("collected_value", made.PIXEL_DATA, 12)


@pytest.mark.parametrize(
    "wrong",
    [NAME, made.header(made.ITEM_END, "", 0), b"\xfd\xff\x00\xe0" + bytes(4), b"\xfd\xff\xdd\xe0" + bytes(4)],
    ids=["an element", "an item delimiter", "another group", "the delimiter of another group"],
)
def test_pixel_data_that_is_none(wrong: bytes) -> None:
    data = made.header(made.PIXEL_DATA, "OB", UNDEFINED) + made.item() + wrong + bytes(20)
    for plan in (RAW, Plan()):
        assert str(fault(data, plan=plan)) == (
            "a fragment or the end of the pixel data was wanted, at byte 20, in (7FE0,0010)"
        )


# -- fragment by fragment


def icon(pixels: bytes, size: int | None = None) -> bytes:
    """Return pixel data in an item of a sequence, which has a defined length."""
    content = pixels if size is None else pixels[:size]
    return made.sequence(0x00880200, [made.item(content)])


def test_pixel_data_in_an_item() -> None:
    data = icon(made.encapsulated([b"ab"]) + made.element(0x7FE10010, "LO", "x"))
    assert [event[:2] for event in told(data)][2:-4] == [
        ("PixelDataStart", 20),
        ("FragmentStart", 32),
        ("FragmentEnd", 40),
        ("FragmentStart", 40),
        ("ValueChunk", 48),
        ("FragmentEnd", 50),
        ("PixelDataEnd", 50),
    ]


def test_pixel_data_without_a_delimiter_in_an_item() -> None:
    data = icon(made.encapsulated([b"ab"], end=False)) + bytes(20)
    assert str(fault(data)) == "0 bytes are left, a fragment takes 8, at byte 50, in (0088,0200)[0] > (7FE0,0010)"


def test_a_fragment_that_overruns_its_item() -> None:
    data = icon(made.encapsulated([b"ab"], end=False), 29) + bytes(20)
    message = "a fragment of undefined length, or one that overruns its item"
    assert str(fault(data)) == f"{message}, at byte 40, in (0088,0200)[0] > (7FE0,0010)"
    data = made.header(made.PIXEL_DATA, "OB", UNDEFINED) + made.header(made.ITEM, "", UNDEFINED) + bytes(20)
    assert str(fault(data)) == f"{message}, at byte 12, in (7FE0,0010)"


def test_a_delimiter_with_a_length() -> None:
    data = (
        made.encapsulated([], end=False) + made.header(made.SEQUENCE_END, "", 4) + made.element(0x7FE10010, "LO", "x")
    )
    with pytest.warns(DicomWarning, match="a sequence delimiter with a length, at byte 28"):
        assert told(data)[3:5] == [
            ("PixelDataEnd", 20, made.PIXEL_DATA, 4),
            ("Element", 28, 0x7FE10010, "LO", 2, b"x "),
        ]


@pytest.mark.parametrize("size", range(12, 30))
def test_fragments_that_are_cut(size: int) -> None:
    data = made.encapsulated([b"ab"])
    error = fault(data[:size])
    assert isinstance(error, TruncatedError)
    assert error.tag == made.PIXEL_DATA
    start, wanted = (12, 8) if size < 20 else (20, 8) if size < 28 else (28, 2)
    assert (error.offset, error.wanted, error.got) == (start, wanted, size - start)


# -- in the middle


@pytest.mark.parametrize("form", [made.EXPLICIT, made.BIG, made.IMPLICIT])
def test_a_parser_may_begin_at_the_fragments(form: made.Form) -> None:
    number = (0 if form.big else LITTLE) | (IMPLICIT if form.implicit else 0)
    parser = Parser.at_fragments(1000, form=number)
    assert parser.need == Need(1000, 8)
    data = made.encapsulated([b"ab"], form=form)
    start = 8 if form.implicit else 12
    parser.receive_data(data[start:] + b"what follows", at=1000)
    assert [(type(event).__name__, event.offset) for event in parser.events()] == [
        ("FragmentStart", 1000),
        ("FragmentEnd", 1008),
        ("FragmentStart", 1008),
        ("ValueChunk", 1016),
        ("FragmentEnd", 1018),
        ("PixelDataEnd", 1018),
    ]
    assert (parser.stopped, parser.finished) == (True, True)
    assert parser.trailing_data == (b"what follows", False)


def test_a_parser_may_pass_the_fragments_over() -> None:
    data = made.encapsulated([bytes(50), b"ab"]) + made.element(0x7FE10010, "LO", "x")
    parser = Parser.at_fragments(1000, form=LITTLE, go_on=True)
    parser.receive_data(data[12:40], at=1000)
    assert parser.events() == []
    assert parser.need == Need(1000 + 8 + 8 + 50, 8)
    parser.receive_data(data[12 + 66 :], at=1066)
    parser.receive_eof()
    assert [(type(event).__name__, event.offset) for event in parser.events()] == [
        ("Element", 1084),
        ("FileEnd", 1094),
    ]


def test_fragments_in_the_middle_that_are_cut() -> None:
    parser = Parser.at_fragments(1000, form=LITTLE, go_on=True)
    parser.receive_data(made.header(made.ITEM, "", 50), at=1000)
    assert parser.events() == []
    parser.receive_eof(1020)
    with pytest.raises(TruncatedError) as caught:
        parser.events()
    error = caught.value
    assert (error.tag, error.offset, error.wanted, error.got) == (made.PIXEL_DATA, 1008, 50, 12)
