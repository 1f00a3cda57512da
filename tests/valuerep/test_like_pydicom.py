"""The value classes do what pydicom's do, on values made at random; where they do not, a table says why."""

from __future__ import annotations

import copy
import datetime
import operator
import pickle
import re
import warnings
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pydicom.dataelem
import pydicom.multival
import pydicom.tag
import pydicom.uid
import pydicom.valuerep
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom._uid_dict import UID_dictionary

import adicom.dataelem
import adicom.multival
import adicom.tag
import adicom.uid
import adicom.valuerep

if TYPE_CHECKING:
    from collections.abc import Callable

LIBRARIES: tuple[Any, ...] = (adicom, pydicom)
COMPARISONS = (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)
ARITHMETIC = (operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod)

UNARY: tuple[Callable[[Any], Any], ...] = (operator.neg, operator.pos, abs, int, float, round)


def again(value: Any) -> list[Any]:
    """Return copies of a value, made in each way there is."""
    return [copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))]


def answer(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what comes out, or the base of the error that pydicom's callers would catch."""
    try:
        return function(*arguments)
    except (TypeError, ValueError, KeyError, ArithmeticError) as error:
        return next(kind for kind in (TypeError, ValueError, KeyError, ArithmeticError) if isinstance(error, kind))


def plain(value: Any) -> Any:
    """Return a value as what the standard library knows, with the name of its class."""
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    for kind in (bool, float, int, Decimal, datetime.datetime, datetime.date, datetime.time, datetime.timedelta, str):
        if isinstance(value, kind):
            make: Any = kind if kind in (float, int, Decimal, str) else repr
            return type(value).__name__, repr(make(value))
    return type(value).__name__, repr(value)


def assert_same_looks(ours: Any, theirs: Any) -> None:
    assert (str(ours), repr(ours), f"{ours}") == (str(theirs), repr(theirs), f"{theirs}")
    assert bool(ours) == bool(theirs)
    assert type(ours).__name__ == type(theirs).__name__


def assert_same_numbers(ours: Any, theirs: Any, other: Any) -> None:
    assert_same_looks(ours, theirs)
    assert hash(ours) == hash(theirs)
    for function in COMPARISONS:
        assert answer(function, ours, other) == answer(function, theirs, other), function.__name__
    for function in ARITHMETIC:
        if other or function in (operator.add, operator.sub, operator.mul):
            assert plain(answer(function, ours, other)) == plain(answer(function, theirs, other)), function.__name__
            assert plain(answer(function, other, ours)) == plain(answer(function, other, theirs)) or not ours
    for single in UNARY:
        assert plain(answer(single, ours)) == plain(answer(single, theirs)), single


# ---------------------------------------------------------------- numbers

# Texts that the standard allows: at most 16 characters, 12 in an IS.
DECIMALS = st.from_regex(r"\A *[+-]?([0-9]{1,6}|[0-9]{1,4}\.[0-9]{0,4}|\.[0-9]{1,4})([eE][+-]?[0-9]{1,2})? *\Z").filter(
    lambda text: len(text) <= 16
)
INTEGERS = st.integers(-(2**31), 2**31 - 1)
INTEGER_TEXTS = st.from_regex(r"\A ?[+-]?[0-9]{1,9} ?\Z")
NUMBERS = st.integers(-100, 100) | st.floats(-1e3, 1e3)


@given(DECIMALS, NUMBERS)
def test_dsfloat_of_text(text: str, other: float) -> None:
    ours: Any = adicom.valuerep.DSfloat(text)
    theirs: Any = pydicom.valuerep.DSfloat(text)
    assert_same_numbers(ours, theirs, other)
    assert ours.original_string == theirs.original_string
    assert (ours == text.strip(), ours == text) == (theirs == text.strip(), theirs == text)


@given(st.floats(allow_nan=False, allow_infinity=False) | INTEGERS, NUMBERS)
def test_dsfloat_of_numbers(number: float, other: float) -> None:
    assert_same_numbers(adicom.valuerep.DSfloat(number), pydicom.valuerep.DSfloat(number), other)


@given(DECIMALS, st.integers(-100, 100) | st.decimals(-100, 100, places=2))
def test_dsdecimal(text: str, other: Any) -> None:
    assert_same_numbers(adicom.valuerep.DSdecimal(text), pydicom.valuerep.DSdecimal(text), other)


@given(INTEGER_TEXTS | INTEGERS, NUMBERS)
def test_is(value: Any, other: float) -> None:
    ours: Any = adicom.valuerep.IS(value)
    theirs: Any = pydicom.valuerep.IS(value)
    assert_same_numbers(ours, theirs, other)
    if isinstance(value, str):
        assert ours.original_string == theirs.original_string
        assert (ours == value.strip()) == (theirs == value.strip())


@given(st.lists(DECIMALS, min_size=2, max_size=5))
def test_sorting_numbers(texts: list[str]) -> None:
    ours: Any = [adicom.valuerep.DSfloat(text) for text in texts]
    theirs: Any = [pydicom.valuerep.DSfloat(text) for text in texts]
    assert [str(value) for value in sorted(ours)] == [str(value) for value in sorted(theirs)]
    assert sum(ours) == sum(theirs)
    assert repr(max(ours)) == repr(max(theirs))


@given(DECIMALS)
def test_copies_of_numbers(text: str) -> None:
    for kind in ("DSfloat", "ISfloat"):
        originals = (getattr(library.valuerep, kind)(text) for library in (adicom, pydicom))
        for ours, theirs in zip(*map(again, originals), strict=True):
            assert repr(ours) == repr(theirs)
            assert ours.original_string == theirs.original_string


# ---------------------------------------------------------------- dates

DAYS = st.dates().map(lambda day: f"{day.year:04}{day.month:02}{day.day:02}")
ZONES = st.sampled_from(["", "+0000", "+0545", "-0830"])
FRACTIONS = st.sampled_from(["", ".5", ".000001", ".123456"])
CLOCKS = st.tuples(st.times(), st.integers(1, 3), FRACTIONS).map(
    lambda parts: parts[0].strftime("%H%M%S")[: parts[1] * 2] + (parts[2] if parts[1] == 3 else "")
)
MOMENTS = st.tuples(DAYS, st.just("") | CLOCKS, ZONES).map("".join)


def assert_same_dates(kind: str, text: str, attributes: str) -> None:
    ours, theirs = (getattr(library.valuerep, kind)(text) for library in (adicom, pydicom))
    assert_same_looks(ours, theirs)
    assert ours.original_string == theirs.original_string == text
    assert ours == theirs
    assert hash(ours) == hash(theirs)
    for name in attributes.split():
        assert getattr(ours, name) == getattr(theirs, name), name
    assert repr(again(ours)) == repr(again(theirs))


@given(DAYS)
def test_da(text: str) -> None:
    assert_same_dates("DA", text, "year month day")


@given(CLOCKS)
def test_tm(text: str) -> None:
    assert_same_dates("TM", text, "hour minute second microsecond")


@given(MOMENTS)
def test_dt(text: str) -> None:
    assert_same_dates("DT", text, "year month day hour minute second microsecond tzinfo")


@given(st.lists(MOMENTS.filter(lambda text: text[-5:-4] not in "+-"), min_size=2, max_size=4))
def test_order_and_difference_of_moments(texts: list[str]) -> None:
    ours, theirs = ([library.valuerep.DT(text) for text in texts] for library in (adicom, pydicom))
    for function in COMPARISONS:
        assert function(ours[0], ours[1]) == function(theirs[0], theirs[1])
    assert ours[0] - ours[1] == theirs[0] - theirs[1]
    assert [str(value) for value in sorted(ours)] == [str(value) for value in sorted(theirs)]


@given(st.datetimes())
def test_dates_of_dates(moment: datetime.datetime) -> None:
    for kind, value in (("DT", moment), ("TM", moment.time())):
        ours, theirs = (getattr(library.valuerep, kind)(value) for library in (adicom, pydicom))
        assert_same_looks(ours, theirs)
        assert ours.original_string == theirs.original_string


@given(st.text("0123456789.+-", max_size=14), st.sampled_from(["DA", "TM", "DT"]))
def test_what_is_a_date_here_is_one_there(text: str, kind: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of leap seconds
        ours = answer(getattr(adicom.valuerep, kind), text)
        theirs = answer(getattr(pydicom.valuerep, kind), text)
    if ours is None or isinstance(ours, datetime.date | datetime.time):
        assert ours == theirs
        assert str(ours) == str(theirs)
    else:
        assert ours is ValueError


# ---------------------------------------------------------------- names

NAMES = st.lists(st.text("Ab ^é山", max_size=8), max_size=3).map("=".join)


@given(NAMES, NAMES)
def test_names(text: str, other: str) -> None:
    ours: Any = adicom.valuerep.PersonName(text)
    theirs: Any = pydicom.valuerep.PersonName(text)
    assert_same_looks(ours, theirs)
    assert list(ours) == list(theirs)
    assert (ours == other, ours != other) == (theirs == other, theirs != other)
    assert (other in ours, len(ours)) == (other in theirs, len(theirs))
    assert str(adicom.valuerep.PersonName(ours)) == str(pydicom.valuerep.PersonName(theirs))
    form = "%(given_name)s %(family_name)s (%(ideographic)s)"
    assert ours.formatted(form) == theirs.formatted(form)


@given(st.lists(st.text("Ab ", max_size=4), min_size=15, max_size=15))
def test_names_of_components(parts: list[str]) -> None:
    ours, theirs = (library.valuerep.PersonName.from_named_components(*parts) for library in LIBRARIES)
    assert_same_looks(ours, theirs)
    assert ours.original_string == theirs.original_string
    assert ours.encode() == theirs.encode()


@given(NAMES.filter(lambda text: text.isascii()), st.sampled_from(["iso8859", "utf_8", "latin_1"]))
def test_encoded_names(text: str, codec: str) -> None:
    ours: Any = adicom.valuerep.PersonName(text.encode(), [codec])
    theirs: Any = pydicom.valuerep.PersonName(text.encode(), [codec])
    assert_same_looks(ours, theirs)
    assert (ours.components, ours.encodings, ours.original_string) == (
        theirs.components,
        theirs.encodings,
        theirs.original_string,
    )
    assert ours.encode() == theirs.encode()
    assert ours.decode(["utf_8"]) == str(theirs.decode(["utf_8"]))


# ---------------------------------------------------------------- tags, UIDs, lists

TAGS = st.integers(0, 0xFFFFFFFF)
TAG_FORMS = TAGS | st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)) | st.sampled_from(["PatientName", "Rows"])


@given(TAGS, TAG_FORMS | st.just("NoKeyword") | st.none())
def test_tags(number: int, other: Any) -> None:
    ours, theirs = adicom.tag.BaseTag(number), pydicom.tag.BaseTag(number)
    for function in COMPARISONS:
        assert answer(function, ours, other) == answer(function, theirs, other), function.__name__
    assert hash(ours) == hash(theirs)
    assert (ours.json_key, int(ours.private_creator)) == (theirs.json_key, int(theirs.private_creator))


@given(st.from_regex(r"\A(0|[1-9][0-9]{0,3})(\.(0|[1-9][0-9]{0,3})){0,8}\Z") | st.sampled_from(sorted(UID_dictionary)))
def test_uids(text: str) -> None:
    ours, theirs = adicom.uid.UID(text), pydicom.uid.UID(text)
    assert_same_looks(ours, theirs)
    assert hash(ours) == hash(theirs)
    for name in "name keyword type info is_retired is_private is_valid is_transfer_syntax".split():
        assert getattr(ours, name) == getattr(theirs, name), name


@given(st.lists(INTEGERS, max_size=6), st.lists(INTEGERS, max_size=3), st.slices(6))
def test_lists(items: list[int], more: list[int], part: slice) -> None:
    ours: Any = adicom.multival.MultiValue(int, items)
    theirs: Any = pydicom.multival.MultiValue(int, items)
    assert (str(ours), repr(ours), len(ours), list(ours)) == (str(theirs), repr(theirs), len(theirs), list(theirs))
    assert ours[part] == theirs[part]
    assert type(ours[part]) is type(theirs[part]) is list
    assert (ours == items, ours == more, ours != items) == (theirs == items, theirs == more, theirs != items)
    for values in (ours, theirs):
        values.extend(more)
        values += more
        values.sort(reverse=True)
        if values:
            values[0] = "7"
            values.insert(1, "8")
            values.pop()
        values.append("9")
        values.reverse()
    assert list(ours) == list(theirs)


# ---------------------------------------------------------------- elements

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "AE": st.text("AB1 ", max_size=16),
    "AS": st.from_regex(r"\A[0-9]{3}[DWMY]\Z"),
    "AT": TAG_FORMS.filter(lambda form: form != 0),
    "CS": st.text("AB1_ ", max_size=16),
    "DA": DAYS,
    "DS": DECIMALS | st.floats(-1e3, 1e3),
    "DT": MOMENTS,
    "FD": st.floats(),
    "FL": st.floats(width=32),
    "IS": INTEGER_TEXTS | INTEGERS,
    "LO": st.text("Ab é山", max_size=64),
    "LT": st.text("Ab\\\n", max_size=64),
    "OB": st.binary(max_size=20),
    "OW": st.binary(max_size=20),
    "PN": NAMES,
    "SH": st.text("Ab é", max_size=16),
    "SL": st.integers(-(2**31), 2**31 - 1),
    "SS": st.integers(-(2**15), 2**15 - 1),
    "ST": st.text("Ab\\\n", max_size=64),
    "SV": st.integers(-(2**63), 2**63 - 1),
    "TM": CLOCKS,
    "UC": st.text("Ab é", max_size=64),
    "UI": st.from_regex(r"\A1(\.[1-9][0-9]{0,3}){0,8}\Z"),
    "UL": st.integers(0, 2**32 - 1),
    "UN": st.binary(max_size=20),
    "UR": st.from_regex(r"\Ahttps://[a-z]{1,8}/[a-z]{0,8}\Z"),
    "US": st.integers(0, 2**16 - 1),
    "UT": st.text("Ab\\\n", max_size=64),
    "UV": st.integers(0, 2**64 - 1),
}
UNSPLIT = ("LT", "ST", "UT", "OB", "OW", "UN")


@st.composite
def elements(draw: st.DrawFn) -> tuple[int, str, Any]:
    """Draw the tag of a private element, a VR, and a value, several values, or none."""
    VR = draw(st.sampled_from(sorted(VALUES)))
    one = VALUES[VR]
    many = one if VR in (*UNSPLIT, "AT") else one | st.lists(one, max_size=20)
    return 0x00091001, VR, draw(many | st.none())


@given(elements(), elements())
def test_elements(arguments: tuple[int, str, Any], others: tuple[int, str, Any]) -> None:
    ours, theirs = adicom.dataelem.DataElement(*arguments), pydicom.dataelem.DataElement(*arguments)
    for name in "VR VM is_empty is_private is_retired keyword name is_raw is_buffered repval validation_mode".split():
        assert as_now(getattr(ours, name)) == getattr(theirs, name), name
    assert as_now(repr(ours.value)) == repr(theirs.value)
    assert type(ours.value).__name__ == type(theirs.value).__name__
    assert as_now(str(ours)) == str(theirs)
    for key in (0, -1, slice(1, None), 30):
        assert as_now(repr(found(ours, key))) == repr(found(theirs, key))
    ours.clear()
    theirs.clear()
    assert repr(ours.value) == repr(theirs.value)
    other, another = adicom.dataelem.DataElement(*others), pydicom.dataelem.DataElement(*others)
    assert (ours == other) == (theirs == another)


def as_now(text: Any) -> Any:
    """Return a text with its tags as pydicom writes them since version 2: without the space."""
    return re.sub(r"\((\w{4}), (\w{4})\)", r"(\1,\2)", text) if isinstance(text, str) else text


def found(element: Any, key: Any) -> Any:
    """Return one value of an element, or the error."""
    try:
        return element[key]
    except (IndexError, TypeError) as error:
        return type(error)


@given(elements())
def test_elements_equal_their_copies(arguments: tuple[int, str, Any]) -> None:
    element = adicom.dataelem.DataElement(*arguments)
    for twin in again(element):
        assert repr(twin) == repr(element)
        assert twin == element or "nan" in repr(element.value)
    with pytest.raises(TypeError):
        hash(element)


# ---------------------------------------------------------------- validation

FORMED = ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR")
TEXTS = st.text(" 0123456789ABDWMYab.+-_^=:/é", max_size=70)


@given(st.sampled_from(sorted(VALUES)), TEXTS | st.sampled_from(["x" * 1025, "x" * 10241]))
def test_texts_are_valid_where_pydicom_says_so(VR: str, text: str) -> None:
    if VR in ("DS", "IS") and not text.strip():
        return  # in the table
    assert is_valid(adicom, VR, text) == is_valid(pydicom, VR, text)


@pytest.mark.parametrize("VR", FORMED)
@given(st.data())
def test_texts_of_the_form_of_the_vr(VR: str, data: st.DataObject) -> None:
    text = data.draw(VALUES[VR].filter(lambda value: isinstance(value, str)))
    assert is_valid(adicom, VR, text) == is_valid(pydicom, VR, text)
    for end in ("x", "-", "-" + text):  # the last of them is a range
        assert is_valid(adicom, VR, text + end) == is_valid(pydicom, VR, text + end)
    assert is_valid(adicom, VR, text.encode()) == is_valid(pydicom, VR, text.encode())


@given(st.sampled_from("US SS UL SL UV SV FL FD OB OW OD".split()), st.integers() | st.floats() | st.binary(max_size=9))
def test_numbers_are_valid_where_pydicom_says_so(VR: str, value: Any) -> None:
    assert is_valid(adicom, VR, value) == is_valid(pydicom, VR, value)


def is_valid(library: Any, VR: str, value: Any) -> bool:
    try:
        library.valuerep.validate_value(VR, value, 2)
    except ValueError:
        return False
    return True


# ---------------------------------------------------------------- what is not as in pydicom


def element(library: Any, *arguments: Any) -> Any:
    """Return an element, whatever is warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return library.dataelem.DataElement(*arguments)


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


LONG = "+1.00000000000000000"
# What it is, what is done, adicom's answer, pydicom's, and why.
DIFFERENCES: list[tuple[str, Callable[[Any], Any], Any, Any, str]] = [
    (
        "the hash of a name",
        lambda lib: hash(lib.valuerep.PersonName("A^B")) == hash("A^B"),
        True,
        False,
        "a name is equal to its text, so it finds the same place in a dict",
    ),
    (
        "a DA that was made of numbers",
        lambda lib: str(lib.valuerep.DA(2024, 1, 31)),
        "20240131",
        "2024-01-31",
        "its text is what will be written",
    ),
    (
        "a TM that was made of numbers",
        lambda lib: str(lib.valuerep.TM(12, 30)),
        "123000",
        "12:30:00",
        "its text is what will be written",
    ),
    (
        "a DT that was reckoned",
        lambda lib: str(lib.valuerep.DT("20240131") + datetime.timedelta(1)),
        "20240201000000",
        "2024-02-01 00:00:00",
        "its text is what will be written",
    ),
    (
        "spaces behind a date",
        lambda lib: str(lib.valuerep.DA("20240131 ")),
        "20240131 ",
        ValueError,
        "they are padding (PS3.5 6.2)",
    ),
    (
        "a DSdecimal that was pickled",
        lambda lib: str(pickled(lib.valuerep.DSdecimal(".0"))),
        ".0",
        "0.0",
        "the text is kept",
    ),
    (
        "the text of a number that was made of one",
        lambda lib: getattr(lib.valuerep.DSfloat(1.5), "original_string", None),
        "1.5",
        None,
        "there is always one: it is what will be written",
    ),
    (
        "the text of an ISfloat",
        lambda lib: str(lib.valuerep.ISfloat("1.50")),
        "1.50",
        "1.5",
        "the text is kept, as in the other classes",
    ),
    (
        "a DSdecimal with more than 16 characters",
        lambda lib: str(lib.valuerep.DSdecimal(LONG, validation_mode=0)),
        LONG,
        "1.00000000000000000",
        "the text is kept",
    ),
    (
        "an IS beyond the precision of a float",
        lambda lib: type(lib.valuerep.IS("9007199254740993", 0)).__name__,
        "IS",
        "ISfloat",
        "it is an integer",
    ),
    (
        "an underscore between digits",
        lambda lib: repr(lib.valuerep.IS("1_0", 0)),
        ValueError,
        "'10'",
        "Python's way of writing is not the standard's",
    ),
    (
        "the text of a tag",
        lambda lib: str(lib.tag.Tag(0x00100010)),
        "(0010, 0010)",
        "(0010,0010)",
        "as in pydicom 1",
    ),
    (
        "whether several values are a list",
        lambda lib: isinstance(lib.multival.MultiValue(int, [1]), list),
        True,
        False,
        "a list is faster, and json takes it",
    ),
    (
        "several values in a tuple",
        lambda lib: element(lib, 0x00280030, "US", (1, 2)).value,
        [1, 2],
        (1, 2),
        "pydicom 1 allows a list or a tuple",
    ),
    (
        "a backslash in a UR",
        lambda lib: element(lib, 0x00080120, "UR", "a\\b").VM,
        1,
        2,
        "it never has several values (PS3.5 6.2)",
    ),
    (
        "bytes that are numbers",
        lambda lib: element(lib, 0x00280010, "US", b"\x5c\x00").VM,
        1,
        2,
        "5CH is no backslash there",
    ),
    (
        "the VM of a bytearray",
        lambda lib: element(lib, 0x7FE00010, "OB", bytearray(4)).VM,
        1,
        4,
        "OB has one value (PS3.5 6.2)",
    ),
    (
        "the name of a private group length",
        lambda lib: element(lib, 0x00090000, "UL", 4).name,
        "Group Length",
        "Private Creator",
        "it is one (PS3.5 7.2)",
    ),
    (
        "a control character in an LO",
        lambda lib: is_valid(lib, "LO", "a\nb"),
        False,
        True,
        "PS3.5 table 6.2-1; so in SH, PN and UC, but for ESC",
    ),
    (
        "a control character in an LT",
        lambda lib: is_valid(lib, "LT", "a\x01b"),
        False,
        True,
        "PS3.5 table 6.2-1; so in ST and UT, but for TAB, LF, FF, CR and ESC",
    ),
    (
        "a text that is encoded",
        lambda lib: is_valid(lib, "LO", b"x" * 65),
        True,
        False,
        "the limit is one of characters; so in SH, ST, LT and PN",
    ),
    (
        "a number as a UT",
        lambda lib: is_valid(lib, "UT", 5),
        False,
        True,
        "it cannot be written; so in UC",
    ),
    (
        "a DS that is blank",
        lambda lib: is_valid(lib, "DS", " "),
        True,
        False,
        "it is padding (PS3.5 6.2); so in IS",
    ),
    (
        "a number as a DS",
        lambda lib: is_valid(lib, "DS", 1.5),
        True,
        False,
        "it can be written; so in IS",
    ),
    (
        "digits of other scripts",
        lambda lib: is_valid(lib, "AS", "０３４Y"),
        False,
        True,
        "the default repertoire has none of them",
    ),
    (
        "a memoryview as an OB",
        lambda lib: is_valid(lib, "OB", memoryview(b"ab")),
        True,
        False,
        "it can be written",
    ),
    (
        "spaces around a UID",
        lambda lib: answer(lib.uid.UID, " 1.2.3", 2),
        "1.2.3",
        ValueError,
        "they are taken away first",
    ),
]


@pytest.mark.parametrize(("what", "do", "ours", "theirs", "why"), DIFFERENCES, ids=[row[0] for row in DIFFERENCES])
def test_differences(what: str, do: Callable[[Any], Any], ours: Any, theirs: Any, why: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        assert (answer(do, adicom), answer(do, pydicom)) == (ours, theirs)
    assert ours != theirs
    assert what
    assert why
