"""What a stream of the caller's may be, and that it is closed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from adicom.filewriter.pieces import AwaitedPieces, BlockingPieces, ThreadedPieces, awaited_pieces

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

PARTS = [b"01", b"", bytearray(b"23"), memoryview(b"4")]


class Log:
    """A generator that says when it is closed."""

    def __init__(self, items: list[Any] = PARTS) -> None:
        self.closed = False
        self._items = items

    def parts(self) -> Iterator[Any]:
        try:
            yield from self._items
        finally:
            self.closed = True

    async def awaited(self) -> AsyncIterator[Any]:
        try:
            for part in self._items:
                yield part
        finally:
            self.closed = True


async def read(pieces: AwaitedPieces | ThreadedPieces) -> list[bytes]:
    found = []
    while piece := await pieces.read():
        found.append(piece)
    assert await pieces.read() == b""
    await pieces.aclose()
    return found


async def test_whatever_gives_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"01234")
    log, other = Log(), Log()
    file = io.BytesIO(b"01234")
    for found in (
        PARTS,
        iter(PARTS),
        log.parts(),
        other.awaited(),
        file,
        path.open("rb"),
        await anyio.open_file(path, "rb"),
    ):
        assert await read(awaited_pieces(found)) == [b"01234"]
    assert log.closed
    assert other.closed
    assert file.closed


def test_short_pieces_are_joined_and_long_ones_are_not_copied() -> None:
    long = bytes(100_000)
    pieces = BlockingPieces([b"1" * 40_000, b"2" * 40_000, long, b"", b"3"])
    assert len(pieces.read()) == 80_000
    assert pieces.read() is long
    assert [pieces.read(), pieces.read()] == [b"3", b""]


async def test_what_is_left_in_its_middle_is_closed() -> None:
    long = [bytes(2**20)] * 3
    log, other = Log(long), Log(long)
    for pieces in (awaited_pieces(log.parts()), awaited_pieces(other.awaited())):
        assert len(await pieces.read()) == 2**20
        await pieces.aclose()
    assert log.closed
    assert other.closed


@pytest.mark.parametrize("found", ["a.dcm", b"bytes", 3, None, {1: 2}.keys])
def test_what_gives_no_bytes_is_refused(found: Any) -> None:
    with pytest.raises(TypeError, match="iterable of bytes or a binary file, not"):
        awaited_pieces(found)


def test_what_gives_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="gave text"):
        BlockingPieces(["a"]).read()
    with io.StringIO("text") as file, pytest.raises(TypeError, match="gave text"):
        BlockingPieces(file).read()


async def test_what_can_only_be_awaited_is_refused_by_blocking_code() -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield b""

    opened = stream()
    with pytest.raises(TypeError, match="is awaited"):
        BlockingPieces(opened)
    await opened.aclose()  # type: ignore[attr-defined]  # it is a generator
