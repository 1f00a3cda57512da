"""Raw bytes to Python values: pydicom's converters as the oracle, over generated and real values."""

from __future__ import annotations

import functools
import logging
import math
import pickle
import struct
import warnings
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pydicom
import pydicom.charset
import pydicom.dataelem
import pydicom.filewriter
import pydicom.values
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adicom.charset import encodings_for
from adicom.errors import DicomWarning
from adicom.multival import MultiValue
from adicom.tag import BaseTag
from adicom.uid import UID
from adicom.valuerep import IS, DSfloat, ISfloat, PersonName
from adicom.values import choose_vr, decode, empty_value
from adicom.vr import STANDARD_VR
from tests.conftest import corpus_files, pydicom_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TAG = 0x00091001
LATIN = ("latin_1",)
DEFAULT = ("iso8859_1",)


def theirs(VR: str, raw: bytes, little_endian: bool = True, encodings: tuple[str, ...] = LATIN) -> Any:
    """Return pydicom's value."""
    element = pydicom.dataelem.RawDataElement(
        pydicom.tag.Tag(TAG), VR, len(raw), raw, 0, False, little_endian, is_raw=True
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.values.convert_value(VR, element, list(encodings))


def ours(VR: str, raw: bytes, little_endian: bool = True, encodings: tuple[str, ...] = LATIN) -> Any:
    """Return our value, whatever it warns of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DicomWarning)
        return decode(TAG, VR, raw, little_endian, encodings)


def same(mine: Any, other: Any) -> bool:
    """Compare two values, types by name; pydicom's lists are not ours."""
    if isinstance(other, list | pydicom.multival.MultiValue):
        return isinstance(mine, MultiValue) and len(mine) == len(other) and all(map(same, mine, other))
    if type(mine).__name__ != type(other).__name__:
        return False
    if isinstance(other, int) and not isinstance(other, pydicom.valuerep.IS):
        return int(mine) == int(other)  # tags differ in their text: the seed's has a space
    return str(mine) == str(other)


# -- text --------------------------------------------------------------------------------------------------------

LETTERS = st.text("AB09 .\\^=", max_size=16)
PADDING = st.sampled_from(["", " ", "\0", "  ", " \0"])


@pytest.mark.parametrize("VR", ["AS", "CS", "DA", "DT", "TM", "LO", "SH", "UC", "LT", "ST", "UT", "PN"])
@given(text=LETTERS, padding=PADDING)
def test_text(VR: str, text: str, padding: str) -> None:
    raw = (text + padding).encode()
    assert same(ours(VR, raw), theirs(VR, raw))


@pytest.mark.parametrize("VR", ["AE", "UR"])
@given(text=LETTERS, padding=st.sampled_from(["", " ", "  "]))
def test_text_with_its_own_padding(VR: str, text: str, padding: str) -> None:
    raw = (padding + text + padding).encode()
    assert same(ours(VR, raw), theirs(VR, raw))


@given(st.text("012.\\ ", max_size=20), st.sampled_from(["", "\0", " "]))
def test_uids(text: str, padding: str) -> None:
    raw = (text + padding).encode()
    assert same(ours("UI", raw), theirs("UI", raw))


@pytest.mark.parametrize("VR", ["AE", "UI", "UR"])
def test_nul_padding_where_pydicom_leaves_it(VR: str) -> None:
    assert decode(TAG, VR, b"1.2 \0", True, DEFAULT) == "1.2"


@pytest.mark.parametrize("VR", ["LT", "ST", "UT", "UR"])
def test_no_split(VR: str) -> None:
    assert decode(TAG, VR, b"a\\b", True, DEFAULT) == "a\\b"


@pytest.mark.parametrize("codec", ["gbk", "gb18030", "shift_jis"])
@pytest.mark.parametrize("VR", ["LO", "PN"])
def test_half_a_character_is_no_backslash(VR: str, codec: str) -> None:
    char = b"\x95\x5c".decode(codec)
    assert decode(TAG, VR, b"\x95\x5c", True, (codec,)) == char
    assert decode(TAG, VR, b"\x95\x5c\\B", True, (codec,)) == [char, "B"]


def test_half_a_kanji_is_no_backslash() -> None:
    encodings = encodings_for(["", "ISO 2022 IR 87"])
    char = b"\x1b$B!\\\x1b(B".decode("iso2022_jp")
    assert decode(TAG, "PN", b"\x1b$B!\\\x1b(B", True, encodings) == char
    assert decode(TAG, "PN", b"\x1b$B!\\\x1b(B\\A^B", True, encodings) == [char, "A^B"]
    assert decode(TAG, "LO", b"\x1b$B!\\\x1b(B\\A", True, encodings) == [char, "A"]


def test_names() -> None:
    value = decode(TAG, "PN", b"A^B ", True, DEFAULT)
    assert type(value) is PersonName
    assert (value.original_string, value.encodings) == (b"A^B", DEFAULT)
    several = decode(TAG, "PN", b"A^B\\C", True, DEFAULT)
    several.append("D^E")
    assert several == ["A^B", "C", "D^E"]
    assert {type(name) for name in several} == {PersonName}


def test_uids_are_uids() -> None:
    value = decode(TAG, "UI", b"1.2\\1.3\0", True, DEFAULT)
    assert value == ["1.2", "1.3"]
    assert {type(uid) for uid in value} == {UID}
    assert type(decode(TAG, "UI", b"1.2\0", True, DEFAULT)) is UID


def test_text_that_does_not_fit_its_character_set() -> None:
    for VR in ("LO", "UT"):
        with pytest.warns(DicomWarning, match=r"\(0009,1001\)"):
            assert decode(TAG, VR, b"a\xff", True, ("utf_8",)) == "a\ufffd"


# -- numbers as text ---------------------------------------------------------------------------------------------


@given(st.lists(st.floats().map(str) | st.sampled_from(["", " ", "1.50", "+1", "-.5", " 2 "]), max_size=5), PADDING)
def test_decimal_strings(items: list[str], padding: str) -> None:
    raw = ("\\".join(items) + padding).encode()
    assert same(ours("DS", raw), theirs("DS", raw))


@given(
    st.lists(
        st.integers(-(2**31), 2**31 - 1).map(str) | st.sampled_from(["", " ", "+1", "007", " 2 ", "1.0", "1.5"]),
        max_size=5,
    ),
    PADDING,
)
def test_integer_strings(items: list[str], padding: str) -> None:
    raw = ("\\".join(items) + padding).encode()
    assert same(ours("IS", raw), theirs("IS", raw))


@given(st.sampled_from(["DS", "IS"]), st.text("0123456789.+-eE\\abc_\0\n ", max_size=24))
def test_what_is_no_number_stays_text(VR: str, text: str) -> None:
    raw = text.encode()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = decode(TAG, VR, raw, True, DEFAULT)
    items = value if isinstance(value, MultiValue) else [value]
    allowed = (str, DSfloat) if VR == "DS" else (str, IS, ISfloat)
    assert all(isinstance(item, allowed) for item in items if raw)
    odd = any(type(item) is str and item.strip("\0 \t\r\n") for item in items)
    assert not odd or len(caught) == 1
    assert all(warning.category is DicomWarning for warning in caught)


def test_one_bad_number_among_good_ones() -> None:
    with pytest.warns(DicomWarning, match=r"\(0009,1001\) with VR DS .* no number") as caught:
        value = decode(TAG, "DS", b"1.5\\abc\\2 \\x", True, DEFAULT)
    assert len(caught) == 1
    assert "abc" not in str(caught[0].message)
    assert value == [1.5, "abc", 2, "x"]
    assert [type(item) for item in value] == [DSfloat, str, DSfloat, str]
    assert deepcopy(value) == pickle.loads(pickle.dumps(value)) == value
    value.append("3.0")
    assert type(value[-1]) is DSfloat


@pytest.mark.parametrize("text", ["1e999", "9" * 5000, "nan", "inf", "1_0", "x"])
def test_bad_integers(text: str) -> None:
    with pytest.warns(DicomWarning, match="no number"):
        assert decode(TAG, "IS", text.encode(), True, DEFAULT) == text


@pytest.mark.parametrize(("text", "kind"), [("1.0", IS), ("1.5", ISfloat), ("1e2", IS)])
def test_integers_with_a_point(text: str, kind: type) -> None:
    with pytest.warns(DicomWarning, match="not written as an integer"):
        value = decode(TAG, "IS", text.encode(), True, DEFAULT)
    assert type(value) is kind
    assert str(value) == text


def test_lines_in_numbers() -> None:
    assert [str(item) for item in decode(TAG, "DS", b"1.5\n\\\t2", True, DEFAULT)] == ["1.5", "2"]


def test_underscores_are_no_digits() -> None:
    with pytest.warns(DicomWarning, match="no number"):
        assert decode(TAG, "DS", b"1_0\\2", True, DEFAULT) == ["1_0", 2]


# -- binary numbers ----------------------------------------------------------------------------------------------

SIZES = {"US": 2, "SS": 2, "UL": 4, "SL": 4, "UV": 8, "SV": 8, "FL": 4, "FD": 8, "AT": 4}


@pytest.mark.parametrize("VR", sorted(SIZES))
@given(data=st.data())
def test_binary_numbers(VR: str, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 4))
    raw = data.draw(st.binary(min_size=SIZES[VR] * count, max_size=SIZES[VR] * count))
    for little_endian in (True, False):
        assert same(ours(VR, raw, little_endian), theirs(VR, raw, little_endian))


@pytest.mark.parametrize("VR", sorted(SIZES))
def test_binary_numbers_of_wrong_length(VR: str) -> None:
    for length in (1, SIZES[VR] + 1, SIZES[VR] * 3 - 1):
        with pytest.warns(DicomWarning, match=rf"VR {VR} has {length} bytes"):
            assert decode(TAG, VR, bytes(length), True, DEFAULT) == bytes(length)


def test_what_may_be_put_into_lists_of_numbers() -> None:
    numbers = decode(TAG, "US", b"\1\0\2\0", True, DEFAULT)
    numbers.append(3)
    with pytest.raises(TypeError):
        numbers.append(1.5)
    with pytest.raises(TypeError):
        numbers.append("4")
    tags = decode(TAG, "AT", b"\x10\0\x10\0\x10\0\x20\0", True, DEFAULT)
    tags.append("PatientName")
    assert tags == [0x00100010, 0x00100020, 0x00100010]
    assert {type(tag) for tag in tags} == {BaseTag}
    assert pickle.loads(pickle.dumps(numbers)) == numbers


def test_the_first_value_of_a_lut_descriptor_is_never_negative() -> None:
    raw = struct.pack("<3h", -32768, -5, 16)
    assert decode(0x00283002, "SS", raw, True, DEFAULT) == [32768, -5, 16]
    assert decode(TAG, "SS", raw, True, DEFAULT) == [-32768, -5, 16]


# -- the rest ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("VR", ["OB", "OW", "OF", "OD", "OL", "OV", "UN", "ZZ", "US or SS"])
def test_bytes_stay_bytes(VR: str) -> None:
    raw = b"\1\2\3"
    assert decode(TAG, VR, raw, False, DEFAULT) is raw


@pytest.mark.parametrize("VR", sorted(STANDARD_VR))
def test_empty_values(VR: str) -> None:
    expected = pydicom.dataelem.empty_value_for_VR(VR)
    assert empty_value(VR) == decode(TAG, VR, b"", True, DEFAULT) == expected
    assert type(empty_value(VR)).__name__ == type(expected).__name__


def test_each_empty_sequence_is_its_own() -> None:
    assert empty_value("SQ") is not empty_value("SQ")
    assert empty_value("US or SS") is None


@given(
    VR=st.sampled_from(sorted(STANDARD_VR - {"SQ"})),
    raw=st.binary(max_size=12) | st.text("0123456789.\\^=- \x1b", max_size=12).map(str.encode),
    terms=st.lists(
        st.sampled_from(["", "ISO 2022 IR 87", "ISO 2022 IR 149", "ISO_IR 192", "GBK", "ISO_IR 13"]), max_size=3
    ),
)
def test_no_bytes_raise(VR: str, raw: bytes, terms: list[str]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = decode(TAG, VR, raw, True, encodings_for(terms))
        text = str(value), repr(value)
        again = pickle.loads(pickle.dumps(value))
    assert text == (str(again), repr(again))
    assert all(warning.category is DicomWarning for warning in caught)


# -- real files --------------------------------------------------------------------------------------------------

# (file, tag): what pydicom makes of it is wrong.
WRONG_IN_PYDICOM = {
    ("fo-dicom+fo-dicom__chrGB2312.dcm", 0x00100010),  # it leaves the escape sequences of ISO-IR 58 in the name
}


@functools.cache
def real_files() -> list[Path]:
    """Return all files that there are."""
    return [*pydicom_files(), *corpus_files()]


def raw_elements(dataset: Any, terms: Any = None) -> Iterator[tuple[int, str, bytes, bool, Any]]:
    """Yield tag, VR, bytes, byte order and Specific Character Set of each element, nested ones too."""
    if 0x00080005 in dataset:
        value = dataset.get_item(0x00080005).value
        terms = value.decode("latin-1").rstrip(" \0").split("\\") if isinstance(value, bytes) else value
    for tag, element in list(dataset._dict.items()):
        VR = element.VR
        if VR is None:
            VR = pydicom.datadict.dictionary_VR(tag) if pydicom.datadict.dictionary_has_tag(tag) else "UN"
        if VR == "SQ":
            for item in dataset[tag].value:
                yield from raw_elements(item, terms)
        elif isinstance(element, pydicom.dataelem.RawDataElement) and VR in STANDARD_VR and element.value is not None:
            yield int(tag), str(VR), element.value, element.is_little_endian, terms


def test_real_values(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    count = 0
    for path in real_files():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                elements = list(raw_elements(pydicom.dcmread(path, force=True)))
            except Exception:  # noqa: BLE001  # what pydicom cannot read is nothing to compare with
                continue
            for tag, VR, raw, little_endian, terms in elements:
                mine = decode(tag, VR, raw, little_endian, encodings_for(terms))
                if not raw or (path.name, tag) in WRONG_IN_PYDICOM:
                    continue
                encodings = tuple(pydicom.charset.convert_encodings(terms))
                assert same(mine, theirs(VR, raw, little_endian, encodings)), (path.name, hex(tag), VR)
                count += 1
    assert count > 5000


# -- the choice of a VR ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "tag", "VR", "known"),
    [
        ("LO", 0x00100020, "LO", {}),
        ("US", 0x00280106, "US or SS", {}),
        ("US", 0x00280106, "US or SS", {"pixel_representation": 0}),
        ("SS", 0x00280106, "US or SS", {"pixel_representation": 1}),
        ("OB", 0x7FE00010, "OB or OW", {"undefined_length": True, "bits_allocated": 16}),
        ("OB", 0x7FE00010, "OB or OW", {"undefined_length": True, "implicit": True}),
        ("OW", 0x7FE00010, "OB or OW", {"implicit": True, "bits_allocated": 8}),
        ("OW", 0x7FE00010, "OB or OW", {"bits_allocated": 16}),
        ("OB", 0x7FE00010, "OB or OW", {"bits_allocated": 8}),
        ("OB", 0x7FE00010, "OB or OW", {"bits_allocated": 1}),
        ("OW", 0x7FE00010, "OB or OW", {}),
        ("OW", 0x54001010, "OB or OW", {"implicit": True, "waveform_bits_allocated": 8}),
        ("OB", 0x54001010, "OB or OW", {"waveform_bits_allocated": 8, "bits_allocated": 16}),
        ("OW", 0x5400100A, "OB or OW", {"waveform_bits_allocated": 16, "bits_allocated": 8}),
        ("OW", 0x60003000, "OB or OW", {"bits_allocated": 8}),
        ("OW", 0x50003000, "OB or OW", {}),
        ("US", 0x00283006, "US or OW", {"lut_entries": 1}),
        ("OW", 0x00283006, "US or OW", {"lut_entries": 256}),
        ("OW", 0x00283006, "US or OW", {}),
        ("OW", 0x00281200, "US or SS or OW", {}),
    ],
)
def test_choose_vr(expected: str, tag: int, VR: str, known: dict[str, Any]) -> None:
    assert choose_vr(tag, VR, **known) == expected


CONTEXTS = [
    (0x00280106, "PixelRepresentation", "pixel_representation", (0, 1)),
    (0x00283002, "PixelRepresentation", "pixel_representation", (0, 1)),
    (0x7FE00010, "BitsAllocated", "bits_allocated", (1, 8, 16, 32)),
    (0x54001010, "WaveformBitsAllocated", "waveform_bits_allocated", (8, 16)),
    (0x54000110, "WaveformBitsAllocated", "waveform_bits_allocated", (8, 16)),
    (0x60003000, "BitsAllocated", "bits_allocated", (8, 16)),
]


@pytest.mark.parametrize("implicit", [True, False])
@pytest.mark.parametrize(("tag", "keyword", "argument", "numbers"), CONTEXTS)
def test_choose_vr_is_as_in_pydicom(
    tag: int, keyword: str, argument: str, numbers: tuple[int, ...], implicit: bool
) -> None:
    VR = str(pydicom.datadict.dictionary_VR(tag))
    for number in numbers:
        dataset = pydicom.Dataset()
        setattr(dataset, keyword, number)
        dataset.set_original_encoding(implicit, True, "latin_1")
        element = pydicom.DataElement(tag, VR, b"\0\0")
        element = pydicom.filewriter.correct_ambiguous_vr_element(element, dataset, True)  # type: ignore[assignment]
        known: dict[str, Any] = {argument: number}
        assert choose_vr(tag, VR, implicit=implicit, **known) == element.VR


def test_lut_data_is_as_in_pydicom() -> None:
    for entries in (1, 2, 256):
        dataset = pydicom.Dataset()
        dataset.LUTDescriptor = [entries, 0, 16]
        element = pydicom.DataElement(0x00283006, "US or OW", b"\0\0")
        element = pydicom.filewriter.correct_ambiguous_vr_element(element, dataset, True)  # type: ignore[assignment]
        assert choose_vr(0x00283006, "US or OW", lut_entries=entries) == element.VR


def test_nan_is_a_decimal_string_as_in_pydicom() -> None:
    assert math.isnan(decode(TAG, "DS", b"nan", True, DEFAULT))
