"""Inflates a deflated data set piece by piece (PS3.5 A.5, RFC 1951).

The three deflated transfer syntaxes deflate the data set only. Some writers wrap it in zlib (RFC 1950) or
do not deflate at all; the first eight bytes tell.
"""

from __future__ import annotations

import contextlib
import zlib
from collections import deque
from typing import Any, Final, Literal

from adicom.vr import LONG_VR, SHORT_VR

__all__ = ("SNIFF_SIZE", "Inflater", "sniff_deflated")

SNIFF_SIZE: Final = 8
PIECE: Final = 256 * 1024
"""How much is inflated at a time: a bomb of any ratio costs this much memory a step."""
_SIP: Final = 16 * 1024
"""How much deflated data is given to zlib at a time, for it copies what it does not use."""


def sniff_deflated(head: bytes) -> Literal["deflate", "zlib", "plain"]:
    """Tell from the first eight bytes how a data set of a deflated transfer syntax was really written.

    Example:
        >>> sniff_deflated(bytes.fromhex("0800050043530a00"))
        'plain'
        >>> sniff_deflated(zlib.compress(b"0123456789")[:8])
        'zlib'
    """
    if len(head) < SNIFF_SIZE:
        return "deflate"
    if head[1] == 0 and (head[4:6] in SHORT_VR or head[4:6] in LONG_VR):
        return "plain"
    is_zlib = head[0] & 0x8F == 0x08 and (head[0] << 8 | head[1]) % 31 == 0
    # As raw deflate those bits announce a stored block, whose length is followed by its complement.
    is_stored = int.from_bytes(head[1:3], "little") ^ int.from_bytes(head[3:5], "little") == 0xFFFF
    return "zlib" if is_zlib and not is_stored else "deflate"


class Inflater:
    """A decompressor that never gives out more than asked.

    Args:
        wrapped: Whether the data has zlib's header and trailer.

    Attributes:
        trailing: How many bytes came behind the deflated data; one zero byte may (PS3.5 A.5).
    """

    __slots__ = ("_behind", "_check", "_fault", "_full", "_garbage", "_input", "_size", "_tail", "_zlib", "trailing")

    def __init__(self, *, wrapped: bool) -> None:
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        self._input: deque[bytes] = deque()
        self._tail = b""
        self._full = False  # zlib may hold more output back
        self._check = self._size = 0
        self._behind = b""
        self._garbage = False
        self._fault: zlib.error | None = None
        self.trailing = 0

    @property
    def ended(self) -> bool:
        """Whether the deflated data is complete."""
        return self._zlib.eof

    @property
    def damaged(self) -> bool:
        """Whether a fault was met; what the data gives up to there may not have been pulled yet."""
        return self._fault is not None

    def feed(self, data: bytes) -> None:
        """Add deflated bytes."""
        if self._zlib.eof:
            self._take_behind(data)
        else:
            view = memoryview(data)
            self._input.extend(bytes(view[at : at + _SIP]) for at in range(0, len(data), _SIP))

    def pull(self) -> bytes:
        """Return the next inflated bytes; none means that more deflated ones are needed, or that it ended.

        Raises:
            zlib.error: The data is damaged.
        """
        if self._fault is not None:
            raise self._fault
        while not self._zlib.eof and (self._full or self._tail or self._input):
            sip = self._tail or (self._input.popleft() if self._input else b"")
            before = self._zlib.copy()
            try:
                out = self._zlib.decompress(sip, PIECE)
            except zlib.error as fault:
                return self._before_fault(before, sip, fault)
            self._tail = self._zlib.unconsumed_tail
            self._full = len(out) == PIECE
            if self._zlib.eof:
                self._end()
            if out:
                self._check = zlib.crc32(out, self._check)
                self._size += len(out)
                return out
        return b""

    def _before_fault(self, before: Any, sip: bytes, fault: zlib.error) -> bytes:
        """Return what the data gives up to the fault, which is raised by the next call."""
        self._fault = fault
        out: list[bytes] = []
        with contextlib.suppress(zlib.error):
            out.extend(before.decompress(sip[at : at + 1]) for at in range(len(sip)))
        if not any(out):
            raise fault
        return b"".join(out)

    def missing_trailer(self) -> int:
        """Return how many bytes are missing of a trailer of gzip that is there in part."""
        start = self._behind.rstrip(b"\0")
        return 8 - len(self._behind) if start and len(self._behind) < 8 and self._trailer().startswith(start) else 0

    def _trailer(self) -> bytes:
        return self._check.to_bytes(4, "little") + (self._size & 0xFFFFFFFF).to_bytes(4, "little")

    def has_garbage(self) -> bool:
        """Tell whether what came behind the deflated data is neither zeros nor the trailer of gzip (RFC 1952).

        Some writers take a gzip stream and cut its header off.
        """
        behind = self._behind
        return self._garbage or not (self._trailer().startswith(behind) or not behind.strip(b"\0"))

    def _end(self) -> None:
        self._take_behind(self._zlib.unused_data)
        while self._input:
            self._take_behind(self._input.popleft())

    def _take_behind(self, data: bytes) -> None:
        self.trailing += len(data)
        head = 8 - len(self._behind)
        self._behind += data[:head]
        self._garbage = self._garbage or bool(data[head:].strip(b"\0"))
