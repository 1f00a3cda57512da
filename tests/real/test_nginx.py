"""Reading over HTTP from a server that does with ranges, encodings, redirects and passwords what servers do."""

from __future__ import annotations

import traceback
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import fsspec
import pytest

import adicom
import adicom.sync
from adicom.errors import (
    BudgetExceededError,
    DeferredValueError,
    InvalidDicomError,
    SourceChangedError,
    SourceError,
    SourceNotFoundError,
    SourcePermissionError,
)
from adicom.io.concurrency import run_bounded
from tests.real.objects import BIG, CT, INNER, NESTED_VALUES, OBJECTS, PIXELS, changed
from tests.real.servers import only_with_servers
from tests.servers import KEY, SECRET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.real.servers import RealServer

only_with_servers()

pytestmark = pytest.mark.anyio

on_both_loops = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"], scope="module")

BLOCK: Final = 16 * 1024
# With ranges, with ranges although it compresses for others, behind a redirect, behind a password.
WITH_RANGES: Final = ("ranges", "gzip", "moved", "private")


@pytest.fixture
async def session(nginx: RealServer) -> AsyncIterator[adicom.Session]:
    async with adicom.Session(storage_options=nginx.options, retries=1) as running:
        yield running


def wire(nginx: RealServer) -> list[tuple[str, str | None]]:
    return [(request.method, request.range) for request in nginx.requests()]


@on_both_loops
@pytest.mark.parametrize("place", WITH_RANGES)
async def test_a_header_is_one_request(nginx: RealServer, session: adicom.Session, place: str) -> None:
    ds = await adicom.dcmread(f"{nginx.url}{place}/ct", session=session, stop_before_pixels=True)
    hops = 2 if place == "moved" else 1
    assert ds.PatientID == "4711"
    assert wire(nginx) == [("GET", f"bytes=0-{BLOCK - 1}")] * hops
    assert (ds.io_stats.requests, ds.io_stats.bytes, ds.io_stats.exact) == (hops, BLOCK, True)


@on_both_loops
@pytest.mark.parametrize("place", WITH_RANGES)
async def test_deferred_values(nginx: RealServer, session: adicom.Session, place: str) -> None:
    ds = await adicom.dcmread(f"{nginx.url}{place}/ct", session=session, defer_size="64 KB")
    assert await ds.fetch("PixelData") == PIXELS
    assert ds.io_stats.requests == len(nginx.requests()) == (4 if place == "moved" else 2)
    assert nginx.requests()[-1].if_match
    assert b"".join([piece async for piece in ds.stream("PixelData")]) == PIXELS
    nested = await adicom.dcmread(f"{nginx.url}{place}/nested", session=session, defer_size=BIG)
    await nested.fetch_all()
    assert [item[INNER].value for item in nested[0x00400555].value] == NESTED_VALUES[:2]


@pytest.mark.parametrize("place", WITH_RANGES)
async def test_many_at_a_time(nginx: RealServer, session: adicom.Session, place: str) -> None:
    read = partial(adicom.dcmread, f"{nginx.url}{place}/ct", session=session, defer_size="64 KB")
    found = await run_bounded([read] * 16, 16)
    assert await run_bounded([partial(ds.fetch, "PixelData") for ds in found], 16) == [PIXELS] * 16


@on_both_loops
async def test_server_without_ranges(nginx: RealServer, session: adicom.Session) -> None:
    url = nginx.url + "whole/ct"
    ds = await adicom.dcmread(url, session=session)
    assert ds.PixelData == PIXELS
    header = await adicom.dcmread(url, session=session, stop_before_pixels=True)
    assert header.PatientID == "4711"
    assert header.io_stats.bytes < len(CT)  # the rest was not waited for
    kept = await adicom.dcmread(url, session=session, defer_size="64 KB")
    assert kept.PixelData == PIXELS
    assert [ds.io_stats.requests, header.io_stats.requests, kept.io_stats.requests] == [1, 1, 1]
    assert len(nginx.requests()) == 3
    dropped = await adicom.dcmread(url, session=session, defer_size="64 KB", on_unreachable="drop")
    with pytest.raises(DeferredValueError):
        await dropped.fetch("PixelData")
    again = await adicom.dcmread(url, session=session, defer_size="64 KB", allow_full_reread=True)
    assert again["PixelData"].is_deferred
    assert await again.fetch("PixelData") == PIXELS


async def test_encoded_object(nginx: RealServer, session: adicom.Session) -> None:
    """It is sent compressed, whatever the client accepts."""
    for key in ("ct", "small"):
        with pytest.raises(SourceError, match=r"Content-Encoding: gzip"):
            await adicom.dcmread(f"{nginx.url}packed/{key}", session=session)


@on_both_loops
async def test_passwords(nginx: RealServer) -> None:
    url = nginx.url + "private/ct"
    with pytest.raises(SourcePermissionError, match="401"):
        await adicom.dcmread(url)
    wrong = {"headers": {"Authorization": "Basic aHVudGVyMjpodW50ZXIy"}}
    inside = url.replace("://", "://hunter2:hunter2@")
    for place, options in ((url, wrong), (inside, None)):
        with pytest.raises(SourcePermissionError, match="401") as caught:
            await adicom.dcmread(place, storage_options=options)
        shown = "".join(traceback.format_exception(caught.value))
        assert "hunter2@" not in shown
        assert "hunter2:" not in shown
        assert "aHVudGVyMjpodW50ZXIy" not in shown
    assert (await adicom.dcmread(url, storage_options=nginx.options)).PixelData == PIXELS
    ds = await adicom.dcmread(url.replace("://", f"://{KEY}:{SECRET}@"), defer_size="64 KB")
    assert await ds.fetch("PixelData") == PIXELS


@on_both_loops
async def test_password_is_not_told_elsewhere(nginx: RealServer, session: adicom.Session) -> None:
    with pytest.raises(SourcePermissionError, match="401"):
        await adicom.dcmread(nginx.url + "elsewhere/ct", session=session)
    first, second = nginx.requests()
    assert (first.target, second.target) == ("/elsewhere/ct", "/private/ct")
    assert (first.authorization, second.authorization) == (nginx.options["headers"]["Authorization"], None)


@on_both_loops
async def test_redirects_that_never_end(nginx: RealServer, session: adicom.Session) -> None:
    with pytest.raises(SourceError, match="too many redirects"):
        await adicom.dcmread(nginx.url + "around/ct", session=session)
    nginx.forget()
    with pytest.raises(BudgetExceededError):
        await adicom.dcmread(nginx.url + "around/ct", session=session, max_requests=3)
    assert len(nginx.requests()) == 3


@pytest.mark.parametrize(
    ("path", "kind", "text"),
    [
        ("none", SourceNotFoundError, "404"),
        ("ranges/none", SourceNotFoundError, "404"),
        ("page/ct", SourceError, "HTML page"),
        ("busy/ct", SourceError, "503"),
        ("ranges/empty", InvalidDicomError, "empty"),
        ("whole/empty", InvalidDicomError, "empty"),
    ],
)
async def test_what_is_not_there(
    nginx: RealServer, session: adicom.Session, path: str, kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        await adicom.dcmread(nginx.url + path, session=session)
    assert len(nginx.requests()) == (2 if path == "busy/ct" else 1)


@on_both_loops
@pytest.mark.parametrize("place", ["ranges", "moved", "whole"])
async def test_object_that_was_overwritten(nginx: RealServer, session: adicom.Session, place: str) -> None:
    nginx.put("changing", CT)
    url = f"{nginx.url}{place}/changing"
    ds = await adicom.dcmread(url, session=session, defer_size="64 KB", allow_full_reread=True)
    nginx.put("changing", changed(CT))
    with pytest.raises(SourceChangedError):
        await ds.fetch("PixelData")
    again = await adicom.dcmread(url, session=session, defer_size="64 KB", allow_full_reread=True)
    assert await again.fetch("PixelData") in changed(CT)


async def test_budgets(nginx: RealServer, session: adicom.Session) -> None:
    read = partial(adicom.dcmread, nginx.url + "ranges/ct", session=session)
    with pytest.raises(BudgetExceededError):
        await read(max_requests=1)
    with pytest.raises(BudgetExceededError):
        await read(max_bytes=3000)
    assert wire(nginx) == [("GET", "bytes=0-16383"), ("GET", "bytes=0-2999")]
    with pytest.raises(BudgetExceededError):
        await adicom.dcmread(nginx.url + "whole/ct", session=session, max_bytes=100_000)


@pytest.mark.parametrize("key", ["ct", "nested", "fragments", "small"])
async def test_as_fsspec_has_it(nginx: RealServer, session: adicom.Session, key: str) -> None:
    """Another client of the same server: fsspec's own, read through and by adicom."""
    filesystem = fsspec.filesystem("http", skip_instance_cache=True)
    expected = filesystem.cat_file(f"{nginx.url}ranges/{key}")
    assert expected == OBJECTS[key]
    ours = await adicom.dcmread(f"{nginx.url}ranges/{key}", session=session)
    theirs = await adicom.dcmread((filesystem, f"{nginx.url}ranges/{key}"))
    moved = await adicom.dcmread((filesystem, f"{nginx.url}moved/{key}"), defer_size="64 KB")
    await moved.fetch_all()
    assert ours == theirs == moved == await adicom.dcmread(expected)
    await close(filesystem)


async def test_fsspec_at_a_server_without_ranges(nginx: RealServer) -> None:
    filesystem = fsspec.filesystem("http", skip_instance_cache=True)
    with pytest.raises(SourceError, match="bytes for a range of 16384"):
        await adicom.dcmread((filesystem, nginx.url + "whole/ct"))
    small = await adicom.dcmread((filesystem, nginx.url + "whole/small"))
    assert small.PixelData == OBJECTS["small"][-8:]
    with pytest.raises(SourcePermissionError, match="401"):
        await adicom.dcmread((filesystem, nginx.url + "private/ct"))
    with pytest.raises(SourceNotFoundError):
        await adicom.dcmread((filesystem, nginx.url + "ranges/none"))
    await close(filesystem)


async def close(filesystem: Any) -> None:
    """Close a filesystem of the test's own, as a session does with those that it made."""
    from adicom.io.fsspec_files import close_filesystem

    await close_filesystem(filesystem)


def test_blocking(nginx: RealServer) -> None:
    with adicom.sync.Session(storage_options=nginx.options) as session:
        for place in WITH_RANGES:
            ds = adicom.sync.dcmread(f"{nginx.url}{place}/ct", session=session, defer_size="64 KB")
            assert ds["PixelData"].is_deferred
            assert ds.PixelData == PIXELS
        assert adicom.sync.dcmread(nginx.url + "whole/ct", session=session).PixelData == PIXELS
    with pytest.raises(SourcePermissionError):
        adicom.sync.dcmread(nginx.url + "private/ct")
