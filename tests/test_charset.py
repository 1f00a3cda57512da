"""Specific Character Set: the examples of PS3.5, pydicom as the oracle, and what files get wrong."""

from __future__ import annotations

import codecs
import warnings
from typing import Any

import pydicom.charset
import pydicom.dataelem
import pydicom.valuerep
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adicom.charset import (
    DEFAULT_ENCODING,
    PN_DELIMITERS,
    TEXT_DELIMITERS,
    VALUE_DELIMITERS,
    convert_encodings,
    decode_bytes,
    decode_element,
    default_encoding,
    encode_string,
    encodings_for,
    python_encoding,
)
from adicom.dataelem import DataElement
from adicom.errors import DicomWarning, EncodeError

# PS3.5 annexes H to K: terms, bytes, name.
STANDARD_NAMES = [
    pytest.param(
        ["", "ISO 2022 IR 87"],
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
        id="H.3.1",
    ),
    pytest.param(
        ["ISO 2022 IR 13", "ISO 2022 IR 87"],
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
        id="H.3.2",
    ),
    pytest.param(
        ["", "ISO 2022 IR 149"],
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong^Gildong=洪^吉洞=홍^길동",
        id="I.2",
    ),
    pytest.param(
        ["ISO_IR 192"],
        b"Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1",
        "Wang^XiaoDong=王^小東",
        id="J.1",
    ),
    pytest.param(["GB18030"], b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang^XiaoDong=王^小东", id="J.3"),
    pytest.param(["GBK"], b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang^XiaoDong=王^小东", id="J.4"),
    pytest.param(
        ["", "ISO 2022 IR 58"],
        b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab",
        "Zhang^XiaoDong=张^小东",
        id="K.2",
    ),
]

SINGLE_BYTE = [
    ("ISO_IR 100", "Buc^Jérôme"),
    ("ISO_IR 101", "Dvořák^Antonín"),
    ("ISO_IR 109", "Ħal^Għaxaq"),
    ("ISO_IR 110", "Bērziņš^Jānis"),
    ("ISO_IR 126", "Διονυσιος"),
    ("ISO_IR 127", "قباني^لنزار"),
    ("ISO_IR 138", "שרון^דבורה"),
    ("ISO_IR 144", "Люкceмбypг"),
    ("ISO_IR 148", "Çavuşoğlu^Şükrü"),
    ("ISO_IR 166", "นามสกุล^ชื่อ"),
    ("ISO_IR 203", "Œuvre^Šárka^€"),
    ("ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
]


# -- terms -------------------------------------------------------------------------------------------------------


def test_each_term_is_what_pydicom_takes_it_for() -> None:
    for term, codec in pydicom.charset.python_encoding.items():
        ours = python_encoding[term]
        assert codecs.lookup(ours).name == codecs.lookup(codec).name, term


def test_each_codec_exists() -> None:
    assert all(codecs.lookup(codec) for codec in python_encoding.values())


@pytest.mark.parametrize("terms", [None, "", [], [""], ("ISO_IR 6",), "ISO 2022 IR 6"])
def test_nothing_is_the_default_repertoire(terms: object) -> None:
    assert encodings_for(terms) == (DEFAULT_ENCODING,)  # type: ignore[arg-type]  # each of them is right
    assert default_encoding == DEFAULT_ENCODING


def test_iso_ir_203_is_latin_9() -> None:
    assert encodings_for("ISO_IR 203") == encodings_for("ISO 2022 IR 203") == ("iso8859_15",)


def test_a_code_extension_alone_is_no_oddity() -> None:
    assert encodings_for("ISO 2022 IR 100") == ("latin_1",)


def test_padding_of_a_term_is_no_oddity() -> None:
    assert encodings_for(["ISO_IR 100 ", " ISO 2022 IR 87"]) == ("latin_1", "iso2022_jp")
    assert encodings_for(["  ", "ISO 2022 IR 87"]) == (DEFAULT_ENCODING, "iso2022_jp")


@pytest.mark.parametrize(
    ("term", "codec"),
    [
        ("ISO-IR 100", "latin_1"),
        ("ISO IR 144", "iso8859_5"),
        ("iso_ir_192", "utf_8"),
        ("ISO 2022-IR 87", "iso2022_jp"),
        ("ISO_2022_IR 149", "euc_kr"),
    ],
)
def test_misspelled_terms(term: str, codec: str) -> None:
    with pytest.warns(DicomWarning, match="misspelled"):
        assert encodings_for(term) == (codec,)


@pytest.mark.parametrize(
    "term", ["ISO_IR 999", "nonsense", "hex", "utf_16", "unicode_escape", "a\0b", "é", "idna", "."]
)
def test_an_unknown_term_is_the_default(term: str) -> None:
    with pytest.warns(DicomWarning, match="Value 1 .* unknown") as caught:
        assert encodings_for(term) == (DEFAULT_ENCODING,)
    assert term == "." or term not in str(caught[0].message)


def test_the_name_of_a_codec_is_taken() -> None:
    with pytest.warns(DicomWarning, match="Python codec"):
        assert encodings_for("cp1252") == ("cp1252",)


def test_stand_alone_sets_are_not_combined() -> None:
    with pytest.warns(DicomWarning, match="no code extensions"):
        assert encodings_for(["ISO_IR 192", "ISO 2022 IR 87"]) == ("utf_8",)
    with pytest.warns(DicomWarning, match="value 2"):
        assert encodings_for(["", "GB18030", "ISO 2022 IR 58"]) == (DEFAULT_ENCODING, "gb2312")


def test_convert_encodings_gives_a_list() -> None:
    assert convert_encodings(["", "ISO 2022 IR 87"]) == [DEFAULT_ENCODING, "iso2022_jp"]


# -- decoding ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("terms", "raw", "name"), STANDARD_NAMES)
def test_names_of_the_standard(terms: list[str], raw: bytes, name: str) -> None:
    encodings = encodings_for(terms)
    assert decode_bytes(raw, encodings, PN_DELIMITERS) == name
    assert encode_string(name, encodings, PN_DELIMITERS) == raw


def test_text_of_the_standard_with_lines() -> None:
    # PS3.5 I.3: each line announces its character set anew.
    raw = b"\x1b$)CThe first line includes \xb1\xe6\xb5\xbf.\r\n\x1b$)CThe second line, too: \xb1\xe6\xb5\xbf\r\nThird"
    text = "The first line includes 길동.\r\nThe second line, too: 길동\r\nThird"
    encodings = encodings_for(["", "ISO 2022 IR 149"])
    assert decode_bytes(raw, encodings, TEXT_DELIMITERS) == text
    assert decode_bytes(encode_string(text, encodings), encodings) == text


@pytest.mark.parametrize(("term", "name"), SINGLE_BYTE)
def test_single_byte_sets(term: str, name: str) -> None:
    encodings = encodings_for(term)
    raw = encode_string(name, encodings, PN_DELIMITERS)
    assert b"\x1b" not in raw
    assert len(raw) == len(name)
    assert decode_bytes(raw, encodings, PN_DELIMITERS) == name


@pytest.mark.parametrize(("term", "name"), SINGLE_BYTE)
def test_single_byte_sets_by_escape(term: str, name: str) -> None:
    encodings = encodings_for(["", term.replace("ISO_IR", "ISO 2022 IR")])
    raw = encode_string(name, encodings, PN_DELIMITERS)
    assert b"\x1b" in raw
    assert decode_bytes(raw, encodings, PN_DELIMITERS) == name


def test_single_byte_name_of_the_standard_by_escape() -> None:
    # PS3.5 H.2 to H.9 show the sets; the escapes are those of PS3.3 table C.12-3.
    encodings = encodings_for(["ISO 2022 IR 100", "ISO 2022 IR 126"])
    raw = b"Buc^J\xe9r\xf4me=\x1b-F\xc4\xe9\xef\xed"
    assert decode_bytes(raw, encodings, PN_DELIMITERS) == "Buc^Jérôme=Διον"


@pytest.mark.parametrize("delimiter", ["\\", "^", "=", "\r", "\n", "\f", "\t"])
def test_delimiters_reset_both_states(delimiter: str) -> None:
    encodings = encodings_for(["ISO 2022 IR 100", "ISO 2022 IR 126"])
    raw = b"\x1b-F\xc4" + delimiter.encode() + b"\xc4"
    assert decode_bytes(raw, encodings, PN_DELIMITERS) == f"Δ{delimiter}Ä"


def test_what_is_no_delimiter_resets_nothing() -> None:
    encodings = encodings_for(["ISO 2022 IR 100", "ISO 2022 IR 126"])
    assert decode_bytes(b"\x1b-F\xc4\\^=\xc4", encodings, TEXT_DELIMITERS) == "Δ\\^=Δ"


def test_the_two_states_are_independent() -> None:
    # ISO 2022: ESC ( B is about bytes below 80H only.
    encodings = encodings_for(["ISO 2022 IR 13", "ISO 2022 IR 87"])
    assert decode_bytes(b"\x1b$B;3\x1b(B\xd4", encodings, PN_DELIMITERS) == "山ﾔ"
    assert decode_bytes(b"\x1b$B;3\xd4;3", encodings, PN_DELIMITERS) == "山ﾔ山"
    assert decode_bytes(b"\x1b$B;3\x1b)I\xd4\x1b(JA", encodings, PN_DELIMITERS) == "山ﾔA"


def test_romaji_may_end_kanji_without_iso_ir_13() -> None:
    assert decode_bytes(b"\x1b$B;3\x1b(JA", encodings_for(["", "ISO 2022 IR 87"])) == "山A"
    with pytest.warns(DicomWarning, match="announce"):
        decode_bytes(b"\x1b(JA", encodings_for("ISO_IR 100"))


def test_halves_of_characters_are_no_delimiters() -> None:
    # 5CH, 5EH and 3DH within JIS X 0208.
    text = "".join(bytes((0x1B, 0x24, 0x42, 0x21, low)).decode("iso2022_jp") for low in (0x5C, 0x5E, 0x3D))
    encodings = encodings_for(["", "ISO 2022 IR 87"])
    raw = encode_string(text, encodings, PN_DELIMITERS)
    assert {0x5C, 0x5E, 0x3D} <= set(raw)
    assert decode_bytes(raw, encodings, PN_DELIMITERS) == text


def test_a_control_character_ends_kanji() -> None:
    assert decode_bytes(b"\x1b$B;3\r\nABC", encodings_for(["", "ISO 2022 IR 87"])) == "山\r\nABC"


@pytest.mark.parametrize("codec", ["gbk", "gb18030", "shift_jis"])
def test_a_backslash_byte_may_be_half_a_character(codec: str) -> None:
    lead = 0x95
    text = bytes((lead, 0x5C)).decode(codec)
    assert len(text) == 1
    assert decode_bytes(bytes((lead, 0x5C)), (codec,), VALUE_DELIMITERS) == text


def test_jis_x_0212() -> None:
    encodings = encodings_for(["", "ISO 2022 IR 87", "ISO 2022 IR 159"])
    raw = encode_string("山丂", encodings)
    assert raw == b"\x1b$B;3\x1b(B\x1b$(D0!\x1b(B"
    assert decode_bytes(raw, encodings) == "山丂"


@pytest.mark.parametrize(
    ("raw", "encodings", "text"),
    [
        (b"a\xff", ("utf_8",), "a\ufffd"),
        (b"\x1b$)Ca\xff", (DEFAULT_ENCODING, "euc_kr"), "a\ufffd"),
        (b"\x1b$B;3\xff\x1b(B", (DEFAULT_ENCODING, "iso2022_jp"), "山\ufffd"),
        (b"\x1b$B;3\xb1\xff;", ("shift_jis", "iso2022_jp"), "山ｱ\ufffd\ufffd"),
        (b"\xff\x1b-A\xe9", ("utf_8", "latin_1"), "\ufffdé"),
        (b"\x1b-A\xe9^\xff", ("utf_8", "latin_1"), "é^\ufffd"),
    ],
)
def test_what_cannot_be_decoded_is_replaced(raw: bytes, encodings: tuple[str, ...], text: str) -> None:
    with pytest.warns(DicomWarning, match=r"\(0010,0010\) does not fit") as caught:
        assert decode_bytes(raw, encodings, PN_DELIMITERS, tag=0x00100010) == text
    assert len(caught) == 1


def test_an_escape_that_was_not_announced_stays() -> None:
    with pytest.warns(DicomWarning, match="A text value has an escape sequence"):
        assert decode_bytes(b"a\x1b$B;3", ("latin_1",)) == "a\x1b$B;3"
    with pytest.warns(DicomWarning, match="escape"):
        assert decode_bytes(b"\x1b", ("latin_1",)) == "\x1b"


def test_unknown_codecs_of_a_caller() -> None:
    with pytest.warns(DicomWarning, match="unknown encoding"):
        assert decode_bytes(b"\xe9", ("nonsense",)) == "é"
    assert decode_bytes(b"\xe9", ()) == "é"
    assert decode_bytes(b"\x1b(B\xe9", ()) == "é"


ENCODINGS = st.lists(st.sampled_from(sorted(python_encoding)), min_size=1, max_size=4)
PIECES = st.sampled_from(
    [b"\x1b(B", b"\x1b(J", b"\x1b)I", b"\x1b$B", b"\x1b$(D", b"\x1b-F", b"\x1b$)C", b"\x1b", b"\\", b"^", b"=", b"\n"]
)


@given(terms=ENCODINGS, parts=st.lists(PIECES | st.binary(max_size=4), max_size=8))
def test_no_bytes_raise(terms: list[str], parts: list[bytes]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        text = decode_bytes(b"".join(parts), encodings_for(terms), PN_DELIMITERS)
    assert isinstance(text, str)
    assert all(warning.category is DicomWarning for warning in caught)


def test_decoding_is_linear() -> None:
    raw = b"\x1b-F\xc4^" * 100_000
    assert decode_bytes(raw, ("latin_1", "iso8859_7"), PN_DELIMITERS) == "Δ^" * 100_000


# -- encoding ----------------------------------------------------------------------------------------------------

SCRIPTS = {
    "ISO 2022 IR 100": "éüß",
    "ISO 2022 IR 101": "řňł",
    "ISO 2022 IR 126": "αβγ",
    "ISO 2022 IR 144": "жюя",
    "ISO 2022 IR 138": "אבג",
    "ISO 2022 IR 13": "ﾔﾏﾀ",
    "ISO 2022 IR 87": "山田太",
    "ISO 2022 IR 149": "홍길동",
    "ISO 2022 IR 58": "张东",
}


@st.composite
def texts(draw: st.DrawFn) -> tuple[list[str], str]:
    """Draw some character sets, and a text that they have."""
    terms = draw(st.lists(st.sampled_from(sorted(SCRIPTS)), min_size=1, max_size=3, unique=True))
    first = draw(st.sampled_from(["", *(term for term in terms if term not in ("ISO 2022 IR 87", "ISO 2022 IR 58"))]))
    letters = "".join(SCRIPTS[term] for term in terms) + "AB 1^=\\\n"
    return [first, *(term for term in terms if term != first)], draw(st.text(letters, max_size=20))


@given(texts())
def test_round_trip(drawn: tuple[list[str], str]) -> None:
    terms, text = drawn
    encodings = encodings_for(terms)
    assert decode_bytes(encode_string(text, encodings, PN_DELIMITERS), encodings, PN_DELIMITERS) == text


@given(texts())
def test_pydicom_reads_what_we_write(drawn: tuple[list[str], str]) -> None:
    terms, text = drawn
    text = text.replace("\n", "").replace("\\", "").replace("=", "")
    theirs = pydicom.charset.convert_encodings(list(terms))
    if "iso_ir_58" in theirs:
        return  # pydicom leaves the escape sequence of ISO-IR 58 in the text
    raw = encode_string(text, encodings_for(terms), PN_DELIMITERS)
    assert str(pydicom.valuerep.PersonName(raw, theirs, validation_mode=0)) == text


def test_a_set_is_only_named_where_it_is_needed() -> None:
    encodings = encodings_for(["ISO 2022 IR 100", "ISO 2022 IR 126", "ISO 2022 IR 144"])
    assert encode_string("é", encodings) == b"\xe9"
    assert encode_string("éΔж", encodings) == b"\xe9\x1b-F\xc4\x1b-L\xd6"
    assert encode_string("Δé", encodings) == b"\x1b-F\xc4\x1b-A\xe9"
    assert encode_string("plain", encodings) == b"plain"


def test_yen_does_not_become_a_backslash() -> None:
    with pytest.raises(EncodeError):
        encode_string("¥", ("shift_jis",))
    with pytest.raises(EncodeError):
        encode_string("¥", (DEFAULT_ENCODING, "iso2022_jp"))


def test_shift_jis_is_jis_x_0201_only() -> None:
    with pytest.raises(EncodeError):
        encode_string("山", ("shift_jis",))


def test_beyond_the_default_repertoire() -> None:
    with pytest.warns(DicomWarning, match="Latin-1"):
        assert encode_string("Jérôme", (DEFAULT_ENCODING,)) == b"J\xe9r\xf4me"
    with pytest.warns(DicomWarning, match="Latin-1"):
        assert encode_string("é", ()) == b"\xe9"


def test_what_cannot_be_encoded() -> None:
    with pytest.raises(EncodeError) as caught:
        encode_string("山é", ("latin_1",))
    assert "山" not in str(caught.value)
    assert caught.value.value == "山"
    with pytest.raises(EncodeError):
        encode_string("é홍", (DEFAULT_ENCODING, "euc_kr"))
    with pytest.warns(DicomWarning, match="replaced"):
        assert encode_string("山é", ("latin_1",), errors="replace") == b"?\xe9"


def test_a_codec_that_is_unknown_encodes_nothing() -> None:
    with pytest.raises(EncodeError):
        encode_string("é", ("nonsense",))


def test_encoding_is_linear() -> None:
    encodings = ("latin_1", "iso8859_7", "iso8859_5")
    text = "Δж" * 20_000
    assert decode_bytes(encode_string(text, encodings), encodings) == text


def both(VR: str, value: Any, terms: Any) -> tuple[Any, Any]:
    """Return what both libraries make of an element that is still encoded."""
    ours, theirs = DataElement(0x00100010, VR, value), pydicom.dataelem.DataElement(0x00100010, VR, value)
    decode_element(ours, terms)
    pydicom.charset.decode_element(theirs, terms)
    return ours.value, theirs.value


@pytest.mark.parametrize(
    ("VR", "value", "terms"),
    [
        ("LO", b"M\xfcnchen", "ISO_IR 100"),
        ("LO", "München".encode(), ["ISO_IR 192"]),
        ("LO", [b"M\xfcnchen", "Köln"], "ISO_IR 100"),
        ("LO", "München", "ISO_IR 144"),
        ("LO", b"abc", None),
        ("LO", "", "ISO_IR 100"),
        ("LT", b"M\xfcnchen\r\nK\xf6ln", "ISO_IR 100"),
        ("PN", b"M\xfcller^J", "ISO_IR 100"),
        ("PN", [b"M\xfcller^J", b"K\xf6ln"], "ISO_IR 100"),
        ("PN", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", ["", "ISO 2022 IR 87"]),
        ("CS", b"ABC", "ISO_IR 100"),
        ("US", 5, "ISO_IR 100"),
    ],
)
def test_decode_element(VR: str, value: Any, terms: Any) -> None:
    ours, theirs = both(VR, value, terms)
    assert repr(ours) == repr(theirs)


def test_decode_element_leaves_alone_what_is_text() -> None:
    element = DataElement(0x00080080, "LO", ["a", "b"])
    value = element.value
    decode_element(element, "ISO_IR 192")
    assert element.value is value
