"""What of a data set tells how its frames are laid out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adicom.datadict import find_vr
from adicom.dataelem import DataElement
from adicom.errors import DecodeError, DicomWarning, format_path
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import IMPLICIT, INFLATED, LITTLE, value_of
from adicom.uid import UID
from adicom.values import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adicom.dataset import FileDataset
    from adicom.parser.kinds import RawElement

__all__ = ("Attributes", "Layout", "attributes_of", "read_layout")

TRANSFER_SYNTAX: Final = 0x00020010
SAMPLES: Final = 0x00280002
PHOTOMETRIC_INTERPRETATION: Final = 0x00280004
NUMBER_OF_FRAMES: Final = 0x00280008
ROWS: Final = 0x00280010
COLUMNS: Final = 0x00280011
BITS_ALLOCATED: Final = 0x00280100
PROVIDER_URL: Final = 0x00287FE0
OFFSET_TABLE: Final = 0x7FE00001
OFFSET_TABLE_LENGTHS: Final = 0x7FE00002
PIXEL_DATA: Final = 0x7FE00010
FLOAT_PIXEL_DATA: Final = 0x7FE00008
DOUBLE_FLOAT_PIXEL_DATA: Final = 0x7FE00009

_PIXELS: Final = (PIXEL_DATA, FLOAT_PIXEL_DATA, DOUBLE_FLOAT_PIXEL_DATA)
_WANTED: Final = (
    SAMPLES,
    PHOTOMETRIC_INTERPRETATION,
    NUMBER_OF_FRAMES,
    ROWS,
    COLUMNS,
    BITS_ALLOCATED,
    PROVIDER_URL,
    OFFSET_TABLE,
    OFFSET_TABLE_LENGTHS,
    *_PIXELS,
)
_NAMES: Final = {
    SAMPLES: "Samples per Pixel",
    NUMBER_OF_FRAMES: "Number of Frames",
    ROWS: "Rows",
    COLUMNS: "Columns",
    BITS_ALLOCATED: "Bits Allocated",
}
# PS3.3 C.7.6.3.1.2: two pixels share their chrominance, also where nothing is compressed.
_SUBSAMPLED: Final = ("YBR_FULL_422", "YBR_PARTIAL_422")


class Attributes:
    """The elements that matter, as they were read: what becomes of the dataset later does not change them.

    Args:
        elements: The raw elements by tag.
        transfer_syntax: The transfer syntax UID.
    """

    __slots__ = ("_elements", "transfer_syntax")

    def __init__(self, elements: Mapping[int, RawElement], transfer_syntax: str | None) -> None:
        self._elements = elements
        self.transfer_syntax = transfer_syntax

    def pixels(self) -> RawElement | None:
        """Return the element that holds the pixels; PS3.3 C.7.6.24 and .25 have Float ones."""
        return next((self._elements[tag] for tag in _PIXELS if tag in self._elements), None)

    def raw(self, tag: int) -> bytes | None:
        """Return the bytes of a value; None where there is none, or where it was not read."""
        raw = self._elements.get(tag)
        return None if raw is None else value_of(raw)

    def value(self, tag: int) -> Any:
        """Return a value; None where there is none."""
        raw = self._elements.get(tag)
        data = None if raw is None else value_of(raw)
        if raw is None or not data:
            return None
        vr, little = raw[1], bool(raw[5] & LITTLE)
        if vr in (None, "UN"):  # PS3.5 6.2.2: UN is little endian in any case
            vr, little = find_vr(tag), little or vr == "UN"
        return decode(tag, vr or "UN", data, little, ())

    def number(self, tag: int) -> int | None:
        """Return a value that is one whole number; None where there is none.

        Raises:
            DecodeError: It is something else.
        """
        value = self.value(tag)
        if value is None or value == "":
            return None
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, int):
            return int(value)
        raise DecodeError(f"{_NAMES[tag]} {format_path((), tag)} is no whole number")


def attributes_of(dataset: FileDataset) -> Attributes:
    """Return what matters of a dataset that was just read."""
    elements: dict[int, RawElement] = {}
    for tag in _WANTED:
        found = dataset._raw(tag)
        raw = found._raw if isinstance(found, DataElement) else found
        if raw is not None:
            elements[tag] = raw
    meta = dataset.file_meta._raw(TRANSFER_SYNTAX)
    syntax = Attributes({TRANSFER_SYNTAX: meta} if isinstance(meta, tuple) else {}, None).value(TRANSFER_SYNTAX)
    return Attributes(elements, syntax if isinstance(syntax, str) and syntax else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the frames of one object are laid out. Nothing in it is a patient's.

    Attributes:
        transfer_syntax: The transfer syntax UID, if it is a valid one.
        tag: Of the element that holds the pixels.
        vr: Its VR, None where the file has none.
        offset: Where its value starts in the source; for encapsulated pixel data the Basic Offset Table's item.
        length: Bytes of its value; None for encapsulated pixel data.
        little_endian: The byte order of numbers.
        inflated: Whether offsets count in the inflated data set.
        frames: How many frames there are.
        rows: Rows of a frame; this and what follows is None where it is not in the data set.
        columns: Columns of a frame.
        samples: Samples of a pixel.
        bits: Bits allocated for a sample.
        subsampled: Whether two pixels share their chrominance.

    Example:
        >>> Layout(tag=0x7FE00010, offset=5300, length=None, frames=4).is_encapsulated
        True
    """

    transfer_syntax: str | None = None
    tag: int
    vr: str | None = None
    offset: int
    length: int | None
    little_endian: bool = True
    inflated: bool = False
    frames: int = 1
    rows: int | None = None
    columns: int | None = None
    samples: int | None = None
    bits: int | None = None
    subsampled: bool = False

    @property
    def is_encapsulated(self) -> bool:
        """Whether the pixel data is a row of fragments: its undefined length says so, not the transfer syntax."""
        return self.length is None


def read_layout(attributes: Attributes) -> Layout:
    """Return how the frames are laid out.

    Raises:
        DecodeError: There are no pixels, or an attribute is impossible.
    """
    raw = attributes.pixels()
    if raw is None:
        raise _no_pixels(attributes)
    tag, vr, length, _, offset, form = raw
    photometric = attributes.value(PHOTOMETRIC_INTERPRETATION)
    syntax = attributes.transfer_syntax
    return Layout(
        transfer_syntax=syntax if syntax and UID(syntax, "ignore").is_valid else None,
        tag=tag,
        vr=None if form & IMPLICIT else vr,
        offset=offset,
        length=None if length == UNDEFINED_LENGTH else length,
        little_endian=bool(form & LITTLE),
        inflated=bool(form & INFLATED),
        frames=_number_of_frames(attributes),
        rows=attributes.number(ROWS),
        columns=attributes.number(COLUMNS),
        samples=attributes.number(SAMPLES),
        bits=attributes.number(BITS_ALLOCATED),
        subsampled=isinstance(photometric, str) and photometric.strip() in _SUBSAMPLED,
    )


def _number_of_frames(attributes: Attributes) -> int:
    number = attributes.number(NUMBER_OF_FRAMES)
    if number == 0:
        warnings.warn("Number of Frames is 0, which is taken for 1", DicomWarning, stacklevel=3)
    if number is not None and number < 0:
        raise DecodeError("Number of Frames (0028,0008) is below zero")
    return number or 1


def _no_pixels(attributes: Attributes) -> DecodeError:
    url = attributes.value(PROVIDER_URL)
    if url is None:
        return DecodeError("there is no pixel data among what was read")
    error = DecodeError(
        "the pixels are where Pixel Data Provider URL (0028,7FE0) says (JPIP), which adicom does not follow"
    )
    error.value = url
    return error
