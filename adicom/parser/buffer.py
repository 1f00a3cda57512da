"""The bytes that were received but not consumed yet."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("Buffer",)


class Buffer:
    """A window of contiguous bytes, with more of them waiting behind it.

    Waiting pieces are joined to the window only when a step needs them, so that feeding byte by byte and
    collecting a long value both take linear time.

    Attributes:
        data: The window; immutable, so that slices of it stay valid.
        base: The offset of its first byte.
        pos: The next byte to consume, as an index into it.
    """

    __slots__ = ("_waiting", "_waiting_size", "base", "data", "pos")

    def __init__(self, base: int = 0) -> None:
        self.data = b""
        self.base = base
        self.pos = 0
        self._waiting: deque[bytes] = deque()
        self._waiting_size = 0

    @property
    def offset(self) -> int:
        """The offset of the next byte to consume."""
        return self.base + self.pos

    @property
    def available(self) -> int:
        """How many bytes are here."""
        return len(self.data) - self.pos + self._waiting_size

    def append(self, data: bytes) -> None:
        """Add bytes behind the last ones."""
        if self.pos == len(self.data) and not self._waiting:
            self.base += self.pos
            self.data, self.pos = data, 0
        else:
            self._waiting.append(data)
            self._waiting_size += len(data)

    def fill(self, size: int) -> bool:
        """Have ``size`` bytes in the window if they are here, else all there are; return whether they are."""
        have = len(self.data) - self.pos
        if have >= size or not self._waiting:
            return have >= size
        if have + self._waiting_size < size:
            return False
        self._join()
        return True

    def join(self) -> None:
        """Have all bytes that are here in the window."""
        if self._waiting:
            self._join()

    def _join(self) -> None:
        self.data = b"".join([self.data[self.pos :], *self._waiting])
        self.base += self.pos
        self.pos = 0
        self._waiting.clear()
        self._waiting_size = 0

    def take(self, size: int) -> memoryview:
        """Consume up to ``size`` bytes without copying; an empty view means that none are here."""
        if self.pos == len(self.data) and self._waiting:
            self.base += self.pos
            self.data, self.pos = self._waiting.popleft(), 0
            self._waiting_size -= len(self.data)
        view = memoryview(self.data)[self.pos : self.pos + size]
        self.pos += len(view)
        return view

    def jump(self, size: int) -> int:
        """Consume up to ``size`` bytes and drop them; return how many."""
        left = size
        while left and (dropped := len(self.take(left))):
            left -= dropped
        return size - left

    def move(self, offset: int) -> None:
        """Go on at ``offset``, which lies behind all that is here."""
        self.data, self.pos, self.base = b"", 0, offset

    def rewind(self, kept: Iterable[bytes | memoryview], offset: int) -> None:
        """Put bytes back that were consumed, which began at ``offset``."""
        if offset >= self.base:  # they are still in the window
            self.pos = offset - self.base
            return
        self.data = b"".join([*kept, self.data[self.pos :]])
        self.base, self.pos = offset, 0
