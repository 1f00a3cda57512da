"""The directory record: an item of Directory Record Sequence that knows its place in the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from adicom.dataset.bare import attributes_of
from adicom.dataset.dataset import Dataset
from adicom.dataset.ports import ports
from adicom.dataset.record_links import offset_of, record_type_of
from adicom.tag import find_keyword

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self, Unpack

    from adicom.dataset.dicomdir import DicomDir
    from adicom.dataset.filedataset import FileDataset
    from adicom.dataset.ports import Folder
    from adicom.filereader.keywords import ReadKeywords
    from adicom.filereader.options import SpecificTag

__all__ = ("DirectoryRecord", "Position", "find_records", "nothing", "tree_text", "walk_records")

R = TypeVar("R", bound="DirectoryRecord")

_FILE_ID: Final = 0x00041500
_DEEPEST_INDENT: Final = 32
"""Levels that are still indented: a tree of the standard has four, a chain of faults may have as many as records."""

# What people know a record by; for the other types it is the file that they refer to.
_LABELS: Final = {
    "PATIENT": ("PatientID", "PatientName"),
    "STUDY": ("StudyDate", "StudyDescription"),
    "SERIES": ("SeriesNumber", "Modality", "SeriesDescription"),
}


def nothing() -> None:
    """Return what copies and pickles have in place of a tree: theirs is made of their own records when it is needed."""


class Position:
    """The place of a record in the tree.

    Attributes:
        directory: The DICOMDIR.
        parent: The record above.
        children: The records below.
        file: The record that names the file, if that is another one.
    """

    __slots__ = ("children", "directory", "file", "parent")

    def __init__(self, directory: DicomDir) -> None:
        self.directory = directory
        self.parent: Any = None
        self.children: list[Any] | None = None
        self.file: DirectoryRecord | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> None:
        return None

    def __reduce__(self) -> tuple[Any, ...]:
        return nothing, ()


class DirectoryRecord(Dataset):
    """A directory record (PS3.3 F.3.2.2): the item of Directory Record Sequence itself, with its place in the tree.

    A deep copy or a pickle of a record alone has no place: no parent and no children.

    Example:
        >>> import adicom.sync, pydicom.data
        >>> patient = adicom.sync.dcmread(pydicom.data.get_testdata_file("DICOMDIR")).records[0]
        >>> patient.record_type, patient.PatientID, [study.StudyDate for study in patient.children]
        ('PATIENT', '77654033', ['20010101', '19950903'])
    """

    __slots__ = ()

    @property
    def _position(self) -> Position | None:
        return attributes_of(self).get("_record_position")

    @property
    def record_type(self) -> str:
        """Directory Record Type in upper case, such as "PATIENT" or "IMAGE"; empty where it is missing."""
        return record_type_of(self)

    @property
    def offset(self) -> int | None:
        """Where the record starts in the file; None where that is not known."""
        return offset_of(self)

    @property
    def is_in_use(self) -> bool:
        """Whether Record In-use Flag is other than 0."""
        return bool(self.get("RecordInUseFlag", 0xFFFF) != 0)

    @property
    def parent(self) -> Self | None:
        """The record above; None for one of the root directory entity."""
        position = self._position
        return None if position is None else position.parent

    @property
    def children(self) -> list[Self]:
        """The records of the lower-level directory entity, in the order of their chain."""
        position = self._position
        return [] if position is None or position.children is None else position.children

    def walk_records(self) -> Iterator[Self]:
        """Yield this record and all below it, each before what is below it."""
        return walk_records([self])

    def find(self, record_type: str | None = None, **values: Any) -> list[Self]:
        """Return records among this one and all below it; see :meth:`DicomDir.find`."""
        return find_records([self], record_type, values)

    # -- the file that it refers to --

    @property
    def file_id(self) -> tuple[str, ...]:
        """The components of Referenced File ID, as they are; none where the record refers to no file."""
        position = self._position
        holder = self if position is None or position.file is None else position.file
        value = holder._element(_FILE_ID).value if _FILE_ID in holder._elements else None
        parts = value if isinstance(value, list) else [value] if value else []
        return tuple(part for part in parts if isinstance(part, str))

    @property
    def path(self) -> str | None:
        """The path of the file, where the DICOMDIR is a local file; on the disk it may be in another case.

        Raises:
            SourcePermissionError: The File ID leads, or might lead, outside the folder of the DICOMDIR.
        """
        folder = self._own_folder()
        return None if folder is None or not self.file_id else folder.path_of(self.file_id)

    @property
    def url(self) -> str | None:
        """The URL of the file without credentials, where the DICOMDIR has one.

        Raises:
            SourcePermissionError: The File ID leads, or might lead, outside the folder of the DICOMDIR.
        """
        folder = self._own_folder()
        return None if folder is None or not self.file_id else folder.url_of(self.file_id)

    async def read(
        self,
        *,
        base: Any = None,
        defer_size: float | str | None = None,
        stop_before_pixels: bool = False,
        force: bool = False,
        specific_tags: Iterable[SpecificTag] | None = None,
        **keywords: Unpack[ReadKeywords],
    ) -> FileDataset:
        """Read the file that the record refers to; see :func:`adicom.dcmread` for what is not explained here.

        It must lie in the folder of the DICOMDIR, or below. A local file is found in another case too, and with or
        without a version such as ";1". Session and storage options of the DICOMDIR are used where none are given;
        the query of its URL is not sent along, since a signature in it would be that of another object.

        Args:
            base: The folder of the file-set: a path, a URL, ``(filesystem, path)`` or ``(store, path)``. It must be
                given where the DICOMDIR was read from bytes or from a stream.
            defer_size: See :func:`adicom.dcmread`.
            stop_before_pixels: See :func:`adicom.dcmread`.
            force: See :func:`adicom.dcmread`.
            specific_tags: See :func:`adicom.dcmread`.
            **keywords: See :class:`adicom.filereader.ReadKeywords`.

        Raises:
            ValueError: The record refers to no file, or it is not known where the file-set is.
            SourcePermissionError: The File ID leads, or might lead, outside the folder.
            SourceNotFoundError: The file is not there.
        """
        folder = self._folder(base)
        return await ports().read_referenced(
            folder,
            self.file_id,
            defer_size=defer_size,
            stop_before_pixels=stop_before_pixels,
            force=force,
            specific_tags=specific_tags,
            **keywords,
        )

    def _own_folder(self) -> Folder | None:
        position = self._position
        return None if position is None else position.directory._folder

    def _folder(self, base: Any) -> Folder:
        """Return the folder in which the file is looked for."""
        if not self.file_id:
            raise ValueError(f"the directory record at byte {self.offset} refers to no file")
        folder = self._own_folder() if base is None else ports().folder(base)
        if folder is None:
            raise ValueError("it is not known in which folder the file-set is: say it with base=")
        return folder


def walk_records(records: Iterable[R]) -> Iterator[R]:
    """Yield records and all below them, each before what is below it."""
    waiting = list(records)[::-1]
    while waiting:
        record = waiting.pop()
        yield record
        waiting.extend(reversed(record.children))


def find_records(records: Iterable[R], record_type: str | None, values: dict[str, Any]) -> list[R]:
    """Return those of the type that have the values, or below a record that has them; see :meth:`DicomDir.find`."""
    tags = [_tag_of(keyword) for keyword in values]
    wanted = list(values.values())
    kind = None if record_type is None else record_type.strip().upper()
    found: list[R] = []
    nowhere: list[Any] = [None] * len(tags)
    waiting = [(record, nowhere) for record in records][::-1]
    while waiting:
        record, above = waiting.pop()
        around = nowhere if kind is None else above
        here = [
            record._element(tag).value if tag in record._elements else value
            for tag, value in zip(tags, around, strict=True)
        ]
        if here == wanted and kind in (None, record.record_type):
            found.append(record)
        waiting.extend((child, here) for child in reversed(record.children))
    return found


def _tag_of(keyword: str) -> int:
    tag = find_keyword(keyword)
    if tag is None:
        raise KeyError(f"there is no data element {keyword!r}")
    return tag


def tree_text(records: Iterable[DirectoryRecord]) -> str:
    """Return records and all below them as text, a line each."""
    lines: list[str] = []
    waiting = [(record, 0) for record in records][::-1]
    while waiting:
        record, level = waiting.pop()
        lines.append("  " * min(level, _DEEPEST_INDENT) + _label(record))
        waiting.extend((child, level + 1) for child in reversed(record.children))
    return "\n".join(lines)


def _label(record: DirectoryRecord) -> str:
    kind = record.record_type
    known = [record.get(keyword) for keyword in _LABELS.get(kind, ())]
    parts = [kind or "(no type)", *(str(value) for value in known if value not in (None, "")), "/".join(record.file_id)]
    text = " ".join(part for part in parts if part)
    return "".join(letter if letter.isprintable() else "?" for letter in text)
