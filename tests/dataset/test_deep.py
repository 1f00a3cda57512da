"""Datasets as deep as the limits let them be: every method works with Python's own recursion limit."""

from __future__ import annotations

import copy
import gc
import pickle
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING, Any, Final

import pytest

import adicom.sync
from adicom.dataelem import DataElement
from adicom.dataset import Dataset
from adicom.parser import ParserLimits
from adicom.sequence import Sequence
from tests import made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEPTH: Final = ParserLimits().depth
SEQUENCE: Final = 0x0040A730
PRIVATE: Final = 0x00090010

pytestmark = pytest.mark.usefixtures("pythons_own_limit")


@pytest.fixture
def pythons_own_limit() -> Iterator[None]:
    """Sets the limit that Python starts with; pytest itself needs some fifty of its frames."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(limit)


def content(level: int, form: made.Form = made.EXPLICIT) -> bytes:
    """Return the elements of one level beside the sequence: a private creator and a name."""
    return made.element(PRIVATE, "LO", f"ACME {level}", form) + made.element(0x00100020, "LO", str(level), form)


def nested(form: made.Form, undefined: bool) -> bytes:
    """Return a data set with sequences in sequences, as deep as is allowed."""
    data = content(DEPTH, form)
    for level in reversed(range(DEPTH)):
        sequence = made.sequence(SEQUENCE, [made.item(data, form, undefined=undefined)], form, undefined=undefined)
        data = content(level, form) + sequence
    return data


def read(form: made.Form, undefined: bool) -> adicom.sync.FileDataset:
    return adicom.sync.dcmread(made.part10(nested(form, undefined), form.syntax))


def built() -> Dataset:
    """Return the same dataset, built by hand."""
    dataset = level_of(DEPTH)
    for level in reversed(range(DEPTH)):
        outer = level_of(level)
        outer.ContentSequence = [dataset]
        dataset = outer
    return dataset


def level_of(level: int) -> Dataset:
    dataset = Dataset()
    dataset.add_new(PRIVATE, "LO", f"ACME {level}")
    dataset.PatientID = str(level)
    return dataset


def touched(dataset: Dataset) -> Dataset:
    dataset.check()
    return dataset


MAKERS: Final[dict[str, Callable[[], Dataset]]] = {
    "built": built,
    "explicit": lambda: read(made.EXPLICIT, undefined=False),
    "undefined": lambda: read(made.EXPLICIT, undefined=True),
    "implicit": lambda: read(made.IMPLICIT, undefined=True),
    "big endian": lambda: read(made.BIG, undefined=False),
    "looked at": lambda: touched(read(made.EXPLICIT, undefined=False)),
    "looked at, undefined": lambda: touched(read(made.IMPLICIT, undefined=True)),
}


@pytest.fixture(params=MAKERS)
def dataset(request: pytest.FixtureRequest) -> Dataset:
    return MAKERS[request.param]()


def ids(dataset: Dataset) -> list[str]:
    """Return the number of each level, from the top; by hand, without what is tested."""
    found = []
    while True:
        found.append(dataset.PatientID)
        if SEQUENCE not in dataset:
            return found
        (dataset,) = dataset[SEQUENCE].value


ALL: Final = [str(level) for level in range(DEPTH + 1)]


def test_the_limit_is_pythons(dataset: Dataset) -> None:
    assert DEPTH == 256
    assert sys.getrecursionlimit() == 1000
    assert ids(dataset) == ALL


def test_copies(dataset: Dataset) -> None:
    for twin in (dataset.copy(), copy.copy(dataset), Dataset(dataset), dataset[:], copy.deepcopy(dataset)):
        assert ids(twin) == ALL
        assert twin == dataset
    ((deep,),) = ([item] for item in copy.deepcopy(dataset)[SEQUENCE].value)
    deep.PatientID = "another"
    assert ids(dataset) == ALL


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles(dataset: Dataset, protocol: int) -> None:
    twin = pickle.loads(pickle.dumps(dataset, protocol))
    assert ids(twin) == ALL
    assert twin == dataset


def test_parts_are_copied_and_pickled_too(dataset: Dataset) -> None:
    element = dataset[SEQUENCE]
    parts: list[Any] = [element, element.value]
    for part in parts:
        for twin in (copy.deepcopy(part), pickle.loads(pickle.dumps(part))):
            (item,) = twin.value if isinstance(twin, DataElement) else twin
            assert ids(item) == ALL[1:]
            assert twin == part


def test_comparison(dataset: Dataset) -> None:
    other = built()
    assert dataset == other
    assert not dataset != other  # noqa: SIM202  # the operator is what is tested
    last = other
    while SEQUENCE in last:
        (last,) = last[SEQUENCE].value
    last.PatientID = "another"
    assert dataset != other
    assert dataset[SEQUENCE] != other[SEQUENCE]
    assert dataset[SEQUENCE].value != other[SEQUENCE].value


def test_text(dataset: Dataset) -> None:
    lines = str(dataset).splitlines()
    names = [line.split("LO: ")[1] for line in lines if "Patient ID" in line]
    assert names == [f"'{level}'" for level in ALL]
    assert repr(dataset) == str(dataset)
    assert sum("Patient ID" in line for line in dataset.top().splitlines()) == 1
    assert sum("Patient ID" in line for line in dataset.formatted_lines()) == DEPTH + 1
    assert "<Sequence, length 1>" in str(dataset[SEQUENCE])
    assert str(dataset[SEQUENCE].value).count("Patient ID") == DEPTH
    assert "Patient ID" in dataset._repr_html_()  # which shows some levels only: see test_html.py


def test_walking(dataset: Dataset) -> None:
    assert [element.value for element in dataset.iterall() if element.tag == 0x00100020] == ALL
    seen: list[str] = []
    dataset.walk(lambda holder, element: seen.append(holder.PatientID))
    assert seen == [level for level in ALL[:-1] for _ in range(3)] + [ALL[-1]] * 2
    dataset.check()
    dataset.decode()
    assert ids(dataset) == ALL


def test_private_elements_are_removed(dataset: Dataset) -> None:
    dataset.remove_private_tags()
    assert [element.tag for element in dataset.iterall() if element.is_private] == []
    assert ids(dataset) == ALL


def test_json(dataset: Dataset) -> None:
    text = dataset.to_json()
    assert text.count('"00100020"') == DEPTH + 1
    assert ids(Dataset.from_json(text)) == ALL
    attributes = dataset.to_json_dict()
    for level in ALL[:-1]:
        assert attributes["00100020"]["Value"] == [level]
        (attributes,) = attributes[f"{SEQUENCE:08X}"]["Value"]
    assert ids(Dataset.from_json(dataset.to_json_dict())) == ALL
    assert dataset[SEQUENCE].to_json().count('"00100020"') == DEPTH


def test_how_it_was_encoded(dataset: Dataset) -> None:
    expected, charset = dataset.original_encoding, dataset.original_character_set
    while SEQUENCE in dataset:
        (dataset,) = dataset[SEQUENCE].value
        assert (dataset.original_encoding, dataset.original_character_set) == (expected, charset)


def test_sequences_are_set_and_changed(dataset: Dataset) -> None:
    outer = Dataset()
    outer.ContentSequence = Sequence([dataset])
    outer.ContentSequence.append(dataset)
    outer.update({"ContentSequence": [dataset]})
    other = Dataset()
    other.update(outer)
    assert ids(other.ContentSequence[0]) == ALL


@pytest.mark.anyio
async def test_deferred_values_are_fetched() -> None:
    value = b"x" * 100
    data = made.element(0x00104000, "LT", value)
    for _ in range(DEPTH):
        data = made.sequence(SEQUENCE, [made.item(data, undefined=True)], undefined=True)
    ds = await adicom.dcmread(made.part10(data), defer_size=50)
    await ds.fetch_all()
    assert [element.value for element in ds.iterall()][-1] == value.decode()


def sequences_of(dataset: Dataset) -> list[weakref.ref[Sequence]]:
    return [weakref.ref(element.value) for element in dataset.iterall() if element.VR == "SQ"]


def test_nothing_is_left_when_it_goes(dataset: Dataset) -> None:
    sequences = sequences_of(copy.deepcopy(dataset)) + sequences_of(pickle.loads(pickle.dumps(dataset)))
    gc.collect()
    assert len(sequences) == 2 * DEPTH
    assert [sequence for sequence in sequences if sequence() is not None] == []


PROGRAM: Final = """
import copy, gc, pickle, sys
assert sys.getrecursionlimit() == 1000
from adicom.dataset import Dataset
depth = int(sys.argv[1])
ds = Dataset()
for level in range(depth):
    outer = Dataset()
    outer.PatientID = str(level)
    outer.ContentSequence = [ds]
    ds = outer
twin = pickle.loads(pickle.dumps(copy.deepcopy(ds)))
assert twin == ds and str(twin) == str(ds) and twin.to_json() == ds.to_json()
del ds, outer
gc.collect()
del twin
gc.collect()
print("done")
"""


@pytest.mark.parametrize("depth", [DEPTH, 20 * DEPTH])
def test_in_a_python_of_its_own(depth: int) -> None:
    """What is built by hand knows no limit at all; a crash would end the process."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(depth)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
