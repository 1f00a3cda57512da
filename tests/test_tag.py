from __future__ import annotations

import copy
import pickle
from typing import Any

import pydicom.tag
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adicom.tag import (
    BaseTag,
    ItemDelimiterTag,
    ItemTag,
    SequenceDelimiterTag,
    Tag,
    TupleTag,
    find_keyword,
)

TAGS = st.integers(0, 0xFFFFFFFF)


@pytest.mark.parametrize(
    "form",
    [
        0x00100020,
        (0x0010, 0x0020),
        [0x0010, 0x0020],
        "0x00100020",
        "00100020",
        "100020",
        "PatientID",
        ("0010", "0020"),
        ["0x10", "0x20"],
        BaseTag(0x00100020),
    ],
)
def test_every_form_of_pydicom(form: Any) -> None:
    tag = Tag(form)
    assert type(tag) is BaseTag
    assert int(tag) == int(pydicom.tag.Tag(form)) == 0x00100020


def test_two_arguments() -> None:
    assert Tag(0x0010, 0x0020) == Tag("0010", "0020") == Tag(0x00100020)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((-1,), ValueError),
        (((-1, 2),), ValueError),
        (((1, 2, 3),), ValueError),
        (("NotAKeyword",), ValueError),
        (("",), ValueError),
        ((0x100000000,), OverflowError),
        (((0x10000, 1),), OverflowError),
        (("0x100000000",), OverflowError),
        (((1, "2"),), TypeError),
        ((("1", 2),), TypeError),
        (((1.5, 2.5),), TypeError),
        ((None,), TypeError),
        ((1.5,), TypeError),
        ((b"00100010",), TypeError),
    ],
)
def test_errors(arguments: tuple[Any, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        Tag(*arguments)


@given(TAGS)
def test_parts_are_those_of_pydicom(number: int) -> None:
    ours, theirs = BaseTag(number), pydicom.tag.BaseTag(number)
    for name in ("group", "element", "elem", "is_private", "is_private_creator", "json_key"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert int(ours.private_creator) == int(theirs.private_creator)
    assert Tag(str(ours.json_key)) == ours
    # The seed writes a space behind the comma.
    assert str(ours) == repr(ours) == str(theirs).replace(",", ", ")


@given(TAGS, TAGS)
def test_order(one: int, other: int) -> None:
    for right in (other, BaseTag(other), (other >> 16, other & 0xFFFF), f"{other:08X}"):
        assert (BaseTag(one) < right) == (one < other)
        assert (BaseTag(one) <= right) == (one <= other)
        assert (BaseTag(one) > right) == (one > other)
        assert (BaseTag(one) >= right) == (one >= other)
        assert (BaseTag(one) == right) == (one == other)
        assert (BaseTag(one) != right) == (one != other)


def test_equality_with_what_is_no_tag() -> None:
    tag = BaseTag(0x00100010)
    assert tag == "PatientName"
    for other in (None, "Nonsense", (1, 2, 3), 1.0, object(), (70000, 1)):
        assert tag != other
    with pytest.raises(TypeError):
        assert tag < "Nonsense"
    with pytest.raises(TypeError):
        assert tag >= None


def test_it_is_the_key_of_its_number() -> None:
    assert {0x00100010: 1}[BaseTag(0x00100010)] == 1
    by_tag: dict[int, int] = {BaseTag(0x00100010): 1}
    assert by_tag[0x00100010] == 1


def test_copies() -> None:
    tag = BaseTag(0x00100010)
    for other in (copy.copy(tag), copy.deepcopy(tag), pickle.loads(pickle.dumps(tag))):
        assert type(other) is BaseTag
        assert other == tag


def test_private_creator() -> None:
    tag = Tag(0x00191234)
    assert tag.is_private
    assert not tag.is_private_creator
    assert tag.private_creator == 0x00190012
    assert tag.private_creator.is_private_creator
    assert not Tag(0x00190100).is_private_creator
    assert not Tag(0x00190001).is_private_creator


def test_structure() -> None:
    assert TupleTag((0xFFFE, 0xE000)) == ItemTag == pydicom.tag.ItemTag
    assert int(ItemDelimiterTag) == int(pydicom.tag.ItemDelimiterTag)
    assert int(SequenceDelimiterTag) == int(pydicom.tag.SequenceDelimiterTag)


def test_find_keyword() -> None:
    assert find_keyword("PatientName") == 0x00100010
    assert find_keyword("patientname") is None
    assert find_keyword("") is None
