"""Writing to object stores: each server through each backend, and by writers that are killed."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

import adicom
from adicom.errors import SinkError, SinkExistsError, SinkPermissionError
from adicom.io import clean_stale, open_sink
from adicom.io.resolve import resolve_async
from tests.real.servers import only_with_servers

if TYPE_CHECKING:
    from tests.real.servers import RealServer

only_with_servers()

# obstore's runtime takes a moment to close the connections of a store that is gone.
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.leaves("sockets", "threads"),  # the latter is gcsfs, which closes in one
    # Of aiohttp to gcsfs, which sends its parts as bytes.
    pytest.mark.filterwarnings("ignore:Sending a large body directly:ResourceWarning"),
]

MIB: Final = 1024 * 1024
SMALL: Final = bytes(range(256)) * 8
LARGE: Final = bytes(range(256)) * 4096 * 9 + b"end"

STORES: Final = ("seaweedfs", "moto", "rclone", "fake-gcs", "azurite")
each_store = pytest.mark.parametrize(
    ("store", "backend"),
    [
        (store, backend)
        for store in STORES
        for backend in ("obstore", "fsspec")
        # obstore writes nothing to Google without credentials, and the imitation has none to give.
        if (store, backend) != ("fake-gcs", "obstore")
    ],
    indirect=["store"],
)


async def read(session: adicom.Session, url: str) -> bytes:
    source = resolve_async(url, session)
    found = b""
    while data := (await source.read_at(len(found), 16 * MIB)).data:
        found += data
    return found


async def write(url: str, data: bytes, *, fail: bool = False, **options: Any) -> None:
    async with open_sink(url, **options) as sink:
        for start in range(0, len(data), MIB):
            await sink.write(data[start : start + MIB])
        if fail:
            raise ZeroDivisionError


@each_store
async def test_objects(store: RealServer, backend: Any) -> None:
    reader: Any = "fsspec" if store.name == "rclone" else "obstore"  # which takes no 200 in answer to a range
    async with (
        adicom.Session(storage_options=store.options, backend=reader) as reading,
        adicom.Session(storage_options=store.options, backend=backend) as session,
    ):
        for key in ("written", "folder/written b+c.dcm"):
            for data in (SMALL, LARGE, SMALL[::-1]):
                await write(store.url + key, data, session=session)
                assert await read(reading, store.url + key) == data


@each_store
async def test_an_upload_that_is_given_up(store: RealServer, backend: Any) -> None:
    reader: Any = "fsspec" if store.name == "rclone" else "obstore"
    async with (
        adicom.Session(storage_options=store.options, backend=reader) as reading,
        adicom.Session(storage_options=store.options, backend=backend) as session,
    ):
        for data in (SMALL, LARGE):
            store.put("kept", b"the old object")
            with pytest.raises(ZeroDivisionError):
                await write(store.url + "kept", data, session=session, fail=True)
            assert await read(reading, store.url + "kept") == b"the old object"


@each_store
async def test_no_overwriting(store: RealServer, backend: Any) -> None:
    store.put("kept", b"the old object")
    async with adicom.Session(storage_options=store.options, backend=backend) as session:
        for data in (SMALL, LARGE):
            with pytest.raises(SinkExistsError):
                await write(store.url + "kept", data, session=session, overwrite=False)


@each_store
async def test_refused(store: RealServer, backend: Any) -> None:
    if store.refused is None:
        pytest.skip(f"{store.name} lets everybody in")
    async with adicom.Session(storage_options=store.refused, backend=backend, retries=0) as session:
        for data in (SMALL, LARGE):
            with pytest.raises(SinkError) as caught:
                await write(store.url + "kept", data, session=session)
            assert isinstance(caught.value, SinkPermissionError)
            assert "hunter2" not in str(caught.value)


# -- who is killed -----------------------------------------------------------------------------------------------

_WRITER: Final = """
import asyncio, json, sys
import adicom
from adicom.io import open_sink

async def main(url, options, backend):
    async with adicom.Session(storage_options=options, backend=backend) as session:
        for number in range(1, 256):
            async with open_sink(url, session=session) as sink:
                for _ in range(12):
                    await sink.write(bytes([number]) * 1024 * 1024)
            print(number, flush=True)

asyncio.run(main(sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]))
"""


@pytest.mark.parametrize("backend", ["obstore", "fsspec"])
@pytest.mark.parametrize("store", ["seaweedfs"], indirect=True)
async def test_killed_at_random_moments(store: RealServer, backend: Any) -> None:
    kills = int(os.environ.get("ADICOM_KILLS", "5"))
    chance = random.Random(5)
    url = store.url + f"killed/{backend}"
    found: list[str] = []
    async with adicom.Session(storage_options=store.options) as session:
        number = 0
        while number < kills or (not found and number < 20 * kills):  # on a busy machine it may not have gone on
            number += 1
            arguments = [sys.executable, "-c", _WRITER, url, json.dumps(store.options), backend]
            with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:  # noqa: ASYNC220
                assert process.stdout is not None
                assert process.stdout.readline() == "1\n"  # it has written once
                time.sleep(chance.uniform(0, 0.5))  # noqa: ASYNC251 - nothing else runs here
                process.kill()
            data = await read(session, url)
            assert len(data) == 12 * MIB
            assert len(set(data)) == 1
            place = store.url + "killed/"
            left = await clean_stale(place, session=session, older_than=timedelta(seconds=-5), dry_run=True)
            assert await clean_stale(place, session=session, older_than=timedelta(seconds=-5)) == left
            assert await clean_stale(place, session=session, older_than=timedelta(seconds=-5)) == []
            found += left
    assert all(name.startswith(f"{url}?uploadId=") for name in found)
    assert found  # some were killed in the middle of an upload
