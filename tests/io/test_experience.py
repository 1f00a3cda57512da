from __future__ import annotations

import pytest

import adicom
from adicom.io.experience import FIRST_LIMIT, HeaderSizes
from adicom.io.ranges import FIRST_BLOCK
from tests import made
from tests.made import element, part10
from tests.servers import RangeServer


@pytest.mark.parametrize(
    ("sizes", "first"),
    [
        ([], FIRST_BLOCK),
        ([4000, 4000, 4000], FIRST_BLOCK),
        ([100_000], FIRST_BLOCK),  # one says nothing
        ([100_000, 90_000], 102_400),
        ([100_000, 4000], FIRST_BLOCK),  # no more than half of them
        ([100_000, 4000, 50_000], 102_400),
        ([100_000, 50_000, *[4000] * 8], FIRST_BLOCK),  # it is forgotten again
        ([100_000, *[50_000] * 8], 53_248),
        ([5_000_000, 5_000_000], FIRST_LIMIT),
    ],
    ids=str,
)
def test_what_earlier_headers_took(sizes: list[int], first: int) -> None:
    learned = HeaderSizes()
    for size in sizes:
        learned.note("host", size)
    assert learned.first_block("host") == first
    assert learned.first_block("another") == FIRST_BLOCK


def test_it_remembers_no_more_than_a_thousand_places() -> None:
    learned = HeaderSizes()
    for number in range(3000):
        learned.note(number, 50_000)
        learned.note(number, 50_000)
    assert sum(learned.first_block(number) > FIRST_BLOCK for number in range(3000)) == 1024
    assert learned.first_block(2999) == 53_248


@pytest.mark.anyio
async def test_a_session_learns_how_long_headers_are() -> None:
    body = element(0x00080060, "CS", "CT") + element(0x00091010, "OB", bytes(40_000))
    data = part10(body + element(made.PIXEL_DATA, "OW", bytes(500_000)))
    with RangeServer({f"/{n}": data for n in range(4)}) as server:
        async with adicom.Session() as session:
            for n in range(4):
                await adicom.dcmread(f"{server.url}/{n}", session=session, stop_before_pixels=True)
    asked = [(request.path, request.range) for request in server.requests]
    first = len(data) - 500_000  # rounded up: 40,472 bytes or so to 40,960
    assert first < 40_960
    assert asked == [
        ("/0", "bytes=0-16383"),
        ("/0", "bytes=16384-81919"),
        ("/1", "bytes=0-16383"),
        ("/1", "bytes=16384-81919"),
        ("/2", "bytes=0-40959"),
        ("/3", "bytes=0-40959"),
    ]


@pytest.mark.anyio
async def test_a_hint_goes_before_what_was_learned() -> None:
    body = element(0x00080060, "CS", "CT") + element(0x00091010, "OB", bytes(40_000))
    data = part10(body + element(made.PIXEL_DATA, "OW", bytes(500_000)))
    with RangeServer({"/a": data}) as server:
        async with adicom.Session() as session:
            for hint in (None, None, 50_000):
                await adicom.dcmread(f"{server.url}/a", session=session, stop_before_pixels=True, header_hint=hint)
    assert server.requests[-1].range == "bytes=0-49999"
