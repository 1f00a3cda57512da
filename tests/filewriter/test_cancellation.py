"""Writing that is cancelled, wherever it waits, leaves the old file or the new one, and nothing open."""

from __future__ import annotations

import os
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import obstore.store
import pytest

import adicom
from adicom.filewriter import flow
from adicom.io.eventloop import on_trio
from tests import made
from tests.cancellation import Outcome, cancel_everywhere, eventually
from tests.filewriter.test_dcmwrite import Streams, new
from tests.made import element, encapsulated
from tests.servers import RangeServer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator
    from pathlib import Path

    Operation = Callable[[], Coroutine[Any, Any, Any]]

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:the file describes an image")]

OLD = b"old"
IMAGE = made.part10(
    element(0x00080060, "CS", "CT")
    + element(0x00091001, "OB", bytes(3000))
    + element(0x7FE00010, "OW", bytes(range(256)) * 100)
)
WALKED = made.part10(element(0x00080060, "CS", "CT") + encapsulated([bytes(70_000), b"ef"]), made.JPEG_BASELINE)


@pytest.fixture(autouse=True)
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "WINDOW", 10_000)


@pytest.fixture(scope="module")
def server() -> Iterator[RangeServer]:
    with RangeServer({"/image": IMAGE, "/walked": WALKED}) as running:
        yield running


async def everywhere(make: Callable[[], Awaitable[Operation]], check: Callable[[Outcome], Awaitable[None]]) -> int:
    """Cancel an operation at each of its steps, in each way; return how many steps there are."""
    ways: list[Any] = ["scope"] if on_trio() else ["scope", "task"]
    return min([await cancel_everywhere(make, check, how=how) for how in ways])


class Target:
    """A file that is the old one before each run.

    Args:
        path: Where it is.
        old: What it is.
        written: What is written to it.
    """

    def __init__(self, path: Path, old: bytes, written: bytes | None) -> None:
        self.path = path
        self._old = old
        self._written = written

    def reset(self) -> None:
        self.path.write_bytes(self._old)

    async def check(self, outcome: Outcome) -> None:
        """Fail if it is neither the old file nor all of the new one, or something lies beside it."""
        found = self.path.read_bytes()
        is_new = found == self._written if self._written is not None else len(found) > len(self._old)
        assert is_new if outcome.completed else is_new or found == self._old
        assert os.listdir(self.path.parent) == [self.path.name]


async def test_a_file_over_its_own_source(tmp_path: Path) -> None:
    target = Target(tmp_path / "a.dcm", IMAGE, IMAGE)

    async def make() -> Operation:
        target.reset()
        ds = await adicom.dcmread(target.path, defer_size=1000)
        return lambda: ds.save_as(target.path, fsync=True)

    assert await everywhere(make, target.check) >= 4


@pytest.mark.parametrize(
    ("name", "own"), [("walked", True), ("image", False)], ids=["without a session", "in a session"]
)
async def test_from_a_server(own: bool, name: str, server: RangeServer, tmp_path: Path) -> None:
    target = Target(tmp_path / "a.dcm", OLD, server.objects[f"/{name}"])
    session = None if own else await adicom.Session().__aenter__()

    async def make() -> Operation:
        target.reset()
        ds = await adicom.dcmread(f"{server.url}/{name}", defer_size=1000, session=session)
        return lambda: ds.save_as(target.path, session=session)

    async def check(outcome: Outcome) -> None:
        await target.check(outcome)
        if own:
            assert await eventually(lambda: server.connections == 0, 5)

    try:
        assert await everywhere(make, check) >= 8
    finally:
        if session is not None:
            await session.__aexit__(None, None, None)


@pytest.mark.parametrize("plain", [True, False])
async def test_from_a_stream(plain: bool, tmp_path: Path) -> None:
    target = Target(tmp_path / "a.dcm", OLD, None)
    streams = Streams(300_000)

    async def make() -> Operation:
        target.reset()
        ds = new()
        ds.add_new(0x00091001, "OB", adicom.StreamValue(streams.size, streams.plain if plain else streams.awaited))
        return lambda: ds.save_as(target.path)

    async def check(outcome: Outcome) -> None:
        await target.check(outcome)
        assert streams.open == 0

    assert await everywhere(make, check) >= 4


async def test_from_one_store_to_another() -> None:
    store = obstore.store.MemoryStore()

    async def make() -> Operation:
        store.put("a", IMAGE)
        store.put("b", OLD)
        ds = await adicom.dcmread((store, "a"), defer_size=1000)
        return lambda: ds.save_as((store, "b"))

    async def check(outcome: Outcome) -> None:
        found = bytes(store.get("b").bytes())
        assert found == IMAGE if outcome.completed else found in (IMAGE, OLD)

    assert await everywhere(make, check) >= 4


async def test_a_body_that_is_left(server: RangeServer) -> None:
    streams = Streams(300_000)

    async def make() -> Operation:
        ds = await adicom.dcmread(f"{server.url}/image", defer_size=1000)
        ds.add_new(0x00091003, "OB", adicom.StreamValue(streams.size, streams.awaited))

        async def read() -> int:
            async with aclosing(adicom.encode(ds)) as body:
                return sum([len(piece) async for piece in body])

        return read

    async def check(outcome: Outcome) -> None:
        assert streams.open == 0
        assert await eventually(lambda: server.connections == 0, 5)
        if outcome.completed:
            assert outcome.value == len(IMAGE) + 300_012

    assert await everywhere(make, check) >= 4
