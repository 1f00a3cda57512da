"""What is to be written, from the first byte to the last, and what has to be brought for it; it never waits itself.

Whoever drives it sends back what it asks for: see :mod:`adicom.filewriter.outflow` and its blocking twin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from adicom.encoder import FromFragments, FromSource, FromStream, Pull
from adicom.errors import EncodeError

if TYPE_CHECKING:
    from collections.abc import Generator

    from adicom.dataelem import StreamValue
    from adicom.dataset.ports import ValueSource
    from adicom.encoder import Encoded

__all__ = ("WINDOW", "Close", "Demand", "Next", "Open", "Ranges", "flow")

WINDOW: Final = 8 * 1024 * 1024
"""How much of deferred values is asked for, and thus in memory, at a time."""


class Ranges(NamedTuple):
    """Asks for the bytes of ranges of a source; the answer is a list of them.

    Attributes:
        pull: The value that they are wanted for.
        source: Where they are.
        ranges: The offset and the length of each.
    """

    pull: Pull
    source: ValueSource
    ranges: list[tuple[int, int]]


class Open(NamedTuple):
    """Asks to open what gives a value piece by piece; there is no answer."""

    pull: FromStream | FromFragments


class Next(NamedTuple):
    """Asks for the next piece of what is open; the answer is ``b""`` at its end."""

    pull: Pull


class Close(NamedTuple):
    """Asks to close what is open; there is no answer."""

    pull: Pull


Demand: TypeAlias = Ranges | Open | Next | Close

if TYPE_CHECKING:
    Flow: TypeAlias = Generator[bytes | memoryview | Demand, Any, None]


def flow(encoded: Encoded, window: int | None = None) -> Flow:
    """Yield the bytes of what was encoded, none of them empty, and demands for those that are elsewhere.

    Args:
        encoded: What was encoded.
        window: How many bytes of deferred values one demand asks for; None for :data:`WINDOW`.

    Raises:
        EncodeError: A value has more or fewer bytes than was said.
    """
    values = _Values(encoded.pulls, window or WINDOW)
    streams = _Streams()
    for piece in encoded:
        if not isinstance(piece, Pull):
            yield piece
        elif isinstance(piece, FromSource):
            yield from values.write(piece)
        elif isinstance(piece, FromStream):
            yield from streams.write(piece)
        else:
            assert isinstance(piece, FromFragments)
            yield Open(piece)
            while data := (yield Next(piece)):
                yield from _taken(piece, data)
            yield Close(piece)


def _taken(pull: Pull, data: bytes | memoryview) -> Flow:
    """Yield what is to be written for the bytes of a value; of some there is nothing yet, where it is deflated."""
    if taken := pull.take(data):
        yield taken


class _Values:
    """Writes deferred values; those that follow each other and are short are asked for together.

    Args:
        pulls: All pulls, in their order.
        window: How many bytes are asked for at a time.
    """

    def __init__(self, pulls: list[Pull], window: int) -> None:
        self._waiting = [pull for pull in reversed(pulls) if isinstance(pull, FromSource)]
        self._window = window
        self._here: list[bytes] = []

    def write(self, pull: FromSource) -> Flow:
        self._waiting.pop()
        if not self._here and pull.length <= self._window:
            self._here = yield self._with_those_behind(pull)
            self._here.reverse()
        if self._here:
            yield from _taken(pull, self._here.pop())
            return
        end = pull.offset + pull.length
        for offset in range(pull.offset, end, self._window):
            (data,) = yield Ranges(pull, pull.source, [(offset, min(self._window, end - offset))])
            yield from _taken(pull, data)

    def _with_those_behind(self, pull: FromSource) -> Ranges:
        ranges = [(pull.offset, pull.length)]
        size = pull.length
        for other in reversed(self._waiting):
            size += other.length
            if other.source is not pull.source or size > self._window:
                break
            ranges.append((other.offset, other.length))
        return Ranges(pull, pull.source, ranges)


class _Streams:
    """Writes values that come as streams; one that becomes several fragments stays open from one to the next."""

    def __init__(self) -> None:
        self._stream: StreamValue | None = None
        self._position = 0
        self._rest = memoryview(b"")

    def write(self, pull: FromStream) -> Flow:
        if pull.offset == 0:
            yield Open(pull)
            self._stream, self._position = pull.stream, 0
        assert (self._stream, self._position) == (pull.stream, pull.offset)
        end = pull.offset + pull.length
        while self._position < end:
            if not self._rest:
                self._rest = memoryview((yield Next(pull)))
                if not self._rest:
                    raise _wrong(pull, f"{pull.stream.length} bytes are wanted, {self._position} have come")
            part = self._rest[: end - self._position]
            self._rest = self._rest[len(part) :]
            self._position += len(part)
            yield from _taken(pull, part)
        if end == pull.stream.length:
            if self._rest or (yield Next(pull)):
                raise _wrong(pull, f"{end} bytes are wanted, more have come")
            yield Close(pull)


def _wrong(pull: Pull, message: str) -> EncodeError:
    return EncodeError(message, path=pull.path, tag=pull.tag)
