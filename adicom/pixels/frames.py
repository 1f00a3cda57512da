"""The choice of how the frames of an object are found."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final, Protocol

from adicom.errors import DecodeError, DicomWarning
from adicom.pixels.encapsulated import EncapsulatedFrames
from adicom.pixels.native import NativeFrames
from adicom.pixels.walk import WINDOW
from adicom.uid import UID, MPEGTransferSyntaxes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adicom.io.base import Range
    from adicom.pixels.asking import Steps
    from adicom.pixels.layout import Layout
    from adicom.pixels.tables import Table

__all__ = ("Frames", "frames_of")

_ELEMENTS: Final = 10_000_000


class Frames(Protocol):
    """The frames of one object."""

    @property
    def number(self) -> int:
        """How many there are."""
        ...

    def range_of(self, index: int) -> Range | None:
        """Return where the bytes of a frame lie; None where that is not known yet."""
        ...

    def locate(self, indices: Sequence[int], room: int) -> Steps[dict[int, bytes]]:
        """Find out where frames lie; return those that came along, at most about ``room`` bytes of them."""
        ...

    def cut(self, index: int, place: Range, data: bytes) -> bytes:
        """Return the frame that lies in the bytes of its place; :class:`ParseError` where none does."""
        ...

    def frame(self, index: int) -> Steps[bytes]:
        """Bring a frame."""
        ...


def frames_of(
    layout: Layout,
    *,
    extended: tuple[bytes | None, bytes | None] = (None, None),
    table: Table | None = None,
    size: Callable[[], int | None] = lambda: None,
    limit: int = _ELEMENTS,
    window: int = WINDOW,
    strict: bool = True,
) -> NativeFrames | EncapsulatedFrames:
    """Return what finds the frames.

    Args:
        layout: How they are laid out.
        extended: The values of Extended Offset Table and its Lengths, where they are there.
        table: Where encapsulated frames lie, as an index has it.
        size: Gives the bytes of the source, None where they are not known.
        limit: How many fragments there may be.
        window: About how many bytes a walk asks for at a time.
        strict: Whether a missing delimiter at the end of the source is an error.

    Raises:
        DecodeError: There are no bytes of single frames, or they cannot be laid out as the data set says.
    """
    if layout.is_encapsulated:
        if layout.transfer_syntax in MPEGTransferSyntaxes:
            raise DecodeError(
                f"{UID(layout.transfer_syntax or '').name} is one stream for all frames: "
                "no frame has bytes of its own; use pixel_stream()"
            )
        return EncapsulatedFrames(
            layout, extended=extended, table=table, size=size, limit=limit, window=window, strict=strict
        )
    frames = NativeFrames(layout)
    if _wants_fragments(layout.transfer_syntax):
        if not frames.fill_the_value:
            raise DecodeError("the transfer syntax wants fragments, but the pixel data has a defined length")
        warnings.warn(
            "the transfer syntax wants fragments, but the pixel data is as long as without compression",
            DicomWarning,
            stacklevel=2,
        )
    return frames


def _wants_fragments(transfer_syntax: str | None) -> bool:
    """Return whether the pixel data of a transfer syntax comes in fragments."""
    uid = UID(transfer_syntax or "", "ignore")
    return uid.is_transfer_syntax and uid.is_encapsulated
