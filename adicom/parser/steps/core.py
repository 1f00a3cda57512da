"""What the steps of the machine share."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any, Final, NoReturn
from warnings import warn

from adicom.errors import DicomWarning, LimitError, ParseError, Path, TruncatedError
from adicom.parser.buffer import Buffer
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import Batch, Kind, RawElement
from adicom.parser.plan import Expand, Plan
from adicom.parser.scan import Frame, ScanState, SkipState
from adicom.parser.states import State
from adicom.parser.syntax import HEAD_SIZE

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from adicom.parser.inflate import Inflater
    from adicom.parser.limits import ParserLimits

__all__ = (
    "DISCARD",
    "ITEM",
    "ITEM_END",
    "PIXEL_DATA",
    "PLAIN",
    "PREFIX_END",
    "SEQUENCE_END",
    "UNPACK_BE",
    "UNPACK_LE",
    "Budget",
    "Core",
    "header_bytes",
)


class Budget:
    """How many elements may still be parsed; a dataset's lazily parsed sequences share it."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


class _Discard(list[Any]):
    """Takes what nobody wants."""

    def append(self, _: Any) -> None:
        pass

    def extend(self, _: Any) -> None:
        pass


DISCARD: Final = _Discard()
UNPACK_LE: Final = Struct("<HHL").unpack_from
UNPACK_BE: Final = Struct(">HHL").unpack_from
PIXEL_DATA: Final = 0x7FE00010
ITEM, ITEM_END, SEQUENCE_END = 0xE000, 0xE00D, 0xE0DD
PLAIN: Final = 65536
PREFIX_END: Final = 132
"""The preamble of 128 bytes, and the prefix (PS3.10 7.1)."""


_TRANSFER_SYNTAX: Final = 0x00020010


def header_bytes(length: int) -> int:
    """Return how much of the header limit an element takes: bulk values do not count."""
    return HEAD_SIZE + (length if length <= PLAIN else 0)


class Core:
    """What all steps share: where the machine stands, what it gives out, how it fails."""

    # What is the same for every new machine; an instance gets its own when it changes.
    _depth = 0  # of what is around, where this is not the whole
    _is_items = False
    _copied = UNDEFINED_LENGTH  # the longest value that is not delivered as a Span
    _state = State.START
    _want = PREFIX_END
    _eof = False
    _source_end: int | None = None
    _inflater: Inflater | None = None
    _inflated = 0
    _overgrown = False  # more than ParserLimits.inflated_bytes
    _header_bytes = 0
    _in_meta = False
    _meta_end: int | None = None
    _transfer_syntax: str | None = None
    _ascending = True
    _disordered = False
    _deferred = False
    _stopped = False
    _unwalked = False
    _form: int | None = None
    _back = State.ELEMENTS
    _left = 0
    _value: RawElement | None = None
    _closing: tuple[Any, ...] | None = None
    _walk: SkipState | None = None
    _apart: AbstractSet[int] = frozenset()  # where sequences start that were seen to need a closer look
    _warned: frozenset[str] = frozenset()
    _fragment = 0
    _stop_behind_fragments = False

    def __init__(self, limits: ParserLimits, plan: Plan, *, force: bool, budget: Budget | None = None) -> None:
        self._limits = limits
        self._plan = plan
        self._force = force
        self._budget = budget or Budget(limits.elements)
        self._buffer = Buffer()
        self._plain = min(plan.longest_plain, limits.collected_value)
        self._scan = ScanState(plain=self._plain, expand=plan.expand, room=limits.depth)
        self._frames: list[Frame] = self._scan.frames
        self._finds_runs = plan.expand is Expand.NONE
        self._batch: Batch = []
        self._out: Batch = self._batch

    def _path(self) -> Path:
        items = self._frames[:-1] if self._scan.in_items else self._frames
        return tuple((frame.tag, max(frame.index, 0)) for frame in items)

    def _fail(self, message: str, *, offset: int | None = None, tag: int | None = None) -> NoReturn:
        raise ParseError(message, offset=self._buffer.offset if offset is None else offset, path=self._path(), tag=tag)

    def _over(self, limit: str, message: str, *, tag: int | None = None) -> NoReturn:
        bound = getattr(self._limits, limit)
        raise LimitError(
            f"{message}; ParserLimits.{limit} is {bound}",
            offset=self._buffer.offset,
            path=self._path(),
            tag=tag,
            limit=limit,
        )

    def _truncated(self, what: str, *, offset: int, wanted: int, got: int, tag: int | None = None) -> NoReturn:
        self._check_inflated()
        raise TruncatedError(
            f"the bytes end in {what}: wanted {wanted}, got {got}",
            offset=offset,
            path=self._path(),
            tag=tag,
            wanted=wanted,
            got=got,
        )

    def _check_inflated(self) -> None:
        """Raise if the inflated bytes do not end by themselves."""
        if self._overgrown:
            self._over("inflated_bytes", "the deflated data set grows too long")
        if self._inflater is not None and self._inflater.damaged:
            self._fail("the deflated data is damaged")

    def _warn(self, message: str, offset: int | None = None) -> None:
        """Warn of something tolerated, once a parse: a hostile source could make millions of them."""
        if message not in self._warned:
            self._warned |= {message}
            warn(f"{message}, at byte {self._buffer.offset if offset is None else offset}", DicomWarning, stacklevel=2)

    def _go(self, state: int) -> bool:
        self._state = state
        return True

    def _note_meta(self, item: Any) -> None:
        """Take note of the transfer syntax, if that is what was found."""
        if item[0] == Kind.RUN:
            offset = item[1].offsets.get(_TRANSFER_SYNTAX)
            item = (0,) if offset is None else item[1].raw(offset)
        if item[0] == _TRANSFER_SYNTAX:
            self._transfer_syntax = (item[3] or b"").rstrip(b"\0 ").decode("ascii", "replace")

    def _put(self, item: Any, *, header: int = 0) -> None:
        """Deliver a tuple that counts; ``header`` is how many bytes of the header limit it takes."""
        self._count(1, header, item[-2])
        self._out.append(item)
        if self._in_meta:
            self._note_meta(item)

    def _count(self, elements: int, header: int, offset: int) -> None:
        """Count what was found; ``offset`` is where the errors say that it was too much."""
        self._budget.left -= elements
        self._header_bytes += header
        limits = self._limits
        if self._budget.left < 0:
            message = f"too many data elements and items; ParserLimits.elements is {limits.elements}"
            raise LimitError(message, offset=offset, limit="elements")
        if self._header_bytes > limits.header_bytes:
            message = (
                f"the elements outside bulk values are too long; ParserLimits.header_bytes is {limits.header_bytes}"
            )
            raise LimitError(message, offset=offset, limit="header_bytes")

    def _check_jump(self) -> None:
        """Raise if the source ended inside a value that was passed over."""
        end = self._source_end
        if end is not None and self._inflater is None and self._buffer.offset > end and self._value is not None:
            tag, _, length, _, start, _ = self._value
            self._truncated("a value", offset=start, wanted=length, got=max(0, end - start), tag=tag)

    def _short_of(self, size: int, what: str) -> bool:
        """Ask for ``size`` bytes from the present position on; at the end of the source that is an error."""
        self._want = size
        if not self._eof:
            return False
        buffer = self._buffer
        tag = self._frames[-1].tag if self._scan.in_items else None
        if self._state == State.FRAGMENTS and self._value is not None:
            tag = self._value[0]
        self._truncated(what, offset=buffer.offset, wanted=size, got=buffer.available, tag=tag)

    def _done(self) -> bool:
        return False
