"""What the benchmarks share: two sides in turn in one process, and the table of what came out."""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ("Job", "Row", "command", "side_by_side")

Job = Callable[[], object]


@dataclass(frozen=True)
class Row:
    """One line of the table; `passed` is None where there is no bar."""

    name: str
    adicom: str
    other: str
    ratio: str
    bar: str = ""
    passed: bool | None = None
    beside: str = ""

    def cells(self) -> list[str]:
        """Return the line's cells."""
        verdict = "" if self.passed is None else "yes" if self.passed else "NO"
        return [self.name, self.adicom, self.other, self.ratio, self.bar, verdict, self.beside]


HEADINGS = ["row", "adicom", "against", "ratio", "bar", "reached", "beside"]


def sample(job: Job, repeats: int) -> float:
    """Return the CPU seconds of one run of the job."""
    gc.collect()
    start = time.process_time()
    for _ in range(repeats):
        job()
    return (time.process_time() - start) / repeats


def side_by_side(jobs: dict[str, Job], rounds: int) -> dict[str, float]:
    """Return the median CPU seconds of each job, the jobs interleaved."""
    repeats = {}
    for name, job in jobs.items():
        job()
        repeats[name] = max(1, int(0.02 / max(sample(job, 1), 1e-6)))
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    order = list(jobs)
    for _ in range(rounds):
        for name in order:
            taken[name].append(sample(jobs[name], repeats[name]))
        order.append(order.pop(0))  # so that nobody always runs behind the same other
    return {name: statistics.median(values) for name, values in taken.items()}


def show(row: list[str], markdown: bool) -> None:
    """Print one line."""
    if markdown:
        print("| " + " | ".join(row) + " |", flush=True)
    else:
        widths = (50, 12, 12, 8, 10, 8, 0)
        print(" ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), flush=True)


def show_headings(markdown: bool) -> None:
    """Print the head of the table."""
    show(HEADINGS, markdown)
    if markdown:
        show(["---"] * len(HEADINGS), True)


def command(rows: Callable[[int, str], Iterator[Row]], description: str | None, arguments: list[str]) -> int:
    """Run a benchmark as its command line says; return the exit code."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=15, help="rounds of each row (default: 15)")
    options.add_argument("--rows", default="", help="run only rows with this text in their name")
    options.add_argument("--check", action="store_true", help="exit 1 where a row is below its bar")
    options.add_argument("--markdown", action="store_true", help="print a Markdown table")
    chosen = options.parse_args(arguments)
    show_headings(chosen.markdown)
    failed = 0
    for row in rows(chosen.rounds, chosen.rows):
        show(row.cells(), chosen.markdown)
        failed += row.passed is False
    if failed:
        print(f"\n{failed} below the bar", file=sys.stderr)
    return 1 if chosen.check and failed else 0
