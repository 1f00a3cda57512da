"""The way from what a caller passes to a target of bytes."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from adicom.io.names import scheme_of
from adicom.io.resolve import is_remote, remote_place
from adicom.io.sinks.outlets import InlineOutlet, ThreadedOutlet
from adicom.io.sinks.path import PathOutlet
from adicom.io.sinks.writables import AsyncFileOutlet, FileOutlet, is_awaited, stream_outlet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adicom.io.session import Session
    from adicom.io.sinks.outlets import BlockingOutlet, Outlet

__all__ = ("SinkOptions", "is_remote_target", "local_outlet", "local_path", "resolve_outlet")

_ACCEPTED: Final = (
    "a path or URL (str, os.PathLike), a binary file (sync or async), an anyio ByteSendStream, "
    "an asyncio.StreamWriter, an fsspec (filesystem, path), an obstore (store, path)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkOptions:
    """How one sink is written.

    Attributes:
        overwrite: Whether it may replace an object.
        length: How many bytes will come.
        size_hint: About how many, where that is not known.
        fsync: Of a path: whether it must be on the disk.
        method: Of http: ``"PUT"`` or ``"POST"``.
        content_type: Of http, s3, gs and az: what the object is said to be.
        storage_options: Credentials and endpoints, over those of the session; they are never shown.
    """

    overwrite: bool = True
    length: int | None = None
    size_hint: int | None = None
    fsync: bool = False
    method: str = "PUT"
    content_type: str = "application/dicom"
    storage_options: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def expected(self) -> int | None:
        """How many bytes may come at most, as far as that is known: a quarter more than the hint."""
        if self.length is not None or self.size_hint is None:
            return self.length
        return self.size_hint + self.size_hint // 4


def local_outlet(target: Any, options: SinkOptions) -> BlockingOutlet | None:
    """Return the outlet that blocking code writes to, or None if it must be awaited.

    Raises:
        TypeError: If it is nothing that adicom writes to.
    """
    if is_remote_target(target) or is_awaited(target):
        return None
    if callable(getattr(target, "write", None)):
        if isinstance(target, io.TextIOBase):
            raise TypeError(f"{type(target).__name__} takes text; DICOM is binary, so open it in binary mode")
        return FileOutlet(target)
    if (path := local_path(target)) is not None:
        return PathOutlet(path, overwrite=options.overwrite, fsync=options.fsync)
    raise TypeError(f"cannot write to {type(target).__name__}; what can be written to: {_ACCEPTED}")


def resolve_outlet(target: Any, session: Session | None, options: SinkOptions) -> Outlet:
    """Return the outlet that async code writes to.

    Raises:
        TypeError: If it is nothing that adicom writes to.
    """
    local = local_outlet(target, options)
    if local is not None:
        return InlineOutlet(local) if isinstance(target, io.BytesIO) else ThreadedOutlet(local)
    if is_remote_target(target):
        from adicom.io.sinks.remote import RemoteOutlet

        return RemoteOutlet(remote_place(target), session, options)
    return stream_outlet(target) or AsyncFileOutlet(target)


def is_remote_target(target: Any) -> bool:
    """Return whether writing to it takes a session: a URL, (filesystem, path) or (store, path)."""
    # A file of fsspec's that is open for writing is a file object like any other.
    return not hasattr(target, "write") and is_remote(target)


def local_path(target: Any) -> str | None:
    """Return the path that a caller passes, also as a URL of the scheme file; None if it is none.

    Example:
        >>> local_path("a.dcm"), local_path("file:///tmp/a%20b.dcm"), local_path("s3://bucket/a.dcm")
        ('a.dcm', '/tmp/a b.dcm', None)
    """
    if isinstance(target, os.PathLike):
        return os.fsdecode(target)
    if not isinstance(target, str):
        return None
    scheme = scheme_of(target)
    if scheme == "file":
        return _file_url_path(target)
    return target if scheme is None else None


def _file_url_path(url: str) -> str:
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    return url2pathname(urlsplit(url).path)
