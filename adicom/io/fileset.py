"""The folder of a file-set, and where the files are that its DICOMDIR names.

Rule: a File ID comes from inside a file, so whatever it says, nothing outside the folder is named, asked for or
opened (PS3.10 8.2 wants nothing else).
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any, Final, NoReturn

from adicom.errors import SourceNotFoundError, SourcePermissionError
from adicom.io.local import PathSource, path_of
from adicom.io.names import links_of, public_url, scheme_of
from adicom.io.resolve import is_remote, remote_place, resolve_local

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from adicom.io.session import Session

__all__ = ("LocalFolder", "RemoteFolder", "components_of", "folder_around", "given_folder")

_FORBIDDEN: Final = frozenset(":\0")
"""A drive, a stream of a file, a link of an fsspec chain; the end of a path."""


def components_of(file_id: tuple[str, ...]) -> tuple[str, ...]:
    r"""Return the components of a File ID, checked; slashes and backslashes in them part components as well.

    Raises:
        SourcePermissionError: It leads, or might lead, outside the folder.

    Example:
        >>> components_of(("IMAGES", "IM1")), components_of(("IMAGES/IM1",))
        (('IMAGES', 'IM1'), ('IMAGES', 'IM1'))
        >>> components_of(("..", "IM1"))
        Traceback (most recent call last):
        adicom.errors.SourcePermissionError: a Referenced File ID (0004,1500) leads outside the folder of its DICOMDIR
    """
    parts = [part for component in file_id for part in component.replace("\\", "/").split("/")]
    # A part of dots and blanks only is "." or "..", on Windows with dots and blanks behind it as well.
    if not parts or any(not part.strip(". ") or not part.isprintable() or _FORBIDDEN & set(part) for part in parts):
        _refuse()
    return tuple(parts)


def _refuse() -> NoReturn:
    raise SourcePermissionError("a Referenced File ID (0004,1500) leads outside the folder of its DICOMDIR")


class LocalFolder:
    """A folder of the local disk.

    Args:
        path: Its path.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def __deepcopy__(self, memo: dict[int, Any]) -> LocalFolder:
        return self  # it never changes

    def path_of(self, file_id: tuple[str, ...]) -> str:
        """Return the path that a File ID names, whether or not there is such a file."""
        return os.path.join(self.path, *components_of(file_id))

    def url_of(self, file_id: tuple[str, ...]) -> str | None:
        """Return None."""
        components_of(file_id)
        return None

    def find(self, file_id: tuple[str, ...]) -> str:
        """Return the path of the file, in the case and with the version that it has on the disk; it looks there.

        Raises:
            SourcePermissionError: It lies outside the folder: a symbolic link leads there.
            SourceNotFoundError: There is no such file.
        """
        root = os.path.realpath(self.path)
        path = self.path
        for part in components_of(file_id):
            path = os.path.join(path, _name_on_disk(path, part))
            if not _is_in(root, os.path.realpath(path)):
                _refuse()
        try:
            mode = os.stat(path).st_mode
        except PermissionError:
            raise SourcePermissionError("what a Referenced File ID (0004,1500) names may not be looked at") from None
        except OSError:
            mode = 0
        if not stat.S_ISREG(mode):  # a pipe would block for ever
            raise SourceNotFoundError("what a Referenced File ID (0004,1500) names is not there, or is no file")
        return path


def _is_in(root: str, path: str) -> bool:
    root, path = os.path.normcase(root), os.path.normcase(path)
    return path == root or path.startswith(os.path.join(root, ""))


def _name_on_disk(folder: str, component: str) -> str:
    """Return what a component of a File ID is called on the disk.

    File systems of discs show names in lower case, and some keep the version of ISO 9660 in them.
    """
    plain = _without_version(component)
    for name in (component, plain, plain.lower(), plain.upper()):
        if os.path.lexists(os.path.join(folder, name)):
            return name
    wanted = plain.casefold()
    try:
        names = os.listdir(folder)
    except OSError:
        return component
    return min((name for name in names if _without_version(name).casefold() == wanted), default=component)


def _without_version(name: str) -> str:
    """Return a name without ";1", or ".;1" where it has no extension (ISO 9660 7.5.1).

    Example:
        >>> [_without_version(name) for name in ("IM1;1", "IM1.;1", "IM1.DCM;1", "IM1")]
        ['IM1', 'IM1', 'IM1.DCM', 'IM1']
    """
    stem, mark, version = name.rpartition(";")
    return (stem.rstrip(".") or name) if mark and version.isdecimal() else name


class RemoteFolder:
    """A folder behind a URL, or in a filesystem of fsspec's or a store of obstore's.

    Args:
        prefix: What stands before the components: a URL, or (filesystem or store, path); with a slash at its end.
        session: Is used where a read is given none, while it is open; blocking code puts its own in its place.
        storage_options: Those that are used where a read is given none; kept in memory, never in a pickle.
    """

    def __init__(
        self,
        prefix: str | tuple[Any, str],
        session: Session | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> None:
        self.session: Any = session
        self.storage_options = storage_options
        self._prefix = prefix
        self._needs_more = bool(storage_options) or (session is not None and session.has_options)

    def __deepcopy__(self, memo: dict[int, Any]) -> RemoteFolder:
        return self  # it never changes

    def __reduce__(self) -> tuple[Any, ...]:
        if isinstance(self._prefix, str) and self._prefix == public_url(self._prefix) and not self._needs_more:
            return RemoteFolder, (self._prefix,)
        return _no_folder, ()

    def path_of(self, file_id: tuple[str, ...]) -> str | None:
        """Return None."""
        components_of(file_id)
        return None

    def url_of(self, file_id: tuple[str, ...]) -> str | None:
        """Return the URL that a File ID names, without credentials; None where the folder has no URL."""
        place = self._place(components_of(file_id))
        return public_url(place) if isinstance(place, str) else None

    def places_of(self, file_id: tuple[str, ...]) -> Iterator[str | tuple[Any, str]]:
        """Yield where the file may be: as the File ID has it, then without version."""
        parts = components_of(file_id)
        yield self._place(parts)
        plain = tuple(map(_without_version, parts))
        if plain != parts:
            yield self._place(plain)

    def _place(self, parts: tuple[str, ...]) -> str | tuple[Any, str]:
        if not isinstance(self._prefix, str):
            owner, folder = self._prefix
            return owner, folder + "/".join(parts)
        before, link, behind = _split_chain(self._prefix)
        if scheme_of(link) in ("http", "https"):
            from urllib.parse import quote

            parts = tuple(quote(part, safe="") for part in parts)
        return before + link + "/".join(parts) + behind


def _no_folder() -> None:
    return None


def _split_chain(url: str) -> tuple[str, str, str]:
    """Return a URL in three parts, the middle one of which has the path of the file; others are a chain of fsspec's.

    Example:
        >>> _split_chain("zip://scans/DICOMDIR::s3://bucket/a.zip")
        ('', 'zip://scans/DICOMDIR', '::s3://bucket/a.zip')
        >>> _split_chain("simplecache::s3://bucket/DICOMDIR")
        ('simplecache::', 's3://bucket/DICOMDIR', '')
    """
    links = links_of(url)
    at = next(index for index, link in enumerate(links) if "://" in link)
    before, behind = links[:at], links[at + 1 :]
    return "".join(f"{link}::" for link in before), links[at], "".join(f"::{link}" for link in behind)


def _url_prefix(url: str, *, is_folder: bool) -> str:
    """Return the URL of a folder, with a slash at its end, from its own or from that of a file in it.

    Example:
        >>> _url_prefix("https://host/scans/DICOMDIR?signature=00", is_folder=False)
        'https://host/scans/'
        >>> _url_prefix("zip://scans::s3://bucket/a.zip", is_folder=True)
        'zip://scans/::s3://bucket/a.zip'
    """
    before, link, behind = _split_chain(url)
    scheme, _, rest = link.partition("://")
    if scheme.lower() in ("http", "https"):
        rest = rest.partition("#")[0].partition("?")[0]
        rest = rest if "/" in rest else f"{rest}/"
    return f"{before}{scheme}://{_path_prefix(rest, is_folder=is_folder)}{behind}"


def _path_prefix(path: str, *, is_folder: bool) -> str:
    """Return the same for a path in a filesystem or a store; it may be empty there."""
    if is_folder:
        return path if not path or path.endswith("/") else f"{path}/"
    return path[: path.rfind("/") + 1]


def given_folder(base: Any) -> LocalFolder | RemoteFolder:
    """Return the folder that a caller names by path or URL, by (filesystem, path) or (store, path).

    Raises:
        TypeError: It is nothing of these.
    """
    if not isinstance(base, str | os.PathLike | tuple):
        raise TypeError(f"base= is a path, a URL, (filesystem, path) or (store, path), not {type(base).__name__}")
    if is_remote(base):
        return _remote(remote_place(base), is_folder=True)
    source = resolve_local(base)
    if not isinstance(source, PathSource):
        raise TypeError("base= is a path, a URL, (filesystem, path) or (store, path)")
    return LocalFolder(os.path.abspath(source.path))


def folder_around(
    fp: Any,
    source: Any,
    session: Session | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> LocalFolder | RemoteFolder | None:
    """Return the folder in which something was read; None where it has none that is known.

    Args:
        fp: What the caller passed.
        source: What it was resolved to.
        session: The caller's session.
        storage_options: Those of the call.

    Example:
        >>> folder_around("https://host/scans/DICOMDIR", None).url_of(("IM 1",))
        'https://host/scans/IM%201'
        >>> folder_around(b"", None) is None
        True
    """
    if is_remote(fp):
        return _remote(remote_place(fp), session, storage_options, is_folder=False)
    found = getattr(source, "local", source)
    if isinstance(found, PathSource):
        path: str | None = os.path.abspath(found.path)
    else:
        file = getattr(found, "file", None)
        # What anyio and aiofiles wrap around.
        path = path_of(getattr(file, "wrapped", None) or getattr(file, "_file", None) or file)
    return None if path is None else LocalFolder(os.path.dirname(path))


def _remote(
    place: str | tuple[Any, ...],
    session: Session | None = None,
    storage_options: Mapping[str, Any] | None = None,
    *,
    is_folder: bool,
) -> LocalFolder | RemoteFolder:
    path = _disk_path(place)
    if path is not None:
        return LocalFolder(path if is_folder else os.path.dirname(path))
    if isinstance(place, str):
        return RemoteFolder(_url_prefix(place, is_folder=is_folder), session, storage_options)
    return RemoteFolder((place[0], _path_prefix(place[1], is_folder=is_folder)), session, storage_options)


def _disk_path(place: str | tuple[Any, ...]) -> str | None:
    """Return the path of what fsspec has on the local disk, where links must be looked at; None for anything else."""
    if isinstance(place, str):
        return os.path.abspath(place.partition("://")[2]) if scheme_of(place) == "local" and "::" not in place else None
    protocol = getattr(place[0], "protocol", ())
    return os.path.abspath(place[1]) if "local" in ([protocol] if isinstance(protocol, str) else protocol) else None
