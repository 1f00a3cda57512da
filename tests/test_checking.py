"""Validation: the rules of PS3.5 6.2 by hand, and who decides what becomes of a fault."""

from __future__ import annotations

import asyncio
import copy
import threading
import warnings
from typing import Any

import pytest

import adicom.sync
import adicom.valuerep
from adicom.checking import IGNORE, RAISE, WARN, check, fault_of, mode_number, validate_value, validation
from adicom.dataelem import DataElement
from adicom.dataset import Dataset
from adicom.errors import DicomWarning, EncodeError
from adicom.uid import UID
from adicom.valuerep import DS, IS, DSdecimal, DSfloat, ISfloat, PersonName
from tests import made

GOOD: list[tuple[str, Any]] = [
    ("AE", "STORE SCP 1"),
    ("AS", "034Y"),
    ("CS", "ORIGINAL_1 A"),
    ("CS", ""),
    ("DA", "20240229"),
    ("DA", "20240101-20240131"),
    ("DA", "-20240131"),
    ("DA", "20240101-"),
    ("DS", " -1.5E-10 "),
    ("DT", "20240131120000.123456+0100"),
    ("DT", "2024"),
    ("IS", "-2147483648 "),
    ("LO", "a" * 64),
    ("LO", "山" * 64),
    ("LO", "\x1b$B"),
    ("LT", "one\r\ntwo\t" + "a" * 10231),
    ("PN", "=".join(["a" * 64] * 3)),
    ("SH", "16 characters ok"),
    ("ST", "a" * 1024),
    ("TM", "235960.5"),
    ("TM", "12"),
    ("TM", "1200-1300"),
    ("UC", "a" * 100_000),
    ("UI", "1.2.840.10008.1.2"),
    ("UI", "0." + "1" * 62),
    ("UR", "https://example.org/a?b=c#d "),
    ("UT", "a" * 100_000),
    ("SS", -32768),
    ("SS", 32767),
    ("US", 65535),
    ("US", b"\0\0\1\0"),
    ("US", True),
    ("SL", -(2**31)),
    ("UL", 2**32 - 1),
    ("SV", -(2**63)),
    ("UV", 2**64 - 1),
    ("FD", 1),
    ("FL", 1.5),
    ("OB", b"x"),
    ("OW", bytearray(2)),
    ("UN", object()),
    ("SQ", object()),
    ("US", None),
]
BAD: list[tuple[str, Any, str]] = [
    ("AE", "a" * 17, "17 characters"),
    ("AE", "é", "characters that are not allowed"),
    ("AE", "a\n", "characters that are not allowed"),
    ("AS", "34Y", "form"),
    ("CS", "lower", "characters that are not allowed"),
    ("CS", "A" * 17, "17 characters"),
    ("DA", "20241301", "form"),
    ("DA", "2024.01.31", "form"),
    ("DA", "20240101\n", "form"),
    ("DS", "1,5", "form"),
    ("DS", "nan", "form"),
    ("DS", "1.0000000000000000", "18 characters"),
    ("IS", "1.0", "form"),
    ("IS", 2**31, "between"),
    ("LO", "a" * 65, "65 characters"),
    ("LO", "a\tb", "control"),
    ("LO", "a\x7fb", "control"),
    ("LT", "a" * 10241, "10241"),
    ("LT", "a\0", "control"),
    ("PN", "a=b=c=d", "4 component groups"),
    ("PN", "山" * 65 + "^b", "67 characters"),
    ("PN", "a\nb", "control"),
    ("SH", "a" * 17, "17 characters"),
    ("ST", "a" * 1025, "1025"),
    ("TM", "2400", "form"),
    ("TM", "12:00", "form"),
    ("UI", "1.02", "form"),
    ("UI", "1." * 32 + "1", "65 characters"),
    ("UI", "1..2", "form"),
    ("UR", "a b", "characters"),
    ("UC", "a\0b", "control"),
    ("UT", 5, "type int"),
    ("US", -1, "between 0 and 65535"),
    ("US", 65536, "between 0 and 65535"),
    ("US", "5", "type str"),
    ("US", b"\0", "no multiple of 2"),
    ("SS", 32768, "between -32768 and 32767"),
    ("UL", 2**32, "between"),
    ("SL", 2**31, "between"),
    ("UV", 2**64, "between"),
    ("SV", -(2**63) - 1, "between"),
    ("FD", "1.5", "type str"),
    ("FL", b"0000", "type bytes"),
    ("OB", "text", "type str"),
    ("DA", 20240131, "type int"),
]


@pytest.mark.parametrize(("VR", "value"), GOOD)
def test_what_the_standard_allows(VR: str, value: Any) -> None:
    assert fault_of(VR, value) == ""
    validate_value(VR, value, RAISE)


@pytest.mark.parametrize(("VR", "value", "text"), BAD)
def test_what_the_standard_does_not_allow(VR: str, value: Any, text: str) -> None:
    assert text in fault_of(VR, value)
    with pytest.raises(EncodeError, match=text) as caught:
        validate_value(VR, value, RAISE)
    assert caught.value.value is value
    assert isinstance(caught.value, ValueError)
    assert VR in str(caught.value)
    if isinstance(value, str):
        assert value not in str(caught.value)
    with pytest.warns(DicomWarning, match=text):
        validate_value(VR, value, WARN)
    validate_value(VR, value, IGNORE)


def test_a_rule_of_the_callers_own() -> None:
    def odd(VR: str, value: Any) -> tuple[bool, str]:
        return value % 2 == 1, f"{VR} shall be odd"

    validate_value("US", 3, RAISE, odd)
    validate_value("US", None, RAISE, odd)
    validate_value("US", 2, IGNORE, odd)
    with pytest.raises(EncodeError, match="US shall be odd"):
        validate_value("US", 2, RAISE, odd)
    with pytest.warns(DicomWarning, match="shall be odd"):
        validate_value("US", 2, WARN, odd)


@pytest.mark.parametrize("mode", [3, -1, "error", "", [], 1.5])
def test_no_mode(mode: Any) -> None:
    with pytest.raises(ValueError, match="mode of validation"):
        mode_number(mode)
    with pytest.raises(ValueError, match="mode of validation"), validation(mode):
        pass


def test_modes_nest_and_end() -> None:
    assert mode_number() == WARN
    with validation("raise"):
        assert mode_number() == RAISE
        with validation(IGNORE):
            assert mode_number() == IGNORE
        assert mode_number() == RAISE
        assert mode_number("warn") == WARN
    assert mode_number() == WARN
    with pytest.raises(KeyError), validation("raise"):
        raise KeyError
    assert mode_number() == WARN


def test_threads_have_a_mode_each() -> None:
    found: list[int] = []
    with validation("raise"):
        thread = threading.Thread(target=lambda: found.append(mode_number()))
        thread.start()
        thread.join()
    assert found == [WARN]


def test_tasks_have_a_mode_each() -> None:
    async def strict(inside: asyncio.Event, done: asyncio.Event) -> int:
        with validation("raise"):
            inside.set()
            await done.wait()
            return mode_number()

    async def main() -> tuple[int, int]:
        inside, done = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(strict(inside, done))
        await inside.wait()
        mine = mode_number()
        done.set()
        return await task, mine

    assert asyncio.run(main()) == (RAISE, WARN)


def test_the_door() -> None:
    with adicom.valuerep.validation("raise"), pytest.raises(ValueError, match=r"\(0028,0010\) with VR US"):
        Dataset().Rows = 70000


# ---------------------------------------------------------------- elements and datasets


def test_a_value_that_is_assigned_is_warned_of() -> None:
    ds = Dataset()
    with pytest.warns(DicomWarning, match=r"^the value of \(0010,0040\) with VR CS has characters") as caught:
        ds.PatientSex = "male"
    assert ds.PatientSex == "male"
    assert caught[0].filename == __file__  # where the caller is, not in adicom


def test_a_warning_for_each_place() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        ds = Dataset()
        ds.PatientSex = "male"
        ds.PatientSex = "male"
        for _ in range(3):
            ds.PatientSex = "male"
    assert len(caught) == 3


def test_what_is_refused_changes_nothing() -> None:
    ds = Dataset()
    ds.PatientSex = "M"
    with validation("raise"), pytest.raises(EncodeError):
        ds.PatientSex = "male"
    with validation("raise"), pytest.raises(EncodeError):
        ds.Rows = 70000
    assert ds.PatientSex == "M"
    assert "Rows" not in ds


def test_an_element_with_a_mode_of_its_own() -> None:
    element = DataElement(0x00100040, "CS", "M", validation_mode="raise")
    assert element.validation_mode == RAISE
    with pytest.raises(EncodeError):
        element.value = "male"
    with pytest.raises(EncodeError):
        element.validate("male")
    with validation("ignore"), pytest.raises(EncodeError):
        element.value = "male"
    assert element.value == "M"
    assert copy.copy(element).validation_mode == RAISE
    element.validation_mode = IGNORE
    element.value = "male"
    element.validation_mode = None
    with pytest.warns(DicomWarning):
        element.value = "female"
    with pytest.raises(EncodeError):
        DataElement(0x00100040, "CS", "male", validation_mode=RAISE)
    with pytest.raises(ValueError, match="mode"):
        DataElement(0x00100040, "CS", "M", validation_mode=7)


def test_what_is_appended_is_checked_too() -> None:
    element = DataElement(0x00080008, "CS", ["ORIGINAL", "PRIMARY"], validation_mode=RAISE)
    with pytest.raises(EncodeError, match="CS"):
        element.value.append("axial")
    with pytest.raises(EncodeError, match="CS"):
        element.value[0] = "axial"
    assert element.value == ["ORIGINAL", "PRIMARY"]
    numbers = DataElement(0x00280030, "DS", ["1", "2"], validation_mode=RAISE)
    with pytest.raises(EncodeError, match="DS"):
        numbers.value.append("1.00000000000000000")


def test_descriptors_of_tables() -> None:
    # PS3.3 C.7.6.3.1.5: the first of the three values is unsigned, whatever the VR.
    with validation("raise"):
        assert DataElement(0x00281101, "SS", [40000, -5, 16]).value == [40000, -5, 16]
        with pytest.raises(EncodeError, match="US"):
            DataElement(0x00281101, "SS", [-1, 0, 16])
        with pytest.raises(EncodeError, match="SS"):
            DataElement(0x00281101, "SS", [1, 40000, 16])


def test_what_is_read_is_not_validated() -> None:
    data = made.part10(
        b"".join(
            [
                made.element(0x00080016, "UI", b"not a uid "),
                made.element(0x00080060, "CS", b"lower "),
                made.element(0x00100010, "PN", b"a=b=c=d\\a=b=c=d "),
                made.element(0x00180050, "DS", b"1.000000000000000000"),
                made.element(0x00200013, "IS", b"99999999999999"),
                made.element(0x00280030, "DS", b"1.000000000000000000\\ "),
            ]
        )
    )
    with validation("raise"):
        ds = adicom.sync.dcmread(data)
        assert len([element.value for element in ds]) == 6
        with pytest.raises(EncodeError):
            ds.Modality = "lower"


# ---------------------------------------------------------------- value classes


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda mode: UID("not a uid", mode), EncodeError),
        (lambda mode: PersonName("a=b=c=d", validation_mode=mode), EncodeError),
        (lambda mode: DS("1.00000000000000000", False, mode), EncodeError),
        (lambda mode: DSdecimal("1.00000000000000000", False, mode), OverflowError),
        (lambda mode: DSdecimal("NaN", False, mode), EncodeError),
        (lambda mode: IS("1.0", mode), EncodeError),
        (lambda mode: IS(1.5, mode), TypeError),
        (lambda mode: IS(2**31, mode), OverflowError),
        (lambda mode: IS("2147483648", mode), OverflowError),
        (lambda mode: ISfloat(1.5, mode), TypeError),
    ],
)
def test_modes_of_value_classes(make: Any, error: type[Exception]) -> None:
    make("ignore")
    with pytest.warns(DicomWarning):
        make("warn")
    with pytest.raises(error):
        make("raise")


@pytest.mark.parametrize(("value", "error"), [(1 / 3, OverflowError), (float("nan"), EncodeError)])
def test_a_ds_of_a_float_is_an_error_or_nothing(value: float, error: type[Exception]) -> None:
    assert str(DS(value)) == str(DSfloat(value)) == str(value)
    for kind in (DS, DSfloat):
        with pytest.raises(error, match="DS"):
            kind(value, validation_mode="raise")
    assert DSfloat(1 / 3, auto_format=True, validation_mode="raise") == 1 / 3
    assert DS("0.33333333333333333333", True, "raise") == 1 / 3


def test_what_is_no_number_is_an_error_in_any_mode() -> None:
    for mode in ("ignore", "warn", "raise"):
        for kind in (DS, IS):
            with pytest.raises(ValueError, match=r"number|form") as caught:
                kind("Joan", validation_mode=mode)
            assert "Joan" not in str(caught.value)


def test_check_names_the_tag() -> None:
    with pytest.raises(EncodeError, match=r"the value of \(0008,0060\) with VR CS"):
        check("CS", "lower", RAISE, 0x00080060)
