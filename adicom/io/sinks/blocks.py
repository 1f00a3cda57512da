"""The gathering of small pieces into blocks that are worth a system call, a thread or a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("Blocks", "as_octets")


class Blocks:
    """Takes pieces, gives blocks.

    Args:
        size: Of a block in bytes, at the least; with 0 each piece is one.

    Example:
        >>> blocks = Blocks(4)
        >>> [bytes(block) for piece in (b"01", b"2", b"345", b"6789ab", b"c") for block in blocks.put(piece)]
        [b'012345', b'6789ab']
        >>> [bytes(block) for block in blocks.rest()]
        [b'c']
    """

    __slots__ = ("_gathered", "_size")

    def __init__(self, size: int) -> None:
        self._size = size
        self._gathered = bytearray()

    def put(self, data: bytes | memoryview) -> Iterator[bytes | bytearray | memoryview]:
        """Give the blocks that are complete with another piece; whoever stops on the way loses what follows."""
        if not self._gathered and len(data) >= self._size:
            yield data  # as it is: no copy
            return
        self._gathered += data
        if len(self._gathered) >= self._size:
            yield from self.rest()

    def rest(self) -> Iterator[bytearray]:
        """Give what is left."""
        if self._gathered:
            gathered, self._gathered = self._gathered, bytearray()
            yield gathered


def as_octets(data: bytes | memoryview) -> bytes | memoryview:
    """Return bytes-like data as something whose length is in bytes.

    Raises:
        TypeError: It is text, or something else.

    Example:
        >>> import array
        >>> len(as_octets(memoryview(array.array("H", [1, 2]))))
        4
    """
    if isinstance(data, (bytes, bytearray)):
        return data
    try:
        view = memoryview(data)
    except TypeError:
        raise TypeError(f"a sink takes bytes, not {type(data).__name__}") from None
    return view if view.format == "B" and view.ndim == 1 and view.contiguous else memoryview(view.tobytes())
