"""Frames that are not compressed: where each lies follows from the image's size."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final

from adicom.errors import DecodeError, DicomWarning
from adicom.io.base import Range
from adicom.pixels.asking import Ask
from adicom.pixels.layout import DOUBLE_FLOAT_PIXEL_DATA, FLOAT_PIXEL_DATA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adicom.pixels.asking import Steps
    from adicom.pixels.layout import Layout

__all__ = ("NativeFrames",)

_FLOATS: Final = {FLOAT_PIXEL_DATA: 32, DOUBLE_FLOAT_PIXEL_DATA: 64}
_WORD: Final = 16


class NativeFrames:
    """The frames of native pixel data (PS3.5 8.1, 8.2).

    A frame's bytes are those of the file, in its byte order. Two kinds of frames cannot be cut from the file:

    * One-bit pixels are packed, so that a frame may start inside a byte. Such a frame is shifted: its first pixel is
      the least significant bit of its first byte, and what is left of the last byte is zero.
    * In big endian OW, samples of 8 bits come in words, and an odd frame starts or ends inside one. It comes with
      the whole words that it touches, as in pydicom.

    Args:
        layout: How the frames are laid out.

    Raises:
        DecodeError: No frame can be laid out like this.

    Attributes:
        number: How many frames there are.
        fill_the_value: Whether the value is as long as they are together.

    Example:
        >>> from adicom.pixels.layout import Layout
        >>> layout = Layout(tag=0x7FE00010, offset=1000, length=16, frames=2, rows=2, columns=2, samples=1, bits=16)
        >>> NativeFrames(layout).range_of(1)
        Range(offset=1008, length=8)
    """

    def __init__(self, layout: Layout) -> None:
        self.number = layout.frames
        self._offset = layout.offset
        assert layout.length is not None
        self._length = layout.length
        self._bits = bits = _bits_allocated(layout)
        self._frame = _pixels(layout) * bits  # bits of a frame
        in_words = not layout.little_endian and layout.vr != "OB"
        # How many bits cannot be told apart where a frame starts or ends.
        self._unit = _WORD if in_words and bits <= 8 else 8
        total = -(-self._frame * self.number // 8)
        self.fill_the_value = self._length in (total, total + (total & 1))
        if self._length > total + (total & 1):
            warnings.warn(
                f"the pixel data has {self._length} bytes where {total} were expected", DicomWarning, stacklevel=3
            )

    def range_of(self, index: int) -> Range:
        """Return where the bytes of a frame lie.

        Raises:
            DecodeError: The pixel data ends before.
        """
        unit = self._unit
        start, end = self._frame * index, self._frame * (index + 1)
        if -(-end // 8) > self._length:
            raise DecodeError(
                f"frame {index} ends at byte {-(-end // 8)} of the pixel data, which has {self._length} bytes"
            )
        first, last = start // unit * unit // 8, -(-end // unit) * unit // 8
        return Range(self._offset + first, min(last, self._length) - first)

    def cut(self, index: int, place: Range, data: bytes) -> bytes:
        """Return the frame that lies in the bytes of its place."""
        start, unit = self._frame * index, self._unit
        if self._bits > 1 or not (start % unit or self._frame % unit):
            return data
        if unit == _WORD:
            data = _swapped(data)
        bits = int.from_bytes(data, "little") >> start % unit
        return (bits & ((1 << self._frame) - 1)).to_bytes(-(-self._frame // 8), "little")

    def locate(self, indices: Sequence[int], room: int) -> Steps[dict[int, bytes]]:
        """Do nothing: all is known."""
        yield from ()
        return {}

    def frame(self, index: int) -> Steps[bytes]:
        """Bring a frame."""
        place = self.range_of(index)
        [data] = yield Ask([place])
        return self.cut(index, place, data)


def _bits_allocated(layout: Layout) -> int:
    bits = _FLOATS.get(layout.tag, layout.bits)
    if bits is None:
        raise DecodeError("Bits Allocated (0028,0100) is missing")
    if bits != 1 and (bits % 8 or not 8 <= bits <= 64):
        raise DecodeError("Bits Allocated (0028,0100) is neither 1 nor 8, 16, ... 64 (PS3.5 8.1.1)")
    return bits


def _pixels(layout: Layout) -> int:
    """Return how many samples a frame has."""
    samples = layout.samples
    if samples is None and layout.tag in _FLOATS:
        samples = 1
    count = 1
    numbers = {"Rows": layout.rows, "Columns": layout.columns, "Samples per Pixel": samples}
    for name, number in numbers.items():
        if number is None:
            raise DecodeError(f"{name} is missing, so that nothing tells how long a frame is")
        if number < 1:
            raise DecodeError(f"{name} is below 1")
        count *= number
    if layout.subsampled and samples == 3:
        if count % 3 or (count // 3) % 2:
            raise DecodeError("the image has an odd number of pixels, but two share their chrominance")
        return count // 3 * 2
    return count


def _swapped(data: bytes) -> bytes:
    """Return the bytes of each word in the other order."""
    swapped = bytearray(data + bytes(len(data) & 1))
    swapped[0::2], swapped[1::2] = swapped[1::2], swapped[0::2]
    return bytes(swapped)
