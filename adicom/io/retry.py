"""The repetition of requests that failed for a passing reason."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

from adicom.errors import BudgetExceededError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from adicom.errors import SinkError, SourceError
    from adicom.io.budget import Budget
    from adicom.io.stats import IOStats

__all__ = ("TransientFault", "parse_retry_after", "with_retries")

T = TypeVar("T")

# Tests that break many requests on purpose set it to zero.
_BASE_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 10.0
# A server that wants to be left alone for longer is down as far as one call is concerned.
_LONGEST_RETRY_AFTER: Final = 60.0


class TransientFault(Exception):
    """An attempt failed, and another one may not.

    Args:
        error: What to raise if no attempt is left.
        retry_after: The seconds that the server asked for.
    """

    def __init__(self, error: SourceError | SinkError, retry_after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_after = retry_after


async def with_retries(
    attempt: Callable[..., Awaitable[T]], *arguments: Any, retries: int, stats: IOStats, budget: Budget
) -> T:
    """Return what ``attempt(*arguments)`` gives, after at most ``retries`` repetitions.

    The pause is random up to a bound that doubles ("full jitter"), so that many clients do not come back at once.

    Raises:
        SourceError | SinkError: What the last attempt said.
        BudgetExceededError: If another one would be a request too many; no time is spent on waiting for that.
    """
    for number in range(retries + 1):
        try:
            return await attempt(*arguments)
        except TransientFault as fault:
            error, retry_after = fault.error, fault.retry_after
        # Raised out here, so that what a client library said, maybe with a signed URL, is not its context.
        pause = random.uniform(0, min(_LONGEST_PAUSE, _BASE_PAUSE * 2**number))
        if retry_after is not None:
            pause += retry_after
        remaining = budget.remaining()
        too_long = (retry_after or 0) > _LONGEST_RETRY_AFTER or (remaining is not None and pause >= remaining)
        if number == retries or too_long:
            raise error
        try:
            budget.admit(0, stats)
        except BudgetExceededError as exceeded:
            raise exceeded from error
        await asyncio.sleep(pause)
        stats.retries += 1
    raise AssertionError("unreachable")


def parse_retry_after(text: str | None) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110 10.2.3), or None.

    Example:
        >>> parse_retry_after("3"), parse_retry_after("soon")
        (3.0, None)
    """
    text = (text or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    from email.utils import parsedate_to_datetime

    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
