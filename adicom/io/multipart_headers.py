"""What the headers of a multipart message, and of its parts, say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adicom.errors import SourceError
from adicom.io.decoding import decoder_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message

    from adicom.io.decoding import Decoder

__all__ = ("PART_END", "PartEnd", "PartHeaders", "boundary_of")

_LONGEST_BOUNDARY: Final = 70  # RFC 2046 5.1.1
_PLAIN_TRANSFERS: Final = ("", "binary", "8bit", "7bit")


class PartEnd:
    """A part is whole."""

    __slots__ = ()


PART_END: Final = PartEnd()


class PartHeaders:
    """The headers of one part.

    Args:
        fields: The headers as they came.
        number: Which part it is, from 1 on.
        message: What messages call the multipart message.

    Attributes:
        headers: The headers, whatever the case of their names.
        decoder: What decodes the part; None where it is not encoded.
        refused: Why the part cannot be read; None where it can.

    Example:
        >>> part = PartHeaders([("Content-Type", "application/dicom; transfer-syntax=*")], 1, "a message")
        >>> part.content_type, part.headers["content-type"]
        ('application/dicom', 'application/dicom; transfer-syntax=*')
    """

    def __init__(self, fields: list[tuple[str, str]], number: int, message: str) -> None:
        from multidict import CIMultiDict, CIMultiDictProxy

        self.headers: Mapping[str, str] = CIMultiDictProxy(CIMultiDict(fields))
        self.number = number
        self.name = f"part {number} of {message}"
        self.decoder: Decoder | None = None
        self.refused: SourceError | None = None
        try:
            self.decoder = self._find_decoder()
        except SourceError as error:
            self.refused = error  # it may still be passed over

    @property
    def content_type(self) -> str:
        """The media type, without parameters; ``application/octet-stream`` if the part names none."""
        return _typed(self.headers.get("Content-Type", "application/octet-stream")).get_content_type()

    def _find_decoder(self) -> Decoder | None:
        if self.content_type.startswith("multipart/"):
            raise SourceError(f"{self.name} is a multipart message itself, which is not read here")
        if self.headers.get("Content-Transfer-Encoding", "").strip().lower() not in _PLAIN_TRANSFERS:
            raise SourceError(f"{self.name} has a Content-Transfer-Encoding, which is not read here")
        return decoder_for(self.headers, self.name)


def boundary_of(content_type: str, name: str) -> str:
    """Return what separates the parts of a message.

    Raises:
        SourceError: It is no multipart message.

    Example:
        >>> boundary_of('multipart/related; type="application/dicom"; boundary="a b"', "a message")
        'a b'
    """
    header = _typed(content_type)
    if header.get_content_maintype() != "multipart":
        raise SourceError(f"{name} is {header.get_content_type()}, no multipart message")
    boundary = header.get_boundary()
    if not boundary or len(boundary) > _LONGEST_BOUNDARY or not (boundary.isascii() and boundary.isprintable()):
        raise SourceError(f"{name} is no sound multipart message: its Content-Type has no valid boundary")
    return boundary


def _typed(content_type: str) -> Message:
    from email.message import Message

    header = Message()
    header["Content-Type"] = " ".join(content_type.split())  # it may be folded
    return header
