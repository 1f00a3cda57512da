"""How far the resident set of this process grew."""

from __future__ import annotations

import gc
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("grown", "peak", "reset_peak")


def peak() -> int:
    """Return the highest resident set so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    factor = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * factor


def reset_peak() -> None:
    """Forget the peak where the system can (Linux); elsewhere the growth shown is a lower bound."""
    gc.collect()
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def grown(job: Callable[[], object]) -> int:
    """Return by how many bytes the peak resident set grew."""
    reset_peak()
    before = peak()
    keep = job()
    growth = peak() - before
    del keep
    return growth
