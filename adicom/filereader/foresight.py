"""What the part of an object that is here tells about how much of it is still to come.

Nothing here reads or waits; the planner of requests asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from adicom.parser.progress import Progress

__all__ = ("NUMBER_OF_FRAMES", "bytes_to_come")

NUMBER_OF_FRAMES: Final = 0x00280008
_PER_FRAME_GROUPS: Final = 0x52009230
_OFFSET_TABLE: Final = 0x7FE00001
_TABLE_HEADER: Final = 12
_DELIMITER: Final = 8
_MANY: Final = 2**32


def bytes_to_come(progress: Progress | None, received: int, frames: int | None) -> int:
    """Return how many bytes behind those received are likely to belong to the header; 0 where nothing tells.

    The Per-frame Functional Groups Sequence has an item a frame (PS3.3 C.7.6.16), and the Extended Offset Table
    Lengths are as long as the Extended Offset Table in front of them (PS3.3 C.7.6.3.1.8).

    Args:
        progress: The top-level element in which the received bytes end.
        received: Where they end.
        frames: Number of Frames, where it is known.

    Example:
        >>> from adicom.parser.progress import Progress
        >>> bytes_to_come(Progress(0x52009230, start=1000, length=None, items=4, position=3000), 3100, 10)
        2908
        >>> bytes_to_come(Progress(0x7FE00001, start=1000, length=800), 1200, None)
        1412
    """
    if progress is None:
        return 0
    if progress.tag == _OFFSET_TABLE and progress.length is not None:
        end = progress.start + 2 * progress.length + _TABLE_HEADER
        return max(end - received, 0)
    if progress.tag != _PER_FRAME_GROUPS or progress.length is not None or not frames:
        return 0
    each = progress.bytes_an_item
    if each is None or not 0 < frames < _MANY:
        return 0
    end = progress.start + int(frames * each) + _DELIMITER
    return max(end - received, 0)
