from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import adicom
from adicom import DataDictionary, datadict

DOSE = ("DS", "1", "Acme Dose", "", "AcmeDose")


def test_the_arguments_are_those_of_pydicom() -> None:
    words = DataDictionary()
    words.add(0x10021001, "UL", "TestOne", "Test One")
    words.add(0x10021002, "DS", "TestTwo", "Test Two", VM="3", is_retired="Retired")
    words.add_entries({0x10021003: ("DS", "3", "Test Three", "", "TestThree"), "10021004": DOSE})
    words.add_private("ACME LTD 1.3", 0x00410001, "US", "Test Four")
    words.add_private_entries(
        "ACME LTD 1.2", {0x00410001: ("UL", "1", "Test Five"), 0x00410002: ("DS", "3", "Test Six", "")}
    )
    assert words.get_entry(0x10021001) == ("UL", "1", "Test One", "", "TestOne")
    assert words.get_entry("TestTwo") == ("DS", "3", "Test Two", "Retired", "TestTwo")
    assert words.get_entry((0x1002, 0x1003))[0] == "DS"
    assert words.keyword_for_tag(0x10021004) == "AcmeDose"
    assert words.tag_for_keyword("TestThree") == 0x10021003
    assert words.get_private_entry(0x00412001, "ACME LTD 1.3") == ("US", "1", "Test Four", "")
    assert words.find_private_vr(0x0041FF02, "ACME LTD 1.2") == "DS"
    assert repr(words) == "<DataDictionary with 4 elements and 3 private ones>"


@pytest.mark.parametrize(
    ("mask", "inside", "outside"),
    [
        ("0099xx01", 0x00992301, 0x00982301),
        ("0099XX0a", 0x0099100A, 0x0099100B),
        ("60xxxx01", 0x60131001, 0x61131001),
        (0x00994401, 0x00992301, 0x00992302),
        ((0x0099, 0x1001), 0x00992301, 0x009B2301),
        ("00991001", 0x00991001, 0x00992301),  # a text is a key of pydicom's tables
    ],
)
def test_private_tags_and_masks(mask: Any, inside: int, outside: int) -> None:
    words = DataDictionary(private={"ACME": {mask: ("US", "1", "Counter")}})
    assert words.find_private_vr(inside, "ACME") == "US"
    assert words.find_private_vr(outside, "ACME") is None
    assert words.find_private_vr(inside, "OTHER") is None


def test_what_is_not_in_it_is_looked_up() -> None:
    words = DataDictionary({0x00100020: ("SH", "1", "Our ID", "", "PatientID")})
    assert words.get_entry(0x00100020)[:3] == ("SH", "1", "Our ID")
    assert datadict.get_entry(0x00100020)[0] == "LO"
    assert words.find_vr(0x00100020) == "SH"
    for tag in (0x00100010, 0x60020010, 0x00090010):
        assert words.find_vr(tag) == datadict.find_vr(tag)
    assert words.get_entry(0x60020010) == datadict.get_entry(0x60020010)
    assert words.get_entry("PatientName") == datadict.get_entry("PatientName")
    assert words.keyword_for_tag("PatientName") == "PatientName"
    assert words.tag_for_keyword("PatientName") == 0x00100010
    assert words.tag_for_keyword("Nonsense") is None
    creator = "SIEMENS CSA HEADER"
    assert words.get_private_entry(0x00291008, creator) == datadict.get_private_entry(0x00291008, creator)
    assert words.find_private_vr(0x00291008, creator) == "CS"
    with pytest.raises(KeyError, match="not found"):
        words.get_entry(0x10021001)
    with pytest.raises(KeyError) as caught:
        words.get_private_entry(0x00991001, "ACME")
    assert "ACME" not in str(caught.value)  # it is a value of the file


@pytest.mark.parametrize(
    ("tag", "entry", "problem"),
    [
        (0x00990001, DOSE, "is private"),
        (0x10021001, ("XX", *DOSE[1:]), "'XX' is no VR"),
        (0x10021001, ("NONE", *DOSE[1:]), "is no VR"),
        (0x10021001, ("DS", "Acme Dose", *DOSE[2:]), "'Acme Dose' is no VM"),
        (0x10021001, ("DS", "1", "Acme Dose", "", "Acme Dose"), "no keyword"),
        (0x10021001, ("DS", "1", "Acme Dose", "", "acmeDose"), "no keyword"),
        (0x10021001, ("DS", "1", "Acme Dose", "", "PatientName"), "of another element, in the standard"),
        (0x10021001, ("DS", "1", "Acme Dose", "", "Other"), r"keyword of \(1002, 1002\) already"),
        (0x10021001, DOSE[:4], "the entry of"),
        (0x10021001, ("DS", "1", "Acme Dose", None, ""), "no text"),
    ],
)
def test_wrong_entries(tag: int, entry: Any, problem: str) -> None:
    words = DataDictionary({0x10021002: ("DS", "1", "Other", "", "Other")})
    with pytest.raises(ValueError, match=problem):
        words.add_entries({0x10021005: DOSE, tag: entry})
    assert words.own_entry(0x10021005) is None  # all or none
    assert words.own_tag("AcmeDose") is None


def test_one_keyword_for_two() -> None:
    with pytest.raises(ValueError, match=r"AcmeDose is the keyword of \(1002, 1001\), and of \(1002, 1002\)"):
        DataDictionary({0x10021001: DOSE, 0x10021002: DOSE})


@pytest.mark.parametrize(
    ("creator", "tag", "entry", "problem"),
    [
        ("ACME", 0x10021001, ("US", "1", "x"), r"\(1002, 1001\) is not private"),
        ("ACME", "0098xx01", ("US", "1", "x"), "nor a mask"),
        ("ACME", "00981001", ("US", "1", "x"), "nor a mask"),
        ("ACME", "0099x101", ("US", "1", "x"), "nor a mask"),
        ("ACME", "0099xx", ("US", "1", "x"), "nor a mask"),
        ("ACME", 0x00990001, ("XX", "1", "x"), "is no VR"),
        ("ACME", 0x00990001, ("US", "x", "x"), "is no VM"),
        ("ACME", 0x00990001, ("US", "1"), "the entry of"),
        ("ACME", 0x00990001, ("US", "1", "x", "", ""), "the entry of"),
        ("ACME", 0x00990001, ("US", "1", 5), "no text"),
        ("", 0x00990001, ("US", "1", "x"), "creator"),
        (None, 0x00990001, ("US", "1", "x"), "creator"),
    ],
)
def test_wrong_private_entries(creator: Any, tag: Any, entry: Any, problem: str) -> None:
    words = DataDictionary()
    with pytest.raises(ValueError, match=problem):
        words.add_private_entries(creator, {0x00990002: ("US", "1", "x"), tag: entry})
    assert words.own_private_entry(0x00991002, "ACME") is None


def test_every_vr_and_vm_of_the_tables_can_be_added() -> None:
    words = DataDictionary()
    words.add_entries({tag: entry for tag, entry in datadict.DicomDictionary.items() if entry[0] != "NONE"})
    for creator, entries in datadict.private_dictionaries.items():
        words.add_private_entries(creator, entries)
    assert words.get_entry("PatientName") == datadict.get_entry("PatientName")


def test_an_entry_is_replaced() -> None:
    words = DataDictionary({0x10021001: DOSE})
    words.add(0x10021001, "LO", "AcmeText", "Acme Text")
    assert words.find_vr(0x10021001) == "LO"
    assert words.tag_for_keyword("AcmeDose") is None
    words.add(0x10021002, "DS", "AcmeDose", "Acme Dose")
    assert words.tag_for_keyword("AcmeDose") == 0x10021002
    words.add_entries({0x10021001: DOSE, 0x10021002: ("LO", "1", "Acme Text", "", "AcmeText")})  # they change places
    assert words.tag_for_keyword("AcmeDose") == 0x10021001
    assert words.tag_for_keyword("AcmeText") == 0x10021002
    words.add(0x10021001, "LO", "", "Nameless")
    assert words.keyword_for_tag(0x10021001) == ""


def test_copies_can_be_added_to() -> None:
    words = DataDictionary({0x10021001: DOSE}, {"ACME": {0x00990001: ("US", "1", "Counter")}})
    for twin in (words.copy(), copy.copy(words), copy.deepcopy(words), pickle.loads(pickle.dumps(words))):
        twin.add(0x10021002, "LO", "AcmeText", "Acme Text")
        twin.add_private("ACME", 0x00990002, "US", "Other")
        assert twin.get_entry(0x10021001) == DOSE
        assert twin.find_private_vr(0x00991001, "ACME") == "US"
    assert words.tag_for_keyword("AcmeText") is None
    assert words.find_private_vr(0x00991002, "ACME") is None


@pytest.mark.parametrize("name", ["add_dict_entry", "add_dict_entries", "add_private_dict_entry"])
def test_nothing_is_added_for_the_whole_process(name: str) -> None:
    with pytest.raises(AttributeError, match="use a DataDictionary"):
        getattr(datadict, name)
    assert adicom.DataDictionary is datadict.DataDictionary
