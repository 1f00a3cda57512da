"""The data element: a tag, its VR, its value.

Three forms exist: :class:`RawDataElement`, the bytes as they were read; :class:`DataElement`, with a Python
value; and a :class:`DataElement` whose value is :class:`Deferred`, still where it was found, or is made while it is
written: a :class:`StreamValue`, an :class:`EncapsulatedValue`.
"""

from __future__ import annotations

from adicom.dataelem.assigning import empty_value_for_VR, set_sequence_maker
from adicom.dataelem.deferred import Deferred, Loader
from adicom.dataelem.element import DataElement
from adicom.dataelem.elsewhere import EncapsulatedValue, StreamValue
from adicom.dataelem.raw import (
    DataElement_from_raw,
    RawDataElement,
    convert_raw_data_element,
    set_raw_converter,
)

__all__ = (
    "DataElement",
    "DataElement_from_raw",
    "Deferred",
    "EncapsulatedValue",
    "Loader",
    "RawDataElement",
    "StreamValue",
    "convert_raw_data_element",
    "empty_value_for_VR",
    "set_raw_converter",
    "set_sequence_maker",
)
