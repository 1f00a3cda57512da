"""The streams of :mod:`adicom.io`, blocking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.io.blocking_streams import BlockingReader, BlockingStream
from adicom.io.decoding import Decoder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from adicom.io.base import ReadOptions
    from adicom.io.session import BlockingSession

__all__ = ("GunzippedSource", "gunzip")


class GunzippedSource(BlockingStream):
    """What :func:`gunzip` gives: a source, an iterator over pieces of bytes, a context manager."""

    def __init__(self, reader: BlockingReader, limit: int | None) -> None:
        super().__init__(reader.pull, reader.name, stats=reader.stats, decoder=Decoder("gzip", reader.name, limit))
        self._reader = reader

    def __enter__(self) -> Self:
        self._reader.open()
        self.stats = self._reader.stats
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened for reading; nothing of the caller's."""
        self._reader.close()


def gunzip(
    fp: Any,
    *,
    limit: int | None = None,
    session: BlockingSession | None = None,
    storage_options: Mapping[str, Any] | None = None,
    options: ReadOptions | None = None,
) -> GunzippedSource:
    """Return what something compressed with gzip holds; see :func:`adicom.io.gunzip`.

    Example:
        >>> import gzip, pathlib, pydicom.data, tempfile, adicom.sync
        >>> data = pathlib.Path(pydicom.data.get_testdata_file("CT_small.dcm")).read_bytes()
        >>> with tempfile.NamedTemporaryFile(suffix=".dcm.gz") as file:
        ...     _ = file.write(gzip.compress(data)) and file.flush()
        ...     with gunzip(file.name) as stream:
        ...         ds = adicom.sync.dcmread(stream)
        >>> ds.PatientID
        '1CT1'
    """
    reader = BlockingReader(fp, session=session, storage_options=storage_options, options=options)
    return GunzippedSource(reader, limit)
