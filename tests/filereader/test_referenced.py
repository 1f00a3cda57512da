"""Reading the files that a DICOMDIR refers to; blocking, and awaited on both loops."""

from __future__ import annotations

import functools
import io
import pickle
from typing import TYPE_CHECKING, Any, Final

import anyio
import fsspec
import pydicom
import pytest
from obstore.store import MemoryStore

import adicom
import adicom.sync
from adicom import DirectoryRecord, SourceNotFoundError, SourcePermissionError
from tests import made
from tests.conftest import pydicom_files
from tests.directory import Record, directory, file_id
from tests.made import element
from tests.servers import KEY, SECRET, RangeServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from aiohttp import web

SAMPLE: Final = next(
    path for path in pydicom_files() if path.name == "DICOMDIR" and path.parent.name == "dicomdirtests"
)


class Way:
    """One of the ways to wait."""

    def __init__(self, backend: str | None) -> None:
        self.backend = backend
        self.package: Any = adicom.sync if backend is None else adicom

    def run(self, function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
        call = functools.partial(function, *args, **keywords)
        return call() if self.backend is None else anyio.run(call, backend=self.backend)

    def directory(self, fp: Any, **keywords: Any) -> Any:
        return self.run(self.package.dcmread, fp, **keywords)

    def read(self, record: DirectoryRecord, **keywords: Any) -> Any:
        return self.run(record.read, **keywords)


@pytest.fixture(params=[None, "asyncio", "trio"], ids=["blocking", "asyncio", "trio"])
def way(request: pytest.FixtureRequest) -> Way:
    return Way(request.param)


def image(number: str) -> bytes:
    return made.part10(element(0x00080060, "CS", "OT") + element(0x00100020, "LO", number) + bytes(0))


def of(*file_ids: tuple[str, ...]) -> bytes:
    """Return a DICOMDIR with an image record for each File ID."""
    last = len(file_ids) - 1
    return directory(
        [
            Record("IMAGE", next=None if number == last else number + 1, more=file_id(*components))
            for number, components in enumerate(file_ids)
        ]
    )


DIRECTORY: Final = of(("SET 1", "IM1"), ("SET 1", "IM2;1"), ("NONE",), ("..", "OUTSIDE"))


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """A folder as a disc gets it when it is copied."""
    folder = tmp_path / "disc"
    (folder / "set 1").mkdir(parents=True)
    (folder / "DICOMDIR").write_bytes(DIRECTORY)
    (folder / "set 1" / "im1").write_bytes(image("1"))
    (folder / "set 1" / "im2").write_bytes(image("2"))
    (tmp_path / "OUTSIDE").write_bytes(image("3"))
    return folder


# -- from the disk -----------------------------------------------------------------------------------------------


def test_every_file_of_a_set(way: Way) -> None:
    found = way.directory(SAMPLE)
    for record in found.images[::5]:
        dataset = way.read(record)
        assert type(dataset) is way.package.FileDataset
        assert dataset.SOPInstanceUID == record.ReferencedSOPInstanceUIDInFile
        assert dataset.PatientID == record.parent.parent.parent.PatientID
        assert pydicom.dcmread(record.path).SOPInstanceUID == dataset.SOPInstanceUID
        assert record.url is None


def test_names_in_another_case(way: Way, disc: Path) -> None:
    found = way.directory(disc / "DICOMDIR")
    first, second, *_ = found.images
    assert way.read(first).PatientID == "1"
    assert way.read(second).PatientID == "2"
    assert first.path == str(disc / "SET 1" / "IM1")


def test_keywords_reach_the_read(way: Way, disc: Path) -> None:
    first = way.directory(disc / "DICOMDIR").images[0]
    assert list(way.read(first, specific_tags=["PatientID"]).keys()) == [0x00100020]
    assert way.read(first, defer_size=0)["PatientID"].is_deferred
    (disc / "set 1" / "im1").write_bytes(image("1")[:-4])
    with pytest.raises(adicom.TruncatedError):
        way.read(first)
    with pytest.warns(adicom.DicomWarning, match="ended early"):
        assert way.read(first, strict=False).is_truncated
    with pytest.raises(TypeError, match="wrong"):
        way.read(first, wrong=1)


def test_what_is_not_there_or_outside(way: Way, disc: Path) -> None:
    *_, missing, outside = way.directory(disc / "DICOMDIR").images
    with pytest.raises(SourceNotFoundError, match=r"\(0004,1500\)") as caught:
        way.read(missing)
    assert "NONE" not in str(caught.value)
    with pytest.raises(SourcePermissionError, match="outside"):
        way.read(outside)
    with pytest.raises(SourcePermissionError, match="outside"):
        _ = outside.path
    with pytest.raises(SourcePermissionError, match="outside"):
        _ = outside.url


def test_a_record_without_a_file(way: Way) -> None:
    found = way.directory(SAMPLE)
    with pytest.raises(ValueError, match="directory record at byte 396 refers to no file"):
        way.read(found.patients[0])
    assert (found.patients[0].path, found.patients[0].url, found.patients[0].file_id) == (None, None, ())
    empty = way.directory(of(("",))).images[0]
    assert empty.file_id == ()
    with pytest.raises(ValueError, match="refers to no file"):
        way.read(empty, base=".")


def test_it_must_be_known_where_the_set_is(way: Way, disc: Path) -> None:
    data = (disc / "DICOMDIR").read_bytes()
    for fp in (data, io.BytesIO(data), [data[:500], data[500:]]):
        record = way.directory(fp).images[0]
        assert (record.path, record.url) == (None, None)
        with pytest.raises(ValueError, match="base="):
            way.read(record)
        for base in (disc, str(disc), disc.as_uri(), f"local://{disc}"):
            assert way.read(record, base=base).PatientID == "1"
        with pytest.raises(TypeError, match="base="):
            way.read(record, base=data)
    with (disc / "DICOMDIR").open("rb") as file:
        assert way.read(way.directory(file).images[0]).PatientID == "1"


def test_base_goes_before_the_own_folder(way: Way, disc: Path, tmp_path: Path) -> None:
    (tmp_path / "other" / "SET 1").mkdir(parents=True)
    (tmp_path / "other" / "SET 1" / "IM1").write_bytes(image("11"))
    record = way.directory(disc / "DICOMDIR").images[0]
    assert way.read(record, base=tmp_path / "other").PatientID == "11"


def test_copies_know_where_the_set_is(way: Way, disc: Path) -> None:
    found = pickle.loads(pickle.dumps(way.directory(disc / "DICOMDIR")))
    assert way.read(found.images[1]).PatientID == "2"
    lost = pickle.loads(pickle.dumps(found.images[1]))
    with pytest.raises(ValueError, match="base="):
        way.read(lost)
    assert way.read(lost, base=disc).PatientID == "2"


@pytest.mark.anyio
async def test_an_async_file(anyio_backend: str, disc: Path) -> None:
    async with await anyio.open_file(disc / "DICOMDIR", "rb") as file:
        found = await adicom.dcmread(file)
    assert isinstance(found, adicom.DicomDir)
    assert (await found.images[0].read()).PatientID == "1"


# -- from elsewhere ----------------------------------------------------------------------------------------------


OBJECTS: Final = {
    "/scans/DICOMDIR": DIRECTORY,
    "/scans/SET 1/IM1": image("1"),
    "/scans/SET 1/IM2": image("2"),
    "/OUTSIDE": image("3"),
}


@pytest.fixture
def server() -> Iterator[RangeServer]:
    with RangeServer(OBJECTS) as running:
        yield running


def test_over_http(way: Way, server: RangeServer) -> None:
    found = way.directory(f"{server.url}/scans/DICOMDIR?X-Signature=00")
    first, second, missing, outside = found.images
    assert first.url == f"{server.url}/scans/SET%201/IM1"
    assert first.path is None
    assert way.read(first).PatientID == "1"
    assert way.read(second).PatientID == "2"  # without the version, where the File ID has one
    with pytest.raises(SourceNotFoundError):
        way.read(missing)
    before = len(server.requests)
    with pytest.raises(SourcePermissionError, match="outside"):
        way.read(outside)
    assert len(server.requests) == before


class QueriedServer(RangeServer):
    """Takes note of queries as well."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        super().__init__(objects)
        self.queries: list[str] = []

    async def _answer(self, http: web.Request) -> web.StreamResponse:
        self.queries.append(http.query_string)
        return await super()._answer(http)


def test_the_query_is_not_sent_along(way: Way) -> None:
    with QueriedServer(OBJECTS) as server:
        found = way.directory(f"{server.url}/scans/DICOMDIR?X-Signature=00")
        way.read(found.images[0])
    assert server.queries == ["X-Signature=00", ""]


def test_through_a_session(way: Way, server: RangeServer) -> None:
    url = f"{server.url}/scans/DICOMDIR"
    if way.backend is None:
        with adicom.sync.Session() as blocking:
            found: Any = adicom.sync.dcmread(url, session=blocking)
            assert found.images[0].read().PatientID == "1"
            assert found.images[1].read(session=blocking).PatientID == "2"
    else:

        async def main() -> Any:
            async with adicom.Session() as session:
                found: Any = await adicom.dcmread(url, session=session)
                assert (await found.images[0].read()).PatientID == "1"
                assert (await found.images[1].read(session=session)).PatientID == "2"
            return found

        found = anyio.run(main, backend=way.backend)
    assert server.most_connections == 1
    # The session is closed, so each read makes its own.
    assert way.read(found.images[0]).PatientID == "1"


@pytest.mark.leaves("sockets")  # obstore keeps connections for some seconds
def test_from_a_bucket(way: Way, server: RangeServer) -> None:
    server.objects.update({f"/bucket{path}": data for path, data in OBJECTS.items()})
    options = {
        "key": KEY,
        "secret": SECRET,
        "endpoint_url": server.url,
        "region": "us-east-1",
    }
    found = way.directory("s3://bucket/scans/DICOMDIR", storage_options=options)
    first, second, missing, _ = found.images
    assert first.url == "s3://bucket/scans/SET 1/IM1"
    assert way.read(first).PatientID == "1"
    assert way.read(second).PatientID == "2"
    with pytest.raises(SourceNotFoundError):
        way.read(missing)
    lost = pickle.loads(pickle.dumps(found)).images[0]
    assert SECRET.encode() not in pickle.dumps(found)
    with pytest.raises(ValueError, match="base="):
        way.read(lost)
    assert way.read(lost, base="s3://bucket/scans", storage_options=options).PatientID == "1"


def test_from_filesystems_and_stores(way: Way) -> None:
    memory = fsspec.filesystem("memory")
    store = MemoryStore()
    for path, data in OBJECTS.items():
        memory.pipe_file(path, data)
        store.put(path.removeprefix("/"), data)
    try:
        for place in ((memory, "/scans/DICOMDIR"), (store, "scans/DICOMDIR"), "memory://scans/DICOMDIR"):
            found = way.directory(place)
            assert way.read(found.images[0]).PatientID == "1"
            assert way.read(found.images[1]).PatientID == "2"
            assert found.images[0].url == ("memory://scans/SET 1/IM1" if isinstance(place, str) else None)
        plain = way.directory(DIRECTORY).images[0]
        for base in ((memory, "/scans"), (store, "scans"), "memory://scans/"):
            assert way.read(plain, base=base).PatientID == "1"
    finally:
        memory.store.clear()
        memory.pseudo_dirs[:] = [""]
