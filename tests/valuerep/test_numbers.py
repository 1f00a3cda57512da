"""DS and IS: numbers that keep their text, with pydicom as the oracle."""

from __future__ import annotations

import copy
import json
import math
import pickle
import warnings
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pydicom.valuerep
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adicom.errors import DicomWarning
from adicom.valuerep import DS, IS, DSdecimal, DSfloat, ISfloat, format_number_as_ds, is_valid_ds
from adicom.valuerep.decimal_strings import ds_value, ds_values
from adicom.valuerep.integer_strings import is_from_text, is_values

if TYPE_CHECKING:
    from collections.abc import Callable

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SPACE = st.sampled_from(["", " "])


@given(SPACE, st.floats().map(str), SPACE)
def test_decimal_string(left: str, number: str, right: str) -> None:
    text = left + number + right
    ours: Any = DSfloat(text)
    theirs: Any = pydicom.valuerep.DSfloat(text)
    assert (str(ours), repr(ours), ours.original_string) == (str(theirs), repr(theirs), theirs.original_string)
    assert float(ours) == float(theirs) or math.isnan(ours)
    assert ours == text.strip()
    assert hash(ours) == hash(float(theirs)) or math.isnan(ours)


@given(FINITE)
def test_decimal_string_of_a_float(number: float) -> None:
    ours: Any = DSfloat(number)
    theirs: Any = pydicom.valuerep.DSfloat(number)
    assert ours == number
    assert (str(ours), repr(ours)) == (str(theirs), repr(theirs))
    assert ours.original_string == str(ours)
    assert json.dumps(ours) == json.dumps(number)


@pytest.mark.parametrize("kind", [DSfloat, DSdecimal, DS, IS])
def test_blank_and_none_come_back(kind: Any) -> None:
    assert kind(None) is None
    assert kind("") == ""
    assert kind("  ") == "  "


@pytest.mark.parametrize("kind", [DSfloat, DSdecimal, DS, IS])
@pytest.mark.parametrize("text", ["abc", "1,5", "1_0", "--1"])
def test_what_is_no_number(kind: Any, text: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        kind(text)


def test_comparison_with_text_and_numbers() -> None:
    value: Any = DSfloat("1.50")
    assert value == "1.50"
    assert value != "1.5"
    assert value == 1.5
    assert value != 2
    assert value < 2
    exact: Any = DSdecimal("1.50")
    assert exact == "1.50"
    assert exact != "1.5"
    assert exact == Decimal("1.5")
    assert exact != 2
    whole: Any = IS("07")
    assert whole == "07"
    assert whole != "7"
    assert whole == 7
    assert whole != 8
    assert {value: 1}[1.5] == {exact: 1}[Decimal("1.5")] == {whole: 1}[7] == 1


def test_of_each_other() -> None:
    value: Any = DSfloat("1.50")
    assert str(DSfloat(value)) == str(DSdecimal(DSdecimal("1.50"))) == "1.50"
    assert str(DSfloat(DSdecimal("1.50"))) == "1.50"
    assert str(IS(IS("007"))) == "007"
    assert str(IS(DSfloat("5.0"))) == "5"
    assert str(ISfloat(ISfloat("1.50"))) == "1.50"
    assert str(ISfloat(1.5)) == "1.5"


def test_decimal_takes_no_float() -> None:
    with pytest.raises(TypeError, match="float"):
        DSdecimal(1.5)  # type: ignore[arg-type]  # the mistake is the point
    assert str(DSdecimal(5)) == str(DSdecimal(Decimal(5))) == "5"
    assert repr(DSdecimal(" 5.0 ")) == "'5.0'"
    assert type(DSdecimal("5") + 1) is Decimal  # type: ignore[operator]  # mypy sees the None of a blank text


def test_auto_format() -> None:
    value: Any = DSfloat(math.pi, auto_format=True)
    assert value == math.pi
    assert value.auto_format
    assert str(value) == "3.14159265358979"
    assert str(DSfloat("1.50", auto_format=True)) == "1.50"
    long: Any = DSfloat("3.14159265358979323846", auto_format=True)
    assert str(long) == "3.14159265358979"
    assert str(DSfloat(long)) == str(long)
    assert DSfloat(long).auto_format  # type: ignore[union-attr]
    exact: Any = DSdecimal("3.14159265358979323846", auto_format=True)
    assert str(exact) == "3.14159265358979"
    assert exact == Decimal("3.14159265358979323846")
    assert not DSfloat("1").auto_format  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "value",
    [
        DSfloat("1.50"),
        DSfloat(1.5),
        DSfloat(math.pi, auto_format=True),
        DSdecimal("1.50"),
        DSdecimal(5),
        DSdecimal("3.14159265358979323846", auto_format=True),
        IS("007"),
        IS(5),
        ISfloat("1.50"),
    ],
)
def test_copies(value: Any) -> None:
    for other in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert other == value
        assert type(other) is type(value)
        assert other.original_string == value.original_string
        assert getattr(other, "auto_format", None) == getattr(value, "auto_format", None)


def test_pickles_of_subclasses() -> None:
    value: Any = pickle.loads(pickle.dumps(Length("1.50")))
    assert type(value) is Length
    assert str(value) == "1.50"


class Length(DSfloat):
    """A subclass as users make them."""


@given(st.integers(-(2**31), 2**31 - 1), st.sampled_from(["", " ", "+", "0", "00"]))
def test_integer_string(number: int, prefix: str) -> None:
    text = f"{prefix}{abs(number)}" if number >= 0 else str(number)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of more than 12 characters
        theirs: Any = pydicom.valuerep.IS(text)
    ours: Any = IS(text)
    assert ours == number
    assert (str(ours), repr(ours), ours.original_string) == (str(theirs), repr(theirs), theirs.original_string)


def test_integers_beyond_a_float() -> None:
    # pydicom makes a float of these, since float() of the text differs.
    assert type(IS("9007199254740993", "ignore")) is IS


def test_integer_string_keeps_no_text_it_can_do_without() -> None:
    assert vars(IS("7")) == {}
    assert vars(IS("07")) == {"_text": "07"}
    assert IS(7).original_string == "7"  # type: ignore[union-attr]


@pytest.mark.parametrize("given_value", ["1.0", 1.0, Decimal(1), "1e0"])
def test_whole_numbers(given_value: Any) -> None:
    value: Any = IS(given_value, "ignore")
    assert type(value) is IS
    assert value == 1
    assert str(value) == (given_value if isinstance(given_value, str) else "1")


@pytest.mark.parametrize("given_value", ["1.5", 1.5, Decimal("1.5")])
def test_no_whole_numbers(given_value: Any) -> None:
    with pytest.warns(DicomWarning, match="no integer|form"):
        value: Any = IS(given_value)
    assert type(value) is ISfloat
    assert value == 1.5
    assert str(value) == "1.5"


@pytest.mark.parametrize("given_value", ["inf", "nan", "1e999", "9" * 5000, math.inf, math.nan])
def test_no_integers_at_all(given_value: Any) -> None:
    with pytest.raises(ValueError, match="IS"):
        IS(given_value)


def test_many_at_once() -> None:
    assert [str(value) for value in ds_values(["1.50", "2"])] == ["1.50", "2"]
    assert [str(value) for value in is_values(["007", "7"])] == ["007", "7"]
    assert str(ds_value("1.50")) == "1.50"
    assert type(is_from_text("1.5")) is ISfloat


@pytest.mark.parametrize(
    "make",
    [lambda: ds_values(["1", "x"]), lambda: is_values(["1", "x"]), lambda: ds_value("1_0"), lambda: is_from_text("x")],
)
def test_many_at_once_with_one_that_is_no_number(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the caller says what it was
        make()


@given(FINITE)
def test_formatted_numbers_are_as_near_as_pydicoms(number: float) -> None:
    text = format_number_as_ds(number)
    assert is_valid_ds(text)
    assert pydicom.valuerep.is_valid_ds(text)
    assert len(text) <= 16
    theirs = float(pydicom.valuerep.format_number_as_ds(number)) if number else 0.0
    assert abs(float(text) - number) <= abs(theirs - number)


def test_format_of_decimals() -> None:
    assert format_number_as_ds(Decimal("1.23456789012345678")) == "1.23456789012346"
    assert format_number_as_ds(Decimal("1.50")) == "1.50"
    assert format_number_as_ds(-1.7976931348623157e308) == "-1.79769313e+308"


@pytest.mark.parametrize("number", [math.inf, math.nan, -math.inf])
def test_format_of_what_is_not_finite(number: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        format_number_as_ds(number)


def test_format_of_something_else() -> None:
    with pytest.raises(TypeError):
        format_number_as_ds("1")  # type: ignore[arg-type]  # the mistake is the point


@given(st.text("0123456789+-.eE nai_\n", max_size=18))
def test_validity_is_as_in_pydicom(text: str) -> None:
    assert is_valid_ds(text) == pydicom.valuerep.is_valid_ds(text) or not text.strip()
