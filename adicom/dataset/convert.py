"""Makes data elements of what was read, when they are first looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adicom.charset import DEFAULT_ENCODING
from adicom.datadict import find_private_vr, find_vr
from adicom.dataelem import DataElement, Deferred, RawDataElement
from adicom.dataset.bare import dictionary_of, new_dataset
from adicom.dataset.builder import read_items
from adicom.dataset.keywords import tag_of
from adicom.dataset.ports import ports
from adicom.dataset.scope import (
    BITS_ALLOCATED,
    CONTEXT_TAGS,
    PIXEL_REPRESENTATION,
    WAVEFORM_BITS,
    Origin,
    Root,
    Scope,
    creator_of,
    first_number,
)
from adicom.errors import DeferredValueError, format_path
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import IMPLICIT, LITTLE, form_of, value_of
from adicom.parser.limits import ParserLimits
from adicom.parser.steps import Budget
from adicom.tag import BaseTag, TagType
from adicom.values import choose_vr, decode
from adicom.vr import AMBIGUOUS_VR, CHARSET_VR, OPEN_NUMBER, STANDARD_VR

if TYPE_CHECKING:
    from adicom.datadict import DataDictionary
    from adicom.dataset.elements import Elements
    from adicom.dataset.ports import ValueSource
    from adicom.parser.kinds import RawElement

__all__ = (
    "ValueLoader",
    "as_raw",
    "definite_vr",
    "dictionary_vr",
    "from_raw",
    "new_origin",
    "remember_creators",
    "to_element",
    "update_raw",
    "vr_for_new",
)

_LUT_DESCRIPTOR: Final = 0x00283002
_DEFINITE: Final = STANDARD_VR - {"UN"}
_NO_ENCODINGS: Final = (DEFAULT_ENCODING,)


def to_element(dataset: Elements, raw: RawElement) -> DataElement:
    """Return the data element that a raw one stands for.

    Raises:
        ParseError: It is a sequence, and its items are not as they should be.
    """
    tag, vr, length, value, start, form = raw
    place = dataset._place
    assert place is not None
    dictionary = place.dictionary
    if vr not in _DEFINITE:
        vr = _definite_vr(dataset, raw, dictionary)
    content: Any
    if value is None:
        content = Deferred(start, None if length == UNDEFINED_LENGTH else length, ValueLoader(raw, dataset))
    elif vr == "SQ":
        content = read_items(dataset, raw)
    else:
        encodings: tuple[str, ...] = _NO_ENCODINGS
        if vr in CHARSET_VR:
            scope = place.scope  # as in _get_scope(), which would have to find the place again
            if scope is None or (not place.owns_scope and not dataset._elements.keys().isdisjoint(CONTEXT_TAGS)):
                scope = dataset._own_scope()
            encodings = scope.encodings
        if value.__class__ is tuple:
            value = value_of(raw)
            raw = (tag, raw[1], length, value, start, form)
        content = decode(tag, vr, value, bool(form & LITTLE) or raw[1] == "UN", encodings)
    creator = creator_of(dataset, tag) if tag & 0x10000 else None
    return DataElement._of_raw(raw, vr, content, creator if dictionary is None else (creator, dictionary))


def definite_vr(dataset: Elements, raw: RawElement) -> str:
    """Return the one VR that an element is read with.

    A VR that is missing, or UN, is looked up in the dictionaries (PS3.5 6.2.2); a choice that the dictionary
    leaves is made by what stands around (dicom-rules of ambiguous VRs: PS3.5 annex A, PS3.3 C.7.6.3).
    """
    return _definite_vr(dataset, raw, dictionary_of(dataset))


def _definite_vr(dataset: Elements, raw: RawElement, dictionary: DataDictionary | None) -> str:
    tag, _, length, _, _, form = raw
    vr = _dictionary_vr(dataset, raw, dictionary)
    if vr in AMBIGUOUS_VR:
        return _choose(dataset, dataset._get_scope(), tag, vr, length, form)
    return vr


def dictionary_vr(dataset: Elements, raw: RawElement) -> str:
    """Return the VR of an element that was read, which may be a choice that the dictionary leaves."""
    return _dictionary_vr(dataset, raw, dictionary_of(dataset))


def _dictionary_vr(dataset: Elements, raw: RawElement, dictionary: DataDictionary | None) -> str:
    tag, vr, length, _, _, _ = raw
    if vr is None or vr == "UN":
        found = find_vr(tag) if dictionary is None else dictionary.find_vr(tag)
        if found is None and tag & 0x10000:
            found = _private_vr(dataset, tag)
        if length == UNDEFINED_LENGTH and (found is None or vr == "UN"):
            found = "SQ"
        vr = found or "UN"
    return vr


def _choose(dataset: Elements, scope: Scope, tag: int, vr: str, length: int, form: int) -> str:
    return choose_vr(
        tag,
        vr,
        pixel_representation=scope.number(PIXEL_REPRESENTATION),
        bits_allocated=scope.number(BITS_ALLOCATED),
        waveform_bits_allocated=scope.number(WAVEFORM_BITS),
        lut_entries=first_number(dataset._raw(_LUT_DESCRIPTOR)),
        implicit=bool(form & IMPLICIT),
        undefined_length=length == UNDEFINED_LENGTH,
    )


def remember_creators(dataset: Elements, part: Elements) -> None:
    """Let a part of a dataset know who reserved the blocks of the private elements in it."""
    blocks = {tag & 0xFFFF0000 | tag >> 8 & 0xFF for tag in part._elements if tag & 0x10000}
    missing = blocks.difference(part._elements)
    if missing:
        found = {block: creator_of(dataset, block & 0xFFFF0000 | (block & 0xFF) << 8) for block in missing}
        part._own_scope().creators = {block: creator for block, creator in found.items() if creator}


def _private_vr(dataset: Elements, tag: int) -> str | None:
    creator, dictionary = creator_of(dataset, tag), dictionary_of(dataset)
    if not creator:
        return None
    return (find_private_vr if dictionary is None else dictionary.find_private_vr)(tag, creator)


class ValueLoader:
    """Brings one deferred value in.

    It keeps what is needed to decode the value, not the dataset.
    """

    __slots__ = ("_dictionary", "_origin", "_raw", "_scope")

    def __init__(self, raw: RawElement, dataset: Elements) -> None:
        assert dataset._origin is not None
        self._raw = raw
        self._origin = dataset._origin
        self._scope = dataset._get_scope()
        self._dictionary = dictionary_of(dataset)

    @property
    def source(self) -> ValueSource | None:
        """Where the value is; None where it was dropped."""
        return self._origin.root.values

    def load(self, element: DataElement) -> None:
        """Read the value if that needs no waiting.

        Raises:
            DeferredValueError: It would have to wait; the text says what to await.
        """
        tag, _, length, _, start, form = self._raw
        source = self.source
        name = element.keyword or format_path((), tag)
        if source is None:
            raise DeferredValueError(f"the value of {name} was dropped while reading: its source cannot be read again")
        if not self._origin.root.load_on_access or not source.can_fetch_now:
            raise DeferredValueError(
                f'the value of {name} is deferred, it is still in {source.describe()}: await ds.fetch("{name}") first'
            )
        if length == UNDEFINED_LENGTH:
            value = ports().fetch_encapsulated_now(source, start, bool(form & LITTLE))
        else:
            (value,) = source.fetch_now([(start, length)])
        element._value, element._raw = self.decode(element, value)

    def decode(self, element: DataElement, data: bytes) -> tuple[Any, RawElement]:
        """Return the value that these bytes are to an element, and what it is read as then."""
        tag, vr, length, _, start, form = self._raw
        raw = (tag, vr, length, data, start, form)
        if element.VR == "SQ":  # which the parser took for something else: only the creator of a block tells
            holder = new_dataset(self._origin.root.item_class, self._origin, self._scope, self._dictionary)
            return read_items(holder, raw), raw
        little = bool(form & LITTLE) or vr == "UN"
        return decode(tag, element.VR, data, little, self._scope.encodings), raw


def as_raw(raw: RawElement) -> RawDataElement:
    """Return a raw element with the names that pydicom gives its fields."""
    tag, vr, length, _value, start, form = raw
    return RawDataElement(BaseTag(tag), vr, length, value_of(raw), start, bool(form & IMPLICIT), bool(form & LITTLE))


def from_raw(element: RawDataElement) -> RawElement:
    """Return what the dataset keeps for a raw element that a caller sets."""
    if element.value is None and element.length:
        raise ValueError(f"the value of {format_path((), element.tag)} is deferred: set the DataElement instead")
    form = form_of(implicit=element.is_implicit_VR, little=element.is_little_endian)
    return int(element.tag), element.VR, element.length, element.value or b"", element.value_tell, form


def new_origin(dataset: Elements) -> Origin:
    """Return the origin of a dataset that was not read, but is given a raw element."""
    limits = ParserLimits()
    kind = next(kind for kind in type(dataset).__mro__ if not hasattr(kind, "fetch_rest"))
    return Origin(Root(kind, limits, Budget(limits.elements)))


def update_raw(dataset: Elements, key: TagType, vr: str | None, value: bytes | None) -> None:
    """Change the VR or the bytes of an element that nobody has looked at yet."""
    if vr is None and value is None:
        raise ValueError("give vr, value or both")
    if vr is not None and vr not in STANDARD_VR:
        raise ValueError(f"{vr!r} is no VR")
    if value is not None and not isinstance(value, bytes):
        raise TypeError(f"the value is bytes, not {type(value).__name__}")
    tag = int(tag_of(dataset, key))
    found = dataset._raw(tag)
    if found is None:
        raise KeyError(f"there is no data element {BaseTag(tag)}")
    if not isinstance(found, tuple):
        raise TypeError(f"{BaseTag(tag)} was decoded already: set its value")
    _, old_vr, length, old, start, form = found
    data = old if value is None else value
    size = length if value is None or length == UNDEFINED_LENGTH else len(value)
    dataset._put(tag, (tag, old_vr if vr is None else vr, size, data, start, form))


def vr_for_new(dataset: Elements, tag: int) -> str:
    """Return the VR of a new element: that of the dictionaries, UN where they do not know it.

    A choice that the dictionary leaves stays open, for what decides it may be set later: it is settled when the
    element is written.
    """
    found = dataset._raw(tag)
    if isinstance(found, DataElement):
        return found.VR
    if found is not None:
        vr = dictionary_vr(dataset, found)
        return vr if vr == OPEN_NUMBER or vr not in AMBIGUOUS_VR else definite_vr(dataset, found)
    place = dataset._place
    known = find_vr(tag) if place is None or place.dictionary is None else place.dictionary.find_vr(tag)
    return known or (_private_vr(dataset, tag) if tag & 0x10000 else None) or "UN"
