r"""Multipart messages cut into parts, without IO; the messages are written by hand, and by aiohttp.

RFC 2046 5.1.1: a part begins behind ``--boundary CRLF``, and ends in front of ``CRLF --boundary``.
"""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from typing import TYPE_CHECKING

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adicom.errors import SourceError, TruncatedError
from adicom.io.multipart_headers import PartHeaders, boundary_of
from adicom.io.multipart_parser import MultipartCutter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BYTES = bytes(range(256)) * 3


def message(
    *parts: bytes,
    boundary: bytes = b"x",
    headers: bytes = b"Content-Type: application/dicom\r\n",
    before: bytes = b"",
    behind: bytes = b"\r\n",
) -> bytes:
    body = b"".join(b"--%s\r\n%s\r\n%s\r\n" % (boundary, headers, part) for part in parts)
    return before + body + b"--%s--" % boundary + behind


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def parts_of(pieces: Iterable[bytes], boundary: str = "x") -> list[bytes]:
    return [data for _, data in headed_parts_of(pieces, boundary)]


def headed_parts_of(pieces: Iterable[bytes], boundary: str = "x") -> list[tuple[PartHeaders, bytes]]:
    """Return headers and bytes of each part; the order of events is checked."""
    cutter = MultipartCutter(boundary, "a message")
    found: list[tuple[PartHeaders, bytes]] = []
    waiting, open_part = iter(pieces), False
    while (event := cutter.pull()) is not None:
        if event == b"":
            if piece := next(waiting, None):
                cutter.feed(piece)
            else:
                cutter.end()
        elif isinstance(event, PartHeaders):
            assert not open_part
            found.append((event, b""))
            open_part = True
        else:
            assert open_part
            if isinstance(event, bytes):
                found[-1] = (found[-1][0], found[-1][1] + event)
            else:
                open_part = False
    assert not open_part
    return found


WHOLE: dict[str, tuple[bytes, list[bytes]]] = {
    "one": (message(BYTES), [BYTES]),
    "several": (message(BYTES, b"", b"a", b""), [BYTES, b"", b"a", b""]),
    "none": (b"--x--\r\n", []),
    "preamble": (message(b"a", before=b"This is\r\na preamble\r\n"), [b"a"]),
    "blank line": (message(b"a", before=b"\r\n"), [b"a"]),
    "epilogue": (message(b"a", behind=b"\r\nepilogue\r\n--x\r\n\r\nno part\r\n"), [b"a"]),
    "no line end": (message(b"a", behind=b""), [b"a"]),
    "no headers": (message(b"a", headers=b""), [b"a"]),
    "folded header": (message(b"a", headers=b"Content-Type: application/dicom;\r\n transfer-syntax=*\r\n"), [b"a"]),
    "its length": (message(b"abc", headers=b"Content-Length: 3\r\n"), [b"abc"]),
    "line ends": (
        message(b"\r\n", b"\r", b"\n", b"\r\n\r\n", b"\r\r\n\n"),
        [b"\r\n", b"\r", b"\n", b"\r\n\r\n", b"\r\r\n\n"],
    ),
}


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 10**6])
def test_parts(name: str, size: int) -> None:
    data, expected = WHOLE[name]
    assert parts_of(cut(data, size)) == expected


# What a part may hold that looks like the boundary "xyz", and is none.
ALMOST = [
    b"\r\n--",
    b"\r\n--xy",
    b"\r\n--xy\r\n--x",
    b"--xyz",
    b"a--xyz--\r\n",
    b"\n--xyz\r\n",
    b"\r\n-xyz",
    b"\r\n -xyz",
]


@pytest.mark.parametrize("size", [1, 2, 5, 10**6])
def test_what_is_almost_a_boundary(size: int) -> None:
    assert parts_of(cut(message(*ALMOST, boundary=b"xyz"), size), "xyz") == ALMOST


CRUMBS = st.sampled_from([b"\r", b"\n", b"-", b"--", b"\r\n", b"xyz", b"x", b"--xy", b"a", b"\r\n--xy", b"--xyz"])


@given(
    st.lists(st.lists(CRUMBS, max_size=8).map(b"".join), min_size=1, max_size=3),
    st.lists(st.integers(1, 12), max_size=60),
    st.sampled_from([b"", b"\r\n", b"before\r\n"]),
)
def test_any_cut_gives_the_same_parts(parts: list[bytes], sizes: list[int], before: bytes) -> None:
    parts = [part for part in parts if b"\r\n--xyz" not in b"\r\n" + part + b"\r\n"]
    data, pieces, start = message(*parts, boundary=b"xyz", before=before), [], 0
    for size in sizes:
        pieces.append(data[start : start + size])
        start += size
    assert parts_of([piece for piece in [*pieces, data[start:]] if piece], "xyz") == parts


@pytest.mark.asyncio
async def test_what_aiohttp_writes() -> None:
    class Collected:
        data = b""

        async def write(self, piece: bytes) -> None:
            self.data += piece

    collected = Collected()
    boundary = "a very 'special' boundary"
    with aiohttp.MultipartWriter("related", boundary=boundary) as writer:
        for part in (BYTES, b"", BYTES[:7]):
            writer.append(part, {"Content-Type": "application/dicom", "Content-Location": "/a"})
        await writer.write(collected)  # type: ignore[arg-type] # all that it is asked for
    found = headed_parts_of(cut(collected.data, 50), boundary_of(writer.headers["Content-Type"], "a message"))
    assert [data for _, data in found] == [BYTES, b"", BYTES[:7]]
    assert [part.headers["Content-Length"] for part, _ in found] == ["768", "0", "7"]
    assert {part.headers["content-location"] for part, _ in found} == {"/a"}


# -- headers


def test_headers() -> None:
    fields = b"content-type: Application/DICOM; transfer-syntax=1.2.840.10008.1.2.1\r\n"
    fields += b"Content-Location: /1/2\r\nX-N:M\xfcller\r\n"
    ((part, data),) = headed_parts_of([message(b"a", headers=fields)])
    assert (part.number, part.name, data) == (1, "part 1 of a message", b"a")
    assert part.content_type == "application/dicom"
    assert part.headers["Content-Type"] == "Application/DICOM; transfer-syntax=1.2.840.10008.1.2.1"
    assert part.headers["CONTENT-LOCATION"] == "/1/2"
    assert part.headers["X-N"] == "Müller"
    assert (part.decoder, part.refused) == (None, None)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("Content-Type: multipart/related; boundary=y", "part 1 of a message is a multipart message itself"),
        ("Content-Transfer-Encoding: base64", "part 1 of a message has a Content-Transfer-Encoding"),
        ("Content-Encoding: br", r"part 1 of a message: .* \(Content-Encoding: br\)"),
    ],
)
def test_parts_that_cannot_be_read(field: str, message: str) -> None:
    name, _, value = field.partition(": ")
    part = PartHeaders([(name, value)], 1, "a message")
    assert part.refused is not None
    with pytest.raises(SourceError, match=message):
        raise part.refused


@pytest.mark.parametrize("value", ["binary", " 8BIT", "7bit", ""])
def test_transfer_encodings_that_change_nothing(value: str) -> None:
    assert PartHeaders([("Content-Transfer-Encoding", value)], 1, "a message").refused is None


def test_a_part_may_be_encoded() -> None:
    part = PartHeaders([("Content-Encoding", "gzip")], 1, "a message")
    assert part.decoder is not None
    assert part.content_type == "application/octet-stream"


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ('multipart/related; type="application/dicom"; boundary=abc', "abc"),
        ('Multipart/Related;type=application/dicom;BOUNDARY="a b;c"', "a b;c"),
        ("multipart/mixed; boundary=----=_Part_1_(2)+3", "----=_Part_1_(2)+3"),
        ('multipart/related;\r\n boundary="' + "y" * 70 + '"', "y" * 70),
    ],
)
def test_boundaries(content_type: str, boundary: str) -> None:
    assert boundary_of(content_type, "a message") == boundary


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        ("application/dicom", "^a message is application/dicom, no multipart message$"),
        ("text/html; charset=secret", "^a message is text/html, no multipart message$"),
        ("", "no multipart message"),
        ("multipart/related", "has no valid boundary"),
        ("multipart/related; boundary=", "has no valid boundary"),
        ("multipart/related; boundary=" + "y" * 71, "has no valid boundary"),
        ("multipart/related; boundary=ü", "has no valid boundary"),
        ('multipart/related; boundary="a\0b"', "has no valid boundary"),
    ],
)
def test_no_boundary(content_type: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        boundary_of(content_type, "a message")


# -- faults


def test_truncation_is_told_at_every_byte() -> None:
    data = message(b"abc\r\n--", b"defgh", before=b"before\r\n", behind=b"")
    for end in range(len(data)):
        for size in (1, 1000):
            with pytest.raises(TruncatedError, match=r"^a message ends .*, before its closing boundary"):
                parts_of(cut(data[:end], size))
    assert parts_of([data]) == [b"abc\r\n--", b"defgh"]


def test_truncation_says_where() -> None:
    data = message(b"abcdef" * 20, b"gh")
    for end, where, offset in (
        (0, "in front of its first part", None),
        (80, "in part 1", 40),
        (len(data) - 20, "behind part 1", None),
        (len(data) - 7, "in part 2", 2),
    ):
        with pytest.raises(TruncatedError, match=f"ends {where}, before its closing") as caught:
            parts_of([data[:end]] if end else [])
        assert caught.value.offset == offset


@pytest.mark.parametrize(
    "data",
    [
        b"--x\n\nabc\n--x--\n",  # LF alone ends no line
        b"--xy\r\n\r\nabc\r\n--xy--\r\n",
        b"--x\r\n\r\nabc\r\n--xy\r\n",
        b"--x\r\nno header\r\n\r\nabc\r\n--x--\r\n",
        b"--x\r\nA B: c\r\n\r\nabc\r\n--x--\r\n",
        message(b"abc", headers=b"Content-Length: 2\r\n"),
        message(b"abc", headers=b"Content-Length: 4\r\n"),
        message(b"abc", headers=b"Content-Length: x\r\n"),
        message(b"abc", headers=b"Content-Length: 3\r\nContent-Length: 3\r\n"),
    ],
)
@pytest.mark.parametrize("size", [1, 1000])
def test_what_is_not_sound(data: bytes, size: int) -> None:
    with pytest.raises(SourceError, match=r"^a message is no sound multipart message: [A-Z][\w -]+$"):
        parts_of(cut(data, size))


LINES = st.sampled_from(
    [b"--x", b"--", b"\r\n", b"\n", b"\r", b"A: b", b":", b" ", b"\0", b"\xff", b"Content-Length: 1", b"--x\r\n\r\n"]
)


@given(st.lists(LINES, max_size=20).map(b"".join), st.sampled_from([b"", b"--x\r\n", b"--x\r\nA: b\r\n\r\n"]))
def test_whatever_comes_nothing_else_is_raised(data: bytes, start: bytes) -> None:
    found: list[list[bytes]] = []
    for size in (1, 3, 1000):
        # The package minds a boundary inside a line of the preamble only if both come at once.
        with suppress(SourceError, TruncatedError):
            found.append(parts_of(cut(start + data, size)))
    assert all(parts == found[0] for parts in found)


def test_a_fault_stays() -> None:
    cutter = MultipartCutter("x", "a message")
    cutter.feed(b"--x\r\n\r\nab")
    cutter.end()
    assert isinstance(cutter.pull(), PartHeaders)
    assert cutter.pull() == b"ab"
    for _ in range(3):
        with pytest.raises(TruncatedError):
            cutter.pull()


# -- bounds


def endless(start: bytes, repeated: bytes) -> Iterator[bytes]:
    yield start
    for _ in range(10_000):
        yield repeated
    pytest.fail("nothing bounds it")


@pytest.mark.parametrize(
    ("start", "repeated", "where"),
    [
        (b"--x\r\nA: ", b"a" * 2000, "Maximum segment header length"),
        (b"--x\r\n" + b"a" * 9000, b"a", "Maximum segment header length"),
        (b"--x\r\n", b"A: a\r\n", "Maximum segment header count"),
        (b"before", b"\r\n" * 10_000, r"\d+ bytes in front of its first part"),
    ],
)
def test_what_comes_between_is_bounded(start: bytes, repeated: bytes, where: str) -> None:
    with pytest.raises(SourceError, match=where):
        parts_of(endless(start, repeated))


def test_an_epilogue_is_read_for_a_while_only() -> None:
    assert parts_of(endless(message(b"a"), b"\r\n" * 10_000)) == [b"a"]


@pytest.mark.parametrize(
    "block", [bytes(2**18), b"\r\n--" * 2**16, b"\r" * 2**18, b"\r\n" * 2**17], ids=["zeros", "almost", "cr", "crlf"]
)
def test_a_large_part_costs_no_memory(block: bytes) -> None:
    cutter = MultipartCutter("x", "a message")
    cutter.feed(b"--x\r\n\r\n")
    assert isinstance(cutter.pull(), PartHeaders)
    assert cutter.pull() == b""
    size = 0
    tracemalloc.start()
    try:
        for _ in range(80):
            cutter.feed(block)
            while data := cutter.pull():
                assert isinstance(data, bytes)
                size += len(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 80 * len(block) - 10
    assert peak < 4 * len(block)
