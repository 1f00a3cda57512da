"""Values are the bytes that PS3.5 6.2 says, worked out by hand."""

from __future__ import annotations

import datetime
import warnings
from decimal import Decimal
from typing import Any

import pytest

from adicom.encoder.values import encode, swap_words
from adicom.errors import DicomWarning, EncodeError
from adicom.tag import Tag
from adicom.uid import UID
from adicom.valuerep import DA, DS, DT, IS, TM, DSdecimal, DSfloat, PersonName

TAG = 0x00091001
DEFAULT = ("iso8859_1",)


def written(VR: str, value: Any, *, little: bool = True, encodings: tuple[str, ...] = DEFAULT, tag: int = TAG) -> bytes:
    return encode(tag, VR, value, little, encodings)


@pytest.mark.parametrize(
    ("VR", "value", "little", "big"),
    [
        ("US", 258, "02 01", "01 02"),
        ("US", [1, 2], "01 00 02 00", "00 01 00 02"),
        ("SS", -2, "fe ff", "ff fe"),
        ("UL", 0x01020304, "04 03 02 01", "01 02 03 04"),
        ("SL", -1, "ff ff ff ff", "ff ff ff ff"),
        ("UV", 1, "01 00 00 00 00 00 00 00", "00 00 00 00 00 00 00 01"),
        ("SV", -2, "fe ff ff ff ff ff ff ff", "ff ff ff ff ff ff ff fe"),
        ("FL", 1.5, "00 00 c0 3f", "3f c0 00 00"),
        ("FD", -2.0, "00 00 00 00 00 00 00 c0", "c0 00 00 00 00 00 00 00"),
        ("FL", 2, "00 00 00 40", "40 00 00 00"),
        ("AT", Tag(0x00280010), "28 00 10 00", "00 28 00 10"),
        ("AT", (0x0028, 0x0010), "28 00 10 00", "00 28 00 10"),
        ("AT", [0x00280010, "PatientID"], "28 00 10 00 10 00 20 00", "00 28 00 10 00 10 00 20"),
        ("AT", "", "", ""),
        ("OW", b"\1\2\3\4", "01 02 03 04", "02 01 04 03"),
        ("OW", [1, 258], "01 00 02 01", "00 01 01 02"),
        ("OF", b"\1\2\3\4", "01 02 03 04", "04 03 02 01"),
        ("OL", b"\1\2\3\4", "01 02 03 04", "04 03 02 01"),
        ("OD", bytes(range(8)), "00 01 02 03 04 05 06 07", "07 06 05 04 03 02 01 00"),
        ("OV", bytes(range(8)), "00 01 02 03 04 05 06 07", "07 06 05 04 03 02 01 00"),
        ("OB", b"\1\2\3", "01 02 03 00", "01 02 03 00"),
        ("OB", bytearray(b"\1\2"), "01 02", "01 02"),
        ("OB", memoryview(b"\1\2"), "01 02", "01 02"),
        ("UN", b"\1", "01 00", "01 00"),
        ("US", b"\1\2", "01 02", "02 01"),
        ("OB", "", "", ""),
        ("US", "", "", ""),
        ("US", None, "", ""),
        ("US", [], "", ""),
    ],
)
def test_binary_values(VR: str, value: Any, little: str, big: str) -> None:
    assert written(VR, value).hex(" ") == little
    assert written(VR, value, little=False).hex(" ") == big


def test_bytes_that_are_in_the_order_of_the_file_already_stay() -> None:
    assert encode(TAG, "OW", b"\1\2", False, DEFAULT, bytes_are_little=False) == b"\1\2"
    assert encode(TAG, "OW", b"\1\2", True, DEFAULT, bytes_are_little=False) == b"\2\1"
    assert encode(TAG, "OW", b"\1\2\3", True, DEFAULT) == b"\1\2\3\0"


@pytest.mark.parametrize(
    ("VR", "value", "expected"),
    [
        ("AE", "STORE", b"STORE "),
        ("AS", "012Y", b"012Y"),
        ("CS", ["ORIGINAL", "", "AXIAL"], b"ORIGINAL\\\\AXIAL "),
        ("CS", None, b""),
        ("CS", ["A", None], b"A\\"),
        ("UI", UID("1.2.3"), b"1.2.3\0"),
        ("UI", [UID("1.2"), UID("1.3")], b"1.2\\1.3\0"),
        ("UR", "http://a\\b", b"http://a\\b"),
        ("LO", b"raw", b"raw "),
        ("LO", ["a", b"b"], b"a\\b "),
        ("LT", "a\\b", b"a\\b "),
        ("SH", PersonName("A^B"), b"A^B "),
        ("DA", "20240131", b"20240131"),
        ("DA", DA("2024.01.31"), b"2024.01.31"),
        ("DA", datetime.date(2024, 1, 31), b"20240131"),
        ("DA", [DA("20240131"), None], b"20240131\\ "),
        ("TM", TM("1230"), b"1230"),
        ("TM", datetime.time(12, 30, 5, 500000), b"123005.500000 "),
        ("DT", DT("202401311200-0500"), b"202401311200-0500 "),
        ("DT", datetime.datetime(2024, 1, 31, 12), b"20240131120000"),
        ("DS", DS("1.50"), b"1.50"),
        ("DS", [DS("1.50"), DSfloat(2.5), DSdecimal("0.10")], b"1.50\\2.5\\0.10 "),
        ("DS", 3, b"3 "),
        ("DS", Decimal("1.10"), b"1.10"),
        ("DS", ["1.5", ""], b"1.5\\"),
        ("DS", DSfloat(1 / 3, auto_format=True), b"0.33333333333333"),
        ("IS", IS("007"), b"007 "),
        ("IS", [7, IS("+8"), ""], b"7\\+8\\ "),
        ("IS", None, b""),
        ("PN", "Doe^Jane", b"Doe^Jane"),
        ("PN", PersonName("Doe^Jane"), b"Doe^Jane"),
        ("PN", [PersonName("A^B"), "C"], b"A^B\\C "),
        ("PN", b"A^B", b"A^B "),
    ],
)
def test_text(VR: str, value: Any, expected: bytes) -> None:
    assert written(VR, value) == expected


def test_text_in_several_character_sets() -> None:
    # PS3.5 H.3.1 and I.2, example 1.
    japanese = ("iso8859_1", "iso2022_jp")
    name = PersonName("Yamada^Tarou=山田^太郎=やまだ^たろう")
    expected = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B"  # 61 bytes
    assert written("PN", name, encodings=japanese).rstrip(b" ") == expected
    korean = ("iso8859_1", "euc_kr")
    assert written("LO", "김", encodings=korean) == b"\x1b$)C\xb1\xe8"
    assert written("LO", ["é", "é"], encodings=("latin_1",)) == b"\xe9\\\xe9 "
    assert written("UC", ["山", "田"], encodings=("utf_8",)) == "山\\田 ".encode()
    assert written("UT", "山\\田", encodings=("gb18030",)) == "山\\田".encode("gb18030") + b" "


def test_lut_descriptors_have_an_unsigned_first_value() -> None:
    value = [65535, -2, 16]
    assert written("SS", value, tag=0x00281101).hex(" ") == "ff ff fe ff 10 00"
    assert value == [65535, -2, 16]
    with pytest.raises(EncodeError):
        written("SS", value)


@pytest.mark.parametrize(
    ("VR", "value"),
    [
        ("US", -1),
        ("US", 65536),
        ("US", 1.5),
        ("US", "x"),
        ("US", [1, None]),
        ("US", b"\1"),
        ("SS", 40000),
        ("UL", 2**32),
        ("SL", 2**31),
        ("SV", 2**63),
        ("UV", -1),
        ("FL", 1e300),
        ("FL", "x"),
        ("FD", None.__class__),
        ("AT", "NoKeyword"),
        ("AT", 2**32),
        ("OB", "text"),
        ("OB", 3),
        ("OW", "text"),
        ("OW", [70000]),
        ("CS", 3),
        ("LO", 3),
        ("LO", ["a", 3]),
        ("PN", 3),
        ("DA", 3),
        ("TM", datetime.date(2024, 1, 1)),
        ("DS", object()),
        ("DS", float("nan")),
        ("DS", [1.5, float("inf")]),
        ("IS", 1j),
        ("IS", True),
        ("IS", float("nan")),
        ("LO", "山"),
        ("CS", "山"),
        ("PN", PersonName("山^田")),
        ("XX", "a"),
        ("US or SS", 3),
    ],
)
def test_what_cannot_be_written_is_an_error_without_the_value(VR: str, value: Any) -> None:
    with pytest.raises(EncodeError) as caught:
        written(VR, value)
    error = caught.value
    assert error.value is value or error.value in (value, str(value)) or error.value in value
    assert error.__cause__ is None
    assert "山" not in str(error)
    assert "nan" not in str(error)
    assert "NoKeyword" not in str(error)
    assert "70000" not in str(error)


def test_an_odd_number_of_bytes_cannot_be_turned_round() -> None:
    with pytest.raises(EncodeError, match="no whole words"):
        written("OL", b"\1\2\3\4\5\6", little=False)
    assert written("OW", b"\1\2\3", little=False).hex(" ") == "02 01 00 03"


def test_a_number_that_is_too_long_for_ds_is_written_in_full_and_warned_of() -> None:
    with pytest.warns(DicomWarning, match=r"\(0009,1001\) with VR DS has a number of 19 characters"):
        assert written("DS", DSfloat(0.1 + 0.2)) == b"0.30000000000000004 "


def test_text_that_was_read_is_not_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert written("DS", DSfloat("0.300000000000000040")) == b"0.300000000000000040"


def test_latin_1_without_a_character_set_is_warned_of() -> None:
    with pytest.warns(DicomWarning, match="default repertoire"):
        assert written("LO", "é") == b"\xe9 "


def test_swap_words() -> None:
    data = bytes(range(8))
    assert swap_words(data, 1) == data
    assert swap_words(memoryview(data), 2).hex(" ") == "01 00 03 02 05 04 07 06"
    assert swap_words(bytearray(data), 4).hex(" ") == "03 02 01 00 07 06 05 04"
    assert swap_words(data, 8) == data[::-1]
    with pytest.raises(ValueError, match="multiple"):
        swap_words(b"\1", 2)
