"""The parser's states, one method each: bytes out of the buffer, internal tuples out.

Rule 1: nothing here waits, reads or opens.
Rule 2: a step takes its bytes only when all it needs are there; it returns True when it got on, and
False when it needs more bytes.

The class is built up in layers, each of which knows those before it: core, ending, values, sequences, raw,
elements, framing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adicom.parser.states import MOVES, State
from adicom.parser.steps.core import DISCARD, PIXEL_DATA, Budget
from adicom.parser.steps.framing import Framing as Steps

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("DISCARD", "PIXEL_DATA", "STEPS", "Budget", "Steps")

_STEPS: Final[dict[int, Callable[[Steps], bool]]] = {
    State.START: Steps._start,
    State.META: Steps._meta,
    State.SYNTAX: Steps._syntax,
    State.DEFLATE: Steps._deflate,
    State.ELEMENTS: Steps._elements,
    State.ITEMS: Steps._elements,
    State.FRAGMENTS: Steps._fragments,
    State.COLLECT: Steps._collect,
    State.STREAM: Steps._in_stream,
    State.PASS: Steps._passing,
    State.RAW: Steps._raw,
    State.PADDING: Steps._padding,
    State.DONE: Steps._done,
}
STEPS: Final = tuple(_STEPS.get(state, Steps._done) for state in range(max(MOVES) + 1))
"""The method of each state."""
