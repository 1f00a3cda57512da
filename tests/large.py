"""Objects of any size that take no memory, and processes whose memory is measured."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

__all__ = ("Large", "printed_by_process")

ROOT = Path(__file__).resolve().parents[1]


class Large(bytes):
    """A file that begins with some bytes, and is filled up to a size with numbers that tell where they stand.

    Each slice is made when it is asked for; byte ``n`` behind the head is ``n * 7 // 4096 % 256``, so that no two
    blocks near each other are alike.
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

    def __getitem__(self, key: object) -> bytes:  # type: ignore[override] # slices are all that is asked for
        assert isinstance(key, slice)
        start, stop, step = key.indices(self.size)
        assert step == 1
        front = self.head[start:stop]
        return front + filler(max(0, start - len(self.head)), max(0, stop - len(self.head)))


def filler(start: int, stop: int) -> bytes:
    """Return the bytes behind the head from one position to another."""
    first = start // 4096
    blocks = b"".join(bytes([number * 7 % 256]) * 4096 for number in range(first, -(-stop // 4096)))
    return blocks[start - first * 4096 : stop - first * 4096]


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
