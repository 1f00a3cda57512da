"""How the data set of a transfer syntax is encoded, by its UID or by a look at the first bytes."""

from __future__ import annotations

from typing import Final, Literal

from adicom.datadict import find_vr
from adicom.vr import LONG_VR, SHORT_VR

__all__ = ("HEAD_SIZE", "Syntax", "classify", "item_is_implicit", "looks_explicit", "sniff")

HEAD_SIZE: Final = 8
"""How many bytes a look takes; always as many, so that the cut of the bytes cannot matter."""


class Syntax:
    """What a transfer syntax UID says of the data set."""

    IMPLICIT: Final = "implicit VR little endian"
    EXPLICIT: Final = "explicit VR little endian"
    BIG: Final = "explicit VR big endian"
    DEFLATED: Final = "deflated explicit VR little endian"
    UNKNOWN: Final = "unknown"
    NO_DATA_SET: Final = "no data set"


_BY_UID: Final = {
    "1.2.840.10008.1.2": Syntax.IMPLICIT,
    "1.2.840.10008.1.2.1": Syntax.EXPLICIT,
    "1.2.840.10008.1.20": Syntax.IMPLICIT,  # Papyrus 3
    "1.2.840.113619.5.2": Syntax.IMPLICIT,  # GE private; its pixel words are big endian
    "1.2.840.10008.1.2.2": Syntax.BIG,
    "1.2.840.10008.1.2.1.99": Syntax.DEFLATED,
    "1.2.840.10008.1.2.4.95": Syntax.DEFLATED,
    "1.2.840.10008.1.2.4.205": Syntax.DEFLATED,
}
_STANDARD: Final = "1.2.840.10008.1.2."
_NO_DATA_SET: Final = ("1.2.840.10008.1.2.6.", "1.2.840.10008.1.2.7.")  # MIME, XML; SMPTE ST 2110


def classify(transfer_syntax: str | None) -> str:
    """Return what a transfer syntax UID says of the encoding (PS3.5 annex A).

    Example:
        >>> classify("1.2.840.10008.1.2.4.50")
        'explicit VR little endian'
        >>> classify("1.2.3")
        'unknown'
    """
    if not transfer_syntax:
        return Syntax.UNKNOWN
    if (known := _BY_UID.get(transfer_syntax)) is not None:
        return known
    if transfer_syntax.startswith(_NO_DATA_SET):
        return Syntax.NO_DATA_SET
    return Syntax.EXPLICIT if transfer_syntax.startswith(_STANDARD) else Syntax.UNKNOWN


def looks_explicit(head: bytes) -> bool:
    """Tell whether a header has a VR: two capital letters, which as a length would be above 16,000 bytes."""
    return len(head) >= 6 and 0x40 < head[4] < 0x5B and 0x40 < head[5] < 0x5B


def sniff(head: bytes) -> str:
    """Tell from the first header how a data set is encoded.

    Example:
        >>> sniff(bytes.fromhex("0800050043530a00"))
        'explicit VR little endian'
        >>> sniff(bytes.fromhex("080005000a000000"))
        'implicit VR little endian'
    """
    if len(head) < 6:
        return Syntax.EXPLICIT
    if not looks_explicit(head):
        return Syntax.IMPLICIT
    # The first group of a data set is small: 0800H is 0008H in the other byte order.
    return Syntax.BIG if head[1] >= 4 > head[0] else Syntax.EXPLICIT


def item_is_implicit(head: bytes, *, implicit: bool, little: bool, room: int | None) -> bool:
    """Tell from an item's first header whether its elements have no VR.

    Some writers put implicit items into explicit data sets, and the other way round.

    Args:
        head: The first bytes of the item, at least six.
        implicit: Whether the elements around the item have no VR.
        little: The byte order of numbers.
        room: How many bytes the item has, where that is known.
    """
    if not implicit:
        return not looks_explicit(head)
    vr = SHORT_VR.get(head[4:6]) or LONG_VR.get(head[4:6])
    if vr is None:
        return True
    order: Literal["little", "big"] = "little" if little else "big"
    tag = int.from_bytes(head[0:2], order) << 16 | int.from_bytes(head[2:4], order)
    if room is not None and int.from_bytes(head[4:8], order) > room - 8:
        return False
    return vr not in (find_vr(tag) or "")
