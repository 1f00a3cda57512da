"""What a read learns of its source besides the dataset."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from adicom.filereader.job import Classes
from adicom.filereader.keywords import split_keywords
from adicom.filereader.options import ParseOptions
from adicom.filereader.reading import read_awaited, read_here
from adicom.filereader.received import Received
from adicom.io import Identity
from tests import made
from tests.servers import RangeServer

if TYPE_CHECKING:
    from pathlib import Path

HEAD = made.part10(made.element(0x00100020, "LO", "4711"), made.JPEG_BASELINE)
DATA = HEAD + made.encapsulated([bytes(3_000_000)])
START = len(HEAD) + 12


async def received_from(fp: Any, **options: Any) -> Received:
    received = Received()
    io_options, place, _ = split_keywords({}, "")
    await read_awaited(fp, ParseOptions.make(io_options, **options), Classes(), received=received, **place)
    return received


@pytest.mark.anyio
async def test_what_came_behind_the_header_is_kept() -> None:
    with RangeServer({"/a": DATA}) as server:
        received = await received_from(f"{server.url}/a", defer_size=1000)
        assert (received.offset, received.data) == (START, DATA[START:16384])
        assert received.identity is not None
        assert (received.identity.etag, received.identity.size) == (server._tag(DATA), len(DATA))
        assert (await received_from(f"{server.url}/a")).data == b""  # the pixels are in the dataset


@pytest.mark.anyio
async def test_not_too_much_of_it_is_kept() -> None:
    received = Received()
    io_options, _, _ = split_keywords({"header_hint": 2_500_000}, "")
    with RangeServer({"/a": DATA}) as server:
        options = ParseOptions.make(io_options, defer_size=1000)
        await read_awaited(f"{server.url}/a", options, Classes(), received=received)
    assert received.data == DATA[START : START + 2**20]


@pytest.mark.anyio
async def test_of_what_is_read_in_place_nothing_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(DATA)
    sized = Identity(size=len(DATA))
    for fp in (DATA, io.BytesIO(DATA)):
        received = await received_from(fp, defer_size=1000)
        assert (received.data, received.identity) == (b"", sized)
    others: tuple[Any, ...] = (path, path.open("rb"))
    for fp in others:
        received = await received_from(fp, defer_size=1000)
        assert received.data == b""
        assert received.identity is not None
        assert (received.identity.size, received.identity.inode) == (len(DATA), path.stat().st_ino)
    others[1].close()
    assert (await received_from([DATA])).identity is None
    here = Received()
    io_options, _, _ = split_keywords({}, "")
    read_here(DATA, ParseOptions.make(io_options), Classes(), received=here)
    assert here.identity == sized
