"""Where bytes go: a path, whatever can be written to, a URL, an object store.

A sink takes bytes from the first to the last, and never seeks. A path or an object is the old one, or none, until all
of the new one is there; after an error or a cancellation it stays so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from adicom.io.sinks.base import BlockingSink, Sink

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adicom.io.session import Session
    from adicom.io.sinks.opening import OpenBlockingSink, OpenSink
    from adicom.io.sinks.stale import clean_stale

__all__ = ("BlockingSink", "Sink", "clean_stale", "open_sink", "open_sink_blocking")


def __getattr__(name: str) -> Any:
    if name != "clean_stale":
        raise AttributeError(f"module 'adicom.io.sinks' has no attribute {name!r}")
    from adicom.io.sinks.stale import clean_stale

    return clean_stale


def open_sink(
    target: Any,
    *,
    session: Session | None = None,
    storage_options: Mapping[str, Any] | None = None,
    overwrite: bool = True,
    length: int | None = None,
    size_hint: int | None = None,
    fsync: bool = False,
    method: Literal["PUT", "POST"] = "PUT",
    content_type: str = "application/dicom",
) -> OpenSink:
    """Return the sink at a target, as an async context manager.

    Leaving it normally commits: only then the target is the new object. Leaving it with an error or a cancellation
    aborts, and raises that on: a path or an object stays what it was.

    What was sent to a file object or a stream of the caller's cannot be taken back; the error says how many bytes that
    were. Nothing of the caller's is closed. Cancelled in the very moment in which it is put in place, a path or an
    object is the old one or the new one, whole.

    Args:
        target: A path (``str``, ``os.PathLike``) or URL; a binary file, sync or async; an anyio ``ByteSendStream``, an
            ``asyncio.StreamWriter``; an fsspec ``(filesystem, path)``, an obstore ``(store, path)``.
        session: Connections to use, if ``target`` is a URL or a store; by default they are made, and closed at the end.
        storage_options: Credentials and endpoints, over those of the session; ``{"headers": {...}}`` for http.
        overwrite: Whether a path or an object may be replaced.
        length: How many bytes will come, where that is known; others are an error. It becomes the Content-Length, and
            chooses the size of the parts of an upload.
        size_hint: About how many, where the length is not known; a quarter more may come. It only chooses the size of
            those parts. Without either, an object of S3 ends at 78 GiB.
        fsync: Of a path: whether bytes and name are on the disk when it is committed.
        method: Of http: ``"PUT"``, or ``"POST"``.
        content_type: Of http, and of s3, gs and az through obstore.

    Raises:
        TypeError: If ``target`` is nothing that adicom writes to.
        SinkError: On entering, writing or leaving: it cannot be written. It has the attributes ``sink`` and
            ``written``; the kinds are in :mod:`adicom.errors`.

    Example:
        >>> import asyncio, pathlib, tempfile
        >>> async def main(path: pathlib.Path) -> None:
        ...     async with open_sink(path) as sink:
        ...         await sink.write(b"0123")
        ...         await sink.write(b"4567")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "a.dcm")
        ...     asyncio.run(main(path))
        ...     path.read_bytes()
        b'01234567'
    """
    from adicom.io.sinks.opening import OpenSink
    from adicom.io.sinks.resolve import SinkOptions, resolve_outlet

    options = SinkOptions(
        overwrite=overwrite,
        length=length,
        size_hint=size_hint,
        fsync=fsync,
        method=method,
        content_type=content_type,
        storage_options=storage_options,
    )
    return OpenSink(resolve_outlet(target, session, options), length)


def open_sink_blocking(
    target: Any, *, overwrite: bool = True, length: int | None = None, fsync: bool = False
) -> OpenBlockingSink:
    """Return the sink at a path or in a file object, as a context manager; see :func:`open_sink`.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "a.dcm")
        ...     with open_sink_blocking(path) as sink:
        ...         sink.write(b"0123")
        ...     path.read_bytes()
        b'0123'
    """
    from adicom.io.sinks.opening import OpenBlockingSink
    from adicom.io.sinks.resolve import SinkOptions, local_outlet

    local = local_outlet(target, SinkOptions(overwrite=overwrite, length=length, fsync=fsync))
    if local is None:
        raise TypeError(f"{type(target).__name__} can only be awaited: use open_sink()")
    return OpenBlockingSink(local, length)
