"""Storage options, in all spellings and places, and URLs that are signed."""

from __future__ import annotations

import os
import traceback
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

import adicom
from adicom.errors import SourceError, SourceNotFoundError, SourcePermissionError
from tests.real.objects import PIXELS
from tests.real.servers import BUCKET, PUBLIC, only_with_servers
from tests.real.test_stores import on_both_loops, through
from tests.servers import KEY, SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from tests.real.servers import RealServer

only_with_servers()

pytestmark = pytest.mark.anyio

ONE_OF_EACH: Final = ("seaweedfs", "fake-gcs", "azurite")

OBSTORE_NAMES: Final = {
    "key": "aws_access_key_id",
    "secret": "secret_access_key",
    "region": "aws_region",
    "account_name": "azure_storage_account_name",
    "account_key": "account_key",
    "anon": "skip_signature",
}


def read_by(backend: str) -> Any:
    """Return how reading by the backend is seen from outside."""
    return backend == "obstore"


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leaves none of the user's own settings."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_", "STORAGE_EMULATOR")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@through(stores=ONE_OF_EACH)
async def test_names_of_obstore(store: RealServer, backend: Any) -> None:
    endpoint = "google_base_url" if store.url.startswith("gs:") else "endpoint"
    names = {**OBSTORE_NAMES, "endpoint_url": endpoint}
    options = {names[name]: value for name, value in store.options.items()}
    async with adicom.Session(storage_options=options, backend=backend) as session:
        ds = await adicom.dcmread(store.url + "ct", session=session, stop_before_pixels=True)
    assert (ds.PatientID, ds.io_stats.exact) == ("4711", read_by(backend))


@through("auto", stores=ONE_OF_EACH)
@pytest.mark.leaves("sockets")
async def test_options_choose_the_backend(store: RealServer, backend: Any) -> None:
    async with adicom.Session(storage_options=store.options, backend=backend) as session:
        known = await adicom.dcmread(store.url + "ct", session=session, stop_before_pixels=True)
        # What obstore does not know selects fsspec; options of the call are added to those of the session.
        unknown = await adicom.dcmread(
            store.url + "ct", session=session, defer_size=1000, storage_options={"default_cache_type": "none"}
        )
        assert await unknown.fetch("PixelData") == PIXELS
    assert (known.io_stats.exact, unknown.io_stats.exact) == (True, False)
    async with adicom.Session(storage_options=store.options, backend="obstore") as session:
        with pytest.raises(ValueError, match="obstore does not know default_cache_type"):
            await adicom.dcmread(store.url + "ct", session=session, storage_options={"default_cache_type": "none"})


@through(stores=ONE_OF_EACH)
async def test_options_of_the_call_come_before_those_of_the_session(store: RealServer, backend: Any) -> None:
    wrong = {**store.options, "endpoint_url": "http://127.0.0.1:9"}  # nobody listens on the discard port
    async with adicom.Session(storage_options=wrong, backend=backend, retries=0) as session:
        ds = await adicom.dcmread(store.url + "ct", session=session, storage_options=store.options)
        assert ds.PixelData == PIXELS
        with pytest.raises(SourceError):
            await adicom.dcmread(store.url + "ct", session=session)


@on_both_loops
@through(stores=ONE_OF_EACH)
@pytest.mark.usefixtures("clean_environment")
async def test_environment(store: RealServer, backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = store.options["endpoint_url"]
    options: dict[str, Any] = {}
    if store.name == "seaweedfs":
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    elif store.name == "azurite":
        monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", store.options["account_name"])
        monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", store.options["account_key"])
        monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", endpoint)
    else:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", endpoint)
        options = {"token": "anon"}
    for chosen in (backend, "auto"):
        async with adicom.Session(storage_options=options, backend=chosen) as session:
            ds = await adicom.dcmread(store.url + "ct", session=session, defer_size="64 KB")
            assert await ds.fetch("PixelData") == PIXELS
            assert ds.io_stats.exact == read_by("obstore" if chosen == "auto" else chosen)


@through(stores=["seaweedfs"])
@pytest.mark.usefixtures("clean_environment")
async def test_profile(store: RealServer, backend: Any, tmp_path: Path) -> None:
    profile = f"aws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\nregion = us-east-1\n"
    (tmp_path / "config").write_text(f"[profile work]\n{profile}endpoint_url = {store.options['endpoint_url']}\n")
    async with adicom.Session(storage_options={"profile": "work"}, backend=backend) as session:
        ds = await adicom.dcmread(store.url + "ct", session=session)
    assert ds.PixelData == PIXELS
    async with adicom.Session(storage_options={"profile": "nosuch"}, backend=backend) as session:
        with pytest.raises(SourceError, match="ProfileNotFound"):
            await adicom.dcmread(store.url + "ct", session=session)


@through(stores=["seaweedfs"])
async def test_anonymous_access_that_is_refused(store: RealServer, backend: Any) -> None:
    options = {"anon": True, "endpoint_url": store.options["endpoint_url"], "region": "us-east-1"}
    async with adicom.Session(storage_options=options, backend=backend) as session:
        with pytest.raises(SourcePermissionError):
            await adicom.dcmread(store.url + "ct", session=session)
    assert {request.authorization for request in store.requests()} == {None}


@through(stores=["azurite"])
async def test_anonymous_access_to_a_public_container(store: RealServer, backend: Any) -> None:
    options = {name: store.options[name] for name in ("account_name", "endpoint_url")} | {"anon": True}
    async with adicom.Session(storage_options=options, backend=backend) as session:
        ds = await adicom.dcmread(f"az://{PUBLIC}/ct", session=session)
        assert ds.PixelData == PIXELS
        assert {request.authorization for request in store.requests()} == {None}
        # Azure does not tell strangers whether there is such an object.
        with pytest.raises((SourcePermissionError, SourceNotFoundError)):
            await adicom.dcmread(store.url + "ct", session=session)


@through(stores=["azurite"])
async def test_shared_access_signature(store: RealServer, backend: Any) -> None:
    from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

    token = generate_account_sas(
        store.options["account_name"],
        store.options["account_key"],
        ResourceTypes(object=True),
        AccountSasPermissions(read=True),
        datetime.now(UTC) + timedelta(hours=1),
    )
    options = {name: store.options[name] for name in ("account_name", "endpoint_url")} | {"sas_token": token}
    async with adicom.Session(storage_options=options, backend=backend) as session:
        ds = await adicom.dcmread(store.url + "ct", session=session, defer_size="64 KB")
        assert await ds.fetch("PixelData") == PIXELS
        with pytest.raises(SourceError) as caught:
            await adicom.dcmread(store.url + "none", session=session)
    assert token not in "".join(traceback.format_exception(caught.value))
    assert all("sig=" in request.target for request in store.requests())


@pytest.mark.parametrize("store", ["azurite"], indirect=True)
async def test_container_and_account_in_the_url(store: RealServer) -> None:
    """As Azure's own tools write it: the host tells the account."""
    url = f"abfss://{BUCKET}@{store.options['account_name']}.dfs.core.windows.net/ct"
    options = {name: store.options[name] for name in ("account_key", "endpoint_url")}
    for backend in ("obstore", "fsspec"):
        async with adicom.Session(storage_options=options, backend=backend) as session:
            ds = await adicom.dcmread(url, session=session, stop_before_pixels=True)
        assert (ds.PatientID, ds.io_stats.exact) == ("4711", read_by(backend))


@on_both_loops
@pytest.mark.parametrize("store", ["seaweedfs", "moto", "rclone"], indirect=True)
async def test_signed_url(store: RealServer) -> None:
    """Over plain HTTP, rclone's answers with the wrong status included."""
    url = signed(store, "folder/a b+c&d=e%41ü~(1).dcm")
    ds = await adicom.dcmread(url, defer_size="64 KB")
    assert ds.io_stats.requests == 1
    assert await ds.fetch("PixelData") == PIXELS
    assert store.requests()[0].range == "bytes=0-16383"
    assert len(store.requests()) == 2
    assert (await adicom.dcmread(url)).PixelData == PIXELS
    with pytest.raises(SourceError) as caught:
        await adicom.dcmread(signed(store, "none"))
    assert "X-Amz-" not in "".join(traceback.format_exception(caught.value))
    if store.refused is not None:
        with pytest.raises(SourcePermissionError) as caught:
            await adicom.dcmread(url[:-4] + "0000")
        assert "X-Amz-" not in "".join(traceback.format_exception(caught.value))


def signed(store: RealServer, key: str) -> str:
    import botocore.config  # type: ignore[import-untyped] # it ships no types
    import botocore.session  # type: ignore[import-untyped] # it ships no types

    client = botocore.session.Session().create_client(
        "s3",
        endpoint_url=store.options["endpoint_url"],
        aws_access_key_id=store.options["key"],
        aws_secret_access_key=store.options["secret"],
        region_name="us-east-1",
        config=botocore.config.Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    try:
        url: str = client.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": key}, ExpiresIn=600)
        return url
    finally:
        client.close()
