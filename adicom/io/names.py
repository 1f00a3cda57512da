"""The names of sources in messages: URLs without what might be a credential."""

from __future__ import annotations

import re

__all__ = ("is_url", "links_of", "public_url", "scheme_of")

# RFC 3986 3.1; a single letter is a Windows drive.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]+)(?:://|::(?=.*://))", re.DOTALL)

# Not the colons of an IPv6 address, nor those of a query.
_NEXT_LINK = re.compile(r"::(?=[A-Za-z][A-Za-z0-9+.\-]*(?:://|::))")
# What stands in front of one of these, or behind it, may have to be left out.
_PRIVATE = re.compile(r"[@?#]")

# The part before the "@" names a container there, and no user.
_CONTAINER_SCHEMES = frozenset({"abfs", "abfss", "wasb", "wasbs"})


def scheme_of(text: str) -> str | None:
    r"""Return the scheme of a URL in lower case, or None for a path.

    Example:
        >>> scheme_of("s3://bucket/a.dcm"), scheme_of("C:\\scans\\a.dcm"), scheme_of("zip::s3://bucket/a.zip")
        ('s3', None, 'zip')
    """
    match = _SCHEME.match(text)
    return match[1].lower() if match else None


def is_url(text: str) -> bool:
    """Return whether the text is a URL, chained ones of fsspec included.

    Example:
        >>> is_url("https://host/a.dcm"), is_url("folder/a.dcm")
        (True, False)
    """
    return scheme_of(text) is not None


def links_of(url: str) -> list[str]:
    """Return the URLs and protocols that a chain of fsspec's is made of; any other URL is the only one.

    Example:
        >>> links_of("zip://a.dcm::simplecache::s3://bucket/a.zip"), links_of("http://[::1]/a.dcm")
        (['zip://a.dcm', 'simplecache', 's3://bucket/a.zip'], ['http://[::1]/a.dcm'])
    """
    # These are never the first link of a chain.
    return [url] if scheme_of(url) in ("http", "https") else _NEXT_LINK.split(url)


def public_url(url: str) -> str:
    """Return the URL without userinfo, query and fragment, which may hold passwords and signatures.

    Example:
        >>> public_url("https://me:secret@host/a.dcm?X-Amz-Signature=00#top")
        'https://host/a.dcm'
    """
    if _PRIVATE.search(url) is None:
        return url  # as most are
    return "::".join(_public_link(link) for link in links_of(url))


def _public_link(link: str) -> str:
    scheme, mark, rest = link.partition("://")
    if not mark:
        return link
    rest = re.split(r"[?#]", rest, maxsplit=1)[0]
    host, slash, path = rest.partition("/")
    user, at, server = host.rpartition("@")
    if at and not (scheme.lower() in _CONTAINER_SCHEMES and ":" not in user):
        host = server
    return f"{scheme}://{host}{slash}{path}"
