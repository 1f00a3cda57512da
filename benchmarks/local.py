"""How fast adicom reads what is already here, against pydicom.

Run ``python benchmarks/local.py`` from the root of the repository. ``--check`` exits 1 where a row is below its bar,
``--markdown`` prints the table of benchmarks/README.md, ``--rows TEXT`` runs only the rows with TEXT in their name.

How it measures: in every round each reader runs once, in turn, in one process, after a garbage collection and with the
collector on; a sample repeats its job until it takes 20 ms; the figure is the median of the rounds' CPU time. Memory is
the growth of the peak resident set in a process of its own. Streams are read at full speed, in real time.
"""

from __future__ import annotations

import asyncio
import io
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import made  # noqa: E402
from memory import grown, peak, reset_peak  # noqa: E402
from table import Job, Row, command, side_by_side  # noqa: E402

MIB = 2**20
STREAM_BYTES = 2**30
STREAM_BLOCK = MIB
FORBIDDEN = ("numpy", "aiohttp", "fsspec")


# ---------------------------------------------------------------- CPU time, side by side in one process


def touch_all(dataset: Any) -> None:
    """Look at every value, nested ones included."""
    for element in dataset.iterall():
        _ = element.value


def floor(data: bytes) -> None:
    """Read the bytes, as anything must."""
    source = io.BytesIO(data)
    while source.read(65536):
        pass


def dicomsdl_job(data: bytes, touched: bool, header: bool) -> Job | None:
    """Return dicomsdl's way to do it, None where it is not installed."""
    try:
        import dicomsdl  # type: ignore[import-untyped]  # it has no stubs
    except ImportError:
        return None

    def walk(dataset: Any) -> None:
        for element in dataset:
            if element.vr() == dicomsdl.VR.SQ:
                for nested in element.toSequence():
                    walk(nested)
            else:
                element.value()

    def job() -> None:
        dataset = dicomsdl.open_memory(data, load_until=0x7FE00000 if header else made.UNDEFINED)
        if touched:
            walk(dataset)

    return job


def reading_row(name: str, data: bytes, bar: float, rounds: int, *, touched: bool = False, header: bool = False) -> Row:
    """Compare reading from bytes with pydicom."""
    import pydicom

    import adicom.sync

    def ours() -> None:
        dataset = adicom.sync.dcmread(data, stop_before_pixels=header)
        if touched:
            touch_all(dataset)

    def theirs() -> None:
        dataset = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=header)
        if touched:
            touch_all(dataset)

    jobs: dict[str, Job] = {"adicom": ours, "pydicom": theirs, "floor": lambda: floor(data)}
    if job := dicomsdl_job(data, touched, header):
        jobs["dicomsdl"] = job
    taken = side_by_side(jobs, rounds)
    ratio = taken["pydicom"] / taken["adicom"]
    beside = f"floor {taken['floor'] * 1e3:.3f} ms"
    if "dicomsdl" in taken:
        beside += f", dicomsdl {taken['dicomsdl'] * 1e3:.2f} ms"
    times = {side: f"{taken[side] * 1e3:.2f} ms" for side in ("adicom", "pydicom")}
    return Row(name, times["adicom"], times["pydicom"], f"{ratio:.1f} x", f">= {bar:g} x", ratio >= bar, beside)


def reading_rows(rounds: int, wanted: str) -> Iterator[Row]:
    """Run the rows about CPU time."""
    few = max(3, rounds // 3)
    image, report, contours = made.ct(), made.sr(), made.rtstruct()
    defined, undefined = made.enhanced(False), made.enhanced(True)
    plan: list[tuple[str, bytes, float, int, bool, bool]] = [
        ("CT, header untouched", image, 5, rounds, False, True),
        ("CT, header touched", image, 3, rounds, True, True),
        ("multi-frame, undefined lengths, untouched", undefined, 12, few, False, False),
        ("multi-frame, undefined lengths, touched", undefined, 3, few, True, False),
        ("multi-frame, defined lengths, untouched", defined, 1, rounds, False, False),
        ("multi-frame, defined lengths, touched", defined, 3, few, True, False),
        ("RT structure set, untouched", contours, 1, rounds, False, False),
        ("RT structure set, touched", contours, 3, few, True, False),
        ("SR of 60 levels, untouched", report, 1, rounds, False, False),
        ("SR of 60 levels, touched", report, 3, few, True, False),
    ]
    for name, data, bar, count, touched, header in plan:
        if wanted in name:
            yield reading_row(name, data, bar, count, touched=touched, header=header)


# ---------------------------------------------------------------- memory, in a process of its own


def reader_of(package: str) -> Callable[..., Any]:
    """Return the function that makes a dataset of bytes."""
    if package == "adicom":
        import adicom.sync

        return adicom.sync.dcmread
    import pydicom

    return lambda data: pydicom.dcmread(io.BytesIO(data))


def memory_child(package: str, kind: str) -> int:
    """Measure one read of one file."""
    read = reader_of(package)
    touch_all(read(made.enhanced(True, 3)))
    data = made.rtstruct() if kind == "rt" else made.enhanced(kind == "undefined")

    def job() -> object:
        dataset = read(data)
        if kind == "rt":
            touch_all(dataset)
        return dataset

    return grown(job)


def script(*arguments: str) -> list[str]:
    """Return the command that runs a part of this script in a process of its own."""
    return [sys.executable, str(Path(__file__).resolve()), "--child", *arguments]


def child(*arguments: str) -> list[float]:
    """Run a part of this script and return the numbers that it prints."""
    answer = subprocess.run(script(*arguments), check=True, stdout=subprocess.PIPE, text=True)
    return [float(word) for word in answer.stdout.split()]


def memory_rows(wanted: str) -> Iterator[Row]:
    """Run the rows about memory."""
    plan = [
        ("memory, multi-frame, undefined lengths, untouched", "undefined", 5 * MIB),
        ("memory, multi-frame, defined lengths, untouched", "defined", None),
        ("memory, RT structure set, touched", "rt", None),
    ]
    for name, kind, bar in plan:
        if wanted in name:
            ours, theirs = (int(child("memory", package, kind)[0]) for package in ("adicom", "pydicom"))
            figures = [f"{size / MIB:.1f} MiB" for size in (ours, theirs)]
            # Of next to nothing there is no ratio.
            ratio = f"{theirs / ours:.1f} x" if ours > MIB / 10 and theirs > MIB else ""
            yield Row(
                name, figures[0], figures[1], ratio, f"<= {bar // MIB} MiB" if bar else "", ours <= bar if bar else None
            )


# ---------------------------------------------------------------- streams of 1 GiB


def send_forever(kind: str) -> None:
    """Print a port; send a header and then 1 GiB of pixel data, native or in fragments, to whoever connects."""
    start, end, block = made.big_image(STREAM_BYTES), b"", bytes(MIB)
    if kind == "fragments":
        start, end = made.encapsulated_start()
        block = made.fragment(bytes(MIB))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(start)
                for _ in range(STREAM_BYTES // MIB):
                    connection.sendall(block)
                connection.sendall(end)


@contextmanager
def sender(kind: str) -> Iterator[str]:
    """Run :func:`send_forever` in a process of its own; gives the port."""
    with subprocess.Popen(script("send", kind), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@contextmanager
def big_file(start: bytes) -> Iterator[str]:
    """Write a file of 1 GiB of pixels for a while; gives its path."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.dcm"
        with path.open("wb") as file:
            file.write(start)
            for _ in range(STREAM_BYTES // MIB):
                file.write(bytes(MIB))
        yield str(path)


async def drain(events: AsyncIterator[Any]) -> int:
    """Read events and drop them; return how many bytes of values came."""
    total = 0
    async for event in events:
        data = getattr(event, "data", None)
        if data is not None:
            total += len(data)
    return total


async def socket_events(port: int) -> int:
    """Read the events of what comes through a socket."""
    import adicom

    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=STREAM_BLOCK)
    try:
        return await drain(adicom.iter_events(reader))
    finally:
        writer.close()
        await writer.wait_closed()


async def socket_loop(port: int) -> int:
    """Read the same socket the same way and drop what comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=STREAM_BLOCK)
    total = 0
    try:
        while data := await reader.read(STREAM_BLOCK):
            total += len(data)
        return total
    finally:
        writer.close()
        await writer.wait_closed()


async def file_events(path: str) -> int:
    """Read the events of a file."""
    import adicom

    async with adicom.iter_events(path) as events:
        return await drain(events)


async def file_loop(path: str) -> int:
    """Read the same file the same way and drop what comes."""
    import aiofiles

    total = 0
    async with aiofiles.open(path, "rb") as file:
        while data := await file.read(STREAM_BLOCK):
            total += len(data)
    return total


def blocking_events(path: str) -> int:
    """Read the events of a file, blocking."""
    import adicom.sync

    total = 0
    with adicom.sync.iter_events(path) as events:
        for event in events:
            data = getattr(event, "data", None)
            if data is not None:
                total += len(data)
    return total


def blocking_loop(path: str) -> int:
    """Read the same file, blocking, and drop what comes."""
    total = 0
    with open(path, "rb") as file:
        while data := file.read(STREAM_BLOCK):
            total += len(data)
    return total


Way = Callable[[str], int]
WAYS: dict[str, tuple[Way, Way]] = {
    "socket": (lambda port: asyncio.run(socket_events(int(port))), lambda port: asyncio.run(socket_loop(int(port)))),
    "file": (lambda path: asyncio.run(file_events(path)), lambda path: asyncio.run(file_loop(path))),
    "blocking": (blocking_events, blocking_loop),
}


def stream_child(way: str, target: str, rounds: int) -> tuple[float, ...]:
    """Return the growth of our loop, then both loops' median seconds and CPU seconds, the loops interleaved."""
    growth = 0
    taken: dict[Way, list[tuple[float, float]]] = {function: [] for function in WAYS[way]}
    for number in range(rounds):
        for function, pairs in taken.items():
            reset_peak()
            before, start, used = peak(), time.perf_counter(), time.process_time()
            got = function(target)
            pairs.append((time.perf_counter() - start, time.process_time() - used))
            if got < STREAM_BYTES:
                raise AssertionError(f"{way}: only {got} bytes came")
            if number == 0 and function is WAYS[way][0]:
                growth = peak() - before
    return growth, *(statistics.median(pair[part] for pair in pairs) for part in (0, 1) for pairs in taken.values())


STREAMS: list[tuple[str, str, Callable[[], AbstractContextManager[str]]]] = [
    ("1 GiB from a socket, native", "socket", lambda: sender("native")),
    ("1 GiB from a socket, fragments", "socket", lambda: sender("fragments")),
    ("1 GiB from a file", "file", lambda: big_file(made.big_image(STREAM_BYTES))),
    ("1 GiB from a file, blocking", "blocking", lambda: big_file(made.big_image(STREAM_BYTES))),
]


def stream_rows(rounds: int, wanted: str) -> Iterator[Row]:
    """Run the rows about 1 GiB of pixel data."""
    for title, way, source in STREAMS:
        if wanted not in title:
            continue
        with source() as target:
            growth, ours, plain, cpu, plain_cpu = child("stream", way, target, str(rounds))
        ratio = plain / ours
        rates = [f"{STREAM_BYTES / MIB / seconds:.0f} MiB/s" for seconds in (ours, plain)]
        beside = f"CPU {cpu:.2f} s, plain loop {plain_cpu:.2f} s"
        yield Row(f"{title}: speed", rates[0], rates[1], f"{ratio:.2f} x", ">= 0.8 x", ratio >= 0.8, beside)
        yield Row(f"{title}: memory", f"{growth / MIB:.1f} MiB", "", "", "<= 32 MiB", growth <= 32 * MIB)


# ---------------------------------------------------------------- import


def import_rows(rounds: int) -> Iterator[Row]:
    """Run the rows about the import."""
    taken: dict[str, list[float]] = {"adicom": [], "pydicom": []}
    extra = 0.0
    program = "import time; a = time.process_time(); import {0}; b = time.process_time(); import sys; "
    program += f"print(b - a, sum(name in sys.modules for name in {FORBIDDEN!r}))"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for number in range(rounds + 1):
        for package, values in taken.items():
            command = [sys.executable, "-c", program.format(package)]
            answer = subprocess.run(
                command, check=True, capture_output=True, text=True, env=environment, cwd=HERE.parent
            )
            seconds, count = map(float, answer.stdout.split())
            extra = max(extra, count) if package == "adicom" else extra
            if number:  # the first one may have to compile
                values.append(seconds)
    ours, theirs = (statistics.median(taken[package]) for package in ("adicom", "pydicom"))
    ratio = ours / theirs
    figures = [f"{seconds * 1e3:.0f} ms" for seconds in (ours, theirs)]
    yield Row("import", figures[0], figures[1], f"{ratio:.2f} x", "<= 0.4 x", ratio <= 0.4)
    yield Row("import, without " + ", ".join(FORBIDDEN), f"{extra:.0f} of them", "", "", "0", extra == 0)


# ---------------------------------------------------------------- the command


def rows(rounds: int, wanted: str) -> Iterator[Row]:
    """Run all rows whose name contains `wanted`."""
    yield from reading_rows(rounds, wanted)
    yield from memory_rows(wanted)
    yield from stream_rows(9, wanted)
    if wanted in "import":
        yield from import_rows(max(5, rounds // 2))


def main(arguments: list[str]) -> int:
    """Run the benchmark."""
    if arguments[:1] == ["--child"]:
        what, *rest = arguments[1:]
        if what == "memory":
            print(memory_child(*rest))
        elif what == "send":
            send_forever(*rest)
        else:
            print(*stream_child(rest[0], rest[1], int(rest[2])))
        return 0
    return command(rows, __doc__, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
