"""What the parser says: the public events of a DICOM stream.

Each event has the ``offset`` of its first byte (in bytes from the start of the source, or of the
inflated data where ``inflated`` is true), the ``path`` of the sequences and items around it, and the
``encoding`` it was written in. Together they carry all that a byte-for-byte copy needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import dataclass_transform

    from adicom.errors import Path
    from adicom.tag import BaseTag
else:

    def dataclass_transform(**_: object) -> Callable[[type], type]:
        """Stand in for PEP 681's decorator, which only type checkers need."""
        return lambda cls: cls


__all__ = (
    "UNDEFINED_LENGTH",
    "DeferredElement",
    "Element",
    "Encoding",
    "Event",
    "FileEnd",
    "FileMetaEnd",
    "FileStart",
    "FragmentEnd",
    "FragmentStart",
    "ItemEnd",
    "ItemStart",
    "Need",
    "PixelDataEnd",
    "PixelDataStart",
    "SequenceEnd",
    "SequenceStart",
    "ValueChunk",
    "ValueEnd",
    "ValueStart",
    "header_size",
    "record",
)

UNDEFINED_LENGTH: Final = 0xFFFFFFFF
"""The value length that means "up to the delimiter" (PS3.5 7.1.1)."""

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def record(cls: type[T]) -> type[T]:
    """Make a slotted dataclass that type checkers treat as frozen."""
    return dataclass(slots=True)(cls)


@record
class Encoding:
    """How an element's header was written.

    Attributes:
        implicit_vr: No VR in the header (PS3.5 7.1.3).
        little_endian: The byte order of numbers.
        inflated: The element lies in a deflated data set, so offsets are positions in the inflated data.
        vr_code: The two bytes of the VR where they are not the VR that adicom takes the element for.
        reserved: The two reserved bytes of a long explicit header (PS3.5 7.1.2), zeros but in odd files; empty
            where ``vr_code`` stands in a short header, which has none.
    """

    implicit_vr: bool
    little_endian: bool
    inflated: bool = False
    vr_code: bytes | None = None
    reserved: bytes = b"\0\0"


@record
class Need:
    """Not an event: the parser cannot go on until it gets bytes from ``offset`` on.

    Attributes:
        offset: Where in the source the next bytes are wanted.
        size: How many complete the present step, where that is known; else 0.
    """

    offset: int
    size: int


@record
class _Placed:
    offset: int
    path: Path
    encoding: Encoding

    @property
    def inflated(self) -> bool:
        """Whether ``offset`` is a position in the inflated data."""
        return self.encoding.inflated


@record
class FileStart(_Placed):
    """The start of a source; ``preamble`` is None where there is no ``DICM`` prefix (PS3.10 7.1)."""

    preamble: bytes | None


@record
class FileMetaEnd(_Placed):
    """The file meta information is complete; ``transfer_syntax`` is None where it names none."""

    transfer_syntax: str | None


@record
class FileEnd(_Placed):
    """The end of the source, after ``padding`` zero bytes that belong to no element."""

    padding: int


@record
class _Header(_Placed):
    tag: BaseTag
    VR: str
    length: int

    @property
    def value_offset(self) -> int:
        """Where the value starts."""
        return self.offset + header_size(self.VR, self.encoding)


@record
class Element(_Header):
    """A data element with its whole value, not longer than ``Plan.collect_up_to``.

    ``VR`` is the dictionary's where the header has none, an ambiguous pair ("US or SS") included.
    """

    value: bytes


@record
class DeferredElement(_Header):
    """A data element whose value was passed over; ``length`` may be :data:`UNDEFINED_LENGTH`."""


@record
class ValueStart(_Header):
    """The start of a value that comes in chunks, for it is longer than ``Plan.collect_up_to``."""


@record
class ValueChunk(_Placed):
    """A piece of a value or of a fragment: a view of the immutable bytes that were received, which stays valid."""

    data: memoryview


@record
class ValueEnd(_Placed):
    """The end of the value that ``ValueStart`` announced."""

    tag: BaseTag


@record
class SequenceStart(_Header):
    """The start of a sequence; ``VR`` is "UN" for one that was written as UN of undefined length (PS3.5 6.2.2)."""


@record
class SequenceEnd(_Placed):
    """The end of a sequence; ``delimiter_length`` is None where its length was defined, else the delimiter's (0)."""

    tag: BaseTag
    delimiter_length: int | None


@record
class ItemStart(_Placed):
    """The start of item ``index`` (zero-based) of a sequence; ``length`` may be :data:`UNDEFINED_LENGTH`."""

    index: int
    length: int


@record
class ItemEnd(_Placed):
    """The end of item ``index``; ``delimiter_length`` is None where no delimiter closed it, else its length (0)."""

    index: int
    delimiter_length: int | None


@record
class PixelDataStart(_Header):
    """The start of a value in fragments (PS3.5 A.4): encapsulated pixel data."""


@record
class FragmentStart(_Placed):
    """The start of fragment ``index``; number 0 is the Basic Offset Table. Its bytes come as :class:`ValueChunk`."""

    index: int
    length: int


@record
class FragmentEnd(_Placed):
    """The end of fragment ``index``."""

    index: int


@record
class PixelDataEnd(_Placed):
    """The end of encapsulated pixel data, closed by a delimiter of ``delimiter_length`` (0)."""

    tag: BaseTag
    delimiter_length: int | None


Event: TypeAlias = (
    FileStart
    | FileMetaEnd
    | Element
    | DeferredElement
    | ValueStart
    | ValueChunk
    | ValueEnd
    | SequenceStart
    | SequenceEnd
    | ItemStart
    | ItemEnd
    | PixelDataStart
    | FragmentStart
    | FragmentEnd
    | PixelDataEnd
    | FileEnd
)

_LONG_HEADER: Final = frozenset("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())


def header_size(VR: str | None, encoding: Encoding) -> int:
    """Return how many bytes the header of a data element takes (PS3.5 7.1).

    Example:
        >>> header_size("OB", Encoding(implicit_vr=False, little_endian=True))
        12
    """
    return 12 if VR in _LONG_HEADER and not encoding.implicit_vr and encoding.reserved else 8
