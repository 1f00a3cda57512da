"""The steps at the header of a data element."""

from __future__ import annotations

from typing import Final, Literal

from adicom.datadict import find_vr
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import IMPLICIT, LITTLE, Kind, RawElement, odd_form
from adicom.parser.odd import FARTHEST, read_odd_header
from adicom.parser.plan import Expand
from adicom.parser.runs import find_run
from adicom.parser.scan import scan
from adicom.parser.states import State
from adicom.parser.steps.core import DISCARD, UNPACK_BE, UNPACK_LE, header_bytes
from adicom.parser.steps.raw import Raw
from adicom.parser.syntax import HEAD_SIZE, looks_explicit
from adicom.vr import LONG_VR, SHORT_VR

__all__ = ("Elements",)

NEEDED: Final = frozenset({0x00080005, 0x00280100, 0x00280103, 0x00283002, 0x54001004})
"""What other values are decoded with: it is never deferred."""

_LONGEST_ENTRY: Final = 8
"""Bytes of an entry of the longest tables that are kept, which have an entry for something that is counted."""


class Elements(Raw):
    """Takes data elements (PS3.5 7.1)."""

    def _run(self) -> None:
        """Let the scan go as far as it can."""
        buffer, scanning, budget = self._buffer, self._scan, self._budget
        scanning.base = buffer.base
        pos = scanning.pos = buffer.pos
        if self._finds_runs and not self._frames:
            found = find_run(buffer.data, scanning)
            if found is None:
                return
            count = len(found.offsets)
            if count <= budget.left:
                self._out.append((Kind.RUN, found))
                buffer.pos = scanning.pos
                self._count(count, scanning.pos - pos, buffer.offset)
                return
            run = list(found)
        else:
            run = scan(buffer.data, scanning)
            count = len(run)
        if count > budget.left:
            self._out.extend(run[: budget.left])
            self._count(count, 0, run[budget.left][-2])
        self._out.extend(run)
        buffer.pos = scanning.pos
        self._count(count, scanning.pos - pos, buffer.offset)

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
        group, element, length = (UNPACK_LE if self._scan.form & LITTLE else UNPACK_BE)(data, pos)
        if group == 0xFFFE:
            return self._delimiter(element, length)
        tag = group << 16 | element
        if not tag and not length and not self._frames:
            return self._go(State.PADDING)
        header = self._read_header(tag, length)
        return False if header is None else self._element(tag, *header)

    def _element(self, tag: int, vr: str | None, length: int, size: int, form: int) -> bool:
        """Take the element whose header was read."""
        if tag <= self._scan.prev:
            self._disordered = True
            self._ascending = self._ascending and bool(self._frames)
        if not self._frames and not self._in_meta and not self._top_level(tag, vr, length):
            return True
        self._scan.prev = tag
        if length == UNDEFINED_LENGTH:
            return self._undefined(tag, vr, size, form)
        return self._defined((tag, vr, length, None, self._buffer.offset + size, form), size)

    def _read_header(self, tag: int, length: int) -> tuple[str | None, int, int, int] | None:
        """Return VR, value length, size and form of the header; None where bytes are missing."""
        buffer, form = self._buffer, self._scan.form
        if form & IMPLICIT:
            return None, length, 8, form
        pos = buffer.pos
        code = buffer.data[pos + 4 : pos + 6]
        order: Literal["little", "big"] = "little" if form & LITTLE else "big"
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
        data = buffer.data[buffer.pos : buffer.pos + FARTHEST]
        if scanning.end is not None:
            data = data[: scanning.end - buffer.offset]
        ended = self._eof or (scanning.end is not None and scanning.end <= buffer.offset + len(data))
        header, wanted = read_odd_header(data, tag, scanning.form, ended=ended)
        if header is None:
            if not wanted:
                self._fail("the VR is no VR, and no other reading of the header fits what follows", tag=tag)
            if scanning.end is not None:  # no more than the item has can come
                wanted = min(wanted, scanning.end - buffer.offset)
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
        return wanted is None or bool(self._frames) or tag in wanted

    def _defined(self, raw: RawElement, size: int) -> bool:
        """Take an element of defined length."""
        tag, vr, length, _, start, form = raw
        plan, end = self._plan, self._scan.end
        if end is not None and start + length > end:
            self._fail(f"a value of {length} bytes overruns its item, which ends at byte {end}", tag=tag)
        self._buffer.pos += size
        if self._in_meta:
            return self._take_value(raw)
        if not self._wants(tag):
            return self._pass(raw)
        if vr == "SQ" or (vr is None and self._is_long_sequence(tag, length)):
            if plan.expand is Expand.ALL or length > self._raw_limit():
                return self._open_sequence(tag, vr or "SQ", length, start, form, start + length)
            return self._take_value(raw)
        if self._out is DISCARD:
            self._count(1, header_bytes(length), start)
            return self._pass(raw)
        if plan.skip_above is not None and length > plan.skip_above and self._may_defer(tag, length):
            self._put(raw, header=HEAD_SIZE)
            self._deferred = True
            return self._pass(raw)
        if plan.collect_up_to is None or length <= plan.collect_up_to:
            return self._take_value(raw)
        self._put((Kind.VALUE_START, tag, vr, length, start, form), header=HEAD_SIZE)
        return self._stream(raw, (Kind.VALUE_END, tag, start + length, form))

    def _is_long_sequence(self, tag: int, length: int) -> bool:
        return (self._plan.expand is Expand.ALL or length > self._raw_limit()) and find_vr(tag) == "SQ"

    def _may_defer(self, tag: int, length: int) -> bool:
        if self._inflater is not None or tag in NEEDED:
            return False
        if tag in self._plan.keep and length <= self._limits.elements * _LONGEST_ENTRY:
            return False
        return not (tag & 0x10000 and 0x10 <= tag & 0xFFFF <= 0xFF)  # a private creator

    def _undefined(self, tag: int, vr: str | None, size: int, form: int) -> bool:
        """Take an element of undefined length: a sequence, or encapsulated pixel data."""
        buffer, plan = self._buffer, self._plan
        if self._in_meta:
            self._fail("a value of undefined length in the file meta information", tag=tag)
        buffer.pos += size
        start = buffer.offset
        known = vr if vr is not None else find_vr(tag)
        sequence = known in ("SQ", "UN", None)
        if not self._wants(tag):
            self._out = DISCARD
        if self._out is DISCARD or (plan.expand is not Expand.NONE and sequence) or start in self._apart:
            raw = False
        elif not sequence and plan.skip_above is not None and not self._frames and self._may_defer(tag, 0):
            self._put((tag, vr, UNDEFINED_LENGTH, None, start, form), header=HEAD_SIZE)
            self._stopped = self._unwalked = self._deferred = True
            return self._go(State.DONE)
        else:
            raw = plan.expand is not Expand.ALL
        self._value = (tag, vr, UNDEFINED_LENGTH, None, start, form)
        if raw:
            return self._open_raw(sequence=sequence)
        return self._open_undefined()
