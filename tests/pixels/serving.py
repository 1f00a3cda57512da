"""Runs the operations of :mod:`adicom.pixels` over bytes, and makes pixel data out of fragments."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final, TypeVar

from adicom.errors import TruncatedError
from adicom.pixels import Layout, frames_of
from adicom.pixels.encapsulated import EncapsulatedFrames
from tests import made

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from adicom.io import Range
    from adicom.pixels import Ask, Steps

__all__ = ("JPEG", "START", "Served", "encapsulated", "jpeg", "offsets_of", "pixels_of")

T = TypeVar("T")

JPEG: Final = made.JPEG_BASELINE
START: Final = 1000
"""Where the pixel data starts in what is served."""


class Served:
    """Answers as a source would, and counts.

    Args:
        data: The bytes from ``START`` on.
        is_sized: Whether the source says how long it is.
    """

    def __init__(self, data: bytes, *, is_sized: bool = True) -> None:
        self.data = data
        self.asked: list[Range] = []
        self._is_sized = is_sized

    def size(self) -> int | None:
        return START + len(self.data) if self._is_sized else None

    def run(self, steps: Steps[T]) -> T:
        """Return what an operation returns."""
        try:
            ask = next(steps)
            while True:
                ask = steps.send([self._answer(wanted, ask) for wanted in ask.ranges])
        except StopIteration as end:
            result: T = end.value
            return result

    def _answer(self, wanted: Range, ask: Ask) -> bytes:
        assert wanted.length > 0
        assert wanted.offset >= START
        self.asked.append(wanted)
        found = self.data[wanted.offset - START : wanted.end - START]
        if len(found) < wanted.length and not ask.short:
            raise TruncatedError("ended", offset=wanted.offset, wanted=wanted.length, got=len(found))
        return found


def jpeg(payload: bytes = b"", *, start: bytes = b"\xff\xd8", end: bytes = b"\xff\xd9") -> bytes:
    """Return what has the marks of a JPEG image, in an even number of bytes."""
    return start + payload + bytes(len(payload) & 1) + end


def offsets_of(frames: Iterable[Sequence[bytes]]) -> list[int]:
    """Return where the frames start, counted from the first item behind the Basic Offset Table."""
    found, at = [], 0
    for fragments in frames:
        found.append(at)
        at += sum(len(fragment) + 8 for fragment in fragments)
    return found


def encapsulated(fragments: Iterable[bytes], offsets: Sequence[int] = (), *, big: bool = False) -> bytes:
    """Return the value of encapsulated pixel data, from the Basic Offset Table's item to the delimiter."""
    form = made.BIG if big else made.EXPLICIT
    items = [struct.pack(f"{form.order}{len(offsets)}L", *offsets), *fragments]
    return b"".join(made.item(item, form) for item in items) + made.header(made.SEQUENCE_END, "", 0, form)


def pixels_of(served: Served, frames: int, syntax: str | None = JPEG, **options: Any) -> EncapsulatedFrames:
    """Return the frames of what is served."""
    little = options.pop("little_endian", True)
    layout = Layout(
        transfer_syntax=syntax, tag=made.PIXEL_DATA, offset=START, length=None, frames=frames, little_endian=little
    )
    found = frames_of(layout, size=served.size, **options)
    assert isinstance(found, EncapsulatedFrames)
    return found
