"""Values that are behind a URL or in a store, and targets that are there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import obstore.store
import pytest

import adicom
import adicom.sync
from adicom.dataset import Dataset
from adicom.errors import SourceChangedError, SourceError
from adicom.filewriter import flow
from adicom.io import retry
from tests import made
from tests.filewriter.test_dcmwrite import LIBRARIES, returned
from tests.made import element, encapsulated
from tests.servers import Fault, RangeServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:the file describes an image")]

MEGABYTE = 1024 * 1024
PIXELS = bytes(range(256)) * 4096  # some windows


def short_values(count: int) -> bytes:
    return b"".join(element(0x00091001 + number, "OB", bytes([number]) * 2000) for number in range(count))


IMAGE = made.part10(element(0x00080060, "CS", "CT") + short_values(20) + element(0x7FE00010, "OW", PIXELS))
SMALL = made.part10(element(0x00080060, "CS", "CT") + short_values(20))
WALKED = made.part10(
    element(0x00080060, "CS", "CT") + encapsulated([bytes(70_000), b"ef"]) + element(0xFFFCFFFC, "OB", b"1234"),
    made.JPEG_BASELINE,
)


@pytest.fixture(scope="module")
def running() -> Iterator[RangeServer]:
    with RangeServer({"/image": IMAGE, "/small": SMALL, "/walked": WALKED}) as server:
        yield server


@pytest.fixture
def server(running: RangeServer) -> RangeServer:
    running.requests.clear()
    running.faults = []
    return running


@pytest.fixture(autouse=True)
def shorter_windows_and_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "WINDOW", 400_000)
    monkeypatch.setattr(retry, "_BASE_PAUSE", 0.001)


async def open_session(library: Any) -> Any:
    return library.Session() if library is adicom.sync else await library.Session().__aenter__()


async def close_session(session: Any) -> None:
    if isinstance(session, adicom.Session):
        await session.__aexit__(None, None, None)
    else:
        session.close()


@pytest.mark.parametrize("how", ["without a session", "in the session it was read with", "in another session"])
@LIBRARIES
async def test_deferred_values_cost_ranges_only(library: Any, how: str, server: RangeServer, tmp_path: Path) -> None:
    session = None if how == "without a session" else await open_session(library)
    used = session if how == "in the session it was read with" else None
    try:
        ds = await returned(library.dcmread, f"{server.url}/image", defer_size=1000, session=used)
        assert server.sent < MEGABYTE
        server.requests.clear()
        await returned(ds.save_as, tmp_path / "a", session=session)
    finally:
        if session is not None:
            await close_session(session)
    assert (tmp_path / "a").read_bytes() == IMAGE
    assert len(server.requests) <= 4  # the short values, and three windows of pixels
    assert all(request.range is not None for request in server.requests)
    assert server.sent < len(IMAGE) + 1000


@LIBRARIES
async def test_short_values_come_by_one_request(library: Any, server: RangeServer, tmp_path: Path) -> None:
    ds = await returned(library.dcmread, f"{server.url}/small", defer_size=1000)
    server.requests.clear()
    await returned(ds.save_as, tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == SMALL
    assert len(server.requests) == 1


@pytest.mark.parametrize("with_session", [False, True])
async def test_encode(with_session: bool, server: RangeServer) -> None:
    session = await open_session(adicom) if with_session else None
    try:
        for name, data in (("image", IMAGE), ("walked", WALKED)):
            ds = await adicom.dcmread(f"{server.url}/{name}", defer_size=1000)
            await ds.fetch_rest()
            async with adicom.encode(ds, session=session) as body:
                assert body.length == (None if name == "walked" else len(data))
                pieces = [piece async for piece in body]
            assert b"".join(pieces) == data
            assert max(map(len, pieces)) <= MEGABYTE
    finally:
        if session is not None:
            await close_session(session)


@pytest.mark.parametrize("with_session", [False, True])
def test_blocking_encode(with_session: bool, server: RangeServer) -> None:
    with adicom.sync.Session() as session:
        for name, data in (("image", IMAGE), ("walked", WALKED)):
            ds = adicom.sync.dcmread(f"{server.url}/{name}", defer_size=1000)
            with adicom.sync.encode(ds, session=session if with_session else None) as body:
                assert b"".join(body) == data


async def test_values_that_were_read_by_the_other_library(server: RangeServer, tmp_path: Path) -> None:
    awaited = await adicom.dcmread(f"{server.url}/image", defer_size=1000)
    blocking = adicom.sync.dcmread(f"{server.url}/image", defer_size=1000)
    adicom.sync.dcmwrite(tmp_path / "a", awaited)
    await adicom.dcmwrite(tmp_path / "b", blocking)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == IMAGE
    assert b"".join(adicom.sync.encode(awaited)) == IMAGE


@LIBRARIES
async def test_an_incomplete_dataset_is_completed(library: Any, server: RangeServer, tmp_path: Path) -> None:
    ds = await returned(library.dcmread, f"{server.url}/walked", defer_size=1000)
    assert not ds.is_complete
    await returned(library.dcmwrite, tmp_path / "a", ds)
    assert (tmp_path / "a").read_bytes() == WALKED


@pytest.mark.parametrize("fault", [Fault(changed=True), Fault(cut=100)])
@LIBRARIES
async def test_what_cannot_be_read_leaves_the_old_file(
    library: Any, fault: Fault, server: RangeServer, tmp_path: Path
) -> None:
    """The source is lost while the second window is read, when some of the first has been written."""
    server.changed["/image"] = bytes(len(IMAGE))
    (tmp_path / "a").write_bytes(b"old")
    ds = await returned(library.dcmread, f"{server.url}/image", defer_size=1000)
    server.faults = [None, None, *[fault] * 20]
    with pytest.raises(SourceChangedError if fault.changed else SourceError) as caught:
        await returned(library.dcmwrite, tmp_path / "a", ds)
    assert caught.value.__notes__ == ["while writing the value of (7FE0,0010)"]
    assert (tmp_path / "a").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


# -- targets in a store --


@LIBRARIES
async def test_over_its_own_object(library: Any) -> None:
    store = obstore.store.MemoryStore()
    store.put("a.dcm", IMAGE)
    ds = await returned(library.dcmread, (store, "a.dcm"), defer_size=1000)
    ds.PatientID = "4711"
    await returned(library.dcmwrite, (store, "a.dcm"), ds)
    again = adicom.sync.dcmread(bytes(store.get("a.dcm").bytes()))
    assert (again.PatientID, again.PixelData) == ("4711", PIXELS)
    with pytest.raises(SourceChangedError):
        await returned(ds.fetch, "PixelData")


@LIBRARIES
async def test_a_source_that_is_lost_leaves_the_old_object(library: Any, server: RangeServer) -> None:
    store = obstore.store.MemoryStore()
    store.put("a.dcm", b"old")
    ds = await returned(library.dcmread, f"{server.url}/image", defer_size=1000)
    server.faults = [None, None, Fault(status=404)]
    with pytest.raises(SourceError):
        await returned(ds.save_as, (store, "a.dcm"))
    assert bytes(store.get("a.dcm").bytes()) == b"old"


@LIBRARIES
async def test_a_new_dataset_in_a_store(library: Any) -> None:
    store = obstore.store.MemoryStore()
    ds = Dataset()
    ds.PixelData = adicom.StreamValue(len(PIXELS), lambda: iter([PIXELS]))
    ds.BitsAllocated = 16
    await returned(library.dcmwrite, (store, "a.dcm"), ds, implicit_vr=False)
    assert bytes(store.get("a.dcm").bytes())[-len(PIXELS) :] == PIXELS
