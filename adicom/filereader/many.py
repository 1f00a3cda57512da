"""Many values of many datasets at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from adicom.dataset import Dataset
from adicom.dataset.fetching import fill, is_little_endian, range_of, source_of
from adicom.filereader.rest import fetch_encapsulated, fetch_encapsulated_now
from adicom.io.value_source import Values

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from adicom.dataelem import DataElement, Deferred
    from adicom.dataset.fetching import Pending
    from adicom.io.gathering import Gathering
    from adicom.io.session import Session
    from adicom.tag import TagType

    _Job: TypeAlias = "tuple[_Group, Callable[[], Awaitable[list[bytes]]], list[Pending]]"

__all__ = ("CONCURRENCY", "Wanted", "fetch_many", "fetch_wanted", "fetch_wanted_now", "wanted_of")

CONCURRENCY: Final = 8
"""Requests at a time by default."""


async def fetch_many(
    pairs: Iterable[tuple[Dataset, TagType]], *, concurrency: int = CONCURRENCY, session: Session | None = None
) -> list[Any]:
    """Read deferred values of many datasets, all of them or, if that fails, none.

    Ranges of one object that are near each other are one request, whichever datasets they are of. In memory there is
    little beside the values.

    Args:
        pairs: Datasets, items of sequences among them, each with a tag or a keyword. Values that are here already
            are not read again.
        concurrency: How many requests may be under way at a time, over all objects.
        session: Connections to use; by default those that each dataset was read with, while they are open, else
            some that are made for this call.

    Returns:
        The values, in the order of the pairs.

    Raises:
        KeyError: A dataset has no such element; nothing was read.
        TypeError: ``pairs`` are none.
        ValueError: ``concurrency`` is less than one.
        DeferredValueError: A value was dropped while reading, or its source has to be bound anew.
        SourceError: An object cannot be read, or is not what it was.
        TruncatedError: An object ends inside a value.

        A note of the error (:pep:`678`) says which object, or which pair, it is about.

    Example:
        >>> import asyncio, adicom, pydicom.data
        >>> async def main() -> list[int]:
        ...     paths = [pydicom.data.get_testdata_file(name) for name in ("CT_small.dcm", "MR_small.dcm")]
        ...     datasets = [await adicom.dcmread(path, defer_size="1 KB") for path in paths]
        ...     values = await adicom.fetch_many((ds, "PixelData") for ds in datasets)
        ...     return [len(value) for value in values]
        >>> asyncio.run(main())
        [32768, 8192]
    """
    wanted = wanted_of(pairs, concurrency)
    await fetch_wanted(wanted, concurrency, session)
    return [element.value for element in wanted.elements]


class Wanted:
    """What the pairs of a call name.

    Attributes:
        elements: The element of each pair.
        groups: Those of them that are deferred, by where they are.
    """

    def __init__(self) -> None:
        self.elements: list[DataElement] = []
        self.groups: dict[Any, _Group] = {}

    def add(self, pair: tuple[Dataset, TagType]) -> None:
        """Add the element that a pair names."""
        dataset, key = pair
        element = dataset[key]
        self.elements.append(element)
        deferred = element.deferred
        if deferred is not None:
            source: Values = source_of(element, deferred)  # type: ignore[assignment] # those of the reader are
            self.groups.setdefault(source.key, _Group(source)).add(element, deferred)


class _Group:
    """Deferred elements whose values are in one object.

    Attributes:
        source: Where they are.
        plain: Those whose length is known.
        encapsulated: Encapsulated pixel data, which was not walked, by offset and byte order.
    """

    def __init__(self, source: Values) -> None:
        self.source = source
        self.plain: list[Pending] = []
        self.encapsulated: dict[tuple[int, bool], list[Pending]] = {}

    def add(self, element: DataElement, deferred: Deferred) -> None:
        """Add an element."""
        if deferred.is_encapsulated:
            place = deferred.offset, is_little_endian(element)
            self.encapsulated.setdefault(place, []).append((element, deferred))
        else:
            self.plain.append((element, deferred))

    def size(self) -> int:
        """Return how many bytes the values have; for encapsulated ones, at most."""
        known = sum(deferred.length or 0 for _, deferred in self.plain)
        end = self.source.size or 0
        return known + sum(max(0, end - offset) for offset, _ in self.encapsulated)

    def jobs(self, gathering: Gathering) -> list[_Job]:
        """Return what is to be done: all plain values at once, each encapsulated one for itself."""
        found: list[_Job] = []
        if self.plain:
            ranges = [range_of(deferred) for _, deferred in self.plain]
            found.append((self, partial(self.source.fetch_among, gathering, ranges), self.plain))
        for (offset, little_endian), waiting in self.encapsulated.items():
            found.append((self, partial(self._walk, gathering, offset, little_endian, len(waiting)), waiting))
        return found

    async def _walk(self, gathering: Gathering, offset: int, little_endian: bool, count: int) -> list[bytes]:
        size = self.source.size
        window = None if size is None else gathering.pace.request_size(size - offset)
        part = _Part(self.source, gathering)
        return [await fetch_encapsulated(part, offset, little_endian, window)] * count


class _Part(Values):
    """Values that are read as a part of a fetch from many sources.

    Args:
        values: The values.
        gathering: The fetch.
    """

    def __init__(self, values: Values, gathering: Gathering) -> None:
        super().__init__(values.name)
        self._values = values
        self._gathering = gathering

    @property
    def size(self) -> int | None:
        """Bytes of the whole source, where that is known."""
        return self._values.size

    async def fetch(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Return the bytes of each range, in the order given."""
        return await self._values.fetch_among(self._gathering, ranges)


def wanted_of(pairs: Iterable[tuple[Dataset, TagType]], concurrency: int) -> Wanted:
    """Return what pairs name, after a check of all that can be wrong with them."""
    if concurrency < 1:
        raise ValueError("concurrency must be at least one")
    wanted = Wanted()
    for number, pair in enumerate(pairs):
        if not (isinstance(pair, tuple | list) and len(pair) == 2 and isinstance(pair[0], Dataset)):
            raise TypeError(f"pair {number} is not (dataset, tag or keyword)")
        try:
            wanted.add((pair[0], pair[1]))
        except Exception as error:
            error.add_note(f"pair {number} of fetch_many(){_place_of(pair[0])}")
            raise
    return wanted


async def fetch_wanted(wanted: Wanted, concurrency: int, session: Session | None) -> None:
    """Read what is deferred of it, and give it to the elements."""
    if not wanted.groups:
        return
    from adicom.io.concurrency import run_bounded
    from adicom.io.gathering import Gathering

    total = sum(group.size() for group in wanted.groups.values())
    async with Gathering(concurrency, session, total) as gathering:
        jobs = [job for group in wanted.groups.values() for job in group.jobs(gathering)]
        blocks = await run_bounded([partial(_run, group, work) for group, work, _ in jobs], concurrency)
    fill(
        [found for (_, _, waiting), data in zip(jobs, blocks, strict=True) for found in zip(waiting, data, strict=True)]
    )


def fetch_wanted_now(wanted: Wanted) -> None:
    """Do the same without waiting for anything but a disk, one after the other."""
    loaded: list[tuple[Pending, bytes]] = []
    for group in wanted.groups.values():
        try:
            if group.plain:
                data = group.source.fetch_now([range_of(deferred) for _, deferred in group.plain])
                loaded += zip(group.plain, data, strict=True)
            for (offset, little_endian), waiting in group.encapsulated.items():
                whole = fetch_encapsulated_now(group.source, offset, little_endian)
                loaded += [(pending, whole) for pending in waiting]
        except Exception as error:
            _say_where(error, group)
            raise
    fill(loaded)


async def _run(group: _Group, work: Callable[[], Awaitable[list[bytes]]]) -> list[bytes]:
    try:
        return await work()
    except Exception as error:
        _say_where(error, group)
        raise


def _say_where(error: Exception, group: _Group) -> None:
    error.add_note(f"while fetching values from {group.source.describe()}")


def _place_of(dataset: Dataset) -> str:
    """Return, for a message, where a dataset was read from."""
    top = None if dataset._origin is None else dataset._origin.root.top()
    name = getattr(top, "filename", None)
    return f", of {name}" if name else ""
