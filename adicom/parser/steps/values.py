"""The steps that take a value: whole, in chunks, or not at all."""

from __future__ import annotations

from typing import Any

from adicom.parser.kinds import Kind, RawElement
from adicom.parser.states import State
from adicom.parser.steps.core import header_bytes
from adicom.parser.steps.ending import Ending
from adicom.parser.syntax import HEAD_SIZE

__all__ = ("Values",)


class Values(Ending):
    """Takes values of defined length."""

    def _take_value(self, raw: RawElement) -> bool:
        """Deliver a value whole, at once if it is here."""
        tag, vr, length, _, start, form = raw
        buffer = self._buffer
        if length > self._limits.collected_value:
            self._over("collected_value", f"a value of {length} bytes", tag=tag)
        pos = buffer.pos
        if pos + length <= len(buffer.data):
            value: Any = buffer.data[pos : pos + length] if length <= self._copied else (buffer.data, pos)
            self._put((tag, vr, length, value, start, form), header=header_bytes(length))
            buffer.pos = pos + length
            self._want = HEAD_SIZE
            return self._go(State.META if self._in_meta else State.ELEMENTS)
        self._value, self._left = raw, length
        self._parts: list[memoryview] = []
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
        self._put((tag, vr, length, value, start, form), header=header_bytes(length))
        self._parts = []
        self._want = HEAD_SIZE
        return self._go(self._back)

    def _stream(self, raw: RawElement, closing: tuple[Any, ...], back: int = State.ELEMENTS) -> bool:
        """Deliver a value in chunks; ``closing`` is the tuple that ends it."""
        self._value, self._left, self._closing, self._back = raw, raw[2], closing, back
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

    def _pass(self, raw: RawElement, back: int = State.ELEMENTS) -> bool:
        """Pass a value over."""
        self._value, self._left, self._back = raw, raw[2], back
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

    def _short_of_value(self) -> bool:
        if not self._eof:
            return False
        assert self._value is not None
        tag, length = self._value[0], self._value[2]
        got = length - self._left
        self._parts = []
        self._truncated("a value", offset=self._buffer.offset - got, wanted=length, got=got, tag=tag)
