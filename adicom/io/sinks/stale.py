"""The removal of what writers have left over that were killed: temporary files, uploads that nobody completes."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from adicom.errors import DicomError
from adicom.io.cloud import StorePlace, find_place, kind_of
from adicom.io.concurrency import in_thread
from adicom.io.names import public_url, scheme_of
from adicom.io.resolve import remote_place
from adicom.io.session import borrow_session
from adicom.io.sinks.faults import sink_fault
from adicom.io.sinks.path import is_temporary_name
from adicom.io.sinks.resolve import is_remote_target, local_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from adicom.io.clients import Clients
    from adicom.io.session import Session

__all__ = ("clean_stale", "clean_stale_blocking")

_A_DAY = timedelta(days=1)


async def clean_stale(
    target: Any,
    *,
    older_than: timedelta = _A_DAY,
    session: Session | None = None,
    storage_options: Mapping[str, Any] | None = None,
    dry_run: bool = False,
) -> list[str]:
    """Remove what killed writers have left over; return the names of what was removed.

    In a folder and those below it, these are files named ``.NAME.adicom-RANDOM.part``; nobody else makes such names. In
    an S3 bucket, they are uploads that were neither completed nor aborted. Their list does not tell who began them:
    *all* below the URL are aborted, so choose it, and the age, accordingly. It takes botocore (``adicom[s3]``). Azure
    itself drops what was not committed after a week. Google Cloud Storage has no list that adicom could ask for: set a
    lifecycle rule with ``AbortIncompleteMultipartUpload``.

    A writer that is still at work, and whose leftovers are taken for stale, fails; it leaves no half an object.

    Args:
        target: A folder; the path of a file, for its own leftovers; the URL of either, or ``(filesystem, path)``.
        older_than: Since when nothing has been written to them; of an upload, since when it has been begun.
        session: Connections to use, if ``target`` is not local.
        storage_options: Credentials and endpoints, over those of the session.
        dry_run: Only tell what would be removed.

    Raises:
        SinkError: They cannot be listed or removed.
        NotImplementedError: Nothing tells what is there.
        ImportError: botocore is needed, and not installed.

    Example:
        >>> import asyncio, pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     pathlib.Path(folder, ".a.dcm.adicom-0123456789abcdef.part").touch()
        ...     found = asyncio.run(clean_stale(folder, older_than=timedelta(0)))
        >>> [pathlib.Path(path).name for path in found]
        ['.a.dcm.adicom-0123456789abcdef.part']
    """
    before = datetime.now(UTC) - older_than
    if (path := local_path(target)) is not None:
        return await in_thread(partial(_clean_path, path, before, dry_run))
    if not is_remote_target(target):
        raise TypeError(f"nothing is left over in {type(target).__name__}")
    async with borrow_session(session) as borrowed:
        work = _Cleaning(borrowed.clients, before, dry_run, storage_options)
        return await borrowed.perform(partial(work.clean, remote_place(target)))


def clean_stale_blocking(target: Any, *, older_than: timedelta = _A_DAY, dry_run: bool = False) -> list[str] | None:
    """Do the same for a path without an event loop; return None if ``target`` is none."""
    if (path := local_path(target)) is None:
        return None
    return _clean_path(path, datetime.now(UTC) - older_than, dry_run)


def _clean_path(path: str, before: datetime, dry_run: bool) -> list[str]:
    """Clean a folder and all below it, or the folder of a file of what is that file's."""
    removed: list[str] = []
    try:
        for found in _temporary_files(path):
            with suppress(FileNotFoundError):  # its writer has ended meanwhile
                if os.lstat(found).st_mtime <= before.timestamp():
                    if not dry_run:
                        os.unlink(found)
                    removed.append(found)
    except OSError as error:
        raise sink_fault(error, path, 0) from None
    return removed


def _temporary_files(path: str) -> Iterator[str]:
    if not os.path.isdir(path):
        folder, name = os.path.split(os.path.realpath(path))
        with os.scandir(folder) as entries:
            yield from sorted(entry.path for entry in entries if is_temporary_name(entry.name, of=name))
        return

    def refuse(error: OSError) -> None:
        raise error

    for folder, _, names in os.walk(path, onerror=refuse):
        yield from (os.path.join(folder, name) for name in sorted(names) if is_temporary_name(name))


class _Cleaning:
    """One call that is not about a path.

    Args:
        clients: Of the running loop.
        before: What is younger stays.
        dry_run: Whether to remove nothing.
        storage_options: Of the call.
    """

    def __init__(
        self, clients: Clients, before: datetime, dry_run: bool, storage_options: Mapping[str, Any] | None
    ) -> None:
        self._clients = clients
        self._before = before
        self._dry_run = dry_run
        self._storage_options = storage_options

    async def clean(self, place: str | tuple[Any, ...]) -> list[str]:
        """Clean a place."""
        kind = kind_of(place) if isinstance(place, str) else None
        if kind is None:
            return await self._clean_filesystem(place)
        assert isinstance(place, str)
        if kind == "s3":
            from adicom.io.sinks.uploads import clean_uploads

            work = partial(clean_uploads, self._clients, place, self._before, self._dry_run, self._storage_options)
            return await self._in_thread(work, public_url(place))
        if kind == "gs":
            raise NotImplementedError(
                f"{public_url(place)}: nothing lists the uploads of Google Cloud Storage; "
                "set a lifecycle rule with AbortIncompleteMultipartUpload"
            )
        return []

    async def _clean_filesystem(self, place: str | tuple[Any, ...]) -> list[str]:
        if isinstance(place, str) and scheme_of(place) in ("http", "https"):
            raise TypeError("nothing is left over behind http")
        found = find_place(self._clients, place, self._storage_options, self._clients.timeout)
        if isinstance(found, StorePlace):
            raise TypeError("the uploads of a store of obstore's cannot be listed: pass its URL")
        filesystem, path = await found.open_filesystem()
        async with self._clients.lock_of(filesystem):
            return await self._in_thread(partial(self._clean_files, filesystem, path), found.name)

    def _clean_files(self, filesystem: Any, path: str) -> list[str]:
        if {"file", "local"} & {
            *([filesystem.protocol] if isinstance(filesystem.protocol, str) else filesystem.protocol)
        }:
            return _clean_path(path, self._before, self._dry_run)
        filesystem.invalidate_cache()
        folder, of = (path, None) if filesystem.isdir(path) else _split(path)
        removed = []
        for name, info in filesystem.find(folder, detail=True, maxdepth=None if of is None else 1).items():
            if is_temporary_name(name.rpartition("/")[2], of=of) and self._is_old(info):
                if not self._dry_run:
                    filesystem.rm_file(name)
                removed.append(name)
        return removed

    def _is_old(self, info: Mapping[str, Any]) -> bool:
        """Return whether a file is; where nothing tells, only an age of zero is reached."""
        for key in ("mtime", "LastModified", "last_modified", "updated", "modified", "created"):
            when = info.get(key)
            if isinstance(when, (int, float)):
                return when <= self._before.timestamp()
            if isinstance(when, datetime):
                when = when if when.tzinfo else when.replace(tzinfo=UTC)
                return when <= self._before
        return self._before >= datetime.now(UTC) - timedelta(seconds=1)

    async def _in_thread(self, work: Callable[[], list[str]], name: str) -> list[str]:
        try:
            return await in_thread(work)
        except (DicomError, ImportError, TypeError, ValueError):
            raise
        except Exception as error:  # noqa: BLE001 - each filesystem has errors of its own
            fault = sink_fault(error, name, 0)
        raise fault


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name
