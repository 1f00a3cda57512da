"""What a BulkDataURI names: whole objects beside the JSON that speaks of them, and from nowhere else.

Rule: a URI is fetched from the origin of the caller's base URL (RFC 6454 4), or below the folder of its path, and
redirects do not lead away from there.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from adicom.dataset.streaming import ByteStream
from adicom.errors import DeferredValueError, SourceError
from adicom.io.forward import ForwardReader
from adicom.io.local import PathSource
from adicom.io.multipart_stream import MultipartParts, cutter_for
from adicom.io.names import scheme_of
from adicom.io.value_source import BlockingValues, LocalValues, RemoteValues

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from adicom.dataset.bulkdata import BulkDataAccess
    from adicom.dataset.ports import ValueSource
    from adicom.io.base import AsyncSource
    from adicom.io.range_reads import Pace
    from adicom.io.session import Session

__all__ = ("WholeFile", "WholeObject", "bulk_data_source", "resolve_uri")

_BLOCK: Final = 8 * 1024 * 1024
_PORTS: Final = {"http": 80, "https": 443}
# Some servers give the bytes only as the one part of a multipart message (PS3.18 8.7.3.5).
_ACCEPT: Final = {
    "Accept": 'application/octet-stream, multipart/related; type="application/octet-stream"; q=0.7, */*; q=0.5'
}


def bulk_data_source(uri: str, access: BulkDataAccess) -> ValueSource:
    """Return where a value is.

    Raises:
        DeferredValueError: The caller has not allowed to fetch it from there.
    """
    if access.base_url is None:
        advice = (
            "the dataset was pickled without its credentials" if access.is_pickled else "nothing allows to fetch it"
        )
        raise DeferredValueError(
            f"the value is bulk data elsewhere, and {advice}: "
            "pass base_url= or bulk_data_uri_handler= to from_json(), see docs/json.md"
        )
    place = resolve_uri(uri, access.base_url)
    if scheme_of(place) is None:
        return WholeFile(place)
    options = access.storage_options
    if scheme_of(place) in _PORTS:
        headers = dict((options or getattr(access.session, "storage_options", None) or {}).get("headers") or {})
        options = {**(options or {}), "headers": {**_ACCEPT, **headers}}
    if not access.blocking:
        return WholeObject(place, session=access.session, storage_options=options)
    return BlockingValues(WholeObject(place, storage_options=options), access.session)


def resolve_uri(uri: str, base_url: str) -> str:
    """Return the URL or the path that a URI means.

    Raises:
        DeferredValueError: It is of another origin than the base, or not below its folder.

    Example:
        >>> resolve_uri("../bulkdata/1", "https://host/studies/2")
        'https://host/bulkdata/1'
        >>> resolve_uri("https://elsewhere/1", "https://host/studies/2/metadata")
        Traceback (most recent call last):
        adicom.errors.DeferredValueError: the value is bulk data of another origin than base_url: it is not fetched
    """
    # What parsers of URLs do not agree on is no URI (RFC 3986 2).
    if not uri or "\\" in uri or any(char <= " " or char == "\x7f" for char in uri):
        raise _refused("its URI is not valid")
    base_scheme = scheme_of(base_url)
    if base_scheme in (None, "file"):
        return _path_below(uri, _path(base_url))
    # urljoin knows some schemes only.
    base = urlsplit("http:" + base_url.partition(":")[2])
    found = urlsplit(urljoin(base.geturl(), uri))
    if not urlsplit(uri).scheme:
        found = found._replace(scheme=base_scheme or "")
    base = base._replace(scheme=base_scheme or "")
    if _origin(found) != _origin(base):
        raise _refused("of another origin than base_url")
    return found._replace(fragment="").geturl()


def _origin(url: SplitResult) -> tuple[Any, ...]:
    """Return scheme, host and port; with the userinfo, for in a bucket's URL that can be part of the name."""
    try:
        port = url.port or _PORTS.get(url.scheme)
    except ValueError:
        port = -1
    return url.scheme.lower(), url.hostname, port, url.netloc.rpartition("@")[0]


def _path(base_url: str) -> str:
    path = unquote(urlsplit(base_url).path) if scheme_of(base_url) == "file" else base_url
    return os.path.realpath(path if os.path.isdir(path) else os.path.dirname(path) or ".")


def _path_below(uri: str, folder: str) -> str:
    parts = urlsplit(uri)
    if parts.scheme not in ("", "file") or parts.netloc or parts.query:
        raise _refused("of another origin than base_url")
    path = os.path.realpath(os.path.join(folder, unquote(parts.path)))
    if os.path.commonpath([path, folder]) != folder:
        raise _refused("outside the folder of base_url")
    return path


def _refused(why: str) -> DeferredValueError:
    return DeferredValueError(f"the value is bulk data {why}: it is not fetched")


class WholeObject(RemoteValues):
    """A value behind a URL, of which nobody knows the length: whatever range is asked for, the answer is all of it."""

    def stream(self, offset: int, length: int) -> AsyncIterator[bytes]:
        """Return the bytes, which are read at once."""
        pieces: list[bytes] = []
        asked = False

        async def next_piece() -> bytes:
            nonlocal asked
            if not asked:
                asked = True
                (data,) = await self.fetch([(0, 0)])
                pieces.extend(data[start : start + _BLOCK] for start in range(0, len(data), _BLOCK))
                pieces.reverse()
            return pieces.pop() if pieces else b""

        return ByteStream(next_piece)

    async def _fetch(self, session: Session, ranges: Sequence[tuple[int, int]], pace: Pace) -> list[bytes]:
        source = session.open_source(self._place, self._options, storage_options=self._storage_options)
        if hasattr(source, "follows_redirects_elsewhere"):
            source.follows_redirects_elsewhere = False
        if hasattr(source, "takes_multipart"):
            source.takes_multipart = True
        try:
            async with pace.limiter or nullcontext():
                data = await _read_whole(source)
        finally:
            self.stats.add(source.stats)
            await source.aclose()
        return [data] * len(ranges)


class WholeFile(LocalValues):
    """The same in a local file.

    Example:
        >>> WholeFile("bulk/1").describe()
        'bulk/1'
    """

    def __init__(self, path: str) -> None:
        super().__init__(partial(PathSource, path), path)

    def fetch_now(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of the file for each range."""
        source = self._open_source()
        try:
            pieces: list[bytes] = []
            offset = 0
            while data := source.read_at(offset, _BLOCK).data:
                pieces.append(data)
                offset += len(data)
        finally:
            source.close()
        return [b"".join(pieces)] * len(ranges)


async def _read_whole(source: AsyncSource) -> bytes:
    reader = ForwardReader(source, first=_BLOCK, limit=_BLOCK)
    await reader.peek()
    content_type = getattr(source, "answered", {}).get("Content-Type", "")
    if content_type.lower().startswith("multipart/"):
        return await _read_only_part(MultipartParts(reader, cutter_for(content_type, source.name)), source.name)
    pieces: list[bytes] = []
    while data := await reader.read():
        pieces.append(data)
    return b"".join(pieces)


async def _read_only_part(parts: MultipartParts, name: str) -> bytes:
    found: list[bytes] = []
    async for part in parts:
        if found:
            raise SourceError(f"{name}: the server answered with several parts, where one value was asked for")
        found.append(b"".join([piece async for piece in part]))
    if not found:
        raise SourceError(f"{name}: the server answered with a multipart message without parts")
    return found[0]
