"""Deflated data comes out piece by piece, and what is odd about it is found."""

from __future__ import annotations

import random
import zlib

import pytest

from adicom.parser.inflate import PIECE, Inflater, sniff_deflated

PLAIN = bytes.fromhex("0800050043530a00") + b"ISO_IR 100"


def deflate(data: bytes, wbits: int = -15) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return packer.compress(data) + packer.flush()


def pull_all(inflater: Inflater) -> bytes:
    return b"".join(iter(inflater.pull, b""))


def trailer(data: bytes) -> bytes:
    """Return what gzip writes behind deflated data: CRC and size (RFC 1952 2.3)."""
    return zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (PLAIN[:8], "plain"),
        (bytes.fromhex("0800 0000 554c 0400"), "plain"),  # a group length
        (bytes.fromhex("0900 1010 4f42 0000"), "plain"),  # a long VR
        (bytes.fromhex("0800 0500 4358 0a00"), "deflate"),  # no VR
        (deflate(PLAIN)[:8], "deflate"),
        (deflate(PLAIN, 15)[:8], "zlib"),
        (bytes.fromhex("7801 0300 0000 0001"), "zlib"),  # zlib of nothing, at its lowest level (RFC 1950 2.2)
        (bytes.fromhex("7802 0300 0000 0001"), "deflate"),  # its check bits are wrong
        # Raw: a stored block of 1 byte (RFC 1951 3.2.4), though its first bytes could be zlib's.
        (bytes.fromhex("081d 00e2 ff41 0300"), "deflate"),
        (deflate(PLAIN, 15)[:7], "deflate"),  # too short to tell
        (b"", "deflate"),
    ],
)
def test_how_a_data_set_was_written(head: bytes, kind: str) -> None:
    assert sniff_deflated(head) == kind


@pytest.mark.parametrize(("wbits", "wrapped"), [(-15, False), (15, True)])
def test_byte_by_byte(wbits: int, wrapped: bool) -> None:
    inflater = Inflater(wrapped=wrapped)
    out = b""
    for byte in deflate(PLAIN * 9, wbits):
        assert not inflater.ended
        inflater.feed(bytes([byte]))
        out += pull_all(inflater)
    assert out == PLAIN * 9
    assert inflater.ended
    assert not inflater.damaged
    assert (inflater.trailing, inflater.missing_trailer(), inflater.has_garbage()) == (0, 0, False)


def test_no_more_at_a_time_than_a_piece() -> None:
    inflater = Inflater(wrapped=False)
    inflater.feed(deflate(bytes(3 * PIECE + 10)))
    sizes = [len(out) for out in iter(inflater.pull, b"")]
    assert sum(sizes) == 3 * PIECE + 10
    assert max(sizes) == PIECE


def test_what_does_not_deflate_well_needs_many_sips() -> None:
    data = random.Random(0).randbytes(100_000)
    inflater = Inflater(wrapped=False)
    inflater.feed(deflate(data))
    assert pull_all(inflater) == data


def test_bytes_behind_the_end_are_counted() -> None:
    inflater = Inflater(wrapped=False)
    inflater.feed(deflate(PLAIN) + bytes(3))
    assert pull_all(inflater) == PLAIN
    inflater.feed(bytes(50_000))
    assert (inflater.trailing, inflater.has_garbage()) == (50_003, False)
    inflater.feed(b"\1")
    assert (inflater.trailing, inflater.has_garbage()) == (50_004, True)


def test_bytes_behind_the_end_that_wait_already() -> None:
    inflater = Inflater(wrapped=False)
    inflater.feed(deflate(PLAIN) + bytes(50_000))
    assert pull_all(inflater) == PLAIN
    assert inflater.trailing == 50_000


@pytest.mark.parametrize("piece", [1, 3, 100])
def test_the_trailer_of_gzip_is_no_garbage(piece: int) -> None:
    behind = trailer(PLAIN) + bytes(1)
    inflater = Inflater(wrapped=False)
    inflater.feed(deflate(PLAIN))
    pull_all(inflater)
    for at in range(0, len(behind), piece):
        inflater.feed(behind[at : at + piece])
    assert (inflater.trailing, inflater.has_garbage(), inflater.missing_trailer()) == (9, False, 0)


@pytest.mark.parametrize("here", range(9))
def test_a_trailer_that_is_cut(here: int) -> None:
    inflater = Inflater(wrapped=False)
    inflater.feed(deflate(PLAIN) + trailer(PLAIN)[:here])
    pull_all(inflater)
    assert not inflater.has_garbage()
    assert inflater.missing_trailer() == (8 - here if here else 0)


def test_what_is_no_trailer_is_garbage() -> None:
    inflater = Inflater(wrapped=False)
    inflater.feed(deflate(PLAIN) + trailer(PLAIN + b"x"))
    pull_all(inflater)
    assert inflater.has_garbage()
    assert inflater.missing_trailer() == 0


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_what_comes_before_damage_comes_out(piece: int) -> None:
    # Two stored blocks (RFC 1951 3.2.4), then one of the reserved type 3.
    data = b"\x00\x02\x00\xfd\xffab" + b"\x00\x01\x00\xfe\xffc" + b"\x07" + bytes(20)
    inflater = Inflater(wrapped=False)
    out = b""
    for at in range(0, len(data), piece):
        inflater.feed(data[at : at + piece])
        while len(out) < 3 and (more := inflater.pull()):
            out += more
    assert out == b"abc"
    with pytest.raises(zlib.error):
        inflater.pull()
    assert inflater.damaged
    assert not inflater.ended
    with pytest.raises(zlib.error):
        inflater.pull()


def test_damage_at_the_start() -> None:
    inflater = Inflater(wrapped=False)
    inflater.feed(b"\x07")
    with pytest.raises(zlib.error):
        inflater.pull()
    assert inflater.damaged
