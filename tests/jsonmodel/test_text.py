"""JSON text: Python's own encoder and decoder are the oracle for the loops that stand in for them."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adicom.errors import InvalidJsonError
from adicom.jsonmodel import text as model

TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def deep(levels: int) -> Any:
    tree: Any = {"00080060": {"vr": "CS", "Value": ["CT"]}}
    for _ in range(levels):
        tree = {"0040A730": {"vr": "SQ", "Value": [{}, tree]}}
    return tree


@given(TREES)
def test_the_loops_say_what_python_says(tree: Any) -> None:
    written = "".join(model._pieces(tree))
    assert written == json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
    assert model._parse(json.dumps(tree, indent=1)) == tree
    model.dump_tree(tree).encode("utf-8")


@given(st.text('{}[]",:1x \\\ud800', max_size=12))
def test_what_is_no_json_for_python_is_none_here(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011  # any is what load_tree takes
            model._parse(text)
        with pytest.raises(InvalidJsonError):
            model.load_tree(text)
    else:
        assert model._parse(text) == expected


def test_deeper_than_the_recursion_limit() -> None:
    levels = sys.getrecursionlimit() * 4
    tree = deep(levels)
    written = model.dump_tree(tree)
    assert written.count("SQ") == levels
    found = model.load_tree(written)
    for _ in range(levels):
        assert found["0040A730"]["Value"][0] == {}
        found = found["0040A730"]["Value"][1]
    assert found == deep(0)
    assert model.dump_tree(model.load_tree(written.encode())) == written


def test_a_lone_surrogate_is_escaped() -> None:
    assert model.dump_tree(["\ud800", "\U0001f600"]) == '["\\ud800","\U0001f600"]'


def test_infinity_is_never_written() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        model.dump_tree([float("inf")])


def test_an_error_does_not_hold_the_text() -> None:
    with pytest.raises(InvalidJsonError) as caught:
        model.load_tree('{"00100010": CITIZEN}')
    assert str(caught.value) == "the text is no JSON, from character 13 on"
    assert caught.value.__context__ is None
    with pytest.raises(InvalidJsonError) as caught:
        model.load_tree(b'{"00100010": "\xff"}')
    assert caught.value.__context__ is None
