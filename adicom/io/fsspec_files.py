"""The source over fsspec: every filesystem that it has."""

from __future__ import annotations

import asyncio
import inspect
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from anyio import to_thread

from adicom.errors import DicomError, SourceChangedError, SourceError, SourceTimeoutError
from adicom.io.base import Answer, Identity
from adicom.io.concurrency import finish
from adicom.io.faults import from_os_error, from_status, is_transient_error, status_of
from adicom.io.identity import merge_identity, require_same, version_of
from adicom.io.network import run_on
from adicom.io.retry import TransientFault, with_retries
from adicom.io.stats import IOStats

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from adicom.io.clients import Clients, Settings

__all__ = ("FsspecSource", "close_filesystem", "identity_from_info")

T = TypeVar("T")

# Where s3fs, gcsfs, fsspec's own http, and adlfs keep what has connections.
_CLIENTS: Final = ("_s3creator", "_session", "service_client", "credential")

_MIB: Final = 1024 * 1024
_PATIENCE: Final = 5.0
"""Seconds that the client of a filesystem may take to close its connections."""


class FsspecSource:
    """A file in a filesystem of fsspec's, read by range.

    Async filesystems run on fsspec's own loop, others in worker threads. fsspec gives nothing but bytes, so
    before the first range behind the start one ``info`` tells which object it is and how long; a change behind that
    is not seen. Nor does it tell of progress: ``timeout`` is what each MiB of a request may take. A thread cannot be
    stopped: where one is still busy after that, it is left to itself.

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
        self._seen_to = 0  # the byte behind the last one that was read
        self._looking = asyncio.Lock()
        self._looked = False
        self._fresh = known is None

    async def read_at(self, offset: int, size: int) -> Answer:
        """Return bytes from ``offset`` on, at most ``size`` of them."""
        pieces: list[bytes] = []
        return await self._repeated(lambda: self._attempt(self._base + offset, size, pieces))

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

    async def _attempt(self, offset: int, size: int, pieces: list[bytes]) -> Answer:
        """Try once; ``pieces`` are what earlier attempts got, so that this one goes on behind them."""
        filesystem, path = await self._open_filesystem()
        is_async = bool(getattr(filesystem, "async_impl", False))
        # s3fs, gcsfs and adlfs repeat requests on their own.
        self.stats.exact = not is_async
        start = offset + sum(map(len, pieces))
        if start or not self._fresh:
            await self._look()
        if self._size is not None and start >= self._size:
            return self._answer(pieces)
        with self._settings.budget.granted(offset + size - start, self.stats) as granted:
            data = await self._cat(filesystem, path, start, granted)
            self.stats.bytes += len(data)
        if len(data) < granted:
            await self._look()
        if len(data) <= granted:
            self._seen_to = max(self._seen_to, start + len(data))
            pieces.append(data)
        self._check_length(len(data), start, granted)
        self._fresh = False
        self.concurrent = is_async
        return self._answer(pieces)

    def _check_length(self, got: int, start: int, asked: int) -> None:
        """Raise what a wrong number of bytes means. Where ranges are ignored, all of a file may come instead."""
        wanted = asked if self._size is None else min(asked, self._size - start)
        if got > wanted:
            raise SourceError(f"{self.name}: the filesystem gave {got} bytes for a range of {wanted}")
        if got < wanted and self._size is not None:
            raise TransientFault(SourceError(f"{self.name}: the filesystem gave {got} bytes of {wanted}"))

    async def _cat(self, filesystem: Any, path: str, start: int, size: int) -> bytes:
        try:
            data: bytes = await self._ask(filesystem, "cat_file", path, start=start, end=start + size)
        except SourceError as error:
            # Some refuse any range of an empty file.
            if start or type(error) is not SourceError or not await self._is_empty():
                raise
            return b""
        return data

    def _answer(self, pieces: list[bytes]) -> Answer:
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return Answer(data, self.identity, None if self._size is None else max(self._size - self._base, 0))

    async def _look(self) -> None:
        """Ask once which object it is."""
        async with self._looking:
            if self._looked:
                return
            filesystem, path = await self._open_filesystem()
            self._settings.budget.admit_request(self.stats)
            seen = identity_from_info(await self._ask(filesystem, "info", path, **_fresh_info(filesystem)))
            mode = self._settings.identity
            require_same(self.identity, seen, mode, self.name)
            if mode != "off" and seen.size is not None and seen.size < self._seen_to:
                raise SourceChangedError(f"{self.name} changed while it was being read: another size")
            self.identity = merge_identity(self.identity, seen)
            self._size = seen.size
            self._looked = True

    async def _is_empty(self) -> bool:
        await self._look()
        return self._size == 0

    async def _ask(self, filesystem: Any, method: str, *args: Any, **options: Any) -> Any:
        self.stats.requests += 1
        seconds = self._settings.timeout * max(1.0, (options.get("end", 0) - options.get("start", 0)) / _MIB)
        try:
            async with self._clients.limiter:
                return await self._call(seconds, filesystem, method, *args, **options)
        except DicomError:
            raise
        except Exception as error:  # noqa: BLE001 - each filesystem has errors of its own
            fault = self._fault(error, seconds)
        # Out here what the filesystem raised is not the context: its text may hold a credential.
        raise fault

    async def _call(self, seconds: float, filesystem: Any, method: str, *args: Any, **options: Any) -> Any:
        if not getattr(filesystem, "async_impl", False):
            return await self._call_in_thread(
                seconds, filesystem, lambda: getattr(filesystem, method)(*args, **options)
            )
        work = getattr(filesystem, f"_{method}")
        async with asyncio.timeout(seconds):
            if filesystem.asynchronous:  # a filesystem of the caller's, for this loop
                return await work(*args, **options)
            return await run_on(filesystem.loop, lambda: work(*args, **options))

    async def _call_in_thread(self, seconds: float, filesystem: Any, call: Callable[[], Any]) -> Any:
        lock = self._clients.lock_of(filesystem)
        await lock.acquire()

        async def turn() -> Any:
            try:
                return await to_thread.run_sync(call)
            finally:
                lock.release()  # not before the thread has ended, whoever still waits for it

        return await finish(turn(), within=seconds)

    def _fault(self, error: Exception, seconds: float) -> Exception:
        for kind in (FileNotFoundError, PermissionError):
            if isinstance(error, kind):
                return from_os_error(kind(), self.name)
        status = status_of(error)
        if status is not None:
            fault = from_status(status, self.name)
        elif isinstance(error, TimeoutError):
            fault = SourceTimeoutError(f"{self.name}: no answer in {seconds:g} s")
        else:
            fault = SourceError(f"{self.name} cannot be read ({type(error).__name__})")
        return TransientFault(fault) if is_transient_error(error) else fault


def _fresh_info(filesystem: Any) -> dict[str, Any]:
    """Return what makes a filesystem ask the store, where it would else look into a listing of its own."""
    method = getattr(filesystem, "_info" if getattr(filesystem, "async_impl", False) else "info")
    return {"refresh": True} if "refresh" in inspect.signature(method).parameters else {}


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

    closing = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(close(), loop))
    # What has not ended by then is cancelled; nobody can say what a client of somebody else's waits for.
    with suppress(TimeoutError):
        await asyncio.wait_for(closing, _PATIENCE)


def identity_from_info(info: Mapping[str, Any]) -> Identity:
    """Return which state of a file its ``info`` speaks of.

    Example:
        >>> identity_from_info({"size": 10, "ETag": '"5"', "name": "a.dcm"})
        Identity(etag='"5"', size=10, modified=None, version=None, inode=None)
    """
    modified = _first(info, "LastModified", "last_modified", "mtime", "updated", "modified", "created")
    version = version_of(_first(info, "VersionId", "generation"))
    etag = _first(info, "ETag", "etag")
    return Identity(
        etag=None if etag is None else str(etag),
        size=info.get("size"),
        modified=None if modified is None else str(modified),
        version=version,
    )


def _first(info: Mapping[str, Any], *keys: str) -> Any:
    return next((info[key] for key in keys if info.get(key) is not None), None)
