"""What events tell beside their fields."""

from __future__ import annotations

import pytest

from adicom.parser import Element, Encoding, FileEnd
from adicom.parser.events import header_size
from adicom.tag import BaseTag

EXPLICIT = Encoding(implicit_vr=False, little_endian=True)
IMPLICIT = Encoding(implicit_vr=True, little_endian=True)
# A VR that is none, in a header without reserved bytes.
SHORT = Encoding(implicit_vr=False, little_endian=True, vr_code=b"??", reserved=b"")


# PS3.5 tables 7.1-1 to 7.1-3.
@pytest.mark.parametrize(
    ("vr", "encoding", "size"),
    [
        ("US", EXPLICIT, 8),
        ("UN", EXPLICIT, 12),
        ("SQ", EXPLICIT, 12),
        ("SV", EXPLICIT, 12),
        ("UN", IMPLICIT, 8),
        ("US or SS", IMPLICIT, 8),
        ("UN", SHORT, 8),
        (None, IMPLICIT, 8),
    ],
)
def test_size_of_a_header(vr: str | None, encoding: Encoding, size: int) -> None:
    assert header_size(vr, encoding) == size


def test_where_a_value_starts() -> None:
    tag = BaseTag(0x00091001)
    assert Element(100, (), EXPLICIT, tag, "OB", 2, b"ab").value_offset == 112
    assert Element(100, (), IMPLICIT, tag, "OB", 2, b"ab").value_offset == 108


def test_inflated_is_the_encoding_s() -> None:
    inflated = Encoding(implicit_vr=False, little_endian=True, inflated=True)
    assert FileEnd(7, (), inflated, 0).inflated
    assert not FileEnd(7, (), EXPLICIT, 0).inflated
