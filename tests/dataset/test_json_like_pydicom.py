"""The JSON of random datasets is pydicom's, and each reads what the other writes.

What differs has its reason in the table of ``tests/jsonmodel/test_corpus.py``, or in one of these.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, Final

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

import adicom
from adicom.datadict import find_private_vr
from tests.dataset.calls import Made, make
from tests.dataset.looks import plain
from tests.dataset.strategies import fillings
from tests.dataset.test_like_pydicom import RUN
from tests.jsonmodel.test_corpus import Pair, explained, pairs

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
CONTENTS: Final = st.lists(fillings(), max_size=10).map(lambda calls: Made(tuple(calls)))


# -- what pydicom writes differently: whether the reason holds


def more_than_a_double_holds(pair: Pair) -> bool:
    """F.2.3: what a JSON reader would round is a String."""
    if not pair.ours["vr"] == pair.theirs["vr"] in ("SV", "UV"):
        return False
    return bool(pair.ours["Value"] == [str(value) if abs(value) > 2**53 else value for value in pair.theirs["Value"]])


def infinite(pair: Pair) -> bool:
    """F.2.3: NaN and the infinities are Strings; pydicom writes what is no JSON."""
    if not pair.ours["vr"] == pair.theirs["vr"] in ("FL", "FD"):
        return False
    names = {math.inf: "Infinity", -math.inf: "-Infinity"}
    return bool(pair.ours["Value"] == [names.get(value, value) for value in pair.theirs["Value"]])


REASONS: Final[tuple[Callable[[Pair], bool], ...]] = (more_than_a_double_holds, infinite)


def unexplained(ours: dict[str, Any], theirs: dict[str, Any]) -> list[Pair]:
    return [pair for pair in pairs(ours, theirs, "") if not explained(pair) and not any(why(pair) for why in REASONS)]


def written_by_pydicom(dataset: pydicom.Dataset) -> dict[str, Any] | None:
    """Return pydicom's JSON; None where it fails, which it does if one of several names is empty."""
    try:
        return dataset.to_json_dict()
    except IndexError:
        names = [element for element in dataset.iterall() if element.VR == "PN" and element.VM > 1]
        assert any(name == "" for element in names for name in element.value)
        return None


def contents_of(dataset: Any) -> list[tuple[Any, ...]]:
    """Return tag, VR and value of all elements; DS and IS as numbers, for pydicom does not keep their text."""
    found = []
    for element in dataset.iterall():
        value: Any = len(element.value) if element.VR == "SQ" else plain(element.value)
        if element.VR in ("DS", "IS") and element.VM:
            value = [float(number) for number in (element.value if element.VM > 1 else [element.value])]
        found.append((int(element.tag), str(element.VR), value))
    return found


def resolved(ours: tuple[Any, ...], theirs: tuple[Any, ...]) -> bool:
    """PS3.5 6.2.2: UN is what the private dictionary says, in JSON as in files; pydicom does so in files only.

    A VR that is one of two is decided. No UID at all is an empty text, as for all VRs of text.
    """
    looked_up = theirs[1] == "UN" and ours[:2] == (theirs[0], find_private_vr(theirs[0], "TOSHIBA_MEC_1.0"))
    no_uid = theirs[1:] == ("UI", ("UID", "''")) and ours == (theirs[0], "UI", ("str", "''"))
    return looked_up or no_uid or (theirs[1] == "US or SS" and ours == (theirs[0], "US", theirs[2]))


@RUN
@given(CONTENTS)
def test_both_write_the_same(contents: Made) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = make(adicom, contents), make(pydicom, contents)
        written = written_by_pydicom(theirs)
        if written is not None:
            assert unexplained(ours.to_json_dict(), written) == []


@RUN
@given(CONTENTS)
def test_both_read_the_same(contents: Made) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = make(adicom, contents), make(pydicom, contents)
        texts = [ours.to_json()]
        if written_by_pydicom(theirs) is not None:
            texts.append(theirs.to_json())
        for text in texts:
            mine, other = adicom.Dataset.from_json(text), pydicom.Dataset.from_json(text)
            pairs_of_both = zip(contents_of(mine), contents_of(other), strict=True)
            assert [pair for pair in pairs_of_both if pair[0] != pair[1] and not resolved(*pair)] == []
