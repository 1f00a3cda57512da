"""PersonName: pydicom as the oracle."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pydicom.valuerep
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adicom.charset import encodings_for
from adicom.errors import DicomWarning, EncodeError
from adicom.valuerep import PersonName

JAPANESE = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B"
JAPANESE_TEXT = "Yamada^Tarou=山田^太郎=やまだ^たろう"
ENCODINGS = ("iso8859_1", "iso2022_jp")
PROPERTIES = (
    "family_name given_name middle_name name_prefix name_suffix alphabetic ideographic phonetic components".split()
)


@given(st.text("AB^= é", max_size=12))
def test_parts_are_as_in_pydicom(text: str) -> None:
    ours: Any = PersonName(text, validation_mode=0)
    theirs: Any = pydicom.valuerep.PersonName(text, validation_mode=0)
    assert [getattr(ours, name) for name in PROPERTIES] == [getattr(theirs, name) for name in PROPERTIES]
    assert (str(ours), repr(ours), len(ours), bool(ours)) == (str(theirs), repr(theirs), len(theirs), bool(theirs))
    assert ours.family_comma_given() == theirs.family_comma_given()
    assert list(ours) == list(theirs)
    encoded: Any = PersonName(text.encode("latin-1"), ["latin_1"])
    assert encoded == ours
    assert encoded.components == ours.components


def test_it_is_decoded_when_it_is_looked_at() -> None:
    name: Any = PersonName(b"\xff", ("utf_8",))
    assert (name.original_string, name.encodings) == (b"\xff", ("utf_8",))
    assert name
    with pytest.warns(DicomWarning):
        assert str(name) == "\ufffd"
    assert str(name) == "\ufffd"


def test_three_groups() -> None:
    name: Any = PersonName(JAPANESE, ENCODINGS)
    assert name.components == tuple(JAPANESE_TEXT.split("="))
    assert name.formatted("%(given_name)s %(family_name)s %(phonetic)s") == "Tarou Yamada やまだ^たろう"
    assert name.original_string == JAPANESE


def test_half_a_character_is_no_separator() -> None:
    # The first byte of this Kanji is 3DH, that of "=".
    raw = b"A=\x1b$B=U\x1b(B"
    name: Any = PersonName(raw, ENCODINGS)
    assert name.components == ("A", "春")


def test_comparisons() -> None:
    name: Any = PersonName("A^B")
    assert name == "A^B"
    assert name == PersonName(b"A^B")
    assert name != "A"
    assert name != PersonName("A")
    assert name != 5
    assert name != None  # noqa: E711  # a comparison as users write it
    assert {name: 1}["A^B"] == 1
    assert "^" in name
    assert not PersonName("")
    assert not PersonName("=")
    assert PersonName("=A")


def test_none_makes_none() -> None:
    assert PersonName(None) is None


def test_of_a_name() -> None:
    name: Any = PersonName(JAPANESE, ENCODINGS)
    other: Any = PersonName(name)
    assert other == name
    assert (other.original_string, other.encodings) == (JAPANESE, ENCODINGS)


def test_one_encoding_as_a_text() -> None:
    assert str(PersonName("é".encode(), "utf_8")) == "é"


def test_encode() -> None:
    name: Any = PersonName(JAPANESE_TEXT)
    assert name.original_string is None
    assert name.encode(ENCODINGS) == JAPANESE
    assert name.encode("utf_8") == JAPANESE_TEXT.encode()
    with pytest.raises(EncodeError) as caught:
        name.encode("latin_1")
    assert "山" not in str(caught.value)
    with pytest.warns(DicomWarning, match="replaced"):
        assert name.encode("latin_1", errors="replace") == b"Yamada^Tarou=??^??=???^???"
    assert PersonName("A").encode() == b"A"  # type: ignore[union-attr]


def test_encode_gives_back_what_was_read() -> None:
    raw = b"A^B==="
    name: Any = PersonName(raw, ("latin_1",))
    assert name.encode() == name.encode(["latin_1"]) == name.encode("latin_1") == raw
    assert name.encode("utf_8") == b"A^B"
    assert PersonName(raw).encode(["utf_8"]) == raw  # type: ignore[union-attr]
    assert PersonName("A^B", original_string=raw).encode() == raw  # type: ignore[union-attr]


def test_decode() -> None:
    name: Any = PersonName("é".encode(), ("latin_1",))
    assert str(name) == "Ã©"
    assert name.decode() is name
    assert name.decode(["latin_1"]) is name
    assert str(name.decode("utf_8")) == "é"
    text: Any = PersonName("é")
    assert str(text.decode("utf_8")) == "é"
    assert text.decode("utf_8").encode() == "é".encode()
    known: Any = PersonName("Ã©", ("latin_1",))
    assert str(known.decode("utf_8")) == "é"


@pytest.mark.parametrize("name", [PersonName("A^B"), PersonName(JAPANESE, ENCODINGS), PersonName("")])
def test_copies(name: Any) -> None:
    for other in (copy.copy(name), copy.deepcopy(name), pickle.loads(pickle.dumps(name))):
        assert other == name
        assert (other.original_string, other.encodings) == (name.original_string, name.encodings)


def test_it_does_not_change() -> None:
    name: Any = PersonName("A")
    for attribute in ("family_name", "original_string", "encodings", "anything"):
        with pytest.raises(AttributeError):
            setattr(name, attribute, "B")


NAMED: dict[str, Any] = {
    "family_name": "Hong",
    "given_name": b"Gildong",
    "family_name_ideographic": "洪",
    "given_name_ideographic": "吉洞",
    "family_name_phonetic": "홍",
    "given_name_phonetic": "길동",
}


def test_from_named_components() -> None:
    encodings = list(encodings_for(["", "ISO 2022 IR 149"]))
    ours = PersonName.from_named_components(**NAMED, encodings=encodings)
    theirs = pydicom.valuerep.PersonName.from_named_components(**NAMED, encodings=["iso8859", "euc_kr"])
    assert str(ours) == str(theirs) == "Hong^Gildong=洪^吉洞=홍^길동"
    assert ours.original_string == theirs.original_string
    assert ours.encodings == tuple(encodings)
    assert PersonName.from_named_components("A", name_suffix="B").encodings is None
    assert PersonName.from_named_components() == ""


def test_from_named_components_veterinary() -> None:
    name = PersonName.from_named_components_veterinary("ABC Farms", "Running on Water", patient_name_phonetic="x")
    assert name == "ABC Farms^Running on Water==^x"


@pytest.mark.parametrize("part", ["A^B", "A=B", "A\\B", b"A^B"])
def test_parts_have_no_separators(part: str | bytes) -> None:
    with pytest.raises(ValueError, match="part of a name"):
        PersonName.from_named_components(part)


@pytest.mark.parametrize("value", [3, 1.5, [], ["A"], {}, object()])
def test_what_is_no_text_is_no_name(value: Any) -> None:
    with pytest.raises(TypeError, match="made of text"):
        PersonName(value)
