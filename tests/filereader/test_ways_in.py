"""Every way in gives the same dataset: awaited on both loops, and blocking."""

from __future__ import annotations

import asyncio
import gzip
import io
from contextlib import ExitStack, aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import aiofiles
import anyio
import anyio.lowlevel
import fsspec
import obstore
import pytest
from obstore.store import MemoryStore

import adicom
import adicom.sync
from adicom.io import Answer, IOStats, asgi_body, gunzip, http_body, multipart_parts
from tests import made, oracle
from tests.conftest import pydicom_files
from tests.servers import RangeServer, moto_server, put_object, storage_options

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from tests.oracle import Node

# Once in some hundred reads obstore's runtime takes seconds to close the connections of a store that is gone.
pytestmark = [pytest.mark.leaves("sockets"), pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")]


# -- the files


def packaged(name: str) -> bytes:
    """Return a file that comes with pydicom or pydicom-data."""
    return next(path for path in pydicom_files() if path.name == name).read_bytes()


def structure_set() -> bytes:
    """Return an RT Structure Set: sequences of both forms of length, values that cross blocks."""
    form = made.EXPLICIT
    points = "\\".join(f"{number / 7:.3f}" for number in range(6000))
    contours = [made.item(made.element(0x30060050, "DS", points[: 4000 * step - 1].rstrip("\\"))) for step in (1, 3, 2)]
    rois = [
        made.item(made.sequence(0x30060040, contours, form, undefined=undefined), form, undefined=undefined)
        for undefined in (True, False)
    ]
    names = made.item(made.element(0x30060022, "IS", "1") + made.element(0x30060026, "LO", "Lunge links"))
    body = made.element(0x00080005, "CS", "ISO_IR 100") + made.element(0x00080060, "CS", "RTSTRUCT")
    body += made.element(0x00100010, "PN", "Müller^Jürgen ".encode("latin-1"))
    body += made.sequence(0x30060020, [names, names], form)
    body += made.sequence(0x30060039, rois, form, undefined=True)
    return made.part10(body)


def with_trailing_elements() -> bytes:
    """Return encapsulated pixel data with a private group, a digital signature's kin and padding behind it."""
    header = made.small().rpartition(made.header(made.PIXEL_DATA, "OW", 8))[0]
    pixels = made.encapsulated([bytes([number]) * 3000 for number in range(9)], bytes(36))
    behind = made.element(0x7FE10010, "LO", "ADICOM TEST") + made.element(0x7FE11001, "OB", bytes(5000))
    behind += made.element(0xFFFCFFFC, "OB", bytes(126))
    return made.part10(header + pixels + behind, made.JPEG_BASELINE)


FILES: Final[dict[str, bytes]] = {
    "native": packaged("CT_small.dcm"),
    "encapsulated": packaged("emri_small_jpeg_2k_lossless.dcm"),
    "deflated": packaged("image_dfl.dcm"),
    "big": packaged("MR_small_bigendian.dcm"),
    "implicit": packaged("MR_small_implicit.dcm"),
    "sequences": structure_set(),
    "trailing": with_trailing_elements(),
}
TRAILING: Final = (0x7FE10010, 0x7FE11001, 0xFFFCFFFC)


# -- the places where they are


@dataclass(frozen=True)
class Place:
    """Where one of the files is."""

    name: str
    data: bytes
    path: Path
    ranges: RangeServer
    plain: RangeServer
    chunked: RangeServer
    s3: str

    @property
    def pieces(self) -> Iterator[bytes]:
        """The file in pieces of odd sizes."""
        return (self.data[start : start + 1777] for start in range(0, len(self.data), 1777))


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Place]]:
    folder = tmp_path_factory.mktemp("ways")
    memory = fsspec.filesystem("memory")
    objects = {f"/{name}.dcm": data for name, data in FILES.items()}
    with ExitStack() as stack:
        ranges, plain, chunked = (stack.enter_context(RangeServer(objects, ranges=n == 0)) for n in range(3))
        chunked.chunked = True
        endpoint = stack.enter_context(moto_server())
        for name, data in FILES.items():
            (folder / f"{name}.dcm").write_bytes(data)
            memory.pipe_file(f"/ways/{name}.dcm", data)
            put_object(endpoint, "adicom", f"ways/{name}.dcm", data)
        yield {
            name: Place(name, data, folder / f"{name}.dcm", ranges, plain, chunked, endpoint)
            for name, data in FILES.items()
        }
    memory.rm("/ways", recursive=True)


@pytest.fixture(params=FILES)
def place(request: pytest.FixtureRequest, places: dict[str, Place]) -> Place:
    return places[request.param]


# -- the ways in: each gives what to pass, and keywords


class Forward(io.RawIOBase):
    """A binary file that cannot seek, as a pipe."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._rest = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._rest.readinto(memoryview(buffer)[:1000])


class OwnSource:
    """A source of one's own that blocks; it gives less than it is asked for."""

    name = "my source"
    rereadable = True

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.stats = IOStats()
        self.closed = False

    def read_at(self, offset: int, size: int) -> Answer:
        return Answer(self._data[offset : offset + min(size, 5000)], None, None)

    def close(self) -> None:
        self.closed = True


class OwnAsyncSource:
    """A source of one's own that is awaited; it gives more than it is asked for."""

    name = "my source"
    rereadable = True

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.stats = IOStats()
        self.closed = False

    async def read_at(self, offset: int, size: int) -> Answer:
        await anyio.lowlevel.checkpoint()
        return Answer(self._data[offset : offset + size + 5000], None, len(self._data))

    async def aclose(self) -> None:
        self.closed = True


def value(make: Callable[[Place], Any], **keywords: Any) -> Callable[[Place], Any]:
    """Return a way that needs nothing closed."""

    @contextmanager
    def way(place: Place) -> Iterator[tuple[Any, dict[str, Any]]]:
        yield make(place), keywords

    return way


@contextmanager
def open_file(place: Place) -> Iterator[tuple[Any, dict[str, Any]]]:
    with place.path.open("rb") as file:
        yield file, {}
        assert not file.closed


@contextmanager
def bytes_io_further_on(place: Place) -> Iterator[tuple[Any, dict[str, Any]]]:
    file = io.BytesIO(b"something in front" + place.data)
    file.seek(18)
    yield file, {}
    assert not file.closed


@contextmanager
def open_file_further_on(place: Place) -> Iterator[tuple[Any, dict[str, Any]]]:
    path = place.path.with_suffix(".prefixed")
    path.write_bytes(b"something in front" + place.data)
    with path.open("rb") as file:
        file.seek(18)
        yield file, {}


@contextmanager
def s3_by_obstore(place: Place) -> Iterator[tuple[Any, dict[str, Any]]]:
    yield f"s3://adicom/ways/{place.name}.dcm", {"storage_options": storage_options(place.s3)}


@contextmanager
def s3_by_s3fs(place: Place) -> Iterator[tuple[Any, dict[str, Any]]]:
    # An option that obstore does not know selects fsspec.
    options = storage_options(place.s3) | {"default_block_size": 2**20}
    yield f"s3://adicom/ways/{place.name}.dcm", {"storage_options": options}


def store_and_path(place: Place) -> Any:
    store = MemoryStore()
    obstore.put(store, "a.dcm", place.data)
    return store, "a.dcm"


class Pieces:
    """Something that can be iterated over, again and again."""

    def __init__(self, place: Place) -> None:
        self._place = place

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._place.pieces:
            await anyio.lowlevel.checkpoint()
            yield piece


@asynccontextmanager
async def async_generator(place: Place) -> AsyncIterator[tuple[Any, dict[str, Any]]]:
    async with aclosing(aiter(Pieces(place))) as pieces:  # type: ignore[type-var]  # it is a generator
        yield pieces, {}


@asynccontextmanager
async def by_aiofiles(place: Place) -> AsyncIterator[tuple[Any, dict[str, Any]]]:
    async with aiofiles.open(place.path, "rb") as file:
        yield file, {}


@asynccontextmanager
async def by_anyio(place: Place) -> AsyncIterator[tuple[Any, dict[str, Any]]]:
    async with await anyio.open_file(place.path, "rb") as file:
        yield file, {}


@asynccontextmanager
async def receive_stream(place: Place) -> AsyncIterator[tuple[Any, dict[str, Any]]]:
    async def serve(client: anyio.abc.SocketStream) -> None:
        async with client:
            with suppress(anyio.BrokenResourceError):  # who reads only the header closes early
                await client.send(place.data)

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, serve)
        port: int = listener.extra(anyio.abc.SocketAttribute.local_port)
        async with await anyio.connect_tcp("127.0.0.1", port) as stream:
            yield stream, {}
        group.cancel_scope.cancel()


@asynccontextmanager
async def stream_reader(place: Place) -> AsyncIterator[tuple[Any, dict[str, Any]]]:
    def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(place.data)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        yield reader, {}
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def plain_http(place: Place) -> AsyncIterator[tuple[Any, dict[str, Any]]]:
    async with http_body(f"{place.chunked.url}/{place.name}.dcm") as body:
        yield body, {}


@asynccontextmanager
async def part_of_a_message(place: Place) -> AsyncIterator[tuple[Any, dict[str, Any]]]:
    message = b"--next\r\n\r\n" + place.data + b"\r\n--next--\r\n"
    chunks = [message[start : start + 1777] for start in range(0, len(message), 1777)]
    async for part in multipart_parts(chunks, "multipart/related; boundary=next"):
        yield part, {}


def received(place: Place) -> Any:
    pieces = place.pieces

    async def receive() -> dict[str, Any]:
        await anyio.lowlevel.checkpoint()
        piece = next(pieces, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    return asgi_body(receive)


EVERYWHERE: Final[dict[str, Callable[[Place], Any]]] = {
    "bytes": value(lambda place: place.data),
    "bytearray": value(lambda place: bytearray(place.data)),
    "memoryview": value(lambda place: memoryview(place.data)),
    "path": value(lambda place: str(place.path)),
    "PathLike": value(lambda place: place.path),
    "file URL": value(lambda place: place.path.as_uri()),
    "BytesIO": value(lambda place: io.BytesIO(place.data)),
    "open file": open_file,
    "BytesIO further on": bytes_io_further_on,
    "open file further on": open_file_further_on,
    "unseekable file": value(lambda place: Forward(place.data)),
    "iterable": value(lambda place: list(place.pieces)),
    "iterator": value(lambda place: place.pieces),
    "http": value(lambda place: f"{place.ranges.url}/{place.name}.dcm"),
    "http without ranges": value(lambda place: f"{place.plain.url}/{place.name}.dcm"),
    "chunked http": value(lambda place: f"{place.chunked.url}/{place.name}.dcm"),
    "s3 by obstore": s3_by_obstore,
    "s3 by s3fs": s3_by_s3fs,
    "memory URL": value(lambda place: f"memory://ways/{place.name}.dcm"),
    "OpenFile": value(lambda place: fsspec.open(f"memory://ways/{place.name}.dcm")),
    "filesystem": value(lambda place: (fsspec.filesystem("memory"), f"/ways/{place.name}.dcm")),
    "obstore store": value(store_and_path),
    "own source": value(lambda place: OwnSource(place.data)),
}
AWAITED: Final[dict[str, Callable[[Place], Any]]] = {
    "async iterable": value(Pieces),
    "async generator": async_generator,
    "aiofiles": by_aiofiles,
    "anyio file": by_anyio,
    "ByteReceiveStream": receive_stream,
    "StreamReader": stream_reader,
    "own async source": value(lambda place: OwnAsyncSource(place.data)),
    "gunzip": value(lambda place: gunzip(gzip.compress(place.data, 1))),
    "plain http": plain_http,
    "part of a message": part_of_a_message,
    "ASGI body": value(received),
}
SLOW: Final = ("s3 by s3fs",)
"""Each read makes a client of botocore's; three kinds of files are enough."""
ASYNCIO_ONLY: Final = ("aiofiles", "StreamReader")
FORWARD: Final = {
    "unseekable file",
    "iterable",
    "iterator",
    "http without ranges",
    "chunked http",
    "async iterable",
    "async generator",
    "ByteReceiveStream",
    "StreamReader",
    "gunzip",
    "plain http",
    "part of a message",
    "ASGI body",
}


# -- the checks


Seen = tuple[oracle.Where, int, str, Any]


def seen(nodes: list[Node]) -> list[Seen]:
    """Leave the raw bytes out: a value that was fetched has none to show."""
    return [(node.path, node.tag, node.vr, node.value) for node in nodes]


def expected(place: Place) -> list[Node]:
    """Return what the file says when it is read from bytes."""
    return oracle.adicom_view(place.data)


def skip_if_slow(way: str, place: Place) -> None:
    if way in SLOW and place.name not in ("native", "sequences", "trailing"):
        pytest.skip("enough kinds of files were read this way")


def check_whole(dataset: Any, place: Place) -> None:
    assert dataset.preamble == place.data[:128]
    assert (dataset.is_complete, dataset.is_truncated) == (True, False)
    assert dataset.io_stats is not None
    assert oracle.view(dataset) == expected(place)


def check_header(dataset: Any, place: Place) -> None:
    assert oracle.view(dataset) == [node for node in expected(place) if node.path or node.tag < made.PIXEL_DATA]


def check_deferred(dataset: Any, place: Place, way: str) -> None:
    """Look at what was read with ``defer_size``, before anything is fetched."""
    found = any(element.is_deferred for element in dataset.iterall())
    assert found == (way not in FORWARD and place.name != "deflated")
    walked = way in FORWARD or place.name not in ("trailing", "encapsulated")
    assert dataset.is_complete == walked
    if place.name == "trailing":
        assert [tag in dataset for tag in TRAILING] == [walked] * 3


@pytest.mark.parametrize("name", FILES)
def test_bytes_say_what_pydicom_says(name: str) -> None:
    theirs, ours = oracle.pydicom_view(FILES[name]), oracle.adicom_view(FILES[name])
    assert seen(ours) == seen(theirs)
    pairs = [(mine.raw, other.raw) for mine, other in zip(ours, theirs, strict=True)]
    assert all(mine == other for mine, other in pairs if mine is not None and other is not None)


@asynccontextmanager
async def entered(way: str, place: Place) -> AsyncIterator[tuple[Any, dict[str, Any]]]:
    """Open a way in, whichever kind of context manager it is."""
    context = (EVERYWHERE | AWAITED)[way](place)
    if hasattr(context, "__aenter__"):
        async with context as given:
            yield given
    else:
        with context as given:
            yield given


@pytest.mark.anyio
@pytest.mark.parametrize("way", EVERYWHERE | AWAITED)
async def test_awaited(place: Place, way: str, anyio_backend: str) -> None:
    if anyio_backend == "trio" and way in ASYNCIO_ONLY:
        pytest.skip("it needs an asyncio loop")
    skip_if_slow(way, place)
    async with entered(way, place) as (fp, keywords):
        check_whole(await adicom.dcmread(fp, **keywords), place)
    async with entered(way, place) as (fp, keywords):
        check_header(await adicom.dcmread(fp, stop_before_pixels=True, **keywords), place)
    async with entered(way, place) as (fp, keywords):
        dataset = await adicom.dcmread(fp, defer_size=1000, **keywords)
        check_deferred(dataset, place, way)
        await dataset.fetch_all()
        await dataset.fetch_rest()
        await dataset.fetch_all()
        assert seen(oracle.view(dataset)) == seen(expected(place))


@pytest.mark.parametrize("way", EVERYWHERE)
def test_blocking(place: Place, way: str) -> None:
    skip_if_slow(way, place)
    with EVERYWHERE[way](place) as (fp, keywords):
        check_whole(adicom.sync.dcmread(fp, **keywords), place)
    with EVERYWHERE[way](place) as (fp, keywords):
        check_header(adicom.sync.dcmread(fp, stop_before_pixels=True, **keywords), place)
    with EVERYWHERE[way](place) as (fp, keywords):
        dataset = adicom.sync.dcmread(fp, defer_size=1000, **keywords)
        check_deferred(dataset, place, way)
        dataset.fetch_all()
        dataset.fetch_rest()
        dataset.fetch_all()
        assert seen(oracle.view(dataset)) == seen(expected(place))


@pytest.mark.parametrize("way", AWAITED)
def test_what_must_be_awaited_is_refused_by_blocking_functions(places: dict[str, Place], way: str) -> None:
    async def refused() -> None:
        async with entered(way, places["native"]) as (fp, keywords):
            with pytest.raises(TypeError, match=r"can only be awaited: use the functions of adicom"):
                adicom.sync.dcmread(fp, **keywords)

    anyio.run(refused)


@pytest.mark.anyio
@pytest.mark.parametrize("make", [OwnSource, OwnAsyncSource])
async def test_a_source_of_the_callers_is_not_closed(make: type[OwnSource | OwnAsyncSource]) -> None:
    source = make(FILES["native"])
    await adicom.dcmread(source)
    assert not source.closed


@pytest.mark.anyio
@pytest.mark.parametrize("way", EVERYWHERE)
async def test_one_session_serves_every_place(places: dict[str, Place], way: str) -> None:
    place = places["native"]
    with EVERYWHERE[way](place) as (fp, keywords):
        async with adicom.Session() as session:
            dataset = await adicom.dcmread(fp, session=session, defer_size=1000, **keywords)
            assert len(await dataset.fetch("PixelData")) == 32768
            assert session.is_open
        assert session.is_open is False
