"""The steps in front of the data set: preamble, file meta information, how it is encoded."""

from __future__ import annotations

from typing import Final

from adicom.errors import InvalidDicomError
from adicom.parser.buffer import Buffer
from adicom.parser.inflate import SNIFF_SIZE, Inflater, sniff_deflated
from adicom.parser.kinds import IMPLICIT, LITTLE, Kind, form_of
from adicom.parser.states import State
from adicom.parser.steps.core import PLAIN, PREFIX_END
from adicom.parser.steps.elements import Elements
from adicom.parser.syntax import HEAD_SIZE, Syntax, classify, looks_explicit, sniff

__all__ = ("Framing",)

_META_BEFORE: Final = 0x0001FFFF
_META_WATCH: Final = 0x00030000
_USUAL_GROUP: Final = b"\x08\0"
_GZIP: Final = b"\x1f\x8b\x08"  # RFC 1952 2.3.1
_GROUP_LENGTH: Final = b"\2\0\0\0UL\4\0"


class Framing(Elements):
    """Finds out what the source is (PS3.10 7.1, PS3.5 annex A)."""

    def _start(self) -> bool:
        buffer = self._buffer
        if not buffer.fill(PREFIX_END) and not self._eof:
            return self._short_of(PREFIX_END, "the preamble")
        buffer.join()
        preamble = None
        if buffer.data[128:PREFIX_END] == b"DICM":
            preamble = buffer.data[:128]
        elif not buffer.data:
            raise InvalidDicomError("the source is empty", offset=0)
        elif not self._force:
            if buffer.data[:3] == _GZIP:
                raise InvalidDicomError("this is compressed with gzip: read it through adicom.io.gunzip", offset=0)
            raise InvalidDicomError(offset=min(128, len(buffer.data)))
        self._out.append((Kind.FILE_START, preamble, 0))
        if preamble is not None:
            buffer.pos = PREFIX_END
        self._in_meta = True
        self._scan.prev, self._scan.watch, self._scan.plain = (
            _META_BEFORE,
            _META_WATCH,
            min(PLAIN, self._limits.collected_value),
        )
        self._want = HEAD_SIZE
        return self._go(State.META)

    def _meta(self) -> bool:
        buffer, scanning = self._buffer, self._scan
        if not buffer.fill(self._want) and not self._eof:
            return False
        if self._eof:
            buffer.join()  # what is looked at below may be all there is
        if scanning.prev == _META_BEFORE and not self._sniff_meta():
            return self._end_meta()
        at = len(self._out)
        scanning.end = self._meta_end  # where it should end; what stands there tells
        self._run()
        scanning.end = None
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

    def _sniff_meta(self) -> bool:
        """Tell whether there is file meta information; it should be explicit, but sometimes is implicit."""
        buffer = self._buffer
        head = buffer.data[buffer.pos : buffer.pos + HEAD_SIZE]
        if head[:2] != b"\x02\0":
            return False
        if head == _GROUP_LENGTH:
            if buffer.fill(HEAD_SIZE + 4):
                length = buffer.data[buffer.pos + HEAD_SIZE : buffer.pos + HEAD_SIZE + 4]
                self._meta_end = buffer.offset + HEAD_SIZE + 4 + int.from_bytes(length, "little")
        elif len(head) == HEAD_SIZE and not looks_explicit(head):
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
        if syntax == Syntax.NO_DATA_SET:
            raise InvalidDicomError(
                f"transfer syntax {self._transfer_syntax} is no DICOM data set", offset=self._buffer.offset
            )
        if syntax == Syntax.DEFLATED:
            self._want = SNIFF_SIZE
            return self._go(State.DEFLATE)
        buffer = self._buffer
        if not buffer.fill(HEAD_SIZE) and not self._eof:
            return self._short_of(HEAD_SIZE, "the data set")
        buffer.join()
        head = buffer.data[buffer.pos : buffer.pos + HEAD_SIZE]
        if syntax == Syntax.EXPLICIT and head[:2] == _USUAL_GROUP and looks_explicit(head):
            return self._begin(implicit=False, little=True, inflated=False)
        if syntax == Syntax.UNKNOWN:
            syntax = sniff(head)
            if head:
                self._warn(f"unknown or no transfer syntax, the data set looks like {syntax}")
        implicit = syntax == Syntax.IMPLICIT
        is_delimiter = head[:2] in (b"\xfe\xff", b"\xff\xfe")
        if len(head) == HEAD_SIZE and head.strip(b"\0") and not is_delimiter and looks_explicit(head) is implicit:
            found = "explicit" if implicit else "implicit"
            self._warn(f"the transfer syntax says {syntax}, but the elements are {found} VR")
            implicit = not implicit
        self._begin(implicit=implicit, little=syntax != Syntax.BIG, inflated=False)
        return self._go(State.PADDING if head == bytes(HEAD_SIZE) else State.ELEMENTS)

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
        scanning.prev, scanning.watch, scanning.plain = -1, self._plan.watch, self._plain
        self._back = State.ELEMENTS
        self._want = HEAD_SIZE
        return self._go(State.ELEMENTS)
