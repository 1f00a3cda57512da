"""The parser's states, one method each: bytes out of the buffer, internal tuples out.

Rule 1: nothing here waits, reads or opens.
Rule 2: a step takes its bytes only when all it needs are there; it returns True when it got on, and
False when it needs more bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from struct import Struct
from typing import Any, Final, NoReturn
from warnings import warn

from adicom.datadict import find_vr
from adicom.errors import DicomWarning, InvalidDicomError, LimitError, ParseError, Path, TruncatedError
from adicom.parser.buffer import Buffer
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.inflate import SNIFF_SIZE, Inflater, sniff_deflated
from adicom.parser.kinds import (
    IMPLICIT,
    INFLATED,
    LITTLE,
    Batch,
    Kind,
    RawElement,
    form_of,
    odd_form,
)
from adicom.parser.limits import ParserLimits
from adicom.parser.odd import read_odd_header
from adicom.parser.plan import Expand, Plan
from adicom.parser.runs import find_run
from adicom.parser.scan import DELIMITERS, Frame, ScanState, SkipState, scan, skip
from adicom.parser.states import State
from adicom.parser.syntax import HEAD_SIZE, Syntax, classify, item_is_implicit, looks_explicit, sniff
from adicom.vr import LONG_VR, SHORT_VR

__all__ = ("DISCARD", "PIXEL_DATA", "STEPS", "Budget", "Steps")


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
_LE: Final = Struct("<HHL").unpack_from
_BE: Final = Struct(">HHL").unpack_from
_META_BEFORE: Final = 0x0001FFFF
_META_WATCH: Final = 0x00030000
_TRANSFER_SYNTAX: Final = 0x00020010
_NEEDED: Final = frozenset({0x00080005, 0x00280100, 0x00280103, 0x00283002, 0x54001004})
"""What other values are decoded with: it is never deferred."""
PIXEL_DATA: Final = 0x7FE00010
_ITEM, _ITEM_END, _SEQUENCE_END = 0xE000, 0xE00D, 0xE0DD
_PLAIN: Final = 65536
_PREFIX_END: Final = 132


class Steps:
    """The machine without its public face."""

    # What is the same for every new machine; an instance gets its own when it changes.
    _depth = 0  # of what is around, where this is not the whole
    _is_items = False
    _copied = UNDEFINED_LENGTH  # the longest value that is not delivered as a Span
    _state = State.START
    _want = _PREFIX_END
    _eof = False
    _source_end: int | None = None
    _inflater: Inflater | None = None
    _inflated = 0
    _header_bytes = 0
    _in_meta = False
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
    _fragment = 0
    _stop_behind_fragments = False

    def __init__(self, limits: ParserLimits, plan: Plan, *, force: bool, budget: Budget | None = None) -> None:
        self._limits = limits
        self._plan = plan
        self._force = force
        self._budget = budget or Budget(limits.elements)
        self._buffer = Buffer()
        self._scan = ScanState(plain=plan.longest_plain, expand=plan.expand, room=limits.depth)
        self._frames: list[Frame] = self._scan.frames
        self._finds_runs = plan.expand is Expand.NONE
        self._batch: Batch = []
        self._out: Batch = self._batch
        self._parts: list[memoryview] = []
        self._kept: list[bytes] = []
        self._apart: set[int] = set()  # where sequences start that were seen to need a closer look
        self._warned: set[str] = set()

    # -- errors and small helpers --

    def _path(self) -> Path:
        items = self._frames[:-1] if self._state is State.ITEMS else self._frames
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
        raise TruncatedError(
            f"the bytes end in {what}: wanted {wanted}, got {got}",
            offset=offset,
            path=self._path(),
            tag=tag,
            wanted=wanted,
            got=got,
        )

    def _warn(self, message: str, offset: int | None = None) -> None:
        """Warn of something tolerated, once a parse: a hostile source could make millions of them."""
        if message not in self._warned:
            self._warned.add(message)
            warn(f"{message}, at byte {self._buffer.offset if offset is None else offset}", DicomWarning, stacklevel=2)

    def _go(self, state: State) -> bool:
        self._state = state
        return True

    def _short_of(self, size: int, what: str) -> bool:
        """Ask for ``size`` bytes from the present position on; at the end of the source that is an error."""
        self._want = size
        if not self._eof:
            return False
        self._check_jump()
        buffer = self._buffer
        tag = self._frames[-1].tag if self._state is State.ITEMS else None
        self._truncated(what, offset=buffer.offset, wanted=size, got=buffer.available, tag=tag)

    def _put(self, item: Any, *, header: int = 0) -> None:
        """Deliver a tuple that counts; ``header`` is how many bytes of the header limit it takes."""
        self._out.append(item)
        if self._in_meta:
            self._note_meta(item)
        self._budget.left -= 1
        self._header_bytes += header
        if self._budget.left < 0:
            self._out.pop()
        self._check_counts()

    def _check_counts(self) -> None:
        if self._budget.left < 0:
            self._over("elements", "too many data elements and items")
        if self._header_bytes > self._limits.header_bytes:
            self._over("header_bytes", "the elements outside bulk values are too long")

    # -- the file's frame --

    def _start(self) -> bool:
        buffer = self._buffer
        if not buffer.fill(_PREFIX_END) and not self._eof:
            return self._short_of(_PREFIX_END, "the preamble")
        buffer.join()
        preamble = None
        if buffer.data[128:_PREFIX_END] == b"DICM":
            preamble = buffer.data[:128]
        elif not buffer.data:
            raise InvalidDicomError("the source is empty", offset=0)
        elif not self._force:
            raise InvalidDicomError(offset=min(128, len(buffer.data)))
        self._out.append((Kind.FILE_START, preamble, 0))
        if preamble is not None:
            buffer.pos = _PREFIX_END
        self._in_meta = True
        self._scan.prev, self._scan.watch, self._scan.plain = _META_BEFORE, _META_WATCH, _PLAIN
        self._want = HEAD_SIZE
        return self._go(State.META)

    def _meta(self) -> bool:
        buffer, scanning = self._buffer, self._scan
        if not buffer.fill(self._want) and not self._eof:
            return False
        if scanning.prev == _META_BEFORE and not self._sniff_meta():
            return self._end_meta()
        at = len(self._out)
        self._run()
        for item in self._out[at:]:
            self._note_meta(item)
        if not buffer.fill(HEAD_SIZE):
            rest = buffer.data[buffer.pos :]
            if not self._eof or (rest and b"\2\0".startswith(rest[:2])):
                return self._short_of(HEAD_SIZE, "the file meta information")
            return self._end_meta()
        if buffer.data[buffer.pos : buffer.pos + 2] != b"\x02\0":
            return self._end_meta()
        return self._header()

    def _note_meta(self, item: Any) -> None:
        """Take note of the transfer syntax, if that is what was found."""
        if item[0] == Kind.RUN:
            offset = item[1].offsets.get(_TRANSFER_SYNTAX)
            if offset is not None:
                self._note_meta(item[1].raw(offset))
        elif item[0] == _TRANSFER_SYNTAX:
            self._transfer_syntax = (item[3] or b"").rstrip(b"\0 ").decode("ascii", "replace")

    def _sniff_meta(self) -> bool:
        """Tell whether there is file meta information; it should be explicit, but sometimes is implicit."""
        buffer = self._buffer
        head = buffer.data[buffer.pos : buffer.pos + HEAD_SIZE]
        if head[:2] != b"\x02\0":
            return False
        if len(head) == HEAD_SIZE and not looks_explicit(head):
            self._warn("the file meta information has no VRs (PS3.10 7.1 wants them)")
            self._scan.form = IMPLICIT | LITTLE
        return True

    def _end_meta(self) -> bool:
        self._in_meta = False
        self._out.append((Kind.META_END, self._transfer_syntax, self._buffer.offset))
        self._want = HEAD_SIZE
        return self._go(State.SYNTAX)

    def _syntax(self) -> bool:
        syntax = classify(self._transfer_syntax)
        if syntax is Syntax.NO_DATA_SET:
            raise InvalidDicomError(
                f"transfer syntax {self._transfer_syntax} is no DICOM data set", offset=self._buffer.offset
            )
        if syntax is Syntax.DEFLATED:
            self._want = SNIFF_SIZE
            return self._go(State.DEFLATE)
        buffer = self._buffer
        if not buffer.fill(HEAD_SIZE) and not self._eof:
            return self._short_of(HEAD_SIZE, "the data set")
        buffer.join()
        head = buffer.data[buffer.pos : buffer.pos + HEAD_SIZE]
        if syntax is Syntax.UNKNOWN:
            syntax = sniff(head)
            if head:
                self._warn(f"unknown or no transfer syntax, the data set looks like {syntax.value}")
        implicit = syntax is Syntax.IMPLICIT
        is_delimiter = head[:2] in (b"\xfe\xff", b"\xff\xfe")
        if len(head) == HEAD_SIZE and head.strip(b"\0") and not is_delimiter and looks_explicit(head) is implicit:
            found = "explicit" if implicit else "implicit"
            self._warn(f"the transfer syntax says {syntax.value}, but the elements are {found} VR")
            implicit = not implicit
        return self._begin(implicit=implicit, little=syntax is not Syntax.BIG, inflated=False)

    def _deflate(self) -> bool:
        buffer = self._buffer
        if not buffer.fill(SNIFF_SIZE) and not self._eof:
            return self._short_of(SNIFF_SIZE, "the deflated data set")
        buffer.join()
        kind = sniff_deflated(buffer.data[buffer.pos : buffer.pos + SNIFF_SIZE])
        if kind == "plain" or (self._eof and not buffer.available):
            if buffer.available:
                self._warn("the data set of a deflated transfer syntax is not deflated")
            return self._begin(implicit=False, little=True, inflated=False)
        if kind == "zlib":
            self._warn("the deflated data set has a zlib header (RFC 1950), which PS3.5 A.5 does not allow")
        self._inflater = Inflater(wrapped=kind == "zlib")
        self._inflater.feed(bytes(buffer.take(buffer.available)))
        self._buffer = Buffer()
        self._eof = False  # that of the inflated data comes later
        return self._begin(implicit=False, little=True, inflated=True)

    def _begin(self, *, implicit: bool, little: bool, inflated: bool) -> bool:
        """Start with the elements of the data set."""
        scanning = self._scan
        scanning.form = self._form = form_of(implicit=implicit, little=little, inflated=inflated)
        scanning.prev, scanning.watch, scanning.plain = -1, self._top_watch(), self._plan.longest_plain
        self._back = State.ELEMENTS
        self._want = HEAD_SIZE
        return self._go(State.ELEMENTS)

    def _top_watch(self) -> int:
        plan = self._plan
        if callable(plan.stop) or plan.wanted is not None or plan.last_wanted is not None:
            return 0
        return min(plan.stop) if plan.stop else DELIMITERS

    def _inflate(self) -> bool:
        """Move inflated bytes into the buffer; return whether that changed anything."""
        inflater = self._inflater
        if inflater is None or self._eof:
            return False
        try:
            data = inflater.pull()
        except zlib.error:
            self._fail("the deflated data is damaged")
        if data:
            self._inflated += len(data)
            if self._plan.expand is not Expand.ALL and self._inflated > self._limits.inflated_bytes:
                self._over("inflated_bytes", "the deflated data set grows too long")
            self._buffer.append(data)
            return True
        self._eof = inflater.ended or self._source_end is not None
        return self._eof

    # -- elements --

    def _run(self) -> None:
        """Let the scan go as far as it can."""
        buffer, scanning, budget = self._buffer, self._scan, self._budget
        scanning.base = buffer.base
        pos = scanning.pos = buffer.pos
        if self._finds_runs and not self._frames:
            found = find_run(buffer.data, scanning)
            if found is None:
                return
            budget.left -= len(found.offsets)
            self._out.append((Kind.RUN, found))
        else:
            run = scan(buffer.data, scanning)
            self._out.extend(run[: budget.left] if budget.left < len(run) else run)
            budget.left -= len(run)
        self._header_bytes += scanning.pos - pos
        buffer.pos = scanning.pos
        self._check_counts()

    def _elements(self) -> bool:
        """Take elements and items, whatever is next."""
        if not self._buffer.fill(self._want) and not self._eof:
            return False
        self._want = HEAD_SIZE
        self._run()
        if self._scan.in_items:
            self._state = State.ITEMS
            return self._item()
        self._state = State.ELEMENTS
        return self._header()

    def _header(self) -> bool:
        """Take one element that is not plain, or the end of the item."""
        buffer, end = self._buffer, self._scan.end
        offset = buffer.offset
        if end is not None and end - offset < HEAD_SIZE:
            if offset == end and self._frames[-1].item_end == end:
                return self._end_item(None)
            self._fail(f"{end - offset} bytes are left, a data element header takes {HEAD_SIZE}")
        if not buffer.fill(HEAD_SIZE):
            if self._eof and not self._frames:
                return self._end_of_source()
            return self._short_of(HEAD_SIZE, "a data element header")
        data, pos = buffer.data, buffer.pos
        group, element, length = (_LE if self._scan.form & LITTLE else _BE)(data, pos)
        if group == 0xFFFE:
            return self._delimiter(element, length)
        tag = group << 16 | element
        if not tag and not length and not self._frames:
            return self._go(State.PADDING)
        header = self._read_header(tag, length)
        if header is None:
            return False
        vr, length, size, form = header
        if tag <= self._scan.prev:
            self._disordered = True
            self._ascending = self._ascending and bool(self._frames)
        if not self._frames and not self._in_meta and not self._top_level(tag, vr, length):
            return True
        self._scan.prev = tag
        if length == UNDEFINED_LENGTH:
            return self._undefined(tag, vr, size, form)
        return self._defined((tag, vr, length, None, offset + size, form), size)

    def _read_header(self, tag: int, length: int) -> tuple[str | None, int, int, int] | None:
        """Return VR, value length, size and form of the header; None where bytes are missing."""
        buffer, form = self._buffer, self._scan.form
        if form & IMPLICIT:
            return None, length, 8, form
        pos = buffer.pos
        code = buffer.data[pos + 4 : pos + 6]
        order = "little" if form & LITTLE else "big"
        vr = SHORT_VR.get(code)
        if vr is not None:
            return vr, int.from_bytes(buffer.data[pos + 6 : pos + 8], order), 8, form
        vr = LONG_VR.get(code)
        if vr is None and not looks_explicit(buffer.data[pos : pos + 8]):
            return self._read_odd(tag)
        if not self._room(12, tag):
            return None
        data, pos = buffer.data, buffer.pos
        reserved = data[pos + 6 : pos + 8]
        if vr is None or reserved != b"\0\0":
            form = odd_form(form, vr_code=None if vr else code, reserved=reserved)
            if vr is None:
                self._warn("a VR that PS3.5 does not know, taken for UN with a 32-bit length")
        return vr or "UN", int.from_bytes(data[pos + 8 : pos + 12], order), 12, form

    def _room(self, size: int, tag: int) -> bool:
        """Have a header of ``size`` bytes in the buffer; False where bytes are missing."""
        end = self._scan.end
        if end is not None and end - self._buffer.offset < size:
            self._fail(f"{end - self._buffer.offset} bytes are left, the header takes {size}", tag=tag)
        return self._buffer.fill(size) or self._short_of(size, "a data element header")

    def _read_odd(self, tag: int) -> tuple[str | None, int, int, int] | None:
        """Read a header whose VR is not two capital letters: take the reading that fits what follows."""
        buffer, scanning = self._buffer, self._scan
        buffer.join()
        data = buffer.data[buffer.pos :] if scanning.end is None else buffer.data[buffer.pos : scanning.end - buffer.base]
        ended = self._eof or (scanning.end is not None and scanning.end <= buffer.offset + len(data))
        header, wanted = read_odd_header(data, tag, scanning.form, ended=ended)
        if header is None:
            if not wanted:
                self._fail("the VR is no VR, and no other reading of the header fits what follows", tag=tag)
            self._short_of(wanted, "a data element header")
            return None
        self._warn("a header whose VR is no VR")
        return header

    def _top_level(self, tag: int, vr: str | None, length: int) -> bool:
        """Obey the plan at a top-level header; False where it stops or passes the element over."""
        plan = self._plan
        stop = plan.stop
        last = plan.last_wanted
        if (stop is not None and (stop(tag, vr, length) if callable(stop) else tag in stop)) or (
            last is not None and tag > last and self._ascending
        ):
            self._stopped = True
            self._go(State.DONE)
            return False
        return True

    def _wants(self, tag: int) -> bool:
        wanted = self._plan.wanted
        return wanted is None or bool(self._frames) or self._in_meta or tag in wanted

    def _defined(self, raw: RawElement, size: int) -> bool:
        """Take an element of defined length."""
        tag, vr, length, _, start, form = raw
        plan, end = self._plan, self._scan.end
        if end is not None and start + length > end:
            self._fail(f"a value of {length} bytes overruns its item, which ends at byte {end}", tag=tag)
        self._buffer.pos += size
        if not self._wants(tag):
            return self._pass(raw)
        if vr == "SQ" or (vr is None and self._is_long_sequence(tag, length)):
            if plan.expand is Expand.ALL or length > self._raw_limit():
                return self._open_sequence(tag, vr or "SQ", length, start, form, start + length)
            return self._take_value(raw)
        if self._out is DISCARD:
            return self._pass(raw)
        if self._may_defer(tag) and plan.skip_above is not None and length > plan.skip_above:
            self._put(raw, header=HEAD_SIZE)
            self._deferred = True
            return self._pass(raw)
        if plan.collect_up_to is None or length <= plan.collect_up_to or self._in_meta:
            return self._take_value(raw)
        self._put((Kind.VALUE_START, tag, vr, length, start, form), header=HEAD_SIZE)
        return self._stream(length, (Kind.VALUE_END, tag, start + length, form))

    def _is_long_sequence(self, tag: int, length: int) -> bool:
        return (self._plan.expand is Expand.ALL or length > self._raw_limit()) and find_vr(tag) == "SQ"

    def _may_defer(self, tag: int) -> bool:
        if self._inflater is not None or self._in_meta or tag in _NEEDED:
            return False
        return not (tag & 0x10000 and 0x10 <= tag & 0xFFFF <= 0xFF)  # a private creator

    def _raw_limit(self) -> int:
        plan = self._plan
        if plan.skip_above is None or self._inflater is not None:
            return plan.raw_sequence_limit
        return min(plan.raw_sequence_limit, plan.skip_above)

    def _undefined(self, tag: int, vr: str | None, size: int, form: int) -> bool:
        """Take an element of undefined length: a sequence, or encapsulated pixel data."""
        buffer, plan = self._buffer, self._plan
        buffer.pos += size
        start = buffer.offset
        known = vr if vr is not None else find_vr(tag)
        sequence = known in ("SQ", "UN", None)
        if not self._wants(tag):
            self._out = DISCARD
        if self._out is DISCARD or (plan.expand is not Expand.NONE and sequence) or start in self._apart:
            raw = False
        elif not sequence and plan.skip_above is not None and not self._frames and self._may_defer(tag):
            self._put((tag, vr, UNDEFINED_LENGTH, None, start, form), header=HEAD_SIZE)
            self._stopped = self._unwalked = self._deferred = True
            return self._go(State.DONE)
        else:
            raw = plan.expand is not Expand.ALL
        self._value = (tag, vr, UNDEFINED_LENGTH, None, start, form)
        if raw:
            return self._open_raw(sequence=sequence)
        return self._open_undefined()

    def _open_undefined(self) -> bool:
        """Take the sequence or the fragments apart that start here."""
        assert self._value is not None
        tag, vr, length, _, start, form = self._value
        if (vr if vr is not None else find_vr(tag)) in ("SQ", "UN", None):
            return self._open_sequence(tag, vr or "SQ", length, start, form, None)
        self._put((Kind.PIXELS_START, tag, vr, length, start, form), header=HEAD_SIZE)
        self._fragment = 0
        self._want = HEAD_SIZE
        return self._go(State.FRAGMENTS)

    def _open_fragments(self, tag: int, *, passing: bool, last: bool) -> None:
        """Start in the middle, at the first fragment."""
        self._value = (tag, "OB", UNDEFINED_LENGTH, None, self._buffer.offset, self._scan.form)
        self._stop_behind_fragments = last
        self._scan.prev = tag
        if passing:
            self._out = DISCARD
        self._go(State.FRAGMENTS)

    def _end_of_source(self) -> bool:
        """Take the fewer than eight bytes that may stand behind the last element."""
        buffer = self._buffer
        buffer.join()
        rest = buffer.data[buffer.pos :]
        self._check_jump()
        if rest.strip(b"\0"):
            self._truncated("a data element header", offset=buffer.offset, wanted=HEAD_SIZE, got=len(rest))
        return self._end_file(len(rest), buffer.offset)

    def _end_file(self, padding: int, offset: int) -> bool:
        inflater = self._inflater
        if inflater is not None and not inflater.ended:
            self._truncated("the deflated data", offset=self._buffer.offset, wanted=1, got=0)
        if inflater is not None and self._source_end is None:
            return False  # what comes behind the deflated data may be garbage
        if inflater is not None and inflater.has_garbage():
            self._fail("there are bytes behind the end of the deflated data set")
        if inflater is not None and (missing := inflater.missing_trailer()):
            got = inflater.trailing
            self._truncated("the trailer of the deflated data", offset=self._buffer.offset, wanted=got + missing, got=got)
        if padding:
            self._warn("zero bytes behind the last data element", offset)
        self._out.append((Kind.FILE_END, padding, offset, self._scan.form))
        return self._go(State.DONE)

    def _padding(self) -> bool:
        buffer = self._buffer
        while view := buffer.take(_PLAIN):
            if bytes(view).strip(b"\0"):
                start = buffer.offset - len(view) - self._left
                self._fail("zero bytes where a data element was wanted, and others behind them", offset=start)
            self._left += len(view)
        if not self._eof:
            return False
        offset = buffer.offset - self._left
        return self._end_file(self._left, offset)

    def _done(self) -> bool:
        return False

    # -- sequences --

    def _open_sequence(
        self, tag: int, vr: str, length: int, start: int, form: int, end: int | None
    ) -> bool:
        if self._depth + len(self._frames) >= self._limits.depth:
            self._over("depth", "sequences are nested too deeply", tag=tag)
        scanning = self._scan
        inner = scanning.form
        if vr == "UN":  # PS3.5 6.2.2: Implicit VR Little Endian, with all below it
            inner = IMPLICIT | LITTLE | inner & INFLATED
        self._put((Kind.SEQUENCE_START, tag, vr, length, start, form), header=HEAD_SIZE)
        frame = Frame(tag, end, inner, scanning.form, scanning.end)
        scanning.in_items = True
        frame.discarded = self._out is DISCARD and not any(outer.discarded for outer in self._frames)
        self._frames.append(frame)
        self._want = HEAD_SIZE
        return self._go(State.ITEMS)

    def _item(self) -> bool:
        buffer, frame = self._buffer, self._frames[-1]
        offset = buffer.offset
        if frame.bound is not None and frame.bound - offset < HEAD_SIZE:
            if offset == frame.end:
                return self._close_sequence(None)
            self._fail(f"{frame.bound - offset} bytes are left, an item takes {HEAD_SIZE}", tag=frame.tag)
        if not buffer.fill(HEAD_SIZE):
            return self._short_of(HEAD_SIZE, "a sequence")
        group, element, length = (_LE if frame.form & LITTLE else _BE)(buffer.data, buffer.pos)
        if (group, element) in ((0xFEFF, 0x00E0), (0xFEFF, 0xDDE0)) and frame.index < 0:
            self._warn("the items of a sequence are in the other byte order")
            frame.form ^= LITTLE
            return True
        if group == 0xFFFE and element == _ITEM:
            return self._open_item(length)
        if group == 0xFFFE and element == _SEQUENCE_END and frame.end in (None, offset + HEAD_SIZE):
            buffer.pos += HEAD_SIZE
            return self._close_sequence(length)
        self._fail("an item or the end of the sequence was wanted", tag=frame.tag)

    def _open_item(self, length: int) -> bool:
        buffer, frame, scanning = self._buffer, self._frames[-1], self._scan
        offset = buffer.offset
        end = None if length == UNDEFINED_LENGTH else offset + HEAD_SIZE + length
        if end is not None and frame.bound is not None and end > frame.bound:
            self._fail(f"an item of {length} bytes overruns its sequence, which ends at {frame.bound}", tag=frame.tag)
        room = length if end is not None else None
        size = HEAD_SIZE + (HEAD_SIZE if room is None else min(room, HEAD_SIZE))
        if not buffer.fill(size):
            return self._short_of(size, "an item")
        head = buffer.data[buffer.pos + HEAD_SIZE : buffer.pos + size]
        form = frame.form
        if len(head) == HEAD_SIZE and head[:2] not in (b"\xfe\xff", b"\xff\xfe"):
            around = bool(form & IMPLICIT)
            implicit = item_is_implicit(head, implicit=around, little=bool(form & LITTLE), room=room)
            if implicit is not around:
                form ^= IMPLICIT
                self._warn(f"an item in {'implicit VR inside explicit' if implicit else 'explicit VR inside implicit'} VR")
        frame.index += 1
        frame.item_end = end
        self._put((Kind.ITEM_START, frame.index, length, offset, frame.form), header=HEAD_SIZE)
        buffer.pos += HEAD_SIZE
        scanning.in_items = False
        scanning.form = form
        scanning.prev, scanning.watch = -1, DELIMITERS
        scanning.end = end if end is not None else frame.bound
        return self._go(State.ELEMENTS)

    def _delimiter(self, element: int, length: int) -> bool:
        """Take a delimiter that stands where a data element could."""
        buffer = self._buffer
        if element == _ITEM_END and self._frames:
            end = self._frames[-1].item_end
            if end is None or end == buffer.offset + HEAD_SIZE:
                if end is not None:
                    self._warn("an item delimiter in an item of defined length")
                buffer.pos += HEAD_SIZE
                return self._end_item(length)
        if not length and element in (_ITEM_END, _SEQUENCE_END) and not self._frames:
            self._warn("a delimiter behind the last sequence")
            buffer.pos += HEAD_SIZE
            return True
        self._fail("a delimiter where none belongs", tag=0xFFFE0000 | element)

    def _end_item(self, delimiter: int | None) -> bool:
        frame = self._frames[-1]
        if delimiter:
            self._warn("an item delimiter with a length")
        offset = self._buffer.offset - (0 if delimiter is None else HEAD_SIZE)
        self._put((Kind.ITEM_END, frame.index, delimiter, offset, frame.form))
        self._scan.in_items = True
        self._want = HEAD_SIZE
        return self._go(State.ITEMS)

    def _close_sequence(self, delimiter: int | None) -> bool:
        frame, scanning = self._frames.pop(), self._scan
        if delimiter:
            self._warn("a sequence delimiter with a length")
        if delimiter is not None and frame.end is not None:
            self._warn("a sequence delimiter in a sequence of defined length")
        offset = self._buffer.offset - (0 if delimiter is None else HEAD_SIZE)
        self._put((Kind.SEQUENCE_END, frame.tag, delimiter, offset, frame.form))
        if frame.discarded:
            self._out = self._batch
        scanning.form, scanning.end = frame.outer_form, frame.outer_end
        scanning.prev = frame.tag
        scanning.in_items = False
        if not self._frames:
            if self._is_items:
                return self._go(State.DONE)
            scanning.watch = self._top_watch()
        self._want = HEAD_SIZE
        return self._go(State.ELEMENTS)

    # -- sequences and fragments that stay raw --

    def _open_raw(self, *, sequence: bool) -> bool:
        assert self._value is not None
        _, vr, _, _, start, form = self._value
        limit = self._raw_limit() if sequence else self._limits.collected_value
        depth = self._depth + len(self._frames)
        self._walk = SkipState(
            start,
            implicit=bool(form & IMPLICIT) or vr == "UN",
            little=bool(form & LITTLE),
            room=self._limits.depth - depth - 1,
            limit=start + limit,
        )
        self._walk.odd = (vr == "UN" and not form & LITTLE) or depth >= self._limits.depth
        self._kept = []
        self._want = HEAD_SIZE
        return self._go(State.RAW)

    def _raw(self) -> bool:
        walk, buffer = self._walk, self._buffer
        assert walk is not None
        if not buffer.fill(self._want) and not self._eof:
            return False
        walk.base = buffer.base
        found = None if walk.odd else skip(buffer.data, walk)
        if found is None and walk.odd:
            return self._give_up_raw()
        data, pos = buffer.data, buffer.pos
        stop = min((walk.pos if found is None else found) - buffer.base, len(data))
        self._kept.append(data[pos:stop])
        buffer.pos = stop
        if found is not None:
            return self._end_raw(found)
        self._want = len(data) - stop + 1
        if buffer.fill(self._want):
            return True
        assert self._value is not None
        tag, _, _, _, start, _ = self._value
        if self._eof:
            got = buffer.offset + buffer.available - start
            wanted = max(walk.pos - start, got) + HEAD_SIZE
            self._truncated("a value of undefined length", offset=start, wanted=wanted, got=got, tag=tag)
        return False

    def _end_raw(self, found: int) -> bool:
        assert self._value is not None
        tag, vr, length, _, start, form = self._value
        value = b"".join(self._kept)
        self._kept = []
        element = tag, vr, length, value[: found - HEAD_SIZE - start], start, form
        self._put(element, header=_header_bytes(len(value)))
        self._want = HEAD_SIZE
        return self._go(State.ELEMENTS)

    def _give_up_raw(self) -> bool:
        """Go back to the start of the value and take it apart: it is too long, or needs a closer look."""
        walk, value = self._walk, self._value
        assert walk is not None
        assert value is not None
        tag, vr, _, _, start, _ = value
        kept, self._kept = self._kept, []
        self._buffer.rewind(kept, start)
        self._apart.update(walk.starts)
        fragments = (vr if vr is not None else find_vr(tag)) not in ("SQ", "UN", None)
        if fragments and walk.pos > walk.limit:
            self._over("collected_value", "encapsulated pixel data is too long", tag=tag)
        return self._open_undefined()

    def _fragments(self) -> bool:
        buffer, frame_end = self._buffer, self._scan.end
        assert self._value is not None
        tag, form = self._value[0], self._scan.form
        offset = buffer.offset
        if frame_end is not None and frame_end - offset < HEAD_SIZE:
            self._fail(f"{frame_end - offset} bytes are left, a fragment takes {HEAD_SIZE}", tag=tag)
        if not buffer.fill(HEAD_SIZE):
            return self._short_of(HEAD_SIZE, "encapsulated pixel data")
        group, element, length = (_LE if form & LITTLE else _BE)(buffer.data, buffer.pos)
        if group != 0xFFFE or element not in (_ITEM, _SEQUENCE_END):
            self._fail("a fragment or the end of the pixel data was wanted", tag=tag)
        buffer.pos += HEAD_SIZE
        if element == _SEQUENCE_END:
            if length:
                self._warn("a sequence delimiter with a length")
            self._out.append((Kind.PIXELS_END, tag, length, offset, form))
            self._out = self._batch if not any(frame.discarded for frame in self._frames) else self._out
            self._want = HEAD_SIZE
            self._stopped = self._stop_behind_fragments
            return self._go(State.DONE if self._stopped else State.ELEMENTS)
        end = buffer.offset + length
        if length == UNDEFINED_LENGTH or (frame_end is not None and end > frame_end):
            self._fail("a fragment of undefined length, or one that overruns its item", offset=offset, tag=tag)
        self._out.append((Kind.FRAGMENT_START, self._fragment, length, offset, form))
        self._fragment += 1
        if self._out is DISCARD:
            return self._pass((tag, None, length, None, buffer.offset, form), State.FRAGMENTS)
        closing = (Kind.FRAGMENT_END, self._fragment - 1, end, form)
        return self._stream(length, closing, State.FRAGMENTS)

    # -- values --

    def _take_value(self, raw: RawElement) -> bool:
        """Deliver a value whole, at once if it is here."""
        tag, vr, length, _, start, form = raw
        buffer = self._buffer
        if length > self._limits.collected_value:
            self._over("collected_value", f"a value of {length} bytes", tag=tag)
        pos = buffer.pos
        if pos + length <= len(buffer.data):
            value: Any = buffer.data[pos : pos + length] if length <= self._copied else (buffer.data, pos)
            self._put((tag, vr, length, value, start, form), header=_header_bytes(length))
            buffer.pos = pos + length
            self._want = HEAD_SIZE
            return self._go(State.META if self._in_meta else State.ELEMENTS)
        self._value, self._left = raw, length
        self._back = State.META if self._in_meta else State.ELEMENTS
        return self._go(State.COLLECT)

    def _collect(self) -> bool:
        while self._left and (view := self._buffer.take(self._left)):
            self._parts.append(view)
            self._left -= len(view)
        assert self._value is not None
        if self._left:
            return self._short_of_value()
        tag, vr, length, _, start, form = self._value
        value = b"".join(self._parts)
        self._put((tag, vr, length, value, start, form), header=_header_bytes(length))
        self._parts = []
        self._want = HEAD_SIZE
        return self._go(self._back)

    def _stream(self, length: int, closing: tuple[Any, ...], back: State | None = None) -> bool:
        """Deliver a value in chunks; ``closing`` is the tuple that ends it."""
        self._left, self._closing = length, closing
        self._back = back or (State.META if self._in_meta else State.ELEMENTS)
        return self._go(State.STREAM)

    def _in_stream(self) -> bool:
        buffer, form = self._buffer, self._scan.form
        while self._left:
            offset = buffer.offset
            view = buffer.take(self._left)
            if not view:
                return self._short_of_value()
            self._left -= len(view)
            self._out.append((Kind.CHUNK, view, offset, form))
            if not buffer.available and self._left and not self._eof:
                return False
        assert self._closing is not None
        self._out.append(self._closing)
        self._want = HEAD_SIZE
        return self._go(self._back)

    def _pass(self, raw: RawElement, back: State | None = None) -> bool:
        """Pass a value over."""
        self._value, self._left = raw, raw[2]
        self._back = back or (State.META if self._in_meta else State.ELEMENTS)
        return self._go(State.PASS)

    def _passing(self) -> bool:
        buffer = self._buffer
        self._left -= buffer.jump(self._left)
        if self._left and self._inflater is not None:
            return self._short_of_value()
        if self._left:  # nothing of it is needed: the source may go on behind it
            buffer.move(buffer.offset + self._left)
            self._left = 0
            if self._eof:
                self._check_jump()
        self._want = HEAD_SIZE
        return self._go(self._back)

    def _check_jump(self) -> None:
        """Raise if the source ended inside a value that was passed over."""
        end = self._source_end
        if end is not None and self._inflater is None and self._buffer.offset > end and self._value is not None:
            tag, _, length, _, start, _ = self._value
            self._truncated("a value", offset=start, wanted=length, got=max(0, end - start), tag=tag)

    def _short_of_value(self) -> bool:
        if not self._eof:
            return False
        if self._closing is not None and self._state is State.STREAM:
            tag = self._closing[1] if self._closing[0] == Kind.VALUE_END else None
            length = self._left
        else:
            assert self._value is not None
            tag, length = self._value[0], self._value[2]
        got = length - self._left
        self._parts = []
        self._truncated("a value", offset=self._buffer.offset - got, wanted=length, got=got, tag=tag)


def _header_bytes(length: int) -> int:
    """Return how much of the header limit an element takes: bulk values do not count."""
    return HEAD_SIZE + (length if length <= _PLAIN else 0)


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
STEPS: Final = tuple(_STEPS.get(state, Steps._done) for state in range(max(State) + 1))
"""The method of each state."""
