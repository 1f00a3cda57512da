"""How much the parser takes from input that nobody vouches for."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ("ParserLimits",)


@dataclass(frozen=True, slots=True)
class ParserLimits:
    """The bounds of one parse; each is the caller's to set.

    Attributes:
        depth: Sequences inside each other. Real objects stay below 20; fo-dicom chose 256 as well.
        collected_value: Bytes of one value that is kept in memory. 2**32 is what a 32-bit value length can
            announce; only encapsulated pixel data can be longer, and it can be streamed.
        header_bytes: Bytes of elements outside bulk values (longer than 64 KiB) and pixel data. A whole-slide
            image with 180,000 frames has about 100 MB of them.
        elements: Data elements and items that are parsed. That slide has 4 million.
        inflated_bytes: Bytes that a deflated data set may grow to while a dataset is built; the largest
            deflated objects seen are single images of some MB. Streamed events have no such limit.

    Example:
        >>> ParserLimits(depth=16).depth
        16
    """

    depth: int = 256
    collected_value: int = 2**32
    header_bytes: int = 2**30
    elements: int = 10_000_000
    inflated_bytes: int = 256 * 2**20

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) < 1:
                raise ValueError(f"the limit {name} must be at least 1")
