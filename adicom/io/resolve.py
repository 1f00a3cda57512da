"""The way from what a caller passes to a source of bytes."""

from __future__ import annotations

import inspect
import io
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from adicom.io.base import AsyncSource, LocalSource, ReadOptions
from adicom.io.local import BytesSource, FileSource, InlineSource, IterableSource, PathSource, ThreadedSource
from adicom.io.names import scheme_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adicom.io.base import Identity
    from adicom.io.budget import Budget
    from adicom.io.session import Session

__all__ = ("is_remote", "opens", "remote_place", "resolve_async", "resolve_local")

_LOCAL_SOURCES: Final = (BytesSource, FileSource, IterableSource, PathSource)
_ACCEPTED: Final = (
    "a path or URL (str, os.PathLike), bytes, a binary file (sync or async), an iterable or async iterable of bytes, "
    "an anyio ByteReceiveStream, an asyncio.StreamReader, an fsspec file or (filesystem, path), "
    "an obstore (store, path), or an object with read_at()"
)


def is_remote(fp: Any) -> bool:
    """Return whether reading needs a session: a URL, an object of fsspec's or obstore's.

    Example:
        >>> is_remote("https://host/a.dcm"), is_remote("a.dcm"), is_remote("file:///tmp/a.dcm")
        (True, False, False)
    """
    if isinstance(fp, str):
        return scheme_of(fp) not in (None, "file")
    return _is_pair(fp) or _fsspec_place(fp) is not None


def remote_place(fp: Any) -> str | tuple[Any, ...]:
    """Return the URL, the (store, path) or the (filesystem, path, position) of what :func:`is_remote`.

    Example:
        >>> remote_place("https://host/a.dcm")
        'https://host/a.dcm'
    """
    return fp if isinstance(fp, str) else _fsspec_place(fp) or tuple(fp)


def opens(fp: Any) -> bool:
    """Return whether reading from it opens something that must be closed again: a path, a URL.

    Example:
        >>> opens("a.dcm"), opens(b"0123")
        (True, False)
    """
    return isinstance(fp, (str, os.PathLike)) or is_remote(fp)


def resolve_local(fp: Any) -> LocalSource | None:
    """Return the source that blocking code reads in place, or None if it takes the network.

    Raises:
        TypeError: If ``fp`` is none of what adicom reads, or can only be awaited.

    Example:
        >>> resolve_local(b"0123").read_at(0, 4).data
        b'0123'
        >>> resolve_local("https://host/a.dcm") is None
        True
    """
    if isinstance(fp, (bytes, bytearray, memoryview)):
        return BytesSource(fp)
    if is_remote(fp):
        return None
    source = _own_source(fp) or _local(fp)
    if source is None:
        if _is_async(fp):
            raise _only_awaited(fp)
        raise _refusal(fp)
    if isinstance(source, _LOCAL_SOURCES):
        return source
    if isinstance(source, LocalSource):  # of the caller's own making
        return source
    raise _only_awaited(fp)


def resolve_async(
    fp: Any,
    session: Session | None = None,
    options: ReadOptions | None = None,
    *,
    storage_options: Mapping[str, Any] | None = None,
    budget: Budget | None = None,
    known: Identity | None = None,
) -> AsyncSource:
    """Return the source that async code reads.

    Args:
        fp: What the caller passed.
        session: An entered session; needed where :func:`is_remote` says so.
        options: How this call reads.
        storage_options: For this call, over those of the session.
        budget: What the call may spend; made from ``options`` if it is None.
        known: The identity that the object had before.

    Raises:
        TypeError: If ``fp`` is none of what adicom reads.
    """
    if is_remote(fp):
        if session is None:
            raise TypeError("reading from a URL or a store needs a session")
        return session.open_source(
            remote_place(fp), options or ReadOptions(), storage_options=storage_options, budget=budget, known=known
        )
    source: LocalSource | AsyncSource | None = _own_source(fp) or _local(fp) or _awaited(fp)
    if source is None:
        raise _refusal(fp)
    if isinstance(source, LocalSource):
        kind = InlineSource if _never_waits(fp) else ThreadedSource
        return kind(source, owned=source is not fp)
    return source


def _own_source(fp: Any) -> LocalSource | AsyncSource | None:
    """Return a source of ours, or of the caller's own making, as it is."""
    if not hasattr(fp, "rereadable"):
        return None
    if isinstance(fp, AsyncSource):
        return fp
    return fp if isinstance(fp, LocalSource) else None


def _local(fp: Any) -> LocalSource | None:
    if isinstance(fp, str):
        return PathSource(_file_url_path(fp) if scheme_of(fp) == "file" else fp)
    if isinstance(fp, (bytes, bytearray, memoryview)):
        return BytesSource(fp)
    if _is_async(fp):
        return None
    if callable(getattr(fp, "read", None)):
        return FileSource(fp)
    if isinstance(fp, os.PathLike):
        return PathSource(fp)
    return IterableSource(fp) if hasattr(fp, "__iter__") and not hasattr(fp, "keys") else None


def _awaited(fp: Any) -> AsyncSource | None:
    from adicom.io import streams

    if callable(getattr(fp, "read", None)):
        if hasattr(fp, "seek") and hasattr(fp, "tell"):
            return streams.AsyncFileSource(fp)
        return streams.stream_reader_source(fp)
    if _is_receive_stream(fp):
        return streams.receive_stream_source(fp)
    return streams.AsyncIterableSource(fp) if hasattr(fp, "__aiter__") else None


def _is_async(fp: Any) -> bool:
    read = getattr(fp, "read", None)
    if callable(read):
        return inspect.iscoroutinefunction(read)
    return hasattr(fp, "__aiter__") or _is_receive_stream(fp)


def _is_receive_stream(fp: Any) -> bool:
    anyio = sys.modules.get("anyio.abc")
    return anyio is not None and isinstance(fp, anyio.ByteReceiveStream)


def _never_waits(fp: Any) -> bool:
    return isinstance(fp, (bytes, bytearray, memoryview, io.BytesIO, BytesSource, list, tuple))


def _is_pair(fp: Any) -> bool:
    """Return whether it is (filesystem, path) or (store, path)."""
    if not (isinstance(fp, tuple) and len(fp) == 2 and isinstance(fp[1], str)):
        return False
    return hasattr(fp[0], "cat_file") or type(fp[0]).__module__.partition(".")[0] == "obstore"


def _fsspec_place(fp: Any) -> tuple[Any, str, int] | None:
    """Return (filesystem, path, position) of an fsspec file, which is better read by range than through its cache."""
    core = sys.modules.get("fsspec.core")
    if core is None:
        return None
    if isinstance(fp, core.OpenFile):
        return None if fp.compression else (fp.fs, fp.path, 0)
    if isinstance(fp, sys.modules["fsspec.spec"].AbstractBufferedFile) and getattr(fp, "mode", "") == "rb":
        return fp.fs, fp.path, fp.tell()
    return None


def _file_url_path(url: str) -> str:
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    return url2pathname(urlsplit(url).path)


def _only_awaited(fp: Any) -> TypeError:
    return TypeError(f"{type(fp).__name__} can only be awaited: use the functions of adicom, not those of adicom.sync")


def _refusal(fp: Any) -> TypeError:
    return TypeError(f"cannot read DICOM from {type(fp).__name__}; what can be read: {_ACCEPTED}")
