"""Values that are made while they are written can be held by an element like any other."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest

from adicom.dataelem import DataElement, EncapsulatedValue, StreamValue
from adicom.dataset import Dataset

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: StreamValue(-1, list), ValueError),
        (lambda: StreamValue(1.5, list), TypeError),  # type: ignore[arg-type]
        (lambda: StreamValue(1, [b"a"]), TypeError),  # type: ignore[arg-type]
        (EncapsulatedValue, ValueError),
        (lambda: EncapsulatedValue(frames=[], stream=StreamValue(0, list)), ValueError),
        (lambda: EncapsulatedValue(frames=[], offset_table="both"), ValueError),  # type: ignore[arg-type]
        (lambda: EncapsulatedValue(stream=StreamValue(0, list), offset_table="basic"), ValueError),
        (lambda: EncapsulatedValue(frames=[], fragment_size=2), ValueError),
        (lambda: EncapsulatedValue(stream=StreamValue(0, list), fragment_size=3), ValueError),
        (lambda: EncapsulatedValue(stream=StreamValue(0, list), fragment_size=0), ValueError),
        (lambda: EncapsulatedValue(stream=b"abc"), TypeError),  # type: ignore[arg-type]
        (lambda: EncapsulatedValue(frames=["abc"]), TypeError),  # type: ignore[list-item]
    ],
)
def test_wrong_arguments(make: Callable[[], object], error: type[Exception]) -> None:
    with pytest.raises(error):
        make()


def test_what_they_look_like() -> None:
    value = EncapsulatedValue(stream=StreamValue(3, list))
    assert repr(value) == "<encapsulated, <stream of 3 bytes>>"
    ds = Dataset()
    ds.PixelData = value
    assert "<encapsulated, " in str(ds)
    assert copy.deepcopy(ds)["PixelData"].value is value
    assert (ds["PixelData"].VM, ds["PixelData"].is_empty) == (1, False)


def test_a_stream_in_an_element() -> None:
    stream = StreamValue(4, lambda: iter([b"ab", b"cd"]))
    assert b"".join(stream.open()) == b"".join(stream.open()) == b"abcd"  # type: ignore[arg-type]  # it is no async one
    element = DataElement(0x00091001, "OB", stream)
    assert copy.deepcopy(element.value) is element.value is stream
    assert str(element).endswith("OB: <stream of 4 bytes>")
    element.value = b"ab"
    element.value = stream
    assert element.value is stream
