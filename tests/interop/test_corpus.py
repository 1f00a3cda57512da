"""Every file there is, to pydicom and back, held against what pydicom reads and writes itself."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any, Final

import pydicom
import pytest
from pydicom.dataelem import RawDataElement

import adicom.sync
from tests.oracle import Node, all_files, file_id, short_name, view

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# pydicom makes something else of these bytes, so there is nothing to compare; test_fidelity has what is wrong in them.
READ_OTHERWISE: Final[dict[str, str]] = {
    "DIRW0007": "pydicom takes a delimiter in a sequence of defined length for an element",
    "FreezePattern.dcm": "pydicom takes an item behind a sequence of zero length for an element",
    "GH1339.dcm": "the pixel data has no end: pydicom drops the data set, adicom has all before it",
    "emri_small_jpeg_2k_lossless_too_short.dcm": "the same",
    "GH179A.dcm": "pydicom takes what follows an element without VR into its value",
    "GH179B.dcm": "the same",
    "GH626.dcm": "behind a wrong length text is read as headers",
    "MR_truncated.dcm": "pydicom keeps the half of a value that is there",
    "no_meta.dcm": "a stray byte stands in front of the data set",
    "rtplan_truncated.dcm": "pydicom keeps the half of a sequence that is there",
}

# Read the same, and written by pydicom in another way.
WRITTEN_OTHERWISE: Final[dict[str, str]] = {
    "SC_rgb_jpeg.dcm": "implicit VR under an explicit syntax: what pydicom itself has read it cannot write (TypeError)",
}

# A sequence that was looked at is written item by item; pydicom does not write all of an item as it was.
REWRITTEN: Final[dict[str, str]] = {
    "GH1308.dcm": "pydicom drops the group lengths in items",
    "bad_sequence.dcm": "a sequence with VR UN is one with SQ when it was looked at",
    "rtdose_rle.dcm": "the same",
    "rtdose_rle_1frame.dcm": "the same",
}

# A sequence that adicom refuses when it is looked at, so that not every value can be looked at.
REFUSED: Final = frozenset({"DICOMDIR-nooffset"})

# Most files of pydicom's are in the corpus, too.
ONCE: Final = {(short_name(path), path.stat().st_size): path for path in reversed(all_files())}
FILES: Final = [path for path in reversed(ONCE.values()) if short_name(path) not in READ_OTHERWISE]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Both libraries warn of what is odd in these files."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def theirs(path: Path) -> pydicom.FileDataset:
    return pydicom.dcmread(io.BytesIO(path.read_bytes()), force=True)


def ours(path: Path) -> adicom.sync.FileDataset:
    return adicom.sync.dcmread(path.read_bytes(), force=True, strict=False)


def values(dataset: Any) -> list[Node]:
    return [node._replace(raw=None) for node in view(dataset)]


def written(dataset: pydicom.Dataset) -> bytes | str:
    """Return what pydicom writes, or the error that it raises."""
    out = io.BytesIO()
    try:
        pydicom.dcmwrite(out, dataset)
    except (AttributeError, NotImplementedError, TypeError, ValueError) as error:
        return repr(error)
    return out.getvalue()


def look_at_all(dataset: Any) -> Any:
    for _ in dataset.iterall():
        pass
    return dataset


def readable(path: Path) -> bool:
    try:
        theirs(path)
    except OSError:
        assert "GH177" in path.name  # UN with little-endian items in a big-endian file
        return False
    return True


@pytest.mark.parametrize("path", FILES, ids=file_id)
def test_to_pydicom_is_what_pydicom_reads(path: Path) -> None:
    if not readable(path):
        assert values(ours(path).to_pydicom())
        return
    made, expected = ours(path).to_pydicom(), theirs(path)
    assert type(made) is type(expected)
    assert made.preamble == expected.preamble
    assert values(made) == values(expected)
    if short_name(path) not in WRITTEN_OTHERWISE:
        assert made.original_encoding == expected.original_encoding
        assert made.is_implicit_VR == expected.is_implicit_VR
        assert made.is_little_endian == expected.is_little_endian
        assert made.original_character_set == expected.original_character_set


@pytest.mark.parametrize("path", FILES, ids=file_id)
def test_what_is_untouched_stays_raw(path: Path) -> None:
    if not readable(path) or short_name(path) in WRITTEN_OTHERWISE:
        return
    made, expected = ours(path).to_pydicom(), theirs(path)
    for tag in sorted(expected.keys()):
        known = expected.get_item(tag, keep_deferred=True)
        if isinstance(known, RawDataElement):
            assert made.get_item(tag, keep_deferred=True) == known


@pytest.mark.parametrize("path", FILES, ids=file_id)
def test_pydicom_writes_the_same(path: Path) -> None:
    if not readable(path):
        return
    made, expected = written(ours(path).to_pydicom()), written(theirs(path))
    if short_name(path) in WRITTEN_OTHERWISE:
        assert isinstance(made, bytes)
        assert isinstance(expected, str)
    else:
        assert made == expected


@pytest.mark.parametrize("path", FILES, ids=file_id)
def test_pydicom_writes_the_same_when_all_was_looked_at(path: Path) -> None:
    if not readable(path) or short_name(path) in REFUSED | WRITTEN_OTHERWISE.keys():
        return
    made, expected = written(look_at_all(ours(path)).to_pydicom()), written(theirs(path))
    assert (made == expected) == (short_name(path) not in REWRITTEN)


@pytest.mark.parametrize("path", FILES, ids=file_id)
def test_from_pydicom_is_what_adicom_reads(path: Path) -> None:
    if not readable(path):
        return
    made, expected = adicom.sync.from_pydicom(theirs(path)), ours(path)
    assert type(made) is type(expected)
    assert made.preamble == expected.preamble
    assert values(made) == values(expected)
    if short_name(path) not in WRITTEN_OTHERWISE:
        assert made.is_implicit_VR == expected.is_implicit_VR
        assert made.is_little_endian == expected.is_little_endian


@pytest.mark.parametrize("path", FILES, ids=file_id)
def test_there_and_back(path: Path) -> None:
    if not readable(path):
        return
    assert values(adicom.sync.from_pydicom(ours(path).to_pydicom())) == values(ours(path))
    if short_name(path) not in WRITTEN_OTHERWISE:
        assert written(adicom.sync.from_pydicom(theirs(path)).to_pydicom()) == written(theirs(path))


@pytest.mark.parametrize("path", FILES, ids=file_id)
def test_decoded_elements_go_by_value(path: Path) -> None:
    if not readable(path):
        return
    made = adicom.sync.from_pydicom(look_at_all(theirs(path)))
    assert values(made) == values(look_at_all(theirs(path)))
    if short_name(path) not in WRITTEN_OTHERWISE:
        assert written(made.to_pydicom()) == written(look_at_all(theirs(path)))


@pytest.mark.parametrize("name", READ_OTHERWISE)
def test_what_is_read_otherwise_goes_over_as_adicom_has_it(name: str) -> None:
    paths = [path for path in all_files() if short_name(path) == name]
    for path in paths:
        made = ours(path).to_pydicom()
        assert sorted(made.keys()) == sorted(ours(path).keys())
        found = None
        try:
            found = values(theirs(path))
        except NotImplementedError:  # the tag of an item or a delimiter has no VR
            continue
        assert values(made) != found, "then it is no exception any more"
