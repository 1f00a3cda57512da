from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["pytester"]

CONFTEST = "from tests.conftest import anyio_backend, no_leaks, pytest_itemcollected"

LEAKY = """
import asyncio, socket, threading, time
import pytest

kept = []

def test_thread():
    thread = threading.Thread(target=time.sleep, args=(4,), name="forgotten", daemon=True)
    thread.start()

def test_socket():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    kept.append(listener)

def test_file(tmp_path):
    kept.append(open(tmp_path / "a", "w"))

@pytest.mark.leaves("files")
def test_file_on_purpose(tmp_path):
    kept.append(open(tmp_path / "a", "w"))

async def _forever():
    await asyncio.sleep(60)

@pytest.mark.asyncio
async def test_task():
    kept.append(asyncio.ensure_future(_forever()))

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_task_anyio(anyio_backend):
    kept.append(asyncio.ensure_future(_forever()))

@pytest.mark.anyio
async def test_clean(anyio_backend):
    import anyio
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, 0)
        await anyio.to_thread.run_sync(time.sleep, 0)
"""

INI = """
[pytest]
asyncio_mode = strict
asyncio_default_fixture_loop_scope = function
markers = leaves(*what): what may be left
"""


def test_each_kind_of_leak_is_seen(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    pytester.makeini(INI)
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(LEAKY)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "ignore")
    result.stdout.fnmatch_lines_random(
        [
            "*left behind threads: forgotten*",
            "*left behind sockets: *socket:*",
            "*left behind files: */a*",
            "*left behind tasks: *_forever*",
            "ERROR *test_thread*",
            "ERROR *test_socket*",
            "ERROR *test_file*",
            "FAILED *test_task*",
            "FAILED *test_task_anyio*",
        ]
    )
    # The check of threads, sockets and files comes after the test has passed; that of tasks belongs to it.
    result.assert_outcomes(passed=6, failed=2, errors=3)


def test_pydicom_brings_files() -> None:
    from tests.conftest import pydicom_files

    names = {path.name for path in pydicom_files()}
    assert {"CT_small.dcm", "DICOMDIR", "no_meta.dcm"} <= names
