"""The bytes that compressed frames begin and end with, by which fragments are put together where no table tells."""

from __future__ import annotations

from itertools import pairwise
from struct import unpack_from
from typing import TYPE_CHECKING, Final, NamedTuple

from adicom.uid import (
    DeflatedImageFrameCompression,
    EncapsulatedUncompressedExplicitVRLittleEndian,
    JPEGXLTransferSyntaxes,
    RLELossless,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("HEAD_SIZE", "TAIL_SIZE", "Marks", "marks_of")

HEAD_SIZE: Final = 64
"""Bytes at the start of a fragment that are looked at: an RLE header is that long (PS3.5 G.5)."""

TAIL_SIZE: Final = 1024
"""Bytes at the end of a fragment that are looked at: some writers pad frames to blocks of a disk."""

# ISO/IEC 10918-1 B.1.1.3: SOI; 15444-1 A.4.1: SOC; 15444-1 I.5.1: the JP2 that some
# writers wrap around it, against PS3.5 A.4.4.
_IMAGES: Final = (b"\xff\xd8", b"\xff\x4f", b"\0\0\0\x0cjP  ")
_END: Final = b"\xff\xd9"
"""EOI of JPEG and JPEG-LS, EOC of JPEG 2000."""
_NEAR_THE_END: Final = 10
# ISO/IEC 18181-1: a codestream; 18181-2: a container.
_JPEG_XL: Final = (b"\xff\x0a", b"\0\0\0\x0cJXL ")


class Marks(NamedTuple):
    """How frames of a compression can be told.

    Attributes:
        starts: Whether a frame starts with these first bytes of a fragment.
        ends: Whether a frame ends with these last bytes of a fragment; None where nothing marks the end.
    """

    starts: Callable[[bytes], bool]
    ends: Callable[[bytes], bool] | None


def marks_of(transfer_syntax: str | None) -> Marks | None:
    r"""Return how frames can be told; None where each fragment is a frame (PS3.5 A.4.11, A.4.13).

    Example:
        >>> jpeg = marks_of("1.2.840.10008.1.2.4.50")
        >>> jpeg.starts(b"\xff\xd8\xff\xe0"), jpeg.ends(b"\x12\xff\xd9\0")
        (True, True)
        >>> marks_of("1.2.840.10008.1.2.1.98") is None
        True
    """
    if transfer_syntax in (EncapsulatedUncompressedExplicitVRLittleEndian, DeflatedImageFrameCompression):
        return None
    if transfer_syntax == RLELossless:
        return _RLE
    return _XL if transfer_syntax in JPEGXLTransferSyntaxes else _JPEG


def _starts_image(head: bytes) -> bool:
    return head.startswith(_IMAGES)


def _ends_image(tail: bytes) -> bool:
    """Tell whether the end marker is there, with nothing but padding behind it; close to the end, anything goes."""
    found = tail.rfind(_END)
    if found < 0:
        return False
    return found >= len(tail) - _NEAR_THE_END or not tail[found + len(_END) :].strip(b"\0\xff")


def _starts_xl(head: bytes) -> bool:
    return head.startswith(_JPEG_XL)


def _starts_rle(head: bytes) -> bool:
    """Tell whether it is an RLE header: how many segments there are, and where each starts (PS3.5 G.5)."""
    if len(head) < HEAD_SIZE:
        return False
    count, *offsets = unpack_from("<16L", head)
    used = offsets[:count]
    return 1 <= count <= 15 and used[0] == HEAD_SIZE and all(a < b for a, b in pairwise(used))


_JPEG: Final = Marks(_starts_image, _ends_image)
_RLE: Final = Marks(_starts_rle, None)
_XL: Final = Marks(_starts_xl, None)
