"""Reads the files that a DICOMDIR refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.errors import SourceNotFoundError
from adicom.filereader import dcmread
from adicom.io.fileset import LocalFolder, RemoteFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adicom.dataset import FileDataset
    from adicom.dataset.ports import Folder

__all__ = ("read_referenced", "with_access")


async def read_referenced(folder: Folder, file_id: tuple[str, ...], **keywords: Any) -> FileDataset:
    """Read a file in the folder of a DICOMDIR.

    Args:
        folder: The folder.
        file_id: Referenced File ID.
        **keywords: Those of :func:`adicom.dcmread`.
    """
    if isinstance(folder, LocalFolder):
        from anyio import to_thread

        return await dcmread(await to_thread.run_sync(folder.find, file_id), **keywords)
    assert isinstance(folder, RemoteFolder)
    keywords = with_access(folder, keywords, usable=getattr(folder.session, "usable_here", False))
    place, *others = folder.places_of(file_id)
    for other in others:
        try:
            return await dcmread(place, **keywords)
        except SourceNotFoundError:
            place = other
    return await dcmread(place, **keywords)


def with_access(folder: RemoteFolder, keywords: Mapping[str, Any], *, usable: bool) -> dict[str, Any]:
    """Return keywords with the session and the storage options of the folder, where the caller gave none.

    Args:
        folder: The folder.
        keywords: What the caller gave.
        usable: Whether the session of the folder can still be used.
    """
    own: dict[str, Any] = {"session": folder.session if usable else None, "storage_options": folder.storage_options}
    given = {name: value for name, value in keywords.items() if name not in own or value is not None}
    if "session" in given:  # one of another kind than that of the folder, which may not know its options
        del own["storage_options"]
    return {**own, **given}
