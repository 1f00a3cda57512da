"""Blocking reads that are interrupted by a real signal, in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.io.test_cancellation import image
from tests.servers import RangeServer

ROOT = Path(__file__).resolve().parents[2]
EVERYWHERE = bool(os.environ.get("ADICOM_EVERYWHERE"))
"""Whether to interrupt at every line, which takes a minute, or at some of them."""


@pytest.mark.skipif(sys.platform == "win32", reason="there, no signal interrupts a thread that waits")
@pytest.mark.parametrize(("mode", "leave_out"), [("steps", 0), ("lines", 0 if EVERYWHERE else 12)])
def test_keyboard_interrupt_leaves_nothing_behind(mode: str, leave_out: int) -> None:
    with RangeServer({"/a": image()}) as server:
        command = [sys.executable, "-m", "tests.io.interrupting", f"{server.url}/a", mode, str(leave_out)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 4
    # Python tells of what a __del__ raises, which only a line of ours can be interrupted in.
    assert mode == "lines" or not done.stderr
