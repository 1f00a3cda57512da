"""What switches between character sets inside a text, and what resets them (PS3.5 6.1.2.5)."""

from __future__ import annotations

from typing import Final

__all__ = (
    "ASCII",
    "ESC",
    "G0_CODECS",
    "G0_ESCAPES",
    "G1_ESCAPES",
    "G1_ESCAPE_OF",
    "PN_DELIMITERS",
    "ROMAJI",
    "TEXT_DELIMITERS",
    "VALUE_DELIMITERS",
)

TEXT_DELIMITERS: Final = b"\t\n\f\r"
"""What resets the character set in ST, LT and UT (PS3.5 6.1.2.5.3)."""

VALUE_DELIMITERS: Final = b"\t\n\f\r\\"
"""What resets it in LO, SH and UC."""

PN_DELIMITERS: Final = b"\t\n\f\r\\^="
"""What resets it in a person's name."""

# PS3.3 tables C.12-3 and C.12-4: what follows ESC, and the codec that it switches G1 to.
G1_ESCAPES: Final[dict[bytes, str]] = {
    b"-A": "latin_1",
    b"-B": "iso8859_2",
    b"-C": "iso8859_3",
    b"-D": "iso8859_4",
    b"-F": "iso8859_7",
    b"-G": "iso8859_6",
    b"-H": "iso8859_8",
    b"-L": "iso8859_5",
    b"-M": "iso8859_9",
    b"-T": "tis_620",
    b"-b": "iso8859_15",
    b")I": "shift_jis",
    b"$)C": "euc_kr",
    b"$)A": "gb2312",
}
G1_ESCAPE_OF: Final = {codec: escape for escape, codec in G1_ESCAPES.items()}

# Two bytes a character in G0. Python's codecs want to see these escape sequences themselves.
G0_ESCAPES: Final[dict[bytes, str]] = {b"$B": "iso2022_jp", b"$(D": "iso2022_jp_2"}
G0_CODECS: Final = frozenset(G0_ESCAPES.values())

ASCII: Final = b"(B"
ROMAJI: Final = b"(J"
ESC: Final = b"\x1b"
