"""Bytes that come from elsewhere: what the encoder asks its caller for in the middle of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adicom.encoder.values import swap_words
from adicom.errors import EncodeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from adicom.dataelem import StreamValue
    from adicom.dataset.ports import ValueSource
    from adicom.errors import Path

__all__ = ("FromFragments", "FromSource", "FromStream", "Pull")


class Pull:
    """A demand for bytes: the caller brings them, :meth:`take` says what is to be written for them.

    Attributes:
        length: How many bytes are wanted; None where that is not known.
        tag: The data element that they are the value of.
        path: The sequences and items around it.
    """

    __slots__ = ("_convert", "_rest", "_word", "length", "path", "tag", "taken")

    def __init__(self, length: int | None, tag: int, path: Path, word: int = 1) -> None:
        self.length = length
        self.tag = tag
        self.path = path
        self.taken = 0
        self._word = word
        self._rest = b""
        self._convert: Callable[[bytes | memoryview], bytes | memoryview] | None = None

    @property
    def missing(self) -> int | None:
        """How many bytes are still wanted; None where that is not known."""
        return None if self.length is None else self.length - self.taken

    def take(self, data: bytes | memoryview) -> bytes | memoryview:
        """Return what is to be written for these bytes, which follow those that were taken before.

        Raises:
            EncodeError: They are more than are wanted.
        """
        self.taken += len(data)
        if self.length is not None and self.taken > self.length:
            raise self._fault(f"{self.length} bytes are wanted, more have come")
        if self._word > 1:
            data = self._swapped(data)
        return data if self._convert is None else self._convert(data)

    def _swapped(self, data: bytes | memoryview) -> bytes:
        joined = self._rest + bytes(data)
        whole = len(joined) - len(joined) % self._word
        self._rest = joined[whole:]
        return swap_words(joined[:whole], self._word)

    def _start(self, convert: Callable[[bytes | memoryview], bytes | memoryview] | None) -> None:
        """Begin anew; ``convert`` is what the bytes go through at last."""
        self.taken = 0
        self._rest = b""
        self._convert = convert

    def _check(self) -> None:
        """Raise if bytes are missing."""
        if self.missing:
            raise self._fault(f"{self.length} bytes are wanted, {self.taken} have come")

    def _fault(self, message: str) -> EncodeError:
        return EncodeError(message, path=self.path, tag=self.tag)


class FromSource(Pull):
    """A deferred value: bytes ``offset`` to ``offset + length`` of a source.

    Attributes:
        source: Where they are.
        offset: Where they start in it.
    """

    __slots__ = ("offset", "source")
    length: int

    def __init__(self, source: ValueSource, offset: int, length: int, tag: int, path: Path, word: int = 1) -> None:
        super().__init__(length, tag, path, word)
        self.source = source
        self.offset = offset


class FromFragments(Pull):
    """Deferred pixel data that was not walked: from its Basic Offset Table to its last fragment, no delimiter.

    Attributes:
        source: Where it is.
        offset: Where the item of the Basic Offset Table starts.
        little_endian: The byte order of the headers of its items.
    """

    __slots__ = ("little_endian", "offset", "source")
    length: None

    def __init__(self, source: ValueSource, offset: int, little_endian: bool, tag: int, path: Path) -> None:
        super().__init__(None, tag, path)
        self.source = source
        self.offset = offset
        self.little_endian = little_endian


class FromStream(Pull):
    """The bytes of a :class:`~adicom.dataelem.StreamValue`, or a part of them.

    Attributes:
        stream: Where they come from; ``stream.open()`` gives them.
        offset: How many of its bytes come before; a stream that is asked for in parts is opened once, at 0.
    """

    __slots__ = ("offset", "stream")
    length: int

    def __init__(self, stream: StreamValue, offset: int, length: int, tag: int, path: Path, word: int = 1) -> None:
        super().__init__(length, tag, path, word)
        self.stream = stream
        self.offset = offset
