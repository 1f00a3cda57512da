"""Real files, written in each other form, read as the same values by pydicom, and as the same headers by dcmdump."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

import adicom.sync
from adicom.encoder import encode_dataset, encode_file
from tests import oracle
from tests.encoder.files import WELL_FORMED
from tests.encoder.writing import read_by_pydicom
from tests.made import BIG, EXPLICIT, FORMS, IMPLICIT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.made import Form

pytestmark = pytest.mark.filterwarnings("ignore")

LARGEST = 12_000
WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
SMALL = [path for path in WELL_FORMED if path.stat().st_size < LARGEST]

NOT_COMPARED = {
    "GH179A.dcm": "pydicom takes the end of an item for that of the data set, and reads 53 of 118 elements",
}


@cache
def original(path: Path) -> dict[Any, oracle.Node]:
    """Return what pydicom makes of a file, without group lengths and what is no part of the data set."""
    nodes = oracle.pydicom_view(path.read_bytes())
    return {(node.path, node.tag): node for node in nodes if node.tag & 0xFFFF and node.tag >> 16 != 2}


def same(was: oracle.Node, now: oracle.Node, form: Form, *, was_big: bool) -> bool:
    """Tell whether a value is the same, but for what the other form does to it."""
    if was.value == now.value:
        return True
    if now.vr == "UN" or (form.implicit and was.tag & 0x10000):
        return True  # implicit VR does not say what it was, and no dictionary of pydicom's does
    if was.vr != now.vr:
        return {was.vr, now.vr} <= {"US", "SS", "OW", "OB", "UN"}  # the dictionary leaves a choice, or the VR was wrong
    if was.value[1][:4] in (b"\xfe\xff\0\xe0", b"\xff\xfe\xe0\0"):
        return len(was.value[1]) == len(now.value[1])  # fragments, whose headers are turned round
    return was.vr in WORDS and was_big is not form.big and turned(was.value[1], WORDS[was.vr]) == now.value[1]


def turned(data: bytes, size: int) -> bytes:
    return b"".join(data[start : start + size][::-1] for start in range(0, len(data), size))


@pytest.mark.parametrize(
    "path", [path for path in SMALL if oracle.short_name(path) not in NOT_COMPARED], ids=oracle.file_id
)
def test_pydicom_reads_the_same(path: Path) -> None:
    data = path.read_bytes()
    ds = adicom.sync.dcmread(data, force=True)
    before = original(path)
    was_big = not ds.is_little_endian
    for form in FORMS:
        body = encode_dataset(
            ds, implicit_vr=form.implicit, little_endian=not form.big, write_like_original=form is not EXPLICIT
        ).to_bytes()
        if form.big and b"UN\0\0" in body:
            continue  # pydicom takes UN for big endian, PS3.5 6.2.2 says it is little
        nodes = {(node.path, node.tag): node for node in oracle.view(read_by_pydicom(body, form))}
        nodes = {key: node for key, node in nodes.items() if node.tag & 0xFFFF}
        assert nodes.keys() == before.keys()
        assert [node for key, node in nodes.items() if not same(before[key], node, form, was_big=was_big)] == []


@pytest.mark.skipif(oracle.DCMDUMP is None, reason="dcmdump of dcmtk is not installed")
@pytest.mark.parametrize("path", [path for path in SMALL if path.stat().st_size < 3_000], ids=oracle.file_id)
def test_dcmdump_reads_the_same(path: Path, tmp_path: Path) -> None:
    before = oracle.dcmdump_view(path)
    if before is None:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = adicom.sync.dcmread(path.read_bytes(), force=True)
    ds.ensure_file_meta()
    if not ds.file_meta:
        return
    if "TransferSyntaxUID" in ds.file_meta and ds.file_meta.TransferSyntaxUID.is_compressed:
        return
    for form in (EXPLICIT, IMPLICIT, BIG):
        ds.file_meta.TransferSyntaxUID = form.syntax
        target = tmp_path / "written.dcm"
        target.write_bytes(encode_file(ds).to_bytes())
        after = oracle.dcmdump_view(target)
        assert after is not None
        assert places(after) == places(before)


def places(dumped: list[oracle.Dumped]) -> list[Any]:
    """Return where elements stand, without group lengths and what is no part of the data set."""
    return [(one.path, one.tag) for one in dumped if one.tag & 0xFFFF and one.tag >> 16 != 2]
