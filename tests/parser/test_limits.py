"""Each limit stops what it is there for, and is the caller's to set."""

from __future__ import annotations

import pytest

from adicom.errors import LimitError
from adicom.parser import Expand, ParserLimits, Plan
from tests import made
from tests.parser.pushing import fault, told

RAW = Plan(expand=Expand.NONE, collect_up_to=None)
THREE = b"".join(made.element(0x00100020 + step, "LO", "x") for step in range(3))


@pytest.mark.parametrize("name", ["depth", "collected_value", "header_bytes", "elements", "inflated_bytes"])
def test_limits_are_above_zero(name: str) -> None:
    with pytest.raises(ValueError, match=f"the limit {name} must be at least 1"):
        ParserLimits(**{name: 0})
    assert getattr(ParserLimits(**{name: 1}), name) == 1


def test_the_limits_that_the_documentation_names() -> None:
    assert ParserLimits() == ParserLimits(
        depth=256, collected_value=2**32, header_bytes=2**30, elements=10**7, inflated_bytes=256 * 2**20
    )


@pytest.mark.parametrize("plan", [Plan(), RAW], ids=["events", "raw"])
def test_elements(plan: Plan) -> None:
    assert len(told(THREE, plan=plan, limits=ParserLimits(elements=3))) == 4
    error = fault(THREE, plan=plan, limits=ParserLimits(elements=2))
    assert isinstance(error, LimitError)
    assert error.limit == "elements"
    assert error.offset == 28  # where the third value starts


def test_items_count_as_elements() -> None:
    data = made.sequence(0x00081140, [made.item()] * 3)
    assert len(told(data, limits=ParserLimits(elements=8))) == 9
    error = fault(data, limits=ParserLimits(elements=7))
    assert isinstance(error, LimitError)
    assert error.limit == "elements"


def test_header_bytes_are_without_bulk_values() -> None:
    data = THREE + made.element(0x00420011, "OB", bytes(70_000))
    # Three elements of 10 bytes, and the 8 that stand for the header of a bulk value.
    events = told(data, limits=ParserLimits(header_bytes=38))
    assert [event[0] for event in events] == [*["Element"] * 3, "ValueStart", "ValueChunk", "ValueEnd", "FileEnd"]
    error = fault(data, limits=ParserLimits(header_bytes=37))
    assert isinstance(error, LimitError)
    assert error.limit == "header_bytes"


@pytest.mark.parametrize("undefined", [False, True])
def test_depth(undefined: bool) -> None:
    data = made.nested(0x0040A730, 3, undefined=undefined)
    assert len(told(data, limits=ParserLimits(depth=3))) == 13
    error = fault(data, limits=ParserLimits(depth=2))
    assert isinstance(error, LimitError)
    assert error.limit == "depth"
    assert error.path == ((0x0040A730, 0), (0x0040A730, 0))
    assert error.tag == 0x0040A730


def test_inflated_bytes_bound_what_is_kept_only() -> None:
    data = made.deflated(THREE)
    limits = ParserLimits(inflated_bytes=29)
    assert len(told(data, syntax=None, limits=limits)) == 10
    assert len(told(data, syntax=None, plan=RAW, limits=ParserLimits(inflated_bytes=30))) == 10
    error = fault(data, syntax=None, plan=RAW, limits=limits)
    assert isinstance(error, LimitError)
    assert error.limit == "inflated_bytes"
    assert str(error).startswith("the deflated data set grows too long; ParserLimits.inflated_bytes is 29")
