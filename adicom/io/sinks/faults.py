"""The errors of operating systems, clients and servers, told as errors of a sink."""

from __future__ import annotations

import errno
from typing import Final

from adicom.errors import (
    SinkError,
    SinkExistsError,
    SinkNotFoundError,
    SinkPermissionError,
    SinkTimeoutError,
    SourceError,
)
from adicom.io.faults import status_of

__all__ = ("already_exists", "sink_fault", "status_fault")

_KINDS: Final[tuple[tuple[type[OSError], type[SinkError]], ...]] = (
    (FileExistsError, SinkExistsError),
    (FileNotFoundError, SinkNotFoundError),
    (PermissionError, SinkPermissionError),
    (TimeoutError, SinkTimeoutError),
)


def sink_fault(error: Exception, name: str, written: int) -> SinkError:
    """Return the SinkError that says the same, without the text of a library that might hold a credential.

    Example:
        >>> sink_fault(FileNotFoundError(2, "No such file or directory", "/tmp/x/.a.part"), "/tmp/x/a", 0)
        SinkNotFoundError(2, 'No such file or directory')
    """
    if isinstance(error, SinkError):
        return error
    kind = next((ours for theirs, ours in _KINDS if isinstance(error, theirs)), SinkError)
    if isinstance(error, SourceError) and error.errno is None:
        return kind(str(error), sink=name, written=written)  # adicom's own words
    if kind is SinkError and (status := status_of(error)) is not None:
        return status_fault(status, name, written)
    if isinstance(error, OSError) and error.errno is not None and error.strerror is not None:
        return kind(error.errno, error.strerror, name, sink=name, written=written)
    return kind(f"{name} cannot be written ({type(error).__name__})", sink=name, written=written)


def status_fault(status: int, name: str, written: int) -> SinkError:
    """Return the error for an HTTP status that is no success.

    Example:
        >>> print(status_fault(403, "https://host/a.dcm", 10))
        https://host/a.dcm cannot be written: the server answered 403, after 10 bytes
    """
    kind = SinkError
    if status in (404, 410):
        kind = SinkNotFoundError
    elif status in (401, 403, 407):
        kind = SinkPermissionError
    elif status in (408, 504):
        kind = SinkTimeoutError
    return kind(f"{name} cannot be written: the server answered {status}", sink=name, written=written)


def already_exists(name: str, written: int) -> SinkExistsError:
    """Return the error of ``overwrite=False``."""
    return SinkExistsError(errno.EEXIST, "exists, and overwrite=False", name, sink=name, written=written)
