"""Look-ups in data dictionaries: that of the standard, those of the vendors, and one of your own.

Example:
    >>> from adicom.datadict import dictionary_VR, private_dictionary_VR
    >>> dictionary_VR("PatientName"), private_dictionary_VR(0x00291008, "SIEMENS CSA HEADER")
    ('PN', 'CS')
"""

from __future__ import annotations

from typing import Any

from adicom.datadict.additions import DataDictionary
from adicom.datadict.lookup import (
    TABLES,
    dictionary_description,
    dictionary_has_tag,
    dictionary_is_retired,
    dictionary_keyword,
    dictionary_VM,
    dictionary_VR,
    find_private_vr,
    find_vr,
    get_entry,
    get_private_entry,
    is_sequence,
    keyword_for_tag,
    mask_match,
    private_dictionary_description,
    private_dictionary_VM,
    private_dictionary_VR,
    repeater_has_keyword,
    repeater_has_tag,
    sequence_tags,
    table,
    tag_for_keyword,
)

__all__ = (
    "DataDictionary",
    "dictionary_VM",
    "dictionary_VR",
    "dictionary_description",
    "dictionary_has_tag",
    "dictionary_is_retired",
    "dictionary_keyword",
    "find_private_vr",
    "find_vr",
    "get_entry",
    "get_private_entry",
    "is_sequence",
    "keyword_for_tag",
    "mask_match",
    "private_dictionary_VM",
    "private_dictionary_VR",
    "private_dictionary_description",
    "repeater_has_keyword",
    "repeater_has_tag",
    "sequence_tags",
    "tag_for_keyword",
)

_ADDING = ("add_dict_entries", "add_dict_entry", "add_private_dict_entries", "add_private_dict_entry")


def __getattr__(name: str) -> Any:
    """Return a whole table, unpacked when it is first asked for: ``adicom.datadict.DicomDictionary``."""
    if name in TABLES:
        return table(name)
    if name in _ADDING:  # of pydicom: they would change what everybody gets
        raise AttributeError(f"{name}: nothing is added for the whole process, use a DataDictionary")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *TABLES})
