"""The parser's internal tuples, which are what most of it works on.

They hold whole numbers, texts and bytes only: such tuples cost the garbage collector nothing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, TypeAlias

from adicom.parser.events import Encoding

__all__ = (
    "HAS_CODE",
    "IMPLICIT",
    "INFLATED",
    "LITTLE",
    "Batch",
    "Kind",
    "RawElement",
    "Span",
    "encoding_of",
    "form_of",
    "odd_form",
    "value_of",
)

RawElement: TypeAlias = tuple[int, str | None, int, Any, int, int]
"""(tag, VR or None, length, value, offset of the value, form).

The value is bytes; None where it is deferred; in the items of a sequence that was kept raw a long one is a
:data:`Span`, so that nested sequences are not copied once a level.
"""

Span: TypeAlias = tuple[bytes, int]
"""Bytes that a value lies in, and the index at which it starts."""

Batch: TypeAlias = list[Any]
"""Internal tuples: :data:`RawElement`, or one that starts with a :class:`Kind`."""


def value_of(raw: RawElement) -> bytes | None:
    """Return the bytes of a raw element; None where they are deferred."""
    value = raw[3]
    if value.__class__ is tuple:
        data, start = value
        found: bytes = data[start : start + raw[2]]
        return found
    return value  # type: ignore[no-any-return]  # bytes or None


IMPLICIT: Final = 1
LITTLE: Final = 2
INFLATED: Final = 4
HAS_CODE: Final = 8
_IS_SHORT: Final = 16
_PLAIN: Final = IMPLICIT | LITTLE | INFLATED


def form_of(*, implicit: bool, little: bool, inflated: bool = False) -> int:
    r"""Return the number that stands for an encoding without anything odd.

    Example:
        >>> encoding_of(form_of(implicit=True, little=True)).implicit_vr
        True
    """
    return (IMPLICIT if implicit else 0) | (LITTLE if little else 0) | (INFLATED if inflated else 0)


def odd_form(form: int, *, vr_code: bytes | None, reserved: bytes) -> int:
    """Return the same with the two bytes of a VR that is none, or odd reserved bytes.

    Example:
        >>> encoding_of(odd_form(LITTLE, vr_code=b"??", reserved=b"")).vr_code
        b'??'
    """
    form &= _PLAIN
    if vr_code is not None:
        form |= HAS_CODE | int.from_bytes(vr_code, "big") << 16
    return form | int.from_bytes(reserved, "big") << 32 if reserved else form | _IS_SHORT


@lru_cache(64)
def encoding_of(form: int) -> Encoding:
    """Return what a form stands for."""
    return Encoding(
        implicit_vr=bool(form & IMPLICIT),
        little_endian=bool(form & LITTLE),
        inflated=bool(form & INFLATED),
        vr_code=(form >> 16 & 0xFFFF).to_bytes(2, "big") if form & HAS_CODE else None,
        reserved=b"" if form & _IS_SHORT else (form >> 32).to_bytes(2, "big"),
    )


class Kind:
    """The first field of an internal tuple that is no plain element; tags are never negative."""

    FILE_START: Final = -1  # preamble or None, offset
    META_END: Final = -2  # transfer syntax or None, offset
    SEQUENCE_START: Final = -3  # tag, VR, length, value offset, form
    SEQUENCE_END: Final = -4  # tag, delimiter length or None, offset, form
    ITEM_START: Final = -5  # index, length, offset, form
    ITEM_END: Final = -6  # index, delimiter length or None, offset, form
    VALUE_START: Final = -7  # tag, VR, length, value offset, form
    CHUNK: Final = -8  # view, offset, form
    VALUE_END: Final = -9  # tag, offset, form
    PIXELS_START: Final = -10  # tag, VR, length, value offset, form
    FRAGMENT_START: Final = -11  # index, length, offset, form
    FRAGMENT_END: Final = -12  # index, offset, form
    PIXELS_END: Final = -13  # tag, delimiter length, offset, form
    FILE_END: Final = -14  # padding, offset, form
    RUN: Final = -15  # a Run
