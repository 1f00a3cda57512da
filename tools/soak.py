"""Reads in a loop, in all kinds of ways, and checks that memory, open files, threads and tasks stay flat.

``tools/soak`` runs it: ``python tools/soak.py [MINUTES]``. The first fifth of the time, at most a minute, is for
warming up; what is in use then may grow no more than ``GROWTH`` allows. The server is a process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import subprocess
import sys
import threading
import time
from dataclasses import astuple, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import adicom
import adicom.sync

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

SAMPLES = ("CT_small.dcm", "examples_ybr_color.dcm", "rtplan.dcm", "image_dfl.dcm")


@dataclass(frozen=True)
class Usage:
    """What the process uses: MiB of memory, open files, threads, tasks."""

    memory: float
    files: int
    threads: int
    tasks: int

    @classmethod
    def now(cls) -> Usage:
        """Measure it; needs /proc."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        memory = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
        return cls(memory, len(os.listdir("/proc/self/fd")), threading.active_count(), len(asyncio.all_tasks()))

    def __str__(self) -> str:
        return f"{self.memory:.1f} MiB, {self.files} files, {self.threads} threads, {self.tasks} tasks"


GROWTH = Usage(memory=16, files=4, threads=2, tasks=0)
"""What is still flat: the allocator keeps some memory, pools some connections, executors some threads."""


def samples() -> list[Path]:
    """Return some files of the pydicom project."""
    spec = find_spec("pydicom")
    if spec is None or spec.origin is None:
        raise SystemExit("the files to read come with pydicom, which is not installed")
    return [Path(spec.origin).parent / "data" / "test_files" / name for name in SAMPLES]


@contextlib.contextmanager
def serving(files: list[Path]) -> Iterator[str]:
    """Run the server; gives its URL."""
    command = [sys.executable, str(Path(__file__).with_name("range_server.py")), *map(str, files)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


# -- the ways to read ----------------------------------------------------------------------------------------------


async def read_headers(url: str, session: adicom.Session) -> None:
    """Read a header over the shared session, and one over its own."""
    await adicom.dcmread(url, session=session, stop_before_pixels=True)
    await adicom.dcmread(url, specific_tags=["PatientID"])


async def read_deferred(url: str, session: adicom.Session) -> None:
    """Defer what is long, then bring it all in."""
    dataset = await adicom.dcmread(url, session=session, defer_size=256)
    await dataset.fetch_all()
    dataset.check()
    str(dataset)


async def read_events(url: str, session: adicom.Session) -> None:
    """Take the events to the end, then leave early."""
    async with adicom.iter_events(url, session=session) as events:
        async for _ in events:
            pass
    async with adicom.iter_events(url, session=session) as events:
        async for _ in events:
            break


async def read_nothing(url: str, session: adicom.Session) -> None:
    """Fail, and be cancelled."""
    with contextlib.suppress(adicom.SourceNotFoundError):
        await adicom.dcmread(url + ".none", session=session)
    with contextlib.suppress(adicom.BudgetExceededError, adicom.TruncatedError):
        await adicom.dcmread(url, session=session, max_bytes=1000)
    task = asyncio.create_task(adicom.dcmread(url))
    await asyncio.sleep(0.001)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def read_blocking(url: str, session: adicom.Session) -> None:
    """Read with adicom.sync, in a thread."""
    await asyncio.to_thread(lambda: adicom.sync.dcmread(url, defer_size=256).fetch_all())


async def pieces_of(data: bytes) -> AsyncIterator[bytes]:
    """Give the data as a network would."""
    for start in range(0, len(data), 1000):
        yield data[start : start + 1000]


async def read_file(path: Path) -> None:
    """Read a file, as a path and as a stream of pieces."""
    dataset = await adicom.dcmread(path, defer_size=256)
    await dataset.fetch_all()
    await adicom.dcmread(pieces_of(await asyncio.to_thread(path.read_bytes)))


WAYS = (read_headers, read_deferred, read_events, read_nothing, read_blocking)


async def round_of_reads(url: str, files: list[Path], session: adicom.Session) -> int:
    """Read each file in each way, some at a time; return how many that were."""
    for path in files:
        await asyncio.gather(*(way(f"{url}/{path.name}", session) for way in WAYS), read_file(path))
    return len(files) * (len(WAYS) + 1)


# -- the measurement -----------------------------------------------------------------------------------------------


class Soak:
    """The time, the counts, and what was in use when the process was warm."""

    def __init__(self, minutes: float) -> None:
        self._started = time.monotonic()
        self._seconds = minutes * 60
        self._warm_up = min(60.0, self._seconds / 5)
        self._next_line = 60.0
        self._warm: Usage | None = None
        self.reads = 0

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return time.monotonic() - self._started

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self.seconds >= self._seconds

    def look(self) -> list[str]:
        """Print a line a minute; return what has grown."""
        if self._warm is None:
            if self.seconds >= self._warm_up:
                self._warm = Usage.now()
                print(f"warm after {self.reads:,} reads: {self._warm}", flush=True)
        elif self.over or self.seconds >= self._next_line:
            self._next_line += 60
            return self._compare(self._warm, Usage.now())
        return []

    def _compare(self, warm: Usage, now: Usage) -> list[str]:
        print(
            f"{self.seconds / 60:7.1f} min, {self.reads:,} reads: {now} ({now.memory - warm.memory:+.1f} MiB)",
            flush=True,
        )
        names = Usage.__dataclass_fields__
        values = zip(names, astuple(warm), astuple(now), astuple(GROWTH), strict=True)
        return [name for name, before, after, allowed in values if after > before + allowed]


async def soak(minutes: float) -> int:
    """Read until the time is up, or something has grown; return the exit status."""
    files = samples()
    with serving(files) as url:
        state = Soak(minutes)
        while not state.over:
            async with adicom.Session(connections=4) as session:
                state.reads += await round_of_reads(url, files, session)
            await asyncio.sleep(0)
            if grown := state.look():
                print(f"not flat: {', '.join(grown)}")
                return 1
    print(f"flat: {state.reads:,} reads")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(soak(float(sys.argv[1]) if len(sys.argv) > 1 else 30.0)))
