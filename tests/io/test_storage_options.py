from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from adicom.errors import SourcePermissionError
from adicom.io.resolve import resolve_async
from adicom.io.session import Session
from adicom.io.storage_options import common_spelling, endpoint_of, for_fsspec, for_obstore
from tests.servers import Fault, RangeServer

if TYPE_CHECKING:
    from pathlib import Path

DATA = bytes(range(256)) * 40


@pytest.mark.parametrize(
    ("kind", "given", "common"),
    [
        ("s3", {"key": "k", "anon": False}, {"key": "k", "anon": False}),
        ("s3", {"access_key_id": "k", "aws_secret_access_key": "s"}, {"key": "k", "secret": "s"}),
        ("s3", {"aws_session_token": "t", "aws_endpoint_url": "e"}, {"token": "t", "endpoint_url": "e"}),
        ("s3", {"endpoint": "e", "default_block_size": 5}, {"endpoint_url": "e", "default_block_size": 5}),
        ("gs", {"token": "cloud"}, {"token": "cloud"}),
        ("gs", {"google_base_url": "e", "skip_signature": True}, {"endpoint_url": "e", "anon": True}),
        ("az", {"azure_storage_account_key": "k", "sas_key": "s"}, {"account_key": "k", "sas_token": "s"}),
    ],
)
def test_spellings(kind: str, given: dict[str, Any], common: dict[str, Any]) -> None:
    assert common_spelling(kind, given) == common
    assert common_spelling(kind, common) == common


def test_no_option_twice() -> None:
    with pytest.raises(ValueError, match="endpoint_url is given in two spellings"):
        common_spelling("s3", {"endpoint": "hunter2", "endpoint_url": "hunter2"})


def test_obstore_options() -> None:
    assert for_obstore("az", {"sas_token": "s", "anon": None}, {}) == {"sas_key": "s"}
    with pytest.raises(ValueError, match="obstore does not know block_size"):
        for_obstore("s3", {"block_size": 5}, {})


@pytest.mark.parametrize(
    ("kind", "options", "environment", "endpoint"),
    [
        ("s3", {}, {}, None),
        ("s3", {"endpoint_url": "http://a"}, {"AWS_ENDPOINT_URL": "http://b"}, "http://a"),
        ("s3", {}, {"AWS_ENDPOINT_URL": "http://b", "AWS_ENDPOINT_URL_S3": "http://c"}, "http://c"),
        ("gs", {}, {"STORAGE_EMULATOR_HOST": "https://b"}, "https://b"),
        ("az", {"endpoint_url": None}, {"AZURE_STORAGE_ENDPOINT": "http://b"}, "http://b"),
    ],
)
def test_endpoints(kind: str, options: dict[str, Any], environment: dict[str, str], endpoint: str | None) -> None:
    assert endpoint_of(kind, options, environment) == endpoint


@pytest.mark.parametrize(
    ("options", "environment", "expected"),
    [
        (
            {"account_name": "me", "account_key": "k=="},
            {},
            {"connection_string": "BlobEndpoint=http://h/me;AccountName=me;AccountKey=k=="},
        ),
        (
            {},
            {"AZURE_STORAGE_ACCOUNT_NAME": "me", "AZURE_STORAGE_ACCOUNT_KEY": "k"},
            {"connection_string": "BlobEndpoint=http://h/me;AccountName=me;AccountKey=k"},
        ),
        ({"sas_token": "?s=1"}, {}, {"connection_string": "BlobEndpoint=http://h/me;SharedAccessSignature=s=1"}),
        ({"anon": True}, {"AZURE_STORAGE_ACCOUNT_KEY": "k"}, {"connection_string": "BlobEndpoint=http://h/me"}),
        ({"account_name": "me"}, {}, {"account_host": "h/me"}),
        ({"connection_string": "mine"}, {}, {}),
    ],
)
def test_adlfs_is_told_of_the_endpoint(
    options: dict[str, Any], environment: dict[str, str], expected: dict[str, Any]
) -> None:
    given = for_fsspec("az", {**options, "endpoint_url": "http://h/me"}, environment)
    assert given == options | expected
    assert for_fsspec("az", options, {}) == options


def test_region_of_s3fs() -> None:
    given = for_fsspec("s3", {"region": "eu-west-1", "client_kwargs": {"verify": False}}, {})
    assert given == {"client_kwargs": {"region_name": "eu-west-1", "verify": False}}


def only(monkeypatch: pytest.MonkeyPatch, folder: Path, profiles: str) -> None:
    """Leave nothing of the user's own settings, but these profiles."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    (folder / "config").write_text(profiles)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


PROFILES = """
[profile work]
aws_access_key_id = WORKKEY
aws_secret_access_key = hunter2
region = eu-north-1
endpoint_url = {url}

[profile sorted]
aws_access_key_id = SORTEDKEY
aws_secret_access_key = hunter2
region = eu-south-1
services = ours

[services ours]
s3 =
  endpoint_url = {url}
"""


@pytest.mark.anyio
@pytest.mark.leaves("sockets")  # obstore's runtime may take seconds to close a connection
@pytest.mark.parametrize("backend", ["obstore", "fsspec"])
@pytest.mark.parametrize(("profile", "signed"), [("work", ("WORKKEY", "eu-north")), ("sorted", ("SORTEDKEY", "eu-so"))])
async def test_profile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, backend: Any, profile: str, signed: tuple[str, str]
) -> None:
    with RangeServer({"/bucket/a": DATA}) as server:
        only(monkeypatch, tmp_path, PROFILES.format(url=server.url))
        async with Session(backend=backend, storage_options={"profile": profile}) as session:
            assert (await resolve_async("s3://bucket/a", session).read_at(0, 100)).data == DATA[:100]
        (request,) = server.requests
        assert all(part in request.headers["Authorization"] for part in signed)
        monkeypatch.setenv("AWS_PROFILE", profile)
        async with Session(backend=backend) as session:
            assert (await resolve_async("s3://bucket/a", session).read_at(0, 100)).data == DATA[:100]


@pytest.mark.anyio
@pytest.mark.leaves("sockets")
@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
@pytest.mark.parametrize("backend", ["obstore", "fsspec"])
async def test_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, backend: Any, variable: str) -> None:
    with RangeServer({"/bucket/a": DATA}) as server:
        only(monkeypatch, tmp_path, "")
        monkeypatch.setenv(variable, server.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ENVKEY")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
        monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
        async with Session(backend=backend) as session:
            assert (await resolve_async("s3://bucket/a", session).read_at(0, 100)).data == DATA[:100]
        headers = {name.lower(): value for name, value in server.requests[0].headers.items()}
        assert "ENVKEY" in headers["authorization"]
        assert headers["x-amz-security-token"] == "token"


@pytest.mark.anyio
@pytest.mark.parametrize("profile", ["nosuch", None])
async def test_no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profile: str | None) -> None:
    only(monkeypatch, tmp_path, "")
    async with Session(backend="obstore", storage_options={"profile": profile}) as session:
        with pytest.raises(SourcePermissionError, match="no credentials for s3 were found"):
            await resolve_async("s3://bucket/a", session).read_at(0, 100)


@pytest.mark.anyio
@pytest.mark.leaves("sockets")  # obstore's runtime may take seconds to close a connection
async def test_account_in_an_azure_url() -> None:
    options: dict[str, Any] = {"account_key": "aHVudGVyMg==", "account_name": "other"}
    url = "abfss://container@account.dfs.core.windows.net/a"
    with RangeServer({"/container/a": DATA}) as server:
        server.faults = [Fault(headers={"Last-Modified": "Thu, 01 Jan 1970 00:00:00 GMT"}) for _ in range(2)]
        for given, account in ((options, "other"), ({"account_key": "aHVudGVyMg=="}, "account")):
            async with Session(storage_options={**given, "endpoint_url": server.url}, backend="obstore") as session:
                assert (await resolve_async(url, session).read_at(0, 100)).data == DATA[:100]
            headers = {name.lower(): value for name, value in server.requests.pop().headers.items()}
            assert headers["authorization"].startswith(f"SharedKey {account}:")


@pytest.mark.anyio
@pytest.mark.leaves("sockets")
async def test_the_call_may_spell_otherwise_than_the_session() -> None:
    of_session = {"key": "SESSIONKEY", "secret": "hunter2", "endpoint_url": "http://127.0.0.1:9", "region": "eu-west-1"}
    with RangeServer({"/bucket/a": DATA}) as server:
        async with Session(storage_options=of_session, backend="obstore") as session:
            options = {"aws_access_key_id": "CALLKEY", "endpoint": server.url}
            source = resolve_async("s3://bucket/a", session, storage_options=options)
            assert (await source.read_at(0, 100)).data == DATA[:100]
        headers = {name.lower(): value for name, value in server.requests[0].headers.items()}
        assert "CALLKEY" in headers["authorization"]
