"""What reading has cost so far."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ("IOStats",)


@dataclass(slots=True)
class IOStats:
    """Counters of one source, or of a reader with its fetches.

    Attributes:
        requests: How often the source was asked, retries and redirects included.
        bytes: Body bytes received, those of failed attempts included.
        retries: How many of the requests repeated a failed one.
        seconds: Time spent waiting for the source.
        exact: False where a client library may send requests of its own that are not counted.

    Example:
        >>> total = IOStats(requests=1, bytes=16384)
        >>> total.add(IOStats(requests=2, bytes=100, exact=False))
        >>> total.requests, total.bytes, total.exact
        (3, 16484, False)
    """

    requests: int = 0
    bytes: int = 0
    retries: int = 0
    seconds: float = 0.0
    exact: bool = True

    def add(self, other: IOStats) -> None:
        """Add the counters of another source to these."""
        self.requests += other.requests
        self.bytes += other.bytes
        self.retries += other.retries
        self.seconds += other.seconds
        self.exact = self.exact and other.exact
