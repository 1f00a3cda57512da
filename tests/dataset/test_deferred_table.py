"""What each method does with a deferred value, as docs/pydicom.md says it: each call in the table is run."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path
from typing import Any

import pytest

import adicom
from adicom.dataset import Dataset
from adicom.errors import DeferredValueError
from tests import made
from tests.servers import RangeServer

PAGE = Path(__file__).resolve().parents[2] / "docs" / "pydicom.md"
PIXELS = bytes(range(256)) * 16
FILE = made.part10(
    made.element(0x00080005, "CS", "ISO_IR 192")
    + made.sequence(0x00081140, [made.item(made.element(0x00081155, "UI", "1.2"))])
    + made.element(0x00100010, "PN", "A^B ")
    + made.element(made.PIXEL_DATA, "OW", PIXELS)
)
ROW = re.compile(r"^\| (`.*`) \| (stays deferred|plain access) \|$", re.MULTILINE)
CALLS = [
    (call, kind) for calls, kind in ROW.findall(PAGE.read_text(encoding="utf-8")) for call in calls[1:-1].split("`, `")
]


async def read(source: Any) -> adicom.FileDataset:
    return await adicom.dcmread(source, defer_size=1000)


def names(ds: adicom.FileDataset) -> dict[str, Any]:
    loaded = Dataset(ds)
    loaded.PixelData = PIXELS
    return {
        "Dataset": Dataset,
        "callback": lambda dataset, element: None,
        "copy": copy,
        "ds": ds,
        "loaded": loaded,
        "other": Dataset(),
        "pickle": pickle,
    }


def use(call: str, known: dict[str, Any]) -> Any:
    """Run a call; go through what it gives, if it gives something one by one."""
    result = eval(call, known)
    if hasattr(result, "__next__") or call.endswith(("values()", "items()", "keys()")):
        return list(result)
    return result


def is_waiting(found: Any) -> bool:
    """Tell whether the value of Pixel Data in what a call gave is still deferred."""
    if isinstance(found, Dataset):
        return found["PixelData"].is_deferred
    return bool(found.is_deferred)


def test_the_table_is_read() -> None:
    assert len(CALLS) > 30
    assert {kind for _, kind in CALLS} == {"stays deferred", "plain access"}


@pytest.mark.asyncio
@pytest.mark.parametrize(("call", "kind"), CALLS, ids=[call for call, _ in CALLS])
async def test_where_reading_would_have_to_wait(call: str, kind: str) -> None:
    with RangeServer({"/a.dcm": FILE}) as server:
        ds = await read(f"{server.url}/a.dcm")
        known = names(ds)
        requests = len(server.requests)
        if kind == "plain access":
            with pytest.raises(DeferredValueError, match=r"await ds\.fetch"):
                use(call, known)
        else:
            result = use(call, known)
            for found in (result, known["other"] if "other" in call else None):
                if isinstance(found, Dataset | adicom.DataElement):
                    assert is_waiting(found)
            if "PixelData" in ds:
                assert ds["PixelData"].is_deferred
        assert len(server.requests) == requests


@pytest.mark.asyncio
@pytest.mark.parametrize(("call", "kind"), CALLS, ids=[call for call, _ in CALLS])
async def test_where_it_need_not_wait(call: str, kind: str) -> None:
    ds = await read(FILE)
    use(call, names(ds))
    if "PixelData" in ds:
        assert ds["PixelData"].is_deferred is (kind == "stays deferred")
