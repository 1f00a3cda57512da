"""Object stores and filesystems, against real servers."""

from __future__ import annotations

import asyncio
import io
import traceback
import zipfile
from typing import TYPE_CHECKING, Any

import fsspec
import fsspec.asyn
import obstore.store
import pytest
from fsspec.registry import _registry

import adicom
from adicom.errors import (
    SourceChangedError,
    SourceError,
    SourceNotFoundError,
    SourcePermissionError,
    TruncatedError,
)
from adicom.io import ReadOptions
from adicom.io.resolve import resolve_async
from adicom.io.session import Session
from adicom.rewriting import DefinedLengths
from tests import made
from tests.servers import (
    KEY,
    Fault,
    RangeServer,
    moto_server,
    put_object,
    seaweedfs_server,
    storage_options,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adicom.io import AsyncSource

# Once in some hundred reads obstore's runtime takes seconds to close the connections of a store that is gone.
pytestmark = [pytest.mark.anyio, pytest.mark.leaves("sockets")]

DATA = bytes(range(256)) * 400


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    with moto_server() as running:
        put_objects(running)
        yield running


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with seaweedfs_server(tmp_path_factory.mktemp("weed")) as running:
        put_objects(running)
        yield running


@pytest.fixture(params=["moto", "seaweedfs"])
def endpoint(request: pytest.FixtureRequest) -> str:
    try:
        running: str = request.getfixturevalue(request.param)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    return running


def put_objects(endpoint: str) -> None:
    put_object(endpoint, "adicom", "folder/a b+c.dcm", DATA)
    put_object(endpoint, "adicom", "empty", b"")


async def read_all(source: AsyncSource) -> bytes:
    found = b""
    while data := (await source.read_at(len(found), 40_000)).data:
        found += data
    return found


@pytest.mark.parametrize("backend", ["obstore", "fsspec"])
async def test_s3(endpoint: str, backend: Any) -> None:
    async with Session(storage_options=storage_options(endpoint), backend=backend) as session:
        source = resolve_async("s3://adicom/folder/a b+c.dcm", session)
        answer = await source.read_at(0, 16384)
        assert answer.data == DATA[:16384]
        assert source.stats.requests == 1
        assert source.stats.exact == (backend == "obstore")
        assert (await source.read_at(50_000, 10)).data == DATA[50_000:50_010]
        assert source.stats.requests == (2 if backend == "obstore" else 3)
        answer = await source.read_at(len(DATA) - 5, 100)
        assert (answer.data, answer.size) == (DATA[-5:], len(DATA))
        assert answer.identity is not None
        assert answer.identity.strong_etag
        assert (await source.read_at(len(DATA), 100)).data == b""
        await source.aclose()
        empty = await resolve_async("s3://adicom/empty", session).read_at(0, 100)
        assert (empty.data, empty.size) == (b"", 0)


@pytest.mark.parametrize("backend", ["obstore", "fsspec"])
async def test_an_object_is_rewritten_within_s3(endpoint: str, backend: Any) -> None:
    data = made.part10(made.small(undefined=True))
    put_object(endpoint, "adicom", "before.dcm", data)
    async with Session(storage_options=storage_options(endpoint), backend=backend) as session:
        for target in ("s3://adicom/after.dcm", "s3://adicom/before.dcm"):
            report = await adicom.rewrite("s3://adicom/before.dcm", target, DefinedLengths(), session=session)
            assert report.bytes_read == len(data)
            source = resolve_async(target, session)
            assert (await source.read_at(0, 100_000)).data == made.part10(made.small())
            await source.aclose()
        with pytest.raises(TruncatedError):
            await adicom.rewrite(data[:-1], "s3://adicom/after.dcm", session=session)
        source = resolve_async("s3://adicom/after.dcm", session)
        assert (await source.read_at(0, 100_000)).data == made.part10(made.small())
        await source.aclose()


@pytest.mark.parametrize("backend", ["obstore", "fsspec"])
async def test_s3_errors(endpoint: str, backend: Any) -> None:
    async with Session(storage_options=storage_options(endpoint), backend=backend) as session:
        with pytest.raises(SourceNotFoundError):
            await resolve_async("s3://adicom/none", session).read_at(0, 100)


async def test_s3_names_that_a_client_takes_for_others(moto: str) -> None:
    """obstore drops slashes at both ends, s3fs the last one; both would have read another object."""
    for key in ("slash", "slash/", "/slash", "two//slashes"):
        put_object(moto, "adicom", key, key.encode() * 10)
    async with Session(storage_options=storage_options(moto)) as session:
        for key in ("slash", "/slash", "two//slashes"):
            answer = await resolve_async(f"s3://adicom/{key}", session).read_at(0, 1000)
            assert answer.data == key.encode() * 10
        with pytest.raises(ValueError, match="S3FileSystem takes it for s3://adicom/slash"):
            await resolve_async("s3://adicom/slash/", session).read_at(0, 1000)
    async with Session(storage_options=storage_options(moto), backend="obstore") as session:
        for key in ("slash/", "/slash", "two//slashes", "./slash", "slash?versionId=1"):
            with pytest.raises(ValueError, match="obstore has no name for"):
                resolve_async(f"s3://adicom/{key}", session)


async def test_s3_refused(endpoint: str) -> None:
    options = storage_options(endpoint) | {"secret": "hunter2"}
    async with Session(storage_options=options, retries=0) as session:
        source = resolve_async("s3://adicom/folder/a b+c.dcm", session)
        try:
            await source.read_at(0, 100)
        except SourcePermissionError as error:  # moto lets everybody in
            shown = "".join(traceback.format_exception(error))
            assert "hunter2" not in shown
            assert KEY not in shown


async def test_s3_change(endpoint: str) -> None:
    put_object(endpoint, "adicom", "changing", DATA)
    async with Session(storage_options=storage_options(endpoint)) as session:
        source = resolve_async("s3://adicom/changing", session)
        await source.read_at(0, 100)
        put_object(endpoint, "adicom", "changing", DATA[::-1])
        with pytest.raises(SourceChangedError):
            await source.read_at(100, 100)
        first = await resolve_async("s3://adicom/changing", session).read_at(0, 100)
        source = resolve_async("s3://adicom/changing", session, known=first.identity)
        put_object(endpoint, "adicom", "changing", DATA)
        with pytest.raises(SourceChangedError):
            await source.read_at(0, 100)


@pytest.mark.parametrize("backend", ["obstore", "fsspec"])
async def test_s3_object_is_written_over_itself(endpoint: str, backend: Any) -> None:
    """Its deferred values are copied from it while it is written; what failed before has left it alone."""
    body = made.element(0x00080060, "CS", "CT") + made.element(made.PIXEL_DATA, "OW", DATA)
    put_object(endpoint, "adicom", "itself.dcm", made.part10(body))
    url, words = "s3://adicom/itself.dcm", made.element(0x00100020, "LO", "4711")
    async with Session(storage_options=storage_options(endpoint), backend=backend) as session:
        ds = await adicom.dcmread(url, defer_size=1000, session=session)
        ds.PatientID = "4711"
        ds.add_new(0x00111001, "OB", adicom.StreamValue(10, lambda: iter([b"too few"])))
        with pytest.raises(adicom.EncodeError, match="7 have come"):
            await ds.save_as(url, session=session)
        del ds[0x00111001]
        await ds.save_as(url, session=session)
        with pytest.raises(SourceChangedError):
            await ds.fetch("PixelData")
        source = resolve_async(url, session)
        assert await read_all(source) == made.part10(body[:10] + words + body[10:])
        await source.aclose()


async def test_store_and_filesystem_of_the_caller(endpoint: str) -> None:
    options = storage_options(endpoint)
    store = obstore.store.S3Store(
        "adicom",
        access_key_id=options["key"],
        secret_access_key=options["secret"],
        endpoint=endpoint,
        region="us-east-1",
        client_options={"allow_http": True},
    )
    async with Session() as session:
        source = resolve_async((store, "folder/a b+c.dcm"), session)
        assert await read_all(source) == DATA
        assert not source.stats.exact


STATUS_FAULTS = [Fault(status=503), Fault(status=429), Fault(reset=True), Fault(cut=50)]


@pytest.mark.parametrize("fault", STATUS_FAULTS, ids=repr)
async def test_obstore_faults_are_retried_here(fault: Fault) -> None:
    with RangeServer({"/adicom/a": DATA}) as server:
        server.faults = [fault]
        async with Session(storage_options=storage_options(server.url), backend="obstore") as session:
            source = resolve_async("s3://adicom/a", session)
            assert (await source.read_at(0, 16384)).data == DATA[:16384]
            assert (source.stats.requests, source.stats.retries) == (2, 1)
        assert server.gets == 2


@pytest.mark.parametrize("fault", [Fault(shift=5), Fault(whole=True), Fault(status=400), Fault(status=401)], ids=repr)
async def test_obstore_wrong_answers_are_errors(fault: Fault) -> None:
    with RangeServer({"/adicom/a": DATA}) as server:
        server.faults = [fault]
        async with Session(storage_options=storage_options(server.url), backend="obstore") as session:
            with pytest.raises(SourceError):
                await resolve_async("s3://adicom/a", session).read_at(0, 16384)
        assert server.gets == 1


async def test_obstore_takes_no_part_with_the_status_of_the_whole() -> None:
    with RangeServer({"/adicom/a": DATA}) as server:
        server.faults = [Fault(whole=True)]
        async with Session(storage_options=storage_options(server.url), backend="obstore") as session:
            with pytest.raises(SourceError, match=r"answered 200 to a range.*backend='fsspec' may read it"):
                await resolve_async("s3://adicom/a", session).read_at(0, 16384)


async def test_obstore_stall() -> None:
    with RangeServer({"/adicom/a": DATA}) as server:
        server.faults = [Fault(stall=0.6)]
        async with Session(storage_options=storage_options(server.url), timeout=0.2, retries=0) as session:
            with pytest.raises(TimeoutError):
                await resolve_async("s3://adicom/a", session).read_at(0, 16384)


async def test_memory() -> None:
    fsspec.filesystem("memory").pipe_file("/stores/a.dcm", DATA)
    async with Session() as session:
        source = resolve_async("memory://stores/a.dcm", session)
        assert await read_all(source) == DATA
        assert (await source.read_at(5000, 10)).data == DATA[5000:5010]
        with pytest.raises(SourceNotFoundError):
            await resolve_async("memory://stores/none.dcm", session).read_at(0, 10)


async def test_zip() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in/a.dcm", DATA)
        archive.writestr("in/empty", b"")
    fsspec.filesystem("memory").pipe_file("/stores/a.zip", packed.getvalue())
    async with Session() as session:
        source = resolve_async("zip://in/a.dcm::memory://stores/a.zip", session)
        assert await read_all(source) == DATA
        assert (await source.read_at(5000, 10)).data == DATA[5000:5010]
        empty = await resolve_async("zip://in/empty::memory://stores/a.zip", session).read_at(0, 10)
        assert (empty.data, empty.size) == (b"", 0)


async def test_filesystem_and_open_file(tmp_path: Any) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/stores/b.dcm", DATA)
    async with Session() as session:
        assert await read_all(resolve_async((memory, "/stores/b.dcm"), session)) == DATA
        assert await read_all(resolve_async(fsspec.open("memory://stores/b.dcm"), session)) == DATA


async def test_buffered_file_is_read_from_its_position(endpoint: str) -> None:
    options = storage_options(endpoint)
    region = options.pop("region")
    filesystem = fsspec.filesystem("s3", **options, client_kwargs={"region_name": region}, skip_instance_cache=True)
    with filesystem.open("adicom/folder/a b+c.dcm", "rb") as file:
        file.seek(1000)
        async with Session() as session:
            source = resolve_async(file, session)
            assert (await source.read_at(0, 10)).data == DATA[1000:1010]
            assert await read_all(source) == DATA[1000:]


async def test_changed_file(tmp_path: Any) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/stores/c.dcm", DATA)
    async with Session() as session:
        source = resolve_async("memory://stores/c.dcm", session)
        await source.read_at(0, 10)
        identity = (await source.read_at(10, 10)).identity
        memory.pipe_file("/stores/c.dcm", DATA + b"x")
        with pytest.raises(SourceChangedError):
            await resolve_async("memory://stores/c.dcm", session, known=identity).read_at(0, 10)
        options = ReadOptions(identity="off")
        source = resolve_async("memory://stores/c.dcm", session, options, known=identity)
        assert (await source.read_at(0, 10)).data == DATA[:10]


async def test_connections_of_filesystems_are_closed_where_they_were_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """s3fs would close them in the loop that runs when they are collected."""
    closed: list[object] = []

    class Client:
        async def __aexit__(self, *error: object) -> None:
            closed.append(asyncio.get_running_loop())

    class Remote(fsspec.asyn.AsyncFileSystem):  # type: ignore[misc] # fsspec has no types
        protocol = "remote"

        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self._session = Client()

        async def _cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
            return DATA[start:end]

    monkeypatch.setitem(_registry, "remote", Remote)
    async with Session() as session:
        for name in ("a", "b"):
            assert (await resolve_async(f"remote://{name}", session).read_at(0, 100)).data == DATA[:100]
        assert not closed
    assert closed == [fsspec.asyn.get_loop()] * 2


class HttpFault(Exception):
    code = 403


async def test_values_that_were_passed_over_are_of_the_object_that_was_read() -> None:
    """Where one range was enough to read the header, only a look at the object tells it from the next one."""
    memory = fsspec.filesystem("memory")
    pixels = made.encapsulated([bytes(100_000)])
    memory.pipe_file("/stores/d.dcm", made.part10(pixels, made.JPEG_BASELINE))
    ds = await adicom.dcmread("memory://stores/d.dcm", defer_size="64 KB")
    assert ds.io_stats.requests == 2
    careless = await adicom.dcmread("memory://stores/d.dcm", defer_size="64 KB", identity="off")
    assert careless.io_stats.requests == 1
    memory.pipe_file("/stores/d.dcm", made.part10(pixels[:-10] + bytes(10), made.JPEG_BASELINE))
    with pytest.raises(SourceChangedError):
        await ds.fetch("PixelData")


async def test_what_a_filesystem_gives_is_checked() -> None:
    class Whole(fsspec.AbstractFileSystem):  # type: ignore[misc] # fsspec has no types
        def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
            return DATA

        def info(self, path: str, **_: Any) -> dict[str, Any]:
            return {"name": path, "size": len(DATA), "type": "file"}

    class Short(Whole):
        def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
            return DATA[start : (start or 0) + 3]

    class SameLength(Whole):
        def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
            return DATA  # of a server without ranges, for a range that happens to be as long as the object

    class Forbidding(Whole):
        def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
            raise HttpFault("hunter2")

    class Broken(Whole):
        def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
            raise RuntimeError("hunter2")

    async with Session(retries=0) as session:
        with pytest.raises(SourceError, match="for a range of 100"):
            await resolve_async((Whole(), "a"), session).read_at(0, 100)
        with pytest.raises(SourceError, match="3 bytes of 100"):
            await resolve_async((Short(), "a"), session).read_at(0, 100)
        with pytest.raises(SourceError, match="102400 bytes for a range of 52400"):
            await resolve_async((SameLength(), "a"), session).read_at(50_000, len(DATA))
        for kind, filesystem, text in (
            (SourcePermissionError, Forbidding(), "403"),
            (SourceError, Broken(), "Runtime"),
        ):
            with pytest.raises(kind, match=text) as caught:
                await resolve_async((filesystem, "a"), session).read_at(0, 100)
            assert "hunter2" not in "".join(traceback.format_exception(caught.value))


async def test_unknown_protocol_and_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Session() as session:
        with pytest.raises(ValueError, match="nosuch"):
            await resolve_async("nosuch://host/a", session).read_at(0, 10)
        monkeypatch.setattr("adicom.io.cloud.find_spec", lambda name: None)
        with pytest.raises(ImportError, match=r"adicom\[cloud\]"):
            resolve_async("s3://bucket/a", session)
