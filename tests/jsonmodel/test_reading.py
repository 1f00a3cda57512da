"""JSON to datasets. Texts are those of PS3.18 annex F, of pydicom, or written by hand."""

from __future__ import annotations

import json
import math
from base64 import b64encode
from typing import Any

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import adicom
import adicom.sync
from adicom import DicomWarning, InvalidJsonError, LimitError
from adicom.dataset import Dataset, FileDataset, FileMetaDataset
from adicom.tag import BaseTag
from adicom.uid import UID
from adicom.valuerep import IS, DSfloat, PersonName
from adicom.vr import STANDARD_VR


def read(attribute: dict[str, Any], tag: str = "00080000") -> Any:
    """Return the value of a data element that an attribute object stands for."""
    return Dataset.from_json({tag: attribute})[int(tag, 16)].value


def test_the_example_of_the_standard() -> None:
    """The study of PS3.18 F.4, shortened."""
    text = """{
      "00080005": {"vr": "CS", "Value": ["ISO_IR 192"]},
      "00080020": {"vr": "DT", "Value": ["20130409"]},
      "00080061": {"vr": "CS", "Value": ["CT", "PET"]},
      "00080090": {"vr": "PN", "Value": [{"Alphabetic": "^Bob^^Dr."}]},
      "00091002": {"vr": "UN", "InlineBinary": ["z0x9c8v7"]},
      "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Wang^XiaoDong", "Ideographic": "王^小東"}]},
      "00101010": {"vr": "AS"},
      "00201206": {"vr": "IS", "Value": [4]}
    }"""
    dataset = Dataset.from_json(text)
    assert dataset.ModalitiesInStudy == ["CT", "PET"]
    assert dataset.PatientName.ideographic == "王^小東"
    assert dataset[0x00091002].value == bytes.fromhex("cf4c7d73cbfb")
    assert (dataset.PatientAge, dataset.NumberOfStudyRelatedSeries) == ("", 4)
    assert Dataset.from_json(text.encode()) == Dataset.from_json(json.loads(text)) == dataset


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ({"vr": "LO", "Value": ["a", None, "c"]}, ["a", "", "c"]),
        ({"vr": "LO", "Value": [5]}, "5"),
        ({"vr": "CS", "Value": ["ORIGINAL\\PRIMARY"]}, ["ORIGINAL", "PRIMARY"]),
        ({"vr": "LT", "Value": ["a\\b"]}, "a\\b"),
        ({"vr": "LO"}, ""),
        ({"vr": "LO", "Value": [None]}, ""),
        ({"vr": "LO", "Value": []}, ""),
        ({"vr": "US"}, None),
        ({"vr": "US", "Value": [None]}, None),
        ({"vr": "US", "Value": ["5", 6.0]}, [5, 6]),
        ({"vr": "US", "InlineBinary": "AAEAAg=="}, [256, 512]),
        ({"vr": "UV", "Value": ["18446744073709551615"]}, 2**64 - 1),
        ({"vr": "FD", "Value": ["Infinity", "-Infinity", "inf"]}, [math.inf, -math.inf, math.inf]),
        ({"vr": "AT", "Value": ["001800FA", "7fe00010"]}, [0x001800FA, 0x7FE00010]),
        ({"vr": "OB"}, None),
        ({"vr": "OB", "InlineBinary": "AAEC\n"}, b"\0\1\2"),
        ({"vr": "SQ"}, []),
    ],
)
def test_values(attribute: dict[str, Any], expected: Any) -> None:
    assert read(attribute) == expected


def test_types_are_those_of_a_file() -> None:
    assert isinstance(read({"vr": "UI", "Value": ["1.2"]}), UID)
    assert isinstance(read({"vr": "AT", "Value": ["00080005"]}), BaseTag)
    assert isinstance(read({"vr": "PN", "Value": [{"Alphabetic": "A"}]}), PersonName)
    assert math.isnan(read({"vr": "FL", "Value": ["NaN"]}))
    assert math.isnan(read({"vr": "FL", "Value": [None, 1]})[0])
    decimals = read({"vr": "DS", "Value": [1, 1.5, "1.50", None]})
    assert [str(value) for value in decimals] == ["1", "1.5", "1.50", ""]
    assert isinstance(decimals[0], DSfloat)
    integers = read({"vr": "IS", "Value": [7, "007"]})
    assert [(type(value), str(value)) for value in integers] == [(IS, "7"), (IS, "007")]


@pytest.mark.parametrize(
    ("attribute", "text"),
    [
        ({"Value": ["CT"]}, "an attribute has no vr"),
        ({"vr": "XX"}, "the vr of an attribute is none"),
        ({"vr": "CS", "Value": "CT"}, "Value is no list"),
        (["CS"], "an attribute is an object"),
        ({"vr": "SQ", "Value": ["CT"]}, "a dataset is an object"),
        ({"vr": "SQ", "InlineBinary": "AAEC"}, "the Value of a sequence"),
        ({"vr": "OB", "Value": [1]}, "VR OB has no Value"),
        ({"vr": "OB", "InlineBinary": "AAE"}, "InlineBinary is no base64"),
        ({"vr": "OB", "InlineBinary": 5}, "InlineBinary is no base64"),
        ({"vr": "US", "Value": [1.5]}, "not what VR US wants"),
        ({"vr": "US", "Value": [None, 1]}, "not what VR US wants"),
        ({"vr": "US", "Value": [True]}, "not what VR US wants"),
        ({"vr": "FD", "Value": ["CITIZEN"]}, "not what VR FD wants"),
        ({"vr": "AT", "Value": ["CITIZEN!"]}, "not what VR AT wants"),
        ({"vr": "PN", "Value": [5]}, "not what VR PN wants"),
        ({"vr": "LO", "Value": [{"a": 1}]}, "not what VR LO wants"),
        ({"vr": "LO", "BulkDataURI": "1"}, "no bulk data has VR LO"),
        ({"vr": "OB", "BulkDataURI": 1}, "BulkDataURI is no text"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(attribute: Any, text: str) -> None:
    tree = {"0040A730": {"vr": "SQ", "Value": [{}, {"00100010": attribute}]}}
    with pytest.raises(InvalidJsonError, match=text) as caught:
        Dataset.from_json(tree)
    assert "(0040,A730)[1]" in str(caught.value)
    assert "CITIZEN" not in str(caught.value)
    assert caught.value.__context__ is None
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("name", ["PatientName", "0010001", "0x100010", "001_0010", ""])
def test_names_are_tags(name: str) -> None:
    with pytest.raises(InvalidJsonError, match="eight hexadecimal digits"):
        Dataset.from_json({name: {"vr": "PN"}})


def test_a_list_of_datasets_is_none() -> None:
    with pytest.raises(TypeError, match="a list of datasets"):
        Dataset.from_json("[{}]")


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ({"vr": "PN", "Value": ["CITIZEN^Joan"]}, "CITIZEN^Joan"),
        ({"vr": "DS", "Value": ["1,5"]}, "1,5"),
        ({"vr": "IS", "Value": [1, "one"]}, [1, "one"]),
        ({"vr": "OB", "InlineBinary": "AAEC", "BulkDataURI": "1"}, b"\0\1\2"),
    ],
)
def test_what_is_tolerated_is_warned_of(attribute: dict[str, Any], expected: Any) -> None:
    with pytest.warns(DicomWarning, match=r"\(0008,0000\)") as caught:
        assert read(attribute) == expected
    assert not any(text in str(caught[0].message) for text in ("CITIZEN", "1,5", "one:"))


def test_un_is_what_the_dictionaries_know() -> None:
    """Text in UN is in the character set of the source (F.2.2 note 5), also in items."""
    name = {"vr": "UN", "InlineBinary": "xOc="}  # in ISO 8859-5
    tree = {
        "00080005": {"vr": "CS", "Value": ["ISO_IR 144"]},
        "00081110": {"vr": "SQ", "Value": [{"00100010": name}]},
        "00100010": name,
        "00190010": {"vr": "LO", "Value": ["GEMS_ACQU_01"]},
        "00191002": {"vr": "UN", "InlineBinary": "AQAAAA=="},
        "001910FF": {"vr": "UN", "InlineBinary": "AQAAAA=="},
        "00280106": {"vr": "UN", "InlineBinary": "//8="},
        "0040A730": {"vr": "UN", "InlineBinary": "/v8A4AoAAAAIAGAAAgAAAENU"},
    }
    dataset = Dataset.from_json(tree)
    assert dataset.PatientName == dataset.ReferencedStudySequence[0].PatientName == "Фч"
    assert (dataset[0x00191002].VR, dataset[0x00191002].value) == ("SL", 1)
    assert dataset[0x00191002].private_creator == "GEMS_ACQU_01"
    assert (dataset[0x001910FF].VR, dataset[0x001910FF].value) == ("UN", b"\1\0\0\0")
    assert dataset.SmallestImagePixelValue == 65535
    assert dataset.ContentSequence[0].Modality == "CT"


def test_the_pairs_of_pydicom() -> None:
    """pydicom writes the dictionary's choice of VRs."""
    theirs = pydicom.Dataset()
    theirs.add_new(0x00280106, "US or SS", -5)
    theirs.add_new(0x60003000, "OB or OW", b"\1\2")
    dataset = Dataset.from_json(theirs.to_json())
    assert [(element.VR, element.value) for element in dataset] == [("SS", -5), ("OW", b"\1\2")]


TEXT = '{"0040A730":{"vr":"SQ","Value":[{"0040A730":{"vr":"SQ","Value":[{}]}}]}}'


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        (Dataset, Dataset),
        (FileDataset, Dataset),
        (adicom.sync.Dataset, adicom.sync.Dataset),
        (adicom.sync.FileDataset, adicom.sync.Dataset),
    ],
)
def test_items_are_of_the_same_kind(kind: type[Dataset], item: type[Dataset]) -> None:
    dataset = kind.from_json(TEXT)
    assert type(dataset) is kind
    assert type(dataset.ContentSequence[0]) is type(dataset.ContentSequence[0].ContentSequence[0]) is item


def test_file_meta_information() -> None:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    assert FileMetaDataset.from_json(meta.to_json()) == meta
    assert list(meta.to_json_dict()) == ["00020010"]
    with pytest.raises(ValueError, match="group 2"):
        FileMetaDataset.from_json('{"00080060":{"vr":"CS"}}')


def nested(levels: int) -> str:
    return '{"0040A730":{"vr":"SQ","Value":[' * levels + '{"00080060":{"vr":"CS","Value":["CT"]}}' + "]}}" * levels


def test_as_deep_as_the_limit() -> None:
    dataset = Dataset.from_json(nested(256))
    assert dataset.to_json() == nested(256)
    tree = dataset.to_json_dict()
    assert Dataset.from_json(tree).to_json() == nested(256)


@pytest.mark.parametrize("levels", [257, 100_000])
def test_deeper_than_the_limit(levels: int) -> None:
    with pytest.raises(LimitError, match="deeper than 256"):
        Dataset.from_json(nested(levels))


def test_deep_in_the_stack_of_the_caller() -> None:
    """Three levels of Python's own encoder and decoder to one of ours would not fit there."""

    def below(frames: int) -> str:
        return below(frames - 1) if frames else Dataset.from_json(nested(256)).to_json()

    assert below(500) == nested(256)


def test_data_elements() -> None:
    element = adicom.DataElement(0x00081140, "SQ", [Dataset.from_json('{"00080060":{"vr":"CS","Value":["CT"]}}')])
    tree = {"vr": "SQ", "Value": [{"00080060": {"vr": "CS", "Value": ["CT"]}}]}
    assert element.to_json_dict() == tree == json.loads(element.to_json())
    assert adicom.DataElement.from_json(Dataset, "00081140", "SQ", tree["Value"], "Value") == element
    assert adicom.DataElement.from_json(Dataset, "00080060", "CS", [""], None).value == ""
    assert adicom.DataElement(0x00081140, "SQ", []).to_json() == '{"vr":"SQ"}'
    assert element.to_json(dump_handler=repr) == repr(tree)


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.sampled_from(["AAEC", "1E400"])
)
NAMES = st.sampled_from(
    ["00080005", "00080060", "00190010", "00191002", "00280106", "0040A730", "7FE00010", "FFFEE000"]
)
ODD = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2))
ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "vr": st.sampled_from([*STANDARD_VR, "US or SS", "OB or OW", "SQ", "SQ", "UN", "PN"]) | SCALARS | ODD,
        "Value": st.lists(ODD, max_size=3) | ODD,
        "InlineBinary": ODD | st.binary(max_size=9).map(lambda data: b64encode(data).decode()),
        "BulkDataURI": ODD,
    },
)


@pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")
def test_a_number_of_nothing_but_a_space_is_no_value() -> None:
    dataset = Dataset.from_json({"00080005": {"vr": "DS", "InlineBinary": "oA=="}})
    assert dataset.to_json() == '{"00080005":{"vr":"DS"}}'


@pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")
@settings(deadline=None, max_examples=100)
@given(st.dictionaries(NAMES, ATTRIBUTES | ODD, max_size=4))
def test_whatever_the_objects_only_one_error(tree: Any) -> None:
    try:
        dataset = Dataset.from_json(tree)
        text = dataset.to_json()
    except adicom.DicomError:
        return
    assert Dataset.from_json(text).to_json() == text
