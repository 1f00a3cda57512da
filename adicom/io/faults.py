"""The errors of operating systems, clients and servers, told in adicom's own."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, Final

from adicom.errors import (
    SourceChangedError,
    SourceError,
    SourceNotFoundError,
    SourcePermissionError,
    SourceTimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("from_os_error", "from_status", "is_transient_error", "is_transient_status", "status_of")

_TRANSIENT: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
# EBUSY and EREMOTEIO is what s3fs makes of "slow down" and of an internal error of the store.
_TRANSIENT_NUMBERS: Final = frozenset(
    getattr(errno, name, 0) for name in ("EBUSY", "EREMOTEIO", "ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT")
) - {0}
# Broken connections, as aiohttp, botocore, requests, urllib3 and azure.core call them.
_TRANSIENT_NAMES: Final = frozenset(
    {
        "ChunkedEncodingError",
        "ClientConnectionError",
        "ClientPayloadError",
        "ConnectionError",
        "HTTPClientError",
        "IncompleteRead",
        "ProtocolError",
        "ServiceRequestError",
        "ServiceResponseError",
        "Timeout",
        "TimeoutError",
    }
)


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


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status that an error of some client library is about, or None.

    Example:
        >>> from urllib.error import HTTPError
        >>> status_of(HTTPError("http://host/a", 503, "no", {}, None)), status_of(OSError())
        (503, None)
    """
    for number in _numbers(error):
        if isinstance(number, int) and 400 <= number <= 599:
            return number
    return 403 if str(error).startswith("Forbidden:") else None  # gcsfs says it with no number


def _numbers(error: BaseException) -> Iterator[Any]:
    for one in (error, error.__cause__):
        response = getattr(one, "response", None)
        if isinstance(response, dict):  # of botocore
            yield response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        yield getattr(response, "status_code", None)
        for name in ("status", "status_code", "code"):
            yield getattr(one, name, None)


def is_transient_error(error: BaseException) -> bool:
    """Return whether what a client library raised is a connection that broke or a server that was busy.

    Example:
        >>> is_transient_error(ConnectionResetError()), is_transient_error(ValueError())
        (True, False)
    """
    status = status_of(error)
    if status is not None:
        return is_transient_status(status)
    if getattr(error, "errno", None) in _TRANSIENT_NUMBERS:
        return True
    return any(kind.__name__ in _TRANSIENT_NAMES for kind in type(error).__mro__)
