"""Parses a sequence that was kept raw, when it is looked at."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from adicom.parser.kinds import Batch, Kind, Span
from adicom.parser.plan import Expand, Plan
from adicom.parser.scan import Frame, ScanState, scan
from adicom.parser.states import State
from adicom.parser.steps import STEPS, Budget, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adicom.parser.limits import ParserLimits

__all__ = ("item_batches", "scan_items")

_BATCH: Final = 16384
_WHOLE: Final = 2**20
"""The longest sequence that is taken in one go."""
_COPIED: Final = 1024
"""The longest value that is copied out of its sequence; a longer one may be a sequence itself."""


def scan_items(
    value: bytes | Span,
    *,
    size: int,
    tag: int,
    offset: int,
    form: int,
    depth: int,
    limits: ParserLimits,
    budget: Budget,
) -> Batch | None:
    """Return the internal tuples of the items if there is nothing to decide about them, else None.

    Most sequences are so; for the others :func:`item_batches` says what there is, or what is wrong.

    Args:
        value: The items, without the sequence's delimiter; or where they are.
        size: How many bytes they have.
        tag: The tag of the sequence.
        offset: Where the value starts.
        form: How headers are written in it.
        depth: How many sequences are around it.
        limits: The bounds.
        budget: What is left of the number of elements.
    """
    if depth >= limits.depth or size > _WHOLE:
        return None
    data, start = value if isinstance(value, tuple) else (value, 0)
    state = ScanState(plain=_COPIED, expand=Expand.UNDEFINED, room=limits.depth - depth)
    state.pos = start
    state.base = offset - start
    state.form = form
    state.frames.append(Frame(tag, offset, offset + size, form, form, None))
    state.in_items = state.spans = True
    end = start + size
    run = scan(data, state)
    while state.pos < end and (more := scan(data, state)):  # it is longer than what is scanned at a time
        run += more
    if not state.in_items or state.pos != end or len(state.frames) != 1 or len(run) > budget.left:
        return None
    budget.left -= len(run)
    return run


def item_batches(
    value: bytes | Span,
    *,
    size: int,
    tag: int,
    offset: int,
    form: int,
    depth: int,
    limits: ParserLimits,
    budget: Budget,
    raw_sequence_limit: int,
) -> Iterator[Batch]:
    """Yield the internal tuples of the items; the start and the end of the sequence itself are left out.

    Sequences of undefined length inside it are taken apart as well, those of defined length stay raw up to
    ``raw_sequence_limit``. The other arguments are those of :func:`scan_items`.

    Raises:
        ParseError: As the parser of the whole would; its path starts at this sequence.
    """
    parser = _ItemParser(value, size, tag, offset, form, depth, limits, budget, raw_sequence_limit)
    return parser.batches()


class _ItemParser(Steps):
    """The machine on the items of one sequence, which are here whole."""

    def __init__(
        self,
        value: bytes | Span,
        size: int,
        tag: int,
        offset: int,
        form: int,
        depth: int,
        limits: ParserLimits,
        budget: Budget,
        raw_sequence_limit: int,
    ) -> None:
        super().__init__(limits, _item_plan(raw_sequence_limit), force=False, budget=budget)
        self._depth = depth
        self._scan.room = limits.depth - depth
        self._scan.plain, self._scan.spans = _COPIED, True
        self._is_items = True
        data, start = value if isinstance(value, tuple) else (value, 0)
        self._buffer.base, self._buffer.data, self._buffer.pos = offset - start, data, start
        self._copied = _COPIED
        self._eof = True
        self._source_end = offset + size
        self._scan.form = form
        self._open_sequence(tag, "SQ", size, offset, form, self._source_end)
        self._batch.pop()

    def batches(self) -> Iterator[Batch]:
        """Yield the internal tuples between the start and the end of the sequence."""
        while not self._is_done():
            STEPS[self._state](self)
            if len(self._batch) >= _BATCH or self._is_done():
                batch, self._batch = self._batch, []
                self._out = self._batch
                if self._is_done() and batch[-1][0] == Kind.SEQUENCE_END:
                    batch.pop()
                yield batch

    def _is_done(self) -> bool:
        return self._state == State.DONE


@cache
def _item_plan(raw_sequence_limit: int) -> Plan:
    return Plan(expand=Expand.UNDEFINED, collect_up_to=None, raw_sequence_limit=raw_sequence_limit)
