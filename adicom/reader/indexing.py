"""What an index says of a dataset: where its elements lie, and how much of the source is its header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adicom.dataelem import DataElement
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import INFLATED
from adicom.pixels.index import ElementPlace, Index
from adicom.vr import STANDARD_VR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adicom.dataset import FileDataset
    from adicom.io.base import Identity
    from adicom.parser.kinds import RawElement
    from adicom.pixels import Layout, Table

__all__ = ("index_of",)

_READ_ALONG: Final = 1024 * 1024
"""Bytes of a deferred value that are read with the header behind it, to spare a request."""


def index_of(dataset: FileDataset, identity: Identity, layout: Layout | None, table: Table | None) -> Index:
    """Return what is known of the object that a dataset was read from."""
    raws = _raws_of(dataset)
    if any(raw[5] & INFLATED for raw, _ in raws):  # all of it is needed for any of it
        header = identity.size or 0
    else:
        header = _header_size(raws)
    places = [
        ElementPlace(tag, vr if vr in STANDARD_VR else None, offset, None if length == UNDEFINED_LENGTH else length)
        for (tag, vr, length, _, offset, _), _ in raws
    ]
    return Index(identity, header, layout, table, places)


def _raws_of(dataset: FileDataset) -> list[tuple[RawElement, bool]]:
    """Return the elements that were read, in their order, and whether each is deferred."""
    found: list[tuple[RawElement, bool]] = []
    for holder in (dataset.file_meta, dataset):
        for tag in holder._elements:
            element = holder._raw(tag)
            raw = element._raw if isinstance(element, DataElement) else element
            if raw is not None:
                is_sequence = isinstance(element, DataElement) and element.VR == "SQ"
                found.append((raw, raw[3] is None and not is_sequence))
    return sorted(found, key=lambda one: one[0][4])


def _header_size(raws: Sequence[tuple[RawElement, bool]]) -> int:
    """Return where the bytes end that a header read needs: at the first long value that is deferred."""
    end = 0
    for (_, _, length, _, offset, _), is_deferred in raws:
        if is_deferred and (length == UNDEFINED_LENGTH or length > _READ_ALONG):
            return offset
        end = max(end, offset if length == UNDEFINED_LENGTH else offset + length)
    return end
