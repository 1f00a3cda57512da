"""What the arguments of the reading functions mean to the parser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from adicom.datadict import find_vr
from adicom.dataset.dictionary import checked_dictionary
from adicom.dataset.scope import CHARACTER_SET, CONTEXT_TAGS
from adicom.parser.limits import ParserLimits
from adicom.parser.plan import PIXEL_DATA_TAGS, Expand, Plan
from adicom.parser.plan import StopWhen as ScanStopWhen
from adicom.tag import BaseTag, Tag, TagType
from adicom.vr import AMBIGUOUS_VR

if TYPE_CHECKING:
    from adicom.datadict import DataDictionary
    from adicom.io.base import ReadOptions

__all__ = ("ParseOptions", "SpecificTag", "StopWhen", "Wanted", "size_in_bytes")

StopWhen: TypeAlias = Callable[[BaseTag, str | None, int], bool]
"""``stop_when(tag, VR, length)``; VR is None where the file has none."""

SpecificTag: TypeAlias = "TagType | tuple[int, str, int]"
"""A tag or keyword, or (group, private creator, element below the creator's block)."""

_UNITS: Final = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_SIZE: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([KMG]?)(?:I?B)?")
_PIXEL_REPRESENTATION: Final = 0x00280103
_LIMITS: Final = ParserLimits()


def size_in_bytes(size: float | str | None) -> int | None:
    """Return a number of bytes that may be given with a unit; "KB" is 1024 bytes, as in pydicom 1 and 2.

    Example:
        >>> size_in_bytes("64 KB"), size_in_bytes(100), size_in_bytes(None)
        (65536, 100, None)

    Raises:
        ValueError: It is no size.
    """
    if size is None or size == float("inf"):
        return None
    if not isinstance(size, str):
        number, factor = float(size), 1
    else:
        match = _SIZE.fullmatch(size.strip().upper())
        if match is None:
            raise ValueError(f"a size is a number, or a text like '512 KB' or '2 MB', not {size!r}")
        number, factor = float(match[1]), _UNITS[match[2]]
    if not number >= 0:
        raise ValueError("a size is no negative number")
    return int(number * factor)


class Wanted:
    """The top-level tags that ``specific_tags`` asks for, with those that decoding them needs.

    Args:
        specific_tags: What the caller gave.
        dictionary: What else is looked up in; None for nothing.

    Attributes:
        last: The largest tag that may be wanted.

    Example:
        >>> wanted = Wanted(["PatientID", (0x0029, "SIEMENS CSA HEADER", 0x10)])
        >>> 0x00100020 in wanted, 0x00291110 in wanted, 0x00100010 in wanted
        (True, True, False)
    """

    def __init__(self, specific_tags: Iterable[SpecificTag], dictionary: DataDictionary | None = None) -> None:
        self._tags: set[int] = {CHARACTER_SET}
        self._private: set[tuple[int, str, int]] = set()
        for given in specific_tags:
            if isinstance(given, tuple) and len(given) == 3:
                group, creator, element = given
                self._private.add((int(group), str(creator).strip(), int(element)))
            else:
                self._tags.add(_number(given, dictionary))
        self._private_groups = {group for group, _, _ in self._private}
        self._needed = self._tags | CONTEXT_TAGS
        self.last = max([*self._tags, *(group << 16 | 0xFFFF for group in self._private_groups)])
        if any(_needs_pixel_representation(tag, dictionary) for tag in self._tags):
            self.last = max(self.last, _PIXEL_REPRESENTATION)

    def __contains__(self, tag: object) -> bool:
        if tag in self._needed:
            return True
        if not isinstance(tag, int):
            return False
        group = tag >> 16
        if group in self._private_groups:
            return True
        # The creators of wanted private tags say what those are.
        return bool(group & 1) and 0x10 <= tag & 0xFFFF <= 0xFF

    def keeps(self, tag: int, creator: str | None) -> bool:
        """Tell whether the caller asked for a tag, now that the private creator of its block is known."""
        if tag in self._tags:
            return True
        return creator is not None and (tag >> 16, creator, tag & 0xFF) in self._private


def _number(given: TagType, dictionary: DataDictionary | None) -> int:
    own = dictionary.own_tag(given) if dictionary is not None and isinstance(given, str) else None
    return int(Tag(given)) if own is None else own


def _needs_pixel_representation(tag: int, dictionary: DataDictionary | None) -> bool:
    vr = find_vr(tag) if dictionary is None else dictionary.find_vr(tag)
    return vr == "SQ" or vr in AMBIGUOUS_VR


@dataclass(slots=True, kw_only=True)
class ParseOptions:
    """What one read wants of the parser and the builder.

    Attributes:
        defer_size: Values longer than this many bytes are deferred; None defers none.
        keep: Tags whose values are never deferred.
        stop: When to stop.
        force: Whether to read what has no ``DICM`` prefix.
        wanted: The top-level tags to keep; None keeps all.
        strict: Whether a fault is raised; else what is there is returned, marked.
        limits: The bounds.
        load_on_access: Whether plain access may load a deferred value.
        on_unreachable: What becomes of long values where the source cannot be read again.
        assume_ordered: Whether reading may end behind the largest wanted tag.
        dictionary: What is looked up before the dictionaries of adicom.
        io: How the source is read.
    """

    io: ReadOptions
    defer_size: int | None = None
    keep: frozenset[int] = frozenset()
    stop: ScanStopWhen | frozenset[int] | None = None
    force: bool = False
    wanted: Wanted | None = None
    strict: bool = True
    limits: ParserLimits = _LIMITS
    load_on_access: bool = True
    on_unreachable: Literal["keep", "drop"] = "keep"
    assume_ordered: bool = True
    dictionary: DataDictionary | None = None

    @classmethod
    def make(
        cls,
        io: ReadOptions,
        *,
        defer_size: float | str | None = None,
        stop_before_pixels: bool = False,
        stop_when: StopWhen | None = None,
        specific_tags: Iterable[SpecificTag] | None = None,
        limits: ParserLimits | None = None,
        on_unreachable: str = "keep",
        dictionary: DataDictionary | None = None,
        **others: Any,
    ) -> ParseOptions:
        """Return the options for what a caller passed.

        Raises:
            ValueError: A size, a tag or a choice is none.
            TypeError: The dictionary is none.
        """
        if on_unreachable not in ("keep", "drop"):
            raise ValueError('on_unreachable is "keep" or "drop"')
        return cls(
            io=io,
            defer_size=size_in_bytes(defer_size),
            stop=_tagged(stop_when) if stop_when is not None else PIXEL_DATA_TAGS if stop_before_pixels else None,
            wanted=None if specific_tags is None else Wanted(specific_tags, checked_dictionary(dictionary)),
            limits=limits or _LIMITS,
            on_unreachable="keep" if on_unreachable == "keep" else "drop",
            dictionary=checked_dictionary(dictionary),
            **others,
        )

    def plan(self, *, rereadable: bool) -> Plan:
        """Return the plan for a source that can, or cannot, be read again."""
        keep = not rereadable and self.on_unreachable == "keep"
        skip_above = None if keep else self.defer_size
        if self.wanted is None and not callable(self.stop):
            return _plain_plan(self.stop, skip_above, self.keep)
        return Plan(
            stop=self.stop,
            wanted=self.wanted,
            last_wanted=self.wanted.last if self.wanted is not None and self.assume_ordered else None,
            skip_above=skip_above,
            keep=self.keep,
            expand=Expand.NONE,
            collect_up_to=None,
        )


@lru_cache(16)
def _plain_plan(stop: frozenset[int] | None, skip_above: int | None, keep: frozenset[int]) -> Plan:
    return Plan(stop=stop, skip_above=skip_above, keep=keep, expand=Expand.NONE, collect_up_to=None)


def _tagged(stop_when: StopWhen) -> ScanStopWhen:
    """Return a stop condition that gets tags as the caller knows them."""
    return lambda tag, vr, length: stop_when(BaseTag(tag), vr, length)
