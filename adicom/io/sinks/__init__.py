"""Where bytes go: a path, whatever can be written to, a URL, an object store.

A sink takes bytes from the first to the last, and never seeks. A path or an object is the old one, or none, until all
of the new one is there; after an error or a cancellation it stays so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.io.sinks.base import BlockingSink, Sink

if TYPE_CHECKING:
    from adicom.io.session import Session
    from adicom.io.sinks.opening import OpenBlockingSink, OpenSink

__all__ = ("BlockingSink", "Sink", "open_sink", "open_sink_blocking")


def open_sink(
    target: Any,
    *,
    session: Session | None = None,
    overwrite: bool = True,
    length: int | None = None,
    fsync: bool = False,
) -> OpenSink:
    """Return the sink at a target, as an async context manager.

    Leaving it normally commits: only then the target is the new object. Leaving it with an error or a cancellation
    aborts, and raises that on: a path or an object stays what it was.

    Args:
        target: A path (a str or os.PathLike).
        session: Connections to use, if ``target`` is a URL or a store.
        overwrite: Whether it may replace an object; if not, there is none in the moment in which it is put in place.
        length: How many bytes will come, where that is known; others are an error.
        fsync: Of a path: whether bytes and name are on the disk when it is committed.

    Raises:
        TypeError: If ``target`` is nothing that adicom writes to.

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
    from adicom.io.sinks.resolve import resolve_outlet

    return OpenSink(resolve_outlet(target, overwrite=overwrite, fsync=fsync), length)


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
    from adicom.io.sinks.resolve import local_outlet

    local = local_outlet(target, overwrite=overwrite, fsync=fsync)
    if local is None:
        raise TypeError(f"{type(target).__name__} can only be awaited: use open_sink()")
    return OpenBlockingSink(local, length)
