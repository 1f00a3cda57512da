"""Every well-formed file is written as it was, whether its values are here or not, and after each was looked at.

tests/encoder does that to all files; ``ADICOM_WHOLE_CORPUS=1`` does it here, where else a sample has to do.
"""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING, Final

import pydicom
import pytest

import adicom
import adicom.sync
from tests import made, oracle
from tests.encoder.files import WELL_FORMED, inflated, kept

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore")

FILES: Final = kept(WELL_FORMED)
LOOKED_AT: Final = 10_000
"""Bytes of the largest file whose values are all looked at."""


def sample(paths: list[Path], share: int) -> list[Path]:
    """Return some of the files, each run the same, or all where that is wanted."""
    if os.environ.get("ADICOM_WHOLE_CORPUS"):
        return paths
    return [path for path in paths if zlib.crc32(path.name.encode()) % share == 0]


@pytest.mark.parametrize("path", sample(FILES, 4), ids=oracle.file_id)
def test_unchanged(path: Path, tmp_path: Path) -> None:
    data, copy = inflated(path.read_bytes()), tmp_path / "copy.dcm"
    ds = adicom.sync.dcmread(path, force=True, defer_size=64)
    ds.save_as(copy)
    assert inflated(copy.read_bytes()) == data
    if len(data) < LOOKED_AT:
        ds.check()  # which loads nothing
        str(ds.file_meta)
        str(ds)
        ds.save_as(copy)
        assert inflated(copy.read_bytes()) == data


@pytest.mark.anyio
@pytest.mark.parametrize("defer_size", [None, 1000])
async def test_unchanged_and_awaited(defer_size: int | None, tmp_path: Path) -> None:
    copy = tmp_path / "copy.dcm"
    paths = sample(FILES, 20)
    assert len(paths) > 5
    for path in paths:
        ds = await adicom.dcmread(path, force=True, defer_size=defer_size)
        await ds.save_as(copy)
        assert inflated(copy.read_bytes()) == inflated(path.read_bytes()), path.name
        async with adicom.encode(ds) as body:
            assert inflated(b"".join([piece async for piece in body])) == inflated(path.read_bytes()), path.name


# -- as PS3.10 7 wants it --

NOT_COMPARED: Final = {
    "GH179A.dcm": "pydicom takes the end of an item for that of the data set, and reads 53 of 118 elements",
    "GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm": "pydicom cannot read it, only what is written of it",
}
CONFORMING: Final = [path for path in FILES if oracle.short_name(path) not in NOT_COMPARED]


def conforming(path: Path, target: Path) -> bool:
    """Write a file as the standard wants it; say whether that can be done."""
    ds = adicom.sync.dcmread(path, force=True, defer_size=1000)
    try:
        ds.save_as(target, write_like_original=False)
    except adicom.EncodeError as error:
        reason = str(error)
    else:
        return True
    assert "lacks" in reason or "transfer syntax" in reason
    assert not target.exists()
    return False


@pytest.mark.parametrize("path", sample(CONFORMING, 25), ids=oracle.file_id)
def test_conforming_files_are_read_by_pydicom_and_dcmdump(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "written.dcm"
    if not conforming(path, target):
        return
    was, now = pydicom.dcmread(path, force=True), pydicom.dcmread(target)
    assert now.file_meta.ImplementationClassUID.startswith("2.25.")
    assert (now.file_meta.MediaStorageSOPClassUID, now.file_meta.MediaStorageSOPInstanceUID) == (
        now.get("SOPClassUID", now.file_meta.MediaStorageSOPClassUID),
        now.get("SOPInstanceUID", now.file_meta.MediaStorageSOPInstanceUID),
    )
    assert without_group_lengths(now) == without_group_lengths(was)
    # In implicit VR, one of a vendor's could not be known for a sequence.
    assert [
        element.tag
        for element in now.iterall()
        if element.VR == "SQ" and element.is_undefined_length and not element.tag.is_private
    ] == []
    if oracle.DCMDUMP is not None and oracle.dcmdump_view(path) is not None:
        assert oracle.dcmdump_view(target) is not None


# Those of a DICOMDIR, which are made anew where its records have moved: tests/encoder/test_directories.py.
OFFSETS: Final = (0x00041200, 0x00041202, 0x00041400, 0x00041420, 0x00041504)


def without_group_lengths(ds: pydicom.Dataset) -> list[oracle.Node]:
    nodes = [node._replace(raw=None) for node in oracle.view(ds) if node.tag & 0xFFFF and node.tag >> 16 != 2]
    return [node for node in nodes if node.tag not in OFFSETS]


# -- without preamble, without file meta information --


@pytest.mark.parametrize("syntax", [made.EXPLICIT_LE, None])
@pytest.mark.parametrize("has_preamble", [True, False])
def test_what_is_not_there_is_not_added(tmp_path: Path, has_preamble: bool, syntax: str | None) -> None:
    form = made.IMPLICIT if syntax is None else made.EXPLICIT
    data = made.part10(made.small(form), syntax, preamble=bytes(range(128)))
    if syntax is None:
        data = data[:132] + made.small(form)
    if not has_preamble:
        data = data[132:]
    (tmp_path / "a").write_bytes(data)
    adicom.sync.dcmread(tmp_path / "a", force=True).save_as(tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == data
