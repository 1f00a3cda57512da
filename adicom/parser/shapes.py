"""Recognises items that are built like others before them, so that each is passed over in a step or two.

Two items have one shape where their headers are the same, one by one, but for the lengths of some values: as the
functional groups of frames mostly are. From one such length to the next, a single call of ``unpack_from`` brings all
headers and leaves the values out. So nothing can backtrack, and what fits is an item that a walk from header to header
would go through in the same way.
"""

from __future__ import annotations

from struct import Struct, error
from typing import TYPE_CHECKING, Final, NamedTuple

from adicom.parser.events import UNDEFINED_LENGTH
from adicom.vr import SHORT_VR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ("CUT", "NONE", "WARM_UP", "Shape", "Shapes", "Sketch", "sketch")

WARM_UP: Final = 2048
"""Bytes of a sequence before it is looked at: a short one is walked over sooner than anything of it is learned."""

NONE: Final = 0
CUT: Final = -1

_LONGEST_ITEM: Final = 2**16
"""Bytes of an item whose shape is learned."""
_MOST_HEADERS: Final = 1024
"""Headers of such an item; this bounds the memory that a shape takes."""
_LONGEST_VALUE: Final = 2**14
"""Bytes of a value in such an item: fewer than the two letters of any VR are when they are read as a length."""
_PIECE: Final = 64
"""Headers that are compared at a time: that an item does not fit mostly shows in the first few of them."""
_KEYS, _SHAPES_A_KEY = 16, 4
_WORTH: Final = 4
"""How many headers are walked over in the time that one piece takes."""
_FIRST_REST, _LONGEST_REST = 256, 2**16
"""Bytes that go by after an item has been learned, before another one is looked at."""
_PRICE: Final = 4
"""How many walks over an item it takes, at most, to learn its shape."""
_SHARE: Final = 8
"""One part in so many of what is walked over may be learned, beside what is earned by passing over items."""

_SHORT_LENGTH: Final = {True: Struct("<H").unpack_from, False: Struct(">H").unpack_from}
_LONG_LENGTH: Final = {True: Struct("<L").unpack_from, False: Struct(">L").unpack_from}
_DELIMITATION: Final = {True: b"\xfe\xff", False: b"\xff\xfe"}
_SEQUENCE_END: Final = {True: b"\xfe\xff\xdd\xe0", False: b"\xff\xfe\xe0\xdd"}


class Sketch(NamedTuple):
    """The headers of one item, from its own to its delimiter.

    Attributes:
        heads: Each header without the lower half of its length.
        lows: How many bytes before the end of the header that half begins.
        lengths: The value length of each in bytes; 0 where it is undefined.
    """

    heads: list[bytes]
    lows: list[int]
    lengths: list[int]


Part = tuple["Callable[[bytes, int], tuple[bytes, ...]]", tuple[bytes, ...], int, int]


class _Piece:
    """Headers with fixed distances between them, as they are gathered."""

    def __init__(self) -> None:
        self.headers = 0
        self.size = 0
        self._format: list[str] = []
        self._header = 0

    def take(self, header: int, value: int) -> None:
        """Take bytes of a header, and those of a value behind it, which are left out."""
        self.headers += 1
        self.size += header + value
        self._header += header
        if value:
            self._format.append(f"{self._header}s{value}x")
            self._header = 0

    def part(self, buf: bytes, pos: int, low: int) -> Part:
        """Return what compares others with the piece at ``pos``."""
        unpack = Struct("".join(self._format) + f"{self._header}s").unpack_from
        return unpack, unpack(buf, pos), self.size, low


class Shape:
    """What some items have in common.

    Args:
        first: The sketch of one of them.
        little: Their byte order.

    Attributes:
        heads: Their headers, without what may vary.
        depth: How many sequences of undefined length are inside one another in them.
        parts: What to compare, piece by piece: what unpacks its headers, what they have to be, its size, and how
            many bytes before its end there is a length that says how much to jump over then; 0 for none. Empty as
            long as there is but one such item, and where a walk is as fast.
    """

    __slots__ = ("_lengths", "_little", "_varying", "depth", "heads", "parts")

    def __init__(self, first: Sketch, *, little: bool) -> None:
        self.heads = first.heads
        self.depth = _depth(first.heads, _SEQUENCE_END[little])
        self.parts: list[Part] = []
        self._little = little
        self._lengths = first.lengths
        self._varying: set[int] = set()

    def add(self, buf: bytes, pos: int, another: Sketch) -> None:
        """Take note of another such item, which starts at ``pos``: the lengths that differ are those that vary."""
        pairs = zip(self._lengths, another.lengths, strict=True)
        self._varying.update(index for index, (one, other) in enumerate(pairs) if one != other)
        self.parts = []
        piece = _Piece()
        last = len(self.heads) - 1
        for index, (head, low, length) in enumerate(zip(*another, strict=True)):
            varies = index in self._varying
            if varies:
                piece.take(len(head) + 2 - low, 2)
                piece.take(low - 2, 0)
            else:
                piece.take(len(head) + 2, length)
            if varies or piece.headers >= _PIECE or index == last:
                self.parts.append(piece.part(buf, pos, low if varies else 0))
                pos += piece.size + (length if varies else 0)
                piece = _Piece()
        if len(self.parts) > max(len(self.heads) // _WORTH, 1):
            self.parts = []

    def end_of(self, buf: bytes, pos: int, stop: int) -> int:
        """Return where the item at ``pos`` ends; NONE where it has another shape, CUT where it goes beyond ``stop``."""
        unpack = _SHORT_LENGTH[self._little]
        try:
            for headers, wanted, size, low in self.parts:
                if headers(buf, pos) != wanted:
                    return NONE
                pos += size
                if low:
                    (length,) = unpack(buf, pos - low)
                    if length > _LONGEST_VALUE:
                        return NONE
                    pos += length
        except error:
            return CUT
        return pos if pos <= stop else CUT


class Shapes:
    """The shapes of the items of one walk that are encoded alike.

    It stays cheap where no two items are alike: the more of them fit nothing, the fewer are looked at; and learning
    is paid for with a share of what was walked over, and of what was not.

    Args:
        start: The offset at which the walk began.
        implicit: Whether the items have no VR.
        little: Their byte order.

    Attributes:
        passed: How many items were passed over last.
        last: The offset of the last one of them.
        unknown: Whether there is another one behind those, of no shape that is known.
        look_from: The offset from which on items are worth looking at again.
    """

    __slots__ = (
        "_behind",
        "_credit",
        "_implicit",
        "_known",
        "_little",
        "_rest",
        "last",
        "look_from",
        "passed",
        "unknown",
    )

    def __init__(self, start: int, *, implicit: bool, little: bool) -> None:
        self._implicit = implicit
        self._little = little
        self._known: dict[bytes, list[Shape]] = {}  # by the first header in them
        self._credit = 0
        self._behind = start
        self._rest = 0
        self.look_from = 0
        self.passed = 0
        self.last = 0
        self.unknown = False

    def pass_over(self, buf: bytes, base: int, pos: int, stop: int, room: int) -> int:
        """Return where the items end that start at ``pos`` and have shapes that are known; ``pos`` if there is none.

        Args:
            buf: The bytes that are here.
            base: The offset of the first of them.
            pos: Where an item of undefined length starts.
            stop: Where the last one has to end.
            room: How many sequences may be inside one another in them.
        """
        self.passed = 0
        self.unknown = False
        self._credit += (base + pos - self._behind) // _SHARE
        start = pos
        known = self._known
        after = NONE
        while True:
            for shape in known.get(buf[pos + 8 : pos + 16], ()):
                if shape.parts and shape.depth <= room and (after := shape.end_of(buf, pos, stop)):
                    break
            if after <= 0:
                break
            self.passed += 1
            self.last = base + pos
            pos = after
            after = NONE
        self._behind = base + pos
        if self.passed:
            self._rest = max(self._rest - (pos - start), 0)
            self._credit += (pos - start) // _PRICE
        elif after == NONE:
            self.unknown = True
        return pos

    def learn(self, buf: bytes, base: int, start: int, end: int) -> None:
        """Remember the shape of an item that was walked over, from its own header to behind its delimiter.

        Args:
            buf: The bytes that are here.
            base: The offset of the first of them.
            start: Where the item starts.
            end: Where it ends.
        """
        size = end - start
        if self._credit < size <= _LONGEST_ITEM:
            self.look_from = base + end + (size - self._credit) * _SHARE
            return
        self.look_from = base + end + self._rest
        self._rest = min(2 * self._rest + _FIRST_REST, _LONGEST_REST)
        if size <= _LONGEST_ITEM:
            self._credit -= size
            if (found := sketch(buf, start, end, implicit=self._implicit, little=self._little)) is not None:
                self._remember(buf, start, found)

    def _remember(self, buf: bytes, start: int, found: Sketch) -> None:
        shapes = self._known.setdefault(buf[start + 8 : start + 16], [])
        for shape in shapes:
            if shape.heads == found.heads:
                shape.add(buf, start, found)
                if shape.parts:
                    self._rest = 0
                return
        shapes.insert(0, Shape(found, little=self._little))
        del shapes[_SHAPES_A_KEY:]
        if len(self._known) > _KEYS:
            del self._known[next(iter(self._known))]


def sketch(buf: bytes, start: int, end: int, *, implicit: bool, little: bool) -> Sketch | None:
    """Return the headers of an item that a walk has found right.

    None where there are many, where a value is long, or where a sequence is encoded otherwise (UN of undefined length,
    PS3.5 6.2.2).
    """
    unpack_short, unpack_long = _SHORT_LENGTH[little], _LONG_LENGTH[little]
    delimitation, long_low = _DELIMITATION[little], 4 if little else 2
    heads: list[bytes] = []
    lows: list[int] = []
    lengths: list[int] = []
    pos = start
    while pos < end:
        if len(heads) == _MOST_HEADERS:
            return None
        behind, low = pos + 8, long_low
        if implicit or buf[pos : pos + 2] == delimitation:
            (length,) = unpack_long(buf, pos + 4)
        elif buf[pos + 4 : pos + 6] in SHORT_VR:
            low = 2
            (length,) = unpack_short(buf, pos + 6)
        else:
            behind = pos + 12
            (length,) = unpack_long(buf, pos + 8)
            if length == UNDEFINED_LENGTH and buf[pos + 4 : pos + 6] == b"UN":
                return None
        if length > _LONGEST_VALUE:
            if length != UNDEFINED_LENGTH:
                return None
            length = 0
        heads.append(buf[pos : behind - low] + buf[behind - low + 2 : behind])
        lows.append(low)
        lengths.append(length)
        pos = behind + length
    return Sketch(heads, lows, lengths)


def _depth(heads: Iterable[bytes], sequence_end: bytes) -> int:
    depth = deepest = 0
    for head in heads:
        if head[:4] == sequence_end:
            depth -= 1
        elif head[-2:] == b"\xff\xff" and head[:2] != sequence_end[:2]:
            depth += 1
            deepest = max(depth, deepest)
    return deepest
