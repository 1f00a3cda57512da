"""One way through a source: internal tuples of the parser in, bytes out, no IO."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adicom.encoder import Encoder
from adicom.encoder.headers import item_header
from adicom.filereader.events import event_parser
from adicom.io.ranges import STREAM_LIMIT, Planner
from adicom.parser.events import PixelDataStart
from adicom.parser.kinds import Kind
from adicom.rewriting.pipeline import Pipeline, check_transforms
from adicom.rewriting.report import RewriteReport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adicom.io.base import Answer, AsyncSource, LocalSource
    from adicom.parser.events import Event
    from adicom.parser.kinds import Batch
    from adicom.parser.limits import ParserLimits
    from adicom.parser.machine import Parser
    from adicom.rewriting.base import Transform

__all__ = ("AsyncTee", "LocalTee", "Pass", "Work")

_JOINED: Final = 256 * 1024
"""Bytes that small pieces are joined to: each write is a task's switch, or a thread's."""
_LARGE: Final = 64 * 1024
"""Bytes from which on a piece goes by itself, without a copy."""


_FRAGMENTS: Final = frozenset((Kind.FRAGMENT_START, Kind.CHUNK, Kind.FRAGMENT_END))


class Work:
    """A rewrite, which has one pass or two.

    Args:
        transforms: What is done, in this order.
        force: Whether to take what has no ``DICM`` prefix.
        limits: The bounds of the parse.
        header_hint: Bytes of the first read.

    Raises:
        TypeError: One is no transform.
    """

    def __init__(
        self,
        transforms: tuple[Transform, ...],
        *,
        force: bool = False,
        limits: ParserLimits | None = None,
        header_hint: int | None = None,
    ) -> None:
        check_transforms(transforms)
        self.transforms = transforms
        self.copies = not transforms
        self._force = force
        self._limits = limits
        self._first = header_hint or STREAM_LIMIT
        self._measured: Pipeline | None = None
        self._pipeline: Pipeline | None = None

    @property
    def twice(self) -> tuple[str, ...]:
        """The names of the transforms that the source has to be read twice for."""
        return tuple(type(given).__name__ for given in self.transforms if given.two_passes)

    def planner(self) -> Planner:
        """Return what plans the reads of a pass."""
        return Planner(first=self._first, limit=STREAM_LIMIT)

    def measure(self) -> Pass:
        """Return the first of two passes, which gives no bytes."""
        self._measured = Pipeline(self.transforms, measuring=True)
        return Pass(self, self._measured, None)

    def write(self) -> Pass:
        """Return the pass that gives the bytes."""
        self._pipeline = Pipeline(self.transforms, measured=self._measured)
        return Pass(self, self._pipeline, Encoder())

    def parser(self) -> Parser:
        """Return the parser of a pass."""
        return event_parser(None, False, self._force, self._limits)

    def report(self, requests: int, read: int, written: int) -> RewriteReport:
        """Return what was done."""
        changes = () if self._pipeline is None else tuple(self._pipeline.changes)
        return RewriteReport(changes, read, written, requests)

    def check_rereadable(self, rereadable: bool, name: str) -> None:
        """Raise if the source has to be read twice, and cannot.

        Raises:
            ValueError: It is so.
        """
        if self.twice and not rereadable:
            raise ValueError(
                f"{' and '.join(self.twice)} must read twice, and {name} can be read once: "
                "give a path, a URL, bytes, or a file that can seek"
            )


class Pass:
    """One way through a source.

    Args:
        work: What it is part of.
        pipeline: The transforms.
        encoder: What makes the bytes; None where they are not wanted.

    Attributes:
        parser: What takes the source apart.
    """

    def __init__(self, work: Work, pipeline: Pipeline, encoder: Encoder | None) -> None:
        self.parser = work.parser()
        self._pipeline = pipeline
        self._encoder = encoder
        self._in_fragments = False
        self._small: list[bytes | memoryview] = []
        self._size = 0

    def take(self, batch: Batch) -> Iterator[bytes | memoryview]:
        """Yield the bytes that internal tuples of the parser come to; joined, where they are small."""
        start = 0
        while start < len(batch):
            if self._in_fragments:
                end = next((at for at in range(start, len(batch)) if batch[at][0] not in _FRAGMENTS), len(batch))
                self._in_fragments = end == len(batch)
                yield from self._fragments(batch[start:end])
            else:
                end = next((at + 1 for at in range(start, len(batch)) if batch[at][0] == Kind.PIXELS_START), len(batch))
                yield from self._events(self.parser.publish(batch[start:end]))
            start = end

    def _events(self, events: list[Event]) -> Iterator[bytes | memoryview]:
        """Yield the bytes of events; note whether they end in front of fragments that nobody looks at."""
        last = events[-1]
        out = self._pipeline.feed(events)
        self._in_fragments = (
            isinstance(last, PixelDataStart)
            and not last.path
            and not last.inflated
            and not self._pipeline.sees_fragments
            and bool(out)
            and out[-1] is last
        )
        if self._encoder is not None:
            for event in out:
                for piece in self._encoder.send(event):
                    yield from self.join(piece)

    def _fragments(self, batch: Batch) -> Iterator[bytes | memoryview]:
        """Yield the bytes of fragments without a look at them: an object may have millions."""
        if self._encoder is None:
            return
        for item in batch:
            if item[0] == Kind.CHUNK and len(item[1]) >= _LARGE:
                yield from self._joined()
                yield item[1]
            elif item[0] != Kind.FRAGMENT_END:
                piece = item[1] if item[0] == Kind.CHUNK else item_header(item[2], item[4])
                self._small.append(piece)
                self._size += len(piece)
                if self._size >= _JOINED:
                    yield from self._joined()

    def end(self) -> Iterator[bytes | memoryview]:
        """Yield the last bytes."""
        events = self._pipeline.end()
        if self._encoder is not None:
            for event in events:
                for piece in self._encoder.send(event):
                    yield from self.join(piece)
        yield from self._joined()

    def join(self, piece: bytes | memoryview) -> Iterator[bytes | memoryview]:
        """Yield what is long enough to be written."""
        if len(piece) >= _LARGE:
            yield from self._joined()
            yield piece
            return
        self._small.append(piece)
        self._size += len(piece)
        if self._size >= _JOINED:
            yield from self._joined()

    def _joined(self) -> Iterator[bytes]:
        if self._small:
            small, self._small, self._size = self._small, [], 0
            yield b"".join(small)


class _Tee:
    """What both kinds share: the bytes that were read and not taken yet, each once and in their order.

    Attributes:
        position: How many bytes were read.
    """

    def __init__(self, source: AsyncSource | LocalSource, *, keeps: bool) -> None:
        self.name = source.name
        self.stats = source.stats
        self.position = 0
        self._keeps = keeps
        self._data: list[bytes] = []

    def note(self, offset: int, answer: Answer) -> Answer:
        """Count the bytes of an answer that are new, and keep them."""
        known = self.position - offset
        if 0 <= known < len(answer.data):
            if self._keeps:
                self._data.append(answer.data[known:] if known else answer.data)
            self.position += len(answer.data) - known
        return answer

    def drain(self) -> list[bytes]:
        """Return the bytes that came since the last time."""
        data, self._data = self._data, []
        return data


class LocalTee(_Tee):
    """A source that is read in place, and keeps what was read until it is written.

    Args:
        source: The source.
        keeps: Whether it does; else it only counts.
    """

    def __init__(self, source: LocalSource, *, keeps: bool) -> None:
        super().__init__(source, keeps=keeps)
        self._source = source

    @property
    def rereadable(self) -> bool:
        """Whether the source can be read anywhere again."""
        return self._source.rereadable

    def read_at(self, offset: int, size: int) -> Answer:
        """Return what the source gives."""
        return self.note(offset, self._source.read_at(offset, size))

    def close(self) -> None:
        """Do nothing; whoever opened the source closes it."""


class AsyncTee(_Tee):
    """The same of a source that may have to wait.

    Args:
        source: The source.
    """

    def __init__(self, source: AsyncSource, *, keeps: bool) -> None:
        super().__init__(source, keeps=keeps)
        self._source = source

    @property
    def rereadable(self) -> bool:
        """Whether the source can be read anywhere again."""
        return self._source.rereadable

    async def read_at(self, offset: int, size: int) -> Answer:
        """Return what the source gives."""
        return self.note(offset, await self._source.read_at(offset, size))

    async def aclose(self) -> None:
        """Do nothing; whoever opened the source closes it."""
