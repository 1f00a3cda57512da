"""The steps at the end of the bytes: of the source, or of what a deflated data set inflates to."""

from __future__ import annotations

import zlib

from adicom.parser.kinds import Kind
from adicom.parser.plan import Expand
from adicom.parser.states import State
from adicom.parser.steps.core import PLAIN, Core
from adicom.parser.syntax import HEAD_SIZE

__all__ = ("Ending",)


class Ending(Core):
    """Tells an end from a truncation."""

    def _inflate(self) -> bool:
        """Move inflated bytes into the buffer; return whether that changed anything."""
        inflater = self._inflater
        if inflater is None or self._eof:
            return False
        try:
            data = inflater.pull()
        except zlib.error:
            self._eof = True  # what came before is taken first, then _check_inflated raises
            return True
        if data:
            room = self._limits.inflated_bytes - self._inflated
            self._inflated += len(data)
            if self._plan.expand is not Expand.ALL and len(data) > room:
                data = data[:room]
                self._eof = self._overgrown = True
            self._buffer.append(data)
            return True
        self._eof = inflater.ended or self._source_end is not None
        return self._eof

    def _end_of_source(self) -> bool:
        """Take the fewer than eight bytes that may stand behind the last element."""
        buffer = self._buffer
        buffer.join()
        rest = buffer.data[buffer.pos :]
        if rest.strip(b"\0"):
            self._truncated("a data element header", offset=buffer.offset, wanted=HEAD_SIZE, got=len(rest))
        return self._end_file(len(rest), buffer.offset)

    def _end_file(self, padding: int, offset: int) -> bool:
        inflater = self._inflater
        self._check_inflated()
        if inflater is not None and not inflater.ended:
            self._truncated("the deflated data", offset=self._buffer.offset, wanted=1, got=0)
        if inflater is not None and self._source_end is None:
            return False  # what comes behind the deflated data may be garbage
        if inflater is not None and inflater.has_garbage():
            self._fail("there are bytes behind the end of the deflated data set")
        if inflater is not None and (missing := inflater.missing_trailer()):
            got = inflater.trailing
            self._truncated(
                "the trailer of the deflated data", offset=self._buffer.offset, wanted=got + missing, got=got
            )
        if padding:
            self._warn("zero bytes behind the last data element", offset)
        self._out.append((Kind.FILE_END, padding, offset, self._scan.form))
        return self._go(State.DONE)

    def _padding(self) -> bool:
        buffer = self._buffer
        while view := buffer.take(PLAIN):
            if bytes(view).strip(b"\0"):
                start = buffer.offset - len(view) - self._left
                self._fail("zero bytes where a data element was wanted, and others behind them", offset=start)
            self._left += len(view)
        if not self._eof:
            return False
        offset = buffer.offset - self._left
        return self._end_file(self._left, offset)
