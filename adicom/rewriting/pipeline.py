"""Transforms one behind the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from adicom.rewriting.base import Run, Stage, Transform
from adicom.rewriting.containers import Containers, MetaLength
from adicom.rewriting.lengths import DefinedLengths
from adicom.rewriting.report import Changes

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator

    from adicom.parser.events import Event

__all__ = ("Pipeline", "check_transforms", "transform")


def check_transforms(transforms: tuple[Any, ...]) -> None:
    """Raise unless all are transforms.

    Raises:
        TypeError: One is none.
    """
    for given in transforms:
        if isinstance(given, type) or not isinstance(given, Transform):
            what = f"the class {given.__name__}, call it" if isinstance(given, type) else type(given).__name__
            raise TypeError(f"a transform was wanted, not {what}")


class Pipeline:
    """The stages of one object, and what they have changed.

    Args:
        transforms: What is done, in this order.
        measured: The first of two passes, if this is the second.
        measuring: Whether this is the first of two.

    Example:
        >>> from adicom.parser import Parser
        >>> from adicom.rewriting import Delete
        >>> parser = Parser(transfer_syntax="1.2.840.10008.1.2.1")
        >>> parser.receive_data(bytes.fromhex("10002000 4c4f 0400 31323334"))
        >>> parser.receive_eof()
        >>> pipeline = Pipeline((Delete("PatientID"),))
        >>> [type(event).__name__ for event in pipeline.feed(parser.events())]
        ['FileStart', 'FileMetaEnd', 'FileEnd']
        >>> print(*pipeline.changes)
                1  deleted    Delete  (0010, 0020) PatientID
    """

    def __init__(
        self, transforms: tuple[Transform, ...], *, measuring: bool = False, measured: Pipeline | None = None
    ) -> None:
        self.changes = Changes()
        # Lengths are measured of what comes out in the end.
        mine = [given for given in transforms if not isinstance(given, DefinedLengths)]
        last = [given for given in transforms if isinstance(given, DefinedLengths)]
        self._runs = [Run(type(given).__name__, self.changes) for given in (*mine, *last)]
        for number, run in enumerate(self._runs):
            run.measuring = measuring
            run.measured = None if measured is None else measured._runs[number].measured
        stages = [given.start(run) for given, run in zip((*mine, *last), self._runs, strict=True)]
        first = stages[: len(mine)]
        self._stages: list[Stage] = []
        if stages:
            containers = Containers(Run("GroupLengths", self.changes), [stage.reaches for stage in first])
            self._stages = [*first, containers, *stages[len(mine) :], MetaLength(Run("GroupLengths", self.changes))]

    @property
    def sees_fragments(self) -> bool:
        """Whether a stage looks at the fragments of pixel data at the top level."""
        return any(stage.sees_fragments for stage in self._stages)

    def feed(self, events: Iterable[Event]) -> list[Event]:
        """Take events; return those that have gone through all stages."""
        out = list(events)
        for stage in self._stages:
            feed = stage.feed
            out = [given for event in out for given in feed(event)]
        return out

    def end(self) -> list[Event]:
        """Return what is left, after the last event."""
        out: list[Event] = []
        for stage in self._stages:
            out = [given for event in out for given in stage.feed(event)]
            out += stage.end()
        return out


@overload
def transform(events: Iterable[Event], *transforms: Transform) -> Iterator[Event]: ...


@overload
def transform(events: AsyncIterable[Event], *transforms: Transform) -> AsyncIterator[Event]: ...


def transform(events: Any, *transforms: Transform) -> Any:
    """Return events with changes: an iterator over those of an iterable, an async one over those of an async iterable.

    Args:
        events: The events of one object, from its start on: of :func:`adicom.iter_events`, or of a
            :class:`~adicom.Parser`.
        *transforms: What is done, in this order.

    Raises:
        TypeError: One is no transform.
        ValueError: One needs to know the end before it can begin: only :func:`rewrite` can read twice.

    Example:
        >>> import adicom.sync, pydicom.data
        >>> from adicom.rewriting import Delete, transform
        >>> path = pydicom.data.get_testdata_file("CT_small.dcm")
        >>> with adicom.sync.iter_events(path) as events:
        ...     tags = [event.tag for event in transform(events, Delete("PatientName")) if hasattr(event, "tag")]
        >>> (0x0010, 0x0010) in tags, (0x0010, 0x0020) in tags
        (False, True)
    """
    check_transforms(transforms)
    for given in transforms:
        if given.two_passes:
            raise ValueError(f"{type(given).__name__} has to read twice: it works in rewrite() only")
    pipeline = Pipeline(transforms)
    return _Awaited(events, pipeline) if hasattr(events, "__aiter__") else _plain(events, pipeline)


def _plain(events: Iterable[Event], pipeline: Pipeline) -> Iterator[Event]:
    for event in events:
        yield from pipeline.feed((event,))
    yield from pipeline.end()


class _Awaited:
    """An async iterator that has nothing to close."""

    def __init__(self, events: AsyncIterable[Event], pipeline: Pipeline) -> None:
        self._events = aiter(events)
        self._pipeline = pipeline
        self._ready: list[Event] = []
        self._ended = False

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        while not self._ready:
            if self._ended:
                raise StopAsyncIteration
            try:
                event = await anext(self._events)
            except StopAsyncIteration:
                self._ended = True
                self._ready = self._pipeline.end()[::-1]
            else:
                self._ready = self._pipeline.feed((event,))[::-1]
        return self._ready.pop()
