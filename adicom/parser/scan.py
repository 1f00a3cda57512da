"""The inner loops: runs of plain data elements in, plain tuples out.

This is the one file where speed beats style: state in locals, one unpack and one dict look-up a header,
tuples instead of objects, and whatever is not plain left to the machine. Its interface is small, so that
a compiled twin could replace it: ``scan(buf, state)`` and ``skip(buf, state)``.

A plain element is one that needs no decision: its tag ascends and lies below ``state.watch``, its VR is
known, its length is defined and at most ``state.plain``, and its value is here whole.

A long sequence mostly has items that are built alike; ``skip`` leaves those to :mod:`adicom.parser.shapes`, which is
several times as fast.
"""

from __future__ import annotations

from struct import Struct
from typing import Any, Final

from adicom.datadict import sequence_tags
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import IMPLICIT, LITTLE, Kind
from adicom.parser.plan import DELIMITERS, Expand
from adicom.parser.shapes import WARM_UP, Shapes
from adicom.vr import LONG_VR, SHORT_VR

__all__ = ("DELIMITERS", "RUN", "Frame", "ScanState", "SkipState", "scan", "skip")

_EXPLICIT: Final = {True: Struct("<HHHH").unpack_from, False: Struct(">HHHH").unpack_from}
_VR_AND_LENGTH: Final = {True: Struct("<H2xHH").unpack_from, False: Struct(">H2xHH").unpack_from}
_IMPLICIT: Final = {True: Struct("<HHL").unpack_from, False: Struct(">HHL").unpack_from}
_LENGTH: Final = {True: Struct("<L").unpack_from, False: Struct(">L").unpack_from}


def _by_number(table: dict[bytes, str], little: bool) -> dict[int, str]:
    """Return the table by the number that a VR code is in a byte order: reading one is faster than two bytes."""
    return {int.from_bytes(code, "little" if little else "big"): vr for code, vr in table.items()}


_LONG: Final = {little: _by_number(LONG_VR, little) for little in (True, False)}
_LONG_WITHOUT_SEQUENCES: Final = {
    little: {code: vr for code, vr in table.items() if vr != "SQ"} for little, table in _LONG.items()
}
# None: look into the table of long ones.
_SHORT: Final[dict[bool, dict[int, str | None]]] = {
    little: {**dict.fromkeys(_LONG[little]), **_by_number(SHORT_VR, little)} for little in (True, False)
}
_SHORT_CODES: Final = {little: frozenset(_by_number(SHORT_VR, little)) for little in (True, False)}
_UN: Final = {True: int.from_bytes(b"UN", "little"), False: int.from_bytes(b"UN", "big")}
_ITEM_END_BYTES: Final = {True: b"\xfe\xff\x0d\xe0\0\0\0\0", False: b"\xff\xfe\xe0\x0d\0\0\0\0"}
_KNOWN: Final = frozenset({*SHORT_VR, *LONG_VR})
RUN: Final = 2**17
"""Bytes that are scanned at a time, so that the limits are checked in between."""
_ALL: Final = Expand.ALL
_SEQUENCE_START, _SEQUENCE_END = Kind.SEQUENCE_START, Kind.SEQUENCE_END
_ITEM_START, _ITEM_END = Kind.ITEM_START, Kind.ITEM_END
_NO_TAGS: Final[frozenset[int]] = frozenset()


class Frame:
    """A sequence that the parser is in.

    Attributes:
        tag: Its tag.
        start: The offset of its first item.
        end: Where it ends, None if its length is undefined.
        bound: The nearest defined end of it or of what is around it.
        form: How headers are written in it, outside its items.
        outer_form: The same for the level around it.
        outer_end: ``ScanState.end`` of the level around it.
        index: The number of the present item; -1 before the first.
        item_end: Where that ends, None if its length is undefined.
        discarded: Whether it is the outermost sequence of those that nobody wants.
    """

    __slots__ = (
        "bound",
        "discarded",
        "end",
        "form",
        "index",
        "item_end",
        "outer_end",
        "outer_form",
        "start",
        "tag",
    )

    def __init__(
        self, tag: int, start: int, end: int | None, form: int, outer_form: int, outer_end: int | None
    ) -> None:
        self.tag = tag
        self.start = start
        self.end = end
        self.bound = outer_end if end is None else end
        self.form = form
        self.outer_form = outer_form
        self.outer_end = outer_end
        self.index = -1
        self.item_end: int | None = None
        self.discarded = False


class ScanState:
    """Where the scan stands.

    Attributes:
        base: The offset of the buffer's first byte.
        pos: The next header, as an index into the buffer.
        end: Where the innermost item of defined length ends, as an offset; None where nothing bounds it.
        form: How headers are written here.
        prev: The tag before, at this level; -1 at its start.
        watch: The lowest tag at this level that is not plain.
        plain: The longest plain value in bytes.
        spans: Whether longer ones are plain too, but not copied: the tuple says where they are.
        expand: Which sequences are taken apart.
        frames: The sequences that are around, outermost first.
        room: How many of them there may be.
        in_items: Whether an item or the end of a sequence is next, else a data element.
    """

    __slots__ = (
        "base",
        "end",
        "expand",
        "form",
        "frames",
        "in_items",
        "plain",
        "pos",
        "prev",
        "room",
        "spans",
        "watch",
    )

    def __init__(self, *, plain: int, expand: Expand, room: int) -> None:
        self.base = 0
        self.pos = 0
        self.end: int | None = None
        self.form = LITTLE
        self.prev = -1
        self.watch = 0
        self.plain = plain
        self.expand = expand
        self.frames: list[Frame] = []
        self.room = room
        self.in_items = False
        self.spans = False


def scan(buf: bytes, state: ScanState) -> list[Any]:
    """Return what can be made of the bytes at ``state.pos`` without a decision, and move ``state`` behind it.

    That is plain elements, and sequences that are as they should be and encoded as what is around them.

    Args:
        buf: The bytes that are here.
        state: Where to begin.
    """
    form = state.form
    implicit, little = bool(form & IMPLICIT), bool(form & LITTLE)
    unpack_item = _IMPLICIT[little]
    unpack = unpack_item if implicit else _EXPLICIT[little]
    unpack_length = _LENGTH[little]
    item_end_bytes = _ITEM_END_BYTES[little]
    expand = state.expand
    sequences = sequence_tags() if implicit and expand else _NO_TAGS
    plain_sequences = sequences if expand == _ALL else _NO_TAGS
    spans = state.spans
    short = _SHORT[little]
    long = (_LONG_WITHOUT_SEQUENCES if expand == _ALL else _LONG)[little]
    known = _KNOWN
    frames, base, plain = state.frames, state.base, state.plain
    pos, prev, watch, bound, in_items = state.pos, state.prev, state.watch, state.end, state.in_items
    here = len(buf)
    if here > pos + RUN:
        here = pos + RUN
    end = here if bound is None or bound - base > here else bound - base
    last = end - 8
    out: list[Any] = []
    append = out.append
    while True:
        if not in_items:
            tag = length = 0
            if implicit:
                while pos <= last:
                    group, element, length = unpack(buf, pos)
                    tag = group << 16 | element
                    start = pos + 8
                    after = start + length
                    if tag <= prev or tag >= watch or after > end or tag in plain_sequences:
                        break
                    if length > plain:
                        if not spans:
                            break
                        append((tag, None, length, (buf, start), base + start, form))
                    else:
                        append((tag, None, length, buf[start:after], base + start, form))
                    prev = tag
                    pos = after
            else:
                try:
                    while pos <= last:
                        group, element, code, length = unpack(buf, pos)
                        tag = group << 16 | element
                        if tag <= prev or tag >= watch:
                            break
                        vr = short[code]
                        start = pos + 8
                        if vr is None:
                            vr = long[code]
                            start = pos + 12
                            if length or start > end:
                                break
                            (length,) = unpack_length(buf, pos + 8)
                        after = start + length
                        if after > end:
                            break
                        if length > plain:
                            if not spans:
                                break
                            append((tag, vr, length, (buf, start), base + start, form))
                        else:
                            append((tag, vr, length, buf[start:after], base + start, form))
                        prev = tag
                        pos = after
                except KeyError:
                    pass  # a VR that is not plain
            if not expand:
                break
            # -- what ended the run: the end of the item, a sequence, or something for the machine? --
            if frames and base + pos == frames[-1].item_end:
                append((_ITEM_END, frames[-1].index, None, base + pos, form))
            elif pos > last:
                break
            elif tag == 0xFFFEE00D and frames and frames[-1].item_end is None and buf[pos : pos + 8] == item_end_bytes:
                append((_ITEM_END, frames[-1].index, 0, base + pos, form))
                pos += 8
            elif prev < tag < watch and len(frames) < state.room and frames:
                if implicit:
                    start = pos + 8
                    if tag not in sequences:
                        break
                else:
                    start = pos + 12
                    if start > end or buf[pos + 4 : pos + 8] != b"SQ\0\0":
                        break
                    (length,) = unpack_length(buf, pos + 8)
                if length == UNDEFINED_LENGTH:
                    frame = Frame(tag, base + start, None, form, form, bound)
                elif expand == _ALL and (bound is None or base + start + length <= bound):
                    frame = Frame(tag, base + start, base + start + length, form, form, bound)
                else:
                    break
                append((_SEQUENCE_START, tag, None if implicit else "SQ", length, base + start, form))
                frames.append(frame)
                pos = start
            else:
                break
        # -- items --
        in_items = True
        frame = frames[-1]
        if frame.form != form:
            break
        sequence_end = frame.end
        if sequence_end is not None and base + pos == sequence_end:
            if len(frames) == 1 or frame.outer_form != form:
                break
            append((_SEQUENCE_END, frame.tag, None, base + pos, form))
        else:
            end = here if frame.bound is None or frame.bound - base > here else frame.bound - base
            if pos + 8 > end:
                break
            group, element, length = unpack_item(buf, pos)
            if element == 0xE0DD and group == 0xFFFE and not length and sequence_end is None:
                if len(frames) == 1 or frame.outer_form != form:
                    break
                append((_SEQUENCE_END, frame.tag, 0, base + pos, form))
                pos += 8
            elif element == 0xE000 and group == 0xFFFE:
                start = pos + 8
                if length == UNDEFINED_LENGTH:
                    item_end = None
                    bound = frame.bound
                else:
                    item_end = bound = base + start + length
                    if frame.bound is not None and item_end > frame.bound:
                        break
                if length:
                    if start + 8 > end:
                        break
                    if (buf[start + 4 : start + 6] in known) is implicit and buf[start : start + 8] != item_end_bytes:
                        break  # the item is not encoded as what is around it
                frame.index += 1
                frame.item_end = item_end
                append((_ITEM_START, frame.index, length, base + pos, form))
                pos = start
                prev = -1
                watch = DELIMITERS
                end = here if bound is None or bound - base > here else bound - base
                last = end - 8
                in_items = False
                continue
            else:
                break
        # -- the sequence is closed: go on with what is around it --
        frames.pop()
        prev, bound = frame.tag, frame.outer_end
        end = here if bound is None or bound - base > here else bound - base
        last = end - 8
        in_items = False
    state.pos, state.prev, state.watch, state.end, state.in_items = pos, prev, watch, bound, in_items
    return out


class SkipState:
    """Where the walk over a sequence of undefined length stands.

    Attributes:
        start: The offset of the first item.
        pos: The next header, as an offset; it may lie behind the buffer.
        base: The offset of the buffer's first byte.
        in_items: Whether an item (or the delimiter) is next, else an element inside an item.
        implicit: Whether the elements of the present level have no VR.
        little: Their byte order.
        stack: ``implicit`` of the levels above.
        starts: Where the sequences start that the walk is in, below the outermost.
        room: How many levels more are allowed.
        limit: The offset at which the walk gives up: the sequence is too long to be kept raw.
        items: How many items of the outermost sequence were begun.
        item: The offset of the last one of them.
        odd: Whether the walk met something that needs the machine's judgement.
        shapes: Those of the items that were met, by whether the items have no VR.
        look_from: The offset from which on items are compared with those.
    """

    __slots__ = (
        "base",
        "implicit",
        "in_items",
        "item",
        "items",
        "limit",
        "little",
        "look_from",
        "odd",
        "pos",
        "room",
        "shapes",
        "stack",
        "start",
        "starts",
    )

    def __init__(self, pos: int, *, implicit: bool, little: bool, room: int, limit: int) -> None:
        self.start = pos
        self.pos = pos
        self.base = 0
        self.in_items = True
        self.implicit = implicit
        self.little = little
        self.stack: list[bool] = []
        self.starts: list[int] = []
        self.room = room
        self.limit = limit
        self.items = 0
        self.item = pos
        self.odd = False
        self.shapes: dict[bool, Shapes] = {}
        self.look_from = pos + WARM_UP

    def shapes_in(self, implicit: bool) -> Shapes:
        """Return what is known of items in an encoding, nothing as yet."""
        return self.shapes.setdefault(implicit, Shapes(self.start, implicit=implicit, little=self.little))


def skip(buf: bytes, state: SkipState) -> int | None:
    """Walk to the end of a sequence of undefined length, without making anything.

    Only what has undefined length is entered; the rest is jumped over.

    Args:
        buf: The bytes that are here, from ``state.base`` on.
        state: Where to begin; it is moved, so that the walk goes on with the next bytes.

    Returns:
        The offset behind the sequence's delimiter; None where bytes are missing or, with ``state.odd``,
        where the sequence is too long, too deep or not as it should be.
    """
    little = state.little
    unpack = _VR_AND_LENGTH[little]
    unpack_item = _IMPLICIT[little]
    unpack_length = _LENGTH[little]
    item_end = _ITEM_END_BYTES[little]
    short, long, un = _SHORT_CODES[little], _LONG[little], _UN[little]
    stack, starts, implicit, in_items = state.stack, state.starts, state.implicit, state.in_items
    base = state.base
    pos = state.pos - base
    here = len(buf)
    last = here - 8
    limit = state.limit - base
    stop = min(limit, last)
    ended = -1  # where the item ends that ended last
    unknown, level = -1, 0  # an item whose shape is worth learning, and the level of its sequence
    look_from = state.look_from - base
    group = vr = 0
    found = None
    while pos <= stop:
        if in_items:
            group, element, length = unpack_item(buf, pos)
            if group != 0xFFFE:
                state.odd = True
                break
            if element == 0xE000:
                if length != UNDEFINED_LENGTH:
                    if not stack:
                        state.items += 1
                        state.item = pos + base
                    pos += 8 + length
                    continue
                if pos == ended and pos >= look_from:  # it is not the first one of its sequence, so it may be like that
                    shapes = state.shapes.get(implicit) or state.shapes_in(implicit)
                    ended = shapes.pass_over(buf, base, pos, min(limit, here), state.room - len(stack))
                    if pos != ended:
                        if not stack:
                            state.items += shapes.passed
                            state.item = shapes.last
                        pos = ended
                        continue
                    if shapes.unknown:
                        unknown, level = pos, len(stack)
                if pos + 8 > last:
                    break
                if not stack:
                    state.items += 1
                    state.item = pos + base
                code = buf[pos + 12 : pos + 14]
                if (code in _KNOWN) is implicit and buf[pos + 8 : pos + 16] != item_end:
                    state.odd = True  # an item that is not encoded as what is around it
                    break
                pos += 8
                in_items = False
                continue
            if element != 0xE0DD or length:
                state.odd = True
                break
            pos += 8
            if not stack:
                found = pos + base
                break
            implicit = stack.pop()
            starts.pop()
            in_items = False
            continue
        # -- elements, to the first that is no plain one --
        if implicit:
            while pos <= stop:
                group, element, length = unpack_item(buf, pos)
                if length == UNDEFINED_LENGTH or group == 0xFFFE:
                    break
                pos += 8 + length
            else:
                break
        else:
            while pos <= stop:
                group, vr, length = unpack(buf, pos)
                if vr not in short or group == 0xFFFE:
                    break
                pos += 8 + length
            else:
                break
        if group == 0xFFFE:
            if buf[pos : pos + 8] != item_end:
                state.odd = True
                break
            pos += 8
            in_items = True
            ended = pos
            if unknown >= 0 and len(stack) == level:
                shapes = state.shapes[implicit]
                shapes.learn(buf, base, unknown, pos)
                look_from = shapes.look_from - base
                unknown = -1
            continue
        if implicit:
            pos += 8
            stack.append(implicit)
        else:
            if vr not in long:
                state.odd = True
                break
            if pos + 4 > last:
                break
            (length,) = unpack_length(buf, pos + 8)
            if length != UNDEFINED_LENGTH:
                pos += 12 + length
                continue
            if vr == un and not little:
                state.odd = True  # it is in the other byte order, PS3.5 6.2.2
                break
            pos += 12
            stack.append(implicit)
            implicit = vr == un
        starts.append(pos + base)
        in_items = True
        if len(stack) > state.room:
            state.odd = True
            break
    state.pos, state.in_items, state.implicit = pos + base, in_items, implicit
    state.look_from = look_from + base
    if state.pos > state.limit:
        state.odd = True
    return found
