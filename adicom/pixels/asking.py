"""How code that does no IO gets bytes: it asks for ranges and is sent what they hold.

An operation is a generator: it yields an :class:`Ask`, gets a list of bytes, and returns its result. Whoever runs it
decides how to wait, so that each operation is written once.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from adicom.io.base import Range

__all__ = ("Ask", "Steps")

T = TypeVar("T")


class Ask(NamedTuple):
    """What an operation needs next.

    Attributes:
        ranges: The bytes that it needs.
        short: Whether fewer will do where the source ends; then there is one range.
    """

    ranges: list[Range]
    short: bool = False


Steps: TypeAlias = Generator[Ask, list[bytes], T]
"""An operation that asks for bytes and returns a T."""
