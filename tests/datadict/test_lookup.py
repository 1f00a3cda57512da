from __future__ import annotations

import random
import subprocess
import sys
from typing import Any

import pydicom.datadict as theirs
import pytest
from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom._private_dict import private_dictionaries

from adicom import datadict as ours
from adicom._generated.data_dictionary import ELEMENTS
from adicom._generated.private_dictionary import PRIVATE
from tests.test_generated import ADDED, CHANGED

NEW = {int(tag, 16) for tag in ADDED.split()}
OTHER = NEW | {int(tag, 16) for tag in CHANGED}


def look(function: Any, *arguments: Any) -> Any:
    """Return the answer, or the error's type."""
    try:
        return function(*arguments)
    except (KeyError, TypeError, ValueError) as exc:
        return type(exc)


def tags() -> list[int]:
    """Return every tag of pydicom's dictionary, those around the repeating ones, and some at random."""
    source = random.Random(1)
    masks = [mask.replace("x", digit) for mask in RepeatersDictionary for digit in "0124AEF"]
    known = [*DicomDictionary, *(int(mask, 16) for mask in masks)]
    return [*known, *(tag + 1 for tag in known), *(source.getrandbits(32) for _ in range(2000))]


FUNCTIONS = (
    "dictionary_VM",
    "dictionary_VR",
    "dictionary_description",
    "dictionary_has_tag",
    "dictionary_is_retired",
    "dictionary_keyword",
    "get_entry",
    "keyword_for_tag",
    "mask_match",
    "repeater_has_tag",
)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_answers_are_those_of_pydicom(name: str) -> None:
    mine, other = getattr(ours, name), getattr(theirs, name)
    different = {tag for tag in tags() if look(mine, tag) != look(other, tag)}
    assert different - OTHER == set()


def test_every_form_of_a_tag() -> None:
    for tag in (0x00100010, (0x10, 0x10), "00100010", "PatientName", ["0010", "0010"]):
        assert ours.dictionary_VR(tag) == "PN"
        assert ours.dictionary_has_tag(tag)
    assert not ours.dictionary_has_tag("NoKeyword")
    assert not ours.dictionary_has_tag((1, 2, 3))  # type: ignore[arg-type]  # the point of the test


def test_keywords() -> None:
    for tag, entry in DicomDictionary.items():
        if entry[4] and tag not in OTHER:
            assert ours.tag_for_keyword(entry[4]) == tag
    assert ours.tag_for_keyword("Nonsense") is None
    assert ours.tag_for_keyword("OverlayData") is None
    # pydicom finds one of the six elements that have lost their keyword.
    assert ours.tag_for_keyword("") is None


def test_repeater_has_keyword() -> None:
    for entry in RepeatersDictionary.values():
        assert ours.repeater_has_keyword(entry[4])
    assert not ours.repeater_has_keyword("PatientName")


def test_find_vr() -> None:
    for tag in tags():
        expected = look(theirs.dictionary_VR, tag)
        if tag in NEW:
            assert ours.find_vr(tag) == ours.dictionary_VR(tag)
        elif expected == "NONE":
            assert ours.find_vr(tag) is None
        elif tag & 0xFFFF == 0:  # also (1000,0000), which pydicom takes for a repeating element
            assert ours.find_vr(tag) == "UL"
        elif isinstance(expected, str):
            assert ours.find_vr(tag) == expected
        elif tag & 0x10000 and 0x10 <= tag & 0xFFFF <= 0xFF:
            assert ours.find_vr(tag) == "LO"
        else:
            assert ours.find_vr(tag) is None
        assert ours.is_sequence(tag) == (ours.find_vr(tag) == "SQ")


@pytest.mark.parametrize(
    ("tag", "vr"),
    [
        (0x00080000, "UL"),
        (0x00090000, "UL"),
        (0x00090010, "LO"),
        (0x000900FF, "LO"),
        (0x00090100, None),
        (0x00091001, None),
        (0x50020010, "US"),
        (0x60FE3000, "OB or OW"),
        (0x60013000, None),
        (0x7F020010, "OB or OW"),
        (0x7FE00010, "OB or OW"),
        (0x002031AB, "CS"),
        (0x002804A1, "US"),
        (0x10000123, "US"),
        (0x10101234, "US"),
        (0x00080202, "OB"),
        (0xFFFEE000, None),
    ],
)
def test_find_vr_by_hand(tag: int, vr: str | None) -> None:
    assert ours.find_vr(tag) == vr


def test_equal_vrs_are_one_object() -> None:
    seen = {id(ours.find_vr(int(line[:8], 16))) for line in ELEMENTS.splitlines()}
    assert len(seen) < 45


@pytest.mark.parametrize("first", ["find_vr(0x60020010)", "is_sequence(0x00081140)", "mask_match(0x60020010)"])
def test_each_look_up_may_be_the_first(first: str) -> None:
    code = f"from adicom.datadict import *; assert {first}"
    subprocess.run([sys.executable, "-c", code], check=True)


def private_tags() -> list[tuple[int, str]]:
    """Return each private element once or twice, its masks filled in."""
    found = []
    for block in PRIVATE.removeprefix(">").split("\n>"):
        creator, *lines = block.splitlines()
        masks = [line.partition("|")[0] for line in lines]
        found += [(int(mask.replace("xx", digits), 16), creator) for mask in masks for digits in ("11", "23")]
    return found


def test_private_elements() -> None:
    for tag, creator in private_tags():
        entry = ours.get_private_entry(tag, creator)
        assert len(entry) == 4
        assert entry[:3] == (
            ours.private_dictionary_VR(tag, creator),
            ours.private_dictionary_VM(tag, creator),
            ours.private_dictionary_description(tag, creator),
        )
        assert ours.find_private_vr(tag, creator) == entry[0]


def test_private_element_by_hand() -> None:
    assert ours.get_private_entry(0x00191100, "CARDIO-D.R. 1.0") == ("CS", "1", "Image Blanking Shape", "")
    assert ours.private_dictionary_VR((0x6003, 0x1201), "DLX_LKUP_01") == "US"
    # A four-digit element stands for itself only.
    assert ours.find_private_vr(0x00251010, "CMR42 CIRCLECVI") == "LO"
    assert ours.find_private_vr(0x00251110, "CMR42 CIRCLECVI") is None


def test_unknown_private_elements() -> None:
    for tag, creator in ((0x00191100, "NOBODY"), (0x00191177, "CARDIO-D.R. 1.0"), (0x00191100, "")):
        assert ours.find_private_vr(tag, creator) is None
        with pytest.raises(KeyError) as caught:
            ours.private_dictionary_VR(tag, creator)
        # The creator is a value of the file.
        assert not creator or creator not in str(caught.value)


@pytest.mark.parametrize("name", ["DicomDictionary", "RepeatersDictionary", "keyword_dict"])
def test_whole_tables(name: str) -> None:
    mine, other = getattr(ours, name), getattr(theirs, name)
    assert len(mine) > 50
    # test_generated.py lists what differs.
    assert len([key for key in other if mine.get(key) != other[key]]) < 10
    with pytest.raises(TypeError):
        mine["60xx0010"] = None
    assert getattr(ours, name) is mine


def test_whole_private_table() -> None:
    mine, other = ours.private_dictionaries, private_dictionaries
    creator = "SIEMENS CSA HEADER"
    assert mine[creator]["0029xx08"] == other[creator]["0029xx08"]
    assert len(mine.keys() & other.keys()) > 100  # private_differences.txt lists what differs
    with pytest.raises(TypeError):
        mine[creator]["0029xx08"] = None


def test_keywords_of_repeaters() -> None:
    assert sorted(ours.REPEATER_KEYWORDS) == sorted(theirs.REPEATER_KEYWORDS)


def test_no_other_table() -> None:
    with pytest.raises(AttributeError, match="NoSuchDictionary"):
        ours.NoSuchDictionary  # noqa: B018 - the look-up is the test
