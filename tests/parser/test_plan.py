"""What a plan takes, and what it knows of the values that need no decision."""

from __future__ import annotations

from typing import Any

import pytest

from adicom.parser import Expand, Plan


@pytest.mark.parametrize("name", ["skip_above", "collect_up_to", "raw_sequence_limit"])
def test_sizes_are_not_negative(name: str) -> None:
    zero: dict[str, Any] = {name: 0}
    negative: dict[str, Any] = {name: -1}
    assert getattr(Plan(**zero), name) == 0
    with pytest.raises(ValueError, match=f"{name} must not be negative"):
        Plan(**negative)


def test_what_is_wanted_by_default() -> None:
    default = Plan(expand=Expand.ALL, collect_up_to=2**16, raw_sequence_limit=2**24)
    assert Plan() == default


def test_the_longest_value_that_needs_no_decision() -> None:
    assert Plan().longest_plain == 65536
    assert Plan(skip_above=100, collect_up_to=None).longest_plain == 100
    assert Plan(skip_above=100, collect_up_to=50).longest_plain == 50
    assert Plan(raw_sequence_limit=10, skip_above=0, collect_up_to=None).longest_plain == 0
    assert Plan(collect_up_to=2**20).longest_plain == 65536
