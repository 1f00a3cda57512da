"""Datasets to JSON: bulk data, what is not here, what cannot be written; and against pydicom."""

from __future__ import annotations

import json
import logging
import math
from typing import TYPE_CHECKING, Any, Final

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import adicom
import adicom.sync
from adicom import DeferredValueError, EncodeError
from adicom.dataset import Dataset
from adicom.jsonmodel import BULK_DATA_VR
from tests import made
from tests.conftest import pydicom_files
from tests.servers import RangeServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES: Final = {path.name: path for path in pydicom_files()}
CT: Final = FILES["CT_small.dcm"]
JPEG: Final = FILES["JPEG2000.dcm"]


def by_tag(element: Any) -> str:
    return f"bulk/{int(element.tag):08X}"


def example() -> Dataset:
    dataset = Dataset()
    dataset.add_new(0x00080060, "CS", "CT")
    dataset.add_new(0x00104000, "LT", "x" * 2000)
    dataset.add_new(0x00420011, "OB", bytes(768))
    dataset.add_new(0x7FE00010, "OW", bytes(770))
    return dataset


def uris(tree: dict[str, Any]) -> dict[str, str]:
    return {name: attribute["BulkDataURI"] for name, attribute in tree.items() if "BulkDataURI" in attribute}


def test_bulk_data() -> None:
    """1024 characters of base64 are 768 bytes."""
    dataset = example()
    assert uris(dataset.to_json_dict()) == {}
    assert uris(dataset.to_json_dict(bulk_data_element_handler=by_tag)) == {"7FE00010": "bulk/7FE00010"}
    assert len(uris(dataset.to_json_dict(0, by_tag))) == 2
    assert len(uris(dataset.to_json_dict(0, by_tag, bulk_data_vr=BULK_DATA_VR))) == 3
    assert uris(dataset.to_json_dict(0, by_tag, bulk_data_vr={"LT"})) == {"00104000": "bulk/00104000"}
    assert uris(dataset.to_json_dict(3000, by_tag, bulk_data_vr={"LT"})) == {}
    assert dataset.to_json_dict(0, lambda element: None) == dataset.to_json_dict()
    assert json.loads(dataset.to_json(0, by_tag)) == dataset.to_json_dict(0, by_tag)


def test_the_same_values_are_bulk_data_in_pydicom() -> None:
    theirs = pydicom.Dataset()
    for element in example():
        theirs.add_new(int(element.tag), element.VR, element.value)
    for threshold in (0, 1, 1023, 1024, 1028, 2000):
        assert example().to_json_dict(threshold, by_tag) == theirs.to_json_dict(threshold, by_tag)


def test_what_may_be_no_bulk_data() -> None:
    with pytest.raises(ValueError, match="no bulk data may be PN"):
        example().to_json(0, by_tag, bulk_data_vr={"PN"})
    with pytest.raises(EncodeError, match=r"the URI of \(0042,0011\) is a str, or None, not dict"):
        example().to_json(0, lambda element: {"vr": "OB"})  # type: ignore[arg-type,return-value]  # as told in pydicom's docs


def test_dump_handler() -> None:
    dataset = example()
    assert dataset.to_json(dump_handler=json.dumps) == json.dumps(dataset.to_json_dict())


def test_group_lengths_and_group_2_are_left_out() -> None:
    dataset = Dataset()
    dataset.add_new(0x00020010, "UI", "1.2.840.10008.1.2")
    dataset.add_new(0x00080000, "UL", 10)
    dataset.add_new(0x00080060, "CS", "CT")
    assert dataset.to_json() == '{"00080060":{"vr":"CS","Value":["CT"]}}'


def test_names_ascend() -> None:
    dataset = Dataset()
    for keyword in ("PatientID", "Modality", "StudyID"):
        setattr(dataset, keyword, "X")
    assert list(json.loads(dataset.to_json())) == ["00080060", "00100020", "00200010"]


def test_empty_items_and_sequences() -> None:
    dataset = Dataset()
    dataset.add_new(0x0040A730, "SQ", [Dataset(), example(), Dataset()])
    dataset.add_new(0x00400555, "SQ", [])
    tree = dataset.to_json_dict()
    assert tree["00400555"] == {"vr": "SQ"}
    assert tree["0040A730"]["Value"] == [{}, example().to_json_dict(), {}]
    assert json.loads(dataset.to_json()) == tree


def test_nothing_is_decoded_for_good() -> None:
    dataset = adicom.sync.dcmread(CT.read_bytes())
    dataset.to_json()
    assert dataset.get_item("PatientID").is_raw


# -- what cannot be written


def broken() -> Dataset:
    dataset, item = example(), Dataset()
    item.add_new(0x00080060, "CS", "CT")
    item.add(adicom.DataElement(0x00189310, "FD", "secret", already_converted=True))
    dataset.add_new(0x0040A730, "SQ", [item])
    return dataset


def test_what_cannot_be_written_raises() -> None:
    with pytest.raises(ValueError, match="could not convert"):
        broken().to_json()


@pytest.mark.parametrize("method", [Dataset.to_json, Dataset.to_json_dict])
def test_suppressed(method: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = method(broken(), suppress_invalid_tags=True)
    tree = json.loads(found) if isinstance(found, str) else found
    assert tree["0040A730"]["Value"] == [{"00080060": {"vr": "CS", "Value": ["CT"]}}]
    assert [record.message for record in caplog.records] == ["(0018,9310) is left out: ValueError"]


# -- what is not here


def test_deferred_values_are_loaded_where_that_needs_no_waiting() -> None:
    whole = adicom.sync.dcmread(CT).to_json()
    assert adicom.sync.dcmread(CT, defer_size=10).to_json() == whole


@pytest.mark.anyio
async def test_deferred_values_are_never_left_out() -> None:
    with RangeServer({"/ct.dcm": CT.read_bytes()}) as server:
        dataset = await adicom.dcmread(f"{server.url}/ct.dcm", defer_size="1 KB")
        with pytest.raises(DeferredValueError, match=r"await ds\.fetch\("):
            dataset.to_json()
        named = dataset.to_json_dict(bulk_data_element_handler=by_tag)
        assert uris(named) == {"00431029": "bulk/00431029", "7FE00010": "bulk/7FE00010"}
        with pytest.raises(DeferredValueError):
            dataset.to_json(bulk_data_element_handler=lambda element: None)
        await dataset.fetch_all()
        assert dataset.to_json() == adicom.sync.dcmread(CT).to_json()


def trailed() -> bytes:
    """Return an encapsulated image with an element behind its pixel data."""
    return JPEG.read_bytes() + made.element(0xFFFCFFFC, "OB", b"\0\1")


@pytest.mark.anyio
async def test_what_stands_behind_pixel_data_is_never_left_out() -> None:
    with RangeServer({"/x": trailed()}) as server:
        dataset = await adicom.dcmread(f"{server.url}/x", defer_size="1 KB")
        assert not dataset.is_complete
        with pytest.raises(DeferredValueError, match=r"await ds\.fetch_rest\(\)"):
            dataset.to_json(bulk_data_element_handler=by_tag)
        await dataset.fetch_rest()
        assert '"FFFCFFFC"' in dataset.to_json(bulk_data_element_handler=by_tag)


def test_what_stands_behind_pixel_data_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x.dcm"
    path.write_bytes(trailed())
    dataset = adicom.sync.dcmread(path, defer_size="1 KB")
    assert dataset.to_json() == adicom.sync.dcmread(path).to_json()


# -- against pydicom

TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\\=^", exclude_categories=("Cc", "Cs")), max_size=8
).map(str.strip)
WHOLE: Final = {"US": (0, 2**16), "SS": (-(2**15), 2**15), "UL": (0, 2**32), "SL": (-(2**31), 2**31)}


def several(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | st.lists(values, min_size=2, max_size=4)


VALUES: Final[dict[str, st.SearchStrategy[Any]]] = {
    **{VR: several(TEXT.filter(bool)) for VR in ("LO", "SH", "UC")},
    **dict.fromkeys(("LT", "ST", "UT"), TEXT),
    **{VR: several(st.integers(low, high - 1)) for VR, (low, high) in WHOLE.items()},
    "SV": several(st.integers(-(2**53) + 1, 2**53 - 1)),
    "UV": several(st.integers(0, 2**53 - 1)),
    "FD": several(st.floats(allow_nan=False, allow_infinity=False)),
    "FL": several(st.floats(width=32, allow_nan=False, allow_infinity=False)),
    "IS": several(st.integers(-(2**31), 2**31 - 1)),
    "DS": several(st.integers(-999999, 999999).map(lambda number: number / 64)),
    "AT": several(st.integers(0, 2**32 - 1)),
    "UI": several(st.sampled_from(["1.2.840.10008.1.2", "2.25.1"])),
    "PN": several(TEXT.filter(bool)),
    "OB": st.binary(min_size=1, max_size=20),
    "UN": st.binary(min_size=1, max_size=20),
}


@st.composite
def elements(draw: st.DrawFn, depth: int = 0) -> list[tuple[int, str, Any]]:
    VRs = sorted(VALUES)
    chosen = draw(st.lists(st.sampled_from(VRs), max_size=5, unique=True))
    found: list[tuple[int, str, Any]] = [(0x00091000 + VRs.index(VR), VR, draw(VALUES[VR])) for VR in chosen]
    if depth < 2 and draw(st.booleans()):
        found.append((0x0040A730, "SQ", draw(st.lists(elements(depth + 1), min_size=1, max_size=2))))
    return found


def build(kind: Any, parts: list[tuple[int, str, Any]]) -> Any:
    dataset = kind()
    for tag, VR, value in parts:
        dataset.add_new(tag, VR, [build(kind, item) for item in value] if VR == "SQ" else value)
    return dataset


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(elements())
def test_any_dataset_is_the_same_as_in_pydicom(parts: list[tuple[int, str, Any]]) -> None:
    ours, theirs = build(Dataset, parts), build(pydicom.Dataset, parts)
    assert ours.to_json_dict() == theirs.to_json_dict()
    assert Dataset.from_json(theirs.to_json()) == ours
    assert Dataset.from_json(ours.to_json()) == ours
    assert pydicom.Dataset.from_json(ours.to_json()) == theirs


@given(st.lists(st.floats(), min_size=2))
def test_any_real_number_comes_back(numbers: list[float]) -> None:
    dataset = Dataset()
    dataset.add_new(0x00189310, "FD", numbers)
    back = Dataset.from_json(dataset.to_json())[0x00189310].value
    assert [math.copysign(1, number) if math.isnan(number) is False else 0 for number in back] == [
        math.copysign(1, number) if math.isnan(number) is False else 0 for number in numbers
    ]
    assert all(
        one == other or (math.isnan(one) and math.isnan(other)) for one, other in zip(back, numbers, strict=True)
    )


@given(st.from_regex(r"[ ]?[+-]?[0-9]{1,6}(\.[0-9]{0,6})?([eE][+-]?[0-9])?", fullmatch=True))
def test_any_text_of_a_number_comes_back(text: str) -> None:
    dataset = Dataset()
    dataset.add(adicom.DataElement(0x00280030, "DS", text, validation_mode="ignore"))
    assert str(Dataset.from_json(dataset.to_json()).PixelSpacing) == text.strip()
    (value,) = dataset.to_json_dict()["00280030"]["Value"]
    assert json.dumps(value).strip('"') == text.strip()


@settings(deadline=None)
@given(
    st.sampled_from(["DS", "IS"]),
    st.lists(st.from_regex(r"[ ]?[+-]?[0-9]{0,5}(\.[0-9]{0,3})?([eE][+-]?[0-9])?[ ]?|nan|inf|x|1_0", fullmatch=True)),
)
@pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")
def test_numbers_that_nobody_looked_at_are_the_same(VR: str, texts: list[str]) -> None:
    data = made.part10(made.element(0x00280030, VR, "\\".join(texts)))
    fresh, seen = adicom.sync.dcmread(data), adicom.sync.dcmread(data)
    seen.check()
    assert fresh.to_json() == seen.to_json()


def test_an_element_has_the_same_bulk_data() -> None:
    element = example()["PixelData"]
    expected = {"vr": "OW", "BulkDataURI": "bulk/7FE00010"}
    assert element.to_json_dict(by_tag, 0) == json.loads(element.to_json(0, by_tag)) == expected
    assert "InlineBinary" in element.to_json_dict(by_tag, 2000)


@pytest.mark.parametrize(("signed", "VR"), [(0, "US"), (1, "SS")])
def test_a_vr_that_is_open_is_settled_by_pixel_representation(signed: int, VR: str) -> None:
    ds = Dataset()
    ds.SmallestImagePixelValue = 5
    ds.PixelRepresentation = signed
    assert ds.to_json_dict()["00280106"] == {"vr": VR, "Value": [5]}
