"""An object that stays open: its header is here, the rest is fetched when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, overload

from adicom.filereader.job import Classes
from adicom.filereader.keywords import split_keywords
from adicom.filereader.options import ParseOptions
from adicom.filereader.reading import read_awaited
from adicom.io.resolve import is_remote
from adicom.io.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self, Unpack

    from adicom.dataset import FileDataset, FileMetaDataset
    from adicom.filereader import ReadKeywords, SpecificTag
    from adicom.io.stats import IOStats
    from adicom.tag import TagType

__all__ = ("DicomReader", "open_dicom")

DEFER_SIZE: Final = 64 * 1024
"""Values longer than this wait until they are asked for."""


class DicomReader:
    """What :func:`open_dicom` gives: a dataset, and the session that brings what is missing in it."""

    def __init__(self, fp: Any, options: ParseOptions, place: dict[str, Any]) -> None:
        self._fp = fp
        self._options = options
        self._place = place
        self._own_session: Session | None = None
        self._dataset: FileDataset | None = None

    async def __aenter__(self) -> Self:
        if self._place.get("session") is None and is_remote(self._fp):
            self._own_session = Session(storage_options=self._place.get("storage_options"))
            self._place["session"] = await self._own_session.__aenter__()
        try:
            self._dataset = await read_awaited(self._fp, self._options, Classes(), **self._place)
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections that were opened for this reader."""
        session, self._own_session = self._own_session, None
        if session is not None:
            await session.__aexit__(None, None, None)

    def __repr__(self) -> str:
        if self._dataset is None:
            return "<DicomReader, not opened>"
        return f"<DicomReader {self._dataset.filename}>"

    @property
    def dataset(self) -> FileDataset:
        """The dataset; values above ``defer_size`` are deferred."""
        if self._dataset is None:
            raise RuntimeError("it was not opened: use `async with adicom.open_dicom(...) as dcm:`")
        return self._dataset

    @property
    def file_meta(self) -> FileMetaDataset:
        """The file meta information."""
        return self.dataset.file_meta

    @property
    def stats(self) -> IOStats:
        """What reading has cost so far, fetched values included."""
        stats: IOStats = self.dataset.io_stats
        return stats

    @overload
    async def fetch(self, key: TagType, /) -> Any: ...

    @overload
    async def fetch(self, key: TagType, second: TagType, /, *more: TagType) -> tuple[Any, ...]: ...

    async def fetch(self, *keys: TagType) -> Any:
        """Read deferred values; see :meth:`adicom.Dataset.fetch`."""
        return await self.dataset.fetch(*keys)


def open_dicom(
    fp: Any,
    defer_size: float | str | None = DEFER_SIZE,
    force: bool = False,
    specific_tags: Iterable[SpecificTag] | None = None,
    **keywords: Unpack[ReadKeywords],
) -> DicomReader:
    """Open a DICOM object: ``async with adicom.open_dicom(url) as dcm``.

    The header is read; longer values and pixel data are read when they are asked for, over the same connections.

    Args:
        fp: As in :func:`adicom.dcmread`.
        defer_size: Values longer than this are deferred.
        force: Whether to read what has no ``DICM`` prefix.
        specific_tags: See :func:`adicom.dcmread`.
        **keywords: See :class:`adicom.filereader.ReadKeywords`.

    Example:
        >>> import asyncio, pydicom.data, adicom
        >>> async def main(path: str) -> None:
        ...     async with adicom.open_dicom(path, defer_size="1 KB") as dcm:
        ...         print(dcm.dataset.Rows, len(await dcm.fetch("PixelData")))
        >>> asyncio.run(main(pydicom.data.get_testdata_file("CT_small.dcm")))
        128 32768
    """
    io, place, others = split_keywords(keywords, "open_dicom")
    options = ParseOptions.make(io, defer_size=defer_size, force=force, specific_tags=specific_tags, **others)
    return DicomReader(fp, options, place)
