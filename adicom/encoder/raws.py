"""Writes what was read: its bytes as they are where form and character set allow it, else converted."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

from adicom.charset import DEFAULT_ENCODING
from adicom.dataset.builder import read_items
from adicom.dataset.convert import definite_vr, dictionary_vr
from adicom.encoder.fragments import swap_fragments
from adicom.encoder.headers import FORM, LONG, LONGEST_SHORT, SEQUENCE_END, element_header
from adicom.encoder.output import Output
from adicom.encoder.unchanged import is_plain
from adicom.encoder.values import encode, swapped
from adicom.errors import DicomWarning, format_path
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import IMPLICIT, LITTLE, value_of
from adicom.values import decode
from adicom.vr import AMBIGUOUS_VR, CHARSET_VR, OPEN_NUMBER

if TYPE_CHECKING:
    from adicom.encoder.levels import Level
    from adicom.parser.kinds import RawElement
    from adicom.sequence import Sequence

__all__ = ("Raws",)

_SIGNS: Final = frozenset(OPEN_NUMBER.split(" or "))
_UNDEFINED: Final = b"\xff\xff\xff\xff"
_LARGEST_BYTE: Final = 0x7F
_GROUP_LENGTH: Final = {
    # What stands in the header of a group length: element 0000, and the length 4, in explicit VR behind "UL".
    LITTLE: b"\0\0UL\4\0",
    0: b"\0\0UL\0\4",
    IMPLICIT | LITTLE: b"\0\0\4\0\0\0",
    IMPLICIT: b"\0\0\0\0\0\4",
}


class Raws(Output):
    """Adds elements that were read and not changed, and whose values are here."""

    def is_verbatim(self, level: Level, form: int) -> bool:
        """Say whether elements of a form go into a level as they are, whatever they are."""
        return (
            self.options.keep
            and level.same_charset
            and form & FORM == level.form
            and (level.same_numbers or not form & IMPLICIT)
        )

    def add_raw(self, level: Level, raw: RawElement) -> Sequence | None:
        """Add an element as it was read.

        Returns:
            The items that are still to be added, where it is a sequence that cannot be written as it is.
        """
        if self.is_verbatim(level, raw[5]):
            self._add_verbatim(raw)
            return None
        VR = definite_vr(level.dataset, raw)
        if VR == "SQ":
            return self._add_sequence(level, raw)
        if raw[2] == UNDEFINED_LENGTH:
            self._add_fragments(level, raw)
        else:
            self._add_converted(level, raw, VR)
        return None

    def _add_verbatim(self, raw: RawElement) -> None:
        self.put_raw(raw)
        if raw[2] == UNDEFINED_LENGTH:
            # PS3.5 6.2.2: what is inside UN is little endian.
            self.put(SEQUENCE_END[LITTLE if raw[1] == "UN" else raw[5] & LITTLE])

    # -- values --

    def _add_converted(self, level: Level, raw: RawElement, VR: str) -> None:
        """Add an element that is no sequence, in another form or another character set."""
        tag, old, _, _, _, form = raw
        data = value_of(raw)
        assert data is not None
        now = self.vr_now(level, raw, VR)
        if now != VR or self.is_in_another_charset(level, VR, data):
            little = bool(form & LITTLE) or old == "UN"
            encodings = (DEFAULT_ENCODING,) if level.scope is None else level.scope.encodings
            self.add_decoded(level, raw, VR, now, decode(tag, VR, data, little, encodings))
        elif self.options.keep and form & FORM == level.form:
            self.put_raw(raw)
        else:
            self.conversions += 1
            if old in _SIGNS and level.form & IMPLICIT:
                _warn_of_sign(level, tag, old, data, form)
            code = old or VR
            target = level.form & LITTLE
            if len(data) > LONGEST_SHORT and code not in LONG and not level.form & IMPLICIT:
                target = LITTLE  # it goes as UN (PS3.5 6.2.2)
            if old != "UN" and form & LITTLE != target:
                data = swapped(data, VR)
            self.put_element(level, tag, code, data)

    def vr_now(self, level: Level, raw: RawElement, VR: str) -> str:
        """Return the VR that an element will be read with; another one than ``VR`` if what settles it has changed."""
        if raw[1] is not None or level.same_numbers:
            return VR
        known = dictionary_vr(level.dataset, raw)
        if known not in AMBIGUOUS_VR or VR == "OW":  # which is right for any number of bits
            return VR
        return level.choose(raw[0], known)

    def is_in_another_charset(self, level: Level, VR: str, data: bytes) -> bool:
        """Say whether the bytes of a text that was read are not what it is written with."""
        return VR in CHARSET_VR and not level.same_charset and not is_plain(data)

    def add_decoded(self, level: Level, raw: RawElement, VR: str, now: str, value: Any) -> None:
        """Add an element that was read by its value.

        Args:
            level: Where it stands.
            raw: The element as it was read.
            VR: The VR that it was read with.
            now: The VR that it will be read with.
            value: Its value.
        """
        self.changes += 1
        tag, old, _, _, _, form = raw
        if old == "UN":  # which it stays, in little endian
            self.put_element(level, tag, "UN", encode(tag, VR, value, True, level.encodings))
        else:
            self.put_value(level, tag, now, value, bytes_are_little=bool(form & LITTLE))

    # -- what has undefined length, or items --

    def _add_fragments(self, level: Level, raw: RawElement) -> None:
        """Add encapsulated pixel data in another form."""
        tag, VR, _, value, _, form = raw
        self.conversions += form & FORM != level.form
        self.put(element_header(tag, VR or "OB", UNDEFINED_LENGTH, level.form))
        same_order = form & LITTLE == level.form & LITTLE
        self.put(value if same_order else swap_fragments(value, little_endian=bool(form & LITTLE)))
        self.put(SEQUENCE_END[level.form & LITTLE])

    def _add_sequence(self, level: Level, raw: RawElement) -> Sequence | None:
        """Add a sequence as it is, or return its items."""
        tag, VR, length, value, _, form = raw
        items_form = IMPLICIT | LITTLE if VR == "UN" else form & FORM
        if level.same_charset and (VR == "UN" or items_form == level.form) and self._may_stay(level, raw, items_form):
            self._add_verbatim(raw if form & FORM == level.form else (tag, VR, length, value, 0, level.form))
            return None
        origin = level.dataset._origin
        assert origin is not None
        budget = origin.root.budget
        left = budget.left
        try:
            return read_items(level.dataset, raw)
        finally:
            budget.left = left  # nobody keeps the items

    def _may_stay(self, level: Level, raw: RawElement, form: int) -> bool:
        """Say whether the items of a sequence may stay as they are."""
        if form & IMPLICIT and not level.same_numbers:
            return False
        if self.options.keep:
            return True
        data = value_of(raw)
        assert data is not None
        return raw[2] != UNDEFINED_LENGTH and _UNDEFINED not in data and _GROUP_LENGTH[form] not in data


def _warn_of_sign(level: Level, tag: int, VR: str, data: bytes, form: int) -> None:
    """Warn of numbers that others will read with another sign, for the VR that they had is not written."""
    if level.open_vr(tag) != OPEN_NUMBER or level.choose(tag, OPEN_NUMBER) == VR:
        return
    if max(data[1::2] if form & LITTLE else data[::2], default=0) > _LARGEST_BYTE:
        warnings.warn(
            f"{format_path(level.path, tag)} with VR {VR} will be read with another sign: the VR does not agree with "
            "Pixel Representation",
            DicomWarning,
            stacklevel=2,
        )
