"""What comes before the data set: preamble, file meta information, how it is encoded."""

from __future__ import annotations

import pytest

from adicom.errors import DicomWarning, InvalidDicomError, TruncatedError
from adicom.parser import FileMetaEnd, FileStart, Need, Parser
from tests import made
from tests.parser.pushing import Told, fault, push

PREAMBLE = bytes(range(128))
NAME = made.element(0x00100010, "PN", "Doe^Jane")
SYNTAX = made.element(0x00020010, "UI", made.EXPLICIT_LE)


def parts(found: Told) -> tuple[bytes | None, list[int], str | None, list[int]]:
    """Return preamble, tags of the file meta information, transfer syntax, and tags of the data set."""
    start, (at,) = found.events[0], [at for at, event in enumerate(found.events) if isinstance(event, FileMetaEnd)]
    assert isinstance(start, FileStart)
    end = found.events[at]
    assert isinstance(end, FileMetaEnd)
    tags = [getattr(event, "tag", None) for event in found.events]
    behind = [tag for tag in tags[at + 1 :] if tag is not None]
    return start.preamble, [tag for tag in tags[1:at] if tag is not None], end.transfer_syntax, behind


def test_a_file() -> None:
    found = push(PREAMBLE + b"DICM" + SYNTAX + NAME, syntax=None)
    assert found.error is None
    assert parts(found) == (PREAMBLE, [0x00020010], made.EXPLICIT_LE, [0x00100010])
    assert [event.offset for event in found.events] == [0, 132, 160, 160, 176]


# -- preamble


def test_no_prefix_unless_forced() -> None:
    data = bytes(128) + b"DIXM" + NAME
    error = fault(data, syntax=None)
    assert isinstance(error, InvalidDicomError)
    assert error.offset == 128
    assert "DICM" in str(error)


def test_forced_without_preamble() -> None:
    found = push(SYNTAX + NAME, syntax=None, force=True)
    assert found.error is None
    assert parts(found) == (None, [0x00020010], made.EXPLICIT_LE, [0x00100010])


def test_forced_without_file_meta_information() -> None:
    with pytest.warns(DicomWarning, match="unknown or no transfer syntax, .* explicit VR little endian"):
        found = push(NAME * 9, syntax=None, force=True)
    assert parts(found) == (None, [], None, [0x00100010] * 9)


@pytest.mark.parametrize("force", [False, True])
def test_an_empty_source(force: bool) -> None:
    error = fault(b"", syntax=None, force=force)
    assert isinstance(error, InvalidDicomError)
    assert str(error) == "the source is empty, at byte 0"


@pytest.mark.parametrize("size", [3, 100, 1000])
def test_gzip_is_told(size: int) -> None:
    data = (b"\x1f\x8b\x08" + bytes(10) + bytes(range(256)) * 4)[:size]  # RFC 1952 2.3.1
    error = fault(data, syntax=None)
    assert isinstance(error, InvalidDicomError)
    assert str(error) == "this is compressed with gzip: read it through adicom.io.gunzip, at byte 0"
    with_prefix = b"\x1f\x8b\x08" + bytes(125) + b"DICM" + SYNTAX + NAME
    assert push(with_prefix, syntax=None).error is None


def test_a_preamble_that_is_cut() -> None:
    assert isinstance(fault(bytes(100), syntax=None), InvalidDicomError)


def test_a_preamble_and_nothing_else() -> None:
    found = push(PREAMBLE + b"DICM", syntax=None)
    assert found.error is None
    assert parts(found) == (PREAMBLE, [], None, [])


# -- file meta information


@pytest.mark.parametrize("length", [-1, None, 0, 5, 30, 10**6])
def test_a_group_length_that_lies_changes_nothing(length: int | None) -> None:
    meta = made.file_meta(made.EXPLICIT_LE, group_length=length)
    found = push(bytes(128) + b"DICM" + meta + NAME, syntax=None)
    assert found.error is None
    tags = [0x00020001, 0x00020002, 0x00020003, 0x00020010, 0x00020012]
    assert parts(found)[1:] == ([0x00020000] * (length is not None) + tags, made.EXPLICIT_LE, [0x00100010])


def test_without_vrs() -> None:
    meta = made.element(0x00020010, "UI", made.IMPLICIT_LE, made.IMPLICIT)
    with pytest.warns(DicomWarning, match="the file meta information has no VRs"):
        found = push(bytes(128) + b"DICM" + meta + implicit(NAME), syntax=None)
    assert parts(found)[1:] == ([0x00020010], made.IMPLICIT_LE, [0x00100010])
    (element,) = [event for event in found.events if getattr(event, "tag", None) == 0x00020010]
    assert element.encoding.implicit_vr


def implicit(data: bytes) -> bytes:
    """Return an element with a short VR as it is without one."""
    return data[:4] + data[6:8] + b"\0\0" + data[8:]


def test_a_transfer_syntax_that_is_padded_or_no_text() -> None:
    for value, uid in ((b"1.2.840.10008.1.2.1\0", made.EXPLICIT_LE), (b"1.2.840.10008.1.2.1 ", made.EXPLICIT_LE)):
        found = push(bytes(128) + b"DICM" + made.element(0x00020010, "UI", value) + NAME, syntax=None)
        assert parts(found)[2] == uid
    with pytest.warns(DicomWarning, match="unknown or no transfer syntax"):
        found = push(bytes(128) + b"DICM" + made.element(0x00020010, "UI", b"\xff\xfe") + NAME, syntax=None)
    assert parts(found)[2] == "\N{REPLACEMENT CHARACTER}" * 2


def test_out_of_order() -> None:
    meta = made.element(0x00020012, "UI", "2.25.2") + SYNTAX
    found = push(bytes(128) + b"DICM" + meta + NAME, syntax=None)
    assert parts(found)[1:] == ([0x00020012, 0x00020010], made.EXPLICIT_LE, [0x00100010])


def test_undefined_length_has_no_place_in_it() -> None:
    meta = made.sequence(0x00020102, [made.item()], undefined=True, vr="OB")
    error = fault(bytes(128) + b"DICM" + meta, syntax=None)
    assert str(error) == "a value of undefined length in the file meta information, at byte 132, in (0002,0102)"


@pytest.mark.parametrize("start", [b"", SYNTAX], ids=["first", "second"])
@pytest.mark.parametrize("size", range(2, 8))
def test_cut_in_a_header(start: bytes, size: int) -> None:
    error = fault(bytes(128) + b"DICM" + start + made.element(0x00020012, "UI", "2.25.2")[:size], syntax=None)
    assert isinstance(error, TruncatedError)
    assert (error.offset, error.wanted, error.got) == (132 + len(start), 8, size)
    assert str(error).startswith("the bytes end in the file meta information")


@pytest.mark.parametrize("start", [b"", SYNTAX], ids=["first", "second"])
@pytest.mark.filterwarnings("ignore:unknown or no transfer syntax")
def test_a_data_set_that_is_cut_in_its_first_header(start: bytes) -> None:
    """Group 0102H begins with the byte that group 0002H begins with."""
    for size in range(2, 8):
        found = push(bytes(128) + b"DICM" + start + b"\2\1\1\0LO\0\0"[:size], syntax=None)
        assert isinstance(found.error, TruncatedError)
        assert (found.error.offset, found.error.got) == (132 + len(start), size)
        assert str(found.error).startswith("the bytes end in a data element header")
        assert found.short[-1][0] == "FileMetaEnd"


def test_cut_in_a_value() -> None:
    error = fault(bytes(128) + b"DICM" + SYNTAX[:-1], syntax=None)
    assert isinstance(error, TruncatedError)
    assert (error.tag, error.offset, error.wanted, error.got) == (0x00020010, 140, 20, 19)


def test_cut_in_a_long_header() -> None:
    error = fault(bytes(128) + b"DICM" + made.element(0x00020001, "OB", b"\0\1")[:10], syntax=None)
    assert isinstance(error, TruncatedError)
    assert (error.offset, error.wanted, error.got) == (132, 12, 10)


# -- how the data set is encoded


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.6.1", "1.2.840.10008.1.2.7.1"])
def test_no_data_set(uid: str) -> None:
    error = fault(made.part10(b"<?xml?>", uid), syntax=None)
    assert isinstance(error, InvalidDicomError)
    assert str(error).startswith(f"transfer syntax {uid} is no DICOM data set")


@pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
@pytest.mark.parametrize("uid", [None, "1.2.3.4"])
def test_an_unknown_transfer_syntax(uid: str | None, form: made.Form) -> None:
    data = made.element(0x00080005, "CS", "ISO_IR 6", form)
    with pytest.warns(DicomWarning, match="unknown or no transfer syntax"):
        found = push(made.part10(data, uid), syntax=None)
    assert found.error is None
    encoding = found.events[-1].encoding
    assert (encoding.implicit_vr, encoding.little_endian) == (form.implicit, not form.big)


@pytest.mark.parametrize(
    ("named", "form", "message"),
    [
        (made.IMPLICIT_LE, made.EXPLICIT, "says implicit VR little endian, but the elements are explicit VR"),
        (made.EXPLICIT_LE, made.IMPLICIT, "says explicit VR little endian, but the elements are implicit VR"),
    ],
)
def test_a_transfer_syntax_that_is_wrong(named: str, form: made.Form, message: str) -> None:
    data = made.element(0x00080005, "CS", "ISO_IR 6", form)
    with pytest.warns(DicomWarning, match=message):
        found = push(made.part10(data, named), syntax=None)
    assert found.error is None
    assert found.events[-1].encoding.implicit_vr is form.implicit


def test_a_delimiter_says_nothing_about_the_encoding() -> None:
    with pytest.warns(DicomWarning, match="a delimiter behind the last sequence"):
        found = push(made.header(made.SEQUENCE_END, "", 0) + NAME)
    assert found.error is None
    assert not found.events[-1].encoding.implicit_vr


@pytest.mark.parametrize("syntax", [made.EXPLICIT_LE, made.DEFLATED_LE])
def test_a_bare_data_set_asks_for_its_first_bytes(syntax: str) -> None:
    parser = Parser(transfer_syntax=syntax)
    assert len(parser.events()) == 2
    assert parser.need == Need(0, 8)
    parser.receive_data(NAME[:3])
    assert parser.events() == []
    assert parser.need == Need(3, 5)


# -- deflated or not


def test_a_data_set_that_is_not_deflated() -> None:
    with pytest.warns(DicomWarning, match="the data set of a deflated transfer syntax is not deflated"):
        found = push(NAME, syntax=made.DEFLATED_LE)
    assert found.error is None
    assert [event.inflated for event in found.events[2:]] == [False, False]


def test_a_deflated_data_set_that_is_not_there() -> None:
    found = push(b"", syntax=made.DEFLATED_LE)
    assert found.error is None
    assert [event.offset for event in found.events] == [0, 0, 0]


def test_a_deflated_data_set_of_fewer_bytes_than_are_looked_at() -> None:
    found = push(bytes.fromhex("0300"), syntax=made.DEFLATED_LE)  # RFC 1951: one last block, nothing in it
    assert found.error is None
    assert found.events[-1].inflated
    assert isinstance(fault(b"\3", syntax=made.DEFLATED_LE), TruncatedError)


def test_what_was_never_deflated() -> None:
    for data in (b"\xff" * 500, b"\x07" * 9):
        error = fault(made.part10(data, made.DEFLATED_LE), syntax=None)
        assert str(error) == "the deflated data is damaged, at byte 0"
