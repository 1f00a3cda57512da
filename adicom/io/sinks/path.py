"""The sink at a path: written to a temporary file beside the target, then renamed into its place."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from contextlib import suppress
from typing import Any, Final

from adicom.io.sinks.faults import already_exists
from adicom.io.sinks.outlets import MIB

__all__ = ("PathOutlet", "is_temporary_name", "temporary_name")

_TEMPORARY: Final = re.compile(r"\.(.*)\.adicom-[0-9a-f]{16}\.part", re.DOTALL)
_LONGEST_NAME: Final = 255 - len("..adicom-0123456789abcdef.part")
_WITHOUT_LINKS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


def temporary_name(name: str) -> str:
    """Return a name for what is not complete; :func:`is_temporary_name` knows it again.

    Example:
        >>> is_temporary_name(temporary_name("a.dcm")), is_temporary_name("a.dcm")
        (True, False)
    """
    return f".{_shortened(name)}.adicom-{secrets.token_hex(8)}.part"


def is_temporary_name(name: str, *, of: str | None = None) -> bool:
    """Return whether adicom has made a name; with ``of``, for a target of that name.

    Example:
        >>> is_temporary_name(temporary_name("a.dcm"), of="a.dcm"), is_temporary_name(temporary_name("b"), of="a.dcm")
        (True, False)
    """
    match = _TEMPORARY.fullmatch(name)
    return match is not None and (of is None or match[1] == _shortened(of))


def _shortened(name: str) -> str:
    while len(os.fsencode(name)) > _LONGEST_NAME:
        name = name[:-1]
    return name


class PathOutlet:
    """A file by its path.

    The new file has the mode of the old one, and its owner where that is allowed; one that may not be written to is not
    replaced. A symbolic link stays: what it points to is replaced. What is no regular file (``/dev/null``, a FIFO) is
    written to as it is.

    Args:
        path: Where it is.
        overwrite: Whether it may replace a file.
        fsync: Whether the bytes and the name must be on the disk when it is committed.
        name: What messages call it, if that is not the path.
    """

    block = MIB

    def __init__(
        self, path: str | os.PathLike[Any], *, overwrite: bool = True, fsync: bool = False, name: str | None = None
    ) -> None:
        self.name = name or os.fsdecode(path)
        self.written = 0
        self._path = os.fsdecode(path)
        self._overwrite = overwrite
        self._fsync = fsync
        self._target = ""
        self._temporary: str | None = None
        self._descriptor: int | None = None

    def open(self) -> None:
        """Make the temporary file."""
        if not self._overwrite and os.path.lexists(self._path):
            raise already_exists(self.name, 0)
        self._target = os.path.realpath(self._path)
        old = _state_of(self._target)
        if old is not None and stat.S_ISDIR(old.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), self.name)
        if old is not None and not stat.S_ISREG(old.st_mode):
            self._descriptor = os.open(self._path, os.O_WRONLY)
            return
        if old is not None and not os.access(self._target, os.W_OK):
            # A rename would not ask, but who has made it read-only means it.
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), self.name)
        folder, name = os.path.split(self._target)
        self._temporary = os.path.join(folder, temporary_name(name))
        # Until it has the old one's mode nobody else may read it.
        mode = 0o666 if old is None else 0o600
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        self._descriptor = os.open(self._temporary, flags, mode)
        if old is not None:
            _take_over(self._descriptor, old)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write all of it."""
        assert self._descriptor is not None
        with memoryview(data) as view:
            start = 0
            while start < len(view):
                count = os.write(self._descriptor, view[start:])
                start += count
                self.written += count

    def commit(self) -> None:
        """Rename the file into its place."""
        assert self._descriptor is not None
        if self._fsync:
            os.fsync(self._descriptor)
        descriptor, self._descriptor = self._descriptor, None
        os.close(descriptor)  # some file systems tell only here that the disk is full
        if self._temporary is None:
            return
        if self._overwrite:
            os.replace(self._temporary, self._target)
        else:
            self._place_new()
        self._temporary = None
        if self._fsync:
            _sync_folder(os.path.dirname(self._target))

    def abort(self) -> None:
        """Remove the temporary file."""
        descriptor, self._descriptor = self._descriptor, None
        temporary, self._temporary = self._temporary, None
        try:
            if descriptor is not None:
                os.close(descriptor)
        finally:
            if temporary is not None:
                with suppress(FileNotFoundError):
                    os.unlink(temporary)

    def _place_new(self) -> None:
        """Give the file its name if nobody has it: a rename would not ask."""
        assert self._temporary is not None
        try:
            os.link(self._temporary, self._target)
        except FileExistsError:
            raise already_exists(self.name, self.written) from None
        except OSError as error:
            if error.errno not in _WITHOUT_LINKS:
                raise
            # A file system without links: whoever makes the name has it, and then replaces what is empty.
            try:
                os.close(os.open(self._target, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                raise already_exists(self.name, self.written) from None
            os.replace(self._temporary, self._target)
        else:
            os.unlink(self._temporary)


def _state_of(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _take_over(descriptor: int, old: os.stat_result) -> None:
    """Give a file owner and mode of the one that it will replace."""
    if hasattr(os, "fchown"):
        with suppress(PermissionError):
            os.fchown(descriptor, old.st_uid, old.st_gid)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder or os.curdir, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
