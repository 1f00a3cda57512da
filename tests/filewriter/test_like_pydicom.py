"""What is written is what pydicom reads: datasets made at random, and real ones in each uncompressed syntax."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any, Final

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import adicom.sync
from adicom.errors import EncodeError
from tests import made, oracle
from tests.dataset.calls import Made, make
from tests.dataset.strategies import fillings
from tests.encoder.files import WELL_FORMED
from tests.filewriter.test_fidelity import NOT_COMPARED, OFFSETS, sample

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore")

SYNTAXES: Final = (made.IMPLICIT_LE, made.EXPLICIT_LE, made.DEFLATED_LE, made.EXPLICIT_BE)
CONTENTS: Final = st.lists(fillings(), max_size=8).map(lambda calls: Made(tuple(calls)))
RUN: Final = settings(max_examples=8, suppress_health_check=list(HealthCheck))


def values(dataset: Any) -> list[tuple[Any, int, Any]]:
    """Return what pydicom has for each element, but for what a syntax does to it."""
    return [(node.path, node.tag, node.value) for node in oracle.view(dataset) if node.tag & 0xFFFF]


# -- at random --


def with_meta(library: Any, contents: Made, syntax: str) -> Any:
    ds = make(library, contents)
    ds.file_meta = library.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    ds.file_meta.MediaStorageSOPInstanceUID = "2.25.1"
    ds.file_meta.ImplementationClassUID, ds.file_meta.ImplementationVersionName = "2.25.7", "MINE"
    ds.pop("SOPClassUID", None)  # what a conforming file copies into its file meta information
    ds.pop("SOPInstanceUID", None)
    ds.preamble = bytes(128)
    return ds


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("syntax", [made.EXPLICIT_LE, made.DEFLATED_LE])
@RUN
@given(contents=CONTENTS)
def test_pydicom_reads_what_adicom_writes(keep: bool, syntax: str, contents: Made) -> None:
    """Explicit VR Little Endian, in which nothing is said in other words; tests/encoder has the others."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file, theirs = io.BytesIO(), io.BytesIO()
        refused: list[Any] = []
        try:
            adicom.sync.dcmwrite(file, with_meta(adicom.sync, contents, syntax), keep)
        except EncodeError as error:
            refused.append(error.value)
        if refused:  # pydicom makes "?" of what its character set has not
            assert not str(refused[0]).isascii()
            return
        pydicom.dcmwrite(theirs, with_meta(pydicom, contents, syntax), enforce_file_format=not keep)
        found, expected = (pydicom.dcmread(io.BytesIO(data.getvalue())) for data in (file, theirs))
        assert even(values(found)) == even(values(expected))


def even(nodes: list[Any]) -> list[Any]:
    """Return values with UN padded, as PS3.5 7.1.1 wants it; pydicom does not."""
    return [(path, tag, ended(value)) for path, tag, value in nodes]


def ended(value: Any) -> Any:
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], bytes):
        return value[0], value[1] + bytes(len(value[1]) & 1)
    return value


@pytest.mark.parametrize("syntax", [made.EXPLICIT_LE, made.IMPLICIT_LE, made.EXPLICIT_BE])
@RUN
@given(contents=CONTENTS)
def test_adicom_writes_what_pydicom_has_written(syntax: str, contents: Made) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, file = io.BytesIO(), io.BytesIO()
        pydicom.dcmwrite(theirs, with_meta(pydicom, contents, syntax))
        adicom.sync.dcmread(theirs.getvalue(), defer_size=4).save_as(file)
        assert file.getvalue() == theirs.getvalue()


# -- all uncompressed syntaxes into each other --

NATIVE: Final = [
    path for path in WELL_FORMED if path.stat().st_size < 50_000 and oracle.short_name(path) not in NOT_COMPARED
]
WORDS: Final = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


def nodes(path: Path) -> dict[Any, oracle.Node]:
    """Return what pydicom makes of a file, without group lengths and file meta information."""
    found = oracle.view(pydicom.dcmread(path, force=True))
    return {(node.path, node.tag): node for node in found if node.tag & 0xFFFF and node.tag >> 16 != 2}


@pytest.mark.parametrize("path", sample(NATIVE, 30), ids=oracle.file_id)
def test_each_uncompressed_syntax_into_each_other(path: Path, tmp_path: Path) -> None:
    ds = adicom.sync.dcmread(path, force=True, defer_size=200)
    ds.ensure_file_meta()
    if getattr(ds.file_meta.get("TransferSyntaxUID"), "is_compressed", False):
        return
    before = nodes(path)
    # In a deflated data set the offsets of a directory's records mean nothing.
    syntaxes = [syntax for syntax in SYNTAXES if "DirectoryRecordSequence" not in ds or syntax != made.DEFLATED_LE]
    for first in syntaxes:
        ds.file_meta.TransferSyntaxUID = first
        ds.save_as(tmp_path / "first")
        for second in syntaxes:
            again = adicom.sync.dcmread(tmp_path / "first", force=True, defer_size=200)
            again.file_meta.TransferSyntaxUID = second
            again.save_as(tmp_path / "second")
            found = nodes(tmp_path / "second")
            assert found.keys() == before.keys()
            assert [key for key, node in before.items() if not same(node, found[key], first, second)] == []


def same(was: oracle.Node, now: oracle.Node, *syntaxes: str) -> bool:
    """Tell whether a value is the same, but for what the syntaxes that it went through do to it."""
    if ended(was.value) == now.value or was.tag in OFFSETS:
        return True
    if made.EXPLICIT_BE in syntaxes and was.tag & 0x10000:
        return True  # a vendor's that is UN: pydicom takes it for big endian, PS3.5 6.2.2 says it is little
    if made.IMPLICIT_LE in syntaxes and (was.tag & 0x10000 or {was.vr, now.vr} & {"UN"}):
        return True  # where no header says its VR, a vendor's element is UN
    if was.vr != now.vr:
        return {was.vr, now.vr} <= {"US", "SS", "OW", "OB", "UN"}  # the dictionary leaves a choice
    size = WORDS.get(was.vr, 1)
    data = was.value[1]
    return size > 1 and now.value[1] == b"".join(data[at : at + size][::-1] for at in range(0, len(data), size))
