"""The two seams through which a dataset reaches what lies above it.

(a) The reader gives each dataset a :class:`ValueSource`, from which deferred values come, and a DICOMDIR the
:class:`Folder` that it lies in.
(b) What needs a reader, a writer or pixels goes through the one :class:`Ports`, which the top of the package
installs; so nothing here imports upward.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Container, Iterator, Mapping, Sequence

    import pydicom

    from adicom.dataelem import DataElement
    from adicom.dataset.bulkdata import BulkDataAccess
    from adicom.dataset.dataset import Dataset
    from adicom.dataset.filedataset import FileDataset

__all__ = ("Folder", "Ports", "ValueSource", "install", "ports")


D = TypeVar("D", bound="Dataset")


class ValueSource(Protocol):
    """Where deferred values are."""

    @property
    def can_fetch_now(self) -> bool:
        """Whether :meth:`fetch_now` works: nothing has to be waited for."""
        ...

    @property
    def size(self) -> int | None:
        """Bytes of the whole source, where that is known."""
        ...

    async def fetch(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each (offset, length)."""
        ...

    def fetch_now(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each (offset, length) without waiting for anything but a disk."""
        ...

    def stream(self, offset: int, length: int) -> AsyncIterator[bytes]:
        """Return the bytes of one range piece by piece."""
        ...

    def describe(self) -> str:
        """Return what messages call the source; no credentials."""
        ...


class Folder(Protocol):
    """The folder that a DICOMDIR lies in; what a File ID names lies there, or is refused."""

    def path_of(self, file_id: tuple[str, ...]) -> str | None:
        """Return the path of a file; None where the folder is none of the local disk."""
        ...

    def url_of(self, file_id: tuple[str, ...]) -> str | None:
        """Return the URL of a file, without credentials; None where the folder has no URL."""
        ...


class Ports(Protocol):
    """What a dataset offers but cannot do by itself."""

    async def fetch_rest(self, dataset: FileDataset) -> None:
        """Read the elements behind pixel data that was not walked."""
        ...

    def fetch_rest_now(self, dataset: FileDataset) -> None:
        """Do the same without waiting for anything but a disk."""
        ...

    async def fetch_encapsulated(self, source: ValueSource, offset: int, little_endian: bool) -> bytes:
        """Return encapsulated pixel data, from its Basic Offset Table to its last fragment."""
        ...

    def fetch_encapsulated_now(self, source: ValueSource, offset: int, little_endian: bool) -> bytes:
        """Do the same without waiting for anything but a disk."""
        ...

    def rebind(
        self,
        dataset: Dataset,
        fp: Any,
        session: Any,
        storage_options: Mapping[str, Any] | None,
        *,
        blocking: bool = False,
    ) -> None:
        """Say where deferred values come from now."""
        ...

    def stream_encapsulated(self, source: ValueSource, offset: int, little_endian: bool) -> AsyncIterator[bytes]:
        """Return encapsulated pixel data piece by piece."""
        ...

    def stream_encapsulated_now(self, source: ValueSource, offset: int, little_endian: bool) -> Iterator[bytes]:
        """Do the same without waiting for anything but a disk."""
        ...

    def folder(self, base: Any) -> Folder:
        """Return the folder that a caller names."""
        ...

    async def read_referenced(self, folder: Folder, file_id: tuple[str, ...], **keywords: Any) -> FileDataset:
        """Read a file in the folder of a DICOMDIR."""
        ...

    def read_referenced_now(self, folder: Folder, file_id: tuple[str, ...], keywords: dict[str, Any]) -> Any:
        """Do the same for :mod:`adicom.sync`: the dataset is one of its."""
        ...

    def to_json(
        self,
        dataset: Dataset,
        bulk_data_threshold: int,
        bulk_data_element_handler: Callable[[DataElement], str | None] | None,
        dump_handler: Callable[[dict[str, Any]], str] | None,
        suppress_invalid_tags: bool,
        bulk_data_vr: Container[str] | None,
    ) -> str:
        """Return the dataset as JSON text."""
        ...

    def to_json_dict(
        self,
        dataset: Dataset,
        bulk_data_threshold: int,
        bulk_data_element_handler: Callable[[DataElement], str | None] | None,
        suppress_invalid_tags: bool,
        bulk_data_vr: Container[str] | None,
    ) -> dict[str, Any]:
        """Return the dataset as the objects that JSON has."""
        ...

    def from_json(
        self,
        kind: type[D],
        json_dataset: Mapping[str, Any] | str | bytes | bytearray,
        bulk_data_uri_handler: Callable[..., Any] | None,
        access: BulkDataAccess,
    ) -> D:
        """Return the dataset that JSON stands for."""
        ...

    def bulk_data_source(self, uri: str, access: BulkDataAccess) -> ValueSource:
        """Return where the value that a BulkDataURI names is; any range of it gives the whole."""
        ...

    def to_pydicom(self, dataset: Dataset) -> pydicom.Dataset:
        """Return the dataset as one of pydicom."""
        ...

    async def save_as(
        self, dataset: Dataset, filename: Any, write_like_original: bool, keywords: Mapping[str, Any]
    ) -> None:
        """Write the dataset as a file."""
        ...

    def save_as_now(
        self, dataset: Dataset, filename: Any, write_like_original: bool, keywords: Mapping[str, Any]
    ) -> None:
        """Do the same for :mod:`adicom.sync`."""
        ...


_installed: list[Ports] = []


def install(implementation: Ports) -> None:
    """Make ``implementation`` the one that datasets use."""
    _installed[:] = [implementation]


def ports() -> Ports:
    """Return the implementation that was installed."""
    return _installed[0]
