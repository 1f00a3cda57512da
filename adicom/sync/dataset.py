"""Datasets whose methods block; the rest of :mod:`adicom.dataset` is the same here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from adicom import dataset as _dataset
from adicom.dataset import FileMetaDataset, PrivateBlock, fetching, validate_file_meta
from adicom.dataset.bulkdata import BulkDataAccess
from adicom.dataset.ports import ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Self, Unpack

    from adicom.filereader import SpecificTag
    from adicom.filereader.keywords import BlockingReadKeywords
    from adicom.filewriter.keywords import BlockingWriteKeywords
    from adicom.io.session import BlockingSession as Session
    from adicom.tag import TagType

__all__ = (
    "Dataset",
    "DicomDir",
    "DirectoryRecord",
    "FileDataset",
    "FileMetaDataset",
    "PrivateBlock",
    "validate_file_meta",
)


class Dataset(_dataset.Dataset):
    """A dataset whose methods block instead of being awaited; see :class:`adicom.Dataset`."""

    __slots__ = ()

    @overload  # type: ignore[override]  # blocking is the point of it
    def fetch(self, key: TagType, /) -> Any: ...

    @overload
    def fetch(self, key: TagType, second: TagType, /, *more: TagType) -> tuple[Any, ...]: ...

    def fetch(self, *keys: TagType) -> Any:
        """Read deferred values from where they are, all of them or, if that fails, none."""
        elements = [self[key] for key in keys]
        fetching.load_now(elements)
        return elements[0].value if len(elements) == 1 else tuple(element.value for element in elements)

    def fetch_all(self) -> None:  # type: ignore[override]  # blocking is the point of it
        """Read all deferred values, those in sequences too."""
        fetching.load_now(fetching.deferred_elements(self))

    def rebind(
        self, source: Any, *, session: Session | None = None, storage_options: Mapping[str, Any] | None = None
    ) -> None:
        """Say where deferred values are read from now; see :meth:`adicom.Dataset.rebind`."""
        ports().rebind(self, source, session, storage_options, blocking=True)

    def stream(self, key: TagType) -> Iterator[bytes]:  # type: ignore[override]  # blocking is the point of it
        """Return an iterator over the bytes of one value, which need not fit in memory."""
        return fetching.stream_now(self[key])

    def save_as(  # type: ignore[override]  # blocking is the point of it
        self, filename: Any, write_like_original: bool = True, **keywords: Unpack[BlockingWriteKeywords]
    ) -> None:
        """Write the dataset as a DICOM file to wherever it goes; see :func:`adicom.dcmwrite`."""
        ports().save_as_now(self, filename, write_like_original, keywords)

    @classmethod
    def from_json(
        cls,
        json_dataset: Mapping[str, Any] | str | bytes | bytearray,
        bulk_data_uri_handler: Callable[..., Any] | None = None,
        *,
        base_url: str | None = None,
        session: Session | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> Self:
        """Return the dataset that JSON stands for; see :meth:`adicom.Dataset.from_json`."""
        access = BulkDataAccess(base_url, session, storage_options, blocking=True)
        return ports().from_json(cls, json_dataset, bulk_data_uri_handler, access)


class FileDataset(Dataset, _dataset.FileDataset):
    """A dataset that was read from a source; see :class:`adicom.FileDataset`."""

    __slots__ = ()

    def fetch_rest(self) -> None:  # type: ignore[override]  # blocking is the point of it
        """Read the elements behind pixel data that was not walked; nothing if all are here."""
        if not self.is_complete:
            ports().fetch_rest_now(self)


class DirectoryRecord(Dataset, _dataset.DirectoryRecord):
    """A directory record; see :class:`adicom.DirectoryRecord`."""

    __slots__ = ()

    def read(  # type: ignore[override]  # blocking is the point of it
        self,
        *,
        base: Any = None,
        defer_size: float | str | None = None,
        stop_before_pixels: bool = False,
        force: bool = False,
        specific_tags: Iterable[SpecificTag] | None = None,
        **keywords: Unpack[BlockingReadKeywords],
    ) -> FileDataset:
        """Read the file that the record refers to; see :meth:`adicom.DirectoryRecord.read`."""
        folder = self._folder(base)
        options = {
            "defer_size": defer_size,
            "stop_before_pixels": stop_before_pixels,
            "force": force,
            "specific_tags": specific_tags,
            **keywords,
        }
        found: FileDataset = ports().read_referenced_now(folder, self.file_id, options)
        return found


class DicomDir(FileDataset, _dataset.DicomDir):
    """A DICOMDIR: the directory of a file-set; see :class:`adicom.DicomDir`."""

    __slots__ = ()

    _record_class = DirectoryRecord

    # Its records are blocking ones.
    records: list[DirectoryRecord]  # type: ignore[assignment]
    orphans: list[DirectoryRecord]  # type: ignore[assignment]
    unused_records: list[DirectoryRecord]  # type: ignore[assignment]
    patients: list[DirectoryRecord]  # type: ignore[assignment]
    patient_records: list[DirectoryRecord]  # type: ignore[assignment]
    studies: list[DirectoryRecord]  # type: ignore[assignment]
    series: list[DirectoryRecord]  # type: ignore[assignment]
    images: list[DirectoryRecord]  # type: ignore[assignment]

    if TYPE_CHECKING:

        def walk_records(self, *, orphans: bool = False) -> Iterator[DirectoryRecord]:
            """Yield all records of the tree, each before what is below it."""

        def find(  # type: ignore[override]
            self, record_type: str | None = None, *, orphans: bool = False, **values: Any
        ) -> list[DirectoryRecord]:
            """Return the records of a type that have the given values."""
