"""Cuts a multipart message into its parts (RFC 2046 5.1), without IO.

The parser is that of the package ``multipart``: it takes bytes whatever they come from and on whatever loop, bounds
what it keeps, and tells whether there was an end. It is made for forms; the hook below is how other types are taught.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from adicom.errors import ParseError, SourceError, TruncatedError
from adicom.io.multipart_headers import PART_END, PartEnd, PartHeaders

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("MultipartCutter",)

_HEADER_SIZE: Final = 8190
"""Bytes of one header: what aiohttp takes in an HTTP message."""
_HEADER_COUNT: Final = 64
"""Headers of one part; those of DICOMweb have three or four (PS3.18 8.6.1.2)."""
_SILENCE: Final = 2 * _HEADER_SIZE * _HEADER_COUNT
"""Bytes in front of the first part, or behind the last one: 1 MiB. The headers of a part are always fewer."""


class MultipartCutter:
    r"""Bytes of a message go in; for each part its headers, its bytes, and its end come out.

    Args:
        boundary: What separates the parts.
        name: What messages call the message.

    Example:
        >>> cutter = MultipartCutter("x", "a message")
        >>> cutter.feed(b"--x\r\nContent-Type: application/dicom\r\n\r\nDICM\r\n--x--")
        >>> cutter.pull().content_type, cutter.pull(), cutter.pull() is PART_END
        ('application/dicom', b'DICM', True)
        >>> cutter.end()
        >>> cutter.pull() is None
        True
    """

    def __init__(self, boundary: str, name: str) -> None:
        self._parts = 0
        self._name = name
        self._parser: Any = _AnyParts(
            boundary, max_header_size=_HEADER_SIZE, max_header_count=_HEADER_COUNT, header_charset="latin-1"
        )
        self._events: Iterator[Any] = iter(())
        self._size: int | None = None  # of the part so far; None outside of parts
        self._silence = 0
        self._drained = True
        self._ended = False
        self._fault: ParseError | SourceError | None = None

    def feed(self, data: bytes) -> None:
        """Add bytes, after :meth:`pull` has returned ``b""``."""
        assert self._drained
        self._drained = False
        self._silence += len(data)
        self._events = self._parser.parse(data)

    def end(self) -> None:
        """Tell that no more bytes come."""
        self._ended = True

    def pull(self) -> PartHeaders | PartEnd | bytes | None:
        """Return what is next; ``b""`` where bytes are needed first, None at the end of the message.

        Raises:
            TruncatedError: The message ends before its closing boundary.
            SourceError: It is no sound multipart message.
        """
        if self._fault is None:
            try:
                for event in self._events:
                    return self._told(event)
            except MultipartError as error:
                self._fault = SourceError(f"{self._name} is no sound multipart message: {error.args[0]}")
        if self._fault is None:
            self._drained = True
            if not self._ended and self._silence <= _SILENCE:
                return b""
            if self._is_whole():
                return None
            self._fault = self._truncated() if self._ended else self._silent()
        raise self._fault

    def _told(self, event: Any) -> PartHeaders | PartEnd | bytes:
        self._silence = 0
        if event is None:
            self._size = None
            return PART_END
        if isinstance(event, MultipartSegment):
            self._parts += 1
            self._size = 0
            return PartHeaders(event.headerlist, self._parts, self._name)
        assert self._size is not None
        self._size += len(event)
        return bytes(event)

    def _is_whole(self) -> bool:
        try:
            self._parser.close()
        except MultipartError:
            return False
        return True

    def _truncated(self) -> TruncatedError:
        return TruncatedError(
            f"{self._name} ends {self._where()}, before its closing boundary", offset=self._size, wanted=1, got=0
        )

    def _silent(self) -> SourceError:
        return SourceError(f"{self._name} is no sound multipart message: {self._silence} bytes {self._where()}")

    def _where(self) -> str:
        if self._size is not None:
            return f"in part {self._parts}"
        return f"behind part {self._parts}" if self._parts else "in front of its first part"


class _AnyParts(PushMultipartParser):  # type: ignore[misc] # the package has no types for others
    """The parser for parts that are no fields of a form."""

    def _create_segment(self, headerlist: list[tuple[str, str]]) -> Any:
        return MultipartSegment(headerlist)
