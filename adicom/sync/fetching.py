"""Many values of many datasets at once, blocking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.filereader.many import CONCURRENCY, fetch_wanted, fetch_wanted_now, wanted_of
from adicom.io.session import BlockingSession as Session
from adicom.io.value_source import BlockingValues, RemoteValues

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adicom.dataset import Dataset
    from adicom.filereader.many import Wanted
    from adicom.tag import TagType

__all__ = ("fetch_many",)


def fetch_many(
    pairs: Iterable[tuple[Dataset, TagType]], *, concurrency: int = CONCURRENCY, session: Session | None = None
) -> list[Any]:
    """Read deferred values of many datasets, all of them or, if that fails, none; see :func:`adicom.fetch_many`.

    Example:
        >>> import adicom.sync as dicom
        >>> import pydicom.data
        >>> paths = [pydicom.data.get_testdata_file(name) for name in ("CT_small.dcm", "MR_small.dcm")]
        >>> datasets = [dicom.dcmread(path, defer_size="1 KB") for path in paths]
        >>> [len(value) for value in dicom.fetch_many((ds, "PixelData") for ds in datasets)]
        [32768, 8192]
    """
    wanted = wanted_of(pairs, concurrency)
    if any(isinstance(group.source, BlockingValues | RemoteValues) for group in wanted.groups.values()):
        _fetch_remote(wanted, concurrency, session)
    else:
        fetch_wanted_now(wanted)
    return [element.value for element in wanted.elements]


def _fetch_remote(wanted: Wanted, concurrency: int, given: Session | None) -> None:
    for group in wanted.groups.values():
        if not isinstance(group.source, RemoteValues) and not group.source.can_fetch_now:
            group.source.fetch_now([])  # which raises: it can only be awaited, in a loop of the caller's
    if given is not None:
        given.run(lambda used: fetch_wanted(wanted, concurrency, used))
        return
    sources = [group.source for group in wanted.groups.values()]
    found = {source.session for source in sources if isinstance(source, BlockingValues)} - {None}
    # Where there is one session, its connections are on its thread; else each source gets some with its own options.
    session = found.pop() if len(found) == 1 else None
    if session is not None:
        session.run(lambda _: fetch_wanted(wanted, concurrency, None))
        return
    with Session() as own:
        own.run(lambda _: fetch_wanted(wanted, concurrency, None))
