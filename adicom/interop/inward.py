"""Makes adicom datasets of pydicom's.

They are made from the top down: a dataset has all its elements before those in its sequences get theirs, for its
character set and its pixel representation hold in them too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import ref

from adicom.dataelem import DataElement
from adicom.dataset import FileDataset, FileMetaDataset
from adicom.dataset.bare import Place
from adicom.dataset.scope import Origin, Root
from adicom.errors import DeferredValueError, format_path
from adicom.interop import charsets
from adicom.interop.values import Inward
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import form_of
from adicom.parser.limits import ParserLimits
from adicom.parser.steps import Budget
from adicom.sequence import Sequence
from adicom.vr import SHORT_VR

if TYPE_CHECKING:
    import pydicom

    from adicom.dataset import Dataset, DicomDir
    from adicom.dataset.scope import Scope
    from adicom.errors import Path


__all__ = ("Coming",)

_MEDIA_STORAGE_SOP_CLASS: Final = 0x00020002
_ITEM_HEADER: Final = 8
_SHORT: Final = frozenset(SHORT_VR.values())
_DICOMDIR: Final = "1.2.840.10008.1.3.10"


class _Task(NamedTuple):
    """A dataset that is to be filled.

    Attributes:
        source: The dataset of pydicom.
        made: The one that gets its elements.
        origin: Where it came from.
        path: The sequences and items around it.
        scope: What is around it for decoding; None at the top.
        shift: What is missing in its offsets.
    """

    source: Any
    made: Dataset
    origin: Origin
    path: Path
    scope: Scope | None = None
    shift: int = 0


class Coming:
    """One conversion, and what it takes from pydicom.

    Args:
        item: What datasets, and items, are made of.
        file: What a :class:`pydicom.FileDataset` becomes.
        directory: What it becomes if it is a DICOMDIR.
    """

    def __init__(self, item: type[Dataset], file: type[FileDataset], directory: type[DicomDir]) -> None:
        from pydicom import dataelem, dataset, sequence

        self._kinds = item, file, directory
        self._raw = dataelem.RawDataElement
        self._dataset = dataset
        self._sequence = sequence.Sequence
        self._values = Inward()
        self._deferred: list[str] = []
        self._waiting: list[_Task] = []

    def convert(self, dataset: pydicom.Dataset) -> Dataset:
        """Return the dataset as one of adicom.

        Raises:
            TypeError: It is no dataset of pydicom.
            DeferredValueError: A value is not here.
        """
        if not isinstance(dataset, self._dataset.Dataset):
            raise TypeError(f"from_pydicom takes a dataset of pydicom, not {type(dataset).__name__}")
        limits = ParserLimits()
        root = Root(self._kinds[0], limits, Budget(limits.elements))
        made = self._new(dataset)
        root.top = ref(made) if isinstance(made, FileDataset) else root.top
        self._waiting.append(_Task(dataset, made, Origin(root), ()))
        while self._waiting:
            self._fill(self._waiting.pop())
        if self._deferred:
            raise DeferredValueError(
                "what pydicom has deferred cannot come over, read it without defer_size or access it first: "
                + ", ".join(self._deferred)
            )
        return made

    def _new(self, source: Any) -> Dataset:
        """Return an empty dataset of the kind that is wanted."""
        item, file, directory = self._kinds
        kind = item
        if isinstance(source, self._dataset.FileMetaDataset):
            kind = FileMetaDataset
        elif isinstance(source, self._dataset.FileDataset):
            kind = directory if self._is_directory(source) else file
        return kind.__new__(kind)

    def _is_directory(self, source: Any) -> bool:
        """Say whether a file is a DICOMDIR, without having pydicom decode anything."""
        meta = source.__dict__.get("file_meta")
        element = None if meta is None else meta.get_item(_MEDIA_STORAGE_SOP_CLASS, keep_deferred=True)
        if isinstance(element, self._raw):
            return (element.value or b"").rstrip(b"\0 ") == _DICOMDIR.encode()
        return element is not None and element.value == _DICOMDIR

    def _fill(self, task: _Task) -> None:
        """Give a dataset its elements and what belongs to it; what is in its sequences is to be done."""
        source, made = task.source, task.made
        elements: dict[int, Any] = {}
        items: list[_Task] = []
        any_raw = False
        for tag in sorted(map(int, source.keys())):
            element = source.get_item(tag, keep_deferred=True)
            if isinstance(element, self._raw):
                any_raw = True
                elements[tag] = self._raw_element(element, task)
            elif isinstance(element.value, self._sequence):
                elements[tag] = self._sequence_element(element, task, items)
            else:
                elements[tag] = self._values.element(element)
        made._restore(Place(task.origin, task.scope), elements)
        if any_raw:
            self._keep_charset(source, made)
        elif None not in source.original_encoding:
            made.set_original_encoding(*source.original_encoding)
        self._describe(task)
        if items:
            scope = made._own_scope()
            self._waiting += [item._replace(scope=scope) for item in items]

    def _raw_element(self, element: Any, task: _Task) -> Any:
        """Return what a dataset keeps for a raw element."""
        tag, value, length = int(element.tag), element.value, element.length
        if value is None and length:
            self._deferred.append(format_path(task.path, tag))
        vr = None if element.VR is None else str(element.VR)
        form = form_of(implicit=element.is_implicit_VR, little=element.is_little_endian)
        return tag, vr, length, value or b"", element.value_tell + task.shift, form

    def _sequence_element(self, element: Any, task: _Task, items: list[_Task]) -> DataElement:
        """Return the element of a sequence, whose items are to be filled."""
        tag = int(element.tag)
        is_undefined = getattr(element.value, "is_undefined_length", False)
        sequence = Sequence.of_length(UNDEFINED_LENGTH if is_undefined else 0)
        for index, item in enumerate(element.value):
            made = self._new(item)
            origin = task.origin.of_items(tag, bool(getattr(item, "is_undefined_length_sequence_item", False)))
            items.append(_Task(item, made, origin, (*task.path, (tag, index)), shift=task.shift + _shift_in(item)))
            list.append(sequence, made)
        return DataElement(
            tag,
            str(element.VR),
            sequence,
            element.file_tell,
            is_undefined_length=element.is_undefined_length,
            already_converted=True,
        )

    def _keep_charset(self, source: Any, made: Dataset) -> None:
        """Have raw text decoded as it was read, whatever the dataset says now."""
        encodings = charsets.ours(source.original_character_set)
        if encodings and made._get_scope().encodings != encodings:
            made._own_scope().set_encodings(encodings)

    def _describe(self, task: _Task) -> None:
        """Set what is no element."""
        source, made = task.source, task.made
        meta = source.__dict__.get("file_meta")
        if meta is not None:
            file_meta = FileMetaDataset.__new__(FileMetaDataset)
            self._waiting.append(_Task(meta, file_meta, Origin(task.origin.root), ()))
            made.__dict__["file_meta"] = file_meta
        for name in ("is_implicit_VR", "is_little_endian"):
            wanted = getattr(source, name, None)
            if wanted is not None:
                setattr(made, name, wanted)
        if not isinstance(made, FileDataset):
            return
        made.__dict__.update(
            preamble=source.preamble,
            filename=source.filename if isinstance(source.filename, str) else None,
            is_truncated=False,
            is_complete=True,
            io_stats=None,
        )
        if meta is None:
            made.__dict__["file_meta"] = FileMetaDataset()


def _shift_in(item: Any) -> int:
    """Return what the offsets in an item lack: in a sequence that pydicom kept raw they count from its first byte."""
    start = getattr(item, "seq_item_tell", None)  # which counts from where the sequence itself is counted from
    first = next(iter(item.keys()), None)
    if start is None or first is None:
        return 0
    element = item.get_item(first, keep_deferred=True)
    value = element.value_tell if element.is_raw else element.file_tell
    if value is None:
        return 0
    header = 8 if item.original_encoding[0] or element.VR in _SHORT else 12
    return int(start) + _ITEM_HEADER + header - int(value)
