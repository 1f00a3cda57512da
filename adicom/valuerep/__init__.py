"""The classes of values that are more than a plain str, int or float, and what is known of each VR.

DA, DT and TM are dates that keep their text, DS and IS are numbers that do, PN is a name in up to three scripts.
The sets of VRs have the names that pydicom gives them; their members are plain strings, equal to those of :class:`VR`.
"""

from __future__ import annotations

from typing import Final

from adicom.charset import default_encoding
from adicom.checking import (
    IGNORE,
    MAX_VALUE_LEN,
    RAISE,
    VR_REGEXES,
    WARN,
    ValidationMode,
    validate_value,
    validation,
)
from adicom.valuerep.dates import DA, DT, TM
from adicom.valuerep.decimal_strings import DS, DSdecimal, DSfloat, format_number_as_ds, is_valid_ds
from adicom.valuerep.integer_strings import IS, ISfloat
from adicom.valuerep.person_name import PersonName
from adicom.vr import (
    ALLOW_BACKSLASH,
    AMBIGUOUS_VR,
    BYTES_VR,
    CHARSET_VR,
    DEFAULT_CHARSET_VR,
    LONG_VALUE_VR,
    SHORT_VR,
    STANDARD_VR,
    STRING_VR,
    VR,
)

__all__ = (
    "ALLOW_BACKSLASH",
    "AMBIGUOUS_VR",
    "BUFFERABLE_VRS",
    "BYTES_VR",
    "CUSTOMIZABLE_CHARSET_VR",
    "DA",
    "DEFAULT_CHARSET_VR",
    "DS",
    "DT",
    "EXPLICIT_VR_LENGTH_16",
    "EXPLICIT_VR_LENGTH_32",
    "FLOAT_VR",
    "IGNORE",
    "INT_VR",
    "IS",
    "LIST_VR",
    "LONG_VALUE_VR",
    "MAX_VALUE_LEN",
    "RAISE",
    "STANDARD_VR",
    "STR_VR",
    "TM",
    "VR",
    "VR_REGEXES",
    "WARN",
    "DSclass",
    "DSdecimal",
    "DSfloat",
    "ISfloat",
    "PersonName",
    "PersonName3",
    "PersonNameUnicode",
    "ValidationMode",
    "default_encoding",
    "format_number_as_ds",
    "is_valid_ds",
    "validate_value",
    "validation",
)

CUSTOMIZABLE_CHARSET_VR: Final = CHARSET_VR
STR_VR: Final = STRING_VR
FLOAT_VR: Final = frozenset(("DS", "FD", "FL"))
INT_VR: Final = frozenset("AT IS SL SS SV UL US UV".split())
LIST_VR: Final = frozenset(("SQ",))
EXPLICIT_VR_LENGTH_16: Final = frozenset(SHORT_VR.values())
EXPLICIT_VR_LENGTH_32: Final = STANDARD_VR - EXPLICIT_VR_LENGTH_16
BUFFERABLE_VRS: Final = BYTES_VR - {"UN"} | {"OB or OW"}

DSclass: Final = DSfloat
"""What :func:`DS` makes."""

# What pydicom called it before version 3.
PersonName3: Final = PersonName
PersonNameUnicode: Final = PersonName
