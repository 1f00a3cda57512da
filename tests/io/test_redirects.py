from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from yarl import URL

import adicom
from adicom.errors import BudgetExceededError, SourceError, SourcePermissionError
from adicom.io import ReadOptions
from adicom.io.redirects import MAX_REDIRECTS, Destination
from adicom.io.resolve import resolve_async
from tests.servers import Fault, RangeServer, Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adicom.io import AsyncSource

pytestmark = pytest.mark.anyio

DATA = bytes(range(256)) * 40
HEADERS = {"X-Api-Key": "k", "Authorization": "Bearer t", "Cookie": "c=1", "Accept": "application/dicom"}


@pytest.fixture
def servers() -> Iterator[tuple[RangeServer, RangeServer]]:
    """The server that is asked, and one of another origin; the first one redirects from ``/elsewhere`` to it."""
    with RangeServer({"/a": DATA}) as here, RangeServer({"/a": DATA}) as there:
        here.script = lambda request: _redirect(request, f"{there.url}/a?signature=1%2F2")
        there.script = lambda request: _redirect(request, f"{here.url}/a")
        yield here, there


def _redirect(request: Request, elsewhere: str) -> Fault | None:
    where = {
        "/elsewhere": elsewhere,
        "/back": elsewhere,
        "/loop": "/loop",
        "/ftp": "ftp://host/a",
        "/bad": "http://[/a",
    }
    location = where.get(request.path)
    return None if location is None else Fault(status=302, location=location)


def source_of(session: adicom.Session, url: str, **options: Any) -> AsyncSource:
    return resolve_async(url, session, ReadOptions(**options), storage_options={"headers": HEADERS})


def secret_headers(request: Request) -> set[str]:
    return {name for name in ("X-Api-Key", "Authorization", "Cookie") if name in request.headers}


async def test_nothing_of_the_callers_goes_to_another_origin(servers: tuple[RangeServer, RangeServer]) -> None:
    here, there = servers
    async with adicom.Session() as session:
        source = source_of(session, f"{here.url}/elsewhere")
        assert (await source.read_at(5, 10)).data == DATA[5:15]
        assert source.stats.requests == 2
        await source.read_at(20, 10)
    assert secret_headers(here.requests[0]) == {"X-Api-Key", "Authorization", "Cookie"}
    assert [secret_headers(request) for request in there.requests] == [set(), set()]
    # What the request itself needs goes along.
    assert there.requests[1].headers["If-Match"] == there._tag(DATA)
    assert (there.requests[0].range, there.requests[0].path) == ("bytes=5-14", "/a")


async def test_userinfo_stays_too(servers: tuple[RangeServer, RangeServer]) -> None:
    here, there = servers
    async with adicom.Session() as session:
        url = f"http://me:p%40ss@127.0.0.1:{here.port}"
        await resolve_async(f"{url}/elsewhere", session).read_at(0, 10)
        await resolve_async(f"{url}/moved/a", session).read_at(0, 10)
    assert "Authorization" not in there.requests[0].headers
    # "me:p@ss" in Base64, for the redirect within the origin as well.
    assert [request.headers["Authorization"] for request in here.requests] == ["Basic bWU6cEBzcw=="] * 3


async def test_an_origin_that_leads_back_gets_nothing(servers: tuple[RangeServer, RangeServer]) -> None:
    here, there = servers
    here.script = lambda request: (
        Fault(status=307, location=f"{there.url}/back") if request.path == "/elsewhere" else None
    )
    async with adicom.Session() as session:
        await source_of(session, f"{here.url}/elsewhere").read_at(0, 10)
    assert [secret_headers(request) for request in here.requests] == [{"X-Api-Key", "Authorization", "Cookie"}, set()]


async def test_headers_of_the_callers_own_http_session_stay(
    servers: tuple[RangeServer, RangeServer], anyio_backend: str
) -> None:
    if anyio_backend == "trio":
        pytest.skip("aiohttp runs on asyncio")
    here, there = servers
    async with aiohttp.ClientSession(headers=HEADERS) as http:
        async with adicom.Session(http=http) as session:
            assert (await resolve_async(f"{here.url}/elsewhere", session).read_at(0, 10)).data == DATA[:10]
        assert not http.closed
        async with http.get(f"{here.url}/a") as answer:  # its connections are still there
            assert answer.status == 200
    assert secret_headers(here.requests[0]) == {"X-Api-Key", "Authorization", "Cookie"}
    assert secret_headers(there.requests[0]) == set()


async def test_refused_elsewhere(servers: tuple[RangeServer, RangeServer]) -> None:
    here, there = servers
    there.script = lambda _: Fault(status=401)
    async with adicom.Session() as session:
        with pytest.raises(SourcePermissionError, match="401"):
            await source_of(session, f"{here.url}/elsewhere").read_at(0, 10)


@pytest.mark.parametrize(
    ("path", "text"), [("/loop", "too many redirects"), ("/ftp", "no URL of http"), ("/bad", "no URL of http")]
)
async def test_not_followed(servers: tuple[RangeServer, RangeServer], path: str, text: str) -> None:
    here, _ = servers
    async with adicom.Session() as session:
        source = source_of(session, f"{here.url}{path}")
        with pytest.raises(SourceError, match=text):
            await source.read_at(0, 10)
        assert source.stats.requests == len(here.requests) == (MAX_REDIRECTS + 1 if path == "/loop" else 1)


async def test_each_redirect_is_within_the_budget(servers: tuple[RangeServer, RangeServer]) -> None:
    here, there = servers
    async with adicom.Session() as session:
        source = source_of(session, f"{here.url}/elsewhere", max_requests=1)
        with pytest.raises(BudgetExceededError, match="max_requests=1"):
            await source.read_at(0, 10)
    assert (source.stats.requests, here.gets, there.gets) == (1, 1, 0)


def test_no_redirect_leads_from_https_to_http() -> None:
    destination = Destination("https://host/a", {}, "https://host/a")
    with pytest.raises(SourceError, match="from https to http"):
        destination.next_url(URL("https://host/a"), "http://host/a")
    with pytest.raises(SourceError, match="from https to http"):
        destination.next_url(URL("https://elsewhere/a"), "http://host/a")
    assert Destination("http://host/a", {}, "a").next_url(URL("http://host/a"), "https://host/a").scheme == "https"


def test_origins() -> None:
    destination = Destination("http://me:pass@host/a", {}, "a")
    at = destination.url
    assert destination.next_url(at, "b?x=%2F").human_repr() == "http://me:pass@host/b?x=/"
    assert destination.next_url(at, "http://host:80/b").user == "me"
    for elsewhere in ("https://host/b", "http://host:8080/b", "http://host.elsewhere/b", "//other/b"):
        target = destination.next_url(at, elsewhere)
        assert not destination.is_at(target)
        assert target.user is None
    # Once it was elsewhere, the userinfo is gone.
    assert destination.next_url(URL("http://other/b"), "http://host/a").user is None
    destination.may_leave = False
    with pytest.raises(SourceError, match="another origin"):
        destination.next_url(at, "https://host/b")
