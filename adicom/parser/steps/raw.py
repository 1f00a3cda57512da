"""The steps that take what has undefined length: as one value, or apart."""

from __future__ import annotations

from typing import Final

from adicom.datadict import find_vr
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import IMPLICIT, LITTLE, Kind
from adicom.parser.scan import SkipState, skip
from adicom.parser.states import State
from adicom.parser.steps.core import DISCARD, ITEM, SEQUENCE_END, UNPACK_BE, UNPACK_LE, header_bytes
from adicom.parser.steps.sequences import Sequences
from adicom.parser.syntax import HEAD_SIZE

__all__ = ("Raw",)

_VIEWED: Final = 65536
"""From here on bytes are not copied before all of a value is here; a view of fewer could take more memory than they."""


class Raw(Sequences):
    """Takes sequences and encapsulated pixel data of undefined length (PS3.5 7.5, A.4)."""

    def _raw_limit(self) -> int:
        plan = self._plan
        if plan.skip_above is None or self._inflater is not None:
            return plan.raw_sequence_limit
        return min(plan.raw_sequence_limit, plan.skip_above)

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

    def _fragments(self) -> bool:
        buffer, frame_end = self._buffer, self._scan.end
        assert self._value is not None
        tag, form = self._value[0], self._scan.form
        offset = buffer.offset
        if frame_end is not None and frame_end - offset < HEAD_SIZE:
            self._fail(f"{frame_end - offset} bytes are left, a fragment takes {HEAD_SIZE}", tag=tag)
        if not buffer.fill(HEAD_SIZE):
            return self._short_of(HEAD_SIZE, "encapsulated pixel data")
        group, element, length = (UNPACK_LE if form & LITTLE else UNPACK_BE)(buffer.data, buffer.pos)
        if group != 0xFFFE or element not in (ITEM, SEQUENCE_END):
            self._fail("a fragment or the end of the pixel data was wanted", tag=tag)
        buffer.pos += HEAD_SIZE
        if element == SEQUENCE_END:
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
        raw = (tag, None, length, None, buffer.offset, form)
        if self._out is DISCARD:
            return self._pass(raw, State.FRAGMENTS)
        closing = (Kind.FRAGMENT_END, self._fragment - 1, end, form)
        return self._stream(raw, closing, State.FRAGMENTS)

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
        self._kept: list[bytes | memoryview] = []
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
        # The delimiter is left out where that is possible, for it would cost one more copy of the value.
        end = stop if found is None else max(pos, stop - HEAD_SIZE)
        self._kept.append(data[pos:end] if end - pos < _VIEWED else memoryview(data)[pos:end])
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
        end = self._scan.end
        if end is not None and found > end:
            self._fail(
                f"a value of undefined length overruns its item, which ends at byte {end}", offset=start, tag=tag
            )
        size = found - HEAD_SIZE - start
        value = b"".join(self._kept)
        self._kept = []
        element = tag, vr, length, value[:size], start, form
        self._put(element, header=header_bytes(size + HEAD_SIZE))
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
        if not isinstance(self._apart, set):
            self._apart = set()
        self._apart.update(walk.starts)
        fragments = (vr if vr is not None else find_vr(tag)) not in ("SQ", "UN", None)
        if fragments and walk.pos > walk.limit:
            self._over("collected_value", "encapsulated pixel data is too long", tag=tag)
        return self._open_undefined()
