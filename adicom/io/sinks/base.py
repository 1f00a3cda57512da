"""What a sink of bytes is, seen from who writes to it.

A sink takes bytes from the first to the last, and never seeks. Nobody inherits from :class:`Sink` or
:class:`BlockingSink`: whatever has their attributes is one.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

__all__ = ("BlockingSink", "Sink")


@runtime_checkable
class Sink(Protocol):
    """Where bytes go, once, from the first to the last.

    Its methods are called one after the other. What goes wrong is a :class:`~adicom.errors.SinkError`.
    """

    @property
    def name(self) -> str:
        """What messages call it: a path, or a URL without userinfo, query and fragment."""
        ...

    @property
    def written(self) -> int:
        """How many bytes went out; of a path or an object, into what is not yet in its place."""
        ...

    async def write(self, data: bytes | memoryview) -> None:
        """Take bytes. They may be gathered, but are never referred to after it has returned.

        Raises:
            SinkError: They cannot be written; nothing more is taken then.
        """
        ...

    async def commit(self) -> None:
        """Put in place what was written; only from here on the target is the new object.

        Raises:
            SinkError: That cannot be done; the target is what it was before.
        """
        ...

    async def abort(self) -> None:
        """Leave what was there before, or nothing; it may be called again, and never raises."""
        ...


@runtime_checkable
class BlockingSink(Protocol):
    """The same for code that may block."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    @property
    def written(self) -> int:
        """How many bytes went out."""
        ...

    def write(self, data: bytes | memoryview) -> None:
        """Take bytes."""
        ...

    def commit(self) -> None:
        """Put in place what was written."""
        ...

    def abort(self) -> None:
        """Leave what was there before, or nothing."""
        ...
