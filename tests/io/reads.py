"""Objects with long values, ways to read them, and what comes of it."""

from __future__ import annotations

import asyncio
import random
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import adicom
import adicom.sync
from adicom.io import ReadOptions
from adicom.io.value_source import values_of
from adicom.parser import ValueChunk
from tests import made

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from adicom import Dataset, Session


# -- the objects -------------------------------------------------------------------------------------------------


def noise(state: int, number: int, length: int) -> bytes:
    return random.Random(f"{state} {number}").randbytes(length)


LONG: Final = (0x00091010, 0x00111010, 0x00131010, 0x00151010)
"""Values so far apart that fetching them takes a request each."""


def native(state: int) -> bytes:
    """Return an image of 190 KB, no two states of which have a long value in common."""
    body = made.element(0x00080018, "UI", f"2.25.{1000 + state}") + made.element(0x00080060, "CS", "OT")
    for tag in LONG:
        body += made.element(tag & 0xFFFF0000 | 0x10, "LO", "ADICOM TEST")
        body += made.element(tag, "OB", noise(state, tag, 6000))
        body += made.element(tag + 1, "UT", noise(state, tag + 1, 9000).hex())
    inner = made.element(0x00081155, "UI", f"2.25.{state}") + made.element(0x00091010, "OB", noise(state, 9, 3000))
    body += made.sequence(0x00181111, [made.item(inner)] * 3, undefined=True)
    for tag in (0x00280010, 0x00280011):
        body += made.element(tag, "US", made.numbers("H", 200))
    body += made.element(0x00280100, "US", made.numbers("H", 16))
    return made.part10(body + made.element(made.PIXEL_DATA, "OW", noise(state, 0, 80_000)))


def encapsulated(state: int) -> bytes:
    """Return an image of 110 KB with fragments, and elements behind them."""
    body = made.element(0x00080018, "UI", f"2.25.{1000 + state}") + made.element(
        0x00091010, "OB", noise(state, 9, 7000)
    )
    body += made.encapsulated([noise(state, number, 9000 + number * 2) for number in range(11)])
    return made.part10(body + made.element(0xFFFCFFFC, "OB", noise(state, 12, 2000)), made.JPEG_BASELINE)


OBJECTS: Final = {"/native": native(1), "/encapsulated": encapsulated(1)}
CHANGED: Final = {"/native": native(2), "/encapsulated": encapsulated(2)}


# -- what is read, and what comes of it --------------------------------------------------------------------------


DEFER: Final = 2000


def plain(dataset: Dataset) -> list[Any]:
    """Return all that is in a dataset."""
    return [
        (element.tag, element.VR, [plain(item) for item in element.value] if element.VR == "SQ" else element.value)
        for element in dataset
    ]


def all_of(dataset: Any) -> tuple[Any, ...]:
    return plain(dataset.file_meta), plain(dataset), dataset.is_complete, dataset.is_truncated


def short_of(dataset: Any) -> list[Any]:
    """Return what is in a dataset but for the values of long elements, which a server without ranges has brought too,
    and for what stands behind the pixel data."""
    found: list[Any] = plain(dataset.file_meta)
    for element in dataset:
        if element.tag <= made.PIXEL_DATA:
            is_short = not element.is_deferred and element.VR != "SQ" and len(str(element.value)) <= DEFER
            found.append((element.tag, element.value if is_short else None))
    return found


async def read_whole(fp: Any, **how: Any) -> Any:
    return all_of(await adicom.dcmread(fp, **how))


async def read_header(fp: Any, **how: Any) -> Any:
    return all_of(await adicom.dcmread(fp, stop_before_pixels=True, **how))


async def read_tags(fp: Any, **how: Any) -> Any:
    return all_of(await adicom.dcmread(fp, specific_tags=["SOPInstanceUID", LONG[0], "Rows"], **how))


async def defer(fp: Any, **how: Any) -> Any:
    return short_of(await adicom.dcmread(fp, defer_size=DEFER, **how))


async def defer_and_fetch(fp: Any, **how: Any) -> Any:
    dataset = await adicom.dcmread(fp, defer_size=DEFER, **how)
    tags = [tag for tag in (*LONG, made.PIXEL_DATA) if tag in dataset]
    return short_of(dataset), await dataset.fetch(*tags)


async def fetch_all(fp: Any, **how: Any) -> Any:
    dataset = await adicom.dcmread(fp, defer_size=DEFER, **how)
    await dataset.fetch_all()
    if not dataset.is_complete:
        await dataset.fetch_rest()
    return all_of(dataset)


async def stream(fp: Any, **how: Any) -> Any:
    dataset = await adicom.dcmread(fp, defer_size=DEFER, **how)
    return b"".join([chunk async for chunk in dataset.stream("PixelData")])


async def open_and_fetch(fp: Any, **how: Any) -> Any:
    async with adicom.open_dicom(fp, DEFER, **how) as dcm:
        return short_of(dcm.dataset), await dcm.fetch("PixelData"), await dcm.fetch(LONG[0])


async def events(fp: Any, **how: Any) -> Any:
    found: list[Any] = []
    async with adicom.iter_events(fp, **how) as stream:
        async for event in stream:
            if not isinstance(event, ValueChunk):
                found.append(event)
            elif isinstance(found[-1], bytes):
                found[-1] += bytes(event.data)
            else:
                found.append(bytes(event.data))
    return found


RANGES: Final = [(0, 132), (100_000, 3000), (40_000, 20_000), (103_000, 10), (70_000, 1)]


async def read_ranges(fp: Any, *, session: Session | None = None, storage_options: Any = None, **how: Any) -> Any:
    values = values_of(fp, session=session, storage_options=storage_options, options=ReadOptions(**how))
    assert values is not None
    return await values.fetch(RANGES)


READS: Final[tuple[Callable[..., Coroutine[Any, Any, Any]], ...]] = (
    read_whole,
    read_header,
    read_tags,
    defer,
    defer_and_fetch,
    fetch_all,
    stream,
    open_and_fetch,
    events,
    read_ranges,
)


def blocking_fetch_all(fp: Any, **how: Any) -> Any:
    dataset = adicom.sync.dcmread(fp, defer_size=DEFER, **how)
    dataset.fetch_all()
    if not dataset.is_complete:
        dataset.fetch_rest()
    return all_of(dataset)


@cache
def expected(read: Callable[..., Coroutine[Any, Any, Any]], path: str) -> list[Any]:
    """Return what the same read gives where the bytes are here: of the object, and of its other state."""
    return [asyncio.run(read(objects[path])) for objects in (OBJECTS, CHANGED)]
