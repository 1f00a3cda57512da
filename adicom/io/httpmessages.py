"""The reading of HTTP answers: what their headers say about the bytes that follow.

Nothing here sends or waits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from adicom.errors import SourceError
from adicom.io.base import Identity
from adicom.io.identity import version_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = (
    "ContentRange",
    "check_encoding",
    "check_range",
    "identity_of",
    "is_html_page",
    "is_part",
    "is_whole",
    "parse_content_range",
    "refuse_multipart",
    "refuse_page",
    "unsatisfied_size",
)

_CONTENT_RANGE: Final = re.compile(r"\s*bytes\s+([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)\s*", re.IGNORECASE)
_UNSATISFIED: Final = re.compile(r"\s*bytes\s+\*/([0-9]{1,19})\s*", re.IGNORECASE)

# "aws-chunked" is how S3 objects were uploaded, no encoding of what comes down.
_PLAIN_ENCODINGS: Final = frozenset({"", "identity", "aws-chunked"})


class ContentRange(NamedTuple):
    """What a 206 answer holds: the first byte, the one behind the last, the size of the object."""

    start: int
    end: int
    size: int | None


def parse_content_range(text: str | None) -> ContentRange | None:
    """Return what a Content-Range header says (RFC 9110 14.4), or None if it makes no sense.

    Example:
        >>> parse_content_range("bytes 0-99/1000")
        ContentRange(start=0, end=100, size=1000)
        >>> parse_content_range("bytes 99-0/1000")
    """
    match = _CONTENT_RANGE.fullmatch(text or "")
    if match is None:
        return None
    start, last = int(match[1]), int(match[2])
    size = None if match[3] == "*" else int(match[3])
    if last < start or (size is not None and last >= size):
        return None
    return ContentRange(start, last + 1, size)


def is_part(headers: Mapping[str, str], start: int, end: int) -> bool:
    """Return whether a 200 answer holds the range that was asked for, and was only given the wrong status.

    RFC 9110 14.4 gives Content-Range no meaning there, so it must not count by itself. But together with a
    Content-Length that is the range's, of an object of known size, there is no other way to understand it.

    Example:
        >>> is_part({"Content-Range": "bytes 10-19/1000", "Content-Length": "10"}, 10, 20)
        True
        >>> is_part({"Content-Range": "bytes 10-19/1000", "Content-Length": "1000"}, 10, 20)
        False
    """
    content = parse_content_range(headers.get("Content-Range"))
    if content is None or content.size is None or content.start != start or content.end > end:
        return False
    return headers.get("Content-Length", "").strip() == str(content.end - content.start)


def is_whole(headers: Mapping[str, str]) -> bool:
    """Return whether nothing in a 200 answer says that it is less than the whole object.

    Example:
        >>> is_whole({}), is_whole({"Content-Range": "bytes 0-9/10"}), is_whole({"Content-Range": "bytes 0-9/100"})
        (True, True, False)
    """
    text = headers.get("Content-Range")
    content = parse_content_range(text)
    return text is None or (content is not None and content.start == 0 and content.end == content.size)


def check_range(headers: Mapping[str, str], start: int, end: int, name: str) -> ContentRange:
    """Return what a 206 answer holds; it may be less than what was asked for, and nothing else.

    Raises:
        SourceError: It is another range, or its headers contradict each other.

    Example:
        >>> check_range({"Content-Range": "bytes 0-99/1000"}, 0, 200, "a.dcm")
        ContentRange(start=0, end=100, size=1000)
    """
    content = parse_content_range(headers.get("Content-Range"))
    if content is None or content.start != start or content.end > end:
        raise SourceError(f"{name}: the server answered with another range than the one asked for")
    length = headers.get("Content-Length")
    if length is not None and length.strip() != str(content.end - content.start):
        raise SourceError(f"{name}: the server's Content-Length differs from its Content-Range")
    return content


def unsatisfied_size(text: str | None) -> int | None:
    """Return the size of the object that the Content-Range header of a 416 answer tells, or None.

    Example:
        >>> unsatisfied_size("bytes */0")
        0
    """
    match = _UNSATISFIED.fullmatch(text or "")
    return int(match[1]) if match else None


def identity_of(headers: Mapping[str, str], size: int | None) -> Identity:
    """Return which state of the object the headers speak of.

    Example:
        >>> identity_of({"ETag": '"5"'}, 10)
        Identity(etag='"5"', size=10, modified=None, version=None, inode=None)
    """
    return Identity(
        etag=headers.get("ETag"),
        size=size,
        modified=headers.get("Last-Modified"),
        version=version_of(headers.get("x-amz-version-id") or headers.get("x-goog-generation")),
    )


def check_encoding(headers: Mapping[str, str], name: str) -> None:
    """Raise SourceError if the body is not the object's bytes but an encoding of them.

    Example:
        >>> check_encoding({"Content-Encoding": "gzip"}, "https://host/a.dcm")
        Traceback (most recent call last):
        adicom.errors.SourceError: https://host/a.dcm: the server encoded the body (Content-Encoding: gzip); ...
    """
    encoding = headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _PLAIN_ENCODINGS:
        shown = encoding if encoding in ("gzip", "deflate", "br", "zstd", "compress") else "unknown"
        raise SourceError(
            f"{name}: the server encoded the body (Content-Encoding: {shown}); adicom.io.http_body may decode it"
        )


def is_html_page(headers: Mapping[str, str], beginning: bytes) -> bool:
    """Return whether the answer is a page for people, as log-in and error pages are, whatever their status.

    Example:
        >>> is_html_page({"Content-Type": "text/html; charset=utf-8"}, b"<html>")
        True
    """
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    # Some servers call everything HTML that they do not know.
    return kind in ("text/html", "application/xhtml+xml") and beginning[128:132] != b"DICM"


def refuse_multipart(headers: Mapping[str, str], name: str) -> None:
    """Raise SourceError if the answer is a message with the object inside.

    Example:
        >>> refuse_multipart({"Content-Type": "multipart/related; boundary=x"}, "https://host/a.dcm")
        Traceback (most recent call last):
        adicom.errors.SourceError: https://host/a.dcm: the server answered with a multipart message, not with the object
    """
    if headers.get("Content-Type", "").strip().lower().startswith("multipart/"):
        raise SourceError(f"{name}: the server answered with a multipart message, not with the object")


def refuse_page(headers: Mapping[str, str], beginning: bytes, name: str) -> None:
    """Raise SourceError if the answer is a page in place of the object.

    Example:
        >>> refuse_page({"Content-Type": "text/html"}, b"<html>", "https://host/a.dcm")
        Traceback (most recent call last):
        adicom.errors.SourceError: https://host/a.dcm: the server answered with an HTML page
    """
    if is_html_page(headers, beginning):
        raise SourceError(f"{name}: the server answered with an HTML page")
