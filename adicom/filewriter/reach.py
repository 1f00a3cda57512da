"""How the deferred values of what is written are reached: which connections fetch them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adicom.io.gathering import Gathering
from adicom.io.value_source import BlockingValues, RemoteValues, Values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adicom.dataset.ports import ValueSource
    from adicom.io.session import BlockingSession, Session

__all__ = ("Reach", "direct", "reach_blocking")

_CONCURRENCY: Final = 8


def direct(source: ValueSource) -> ValueSource:
    """Return a source as it is: each fetch uses the session that it was read with, or one of its own.

    Example:
        >>> direct(Values("a.dcm")).describe()
        'a.dcm'
    """
    return source


def reach_blocking(session: BlockingSession | None, source: ValueSource) -> ValueSource:
    """Return what fetches values of a source for blocking code.

    Args:
        session: Is used for what was read without a session that is open, unless it needs credentials.
        source: The source.
    """
    values = source.values if isinstance(source, BlockingValues) and source.session is None else source
    return BlockingValues(values, None if values.needs_own else session) if isinstance(values, RemoteValues) else source


class Reach(Gathering):
    """The sessions that the values of one written file come through; an async context manager that closes its own.

    Values that were read through a session that can be used here come through it, for it has their credentials.

    Args:
        session: Is used for the others, unless they need credentials.
    """

    def __init__(self, session: Session | None = None) -> None:
        super().__init__(_CONCURRENCY)
        self._usable = session

    async def session_for(self, own: Session | None) -> Session:
        """Return the session for a source.

        Args:
            own: The one that it was read with.
        """
        is_needed = own is not None and (own.usable_here or own.has_options)
        if self._usable is not None and not is_needed:
            return self._usable
        return await super().session_for(own)

    def __call__(self, source: ValueSource) -> ValueSource:
        """Return what fetches values of a source through these sessions."""
        return _Reached(source, self) if isinstance(source, Values) else source


class _Reached(Values):
    """Values that are fetched through the sessions of a :class:`Reach`."""

    def __init__(self, values: Values, reach: Reach) -> None:
        super().__init__(values.name)
        self._values = values
        self._reach = reach

    @property
    def size(self) -> int | None:
        """Bytes of the whole source, where that is known."""
        return self._values.size

    async def fetch(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each range, in the order given."""
        return await self._values.fetch_among(self._reach, ranges)
