"""How fast a large object is rewritten, beside a plain copy of the same bytes by the same client.

Run ``python benchmarks/rewrite.py`` from the root of the repository. It takes a quarter of an hour, and seven times
``--size`` on the disk, below ``--folder``. ``--check`` exits 1 where a bar is missed.

How it measures: an object of encapsulated pixel data is made on the disk. From there it goes to another file, to an
SeaweedFS of its own (which is a real S3 server), and within that one, each time by ``adicom.rewrite`` with four
transforms and by a loop that reads pieces from the same source and writes them to the same kind of sink, in turn. What
counts is the ratio of the medians of wall time. Memory is the growth of the peak resident set of this process.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from memory import peak, reset_peak  # noqa: E402
from table import Row, show, show_headings  # noqa: E402

import adicom  # noqa: E402
from adicom.io import open_sink  # noqa: E402
from adicom.io.ranges import STREAM_LIMIT  # noqa: E402
from adicom.io.resolve import resolve_async  # noqa: E402
from adicom.rewriting import Delete, RemovePrivate, ReplaceUIDs, Set, rewrite  # noqa: E402
from tests import made  # noqa: E402
from tests.servers import put_object, seaweedfs_server, storage_options  # noqa: E402

MIB = 2**20
SPEED_BAR = 0.7
MEMORY_BAR = 64 * MIB

Copy = Callable[[Any, str, str], Awaitable[object]]


def make_object(path: Path, size: int, fragment: int) -> None:
    """Write an image of compressed frames of about so many bytes, each in a fragment of so many."""
    body = made.small()
    head = made.part10(body[: body.index(b"\xe0\x7f\x10\0")], made.JPEG_BASELINE)
    count = size // (fragment + 8)
    noise = os.urandom(fragment - 4)
    with path.open("wb") as file:
        file.write(head + made.header(0x7FE00010, "OB", made.UNDEFINED) + made.item())
        for _ in range(count):
            file.write(struct.pack("<HHL", 0xFFFE, 0xE000, fragment) + b"\xff\xd8" + noise + b"\xff\xd9")
        file.write(made.header(made.SEQUENCE_END, "", 0))


async def plain(session: Any, source: str, target: str) -> None:
    """Copy the bytes, in pieces as long as those that a rewrite reads."""
    opened = resolve_async(source, session)
    try:
        async with open_sink(target, session=session) as sink:
            position, size = 0, None
            while position != size:
                data, _, size = await opened.read_at(position, STREAM_LIMIT)
                if not data:
                    break
                await sink.write(data)
                position += len(data)
    finally:
        await opened.aclose()


async def changed(session: Any, source: str, target: str) -> None:
    """Rewrite the object."""
    transforms = (
        Set("PatientName", "ANONYMOUS"),
        Delete("PatientID"),
        RemovePrivate(),
        ReplaceUIDs(lambda uid: "2.25.1"),
    )
    await rewrite(source, target, *transforms, session=session)


async def seconds_of(copy: Copy, session: Any, source: str, target: str) -> float:
    """Return the wall time of one copy; what earlier ones have left to be written is on the disk before."""
    os.sync()
    start = time.perf_counter()
    await copy(session, source, target)
    return time.perf_counter() - start


async def rows(size: int, fragment: int, rounds: int, folder: Path, markdown: bool) -> list[Row]:
    """Run all rows, and print each when it is there."""
    path = folder / "object.dcm"
    make_object(path, size, fragment)
    weed = folder / "weed"
    weed.mkdir()
    found: list[Row] = []
    with seaweedfs_server(weed, volumes=100, megabytes=1024) as endpoint:
        put_object(endpoint, "adicom", "small", b"")  # it makes the bucket
        async with adicom.Session(storage_options=storage_options(endpoint)) as session:
            for name, source, target in (
                ("local to local", str(path), str(folder / "target.dcm")),
                ("local to S3", str(path), "s3://adicom/target.dcm"),
                ("S3 to S3", "s3://adicom/target.dcm", "s3://adicom/other.dcm"),
            ):
                found += await beside(name, session, source, target, size, rounds)
                for row in found[-2:]:
                    show(row.cells(), markdown)
                (folder / "target.dcm").unlink(missing_ok=True)
    return found


async def beside(name: str, session: Any, source: str, target: str, size: int, rounds: int) -> list[Row]:
    """Run a rewrite and a plain copy in turn."""
    taken: dict[Copy, list[float]] = {plain: [], changed: []}
    growth = 0
    for _ in range(rounds):
        for copy in (plain, changed):
            if copy is changed:
                reset_peak()
                before = peak()
            taken[copy].append(await seconds_of(copy, session, source, target))
            if copy is changed:
                growth = max(growth, peak() - before)
    seconds = {copy: statistics.median(times) for copy, times in taken.items()}
    speeds = [f"{size / seconds[copy] / MIB:.0f} MiB/s" for copy in (changed, plain)]
    ratio = seconds[plain] / seconds[changed]
    return [
        Row(f"{name}: speed", *speeds, f"{ratio:.2f} x", f">= {SPEED_BAR} x", ratio >= SPEED_BAR),
        Row(f"{name}: memory", f"{growth / MIB:.1f} MiB", "", "", f"<= {MEMORY_BAR // MIB} MiB", growth <= MEMORY_BAR),
    ]


def main() -> int:
    """Read the command line, run, tell."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--size", type=int, default=5120, help="MiB of the object (default: 5120)")
    options.add_argument("--fragment", type=int, default=256, help="KiB of each fragment (default: 256)")
    options.add_argument("--rounds", type=int, default=3, help="rounds of each row (default: 3)")
    options.add_argument("--folder", type=Path, help="where the object and the server's data go")
    options.add_argument("--check", action="store_true", help="exit 1 where a row is below its bar")
    options.add_argument("--markdown", action="store_true", help="print a Markdown table")
    chosen = options.parse_args()
    show_headings(chosen.markdown)
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        found = asyncio.run(
            rows(chosen.size * MIB, chosen.fragment * 1024, chosen.rounds, Path(folder), chosen.markdown)
        )
    failed = sum(row.passed is False for row in found)
    if failed:
        print(f"\n{failed} below the bar", file=sys.stderr)
    return 1 if chosen.check and failed else 0


if __name__ == "__main__":
    sys.exit(main())
