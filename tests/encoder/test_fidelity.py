"""What was read and not changed is written byte for byte as it was, also after each value was looked at."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest

import adicom.sync
from adicom.encoder import Encoder, encode_file
from tests import made, oracle
from tests.encoder.files import DROPPED, WELL_FORMED, inflated, is_deflated, kept

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from adicom.dataset import FileDataset
    from adicom.parser import Event

pytestmark = pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")


def read(data: bytes) -> FileDataset:
    return adicom.sync.dcmread(data, force=True)


def look(dataset: FileDataset) -> FileDataset:
    """Look at every value, as text and as what it is."""
    dataset.check()
    dataset.file_meta.check()
    str(dataset)
    return dataset


def written(dataset: FileDataset) -> bytes:
    encoded = encode_file(dataset)
    data = encoded.to_bytes()
    assert encoded.length in (None, len(data))
    return data


def assert_same(data: bytes, out: bytes) -> None:
    """Compare files; what was deflated by another program need only inflate to the same."""
    assert inflated(out) == inflated(data)
    if not is_deflated(data):
        assert len(out) == len(data)


@pytest.mark.parametrize("path", kept(WELL_FORMED), ids=oracle.file_id)
def test_unchanged(path: Path) -> None:
    data = path.read_bytes()
    dataset = read(data)
    assert_same(data, written(dataset))
    look(dataset)
    assert_same(data, written(dataset))


@pytest.mark.parametrize(
    "path", [path for path in WELL_FORMED if oracle.short_name(path) in DROPPED], ids=oracle.file_id
)
def test_what_is_dropped_is_dropped(path: Path) -> None:
    data = path.read_bytes()
    assert written(read(data)) != data
    assert written(look(read(data))) == written(read(data))


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda ds: pickle.loads(pickle.dumps(ds))])
@pytest.mark.parametrize("looked", [False, True], ids=["raw", "looked at"])
@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
@pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
def test_copies(form: made.Form, undefined: bool, looked: bool, copied: object) -> None:
    data = made.part10(made.small(form, undefined=undefined), form.syntax)
    dataset = look(read(data)) if looked else read(data)
    assert callable(copied)
    assert written(copied(dataset)) == data


def encoded_events(events: Iterable[Event]) -> bytes:
    encoder = Encoder()
    data = b"".join(piece for event in events for piece in encoder.send(event))
    assert encoder.finished
    return data


@pytest.mark.parametrize(
    "path", [path for path in WELL_FORMED if oracle.short_name(path) != "DIRW0007"], ids=oracle.file_id
)
def test_events(path: Path) -> None:
    data = path.read_bytes()
    assert_same(data, encoded_events(oracle.parse(data, force=True)))


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
@pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
def test_events_of_bytes_cut_anywhere(form: made.Form, undefined: bool, size: int) -> None:
    body = made.small(form, undefined=undefined)
    if form is made.EXPLICIT:
        body = body[: body.index(b"\xe0\x7f\x10\0")] + made.encapsulated([b"abcd", b"", b"ef"], bytes(8))
    data = made.part10(body, form.syntax)
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert encoded_events(oracle.parse_pieces(pieces)) == data


def test_deflated_events() -> None:
    body = made.small()
    data = made.deflated(body)
    out = encoded_events(oracle.parse(data))
    assert len(out) % 2 == 0
    assert inflated(out) == inflated(data) == made.part10(body, made.DEFLATED_LE)
