"""What the caller wants of a data set, obeyed inside the scan."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, TypeAlias

__all__ = ("DELIMITERS", "PIXEL_DATA_TAGS", "Expand", "Plan", "StopWhen")

_PLAIN: Final = 65536
DELIMITERS: Final = 0xFFFE0000
"""The lowest tag that is no data element's."""

StopWhen: TypeAlias = Callable[[int, str | None, int], bool]
"""``stop_when(tag, VR, length)``; VR is None where the header has none."""

PIXEL_DATA_TAGS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
"""Float, Double Float and plain Pixel Data."""


class Expand(IntEnum):
    """Which sequences are taken apart; the others come whole, as an element with raw bytes."""

    NONE = 0
    UNDEFINED = 1
    """Those of undefined length."""
    ALL = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be read, and how.

    Attributes:
        stop: Asked at each top-level header behind group 2, before its value is needed; nothing is parsed
            from the first header on for which it is true. A set of tags is asked for membership.
        wanted: The top-level tags to deliver; None is all. The others are passed over.
        last_wanted: Parsing stops at the first top-level tag above it, if all tags so far ascended.
        skip_above: Values longer than this many bytes are passed over and reported as deferred; so is
            encapsulated pixel data, at which parsing stops without walking its fragments.
        keep: Tags of tables that are not passed over, as long as they have no more entries (of 8 bytes) than
            elements may be parsed.
        expand: Which sequences are taken apart.
        collect_up_to: Values up to this many bytes come whole, longer ones in chunks; None: all come whole,
            encapsulated pixel data too.
        raw_sequence_limit: A sequence longer than this many bytes is taken apart whatever ``expand`` says.

    Example:
        >>> Plan(stop=PIXEL_DATA_TAGS).expand
        <Expand.ALL: 2>
    """

    stop: StopWhen | frozenset[int] | None = None
    wanted: Container[int] | None = None
    last_wanted: int | None = None
    skip_above: int | None = None
    keep: frozenset[int] = frozenset()
    expand: Expand = Expand.ALL
    collect_up_to: int | None = 65536
    raw_sequence_limit: int = 16 * 2**20

    longest_plain: int = field(init=False)
    """The longest value in bytes that needs no decision."""
    watch: int = field(init=False)
    """The lowest top-level tag that needs one."""

    def __post_init__(self) -> None:
        for name in ("skip_above", "collect_up_to", "raw_sequence_limit"):
            size = getattr(self, name)
            if size is not None and size < 0:
                raise ValueError(f"{name} must not be negative")
        sizes = (self.skip_above, self.collect_up_to, self.raw_sequence_limit, _PLAIN)
        object.__setattr__(self, "longest_plain", min(size for size in sizes if size is not None))
        each = callable(self.stop) or self.wanted is not None or self.last_wanted is not None
        tags = () if callable(self.stop) else self.stop or ()
        object.__setattr__(self, "watch", 0 if each else min((DELIMITERS, *tags)))
