"""The DICOMDIR: the directory of a file-set, with its records as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from warnings import warn

from adicom.dataset.filedataset import FileDataset
from adicom.dataset.record_links import RECORDS, Arrangement, arrange
from adicom.dataset.records import DirectoryRecord, Position, find_records, nothing, tree_text, walk_records
from adicom.errors import DicomWarning
from adicom.sequence import Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adicom.dataset.dataset import Dataset
    from adicom.dataset.ports import Folder

__all__ = ("DicomDir",)


class DicomDir(FileDataset):
    """A DICOMDIR: the directory of a file-set (PS3.10 8, PS3.3 annex F).

    Its records hang together by their offsets in the file, whatever the order of the items. The tree is made when it
    is first asked for, of the file as it was read, and then kept. What is wrong in it is a
    :class:`~adicom.DicomWarning`; where no offset is of use, the order of the records and their types make the tree.

    Example:
        >>> import adicom.sync, pydicom.data
        >>> directory = adicom.sync.dcmread(pydicom.data.get_testdata_file("DICOMDIR"))
        >>> for patient in directory.records:
        ...     print(patient.PatientID, len(patient.children), "studies")
        77654033 2 studies
        98890234 4 studies
        >>> len(directory.images)
        31
        >>> image = directory.find("IMAGE", PatientID="77654033")[0]
        >>> image.file_id, image.parent.Modality
        (('77654033', 'CR1', '6154'), 'CR')
    """

    __slots__ = ()

    _record_class: ClassVar[type[DirectoryRecord]] = DirectoryRecord

    @property
    def records(self) -> list[DirectoryRecord]:
        """The records of the root directory entity, in the order of their chain.

        Raises:
            ParseError: An item of the sequence is not as it should be.
        """
        return self._arranged().roots

    @property
    def orphans(self) -> list[DirectoryRecord]:
        """Records that no offset leads to, with what is below them."""
        return self._arranged().orphans

    @property
    def unused_records(self) -> list[DirectoryRecord]:
        """Records with Record In-use Flag 0, which are left out of the tree with all that is below them."""
        return self._arranged().unused

    @property
    def patients(self) -> list[DirectoryRecord]:
        """All records of type PATIENT."""
        return self.find("PATIENT")

    @property
    def patient_records(self) -> list[DirectoryRecord]:
        """The same, as pydicom 1 and 2 call it."""
        return self.patients

    @property
    def studies(self) -> list[DirectoryRecord]:
        """All records of type STUDY."""
        return self.find("STUDY")

    @property
    def series(self) -> list[DirectoryRecord]:
        """All records of type SERIES."""
        return self.find("SERIES")

    @property
    def images(self) -> list[DirectoryRecord]:
        """All records of type IMAGE; other types that refer to files are found with :meth:`find`."""
        return self.find("IMAGE")

    def walk_records(self, *, orphans: bool = False) -> Iterator[DirectoryRecord]:
        """Yield all records of the tree, each before what is below it; ``orphans`` and what is below them last."""
        return walk_records(self._starts(orphans))

    def find(self, record_type: str | None = None, *, orphans: bool = False, **values: Any) -> list[DirectoryRecord]:
        """Return the records of a type that have the given values.

        With a type, a value may also be that of the nearest record above that has the element:
        ``find("IMAGE", PatientID="1")``. Without one, it must be the record's own.

        Args:
            record_type: Directory Record Type; None for any.
            orphans: Whether to look among the orphans as well.
            **values: Values by keyword.

        Raises:
            KeyError: A keyword is none of the standard's.
        """
        return find_records(self._starts(orphans), record_type, values)

    def _starts(self, orphans: bool) -> list[DirectoryRecord]:
        return self.records + self.orphans if orphans else self.records

    def tree(self) -> str:
        """Return the tree as text for people, a line a record; it has names of patients in it."""
        return tree_text(self.records)

    @property
    def _folder(self) -> Folder | None:
        return self.__dict__.get("_fileset_folder")

    def _arranged(self) -> _Tree:
        """Return the tree, which is made anew if the sequence was replaced."""
        element = self._element(RECORDS) if RECORDS in self._elements else None
        value = None if element is None else element.value
        sequence = value if isinstance(value, Sequence) else None
        tree: _Tree | None = self.__dict__.get("_record_tree")
        if tree is None or tree.sequence is not sequence:
            tree = self.__dict__["_record_tree"] = _Tree(self, sequence)
            for fault in tree.faults:
                warn(fault, DicomWarning, stacklevel=3)
        return tree


class _Tree:
    """The records of one sequence, each in its place.

    Attributes:
        sequence: The sequence.
        roots: The root directory entity.
        orphans: Records that nothing leads to.
        unused: Records that are not in use.
        faults: What is wrong with it.
    """

    def __init__(self, directory: DicomDir, sequence: Sequence | None) -> None:
        self.sequence = sequence
        items = [] if sequence is None else list(sequence)
        first = directory.get("OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity")
        origin = directory._origin
        root = None if origin is None else origin.root
        arrangement = arrange(items, first if isinstance(first, int) else 0, root)
        records = [_as_record(item, directory) for item in items]
        _put_below(records, arrangement)
        self.roots = [records[number] for number in arrangement.roots]
        self.orphans = [records[number] for number in arrangement.orphans]
        self.unused = [records[number] for number in arrangement.unused]
        self.faults = arrangement.faults

    def __deepcopy__(self, memo: dict[int, Any]) -> None:
        return None

    def __reduce__(self) -> tuple[Any, ...]:
        return nothing, ()


def _as_record(item: Dataset, directory: DicomDir) -> DirectoryRecord:
    """Make a record of an item, which stays the same object."""
    if not isinstance(item, directory._record_class):
        try:
            item.__class__ = directory._record_class
        except TypeError:  # it is of a class of its own, which somebody has put there
            item = directory._record_class(item)
    assert isinstance(item, DirectoryRecord)
    item.__dict__["_record_position"] = Position(directory)
    return item


def _put_below(records: list[DirectoryRecord], arrangement: Arrangement) -> None:
    """Tell each record what is above and below it."""
    for number, below in enumerate(arrangement.below):
        if below:
            parent = records[number]
            children = [records[child] for child in below]
            _position_of(parent).children = children
            for child in children:
                _position_of(child).parent = parent
    for number, target in arrangement.files.items():
        _position_of(records[number]).file = records[target]


def _position_of(record: DirectoryRecord) -> Position:
    position = record._position
    assert position is not None
    return position
