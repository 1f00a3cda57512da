"""Arithmetic on whole arrays gives what a loop over them gives."""

from __future__ import annotations

from array import array
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adicom.pixels.lanes import are_apart, are_distances

CODES = {array(code).itemsize: code for code in "BHIQ"}
LARGEST = {code: 2 ** (8 * size) - 1 for size, code in CODES.items()}

small = st.integers(0, 300)
anything = st.sampled_from(["I", "Q"]).flatmap(
    lambda code: st.tuples(st.just(code), st.lists(st.integers(0, LARGEST[code])))
)


@given(st.lists(small, max_size=20), st.integers(0, 255), st.sampled_from(["H", "I", "Q"]))
def test_apart(steps: list[int], least: int, code: str) -> None:
    numbers = [sum(steps[:end]) for end in range(len(steps))]
    assert are_apart(array(code, numbers), least) == all(step >= least for step in steps[: len(numbers) - 1])


@given(
    st.sampled_from(["I", "Q"]).flatmap(lambda code: st.tuples(st.just(code), st.lists(st.integers(0, LARGEST[code]))))
)
@example(("I", [0, 2**32 - 1, 0, 2**31, 2**30]))
@example(("Q", [2**63, 7, 2**64 - 1]))
def test_apart_in_any_order(given: tuple[str, list[int]]) -> None:
    code, numbers = given
    assert are_apart(array(code, numbers), 8) == all(second - first >= 8 for first, second in pairwise(numbers))


@given(st.lists(small, min_size=1, max_size=20), st.data())
def test_distances(lengths: list[int], data: st.DataObject) -> None:
    numbers = [0]
    for length in lengths[:-1]:
        numbers.append(numbers[-1] + 8 + length + length % 2)
    assert are_distances(array("Q", lengths), array("Q", numbers), 8)
    wrong = data.draw(st.integers(0, len(lengths) - 1))
    lengths[wrong] += data.draw(st.integers(2, 9))
    assert are_distances(array("Q", lengths), array("Q", numbers), 8) == (wrong == len(lengths) - 1)


@given(st.lists(st.tuples(*[st.integers(0, 2**64 - 1) | small] * 2), max_size=6))
def test_distances_are_never_claimed(pairs: list[tuple[int, int]]) -> None:
    lengths, numbers = array("Q", [first for first, _ in pairs]), array("Q", [second for _, second in pairs])
    right = all(
        second - first == 8 + length + length % 2
        for length, (first, second) in zip(lengths[:-1], pairwise(numbers), strict=True)
    )
    assert right or not are_distances(lengths, numbers, 8)


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare(count: int) -> None:
    assert are_apart(array("I", [5] * count), 8)
    assert are_distances(array("Q", [5] * count), array("Q", [5] * count), 8)
