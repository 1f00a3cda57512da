"""Reading from object stores: each server through each backend."""

from __future__ import annotations

import gc
import traceback
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import anyio
import pytest

import adicom
import adicom.sync
from adicom.errors import (
    BudgetExceededError,
    InvalidDicomError,
    SourceChangedError,
    SourceError,
    SourceNotFoundError,
    SourcePermissionError,
)
from adicom.io.concurrency import run_bounded
from adicom.io.resolve import resolve_async
from tests.conftest import open_handles
from tests.real.objects import BIG, CT, FRAGMENT, FRAGMENTS, INNER, NESTED_VALUES, OBJECTS, PIXELS, changed
from tests.real.servers import only_with_servers
from tests.servers import KEY, SECRET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.real.servers import RealServer

only_with_servers()

STORES: Final = ("seaweedfs", "moto", "rclone", "fake-gcs", "azurite")
BACKENDS: Final = ("obstore", "fsspec")
BLOCK: Final = 16 * 1024
HEADER_OPTIONS: Final[list[dict[str, Any]]] = [{"stop_before_pixels": True}, {"specific_tags": ["PatientID"]}]
ONE_BLOCK: Final = [("GET", f"bytes=0-{BLOCK - 1}")]

# Once in some hundred reads obstore's runtime takes seconds to close the connections of a store that is gone.
OBSTORE_LEAVES: Final = pytest.mark.leaves("sockets")


def through(
    *backends: str, stores: Iterable[str] = STORES, but: Iterable[tuple[str, str]] = ()
) -> pytest.MarkDecorator:
    """Run a test with each store through each backend."""
    pairs = [(store, backend) for store in stores for backend in backends or BACKENDS if (store, backend) not in but]
    marked = [pytest.param(*pair, marks=[OBSTORE_LEAVES] if pair[1] == "obstore" else []) for pair in pairs]
    return pytest.mark.parametrize(("store", "backend"), marked, indirect=["store"])


# obstore takes no 200 in answer to a range.
readable = through(but=[("rclone", "obstore")])
# s3rver is one more imitation of S3: of interest is what it does wrong, and that the rest still works.
readable_all = through(stores=[*STORES, "s3rver"], but=[("rclone", "obstore")])


on_both_loops = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"], scope="module")


def session_of(store: RealServer, backend: Any, **options: Any) -> adicom.Session:
    return adicom.Session(storage_options=store.options, backend=backend, **options)


def wire(store: RealServer) -> list[tuple[str, str | None]]:
    return [(request.method, request.range) for request in store.requests()]


def data_requests(store: RealServer) -> list[str]:
    """Return the ranges that were asked for, without looks at the object."""
    return [request.range for request in store.requests() if request.method == "GET" and request.range]


@readable
@pytest.mark.anyio
async def test_a_header_is_one_request(store: RealServer, backend: Any) -> None:
    async with session_of(store, backend) as session:
        for key in ("ct", "folder/a b+c&d=e%41ü~(1).dcm", "fragments"):
            for options in HEADER_OPTIONS:
                store.forget()
                ds = await adicom.dcmread(store.url + key, session=session, **options)
                assert ds.PatientID == "4711"
                assert wire(store) == ONE_BLOCK
                assert (ds.io_stats.requests, ds.io_stats.bytes, ds.io_stats.retries) == (1, BLOCK, 0)
                assert ds.io_stats.exact == (backend == "obstore")


@readable_all
@on_both_loops
@pytest.mark.anyio
async def test_deferred_value(store: RealServer, backend: Any) -> None:
    async with session_of(store, backend) as session:
        ds = await adicom.dcmread(store.url + "ct", session=session, defer_size="64 KB")
        place = ds["PixelData"].deferred
        assert place is not None
        assert place.length is not None
        assert data_requests(store) == ["bytes=0-16383"]
        assert await ds.fetch("PixelData") == PIXELS
        assert await ds.fetch("PixelData") == PIXELS
    assert data_requests(store) == ["bytes=0-16383", f"bytes={place.offset}-{place.offset + place.length - 1}"]
    if backend == "obstore":
        assert ds.io_stats.requests == len(wire(store)) == 2
        assert store.requests()[1].if_match
    assert ds.io_stats.bytes == BLOCK + len(PIXELS)


@readable
@pytest.mark.anyio
async def test_deferred_value_without_a_session(store: RealServer, backend: Any) -> None:
    """Each call makes its own session, from the options of the first one."""
    if backend == "fsspec":
        options = store.options | {"use_listings_cache": False}  # obstore does not know it
    else:
        options = store.options
    ds = await adicom.dcmread(store.url + "ct", defer_size="64 KB", storage_options=options)
    assert ds.io_stats.exact == (backend == "obstore")
    assert await ds.fetch("PixelData") == PIXELS


@readable
@pytest.mark.anyio
async def test_stream(store: RealServer, backend: Any) -> None:
    async with session_of(store, backend) as session:
        ds = await adicom.dcmread(store.url + "ct", session=session, defer_size="64 KB")
        pieces = [piece async for piece in ds.stream("PixelData")]
        assert b"".join(pieces) == PIXELS
        assert ds["PixelData"].is_deferred


@readable_all
@pytest.mark.anyio
async def test_whole_object(store: RealServer, backend: Any) -> None:
    async with session_of(store, backend) as session:
        ds = await adicom.dcmread(store.url + "ct", session=session)
        assert ds.PixelData == PIXELS
        assert ds.io_stats.bytes == len(CT)
        small = await adicom.dcmread(store.url + "small", session=session)
        assert small.PixelData == OBJECTS["small"][-8:]
        async with adicom.iter_events(store.url + "fragments", session=session) as events:
            chunks = [event.data async for event in events if isinstance(event, adicom.ValueChunk)]
            assert b"".join(chunks).count(FRAGMENT) == 8


@readable
@pytest.mark.anyio
async def test_fragments_behind_the_header(store: RealServer, backend: Any) -> None:
    async with session_of(store, backend) as session:
        ds = await adicom.dcmread(store.url + "fragments", session=session, defer_size="64 KB")
        start = FRAGMENTS.index(b"\xff\xd8") - 16  # the empty offset table, then the header of the first fragment
        assert await ds.fetch("PixelData") == FRAGMENTS[start:-8]


@readable
@pytest.mark.anyio
async def test_nested_values(store: RealServer, backend: Any) -> None:
    async with session_of(store, backend) as session:
        ds = await adicom.dcmread(store.url + "nested", session=session, defer_size=BIG)
        first, second = ds[0x00400555].value
        third = ds[0x00400556].value[0][0x00400557].value[0]
        assert await first.fetch(INNER) == NESTED_VALUES[0]
        assert await third.fetch(INNER) == NESTED_VALUES[2]
        await ds.fetch_all()
        assert [item[INNER].value for item in (first, second, third)] == NESTED_VALUES


@readable
@pytest.mark.anyio
async def test_many_at_a_time(store: RealServer, backend: Any) -> None:
    async with session_of(store, backend, connections=4) as session:
        read = partial(adicom.dcmread, store.url + "ct", session=session, defer_size="64 KB")
        found = await run_bounded([read] * 12, 12)
        fetches = [partial(ds.fetch, "PixelData") for ds in found]
        values = await run_bounded([*fetches, *fetches[:4]], 16)  # four ask twice, and share what comes
    assert values == [PIXELS] * 16
    assert len(data_requests(store)) == 24


@through()
@on_both_loops
@pytest.mark.anyio
async def test_missing_object(store: RealServer, backend: Any) -> None:
    async with session_of(store, backend) as session:
        for url in (store.url + "none", store.url + "folder/none", store.url.replace("adicom", "nosuch") + "ct"):
            with pytest.raises(SourceNotFoundError, match=r"none|nosuch"):
                await adicom.dcmread(url, session=session)


@through(stores=["seaweedfs", "rclone", "azurite"])
@pytest.mark.anyio
async def test_wrong_credentials(store: RealServer, backend: Any) -> None:
    assert store.refused is not None
    async with session_of(store, backend) as session:
        with pytest.raises(SourcePermissionError) as caught:
            await adicom.dcmread(store.url + "ct", session=session, storage_options=store.refused)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    for secret in (*store.refused.values(), KEY, SECRET):
        assert not (isinstance(secret, str) and not secret.startswith(("http", "us-")) and secret in shown)


# s3rver announces one byte of an empty object and sends none, which its client repeats for minutes.
@through(stores=[*STORES, "s3rver"], but=[("s3rver", "fsspec")])
@pytest.mark.anyio
async def test_empty_object(store: RealServer, backend: Any) -> None:
    async with session_of(store, backend) as session:
        with pytest.raises(InvalidDicomError, match="empty"):
            await adicom.dcmread(store.url + "empty", session=session)


@readable_all
@on_both_loops
@pytest.mark.anyio
@pytest.mark.parametrize("name", ["ct", "fragments"])
async def test_object_that_was_overwritten(store: RealServer, backend: Any, name: str) -> None:
    store.put("changing", OBJECTS[name])
    async with session_of(store, backend) as session:
        ds = await adicom.dcmread(store.url + "changing", session=session, defer_size="64 KB")
        store.put("changing", changed(OBJECTS[name]))
        with pytest.raises(SourceChangedError, match="changed"):
            await ds.fetch("PixelData")
        with pytest.raises(SourceChangedError, match="changed"):
            [piece async for piece in ds.stream("PixelData")]
        assert ds["PixelData"].is_deferred
        again = await adicom.dcmread(store.url + "changing", session=session, defer_size="64 KB")
        assert (await again.fetch("PixelData")) in changed(OBJECTS[name])


@readable_all
@pytest.mark.anyio
async def test_end_of_an_object(store: RealServer, backend: Any) -> None:
    async with session_of(store, backend) as session:
        source = resolve_async(store.url + "ct", session)
        assert (await source.read_at(0, 100)).data == CT[:100]
        last = await source.read_at(len(CT) - 5, 100)
        assert (last.data, last.size) == (CT[-5:], len(CT))
        for offset in (len(CT), len(CT) + 1000):
            assert (await source.read_at(offset, 100)).data == b""
        await source.aclose()
        fresh = resolve_async(store.url + "ct", session)
        assert (await fresh.read_at(len(CT), 100)).data == b""
        await fresh.aclose()


@readable
@pytest.mark.anyio
async def test_budgets(store: RealServer, backend: Any) -> None:
    async with session_of(store, backend) as session:
        read = partial(adicom.dcmread, store.url + "ct", session=session)
        with pytest.raises(BudgetExceededError):
            await read(max_requests=1)
        assert wire(store) == ONE_BLOCK
        store.forget()
        with pytest.raises(BudgetExceededError):
            await read(max_bytes=3000)
        assert data_requests(store) == ["bytes=0-2999"]
        ds = await read(max_bytes=10_000, stop_before_pixels=True)
        assert ds.io_stats.bytes == 10_000


@readable
@on_both_loops
@pytest.mark.anyio
async def test_session_goes_on_after_a_read_that_was_cancelled(store: RealServer, backend: Any) -> None:
    async with session_of(store, backend) as session:
        for seconds in (0, 0.001, 0.005, 0.02):
            with anyio.move_on_after(seconds):
                await adicom.dcmread(store.url + "ct", session=session)
        ds = await adicom.dcmread(store.url + "ct", session=session)
        assert ds.PixelData == PIXELS


@readable
def test_blocking(store: RealServer, backend: Any) -> None:
    with adicom.sync.Session(storage_options=store.options, backend=backend) as session:
        ds = adicom.sync.dcmread(store.url + "ct", session=session, defer_size="64 KB")
        assert ds["PixelData"].is_deferred
        assert ds.PixelData == PIXELS  # loads on access
        nested = adicom.sync.dcmread(store.url + "nested", session=session, defer_size=BIG)
        assert [item[INNER].value for item in nested[0x00400555].value] == NESTED_VALUES[:2]
        with pytest.raises(SourceNotFoundError):
            adicom.sync.dcmread(store.url + "none", session=session)
    if backend == "obstore":
        ds = adicom.sync.dcmread(store.url + "ct", storage_options=store.options, stop_before_pixels=True)
        assert (ds.PatientID, ds.io_stats.requests) == ("4711", 1)


@through("fsspec", but=[("moto", "fsspec")])  # moto closes each connection itself
@pytest.mark.anyio
async def test_connections_are_closed_with_the_session(store: RealServer, backend: Any) -> None:
    before = open_handles()
    gc.disable()
    try:
        async with session_of(store, backend) as session:
            await adicom.dcmread(store.url + "small", session=session)
            assert "socket" in new_handles(before)
        assert "socket" not in new_handles(before)
    finally:
        gc.enable()


def new_handles(before: dict[str, str]) -> list[str]:
    return [what for handle, what in open_handles().items() if handle not in before]


@through("obstore", stores=["rclone"])
@pytest.mark.anyio
async def test_obstore_refuses_a_part_with_the_status_of_the_whole(store: RealServer, backend: Any) -> None:
    async with session_of(store, backend) as session:
        for key in ("ct", "small"):
            with pytest.raises(SourceError, match=r"answered 200 to a range.*backend='fsspec'"):
                await adicom.dcmread(store.url + key, session=session)


@through("fsspec", stores=["s3rver"])
@pytest.mark.anyio
async def test_answer_that_never_ends_is_an_error(store: RealServer, backend: Any) -> None:
    async with session_of(store, backend, timeout=1, retries=0) as session:
        with pytest.raises(SourceError, match=r"empty: no answer in 1 s|empty cannot be read"):
            await adicom.dcmread(store.url + "empty", session=session)
