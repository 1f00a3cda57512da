"""What many concurrent reads cost the client, beside the same requests without adicom.

Run ``python benchmarks/many.py`` from the root of the repository. ``--check`` exits 1 where a bar is missed,
``--markdown`` prints the table of docs/cloud.md, ``--rows TEXT`` runs only the rows with TEXT in their name.

How it measures: the server of remote.py, in a process of its own, answers each request after 20 ms. 400 reads are
under way at a time, over one session of 64 connections, and in turn, in the same process, 400 requests of aiohttp for
the same bytes with the same headers, and 400 parses of those bytes. A figure is the median of the rounds' CPU time, for
one read. Memory is the growth of the peak resident set of a process of its own.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from memory import peak, reset_peak  # noqa: E402
from remote import running_server  # noqa: E402
from table import Row, command  # noqa: E402

MIB = 2**20
CONNECTIONS = 64
READS = 400
BLOCK = 16 * 1024
BAR = 1.3
NAME = "ct"

Reading = Callable[[Any, str], Awaitable[object]]


async def read(session: Any, url: str) -> object:
    """Read a header with adicom."""
    import adicom

    return await adicom.dcmread(url, session=session, stop_before_pixels=True)


async def get(session: Any, url: str) -> bytes:
    """Get the same bytes with aiohttp alone."""
    headers = {"Range": f"bytes=0-{BLOCK - 1}", "Accept-Encoding": "identity"}
    async with session.get(url, headers=headers) as response:
        data: bytes = await response.read()
    return data


def bare_session(connections: int = CONNECTIONS) -> Any:
    """Return a session of aiohttp's with as many connections."""
    import aiohttp

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections), cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
    )


async def cpu_of(reading: Reading, session: Any, url: str, reads: int = READS) -> tuple[float, float]:
    """Return the CPU seconds and the wall seconds of one of many reads at a time."""
    gc.collect()
    start, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(reading(session, url) for _ in range(reads)))
    return (time.process_time() - used) / reads, (time.perf_counter() - start) / reads


def cpu_of_parsing(data: bytes) -> float:
    """Return the CPU seconds of one parse of the bytes that each read gets."""
    import adicom.sync

    gc.collect()
    used = time.process_time()
    kept = [adicom.sync.dcmread(data, stop_before_pixels=True) for _ in range(READS)]
    return (time.process_time() - used) / len(kept)


async def measure(server: str, rounds: int) -> dict[str, float]:
    """Return the median seconds of each part of one read."""
    import adicom

    url = f"{server}/{NAME}"
    taken: dict[str, list[float]] = {"adicom": [], "GET": [], "parse": [], "wall": [], "GET wall": []}
    async with adicom.Session(connections=CONNECTIONS) as session, bare_session() as bare:
        data = await get(bare, url)
        for number in range(rounds + 1):
            ours, ours_wall = await cpu_of(read, session, url)
            gets, gets_wall = await cpu_of(get, bare, url)
            parse = cpu_of_parsing(data)
            if number:  # the first one opens the connections
                for part, seconds in zip(taken, (ours, gets, parse, ours_wall, gets_wall), strict=True):
                    taken[part].append(seconds)
    return {part: statistics.median(values) for part, values in taken.items()}


def cpu_rows(server: str, rounds: int) -> Iterator[Row]:
    """Run the rows about time."""
    taken = asyncio.run(measure(server, rounds))
    shown = {part: f"{seconds * 1e6:.0f} us" for part, seconds in taken.items()}
    ratio = taken["adicom"] / (taken["GET"] + taken["parse"])
    alone = (taken["adicom"] - taken["parse"]) / taken["GET"]
    beside = f"GET {shown['GET']}, parse {shown['parse']}; all but the parse is {alone:.2f} x a GET"
    yield Row(
        f"{READS} reads, CPU of each, beside a GET and a parse",
        shown["adicom"],
        f"{(taken['GET'] + taken['parse']) * 1e6:.0f} us",
        f"{ratio:.2f} x",
        f"<= {BAR} x",
        ratio <= BAR,
        beside,
    )
    speeds = [1 / taken[part] for part in ("wall", "GET wall")]
    yield Row(
        f"{READS} reads, a second",
        f"{speeds[0]:.0f}",
        f"{speeds[1]:.0f}",
        f"{speeds[0] / speeds[1]:.2f} x",
        beside="GETs alone",
    )


# ---------------------------------------------------------------- memory, in a process of its own


async def memory_child(kind: str, url: str, reads: int) -> tuple[int, int, int]:
    """Return the growth of the peak resident set, what is kept of it for the answers, and the connections."""
    import adicom

    if kind == "adicom":
        opened, reading = adicom.Session(connections=CONNECTIONS), read
    else:
        opened, reading = bare_session(), get
    async with opened as session:
        await reading(session, url)
        log(url)
        reset_peak()
        before = peak()
        kept = await asyncio.gather(*(reading(session, url) for _ in range(reads)))
        growth = peak() - before
        connections = log(url)["connections"]
        del kept
        return growth, connections, reads


def log(url: str) -> dict[str, Any]:
    """Return what the server was asked."""
    with urllib.request.urlopen(url.rpartition("/")[0] + "/-/log") as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def memory_rows(server: str, reads: int = 1000) -> Iterator[Row]:
    """Run the row about memory and connections."""
    found = {}
    for kind in ("adicom", "aiohttp"):
        arguments = [sys.executable, str(Path(__file__).resolve()), "--child", kind, f"{server}/{NAME}", str(reads)]
        answer = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True)
        found[kind] = [int(word) for word in answer.stdout.split()]
    (ours, connections, _), (bare, bare_connections, _) = found["adicom"], found["aiohttp"]
    yield Row(
        f"{reads:,} reads, growth of memory for each",
        f"{ours / reads / 1024:.0f} KiB",
        f"{bare / reads / 1024:.0f} KiB",
        f"{ours / max(bare, 1):.1f} x",
    )
    yield Row(
        f"{reads:,} reads, connections",
        str(connections),
        str(bare_connections),
        "",
        f"<= {CONNECTIONS}",
        connections <= CONNECTIONS,
    )


def rows(rounds: int, wanted: str) -> Iterator[Row]:
    """Run all rows whose name contains `wanted`."""
    with running_server(0.02) as server:
        for some in (cpu_rows(server, rounds), memory_rows(server)):
            for row in some:
                if wanted in row.name:
                    yield row


def main(arguments: list[str]) -> int:
    """Run the benchmark."""
    if arguments[:1] == ["--child"]:
        kind, url, reads = arguments[1:]
        print(*asyncio.run(memory_child(kind, url, int(reads))))
        return 0
    return command(rows, __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
