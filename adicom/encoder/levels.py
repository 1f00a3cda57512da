"""What the elements of one data set are written with: the form, the character set, the numbers that settle a VR."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from adicom.charset import DEFAULT_ENCODING, encodings_for, python_encoding
from adicom.datadict import find_vr
from adicom.dataset.bare import dictionary_of
from adicom.dataset.scope import (
    BITS_ALLOCATED,
    CHARACTER_SET,
    CONTEXT_TAGS,
    PIXEL_REPRESENTATION,
    WAVEFORM_BITS,
    first_number,
    terms_of,
)
from adicom.parser.kinds import IMPLICIT
from adicom.values import choose_vr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adicom.dataelem import DataElement
    from adicom.dataset.elements import Elements
    from adicom.dataset.scope import Scope
    from adicom.encoder.grouplengths import GroupLength
    from adicom.errors import Path
    from adicom.parser.kinds import RawElement

__all__ = ("Level",)

_NUMBERS: Final = (PIXEL_REPRESENTATION, BITS_ALLOCATED, WAVEFORM_BITS)
_LUT_DESCRIPTOR: Final = 0x00283002
_DEFAULT: Final = (DEFAULT_ENCODING,)


class Level:
    """A dataset that is being written: the one at the top, or an item.

    Attributes:
        dataset: The dataset.
        elements: Its elements, which are not changed meanwhile.
        tags: Those tags that are still to come.
        form: How it is written.
        path: The sequences and items around.
        around: The dataset that has the sequence; None at the top.
        group: The group length that was written last, while its group is.
        scope: What raw values are decoded with; None where nothing was read.
        encodings: The codecs that text is written in.
        same_charset: Whether these are those that raw text was read in.
        same_numbers: Whether what settles open VRs is what it was.
    """

    encodings: tuple[str, ...]
    same_charset: bool
    same_numbers: bool
    scope: Scope | None

    __slots__ = (
        "around",
        "dataset",
        "elements",
        "encodings",
        "form",
        "group",
        "path",
        "same_charset",
        "same_numbers",
        "scope",
        "tags",
    )

    def __init__(
        self,
        dataset: Elements,
        form: int,
        path: Path = (),
        around: Level | None = None,
        encodings: tuple[str, ...] | None = None,
    ) -> None:
        self.dataset = dataset
        self.form = form
        self.path = path
        self.around = around
        self.group: GroupLength | None = None
        elements = self.elements = dataset._elements
        self.tags: Iterator[int] = iter(sorted(elements))
        has_context = not elements.keys().isdisjoint(CONTEXT_TAGS)
        place = dataset._place
        if not has_context and around is not None and place is not None and place.scope is around.scope is not None:
            self.scope = place.scope  # as most items: nothing is different from what is around
            self.encodings = around.encodings
            self.same_charset = around.same_charset
            self.same_numbers = around.same_numbers
            return
        self.scope = None if dataset._origin is None else dataset._get_scope()
        self.encodings = around.encodings if around is not None else encodings or self._encodings_around()
        if CHARACTER_SET in elements:
            self.encodings = _encodings_of(dataset._raw(CHARACTER_SET))
        self.same_charset = self.scope is not None and self.scope.encodings == self.encodings
        self.same_numbers = self.scope is not None and all(
            self.scope.number(tag) == self.number(tag) for tag in _NUMBERS
        )

    def _encodings_around(self) -> tuple[str, ...]:
        """Return the codecs of a dataset at the top that names none: those it was read with, if it had none."""
        place, scope = self.dataset._place, self.scope
        if scope is None or place is None or place.owns_scope or place.origin is None or place.origin.steps:
            return _DEFAULT
        return scope.encodings

    def number(self, tag: int) -> int | None:
        """Return the innermost value, as it is now, of one of those that settle a VR."""
        level: Level | None = self
        outermost = self
        while level is not None:
            if tag in level.elements and (value := first_number(level.dataset._raw(tag))) is not None:
                return value
            outermost, level = level, level.around
        origin = outermost.dataset._origin
        if origin is not None and origin.steps:  # an item that is written by itself
            return outermost.dataset._get_scope().number(tag)
        return None

    def choose(self, tag: int, VR: str, *, undefined_length: bool = False) -> str:
        """Return the one VR of those that the dictionary leaves open, by what stands around now."""
        return choose_vr(
            tag,
            VR,
            pixel_representation=self.number(PIXEL_REPRESENTATION),
            bits_allocated=self.number(BITS_ALLOCATED),
            waveform_bits_allocated=self.number(WAVEFORM_BITS),
            lut_entries=first_number(self.dataset._raw(_LUT_DESCRIPTOR)),
            implicit=bool(self.form & IMPLICIT),
            undefined_length=undefined_length,
        )

    def open_vr(self, tag: int) -> str | None:
        """Return the VR of the dictionaries, with what they leave open."""
        dictionary = dictionary_of(self.dataset)
        return find_vr(tag) if dictionary is None else dictionary.find_vr(tag)


def _encodings_of(element: RawElement | DataElement | None) -> tuple[str, ...]:
    """Return the codecs of Specific Character Set, as it is now."""
    terms = tuple(terms_of(element))
    return _known_encodings(terms) if all(term in python_encoding for term in terms) else encodings_for(terms)


@lru_cache(64)
def _known_encodings(terms: tuple[str, ...]) -> tuple[str, ...]:
    return encodings_for(terms)
