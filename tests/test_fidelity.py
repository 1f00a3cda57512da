"""Nothing of a header is lost: events, written out again, are the bytes they were made of."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pytest

from adicom.errors import DicomError
from adicom.parser import Event, FileMetaEnd, Parser
from tests import hostile, made, oracle

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")

# Read, warned of, and not an element of anything: the events do not show them.
DROPPED = {"DIRW0007": (b"\xfe\xff\xdd\xe0\0\0\0\0", "a second sequence delimiter behind the pixel data, at the end")}


def events_before_fault(data: bytes, *, force: bool = False) -> tuple[list[Event], DicomError | None]:
    parser = Parser(force=force)
    parser.receive_data(data)
    parser.receive_eof()
    found: list[Event] = []
    try:
        while events := parser.events():
            found += events
    except DicomError as error:
        return found, error
    return found, None


def inflate(data: bytes) -> bytes:
    """Return a deflated file with its data set inflated, found without any parser of ours."""
    end = 144 + int.from_bytes(data[140:144], "little")
    return data[:end] + zlib.decompressobj(-15).decompress(data[end:])


@pytest.mark.parametrize("path", oracle.all_files(), ids=oracle.file_id)
def test_the_events_of_a_file_are_its_bytes(path: Path) -> None:
    data = path.read_bytes()
    events, error = events_before_fault(data, force=not oracle.has_prefix(data))
    written = oracle.write_events(events)
    if any(event.encoding.inflated for event in events):
        data = inflate(data)
    name = oracle.short_name(path)
    if name in DROPPED:
        data = data.removesuffix(DROPPED[name][0])
    if name in oracle.FAULTY:
        assert isinstance(error, oracle.FAULTY[name].error)
        assert data.startswith(written)
    else:
        assert error is None
        assert written == data


@pytest.mark.parametrize(
    "path", [path for path in oracle.all_files() if oracle.short_name(path) not in DROPPED], ids=oracle.file_id
)
def test_events_say_where_they_stand(path: Path) -> None:
    data = path.read_bytes()
    events, _ = events_before_fault(data, force=not oracle.has_prefix(data))
    position, inflated = 0, False
    for event in events:
        if event.encoding.inflated is not inflated:
            position, inflated = 0, event.encoding.inflated
        if not isinstance(event, FileMetaEnd):
            assert event.offset == position, event
        position += len(oracle.event_bytes(event))


@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
@pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
def test_made_files(form: made.Form, undefined: bool) -> None:
    data = made.part10(made.small(form, undefined=undefined), form.syntax, preamble=bytes(range(128)))
    assert oracle.write_events(oracle.parse(data)) == data


@pytest.mark.parametrize("padding", [1, 7, 8, 1000])
def test_padding(padding: int) -> None:
    data = made.part10(made.small()) + bytes(padding)
    assert oracle.write_events(oracle.parse(data)) == data


def test_reserved_bytes_and_unknown_codes() -> None:
    body = made.element(0x00100020, "LO", "1") + b"\x11\x00\x10\x00XQ\x12\x34\x04\x00\x00\x00abcd"
    data = made.part10(body + b"\xe0\x7f\x10\x00OW\xab\xcd\x02\x00\x00\x00ab")
    assert oracle.write_events(oracle.parse(data)) == data


def test_what_comes_before_a_fault_is_all_there() -> None:
    for name, case in hostile.fixed().items():
        if name.startswith("delimiters:"):
            continue  # stray ones are dropped
        events, error = events_before_fault(case.data)
        written = oracle.write_events(events)
        if error is not None and not any(event.encoding.inflated for event in events):
            assert case.data.startswith(written), name
