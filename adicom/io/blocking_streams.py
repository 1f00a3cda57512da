"""The blocking twins of :mod:`adicom.io.streams` and :mod:`adicom.io.forward`: sources that are read forward only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.io.forward import FIRST_READ, GROWTH, ForwardReader, name_of, not_opened
from adicom.io.local import Forward
from adicom.io.ranges import STREAM_LIMIT
from adicom.io.resolve import opens, resolve_local
from adicom.io.session import BlockingSession
from adicom.io.stats import IOStats

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    from adicom.io.base import Answer, LocalSource, ReadOptions
    from adicom.io.decoding import Decoder
    from adicom.io.session import Session

__all__ = ("BlockingReader", "BlockingStream")


class BlockingStream:
    """A forward-only source over a function that gives the next piece; also an iterator over its pieces.

    Args:
        pull: Returns the next piece of bytes, or None at the end.
        name: What messages call the stream.
        stats: Of what the pieces come from.
        decoder: What the pieces go through, where they are encoded.

    Example:
        >>> pieces = [b"01", b"234"]
        >>> [*BlockingStream(lambda: pieces.pop(0) if pieces else None, "pieces", stats=IOStats())]
        [b'01', b'234']
    """

    rereadable = False
    identity = None

    def __init__(
        self, pull: Callable[[], bytes | None], name: str, *, stats: IOStats, decoder: Decoder | None = None
    ) -> None:
        self._pull = pull
        self.name = name
        self.stats = stats
        self._decoder = decoder
        self._forward = Forward(name)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        answer = self.read_at(self._forward.position, FIRST_READ)
        if not answer.data:
            raise StopIteration
        return answer.data

    def read_at(self, offset: int, size: int) -> Answer:
        """Return what is left of the piece at ``offset``."""
        while not (answer := self._forward.take(offset)):
            self._forward.put(self._next_piece())
        return answer

    def close(self) -> None:
        """Do nothing; the stream is the caller's."""

    def bound_inflated(self, limit: int) -> None:
        """Allow no more than ``limit`` bytes, if what comes is encoded: whoever keeps them all calls this."""
        if self._decoder is not None:
            self._decoder.bound(limit)

    def _next_piece(self) -> bytes | None:
        decoder = self._decoder
        if decoder is None:
            return self._pull()
        while not (piece := decoder.pull()):
            if piece is None:
                return None
            data = self._pull()
            if data is None:
                decoder.end()
            else:
                decoder.feed(data)
        return piece


class BlockingReader:
    """Opens what has to be opened, reads it forward, closes what it opened.

    The arguments are those of :class:`~adicom.io.forward.ForwardReader`.

    Example:
        >>> BlockingReader(b"0123").read()
        b'0123'
    """

    def __init__(
        self,
        fp: Any,
        *,
        session: BlockingSession | None = None,
        storage_options: Mapping[str, Any] | None = None,
        options: ReadOptions | None = None,
    ) -> None:
        self._fp = fp
        self._given = session
        self._storage_options = storage_options
        self._options = options
        self._session: BlockingSession | None = None
        self._source: LocalSource | None = None
        self._remote: ForwardReader | None = None
        self._at = 0
        self._size = FIRST_READ
        self.name = name_of(fp)
        self.stats = IOStats()
        if not opens(fp):
            self._open_local()

    def open(self) -> None:
        """Open what has to be opened before it is read."""
        if self._source is None and not self._open_local():
            self._open_remote()

    def read(self) -> bytes:
        """Return the next piece; ``b""`` is the end.

        Raises:
            RuntimeError: It has to be opened, and was not.
        """
        remote = self._remote
        if remote is not None:
            assert self._session is not None
            return self._session.run(lambda _: remote.read())
        if self._source is None:
            raise not_opened(self.name, "with")
        data = self._source.read_at(self._at, self._size).data
        self._at += len(data)
        self._size = min(self._size * GROWTH, STREAM_LIMIT)
        return data

    def pull(self) -> bytes | None:
        """Return the next piece; None is the end."""
        return self.read() or None

    def close(self) -> None:
        """Close what was opened here; nothing of the caller's."""
        remote, self._remote = self._remote, None
        try:
            if remote is not None and self._session is not None:
                self._session.run(lambda _: remote.aclose())
        finally:
            if self._session is not self._given and self._session is not None:
                self._session.close()
            self._session = None
        if self._source is not None and self._source is not self._fp:
            self._source.close()

    def _open_local(self) -> bool:
        source = resolve_local(self._fp)
        if source is None:
            return False
        self._source = source
        self.name = source.name
        self.stats = source.stats
        return True

    def _open_remote(self) -> None:
        async def opened(used: Session) -> ForwardReader:
            reader = ForwardReader(self._fp, session=used, storage_options=self._storage_options, options=self._options)
            await reader.open()
            return reader

        self._session = self._given or BlockingSession(storage_options=self._storage_options)
        try:
            self._remote = self._session.run(opened)
        except BaseException:
            self.close()
            raise
        self.name = self._remote.name
        self.stats = self._remote.stats
