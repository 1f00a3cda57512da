"""Objects that are compressed with gzip as a whole, as ``.dcm.gz`` files are, read as streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.io.decoding import Decoder
from adicom.io.forward import ForwardReader
from adicom.io.streams import StreamSource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from adicom.io.base import ReadOptions
    from adicom.io.session import Session

__all__ = ("GunzippedSource", "gunzip")


def gunzip(
    fp: Any,
    *,
    limit: int | None = None,
    session: Session | None = None,
    storage_options: Mapping[str, Any] | None = None,
    options: ReadOptions | None = None,
) -> GunzippedSource:
    """Return what something compressed with gzip (RFC 1952) holds: a source for whatever reads.

    It is read forward only, in constant memory. Over what adicom opens, a path or a URL, it is used as
    ``async with gunzip(path) as stream``; over what is open already it can be read at once. Checksum and length are
    checked at the end.

    Args:
        fp: As in :func:`adicom.dcmread`.
        limit: How many decompressed bytes there may be. None is any number for streamed events; a dataset is
            bounded by ``ParserLimits.inflated_bytes``.
        session: Connections to use; without one it makes its own and closes it.
        storage_options: Credentials and endpoints.
        options: How to read ``fp``.

    Raises:
        TypeError: ``fp`` is nothing that adicom reads.
        TruncatedError: By reading, as all that follow: it ends too early.
        LimitError: It holds more than ``limit`` bytes.
        ParseError: It is not compressed with gzip, or damaged.
        SourceError: It cannot be read.

    Example:
        >>> import asyncio, gzip, pathlib, pydicom.data, adicom
        >>> path = pydicom.data.get_testdata_file("CT_small.dcm")
        >>> packed = gzip.compress(pathlib.Path(path).read_bytes())
        >>> asyncio.run(adicom.dcmread(gunzip(packed))).PatientID
        '1CT1'
    """
    return GunzippedSource(ForwardReader(fp, session=session, storage_options=storage_options, options=options), limit)


class GunzippedSource(StreamSource):
    """What :func:`gunzip` gives: a source, an async iterator over pieces of bytes, an async context manager."""

    def __init__(self, reader: ForwardReader, limit: int | None) -> None:
        super().__init__(reader.pull, reader.name, stats=reader.stats, decoder=Decoder("gzip", reader.name, limit))
        self._reader = reader

    async def __aenter__(self) -> Self:
        await self._reader.open()
        self.stats = self._reader.stats
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close what was opened for reading; nothing of the caller's."""
        await self._reader.aclose()
