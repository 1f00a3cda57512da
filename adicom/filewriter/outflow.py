"""The bytes of what was encoded, piece by piece, with those that are elsewhere brought as they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.dataset.ports import ports
from adicom.encoder import FromFragments, FromStream
from adicom.errors import format_path
from adicom.filewriter.flow import Close, Next, Open, Ranges, flow
from adicom.filewriter.pieces import AwaitedPieces, BlockingPieces, ThreadedPieces, awaited_pieces
from adicom.filewriter.reach import direct

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from adicom.dataset.ports import ValueSource
    from adicom.encoder import Encoded
    from adicom.filewriter.flow import Demand

__all__ = ("BlockingOutflow", "Outflow")


class Outflow:
    """An async iterator over the bytes; each demand is met when its turn comes.

    Between two pieces nothing is open but the stream of a :class:`~adicom.dataelem.StreamValue`. That is closed when
    the iteration ends, fails or is cancelled, and by :meth:`aclose` where it is left in its middle.

    Args:
        encoded: What was encoded.
        reach: Gives the source that values are fetched through.
    """

    def __init__(self, encoded: Encoded, reach: Callable[[ValueSource], ValueSource] = direct) -> None:
        self._flow = flow(encoded)
        self._reach = reach
        self._open: AwaitedPieces | ThreadedPieces | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes | memoryview:
        answer: Any = None
        try:
            while not isinstance(step := self._flow.send(answer), bytes | memoryview):
                answer = await self._meet(step)
            return step
        except StopIteration:
            pass
        except BaseException:
            await self.aclose()
            raise
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Close the stream that is open, and give no more pieces."""
        from adicom.io.concurrency import finish

        self._flow.close()
        pieces, self._open = self._open, None
        if pieces is not None:
            await finish(pieces.aclose())

    async def _meet(self, demand: Demand) -> Any:
        try:
            if isinstance(demand, Ranges):
                return await self._reach(demand.source).fetch(demand.ranges)
            if isinstance(demand, Next):
                assert self._open is not None
                return await self._open.read()
            if isinstance(demand, Open):
                self._open = awaited_pieces(self._opened(demand.pull))
                return None
            assert isinstance(demand, Close)
            pieces, self._open = self._open, None
            assert pieces is not None
            await pieces.aclose()
        except Exception as error:
            _say_where(error, demand)
            raise

    def _opened(self, pull: FromStream | FromFragments) -> Any:
        if isinstance(pull, FromStream):
            return pull.stream.open()
        return ports().stream_encapsulated(self._reach(pull.source), pull.offset, pull.little_endian)


class BlockingOutflow:
    """The same without waiting for anything but a disk; in :mod:`adicom.sync` for a network too.

    Args:
        encoded: What was encoded.
        reach: Gives the source that values are fetched through.
    """

    def __init__(self, encoded: Encoded, reach: Callable[[ValueSource], ValueSource] = direct) -> None:
        self._flow = flow(encoded)
        self._reach = reach
        self._open: BlockingPieces | None = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes | memoryview:
        answer: Any = None
        try:
            while not isinstance(step := self._flow.send(answer), bytes | memoryview):
                answer = self._meet(step)
            return step
        except BaseException:  # at the end nothing is open
            self.close()
            raise

    def close(self) -> None:
        """Close the stream that is open, and give no more pieces."""
        self._flow.close()
        pieces, self._open = self._open, None
        if pieces is not None:
            pieces.close()

    def _meet(self, demand: Demand) -> Any:
        try:
            if isinstance(demand, Ranges):
                return self._reach(demand.source).fetch_now(demand.ranges)
            if isinstance(demand, Next):
                assert self._open is not None
                return self._open.read()
            if isinstance(demand, Open):
                self._open = BlockingPieces(self._opened(demand.pull))
                return None
            assert isinstance(demand, Close)
            pieces, self._open = self._open, None
            assert pieces is not None
            pieces.close()
        except Exception as error:
            _say_where(error, demand)
            raise

    def _opened(self, pull: FromStream | FromFragments) -> Any:
        if isinstance(pull, FromStream):
            return pull.stream.open()
        return ports().stream_encapsulated_now(self._reach(pull.source), pull.offset, pull.little_endian)


def _say_where(error: Exception, demand: Demand) -> None:
    """Add to an error which value was being written."""
    error.add_note(f"while writing the value of {format_path(demand.pull.path, demand.pull.tag)}")
