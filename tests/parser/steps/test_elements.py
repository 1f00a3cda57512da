"""Data elements that are not plain: odd headers, what the plan says about them, undefined length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adicom.errors import DicomWarning, TruncatedError
from adicom.parser import Encoding, Event, Expand, Parser, ParserLimits, Plan
from tests import made
from tests.parser.pushing import fault, push, told

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = made.element(0x00100010, "PN", "Doe^Jane")
ID = made.element(0x00100020, "LO", "4711")
SEX = made.element(0x00100040, "CS", "O")
RAW = Plan(expand=Expand.NONE, collect_up_to=None)


# -- headers


def encodings(data: bytes) -> list[Encoding]:
    return [event.encoding for event in push(data).events[2:-1]]


def test_reserved_bytes_are_kept() -> None:
    data = NAME + b"\x09\0\x10\x10UN\1\2\2\0\0\0ab" + made.element(0x00100020, "LO", "1")
    assert told(b"\x09\0\x10\x10UN\1\2\2\0\0\0ab") == [("Element", 0, 0x00091010, "UN", 2, b"ab"), ("FileEnd", 14, 0)]
    assert [encoding.reserved for encoding in encodings(data)] == [b"\0\0", b"\1\2", b"\0\0"]
    assert [encoding.vr_code for encoding in encodings(data)] == [None, None, None]


def test_an_unknown_vr_is_un_with_a_long_length() -> None:
    """PS3.5 7.1.2: every VR but those that are listed with 16 bits has a 32-bit length."""
    data = b"\x09\0\x10\x10XX\0\0\2\0\0\0ab"
    with pytest.warns(DicomWarning, match="a VR that PS3.5 does not know, .* at byte 0"):
        assert told(data) == [("Element", 0, 0x00091010, "UN", 2, b"ab"), ("FileEnd", 14, 0)]
    with pytest.warns(DicomWarning):
        assert encodings(data) == [Encoding(False, True, vr_code=b"XX")]


def test_an_odd_vr_in_a_header_of_each_kind() -> None:
    cases = {
        b"\x09\0\x10\x10??\2\0ab": (Encoding(False, True, vr_code=b"??", reserved=b""), "UN"),
        b"\x09\0\x10\x10??\0\0\2\0\0\0ab": (Encoding(False, True, vr_code=b"??"), "UN"),
        b"\x10\0\x10\0\2\0\0\0ab": (Encoding(True, True), "PN"),
    }
    for odd, (encoding, vr) in cases.items():
        data = made.element(0x00080005, "CS", "ISO_IR 6") + odd + ID
        with pytest.warns(DicomWarning, match="a header whose VR is no VR, at byte 16"):
            first, event, last = told(data)[:-1]
        assert event[3:] == (vr, 2, b"ab")
        assert event[1] == 16
        assert (first[2], last[2]) == (0x00080005, 0x00100020)
        with pytest.warns(DicomWarning):
            assert encodings(data)[1] == encoding


def test_an_odd_vr_that_makes_no_sense() -> None:
    data = NAME + b"\x10\0\x20\0\xff\xff\xff\xff" + b"\xff" * 100
    error = fault(data)
    assert str(error).startswith("the VR is no VR, and no other reading of the header fits what follows, at byte 16")
    assert error.tag == 0x00100020


def test_an_odd_vr_whose_value_is_cut() -> None:
    error = fault(made.element(0x00080005, "CS", "ISO_IR 6") + b"\x10\0\x20\0??\4\0ab")
    assert str(error).startswith("the VR is no VR")
    error = fault(made.element(0x00080005, "CS", "ISO_IR 6") + b"\x10\0\x20\0??")
    assert isinstance(error, TruncatedError)
    assert (error.offset, error.wanted, error.got) == (16, 8, 6)


def test_an_odd_vr_in_an_item() -> None:
    odd = b"\x10\0\x20\0??\2\0ab"
    for item in (made.item(NAME + odd), made.item(NAME + odd, undefined=True)):
        data = made.sequence(0x00081140, [item])
        with pytest.warns(DicomWarning, match="a header whose VR is no VR, at byte 36"):
            assert told(data)[3] == ("Element", 36, 0x00100020, "UN", 2, b"ab")


@pytest.mark.parametrize("size", range(8, 12))
def test_a_long_header_that_is_cut(size: int) -> None:
    data = NAME + made.element(0x00420011, "OB", b"ab")[:size]
    error = fault(data)
    assert isinstance(error, TruncatedError)
    assert (error.offset, error.wanted, error.got) == (16, 12, size)


@pytest.mark.parametrize("size", range(8, 12))
def test_a_long_header_that_its_item_is_too_short_for(size: int) -> None:
    data = made.sequence(0x00081140, [made.item(made.element(0x00420011, "OB", b"ab")[:size])]) + bytes(20)
    error = fault(data)
    assert not isinstance(error, TruncatedError)
    assert str(error) == f"{size} bytes are left, the header takes 12, at byte 20, in (0008,1140)[0] > (0042,0011)"


@pytest.mark.parametrize("size", range(1, 8))
def test_a_header_that_its_item_is_too_short_for(size: int) -> None:
    error = fault(made.sequence(0x00081140, [made.item(NAME + NAME[:size])]) + bytes(20))
    assert str(error) == f"{size} bytes are left, a data element header takes 8, at byte 36, in (0008,1140)[0]"


def test_a_value_that_overruns_its_item() -> None:
    data = made.sequence(0x00081140, [made.item(made.element(0x00100020, "LO", b"ab", length=4))]) + NAME
    error = fault(data)
    assert str(error) == (
        "a value of 4 bytes overruns its item, which ends at byte 30, at byte 20, in (0008,1140)[0] > (0010,0020)"
    )


@pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
@pytest.mark.parametrize("plan", [Plan(), RAW], ids=["events", "raw"])
def test_a_command_set_begins_with_the_tag_zero(plan: Plan, form: made.Form) -> None:
    """PS3.7 E.1: Command Group Length (0000,0000)."""
    data = made.element(0, "UL", made.numbers("L", 10, form=form), form)
    data += made.element(0x00000100, "US", made.numbers("H", 48, form=form), form)
    assert [event[:3] for event in told(data, syntax=form.syntax, plan=plan)] == [
        ("Element", 0, 0),
        ("Element", 12, 0x00000100),
        ("FileEnd", 22, 0),
    ]


# -- order


def test_order_is_kept_as_it_is() -> None:
    parser = Parser(transfer_syntax=made.EXPLICIT_LE)
    parser.receive_data(ID + NAME + NAME)
    parser.receive_eof()
    events = parser.events()
    assert [event.offset for event in events[2:]] == [0, 12, 28, 44]
    assert parser.disordered


def test_order_in_an_item_counts_as_well() -> None:
    for plan, expected in ((Plan(), True), (RAW, False)):
        parser = Parser(transfer_syntax=made.EXPLICIT_LE, plan=plan)
        parser.receive_data(made.sequence(0x00081140, [made.item(ID + NAME)]) + SEX)
        parser.receive_eof()
        while parser.events():
            pass
        assert parser.disordered is expected


# -- the plan


def stops(data: bytes, plan: Plan) -> tuple[list[int], bool]:
    """Return the tags that were delivered, and whether the plan stopped the parse."""
    whole, cut = (_stops(data, piece, plan) for piece in (len(data), 5))
    assert cut == whole
    return whole


def _stops(data: bytes, piece: int, plan: Plan) -> tuple[list[int], bool]:
    parser = Parser(transfer_syntax=made.EXPLICIT_LE, plan=plan)
    events: list[Event] = []
    for at in range(0, len(data), piece):
        parser.receive_data(data[at : at + piece])
        while more := parser.events():
            events += more
    parser.receive_eof()
    while more := parser.events():
        events += more
    return [event.tag for event in events if hasattr(event, "tag")], parser.stopped


@pytest.mark.parametrize("expand", Expand)
def test_stop_at_a_tag(expand: Expand) -> None:
    plan = Plan(stop=frozenset({0x00100020, 0x00100030}), expand=expand)
    assert stops(NAME + ID + SEX, plan) == ([0x00100010], True)
    assert stops(NAME + SEX, plan) == ([0x00100010, 0x00100040], False)
    assert stops(SEX + NAME + ID, plan) == ([0x00100040, 0x00100010], True)


def test_stop_is_about_the_top_level_only() -> None:
    data = made.sequence(0x00081140, [made.item(NAME + ID)])
    for plan in (Plan(stop=frozenset({0x00100020})), Plan(stop=lambda tag, _vr, _length: tag == 0x00100020)):
        assert stops(data + ID, plan) == ([0x00081140, 0x00100010, 0x00100020, 0x00081140], True)


def test_nothing_is_read_behind_the_stop() -> None:
    assert stops(NAME + ID[:8] + b"\xff", Plan(stop=frozenset({0x00100020}))) == ([0x00100010], True)


@pytest.mark.parametrize("expand", Expand)
def test_wanted(expand: Expand) -> None:
    plan = Plan(wanted=frozenset({0x00100010, 0x00100040}), expand=expand)
    assert stops(NAME + ID + SEX, plan) == ([0x00100010, 0x00100040], False)


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("expand", Expand)
def test_sequences_that_are_not_wanted(expand: Expand, undefined: bool) -> None:
    plan = Plan(wanted=frozenset({0x00100020}), expand=expand)
    inner = made.sequence(0x0040A730, [made.item(ID, undefined=undefined)], undefined=undefined)
    items = [made.item(NAME + inner + made.element(0x00420011, "OB", bytes(70_000)), undefined=undefined)]
    data = made.sequence(0x00081140, items, undefined=undefined) + ID
    assert stops(data, plan) == ([0x00100020], False)


@pytest.mark.parametrize("expand", Expand)
def test_encapsulated_pixel_data_that_is_not_wanted(expand: Expand) -> None:
    plan = Plan(wanted=frozenset({0x7FE10010, 0x00100010}), expand=expand)
    data = NAME + made.encapsulated([b"abcd"] * 3) + made.element(0x7FE10010, "LO", "x")
    assert stops(data, plan) == ([0x00100010, 0x7FE10010], False)


def test_pixel_data_in_a_sequence_that_is_not_wanted() -> None:
    plan = Plan(wanted=frozenset({0x00100010}))
    item = made.item(made.encapsulated([b"abcd"]) + made.element(0x7FE10010, "LO", "x"), undefined=True)
    data = made.sequence(0x00081140, [item, made.item(ID)], undefined=True) + NAME
    assert stops(data, plan) == ([0x00100010], False)


def test_the_last_that_is_wanted() -> None:
    plan = Plan(wanted=frozenset({0x00100020}), last_wanted=0x00100020)
    assert stops(NAME + ID + SEX, plan) == ([0x00100020], True)
    assert stops(NAME + SEX, plan) == ([], True)
    # Where the order is broken, what is wanted may come later.
    assert stops(ID + NAME + SEX + ID, plan) == ([0x00100020, 0x00100020], False)


@pytest.mark.parametrize("expand", Expand)
def test_values_that_are_deferred(expand: Expand) -> None:
    long = made.element(0x00100030, "LT", "0123456789")
    data = NAME + long + SEX
    assert told(data, plan=Plan(skip_above=8, expand=expand))[:3] == [
        ("Element", 0, 0x00100010, "PN", 8, b"Doe^Jane"),
        ("DeferredElement", 16, 0x00100030, "LT", 10),
        ("Element", 34, 0x00100040, "CS", 2, b"O "),
    ]


def test_what_other_values_are_decoded_with_is_not_deferred() -> None:
    needed = made.element(0x00080005, "CS", "ISO_IR 100") + made.element(0x00090010, "LO", "SOMEBODY")
    descriptor = made.element(0x00283002, "US", made.numbers("H", 256, 0, 16))
    assert [event[0] for event in told(needed + descriptor, plan=Plan(skip_above=2))] == [*["Element"] * 3, "FileEnd"]


def test_tables_that_are_kept_are_not_deferred() -> None:
    table = made.element(0x7FE00001, "OV", bytes(24))
    plan = Plan(skip_above=8, keep=frozenset({0x7FE00001}))
    assert [event[0] for event in told(table, plan=plan)] == ["Element", "FileEnd"]
    assert [event[0] for event in told(table, plan=plan, limits=ParserLimits(elements=3))] == ["Element", "FileEnd"]
    few = ParserLimits(elements=2)  # a table of three entries would be one of what must not be
    assert [event[0] for event in told(table, plan=plan, limits=few)] == ["DeferredElement", "FileEnd"]
    assert [event[0] for event in told(table, plan=Plan(skip_above=8))] == ["DeferredElement", "FileEnd"]


def test_nothing_in_a_deflated_data_set_is_deferred() -> None:
    events = told(made.deflated(NAME), syntax=None, plan=Plan(skip_above=2))
    assert events[-2] == ("Element", 0, 0x00100010, "PN", 8, b"Doe^Jane")


def test_a_deferred_element_of_a_deferred_sequence() -> None:
    data = made.sequence(0x00081140, [made.item(NAME + ID)]) + SEX
    events = told(data, plan=Plan(skip_above=6, expand=Expand.NONE, collect_up_to=None))
    assert [event[0] for event in events] == [
        "SequenceStart",
        "ItemStart",
        "DeferredElement",
        "Element",
        "ItemEnd",
        "SequenceEnd",
        "Element",
        "FileEnd",
    ]


@pytest.mark.parametrize("form", [made.EXPLICIT, made.IMPLICIT])
def test_long_sequences_are_taken_apart(form: made.Form) -> None:
    data = made.sequence(0x00081140, [made.item(b"", form)], form)
    for limit, kind in ((8, "Element"), (7, "SequenceStart")):
        plan = Plan(expand=Expand.NONE, raw_sequence_limit=limit)
        event = told(data, syntax=form.syntax, plan=plan)[0]
        assert (event[0], event[3]) == (kind, "SQ")


# -- undefined length


@pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
def test_undefined_length_is_a_sequence_or_pixel_data(form: made.Form) -> None:
    cases: Iterable[tuple[int, str, str]] = [
        (0x00081140, "SQ", "SequenceStart"),
        (made.PIXEL_DATA, "OB", "PixelDataStart"),
        (made.PIXEL_DATA, "OW", "PixelDataStart"),
    ]
    for tag, vr, kind in cases:
        data = made.sequence(tag, [made.item(b"", form)], form, undefined=True, vr=vr)
        assert told(data, syntax=form.syntax)[0][0] == kind


def test_a_private_one_without_a_vr_is_a_sequence() -> None:
    data = made.sequence(0x00091010, [made.item(b"", made.IMPLICIT)], made.IMPLICIT, undefined=True)
    assert told(data, syntax=made.IMPLICIT_LE)[0] == ("SequenceStart", 0, 0x00091010, "SQ", made.UNDEFINED)


@pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
def test_un_is_implicit_little_endian_inside(form: made.Form) -> None:
    """PS3.5 6.2.2 note: whatever the transfer syntax."""
    name = made.element(0x00100010, "PN", "Doe^Jane", made.IMPLICIT)
    unknown = made.header(0x00091010, "UN", made.UNDEFINED, form)
    unknown += made.item(name, made.IMPLICIT) + made.header(made.SEQUENCE_END, "", 0, made.IMPLICIT)
    data = unknown + made.element(0x00100020, "LO", "4711", form)
    for plan in (Plan(), Plan(expand=Expand.UNDEFINED)):
        found = push(data, syntax=form.syntax, plan=plan)
        assert found.error is None
        inside = found.events[4].encoding
        assert (inside.implicit_vr, inside.little_endian) == (True, True)
        behind = found.events[-2].encoding
        assert (behind.implicit_vr, behind.little_endian) == (form.implicit, not form.big)
    start = 8 if form.implicit else 12
    raw = told(data, syntax=form.syntax, plan=RAW)
    if form.big:  # it needs a closer look, for its delimiters are in the other byte order
        assert raw[0] == ("SequenceStart", 0, 0x00091010, "UN", made.UNDEFINED)
    else:
        assert raw[0] == ("Element", 0, 0x00091010, "UN", made.UNDEFINED, unknown[start:-8])


def test_encapsulated_pixel_data_is_deferred_without_a_walk() -> None:
    data = NAME + made.encapsulated([b"abcd"])
    plan = Plan(skip_above=2**20)
    parser = Parser(transfer_syntax=made.EXPLICIT_LE, plan=plan)
    parser.receive_data(data)
    assert [type(event).__name__ for event in parser.events()[2:]] == ["Element", "DeferredElement"]
    assert (parser.stopped, parser.stopped_at_fragments, parser.deferred) == (True, True, True)


def test_it_is_walked_inside_a_sequence() -> None:
    data = made.sequence(0x00880200, [made.item(made.encapsulated([b"abcd"]))])
    kinds = [event[0] for event in told(data, plan=Plan(skip_above=2**20))]
    assert "PixelDataStart" in kinds
