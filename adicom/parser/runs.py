"""A run of plain elements that were found, not taken: where each one is, in a copy of their bytes.

Most elements of a header are never looked at. So the builder gets a number an element; the rest is read from
the bytes when somebody asks.
"""

from __future__ import annotations

from struct import Struct, error
from typing import TYPE_CHECKING, Final, Literal

from adicom.parser.kinds import IMPLICIT, LITTLE, RawElement
from adicom.vr import LONG_VR, SHORT_VR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adicom.parser.scan import ScanState

__all__ = ("WINDOW", "Run", "find_run")

_EXPLICIT: Final = {LITTLE: Struct("<HHHH").unpack_from, 0: Struct(">HHHH").unpack_from}
_IMPLICIT: Final = {LITTLE: Struct("<HHL").unpack_from, 0: Struct(">HHL").unpack_from}
_LENGTH: Final = {LITTLE: Struct("<L").unpack_from, 0: Struct(">L").unpack_from}


_CHECKED: Final = 9
"""Stands for a header of eight bytes where the length of a short VR must be looked at, too."""


def _sizes(order: Literal["little", "big"], short: int) -> dict[int, int]:
    """Return the size of an explicit header by the number that its VR is in a byte order."""
    return {int.from_bytes(code, order): size for table, size in ((SHORT_VR, short), (LONG_VR, 12)) for code in table}


_SIZES: Final = {
    (form, short): _sizes("little" if form else "big", short) for form in (LITTLE, 0) for short in (8, _CHECKED)
}
_LONGEST_SHORT: Final = 0xFFFF
WINDOW: Final = 2**14
"""Bytes of a run: what is behind them is left to the next one, so that what must be copied is short."""


class Run:
    """Plain elements of one level, next to each other.

    Attributes:
        base: Where they start.
        data: Their bytes.
        form: How their headers are written.
        offsets: Where each one starts, by tag.
    """

    __slots__ = ("base", "data", "form", "offsets")

    def __init__(self, base: int, data: bytes, form: int, offsets: dict[int, int]) -> None:
        self.base = base
        self.data = data
        self.form = form
        self.offsets = offsets

    def raw(self, offset: int) -> RawElement:
        """Return the element that starts at an offset."""
        data, form = self.data, self.form
        pos = offset - self.base
        start = pos + 8
        if form & IMPLICIT:
            group, element, length = _IMPLICIT[form & LITTLE](data, pos)
            return group << 16 | element, None, length, data[start : start + length], offset + 8, form
        group, element, _, length = _EXPLICIT[form & LITTLE](data, pos)
        code = data[pos + 4 : start - 2]
        if code in SHORT_VR:
            return group << 16 | element, SHORT_VR[code], length, data[start : start + length], offset + 8, form
        (length,) = _LENGTH[form & LITTLE](data, start)
        start += 4
        return group << 16 | element, LONG_VR[code], length, data[start : start + length], offset + 12, form

    def end(self, offset: int) -> int:
        """Return where the element that starts at an offset ends."""
        data, form = self.data, self.form
        pos = offset - self.base
        length: int
        size = 8
        if form & IMPLICIT:
            _, _, length = _IMPLICIT[form & LITTLE](data, pos)
        else:
            _, _, code, length = _EXPLICIT[form & LITTLE](data, pos)
            size = _SIZES[form & LITTLE, 8][code]
            if size != 8:
                (length,) = _LENGTH[form & LITTLE](data, pos + 8)
        return offset + size + length

    def release(self) -> dict[int, int]:
        """Give the offsets away, to somebody who puts other things into them."""
        offsets, self.offsets = self.offsets, {}
        return offsets

    def __iter__(self) -> Iterator[RawElement]:
        return map(self.raw, self.offsets.values())


def find_run(buf: bytes, state: ScanState) -> Run | None:
    """Return the run of plain elements at ``state.pos``, sequences of defined length included; None if there is none.

    This is the hottest loop of all, so as in :mod:`adicom.parser.scan` speed beats style here. It needs no check
    of how much is left: a header that is cut off makes the unpacking fail, and a value that is shows at the end.

    Args:
        buf: The bytes that are here.
        state: Where to begin, at the top level; ``pos`` and ``prev`` are moved.
    """
    form = state.form
    little = form & LITTLE
    pos, prev, watch, plain, base = state.pos, state.prev, state.watch, state.plain, state.base
    if watch <= prev + 1:
        return None
    data, end = buf, pos + WINDOW
    if state.end is not None and state.end - base < end:
        end = state.end - base
    if end < len(buf):
        shift = pos if end > 2 * WINDOW else 0  # at the start of a source the indices need no change
        data = buf[shift:end]
        pos -= shift
        base += shift
    first = pos
    last_group, last_element = prev >> 16, prev & 0xFFFF
    high = last_group << 16
    offsets: dict[int, int] = {}
    try:
        if form & IMPLICIT:
            unpack_item = _IMPLICIT[little]
            while True:
                group, element, length = unpack_item(data, pos)
                if group != last_group:
                    if group < last_group:
                        break
                    last_group = group
                    high = group << 16
                elif element <= last_element:
                    break
                if length > plain:
                    break
                offsets[high | element] = pos
                last_element = element
                pos += 8 + length
        else:
            unpack = _EXPLICIT[little]
            unpack_length = _LENGTH[little]
            sizes = _SIZES[little, 8 if plain >= _LONGEST_SHORT else _CHECKED]
            while True:
                group, element, code, length = unpack(data, pos)
                if group != last_group:
                    if group < last_group:
                        break
                    last_group = group
                    high = group << 16
                elif element <= last_element:
                    break
                size = sizes[code]
                if size != 8:
                    if size == _CHECKED:
                        size = 8
                    elif length:  # reserved bytes that are not zero
                        break
                    else:
                        (length,) = unpack_length(data, pos + 8)
                    if length > plain:
                        break
                offsets[high | element] = pos
                last_element = element
                pos += size + length
    except (KeyError, error):
        pass  # a VR that is not plain, or the end of what is here
    if pos > len(data) and offsets:  # the last one is cut off
        _, pos = offsets.popitem()
    prev = next(reversed(offsets), prev)
    while prev >= watch:  # looked at afterwards, since it is seldom so
        pos = offsets.pop(prev)
        prev = next(reversed(offsets), state.prev)
    if pos == first:
        return None
    run = Run(base + first, data[first:pos], form, offsets)
    if base:
        run.offsets = {tag: base + index for tag, index in offsets.items()}
    state.pos += pos - first
    state.prev = prev
    return run
