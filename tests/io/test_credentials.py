"""Credentials are in no error, log, warning, repr or pickle, whatever goes wrong."""

from __future__ import annotations

import asyncio
import base64
import io
import logging
import pickle
import socket
import traceback
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pytest
import trio

import adicom
import adicom.sync
from adicom.errors import DicomError
from adicom.io import retry
from adicom.io.names import public_url
from tests.io.reads import CHANGED, OBJECTS
from tests.io.schedules import CHANGES, FAULTS, OTHER_ORIGIN, TIMEOUT
from tests.servers import Fault, RangeServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PASSWORD, SIGNATURE, KEY, TOKEN = "hunter2+/=", "5ignature%2F%2B", "4piKey", "t0kenOfASession"
SECRETS: Final = {
    *(PASSWORD, SIGNATURE, KEY, TOKEN, "hunter2", "5ignature"),
    quote(PASSWORD, safe=""),
    base64.b64encode(f"me:{PASSWORD}".encode()).decode(),
}
HEADERS: Final = {"X-Api-Key": KEY, "X-Amz-Security-Token": TOKEN}
WAYS: Final = ("asyncio", "trio", "sync")

# The longest waits are of no interest here.
MET: Final = [fault for fault in (*FAULTS, *CHANGES) if not (fault.wait or fault.stall)] + [Fault(stall=3 * TIMEOUT)]


class Shown:
    """All that a program could let out, as one text."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self.errors: list[BaseException] = []

    def add(self, *things: Any) -> None:
        for thing in things:
            self._texts += [repr(thing), str(thing)]

    def add_pickle(self, thing: Any) -> None:
        self._texts.append(pickle.dumps(thing).decode("latin-1"))

    def add_error(self, error: BaseException) -> None:
        """Add an error with all that hangs on it."""
        self.errors.append(error)
        self._texts += traceback.format_exception(error)
        self.add_pickle(error)
        seen: set[int] = set()
        waiting: list[BaseException | None] = [error]
        while waiting:
            one = waiting.pop()
            if one is None or id(one) in seen:
                continue
            seen.add(id(one))
            self.add(one, one.args, vars(one), getattr(one, "__notes__", None))
            self.add(getattr(one, "filename", None), getattr(one, "strerror", None))
            waiting += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]

    def secrets(self) -> set[str]:
        text = "\n".join(self._texts)
        return {secret for secret in SECRETS if secret in text}


@contextmanager
def listening() -> Iterator[Shown]:
    """Collect what is logged and warned of meanwhile; asyncio and aiohttp tell all they can."""
    shown, stream = Shown(), io.StringIO()
    handler = logging.StreamHandler(stream)
    # What botocore and what stands on it log for debugging holds tokens, says its documentation.
    handler.addFilter(lambda record: not record.name.startswith(("botocore", "aiobotocore", "s3fs")))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            yield shown
        shown.add(stream.getvalue(), *[one.message for one in warned])
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


async def read(url: str, shown: Shown, **how: Any) -> None:
    """Read in several ways, and note all that is to be seen on the way."""
    async with adicom.Session(storage_options={"headers": HEADERS}) as session:
        shown.add(session)
        try:
            dcm = adicom.open_dicom(url, 2000, session=session, **how)
            shown.add(dcm)
            async with dcm:
                shown.add(dcm, dcm.stats, dcm.dataset, dcm.dataset.filename)
                shown.add_pickle(dcm.dataset)
                await dcm.fetch("PixelData")
            events = adicom.iter_events(url, session=session, **how)
            shown.add(events)
            async with events:
                shown.add(events, [event async for event in events][:1])
        except DicomError as error:
            shown.add_error(error)


def read_blocking(url: str, shown: Shown, **how: Any) -> None:
    with adicom.sync.Session(storage_options={"headers": HEADERS}) as session:
        shown.add(session)
        try:
            dataset = adicom.sync.dcmread(url, defer_size=2000, session=session, **how)
            shown.add(dataset, dataset.filename, dataset["PixelData"])
            shown.add_pickle(dataset)
            dataset.fetch_all()
        except DicomError as error:
            shown.add_error(error)


def run(way: str, url: str, **how: Any) -> Shown:
    with listening() as shown:
        if way == "asyncio":
            asyncio.run(_debugged(url, shown, **how), debug=True)
        elif way == "trio":
            trio.run(lambda: read(url, shown, **how))
        else:
            read_blocking(url, shown, **how)
    return shown


async def _debugged(url: str, shown: Shown, **how: Any) -> None:
    asyncio.get_running_loop().slow_callback_duration = 0  # so that it tells of every step
    await read(url, shown, **how)


@pytest.fixture(scope="module")
def server() -> Iterator[RangeServer]:
    with RangeServer(OBJECTS) as running:
        running.changed = CHANGED
        running.dated = True
        yield running


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "_BASE_PAUSE", 0.0)


def secret_url(address: str, path: str = "/native") -> str:
    return f"http://me:{quote(PASSWORD, safe='')}@{address}{path}?X-Amz-Signature={SIGNATURE}#hunter2"


def script(server: RangeServer, fault: Fault) -> Callable[[Any], Fault | None]:
    """Return what lets every later answer go wrong."""
    location = fault.location
    if location == OTHER_ORIGIN:
        location = f"http://localhost:{server.port}/native?X-Amz-Signature={SIGNATURE}"
    found = Fault(**{**vars(fault), "location": location})
    count = 0

    def next_fault(_: Any) -> Fault | None:
        nonlocal count
        count += 1
        return None if count == 1 and fault.status != 307 else found

    return next_fault


@pytest.mark.parametrize("way", WAYS)
def test_over_http(server: RangeServer, way: str) -> None:
    kinds: set[type[BaseException]] = set()
    for fault in MET:
        server.script = script(server, fault)
        shown = run(way, secret_url(f"127.0.0.1:{server.port}"), retries=1, timeout=TIMEOUT, max_requests=6)
        assert not shown.secrets(), (fault, shown.secrets())
        kinds |= {type(error) for error in shown.errors}
    assert len(kinds) >= 6, kinds


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "address", ["127.0.0.1:9", "no-such-host.invalid", "127.0.0.1:99999", "", "[::1", "[::1]:9", "ho st", "{tls}"]
)
def test_where_nobody_answers(server: RangeServer, monkeypatch: pytest.MonkeyPatch, way: str, address: str) -> None:
    look_up = socket.getaddrinfo

    def look_up_here(host: Any, *args: Any, **options: Any) -> Any:
        if "no-such-host" in str(host):
            raise socket.gaierror(socket.EAI_NONAME, f"no address of {host}")
        return look_up(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_here)
    url = secret_url(f"127.0.0.1:{server.port}" if address == "{tls}" else address)
    if address == "{tls}":
        url = url.replace("http:", "https:")
    with listening() as shown:
        try:
            found = run(way, url, retries=0)
            assert found.errors
            assert not found.secrets()
        except ValueError as error:  # it is no URL
            shown.add_error(error)
    assert not shown.secrets()


STORE: Final = {"key": "me", "secret": PASSWORD, "token": TOKEN, "region": "us-east-1"}


@pytest.mark.leaves("sockets")  # obstore's runtime closes them when it likes
@pytest.mark.parametrize("backend", ["obstore", "fsspec"])
def test_over_s3(server: RangeServer, monkeypatch: pytest.MonkeyPatch, backend: Any) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    server.objects["/bucket/native"] = OBJECTS["/native"]
    options = STORE | {"endpoint_url": server.url}
    faults = [Fault(status=status) for status in (400, 403, 404, 500, 503)] + [Fault(reset=True), Fault(shift=1)]
    for fault in faults if backend == "obstore" else faults[:3]:
        server.script = lambda _, fault=fault: fault  # type: ignore[misc] # its default is none of the script's
        with listening() as shown:
            asyncio.run(read_store(shown, options, backend))
        assert shown.errors
        assert not shown.secrets(), (fault, shown.secrets())


async def read_store(shown: Shown, options: dict[str, Any], backend: Any) -> None:
    async with adicom.Session(storage_options=options, backend=backend, retries=0, timeout=2) as session:
        shown.add(session)
        try:
            await adicom.dcmread("s3://bucket/native", session=session)
        except DicomError as error:
            shown.add_error(error)


def test_what_is_collected_can_show_a_secret(server: RangeServer) -> None:
    with listening() as shown:
        logging.getLogger("asyncio").debug("a signature: %s", SIGNATURE)
    assert SIGNATURE in shown.secrets()
    shown = Shown()
    try:
        try:
            raise ValueError(PASSWORD)
        except ValueError:
            raise LookupError from None
    except LookupError as error:
        shown.add_error(error)
    assert PASSWORD in shown.secrets()


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1]/a?s=hunter2",
        "http://me:hunter2@[::ffff:127.0.0.1]:80/a?s=b::hunter2#hunter2",
        "HTTPS://me:hunter2@host/a?s=::hunter2::x",
        "zip://a.dcm::https://me:hunter2@[::1]/a.zip?s=hunter2",
        "simplecache::ftp://me:hunter2@host/a?s=::hunter2",
        "s3://me:hunter2@bucket/a?x=y::hunter2",
        "abfs://me:hunter2@host/a",
    ],
)
def test_names_of_urls(url: str) -> None:
    assert "hunter2" not in public_url(url)
    assert public_url(url).startswith(url.partition("://")[0])
