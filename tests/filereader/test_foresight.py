"""What a reader foresees of a header, and what that does to its requests."""

from __future__ import annotations

from typing import Any

import pytest

import adicom
from adicom.filereader.foresight import bytes_to_come
from adicom.parser.progress import Progress
from tests import made
from tests.made import element, item, part10, sequence
from tests.servers import RangeServer

GROUPS = 0x52009230
KIB = 1024


@pytest.mark.parametrize(
    ("progress", "received", "frames", "expected"),
    [
        (None, 1000, 5, 0),
        (Progress(GROUPS, 1000, None, 4, 3000), 3200, 10, 1000 + 5000 + 8 - 3200),
        (Progress(GROUPS, 1000, None, 0, 1000), 3200, 10, 0),  # no item has ended
        (Progress(GROUPS, 1000, None, 4, 3000), 3200, None, 0),
        (Progress(GROUPS, 1000, None, 4, 3000), 3200, 0, 0),
        (Progress(GROUPS, 1000, None, 4, 3000), 3200, 2**40, 0),  # nonsense
        (Progress(GROUPS, 1000, None, 40, 3000), 3200, 10, 0),  # more items than frames
        (Progress(GROUPS, 1000, 9000, 4, 3000), 3200, 10, 0),  # its length is known anyway
        (Progress(0x52009229, 1000, None, 4, 3000), 3200, 10, 0),  # it has one item, whatever the frames
        (Progress(0x7FE00001, 1000, 800), 1200, None, 1000 + 800 + 12 + 800 - 1200),
        (Progress(0x7FE00002, 1000, 800), 1200, None, 0),
    ],
)
def test_bytes_to_come(progress: Progress | None, received: int, frames: int | None, expected: int) -> None:
    assert bytes_to_come(progress, received, frames) == expected


# -- requests ----------------------------------------------------------------------------------------------------------


def multi_frame(frames: int, number: str | None = None) -> bytes:
    """Return a multi-frame image whose functional groups have undefined lengths, about 1 kB a frame."""
    groups = [
        item(
            sequence(0x00209111, [item(element(0x00189074, "DT", f"202501011200{n % 60:02}"))], undefined=True)
            + element(0x00204000, "LT", "x" * (900 + n % 50)),
            undefined=True,
        )
        for n in range(frames)
    ]
    head = element(0x00080060, "CS", "MR") + element(0x00280008, "IS", str(frames) if number is None else number)
    pixels = element(made.PIXEL_DATA, "OW", bytes(1_000_000))
    return part10(head + sequence(GROUPS, groups, undefined=True) + pixels)


@pytest.mark.anyio
@pytest.mark.parametrize(("frames", "requests"), [(95, 2), (560, 2), (2900, 3)])
@pytest.mark.parametrize("options", [{}, {"defer_size": "64 KB"}], ids=["kept", "taken apart"])
async def test_a_header_of_undefined_lengths(frames: int, requests: int, options: dict[str, Any]) -> None:
    data = multi_frame(frames)
    header = len(data) - 1_000_000
    with RangeServer({"/a": data}) as server:
        dataset = await adicom.dcmread(f"{server.url}/a", stop_before_pixels=True, **options)
        assert len(dataset.PerFrameFunctionalGroupsSequence) == frames
    assert server.gets <= requests
    assert server.sent <= 1.1 * header


@pytest.mark.anyio
@pytest.mark.parametrize("number", ["", "0", "x", "9" * 5000, "-5", "1\\2"])
async def test_a_number_of_frames_that_is_none_only_costs_requests(number: str) -> None:
    data = multi_frame(95, number)
    with RangeServer({"/a": data}) as server:
        dataset = await adicom.dcmread(f"{server.url}/a", stop_before_pixels=True)
        assert len(dataset.PerFrameFunctionalGroupsSequence) == 95
    assert server.gets == 3


@pytest.mark.anyio
async def test_both_extended_offset_tables_come_with_one_request() -> None:
    table = element(0x7FE00001, "OV", bytes(116_000)) + element(0x7FE00002, "OV", bytes(116_000))
    head = element(0x00280008, "IS", "14500")
    data = part10(head + table + made.encapsulated([bytes(500_000)]), made.JPEG_BASELINE)
    before = data.index(b"\xe0\x7f\x10\x00")
    with RangeServer({"/a": data}) as server:
        await adicom.dcmread(f"{server.url}/a", stop_before_pixels=True)
        assert server.gets == 2
        assert server.sent <= before + 32 * KIB
        await adicom.dcmread(f"{server.url}/a", defer_size="64 KB")
        assert server.gets == 2 + 3
        assert server.requests[-1].range == f"bytes={before}-{before + 4095}"
    assert sum(request.sent for request in server.requests[2:]) == (16 + 4 + 4) * KIB
