"""Recognises items that are built like others before them, so that each is passed over in a step or two.

Two items have one shape where their headers are the same, one by one, but for the lengths of some values: as the
functional groups of frames mostly are. From one such length to the next, a single call of ``unpack_from`` brings all
headers and leaves the values out, or takes those along that are always the same. So nothing can backtrack, and what
fits is an item that a walk from header to header would go through in the same way.
"""

from __future__ import annotations

from struct import Struct, error
from typing import TYPE_CHECKING, Final, NamedTuple

from adicom.parser.events import UNDEFINED_LENGTH
from adicom.vr import SHORT_VR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet

__all__ = ("WARM_UP", "Shape", "Shapes", "Sketch", "sketch")

WARM_UP: Final = 2048
"""Bytes of a sequence before it is looked at: a short one is walked over sooner than anything of it is learned."""

_LONGEST_ITEM: Final = 2**15
"""Bytes of an item whose shape is learned."""
_MOST_HEADERS: Final = 1024
"""Headers of such an item; this bounds the memory that a shape takes."""
_LONGEST_VALUE: Final = 2**14
"""Bytes of a value in such an item: fewer than the two letters of any VR are when they are read as a length."""
_PIECE: Final = 64
"""Headers that are compared at a time: that an item does not fit mostly shows in the first few of them."""
_KEYS, _SHAPES_A_KEY = 16, 4
_WORTH: Final = 2
"""How many headers are walked over in the time that one piece takes."""
_FIRST_REST, _LONGEST_REST = 256, 2**16
"""Bytes that go by after an item has been learned, before another one is looked at."""
_PRICE: Final = 4
"""How many walks over an item it takes, at most, to learn its shape."""
_SHARE: Final = 8
"""One part in so many of what is walked over may be learned, beside what is earned by passing over items."""
_MANY: Final = 256
"""Items in a row whose shape is worth another look, for values that are the same in all of them."""
_MOST_LOOKS: Final = 4

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

    def values(self, buf: bytes, pos: int) -> Iterator[bytes]:
        """Yield the value of each, of the item at ``pos``."""
        for head, length in zip(self.heads, self.lengths, strict=True):
            pos += len(head) + 2
            yield buf[pos : pos + length]
            pos += length


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
        cut: Whether the last item that was compared goes beyond what is here.
    """

    __slots__ = ("_lengths", "_little", "_looks", "_varying", "_wide", "cut", "depth", "heads", "parts")

    def __init__(self, first: Sketch, *, little: bool) -> None:
        self.heads = first.heads
        self.depth = _depth(first.heads, _SEQUENCE_END[little])
        self.parts: list[Part] = []
        self.cut = False
        self._wide: list[Part] = []  # where all values are left out
        self._little = little
        self._lengths = first.lengths
        self._looks = 0
        self._varying: set[int] = set()

    def add(self, buf: bytes, pos: int, another: Sketch) -> None:
        """Take note of another such item, which starts at ``pos``: the lengths that differ are those that vary."""
        pairs = zip(self._lengths, another.lengths, strict=True)
        self._varying.update(index for index, (one, other) in enumerate(pairs) if one != other)
        parts = self._parts(buf, pos, another, frozenset())
        self.parts = self._wide = parts if len(parts) <= max(len(self.heads) // _WORTH, 1) else []

    def narrow(self, buf: bytes, one: tuple[int, Sketch], other: tuple[int, Sketch]) -> None:
        """Compare the values too that are the same in two items: a header and such a value are as fast as one."""
        values = zip(one[1].values(buf, one[0]), other[1].values(buf, other[0]), strict=True)
        same = {index for index, (value, another) in enumerate(values) if value == another}
        self._looks += 1
        self.parts = self._parts(buf, *other, same - self._varying)

    @property
    def is_worth_a_look(self) -> bool:
        """Whether it may be faster with values in it."""
        return self.parts is self._wide and self._looks < _MOST_LOOKS

    def _parts(self, buf: bytes, pos: int, item: Sketch, constant: AbstractSet[int]) -> list[Part]:
        parts: list[Part] = []
        piece = _Piece()
        last = len(self.heads) - 1
        for index, (head, low, length) in enumerate(zip(*item, strict=True)):
            varies = index in self._varying
            if varies:
                piece.take(len(head) + 2 - low, 2)
                piece.take(low - 2, 0)
            elif index in constant:
                piece.take(len(head) + 2 + length, 0)
            else:
                piece.take(len(head) + 2, length)
            if varies or piece.headers >= _PIECE or index == last:
                parts.append(piece.part(buf, pos, low if varies else 0))
                pos += piece.size + (length if varies else 0)
                piece = _Piece()
        return parts

    def ends(self, buf: bytes, pos: int, stop: int) -> list[int]:
        """Return where the items end that have this shape and start at ``pos``, none of them beyond ``stop``.

        There may be more of them.
        """
        found = self._ends(buf, pos, stop)
        if not found and not self.cut and self.parts is not self._wide:
            self.parts = self._wide
            found = self._ends(buf, pos, stop)
        return found

    def _ends(self, buf: bytes, pos: int, stop: int) -> list[int]:
        unpack, parts = _SHORT_LENGTH[self._little], self.parts
        found: list[int] = []
        self.cut = False
        try:
            while len(found) < _MANY:
                for headers, wanted, size, low in parts:
                    if headers(buf, pos) != wanted:
                        return found
                    pos += size
                    if low:
                        (length,) = unpack(buf, pos - low)
                        if length > _LONGEST_VALUE:
                            return found
                        pos += length
                if pos > stop:
                    self.cut = True
                    return found
                found.append(pos)
        except error:
            self.cut = True
        return found


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
        self._credit += (base + pos - self._behind) // _SHARE
        start = pos
        while ends := self._ends(buf, pos, stop, room):
            self.passed += len(ends)
            self.last = base + (ends[-2] if len(ends) > 1 else pos)
            pos = ends[-1]
        self._behind = base + pos
        if self.passed:
            self._rest = max(self._rest - (pos - start), 0)
            self._credit += (pos - start) // _PRICE
            self.unknown = False
        return pos

    def _ends(self, buf: bytes, pos: int, stop: int, room: int) -> list[int]:
        self.unknown = True
        for shape in self._known.get(buf[pos + 8 : pos + 16], ()):
            if shape.parts and shape.depth <= room:
                ends = shape.ends(buf, pos, stop)
                if len(ends) == _MANY and shape.is_worth_a_look:
                    one, other = self._sketch(buf, pos, ends[0]), self._sketch(buf, ends[-2], ends[-1])
                    if one is not None and other is not None:
                        shape.narrow(buf, (pos, one), (ends[-2], other))
                if ends:
                    return ends
                if shape.cut:
                    self.unknown = False
        return []

    def _sketch(self, buf: bytes, start: int, end: int) -> Sketch | None:
        return sketch(buf, start, end, implicit=self._implicit, little=self._little)

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
            if (found := self._sketch(buf, start, end)) is not None:
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
