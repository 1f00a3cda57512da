"""The transform of the tables that tell where encapsulated frames start (PS3.5 A.4, PS3.3 C.7.6.3.1.8)."""

from __future__ import annotations

import sys
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from adicom.errors import EncodeError
from adicom.parser import events as ev
from adicom.pixels.boundaries import Boundaries
from adicom.pixels.marks import HEAD_SIZE, TAIL_SIZE, marks_of
from adicom.pixels.walk import ENDS, STARTS
from adicom.rewriting.elements import ElementStage, Verdict, made, plain
from adicom.tag import BaseTag
from adicom.uid import MPEGTransferSyntaxes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adicom.pixels.marks import Marks
    from adicom.pixels.walk import FragmentWalk
    from adicom.rewriting.base import Run, Stage, Tags
    from adicom.rewriting.elements import Header

__all__ = ("OffsetTable",)

_OFFSETS: Final = 0x7FE00001
_LENGTHS: Final = 0x7FE00002
_PIXEL_DATA: Final = 0x7FE00010
_NUMBER_OF_FRAMES: Final = 0x00280008
_FARTHEST: Final = 0xFFFFFFFF
_LONGEST: Final = 64 * 2**20
_HEADER: Final = 8


@dataclass(frozen=True)
class OffsetTable:
    """Gives encapsulated pixel data an offset table, or takes it away.

    A table stands in front of what it describes, so the source is read twice, the first time to measure. An object
    without encapsulated pixel data stays as it is.

    Args:
        kind: ``"basic"`` for a Basic Offset Table; ``"extended"`` for an Extended Offset Table, which wants each frame
            in one fragment; ``"none"`` for an empty Basic Offset Table and no other.

    Raises:
        ValueError: It is none of these.
        EncodeError: While it is rewritten, before anything is written: nothing tells where the frames start; an offset
            is above 2**32 - 1, which only an extended table can hold.

    Example:
        >>> OffsetTable("basic").two_passes, OffsetTable("none").two_passes
        (True, False)
    """

    kind: Literal["basic", "extended", "none"]

    def __post_init__(self) -> None:
        if self.kind not in ("basic", "extended", "none"):
            raise ValueError('OffsetTable takes "basic", "extended" or "none"')

    @property
    def two_passes(self) -> bool:
        """Whether it has to measure first."""
        return self.kind != "none"

    def start(self, run: Run) -> Stage:
        """Return a stage for the events of one object."""
        return _Measuring(run, self.kind) if run.measuring else _Writing(run, self.kind)


class _Frames:
    """What one pass tells the other: where the item of each frame starts, from the first of them on, and its length."""

    def __init__(self, starts: array[int], lengths: array[int]) -> None:
        self.starts = starts
        self.lengths = lengths


class _Tables(ElementStage):
    """What both passes share."""

    sees_fragments = True

    def __init__(self, run: Run, kind: str) -> None:
        super().__init__(run, _LONGEST)
        self._kind = kind
        self._in_pixels = False

    def reaches(self, tags: Tags) -> bool:
        return False

    def judge(self, event: Header) -> Verdict:
        if event.tag == _PIXEL_DATA and not event.path and isinstance(event, ev.PixelDataStart):
            self._in_pixels = True
        return Verdict.KEEP


class _Measuring(_Tables):
    """Takes note of the fragments; it also looks as the walk that frames are told from.

    Attributes:
        starts: Where the item of each fragment starts.
        flags: For each fragment, whether it looks like the start or the end of a frame.
        position: Where the next item starts.
        finished: Whether there are no more.
    """

    def __init__(self, run: Run, kind: str) -> None:
        super().__init__(run, kind)
        self.starts = array("Q")
        self.flags = bytearray()
        self.position = 0
        self.finished = False
        self._lengths = array("Q")
        self._syntax: str | None = None
        self._marks: Marks | None = None
        self._frames = 1
        self._basic = bytearray()
        self._extended = b""
        self._head = self._tail = b""

    def judge(self, event: Header) -> Verdict:
        super().judge(event)
        wanted = event.tag in (_OFFSETS, _NUMBER_OF_FRAMES) and not event.path
        return Verdict.TAKE if wanted and isinstance(event, ev.Element | ev.ValueStart) else Verdict.KEEP

    def change(self, element: ev.Element) -> Iterable[ev.Event]:
        if element.tag == _OFFSETS:
            self._extended = element.value
        else:
            text = element.value.decode("latin-1").strip("\0 ")
            self._frames = int(text) if text.isdecimal() and int(text) else 1
        return (element,)

    def pass_by(self, event: ev.Event) -> Iterable[ev.Event]:
        if isinstance(event, ev.FileMetaEnd):
            self._syntax = event.transfer_syntax
            self._marks = marks_of(self._syntax)
        elif self._in_pixels:
            self._fragment(event)
        return (event,)

    def _fragment(self, event: ev.Event) -> None:
        match event:
            case ev.FragmentStart(index=index, length=length) if index:
                self.starts.append(self.position)
                self._lengths.append(length)
                self.position += _HEADER + length
                self._head = self._tail = b""
            case ev.ValueChunk(data=data) if not len(self.starts):
                if len(self._basic) + len(data) <= _LONGEST:
                    self._basic += data
            case ev.ValueChunk(data=data):
                if len(self._head) < HEAD_SIZE:
                    self._head += data[: HEAD_SIZE - len(self._head)]
                self._tail = (self._tail + data[-TAIL_SIZE:])[-TAIL_SIZE:]
            case ev.FragmentEnd(index=index) if index:
                self.flags.append(self._looks())
            case ev.PixelDataEnd():
                self._in_pixels, self.finished = False, True
                self._run.measured = self._found()

    def _looks(self) -> int:
        marks = self._marks
        if marks is None:
            return 0
        ends = marks.ends is not None and marks.ends(self._tail)
        return STARTS * marks.starts(self._head) + ENDS * ends

    def _found(self) -> _Frames:
        """Return where the frames start.

        Raises:
            EncodeError: Nothing tells, or the table could not hold it.
        """
        if self._syntax in MPEGTransferSyntaxes:
            raise EncodeError("the frames of a video are one stream: no table tells where they start", tag=_PIXEL_DATA)
        starts = self._starts_of_frames()
        if self._kind == "extended" and len(starts) != len(self.starts):
            raise EncodeError(
                f"an Extended Offset Table wants each frame in one fragment, {len(starts)} are in {len(self.starts)}",
                tag=_PIXEL_DATA,
            )
        if self._kind == "basic" and len(starts) and starts[-1] > _FARTHEST:
            raise EncodeError(
                f"a Basic Offset Table ends at byte {_FARTHEST}, a frame starts at {starts[-1]}: an extended one is "
                "wanted",
                tag=_PIXEL_DATA,
            )
        return _Frames(starts, self._lengths)

    def _starts_of_frames(self) -> array[int]:
        if self._frames == 1:
            return self.starts[:1]
        if self._frames == len(self.starts):
            return self.starts
        known = set(self.starts)
        for table, code in ((self._extended, "Q"), (bytes(self._basic), "I")):
            if len(table) == self._frames * array(code).itemsize:
                offsets = _little(array(code, table))
                if offsets[0] == 0 and known.issuperset(offsets) and sorted(offsets) == list(offsets):
                    return array("Q", offsets)
        boundaries = Boundaries(cast("FragmentWalk", self), self._frames, self._marks)
        boundaries.update()
        if boundaries.fault or boundaries.complete != self._frames:
            raise EncodeError(boundaries.fault or "nothing tells where the frames start", tag=_PIXEL_DATA)
        return array("Q", [boundaries.start_of(number) or 0 for number in range(self._frames)])


def _little(numbers: array[int]) -> array[int]:
    """Return little-endian numbers as numbers, or the other way round."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


class _Writing(_Tables):
    def __init__(self, run: Run, kind: str) -> None:
        super().__init__(run, kind)
        self._found: _Frames | None = run.measured
        self._extended = kind == "extended" and self._found is not None and len(self._found.starts) > 0
        self._skipping = False

    def judge(self, event: Header) -> Verdict:
        super().judge(event)
        if event.path or event.tag not in (_OFFSETS, _LENGTHS):
            return Verdict.KEEP
        if self._kind != "none" and self._found is None:
            return Verdict.KEEP
        if not self._extended:
            self._run.note("deleted", (), event.tag)
        return Verdict.DROP

    def before(self, event: Header) -> Iterable[ev.Event]:
        if not self._extended or self._found is None or event.path or event.tag <= _LENGTHS:
            return ()
        self._extended = False
        out = []
        for tag, numbers in ((_OFFSETS, self._found.starts), (_LENGTHS, self._found.lengths)):
            self._run.note("set", (), tag)
            value = _little(numbers[:]).tobytes()  # compressed data sets are little endian (PS3.5 A.4)
            out.append(made(event.offset, (), plain(event.encoding), BaseTag(tag), "OV", value))
        return out

    def pass_by(self, event: ev.Event) -> Iterable[ev.Event]:
        if not self._in_pixels:
            return (event,)
        if isinstance(event, ev.FragmentStart) and event.index == 0:
            self._skipping = True
            return self._table(event)
        if isinstance(event, ev.FragmentEnd) and self._skipping:
            self._skipping = False
            return (event,)
        if isinstance(event, ev.PixelDataEnd):
            self._in_pixels = False
        return () if self._skipping else (event,)

    def _table(self, event: Any) -> Iterable[ev.Event]:
        value = b""
        if self._kind == "basic" and self._found is not None:
            value = _little(array("I", self._found.starts)).tobytes()
        if value or event.length:
            self._run.note("replaced", (), _PIXEL_DATA)
        start = ev.FragmentStart(event.offset, event.path, event.encoding, 0, len(value))
        if not value:
            return (start,)
        return (start, ev.ValueChunk(event.offset, event.path, event.encoding, memoryview(value)))
