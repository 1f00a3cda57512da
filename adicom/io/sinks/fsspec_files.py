"""The sink over fsspec: every filesystem that can be written to."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from anyio import to_thread
from fsspec.spec import AbstractFileSystem

from adicom.errors import SinkError, SinkTimeoutError
from adicom.io.concurrency import finish
from adicom.io.sinks.faults import already_exists
from adicom.io.sinks.outlets import MIB
from adicom.io.sinks.parts import plan_parts
from adicom.io.sinks.path import PathOutlet, temporary_name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from adicom.io.clients import Clients
    from adicom.io.sinks.outlets import BlockingOutlet
    from adicom.io.sinks.resolve import SinkOptions

__all__ = ("FsspecOutlet",)

# What is written there is an object when its file is closed, and nothing before; their files can be discarded.
_OBJECT_STORES: Final = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl"})
_MOVES: Final = ("mv", "move", "rename", "cp_file", "_cp_file")


class FsspecOutlet:
    """A file in a filesystem of fsspec's, written in worker threads.

    Files of object stores are uploads that can be discarded, and local ones are written as paths are. Elsewhere a
    temporary file beside the target is moved into its place; a filesystem that can't do that is refused.

    Args:
        clients: Of the running loop.
        open_filesystem: Gives the filesystem and the path in it.
        name: What messages call the file.
        options: How to write.
    """

    block = MIB

    def __init__(
        self,
        clients: Clients,
        open_filesystem: Callable[[], Awaitable[tuple[Any, str]]],
        name: str,
        options: SinkOptions,
    ) -> None:
        self.name = name
        self._clients = clients
        self._open_filesystem = open_filesystem
        self._options = options
        self._filesystem: Any = None
        self._local: BlockingOutlet | None = None

    @property
    def written(self) -> int:
        """How many bytes went out."""
        return 0 if self._local is None else self._local.written

    async def open(self) -> None:
        """Open the file."""
        self._filesystem, path = await self._open_filesystem()
        self._local = _local_outlet(self._filesystem, path, self.name, self._options)
        await self._in_thread(self._local.open)

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write to it."""
        assert self._local is not None
        local = self._local
        await self._in_thread(lambda: local.write(data))

    async def commit(self) -> None:
        """Put it in place."""
        assert self._local is not None
        await self._in_thread(self._local.commit)

    async def abort(self) -> None:
        """Discard it."""
        if self._local is not None:
            await self._in_thread(self._local.abort)

    async def _in_thread(self, call: Callable[[], None]) -> None:
        """Do it in a thread, as the only one in this filesystem unless that is made for several.

        A thread cannot be stopped: where one is still busy after a time that is enough for all bytes, it is left to
        itself.
        """
        lock = None if getattr(self._filesystem, "async_impl", False) else self._clients.lock_of(self._filesystem)
        if lock is not None:
            await lock.acquire()

        async def turn() -> None:
            try:
                await to_thread.run_sync(call)
            finally:
                if lock is not None:
                    lock.release()  # not before the thread has ended, whoever still waits for it

        size = max(self.written, plan_parts(self._options.expected).size)
        seconds = self._clients.timeout * size / MIB
        try:
            await finish(turn(), within=seconds)
        except TimeoutError:
            text = f"{self.name}: no answer in {seconds:g} s"
            raise SinkTimeoutError(text, sink=self.name, written=self.written) from None


class _File:
    """A file of fsspec's, opened for writing.

    Args:
        filesystem: Its filesystem.
        path: Where it will be.
        name: What messages call it.
        options: How to write.
    """

    block = MIB

    def __init__(self, filesystem: Any, path: str, name: str, options: SinkOptions) -> None:
        self.name = name
        self.written = 0
        self.path = path
        self.filesystem = filesystem
        self.file: Any = None
        self.overwrite = options.overwrite
        self.part_size = plan_parts(options.expected).size
        self.content_type = options.content_type

    def open(self) -> None:
        """Open the file."""
        self.refuse_existing()
        self.file = self.open_file()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write all of it."""
        rest = bytes(data)
        while rest:
            count = self.file.write(rest)
            count = len(rest) if count is None else min(count, len(rest))
            if not count:
                raise SinkError(f"{self.name} took no bytes", sink=self.name, written=self.written)
            self.written += count
            rest = rest[count:]

    def commit(self) -> None:
        """Close the file."""
        self.refuse_existing()
        self.file.close()
        self.file = None

    def abort(self) -> None:
        """Let go of the file."""
        self.file = None

    def open_file(self) -> Any:
        """Return the file that is written to."""
        raise NotImplementedError

    def refuse_existing(self) -> None:
        """Raise SinkExistsError if nothing may be there, and something is."""
        if not self.overwrite:
            self.filesystem.invalidate_cache()
            if self.filesystem.exists(self.path):
                raise already_exists(self.name, self.written)


class _Upload(_File):
    """A file of an object store: an upload."""

    def open_file(self) -> Any:
        """Return the file; closing it makes it an object, also within a transaction."""
        given = {"block_size": self.part_size, "autocommit": True, **_said_of_it(self.filesystem, self.content_type)}
        if not self.overwrite:
            # s3fs then completes the upload with If-None-Match.
            with suppress(NotImplementedError, ValueError):
                return self.filesystem.open(self.path, "xb", **given)
        return self.filesystem.open(self.path, "wb", **given)

    def abort(self) -> None:
        """Discard the upload."""
        file, self.file = self.file, None
        if file is None:
            return
        file.closed = True  # or dropping it would complete it
        file.discard()


class _Beside(_File):
    """A temporary file that is moved into its place.

    Where the filesystem moves nothing onto a file, there is a moment without one.
    """

    def __init__(self, filesystem: Any, path: str, name: str, options: SinkOptions) -> None:
        super().__init__(filesystem, path, name, options)
        self._temporary = self._new_name()
        self._is_there = False

    def open_file(self) -> Any:
        """Return the temporary file."""
        self._is_there = True
        return self.filesystem.open(self._temporary, "wb")

    def commit(self) -> None:
        """Close the temporary file, and move it."""
        file, self.file = self.file, None
        file.close()
        self.refuse_existing()
        try:
            self.filesystem.mv(self._temporary, self.path)
        except Exception:
            if not self.overwrite or not self.filesystem.exists(self.path):
                raise
            self._replace()
        self._is_there = False

    def abort(self) -> None:
        """Remove the temporary file."""
        file, self.file = self.file, None
        if file is not None:
            with suppress(Exception):
                file.close()
        if self._is_there:
            self._is_there = False
            self.filesystem.invalidate_cache()
            with suppress(FileNotFoundError):
                self.filesystem.rm_file(self._temporary)

    def _replace(self) -> None:
        """Take the old file out of the way first: SMB and WebHDFS move nothing onto a file."""
        # Not the name of a temporary one: killed here, there may be no other file, and clean_stale() must leave it.
        old = self._new_name().removesuffix(".part") + ".old"
        self.filesystem.mv(self.path, old)
        try:
            self.filesystem.mv(self._temporary, self.path)
        except BaseException:
            self.filesystem.mv(old, self.path)
            raise
        with suppress(Exception):  # the new one is in its place
            self.filesystem.rm_file(old)

    def _new_name(self) -> str:
        folder, slash, last = self.path.rpartition("/")
        return f"{folder}{slash}{temporary_name(last)}"


def _local_outlet(filesystem: Any, path: str, name: str, options: SinkOptions) -> BlockingOutlet:
    if getattr(filesystem, "asynchronous", False):
        raise TypeError(f"{name} cannot be written: make its filesystem without asynchronous=True")
    protocols = filesystem.protocol
    protocols = {protocols} if isinstance(protocols, str) else set(protocols)
    if protocols & {"file", "local"}:
        return PathOutlet(path, overwrite=options.overwrite, fsync=options.fsync, name=name)
    if protocols & _OBJECT_STORES:
        return _Upload(filesystem, path, name, options)
    if not any(_has_own(filesystem, method) for method in _MOVES):
        raise TypeError(
            f"{type(filesystem).__name__} can neither move a file nor take it back: open it yourself, and pass the file"
        )
    return _Beside(filesystem, path, name, options)


def _said_of_it(filesystem: Any, content_type: str) -> dict[str, str]:
    """Return what the filesystem takes for the type of an object."""
    names = {"S3FileSystem": "ContentType", "GCSFileSystem": "content_type"}
    name = names.get(type(filesystem).__name__)
    return {} if name is None else {name: content_type}


def _has_own(filesystem: Any, method: str) -> bool:
    """Return whether a filesystem does something itself that fsspec's base class does not."""
    from fsspec.asyn import AsyncFileSystem

    found = getattr(filesystem, method, None)
    plain = [getattr(base, method, None) for base in (AbstractFileSystem, AsyncFileSystem)]
    return found is not None and getattr(found, "__func__", found) not in plain
