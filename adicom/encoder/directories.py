"""Encodes a DICOMDIR, whose records hang together by their offsets in the file (PS3.3 F.3.2.2).

Where records have moved, the offsets that lead to them are made anew; one that cannot be is an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adicom.dataset.bare import set_elements
from adicom.dataset.dataset import Dataset
from adicom.dataset.record_links import FIRST, LOWER, NEXT, RECORDS, SHARED_FILE, offset_of
from adicom.encoder.datasets import laid_out
from adicom.errors import EncodeError
from adicom.sequence import Sequence

if TYPE_CHECKING:
    from adicom.encoder.layout import Layout
    from adicom.encoder.output import Options
    from adicom.errors import Path

__all__ = ("laid_out_directory",)

_LAST: Final = 0x00041202
_OF_FILE: Final = (FIRST, _LAST)
_OF_RECORD: Final = (NEXT, LOWER, SHARED_FILE)


def laid_out_directory(dataset: Dataset, form: int, options: Options, start: int) -> Layout:
    """Lay out a DICOMDIR.

    Args:
        dataset: The dataset.
        form: How it is written.
        options: The same.
        start: How many bytes of the file come before it.

    Raises:
        EncodeError: An offset leads to a record whose place is not known any more.
    """
    records = dataset._element(RECORDS).value
    layout = laid_out(dataset, form, options)
    if not isinstance(records, Sequence):
        return layout
    places = {number: start + position for number, position in enumerate(layout.positions)}
    origin = dataset._origin
    moves: dict[int, int] = {}
    for number, record in enumerate(records):
        was_here = record._origin is not None and origin is not None and record._origin.root is origin.root
        offset = offset_of(record) if was_here else None
        if offset is not None:
            moves[offset] = places[number]
    if len(moves) == len(records) and all(old == new for old, new in moves.items()):
        return layout  # every record is where it was
    here = frozenset(places.values())
    twin = dataset.copy()
    _lead(twin, _OF_FILE, moves, here, ())
    items = [_plain(record) for record in records]
    for number, item in enumerate(items):
        _lead(item, _OF_RECORD, moves, here, ((RECORDS, number),))
    element = dataset._element(RECORDS)
    set_elements(twin, {**twin._elements, RECORDS: element._twin(records.like(items), element._raw)})
    return laid_out(twin, form, options)


def _plain(record: Dataset) -> Dataset:
    """Return a record as a dataset that can be changed."""
    item = Dataset(record)
    item.is_undefined_length_sequence_item = record.is_undefined_length_sequence_item
    return item


def _lead(dataset: Dataset, tags: tuple[int, ...], moves: dict[int, int], here: frozenset[int], path: Path) -> None:
    """Let the offsets in a dataset lead to where the records are now.

    Raises:
        EncodeError: One of them leads nowhere.
    """
    for tag in tags:
        offset = dataset._element(tag).value if tag in dataset._elements else None
        if not isinstance(offset, int) or not offset:
            continue
        place = moves.get(offset, offset if not moves and offset in here else None)
        if place is None:
            raise EncodeError(
                "the records of the directory have moved, and this offset leads to none that is known",
                path=path,
                tag=tag,
            )
        if place != offset:
            dataset.add_new(tag, "UL", place)
