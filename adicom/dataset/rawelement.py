"""Decodes a raw element that stands alone: what reading does for those in a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.dataelem import DataElement, RawDataElement, set_raw_converter
from adicom.dataset import convert
from adicom.dataset.dataset import Dataset

if TYPE_CHECKING:
    from adicom.parser.kinds import RawElement

__all__ = ("convert_raw",)


def convert_raw(raw: RawDataElement, encodings: tuple[str, ...] | None, dataset: Any) -> DataElement:
    """Return the data element that a raw one stands for.

    Args:
        raw: The raw element.
        encodings: The Python codecs of text; None for those of the dataset.
        dataset: The dataset it belongs to, which stays as it is; None for none.

    Raises:
        ParseError: It is a sequence, and its items are not as they should be.
        ValueError: It is deferred.
    """
    element: RawElement = convert.from_raw(raw)
    holder = Dataset() if dataset is None else dataset.copy()
    holder[raw.tag] = raw
    if encodings is not None:
        holder._own_scope().set_encodings(encodings)
    return convert.to_element(holder, element)


set_raw_converter(convert_raw)
