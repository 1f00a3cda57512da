"""The bounds of one call: requests, bytes, time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from adicom.errors import BudgetExceededError, SourceTimeoutError

if TYPE_CHECKING:
    from adicom.io.base import ReadOptions
    from adicom.io.stats import IOStats

__all__ = ("Budget",)


class Budget:
    """What one call may still spend.

    Sources ask :meth:`admit` before each request, retries included, so that the bound is never passed.

    Args:
        options: The bounds; None is unbounded.

    Example:
        >>> from adicom.io import IOStats, ReadOptions
        >>> budget = Budget(ReadOptions(max_bytes=20_000))
        >>> budget.admit(16_384, IOStats())
        16384
        >>> budget.admit(16_384, IOStats(requests=1, bytes=16_384))
        3616
    """

    __slots__ = ("_deadline", "max_bytes", "max_requests")

    def __init__(self, options: ReadOptions) -> None:
        self.max_requests = options.max_requests
        self.max_bytes = options.max_bytes
        self._deadline = None if options.total_timeout is None else time.monotonic() + options.total_timeout

    def admit(self, size: int, spent: IOStats, *, whole: bool = False) -> int:
        """Return how many bytes the next request may ask for.

        Args:
            size: How many it would like to.
            spent: What was spent before.
            whole: Whether fewer would be of no use.

        Raises:
            BudgetExceededError: If nothing is left.
        """
        if self.max_requests is not None and spent.requests >= self.max_requests:
            raise BudgetExceededError(f"another request would be one more than max_requests={self.max_requests}")
        return self.allow(size, spent, whole=whole)

    def allow(self, size: int, spent: IOStats, *, whole: bool = False) -> int:
        """Return how many bytes more may be received, as :meth:`admit` but for an answer that has begun."""
        if self.max_bytes is None:
            return size
        left = self.max_bytes - spent.bytes
        if left <= 0 or (whole and size > left):
            raise BudgetExceededError(f"{size} bytes are wanted, {max(left, 0)} of max_bytes={self.max_bytes} are left")
        return min(size, left)

    def remaining(self) -> float | None:
        """Return the seconds that are left, or None if there is no bound.

        Raises:
            SourceTimeoutError: If none are.
        """
        if self._deadline is None:
            return None
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise SourceTimeoutError("total_timeout is over")
        return left
