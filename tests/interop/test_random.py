"""Random datasets that pydicom has made or read, to adicom and back: nothing is lost."""

from __future__ import annotations

import io
import warnings
from typing import Any, Final

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import adicom
from tests.oracle import Node, view

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # pydicom warns of values that break the rules

CHARSETS: Final = {
    "ISO_IR 100": "äöü^é ",
    "ISO_IR 144": "Люкceмб^ ",
    "ISO_IR 192": "山田^太郎äЛ= ",
    "GB18030": "王小东^ ",
}

text = st.text("ABCxyz 012", max_size=12).map(str.strip)
numbers: Final[dict[str, Any]] = {
    "US": st.integers(0, 2**16 - 1),
    "SS": st.integers(-(2**15), 2**15 - 1),
    "UL": st.integers(0, 2**32 - 1),
    "SL": st.integers(-(2**31), 2**31 - 1),
    "UV": st.integers(0, 2**64 - 1),
    "SV": st.integers(-(2**63), 2**63 - 1),
    "FL": st.floats(width=32, allow_nan=False),
    "FD": st.floats(allow_nan=False),
    "AT": st.integers(0, 2**32 - 1),
    "IS": st.integers(-(2**31), 2**31 - 1).map(str),
    "DS": st.sampled_from(["1.50", "-2", "+3E5", "0.1000"]),
    "UI": st.sampled_from(["1.2.3", "1.2.840.10008.1.2"]),
    "CS": st.sampled_from(["A", "B C", "ORIGINAL"]),
    "DA": st.just("20240131"),
    "TM": st.just("1200"),
}
bytes_ = st.binary(max_size=12).map(lambda data: data + b"\0" * (len(data) % 2))


def value_of(draw: Any, vr: str, charset: str) -> Any:
    if vr in ("PN", "LO", "LT", "UT", "SH", "ST", "UC"):
        letters = st.text(CHARSETS[charset], max_size=8).map(str.strip)
        return draw(letters) if vr in ("LT", "UT", "ST") else draw(st.one_of(letters, st.lists(letters, max_size=3)))
    if vr in numbers:
        return draw(st.one_of(st.none(), numbers[vr], st.lists(numbers[vr], min_size=2, max_size=3)))
    return draw(bytes_)


VRS: Final = [*numbers, "PN", "LO", "LT", "UT", "SH", "ST", "UC", "OB", "OW", "UN", "SQ"]


@st.composite
def datasets(draw: Any, charset: str, depth: int = 0) -> pydicom.Dataset:
    """Return a dataset whose elements are private ones of each VR."""
    ds = pydicom.Dataset()
    ds.add_new(0x00090010, "LO", "ACME")
    for number, vr in enumerate(draw(st.lists(st.sampled_from(VRS), max_size=6))):
        tag = 0x00091000 + number
        if vr != "SQ":
            ds.add_new(tag, vr, value_of(draw, vr, charset))
        elif depth < 3:
            items = [draw(datasets(charset, depth + 1)) for _ in range(draw(st.integers(0, 2)))]
            for item in items:
                item.is_undefined_length_sequence_item = draw(st.booleans())
            ds.add_new(tag, "SQ", items)
            # In Implicit VR pydicom knows a sequence by its first item, adicom by its undefined length (PS3.5 7.5.2).
            undefined = bool(items) and draw(st.booleans())
            ds[tag].is_undefined_length = ds[tag].value.is_undefined_length = undefined
    return ds


@st.composite
def files(draw: Any) -> tuple[pydicom.Dataset, bool]:
    charset = draw(st.sampled_from(sorted(CHARSETS)))
    ds = draw(datasets(charset))
    ds.SpecificCharacterSet = charset
    return ds, draw(st.booleans())


def written(dataset: pydicom.Dataset, implicit: bool) -> bytes:
    out = io.BytesIO()
    pydicom.dcmwrite(out, dataset, implicit_vr=implicit, little_endian=True)
    return out.getvalue()


def values(dataset: Any) -> list[Node]:
    return [node._replace(raw=None) for node in view(dataset)]


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(files())
def test_made_in_pydicom(case: tuple[pydicom.Dataset, bool]) -> None:
    theirs, implicit = case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = adicom.from_pydicom(theirs)
        assert values(ours) == values(theirs)
        back = ours.to_pydicom()
        assert values(back) == values(theirs)
        assert back == theirs
        assert written(back, implicit) == written(theirs, implicit)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(files(), st.booleans())
def test_read_by_pydicom(case: tuple[pydicom.Dataset, bool], looked_at: bool) -> None:
    made, implicit = case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = written(made, implicit)

        def theirs() -> pydicom.FileDataset:
            return pydicom.dcmread(io.BytesIO(data), force=True)

        ours = adicom.from_pydicom(theirs())
        if looked_at:
            ours.check()
        back = ours.to_pydicom()
        assert written(back, implicit) == data
        assert values(back) == values(theirs())
