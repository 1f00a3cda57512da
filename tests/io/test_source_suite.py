"""All sources of adicom keep what :class:`adicom.testing.SourceSuite` asks of those of others."""

from __future__ import annotations

import asyncio
import io
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar

import aiofiles
import anyio
import anyio.abc
import anyio.lowlevel
import fsspec
import pytest

from adicom.io import ReadOptions
from adicom.io.local import BytesSource, FileSource, IterableSource, PathSource
from adicom.io.network import BridgedSource
from adicom.io.resolve import resolve_async
from adicom.io.session import Session
from adicom.testing import SourceSuite
from tests.servers import RangeServer, moto_server, put_object, storage_options

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from adicom.io import AsyncSource

# Once in some hundred reads obstore's runtime takes seconds to close the connections of a store that is gone.
pytestmark = pytest.mark.leaves("sockets")

SECRET = "hunter2"


def pieces_of(data: bytes, size: int = 7777) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


class Ours(SourceSuite):
    """The suite of one of our sources."""

    secrets = (SECRET,)

    def __init__(self, folder: Path, server: RangeServer) -> None:
        self.folder = folder
        self.server = server

    def path_of(self, data: bytes) -> Path:
        path = self.folder / str(len(data))
        path.write_bytes(data)
        return path


# -- read in place


class OfBytes(Ours):
    counts_requests = False

    def open_source(self, data: bytes) -> BytesSource:
        return BytesSource(data)


class OfPath(Ours):
    def open_source(self, data: bytes) -> PathSource:
        return PathSource(self.path_of(data))

    def open_missing(self) -> PathSource:
        return PathSource(self.folder / "none")


class OfFile(Ours):
    @contextmanager
    def open_source(self, data: bytes) -> Iterator[FileSource]:
        with self.path_of(b"in front" + data).open("rb") as file:
            file.seek(8)
            yield FileSource(file)


class OfFileInMemory(Ours):
    def open_source(self, data: bytes) -> FileSource:
        return FileSource(io.BytesIO(data))


class Pipe(io.RawIOBase):
    """A binary file that cannot seek, and gives little at a time."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._rest = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._rest.readinto(memoryview(buffer)[:3000])


class OfFileThatCannotSeek(Ours):
    def open_source(self, data: bytes) -> FileSource:
        return FileSource(Pipe(data))


class OfIterable(Ours):
    def open_source(self, data: bytes) -> IterableSource:
        return IterableSource([b"", *pieces_of(data), b""])


class OfIterator(Ours):
    def open_source(self, data: bytes) -> IterableSource:
        return IterableSource(pieces_of(data))


# -- in place, for async code


class OfPathInThreads(Ours):
    def open_source(self, data: bytes) -> AsyncSource:
        return resolve_async(self.path_of(data))

    def open_missing(self) -> AsyncSource:
        return resolve_async(self.folder / "none")


class OfBytesInline(Ours):
    counts_requests = False

    def open_source(self, data: bytes) -> AsyncSource:
        return resolve_async(data)


# -- awaited piece by piece


class OfAnyioFile(Ours):
    @asynccontextmanager
    async def open_source(self, data: bytes) -> AsyncIterator[AsyncSource]:
        async with await anyio.open_file(self.path_of(b"in front" + data), "rb") as file:
            await file.seek(8)
            yield resolve_async(file)


class OfAiofile(Ours):
    backends = ("asyncio",)

    @asynccontextmanager
    async def open_source(self, data: bytes) -> AsyncIterator[AsyncSource]:
        async with aiofiles.open(self.path_of(data), "rb") as file:
            yield resolve_async(file)


class OfAsyncGenerator(Ours):
    @asynccontextmanager
    async def open_source(self, data: bytes) -> AsyncIterator[AsyncSource]:
        async def generate() -> AsyncIterator[bytes]:
            for piece in pieces_of(data):
                await anyio.sleep(0.001)
                yield piece

        generator = generate()
        yield resolve_async(generator)
        await generator.aclose()  # type: ignore[attr-defined] # it is a generator


class Pieces:
    """An async iterable that is no iterator itself."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in pieces_of(self._data):
            await anyio.lowlevel.checkpoint()
            yield piece


class OfAsyncIterable(Ours):
    def open_source(self, data: bytes) -> AsyncSource:
        return resolve_async(Pieces(data))


class OfReceiveStream(Ours):
    @asynccontextmanager
    async def open_source(self, data: bytes) -> AsyncIterator[AsyncSource]:
        async def serve(client: Any) -> None:
            with suppress(anyio.BrokenResourceError):  # who has read enough goes away
                async with client:
                    await client.send(data)

        async with (
            await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
            anyio.create_task_group() as group,
        ):
            group.start_soon(listener.serve, serve)
            port = listener.extra(anyio.abc.SocketAttribute.local_port)
            async with await anyio.connect_tcp("127.0.0.1", port) as stream:
                yield resolve_async(stream)
            group.cancel_scope.cancel()


class OfStreamReader(Ours):
    backends = ("asyncio",)

    @asynccontextmanager
    async def open_source(self, data: bytes) -> AsyncIterator[AsyncSource]:
        reader = asyncio.StreamReader()

        async def feed() -> None:
            for piece in pieces_of(data, 30_000):
                reader.feed_data(piece)
                await asyncio.sleep(0.001)
            reader.feed_eof()

        feeding = asyncio.create_task(feed())
        yield resolve_async(reader)
        feeding.cancel()


# -- over the network


class OverNetwork(Ours):
    """Objects at URLs, read through a session; on trio they live in a network thread."""

    options: ClassVar[ReadOptions] = ReadOptions()

    def url_of(self, data: bytes | None) -> Any:
        """Return where an object with these bytes is; None: where there is none."""
        raise NotImplementedError

    @asynccontextmanager
    async def open_source(self, data: bytes | None) -> AsyncIterator[AsyncSource]:
        async with Session() as session:
            yield resolve_async(self.url_of(data), session, self.options)

    def open_missing(self) -> Any:
        return self.open_source(None)


class OverHttp(OverNetwork):
    ranges = True
    chunked = False

    def url_of(self, data: bytes | None) -> str:
        self.server.ranges, self.server.chunked = self.ranges, self.chunked
        path = "/none" if data is None else f"/{len(data)}"
        if data is not None:
            self.server.objects[path] = data
        return f"http://me:{SECRET}@127.0.0.1:{self.server.port}{path}?sig={SECRET}"


class OfHttp(OverHttp):
    pass


class OfHttpWithoutRanges(OverHttp):
    ranges = False


class OfHttpWithoutRangesReadAgain(OverHttp):
    ranges = False
    options = ReadOptions(allow_full_reread=True)


class OfHttpOfUnknownLength(OverHttp):
    ranges = False
    chunked = True


class OfBridged(OverHttp):
    backends = ("trio",)

    @asynccontextmanager
    async def open_source(self, data: bytes | None) -> AsyncIterator[AsyncSource]:
        async with super().open_source(data) as source:
            assert isinstance(source, BridgedSource)
            yield source


class OfFsspecMemory(OverNetwork):
    def url_of(self, data: bytes | None) -> str:
        if data is None:
            return "memory://suite/none"
        fsspec.filesystem("memory").pipe_file(f"/suite/{len(data)}", data)
        return f"memory://suite/{len(data)}"


class OfFsspecFile(OverNetwork):
    def open_missing(self) -> None:
        """Give nothing: fsspec does not open what is not there."""

    def url_of(self, data: bytes | None) -> Any:
        fsspec.filesystem("memory").pipe_file("/suite/file", data)
        return fsspec.open("memory://suite/file", "rb")


# -- all of them

# The checks that are not for every source.
IN_PLACE = {"blocking", "threads"}
AWAITED = {"cancelling"}
REMOTE = {"cancelling", "missing"}
OPTIONAL = IN_PLACE | REMOTE | {"concurrent"}

SUITES: dict[type[Ours], set[str]] = {
    OfBytes: IN_PLACE,
    OfPath: IN_PLACE | {"missing"},
    OfFile: IN_PLACE,
    OfFileInMemory: IN_PLACE,
    OfFileThatCannotSeek: IN_PLACE,
    OfIterable: IN_PLACE,
    OfIterator: IN_PLACE,
    OfPathInThreads: REMOTE,
    OfBytesInline: AWAITED,
    OfAnyioFile: AWAITED,
    OfAiofile: AWAITED,
    OfAsyncGenerator: AWAITED,
    OfAsyncIterable: AWAITED,
    OfReceiveStream: AWAITED,
    OfStreamReader: AWAITED,
    OfHttp: REMOTE | {"concurrent"},
    OfHttpWithoutRanges: REMOTE,
    OfHttpWithoutRangesReadAgain: REMOTE,
    OfHttpOfUnknownLength: REMOTE,
    OfBridged: REMOTE | {"concurrent"},
    OfFsspecMemory: REMOTE,
    OfFsspecFile: AWAITED,
}


@pytest.fixture(scope="module")
def server() -> Iterator[RangeServer]:
    with RangeServer() as running:
        yield running


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("anyio_backend", "suite"),
    [(backend, suite) for suite in SUITES for backend in suite.backends],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
async def test_ours(suite: type[Ours], tmp_path: Path, server: RangeServer) -> None:
    done = await suite(tmp_path, server).check_all()
    assert OPTIONAL.intersection(done) == SUITES[suite]
    assert set(done) | OPTIONAL == set(SourceSuite.names())


# -- real stores: one session for all checks, for the client of a store is dear


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with moto_server() as running:
        yield running


class S3(SourceSuite):
    """Objects in S3, read through one session."""

    # moto lets everybody in; what is shown of a secret would show all the same.
    secrets = (SECRET,)

    def __init__(self, session: Session, endpoint: str) -> None:
        self.session = session
        self.endpoint = endpoint
        self.stored: set[int] = set()

    def open_source(self, data: bytes) -> AsyncSource:
        if len(data) not in self.stored:
            put_object(self.endpoint, "adicom", f"suite/{len(data)}", data)
            self.stored.add(len(data))
        return resolve_async(f"s3://adicom/suite/{len(data)}", self.session)

    def open_missing(self) -> AsyncSource:
        return resolve_async("s3://adicom/none", self.session)


@pytest.mark.asyncio  # on trio there is a bridge in front of them, which is among those above
@pytest.mark.parametrize("backend", ["obstore", "fsspec"])
async def test_s3(moto: str, backend: Any) -> None:
    options = storage_options(moto) | {"secret": SECRET}
    async with Session(storage_options=options, backend=backend) as session:
        done = await S3(session, moto).check_all()
    assert OPTIONAL.intersection(done) == REMOTE | {"concurrent"}
