"""The streams of :mod:`adicom.io`, blocking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.io import http_bodies
from adicom.io.blocking_streams import BlockingReader, BlockingStream
from adicom.io.decoding import Decoder
from adicom.io.session import BlockingSession
from adicom.io.stats import IOStats

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from adicom.io.base import ReadOptions
    from adicom.io.http_bodies import HttpBody as AsyncHttpBody

__all__ = ("GunzippedSource", "HttpBody", "gunzip", "http_body")


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


class HttpBody(BlockingStream):
    """What :func:`http_body` gives: a context manager that is a source, and an iterator over pieces of bytes.

    Attributes:
        headers: Those of the answer, whatever the case of their names.
    """

    def __init__(self, body: AsyncHttpBody, session: BlockingSession | None) -> None:
        super().__init__(self._pull_body, body.name, stats=IOStats())
        self.headers: Mapping[str, str] = {}
        self._body = body
        self._given = session
        self._session: BlockingSession | None = None

    def __enter__(self) -> Self:
        self._session = self._given or BlockingSession()
        try:
            self._session.run(self._body.open_with)
        except BaseException:
            self.close()
            raise
        self.stats = self._body.stats
        self.headers = self._body.headers
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, unless the body was read to its end and the session keeps it."""
        session, self._session = self._session, None
        if session is None:
            return
        try:
            session.run(lambda _: self._body.aclose())
        finally:
            if session is not self._given:
                session.close()

    def bound_inflated(self, limit: int) -> None:
        """Allow no more than ``limit`` bytes, if what comes is encoded: whoever keeps them all calls this."""
        self._body.bound_inflated(limit)

    def _pull_body(self) -> bytes | None:
        if self._session is None:
            raise RuntimeError("it is not open: use `with adicom.sync.io.http_body(...) as body:`")
        return self._session.run(lambda _: anext(self._body, None))


def http_body(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    session: BlockingSession | None = None,
    options: ReadOptions | None = None,
) -> HttpBody:
    """Return the body of the answer to one plain GET; see :func:`adicom.io.http_body`."""
    return HttpBody(http_bodies.http_body(url, headers=headers, options=options), session)
