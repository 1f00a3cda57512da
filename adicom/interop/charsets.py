"""The names that the two libraries give to the Python codecs of text.

pydicom compares them as texts to decide whether bytes can be written as they are, so they must be exactly its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adicom.charset import DEFAULT_ENCODING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ("ours", "theirs")

# What is in neither column is called the same in both.
_THEIRS: Final[dict[str, str]] = {
    DEFAULT_ENCODING: "iso8859",
    "iso8859_5": "iso_ir_144",
    "iso8859_6": "iso_ir_127",
    "iso8859_7": "iso_ir_126",
    "iso8859_8": "iso_ir_138",
    "iso8859_9": "iso_ir_148",
    "tis_620": "iso_ir_166",
    "utf_8": "UTF8",
    "gb18030": "GB18030",
    "gbk": "GBK",
    "gb2312": "iso_ir_58",
}
_OURS: Final[dict[str, str]] = {**{name: codec for codec, name in _THEIRS.items()}, "GB2312": "gb2312"}


def theirs(encodings: Iterable[str]) -> list[str]:
    """Return pydicom's names of codecs.

    Example:
        >>> theirs(("iso8859_1", "iso2022_jp"))
        ['iso8859', 'iso2022_jp']
    """
    return [_THEIRS.get(name, name) for name in encodings]


def ours(encodings: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return adicom's names of codecs, none where pydicom names none.

    Example:
        >>> ours("iso8859"), ours(["UTF8"]), ours("")
        (('iso8859_1',), ('utf_8',), ())
    """
    names = [encodings] if isinstance(encodings, str) else encodings or []
    return tuple(_OURS.get(name, name) for name in names if name)
