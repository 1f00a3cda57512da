"""What it costs to take obstore's answers in pieces, of which those before a break are kept, and not as a whole.

Run ``python benchmarks/obstore_pieces.py`` from the root of the repository; it needs obstore. Each row reads a range
from a server in a process of its own, in pieces of some length (left) and as a whole (right); the figure is the median
CPU time of this process, obstore's threads included. What follows from it stands in ``adicom/io/object_store.py``.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.store import HTTPStore
from table import Job, Row, command, side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterator

KIB, MIB = 2**10, 2**20
RANGES = (16 * KIB, 256 * KIB, MIB, 8 * MIB, 64 * MIB)
PIECES = (64 * KIB, 256 * KIB, MIB, 4 * MIB)
SERVER = str(Path(__file__).resolve().parents[1] / "tools/range_server.py")


async def whole(store: HTTPStore, length: int) -> bytes:
    """Read a range as a whole."""
    answer = await obstore.get_async(store, "object", options={"range": (0, length)})
    return (await answer.bytes_async()).to_bytes()


async def in_pieces(store: HTTPStore, length: int, piece: int) -> bytes:
    """Read a range in pieces of at least so many bytes."""
    answer = await obstore.get_async(store, "object", options={"range": (0, length)})
    return b"".join([bytes(found) async for found in answer.stream(min_chunk_size=piece)])


def rows(rounds: int, only: str) -> Iterator[Row]:
    """Yield the lines of the table."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        path = Path(folder, "object")
        path.write_bytes(bytes(range(256)) * (max(RANGES) // 256))
        command = [sys.executable, SERVER, str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            store = HTTPStore.from_url(url, client_options={"allow_http": True}, retry_config={"max_retries": 0})
            try:
                for length in RANGES:
                    yield from compared(runner, store, length, rounds, only)
            finally:
                server.terminate()


def compared(runner: asyncio.Runner, store: HTTPStore, length: int, rounds: int, only: str) -> Iterator[Row]:
    """Yield the lines of one length."""
    names = {f"{length // KIB} KiB in pieces of {piece // KIB} KiB": piece for piece in PIECES}
    chosen = {name: piece for name, piece in names.items() if only in name}
    jobs: dict[str, Job] = {"whole": partial(_run, runner, partial(whole, store, length))}
    for name, piece in chosen.items():
        jobs[name] = partial(_run, runner, partial(in_pieces, store, length, piece))
    taken = side_by_side(jobs, rounds) if chosen else {}
    for name in chosen:
        ratio = taken["whole"] / taken[name]
        yield Row(name, f"{taken[name] * 1e3:.2f} ms", f"{taken['whole'] * 1e3:.2f} ms", f"{ratio:.2f} x")


def _run(runner: asyncio.Runner, read: partial[object]) -> object:
    return runner.run(read())  # type: ignore[arg-type]  # it is a coroutine


if __name__ == "__main__":
    sys.exit(command(rows, __doc__, sys.argv[1:]))
