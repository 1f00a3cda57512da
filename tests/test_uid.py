from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import pydicom.uid
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom._uid_dict import UID_dictionary

import adicom.uid
from adicom.errors import DicomWarning
from adicom.uid import UID, generate_uid

PROPERTIES = ("name", "type", "info", "is_retired", "keyword", "is_private", "is_valid", "is_transfer_syntax")
SYNTAX = ("is_implicit_VR", "is_little_endian", "is_deflated", "is_encapsulated", "is_compressed")

# What pydicom says otherwise of a transfer syntax, and why adicom is right.
DIFFERENT = {
    ("1.2.840.10008.1.2.4.95", "is_deflated"): "PS3.5 A.7: JPIP Referenced Deflate deflates the data set",
    ("1.2.840.10008.1.2.4.205", "is_deflated"): "PS3.5 A.11: JPIP HTJ2K Referenced Deflate deflates the data set",
    ("1.2.840.10008.1.20", "is_implicit_VR"): "Papyrus 3 is Implicit VR Little Endian, as its name says",
    ("1.2.840.10008.1.20", "is_encapsulated"): "its pixel data is native",
    ("1.2.840.10008.1.20", "is_compressed"): "its pixel data is native",
}


def look(uid: Any, name: str) -> Any:
    """Return the property, or the error's type."""
    try:
        return getattr(uid, name)
    except ValueError as exc:
        return type(exc)


@pytest.mark.parametrize("text", [*UID_dictionary, "1.2.3", "1.2.840.10008.1.1.99", ""])
def test_properties_are_those_of_pydicom(text: str) -> None:
    ours, theirs = UID(text), pydicom.uid.UID(text)
    assert {name: look(ours, name) for name in PROPERTIES} == {name: look(theirs, name) for name in PROPERTIES}
    for name in SYNTAX:
        assert (look(ours, name) != look(theirs, name)) == ((text, name) in DIFFERENT), name


def test_every_uid_of_pydicom_has_its_name() -> None:
    theirs = {name: uid for name, uid in vars(pydicom.uid).items() if isinstance(uid, pydicom.uid.UID)}
    del theirs["PYDICOM_IMPLEMENTATION_UID"]
    assert {name: getattr(adicom.uid, name) for name in theirs} == theirs


def test_constants_have_the_names_of_the_registry() -> None:
    constants = {name: uid for name, uid in vars(adicom.uid).items() if isinstance(uid, UID)}
    assert len(constants) > 40
    for name, uid in constants.items():
        assert uid.is_transfer_syntax
        assert name in adicom.uid.__all__
        assert uid.keyword == name or name == "GEPrivateImplicitVRLittleEndian"


def test_all_transfer_syntaxes() -> None:
    registered = {uid for uid in map(UID, UID_dictionary) if uid.type == "Transfer Syntax" and not uid.is_retired}
    added = {"1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112", "1.2.840.10008.1.2.8.1"}
    assert set(adicom.uid.AllTransferSyntaxes) == registered | added | {adicom.uid.ExplicitVRBigEndian}
    assert len(set(adicom.uid.AllTransferSyntaxes)) == len(adicom.uid.AllTransferSyntaxes)


@pytest.mark.parametrize("name", ["JPEG", "JPEGLS", "JPEG2000", "MPEG", "RLE", "Uncompressed"])
def test_groups_are_those_of_pydicom(name: str) -> None:
    assert list(getattr(adicom.uid, f"{name}TransferSyntaxes")) == getattr(pydicom.uid, f"{name}TransferSyntaxes")


def test_deflated() -> None:
    deflated = {str(uid) for uid in adicom.uid.AllTransferSyntaxes if uid.is_deflated}
    assert deflated == {"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"}


def test_private_syntax_of_ge() -> None:
    uid = UID("1.2.840.113619.5.2")
    assert uid.is_transfer_syntax
    assert uid.is_private
    assert uid.is_implicit_VR
    assert uid.is_little_endian
    assert not uid.is_encapsulated
    assert uid.name == "1.2.840.113619.5.2"


def test_private_encoding_lives_on_in_copies() -> None:
    uid = UID("1.2.3.4")
    assert not uid.is_transfer_syntax
    with pytest.raises(ValueError, match="not a transfer syntax"):
        assert uid.is_little_endian
    uid.set_private_encoding(True, False)
    for other in (UID(uid), copy.copy(uid), copy.deepcopy(uid), pickle.loads(pickle.dumps(uid))):
        assert (other.is_transfer_syntax, other.is_implicit_VR, other.is_little_endian) == (True, True, False)
    assert not UID("1.2.3.4").is_transfer_syntax


def test_made_of_strings_only() -> None:
    assert UID(" 1.2.3 ") == "1.2.3"
    with pytest.raises(TypeError):
        UID(1)  # type: ignore[arg-type]  # the point of the test
    with pytest.raises(TypeError):
        UID(b"1.2")  # type: ignore[arg-type]  # the point of the test


@given(st.text("0123456789.a²", max_size=70))
def test_is_valid(text: str) -> None:
    expected = len(text) <= 64 and re.fullmatch(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*", text) is not None
    assert UID(text, "ignore").is_valid == expected
    if expected or not text:
        UID(text)
    else:
        with pytest.warns(DicomWarning, match="with VR UI"):
            UID(text)


def test_unknown_attribute() -> None:
    with pytest.raises(AttributeError, match="NoSuchStorage"):
        adicom.uid.NoSuchStorage  # noqa: B018 - the look-up is the test
    with pytest.raises(ImportError):
        from adicom.uid import NoSuchStorage  # noqa: F401


def test_generate_uid() -> None:
    made = {generate_uid() for _ in range(100)} | {generate_uid("1.2.3.") for _ in range(100)}
    assert len(made) == 200
    assert all(uid.is_valid for uid in made)
    assert {uid[:5] for uid in made} == {"2.25.", "1.2.3"}
    assert generate_uid(entropy_srcs=["a"]) == generate_uid(entropy_srcs=["a"]) != generate_uid(entropy_srcs=["b"])
    assert int(generate_uid(entropy_srcs=["a"])[5:]) < 2**128


@given(st.lists(st.text(), max_size=3))
def test_generate_uid_from_the_same_sources_as_pydicom(sources: list[str]) -> None:
    assert generate_uid("1.2.826.", sources) == str(pydicom.uid.generate_uid("1.2.826.", sources))


@pytest.mark.parametrize("prefix", ["", "1.2.3", ".", "1..", "01.", "a.", "1." * 32, "1." * 40])
def test_generate_uid_refuses_a_bad_prefix(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        generate_uid(prefix)


def test_generate_uid_with_the_longest_prefix() -> None:
    uid = generate_uid("1." * 31)
    assert len(uid) <= 64
    assert uid.is_valid


def test_the_registry_is_pydicoms_but_for_what_is_new() -> None:
    table = adicom.uid.UID_dictionary
    assert {uid: table[uid] for uid in UID_dictionary} == UID_dictionary
    with pytest.raises(TypeError):
        table["1.2.3"] = ("", "", "", "", "")


@pytest.mark.parametrize(
    ("former", "uid"),
    [
        ("JPEGBaseline", "1.2.840.10008.1.2.4.50"),
        ("JPEGExtended", "1.2.840.10008.1.2.4.51"),
        ("JPEGLosslessP14", "1.2.840.10008.1.2.4.57"),
        ("JPEGLSLossy", "1.2.840.10008.1.2.4.81"),
        ("JPEG2000MultiComponentLossless", "1.2.840.10008.1.2.4.92"),
        ("JPEG2000MultiComponent", "1.2.840.10008.1.2.4.93"),
    ],
)
def test_names_of_pydicom_1(former: str, uid: str) -> None:
    assert getattr(adicom.uid, former) == uid
