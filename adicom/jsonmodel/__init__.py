"""The DICOM JSON Model (PS3.18 annex F): datasets to JSON, JSON to datasets, events to JSON while they come.

Example:
    >>> from adicom.dataset import Dataset
    >>> from adicom.jsonmodel import from_json, to_json
    >>> ds = from_json(Dataset, '{"00080060":{"vr":"CS","Value":["CT"]}}')
    >>> ds.Modality, to_json(ds)
    ('CT', '{"00080060":{"vr":"CS","Value":["CT"]}}')
"""

from __future__ import annotations

from adicom.jsonmodel.attributes import BINARY_VR, BULK_DATA_VR
from adicom.jsonmodel.events import JsonWriter, aevents_to_json, events_to_json
from adicom.jsonmodel.reading import element_from_json, from_json
from adicom.jsonmodel.writing import element_to_json, element_to_json_dict, to_json, to_json_dict

__all__ = (
    "BINARY_VR",
    "BULK_DATA_VR",
    "JsonWriter",
    "aevents_to_json",
    "element_from_json",
    "element_to_json",
    "element_to_json_dict",
    "events_to_json",
    "from_json",
    "to_json",
    "to_json_dict",
)
