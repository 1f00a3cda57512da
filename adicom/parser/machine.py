"""The push parser: bytes in, events out, no IO.

Rule 1: whatever the bytes, it raises ParseError, a subclass, or nothing.
Rule 2: what comes before a fault is delivered before the fault is raised.
Rule 3: any cut of the same bytes gives the same events.
"""

from __future__ import annotations

from typing import Final

from adicom.parser.events import Encoding, Event, Need
from adicom.parser.kinds import IMPLICIT, LITTLE, Batch, Kind, encoding_of
from adicom.parser.limits import ParserLimits
from adicom.parser.plan import Plan
from adicom.parser.progress import Progress, of_sequence, of_walk
from adicom.parser.publish import Publisher
from adicom.parser.states import State
from adicom.parser.steps import DISCARD, PIXEL_DATA, STEPS, Budget, Steps

__all__ = ("Parser",)

_BATCH: Final = 16384
"""About how many tuples make a batch; it bounds what is in memory before the consumer sees it."""
_IN_A_VALUE: Final = frozenset({State.COLLECT, State.RAW})


class Parser(Steps):
    """A push parser for DICOM files and data sets.

    Args:
        limits: The bounds of the parse.
        plan: What is wanted; everything, as a stream of events, by default.
        transfer_syntax: The transfer syntax UID of a bare data set, without preamble and file meta information
            (as DIMSE messages have it).
        force: Whether to parse what has no ``DICM`` prefix.
        length: How many bytes the data set has; None: to the end of the source.

    Example:
        >>> parser = Parser(transfer_syntax="1.2.840.10008.1.2.1")
        >>> parser.receive_data(bytes.fromhex("10002000 4c4f 0400"))
        >>> parser.receive_data(b"1234")
        >>> parser.receive_eof()
        >>> [type(event).__name__ for event in parser.events()]
        ['FileStart', 'FileMetaEnd', 'Element', 'FileEnd']
    """

    def __init__(
        self,
        *,
        limits: ParserLimits | None = None,
        plan: Plan | None = None,
        transfer_syntax: str | None = None,
        force: bool = False,
        length: int | None = None,
    ) -> None:
        super().__init__(limits or ParserLimits(), plan or Plan(), force=force)
        self._needed = 0  # the offset in the source from which bytes are wanted
        self._received = 0  # the offset behind the bytes that were received last
        self._length = length
        self._error: Exception | None = None
        self._hungry = True
        self._publisher: Publisher | None = None
        self._events: list[Event] = []
        if transfer_syntax is not None:
            self._transfer_syntax = transfer_syntax
            self._batch.append((Kind.FILE_START, None, 0))
            self._end_meta()

    @classmethod
    def at_fragments(
        cls,
        offset: int,
        *,
        form: int,
        limits: ParserLimits | None = None,
        plan: Plan | None = None,
        go_on: bool = False,
    ) -> Parser:
        """Return a parser that starts in the middle: at the first item of encapsulated pixel data.

        Args:
            offset: Where that item starts.
            form: How the headers around the pixel data are written.
            limits: The bounds of the parse.
            plan: What is wanted behind the pixel data.
            go_on: Whether the pixel data is passed over, and what comes behind it parsed; else its fragments
                are delivered, and the parse stops at its end.
        """
        parser = cls(limits=limits, plan=plan)
        parser._needed = parser._received = parser._buffer.base = offset
        parser._begin(implicit=bool(form & IMPLICIT), little=bool(form & LITTLE), inflated=False)
        parser._open_fragments(PIXEL_DATA, passing=go_on, last=not go_on)
        return parser

    # -- bytes in --

    def receive_data(self, data: bytes | bytearray | memoryview, at: int | None = None) -> None:
        """Take bytes of the source.

        Args:
            data: The bytes; anything but ``bytes`` is copied.
            at: Their offset in the source; None: they follow those that were received last. They may
                start before what is needed (and even end there: they are dropped).

        Raises:
            ValueError: There is a gap between what is needed and ``at``.
            RuntimeError: The end was announced before.
        """
        if self._source_end is not None:
            raise RuntimeError("receive_data() was called after receive_eof()")
        needed = self._source_offset()
        at = self._received if at is None else at
        if self._length is not None and at + len(data) >= self._length:
            self._take(memoryview(data)[: max(0, self._length - at)], at, needed)
            self.receive_eof(self._length)
        else:
            self._take(data, at, needed)

    def _take(self, data: bytes | bytearray | memoryview, at: int, needed: int) -> None:
        if at > needed:
            raise ValueError(f"bytes from {needed} on are needed, these start at {at}")
        self._received = at + len(data)
        if self._received <= needed:
            return
        piece = bytes(data) if at == needed else bytes(memoryview(data)[needed - at :])
        self._needed = self._received
        self._hungry = False
        if self._inflater is not None:
            self._inflater.feed(piece)
        else:
            self._buffer.append(piece)

    def receive_eof(self, at: int | None = None) -> None:
        """Take note that the source has ended.

        Args:
            at: The size of the source in bytes where it is known; None: where the received bytes end.
        """
        self._source_end = self._received if at is None else at
        self._hungry = False
        if self._inflater is None:
            self._eof = True

    # -- events out --

    def batch(self) -> Batch:
        """Return the internal tuples that can be made now, at most about as many as fit a cache.

        It is empty when bytes are needed, or at the end.
        """
        if self._error is not None:
            raise self._error
        out, self._batch = self._batch, []
        if self._out is not DISCARD:
            self._out = out
        self._batch = out
        try:
            self._advance(out)
        except Exception as error:
            self._error = error
            if not out:
                raise
        self._batch = []
        if self._out is out:
            self._out = self._batch
        return out

    def _advance(self, out: Batch) -> None:
        if self._eof:
            self._check_jump()
        while len(out) < _BATCH:
            if STEPS[self._state](self):
                continue
            if out and self._inflater is not None:
                return
            if not self._inflate():
                self._hungry = self._source_end is None
                return

    def events(self) -> list[Event]:
        """Return the events that can be made now; none when bytes are needed, or at the end.

        Raises:
            ParseError: The bytes behind the events that were returned before are wrong.
        """
        if self._events:
            events, self._events = self._events[::-1], []
            return events
        return self.publish(self.batch())

    def publish(self, batch: Batch) -> list[Event]:
        """Return the public events of internal tuples; of all batches, in their order."""
        if self._publisher is None:
            self._publisher = Publisher()
        return self._publisher(batch)

    def next_event(self) -> Event | Need:
        """Return the next event, or what is needed for it.

        Raises:
            ParseError: The bytes behind the events that were returned before are wrong.
            EOFError: There are no more events: :class:`FileEnd` was the last one, or the plan stopped the parse.
        """
        while not self._events:
            self._events = self.publish(self.batch())[::-1]
            if not self._events:
                if (need := self.need) is not None:
                    return need
                raise EOFError("there are no more events")
        return self._events.pop()

    @property
    def need(self) -> Need | None:
        """What the parser cannot go on without; None where it can, or where nothing more is to come."""
        if not self._hungry or self._error is not None or self._state == State.DONE:
            return None
        return Need(self._source_offset(), self._missing())

    def _source_offset(self) -> int:
        """The offset in the source of the next byte that is of use."""
        if self._inflater is None and self._state != State.DONE:
            return max(self._needed, self._buffer.base)
        return self._needed

    def _missing(self) -> int:
        """How many bytes complete the present step, 0 where that is not known."""
        if self._inflater is not None or self._state in (State.PASS, State.PADDING):
            return 0
        if self._state in (State.COLLECT, State.STREAM):
            return self._left
        buffer = self._buffer
        if self._state == State.RAW and self._walk is not None:
            return max(1, self._walk.pos + 8 - buffer.offset - buffer.available)
        return max(1, self._want - buffer.available)

    @property
    def progress(self) -> Progress | None:
        """How far it has come in a top-level element; None between two of them, and where offsets are inflated."""
        if self._inflater is not None:
            return None
        if self._frames:
            between = self._scan.in_items and len(self._frames) == 1
            return of_sequence(self._frames[0], self._buffer.offset, between_items=between)
        if self._value is None or self._state not in _IN_A_VALUE:
            return None
        tag, _, length, _, start, _ = self._value
        if self._state == State.RAW and self._walk is not None:
            return of_walk(tag, start, self._walk)
        return Progress(tag, start, length)

    @property
    def finished(self) -> bool:
        """Whether all events were delivered: the source ended, or the plan stopped the parse."""
        return self._state == State.DONE and self._error is None and not self._events and not self._batch

    @property
    def deferred(self) -> bool:
        """Whether some value was passed over because of its length."""
        return self._deferred

    @property
    def disordered(self) -> bool:
        """Whether some tag was not larger than the one before it."""
        return self._disordered

    @property
    def stopped(self) -> bool:
        """Whether the plan stopped the parse before the end."""
        return self._stopped

    @property
    def stopped_at_fragments(self) -> bool:
        """Whether it stopped at encapsulated pixel data, which the plan did not want walked."""
        return self._unwalked

    @property
    def encoding(self) -> Encoding | None:
        """How the data set began to be written; None before it was seen."""
        return None if self._form is None else encoding_of(self._form)

    @property
    def budget(self) -> Budget:
        """How many elements may still be parsed."""
        return self._budget

    @property
    def offset(self) -> int:
        """The offset of the next byte to parse."""
        return self._buffer.offset

    @property
    def trailing_data(self) -> tuple[bytes, bool]:
        """The bytes that were received but not parsed, and whether the source ended behind them."""
        self._buffer.join()
        return self._buffer.data[self._buffer.pos :], self._source_end is not None
