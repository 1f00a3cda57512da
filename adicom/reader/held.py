"""The bytes of an object: those that are here already, the others by range.

It carries out what :mod:`adicom.pixels.asking` asks for: one loop, written twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from adicom.errors import DeferredValueError, TruncatedError
from adicom.io.base import Range

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adicom.dataset.ports import ValueSource
    from adicom.pixels import Ask, Steps

__all__ = ("HeldBytes", "run", "run_now")

T = TypeVar("T")


class HeldBytes:
    """Bytes of an object by where they lie in it.

    Args:
        values: Gives what fetches those that are not here; it gives None where nothing can.
        blocks: Those that are here, with their offsets, in their order.
        is_all: Whether the object has no others that matter.

    Example:
        >>> held = HeldBytes(lambda: None, [(100, b"0123456789")], is_all=True)
        >>> held.here(Range(104, 3))
        b'456'
        >>> held.size
        110
    """

    def __init__(
        self,
        values: Callable[[], ValueSource | None],
        blocks: Sequence[tuple[int, bytes]] = (),
        *,
        is_all: bool = False,
    ) -> None:
        self._values = values
        self._blocks = [(offset, data) for offset, data in blocks if data]
        self._is_all = is_all

    @property
    def size(self) -> int | None:
        """Where the bytes of the object end, as far as that is known."""
        if self._is_all:
            return max((offset + len(data) for offset, data in self._blocks), default=0)
        values = self._values()
        return None if values is None else values.size

    def here(self, wanted: Range) -> bytes:
        """Return the bytes of a range that are here, from its start on."""
        parts: list[bytes] = []
        at = wanted.offset
        for offset, data in self._blocks:
            if offset <= at < min(offset + len(data), wanted.end):
                parts.append(data[at - offset : wanted.end - offset])
                at += len(parts[-1])
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def fetch(self, ask: Ask) -> list[bytes]:
        """Return the bytes of the ranges."""
        found, missing = self._split(ask.ranges)
        wanted = list(missing.values())
        while wanted:
            try:
                return _put(found, missing, await self._source(ask).fetch(wanted))
            except TruncatedError as error:
                wanted = _cut(ask, wanted, error)
        return found

    def fetch_now(self, ask: Ask) -> list[bytes]:
        """Do the same without waiting for anything but a disk; in :mod:`adicom.sync` for a network too."""
        found, missing = self._split(ask.ranges)
        wanted = list(missing.values())
        while wanted:
            try:
                return _put(found, missing, self._source(ask).fetch_now(wanted))
            except TruncatedError as error:
                wanted = _cut(ask, wanted, error)
        return found

    def _split(self, ranges: Sequence[Range]) -> tuple[list[bytes], dict[int, Range]]:
        """Return what is here of each range, and what is missing of some."""
        found = [self.here(wanted) for wanted in ranges]
        missing = {
            number: Range(wanted.offset + len(data), wanted.length - len(data))
            for number, (wanted, data) in enumerate(zip(ranges, found, strict=True))
            if len(data) < wanted.length
        }
        return found, missing

    def _source(self, ask: Ask) -> ValueSource:
        values = self._values()
        if values is not None and not self._is_all:
            return values
        if not self._is_all:
            raise DeferredValueError("the pixel data was dropped while reading: its source cannot be read again")
        first = ask.ranges[0]
        raise TruncatedError(
            "the pixel data ends too early", offset=first.offset, wanted=first.length, got=len(self.here(first))
        )


def _put(found: list[bytes], missing: dict[int, Range], data: Sequence[bytes]) -> list[bytes]:
    """Return what was here with what was fetched behind it."""
    for number, more in zip(missing, data, strict=True):
        found[number] = found[number] + more if found[number] else more
    return found


def _cut(ask: Ask, wanted: list[Range], error: TruncatedError) -> list[Range]:
    """Return what there is of a range behind whose start the source has ended; raise where fewer bytes will not do."""
    if not ask.short:
        raise error
    [first] = wanted
    end = (first.offset if error.offset is None else error.offset) + error.got
    length = min(end - first.offset, first.length - 1)
    return [Range(first.offset, length)] if length > 0 else []


async def run(steps: Steps[T], held: HeldBytes) -> T:
    """Return the result of an operation that asks for bytes."""
    try:
        ask = next(steps)
        while True:
            ask = steps.send(await held.fetch(ask))
    except StopIteration as end:
        result: T = end.value
        return result


def run_now(steps: Steps[T], held: HeldBytes) -> T:
    """Do the same without waiting for anything but a disk; in :mod:`adicom.sync` for a network too."""
    try:
        ask = next(steps)
        while True:
            ask = steps.send(held.fetch_now(ask))
    except StopIteration as end:
        result: T = end.value
        return result
