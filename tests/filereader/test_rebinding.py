"""Deferred values whose source is named anew; what they must be comes from pydicom."""

from __future__ import annotations

import copy
import io
import pickle
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pydicom.data
import pytest

import adicom
import adicom.sync
from adicom import DeferredValueError, SourceChangedError
from tests.servers import RangeServer

if TYPE_CHECKING:
    from collections.abc import Iterator

CT = Path(str(pydicom.data.get_testdata_file("CT_small.dcm")))
DATA = CT.read_bytes()
PIXELS = pydicom.dcmread(CT).PixelData


@pytest.fixture
def server() -> Iterator[RangeServer]:
    with RangeServer({"/ct.dcm": DATA, "/other.dcm": DATA + b"\0"}) as running:
        yield running


def lost() -> adicom.sync.FileDataset:
    """Return a dataset whose values are in a file object that a pickle cannot hold."""
    ds: adicom.sync.FileDataset = pickle.loads(pickle.dumps(adicom.sync.dcmread(io.BytesIO(DATA), defer_size="1 KB")))
    assert ds["PixelData"].is_deferred
    with pytest.raises(DeferredValueError, match=r"ds\.rebind"):
        _ = ds.PixelData
    return ds


@pytest.mark.parametrize("source", [DATA, CT, str(CT), io.BytesIO(DATA)], ids=["bytes", "path", "str", "file"])
def test_a_local_source(source: Any) -> None:
    ds = lost()
    twin, part = copy.deepcopy(ds), ds[0x7FE00000:]
    ds.rebind(source)
    assert ds["PixelData"].is_deferred
    assert ds.PixelData == twin.fetch("PixelData") == part.PixelData == PIXELS
    assert ds == adicom.sync.dcmread(CT)


def test_a_file_that_has_moved(tmp_path: Path) -> None:
    shutil.copy(CT, tmp_path / "a.dcm")
    ds = adicom.sync.dcmread(tmp_path / "a.dcm", defer_size="1 KB")
    (tmp_path / "a.dcm").rename(tmp_path / "b.dcm")
    shutil.copy(tmp_path / "b.dcm", tmp_path / "c.dcm")
    ds.rebind(tmp_path / "c.dcm")
    assert ds.PixelData == PIXELS


def test_a_blocking_url(server: RangeServer) -> None:
    ds = lost()
    with adicom.sync.Session() as session:
        ds.rebind(f"{server.url}/ct.dcm", session=session)
        assert ds.PixelData == PIXELS


@pytest.mark.asyncio
async def test_an_awaited_url_with_what_a_pickle_does_not_hold(server: RangeServer) -> None:
    url = f"{server.url}/ct.dcm?signature=hunter2"
    pickled = pickle.dumps(await adicom.dcmread(url, defer_size="1 KB"))
    assert b"hunter2" not in pickled
    ds = pickle.loads(pickled)
    with pytest.raises(DeferredValueError, match=r"ds\.rebind"):
        await ds.fetch("PixelData")
    with pytest.raises(DeferredValueError, match=r"ds\.rebind"):
        _ = ds.PixelData
    ds.rebind(url)
    with pytest.raises(DeferredValueError, match="await"):
        _ = ds.PixelData
    assert await ds.fetch("PixelData") == PIXELS


@pytest.mark.asyncio
async def test_another_object(server: RangeServer, tmp_path: Path) -> None:
    ds = adicom.sync.dcmread(CT, defer_size="1 KB")
    with pytest.raises(SourceChangedError):
        ds.rebind(DATA + b"\0")
    assert ds["PixelData"].is_deferred
    (tmp_path / "other.dcm").write_bytes(DATA + b"\0")
    ds.rebind(tmp_path / "other.dcm")  # nothing is read, so nothing is known yet
    with pytest.raises(SourceChangedError):
        _ = ds.PixelData
    awaited = await adicom.dcmread(f"{server.url}/ct.dcm", defer_size="1 KB")
    awaited.rebind(f"{server.url}/other.dcm")
    with pytest.raises(SourceChangedError):
        await awaited.fetch("PixelData")


def test_what_cannot_be_bound() -> None:
    with pytest.raises(ValueError, match="was not read"):
        adicom.Dataset().rebind(CT)
    with pytest.raises(ValueError, match="cannot be read again"):
        lost().rebind(iter([DATA]))
