"""What all tests share: both event loops, the check for leaks, the files to read."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import inspect
import os
import socket
import threading
import time
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

CORPUS = Path(os.environ.get("ADICOM_CORPUS", Path(__file__).resolve().parents[2] / "shared" / "corpus"))

# The same examples in every run, so that a change is what makes a test fail; ADICOM_RANDOM=1 tries others.
settings.register_profile(
    "adicom", derandomize=not os.environ.get("ADICOM_RANDOM"), database=None, deadline=None, max_examples=50
)
settings.load_profile("adicom")

# Threads that a library keeps for the life of the process.
KEPT_THREADS = ("Trio thread", "fsspecIO", "pytest_timeout", "execnet")


# -- the files to read -------------------------------------------------------------------------------------------


def corpus_files() -> list[Path]:
    """Return every file of the corpus; none where there is no corpus."""
    if not CORPUS.is_dir():
        return []
    return sorted(path for path in CORPUS.iterdir() if path.name not in ("README.md", "index.csv"))


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of the corpus; the test is skipped where there is none."""
    if not CORPUS.is_dir():
        pytest.skip("no corpus: set ADICOM_CORPUS")
    return CORPUS


@functools.cache
def pydicom_files() -> tuple[Path, ...]:
    """Return every DICOM file that the packages pydicom and pydicom-data bring along."""
    found: list[Path] = []
    for package in ("pydicom", "data_store"):
        spec = util.find_spec(package)
        for folder in (spec and spec.submodule_search_locations) or ():
            found += [path for path in Path(folder).rglob("*") if path.is_file() and _is_dicom(path)]
    return tuple(sorted(found))


def _is_dicom(path: Path) -> bool:
    """Say whether the file is DICOM, by its name where it has no preamble."""
    if path.suffix in (".py", ".pyc", ".json", ".txt", ".zip", ".md"):
        return False
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM" or path.suffix in (".dcm", ".dic") or path.name == "DICOMDIR"


# -- both event loops --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Runs each test that is marked with ``anyio`` on both loops."""
    backend: str = request.param
    return backend


# -- nothing is left behind --------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that leaves a thread, a socket or a file behind."""
    marker = request.node.get_closest_marker("leaves")
    allowed = set(marker.args) if marker else set()
    threads, handles = _threads(), open_handles()
    yield
    left = {"threads": _settled(lambda: sorted(thread.name for thread in _threads() - threads))}
    if not open_handles().keys() <= handles.keys():  # nearly always it is, and to look costs something
        left["sockets"] = _settled(lambda: _new_handles(handles, "socket"))
        left["files"] = _settled(lambda: _new_handles(handles, "file"))
    problems = [f"{kind}: {', '.join(names)}" for kind, names in left.items() if names and kind not in allowed]
    if problems:
        pytest.fail(f"the test has left behind {'; '.join(problems)}", pytrace=False)


@pytest.hookimpl
def pytest_itemcollected(item: pytest.Item) -> None:
    """Makes each test that is a coroutine fail if it leaves an asyncio task behind."""
    if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
        marker = item.get_closest_marker("leaves")
        if marker is None or "tasks" not in marker.args:
            item.obj = without_tasks_left(item.obj)


def without_tasks_left(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Return the test with a look at the tasks of its loop before it and after it."""

    @functools.wraps(test)
    async def checked(*args: Any, **kwargs: Any) -> None:
        before = _tasks()
        await test(*args, **kwargs)
        left = _tasks() - before
        for _ in range(10):  # what was cancelled may need some rounds to end
            if not left:
                return
            await asyncio.sleep(0)
            left = _tasks() - before
        names = ", ".join(sorted(str(task.get_coro()) for task in left))
        pytest.fail(f"the test has left behind tasks: {names}", pytrace=False)

    return checked


def _tasks() -> set[asyncio.Task[Any]]:
    """Return the unfinished tasks of the running asyncio loop; none on trio, where no task can outlive its nursery."""
    with contextlib.suppress(RuntimeError):
        return asyncio.all_tasks()
    return set()


def _threads() -> set[threading.Thread]:
    """Return the threads that are not a library's to keep."""
    threads = set(threading.enumerate())
    kept: tuple[str, ...] = KEPT_THREADS
    if any(thread.name.startswith("fsspecIO") for thread in threads):
        kept = (*KEPT_THREADS, "asyncio_")  # fsspec's loop looks names up in an executor of its own
    return {thread for thread in threads if not thread.name.startswith(kept)}


def open_handles() -> dict[str, str]:
    """Return what the process has open, as the system names it: a TCP or UDP socket, or a file on disk.

    Pipes, event queues and Unix sockets are left out: loops and runtimes in native code keep some.
    It is empty on systems without ``/proc``.
    """
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return {}
    found: dict[str, str] = {}
    for number in os.listdir(folder):
        with contextlib.suppress(OSError):
            target = os.readlink(folder / number)
            if target.startswith("socket:"):
                if _is_on_the_internet(int(number)):
                    found[f"{number} {target}"] = "socket"
            elif target.startswith("/") and not target.startswith(("/dev/", "/proc/")):
                found[f"{number} {target}"] = "file"
    return found


def _is_on_the_internet(number: int) -> bool:
    """Return whether a handle is a TCP or UDP socket that has a port."""
    probe = socket.socket(fileno=number)
    try:
        return probe.family in (socket.AF_INET, socket.AF_INET6) and probe.getsockname()[1] != 0
    finally:
        probe.detach()


def _new_handles(before: dict[str, str], kind: str) -> list[str]:
    """Return what is open now, and was not before."""
    return sorted(name for name, what in open_handles().items() if what == kind and name not in before)


def _settled(look: Callable[[], list[str]], patience: float = 1.0) -> list[str]:
    """Return what is still there after the garbage collector, and some patience with threads that are ending."""
    if not look():
        return []
    gc.collect()
    deadline = time.monotonic() + patience
    while (left := look()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return left
