from __future__ import annotations

import pydicom.valuerep as theirs
import pytest

import adicom.valuerep
from adicom import vr


def test_length_forms_are_those_of_pydicom() -> None:
    assert set(vr.SHORT_VR.values()) == {str(name) for name in theirs.EXPLICIT_VR_LENGTH_16}
    assert set(vr.LONG_VR.values()) == {str(name) for name in theirs.EXPLICIT_VR_LENGTH_32}
    for table in (vr.SHORT_VR, vr.LONG_VR):
        assert all(key.decode() == name for key, name in table.items())


def test_kinds_are_those_of_pydicom() -> None:
    assert {str(name) for name in theirs.STANDARD_VR} == vr.STANDARD_VR
    assert {str(name) for name in theirs.AMBIGUOUS_VR} == vr.AMBIGUOUS_VR
    assert {str(name) for name in theirs.CUSTOMIZABLE_CHARSET_VR} == vr.CHARSET_VR
    assert {str(name) for name in theirs.STR_VR} == vr.STRING_VR


def test_members_are_those_of_pydicom() -> None:
    assert {member.name: str(member) for member in theirs.VR} == {member.name: str(member) for member in vr.VR}


def test_padding() -> None:
    assert vr.PADDING.keys() == vr.STANDARD_VR
    assert {name for name, pad in vr.PADDING.items() if pad == b" "} == vr.STRING_VR - {"UI"}
    assert set(vr.PADDING.values()) == {b" ", b"\0"}


def test_word_size() -> None:
    # PS3.5 7.3: these are what the byte order applies to.
    assert vr.WORD_SIZE.keys() == vr.STANDARD_VR - vr.STRING_VR - {"OB", "SQ", "UN"}
    assert {size: sorted(name for name in vr.WORD_SIZE if vr.WORD_SIZE[name] == size) for size in (2, 4, 8)} == {
        2: ["AT", "OW", "SS", "US"],
        4: ["FL", "OF", "OL", "SL", "UL"],
        8: ["FD", "OD", "OV", "SV", "UV"],
    }


def test_unsplit() -> None:
    assert sorted(vr.UNSPLIT_VR) == ["LT", "ST", "UR", "UT"]


@pytest.mark.parametrize(
    "name",
    """
    AMBIGUOUS_VR BUFFERABLE_VRS BYTES_VR CUSTOMIZABLE_CHARSET_VR DEFAULT_CHARSET_VR EXPLICIT_VR_LENGTH_16
    EXPLICIT_VR_LENGTH_32 FLOAT_VR INT_VR LIST_VR LONG_VALUE_VR STANDARD_VR STR_VR
    """.split(),
)
def test_sets_are_those_of_pydicom(name: str) -> None:
    assert getattr(adicom.valuerep, name) == getattr(theirs, name)
    assert all(hash(vr) == hash(str(vr)) for vr in adicom.valuerep.VR)


def test_a_ur_is_never_split() -> None:
    assert {"UR"} == adicom.valuerep.ALLOW_BACKSLASH - theirs.ALLOW_BACKSLASH


def test_limits_are_those_of_pydicom() -> None:
    assert adicom.valuerep.MAX_VALUE_LEN == theirs.MAX_VALUE_LEN
    assert adicom.valuerep.VR_REGEXES.keys() == theirs.VR_REGEXES.keys()
