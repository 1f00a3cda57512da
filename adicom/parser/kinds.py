"""What the first field of an internal tuple says, where it is no tag."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from adicom.parser.events import Encoding

__all__ = ("Batch", "Kind", "RawElement")

RawElement: TypeAlias = tuple[int, str | None, int, bytes | None, int, Encoding]
"""(tag, VR or None, length, value or None where it is deferred, offset of the value, encoding)."""

Batch: TypeAlias = list[Any]
"""Internal tuples: :data:`RawElement`, or one that starts with a :class:`Kind`."""


class Kind:
    """The first field of an internal tuple that is no plain element; tags are never negative."""

    FILE_START: Final = -1  # preamble or None, offset
    META_END: Final = -2  # transfer syntax or None, offset
    SEQUENCE_START: Final = -3  # tag, VR, length, value offset, encoding
    SEQUENCE_END: Final = -4  # tag, delimiter length or None, offset, encoding
    ITEM_START: Final = -5  # index, length, offset, encoding
    ITEM_END: Final = -6  # index, delimiter length or None, offset, encoding
    VALUE_START: Final = -7  # tag, VR, length, value offset, encoding
    CHUNK: Final = -8  # view, offset, encoding
    VALUE_END: Final = -9  # tag, offset, encoding
    PIXELS_START: Final = -10  # tag, VR, length, value offset, encoding
    FRAGMENT_START: Final = -11  # index, length, offset, encoding
    FRAGMENT_END: Final = -12  # index, offset, encoding
    PIXELS_END: Final = -13  # tag, delimiter length, offset, encoding
    FILE_END: Final = -14  # padding, offset
