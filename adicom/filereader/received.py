"""What a read learned of its source besides the dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adicom.io.base import Identity
from adicom.io.local import BytesSource

if TYPE_CHECKING:
    from adicom.io.base import AsyncSource, LocalSource
    from adicom.parser.machine import Parser

__all__ = ("Received", "identity_of")

_KEPT: Final = 1024 * 1024


class Received:
    """The bytes that came with the header but lie behind it, and which state of the object they are from.

    Attributes:
        offset: Where in the source those bytes start; what was parsed ends there.
        data: The bytes, at most 1 MiB of them.
        identity: Which state of the object was read, where that can be known.
    """

    __slots__ = ("data", "identity", "offset")

    def __init__(self) -> None:
        self.offset = 0
        self.data = b""
        self.identity: Identity | None = None

    def note_source(self, source: AsyncSource | LocalSource) -> None:
        """Take note of what was read."""
        self.identity = identity_of(source)

    def note_rest(self, parser: Parser) -> None:
        """Take note of what came behind encapsulated pixel data's header; of use where asking for it again costs."""
        if parser.stopped_at_fragments:
            self.offset = parser.offset
            self.data = parser.trailing_data[0][:_KEPT]


def identity_of(source: AsyncSource | LocalSource) -> Identity | None:
    """Return which state of an object a source gives, as far as that is known; of bytes it is their number.

    Example:
        >>> identity_of(BytesSource(b"0123")).size
        4
    """
    inner = getattr(source, "local", source)
    found: Identity | None = getattr(inner, "identity", None)
    size = len(inner.data) if isinstance(inner, BytesSource) else getattr(inner, "size", None)
    return Identity(size=size) if found is None and isinstance(size, int) else found
