"""Whatever the size of an object, rewriting takes little memory, and hands on what does not change as it is."""

from __future__ import annotations

import asyncio
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from adicom.rewriting import Delete, Map, OffsetTable, Set, ToSyntax, UndefinedLengths, rewrite
from tests import made
from tests.large import Large

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MIB = 2**20
SIZE = 200 * MIB
HEAD = made.small()[: made.small().index(b"\xe0\x7f\x10\0")]


class Counting:
    """A target that counts, and keeps nothing."""

    def __init__(self) -> None:
        self.count = self.pieces = 0

    async def write(self, data: Any) -> None:
        self.count += len(data)
        self.pieces += 1


def native(form: made.Form = made.EXPLICIT) -> Any:
    body = made.small(form)[: made.small(form).index(made.header(0x7FE00010, "OW", 8, form)[:4])]
    head = made.part10(body + made.header(0x7FE00010, "OW", SIZE, form), form.syntax)
    return Large.of(head, len(head) + SIZE)


async def fragments(size: int, total: int = SIZE) -> AsyncIterator[bytes]:
    """Give an object of compressed frames."""
    yield made.part10(HEAD + made.header(0x7FE00010, "OB", made.UNDEFINED) + made.item(), made.JPEG_BASELINE)
    fragment = made.item(bytes(size))
    for _ in range(total // size):
        yield fragment
    yield made.header(made.SEQUENCE_END, "", 0)


async def pieces(data: Any) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 2 * MIB):
        yield data[start : start + 2 * MIB]


CASES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "plain": (lambda: pieces(native()), ()),
    "set": (lambda: pieces(native()), (Set("PatientID", "1"), Delete("PatientName"), UndefinedLengths())),
    "byte order": (lambda: pieces(native()), (ToSyntax(made.EXPLICIT_BE),)),
    "fragments": (lambda: fragments(MIB), (Set("PatientID", "1"), Map(lambda element: element, vr="PN"))),
}


@pytest.mark.parametrize("case", CASES)
def test_memory_is_constant(case: str) -> None:
    make, transforms = CASES[case]
    target = Counting()
    tracemalloc.start()
    try:
        report = asyncio.run(rewrite(make(), target, *transforms))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert report.bytes_written == target.count > SIZE
    assert peak < 24 * MIB


def test_two_passes_are_constant_too() -> None:
    source, target = native(), Counting()

    class Source:
        """What can be read again at any place."""

        name = "large"
        rereadable = True

        def __init__(self) -> None:
            from adicom.io import IOStats

            self.stats = IOStats()

        async def read_at(self, offset: int, size: int) -> Any:
            from adicom.io.base import Answer

            return Answer(source[offset : offset + size], None, len(source))

        async def aclose(self) -> None:
            raise AssertionError("it is the caller's")

    tracemalloc.start()
    try:
        report = asyncio.run(rewrite(Source(), target, OffsetTable("basic")))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert report.bytes_written == len(source)
    assert peak < 24 * MIB


def test_small_fragments_are_joined() -> None:
    target = Counting()
    asyncio.run(rewrite(fragments(16384, 40 * MIB), target, Set("PatientID", "1")))
    assert target.count / target.pieces > 64 * 1024
