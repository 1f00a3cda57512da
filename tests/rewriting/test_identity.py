"""Without transforms all bytes are the same; with one that finds nothing all are that it has nothing to do with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adicom.errors import EncodeError
from adicom.rewriting import Delete
from tests import made, oracle
from tests.encoder.files import WELL_FORMED, inflated, is_deflated
from tests.rewriting.rewritten import reported, rewritten

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")

NOTHING = Delete(0x00099999)
# A second delimiter behind the pixel data is read, and warned of, but no event tells of it.
NO_EVENT = ("DIRW0007",)
PARTS = 8
LONGEST = 100_000  # of those that are taken apart as well


@pytest.mark.parametrize("part", range(PARTS))
def test_well_formed_files_are_the_same(part: int) -> None:
    for path in WELL_FORMED[part::PARTS]:
        check_the_same(path, path.read_bytes())


def check_the_same(path: Path, data: bytes) -> None:
    assert rewritten(data) == data, path
    if oracle.short_name(path) in NO_EVENT or len(data) > LONGEST:
        return
    if b"\x04\0\x20\x12" in data[:1000] or b"\0\x04\x12\x20" in data[:1000]:
        with pytest.raises(EncodeError, match="DICOMDIR"):
            rewritten(data, NOTHING)
        return
    out, report = reported(data, NOTHING)
    if not report.changes:  # no group lengths
        assert inflated(out) == inflated(data), path
        assert is_deflated(data) or len(out) == len(data), path
        return
    assert {(change.transform, change.action) for change in report.changes} == {("GroupLengths", "deleted")}, path
    assert all(change.tag is not None and change.tag & 0xFFFF == 0 for change in report.changes), path


@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
@pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
def test_made_files_are_the_same(form: made.Form, undefined: bool) -> None:
    data = made.part10(made.small(form, undefined=undefined), form.syntax)
    out, report = reported(data)
    assert out == data
    assert (report.changes, report.bytes_read, report.bytes_written) == ((), len(data), len(data))
    assert rewritten(data, NOTHING) == data


def test_what_was_deflated_by_another_program_stays_so() -> None:
    data = made.deflated(made.small(), wbits=-15)
    assert rewritten(data) == data


def test_nothing_of_a_file_that_is_not_deflated_though_it_should_be() -> None:
    data = made.part10(made.small(), made.DEFLATED_LE)
    assert rewritten(data) == data
    assert rewritten(data, NOTHING) == data
