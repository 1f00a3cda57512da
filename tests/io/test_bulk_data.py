"""Bulk data: kept lazily, fetched only from where the caller allows it."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest

import adicom
import adicom.sync
from adicom import Dataset, DeferredValueError, SourceError, SourceNotFoundError, TruncatedError
from adicom.io.bulk_data import resolve_uri
from tests.servers import Fault, RangeServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PIXELS = bytes(range(256)) * 3
BASE = "/studies/1/series/2/metadata"


@pytest.fixture
def server() -> Iterator[RangeServer]:
    objects = {
        "/studies/1/bulk/pixels": PIXELS,
        "/studies/1/bulk/text": "Müller".encode(),
        "/studies/1/bulk/numbers": b"\0\1\0\2",
        "/studies/1/bulk/nothing": b"",
    }
    with RangeServer(objects) as running:
        running.content_type = "application/octet-stream"
        yield running


def tree(uri: str = "../../bulk/pixels") -> dict[str, Any]:
    return {
        "00081110": {"vr": "SQ", "Value": [{"00420011": {"vr": "OB", "BulkDataURI": uri}}]},
        "00104000": {"vr": "LT", "BulkDataURI": "../../bulk/text"},
        "00281201": {"vr": "OW", "BulkDataURI": "../../bulk/nothing"},
        "00720078": {"vr": "US", "BulkDataURI": ["../../bulk/numbers"]},
        "7FE00010": {"vr": "OW", "BulkDataURI": uri},
    }


# -- off by default


def test_nothing_is_fetched_by_default(server: RangeServer) -> None:
    dataset = adicom.sync.Dataset.from_json(tree(f"{server.url}/studies/1/bulk/pixels"))
    element = dataset["PixelData"]
    assert (element.is_deferred, repr(element.deferred)) == (True, "<deferred, BulkDataURI>")
    assert "<deferred, BulkDataURI>" in str(dataset)
    for access in (lambda: dataset.PixelData, lambda: dataset.fetch("PixelData"), dataset.fetch_all):
        with pytest.raises(DeferredValueError, match=r"pass base_url= or bulk_data_uri_handler="):
            access()
    assert server.requests == []


@pytest.mark.anyio
async def test_nothing_is_fetched_by_default_awaited() -> None:
    dataset = Dataset.from_json(tree("http://127.0.0.1:1/"))
    with pytest.raises(DeferredValueError, match="base_url"):
        dataset.PixelData  # noqa: B018
    with pytest.raises(DeferredValueError, match="base_url"):
        await dataset.fetch("PixelData")


def test_uris_come_back() -> None:
    expected = tree()
    expected["00720078"]["BulkDataURI"] = expected["00720078"]["BulkDataURI"][0]
    assert Dataset.from_json(tree()).to_json_dict() == expected
    assert Dataset.from_json(tree()) == Dataset.from_json(tree())
    with pytest.raises(DeferredValueError):  # what differs must be compared by its bytes
        Dataset.from_json(tree()) == Dataset.from_json(tree("other"))  # noqa: B015


# -- fetched


@pytest.mark.anyio
@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("own_session", [True, False])
async def test_fetched(server: RangeServer, ranges: bool, own_session: bool) -> None:
    server.ranges = ranges
    async with adicom.Session() as session:
        dataset = Dataset.from_json(tree(), base_url=server.url + BASE, session=session if own_session else None)
        with pytest.raises(DeferredValueError, match=r'await ds\.fetch\("PixelData"\)'):
            dataset.PixelData  # noqa: B018
        assert server.requests == []
        assert await dataset.fetch("PixelData") == PIXELS
        assert dataset.PixelData == PIXELS
        assert await dataset.fetch("PatientComments", (0x0072, 0x0078)) == ("Müller", [256, 512])
        await dataset.fetch_all()
    assert dataset.ReferencedStudySequence[0].EncapsulatedDocument == PIXELS
    assert dataset.RedPaletteColorLookupTableData is None
    assert len(server.requests) == 5


def test_blocking(server: RangeServer) -> None:
    dataset = adicom.sync.Dataset.from_json(tree(), base_url=server.url + BASE)
    assert dataset.PixelData == PIXELS
    with adicom.sync.Session() as session:
        dataset = adicom.sync.Dataset.from_json(tree(), base_url=server.url + BASE, session=session)
        assert dataset.ReferencedStudySequence[0].EncapsulatedDocument == PIXELS
        assert dataset.fetch("PatientComments") == "Müller"
        assert b"".join(dataset.stream("PixelData")) == PIXELS
    assert dataset.PixelData == PIXELS


@pytest.mark.anyio
async def test_streamed(server: RangeServer) -> None:
    dataset = Dataset.from_json(tree(), base_url=server.url + BASE)
    assert b"".join([piece async for piece in dataset.stream("PixelData")]) == PIXELS


def test_headers(server: RangeServer) -> None:
    options = {"headers": {"Authorization": "Bearer secret"}}
    dataset = adicom.sync.Dataset.from_json(tree(), base_url=server.url + BASE, storage_options=options)
    assert dataset.PixelData == PIXELS
    (request,) = server.requests
    assert request.headers["Authorization"] == "Bearer secret"
    assert request.headers["Accept"].startswith("application/octet-stream")


def test_copies_share_where_it_is(server: RangeServer) -> None:
    dataset = adicom.sync.Dataset.from_json(tree(), base_url=server.url + BASE)
    for twin in (copy.deepcopy(dataset), pickle.loads(pickle.dumps(dataset))):
        assert twin.PixelData == PIXELS
    assert dataset["PixelData"].is_deferred


def test_no_credential_is_pickled(server: RangeServer) -> None:
    options = {"headers": {"Authorization": "Bearer secret"}}
    dataset = adicom.sync.Dataset.from_json(tree(), base_url=server.url + BASE, storage_options=options)
    pickled = pickle.dumps(dataset)
    assert b"secret" not in pickled
    with pytest.raises(DeferredValueError, match="pickled without its credentials"):
        pickle.loads(pickled).PixelData  # noqa: B018
    with_user = adicom.sync.Dataset.from_json(tree(), base_url="http://me:secret@host/")
    assert b"secret" not in pickle.dumps(with_user)


# -- refused


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:1/studies/1/bulk/pixels",
        "https://127.0.0.1/x",
        "http://localhost/x",
        "//elsewhere/x",
        "file:///etc/passwd",
        "s3://bucket/key",
        "ftp://127.0.0.1/x",
    ],
)
def test_other_origins(server: RangeServer, uri: str) -> None:
    dataset = adicom.sync.Dataset.from_json(tree(uri), base_url=server.url + BASE)
    with pytest.raises(DeferredValueError, match="another origin than base_url") as caught:
        dataset.PixelData  # noqa: B018
    assert uri not in str(caught.value)
    assert server.requests == []


@pytest.mark.parametrize("uri", ["", "a b", "http://good\\@evil/", "a\nb", "\x7f"])
def test_no_uri(uri: str) -> None:
    with pytest.raises(DeferredValueError, match="URI is not valid"):
        resolve_uri(uri, "https://host/a")


@pytest.mark.parametrize(
    ("base", "uri", "expected"),
    [
        ("https://host/a/b", "c", "https://host/a/c"),
        ("https://host/a/b", "/c?x=1#f", "https://host/c?x=1"),
        ("https://host/a/b", "https://HOST:443/c", "https://HOST:443/c"),
        ("https://host:8443/a/b", "//host:8443/c", "https://host:8443/c"),
        ("s3://bucket/a/b.json", "c.bin", "s3://bucket/a/c.bin"),
        ("s3://bucket/a/b.json", "../c.bin", "s3://bucket/c.bin"),
        ("s3://bucket/a/b.json", "s3://bucket/c.bin", "s3://bucket/c.bin"),
        ("abfs://box@account/a", "b", "abfs://box@account/b"),
    ],
)
def test_what_uris_mean(base: str, uri: str, expected: str) -> None:
    assert resolve_uri(uri, base) == expected


@pytest.mark.parametrize(
    ("base", "uri"),
    [
        ("https://host/a", "http://host/a"),
        ("https://host/a", "https://host:444/a"),
        ("https://host/a", "https://me@host/a"),
        ("https://host/a", "https://host@evil/a"),
        ("https://host/a", "https://host:port/a"),
        ("http://host/a", "https://host/a"),
        ("s3://bucket/a", "s3://other/a"),
        ("s3://bucket/a", "http://bucket/a"),
        ("abfs://box@account/a", "abfs://other@account/b"),
    ],
)
def test_what_is_elsewhere(base: str, uri: str) -> None:
    with pytest.raises(DeferredValueError, match="another origin"):
        resolve_uri(uri, base)


def test_redirects_stay_where_they_are(server: RangeServer) -> None:
    dataset = adicom.sync.Dataset.from_json(tree("/moved/studies/1/bulk/pixels"), base_url=server.url + BASE)
    assert dataset.PixelData == PIXELS
    with RangeServer({"/x": PIXELS}) as other:
        server.faults = [Fault(status=302, headers={"Location": f"{other.url}/x"})]
        dataset = adicom.sync.Dataset.from_json(tree("/x"), base_url=server.url + BASE)
        with pytest.raises(SourceError, match="redirects to another origin"):
            dataset.PixelData  # noqa: B018
        assert other.requests == []


def test_redirects_end(server: RangeServer) -> None:
    server.faults = [Fault(status=302, headers={"Location": "/x"}) for _ in range(30)]
    dataset = adicom.sync.Dataset.from_json(tree("/x"), base_url=server.url + BASE)
    with pytest.raises(SourceError, match="too many redirects"):
        dataset.PixelData  # noqa: B018
    assert len(server.requests) <= 11


# -- as the one part of a multipart message

BYTES_TYPE = 'multipart/related; type="application/octet-stream"; boundary=x'


def multipart(*values: bytes) -> bytes:
    parts = [
        b"--x\r\nContent-Type: application/octet-stream\r\nContent-Location: /1\r\n\r\n%s\r\n" % value
        for value in values
    ]
    return b"".join(parts) + b"--x--\r\n"


@pytest.fixture
def multipart_server(server: RangeServer) -> RangeServer:
    server.objects = {path: multipart(data) for path, data in server.objects.items()}
    server.content_type = BYTES_TYPE
    return server


@pytest.mark.anyio
@pytest.mark.parametrize("ranges", [True, False])
async def test_the_only_part_is_the_value(multipart_server: RangeServer, ranges: bool) -> None:
    multipart_server.ranges = ranges
    dataset = Dataset.from_json(tree(), base_url=multipart_server.url + BASE)
    assert await dataset.fetch("PixelData", "PatientComments") == (PIXELS, "Müller")
    await dataset.fetch_all()
    assert dataset.RedPaletteColorLookupTableData is None
    assert len(multipart_server.requests) == 5
    accepted = multipart_server.requests[0].headers["Accept"]
    assert accepted == 'application/octet-stream, multipart/related; type="application/octet-stream"; q=0.7, */*; q=0.5'


def test_the_only_part_is_the_value_for_blocking_code(multipart_server: RangeServer) -> None:
    multipart_server.content_type = BYTES_TYPE.replace("multipart/related", "Multipart/Related")
    dataset = adicom.sync.Dataset.from_json(tree(), base_url=multipart_server.url + BASE)
    assert dataset.PixelData == PIXELS
    assert b"".join(dataset.stream("PixelData")) == PIXELS


@pytest.mark.parametrize("ranges", [True, False])
def test_a_long_value_in_several_requests(multipart_server: RangeServer, ranges: bool) -> None:
    multipart_server.ranges = ranges
    value = bytes(range(256)) * 40_000
    multipart_server.objects["/studies/1/bulk/pixels"] = multipart(value)
    dataset = adicom.sync.Dataset.from_json(tree(), base_url=multipart_server.url + BASE)
    assert dataset.PixelData == value
    assert len(multipart_server.requests) == (2 if ranges else 1)  # 8 MiB each


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (multipart(PIXELS, PIXELS), SourceError, "with several parts, where one value was asked for"),
        (b"--x--\r\n", SourceError, "with a multipart message without parts"),
        (multipart(PIXELS)[:-9], TruncatedError, "ends in part 1, before its closing boundary"),
        (PIXELS, TruncatedError, "in front of its first part"),
        (b"--x\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--x--", SourceError, "Content-Transfer-Encoding"),
    ],
)
def test_what_is_no_value(multipart_server: RangeServer, body: bytes, kind: type[Exception], message: str) -> None:
    multipart_server.objects["/studies/1/bulk/pixels"] = body
    dataset = adicom.sync.Dataset.from_json(tree(), base_url=multipart_server.url + BASE)
    with pytest.raises(kind, match=message):
        dataset.PixelData  # noqa: B018
    assert dataset["PixelData"].is_deferred


def test_a_value_that_is_not_there(server: RangeServer) -> None:
    with pytest.raises(SourceNotFoundError):
        adicom.sync.Dataset.from_json(tree("/none"), base_url=server.url + BASE).PixelData  # noqa: B018


# -- local files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inner" / "bulk").mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "inner" / "bulk" / "a b").write_bytes(PIXELS)
    (tmp_path / "inner" / "link").symlink_to(tmp_path / "secret")
    return tmp_path / "inner"


def test_files_below_the_folder(folder: Path) -> None:
    for base in (str(folder), str(folder / "x.json"), (folder / "x.json").as_uri()):
        for uri in ("bulk/a%20b", (folder / "bulk" / "a b").as_uri()):
            assert Dataset.from_json(tree(uri), base_url=base).PixelData == PIXELS


@pytest.mark.anyio
async def test_files_awaited(folder: Path) -> None:
    dataset = Dataset.from_json(tree("bulk/a%20b"), base_url=str(folder))
    assert await dataset.fetch("PixelData") == PIXELS


@pytest.mark.parametrize("uri", ["../secret", "/etc/passwd", "link", "%2e%2e/secret", "file:///etc/passwd"])
def test_files_outside_the_folder(folder: Path, uri: str) -> None:
    with pytest.raises(DeferredValueError, match="outside the folder"):
        Dataset.from_json(tree(uri), base_url=str(folder)).PixelData  # noqa: B018


@pytest.mark.parametrize("uri", ["http://127.0.0.1/x", "//host/x", "file://host/x", "x?offset=1"])
def test_a_folder_allows_no_url(folder: Path, uri: str) -> None:
    with pytest.raises(DeferredValueError, match="another origin"):
        Dataset.from_json(tree(uri), base_url=str(folder)).PixelData  # noqa: B018


# -- pydicom's handler


def test_handlers() -> None:
    seen: list[tuple[str, ...]] = []

    def by_tag(tag: str, vr: str, uri: str) -> Any:
        seen.append((tag, vr, uri))
        return {"LT": "text", "US": b"\1\0"}.get(vr, b"\0\1")

    dataset = Dataset.from_json(tree("x"), by_tag)
    assert seen[0] == ("00420011", "OB", "x")
    assert seen[-1] == ("7FE00010", "OW", "x")
    assert (dataset.PixelData, dataset.PatientComments, dataset[0x00720078].value) == (b"\0\1", "text", 1)
    assert Dataset.from_json(tree("x"), lambda uri: uri.encode()).PixelData == b"x"
    assert Dataset.from_json(tree("x"), lambda uri: None)["PixelData"].value is None
