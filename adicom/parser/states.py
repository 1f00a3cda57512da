"""The states of the parser in words, with their legal moves in one table."""

from __future__ import annotations

from typing import Final

__all__ = ("MOVES", "State")


class State:
    """What the parser is at; plain numbers, for they are looked up at every step."""

    START: Final = 1
    """Before the preamble."""
    META: Final = 2
    """In the file meta information, group 2."""
    SYNTAX: Final = 3
    """Before the first byte of the data set: how is it encoded?"""
    DEFLATE: Final = 4
    """Before the first byte of a data set that should be deflated: is it?"""
    ELEMENTS: Final = 5
    """Before a data element of the data set or of an item."""
    ITEMS: Final = 6
    """Before an item of a sequence, or its end."""
    FRAGMENTS: Final = 7
    """Before a fragment of encapsulated pixel data, or its end."""
    COLLECT: Final = 8
    """In a value that is delivered whole."""
    STREAM: Final = 9
    """In a value or fragment that is delivered in chunks."""
    PASS: Final = 10
    """In a value that nobody wants."""
    RAW: Final = 11
    """In a sequence of undefined length, or in fragments, that are delivered as one value."""
    PADDING: Final = 12
    """In zero bytes behind the last element."""
    DONE: Final = 13
    """At the end, or where the plan wanted to stop."""


MOVES: Final[dict[int, frozenset[int]]] = {
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
