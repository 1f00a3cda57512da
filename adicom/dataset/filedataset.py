"""A dataset that was read from a source, with what stood around it there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from adicom.dataset.dataset import Dataset
from adicom.dataset.filemeta import FileMetaDataset
from adicom.dataset.ports import ports

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

    import pydicom

    from adicom.errors import ParseError

__all__ = ("FileDataset",)

_PIXEL_DATA: Final = 0x7FE00010


class FileDataset(Dataset):
    """A dataset with its preamble, its file meta information and where it came from.

    Args:
        filename_or_obj: What it was read from.
        dataset: The first elements.
        preamble: The 128 bytes before the prefix.
        file_meta: The file meta information.
        is_implicit_VR: How the elements are encoded.
        is_little_endian: The byte order of numbers.

    Attributes:
        filename: Path or URL, without credentials; None where it has no name.
        is_truncated: Whether the source ended too early and ``strict=False`` let that pass.
        is_complete: Whether all elements were read; if not, :meth:`fetch_rest` reads the others.
        io_stats: What reading cost: requests, bytes, retries, seconds.

    Example:
        >>> ds = FileDataset("ct.dcm", {}, preamble=bytes(128))
        >>> ds.filename, len(ds.preamble), len(ds.file_meta)
        ('ct.dcm', 128, 0)
    """

    __slots__ = ("__dict__", "__weakref__")

    preamble: bytes | None
    file_meta: FileMetaDataset
    filename: str | None
    is_truncated: bool
    is_complete: bool
    io_stats: Any

    def __init__(
        self,
        filename_or_obj: Any = None,
        dataset: Dataset | Mapping[Any, Any] | Iterable[tuple[Any, Any]] = (),
        preamble: bytes | None = None,
        file_meta: FileMetaDataset | None = None,
        is_implicit_VR: bool = True,
        is_little_endian: bool = True,
    ) -> None:
        super().__init__(dataset)
        self.preamble = preamble
        self.file_meta = file_meta if file_meta is not None else FileMetaDataset()
        self.filename = filename_or_obj if isinstance(filename_or_obj, str) else None
        self.is_implicit_VR = is_implicit_VR
        self.is_little_endian = is_little_endian
        self.set_original_encoding(is_implicit_VR, is_little_endian)
        self.is_truncated = False
        self.is_complete = True
        self.io_stats = None

    def _slice(self, key: slice) -> Self:
        part = super()._slice(key)
        if _PIXEL_DATA not in part:  # then nothing of it is missing
            part.__dict__["is_complete"] = True
        return part

    @property
    def truncation(self) -> ParseError | None:
        """What was wrong where reading ended, if ``strict=False`` let it pass."""
        return self.__dict__.get("_truncation")

    def to_pydicom(self) -> pydicom.FileDataset:
        """Return a pydicom dataset that has all that is in this one; see :func:`adicom.interop.to_pydicom`."""
        return cast("pydicom.FileDataset", super().to_pydicom())

    async def fetch_rest(self) -> None:
        """Read the elements behind pixel data that was not walked; nothing if all are here.

        Raises:
            ParseError: They are not as they should be.
            SourceError: The source cannot be read, or is not what it was.
            DeferredValueError: The source cannot be read again.
        """
        if not self.is_complete:
            await ports().fetch_rest(self)
