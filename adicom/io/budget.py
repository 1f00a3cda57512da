"""The bounds of one call: requests, bytes, time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from adicom.errors import BudgetExceededError, SourceTimeoutError

if TYPE_CHECKING:
    from types import TracebackType

    from adicom.io.base import ReadOptions
    from adicom.io.stats import IOStats

__all__ = ("Budget", "Grant")


class Budget:
    """What one call may still spend.

    Sources ask :meth:`granted` before each request, retries and redirects included, so that the bound is never
    passed, also where several requests are under way at a time.

    Args:
        options: The bounds; None is unbounded.

    Example:
        >>> from adicom.io import IOStats, ReadOptions
        >>> budget = Budget(ReadOptions(max_bytes=20_000))
        >>> budget.admit(16_384, IOStats())
        16384
        >>> budget.admit(16_384, IOStats(requests=1, bytes=16_384))
        3616
        >>> with budget.granted(16_384, IOStats()) as first, budget.granted(16_384, IOStats(requests=1)) as second:
        ...     first, second
        (16384, 3616)
    """

    __slots__ = ("_deadline", "_expected", "max_bytes", "max_requests")

    def __init__(self, options: ReadOptions) -> None:
        self.max_requests = options.max_requests
        self.max_bytes = options.max_bytes
        self._expected = 0  # bytes that requests under way may still bring
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
        self.admit_request(spent)
        return self.allow(size, spent, whole=whole)

    def admit_request(self, spent: IOStats) -> None:
        """Raise BudgetExceededError if no further request may be sent, whatever it brings: a redirect for example."""
        if self.max_requests is not None and spent.requests >= self.max_requests:
            raise BudgetExceededError(f"another request would be one more than max_requests={self.max_requests}")

    def allow(self, size: int, spent: IOStats, *, whole: bool = False) -> int:
        """Return how many bytes more may be received, as :meth:`admit` but for an answer that has begun."""
        if self.max_bytes is None:
            return size
        left = self.max_bytes - spent.bytes - self._expected
        if left <= 0 or (whole and size > left):
            raise BudgetExceededError(f"{size} bytes are wanted, {max(left, 0)} of max_bytes={self.max_bytes} are left")
        return min(size, left)

    def granted(self, size: int, spent: IOStats, *, begun: bool = False) -> Grant:
        """Give how many bytes a request may bring, and keep them from others until they are spent.

        What came is added to ``spent`` before the block is left.

        Args:
            size: How many it would like to.
            spent: What was spent before.
            begun: Whether they belong to an answer that has begun, so that they take no request.

        Raises:
            BudgetExceededError: If nothing is left.
        """
        return Grant(self, self.allow(size, spent) if begun else self.admit(size, spent))

    def expect(self, size: int) -> None:
        """Take note that so many bytes more are under way, or so many fewer."""
        self._expected += size

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


class Grant:
    """The bytes that one request may bring: a context manager, while it is under way.

    Args:
        budget: What they are kept in.
        size: How many they are.
    """

    __slots__ = ("_budget", "size")

    def __init__(self, budget: Budget, size: int) -> None:
        self._budget = budget
        self.size = size

    def __enter__(self) -> int:
        self._budget.expect(self.size)
        return self.size

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._budget.expect(-self.size)
