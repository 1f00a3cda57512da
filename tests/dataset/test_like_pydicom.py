"""Datasets do what pydicom's do, whatever is called; where they do not, a table says why.

The default run is moderate. ``ADICOM_COMPARISONS=20000`` makes as many programs of calls, other ones each time.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import pydicom
import pytest
from hypothesis import HealthCheck, Phase, given, settings

import adicom
from tests.dataset.calls import Call, Key, Made, make
from tests.dataset.differences import DIFFERENCES, Leaf, leaves, names_of
from tests.dataset.looks import copies, outcome, view
from tests.dataset.strategies import PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

COMPARISONS: Final = os.environ.get("ADICOM_COMPARISONS")
RUN: Final = settings(
    max_examples=int(COMPARISONS or "60"),
    derandomize=COMPARISONS is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # To make what fails shorter takes minutes: for those who look for it.
    phases=(Phase.generate,) if COMPARISONS is None else (Phase.generate, Phase.shrink),
)


def unexplained(found: list[Leaf]) -> list[Leaf]:
    return [leaf for leaf in found if not names_of(leaf)]


def parted(found: list[Leaf]) -> bool:
    return any(DIFFERENCES[name].parts for leaf in found for name in names_of(leaf))


def run(program: Sequence[Call]) -> tuple[Any, Any, list[Leaf]]:
    """Make the calls in both libraries; return the datasets, and what differs of the last call."""
    ours, theirs = adicom.Dataset(), pydicom.Dataset()
    found: list[Leaf] = []
    for call in program:
        found = list(leaves(call, outcome(adicom, ours, call), outcome(pydicom, theirs, call)))
    return ours, theirs, found


@RUN
@given(PROGRAMS)
def test_calls_give_the_same(program: tuple[Call, ...]) -> None:
    ours, theirs = adicom.Dataset(), pydicom.Dataset()
    for call in program:
        found = list(leaves(call, outcome(adicom, ours, call), outcome(pydicom, theirs, call)))
        assert unexplained(found) == []
        if parted(found):
            return
    assert unexplained(list(leaves(None, view(ours), view(theirs)))) == []
    assert unexplained(list(leaves(None, copies(ours), copies(theirs)))) == []


@pytest.mark.parametrize("name", DIFFERENCES)
def test_each_difference_is_there(name: str) -> None:
    ours, theirs, found = run(DIFFERENCES[name].example)
    if not found:
        found = list(leaves(None, view(ours), view(theirs)))
    assert found
    assert {tuple(names_of(leaf)) for leaf in found} == {(name,)}


@pytest.mark.parametrize(
    "mine",
    [
        (Call("setattr", ("PatientID", "2")),),
        (Call("add_new", (0x00100020, "SH", "1")),),
        (Call("setattr", ("PatientID", "1")), Call("setattr", ("PatientSex", None))),
        (),
    ],
)
def test_what_differs_is_seen(mine: tuple[Call, ...]) -> None:
    """The comparison itself, of datasets that are not the same."""
    ours, theirs = make(adicom, Made(mine)), make(pydicom, Made((Call("setattr", ("PatientID", "1")),)))
    assert unexplained(list(leaves(None, view(ours), view(theirs))))
    failing = Call("getitem", (Key("keyword", 0x00080060),))
    mine_failed, right = outcome(adicom, ours, failing), outcome(adicom, ours, Call("top"))
    assert mine_failed == {"error": "KeyError"}
    assert unexplained(list(leaves(failing, mine_failed, right)))
