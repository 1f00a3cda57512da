"""Objects of any size that take no memory, and processes whose memory is measured."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ("Large", "printed_by_process")

ROOT = Path(__file__).resolve().parents[1]
UNIT = 65536
PATTERN = bytes(range(1, 252)) * 261 + bytes(UNIT - 8 - 251 * 261)


class Large(bytes):
    """A file that begins with some bytes, and is filled up to a size with units of 64 KiB that are numbered.

    Each slice is made when it is asked for.
    """

    head: bytes
    size: int

    @classmethod
    def of(cls, head: bytes, size: int) -> Large:
        """Return the file; it is made of nothing but its head."""
        large = cls()
        large.head, large.size = head, size
        return large

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, key: Any) -> Any:
        assert isinstance(key, slice)  # they are all that is asked for
        start, stop, step = key.indices(self.size)
        assert step == 1
        front = self.head[start:stop]
        return front + filler(max(0, start - len(self.head)), max(0, stop - len(self.head)))


def filler(start: int, stop: int) -> bytes:
    """Return the bytes behind the head from one position to another."""
    first = start // UNIT
    units = b"".join(number.to_bytes(8, "little") + PATTERN for number in range(first, -(-stop // UNIT)))
    return units[start - first * UNIT : stop - first * UNIT]


def printed_by_process(code: str, *arguments: str) -> str:
    """Return what a program prints in a process of its own, which can call ``peak()`` for its memory in bytes.

    The peak is what the system has ever given to the process since its start (``VmHWM``).
    """
    measured = (
        "def peak():\n"
        "    lines = open('/proc/self/status').read().splitlines()\n"
        "    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith('VmHWM'))\n"
    )
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", measured + code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout
