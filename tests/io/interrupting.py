"""A program that interrupts blocking reads by SIGINT, wherever they are; it prints how often, or fails.

``python -m tests.io.interrupting URL steps`` interrupts at each step of the network thread in turn, and
``python -m tests.io.interrupting URL lines`` at each line of the session that the main thread runs. A number behind
that leaves out so many of them each time.
"""

from __future__ import annotations

import faulthandler
import itertools
import linecache
import os
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

import adicom.sync
from adicom.io import network, session
from tests.cancellation import Steps, counting_network_threads

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_WATCHED: Final = {Path(module.__file__ or "").name for module in (network, session)}
_PATIENCE: Final = 0.2
_where: list[str] = []
"""The line of the latest interruption."""


def main(url: str, mode: str, leave_out: str = "0") -> None:
    """Interrupt each operation everywhere."""
    faulthandler.dump_traceback_later(300, exit=True)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    interrupt = {"steps": _at_step, "lines": _at_line}[mode]
    for operation in (read, read_in_session, fetch, events):
        operation(url)  # imports
        handles = _sockets()
        counts = {True: 0, False: 0}
        for number in itertools.count(1, int(leave_out) + 1):
            interrupted, reached = interrupt(partial(operation, url), number)
            counts[interrupted] += 1
            _check(handles, f"{operation.__name__}, {mode[:-1]} {number}, {_where}")
            if not reached:
                break
        assert counts[True], operation.__name__
        print(f"{operation.__name__}: {counts[True]} interrupted, {counts[False]} not")


# -- what is interrupted -----------------------------------------------------------------------------------------


def read(url: str) -> None:
    """Read by a session of the call's own."""
    adicom.sync.dcmread(url, max_requests=5)


def read_in_session(url: str) -> None:
    """Read twice by a session."""
    with adicom.sync.Session() as shared:
        adicom.sync.dcmread(url, session=shared)
        adicom.sync.dcmread(url, session=shared, stop_before_pixels=True)


def fetch(url: str) -> None:
    """Fetch deferred values: all of them or none."""
    dataset = adicom.sync.dcmread(url, defer_size=2000)
    try:
        dataset.fetch_all()
    except KeyboardInterrupt:
        assert len({element.is_deferred for element in dataset if element.VR in ("OB", "OW")}) == 1
        raise


def events(url: str) -> None:
    """Take some events of a stream."""
    with adicom.sync.iter_events(url, header_hint=5000) as found:
        for _ in range(20):
            next(found, None)


# -- how ---------------------------------------------------------------------------------------------------------


def _at_step(operation: Callable[[], None], number: int) -> tuple[bool, bool]:
    noticed = threading.Event()
    abandon = network.NetworkThread._give_up

    def interrupt() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        noticed.wait(_PATIENCE)  # so that it happens at this step

    def abandoned(thread: network.NetworkThread, job: Any) -> None:
        abandon(thread, job)
        noticed.set()

    steps = Steps(number, interrupt)
    with mock.patch.object(network.NetworkThread, "_give_up", abandoned), counting_network_threads(steps):
        return _run(operation), steps.reached


def _at_line(operation: Callable[[], None], number: int) -> tuple[bool, bool]:
    steps = Steps(number, lambda: signal.raise_signal(signal.SIGINT))

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if os.path.basename(frame.f_code.co_filename) not in _WATCHED:
            return None
        # Python calls no signal handler between the body of a `with` and the end of it, as this would.
        is_lock = "with self._lock" in linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        if event == "line" and not is_lock:
            _where[:] = [f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"]
            steps.end()
        return trace

    sys.settrace(trace)
    try:
        return _run(operation), steps.reached
    finally:
        sys.settrace(None)


def _run(operation: Callable[[], None]) -> bool:
    try:
        operation()
    except KeyboardInterrupt:
        return True
    return False


# -- what is left ------------------------------------------------------------------------------------------------


def _check(handles: set[str], where: str) -> None:
    end = time.monotonic() + 2
    while (threading.active_count() > 1 or _sockets() - handles) and time.monotonic() < end:
        time.sleep(0.001)
    left = [thread.name for thread in threading.enumerate()[1:]]
    assert not left, f"{where}: {left}"
    assert not _sockets() - handles, f"{where}: {_sockets() - handles}"


def _sockets() -> set[str]:
    folder = Path("/proc/self/fd")
    return {name for name in map(_target, folder.iterdir()) if name.startswith("socket:")}


def _target(path: Path) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


if __name__ == "__main__":
    main(*sys.argv[1:])
