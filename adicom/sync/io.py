"""The streams and the cleaning of :mod:`adicom.io`, blocking."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from adicom.errors import SourceError
from adicom.io import http_bodies
from adicom.io.blocking_streams import BlockingReader, BlockingStream
from adicom.io.decoding import Decoder
from adicom.io.multipart_headers import PartHeaders
from adicom.io.multipart_stream import cutter_for
from adicom.io.session import BlockingSession
from adicom.io.stats import IOStats

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from adicom.io.base import ReadOptions
    from adicom.io.http_bodies import HttpBody as AsyncHttpBody
    from adicom.io.multipart_headers import PartEnd
    from adicom.io.multipart_parser import MultipartCutter

__all__ = (
    "GunzippedSource",
    "HttpBody",
    "MultipartParts",
    "Part",
    "clean_stale",
    "gunzip",
    "http_body",
    "multipart_parts",
)

_A_DAY: Final = timedelta(days=1)


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


class Part(BlockingStream):
    """One part: a source for whatever reads, and an iterator over its bytes.

    Attributes:
        number: Which one it is, from 1 on.
        headers: Its headers, whatever the case of their names.
        content_type: Its media type, without parameters.
    """

    def __init__(self, parts: MultipartParts, about: PartHeaders) -> None:
        self.number = about.number
        self.headers = about.headers
        self.content_type = about.content_type
        self._parts = parts
        self._refused = about.refused
        super().__init__(self._pull_part, about.name, stats=IOStats(), decoder=about.decoder)

    def __repr__(self) -> str:
        return f"<Part {self.number} {self.content_type}>"

    def _pull_part(self) -> bytes | None:
        if self._refused is not None:
            raise self._refused
        data = self._parts.pull_from(self)
        self.stats.requests += 1
        self.stats.bytes += len(data or b"")
        return data


class MultipartParts:
    """What :func:`multipart_parts` gives: an iterator over parts, a context manager."""

    def __init__(self, reader: BlockingReader, cutter: MultipartCutter) -> None:
        self._reader = reader
        self._cutter = cutter
        self._part: Part | None = None  # the one that is not read to its end

    def __enter__(self) -> Self:
        self._reader.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened for reading; nothing of the caller's."""
        self._reader.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Part:
        while self._part is not None:
            self.pull_from(self._part)
        event = self._next_event()
        if event is None:
            raise StopIteration
        assert isinstance(event, PartHeaders)
        self._part = Part(self, event)
        return self._part

    def pull_from(self, part: Part) -> bytes | None:
        """Return the next bytes of a part; None at its end.

        Raises:
            SourceError: Another part was asked for meanwhile.
        """
        if part is not self._part:
            raise SourceError(f"{part.name} was passed over; parts are read in their order")
        event = self._next_event()
        if isinstance(event, bytes):
            return event
        self._part = None
        return None

    def _next_event(self) -> PartHeaders | PartEnd | bytes | None:
        while (event := self._cutter.pull()) == b"":
            if data := self._reader.read():
                self._cutter.feed(data)
            else:
                self._cutter.end()
        return event


def multipart_parts(
    message: Any,
    content_type: str | None = None,
    *,
    session: BlockingSession | None = None,
    storage_options: Mapping[str, Any] | None = None,
    options: ReadOptions | None = None,
) -> MultipartParts:
    r"""Return the parts of a multipart message, as an iterator of sources; see :func:`adicom.io.multipart_parts`.

    Args:
        message: What :func:`http_body` gives; with ``content_type``, whatever :func:`adicom.sync.dcmread` takes.
        content_type: The Content-Type header.
        session: Connections to use, if ``message`` is a URL.
        storage_options: Credentials and endpoints.
        options: How to read ``message``.

    Example:
        >>> message = b"--x\r\n\r\none\r\n--x\r\n\r\ntwo\r\n--x--\r\n"
        >>> [[*part] for part in multipart_parts(message, "multipart/related; boundary=x")]
        [[b'one'], [b'two']]
    """
    found = content_type or getattr(message, "headers", {}).get("Content-Type")
    if found is None:
        raise TypeError(f"{type(message).__name__} does not tell its type: pass content_type=")
    reader = BlockingReader(message, session=session, storage_options=storage_options, options=options)
    return MultipartParts(reader, cutter_for(found, reader.name))


def clean_stale(
    target: Any,
    *,
    older_than: timedelta = _A_DAY,
    session: BlockingSession | None = None,
    storage_options: Mapping[str, Any] | None = None,
    dry_run: bool = False,
) -> list[str]:
    """Remove what killed writers have left over; see :func:`adicom.io.clean_stale`.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     pathlib.Path(folder, ".a.dcm.adicom-0123456789abcdef.part").touch()
        ...     (found,) = clean_stale(folder, older_than=timedelta(0))
        >>> pathlib.Path(found).name
        '.a.dcm.adicom-0123456789abcdef.part'
    """
    # Here, so that importing adicom.sync does not import anyio.
    from adicom.io.sinks import stale

    removed = stale.clean_stale_blocking(target, older_than=older_than, dry_run=dry_run)
    if removed is not None:
        return removed
    if session is None:
        with BlockingSession() as own:
            return clean_stale(
                target, older_than=older_than, session=own, storage_options=storage_options, dry_run=dry_run
            )
    return session.run(
        lambda inner: stale.clean_stale(
            target, older_than=older_than, session=inner, storage_options=storage_options, dry_run=dry_run
        )
    )
