"""Brings deferred values in, awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adicom.dataset.ports import ports
from adicom.dataset.streaming import ByteStream
from adicom.errors import DeferredValueError, format_path
from adicom.parser.kinds import LITTLE, value_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from typing import TypeAlias

    from adicom.dataelem import DataElement, Deferred
    from adicom.dataset.dataset import Dataset
    from adicom.dataset.ports import ValueSource
    from adicom.parser.kinds import RawElement

    Pending: TypeAlias = tuple[DataElement, Deferred]
    """An element that waits for its value, and where that is."""

__all__ = (
    "deferred_elements",
    "fill",
    "is_little_endian",
    "load",
    "load_now",
    "range_of",
    "source_of",
    "stream",
    "stream_now",
)

_PIECE: Final = 256 * 1024
"""How much of a value that is here already makes one piece of a stream."""
_BLOCK: Final = 8 * 1024 * 1024
"""How much of a deferred value makes one piece of a stream."""


def deferred_elements(dataset: Dataset) -> list[DataElement]:
    """Return the deferred elements of a dataset and of the sequences that were taken apart while reading."""
    found: list[DataElement] = []
    waiting = [dataset]
    while waiting:
        current = waiting.pop()
        for tag, element in list(current._elements.items()):
            if isinstance(element, tuple):
                if element[3] is None:
                    found.append(current._element(tag))
            elif isinstance(element, int):
                continue  # known by its offset only, so it is short
            elif element.is_deferred:
                found.append(element)
            elif element.VR == "SQ":
                waiting.extend(element.value)
    return found


async def load(elements: list[DataElement]) -> None:
    """Read the values of those elements that are deferred; all of them or none."""
    loaded: list[tuple[Pending, bytes]] = []
    for source, plain, encapsulated in _by_source(elements):
        values = await source.fetch([range_of(deferred) for _, deferred in plain]) if plain else []
        loaded += zip(plain, values, strict=True)
        for pending in encapsulated:
            element, deferred = pending
            data = await ports().fetch_encapsulated(source, deferred.offset, is_little_endian(element))
            loaded.append((pending, data))
    fill(loaded)


def load_now(elements: list[DataElement]) -> None:
    """Do the same without waiting for anything but a disk; in :mod:`adicom.sync` for a network too."""
    loaded: list[tuple[Pending, bytes]] = []
    for source, plain, encapsulated in _by_source(elements):
        values = source.fetch_now([range_of(deferred) for _, deferred in plain]) if plain else []
        loaded += zip(plain, values, strict=True)
        for pending in encapsulated:
            element, deferred = pending
            data = ports().fetch_encapsulated_now(source, deferred.offset, is_little_endian(element))
            loaded.append((pending, data))
    fill(loaded)


def _by_source(elements: list[DataElement]) -> Iterable[tuple[ValueSource, list[Pending], list[Pending]]]:
    """Return what is deferred by where it is, for elements may come from several; encapsulated values apart."""
    found: dict[int, tuple[ValueSource, list[Pending], list[Pending]]] = {}
    for element in elements:
        deferred = element.deferred
        if deferred is not None:
            source = source_of(element, deferred)
            _, plain, encapsulated = found.setdefault(id(source), (source, [], []))
            (encapsulated if deferred.is_encapsulated else plain).append((element, deferred))
    return found.values()


def range_of(deferred: Deferred) -> tuple[int, int]:
    """Return where a value is as (offset, length); of bulk data, of which any range is the whole, (0, 0)."""
    return deferred.offset, deferred.length or 0


def fill(loaded: list[tuple[Pending, bytes]]) -> None:
    """Give the elements their values, but for those that somebody has set meanwhile; all of them or none."""
    decoded = [(element, deferred, _decode(element, deferred, data)) for (element, deferred), data in loaded]
    for element, deferred, (value, raw) in decoded:
        if element._value is deferred:
            element._value, element._raw = value, raw


def _decode(element: DataElement, deferred: Deferred, data: bytes) -> tuple[Any, RawElement | None]:
    try:
        return deferred.decode(element, data)
    except Exception as error:
        error.add_note(f"in the value of {format_path((), element.tag)} from {deferred.source.describe()}")
        raise


def stream_now(element: DataElement) -> Iterator[bytes]:
    """Return an iterator over the bytes of a value."""
    deferred = element.deferred
    if deferred is None:
        return _pieces(_bytes_of(element))
    source = source_of(element, deferred)
    if deferred.is_encapsulated:
        return ports().stream_encapsulated_now(source, deferred.offset, is_little_endian(element))
    if deferred.length is None:  # bulk data
        return iter(source.fetch_now([(0, 0)]))
    offset, end = deferred.offset, deferred.offset + deferred.length
    pieces = ((start, min(_BLOCK, end - start)) for start in range(offset, end, _BLOCK))
    return (source.fetch_now([piece])[0] for piece in pieces)


def stream(element: DataElement) -> AsyncIterator[bytes]:
    """Return an async iterator over the bytes of a value."""
    deferred = element.deferred
    if deferred is None:
        pieces = _pieces(_bytes_of(element))

        async def next_piece() -> bytes:
            return next(pieces, b"")

        return ByteStream(next_piece)
    source = source_of(element, deferred)
    if deferred.is_encapsulated:
        return ports().stream_encapsulated(source, deferred.offset, is_little_endian(element))
    return source.stream(deferred.offset, deferred.length or 0)


def _pieces(value: bytes) -> Iterator[bytes]:
    return (value[start : start + _PIECE] for start in range(0, len(value), _PIECE))


def _bytes_of(element: DataElement) -> bytes:
    if isinstance(element.value, bytes):
        return element.value
    value = None if element._raw is None else value_of(element._raw)
    if value is None:
        raise TypeError(f"{format_path((), element.tag)} has no bytes that could be streamed")
    return value


def is_little_endian(element: DataElement) -> bool:
    """Return the byte order that an element was read with."""
    return element._raw is None or bool(element._raw[5] & LITTLE)


def source_of(element: DataElement, deferred: Deferred) -> ValueSource:
    """Return where the value of an element is.

    Raises:
        DeferredValueError: It was dropped while reading.
    """
    source: ValueSource | None = deferred.source
    if source is None:
        name = element.keyword or format_path((), element.tag)
        raise DeferredValueError(f"the value of {name} was dropped while reading: its source cannot be read again")
    return source
