"""The source over fsspec: every filesystem that it has."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

from anyio import to_thread

from adicom.errors import DicomError, SourceError, SourceTimeoutError
from adicom.io.base import Answer, Identity
from adicom.io.faults import from_os_error, from_status
from adicom.io.identity import merge_identity, require_same
from adicom.io.retry import TransientFault, with_retries
from adicom.io.stats import IOStats

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from adicom.io.clients import Clients, Settings

__all__ = ("FsspecSource", "close_filesystem", "identity_from_info")

T = TypeVar("T")

# Where s3fs, gcsfs, fsspec's own http, and adlfs keep what has connections.
_CLIENTS: Final = ("_s3creator", "_session", "service_client", "credential")


class FsspecSource:
    """A file in a filesystem of fsspec's, read by range.

    Async filesystems run on fsspec's own loop, others in worker threads. fsspec gives nothing but bytes, so
    before the first range behind the start one ``info`` tells which object it is and how long.

    Args:
        clients: Of the running loop.
        open_filesystem: Gives the filesystem and the path in it.
        name: What messages call the file.
        settings: How to read.
        known: The identity that the file had before.
        base: Where in the file offset 0 is.
    """

    rereadable = True

    def __init__(
        self,
        clients: Clients,
        open_filesystem: Callable[[], Awaitable[tuple[Any, str]]],
        name: str,
        settings: Settings,
        *,
        known: Identity | None = None,
        base: int = 0,
    ) -> None:
        self.name = name
        self.stats = IOStats()
        self.identity = known
        self.concurrent = False
        self._clients = clients
        self._open_filesystem = open_filesystem
        self._settings = settings
        self._base = base
        self._size: int | None = None
        self._looked = False
        self._fresh = known is None

    async def read_at(self, offset: int, size: int) -> Answer:
        """Return bytes from ``offset`` on, at most ``size`` of them."""
        return await self._repeated(lambda: self._attempt(self._base + offset, size))

    async def pin(self) -> None:
        """Learn which object was read, so that a later read can tell: what a range brought does not say it."""
        if self._settings.identity != "off":
            await self._repeated(self._look)

    async def aclose(self) -> None:
        """Do nothing; filesystems are the session's, or the caller's."""

    async def _repeated(self, attempt: Callable[[], Awaitable[T]]) -> T:
        started = time.perf_counter()
        try:
            return await with_retries(
                attempt, retries=self._settings.retries, stats=self.stats, budget=self._settings.budget
            )
        finally:
            self.stats.seconds += time.perf_counter() - started

    async def _attempt(self, start: int, size: int) -> Answer:
        filesystem, path = await self._open_filesystem()
        is_async = bool(getattr(filesystem, "async_impl", False))
        # s3fs, gcsfs and adlfs repeat requests on their own.
        self.stats.exact = not is_async
        if start or not self._fresh:
            await self._look()
        if self._size is not None and start >= self._size:
            return self._answer(b"")
        size = self._settings.budget.admit(size, self.stats)
        try:
            data = await self._ask(filesystem, "cat_file", path, start=start, end=start + size)
        except SourceError as error:
            # Some refuse any range of an empty file.
            if start or type(error) is not SourceError or not await self._is_empty():
                raise
            return self._answer(b"")
        self.stats.bytes += len(data)
        if len(data) > size:
            raise SourceError(f"{self.name}: the filesystem gave {len(data)} bytes for a range of {size}")
        if len(data) < size:
            await self._look()
        # Also where it is as long as was asked for: a server without ranges may have sent an object of that size.
        if self._size is not None and len(data) != (wanted := min(size, max(self._size - start, 0))):
            raise TransientFault(SourceError(f"{self.name}: the filesystem gave {len(data)} bytes of {wanted}"))
        self._fresh = False
        self.concurrent = is_async
        return self._answer(data)

    def _answer(self, data: bytes) -> Answer:
        return Answer(data, self.identity, None if self._size is None else max(self._size - self._base, 0))

    async def _look(self) -> None:
        """Ask once which object it is."""
        if self._looked:
            return
        filesystem, path = await self._open_filesystem()
        self._settings.budget.admit(0, self.stats)
        seen = identity_from_info(await self._ask(filesystem, "info", path))
        require_same(self.identity, seen, self._settings.identity, self.name)
        self.identity = merge_identity(self.identity, seen)
        self._size = seen.size
        self._looked = True

    async def _is_empty(self) -> bool:
        await self._look()
        return self._size == 0

    async def _ask(self, filesystem: Any, method: str, *args: Any, **options: Any) -> Any:
        self.stats.requests += 1
        try:
            async with self._clients.limiter, asyncio.timeout(self._settings.timeout):
                return await self._call(filesystem, method, *args, **options)
        except DicomError:
            raise
        except Exception as error:  # noqa: BLE001 - each filesystem has errors of its own
            fault = self._fault(error)
        # Out here what the filesystem raised is not the context: its text may hold a credential.
        raise fault

    async def _call(self, filesystem: Any, method: str, *args: Any, **options: Any) -> Any:
        if not getattr(filesystem, "async_impl", False):
            async with self._clients.lock_of(filesystem):
                return await to_thread.run_sync(lambda: getattr(filesystem, method)(*args, **options))
        work = getattr(filesystem, f"_{method}")(*args, **options)
        if filesystem.asynchronous:  # a filesystem of the caller's, for this loop
            return await work
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, filesystem.loop))

    def _fault(self, error: Exception) -> Exception:
        if isinstance(error, TimeoutError):
            return TransientFault(SourceTimeoutError(f"{self.name}: no answer in {self._settings.timeout:g} s"))
        if isinstance(error, ConnectionError):
            return TransientFault(SourceError(f"{self.name}: the connection broke ({type(error).__name__})"))
        for kind in (FileNotFoundError, PermissionError):
            if isinstance(error, kind):
                return from_os_error(kind(), self.name)
        if status := _status_of(error):
            return from_status(status, self.name)
        return SourceError(f"{self.name} cannot be read ({type(error).__name__})")


async def close_filesystem(filesystem: Any) -> None:
    """Close the connections of a filesystem, where it runs; fsspec leaves that to the garbage collector.

    s3fs would close them in whatever loop runs then, which does not work; adlfs is never collected.
    """
    loop = getattr(filesystem, "loop", None) if getattr(filesystem, "async_impl", False) else None
    if loop is None or not loop.is_running():
        return

    async def close() -> None:
        for name in _CLIENTS:
            client = filesystem.__dict__.get(name)
            if hasattr(client, "__aexit__"):
                await client.__aexit__(None, None, None)

    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(close(), loop))


def identity_from_info(info: Mapping[str, Any]) -> Identity:
    """Return which state of a file its ``info`` speaks of.

    Example:
        >>> identity_from_info({"size": 10, "ETag": '"5"', "name": "a.dcm"})
        Identity(etag='"5"', size=10, modified=None, version=None, inode=None)
    """
    modified = _first(info, "LastModified", "last_modified", "mtime", "updated", "modified", "created")
    version = _first(info, "VersionId", "generation")
    etag = _first(info, "ETag", "etag")
    return Identity(
        etag=None if etag is None else str(etag),
        size=info.get("size"),
        modified=None if modified is None else str(modified),
        version=None if version is None else str(version),
    )


def _status_of(error: Exception) -> int:
    """Return the HTTP status that an error of a filesystem's is about, or 0."""
    # adlfs, fsspec's own http and gcsfs each have a name of their own for it.
    for name in ("status_code", "status", "code"):
        status = getattr(error, name, None)
        if isinstance(status, int) and 400 <= status < 600:
            return status
    return 403 if str(error).startswith("Forbidden:") else 0


def _first(info: Mapping[str, Any], *keys: str) -> Any:
    return next((info[key] for key in keys if info.get(key) is not None), None)
