"""Events to JSON: any cut gives the same text, in constant memory; the whole corpus is in test_corpus.py."""

from __future__ import annotations

import json
import struct
import tracemalloc
from base64 import b64decode
from typing import TYPE_CHECKING, Any, Final

import pydicom
import pytest

import adicom
import adicom.sync
from adicom import DeferredValueError, DicomWarning, EncodeError, LimitError, Parser
from adicom.jsonmodel import JsonWriter, aevents_to_json, events_to_json
from adicom.parser import Plan
from tests import made
from tests.conftest import pydicom_files
from tests.made import element, part10
from tests.oracle import parse_pieces
from tests.servers import RangeServer

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES: Final = {path.name: path for path in pydicom_files()}
CT: Final = FILES["CT_small.dcm"].read_bytes()


def by_tag(element: Any) -> str:
    return f"bulk/{int(element.tag):08X}"


def text_of(data: bytes, **options: Any) -> str:
    return "".join(events_to_json(parse_pieces([data]), **options))


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "JPEG2000.dcm", "rtplan.dcm", "MR_small_bigendian.dcm", "test-SR.dcm"]
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_any_cut_gives_the_same_text(name: str, size: int) -> None:
    data = FILES[name].read_bytes()
    expected = adicom.sync.dcmread(data).to_json()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    for collect_up_to in (0, 10, 65536):
        events = parse_pieces(pieces, plan=Plan(collect_up_to=collect_up_to))
        assert "".join(events_to_json(events)) == expected


@pytest.mark.parametrize(("name", "threshold"), [("CT_small.dcm", 1024), ("CT_small.dcm", 0), ("JPEG2000.dcm", 0)])
def test_bulk_data_is_the_same_as_of_a_dataset(name: str, threshold: int) -> None:
    data = FILES[name].read_bytes()
    expected = adicom.sync.dcmread(data).to_json(threshold, by_tag)
    assert text_of(data, bulk_data_threshold=threshold, bulk_data_element_handler=by_tag) == expected
    theirs = pydicom.dcmread(FILES[name]).to_json(threshold, by_tag)
    assert expected.count("BulkDataURI") == theirs.count("BulkDataURI") > 0


def test_fragments_are_always_asked_about() -> None:
    text = text_of(FILES["JPEG2000.dcm"].read_bytes(), bulk_data_threshold=10**9, bulk_data_element_handler=by_tag)
    assert json.loads(text)["7FE00010"] == {"vr": "OB", "BulkDataURI": "bulk/7FE00010"}


@pytest.mark.anyio
async def test_awaited() -> None:
    with RangeServer({"/ct.dcm": CT}) as server:
        async with adicom.iter_events(f"{server.url}/ct.dcm") as events:
            text = "".join([piece async for piece in aevents_to_json(events)])
    assert text == adicom.sync.dcmread(CT).to_json()


def test_stopped_before_pixels() -> None:
    with adicom.sync.iter_events(CT, stop_before_pixels=True) as events:
        text = "".join(events_to_json(events))
    assert text == adicom.sync.dcmread(CT, stop_before_pixels=True).to_json()


def test_nothing_at_all() -> None:
    assert "".join(events_to_json([])) == "{}"
    assert text_of(part10(b"")) == "{}"


# -- what cannot be written while it comes


def test_values_passed_over() -> None:
    with (
        adicom.sync.iter_events(CT, defer_size="1 KB") as events,
        pytest.raises(DeferredValueError, match=r"\(0043,1029\) was passed over"),
    ):
        list(events_to_json(events))
    with adicom.sync.iter_events(CT, defer_size="1 KB") as events:
        tree = json.loads("".join(events_to_json(events, bulk_data_element_handler=by_tag)))
    assert tree["7FE00010"] == {"vr": "OW", "BulkDataURI": "bulk/7FE00010"}


def test_names_that_do_not_ascend() -> None:
    data = part10(
        element(0x00100020, "LO", "second") + element(0x00080060, "CS", "CT") + element(0x00100020, "LO", "12")
    )
    with pytest.raises(EncodeError, match=r"\(0008,0060\) comes behind a higher tag"):
        text_of(data)
    with pytest.warns(DicomWarning, match=r"\(0008,0060\) comes behind") as caught:
        tree = json.loads(text_of(data, strict=False))
    assert len(caught) == 1
    assert (list(tree), tree["00100020"]["Value"]) == (["00100020", "00080060"], ["12"])


def test_a_sign_that_is_not_known_yet() -> None:
    """(0018,9810) is US or SS as (0028,0103) says, which comes behind it."""
    form = made.IMPLICIT
    late = element(0x00189810, "US", b"\xff\xff", form), element(0x00280103, "US", b"\1\0", form)
    data = part10(b"".join(late), made.IMPLICIT_LE)
    with pytest.raises(EncodeError, match=r"\(0018,9810\) comes before Pixel Representation"):
        text_of(data)
    early = element(0x00280103, "US", b"\1\0", form), element(0x00280106, "US", b"\xff\xff", form)
    tree = json.loads(text_of(part10(b"".join(early), made.IMPLICIT_LE)))
    assert tree["00280106"] == {"vr": "SS", "Value": [-1]}


def test_text_longer_than_the_bound() -> None:
    data = part10(element(0x0040A160, "UT", b"x" * 100_000))
    writer = JsonWriter(collect_up_to=99_999)
    with pytest.raises(LimitError, match="longer than collect_up_to") as caught:
        list(map(writer.write, parse_pieces([data])))
    assert caught.value.limit == "collect_up_to"
    assert json.loads(text_of(data))["0040A160"]["Value"] == ["x" * 100_000]


def test_events_that_end_too_early() -> None:
    parser = Parser(plan=Plan(collect_up_to=10))
    parser.receive_data(CT[:-1000])
    writer = JsonWriter()
    for event in parser.events():
        writer.write(event)
    with pytest.raises(EncodeError, match="not complete"):
        writer.close()


# -- values in pieces


@pytest.mark.parametrize("size", [1, 5, 24, 25])
def test_words_of_a_big_endian_file_in_pieces(size: int) -> None:
    words = bytes(range(100))
    data = part10(element(0x00660016, "OF", words, made.BIG), made.EXPLICIT_BE)
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    tree = json.loads("".join(events_to_json(parse_pieces(pieces, plan=Plan(collect_up_to=0)))))
    assert b64decode(tree["00660016"]["InlineBinary"]) == struct.pack("<25L", *struct.unpack(">25L", words))


def test_character_sets_of_items() -> None:
    name = element(0x00100010, "PN", "Ф".encode("iso8859_5") + b" ")
    greek = element(0x00080005, "CS", "ISO_IR 126") + element(0x00100010, "PN", "Δ".encode("iso8859_7") + b" ")
    data = part10(
        element(0x00080005, "CS", "ISO_IR 144") + made.sequence(0x00081110, [made.item(name), made.item(greek)]) + name
    )
    text = text_of(data)
    assert text == adicom.sync.dcmread(data).to_json()
    assert [text.count(letter) for letter in "ФΔ"] == [2, 1]


def test_constant_memory() -> None:
    size = 64 * 2**20
    header = part10(element(0x7FE00010, "OW", b""))[:-4] + struct.pack("<L", size)

    def pieces() -> Iterator[bytes]:
        yield header
        block = bytes(65536)
        for _ in range(size // len(block)):
            yield block

    tracemalloc.start()
    written = sum(len(text) for text in events_to_json(parse_pieces(pieces())))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert written > size * 4 // 3
    assert peak < 2 * 2**20
