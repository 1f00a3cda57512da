"""Several DS values: floats inside, DSfloat outside, a list that may change."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest

from adicom.valuerep import DSfloat
from adicom.valuerep.decimals import DecimalValues

if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS = ["1.50", "-2", "+3.0E1"]


def values() -> DecimalValues:
    return DecimalValues.parse(list(TEXTS))


def test_items_remember_their_text() -> None:
    assert [item.original_string for item in values()] == TEXTS
    assert all(isinstance(item, DSfloat) for item in values())
    assert values()[1].original_string == "-2"
    assert [item.original_string for item in values()[1:]] == TEXTS[1:]
    assert [item.original_string for item in reversed(values())] == TEXTS[::-1]


def test_numbers_are_numbers() -> None:
    assert sum(values()) == 29.5
    assert values() == [1.5, -2.0, 30.0]
    assert np.array(values()).tolist() == [1.5, -2.0, 30.0]
    assert json.loads(json.dumps(values())) == [1.5, -2.0, 30.0]
    assert str(values()) == "[1.50, -2, +3.0E1]"


def test_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="x"):
        DecimalValues.parse(["1", "x"])


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_copies_keep_the_texts(twin: Callable[[DecimalValues], DecimalValues]) -> None:
    assert [item.original_string for item in twin(values())] == TEXTS


def test_changes_keep_the_other_texts() -> None:
    changed = values()
    changed[0] = "7.0"
    changed.append(8)
    changed.insert(1, "9")
    del changed[2]
    assert [str(item) for item in changed] == ["7.0", "9", "+3.0E1", "8.0"]
    with pytest.raises(ValueError, match="x"):
        changed.append("x")


def test_searching() -> None:
    assert -2 in values()
    assert "1.50" in values()
    assert values().index(values()[2]) == 2
    assert values().count(values()[0]) == 1
    assert sorted(values()) == [-2, 1.5, 30]
