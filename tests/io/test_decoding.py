"""gzip and deflate without IO; what goes in is written by Python's gzip and zlib, or by hand."""

from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adicom.errors import LimitError, ParseError, SourceError, TruncatedError
from adicom.io.decoding import PIECE, Decoder, decoder_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adicom.io.decoding import Coding

DATA = bytes(range(256)) * 4 + random.Random(5).randbytes(2000) + bytes(9_000)
MEMBER = gzip.compress(DATA, mtime=0)
EMPTY = gzip.compress(b"", mtime=0)

# RFC 1952 2.3 by hand: magic, deflate, no flags, time, XFL, OS; one stored block (RFC 1951 3.2.4); CRC-32; length.
HAND = bytes.fromhex("1f8b 08 00 00000000 00 ff  01 0300 fcff 616263  c2412435 03000000")
# The same with a name and a comment in the header (FNAME and FCOMMENT), as the gzip program writes the first.
NAMED = bytes.fromhex("1f8b 08 18 00000000 00 03") + b"ct.dcm\0a comment\0" + HAND[10:]


def bare(data: bytes) -> bytes:
    """Return the data deflated without any wrapping (RFC 1951)."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def pulled(decoder: Decoder, pieces: Iterable[bytes]) -> list[bytes]:
    """Return what comes out up to the end."""
    out: list[bytes] = []
    for piece in pieces:
        decoder.feed(piece)
        while data := decoder.pull():
            out.append(data)
        assert data == b""
    decoder.end()
    while (data := decoder.pull()) is not None:
        assert data
        out.append(data)
    assert decoder.pull() is None
    return out


def decoded(data: bytes, size: int = 1000, coding: Coding = "gzip", **keywords: Any) -> bytes:
    return b"".join(pulled(Decoder(coding, "a source", **keywords), cut(data, size)))


@pytest.mark.parametrize("size", [1, 2, 17, 10**6])
@pytest.mark.parametrize(
    ("coding", "encoded", "expected"),
    [
        ("gzip", HAND, b"abc"),
        ("gzip", NAMED, b"abc"),
        ("gzip", MEMBER, DATA),
        ("gzip", EMPTY, b""),
        ("gzip", MEMBER + HAND, DATA + b"abc"),
        ("gzip", HAND + EMPTY * 3 + bytes(700) + NAMED + bytes(5), b"abcabc"),
        ("deflate", zlib.compress(DATA), DATA),
        ("deflate", bare(DATA), DATA),
        ("deflate", bare(b""), b""),
    ],
)
def test_decoded(coding: Coding, encoded: bytes, expected: bytes, size: int) -> None:
    assert decoded(encoded, size, coding) == expected


@given(st.binary(max_size=300), st.lists(st.integers(1, 40)), st.integers(1, 3))
def test_any_cut_gives_the_same(data: bytes, sizes: list[int], members: int) -> None:
    encoded = gzip.compress(data) * members
    pieces, start = [], 0
    for size in sizes:
        pieces.append(encoded[start : start + size])
        start += size
    decoder = Decoder("gzip", "a source")
    assert b"".join(pulled(decoder, [piece for piece in [*pieces, encoded[start:]] if piece])) == data * members
    assert decoder.size == len(data) * members


# -- faults


@pytest.mark.parametrize("encoded", [HAND, MEMBER, HAND + MEMBER, EMPTY], ids=len)
def test_truncation_is_told_at_every_byte(encoded: bytes) -> None:
    ends = {0, len(HAND)} if encoded == HAND + MEMBER else {0}
    for end in range(len(encoded)) if len(encoded) < 500 else (*range(20), *range(len(encoded) - 20, len(encoded))):
        if end in ends - {0}:
            continue  # one member less is whole as well
        with pytest.raises(TruncatedError, match="the gzip data of a source ends too early"):
            decoded(encoded[:end], 7)


@pytest.mark.parametrize("encoded", [zlib.compress(DATA), bare(DATA)], ids=["wrapped", "bare"])
def test_truncated_deflate(encoded: bytes) -> None:
    for end in (0, 1, 2, 100, len(encoded) - 1):
        with pytest.raises(TruncatedError, match="the deflate data"):
            decoded(encoded[:end], 50, "deflate")


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        (b"no gzip", "a source is not compressed with gzip, at byte 0"),
        (b"PK\3\4", "is not compressed with gzip"),
        (b"\x1f\x8b\x07" + HAND[3:], "is damaged, at byte 0"),  # another method
        (HAND[:-8] + b"\0\0\0\0" + HAND[-4:], "is damaged, at byte 3"),  # the CRC
        (HAND[:-4] + b"\4\0\0\0", "is damaged, at byte 3"),  # the length
        (HAND[:14] + b"\0" + HAND[15:], "is damaged, at byte 0"),  # the length of the block
        (HAND + b"x", "other bytes follow the gzip data of a source, at byte 3"),
        (HAND + bytes(9) + b"x", "other bytes follow"),
        (HAND + b"\x1f\x8c", "is damaged, at byte 3"),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_damage(encoded: bytes, message: str, size: int) -> None:
    with pytest.raises(ParseError, match=message):
        decoded(encoded, size)


@given(
    st.binary(max_size=60),
    st.sampled_from([b"", HAND[:10], HAND[:14], HAND, NAMED]),
    st.sampled_from(["gzip", "deflate"]),
)
def test_whatever_comes_nothing_else_is_raised(data: bytes, start: bytes, coding: Coding) -> None:
    found = []
    for size in (1, 1000):
        try:
            found.append(decoded(start + data, size, coding))
        except ParseError as error:
            found.append(str(error).encode())
    assert found[0] == found[1]


@pytest.mark.parametrize("encoded", [zlib.compress(DATA)[:-1] + b"\0", zlib.compress(DATA) + b"x", b"\7\7\7\7"])
def test_damaged_deflate(encoded: bytes) -> None:
    with pytest.raises(ParseError, match="the deflate data of a source"):
        decoded(encoded, 100, "deflate")


@pytest.mark.parametrize("size", [1, 50, 10**6])
def test_what_comes_before_a_fault_is_given_first(size: int) -> None:
    damaged = MEMBER[:-8] + bytes(8)
    decoder = Decoder("gzip", "a source")
    out: list[bytes] = []
    with pytest.raises(ParseError, match=f"at byte {len(DATA)}"):  # noqa: PT012 - each pull may be the one
        for piece in cut(damaged, size):
            decoder.feed(piece)
            while data := decoder.pull():
                out.append(data)
    assert b"".join(out) == DATA
    with pytest.raises(ParseError, match="damaged"):
        decoder.pull()


# -- bounds


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([packer.compress(bytes(2**20)) for _ in range(megabytes)]) + packer.flush()


def test_a_bomb_costs_a_piece_at_a_time() -> None:
    encoded = bomb(16)
    assert len(encoded) < 2**15
    decoder = Decoder("gzip", "a source")
    tracemalloc.start()
    try:
        decoder.feed(encoded)
        total = 0
        while data := decoder.pull():
            assert len(data) <= PIECE
            total += len(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == 16 * 2**20
    assert peak < 4 * PIECE


@pytest.mark.parametrize("limit", [1, 4, len(DATA) - 1])
def test_limit(limit: int) -> None:
    decoder = Decoder("gzip", "a source", limit)
    decoder.feed(MEMBER)
    out = b""
    with pytest.raises(LimitError, match=f"grows too long; limit is {limit}, at byte {limit}") as caught:  # noqa: PT012
        while data := decoder.pull():
            out += data
    assert out == DATA[:limit]
    assert caught.value.limit == "inflated_bytes"


def test_what_fits_is_no_fault() -> None:
    assert decoded(MEMBER, limit=len(DATA)) == DATA
    with pytest.raises(ValueError, match="at least 1"):
        Decoder("gzip", "a source", 0)


def test_the_smaller_bound_counts() -> None:
    for limit, bound, message in ((5, 10, "limit is 5"), (10, 5, "ParserLimits.inflated_bytes is 5"), (None, 5, "5")):
        decoder = Decoder("gzip", "a source", limit)
        decoder.bound(bound)
        decoder.feed(MEMBER)
        assert decoder.pull() == DATA[:5]
        with pytest.raises(LimitError, match=message):
            decoder.pull()


# -- the header that announces it


@pytest.mark.parametrize("text", ["gzip", " GZIP ", "x-gzip"])
def test_gzip_in_a_header(text: str) -> None:
    decoder = decoder_for({"Content-Encoding": text}, "a message")
    assert decoder is not None
    decoder.feed(HAND)
    assert decoder.pull() == b"abc"


def test_other_headers() -> None:
    assert all(decoder_for({"Content-Encoding": text}, "a message") is None for text in ("", "identity", "aws-chunked"))
    for text, shown in (("br", "br"), ("gzip, gzip", "unknown"), ("secret", "unknown")):
        with pytest.raises(SourceError, match=rf"^a message: .* \(Content-Encoding: {shown}\)$"):
            decoder_for({"Content-Encoding": text}, "a message")
