"""Makes pydicom datasets of adicom's.

First the datasets are listed, those in sequences behind those that hold them; then they are made, the last one
first, so that the items of a sequence are complete when it is made.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from adicom.charset import DEFAULT_ENCODING, encodings_for
from adicom.dataelem import DataElement
from adicom.dataset import FileDataset, FileMetaDataset
from adicom.dataset.bare import attributes_of
from adicom.dataset.convert import definite_vr
from adicom.dataset.record_links import RECORDS, offset_of
from adicom.errors import DeferredValueError, format_path
from adicom.interop import charsets
from adicom.interop.values import Outward
from adicom.multival import MultiValue
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import HAS_CODE, IMPLICIT, LITTLE, form_of, value_of
from adicom.sequence import Sequence
from adicom.values import decode
from adicom.vr import CHARSET_VR

if TYPE_CHECKING:
    import pydicom

    from adicom.dataset import Dataset
    from adicom.errors import Path
    from adicom.parser.kinds import RawElement

__all__ = ("Leaving",)

_CHARACTER_SET: Final = 0x00080005
_FORM: Final = IMPLICIT | LITTLE


class _Node(NamedTuple):
    """A dataset that is to be made.

    Attributes:
        source: The dataset here.
        path: The sequences and items around it.
        form: How raw elements are encoded; None if nobody knows.
        encodings: The codecs of text that its items are to be written with, if they name none.
        elements: Its elements by tag, decoded or raw, without sequences.
        sequences: Its sequences, each with the numbers of the nodes that are their items.
    """

    source: Dataset
    path: Path
    form: int | None
    encodings: tuple[str, ...]
    elements: dict[int, RawElement | DataElement]
    sequences: dict[int, tuple[DataElement, list[int]]]


class Leaving:
    """One conversion, and what it takes from pydicom."""

    def __init__(self) -> None:
        from pydicom import charset, dataelem, dataset, sequence, tag

        self._charset = charset
        self._dataelem = dataelem
        self._dataset = dataset
        self._sequence = sequence.Sequence
        self._tag = tag.BaseTag
        self._values = Outward()

    def convert(self, dataset: Dataset) -> pydicom.Dataset:
        """Return the dataset as one of pydicom.

        Raises:
            DeferredValueError: Something of it is not here.
            ParseError: A sequence is not as it should be.
        """
        nodes = _list_nodes(dataset)
        made: dict[int, Any] = {}
        for number in range(len(nodes) - 1, -1, -1):
            node = nodes[number]
            items = {tag: [made.pop(item) for item in numbers] for tag, (_, numbers) in node.sequences.items()}
            made[number] = self._make(node, items)
        result: pydicom.Dataset = made[0]
        return result

    def _make(self, node: _Node, items: dict[int, list[Any]]) -> pydicom.Dataset:
        """Return one dataset, whose items are made already."""
        elements: dict[Any, Any] = {}
        for tag in sorted(node.elements.keys() | node.sequences.keys()):
            if tag in items:
                elements[self._tag(tag)] = self._sequence_element(node.sequences[tag][0], items[tag])
            else:
                elements[self._tag(tag)] = self._element(node, tag, node.elements[tag])
        made: pydicom.Dataset = self._dataset_of(node, elements)
        was_read = node.source._origin is not None or node.source.original_encoding != (None, None)
        if was_read and node.form is not None:
            made.set_original_encoding(
                bool(node.form & IMPLICIT), bool(node.form & LITTLE), self._encodings_of(node.source)
            )
        made.is_undefined_length_sequence_item = node.source.is_undefined_length_sequence_item
        return made

    def _dataset_of(self, node: _Node, elements: dict[Any, Any]) -> Any:
        """Return a dataset of the kind that is wanted."""
        source = node.source
        if isinstance(source, FileMetaDataset):
            return self._dataset.FileMetaDataset(elements)
        meta = attributes_of(source).get("file_meta")
        file_meta: Any = None if meta is None else self.convert(meta)
        if isinstance(source, FileDataset):
            implicit, little = source.is_implicit_VR, source.is_little_endian
            return self._dataset.FileDataset(
                source.filename,  # type: ignore[arg-type]  # None is what it has for a source without a name
                elements,
                source.preamble,
                file_meta,
                is_implicit_VR=implicit,  # type: ignore[arg-type]  # nor does it know how an empty one is encoded
                is_little_endian=little,  # type: ignore[arg-type]
            )
        made = self._dataset.Dataset(elements, parent_encoding=self._names(node.encodings))
        if file_meta is not None:
            made.file_meta = file_meta
        wanted = {"is_implicit_VR": source.is_implicit_VR, "is_little_endian": source.is_little_endian}
        for name in (name for name, value in wanted.items() if value is not None):
            with warnings.catch_warnings():  # pydicom warns that a later version will not have them
                warnings.simplefilter("ignore", DeprecationWarning)
                setattr(made, name, wanted[name])
        if node.path and node.path[-1][0] == RECORDS:  # by which pydicom's FileSet finds the records
            start = offset_of(source)
            if start is not None:
                made.seq_item_tell = start  # pydicom sets it without declaring it
        return made

    def _encodings_of(self, source: Dataset) -> str | list[str]:
        """Return the codecs that raw text was decoded with, by pydicom's names."""
        encodings = source._get_scope().encodings
        terms = _terms(source)
        if not terms:
            return self._names(encodings)
        # One codec may have two names there, of which the term says which it is.
        exact = [self._charset.python_encoding.get(term, "") for term in terms]
        return exact if charsets.ours(exact) == encodings else charsets.theirs(encodings)

    def _names(self, encodings: tuple[str, ...]) -> str | list[str]:
        """Return pydicom's names of codecs that no term stands for."""
        return self._charset.default_encoding if encodings == (DEFAULT_ENCODING,) else charsets.theirs(encodings)

    def _sequence_element(self, element: DataElement, items: list[Any]) -> Any:
        """Return the element of a sequence."""
        sequence = self._sequence(items)
        sequence.is_undefined_length = element._value.is_undefined_length
        return self._dataelem.DataElement(
            self._tag(element._tag),
            element.VR,
            sequence,
            element.file_tell,
            is_undefined_length=element.is_undefined_length,
            already_converted=True,
        )

    def _element(self, node: _Node, tag: int, found: RawElement | DataElement) -> Any:
        """Return an element that is no sequence, raw if its bytes are still what it says."""
        if isinstance(found, DataElement):
            raw = _bytes_of(node.source, found)
            if raw is not None and _fits(raw, node.form):
                return self._raw_element(raw)
            return self._values.element(found)
        return self._raw_element(found) if _fits(found, node.form) else self._values.element(node.source._element(tag))

    def _raw_element(self, raw: RawElement) -> Any:
        tag, vr, length, _, start, form = raw
        value = value_of(raw)
        if not length:
            value = self._dataelem.empty_value_for_VR(vr, raw=True)  # type: ignore[assignment]  # so it is, if raw
        return self._dataelem.RawDataElement(
            self._tag(tag), vr, length, value, start, bool(form & IMPLICIT), bool(form & LITTLE)
        )


def _list_nodes(dataset: Dataset) -> list[_Node]:
    """Return a dataset and all in it, each behind what holds it.

    Raises:
        DeferredValueError: Something of it is not here.
    """
    nodes: list[_Node] = []
    deferred: list[str] = []
    waiting: list[tuple[Dataset, Path, _Node | None]] = [(dataset, (), None)]
    for source, path, around in waiting:  # which grows meanwhile
        if not getattr(source, "is_complete", True):
            raise DeferredValueError(
                "the elements behind the pixel data were not read: await ds.fetch_rest() first, and ds.fetch_all() "
                "(without await in adicom.sync)"
            )
        node = _Node(source, path, _form_of(source, around), _encodings_now(source, around), {}, {})
        nodes.append(node)
        for tag in list(source._elements):
            element = _raw_or_sequence(source, tag)
            if _is_deferred(element):
                deferred.append(_name(path, source._element(tag)))
            elif isinstance(element, DataElement) and isinstance(element._value, Sequence):
                first = len(waiting)
                waiting += [(item, (*path, (tag, index)), node) for index, item in enumerate(element._value)]
                node.sequences[tag] = element, list(range(first, len(waiting)))
            else:
                node.elements[tag] = element
    if deferred:
        raise DeferredValueError(
            f"what is deferred cannot go to pydicom, await ds.fetch_all() first "
            f"(without await in adicom.sync): {', '.join(deferred)}"
        )
    return nodes


def _is_deferred(element: RawElement | DataElement) -> bool:
    return element[3] is None if isinstance(element, tuple) else element.is_deferred


def _name(path: Path, element: DataElement) -> str:
    """Return what messages call an element."""
    return element.keyword if element.keyword and not path else format_path(path, element.tag)


def _raw_or_sequence(source: Dataset, tag: int) -> RawElement | DataElement:
    """Return an element as it is, but a sequence of undefined length parsed: pydicom has no raw ones."""
    found = source._raw(tag)
    assert found is not None
    if isinstance(found, tuple) and found[2] == UNDEFINED_LENGTH and definite_vr(source, found) == "SQ":
        return source._element(tag)
    return found


def _encodings_now(source: Dataset, around: _Node | None) -> tuple[str, ...]:
    """Return what text of a dataset is to be written with; (0008,0005) may have been changed since it was read."""
    found = source._raw(_CHARACTER_SET)
    if found is None and around is not None:
        return around.encodings
    if isinstance(found, DataElement) and found._raw is None:
        return encodings_for(_terms(source))
    return source._get_scope().encodings


def _form_of(source: Dataset, around: _Node | None) -> int | None:
    """Return how the elements of a dataset were encoded; as what is around it where nothing tells."""
    # From the end: command elements, which come first, have a form of their own (PS3.7 6.3).
    for tag in reversed(source._elements):
        found = source._raw(tag)
        raw = found._raw if isinstance(found, DataElement) else found
        if raw is not None and not raw[5] & HAS_CODE:
            return raw[5] & _FORM
    implicit, little = source.original_encoding
    if implicit is not None:
        return form_of(implicit=implicit, little=bool(little))
    return None if around is None else around.form


def _fits(raw: RawElement, form: int | None) -> bool:
    """Say whether pydicom, which knows one encoding a dataset, can have the bytes."""
    return raw[5] & _FORM == form and not raw[5] & HAS_CODE


def _bytes_of(source: Dataset, element: DataElement) -> RawElement | None:
    """Return an element as it was read, if that is still what its value says; else None."""
    raw = element._raw
    if raw is None or raw[3] is None or raw[0] != element._tag or definite_vr(source, raw) != element.VR:
        return None
    value, data = element._value, value_of(raw)
    assert data is not None
    in_another_charset = element.VR in CHARSET_VR and not (data.isascii() and b"\x1b" not in data)
    if isinstance(value, MultiValue) or in_another_charset:  # which may have been changed; or come from elsewhere
        with warnings.catch_warnings():  # of what was warned of when it was read
            warnings.simplefilter("ignore")
            little = bool(raw[5] & LITTLE) or raw[1] == "UN"
            fresh = decode(raw[0], element.VR, data, little, source._get_scope().encodings)
        if _texts(fresh) != _texts(value):
            return None
    return raw


def _texts(value: Any) -> list[tuple[type, str]]:
    """Return what tells values apart that are written differently."""
    return [(type(item), str(item)) for item in (value if isinstance(value, list) else [value])]


def _terms(source: Dataset) -> list[str]:
    """Return the terms of Specific Character Set, as they are now."""
    if _CHARACTER_SET not in source._elements:
        return []
    value = source._element(_CHARACTER_SET)._value
    return [str(term) for term in (value if isinstance(value, list) else [value]) if term is not None]
