"""Brings deferred values in, awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adicom.dataset.ports import ports
from adicom.errors import DeferredValueError, format_path
from adicom.parser.kinds import LITTLE, value_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from adicom.dataelem import DataElement, Deferred
    from adicom.dataset.dataset import Dataset
    from adicom.dataset.ports import ValueSource
    from adicom.dataset.scope import Origin
    from adicom.parser.kinds import RawElement

__all__ = ("deferred_elements", "load", "load_now", "stream", "stream_now")

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


async def load(elements: list[DataElement], origin: Origin | None) -> None:
    """Read the values of those elements that are deferred; all of them or none."""
    pending = [(element, element._value) for element in elements if element.is_deferred]
    if not pending:
        return
    source = _source(pending[0][0], origin)
    plain = [(deferred.offset, deferred.length) for _, deferred in pending if deferred.length is not None]
    values = iter(await source.fetch(plain) if plain else ())
    loaded: list[tuple[DataElement, Deferred, bytes]] = []
    for element, deferred in pending:
        if deferred.length is None:
            little = bool(_raw(element)[5] & LITTLE)
            data = await ports().fetch_encapsulated(source, deferred.offset, little)
        else:
            data = next(values)
        loaded.append((element, deferred, data))
    for element, deferred, data in loaded:
        if element._value is deferred:  # nobody has set another value meanwhile
            deferred.put(element, data)


def load_now(elements: list[DataElement], origin: Origin | None) -> None:
    """Do the same without waiting for anything but a disk; in :mod:`adicom.sync` for a network too."""
    pending = [(element, element._value) for element in elements if element.is_deferred]
    if not pending:
        return
    source = _source(pending[0][0], origin)
    plain = [(deferred.offset, deferred.length) for _, deferred in pending if deferred.length is not None]
    values = iter(source.fetch_now(plain) if plain else ())
    loaded = [
        next(values)
        if deferred.length is not None
        else ports().fetch_encapsulated_now(source, deferred.offset, bool(_raw(element)[5] & LITTLE))
        for element, deferred in pending
    ]
    for (element, deferred), data in zip(pending, loaded, strict=True):
        deferred.put(element, data)


def stream_now(element: DataElement, origin: Origin | None) -> Iterator[bytes]:
    """Return an iterator over the bytes of a value."""
    deferred = element.deferred
    if deferred is None:
        value = _bytes_of(element)
        return (value[start : start + _PIECE] for start in range(0, len(value), _PIECE))
    source = _source(element, origin)
    if deferred.length is None:
        little = bool(_raw(element)[5] & LITTLE)
        return iter([ports().fetch_encapsulated_now(source, deferred.offset, little)])
    offset, end = deferred.offset, deferred.offset + deferred.length
    pieces = ((start, min(_BLOCK, end - start)) for start in range(offset, end, _BLOCK))
    return (source.fetch_now([piece])[0] for piece in pieces)


def stream(element: DataElement, origin: Origin | None) -> AsyncIterator[bytes]:
    """Return an async iterator over the bytes of a value."""
    deferred = element.deferred
    if deferred is None:
        return _pieces(_bytes_of(element))
    source = _source(element, origin)
    if deferred.length is None:
        return ports().stream_encapsulated(source, deferred.offset, bool(_raw(element)[5] & LITTLE))
    return source.stream(deferred.offset, deferred.length)


async def _pieces(value: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(value), _PIECE):
        yield value[start : start + _PIECE]


def _bytes_of(element: DataElement) -> bytes:
    if isinstance(element.value, bytes):
        return element.value
    value = None if element._raw is None else value_of(element._raw)
    if value is None:
        raise TypeError(f"{format_path((), element.tag)} has no bytes that could be streamed")
    return value


def _raw(element: DataElement) -> RawElement:
    assert element._raw is not None
    return element._raw


def _source(element: DataElement, origin: Origin | None) -> ValueSource:
    source = None if origin is None else origin.root.values
    if source is None:
        name = element.keyword or format_path((), element.tag)
        raise DeferredValueError(f"the value of {name} was dropped while reading: its source cannot be read again")
    return source
