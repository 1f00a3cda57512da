"""Bytes that are here, others that are fetched, and operations that ask for both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from adicom.errors import DeferredValueError, TruncatedError
from adicom.io import Range
from adicom.io.local import BytesSource
from adicom.io.value_source import LocalValues, Values
from adicom.pixels import Ask
from adicom.reader.held import HeldBytes, run, run_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adicom.pixels import Steps

pytestmark = pytest.mark.anyio

DATA = bytes(range(200))


class Recorded(LocalValues):
    """Values in bytes that note what they were asked for, and may not know how long they are."""

    def __init__(self, *, is_sized: bool = True) -> None:
        super().__init__(lambda: BytesSource(DATA), "bytes")
        self.asked: list[tuple[int, int]] = []
        self.is_sized = is_sized

    @property
    def size(self) -> int | None:
        return len(DATA) if self.is_sized else None

    def fetch_now(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        self.asked += ranges
        return super().fetch_now(ranges)


async def both(held: HeldBytes, ask: Ask) -> list[bytes]:
    """Return what is fetched, awaited and at once."""
    found = await held.fetch(ask)
    assert held.fetch_now(ask) == found
    return found


async def test_only_what_is_missing_is_fetched() -> None:
    values = Recorded()
    held = HeldBytes(lambda: values, [(50, DATA[50:60]), (60, DATA[60:100])])
    assert held.size == 200
    ranges = [Range(50, 50), Range(55, 10), Range(90, 20), Range(40, 20), Range(150, 3), Range(70, 0)]
    assert await both(held, Ask(ranges)) == [DATA[wanted.offset : wanted.end] for wanted in ranges]
    assert values.asked == [(100, 10), (40, 20), (150, 3)] * 2


@pytest.mark.parametrize("is_sized", [True, False])
async def test_the_end_of_the_source(is_sized: bool) -> None:
    values = Recorded(is_sized=is_sized)
    held = HeldBytes(lambda: values, [(180, DATA[180:190])])
    assert await both(held, Ask([Range(185, 100)], short=True)) == [DATA[185:]]
    assert await both(held, Ask([Range(100, 500)], short=True)) == [DATA[100:]]
    assert await both(held, Ask([Range(200, 5)], short=True)) == [b""]
    assert await both(held, Ask([Range(300, 5)], short=True)) == [b""]
    with pytest.raises(TruncatedError):
        await held.fetch(Ask([Range(185, 100)]))
    with pytest.raises(TruncatedError):
        held.fetch_now(Ask([Range(185, 100)]))


async def test_where_there_is_nothing_else() -> None:
    held = HeldBytes(lambda: None, [(10, DATA[:30]), (40, b"end")], is_all=True)
    assert held.size == 43
    assert await both(held, Ask([Range(35, 8)])) == [DATA[25:30] + b"end"]
    assert await both(held, Ask([Range(35, 100)], short=True)) == [DATA[25:30] + b"end"]
    assert await both(held, Ask([Range(90, 100)], short=True)) == [b""]
    with pytest.raises(TruncatedError) as caught:
        await held.fetch(Ask([Range(35, 100)]))
    assert (caught.value.offset, caught.value.wanted, caught.value.got) == (35, 100, 8)


async def test_where_there_is_nothing_at_all() -> None:
    held = HeldBytes(lambda: None)
    assert held.size is None
    with pytest.raises(DeferredValueError, match="dropped"):
        await held.fetch(Ask([Range(0, 1)]))
    with pytest.raises(DeferredValueError, match="dropped"):
        held.fetch_now(Ask([Range(0, 1)], short=True))


async def test_operations() -> None:
    def first_and_last(count: int) -> Steps[bytes]:
        [first] = yield Ask([Range(0, count)])
        [last] = yield Ask([Range(200 - first[-1], 1)])
        return first + last

    def nothing() -> Steps[int]:
        yield from ()
        return 5

    values: Values = Recorded()
    held = HeldBytes(lambda: values)
    assert await run(first_and_last(3), held) == run_now(first_and_last(3), held) == bytes([0, 1, 2, 198])
    assert await run(nothing(), held) == run_now(nothing(), held) == 5
    with pytest.raises(TruncatedError):
        await run(first_and_last(300), held)


def test_an_error_of_an_operation_passes() -> None:
    def wrong() -> Steps[Any]:
        yield Ask([Range(0, 1)])
        raise LookupError("mine")

    values = Recorded()
    with pytest.raises(LookupError, match="mine"):
        run_now(wrong(), HeldBytes(lambda: values))
