"""What values are in JSON; expected values are from PS3.18 annex F, or written by hand."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

import pytest
from pydicom import filewriter, valuerep

from adicom.jsonmodel.attributes import attribute_of, swap_words
from adicom.multival import MultiValue
from adicom.tag import Tag
from adicom.uid import UID
from adicom.valuerep import IS, PersonName
from adicom.valuerep.dates import DA
from adicom.valuerep.decimal_strings import ds_value as DS

# VR, value, what the attribute object has beside its vr.
CASES: list[tuple[str, Any, dict[str, Any]]] = [
    ("LO", "text", {"Value": ["text"]}),
    ("LO", "", {}),
    ("LO", None, {}),
    ("LO", ["a", "", "c"], {"Value": ["a", None, "c"]}),
    ("LT", "a\\b", {"Value": ["a\\b"]}),
    ("UI", UID("1.2.3"), {"Value": ["1.2.3"]}),
    ("DA", DA("20240307"), {"Value": ["20240307"]}),
    ("AT", Tag(0x0018, 0x00FA), {"Value": ["001800FA"]}),
    ("AT", MultiValue(Tag, [0x00180010, 0x7FE00010]), {"Value": ["00180010", "7FE00010"]}),
    ("US", 0, {"Value": [0]}),
    ("US", None, {}),
    ("UL", [1, 2**32 - 1], {"Value": [1, 2**32 - 1]}),
    ("SV", -(2**53) + 1, {"Value": [-(2**53) + 1]}),
    ("SV", -(2**53), {"Value": [str(-(2**53))]}),
    ("UV", [1, 2**64 - 1], {"Value": [1, "18446744073709551615"]}),
    ("FD", 0.1, {"Value": [0.1]}),
    ("FD", [math.nan, math.inf, -math.inf, 1], {"Value": ["NaN", "Infinity", "-Infinity", 1.0]}),
    ("IS", IS("7"), {"Value": [7]}),
    ("IS", [IS("+7"), IS("007"), IS("-0"), ""], {"Value": ["+7", "007", "-0", None]}),
    ("IS", str(2**53), {"Value": [str(2**53)]}),
    ("DS", DS("1.5"), {"Value": [1.5]}),
    ("DS", [DS("1"), DS("1.0"), DS("-0.0"), DS("1e-07")], {"Value": [1, 1.0, -0.0, 1e-07]}),
    ("DS", [DS("1.50"), DS("1E5"), DS(".5"), DS("5."), DS("nan")], {"Value": ["1.50", "1E5", ".5", "5.", "nan"]}),
    ("DS", "no number", {"Value": ["no number"]}),
    (
        "PN",
        PersonName("Wang^XiaoDong=王^小東="),
        {"Value": [{"Alphabetic": "Wang^XiaoDong", "Ideographic": "王^小東"}]},
    ),
    ("PN", PersonName("==やまだ"), {"Value": [{"Phonetic": "やまだ"}]}),
    ("PN", [PersonName("A"), PersonName("")], {"Value": [{"Alphabetic": "A"}, None]}),
    ("PN", PersonName(""), {}),
    ("OB", b"", {}),
    ("OB", b"\0\1\2", {"InlineBinary": "AAEC"}),
    ("OW", bytearray(b"\0\1"), {"InlineBinary": "AAE="}),
    ("US", b"\1", {"InlineBinary": "AQ=="}),  # of no whole number: as it is
]


@pytest.mark.parametrize(("VR", "value", "expected"), CASES)
def test_values(VR: str, value: Any, expected: dict[str, Any]) -> None:
    found = attribute_of(0x00080000, VR, value)
    assert found == {"vr": VR, **expected}
    assert [type(item) for item in found.get("Value", [])] == [type(item) for item in expected.get("Value", [])]


@pytest.mark.parametrize(
    ("tag", "VR", "value", "expected"),
    [
        (0x00280106, "US or SS", 65535, "US"),
        (0x00280106, "US or SS", [1, -1], "SS"),
        (0x00283006, "US or OW", b"\0\0", "OW"),
        (0x00283006, "US or OW", 1, "US"),
        (0x54001010, "OB or OW", b"\0\0", "OW"),
    ],
)
def test_a_choice_is_made(tag: int, VR: str, value: Any, expected: str) -> None:
    assert attribute_of(tag, VR, value)["vr"] == expected


def test_words_come_in_little_endian() -> None:
    data = bytes(range(8))
    assert {VR: swap_words(VR, data).hex() for VR in ("OB", "UN", "OW", "OL", "OF", "OD", "OV")} == {
        "OB": "0001020304050607",
        "UN": "0001020304050607",
        "OW": "0100030205040706",
        "OL": "0302010007060504",
        "OF": "0302010007060504",
        "OD": "0706050403020100",
        "OV": "0706050403020100",
    }
    assert attribute_of(0x7FE00010, "OW", b"\0\1", little_endian=False) == {"vr": "OW", "InlineBinary": "AQA="}


@pytest.mark.parametrize(("VR", "value"), [("OB", "text"), ("OB", [b"a", b"b"]), ("FD", "text"), ("US", "text")])
def test_what_a_vr_cannot_have(VR: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        attribute_of(0x00080000, VR, value)


@pytest.mark.parametrize(
    ("VR", "value", "text"),
    [
        ("DA", date(2024, 1, 31), "20240131"),
        ("DT", datetime(2024, 1, 31, 1, 2, 3, 50000), "20240131010203.050000"),
        ("DT", datetime(2024, 1, 31, 1, 2, tzinfo=timezone(timedelta(hours=-5))), "20240131010200-0500"),
        ("TM", time(1, 2, 3, 50000), "010203.050000"),
        ("TM", time(1, 2), "010200"),
    ],
)
def test_dates_and_times_of_the_standard_library_are_written_as_pydicom_writes_files(
    VR: str, value: Any, text: str
) -> None:
    assert getattr(filewriter, f"_format_{VR}")(getattr(valuerep, VR)(value)) == text
    assert attribute_of(0x00080020, VR, value) == {"vr": VR, "Value": [text]}
    assert attribute_of(0x00080020, VR, [value, ""]) == {"vr": VR, "Value": [text, None]}
