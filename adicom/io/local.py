"""Sources that are read in place: bytes, a file by its path, an open file object, an iterable of bytes.

The classes with a plain ``read_at`` are for code that may block. :class:`InlineSource` and
:class:`ThreadedSource` give them to async code, the one without a hop, the other from worker threads.
"""

from __future__ import annotations

import io
import os
import stat
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from adicom.errors import SourceError
from adicom.io.base import Answer, Identity
from adicom.io.faults import from_os_error
from adicom.io.stats import IOStats

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adicom.io.base import LocalSource

__all__ = (
    "BytesSource",
    "FileSource",
    "Forward",
    "InlineSource",
    "IterableSource",
    "PathSource",
    "ThreadedSource",
    "as_bytes",
    "file_name",
    "path_of",
    "start_of",
)

_SKIP_BLOCK: Final = 1024 * 1024


class BytesSource:
    """Bytes that are in memory; the first answer gives them all.

    Example:
        >>> source = BytesSource(b"0123456789")
        >>> source.read_at(0, 2).data, source.read_at(4, 2).data
        (b'0123456789', b'45')
    """

    name = "bytes"
    rereadable = True
    identity = None

    def __init__(self, data: bytes | bytearray | memoryview) -> None:
        # A copy of what can change: the parser hands out slices that must stay as they are.
        self.data = bytes(data)
        self.stats = IOStats()

    def read_at(self, offset: int, size: int) -> Answer:
        """Return ``size`` bytes from ``offset`` on; from the start, where that needs no copy, all of them."""
        return Answer(self.data[offset : offset + size] if offset else self.data, None, len(self.data))

    def close(self) -> None:
        """Do nothing; the bytes are the caller's."""


class FileSource:
    """A binary file object of the caller's, from its current position on; it stays open.

    Offsets count from that position. A file object that cannot seek is read forward only. Reads of
    several threads are kept apart.

    Example:
        >>> file = io.BytesIO(b"0123456789")
        >>> _ = file.seek(3)
        >>> FileSource(file).read_at(1, 2).data
        b'45'
    """

    def __init__(self, file: Any) -> None:
        self.file = file
        self.name = file_name(file)
        self.stats = IOStats()
        self.base = start_of(file)
        self.rereadable = self.base is not None
        self.identity, self.size = _file_state(file, self.base or 0)
        self._position = 0
        self._lock = threading.Lock()

    def read_at(self, offset: int, size: int) -> Answer:
        """Return at most ``size`` bytes from ``offset`` on."""
        started = time.perf_counter()
        with self._lock:
            try:
                self._go_to(offset)
                data = self._read(size) if self._position == offset else b""
                if not data and self.size is None:
                    self.size = self._find_end(offset)
            except OSError as error:
                raise from_os_error(error, self.name) from error
        self.stats.requests += 1
        self.stats.bytes += len(data)
        self.stats.seconds += time.perf_counter() - started
        return Answer(data, self.identity, self.size)

    def close(self) -> None:
        """Do nothing; the file object is the caller's."""

    def _read(self, size: int) -> bytes:
        data = as_bytes(self.file.read(size), f"read() of {self.name}")
        self._position += len(data)
        return data

    def _go_to(self, offset: int) -> None:
        """Move to the offset, or to the end if that comes first and the file cannot seek."""
        if self.base is not None:
            self.file.seek(self.base + offset)
            self._position = offset
            return
        if offset < self._position:
            raise SourceError(f"{self.name} cannot go back to byte {offset}: it can only be read forward")
        while self._position < offset and self._read(min(offset - self._position, _SKIP_BLOCK)):
            pass

    def _find_end(self, offset: int) -> int:
        """Return the size, after nothing came at ``offset``, which a seek may have put behind the end."""
        if self.base is None:
            return self._position
        try:
            return int(self.file.seek(0, os.SEEK_END)) - self.base
        except (OSError, ValueError):  # some decompressing files cannot seek from their end
            self._go_to(0)
            while self._read(_SKIP_BLOCK):
                pass
            return self._position


class PathSource:
    """A file by its path, opened by the first read.

    Args:
        path: Where it is.
        base: Where in it offset 0 is.

    Example:
        >>> import tempfile
        >>> with tempfile.NamedTemporaryFile() as file:
        ...     _ = file.write(b"0123456789") and file.flush()
        ...     source = PathSource(file.name)
        ...     data = source.read_at(0, 4).data
        ...     source.close()
        >>> data
        b'0123'
    """

    def __init__(self, path: str | bytes | os.PathLike[Any], base: int = 0) -> None:
        self.path: str = os.fsdecode(path)
        self.base = base
        self.name = self.path
        self.rereadable = True
        self.identity: Identity | None = None
        self.stats = IOStats()
        self._source: FileSource | None = None

    def read_at(self, offset: int, size: int) -> Answer:
        """Return at most ``size`` bytes from ``offset`` on."""
        if self._source is None:
            self._source = self._open()
        return self._source.read_at(offset, size)

    def close(self) -> None:
        """Close the file."""
        if self._source is not None:
            self._source.file.close()
            self._source = None

    def _open(self) -> FileSource:
        try:
            file = open(self.path, "rb", buffering=0)  # noqa: SIM115 - close() closes it
        except OSError as error:
            raise from_os_error(error, self.name) from error
        try:
            if self.base:
                file.seek(self.base)
            source = FileSource(file)
        except BaseException:
            file.close()
            raise
        source.name = self.name
        source.stats = self.stats
        self.rereadable = source.rereadable
        self.identity = source.identity
        return source


class IterableSource:
    """An iterable of bytes, read forward only.

    An iterator of the caller's is not closed, so that it can be read on from where adicom stopped.

    Example:
        >>> source = IterableSource([b"01", b"", b"2345"])
        >>> source.read_at(1, 9).data, source.read_at(2, 9).data, source.read_at(6, 9)
        (b'1', b'2345', Answer(data=b'', identity=None, size=6))
    """

    name = "iterable of bytes"
    rereadable = False
    identity = None

    def __init__(self, chunks: Iterable[Any]) -> None:
        self._chunks: Iterator[Any] = iter(chunks)
        self._own = self._chunks is not chunks
        self.stats = IOStats()
        self.forward = Forward(self.name)

    def read_at(self, offset: int, size: int) -> Answer:
        """Return what is left of the chunk at ``offset``."""
        started = time.perf_counter()
        while not (answer := self.forward.take(offset)):
            self.stats.requests += 1
            if (chunk := next(self._chunks, None)) is not None:
                chunk = as_bytes(chunk, self.name)
                self.stats.bytes += len(chunk)
            self.forward.put(chunk)
        self.stats.seconds += time.perf_counter() - started
        return answer

    def close(self) -> None:
        """Close the iterator if it was made here."""
        if self._own and (close := getattr(self._chunks, "close", None)):
            close()


class Forward:
    """The position in a stream of chunks; it gets chunks, and gives the answer at an offset.

    Args:
        name: What messages call the stream.
    """

    __slots__ = ("_chunk", "_end", "_finished", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._chunk = b""
        self._end = 0
        self._finished = False

    @property
    def position(self) -> int:
        """The offset of the next byte that can be given."""
        return self._end - len(self._chunk)

    def take(self, offset: int) -> Answer | None:
        """Return the answer at ``offset``, or None if another chunk is needed.

        Raises:
            SourceError: If the stream is past the offset.
        """
        start = self._end - len(self._chunk)
        if offset < start:
            raise SourceError(f"{self.name} cannot go back to byte {offset}: it can only be read forward")
        if offset < self._end:
            data = self._chunk[offset - start :] if offset > start else self._chunk
            self._chunk = b""
            return Answer(data, None, self._end if self._finished else None)
        self._chunk = b""
        return Answer(b"", None, self._end) if self._finished else None

    def put(self, chunk: bytes | None) -> None:
        """Add the next chunk; None is the end."""
        if chunk is None:
            self._finished = True
            return
        self._chunk = chunk
        self._end += len(chunk)


class InlineSource:
    """A local source for async code, read without a hop because it never waits.

    Args:
        local: The source.
        owned: Whether it was made here, so that it is closed as well.
    """

    def __init__(self, local: LocalSource, *, owned: bool = True) -> None:
        self.local = local
        self._owned = owned
        self.name = local.name
        self.stats = local.stats

    @property
    def rereadable(self) -> bool:
        """Whether the local source can be read anywhere again."""
        return self.local.rereadable

    async def read_at(self, offset: int, size: int) -> Answer:
        """Return what the local source gives."""
        return self.local.read_at(offset, size)

    async def aclose(self) -> None:
        """Close the local source, unless it is the caller's."""
        if self._owned:
            self.local.close()


class ThreadedSource(InlineSource):
    """A local source for async code, read in worker threads because it may block.

    The first read of a path opens it, looks at its state and reads the first block in one hop.
    """

    async def read_at(self, offset: int, size: int) -> Answer:
        """Return what the local source gives to a worker thread."""
        from anyio import to_thread

        return await to_thread.run_sync(self.local.read_at, offset, size)


def as_bytes(data: Any, what: str) -> bytes:
    """Return the bytes of a bytes-like object.

    Raises:
        TypeError: If it is none; a file that was opened in text mode gives such ones.
    """
    if isinstance(data, bytes):
        return data
    if isinstance(data, (bytearray, memoryview)):
        return bytes(data)
    if isinstance(data, str):
        raise TypeError(f"{what} gave text; DICOM is binary, so open it in binary mode")
    try:
        return bytes(memoryview(data))
    except TypeError:
        raise TypeError(f"{what} gave {type(data).__name__} where bytes are needed") from None


def file_name(file: Any) -> str:
    """Return what messages call a file object: its path, or its type."""
    name = getattr(file, "name", None)
    if isinstance(name, (str, bytes)):
        return os.fsdecode(name)
    return type(file).__name__


def start_of(file: Any) -> int | None:
    """Return the current position of a file object, or None if it cannot seek."""
    try:
        if not file.seekable():
            return None
        return int(file.tell())
    except AttributeError:
        pass
    except (OSError, ValueError) as error:
        if getattr(file, "closed", False):
            raise SourceError(f"{file_name(file)} is closed") from error
        return None
    return int(file.tell()) if hasattr(file, "seek") and hasattr(file, "tell") else None


def path_of(file: Any) -> str | None:
    """Return the path that opens the same bytes as a file object, or None.

    Only Python's own binary files are trusted: the ``name`` of a decompressing one leads to other bytes.
    """
    raw = file.raw if isinstance(file, (io.BufferedReader, io.BufferedRandom)) else file
    if isinstance(raw, io.FileIO) and isinstance(raw.name, (str, bytes)):
        return os.path.abspath(os.fsdecode(raw.name))
    return None


def _file_state(file: Any, base: int) -> tuple[Identity | None, int | None]:
    """Return the identity and the size, from the base on, of a file object, where they can be known at once."""
    if isinstance(file, io.BytesIO):
        return None, max(len(file.getbuffer()) - base, 0)
    if path_of(file) is None:
        return None, None
    state = os.fstat(file.fileno())
    if not stat.S_ISREG(state.st_mode):
        return None, None
    return Identity(size=state.st_size, modified=state.st_mtime_ns, inode=state.st_ino), max(state.st_size - base, 0)
