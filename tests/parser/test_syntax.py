"""How a data set is encoded, by its transfer syntax or by a look at it."""

from __future__ import annotations

import pytest

from adicom.parser.syntax import Syntax, classify, item_is_implicit, looks_explicit, sniff
from tests import made


# PS3.6 table A-1, PS3.5 annex A; Papyrus 3 and GE's private one from what their files hold.
@pytest.mark.parametrize(
    ("uid", "syntax"),
    [
        ("1.2.840.10008.1.2", Syntax.IMPLICIT),
        ("1.2.840.10008.1.20", Syntax.IMPLICIT),
        ("1.2.840.113619.5.2", Syntax.IMPLICIT),
        ("1.2.840.10008.1.2.1", Syntax.EXPLICIT),
        ("1.2.840.10008.1.2.1.98", Syntax.EXPLICIT),
        ("1.2.840.10008.1.2.4.50", Syntax.EXPLICIT),
        ("1.2.840.10008.1.2.5", Syntax.EXPLICIT),
        ("1.2.840.10008.1.2.8.1", Syntax.EXPLICIT),
        ("1.2.840.10008.1.2.2", Syntax.BIG),
        ("1.2.840.10008.1.2.1.99", Syntax.DEFLATED),
        ("1.2.840.10008.1.2.4.95", Syntax.DEFLATED),
        ("1.2.840.10008.1.2.4.205", Syntax.DEFLATED),
        ("1.2.840.10008.1.2.6.1", Syntax.NO_DATA_SET),
        ("1.2.840.10008.1.2.6.2", Syntax.NO_DATA_SET),
        ("1.2.840.10008.1.2.7.3", Syntax.NO_DATA_SET),
        ("1.2.3.4", Syntax.UNKNOWN),
        ("", Syntax.UNKNOWN),
        (None, Syntax.UNKNOWN),
    ],
)
def test_classify(uid: str | None, syntax: str) -> None:
    assert classify(uid) == syntax


@pytest.mark.parametrize(
    ("head", "syntax"),
    [
        (made.element(0x00080005, "CS", "ISO_IR 100"), Syntax.EXPLICIT),
        (made.element(0x00080005, "CS", "ISO_IR 100", made.IMPLICIT), Syntax.IMPLICIT),
        (made.element(0x00080005, "CS", "ISO_IR 100", made.BIG), Syntax.BIG),
        (made.element(0x00020010, "UI", "1", made.BIG), Syntax.EXPLICIT),  # group 0200: no first group, nor is 0002
        (made.header(0x7FE00010, "OW", 8), Syntax.EXPLICIT),
        (b"\x08\0\x05\0\x0a\0", Syntax.IMPLICIT),
        (b"\x08\0\x05\0\x0a", Syntax.EXPLICIT),  # too short to tell
        (b"", Syntax.EXPLICIT),
    ],
)
def test_sniff(head: bytes, syntax: str) -> None:
    assert sniff(head[:8]) == syntax


@pytest.mark.parametrize("code", [b"AA", b"ZZ", b"CS"])
def test_two_capitals_look_explicit(code: bytes) -> None:
    assert looks_explicit(b"\x08\0\x05\0" + code)
    assert not looks_explicit(b"\x08\0\x05\0" + code[:1])


@pytest.mark.parametrize("code", [b"@A", b"A@", b"[A", b"A[", b"cs", b"  ", b"\0\0"])
def test_all_else_looks_implicit(code: bytes) -> None:
    assert not looks_explicit(b"\x08\0\x05\0" + code)


HEADS = {form: made.element(0x00080100, "SH", "113100", form)[:8] for form in made.FORMS}


@pytest.mark.parametrize("room", [14, None])
def test_an_item_in_an_explicit_data_set(room: int | None) -> None:
    assert not item_is_implicit(HEADS[made.EXPLICIT], implicit=False, little=True, room=room)
    assert not item_is_implicit(HEADS[made.BIG], implicit=False, little=False, room=room)
    assert item_is_implicit(HEADS[made.IMPLICIT], implicit=False, little=True, room=room)


@pytest.mark.parametrize("room", [14, None])
def test_an_item_in_an_implicit_data_set(room: int | None) -> None:
    assert item_is_implicit(HEADS[made.IMPLICIT], implicit=True, little=True, room=room)
    assert not item_is_implicit(HEADS[made.EXPLICIT], implicit=True, little=True, room=room)
    assert not item_is_implicit(HEADS[made.BIG], implicit=True, little=False, room=room)


def test_a_length_that_could_be_a_vr() -> None:
    """0x4144 is 16,708 bytes, or the VR "DA" in front of a 16-bit length of 0."""
    comments = b"\x10\0\0\x40DA\0\0"  # Patient Comments, which is LT
    assert item_is_implicit(comments, implicit=True, little=True, room=None)
    assert item_is_implicit(comments, implicit=True, little=True, room=16_716)
    # An item that is too short for such a value has none.
    assert not item_is_implicit(comments, implicit=True, little=True, room=16_715)
    birth_date = b"\x10\0\x30\0DA\0\0"
    assert not item_is_implicit(birth_date, implicit=True, little=True, room=16_716)


def test_a_vr_that_is_one_of_the_dictionary_s() -> None:
    smallest = b"\x28\0\x06\x01SS\2\0"  # Smallest Image Pixel Value: US or SS
    assert not item_is_implicit(smallest, implicit=True, little=True, room=None)
    private = b"\x09\0\x01\x10UI\2\0"
    assert item_is_implicit(private, implicit=True, little=True, room=None)
