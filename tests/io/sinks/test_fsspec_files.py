"""The sink over fsspec: a filesystem keeps the old file, or none, until all of the new one is there."""

from __future__ import annotations

import io
import os
import threading
import traceback
import zipfile
from typing import TYPE_CHECKING, Any, Final

import fsspec
import pytest
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.spec import AbstractBufferedFile

import adicom
from adicom.errors import SinkError, SinkExistsError, SinkNotFoundError, SinkTimeoutError
from adicom.io import open_sink
from adicom.io.eventloop import on_trio
from adicom.io.sinks import opening
from adicom.io.sinks.outlets import MIB
from adicom.io.sinks.path import is_temporary_name
from tests.cancellation import Outcome, cancel_everywhere, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from pathlib import Path

    from tests.cancellation import How

pytestmark = pytest.mark.anyio

OLD: Final = b"the old file"
NEW: Final = bytes(range(256)) * 2


@pytest.fixture(autouse=True)
def empty_memory() -> Iterator[None]:
    MemoryFileSystem.store.clear()
    yield
    MemoryFileSystem.store.clear()


def stored() -> dict[str, bytes]:
    return {name: file.getvalue() for name, file in MemoryFileSystem.store.items()}


async def write(target: Any, *pieces: bytes, **options: Any) -> None:
    async with open_sink(target, **options) as sink:
        for piece in pieces:
            await sink.write(piece)


async def test_url() -> None:
    for pieces in ((OLD,), (NEW, bytes(MIB), NEW), ()):
        await write("memory://folder/a.dcm", *pieces)
        assert stored() == {"/folder/a.dcm": b"".join(pieces)}


async def test_filesystem_and_path() -> None:
    filesystem = fsspec.filesystem("memory")
    async with adicom.Session() as session, open_sink((filesystem, "/a"), session=session) as sink:
        await sink.write(NEW)
        assert sink.name == "/a"
        await sink.write(bytes(MIB))
        assert [is_temporary_name(name[1:], of="a") for name in stored()] == [True]
    assert stored() == {"/a": NEW + bytes(MIB)}
    assert sink.written == len(NEW) + MIB


async def test_a_file_that_is_open() -> None:
    with fsspec.open("memory://a", "wb") as file:
        await write(file, NEW)
    assert stored() == {"/a": NEW}


async def test_a_filesystem_in_a_folder_of_another() -> None:
    filesystem = DirFileSystem("/folder", fsspec.filesystem("memory"))
    await write((filesystem, "a"), NEW)
    assert stored() == {"/folder/a": NEW}


async def test_local_files_are_written_as_paths_are(tmp_path: Path) -> None:
    path = tmp_path / "a"
    async with open_sink((LocalFileSystem(), str(path))) as sink:
        await sink.write(NEW)
        assert [is_temporary_name(name, of="a") for name in os.listdir(tmp_path)] == [True]
    await write(f"local://{path}b", NEW)
    assert sorted(os.listdir(tmp_path)) == ["a", "ab"]


async def test_a_chain(tmp_path: Path) -> None:
    await write("simplecache::memory://a", NEW, storage_options={"simplecache": {"cache_storage": str(tmp_path)}})
    assert stored() == {"/a": NEW}


async def test_what_can_take_nothing_back_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a", OLD)
    with pytest.raises(TypeError, match="ZipFileSystem can neither move a file nor take it back"):
        await write(f"zip://a::file://{tmp_path}/a.zip", NEW)


async def test_no_overwriting() -> None:
    await write("memory://a", OLD, overwrite=False)
    with pytest.raises(SinkExistsError) as caught:
        await write("memory://a", NEW, overwrite=False)
    assert caught.value.sink == "memory://a"
    sink = await open_sink("memory://b", overwrite=False).__aenter__()
    await sink.write(NEW)
    MemoryFileSystem().pipe_file("/b", OLD)
    with pytest.raises(SinkExistsError):
        await sink.commit()
    assert stored() == {"/a": OLD, "/b": OLD}


# -- what fails --------------------------------------------------------------------------------------------------


class FaultyFile(io.BytesIO):
    """A file that takes so many bytes, some at a time."""

    def __init__(self, filesystem: Faulty, path: str) -> None:
        super().__init__()
        self._filesystem = filesystem
        self._path = path

    def write(self, data: Any) -> int:
        if self._filesystem.broken == "stuck":
            self._filesystem.stuck.wait(10)
        if len(self.getvalue()) >= self._filesystem.room:
            raise OSError(28, "No space left on device", "hunter2")
        count = min(len(data), 50, self._filesystem.room - len(self.getvalue()))
        super().write(data[:count])
        MemoryFileSystem().pipe_file(self._path, self.getvalue())
        return count


class Faulty(MemoryFileSystem):  # type: ignore[misc] # fsspec has no types
    """A filesystem in memory that goes wrong on purpose."""

    cachable = False
    protocol = "faulty"
    room = 10**9
    broken = ""
    moved = 0
    stuck = threading.Event()

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def _open(self, path: str, mode: str = "rb", *arguments: Any, **options: Any) -> Any:
        if mode == "wb":
            if self.broken == "open":
                raise FileNotFoundError(2, "no such folder", "hunter2")
            return FaultyFile(self, path)
        return super()._open(path, mode, *arguments, **options)

    def mv(self, path1: str, path2: str, **options: Any) -> None:
        self.targets.append(path2)
        if self.broken == "mv" or (self.broken.startswith("mv onto") and self.exists(path2)):
            raise RuntimeError("hunter2")
        if self.broken == "mv onto, and once more" and path2 == "/a" and ".part" in path1 and self.moved:
            self.moved = 0
            raise RuntimeError("hunter2")
        super().mv(path1, path2, **options)
        self.moved += 1


@pytest.fixture(params=[True, False], ids=["old", "none"])
def before(request: pytest.FixtureRequest) -> dict[str, bytes]:
    found = {"/a": OLD} if request.param else {}
    for name, data in found.items():
        MemoryFileSystem().pipe_file(name, data)
    return found


async def test_full_after_n_bytes(before: dict[str, bytes]) -> None:
    filesystem = Faulty()
    async with adicom.Session() as session:
        for room in range(0, len(NEW), 32):
            filesystem.room = room
            with pytest.raises(SinkError) as caught:
                await write((filesystem, "/a"), NEW, session=session)
            assert (caught.value.errno, caught.value.sink, caught.value.written) == (28, "/a", room)
            assert "hunter2" not in "".join(traceback.format_exception(caught.value))
            assert stored() == before


@pytest.mark.parametrize(("broken", "kind"), [("open", SinkNotFoundError), ("mv", SinkError)])
async def test_the_filesystem_refuses(before: dict[str, bytes], broken: str, kind: type[SinkError]) -> None:
    filesystem = Faulty()
    filesystem.broken = broken
    with pytest.raises(kind) as caught:
        await write((filesystem, "/a"), NEW)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert stored() == before


async def test_a_filesystem_that_moves_nothing_onto_a_file(before: dict[str, bytes]) -> None:
    """As SMB and WebHDFS."""
    filesystem = Faulty()
    filesystem.broken = "mv onto"
    await write((filesystem, "/a"), NEW)
    assert stored() == {"/a": NEW}


async def test_a_filesystem_that_then_moves_nothing_at_all() -> None:
    MemoryFileSystem().pipe_file("/a", OLD)
    filesystem = Faulty()
    filesystem.broken = "mv onto, and once more"
    with pytest.raises(SinkError):
        await write((filesystem, "/a"), NEW)
    assert stored() == {"/a": OLD}
    assert filesystem.targets[1].endswith(".old")  # clean_stale() would leave it
    assert not is_temporary_name(filesystem.targets[1][1:])


async def test_a_filesystem_that_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_ABORT_PATIENCE", 0.01)
    filesystem = Faulty()
    filesystem.broken, filesystem.stuck = "stuck", threading.Event()
    async with adicom.Session(timeout=0.005) as session:
        with pytest.raises(SinkTimeoutError, match=r"/a: no answer in 0\.04 s, after 0 bytes"):
            await write((filesystem, "/a"), NEW, session=session)
        filesystem.stuck.set()
        assert await eventually(lambda: not session.clients.lock_of(filesystem).locked(), 10)


async def test_cancelled_anywhere(before: dict[str, bytes]) -> None:
    async def run(session: adicom.Session, how: How) -> int:
        async def make_operation() -> Callable[[], Coroutine[Any, Any, None]]:
            MemoryFileSystem.store.clear()
            for name, data in before.items():
                MemoryFileSystem().pipe_file(name, data)
            return lambda: write("memory://a", NEW, bytes(MIB), NEW, session=session)

        async def check(outcome: Outcome) -> None:
            assert stored() in ([] if outcome.completed else [before]) + [{"/a": NEW + bytes(MIB) + NEW}]

        return await cancel_everywhere(make_operation, check, how=how)

    hows: tuple[How, ...] = ("scope",) if on_trio() else ("scope", "task")
    async with adicom.Session() as session:
        await write("memory://b", NEW, session=session)  # on trio it starts the thread
        for how in hows:
            assert await run(session, how) > 5


# -- object stores -----------------------------------------------------------------------------------------------


class Store(MemoryFileSystem):  # type: ignore[misc] # fsspec has no types
    """A filesystem that says it is an object store, as gcsfs and adlfs do, and keeps what it is asked."""

    cachable = False
    protocol = ("gs", "gcs")

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Any] = []
        self.broken = False

    def _open(self, path: str, mode: str = "rb", block_size: int | None = None, **options: Any) -> Any:
        self.asked.append((path, mode, block_size, options.pop("autocommit")))
        options.pop("cache_options", None)
        return Upload(self, path, mode, block_size, **options)


class Upload(AbstractBufferedFile):  # type: ignore[misc] # fsspec has no types
    def _initiate_upload(self) -> None:
        self.fs.asked.append("begun")

    def _upload_chunk(self, final: bool = False) -> None:
        self.fs.asked.append((len(self.buffer.getvalue()), final))
        if self.fs.broken:
            raise OSError(5, "hunter2")

    def discard(self) -> None:
        self.fs.asked.append("discarded")


async def test_an_upload_is_completed_by_closing_its_file() -> None:
    store = Store()
    await write((store, "bucket/a"), bytes(9 * MIB), length=9 * MIB)
    assert store.asked == [("/bucket/a", "wb", 8 * MIB, True), "begun", (9 * MIB, False), (0, True)]
    store.asked.clear()
    await write((store, "bucket/a"), b"0", overwrite=False)
    assert store.asked == [("/bucket/a", "xb", 8 * MIB, True), "begun", (1, True)]


async def test_an_upload_is_discarded() -> None:
    store = Store()

    async def write_and_raise(size: int) -> None:
        async with open_sink((store, "bucket/a")) as sink:
            await sink.write(bytes(size))
            raise ZeroDivisionError

    for size, asked in ((5, []), (9 * MIB, ["begun", (9 * MIB, False)])):
        store.asked.clear()
        with pytest.raises(ZeroDivisionError):
            await write_and_raise(size)
        assert store.asked == [("/bucket/a", "wb", 8 * MIB, True), *asked, "discarded"]
    store.broken = True
    store.asked.clear()
    with pytest.raises(SinkError, match="'bucket/a', after 0 bytes"):
        await write((store, "bucket/a"), bytes(9 * MIB))
    assert store.asked[-1] == "discarded"


async def test_a_filesystem_for_another_loop_is_refused() -> None:
    store = Store()
    store.asynchronous = True
    with pytest.raises(TypeError, match="make its filesystem without asynchronous=True"):
        await write((store, "bucket/a"), NEW)
