"""The classes of values that are more than a plain str, int or float.

DA, DT and TM are dates that keep their text, DS and IS are numbers that do, PN is a name in up to three scripts.
"""

from __future__ import annotations

from adicom.valuerep.dates import DA, DT, TM
from adicom.valuerep.numbers import DS, IS, DSdecimal, DSfloat, ISfloat, format_number_as_ds, is_valid_ds
from adicom.valuerep.person_name import PersonName

__all__ = (
    "DA",
    "DS",
    "DT",
    "IS",
    "TM",
    "DSdecimal",
    "DSfloat",
    "ISfloat",
    "PersonName",
    "format_number_as_ds",
    "is_valid_ds",
)
