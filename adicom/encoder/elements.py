"""Writes one data element: as it was read where that is still its value, else its value, or what is elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adicom.dataelem import DataElement, Deferred, EncapsulatedValue, StreamValue
from adicom.dataset.convert import definite_vr, dictionary_vr
from adicom.encoder.fragments import extended_tables, fragments, starts_with_item
from adicom.encoder.headers import FORM, SEQUENCE_END, element_header, header_of_raw
from adicom.encoder.pulls import FromFragments, FromSource, FromStream, Pull
from adicom.encoder.raws import Raws
from adicom.encoder.unchanged import bytes_of, is_as_read
from adicom.errors import DeferredValueError, EncodeError, format_path
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import IMPLICIT, LITTLE, value_of
from adicom.sequence import Sequence
from adicom.vr import AMBIGUOUS_VR, CHARSET_VR, WORD_SIZE

if TYPE_CHECKING:
    from adicom.dataset.ports import ValueSource
    from adicom.encoder.levels import Level
    from adicom.parser.kinds import RawElement

__all__ = ("Elements", "Items")

_ELSEWHERE: Final = (StreamValue, EncapsulatedValue)
_PIXEL_DATA: Final = 0x7FE00010
_OFFSET_TABLE: Final = 0x7FE00001
_TABLE_LENGTHS: Final = 0x7FE00002


class Items:
    """A sequence whose items are still to be written.

    Attributes:
        sequence: The items.
        tag: Its tag.
        VR: The VR in its header: SQ, or UN for one that was read as that.
        undefined_length: Whether it is to have undefined length.
        raw: The sequence as it was read, if it was.
    """

    __slots__ = ("VR", "raw", "sequence", "tag", "undefined_length")

    def __init__(self, sequence: Sequence, tag: int, raw: RawElement | None, undefined_length: bool) -> None:
        self.sequence = sequence
        self.tag = tag
        self.VR = "UN" if raw is not None and raw[1] == "UN" else "SQ"
        self.undefined_length = undefined_length
        self.raw = raw


class Elements(Raws):
    """Adds data elements, whatever form they are in."""

    def add(self, level: Level, tag: int, found: RawElement | DataElement) -> Items | None:
        """Add an element; return its items where it is a sequence that has to be written item by item.

        Raises:
            EncodeError: It cannot be encoded.
            DeferredValueError: Its value has to be looked at, and is not here.
        """
        if tag >= _OFFSET_TABLE and self._add_tables(level, tag):
            return None
        if isinstance(found, tuple):
            return self._add_tuple(level, tag, found)
        if found._tag != tag:
            raise EncodeError(f"the element has another tag, {found.tag}, than the one that it stands under")
        value = found._value
        if isinstance(value, Sequence):
            return self._items_of(level, tag, found, value)
        if value.__class__ is Deferred:
            raw = found._raw
            if (
                raw is not None
                and is_as_read(found, tag, level.dataset)
                and self._add_deferred(level, raw, value.source)
            ):
                return None
            found.value  # noqa: B018  # loads it, or says what to do
            return self.add(level, tag, found)
        if isinstance(value, _ELSEWHERE):
            self.changes += 1
            self._add_from_elsewhere(level, tag, found, value)
            return None
        raw = None if found._raw is None else bytes_of(found, tag, level.dataset)
        if raw is None:
            self.changes += 1
            self._add_value(level, tag, found, value)
        elif not level.same_charset and self.is_in_another_charset(level, found.VR, value_of(raw) or b""):
            self.add_decoded(level, raw, found.VR, found.VR, value)  # whoever has read it knows what it means
        else:
            self.add_raw(level, raw)
        return None

    def _add_tuple(self, level: Level, tag: int, raw: RawElement) -> Items | None:
        if raw[3] is None:
            dataset = level.dataset
            origin = dataset._origin
            assert origin is not None
            if self._add_deferred(level, raw, origin.root.values):
                return None
            dataset._element(tag).value  # noqa: B018  # loads it, or says what to do
            return self.add(level, tag, dataset._element(tag))
        sequence = self.add_raw(level, raw)
        if sequence is None:
            return None
        return self._items(level, Items(sequence, tag, raw, self.options.keep and raw[2] == UNDEFINED_LENGTH))

    def _items_of(self, level: Level, tag: int, element: DataElement, sequence: Sequence) -> Items:
        raw = element._raw
        if raw is not None and raw[0] != tag:
            raw = None  # it was moved
        was = raw is not None and raw[2] == UNDEFINED_LENGTH
        # Either of the two may have been set; what is not as it was read is what is meant.
        both = element.is_undefined_length, sequence.is_undefined_length
        undefined = was if both == (was, was) else not was
        self.changes += raw is None or undefined is not was
        return self._items(level, Items(sequence, tag, raw, self.options.keep and undefined))

    def _items(self, level: Level, items: Items) -> Items:
        """Return a sequence so that others know it for one, if the dictionary does not (PS3.5 6.2.2)."""
        if items.undefined_length or (items.VR == "SQ" and not level.form & IMPLICIT):
            return items
        if dictionary_vr(level.dataset, (items.tag, None, 0, b"", 0, level.form)) != "SQ":
            if level.form & IMPLICIT:
                items.undefined_length = True
            else:
                items.VR = "SQ"
        return items

    def _add_value(self, level: Level, tag: int, element: DataElement, value: Any) -> None:
        """Add an element by its value."""
        VR = element.VR
        encapsulated = element.is_undefined_length
        if tag == _PIXEL_DATA and level.around is None and self.options.encapsulated is not None:
            encapsulated = self.options.encapsulated
        if VR in AMBIGUOUS_VR:
            VR = level.choose(tag, VR, undefined_length=encapsulated)
        if not encapsulated:
            self.put_value(level, tag, VR, value, bytes_are_little=self.options.little_values)
            return
        if not isinstance(value, bytes | bytearray | memoryview) or not starts_with_item(value):
            error = EncodeError("a value of undefined length consists of fragments, this one begins with no item")
            error.value = value
            raise error
        self.put(element_header(tag, VR, UNDEFINED_LENGTH, level.form))
        self.put(bytes(value))
        self.put(SEQUENCE_END[level.form & LITTLE])

    # -- what comes from elsewhere --

    def _add_from_elsewhere(
        self, level: Level, tag: int, element: DataElement, value: StreamValue | EncapsulatedValue
    ) -> None:
        VR = element.VR
        is_stream = isinstance(value, StreamValue)
        if VR in AMBIGUOUS_VR:
            VR = level.choose(tag, VR, undefined_length=not is_stream)
        if isinstance(value, StreamValue):
            word = 1 if self.options.little_values is bool(level.form & LITTLE) else WORD_SIZE.get(VR, 1)
            self._add_pull(level, tag, VR, FromStream(value, 0, value.length, tag, level.path, word))
            return
        if VR not in ("OB", "OW"):
            raise EncodeError(f"fragments have VR OB, not {VR}")
        self.put(element_header(tag, "OB", UNDEFINED_LENGTH, level.form))
        for piece in fragments(value, level.form, tag, level.path):
            if isinstance(piece, Pull):
                self.pull(piece)
            else:
                self.put(piece)
        self.put(SEQUENCE_END[level.form & LITTLE])

    def _add_pull(self, level: Level, tag: int, VR: str, pull: FromStream | FromSource) -> None:
        length = pull.length
        self.put_header(level, tag, VR, length + (length & 1))
        self.pull(pull)
        if length & 1:
            self.put(b"\0")

    def _add_tables(self, level: Level, tag: int) -> bool:
        """Add the Extended Offset Table in front of what is above it; say whether the element is one of its own.

        What was there of such a table belongs to pixel data that was replaced.
        """
        pixels = level.elements.get(_PIXEL_DATA)
        value = pixels._value if isinstance(pixels, DataElement) else None
        if not isinstance(value, EncapsulatedValue):
            return False
        if tag <= _TABLE_LENGTHS:
            self.changes += 1
            return True
        behind = min(other for other in level.elements if other > _TABLE_LENGTHS)
        if value.offset_table == "extended" and tag == behind:
            for table, numbers in zip((_OFFSET_TABLE, _TABLE_LENGTHS), extended_tables(value), strict=True):
                # As what they are in JSON and in files: 64-bit words.
                data = b"".join(number.to_bytes(8, "little") for number in numbers)
                self.put_value(level, table, "OV", data, bytes_are_little=True)
        return False

    def _add_deferred(self, level: Level, raw: RawElement, source: ValueSource | None) -> bool:
        """Add an element whose value is still where it was found; False where the value has to be looked at.

        Raises:
            DeferredValueError: It is nowhere any more.
        """
        tag, old, length, _, start, form = raw
        if source is None:
            where = format_path(level.path, tag)
            raise DeferredValueError(f"the value of {where} was dropped while reading: its source cannot be read again")
        same_form = form & FORM == level.form
        same_order = form & LITTLE == level.form & LITTLE or old == "UN"
        if length == UNDEFINED_LENGTH and level.around is not None:
            return False  # nobody knows how long it is, but the item around it has a length
        VR = definite_vr(level.dataset, raw)
        if not self.is_verbatim(level, form):
            in_other_charset = VR in CHARSET_VR and not level.same_charset
            in_other_order = length == UNDEFINED_LENGTH and not same_order
            if VR == "SQ" or in_other_charset or in_other_order or self.vr_now(level, raw, VR) != VR:
                return False
        self.conversions += not same_form
        self.changes += level.around is not None  # what is in a sequence that is here whole was here, too
        if length == UNDEFINED_LENGTH:
            self.put(header_of_raw(raw) if same_form else element_header(tag, old or VR, length, level.form))
            self.pull(FromFragments(source, start, bool(form & LITTLE), tag, level.path))
            self.put(SEQUENCE_END[level.form & LITTLE])
        elif same_form and self.options.keep:
            self.put(header_of_raw(raw))
            self.pull(FromSource(source, start, length, tag, level.path))
        else:
            word = 1 if same_order else WORD_SIZE.get(VR, 1)
            if length % word:
                raise EncodeError(f"{length} bytes with VR {VR} are no whole words, whose byte order could be changed")
            self._add_pull(level, tag, old or VR, FromSource(source, start, length, tag, level.path, word))
        return True
