"""Every file through JSON and back, and against pydicom's ``to_json_dict``; each difference has its reason here."""

from __future__ import annotations

import io
import json
import warnings
from base64 import b64decode
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pydicom
import pytest

import adicom.sync
from adicom.jsonmodel import events_to_json
from tests import oracle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")

FILES: Final = [path for path in oracle.all_files() if oracle.short_name(path) not in oracle.FAULTY]

# pydicom makes no JSON of these: it cannot read them, or has no number for a text.
NOT_PYDICOM: Final = {
    "DIRW0007": "see tests/test_truth.py",
    "GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm": "see tests/test_truth.py",
    "badVR.dcm": "an IS that is no number, which stays text here",
}
DISORDERED: Final = {"winter.dcm"}


class Pair(NamedTuple):
    """The attribute objects of the two libraries under one name; None where there is none."""

    name: str
    ours: Any
    theirs: Any
    file: str


# -- what pydicom writes differently: whether the reason holds


def group_length(pair: Pair) -> bool:
    """F.2.2: group lengths shall not be included."""
    return pair.name.endswith("0000") and pair.ours is None


def text_of_a_number(pair: Pair) -> bool:
    """F.2.3: a String preserves the text of DS and IS, where the number would be written otherwise."""
    if pair.ours["vr"] not in ("DS", "IS") or pair.ours["vr"] != pair.theirs["vr"]:
        return False
    ours = [float(value) if isinstance(value, str) else value for value in pair.ours["Value"]]
    return ours == [value if value != "" else None for value in pair.theirs["Value"]]


def empty_values(pair: Pair) -> bool:
    """F.2.5: an empty value among several is null; what is empty has no Value."""
    theirs = pair.theirs.get("Value")
    if theirs == []:
        return bool(pair.ours == {"vr": pair.theirs["vr"]})
    return theirs is not None and pair.ours == {**pair.theirs, "Value": [value or None for value in theirs]}


def names(pair: Pair) -> bool:
    """F.2.2: only the groups of a name that are not empty; and the escapes that test_truth.py tells of."""
    if pair.ours["vr"] != "PN":
        return False
    groups = [{group: text for group, text in value.items() if text} for value in pair.theirs["Value"]]
    return pair.ours["Value"] == groups or pair.file == "chrGB2312.dcm"


def words_of_big_endian(pair: Pair) -> bool:
    """The JSON does not tell the byte order: it is little endian here; pydicom leaves it as it was."""
    if (pair.ours["vr"], pair.theirs["vr"]) not in (("OW", "OW"), ("OW", "OB or OW")):
        return False
    ours, theirs = (b64decode(attribute["InlineBinary"]) for attribute in pair[1:3])
    return (ours[::2], ours[1::2]) == (theirs[1::2], theirs[::2])


def one_vr(pair: Pair) -> bool:
    """A VR is one of two: pydicom leaves the dictionary's "OB or OW" in curves and overlays."""
    return " or " in pair.theirs["vr"] and pair.ours == {**pair.theirs, "vr": pair.ours["vr"]}


def other_private_dictionary(pair: Pair) -> bool:
    """See tests/test_truth.py: each private dictionary has elements the other has not."""
    return int(pair.name[:4], 16) & 1 == 1 and pair.ours["vr"] != pair.theirs["vr"]


def value_swallowed_the_rest(pair: Pair) -> bool:
    """GH179A.dcm: see tests/test_truth.py."""
    return pair.file == "GH179A.dcm" and (pair.theirs is None or pair.name == "00280120")


REASONS: Final[tuple[Callable[[Pair], bool], ...]] = (
    text_of_a_number,
    empty_values,
    names,
    words_of_big_endian,
    one_vr,
    other_private_dictionary,
)


def explained(pair: Pair) -> bool:
    if group_length(pair) or value_swallowed_the_rest(pair):
        return True
    return None not in (pair.ours, pair.theirs) and any(reason(pair) for reason in REASONS)


def pairs(ours: dict[str, Any], theirs: dict[str, Any], file: str) -> Iterator[Pair]:
    """Give all that differs, at any depth."""
    for name in ours.keys() | theirs.keys():
        mine, other = ours.get(name), theirs.get(name)
        if mine and other and mine["vr"] == other["vr"] == "SQ" and _count(mine) == _count(other) > 0:
            for item, their_item in zip(mine["Value"], other["Value"], strict=True):
                yield from pairs(item, their_item, file)
        elif mine != other:
            yield Pair(name, mine, other, file)


def _count(attribute: dict[str, Any]) -> int:
    return len(attribute.get("Value", []))


@pytest.mark.parametrize("path", FILES, ids=oracle.file_id)
def test_the_same_as_pydicom(path: Path) -> None:
    data, name = path.read_bytes(), oracle.short_name(path)
    if name in NOT_PYDICOM:
        pytest.skip(NOT_PYDICOM[name])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pydicom.dcmread(io.BytesIO(data), force=True).to_json_dict()
    ours = adicom.sync.dcmread(data, force=True).to_json_dict()
    assert [pair for pair in pairs(ours, theirs, name) if not explained(pair)] == []


@pytest.mark.parametrize("path", FILES, ids=oracle.file_id)
def test_there_and_back(path: Path) -> None:
    dataset = adicom.sync.dcmread(path.read_bytes(), force=True)
    text = dataset.to_json()
    assert json.loads(text, parse_constant=pytest.fail) == dataset.to_json_dict()
    assert type(dataset).from_json(text).to_json() == text
    back = values(adicom.sync.Dataset.from_json(text))
    assert [pair for pair in zip(values(dataset), back, strict=True) if pair[0] != pair[1]] == []


def values(dataset: Any) -> list[tuple[Any, ...]]:
    """Return path, tag, VR and value of all that JSON keeps; the words of big-endian files turned round."""
    found = []
    for node in oracle.walk(dataset):
        if node.tag & 0xFFFF and node.tag >> 16 != 2:
            value = node.value
            if node.vr == "OW" and getattr(dataset, "is_little_endian", True) is False:
                value = (
                    "bytes",
                    bytes(byte for pair in zip(value[1][1::2], value[1][::2], strict=True) for byte in pair),
                )
            if value in (("str", ""), ("NoneType", None)):
                value = None  # a number of blanks only, which are padding, comes back as a number of no length
            found.append((node.path, node.tag, node.vr, value))
    return found


@pytest.mark.parametrize("path", FILES, ids=oracle.file_id)
def test_events_give_the_same_text(path: Path) -> None:
    data = path.read_bytes()
    with adicom.sync.iter_events(data, force=True) as events:
        if oracle.short_name(path) in DISORDERED:
            with pytest.raises(adicom.EncodeError, match="behind a higher tag"):
                "".join(events_to_json(events))
            return
        text = "".join(events_to_json(events))
    assert text == adicom.sync.dcmread(data, force=True).to_json()


@pytest.mark.parametrize("path", FILES, ids=oracle.file_id)
def test_pydicom_reads_it_and_is_read(path: Path) -> None:
    data, name = path.read_bytes(), oracle.short_name(path)
    ours = adicom.sync.dcmread(data, force=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name == "badVR.dcm":
            with pytest.raises(ValueError, match="invalid literal"):
                pydicom.Dataset.from_json(ours.to_json())
            return
        theirs = pydicom.Dataset.from_json(ours.to_json())
        assert [element.tag for element in theirs] == [
            element.tag for element in adicom.Dataset.from_json(ours.to_json())
        ]
        if name not in NOT_PYDICOM:
            text = pydicom.dcmread(io.BytesIO(data), force=True).to_json()
            again = adicom.Dataset.from_json(text).to_json_dict()
            assert [pair for pair in pairs(again, json.loads(text), name) if not explained(pair)] == []
