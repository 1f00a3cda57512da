"""Lays a dataset out: one pass checks everything, counts, and refers to the bytes that will be written.

Rule 1: nothing here recurses: a dataset may be as deep as it likes.
Rule 2: bytes that were read are referred to, not copied.
Rule 3: the length of a sequence or an item is put in front when its end is reached, so nothing is encoded twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adicom.dataset.record_links import RECORDS
from adicom.encoder.elements import Elements, Items
from adicom.encoder.grouplengths import GroupLength, is_required, number_of
from adicom.encoder.headers import FORM, ITEM_END, LONGEST, SEQUENCE_END, element_header, item_header
from adicom.encoder.levels import Level
from adicom.encoder.untouched import is_untouched
from adicom.errors import EncodeError
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import IMPLICIT, LITTLE, value_of

if TYPE_CHECKING:
    from adicom.dataelem import DataElement
    from adicom.dataset.dataset import Dataset
    from adicom.encoder.output import Options
    from adicom.parser.kinds import RawElement

__all__ = ("Layout",)

_UN_FORM: Final = IMPLICIT | LITTLE


class _Open:
    """A sequence that is being written, and the item that is.

    Attributes:
        items: The sequence.
        level: The dataset that has it.
        form: How its items are written.
        piece: The place of its header among the pieces.
        start: How many bytes come before its items.
        changes: How many changes come before it.
        conversions: The same of conversions.
        index: The number of the item.
        item: The item.
        item_piece: The place of the item's header.
        item_start: How many bytes come before the item's elements.
    """

    __slots__ = (
        "changes",
        "conversions",
        "form",
        "index",
        "item",
        "item_piece",
        "item_start",
        "items",
        "level",
        "piece",
        "start",
    )

    def __init__(self, items: Items, level: Level, layout: Layout) -> None:
        self.items = items
        self.level = level
        self.form = _UN_FORM if items.VR == "UN" else level.form
        self.piece = len(layout.pieces)
        layout.put(element_header(items.tag, items.VR, UNDEFINED_LENGTH, level.form))
        self.start = layout.size
        self.changes = layout.changes
        self.conversions = layout.conversions
        self.index = -1
        self.item: Dataset | None = None
        self.item_piece = self.item_start = 0


class Layout(Elements):
    """Lays datasets out.

    Args:
        options: How they are to be written.

    Attributes:
        positions: Where each record of a DICOMDIR starts, in the order of the records.
    """

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._around: set[int] = set()
        self.positions: list[int] = []

    def lay_out(self, dataset: Dataset, form: int, encodings: tuple[str, ...] | None = None) -> None:
        """Add a dataset with all that is in it.

        Args:
            dataset: The dataset.
            form: How it is to be written.
            encodings: The codecs of text where it names none.

        Raises:
            EncodeError: Something in it cannot be encoded; the error says where.
            DeferredValueError: A value has to be looked at, and is not here.
        """
        level = Level(dataset, form, encodings=encodings)
        self._around = {id(dataset)}
        stack: list[_Open] = []
        while True:
            items = self._fill(level)
            if items is not None:
                stack.append(_Open(items, level, self))
            elif stack:
                self._end_item(stack[-1])
            else:
                return
            opened = stack[-1]
            if opened.index + 1 < len(opened.items.sequence):
                level = self._begin_item(opened)
            else:
                self._close(stack.pop())
                level = opened.level

    def _fill(self, level: Level) -> Items | None:
        """Add elements up to a sequence that has to be taken apart, which is returned; None at the end."""
        elements = level.elements
        as_they_are = self.is_verbatim(level, level.form)
        tag = 0
        try:
            for tag in level.tags:
                found = elements[tag]
                if level.group is not None and tag >> 16 != level.group.group:
                    self._end_group(level)
                if found.__class__ is int:
                    if as_they_are and tag & 0xFFFF and self.put_from_run(level, found):
                        continue
                    found = level.dataset._raw_at(found)
                self.end_run()
                if not tag & 0xFFFF and self._add_group_length(level, tag, found):  # type: ignore[arg-type]
                    continue
                items = self.add(level, tag, found)  # type: ignore[arg-type]
                if items is not None:
                    return items
            self._end_group(level)
        except EncodeError as error:
            if error.tag is None:
                error.tag, error.path = tag, level.path
            raise
        return None

    # -- group lengths --

    def _add_group_length(self, level: Level, tag: int, found: RawElement | DataElement) -> bool:
        """Add a group length, or leave it out; False if it is none."""
        value = number_of(found)
        if value is None:
            return False
        if self.options.keep or is_required(tag) or self.options.group_lengths:
            first = len(self.pieces)
            self.add(level, tag, found)
            level.group = GroupLength(self, tag, value, first)
        return True

    def _end_group(self, level: Level) -> None:
        self.end_run()
        if level.group is not None:
            level.group.settle(self, level)
            level.group = None

    # -- sequences and items --

    def _begin_item(self, opened: _Open) -> Level:
        """Add the header of the next item; return what is in it."""
        opened.index += 1
        items, level = opened.items, opened.level
        item = opened.item = items.sequence[opened.index]
        path = (*level.path, (items.tag, opened.index))
        if id(item) in self._around:
            raise EncodeError("a dataset cannot contain itself", path=level.path, tag=items.tag)
        self._around.add(id(item))
        opened.item_piece = len(self.pieces)
        if items.tag == RECORDS and level.around is None:
            self.positions.append(self.size)
        self.put(item_header(UNDEFINED_LENGTH, opened.form))
        opened.item_start = self.size
        return Level(item, opened.form, path, level)

    def _end_item(self, opened: _Open) -> None:
        item = opened.item
        assert item is not None
        self._around.discard(id(item))
        if self.options.keep and item.is_undefined_length_sequence_item:
            self.put(ITEM_END[opened.form & LITTLE])
        else:
            length = self._measured(opened, self.size - opened.item_start, "an item")
            self.pieces[opened.item_piece] = item_header(length, opened.form)

    def _close(self, opened: _Open) -> None:
        """Set the length of a sequence, or add its delimiter."""
        items, level = opened.items, opened.level
        self._restore(opened)
        if items.undefined_length:
            self.put(SEQUENCE_END[opened.form & LITTLE])
        else:
            length = self._measured(opened, self.size - opened.start, "a sequence")
            self.pieces[opened.piece] = element_header(items.tag, items.VR, length, level.form)

    def _measured(self, opened: _Open, length: int, what: str) -> int:
        if length > LONGEST:
            tag, path = opened.items.tag, opened.level.path
            raise EncodeError(f"{what} of {length} bytes is too long: {LONGEST} are possible", path=path, tag=tag)
        return length

    def _restore(self, opened: _Open) -> None:
        """Put the bytes of a sequence in the place of its items, if nothing in it was changed.

        They are the same as a rule; but not where its items are odd: out of order, or in another form.
        """
        raw, level = opened.items.raw, opened.level
        if raw is None or raw[3] is None or self.changes != opened.changes or not self._could_stay(opened, raw[5]):
            return
        data = value_of(raw)
        pieces = self.pieces[opened.piece + 1 :]
        same = self.conversions == opened.conversions and b"".join(pieces) == data  # type: ignore[arg-type]  # no pulls
        if not same and not is_untouched(level.dataset, raw, opened.items.sequence):
            self.changes += 1
            return
        del self.pieces[opened.piece + 1 :]
        self.size = opened.start
        self.conversions = opened.conversions
        assert data is not None
        self.put(data)

    def _could_stay(self, opened: _Open, form: int) -> bool:
        level = opened.level
        same_form = opened.items.VR == "UN" or form & FORM == level.form
        return (
            self.options.keep
            and level.same_charset
            and same_form
            and (level.same_numbers or not opened.form & IMPLICIT)
        )
