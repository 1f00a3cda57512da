"""Datasets as deep as the limits let them be are written, with Python's own recursion limit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from adicom.dataset import Dataset
from tests import made
from tests.encoder.writing import read, written
from tests.made import FORMS, element

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH = 256
CODE = 0x0040A730

pytestmark = pytest.mark.usefixtures("pythons_own_limit")


@pytest.fixture
def pythons_own_limit() -> Iterator[None]:
    """Sets the limit that Python starts with; pytest itself needs some fifty of its frames."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(limit)


def nested(form: made.Form, *, undefined: bool, core: str = "core") -> bytes:
    """Return a text with the sequences around it."""
    return made.nested(CODE, DEPTH, form, undefined=undefined, core=element(0x00100020, "LO", core, form))


def innermost(ds: Dataset) -> Dataset:
    while "ContentSequence" in ds:
        ds = ds.ContentSequence[0]
    return ds


@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
@pytest.mark.parametrize("source", FORMS, ids=lambda form: f"from {form.syntax}")
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)
def test_as_it_was_read(source: made.Form, form: made.Form, undefined: bool) -> None:
    ds = read(nested(source, undefined=undefined), source)
    assert written(ds, form) == nested(form, undefined=undefined)
    assert written(ds, form, write_like_original=False) == nested(form, undefined=False)
    ds.check()
    assert written(ds, form) == nested(form, undefined=undefined)
    innermost(ds).PatientID = "other text"
    assert written(ds, form) == nested(form, undefined=undefined, core="other text")


def test_built() -> None:
    ds = Dataset()
    ds.PatientID = "core"
    for _ in range(10 * DEPTH):
        outer = Dataset()
        outer.ContentSequence = [ds]
        ds = outer
    data = made.nested(CODE, 10 * DEPTH, undefined=False, core=element(0x00100020, "LO", "core"))
    assert written(ds) == data
