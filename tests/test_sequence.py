"""Sequence: a list of datasets and of nothing else."""

from __future__ import annotations

import copy
import pickle
import weakref
from typing import Any

import pydicom.sequence
import pytest

from adicom.dataset import Dataset
from adicom.sequence import Sequence


def numbered(number: int) -> Dataset:
    ds = Dataset()
    ds.InstanceNumber = number
    return ds


def test_of_nothing() -> None:
    assert Sequence() == Sequence(None) == Sequence([]) == []
    assert Sequence().is_undefined_length is False


def test_what_comes_in() -> None:
    one, two, three, four = map(numbered, range(4))
    sequence = Sequence([one])
    sequence.append(two)
    sequence.insert(0, three)
    sequence += [four]
    sequence.extend(Sequence([one]))
    sequence[1:2] = [two, two]
    assert [item.InstanceNumber for item in sequence] == [2, 1, 1, 1, 3, 0]
    assert type(sequence) is Sequence


@pytest.mark.parametrize("library", [Sequence, pydicom.sequence.Sequence])
@pytest.mark.parametrize(
    "change",
    [
        lambda sequence, item: sequence.append("x"),
        lambda sequence, item: sequence.append(None),
        lambda sequence, item: sequence.insert(0, 5),
        lambda sequence, item: sequence.extend([item, "x"]),
        lambda sequence, item: sequence.extend(item),
        lambda sequence, item: sequence.extend(5),
        lambda sequence, item: sequence.__iadd__(item),
        lambda sequence, item: sequence.__iadd__(["x"]),
        lambda sequence, item: sequence.__setitem__(0, "x"),
        lambda sequence, item: sequence.__setitem__(slice(0, 1), item),
        lambda sequence, item: type(sequence)(item),
        lambda sequence, item: type(sequence)(["x"]),
        lambda sequence, item: type(sequence)(5),
    ],
)
def test_what_is_refused_leaves_it_as_it_was(library: Any, change: Any) -> None:
    item = Dataset() if library is Sequence else pydicom.Dataset()
    item.PatientID = "1"
    sequence = library([item])
    with pytest.raises(TypeError):
        change(sequence, item)
    assert list(sequence) == [item]


def test_what_is_appended_after_it_was_assigned() -> None:
    sequence = Sequence([])
    ds = Dataset()
    ds.BeamSequence = sequence
    sequence.append(numbered(1))
    assert ds.BeamSequence is sequence
    assert ds.BeamSequence[0].InstanceNumber == 1


def test_text_is_as_in_pydicom() -> None:
    assert repr(Sequence([Dataset()])) == repr(pydicom.sequence.Sequence([pydicom.Dataset()]))
    assert str(Sequence([Dataset()])) == str(pydicom.sequence.Sequence([pydicom.Dataset()]))


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, Sequence.copy, lambda one: pickle.loads(pickle.dumps(one))]
)
def test_copies(again: Any) -> None:
    sequence = Sequence([numbered(1)])
    sequence.is_undefined_length = True
    twin = again(sequence)
    assert twin == sequence
    assert twin is not sequence
    assert type(twin) is Sequence
    assert twin.is_undefined_length
    twin.append(numbered(2))
    assert len(sequence) == 1


def test_it_can_be_referred_to_weakly() -> None:
    sequence = Sequence([])
    assert weakref.ref(sequence)() is sequence
