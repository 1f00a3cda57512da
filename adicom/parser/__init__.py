"""The push parser: bytes in, events out, no IO.

Example:
    >>> from adicom.parser import Parser
    >>> parser = Parser(transfer_syntax="1.2.840.10008.1.2.1")
    >>> parser.receive_data(bytes.fromhex("10002000 4c4f 0400 31323334"))
    >>> parser.receive_eof()
    >>> for event in parser.events():
    ...     print(type(event).__name__)
    FileStart
    FileMetaEnd
    Element
    FileEnd
"""

from __future__ import annotations

from adicom.parser.events import (
    UNDEFINED_LENGTH,
    DeferredElement,
    Element,
    Encoding,
    Event,
    FileEnd,
    FileMetaEnd,
    FileStart,
    FragmentEnd,
    FragmentStart,
    ItemEnd,
    ItemStart,
    Need,
    PixelDataEnd,
    PixelDataStart,
    SequenceEnd,
    SequenceStart,
    ValueChunk,
    ValueEnd,
    ValueStart,
)
from adicom.parser.limits import ParserLimits
from adicom.parser.machine import Parser
from adicom.parser.plan import PIXEL_DATA_TAGS, Expand, Plan, StopWhen

__all__ = (
    "PIXEL_DATA_TAGS",
    "UNDEFINED_LENGTH",
    "DeferredElement",
    "Element",
    "Encoding",
    "Event",
    "Expand",
    "FileEnd",
    "FileMetaEnd",
    "FileStart",
    "FragmentEnd",
    "FragmentStart",
    "ItemEnd",
    "ItemStart",
    "Need",
    "Parser",
    "ParserLimits",
    "PixelDataEnd",
    "PixelDataStart",
    "Plan",
    "SequenceEnd",
    "SequenceStart",
    "StopWhen",
    "ValueChunk",
    "ValueEnd",
    "ValueStart",
)
