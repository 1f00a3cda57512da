"""The numbers that stand for encodings, and values that lie inside other bytes."""

from __future__ import annotations

import pytest

from adicom.parser import Encoding
from adicom.parser.kinds import INFLATED, LITTLE, encoding_of, form_of, odd_form, value_of


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("little", [False, True])
@pytest.mark.parametrize("inflated", [False, True])
def test_a_form_stands_for_its_encoding(implicit: bool, little: bool, inflated: bool) -> None:
    form = form_of(implicit=implicit, little=little, inflated=inflated)
    assert encoding_of(form) == Encoding(implicit, little, inflated)


@pytest.mark.parametrize(
    ("code", "reserved"), [(b"??", b""), (b"\0\0", b""), (b"XX", b"\0\0"), (b"XX", b"\1\2"), (None, b"\xff\xff")]
)
def test_odd_headers_are_remembered(code: bytes | None, reserved: bytes) -> None:
    form = odd_form(LITTLE | INFLATED, vr_code=code, reserved=reserved)
    assert encoding_of(form) == Encoding(False, True, True, code, reserved)
    # What is odd about one header is not about the next.
    assert encoding_of(odd_form(form, vr_code=None, reserved=b"\0\0")) == Encoding(False, True, True)


def test_value_of() -> None:
    assert value_of((0x00100020, "LO", 2, b"ab", 8, LITTLE)) == b"ab"
    assert value_of((0x00100020, "LO", 2, None, 8, LITTLE)) is None
    assert value_of((0x00100020, "LO", 2, (b"..ab..", 2), 8, LITTLE)) == b"ab"
