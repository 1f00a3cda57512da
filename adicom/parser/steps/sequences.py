"""The steps into and out of sequences with their items."""

from __future__ import annotations

from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import IMPLICIT, INFLATED, LITTLE, Kind
from adicom.parser.scan import DELIMITERS, Frame
from adicom.parser.states import State
from adicom.parser.steps.core import DISCARD, ITEM, ITEM_END, SEQUENCE_END, UNPACK_BE, UNPACK_LE
from adicom.parser.steps.values import Values
from adicom.parser.syntax import HEAD_SIZE, item_is_implicit

__all__ = ("Sequences",)


class Sequences(Values):
    """Takes sequences apart (PS3.5 7.5)."""

    def _open_sequence(self, tag: int, vr: str, length: int, start: int, form: int, end: int | None) -> bool:
        if self._depth + len(self._frames) >= self._limits.depth:
            self._over("depth", "sequences are nested too deeply", tag=tag)
        scanning = self._scan
        inner = scanning.form
        if vr == "UN":  # PS3.5 6.2.2: Implicit VR Little Endian, with all below it
            inner = IMPLICIT | LITTLE | inner & INFLATED
        self._put((Kind.SEQUENCE_START, tag, vr, length, start, form), header=HEAD_SIZE)
        frame = Frame(tag, start, end, inner, scanning.form, scanning.end)
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
        group, element, length = (UNPACK_LE if frame.form & LITTLE else UNPACK_BE)(buffer.data, buffer.pos)
        if (group, element) in ((0xFEFF, 0x00E0), (0xFEFF, 0xDDE0)) and frame.index < 0:
            self._warn("the items of a sequence are in the other byte order")
            frame.form ^= LITTLE
            return True
        if group == 0xFFFE and element == ITEM:
            return self._open_item(length)
        if group == 0xFFFE and element == SEQUENCE_END and frame.end in (None, offset + HEAD_SIZE):
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
                self._warn(
                    f"an item in {'implicit VR inside explicit' if implicit else 'explicit VR inside implicit'} VR"
                )
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
        if element == ITEM_END and self._frames:
            end = self._frames[-1].item_end
            if end is None or end == buffer.offset + HEAD_SIZE:
                if end is not None:
                    self._warn("an item delimiter in an item of defined length")
                buffer.pos += HEAD_SIZE
                return self._end_item(length)
        if not length and element in (ITEM_END, SEQUENCE_END) and not self._frames:
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
            scanning.watch = self._plan.watch
        self._want = HEAD_SIZE
        return self._go(State.ELEMENTS)
