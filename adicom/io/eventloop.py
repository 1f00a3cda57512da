"""The question which event loop is running; it imports none."""

from __future__ import annotations

import sys

__all__ = ("current_loop", "on_trio")


def current_loop() -> object:
    """Return the running event loop, or trio's token.

    Raises:
        RuntimeError: None is running.
    """
    # trio first: in guest mode there is an asyncio loop as well.
    if on_trio():
        return sys.modules["trio"].lowlevel.current_trio_token()
    import asyncio

    return asyncio.get_running_loop()


def on_trio() -> bool:
    """Return whether the running task is one of trio's.

    Example:
        >>> on_trio()
        False
    """
    trio = sys.modules.get("trio")
    return trio is not None and bool(trio.lowlevel.in_trio_run())
