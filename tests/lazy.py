"""Objects of hundreds of megabytes that are computed by slices: nothing of them is ever in memory as a whole."""

from __future__ import annotations

import struct
from bisect import bisect_right
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, overload

from tests import made

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ("LazyBytes", "LazySlide")


class LazyBytes:
    """Bytes that are made when they are asked for.

    Args:
        parts: The length of each part, and what makes it.
    """

    def __init__(self, parts: Sequence[tuple[int, Callable[[], bytes]]]) -> None:
        self._parts = parts
        self._starts = [0, *accumulate(length for length, _ in parts)]

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, key: slice) -> bytes: ...

    @overload
    def __getitem__(self, key: int) -> int: ...

    def __getitem__(self, key: slice | int) -> bytes | int:
        if isinstance(key, int):
            return self[key : key + 1][0]
        start, stop, _ = key.indices(len(self))
        found: list[bytes] = []
        number = bisect_right(self._starts, start) - 1
        while start < stop and number < len(self._parts):
            first, end = self._starts[number : number + 2]
            found.append(self._parts[number][1]()[start - first : stop - first])
            start, number = end, number + 1
        return b"".join(found)


class LazySlide:
    """A whole-slide image: one JPEG frame a fragment, about as in the baseline of 312 MB.

    Args:
        frames: How many frames there are.
        table: ``"basic"``, ``"extended"`` or nothing.
        length: The least bytes of a frame.
        header: Bytes of a text in the header.
    """

    def __init__(self, frames: int = 14_500, table: str = "", *, length: int = 20_000, header: int = 5_000) -> None:
        self.frames = frames
        self._length = length
        sizes = [self.size_of(number) for number in range(frames)]
        offsets = [0, *accumulate(size + 8 for size in sizes)]
        body = made.element(0x00080005, "CS", "ISO_IR 100") + made.element(0x00100020, "LO", "4711")
        body += made.element(0x00280008, "IS", str(frames)) + made.element(0x00400280, "ST", "x" * header)
        basic = b""
        if table == "basic":
            basic = struct.pack(f"<{frames}L", *offsets[:-1])
        elif table == "extended":
            body += made.element(0x7FE00001, "OV", struct.pack(f"<{frames}Q", *offsets[:-1]))
            body += made.element(0x7FE00002, "OV", struct.pack(f"<{frames}Q", *sizes))
        head = made.part10(body, made.JPEG_BASELINE)
        start = made.header(made.PIXEL_DATA, "OB", made.UNDEFINED) + made.item(basic)
        self.header = len(head)
        self.table = len(basic)
        self.base = len(head) + len(start)
        self.starts = [self.base + offset for offset in offsets]
        end = made.header(made.SEQUENCE_END, "", 0)
        parts: list[tuple[int, Callable[[], bytes]]] = [(len(head), lambda: head), (len(start), lambda: start)]
        parts += [(size + 8, partial(self._item, number)) for number, size in enumerate(sizes)]
        self.data = LazyBytes([*parts, (len(end), lambda: end)])

    def size_of(self, number: int) -> int:
        """Return how long a frame is."""
        return self._length + 2 * (number * 7919 % 1500)

    def _item(self, number: int) -> bytes:
        return made.item(self.frame(number))

    def frame(self, number: int) -> bytes:
        """Return the bytes of a frame."""
        return b"\xff\xd8" + struct.pack(">Q", number) + bytes(self.size_of(number) - 12) + b"\xff\xd9"
