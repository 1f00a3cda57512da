"""One side of one row of the benchmark of remote reading, in a process of its own.

It does the operation once on a small object, so that all is imported, and says so. Then it does it once for each line
of its input, and prints what that has cost.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from memory import peak, reset_peak  # noqa: E402
from remote_sides import SIDES, Asking, Floor, Place  # noqa: E402

if TYPE_CHECKING:
    from types import TracebackType


class Meter:
    """What happens inside ``with meter``.

    Args:
        server: The URL of the server.

    Attributes:
        cost: Wall and CPU seconds, growth of the peak resident set, and the server's log.
    """

    def __init__(self, server: str) -> None:
        self.cost: dict[str, Any] = {}
        self._server = server
        self._before = (0, 0.0, 0.0)

    def __enter__(self) -> None:
        self._log()
        gc.collect()
        reset_peak()
        self._before = (peak(), time.perf_counter(), time.process_time())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        used, now = time.process_time(), time.perf_counter()
        memory, start, used_before = self._before
        self.cost = {"wall": now - start, "cpu": used - used_before, "memory": peak() - memory} | self._log()

    def _log(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self._server}/-/log") as answer:
            log: dict[str, Any] = json.load(answer)
        return log


def perform(runner: asyncio.Runner, side: str, operation: str, place: Place, command: dict[str, Any]) -> dict[str, Any]:
    """Do one operation once; return its cost and its answer."""
    meter = Meter(place.server)
    worker = SIDES[side](place, meter)
    runner.run(worker.prepare())
    try:
        if isinstance(worker, Floor):
            pattern = [Asking(**asking) for asking in command["pattern"]]
            answer = runner.run(worker.repeat(pattern))
        else:
            answer = getattr(worker, operation)()
            if inspect.iscoroutine(answer):
                answer = runner.run(answer)
    finally:
        runner.run(worker.finish())
    return {**meter.cost, "answer": answer}


def main(arguments: list[str]) -> int:
    """Serve one row: side, operation, the server's URL, the object, its frames, the small object, its frames."""
    side, operation, server, name, frames, small, small_frames = arguments
    with asyncio.Runner() as runner:
        warming = {"pattern": [{"start": 0, "end": 64, "behind": []}]}
        try:
            perform(runner, side, operation, Place(server, small, int(small_frames)), warming)
            print("ready", flush=True)
            for line in sys.stdin:
                print(json.dumps(perform(runner, side, operation, Place(server, name, int(frames)), json.loads(line))))
                sys.stdout.flush()
        except Exception as error:  # noqa: BLE001 # whatever it is, the table shows it
            print(json.dumps({"failed": f"{type(error).__name__}: {error}"}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
