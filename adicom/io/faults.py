"""The errors of operating systems, clients and servers, told in adicom's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adicom.errors import (
    SourceChangedError,
    SourceError,
    SourceNotFoundError,
    SourcePermissionError,
    SourceTimeoutError,
)

if TYPE_CHECKING:
    from typing import Final

__all__ = ("from_os_error", "from_status", "is_transient_status")

_TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


def from_os_error(error: OSError, name: str) -> SourceError:
    """Return the SourceError that says the same, without the text of a library that might hold a credential.

    Example:
        >>> from_os_error(FileNotFoundError(2, "No such file or directory", "a.dcm"), "a.dcm")
        SourceNotFoundError(2, 'No such file or directory')
    """
    if isinstance(error, SourceError):
        return error
    kind = SourceError
    if isinstance(error, FileNotFoundError):
        kind = SourceNotFoundError
    elif isinstance(error, PermissionError):
        kind = SourcePermissionError
    elif isinstance(error, TimeoutError):
        kind = SourceTimeoutError
    if error.errno is None or error.strerror is None:
        return kind(f"{name} cannot be read ({type(error).__name__})")
    return kind(error.errno, error.strerror, name)


def from_status(status: int, name: str) -> SourceError:
    """Return the error for an HTTP status that is no success.

    Example:
        >>> print(from_status(403, "https://host/a.dcm"))
        https://host/a.dcm cannot be read: the server answered 403
    """
    kind = SourceError
    if status in (404, 410):
        kind = SourceNotFoundError
    elif status in (401, 403, 407):
        kind = SourcePermissionError
    elif status in (408, 504):
        kind = SourceTimeoutError
    elif status == 412:
        kind = SourceChangedError
    return kind(f"{name} cannot be read: the server answered {status}")


def is_transient_status(status: int) -> bool:
    """Return whether the same request may succeed a little later.

    Example:
        >>> is_transient_status(503), is_transient_status(404)
        (True, False)
    """
    return status in _TRANSIENT
