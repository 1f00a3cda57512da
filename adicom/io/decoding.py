"""Decodes gzip and deflate piece by piece (RFC 1950 to 1952); nothing here reads or waits.

Other than :mod:`adicom.parser.inflate`, which inflates the data set of a deflated transfer syntax, this is for what
is around a whole object: a ``.dcm.gz`` file, the content coding of an HTTP message (RFC 9110 8.4.1).
"""

from __future__ import annotations

import zlib
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from adicom.errors import LimitError, ParseError, SourceError, TruncatedError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("PIECE", "Coding", "Decoder", "decoder_for")

Coding: TypeAlias = Literal["gzip", "deflate"]

PIECE: Final = 256 * 1024
"""How much is decoded at a time: a bomb of any ratio costs this much memory a step."""
_SIP: Final = 16 * 1024
"""How much encoded data is given to zlib at a time, for it copies what it does not use."""

_MAGIC: Final = b"\x1f\x8b"
_CODINGS: Final[dict[str, Coding]] = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
_OTHERS: Final = ("br", "zstd", "compress", "x-compress", "dcb", "dcz")


class Decoder:
    """Encoded bytes go in, decoded ones come out, never more than :data:`PIECE` at a time.

    Checksums and lengths are checked where an encoded stream ends, and one that does not end is an error. What
    comes before a fault is given out first.

    Args:
        coding: ``"gzip"``, of one or more members behind each other, or ``"deflate"``, with zlib's wrapping or bare.
        name: What messages call the source.
        limit: How many decoded bytes there may be; None is any number.

    Example:
        >>> import gzip
        >>> decoder = Decoder("gzip", "a.gz")
        >>> decoder.feed(gzip.compress(b"0123") + gzip.compress(b"45"))
        >>> decoder.end()
        >>> decoder.pull(), decoder.pull(), decoder.pull()
        (b'0123', b'45', None)
    """

    __slots__ = (
        "_bound",
        "_ended",
        "_fault",
        "_full",
        "_held",
        "_input",
        "_limit",
        "_name",
        "_tail",
        "_window",
        "_zlib",
        "coding",
        "size",
    )

    def __init__(self, coding: Coding, name: str, limit: int | None = None) -> None:
        if limit is not None and limit < 1:
            raise ValueError("limit must be at least 1")
        self.coding = coding
        self.size = 0
        self._name = name
        self._limit = limit
        self._bound = "limit"
        self._window: int | None = None  # what zlib calls the form of the data; None before it is known
        self._zlib: Any = None  # None between two members
        self._held = b""
        self._input: deque[bytes] = deque()
        self._tail = b""
        self._full = False  # zlib may hold more output back
        self._ended = False
        self._fault: ParseError | None = None

    def bound(self, limit: int) -> None:
        """Allow as many decoded bytes as ``ParserLimits.inflated_bytes``, unless fewer are allowed already."""
        if self._limit is None or limit < self._limit:
            self._limit, self._bound = limit, "ParserLimits.inflated_bytes"

    def feed(self, data: bytes) -> None:
        """Add encoded bytes."""
        if self._window is None:
            data = self._held + data
            if len(data) < len(_MAGIC):
                self._held = data
                return
            self._begin(data)
        self._input.extend(data[at : at + _SIP] for at in range(0, len(data), _SIP))

    def end(self) -> None:
        """Tell that no more encoded bytes come."""
        self._ended = True

    def pull(self) -> bytes | None:
        """Return the next decoded bytes; ``b""`` where encoded ones are needed first, None at the end.

        Raises:
            TruncatedError: The encoded data does not end.
            LimitError: There are more than ``limit`` bytes.
            ParseError: The encoded data is none, or is damaged.
        """
        while self._fault is None and (self._full or self._tail or self._input):
            if out := self._step():
                return self._bounded(out)
        if self._fault is None:
            if not self._ended:
                return b""
            if self._window is not None and self._zlib is None:
                return None
            self._fault = self._truncated()
        raise self._fault

    def _begin(self, head: bytes) -> None:
        """Find out what the first bytes announce."""
        if self.coding == "deflate":
            # RFC 9110 8.4.1.2: it should be wrapped, and some servers do not.
            wrapped = head[0] & 0x0F == 8 and int.from_bytes(head[:2]) % 31 == 0
            self._window = zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS
        else:
            self._window = zlib.MAX_WBITS + 16
            if not head.startswith(_MAGIC):
                self._fault = ParseError(f"{self._name} is not compressed with gzip", offset=0)
        self._zlib = zlib.decompressobj(self._window)

    def _step(self) -> bytes:
        """Decode one sip."""
        sip = self._tail or (self._input.popleft() if self._input else b"")
        if self._zlib is None and not (sip := self._begin_member(sip)):
            self._tail = b""
            return b""
        before = self._zlib.copy()
        try:
            out: bytes = self._zlib.decompress(sip, PIECE)
        except zlib.error:
            out = _before_fault(before, sip)
            at = self.size + len(out)
            self._fault = ParseError(f"the {self.coding} data of {self._name} is damaged", offset=at)
            return out
        self._tail = self._zlib.unconsumed_tail
        self._full = len(out) == PIECE
        if self._zlib.eof:
            self._tail, self._full, self._zlib = self._zlib.unused_data, False, None
        return out

    def _begin_member(self, sip: bytes) -> bytes:
        """Return what there is of another member; between two there may be zeros, as tapes have them."""
        rest = sip.lstrip(b"\0")
        if not rest:
            return b""
        if self.coding == "deflate" or rest[0] != _MAGIC[0]:
            self._fault = ParseError(f"other bytes follow the {self.coding} data of {self._name}", offset=self.size)
            return b""
        assert self._window is not None
        self._zlib = zlib.decompressobj(self._window)
        return rest

    def _bounded(self, out: bytes) -> bytes:
        room = None if self._limit is None else self._limit - self.size
        if room is not None and len(out) > room:
            out = out[: max(room, 0)]
            self._fault = LimitError(
                f"what {self._name} decodes to grows too long; {self._bound} is {self._limit}",
                offset=self._limit,
                limit="inflated_bytes",
            )
            if not out:
                raise self._fault
        self.size += len(out)
        return out

    def _truncated(self) -> TruncatedError:
        return TruncatedError(
            f"the {self.coding} data of {self._name} ends too early", offset=self.size, wanted=1, got=0
        )


def decoder_for(headers: Mapping[str, str], name: str) -> Decoder | None:
    """Return what decodes a body with these headers (RFC 9110 8.4), or None where it is not encoded.

    Args:
        headers: Of an HTTP message, or of a part of one.
        name: What messages call it.

    Raises:
        SourceError: It is encoded in a way that is not known here.

    Example:
        >>> decoder_for({"Content-Encoding": "gzip"}, "https://host/a.dcm").coding
        'gzip'
        >>> decoder_for({}, "https://host/a.dcm") is None
        True
    """
    coding = headers.get("Content-Encoding", "").strip().lower()
    if coding in ("", "identity", "aws-chunked"):
        return None
    if coding not in _CODINGS:
        shown = coding if coding in _OTHERS else "unknown"
        raise SourceError(f"{name}: the body is encoded in a way that is not read here (Content-Encoding: {shown})")
    return Decoder(_CODINGS[coding], name)


def _before_fault(before: Any, sip: bytes) -> bytes:
    """Return what the data gives up to the fault."""
    out: list[bytes] = []
    with suppress(zlib.error):
        out.extend(before.decompress(sip[at : at + 1]) for at in range(len(sip)))
    return b"".join(out)
