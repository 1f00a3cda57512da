"""Which frames to fetch together, in which order, how many ahead: pure planning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from adicom.io.ranges import merge_ranges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from adicom.io.base import Range
    from adicom.pixels import Frames

__all__ = ("CONCURRENCY", "LOOK_AHEAD", "MOST", "Batches", "Unit", "plan_units", "size_of")

CONCURRENCY: Final = 8
"""Requests at a time: more bring little from one object, and stores begin to throttle."""

LOOK_AHEAD: Final = 16 * 1024 * 1024
"""Bytes of frames that are fetched and not yet taken."""

MOST: Final = 256
"""Frames that are planned at a time."""

_UNIT: Final = 1024 * 1024
"""Bytes of a request for several frames: small enough that several are on their way at a time."""

_DENSE: Final = 1.1
"""How many times the bytes of its frames a request may bring as one piece."""


class Unit(NamedTuple):
    """Frames that one request brings.

    Attributes:
        indices: Their numbers.
        ranges: Where they lie; None where that is not known, and there is one of them.
        whole: From the first of them to the last one; None where much between them is not wanted.
    """

    indices: tuple[int, ...]
    ranges: list[Range] | None
    whole: Range | None = None


def plan_units(frames: Frames, indices: Iterable[int]) -> list[Unit]:
    """Return what to fetch for frames: those near each other together, the first ones first."""
    places: dict[int, Range] = {}
    units: list[Unit] = []
    for index in dict.fromkeys(indices):
        place = frames.range_of(index)
        if place is None:
            units.append(Unit((index,), None))
        else:
            places[index] = place
    order = {index: position for position, index in enumerate(places)}
    numbers, ranges = list(places), list(places.values())
    for merged in merge_ranges(ranges, limit=_UNIT):
        members = sorted(merged.members)
        wanted = [ranges[member] for member in members]
        is_dense = merged.range.length <= _DENSE * sum(place.length for place in wanted)
        units.append(Unit(tuple(numbers[member] for member in members), wanted, merged.range if is_dense else None))
    return sorted(units, key=lambda unit: order.get(unit.indices[0], -1))


class Batches:
    """The frames asked for, in portions that fit.

    Args:
        indices: The frames, in the order asked for; taken as needed.
        check: Returns the number of a frame, or raises what is wrong with it.
        room: Bytes of a portion; a frame that is longer is one of its own.

    Attributes:
        error: What was wrong with the frame behind the last portion.

    Example:
        >>> [*Batches([1, 2, 3], lambda index: index, 100).ahead()]
        [1, 2, 3]
    """

    def __init__(self, indices: Iterable[Any], check: Callable[[Any], int], room: int) -> None:
        self._indices = iter(indices)
        self._check = check
        self._room = room
        self._waiting: list[int] = []
        self.error: Exception | None = None

    def ahead(self) -> list[int]:
        """Return the next frames, of which not all need fit; none at the end."""
        try:
            while self.error is None and len(self._waiting) < MOST:
                self._waiting.append(self._check(next(self._indices)))
        except StopIteration:
            pass
        except Exception as error:  # noqa: BLE001 - it is raised where the frame would come
            self.error = error
        return self._waiting[:]

    def take(self, frames: Frames, brought: Mapping[int, bytes]) -> list[int]:
        """Return the frames of the next portion, at least one."""
        size = count = 0
        for index in self._waiting:
            size += size_of(frames, index, brought)
            if count and size > self._room:
                break
            count += 1
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken


def size_of(frames: Frames, index: int, brought: Mapping[int, bytes]) -> int:
    """Return about how many bytes a frame has; 0 where nothing is known of it."""
    if index in brought:
        return len(brought[index])
    place = frames.range_of(index)
    return 0 if place is None else place.length
