"""The objects that the benchmarks of remote reading serve: made slice by slice, so that 312 MB take no memory."""

from __future__ import annotations

import random
import sys
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, partial
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

ROOT: Final = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from benchmarks import made  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ("CATALOGUE", "Fragments", "MadeObject", "Zeros", "made_object")

_LONGEST: Final = 64 * 1024
# Entropy-coded JPEG data has no byte FF that is followed by a marker.
_NOISE: Final = random.Random(20240307).randbytes(2 * _LONGEST).replace(b"\xff", b"\xfe")


class Part(Protocol):
    """What can be asked for its length, and for a slice of its bytes; bytes are one."""

    def __len__(self) -> int: ...

    def __getitem__(self, where: slice, /) -> bytes: ...


class Zeros:
    """So many zeros.

    Args:
        length: How many.
    """

    def __init__(self, length: int) -> None:
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, where: slice) -> bytes:
        start, stop, _ = where.indices(self._length)
        return bytes(max(stop - start, 0))


class Fragments:
    """The fragments of encapsulated pixel data, each an item with a frame that looks like JPEG.

    Args:
        sizes: The bytes of each frame.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = sizes
        self.starts = [0, *accumulate(size + 8 for size in sizes)]

    def __len__(self) -> int:
        return self.starts[-1]

    def __getitem__(self, where: slice) -> bytes:
        start, stop, _ = where.indices(len(self))
        if start >= stop:
            return b""
        first = bisect_right(self.starts, start) - 1
        pieces = []
        number = first
        while number < len(self.sizes) and self.starts[number] < stop:
            pieces.append(made.fragment(self.frame(number)))
            number += 1
        return b"".join(pieces)[start - self.starts[first] : stop - self.starts[first]]

    def frame(self, number: int) -> bytes:
        """Return the bytes of one frame, counted from 0."""
        at = number * 977 % _LONGEST
        return b"\xff\xd8" + _NOISE[at : at + self.sizes[number] - 4] + b"\xff\xd9"


@dataclass(frozen=True)
class MadeObject:
    """One object, which slices like bytes do.

    Attributes:
        parts: What it consists of.
        header: Bytes in front of the offset tables of its pixels, or of the pixels where it has none.
        tables: Bytes of those tables.
        frames: How many frames it has.
    """

    parts: tuple[Part, ...]
    header: int
    tables: int = 0
    frames: int = 1

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __getitem__(self, where: slice) -> bytes:
        start, stop, _ = where.indices(len(self))
        pieces = []
        for part in self.parts:
            if start < len(part) and stop > 0:
                pieces.append(part[max(start, 0) : min(stop, len(part))])
            start, stop = start - len(part), stop - len(part)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def frame_end(self, number: int) -> int:
        """Return where the byte behind an encapsulated frame is."""
        return len(self.parts[0]) + self._fragments().starts[number + 1]

    def frame(self, number: int) -> bytes:
        """Return the bytes of one encapsulated frame, counted from 0."""
        return self._fragments().frame(number)

    def _fragments(self) -> Fragments:
        fragments = self.parts[1]
        if not isinstance(fragments, Fragments):
            raise TypeError("the object has no fragments")
        return fragments


def _whole(data: bytes, pixels: int) -> MadeObject:
    return MadeObject((data,), len(data) - pixels)


def _ct() -> MadeObject:
    return _whole(made.ct(), 2**19 + 12)


def _deflated() -> MadeObject:
    noise = random.Random(1).randbytes(6 * 2**20).translate(bytes(value & 0x0F for value in range(256)))
    return _whole(made.deflated(noise), 0)


def _multi_frame(undefined: bool, header: int) -> MadeObject:
    start, pixels = made.enhanced_start(undefined, header)
    return MadeObject((start, Zeros(pixels)), len(start) - 12, frames=pixels // (256 * 256 * 2))


def _slide(columns: int, rows: int, mean: int, table: str) -> MadeObject:
    # Tiles of glass are short, those of tissue long.
    sizes = [(mean // 2 + number * 7919 % mean) & ~1 for number in range(columns * rows)]
    start, end = made.slide_start(columns, rows, sizes, table)
    tables = {"BOT": 4 * len(sizes), "EOT": 16 * len(sizes) + 24, "none": 0}[table]
    # The header of Pixel Data and that of the Basic Offset Table belong to no other.
    return MadeObject((start, Fragments(sizes), end), len(start) - tables - 20, tables, len(sizes))


CATALOGUE: Final[dict[str, Callable[[], MadeObject]]] = {
    "ct": _ct,
    "deflated": _deflated,
    "warm-ct": _ct,
    "warm-deflated": lambda: _whole(made.deflated(bytes(4096)), 0),
}
for _form in ("defined", "undefined"):
    CATALOGUE[f"warm-{_form}"] = partial(_multi_frame, _form == "undefined", 6000)
    for _name, _size in (("100kB", 100_000), ("577kB", 577_000), ("3MB", 3_000_000)):
        CATALOGUE[f"{_form}-{_name}"] = partial(_multi_frame, _form == "undefined", _size)
for _table in ("BOT", "EOT", "none"):
    CATALOGUE[f"warm-{_table}"] = partial(_slide, 20, 10, 400, _table)
    CATALOGUE[f"{_table}-64MB"] = partial(_slide, 50, 40, 32_000, _table)
    CATALOGUE[f"{_table}-312MB"] = partial(_slide, 145, 100, 21_500, _table)


@cache
def made_object(name: str) -> MadeObject:
    """Return the object of that name.

    Raises:
        KeyError: There is none.
    """
    return CATALOGUE[name]()
