"""Runs a command until it ends, or standard input does: no server outlives the process that has started it.

python keeper.py COMMAND ...
"""

from __future__ import annotations

import subprocess
import sys
import threading


def end(child: subprocess.Popen[bytes]) -> None:
    """End the command, if need be by force."""
    child.terminate()
    try:
        child.wait(2)
    except subprocess.TimeoutExpired:
        child.kill()


def keep(command: list[str]) -> int:
    """Return the command's status."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def watch() -> None:
        sys.stdin.buffer.read()
        end(child)

    threading.Thread(target=watch, daemon=True).start()
    try:
        return child.wait()
    finally:
        if child.poll() is None:
            end(child)


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:]))
