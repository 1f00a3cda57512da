"""What PS3.5 says about each Value Representation (VR)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = (
    "ALLOW_BACKSLASH",
    "AMBIGUOUS_VR",
    "BYTES_VR",
    "CHARSET_VR",
    "DEFAULT_CHARSET_VR",
    "LONG_VALUE_VR",
    "LONG_VR",
    "OPEN_NUMBER",
    "PADDING",
    "SHORT_VR",
    "STANDARD_VR",
    "STRING_VR",
    "UNSPLIT_VR",
    "VR",
    "WORD_SIZE",
)

# PS3.5 table 7.1-2: those with a 16-bit length in Explicit VR; all others have two reserved bytes and a 32-bit length.
SHORT_VR: Final[dict[bytes, str]] = {
    name.encode(): name for name in "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split()
}
LONG_VR: Final[dict[bytes, str]] = {name.encode(): name for name in "OB OD OF OL OV OW SQ SV UC UN UR UT UV".split()}

STANDARD_VR: Final = frozenset(SHORT_VR.values()) | frozenset(LONG_VR.values())

# PS3.6 leaves these to the value of another element, or to the transfer syntax.
OPEN_NUMBER: Final = "US or SS"
"""The choice that Pixel Representation makes, which any element of an image may change after the others."""

AMBIGUOUS_VR: Final = frozenset({OPEN_NUMBER, "OB or OW", "US or OW", "US or SS or OW"})

# PS3.5 6.1.2.3: those that Specific Character Set (0008,0005) applies to.
CHARSET_VR: Final = frozenset("LO LT PN SH ST UC UT".split())

# PS3.5 table 6.2-1: those that are always in the default repertoire.
DEFAULT_CHARSET_VR: Final = frozenset("AE AS CS DA DS DT IS TM UI UR".split())

STRING_VR: Final = CHARSET_VR | DEFAULT_CHARSET_VR

BYTES_VR: Final = frozenset("OB OD OF OL OV OW UN".split())

# PS3.5 6.2: a backslash in these is a character like any other.
UNSPLIT_VR: Final = frozenset("LT ST UR UT".split())

# Those, and what is bytes or may be.
ALLOW_BACKSLASH: Final = UNSPLIT_VR | BYTES_VR | (AMBIGUOUS_VR - {"US or SS"})

# Values that may be so long that they are summed up when they are shown.
LONG_VALUE_VR: Final = BYTES_VR | AMBIGUOUS_VR | {"LT", "UC", "UT"}

# The bytes of one binary number, which is what a change of byte order turns round. AT is two 16-bit numbers.
WORD_SIZE: Final[dict[str, int]] = {
    **dict.fromkeys("AT OW SS US".split(), 2),
    **dict.fromkeys("FL OF OL SL UL".split(), 4),
    **dict.fromkeys("FD OD OV SV UV".split(), 8),
}

# PS3.5 6.2: what makes the length of a value even.
PADDING: Final[dict[str, bytes]] = {name: b" " if name in STRING_VR and name != "UI" else b"\0" for name in STANDARD_VR}


class VR(StrEnum):
    """The Value Representations by name, as pydicom has them.

    adicom itself uses the plain strings, which are equal.

    Example:
        >>> VR.PN == "PN", str(VR.US_SS)
        (True, 'US or SS')
    """

    AE = "AE"
    AS = "AS"
    AT = "AT"
    CS = "CS"
    DA = "DA"
    DS = "DS"
    DT = "DT"
    FD = "FD"
    FL = "FL"
    IS = "IS"
    LO = "LO"
    LT = "LT"
    OB = "OB"
    OD = "OD"
    OF = "OF"
    OL = "OL"
    OV = "OV"
    OW = "OW"
    PN = "PN"
    SH = "SH"
    SL = "SL"
    SQ = "SQ"
    SS = "SS"
    ST = "ST"
    SV = "SV"
    TM = "TM"
    UC = "UC"
    UI = "UI"
    UL = "UL"
    UN = "UN"
    UR = "UR"
    US = "US"
    UT = "UT"
    UV = "UV"
    US_SS_OW = "US or SS or OW"
    US_SS = "US or SS"
    US_OW = "US or OW"
    OB_OW = "OB or OW"
