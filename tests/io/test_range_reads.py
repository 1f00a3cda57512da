from __future__ import annotations

import anyio
import pytest

from adicom.errors import TruncatedError
from adicom.io import Answer, Range
from adicom.io.local import BytesSource, InlineSource
from adicom.io.range_reads import Pace, read_exactly, read_ranges


def test_pieces_come_in_any_order_and_are_put_together() -> None:
    data = bytes(range(251)) * 40
    source = InlineSource(BytesSource(data))

    class Late:
        """Gives each third answer first, and never all that is asked for."""

        name = "late"
        concurrent = True

        async def read_at(self, offset: int, size: int) -> Answer:
            await anyio.sleep(0.002 * (offset // 1000 % 3))
            return Answer((await source.read_at(offset, size)).data[: max(1, size // 2)], None, None)

    wanted = [(10, 4000), (5000, 10), (5500, 1), (0, 0), (5000, 700), (8000, 2040)]
    found = anyio.run(read_ranges, Late(), wanted, Pace(concurrency=8, limit=3000, piece=1000, sparse_limit=100))
    assert found == [data[offset : offset + length] for offset, length in wanted]


def test_requests_that_would_bring_much_that_nobody_wants_are_kept_short() -> None:
    asked: list[tuple[int, int]] = []

    class Noting:
        name = "noting"

        async def read_at(self, offset: int, size: int) -> Answer:
            asked.append((offset, size))
            return Answer(bytes(size), None, None)

    wanted = [(offset, 100) for offset in range(0, 100_000, 10_000)]
    anyio.run(read_ranges, Noting(), wanted, Pace(sparse_limit=25_000))
    assert asked == [(0, 20_100), (30_000, 20_100), (60_000, 20_100), (90_000, 100)]
    asked.clear()
    anyio.run(
        read_ranges, Noting(), [(offset, 9500) for offset in range(0, 100_000, 10_000)], Pace(sparse_limit=25_000)
    )
    assert asked == [(0, 99_500)]


@pytest.mark.anyio
async def test_a_range_behind_the_end() -> None:
    source = InlineSource(BytesSource(b"0123456789"))
    assert await read_exactly(source, Range(8, 2)) == b"89"
    with pytest.raises(TruncatedError, match="bytes ended inside a value: 2 of 5 bytes") as caught:
        await read_exactly(source, Range(8, 5))
    assert (caught.value.offset, caught.value.wanted, caught.value.got) == (8, 5, 2)
