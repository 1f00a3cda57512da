"""The sink in a bucket: the old object, or none, until the upload is complete, and no upload left over."""

from __future__ import annotations

import socket
import traceback
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import anyio
import botocore.session  # type: ignore[import-untyped] # it ships no types
import obstore.store
import pytest

import adicom
import adicom.sync.io
from adicom.errors import SinkError, SinkExistsError, SinkNotFoundError, SinkPermissionError, SinkTimeoutError
from adicom.io import clean_stale, open_sink
from adicom.io.sinks import object_store, parts
from adicom.io.sinks.outlets import MIB
from adicom.io.sinks.parts import MOST_PARTS, Parts, plan_parts
from adicom.io.sinks.resolve import SinkOptions
from tests.cancellation import Outcome, cancel_everywhere
from tests.io.sinks.proxying import FaultyProxy
from tests.servers import KEY, SECRET, seaweedfs_server, storage_options

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from pathlib import Path

# obstore's runtime takes a moment to close the connections of a store that is gone.
pytestmark = [pytest.mark.anyio, pytest.mark.leaves("sockets")]

BUCKET: Final = "adicom"
OLD: Final = b"the old object"
SMALL: Final = bytes(range(256)) * 8
PART: Final = 5 * MIB
"""The least that S3 takes for a part."""
LARGE: Final = bytes(range(256)) * 4096 * 5 + b"end"

on_both_loops = pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"], scope="module")
obstore_and_fsspec = pytest.mark.parametrize("backend", ["obstore", "fsspec"])


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The loop of most tests here: on trio all of it happens in a thread with one of asyncio."""
    return "asyncio"


class Bucket:
    """A bucket, looked at with botocore, behind a proxy."""

    def __init__(self, endpoint: str, proxy: FaultyProxy) -> None:
        self.proxy = proxy
        self.endpoint = endpoint
        self.client = botocore.session.Session().create_client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
        )

    def options(self, *, direct: bool = False) -> dict[str, Any]:
        return storage_options(self.endpoint if direct else self.proxy.url)

    def get(self, key: str) -> bytes | None:
        try:
            data: bytes = self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        except self.client.exceptions.NoSuchKey:
            return None
        return data

    def uploads(self) -> list[str]:
        return [found["Key"] for found in self.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]

    def reset(self) -> None:
        self.proxy.wrong = lambda asked: None
        self.proxy.asked.clear()
        self.client.put_object(Bucket=BUCKET, Key="old", Body=OLD)
        self.client.delete_object(Bucket=BUCKET, Key="new")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with running_bucket(tmp_path_factory) as bucket:
        yield bucket


@contextmanager
def running_bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    try:
        server = seaweedfs_server(tmp_path_factory.mktemp("weed"))
        endpoint = server.__enter__()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    try:
        with FaultyProxy(endpoint) as proxy:
            bucket = Bucket(endpoint, proxy)
            bucket.client.create_bucket(Bucket=BUCKET)
            yield bucket
            bucket.client.close()
    finally:
        server.__exit__(None, None, None)


@pytest.fixture
def bucket(running: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    running.reset()
    monkeypatch.setattr(object_store, "plan_parts", lambda length: Parts(PART, 2))
    return running


async def write(target: Any, data: bytes, step: int = 700_000, **options: Any) -> None:
    async with open_sink(target, **options) as sink:
        for start in range(0, len(data), step):
            await sink.write(data[start : start + step])
    assert sink.written == len(data)


@on_both_loops
@obstore_and_fsspec
async def test_objects(bucket: Bucket, backend: Any) -> None:
    async with adicom.Session(storage_options=bucket.options(), backend=backend) as session:
        for key, data in (("old", b""), ("old", SMALL), ("folder/a b+c.dcm", SMALL), ("old", LARGE)):
            await write(f"s3://{BUCKET}/{key}", data, session=session)
            assert bucket.get(key) == data
            if data:  # s3fs says nothing of an empty one
                assert bucket.client.head_object(Bucket=BUCKET, Key=key)["ContentType"] == "application/dicom"
    assert bucket.uploads() == []


async def test_what_is_small_is_one_request(bucket: Bucket) -> None:
    for data, requests in ((SMALL, 1), (bytes(PART), 1), (bytes(PART + 1), 4)):
        bucket.proxy.asked.clear()
        await write(f"s3://{BUCKET}/new", data, storage_options=bucket.options())
        assert len(bucket.proxy.asked) == requests


@obstore_and_fsspec
async def test_no_overwriting(bucket: Bucket, backend: Any) -> None:
    async with adicom.Session(storage_options=bucket.options(), backend=backend) as session:
        for data in (SMALL, LARGE):
            with pytest.raises(SinkExistsError) as caught:
                await write(f"s3://{BUCKET}/old", data, session=session, overwrite=False)
            assert (caught.value.sink, caught.value.written) == (f"s3://{BUCKET}/old", 0)
            sink = await open_sink(f"s3://{BUCKET}/new", session=session, overwrite=False).__aenter__()
            await sink.write(data)
            bucket.client.put_object(Bucket=BUCKET, Key="new", Body=OLD)  # somebody was faster
            with pytest.raises(SinkError):
                await sink.commit()
            assert bucket.get("new") == OLD
            bucket.client.delete_object(Bucket=BUCKET, Key="new")
            await write(f"s3://{BUCKET}/new", data, session=session, overwrite=False)
            assert bucket.get("new") == data
            bucket.client.delete_object(Bucket=BUCKET, Key="new")
    assert bucket.get("old") == OLD
    assert bucket.uploads() == []


# -- what fails --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "wrong"), [("old", 500), ("new", "reset")])
async def test_a_part_fails(bucket: Bucket, key: str, wrong: Any) -> None:
    """However many parts there were, and whichever request it is."""
    async with adicom.Session(storage_options=bucket.options(), backend="obstore", retries=0) as session:
        for matching in ("uploads", "partNumber=1", "partNumber=2", f"POST /{BUCKET}/{key}?uploadId"):
            bucket.proxy.wrong = lambda asked, matching=matching: (  # type: ignore[misc] # of the loop
                wrong if matching in asked and not asked.startswith("DELETE") else None
            )
            with pytest.raises(SinkError, match=r"the server answered 500|the connection broke") as caught:
                await write(f"s3://{BUCKET}/{key}", LARGE, session=session)
            assert caught.value.sink == f"s3://{BUCKET}/{key}"
            assert caught.value.written <= len(LARGE)
            assert bucket.get(key) == (OLD if key == "old" else None)
            assert bucket.uploads() == []


async def test_a_put_fails(bucket: Bucket) -> None:
    async with adicom.Session(storage_options=bucket.options(), backend="obstore", retries=0) as session:
        for wrong in (500, "reset"):
            bucket.proxy.wrong = lambda asked, wrong=wrong: wrong  # type: ignore[misc] # of the loop
            with pytest.raises(SinkError):
                await write(f"s3://{BUCKET}/old", SMALL, session=session)
    assert bucket.get("old") == OLD


async def test_passing_failures_are_repeated(bucket: Bucket) -> None:
    async with adicom.Session(storage_options=bucket.options(), backend="obstore") as session:
        for matching in ("partNumber=1", "partNumber=2"):
            failures = [503, 500]
            bucket.proxy.wrong = lambda asked, matching=matching, failures=failures: (  # type: ignore[misc] # of the loop
                failures.pop() if matching in asked and failures else None
            )
            await write(f"s3://{BUCKET}/new", LARGE, session=session)
            assert bucket.get("new") == LARGE


@obstore_and_fsspec
async def test_an_error_of_the_caller_for_some_sizes(bucket: Bucket, backend: Any) -> None:
    async def write_and_raise(size: int) -> None:
        async with open_sink(f"s3://{BUCKET}/old", session=session) as sink:
            for _ in range(size):
                await sink.write(bytes(MIB))
            raise ZeroDivisionError

    async with adicom.Session(storage_options=bucket.options(), backend=backend) as session:
        for size in (0, 6, 11):
            with pytest.raises(ZeroDivisionError):
                await write_and_raise(size)
            assert bucket.uploads() == []
    assert bucket.get("old") == OLD


@obstore_and_fsspec
async def test_refused(bucket: Bucket, backend: Any) -> None:
    options = bucket.options() | {"secret": "hunter2"}
    async with adicom.Session(storage_options=options, backend=backend, retries=0) as session:
        for data in (SMALL, LARGE):
            with pytest.raises(SinkPermissionError) as caught:
                await write(f"s3://{BUCKET}/old", data, session=session)
            shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__dict__)
            assert "hunter2" not in shown
            assert KEY not in shown
            assert caught.value.__context__ is None
    assert bucket.get("old") == OLD


async def test_no_credentials_to_be_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(SinkPermissionError, match="no credentials for s3 were found"):
        await write("s3://bucket/a", SMALL)


async def test_a_server_that_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "plan_parts", lambda length: Parts(PART, 2))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # nobody accepts what the system does
        options = storage_options(f"http://127.0.0.1:{listening.getsockname()[1]}")
        async with adicom.Session(storage_options=options, timeout=0.02, retries=0, backend="obstore") as session:
            for data in (SMALL, LARGE):
                with pytest.raises(SinkTimeoutError, match="the store did not answer, after") as caught:
                    await write("s3://bucket/a", data, session=session)
                assert caught.value.sink == "s3://bucket/a"


@on_both_loops
async def test_cancelled_anywhere(bucket: Bucket) -> None:
    async with adicom.Session(storage_options=bucket.options(direct=True)) as session:
        await write(f"s3://{BUCKET}/new", SMALL, session=session)  # on trio it starts the thread

        async def make_operation() -> Callable[[], Coroutine[Any, Any, None]]:
            bucket.client.put_object(Bucket=BUCKET, Key="old", Body=OLD)
            return lambda: write(f"s3://{BUCKET}/old", LARGE, step=4 * MIB, session=session)

        async def check(outcome: Outcome) -> None:
            assert bucket.get("old") in ([LARGE] if outcome.completed else [OLD, LARGE])
            assert bucket.uploads() == []

        assert await cancel_everywhere(make_operation, check) > 5


async def test_a_task_that_is_cancelled_while_it_waits(bucket: Bucket) -> None:
    async with adicom.Session(storage_options=bucket.options()) as session:
        with anyio.CancelScope() as scope:
            async with open_sink(f"s3://{BUCKET}/old", session=session) as sink:
                for _ in range(11):
                    await sink.write(bytes(MIB))
                scope.cancel()
                await anyio.sleep_forever()
        assert scope.cancelled_caught
    assert bucket.uploads() == []
    assert bucket.get("old") == OLD


# -- stores of obstore's -----------------------------------------------------------------------------------------


@on_both_loops
@pytest.mark.parametrize("data", [b"", SMALL, LARGE], ids=["empty", "small", "large"])
async def test_a_store_of_the_caller(data: bytes) -> None:
    store = obstore.store.MemoryStore()
    await write((store, "folder/a"), data)
    assert obstore.get(store, "folder/a").bytes() == data
    with pytest.raises(SinkExistsError):
        await write((store, "folder/a"), data, overwrite=False)


async def test_no_bucket() -> None:
    store = obstore.store.LocalStore("/")
    with pytest.raises((SinkNotFoundError, SinkPermissionError, SinkError)):
        await write((store, "proc/none/a"), SMALL)


# -- parts -------------------------------------------------------------------------------------------------------


def test_parts() -> None:
    gib = 1024 * MIB
    assert plan_parts(None) == plan_parts(0) == plan_parts(MOST_PARTS * 8 * MIB) == Parts(8 * MIB, 4)
    assert plan_parts(MOST_PARTS * 8 * MIB + 1) == Parts(9 * MIB, 3)
    for length in (100 * gib, 312 * gib):
        parts = plan_parts(length)
        assert parts.limit >= length
        assert parts.size * parts.concurrency <= 32 * MIB
    assert plan_parts(5 * 1024 * gib).limit >= 5 * 1024 * gib


async def test_too_many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "plan_parts", lambda length: Parts(1000, 1))
    store = obstore.store.MemoryStore()
    with pytest.raises(SinkError, match="above 10000000 bytes needs length= or size_hint= to choose the size of its"):
        await write((store, "a"), bytes(12_000_000))


@pytest.mark.parametrize("hint", [{"length": 20 * MIB}, {"size_hint": 18 * MIB}], ids=["length", "hint"])
async def test_what_will_come_chooses_the_parts(monkeypatch: pytest.MonkeyPatch, hint: dict[str, int]) -> None:
    monkeypatch.setattr(parts, "MOST_PARTS", 2)
    store = obstore.store.MemoryStore()
    with pytest.raises(SinkError, match="above 16777216 bytes"):
        await write((store, "a"), bytes(20 * MIB))
    await write((store, "a"), bytes(20 * MIB), **hint)
    assert obstore.head(store, "a")["size"] == 20 * MIB


def test_a_hint_is_no_promise() -> None:
    assert SinkOptions(length=5, size_hint=8).expected == 5
    assert SinkOptions(length=0, size_hint=8).expected == 0
    assert SinkOptions(size_hint=8).expected == 10
    assert SinkOptions().expected is None


# -- leftovers ---------------------------------------------------------------------------------------------------


async def test_clean_stale(bucket: Bucket) -> None:
    begun = [
        bucket.client.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
        for key in ("mine/a", "mine/b", "other")
    ]
    hour = timedelta(hours=1)
    async with adicom.Session(storage_options=bucket.options(direct=True)) as session:
        assert await clean_stale(f"s3://{BUCKET}/mine/", session=session, older_than=hour) == []
        names = [f"s3://{BUCKET}/mine/{key}?uploadId={begun[number]}" for number, key in enumerate("ab")]
        for dry_run in (True, False):
            found = await clean_stale(
                f"s3://{BUCKET}/mine/", session=session, older_than=timedelta(seconds=-5), dry_run=dry_run
            )
            assert found == names
    assert bucket.uploads() == ["other"]
    found = adicom.sync.io.clean_stale(
        f"s3://{BUCKET}", storage_options=bucket.options(direct=True), older_than=timedelta(seconds=-5)
    )
    assert found == [f"s3://{BUCKET}/other?uploadId={begun[2]}"]
    assert bucket.uploads() == []


async def test_clean_stale_refused(bucket: Bucket) -> None:
    options = bucket.options(direct=True) | {"secret": "hunter2"}
    with pytest.raises(SinkPermissionError) as caught:
        await clean_stale(f"s3://{BUCKET}", storage_options=options)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
