"""Sequences and their items, as they should be and as they are found."""

from __future__ import annotations

import pytest

from adicom.errors import DicomWarning, TruncatedError
from adicom.parser import Encoding, Expand, Plan
from tests import made
from tests.parser.pushing import Short, fault, push, told

NAME = made.element(0x00100010, "PN", "Doe^Jane")
ID = made.element(0x00100020, "LO", "4711")
SEQUENCE = 0x00081140
ITEM = made.header(made.ITEM, "", made.UNDEFINED)


def kinds(data: bytes, **how: object) -> list[str]:
    return [event[0] for event in told(data, **how)]


@pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
@pytest.mark.parametrize("undefined_item", [False, True])
@pytest.mark.parametrize("undefined", [False, True])
def test_each_form_of_length(form: made.Form, undefined: bool, undefined_item: bool) -> None:
    name = made.element(0x00100010, "PN", "Doe^Jane", form)
    items = [made.item(name, form, undefined=undefined_item), made.item(b"", form, undefined=undefined_item)]
    data = made.sequence(SEQUENCE, items, form, undefined=undefined) + made.element(0x00100020, "LO", "4711", form)
    start = 8 if form.implicit else 12
    size = 48 if undefined_item else 32
    second = start + 24 + (8 if undefined_item else 0)
    end = start + size
    none_or_zero = 0 if undefined_item else None
    behind = end + (8 if undefined else 0)
    assert told(data, syntax=form.syntax) == [
        ("SequenceStart", 0, SEQUENCE, "SQ", made.UNDEFINED if undefined else size),
        ("ItemStart", start, 0, made.UNDEFINED if undefined_item else 16),
        ("Element", start + 8, 0x00100010, "PN", 8, b"Doe^Jane"),
        ("ItemEnd", start + 24, 0, none_or_zero),
        ("ItemStart", second, 1, made.UNDEFINED if undefined_item else 0),
        ("ItemEnd", second + 8, 1, none_or_zero),
        ("SequenceEnd", end, SEQUENCE, 0 if undefined else None),
        ("Element", behind, 0x00100020, "LO", 4, b"4711"),
        ("FileEnd", behind + 12, 0),
    ]


@pytest.mark.parametrize("undefined", [False, True])
def test_a_sequence_without_items(undefined: bool) -> None:
    data = made.sequence(SEQUENCE, undefined=undefined)
    assert kinds(data) == ["SequenceStart", "SequenceEnd", "FileEnd"]


# -- odd delimiters and items


def warned(data: bytes, message: str) -> list[Short]:
    with pytest.warns(DicomWarning, match=message):
        return told(data)


def test_an_item_delimiter_with_a_length() -> None:
    data = made.header(SEQUENCE, "SQ", made.UNDEFINED) + ITEM + made.header(made.ITEM_END, "", 6)
    events = warned(data + made.header(made.SEQUENCE_END, "", 0), "an item delimiter with a length")
    assert events[2] == ("ItemEnd", 20, 0, 6)


def test_a_sequence_delimiter_with_a_length() -> None:
    data = made.header(SEQUENCE, "SQ", made.UNDEFINED) + made.header(made.SEQUENCE_END, "", 6) + NAME
    events = warned(data, "a sequence delimiter with a length")
    assert events[1:3] == [("SequenceEnd", 12, SEQUENCE, 6), ("Element", 20, 0x00100010, "PN", 8, b"Doe^Jane")]


def test_an_item_delimiter_in_an_item_of_defined_length() -> None:
    data = made.sequence(SEQUENCE, [made.item(NAME + made.header(made.ITEM_END, "", 0)), made.item()])
    events = warned(data, "an item delimiter in an item of defined length")
    assert events[3:6] == [("ItemEnd", 36, 0, 0), ("ItemStart", 44, 1, 0), ("ItemEnd", 52, 1, None)]


def test_a_sequence_delimiter_in_a_sequence_of_defined_length() -> None:
    data = made.sequence(SEQUENCE, [made.item(), made.header(made.SEQUENCE_END, "", 0)]) + NAME
    events = warned(data, "a sequence delimiter in a sequence of defined length")
    assert events[3:5] == [("SequenceEnd", 20, SEQUENCE, 0), ("Element", 28, 0x00100010, "PN", 8, b"Doe^Jane")]


@pytest.mark.parametrize("tag", [made.ITEM_END, made.SEQUENCE_END])
def test_a_delimiter_behind_the_last_sequence(tag: int) -> None:
    events = warned(NAME + made.header(tag, "", 0) + ID, "a delimiter behind the last sequence")
    assert [event[:2] for event in events] == [("Element", 0), ("Element", 24), ("FileEnd", 36)]


@pytest.mark.parametrize(
    ("data", "tag"),
    [
        (NAME + made.header(made.ITEM, "", 0), made.ITEM),
        (NAME + made.header(made.ITEM_END, "", 4), made.ITEM_END),
        (NAME + made.header(0xFFFE0001, "", 0), 0xFFFE0001),
        (made.sequence(SEQUENCE, [made.item(made.header(made.ITEM_END, "", 0) + NAME)]), made.ITEM_END),
        (made.header(SEQUENCE, "SQ", made.UNDEFINED) + ITEM + NAME + made.header(made.SEQUENCE_END, "", 0), None),
    ],
    ids=["item", "with a length", "unknown", "in front of the end of an item", "of a sequence in an item"],
)
def test_a_delimiter_where_none_belongs(data: bytes, tag: int | None) -> None:
    error = fault(data)
    assert str(error).startswith("a delimiter where none belongs")
    assert error.tag == (tag or made.SEQUENCE_END)


@pytest.mark.parametrize(
    "wrong", [NAME, made.header(made.ITEM_END, "", 0), made.header(0xFFFE0001, "", 0)], ids=["element", "end", "other"]
)
@pytest.mark.parametrize("undefined", [False, True])
def test_something_else_than_an_item(wrong: bytes, undefined: bool) -> None:
    error = fault(made.sequence(SEQUENCE, [made.item(), wrong], undefined=undefined))
    assert str(error) == "an item or the end of the sequence was wanted, at byte 20, in (0008,1140)"


def test_a_delimiter_before_the_end_of_a_sequence_of_defined_length() -> None:
    error = fault(made.sequence(SEQUENCE, [made.header(made.SEQUENCE_END, "", 0), made.item()]))
    assert str(error) == "an item or the end of the sequence was wanted, at byte 12, in (0008,1140)"


# -- parts that are longer than the whole


def test_an_item_that_overruns_its_sequence() -> None:
    data = made.header(SEQUENCE, "SQ", 20) + made.header(made.ITEM, "", 16) + NAME + ID
    error = fault(data)
    assert str(error) == "an item of 16 bytes overruns its sequence, which ends at 32, at byte 12, in (0008,1140)"


@pytest.mark.parametrize("size", range(1, 8))
def test_a_sequence_that_is_too_short_for_an_item(size: int) -> None:
    error = fault(made.header(SEQUENCE, "SQ", size) + bytes(20))
    assert str(error) == f"{size} bytes are left, an item takes 8, at byte 12, in (0008,1140)"


def test_a_sequence_that_overruns_its_item() -> None:
    data = made.sequence(SEQUENCE, [made.item(made.header(0x0040A730, "SQ", 20) + made.item())]) + bytes(30)
    error = fault(data)
    assert str(error) == (
        "a value of 20 bytes overruns its item, which ends at byte 40, at byte 20, in (0008,1140)[0] > (0040,A730)"
    )


def test_undefined_length_ends_with_what_is_around_it() -> None:
    inner = made.header(0x0040A730, "SQ", made.UNDEFINED) + made.item()
    error = fault(made.sequence(SEQUENCE, [made.item(inner)]) + bytes(30))
    assert str(error) == "0 bytes are left, an item takes 8, at byte 40, in (0008,1140)[0] > (0040,A730)"


# -- the end of the source


@pytest.mark.parametrize("size", range(12, 44))
def test_a_sequence_that_is_cut(size: int) -> None:
    data = made.header(SEQUENCE, "SQ", made.UNDEFINED) + made.item(NAME, undefined=True)
    error = fault(data[:size])
    assert isinstance(error, TruncatedError)
    if size < 28:
        what, offset, wanted = ("a sequence", 12, 8) if size < 20 else ("an item", 12, 16)
    elif size < 36:
        what, offset, wanted = "a value", 28, 8
    else:
        what, offset, wanted = "a data element header", 36, 8
    assert (error.offset, error.wanted, error.got) == (offset, wanted, size - offset)
    assert str(error).startswith(f"the bytes end in {what}")
    assert (error.path, error.tag) == (((), SEQUENCE) if size < 28 else (((SEQUENCE, 0),), error.tag))


# -- items that are encoded otherwise


def encodings(data: bytes, syntax: str) -> list[Encoding]:
    """Return the encodings of items and elements."""
    found = push(data, syntax=syntax)
    assert found.error is None
    return [event.encoding for event in found.events if type(event).__name__ in ("ItemStart", "Element")]


LITTLE, IMPLICIT, BIG = Encoding(False, True), Encoding(True, True), Encoding(False, False)


@pytest.mark.parametrize("undefined", [False, True])
def test_an_implicit_item_in_an_explicit_data_set(undefined: bool) -> None:
    name = made.element(0x00100010, "PN", "Doe^Jane", made.IMPLICIT)
    items = [made.item(name, undefined=undefined), made.item(NAME, undefined=undefined)]
    data = made.sequence(SEQUENCE, items, undefined=undefined) + ID
    with pytest.warns(DicomWarning, match="an item in implicit VR inside explicit VR, at byte 12"):
        found = encodings(data, made.EXPLICIT_LE)
    assert found == [LITTLE, IMPLICIT, LITTLE, LITTLE, LITTLE]


@pytest.mark.parametrize("undefined", [False, True])
def test_an_explicit_item_in_an_implicit_data_set(undefined: bool) -> None:
    name = made.element(0x00100010, "PN", "Doe^Jane", made.IMPLICIT)
    items = [made.item(NAME, undefined=undefined), made.item(name, undefined=undefined)]
    data = made.sequence(SEQUENCE, items, made.IMPLICIT, undefined=undefined)
    with pytest.warns(DicomWarning, match="an item in explicit VR inside implicit VR, at byte 8"):
        found = encodings(data + made.element(0x00100020, "LO", "4711", made.IMPLICIT), made.IMPLICIT_LE)
    assert found == [IMPLICIT, LITTLE, IMPLICIT, IMPLICIT, IMPLICIT]


def test_a_sequence_in_an_item_that_is_encoded_otherwise() -> None:
    inner = made.sequence(
        0x0040A730, [made.item(made.element(0x00100010, "PN", "Doe^Jane", made.IMPLICIT))], made.IMPLICIT
    )
    for undefined in (False, True):
        data = made.sequence(SEQUENCE, [made.item(inner, undefined=undefined)], undefined=undefined) + ID
        with pytest.warns(DicomWarning, match="an item in implicit VR inside explicit VR"):
            found = encodings(data, made.EXPLICIT_LE)
        assert found == [LITTLE, IMPLICIT, IMPLICIT, LITTLE]


def test_an_item_too_short_to_tell() -> None:
    for size in range(8):
        error = fault(made.sequence(SEQUENCE, [made.item(b"\x10\0\x10\0" + bytes(4))[: 8 + size]]) + bytes(8))
        assert error.offset in (12, 20)


@pytest.mark.parametrize(("outer", "inner"), [(made.BIG, made.EXPLICIT), (made.EXPLICIT, made.BIG)])
@pytest.mark.parametrize("undefined", [False, True])
def test_items_in_the_other_byte_order(outer: made.Form, inner: made.Form, undefined: bool) -> None:
    content = made.item(made.element(0x00100010, "PN", "Doe^Jane", inner), inner, undefined=True)
    if undefined:
        content += made.header(made.SEQUENCE_END, "", 0, inner)
    length = made.UNDEFINED if undefined else len(content)
    data = made.header(SEQUENCE, "SQ", length, outer) + content + made.element(0x00100020, "LO", "4711", outer)
    with pytest.warns(DicomWarning, match="the items of a sequence are in the other byte order, at byte 12"):
        found = encodings(data, outer.syntax)
    other, own = (LITTLE, BIG) if outer.big else (BIG, LITTLE)
    assert found == [other, other, own]


def test_an_empty_sequence_in_the_other_byte_order() -> None:
    data = made.header(SEQUENCE, "SQ", made.UNDEFINED) + made.header(made.SEQUENCE_END, "", 0, made.BIG) + NAME
    assert [event[0] for event in warned(data, "in the other byte order")] == [
        "SequenceStart",
        "SequenceEnd",
        "Element",
        "FileEnd",
    ]


def test_the_byte_order_of_items_is_told_by_the_first() -> None:
    data = made.sequence(SEQUENCE, [made.item(), made.item(b"", made.BIG)])
    assert str(fault(data)).startswith("an item or the end of the sequence was wanted, at byte 20")


def test_items_after_the_plan_for_the_top_level() -> None:
    """What stops the parse at the top level does so behind a sequence as well."""
    plan = Plan(stop=frozenset({0x00100020}), expand=Expand.ALL)
    found = push(made.sequence(SEQUENCE, [made.item(ID, undefined=True)], undefined=True) + ID + NAME, plan=plan)
    assert [event[0] for event in found.short[-2:]] == ["ItemEnd", "SequenceEnd"]
