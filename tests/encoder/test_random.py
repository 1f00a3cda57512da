"""Random datasets become the bytes that pydicom writes; where they do not, it says here why."""

from __future__ import annotations

import io
import warnings
from typing import Any, Final

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

import adicom
import adicom.sync
from adicom.encoder import encode_dataset
from adicom.errors import EncodeError
from tests.dataset.calls import Made, make
from tests.dataset.strategies import fillings
from tests.made import BIG, EXPLICIT, FORMS, Form

CONTENTS: Final = st.lists(fillings(), max_size=8).map(lambda calls: Made(tuple(calls)))
RUN: Final = settings(max_examples=30, suppress_health_check=list(HealthCheck))
WORDS: Final = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


def prepare(dataset: Any, form: Form) -> None:
    """Let a dataset of pydicom say what adicom does by itself.

    UN is padded like any other value (PS3.5 7.1.1). Words are turned round for another byte order. A private
    sequence, which no dictionary knows, has undefined length in implicit VR, for else nobody could know it for one.
    """
    for element in dataset.iterall():
        if element.VR == "SQ" and form.implicit and element.tag.is_private:
            element.is_undefined_length = True
        elif isinstance(element.value, bytes):
            value = element.value + bytes(len(element.value) & 1)
            size = WORDS.get(element.VR, 1) if form.big else 1
            parts = [value[start : start + size] for start in range(0, len(value), size)]
            element._value = b"".join(part[::-1] for part in parts)


def written_by_pydicom(dataset: Any, form: Form) -> bytes:
    target = DicomBytesIO()
    target.is_little_endian, target.is_implicit_VR = not form.big, form.implicit
    write_dataset(target, dataset)
    return target.getvalue()


def has_escapes(data: bytes) -> bool:
    """Tell whether text changes its character set: pydicom does so more often than it need; tests/test_charset.py."""
    return b"\x1b" in data


def written_by_us(dataset: adicom.Dataset, form: Form) -> bytes | None:
    """Return a dataset as bytes; None where text does not fit its character set, of which pydicom makes "?"."""
    try:
        return encode_dataset(dataset, implicit_vr=form.implicit, little_endian=not form.big).to_bytes()
    except EncodeError as error:
        fault = error
    assert isinstance(fault.value, str), fault
    assert not fault.value.isascii()
    assert fault.tag is not None
    return None


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)
@RUN
@given(contents=CONTENTS)
def test_both_write_the_same(form: Form, contents: Made) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = make(adicom, contents), make(pydicom, contents)
        data = written_by_us(ours, form)
        prepare(theirs, form)
        expected = written_by_pydicom(theirs, form)
        if data is None:
            assert b"?" in expected
        elif not has_escapes(expected):
            assert data == expected


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)
@RUN
@given(contents=CONTENTS)
def test_what_pydicom_has_written_comes_out_the_same(form: Form, contents: Made) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = written_by_pydicom(make(pydicom, contents), form)
        ds = adicom.sync.read_dataset(io.BytesIO(data), form.implicit, not form.big)
        assert written_by_us(ds, form) == data
        ds.check()
        str(ds)
        assert written_by_us(ds, form) == data


@pytest.mark.parametrize("target", FORMS, ids=lambda form: form.syntax)
@pytest.mark.parametrize("source", [EXPLICIT, BIG], ids=lambda form: f"from {form.syntax}")
@settings(RUN, max_examples=15)
@given(contents=CONTENTS, looked=st.booleans())
def test_another_form_is_what_pydicom_writes_in_it(source: Form, target: Form, contents: Made, looked: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first = written_by_us(make(adicom, contents), source)
        if first is None:
            return
        ds = adicom.sync.read_dataset(io.BytesIO(first), source.implicit, not source.big)
        if looked:
            ds.check()
        theirs = make(pydicom, contents)
        prepare(theirs, target)
        expected = written_by_pydicom(theirs, target)
        if not has_escapes(expected):
            assert written_by_us(ds, target) == expected
