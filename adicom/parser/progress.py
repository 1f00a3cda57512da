"""How far the parser has come in what it is in the middle of, so that a reader can foresee how much is to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from adicom.parser.scan import Frame, SkipState

__all__ = ("Progress", "of_sequence", "of_walk")


class Progress(NamedTuple):
    """A top-level element that was begun and not ended.

    Attributes:
        tag: Its tag.
        start: The offset of its value.
        length: Its value length in bytes; None if that is undefined.
        items: How many items of it lie between ``start`` and ``position``; 0 where it is no sequence.
        position: The offset behind those.

    Example:
        >>> Progress(0x52009230, start=1000, length=None, items=4, position=3000).bytes_an_item
        500.0
    """

    tag: int
    start: int
    length: int | None
    items: float = 0
    position: int = 0

    @property
    def bytes_an_item(self) -> float | None:
        """How long an item is on average; None before the first one ended."""
        return (self.position - self.start) / self.items if self.items else None


def of_walk(tag: int, start: int, walk: SkipState) -> Progress:
    """Return the progress in a sequence of undefined length that is walked over to be kept raw."""
    between_items = walk.in_items and not walk.stack
    items, position = (walk.items, walk.pos) if between_items else (walk.items - 1, walk.item)
    return Progress(tag, start, None, max(items, 0), position)


def of_sequence(frame: Frame, position: int, *, between_items: bool) -> Progress:
    """Return the progress in a sequence that is taken apart."""
    items = frame.index + (1 if between_items else 0.5)
    length = None if frame.end is None else frame.end - frame.start
    return Progress(frame.tag, frame.start, length, max(items, 0), position)
