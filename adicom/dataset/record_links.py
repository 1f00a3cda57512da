"""Arranges the records of a directory as a tree: by their offsets, else by their order and type.

Rule 1: the work is linear in the number of records, and nothing here recurses, whatever the offsets say.
Rule 2: a record has one place at most: the first way that leads to it counts.
Rule 3: nothing is dropped in silence: what is wrong is told with tags and offsets, and no record is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adicom.errors import format_path
from adicom.parser.kinds import HAS_CODE, IMPLICIT, INFLATED, LITTLE, encoding_of
from adicom.vr import LONG_VR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adicom.dataset.dataset import Dataset
    from adicom.dataset.scope import Root

__all__ = ("Arrangement", "arrange", "offset_of", "record_type_of")

FIRST: Final = 0x00041200
RECORDS: Final = 0x00041220
NEXT: Final = 0x00041400
IN_USE: Final = 0x00041410
LOWER: Final = 0x00041420
TYPE: Final = 0x00041430
SHARED_FILE: Final = 0x00041504

_LONG: Final = frozenset(LONG_VR.values())
_BINARY: Final = frozenset({None, "UL", "US", "UN"})
_ITEM_HEADER: Final = 8
_NOWHERE: Final = -1

# PS3.3 table F.4-1 and, for those that are retired, PS3.3-2004; every other type comes below a series.
_LEVELS: Final = {
    **dict.fromkeys(("PATIENT", "HANGING PROTOCOL", "PALETTE", "IMPLANT", "IMPLANT ASSY", "IMPLANT GROUP"), 0),
    **dict.fromkeys(("TOPIC", "PRINT QUEUE"), 0),
    **dict.fromkeys(("STUDY", "HL7 STRUC DOC"), 1),
    **dict.fromkeys(("SERIES", "VISIT", "RESULTS", "STUDY COMPONENT", "FILM SESSION"), 2),
}
_LOWEST: Final = 3


class Arrangement:
    """Where each record belongs; records are known by their number in the sequence.

    Attributes:
        roots: The root directory entity, in the order of its chain.
        orphans: Records that nothing leads to.
        unused: Records with Record In-use Flag 0, which are in no entity.
        below: For each record the lower-level entity, None where it has none.
        files: For a record that shares its file with others, the record that names the file.
        faults: What is wrong, a sentence each.
    """

    def __init__(self, count: int) -> None:
        self.roots: list[int] = []
        self.orphans: list[int] = []
        self.unused: list[int] = []
        self.below: list[list[int] | None] = [None] * count
        self.files: dict[int, int] = {}
        self.faults: list[str] = []


def arrange(items: Sequence[Dataset], first: int, root: Root | None) -> Arrangement:
    """Arrange records by their offsets, or by their order and type where no offset is of use.

    Args:
        items: The items of Directory Record Sequence.
        first: Offset of the First Directory Record of the Root Directory Entity.
        root: That of the DICOMDIR; what was read from elsewhere has offsets in another file.
    """
    result = Arrangement(len(items))
    links = _Links(items, root, result)
    start = links.numbers.get(first, _NOWHERE)
    if start == _NOWHERE and (items or first):
        result.faults.append(f"the offset {format_path((), FIRST)} leads to no directory record")
    if links.good > (links.bad if start == _NOWHERE else 0) or sum(links.in_use) <= 1:
        _by_offset(items, links, start, result)
    else:
        result.faults[:] = [
            "no offset of a directory record leads to another one, they are arranged by their order and their types"
        ]
        _by_order(items, links, result)
    return result


class _Links:
    """What the offsets of records lead to.

    Attributes:
        offsets: Where each record is; None where that is not known, or has no meaning.
        numbers: The records by their offsets.
        next: The next record of the same entity.
        lower: The first record of the lower-level entity.
        in_use: Whether each record is to be looked at.
        good: How many offsets lead to a record.
        bad: How many do not.
    """

    def __init__(self, items: Sequence[Dataset], root: Root | None, result: Arrangement) -> None:
        self.offsets = [None if root is not _root_of(item) else offset_of(item) for item in items]
        self.numbers = {offset: number for number, offset in enumerate(self.offsets) if offset is not None}
        self.good = self.bad = 0
        self.next = self._lead(items, NEXT, result.faults)
        self.lower = self._lead(items, LOWER, result.faults)
        self.in_use = [_number(item, IN_USE, 0xFFFF) != 0 for item in items]

    def _lead(self, items: Sequence[Dataset], tag: int, faults: list[str]) -> list[int]:
        """Return the number of the record that the offset of each leads to; take note of what leads nowhere."""
        numbers = self.numbers
        found: list[int] = []
        lost: list[int] = []
        for item in items:
            offset = _number(item, tag, 0)
            number = numbers.get(offset, _NOWHERE) if offset else _NOWHERE
            if number != _NOWHERE:
                self.good += 1
            elif offset:
                lost.append(len(found))
            found.append(number)
        if lost:
            self.bad += len(lost)
            faults.append(f"offsets {format_path((), tag)} that lead to no directory record: {self.place(lost)}")
        return found

    def place(self, numbers: list[int]) -> str:
        """Return how many records these are, and where the first is."""
        offset = self.offsets[numbers[0]]
        where = "" if offset is None else f" at byte {offset}"
        return f"{len(numbers)}, the first in {format_path(((RECORDS, numbers[0]),))}{where}"


def _by_offset(items: Sequence[Dataset], links: _Links, start: int, result: Arrangement) -> None:
    walk = _Walk(links, result)
    walk.entity(start, result.roots)
    _share_files(items, links, walk.seen, result)
    unled: list[int] = []
    for number in _unled(links, walk.seen):
        walk.entity(number, unled)
    for number, seen in enumerate(walk.seen):
        if not seen:  # one of a circle that nothing leads into
            walk.entity(number, unled)
    if start == _NOWHERE:  # then they are the best roots that there are
        result.roots = unled
    elif unled:
        result.orphans = unled
        result.faults.append(f"directory records that no offset leads to: {links.place(unled)}")
    if walk.again:
        result.faults.append(f"directory records that more than one offset leads to: {links.place(walk.again)}")


class _Walk:
    """A walk along the offsets.

    Attributes:
        seen: Which records were met.
        again: Those that were met once more: a circle, or a second place.
    """

    def __init__(self, links: _Links, result: Arrangement) -> None:
        self._links = links
        self._result = result
        self.seen = bytearray(len(links.next))
        self.again: list[int] = []

    def entity(self, start: int, members: list[int]) -> None:
        """Add the records of an entity to ``members``, and what is below them to the arrangement."""
        links, result, seen = self._links, self._result, self.seen
        if start != _NOWHERE and seen[start]:
            return
        waiting = [(start, members)]
        for number, into in waiting:  # which grows meanwhile
            while number != _NOWHERE:
                if seen[number]:
                    self.again.append(number)
                    break
                seen[number] = 1
                # A record that is not in use is left out, and still leads on to the next one.
                (into if links.in_use[number] else result.unused).append(number)
                if links.lower[number] != _NOWHERE:
                    below = result.below[number] = []
                    waiting.append((links.lower[number], below))
                number = links.next[number]


def _share_files(items: Sequence[Dataset], links: _Links, seen: bytearray, result: Arrangement) -> None:
    """Follow the offsets to Multi-Referenced File records (retired, PS3.3-2004 F.6.2), which are in no entity."""
    for number, item in enumerate(items):
        if SHARED_FILE in item._elements:
            target = links.numbers.get(_number(item, SHARED_FILE, 0), _NOWHERE)
            if target != _NOWHERE and record_type_of(items[target]) == "MRDR":
                result.files[number] = target
                seen[target] = 1


def _unled(links: _Links, seen: bytearray) -> list[int]:
    """Return the records that were not met, and that no other such record leads to."""
    led = bytearray(seen)
    for number, met in enumerate(seen):
        if not met:
            for target in (links.next[number], links.lower[number]):
                if target not in (_NOWHERE, number):
                    led[target] = 1
    return [number for number, is_led in enumerate(led) if not is_led]


def _by_order(items: Sequence[Dataset], links: _Links, result: Arrangement) -> None:
    """Put each record below the last one before it that is of a higher level."""
    around: list[tuple[int, list[int]]] = [(-1, result.roots)]
    for number, item in enumerate(items):
        if not links.in_use[number]:
            result.unused.append(number)
            continue
        level = _LEVELS.get(record_type_of(item), _LOWEST)
        while around[-1][0] >= level:
            around.pop()
        around[-1][1].append(number)
        below: list[int] = []
        result.below[number] = below
        around.append((level, below))


def record_type_of(item: Dataset) -> str:
    """Return Directory Record Type in upper case; empty where there is none."""
    value = item._element(TYPE).value if TYPE in item._elements else None
    return value.strip().upper() if isinstance(value, str) else ""


def offset_of(item: Dataset) -> int | None:
    """Return where an item starts in the file; None where that is not known, or has no meaning.

    It is not kept, but told by the first element of the item, which knows where its value was. An element that was
    set later does not, and in a deflated data set offsets count something else.
    """
    for element in item._elements.values():
        raw: Any = element if isinstance(element, tuple) else getattr(element, "_raw", None)
        if raw is None or raw[5] & INFLATED:
            return None
        return int(raw[4]) - _header_size(raw[1], raw[5]) - _ITEM_HEADER
    return None


def _root_of(item: Dataset) -> Root | None:
    return None if item._origin is None else item._origin.root


def _header_size(vr: str | None, form: int) -> int:
    if form & IMPLICIT:
        return 8
    if form & HAS_CODE:
        return 12 if encoding_of(form).reserved else 8
    return 12 if vr in _LONG else 8


def _number(item: Dataset, tag: int, default: int) -> int:
    """Return a number of an item, mostly without making a data element of it."""
    raw: Any = item._elements.get(tag)
    if raw is None:
        return default
    if isinstance(raw, tuple):
        _, vr, _, value, _, form = raw
        if vr in _BINARY and value.__class__ is bytes and value:
            return int.from_bytes(value, "little" if form & LITTLE or vr == "UN" else "big")
    value = item._element(tag).value
    return value if isinstance(value, int) else default
