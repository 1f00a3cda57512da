"""Parses a sequence that was kept raw, when it is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from adicom.parser.events import Encoding
from adicom.parser.kinds import Batch, Kind
from adicom.parser.limits import ParserLimits
from adicom.parser.plan import Expand, Plan
from adicom.parser.scan import Frame, ScanState, scan
from adicom.parser.states import State
from adicom.parser.steps import Budget, Steps

__all__ = ("item_batches",)

_BATCH: Final = 16384
_PLAIN: Final = 65536


def item_batches(
    value: bytes,
    *,
    tag: int,
    offset: int,
    encoding: Encoding,
    depth: int,
    limits: ParserLimits,
    budget: Budget,
    raw_sequence_limit: int,
) -> Iterator[Batch]:
    """Yield the internal tuples of the items; the start and the end of the sequence itself are left out.

    Sequences of undefined length inside it are taken apart as well, those of defined length stay raw.

    Args:
        value: The items, without the sequence's delimiter.
        tag: The tag of the sequence.
        offset: Where the value starts.
        encoding: How headers are written in it.
        depth: How many sequences are around it.
        limits: The bounds.
        budget: What is left of the number of elements.
        raw_sequence_limit: As in :class:`Plan`.

    Raises:
        ParseError: As the parser of the whole would; its path starts at this sequence.
    """
    if depth < limits.depth:
        state = ScanState(plain=min(_PLAIN, raw_sequence_limit), expand=Expand.UNDEFINED, room=limits.depth - depth)
        state.base = offset
        state.encoding = encoding
        state.frames.append(Frame(tag, offset + len(value), encoding, encoding, None))
        state.in_items = True
        run = scan(value, state)
        if state.in_items and state.pos == len(value) and len(state.frames) == 1 and len(run) <= budget.left:
            budget.left -= len(run)
            yield run
            return
    # Something needs a decision, or is wrong: the machine says what.
    parser = _ItemParser(value, tag, offset, encoding, depth, limits, budget, raw_sequence_limit)
    yield from parser.batches()


class _ItemParser(Steps):
    """The machine on the items of one sequence, which are here whole."""

    def __init__(
        self,
        value: bytes,
        tag: int,
        offset: int,
        encoding: Encoding,
        depth: int,
        limits: ParserLimits,
        budget: Budget,
        raw_sequence_limit: int,
    ) -> None:
        super().__init__(limits, _item_plan(raw_sequence_limit), force=False, budget=budget)
        self._depth = depth
        self._scan.room = limits.depth - depth
        self._is_items = True
        self._buffer.base, self._buffer.data = offset, value
        self._eof = True
        self._source_end = offset + len(value)
        self._scan.encoding = encoding
        self._open_sequence(tag, "SQ", len(value), offset, encoding, self._source_end)
        self._batch.pop()

    def batches(self) -> Iterator[Batch]:
        """Yield the internal tuples between the start and the end of the sequence."""
        steps = self._steps
        while self._state is not State.DONE:
            steps[self._state]()
            if len(self._batch) >= _BATCH or self._state is State.DONE:
                batch, self._batch = self._batch, []
                self._out = self._batch
                if self._state is State.DONE and batch[-1][0] == Kind.SEQUENCE_END:
                    batch.pop()
                yield batch


@cache
def _item_plan(raw_sequence_limit: int) -> Plan:
    return Plan(expand=Expand.UNDEFINED, collect_up_to=None, raw_sequence_limit=raw_sequence_limit)
