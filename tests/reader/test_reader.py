"""An object that stays open."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import anyio
import pytest

import adicom
from adicom import DeferredValueError, InvalidDicomError
from adicom.reader import DicomReader
from tests.conftest import pydicom_files
from tests.servers import RangeServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio

CT: Final = next(path for path in pydicom_files() if path.name == "CT_small.dcm")
DATA: Final = CT.read_bytes()
PIXELS: Final = DATA[-32768 - 138 : -138]


@pytest.fixture
def server() -> Iterator[RangeServer]:
    with RangeServer({"/ct.dcm": DATA}) as running:
        yield running


@pytest.mark.parametrize("way", ["url", "path", "bytes", "file"])
async def test_open(server: RangeServer, way: str) -> None:
    place: Any = {"url": f"{server.url}/ct.dcm", "path": CT, "bytes": DATA, "file": io.BytesIO(DATA)}[way]
    async with adicom.open_dicom(place, defer_size="1 KB") as dcm:
        assert isinstance(dcm, DicomReader)
        assert dcm.dataset.PatientID == "1CT1"
        assert dcm.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
        assert dcm.dataset["PixelData"].is_deferred
        assert await dcm.fetch("PixelData") == PIXELS
        assert await dcm.fetch("Rows", "PixelData") == (128, PIXELS)
        assert dcm.stats is dcm.dataset.io_stats
    assert dcm.dataset.PatientID == "1CT1"


async def test_one_connection_serves_header_and_values(server: RangeServer) -> None:
    async with adicom.open_dicom(f"{server.url}/ct.dcm", defer_size=1000) as dcm:
        before = dcm.stats.requests
        await dcm.fetch("PixelData")
        await dcm.fetch(0x00431029)
        assert dcm.stats.requests == server.gets == before + 2
        with anyio.fail_after(5):  # the client may have an answer before the server has counted it
            while dcm.stats.bytes != server.sent:  # noqa: ASYNC110  # it counts in a thread of its own
                await anyio.sleep(0.001)
    assert server.most_connections == 1


async def test_values_can_be_fetched_after_it_was_left(server: RangeServer) -> None:
    async with adicom.open_dicom(f"{server.url}/ct.dcm", defer_size=1000) as dcm:
        pass
    with pytest.raises(DeferredValueError):
        dcm.dataset.PixelData  # noqa: B018  # it raises
    assert await dcm.fetch("PixelData") == PIXELS


async def test_values_above_64_kb_are_deferred_by_default() -> None:
    async with adicom.open_dicom(DATA) as dcm:
        assert not dcm.dataset["PixelData"].is_deferred
    async with adicom.open_dicom(DATA, None) as dcm:
        assert not dcm.dataset["PixelData"].is_deferred
    async with adicom.open_dicom(DATA, 32767) as dcm:
        assert dcm.dataset["PixelData"].is_deferred


async def test_options_are_those_of_dcmread() -> None:
    async with adicom.open_dicom(DATA, specific_tags=["PatientID"]) as dcm:
        assert [int(tag) for tag in dcm.dataset.keys()] == [0x00080005, 0x00100020]  # noqa: SIM118  # not the same
    async with adicom.open_dicom(DATA, 1000, load_on_access=False) as dcm:
        with pytest.raises(DeferredValueError):
            dcm.dataset.PixelData  # noqa: B018  # it raises
    with pytest.raises(TypeError, match="unexpected keyword argument 'tags'"):
        adicom.open_dicom(DATA, tags=["PatientID"])  # type: ignore[call-arg]  # that is the point


async def test_before_it_is_opened() -> None:
    dcm = adicom.open_dicom(DATA)
    assert repr(dcm) == "<DicomReader, not opened>"
    with pytest.raises(RuntimeError, match="async with"):
        dcm.dataset  # noqa: B018  # it raises
    async with dcm:
        assert repr(dcm) == "<DicomReader bytes>"


async def test_a_failed_opening_closes(server: RangeServer) -> None:
    server.objects["/no.dcm"] = b"this is no DICOM file" * 100
    with pytest.raises(InvalidDicomError):
        async with adicom.open_dicom(f"{server.url}/no.dcm"):
            pass
    with pytest.raises(FileNotFoundError):
        async with adicom.open_dicom(f"{server.url}/none.dcm"):
            pass
    with pytest.raises(LookupError, match="mine"):
        async with adicom.open_dicom(f"{server.url}/ct.dcm"):
            raise LookupError("mine")


async def test_a_session_of_the_callers_stays_open(server: RangeServer) -> None:
    async with adicom.Session() as session:
        async with adicom.open_dicom(f"{server.url}/ct.dcm", 1000, session=session) as dcm:
            assert await dcm.fetch("PixelData") == PIXELS
        assert session.is_open
        assert await dcm.fetch(0x00431029)
