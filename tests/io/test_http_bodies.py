"""Answers that cannot be read by range: encoded, of unknown length, made while they are sent."""

from __future__ import annotations

import gzip
import traceback
import zlib
from typing import TYPE_CHECKING, Any

import aiohttp
import anyio
import pytest

import adicom
import adicom.sync
from adicom import BudgetExceededError, LimitError, ParseError, ParserLimits, SourceError, TruncatedError
from adicom.io import ReadOptions, http_body
from tests import oracle
from tests.conftest import pydicom_files
from tests.servers import Fault, RangeServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio

CT = next(path for path in pydicom_files() if path.name == "CT_small.dcm").read_bytes()
ENCODED = {
    "gzip": gzip.compress(CT),
    "x-gzip": gzip.compress(CT),
    "deflate": zlib.compress(CT),
    "identity": CT,
}


@pytest.fixture
def server() -> Iterator[RangeServer]:
    objects = {f"/{coding}": data for coding, data in ENCODED.items()}
    with RangeServer({**objects, "/large": bytes(20 * 2**20), "/empty": b""}) as running:
        # As nginx does with gzip on: no ranges, no length, whatever the client asks for.
        running.ranges = False
        running.chunked = True
        running.script = lambda request: Fault(headers={"Content-Encoding": request.path[1:]})
        yield running


def check(dataset: adicom.Dataset) -> None:
    assert oracle.view(dataset) == oracle.adicom_view(CT)


@pytest.mark.parametrize("coding", ENCODED)
async def test_an_encoded_answer(server: RangeServer, coding: str) -> None:
    async with http_body(f"{server.url}/{coding}") as body:
        check(await adicom.dcmread(body))
        assert not body.rereadable
        assert body.headers["content-encoding"] == coding
        assert (body.stats.requests, body.stats.bytes) == (1, len(ENCODED[coding]))
    (request,) = server.requests
    assert (request.method, request.range) == ("GET", None)
    assert request.headers["Accept-Encoding"] == "gzip, deflate"


async def test_reading_by_range_refuses_it_and_says_what_does_not(server: RangeServer) -> None:
    with pytest.raises(SourceError, match=r"Content-Encoding: gzip\); adicom\.io\.http_body may decode it"):
        await adicom.dcmread(f"{server.url}/gzip")


@pytest.mark.parametrize("chunked", [True, False])
async def test_a_plain_answer(server: RangeServer, chunked: bool) -> None:
    server.chunked = chunked
    server.script = lambda _: None
    server.ranges = True
    async with http_body(f"{server.url}/identity") as body:
        assert b"".join([piece async for piece in body]) == CT
    assert [request.range for request in server.requests] == [None]


async def test_events_come_while_it_is_sent(server: RangeServer) -> None:
    async with http_body(f"{server.url}/gzip") as body:
        found = [event async for event in adicom.iter_events(body)]
    assert [type(event) for event in found] == [type(event) for event in [e async for e in adicom.iter_events(CT)]]


async def test_only_the_beginning_is_taken(server: RangeServer) -> None:
    server.script = lambda _: None
    async with http_body(f"{server.url}/large") as body:
        assert (await body.read_at(0, 100)).data
        assert body.stats.bytes < 2**20
    assert server.sent < 20 * 2**20


async def test_headers(server: RangeServer) -> None:
    server.script = lambda _: None
    options = {"headers": {"Authorization": "Bearer secret", "Accept": "*/*"}}
    async with (
        adicom.Session(storage_options=options) as session,
        http_body(f"{server.url}/identity", headers={"accept": "application/dicom"}, session=session) as body,
    ):
        assert "secret" not in repr(body)
        check(await adicom.dcmread(body))
    (request,) = server.requests
    assert request.headers["Authorization"] == "Bearer secret"
    assert [value for name, value in request.headers.items() if name.lower() == "accept"] == ["application/dicom"]


async def test_a_session_of_the_callers_aiohttp(server: RangeServer, anyio_backend: str) -> None:
    if anyio_backend == "trio":
        pytest.skip("aiohttp needs an asyncio loop")
    async with aiohttp.ClientSession() as http, adicom.Session(http=http) as session:  # it would decode by itself
        for coding in ENCODED:
            async with http_body(f"{server.url}/{coding}", session=session) as body:
                check(await adicom.dcmread(body))


async def test_redirects_are_followed(server: RangeServer) -> None:
    async with http_body(f"{server.url}/moved/gzip") as body:
        check(await adicom.dcmread(body))
        assert body.stats.requests == 2


# -- what goes wrong


async def test_the_request_is_repeated_the_body_is_not(server: RangeServer) -> None:
    server.script = lambda _: server.faults.pop(0) if server.faults else None
    server.faults = [Fault(status=503), Fault(reset=True)]
    async with http_body(f"{server.url}/identity") as body:
        check(await adicom.dcmread(body))
        assert body.stats.retries == 2
    server.faults = [Fault(cut=20_000)]
    server.chunked = False
    async with http_body(f"{server.url}/identity") as body:
        with pytest.raises(SourceError, match="the connection broke"):
            await adicom.dcmread(body)
    assert server.gets == 4


@pytest.mark.parametrize("cut", [5, 20_000])
async def test_a_chunked_answer_that_breaks(server: RangeServer, cut: int) -> None:
    server.script = lambda _: Fault(cut=cut)
    with pytest.raises(SourceError, match="the connection broke"):
        async with http_body(f"{server.url}/identity", options=ReadOptions(retries=0)) as body:
            await adicom.dcmread(body)


async def test_an_encoded_answer_that_ends_early(server: RangeServer) -> None:
    server.objects["/gzip"] = ENCODED["gzip"][:-100]
    async with http_body(f"{server.url}/gzip") as body:
        with pytest.raises(TruncatedError, match=r"the gzip data of http://.*/gzip ends too early"):
            await adicom.dcmread(body)


async def test_an_answer_that_is_not_encoded_as_it_says(server: RangeServer) -> None:
    server.objects["/gzip"] = CT
    async with http_body(f"{server.url}/gzip") as body:
        with pytest.raises(ParseError, match="is not compressed with gzip"):
            await adicom.dcmread(body)


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        (Fault(status=404), adicom.SourceNotFoundError, "answered 404"),
        (Fault(status=401), adicom.SourcePermissionError, "answered 401"),
        (Fault(status=204), SourceError, "answered 204"),
        (Fault(headers={"Content-Encoding": "br"}), SourceError, r"not read here \(Content-Encoding: br\)"),
        (Fault(headers={"Content-Encoding": "gzip, gzip"}), SourceError, "Content-Encoding: unknown"),
    ],
    ids=["404", "401", "204", "br", "gzip twice"],
)
async def test_no_body(server: RangeServer, fault: Fault, kind: type[Exception], message: str) -> None:
    server.script = lambda _: fault
    with pytest.raises(kind, match=message):
        async with http_body(f"{server.url}/identity"):
            pass


async def test_a_part_that_was_not_asked_for(server: RangeServer) -> None:
    server.ranges = True
    server.script = lambda _: None
    async with adicom.Session() as session:
        with pytest.raises(SourceError, match="answered 206"):
            async with http_body(f"{server.url}/identity", headers={"Range": "bytes=0-99"}, session=session):
                pass


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_html_is_no_object(server: RangeServer, coding: str) -> None:
    page = b"<html><body>Please log in</body></html>" * 10
    server.objects["/page"] = gzip.compress(page) if coding == "gzip" else page
    server.content_type = "text/html"
    server.script = lambda _: Fault(headers={"Content-Encoding": coding})
    async with http_body(f"{server.url}/page") as body:
        with pytest.raises(SourceError, match="answered with an HTML page"):
            await adicom.dcmread(body, force=True)


async def test_bounds(server: RangeServer) -> None:
    async with http_body(f"{server.url}/gzip") as body:
        with pytest.raises(LimitError, match=r"ParserLimits\.inflated_bytes is 20000"):
            await adicom.dcmread(body, limits=ParserLimits(inflated_bytes=20_000))
    async with http_body(f"{server.url}/identity", options=ReadOptions(max_bytes=20_000)) as body:
        with pytest.raises(BudgetExceededError, match="max_bytes"):
            await adicom.dcmread(body)
    server.script = lambda _: Fault(status=503)
    with pytest.raises(BudgetExceededError, match="max_requests"):
        async with http_body(f"{server.url}/gzip", options=ReadOptions(max_requests=1)):
            pass


async def test_time_is_bounded(server: RangeServer) -> None:
    server.script = lambda _: Fault(stall=5)
    for options in (ReadOptions(timeout=0.1, retries=0), ReadOptions(total_timeout=0.1)):
        with pytest.raises(adicom.SourceTimeoutError):
            async with http_body(f"{server.url}/identity", options=options):
                pass


async def test_cancelling_closes(server: RangeServer) -> None:
    server.script = lambda _: Fault(stall=5)
    with anyio.move_on_after(0.1) as scope:
        async with http_body(f"{server.url}/identity"):
            pass
    assert scope.cancelled_caught


async def test_no_credential_is_told(server: RangeServer) -> None:
    token = "hunter" + "2"  # in one piece it would be in the traceback, which shows this line
    url = server.url.replace("//", f"//me:{token}@") + f"/none?signature={token}"
    with pytest.raises(SourceError) as caught:
        async with http_body(url, headers={"X-Token": token}):
            pass
    assert "hunter" + "2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("url", ["/no/url", "s3://bucket/key", "file:///a.dcm", "http://"])
async def test_no_url(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        async with http_body(url):
            pass


async def test_it_has_to_be_entered(server: RangeServer) -> None:
    with pytest.raises(RuntimeError, match="use `async with"):
        await adicom.dcmread(http_body(f"{server.url}/gzip"))


# -- blocking


@pytest.mark.parametrize("coding", ENCODED)
def test_blocking(server: RangeServer, coding: str) -> None:
    with adicom.sync.io.http_body(f"{server.url}/{coding}") as body:
        check(adicom.sync.dcmread(body))
        assert body.headers["content-encoding"] == coding
        assert (body.stats.requests, body.stats.bytes) == (1, len(ENCODED[coding]))


def test_blocking_with_a_session(server: RangeServer) -> None:
    with adicom.sync.Session(storage_options={"headers": {"Authorization": "me"}}) as session:
        with adicom.sync.io.http_body(f"{server.url}/gzip", session=session, headers={"Accept": "a/b"}) as body:
            assert b"".join(body) == CT
        assert session.is_open
    (request,) = server.requests
    assert (request.headers["Authorization"], request.headers["Accept"]) == ("me", "a/b")


def test_blocking_faults(server: RangeServer) -> None:
    def opened(path: str, **keywords: Any) -> adicom.sync.io.HttpBody:
        return adicom.sync.io.http_body(f"{server.url}{path}", **keywords)

    with pytest.raises(adicom.SourceNotFoundError), opened("/none"):
        pass
    with pytest.raises(RuntimeError, match="use `with"):
        adicom.sync.dcmread(opened("/gzip"))
    with opened("/gzip") as body, pytest.raises(LimitError, match=r"ParserLimits\.inflated_bytes"):
        adicom.sync.dcmread(body, limits=ParserLimits(inflated_bytes=20_000))
    server.objects["/gzip"] = ENCODED["gzip"][:-9]
    with opened("/gzip") as body, pytest.raises(TruncatedError, match="the gzip data"):
        adicom.sync.dcmread(body)
