"""A dataset as the body of a message: an iterable of bytes that an HTTP client sends."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from adicom.dataset.ports import ValueSource
    from adicom.encoder import Encoded
    from adicom.filewriter.outflow import BlockingOutflow, Outflow
    from adicom.io.session import BlockingSession, Session

__all__ = ("BlockingEncodedFile", "EncodedFile")

_PIECE: Final = 1024 * 1024
"""The most bytes of one piece."""


class EncodedFile:
    """What :func:`adicom.encode` gives: an async iterable over the bytes of a file, and a context manager.

    Each iteration begins anew, as a client wants it that has to repeat a request. It fetches deferred values as it
    comes to them. Nothing but the stream of a :class:`~adicom.dataelem.StreamValue` is open between two pieces; it is
    closed when the iteration ends, fails or is cancelled, when another one begins, and when the context is left.

    Attributes:
        length: How many bytes there are; None where that is not known before: in a deflated data set, and where
            deferred pixel data was not walked.
    """

    def __init__(self, encoded: Encoded, session: Session | None = None) -> None:
        self.length: Final = encoded.length
        self._encoded = encoded
        self._session = session
        self._latest: _Iteration | None = None

    def __repr__(self) -> str:
        return f"<EncodedFile {_size(self.length)}>"

    def __aiter__(self) -> _Iteration:
        self._latest = _Iteration(self._encoded, self._session, self._latest)
        return self._latest

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close what an iteration that was left in its middle has open."""
        latest, self._latest = self._latest, None
        if latest is not None:
            await latest.aclose()


class _Iteration:
    """One iteration.

    Args:
        encoded: What was encoded.
        session: Connections to use.
        before: The iteration before, of which this is the end.
    """

    def __init__(self, encoded: Encoded, session: Session | None, before: _Iteration | None) -> None:
        self._encoded = encoded
        self._session = session
        self._before = before
        self._outflow: Outflow | None = None
        self._rest = memoryview(b"")
        self._superseded = False
        if before is not None:
            before._superseded = True

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._superseded:
            raise RuntimeError("another iteration over the same encoded file has begun")
        if self._before is not None:
            await self._before.aclose()
            self._before = None
        if self._outflow is None:
            self._outflow = self._begin()
        if not self._rest:
            data = await anext(self._outflow)
            if isinstance(data, bytes) and len(data) <= _PIECE:
                return data
            self._rest = memoryview(data)
        piece, self._rest = bytes(self._rest[:_PIECE]), self._rest[_PIECE:]
        return piece

    async def aclose(self) -> None:
        """Close what is open."""
        self._superseded = True
        for opened in (self._before, self._outflow):
            if opened is not None:
                await opened.aclose()

    def _begin(self) -> Outflow:
        # Here, so that importing adicom does not import an event loop.
        from adicom.filewriter.outflow import Outflow
        from adicom.filewriter.reach import direct

        return Outflow(self._encoded, direct if self._session is None else partial(_through, self._session))


def _through(session: Session, source: ValueSource) -> ValueSource:
    from adicom.filewriter.reach import Reach

    return Reach(session)(source)


class BlockingEncodedFile:
    """What :func:`adicom.sync.encode` gives: the same as an iterable, and a context manager.

    Attributes:
        length: How many bytes there are; None where that is not known before.
    """

    def __init__(self, encoded: Encoded, session: BlockingSession | None = None) -> None:
        self.length: Final = encoded.length
        self._encoded = encoded
        self._session = session
        self._latest: BlockingOutflow | None = None

    def __repr__(self) -> str:
        return f"<EncodedFile {_size(self.length)}>"

    def __iter__(self) -> Iterator[bytes]:
        from adicom.filewriter.outflow import BlockingOutflow
        from adicom.filewriter.reach import reach_blocking

        self.close()
        self._latest = BlockingOutflow(self._encoded, partial(reach_blocking, self._session))
        return _bytes_of(self._latest)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what an iteration that was left in its middle has open."""
        latest, self._latest = self._latest, None
        if latest is not None:
            latest.close()


def _bytes_of(outflow: Any) -> Iterator[bytes]:
    for data in outflow:
        whole = memoryview(data)
        for start in range(0, len(whole), _PIECE):
            yield bytes(whole[start : start + _PIECE])


def _size(length: int | None) -> str:
    return "of unknown length" if length is None else f"of {length} bytes"
