"""The sending of GET requests, redirects included.

Rule: what the caller gives for one origin (RFC 6454 4) goes to no other: neither userinfo nor headers follow a
redirect there, and no redirect leads from https to http.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from yarl import URL

from adicom.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import aiohttp

    from adicom.io.clients import Clients

__all__ = ("MAX_REDIRECTS", "Destination", "get")

MAX_REDIRECTS: Final = 10
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class Destination:
    """Where requests for one object go first, and what is for that origin only.

    Args:
        url: With userinfo and query; neither is ever shown.
        headers: Of the caller.
        name: What messages call the object.

    Attributes:
        may_leave: Whether a redirect may lead to another origin.

    Example:
        >>> Destination("https://me:secret@host/a.dcm", {}, "https://host/a.dcm").url.host
        'host'
        >>> Destination("https:///a.dcm", {}, "https:///a.dcm")
        Traceback (most recent call last):
        ValueError: https:///a.dcm is no valid URL
    """

    __slots__ = ("headers", "may_leave", "name", "url")

    def __init__(self, url: str, headers: Mapping[str, str], name: str) -> None:
        self.url = _parse_url(url, name)
        self.headers = headers
        self.name = name
        self.may_leave = True

    def next_url(self, url: URL, location: str) -> URL:
        """Return where a redirect leads.

        Args:
            url: What was asked for.
            location: The Location header (RFC 9110 10.2.2).

        Raises:
            SourceError: It is followed by nobody, or not from here.

        Example:
            >>> Destination("https://host/a.dcm", {}, "a.dcm").next_url(URL("https://host/a.dcm"), "b.dcm")
            URL('https://host/b.dcm')
        """
        try:
            target = url.join(URL(location, encoded=_is_encoded(location)))
        except ValueError:
            target = URL()
        if target.scheme not in ("http", "https") or not target.host:
            raise SourceError(f"{self.name}: the server redirects to what is no URL of http or https")
        if url.scheme == "https" and target.scheme == "http":
            raise SourceError(f"{self.name}: the server redirects from https to http, which is not followed")
        if self.is_at(target):
            # A relative one keeps them anyway (RFC 3986 5.2.2).
            return target.with_user(url.user).with_password(url.password) if self.is_at(url) and url.user else target
        if not self.may_leave:
            raise SourceError(f"{self.name}: the server redirects to another origin, which is not followed")
        return target

    def is_at(self, url: URL) -> bool:
        """Return whether a URL is of the same origin."""
        return (url.scheme, url.host, url.port) == (self.url.scheme, self.url.host, self.url.port)


async def get(
    clients: Clients,
    destination: Destination,
    headers: Mapping[str, str],
    *,
    timeout: aiohttp.ClientTimeout,
    count: Callable[[], None],
) -> aiohttp.ClientResponse:
    """Return the answer to a GET request, after its redirects; the caller releases it.

    Args:
        clients: Of the running loop.
        destination: Where to.
        headers: What the request itself needs; they go along everywhere.
        timeout: Of each request.
        count: Called before each request; what it raises ends it.

    Raises:
        SourceError: A redirect that is not followed.
    """
    url, http, own = destination.url, clients.http(), destination.headers
    for _ in range(MAX_REDIRECTS + 1):
        count()
        response = await http.get(
            url,
            headers={**own, **headers},
            timeout=timeout,
            allow_redirects=False,
            raise_for_status=False,
            auto_decompress=False,
        )
        location = response.headers.get("Location")
        if response.status not in _REDIRECTS or location is None:
            return response
        response.release()
        url = destination.next_url(url, location)
        if not destination.is_at(url):
            # Also for what comes behind it: that other origin might lead back on purpose.
            http, own = clients.http_elsewhere(), {}
    raise SourceError(f"{destination.name}: too many redirects")


def _parse_url(url: str, name: str) -> URL:
    plain = url.partition("#")[0]
    try:
        parsed = URL(plain, encoded=_is_encoded(plain))
    except ValueError:
        parsed = URL()
    if not parsed.host:
        raise ValueError(f"{name} is no valid URL")
    return parsed


def _is_encoded(url: str) -> bool:
    """Return whether a URL must stay as it is: a signed query is only valid in the very spelling that was signed."""
    return url.isascii() and url.isprintable() and " " not in url
