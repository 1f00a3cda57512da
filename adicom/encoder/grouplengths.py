"""Group lengths (gggg,0000): kept where they are right or nothing was changed, else made anew or left out.

Only two of them still are in the standard: those of command sets (PS3.7 6.3) and of the file meta information.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adicom.dataelem import DataElement
from adicom.encoder.headers import FORM, element_header, header_size
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import IMPLICIT, LITTLE, encoding_of, value_of

if TYPE_CHECKING:
    from adicom.encoder.levels import Level
    from adicom.encoder.output import Output
    from adicom.parser.kinds import RawElement

__all__ = ("GroupLength", "is_required", "number_of")

_REQUIRED: Final = frozenset((0x0000, 0x0002))
_SIZE: Final = 4
_DELIMITER: Final = 8


def is_required(tag: int) -> bool:
    """Say whether a group length is one that the standard wants.

    Example:
        >>> is_required(0x00020000), is_required(0x00080000)
        (True, False)
    """
    return tag >> 16 in _REQUIRED


def number_of(found: RawElement | DataElement) -> int | None:
    """Return the value of a group length; None where it has none."""
    if isinstance(found, DataElement):
        value = 0 if found._value is None else found._value
        return value if isinstance(value, int) and 0 <= value < UNDEFINED_LENGTH else None
    data = value_of(found)
    if data is None or len(data) != _SIZE:
        return None
    return int.from_bytes(data, "little" if found[5] & LITTLE else "big")


class GroupLength:
    """A group length that was written, while its group is.

    Attributes:
        group: The group.
    """

    __slots__ = ("_changes", "_first", "_last", "_start", "_tag", "_value", "group")

    def __init__(self, output: Output, tag: int, value: int, first: int) -> None:
        self.group = tag >> 16
        self._tag = tag
        self._value = value
        self._first, self._last = first, len(output.pieces)
        self._start = output.size
        self._changes = output.changes + output.conversions

    def settle(self, output: Output, level: Level) -> None:
        """Set it right when its group is complete."""
        size = output.size - self._start
        if size == self._value:
            return
        if (
            output.options.keep
            and self._changes == output.changes + output.conversions
            and _is_whole(level, self.group)
        ):
            return  # it was wrong, and nobody has touched the group
        pieces = output.pieces
        for index in range(self._first, self._last):
            piece = pieces[index]
            assert isinstance(piece, bytes | memoryview)
            output.size -= len(piece)
            pieces[index] = b""
        if is_required(self._tag) or output.options.group_lengths:
            value = size.to_bytes(_SIZE, "little" if level.form & LITTLE else "big")
            piece = element_header(self._tag, "UL", _SIZE, level.form) + value
            pieces[self._first] = piece
            output.size += len(piece)


def _is_whole(level: Level, group: int) -> bool:
    """Say whether the elements of a group still lie next to each other in the source."""
    end = None
    for tag in sorted(tag for tag in level.elements if tag >> 16 == group):
        found = level.dataset._raw(tag)
        raw = found._raw if isinstance(found, DataElement) else found
        assert raw is not None  # else it was set, and the group has changed
        VR, length, form = raw[1], raw[2], raw[5]
        size = header_size(VR or "UN", form & FORM if form & IMPLICIT or encoding_of(form).reserved else IMPLICIT)
        if end is not None and raw[4] - size != end:
            return False
        if length != UNDEFINED_LENGTH:
            end = raw[4] + length
        else:
            value = value_of(raw)
            end = None if value is None else raw[4] + len(value) + _DELIMITER
    return True
