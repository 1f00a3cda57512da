"""What a dataset was encoded to: pieces that are checked and counted, and leave one after the other."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, TypeAlias

from adicom.encoder.pulls import Pull
from adicom.errors import DeferredValueError, format_path

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("Encoded", "Piece")

Piece: TypeAlias = "bytes | memoryview | Pull"

_CHUNK: Final = 64 * 1024
"""Smaller pieces are joined to about this many bytes."""


class Encoded:
    r"""The bytes of a dataset or a file, which can be gone through more than once.

    Nothing more is checked while they leave: everything that could go wrong here has been. A :class:`Pull` among
    them asks for bytes that are elsewhere.

    Attributes:
        length: How many bytes there are; None where that is not known before: in a deflated data set, and where
            deferred pixel data was not walked.

    Example:
        >>> from adicom.dataset import Dataset
        >>> from adicom.encoder import encode_dataset
        >>> ds = Dataset()
        >>> ds.PatientID = "4711"
        >>> encoded = encode_dataset(ds, implicit_vr=False, little_endian=True)
        >>> encoded.length, b"".join(encoded)
        (12, b'\x10\x00 \x00LO\x04\x004711')
    """

    __slots__ = ("_body", "_deflate", "_head", "length")

    def __init__(
        self, body: list[Piece], size: int | None, *, head: tuple[bytes | memoryview, ...] = (), deflate: bool = False
    ) -> None:
        self._head = head
        self._body = body
        self._deflate = deflate
        self.length = None if size is None or deflate else size + sum(map(len, head))

    def __iter__(self) -> Iterator[Piece]:
        if not self._deflate:
            yield from _chunks([*self._head, *self._body])
            return
        yield from _chunks(list(self._head))
        packer = _Packer()
        for piece in _chunks(self._body, packer):
            packed = piece if isinstance(piece, Pull) else packer(piece)
            if isinstance(packed, Pull) or packed:
                yield packed
        yield packer.end()

    @property
    def pulls(self) -> list[Pull]:
        """What is asked for while the bytes leave, in that order."""
        return [piece for piece in self._body if isinstance(piece, Pull)]

    @property
    def has_pulls(self) -> bool:
        """Whether some of the bytes are elsewhere."""
        return bool(self.pulls)

    def to_bytes(self) -> bytes:
        """Return all bytes.

        Raises:
            DeferredValueError: Some of them are elsewhere.
        """
        for piece in self._body:
            if isinstance(piece, Pull):
                raise DeferredValueError(f"the value of {format_path(piece.path, piece.tag)} is not here")
        return b"".join(self)  # type: ignore[arg-type]  # as was just seen


class _Packer:
    """Deflates a data set, and pads it (PS3.5 A.5)."""

    def __init__(self) -> None:
        self._zlib = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        self._size = 0

    def __call__(self, data: bytes | memoryview) -> bytes:
        return self._count(self._zlib.compress(data))

    def _count(self, packed: bytes) -> bytes:
        self._size += len(packed)
        return packed

    def end(self) -> bytes:
        """Return the rest."""
        packed = self._count(self._zlib.flush())
        return packed + b"\0" if self._size & 1 else packed


def _chunks(pieces: list[Piece] | list[bytes | memoryview], packer: _Packer | None = None) -> Iterator[Piece]:
    """Yield the pieces, short ones joined."""
    kept: list[bytes | memoryview] = []
    size = 0
    for piece in pieces:
        if isinstance(piece, Pull):
            if kept:
                yield b"".join(kept)
            kept, size = [], 0
            piece._start(packer)
            yield piece
            piece._check()
            continue
        length = len(piece)
        if length >= _CHUNK:
            if kept:
                yield b"".join(kept)
            kept, size = [], 0
            yield piece
            continue
        kept.append(piece)
        size += length
        if size >= _CHUNK:
            yield b"".join(kept)
            kept, size = [], 0
    if kept:
        yield b"".join(kept)
