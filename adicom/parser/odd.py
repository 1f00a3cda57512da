"""Reads a header in an explicit data set whose VR is not two capital letters.

Such headers exist: two blanks, two zeros, "??". Each possible reading is tried, and the one taken behind
whose value another plausible header stands (or the end).
"""

from __future__ import annotations

from typing import Final, TypeAlias

from adicom.datadict import find_vr
from adicom.parser.kinds import IMPLICIT, LITTLE, odd_form
from adicom.vr import LONG_VR, SHORT_VR

__all__ = ("FARTHEST", "OddHeader", "read_odd_header")

OddHeader: TypeAlias = tuple[str | None, int, int, int]
"""VR (None: implicit), value length, header size, form."""

_LONGEST: Final = 65536
"""A longer value is not looked behind; no plausible reading of such a header has one."""
FARTHEST: Final = 12 + _LONGEST + 8
"""How many bytes from a header on are looked at."""


def read_odd_header(data: bytes, tag: int, form: int, *, ended: bool) -> tuple[OddHeader | None, int]:
    """Return the plausible reading of the header at the start of ``data``.

    Args:
        data: What is here, up to the end of the item at most.
        tag: The tag of the header.
        form: How headers are written around it.
        ended: Whether nothing comes behind ``data``.

    Returns:
        The header or None, with the number of bytes that are wanted before it can be told (0: none, there
        is no plausible reading).
    """
    order: str = "little" if form & LITTLE else "big"
    code = data[4:6]
    readings: list[OddHeader] = [
        (None, _number(data[4:8], order), 8, form | IMPLICIT),
        ("UN", _number(data[6:8], order), 8, odd_form(form, vr_code=code, reserved=b"")),
    ]
    if len(data) >= 12:
        readings.append(("UN", _number(data[8:12], order), 12, odd_form(form, vr_code=code, reserved=data[6:8])))
    readings = [reading for reading in readings if reading[1] <= _LONGEST]
    wanted = max([12, *(size + length + 8 for _, length, size, _ in readings)])
    if len(data) < wanted and not ended:
        return None, wanted
    for reading in readings:
        if _fits(data[reading[2] + reading[1] :], tag, order, reading[2] + reading[1] - len(data)):
            return reading, 0
    return None, 0


def _number(data: bytes, order: str) -> int:
    return int.from_bytes(data, "little" if order == "little" else "big")


def _fits(rest: bytes, tag: int, order: str, behind: int) -> bool:
    """Tell whether ``rest`` is empty, or starts with a header or delimiter that may follow ``tag``."""
    if not rest:
        return behind == 0
    if len(rest) < 8:
        return not rest.strip(b"\0")
    following = _number(rest[:2], order) << 16 | _number(rest[2:4], order)
    if following in (0xFFFEE00D, 0xFFFEE0DD):
        return not rest[4:8].strip(b"\0")
    known = rest[4:6] in SHORT_VR or rest[4:6] in LONG_VR
    return tag < following < 0xFFFE0000 and (known or find_vr(following) is not None)
