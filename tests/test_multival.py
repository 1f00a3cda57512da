"""MultiValue: a list, and pydicom's of the same name as the oracle."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pydicom.multival
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adicom.multival import MultiValue
from adicom.valuerep import IS, DSfloat


def test_it_is_a_list() -> None:
    values: Any = MultiValue(int, "123")
    assert isinstance(values, list)
    assert values == [1, 2, 3]
    assert values != [1, 2]
    assert values != tuple(values)  # type: ignore[comparison-overlap]  # mypy knows that, too
    assert MultiValue(int) == []


def test_all_that_comes_in_goes_through_the_constructor() -> None:
    values = MultiValue(int, ["1"])
    values.append("2")
    values.insert(0, "0")
    values.extend(["3", "4"])
    values += ["5"]
    values[0] = "9"
    values[1:3] = ["7", "8"]
    assert values == [9, 7, 8, 3, 4, 5]
    assert type(values) is MultiValue


@pytest.mark.parametrize("change", ["append", "extend", "insert", "set", "iadd"])
def test_what_is_refused_leaves_the_list_as_it_was(change: str) -> None:
    values = MultiValue(int, [1])

    def run() -> None:
        match change:
            case "append":
                values.append("x")
            case "extend":
                values.extend([2, "x"])
            case "insert":
                values.insert(0, "x")
            case "set":
                values[0] = "x"
            case _:
                values.__iadd__([2, "x"])

    with pytest.raises(ValueError, match="invalid literal"):
        run()
    assert values == [1]


def test_something_that_is_no_iterable() -> None:
    values = MultiValue(int, [1])
    with pytest.raises(TypeError):
        values.extend(5)  # type: ignore[arg-type]  # the mistake is the point


def test_sort_and_delete() -> None:
    values = MultiValue(int, [3, 1, 2])
    values.sort(reverse=True)
    del values[0]
    assert values == [2, 1]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, MultiValue.copy, lambda v: pickle.loads(pickle.dumps(v))])
def test_copies_keep_the_constructor(copied: Any) -> None:
    # The text would not pass the constructor again: a file may hold it all the same.
    values = MultiValue.of(IS, [IS("1"), "none"])
    other = copied(values)
    assert other == values
    assert other is not values
    assert type(other) is MultiValue
    assert type(other[0]) is IS
    other.append("007")
    assert (other[2], len(values)) == (7, 2)


def test_a_deep_copy_is_deep() -> None:
    values = MultiValue(list, [[1]])
    other = copy.deepcopy(values)
    other[0].append(2)
    assert values == [[1]]


@given(st.lists(st.integers() | st.text() | st.floats() | st.binary(), max_size=4))
def test_text_is_as_in_pydicom(items: list[Any]) -> None:
    ours, theirs = MultiValue(lambda item: item, items), pydicom.multival.MultiValue(lambda item: item, items)
    assert str(ours) == str(theirs)
    assert repr(ours) == repr(theirs)


def test_text_of_decimal_strings() -> None:
    assert str(MultiValue(DSfloat, ["1.50", "", "2"])) == "[1.50, '', 2]"
