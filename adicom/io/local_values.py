"""Values in bytes, in a file, in a source of the caller's, and what they have in common with those behind a URL."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from adicom.dataset.streaming import ByteStream
from adicom.errors import DeferredValueError
from adicom.io.base import Range
from adicom.io.identity import merge_identity, require_same
from adicom.io.range_reads import Pace, read_ranges, source_ended
from adicom.io.ranges import split_range

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Hashable, Sequence
    from contextlib import AbstractAsyncContextManager

    from adicom.io.base import Answer, AsyncSource, Identity, IdentityMode, LocalSource
    from adicom.io.concurrency import Shared, Turn
    from adicom.io.gathering import Gathering

__all__ = ("LiveValues", "LocalValues", "LostValues", "Values")

STREAM_BLOCK: Final = 8 * 1024 * 1024
"""Bytes of one piece of a streamed value."""


class Values:
    """What all value sources are.

    Args:
        name: What messages call the source.
    """

    can_fetch_now = False
    identity: Identity | None = None

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def size(self) -> int | None:
        """Bytes of the whole source, where that is known."""
        return None if self.identity is None else self.identity.size

    @property
    def key(self) -> Hashable:
        """What is the same for values of the same object, read in the same way."""
        return id(self)

    def describe(self) -> str:
        """Return what messages call the source."""
        return self.name

    async def fetch(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each range, in the order given."""
        raise NotImplementedError

    async def fetch_among(self, gathering: Gathering, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the same as a part of a fetch from many sources."""
        async with gathering.limiter:
            return await self.fetch(ranges)

    def fetch_now(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the same without waiting, where ``can_fetch_now``."""
        raise DeferredValueError(f"the value lies in {self.name} and has to be awaited: use `await ds.fetch(...)`")

    def stream(self, offset: int, length: int) -> AsyncIterator[bytes]:
        """Return the bytes of one range piece by piece; nothing stays open between two pieces."""
        ranges = iter(split_range(Range(offset, length), STREAM_BLOCK))

        async def next_piece() -> bytes:
            piece = next(ranges, None)
            return b"" if piece is None else (await self.fetch([piece]))[0]

        return ByteStream(next_piece)

    def _see(self, seen: Identity | None, mode: IdentityMode = "strict") -> None:
        """Take note of which object an answer came from.

        Raises:
            SourceChangedError: It is not the one that was read before.
        """
        require_same(self.identity, seen, mode, self.name)
        self.identity = merge_identity(self.identity, seen)


class LocalValues(Values):
    """Values in bytes, in a file by its path, or in an open file object.

    Args:
        open_source: Gives the source, anew for each fetch.
        name: What messages call it.
        identity: The state that the file must be in.
        mode: How much of it must agree.
        owned: Whether what ``open_source`` gives is opened by it, so that it is closed again and a pickle may
            hold ``open_source``.

    Example:
        >>> from adicom.io.local import BytesSource
        >>> LocalValues(partial(BytesSource, b"0123456789"), "bytes").fetch_now([Range(8, 2), Range(0, 3)])
        [b'89', b'012']
    """

    can_fetch_now = True

    def __init__(
        self,
        open_source: Callable[[], LocalSource],
        name: str,
        *,
        identity: Identity | None = None,
        mode: Any = "strict",
        owned: bool = True,
    ) -> None:
        super().__init__(name)
        self.identity = identity
        self._open_source = open_source
        self._mode = mode
        self._owned = owned
        # Whatever else the source of a caller can do, it is not known to take two reads at a time.
        self._lock = None if owned else Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        if not self._owned:
            return LostValues, (self.name, self.identity)
        make = partial(LocalValues, identity=self.identity, mode=self._mode)
        return make, (self._open_source, self.name)

    async def fetch(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each range, read in a worker thread."""
        from anyio import to_thread

        return await to_thread.run_sync(self.fetch_now, ranges)

    def fetch_now(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each range."""
        source = self._open_source()
        try:
            with self._lock or nullcontext():
                return [self._read(source, Range(*wanted)) for wanted in ranges]
        except ValueError as error:
            raise _closed(self.name) from error
        finally:
            if self._owned:
                source.close()

    def _read(self, source: LocalSource, wanted: Range) -> bytes:
        pieces: list[bytes] = []
        got = 0
        while got < wanted.length:
            answer = source.read_at(wanted.offset + got, wanted.length - got)
            self._see(answer.identity, self._mode)
            if not answer.data:
                raise source_ended(self.name, wanted, got)
            pieces.append(answer.data[: wanted.length - got])
            got += len(pieces[-1])
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class LiveValues(Values):
    """Values in a source of the caller's that can be read again as long as it is open.

    Args:
        source: The source.
        identity: The state that it must be in.
        mode: How much of it must agree.
    """

    def __init__(self, source: AsyncSource, identity: Identity | None = None, mode: IdentityMode = "strict") -> None:
        super().__init__(source.name)
        self.identity = identity
        self._source = source
        self._mode = mode
        self._size: int | None = None
        self._shared: Shared[tuple[int, int], bytes] | None = None
        self._turn: Turn | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return LostValues, (self.name, self.identity)

    @property
    def key(self) -> Hashable:
        """What is the same for values of the same source."""
        return id(self._source)

    @property
    def size(self) -> int | None:
        """Bytes of the whole source, where that is known."""
        return self._size if self._size is not None else super().size

    # What read_ranges() needs to know of a source.

    @property
    def concurrent(self) -> bool:
        """Whether the source takes several reads at a time."""
        return bool(getattr(self._source, "concurrent", False))

    async def read_at(self, offset: int, size: int) -> Answer:
        """Return what the source gives.

        Raises:
            SourceChangedError: It is not the object that was read before.
        """
        try:
            if self.concurrent:
                answer = await self._source.read_at(offset, size)
            else:
                async with self._one_at_a_time():
                    answer = await self._source.read_at(offset, size)
        except ValueError as error:
            raise _closed(self.name) from error
        self._see(answer.identity, self._mode)
        if answer.size is not None:
            self._size = answer.size
        return answer

    async def fetch(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each range; several reads at a time only where the source says that it takes them."""
        return await self._fetch(ranges, Pace())

    async def fetch_among(self, gathering: Gathering, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the same as a part of a fetch from many sources."""
        return await self._fetch(ranges, gathering.pace)

    async def _fetch(self, ranges: Sequence[tuple[int, int]], pace: Pace) -> list[bytes]:
        if self._shared is None:
            from adicom.io.concurrency import Shared

            self._shared = Shared()
        return await self._shared.get(ranges, lambda missing: read_ranges(self, missing, pace))

    def _one_at_a_time(self) -> AbstractAsyncContextManager[object]:
        if self._turn is None:
            from adicom.io.concurrency import Turn

            self._turn = Turn()
        return self._turn.here()


class LostValues(Values):
    """Values whose source cannot be read any more: what it needs was not put into the pickle.

    Args:
        name: What messages call the source.
        identity: The state that the object must be in, for the source that comes in its place.

    Example:
        >>> LostValues("https://host/a.dcm").fetch_now([])
        Traceback (most recent call last):
        adicom.errors.DeferredValueError: https://host/a.dcm cannot be read from here: bind it anew with ds.rebind(...)
    """

    can_fetch_now = True  # to await them is of no use

    def __init__(self, name: str, identity: Identity | None = None) -> None:
        super().__init__(name)
        self.identity = identity

    async def fetch(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Raise DeferredValueError."""
        return self.fetch_now(ranges)

    def fetch_now(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Raise DeferredValueError."""
        raise DeferredValueError(f"{self.name} cannot be read from here: bind it anew with ds.rebind(...)")


def _closed(name: str) -> DeferredValueError:
    """Return what to raise for the ValueError of a file that is closed."""
    return DeferredValueError(f"{name} can no longer be read, it may be closed: bind it anew with ds.rebind(...)")
