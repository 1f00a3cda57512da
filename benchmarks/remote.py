"""What remote operations cost, beside today's tools.

Run ``python benchmarks/remote.py`` from the root of the repository, in the environment of benchmarks/requirements.txt.
``--check`` exits 1 where a bar is missed, ``--markdown`` prints tables, ``--rows TEXT`` runs only the rows with TEXT in
their name, ``--save FILE`` keeps the results, ``--load FILE`` shows kept ones, ``--into FILE`` fills a page's tables.

How it measures: a server on loopback, in a process of its own, answers each request after 20 ms. Each side of a row
runs in a fresh process that has done the operation before on a small object. The sides take turns, three times
as often where that takes less than 50 ms; time, requests and bytes are medians of the rounds, memory is what the first
round adds to the peak resident set.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import queue
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from remote_objects import made_object  # noqa: E402
from remote_operations import Operation, operations  # noqa: E402
from remote_report import Results, fill, load, markdown, missed, save, text  # noqa: E402
from remote_sides import SIDES, Asking, Place, Side  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOWN = ("aiohttp", "fsspec", "s3fs", "pydicom", "highdicom", "wsidicom", "obstore")
SLOW = 3.0
QUICK = 0.05
MORE = 3


# ---------------------------------------------------------------- one row


class Worker:
    """A side at work, in a process of its own.

    Args:
        side: Its name.
        operation: The row.
        place: The object.
        timeout: Seconds that one round may take.

    Attributes:
        samples: What the rounds have cost.
        trouble: Why there will be no more.
    """

    def __init__(self, side: str, operation: Operation, place: Place, timeout: float) -> None:
        self.side = side
        self.samples: list[dict[str, Any]] = []
        self.trouble: dict[str, Any] = {}
        self._operation = operation
        self._place = place
        self._timeout = timeout
        self._prepared = 0.0  # seconds of the last round, with what comes before the operation
        small = made_object(operation.small).frames
        arguments = [side, operation.job, place.server, place.name, place.frames, operation.small, small]
        command = [sys.executable, str(HERE / "remote_worker.py"), *map(str, arguments)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Self:
        line = self._next(60)
        if line != "ready":
            self.trouble = json.loads(line) if line else {"failed": "it did not start"}
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    @property
    def is_quick(self) -> bool:
        """Whether it takes so little that more rounds are needed to tell it from others, and are to be had."""
        return bool(self.samples) and self.samples[0]["wall"] < QUICK and self._prepared < SLOW

    def run(self, pattern: list[Asking]) -> None:
        """Do it once, unless it failed before or takes so long that once is enough."""
        if self.trouble or (self.samples and self.samples[0]["wall"] > SLOW):
            return
        assert self._process.stdin is not None
        command = {"pattern": [asdict(asking) for asking in pattern]}
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        began = time.monotonic()
        line = self._next(self._timeout)
        self._prepared = time.monotonic() - began
        if not line:
            self._process.kill()
            self.trouble = {"slow": self._timeout}
            return
        sample = json.loads(line)
        if "failed" in sample:
            self.trouble = sample
        elif self.side != "floor" and sample["answer"] != self._operation.answer(self._place):
            self.trouble = {"failed": "a wrong answer"}
        else:
            self.samples.append(sample)

    @property
    def result(self) -> dict[str, Any]:
        """The medians, or what went wrong."""
        if self.trouble or not self.samples:
            return self.trouble or {"failed": "there was nothing to repeat"}
        gets = [[asked for asked in sample["asked"] if asked["method"] == "GET"] for sample in self.samples]
        return {
            "requests": statistics.median_low(len(sample["asked"]) for sample in self.samples),
            "heads": len(self.samples[-1]["asked"]) - len(gets[-1]),
            "bytes": statistics.median_low(sum(asked["sent"] for asked in one) for one in gets),
            "wall": statistics.median(sample["wall"] for sample in self.samples),
            "cpu": statistics.median(sample["cpu"] for sample in self.samples),
            "memory": self.samples[0]["memory"],
            "connections": self.samples[-1]["connections"],
            "rounds": len(self.samples),
        }

    @property
    def pattern(self) -> list[Asking]:
        """What the last round has asked for."""
        asked = self.samples[-1]["asked"] if self.samples else []
        return [
            Asking(one["start"], one["end"], [other for other in range(number) if asked[other]["gone"] <= one["came"]])
            for number, one in enumerate(asked)
        ]

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.strip())
        self._lines.put("")

    def _next(self, timeout: float) -> str:
        try:
            return self._lines.get(timeout=timeout)
        except queue.Empty:
            return ""


def can(side: type[Side], job: str) -> bool:
    """Return whether a side does an operation; the floor does all."""
    return hasattr(side, job) or hasattr(side, "repeat")


def run_row(operation: Operation, server: str, sides: list[str], rounds: int, timeout: float) -> Results:
    """Run one row."""
    body = made_object(operation.name)
    place = Place(server, operation.name, body.frames)
    first = urllib.request.Request(f"{server}/{operation.name}", headers={"Range": "bytes=0-0"})
    with urllib.request.urlopen(first):
        pass  # the server has made the object now
    with ExitStack() as stack:
        able = [side for side in sides if can(SIDES[side], operation.job)]
        workers = {side: stack.enter_context(Worker(side, operation, place, timeout)) for side in able}
        order = [*workers.values()]
        pattern: list[Asking] = []
        for number in range(rounds * MORE):
            if number == rounds:
                order = [worker for worker in order if worker.is_quick]
            for worker in order:
                worker.run(pattern)
                if worker.side == "adicom":
                    pattern = worker.pattern
            # adicom begins, so that the floor has something to repeat.
            if order and (number or "adicom" not in workers):
                order.append(order.pop(0))
        return {
            "operation": operation.title,
            "bars": {"requests": operation.requests(body, place), "bytes": int(operation.allowed(body, place))},
            "sides": {side: worker.result for side, worker in workers.items()},
        }


@contextmanager
def running_server(delay: float) -> Iterator[str]:
    """Run the server in a process of its own; gives its URL."""
    command = [sys.executable, str(HERE / "remote_server.py"), "--delay", str(delay)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait()


# ---------------------------------------------------------------- the command


def versions() -> dict[str, str]:
    """Return what is compared."""
    found = {"CPython": platform.python_version()}
    for name in SHOWN:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=7, help="rounds of each row (default: 7)")
    options.add_argument("--rows", default="", help="run only rows with this text in their name")
    options.add_argument("--sides", default=",".join(SIDES), help=f"which of {','.join(SIDES)}")
    options.add_argument("--delay", type=float, default=0.02, help="seconds that a request takes (default: 0.02)")
    options.add_argument("--timeout", type=float, default=10, help="seconds after which one is given up (default: 10)")
    options.add_argument("--check", action="store_true", help="exit 1 where a bar is missed")
    options.add_argument("--markdown", action="store_true", help="print Markdown tables")
    options.add_argument("--save", type=Path, help="where to keep the results")
    options.add_argument("--into", type=Path, help="a Markdown page to fill the tables of")
    options.add_argument("--load", type=Path, help="show these results, run nothing")
    return options.parse_args(arguments)


def run(chosen: argparse.Namespace) -> Results:
    """Run all rows that were chosen."""
    results: Results = {"delay": chosen.delay, "versions": versions(), "rows": []}
    with running_server(chosen.delay) as server:
        for operation in operations():
            if chosen.rows not in operation.title:
                continue
            row = run_row(operation, server, chosen.sides.split(","), chosen.rounds, chosen.timeout)
            results["rows"].append(row)
            if not chosen.markdown:
                print(*text(row), sep="\n", flush=True)
            if chosen.save:
                save(results, chosen.save)
    return results


def main(arguments: list[str]) -> int:
    """Run the benchmark."""
    chosen = parse(arguments)
    results = load(chosen.load) if chosen.load else run(chosen)
    if chosen.markdown:
        print(*markdown(results), sep="\n")
    elif chosen.load:
        for row in results["rows"]:
            print(*text(row), sep="\n")
    if chosen.into:
        chosen.into.write_text(fill(chosen.into.read_text(), results))
    failed = sum(bool(missed(row)) for row in results["rows"])
    if failed:
        print(f"\n{failed} rows miss a bar", file=sys.stderr)
    return 1 if chosen.check and failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
