"""Pushes bytes into the parser, whole and in small pieces, and tells in short what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from adicom.errors import ParseError
from adicom.parser import Event, Parser, ValueChunk
from tests import made

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adicom.parser import ParserLimits, Plan

Short = tuple[Any, ...]
"""The name of an event's class, its offset, and the fields that not all events have."""


class Told(NamedTuple):
    """What bytes came to."""

    events: list[Event]
    error: ParseError | None

    @property
    def short(self) -> list[Short]:
        """The events in short, adjacent chunks as one."""
        found: list[Short] = []
        for event in self.events:
            name, offset, *fields = shorten(event)
            if name == "ValueChunk" and found and found[-1][0] == name:
                found[-1] = (*found[-1][:2], found[-1][2] + fields[0])
            else:
                found.append((name, offset, *fields))
        return found


def shorten(event: Event) -> Short:
    """Return an event in short, the bytes of a chunk as bytes."""
    if isinstance(event, ValueChunk):
        return "ValueChunk", event.offset, bytes(event.data)
    fields = [getattr(event, name) for name in event.__match_args__ if name not in ("offset", "path", "encoding")]
    return type(event).__name__, event.offset, *fields


def push(
    data: bytes,
    *,
    plan: Plan | None = None,
    limits: ParserLimits | None = None,
    syntax: str | None = made.EXPLICIT_LE,
    force: bool = False,
) -> Told:
    """Return what bytes come to, however they are cut.

    Args:
        data: A data set in ``syntax``; a file where that is None.
        plan: What is wanted.
        limits: The bounds.
        syntax: The transfer syntax of a data set; None: there is a preamble and file meta information.
        force: Whether to read what has no prefix.
    """
    piece = 1 if len(data) < 4096 else 997
    whole, cut = (
        _push(pieces, Parser(plan=plan, limits=limits, transfer_syntax=syntax, force=force))
        for pieces in ([data], (data[at : at + piece] for at in range(0, len(data), piece)))
    )
    assert cut.short == whole.short
    assert str(cut.error) == str(whole.error)
    assert [(event.path, event.encoding) for event in cut.events if not isinstance(event, ValueChunk)] == [
        (event.path, event.encoding) for event in whole.events if not isinstance(event, ValueChunk)
    ]
    return whole


def _push(pieces: Iterable[bytes], parser: Parser) -> Told:
    events: list[Event] = []
    try:
        for piece in pieces:
            parser.receive_data(piece)
            while more := parser.events():
                events += more
        parser.receive_eof()
        while more := parser.events():
            events += more
    except ParseError as error:
        return Told(events, error)
    assert parser.finished
    return Told(events, None)


def told(data: bytes, **how: Any) -> list[Short]:
    """Return the events of a data set in short, without the frame that it has in common with a file."""
    events, error = push(data, **how)
    assert error is None, error
    return Told(events, None).short[2:]


def fault(data: bytes, **how: Any) -> ParseError:
    """Return the error that a data set ends in."""
    error = push(data, **how).error
    assert error is not None
    return error
