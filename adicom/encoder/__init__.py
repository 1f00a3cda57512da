"""The encoder: datasets or events in, pieces of bytes out, no IO.

It is the parser's mirror: what it cannot know it does not wait for, but asks for with a :class:`Pull`.
"""

from __future__ import annotations

from adicom.dataelem import EncapsulatedValue, StreamValue
from adicom.encoder.datasets import encode_dataset
from adicom.encoder.encoded import Encoded, Piece
from adicom.encoder.filemeta import encode_file_meta
from adicom.encoder.files import encode_file
from adicom.encoder.machine import Encoder
from adicom.encoder.pulls import FromFragments, FromSource, FromStream, Pull

__all__ = (
    "EncapsulatedValue",
    "Encoded",
    "Encoder",
    "FromFragments",
    "FromSource",
    "FromStream",
    "Piece",
    "Pull",
    "StreamValue",
    "encode_dataset",
    "encode_file",
    "encode_file_meta",
)
