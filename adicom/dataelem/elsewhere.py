"""Values that are made while they are written: what an element may hold in place of bytes."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Iterable, Sequence

    OffsetTable: TypeAlias = Literal["none", "basic", "extended"]

__all__ = ("EncapsulatedValue", "StreamValue")

_TABLES: Final = ("none", "basic", "extended")


class StreamValue:
    """A value of a known length whose bytes come while it is written.

    Args:
        length: How many bytes it has.
        open: Gives a fresh (async) iterable of the bytes, which is asked for once a writing.

    Raises:
        TypeError: The length is no whole number, or ``open`` cannot be called.
        ValueError: The length is negative.

    Example:
        >>> StreamValue(1_200_000, lambda: iter([bytes(1_200_000)]))
        <stream of 1200000 bytes>
    """

    __slots__ = ("length", "open")

    def __init__(self, length: int, open: Callable[[], AsyncIterable[bytes] | Iterable[bytes]]) -> None:
        self.length = index(length)
        if self.length < 0:
            raise ValueError("the length of a value is not negative")
        if not callable(open):
            raise TypeError("open is called without arguments, and gives an iterable of bytes")
        self.open = open

    def __repr__(self) -> str:
        return f"<stream of {self.length} bytes>"

    def __deepcopy__(self, memo: dict[int, Any]) -> StreamValue:
        return self  # it never changes


class EncapsulatedValue:
    """Pixel data that becomes fragments while it is written (PS3.5 A.4): of frames, or of one stream.

    Args:
        frames: The encoded frames; each is one fragment.
        stream: All frames as one stream, as the video transfer syntaxes have it.
        offset_table: What tells where each frame starts: ``"none"``; a ``"basic"`` table, whose offsets end at
            2^32 - 1; an ``"extended"`` one, which is (7FE0,0001) and (7FE0,0002) beside the pixel data.
        fragment_size: The longest fragment of a stream in bytes, an even number; None for one fragment.

    Raises:
        TypeError: A frame is neither bytes nor a :class:`StreamValue`.
        ValueError: Both or none of frames and stream are given, or another argument is wrong.

    Example:
        >>> EncapsulatedValue(frames=[b"frame 1", b"frame 2"], offset_table="basic")
        <encapsulated, 2 frames>
    """

    __slots__ = ("fragment_size", "frames", "offset_table", "stream")

    def __init__(
        self,
        *,
        frames: Iterable[bytes | bytearray | memoryview | StreamValue] | None = None,
        stream: StreamValue | None = None,
        offset_table: OffsetTable = "none",
        fragment_size: int | None = None,
    ) -> None:
        if (frames is None) is (stream is None):
            raise ValueError("pixel data is made of frames or of a stream")
        if offset_table not in _TABLES:
            raise ValueError(f"the offset table is one of {', '.join(_TABLES)}")
        if stream is not None and offset_table != "none":
            raise ValueError("a stream has no offset table, for nobody knows where its frames start")
        if fragment_size is not None and (stream is None or fragment_size < 2 or fragment_size % 2):
            raise ValueError("a fragment size, which is even and above zero, belongs to a stream")
        if stream is not None and not isinstance(stream, StreamValue):
            raise TypeError(f"a stream is a StreamValue, not {type(stream).__name__}")
        self.frames: Sequence[bytes | bytearray | memoryview | StreamValue] = tuple(frames or ())
        for frame in self.frames:
            if not isinstance(frame, bytes | bytearray | memoryview | StreamValue):
                raise TypeError(f"a frame is bytes or a StreamValue, not {type(frame).__name__}")
        self.stream = stream
        self.offset_table: OffsetTable = offset_table
        self.fragment_size = fragment_size

    def __repr__(self) -> str:
        what = f"{len(self.frames)} frames" if self.stream is None else repr(self.stream)
        return f"<encapsulated, {what}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> EncapsulatedValue:
        return self  # it never changes
