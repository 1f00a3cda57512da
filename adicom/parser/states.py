"""The states of the parser in words, with their legal moves in one table."""

from __future__ import annotations

from enum import IntEnum, auto
from typing import Final

__all__ = ("MOVES", "State")


class State(IntEnum):
    """What the parser is at; whole numbers, for they are looked up at every step."""

    START = auto()
    """Before the preamble."""
    META = auto()
    """In the file meta information, group 2."""
    SYNTAX = auto()
    """Before the first byte of the data set: how is it encoded?"""
    DEFLATE = auto()
    """Before the first byte of a data set that should be deflated: is it?"""
    ELEMENTS = auto()
    """Before a data element of the data set or of an item."""
    ITEMS = auto()
    """Before an item of a sequence, or its end."""
    FRAGMENTS = auto()
    """Before a fragment of encapsulated pixel data, or its end."""
    COLLECT = auto()
    """In a value that is delivered whole."""
    STREAM = auto()
    """In a value or fragment that is delivered in chunks."""
    PASS = auto()
    """In a value that nobody wants."""
    RAW = auto()
    """In a sequence of undefined length, or in fragments, that are delivered as one value."""
    PADDING = auto()
    """In zero bytes behind the last element."""
    DONE = auto()
    """At the end, or where the plan wanted to stop."""


MOVES: Final[dict[State, frozenset[State]]] = {
    State.START: frozenset({State.META}),
    State.META: frozenset({State.SYNTAX, State.COLLECT, State.STREAM, State.PASS}),
    State.SYNTAX: frozenset({State.DEFLATE, State.ELEMENTS}),
    State.DEFLATE: frozenset({State.ELEMENTS}),
    State.ELEMENTS: frozenset(
        {
            State.ITEMS,
            State.FRAGMENTS,
            State.COLLECT,
            State.STREAM,
            State.PASS,
            State.RAW,
            State.PADDING,
            State.DONE,
        }
    ),
    State.ITEMS: frozenset({State.ELEMENTS}),
    State.FRAGMENTS: frozenset({State.ELEMENTS, State.STREAM, State.PASS}),
    State.COLLECT: frozenset({State.META, State.ELEMENTS}),
    State.STREAM: frozenset({State.META, State.ELEMENTS, State.FRAGMENTS}),
    State.PASS: frozenset({State.META, State.ELEMENTS, State.FRAGMENTS}),
    State.RAW: frozenset({State.ELEMENTS, State.ITEMS}),
    State.PADDING: frozenset({State.DONE}),
    State.DONE: frozenset(),
}
