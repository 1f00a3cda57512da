"""DA, TM, DT: pydicom as the oracle where it is right."""

from __future__ import annotations

import copy
import datetime
import pickle
from typing import Any

import pydicom.valuerep
import pytest
from hypothesis import given
from hypothesis import strategies as st

import adicom.valuerep
from adicom.errors import DicomWarning
from adicom.valuerep import DA, DT, TM

UTC_PLUS_5 = datetime.timezone(datetime.timedelta(hours=5))


def same(ours: Any, theirs: Any) -> bool:
    """Compare with pydicom's value of the same text."""
    return str(ours) == str(theirs) and repr(ours) == repr(theirs) and ours.isoformat() == theirs.isoformat()


@given(st.dates())
def test_dates(day: datetime.date) -> None:
    text = f"{day.year:04}{day.month:02}{day.day:02}"
    ours: Any = DA(text)
    assert ours == day
    assert same(ours, pydicom.valuerep.DA(text))
    assert DA(day) == day
    assert str(DA(day)) == text


def test_date_of_acr_nema() -> None:
    ours: Any = DA("1993.08.22")
    assert ours == datetime.date(1993, 8, 22)
    assert str(ours) == "1993.08.22"


@given(st.times(), st.integers(0, 4))
def test_times(moment: datetime.time, parts: int) -> None:
    text = f"{moment.hour:02}{moment.minute:02}{moment.second:02}.{moment.microsecond:06}"
    text = (text[:2], text[:4], text[:6], text[:9], text)[parts]
    ours: Any = TM(text)
    assert same(ours, pydicom.valuerep.TM(text))


@given(st.datetimes(), st.integers(0, 7), st.sampled_from(["", "+0100", "-0330", "+1400"]))
def test_datetimes(moment: datetime.datetime, parts: int, offset: str) -> None:
    text = f"{moment.year:04}{moment.month:02}{moment.day:02}"
    text += f"{moment.hour:02}{moment.minute:02}{moment.second:02}.{moment.microsecond:06}"
    text = (text[:4], text[:6], text[:8], text[:10], text[:12], text[:14], text[:16], text)[parts] + offset
    ours: Any = DT(text)
    assert same(ours, pydicom.valuerep.DT(text))
    assert (ours.tzinfo is None) == (not offset)


@pytest.mark.parametrize("kind", [DA, DT, TM])
@pytest.mark.parametrize("empty", [None, "", "   "])
def test_nothing_makes_none(kind: Any, empty: str | None) -> None:
    assert kind(empty) is None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (DA, "2024013"),
        (DA, "20241301"),
        (DA, "20230229"),
        (DA, "2024"),
        (DA, "20240101-20240131"),
        (DA, "2024-01-01"),
        (DA, "abcdefgh"),
        (DA, "²0240101"),
        (TM, "1"),
        (TM, "123"),
        (TM, "2460"),
        (TM, "10:30"),
        (TM, "1030.5"),
        (TM, "103000.1234567"),
        (TM, "103000.x"),
        (TM, "103000-113000"),
        (DT, "20241301"),
        (DT, "20240"),
        (DT, "202"),
        (DT, "20240101120000+9999"),
        (DT, "20240101120000+01"),
        (DT, "garbage"),
        (DT, "2024.5"),
    ],
)
def test_what_is_none(kind: Any, text: str) -> None:
    with pytest.raises(ValueError, match="The text is no") as caught:
        kind(text)
    assert text not in str(caught.value)


@pytest.mark.parametrize(("kind", "text"), [(TM, "235960"), (DT, "20161231235960")])
def test_leap_seconds(kind: Any, text: str) -> None:
    with pytest.warns(DicomWarning, match="leap"):
        value = kind(text)
    assert value.second == 59
    assert str(value) == str(pickle.loads(pickle.dumps(value))) == text


def test_trailing_spaces() -> None:
    assert DA("20240101 ") == datetime.date(2024, 1, 1)
    assert TM("10 ") == datetime.time(10)
    assert DT("2024 ") == datetime.datetime(2024, 1, 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (DA(2024, 1, 31), "20240131"),
        (DA(year=2024, month=1, day=31), "20240131"),
        (TM(10, 30), "103000"),
        (TM(hour=10, microsecond=5), "100000.000005"),
        (TM(datetime.time(10, 30, 1, 500000)), "103001.500000"),
        (DT(2024, 1, 31, 12, tzinfo=UTC_PLUS_5), "20240131120000+0500"),
        (DT(datetime.datetime(2024, 1, 31, 12, 0, 0, 5)), "20240131120000.000005"),
        (DT(datetime.datetime(2024, 1, 31, tzinfo=datetime.UTC)), "20240131000000+0000"),
        (DT(2024, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(minutes=-210))), "20240101000000-0330"),
        (DA(DA("2024.01.31")), "2024.01.31"),
        (TM(TM("10")), "10"),
        (DT(DT("2024")), "2024"),
    ],
)
def test_text_of_what_was_no_text(value: Any, text: str) -> None:
    assert str(value) == text
    assert repr(value) == f'"{text}"'


@pytest.mark.parametrize(
    "value",
    [
        DA("20240131"),
        DA(2024, 1, 31),
        TM("10"),
        TM(10, 30),
        DT("2024+0100"),
        DT(2024, 1, 2, fold=1),
        DT(2024, 1, 2, tzinfo=UTC_PLUS_5),
    ],
)
def test_copies(value: Any) -> None:
    for other in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert other == value
        assert type(other) is type(value)
        assert str(other) == str(value)
        assert getattr(other, "fold", 0) == getattr(value, "fold", 0)


def test_arithmetic_gives_the_text_of_the_result() -> None:
    day: Any = DA("20240131")
    assert str(day + datetime.timedelta(days=1)) == "20240201"
    assert str(day.replace(year=2025)) == "20250131"
    moment: Any = DT("20240131235959")
    assert str(moment + datetime.timedelta(seconds=1)) == "20240201000000"
    hour: Any = TM("1030")
    assert str(hour.replace(hour=11)) == "113000"


@pytest.mark.parametrize("arguments", [(1.5,), ([],), (2024, "1"), (10**30, 1, 1), (2024, 13, 1), (99, 99, 99)])
@pytest.mark.parametrize("kind", ["DA", "DT", "TM"])
def test_what_makes_no_date_is_a_value_error(kind: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - some texts are Python's own
        getattr(adicom.valuerep, kind)(*arguments)
    with pytest.raises(ValueError):  # noqa: PT011
        getattr(pydicom.valuerep, kind)(*arguments)
