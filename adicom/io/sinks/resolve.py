"""The way from what a caller passes to a target of bytes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from adicom.io.names import scheme_of
from adicom.io.sinks.outlets import ThreadedOutlet
from adicom.io.sinks.path import PathOutlet

if TYPE_CHECKING:
    from adicom.io.sinks.outlets import BlockingOutlet, Outlet

__all__ = ("local_outlet", "resolve_outlet")

_ACCEPTED: Final = "a path or URL (str, os.PathLike)"


def local_outlet(target: Any, *, overwrite: bool, fsync: bool) -> BlockingOutlet | None:
    """Return the outlet that blocking code writes to, or None if it must be awaited."""
    if isinstance(target, str) and scheme_of(target) == "file":
        target = _file_url_path(target)
    if isinstance(target, (str, os.PathLike)):
        return PathOutlet(target, overwrite=overwrite, fsync=fsync)
    return None


def resolve_outlet(target: Any, *, overwrite: bool, fsync: bool) -> Outlet:
    """Return the outlet that async code writes to."""
    local = local_outlet(target, overwrite=overwrite, fsync=fsync)
    if local is None:
        raise TypeError(f"cannot write to {type(target).__name__}; what can be written to: {_ACCEPTED}")
    return ThreadedOutlet(local)


def _file_url_path(url: str) -> str:
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    return url2pathname(urlsplit(url).path)
