"""The sink at a path: the old file, or none, until all of the new one is there."""

from __future__ import annotations

import errno
import os
import random
import stat
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anyio
import pytest

from adicom.errors import SinkError, SinkExistsError, SinkNotFoundError, SinkPermissionError
from adicom.io import BlockingSink, Sink, open_sink, open_sink_blocking
from adicom.io.eventloop import on_trio
from adicom.io.sinks.outlets import MIB
from adicom.io.sinks.path import PathOutlet, is_temporary_name, temporary_name
from tests.cancellation import Outcome, cancel_everywhere

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from tests.cancellation import How

OLD: Final = b"the old file"
NEW: Final = bytes(range(256)) * 2

_os_write: Final = os.write


def read(path: Path) -> bytes:
    return path.read_bytes()


@pytest.fixture(params=["old", "none"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A path at which there is a file, or none."""
    path = tmp_path / "a b.dcm"
    if request.param == "old":
        path.write_bytes(OLD)
    return path


@pytest.fixture
def unchanged(target: Path) -> Callable[[], None]:
    """Fails if the folder is not what it was."""
    before = read(target) if target.exists() else None

    def check() -> None:
        assert (read(target) if target.exists() else None) == before
        assert os.listdir(target.parent) == ([] if before is None else [target.name])

    return check


# -- what is written ---------------------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("kind", [str, Path, lambda path: path.as_uri()], ids=["str", "Path", "URL"])
async def test_pieces_become_the_file(target: Path, kind: Callable[[Path], Any]) -> None:
    pieces: list[bytes | memoryview] = [b"", NEW, memoryview(NEW), bytes(MIB), memoryview(bytes(3 * MIB))[::2], b"end"]
    async with open_sink(kind(target)) as sink:
        as_protocol: Sink = sink  # for mypy
        assert isinstance(as_protocol, Sink)
        assert sink.name == str(target)
        for piece in pieces:
            await sink.write(piece)
        assert is_temporary_name(next(name for name in os.listdir(target.parent) if name != target.name))
    assert read(target) == b"".join(map(bytes, pieces))
    assert sink.written == len(read(target))
    assert os.listdir(target.parent) == [target.name]


def test_pieces_become_the_file_blocking(target: Path) -> None:
    with open_sink_blocking(target, fsync=True) as sink:
        as_protocol: BlockingSink = sink  # for mypy
        assert isinstance(as_protocol, BlockingSink)
        sink.write(NEW)
        sink.write(bytes(2 * MIB))
    assert read(target) == NEW + bytes(2 * MIB)
    assert sink.written == len(NEW) + 2 * MIB
    assert os.listdir(target.parent) == [target.name]


@pytest.mark.anyio
async def test_a_buffer_that_is_used_again(target: Path) -> None:
    buffer = bytearray(4)
    async with open_sink(target) as sink:
        for number in range(3):
            buffer[:] = bytes([number]) * 4
            await sink.write(memoryview(buffer))
    assert read(target) == bytes([0] * 4 + [1] * 4 + [2] * 4)


@pytest.mark.anyio
async def test_small_pieces_are_gathered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def noted(descriptor: int, data: bytes) -> int:
        sizes.append(len(data))
        return _os_write(descriptor, data)

    monkeypatch.setattr(os, "write", noted)
    async with open_sink(tmp_path / "a") as sink:
        for _ in range(3 * 1024):
            await sink.write(bytes(1024))
    assert [size for size in sizes if size > 1] == [MIB] * 3  # trio's thread wakes its loop by a byte


@pytest.mark.anyio
async def test_nothing_is_an_empty_file(target: Path) -> None:
    async with open_sink(target):
        pass
    assert read(target) == b""


@pytest.mark.anyio
async def test_committed_by_hand(target: Path) -> None:
    async with open_sink(target) as sink:
        await sink.write(NEW)
        await sink.commit()
        assert read(target) == NEW
        with pytest.raises(RuntimeError, match="is not open"):
            await sink.write(NEW)
    assert read(target) == NEW


@pytest.mark.anyio
async def test_aborted_by_hand(target: Path, unchanged: Callable[[], None]) -> None:
    async with open_sink(target) as sink:
        await sink.write(NEW)
        await sink.abort()
        await sink.abort()
    unchanged()


def test_what_it_takes(target: Path, unchanged: Callable[[], None]) -> None:
    for wrong in ("text", 5, None):
        with pytest.raises(TypeError, match="a sink takes bytes, not"), open_sink_blocking(target) as sink:
            sink.write(wrong)  # type: ignore[arg-type] # on purpose
    unchanged()


@pytest.mark.anyio
async def test_opened_once(tmp_path: Path) -> None:
    sink = open_sink(tmp_path / "a")
    with pytest.raises(RuntimeError, match="is not open"):
        await sink.write(NEW)
    async with sink:
        with pytest.raises(RuntimeError, match="opened once"):
            await sink.__aenter__()
    blocking = open_sink_blocking(tmp_path / "b")
    assert repr(blocking) == f"<BlockingSink {tmp_path}/b written=0>"
    with blocking, pytest.raises(RuntimeError, match="opened once"):
        blocking.__enter__()
    with pytest.raises(RuntimeError, match="is not open"):
        blocking.write(NEW)


@pytest.mark.parametrize("length", [len(NEW) - 1, len(NEW) + 1])
@pytest.mark.anyio
async def test_another_length_than_announced(target: Path, unchanged: Callable[[], None], length: int) -> None:
    with pytest.raises(SinkError, match=f"512 bytes were given where length={length} was announced"):
        async with open_sink(target, length=length) as sink:
            await sink.write(NEW)
    unchanged()
    async with open_sink(target, length=len(NEW)) as sink:
        await sink.write(NEW)
    assert read(target) == NEW


# -- what the file is --------------------------------------------------------------------------------------------


def write(path: Path, data: bytes = NEW, **options: Any) -> None:
    with open_sink_blocking(path, **options) as sink:
        sink.write(data)


def test_mode_of_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(OLD)
    for mode in (0o600, 0o640, 0o666):
        path.chmod(mode)
        write(path)
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_file_that_may_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(OLD)
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda name, mode: mode != os.W_OK)  # as for anybody but root
    with pytest.raises(SinkPermissionError) as caught:
        write(path)
    assert (caught.value.errno, caught.value.filename) == (errno.EACCES, str(path))
    assert path.read_bytes() == OLD
    assert os.listdir(tmp_path) == ["a"]


def test_mode_of_a_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "a")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_nobody_reads_what_replaces_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(OLD)
    path.chmod(0o600)
    with open_sink_blocking(path):
        (temporary,) = (name for name in os.listdir(tmp_path) if name != "a")
        assert stat.S_IMODE((tmp_path / temporary).stat().st_mode) == 0o600


def test_through_a_symbolic_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("there", "not there"):
        file, link = tmp_path / "folder" / name, tmp_path / f"link to {name}"
        link.symlink_to(file)
        if name == "there":
            file.write_bytes(OLD)
        write(link)
        assert link.is_symlink()
        assert file.read_bytes() == NEW
    assert sorted(os.listdir(tmp_path / "folder")) == ["not there", "there"]
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SinkError) as caught:
        write(tmp_path / "loop")
    assert caught.value.errno == errno.ELOOP


def test_hard_links_keep_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(OLD)
    os.link(tmp_path / "a", tmp_path / "b")
    with (tmp_path / "a").open("rb") as reading:
        write(tmp_path / "a")
        assert reading.read() == OLD
    assert ((tmp_path / "a").read_bytes(), (tmp_path / "b").read_bytes()) == (NEW, OLD)


def test_what_is_no_regular_file_stays(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_bytes()))
    reader.start()
    write(fifo)
    reader.join()
    assert read == [NEW]
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    write(Path(os.devnull))
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


@pytest.mark.parametrize("name", ["x" * 255, "ä" * 127, "\udcff.dcm"], ids=["long", "long in UTF-8", "no UTF-8"])
def test_odd_names(tmp_path: Path, name: str) -> None:
    write(tmp_path / name)
    assert (tmp_path / name).read_bytes() == NEW
    assert is_temporary_name(temporary_name(name), of=name)


def test_relative_to_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_sink_blocking("a") as sink:
        sink.write(NEW)
        monkeypatch.chdir("/")
    assert (tmp_path / "a").read_bytes() == NEW


# -- overwrite=False ---------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_no_overwriting(tmp_path: Path) -> None:
    path = tmp_path / "a"
    async with open_sink(path, overwrite=False) as sink:
        await sink.write(NEW)
    with pytest.raises(SinkExistsError) as caught:
        async with open_sink(path, overwrite=False) as sink:
            await sink.write(OLD)
    assert isinstance(caught.value, FileExistsError)
    assert (caught.value.sink, caught.value.written) == (str(path), 0)
    assert path.read_bytes() == NEW
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_no_overwriting_of_what_came_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    path = tmp_path / "a"

    def refuse(*paths: str) -> None:
        raise OSError(errno.EPERM, "no links here")

    if not links:  # as FAT, and some network file systems
        monkeypatch.setattr(os, "link", refuse)
    sink = open_sink_blocking(path, overwrite=False).__enter__()
    sink.write(NEW)
    path.write_bytes(OLD)
    with pytest.raises(SinkExistsError):
        sink.commit()
    assert path.read_bytes() == OLD
    path.unlink()
    write(path, overwrite=False)
    assert path.read_bytes() == NEW
    assert os.listdir(tmp_path) == ["a"]


def test_no_overwriting_of_a_link_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nothing")
    with pytest.raises(SinkExistsError):
        write(tmp_path / "link", overwrite=False)
    assert os.listdir(tmp_path) == ["link"]


# -- what fails --------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cases = {
        tmp_path / "none" / "a": errno.ENOENT,
        tmp_path: errno.EISDIR,
        tmp_path / "file" / "a": errno.ENOTDIR,
        tmp_path / ("x" * 256): errno.ENAMETOOLONG,
    }
    for path, number in cases.items():
        with pytest.raises(SinkError) as caught:
            async with open_sink(path):
                pytest.fail("it must not be entered")
        assert (caught.value.errno, caught.value.filename, caught.value.sink) == (number, str(path), str(path))
        assert isinstance(caught.value, SinkNotFoundError) == (number == errno.ENOENT)
    assert os.listdir(tmp_path) == ["file"]


class FullDisk:
    """An ``os.write`` for a disk that takes so many bytes, some at a time.

    Args:
        room: How many.
        at_once: How many at a time.
    """

    def __init__(self, room: int, at_once: int = 100) -> None:
        self.room = room
        self.at_once = at_once

    def __call__(self, descriptor: int, data: memoryview) -> int:
        if threading.current_thread().name == "Trio thread" or not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return _os_write(descriptor, data)
        if not self.room and len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = _os_write(descriptor, data[: min(self.room, self.at_once)])
        self.room -= count
        return count


def test_full_after_n_bytes_for_every_n(
    target: Path, unchanged: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in range(len(NEW)):
        monkeypatch.setattr(os, "write", FullDisk(room))
        with pytest.raises(SinkError) as caught:
            write(target)
        assert (caught.value.errno, caught.value.written, caught.value.sink) == (errno.ENOSPC, room, str(target))
        assert str(caught.value) == f"[Errno 28] No space left on device: '{target}', after {room} bytes"
        unchanged()
    monkeypatch.setattr(os, "write", FullDisk(len(NEW)))
    write(target)
    assert read(target) == NEW


@pytest.mark.anyio
async def test_full_after_n_bytes(target: Path, unchanged: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    for room in range(0, len(NEW), 64):
        monkeypatch.setattr(os, "write", FullDisk(room))
        with pytest.raises(SinkError) as caught:
            async with open_sink(target) as sink:
                await sink.write(NEW)
        assert (caught.value.errno, caught.value.written) == (errno.ENOSPC, room)
        unchanged()


@pytest.mark.parametrize("call", ["close", "fsync", "replace", "fchmod"])
def test_the_system_refuses(
    target: Path, unchanged: Callable[[], None], monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    real = getattr(os, call)

    def broken(*arguments: Any) -> None:
        if call == "close":
            real(*arguments)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, broken)
        if call == "fchmod" and not target.exists():
            write(target)  # it takes over no mode
            target.unlink()
        else:
            with pytest.raises(SinkError) as caught:
                write(target, fsync=True)
            assert caught.value.errno == errno.EIO
    unchanged()


def test_a_broken_sink_takes_no_more(
    target: Path, unchanged: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = open_sink_blocking(target).__enter__()
    monkeypatch.setattr(os, "write", FullDisk(100))
    with pytest.raises(SinkError, match="No space left"):
        sink.write(bytes(MIB))
    monkeypatch.undo()
    with pytest.raises(SinkError, match="was broken off by an error or a cancellation, after 100 bytes"):
        sink.write(bytes(MIB))
    with pytest.raises(SinkError, match="was broken off by an error or a cancellation, after 100 bytes"):
        sink.commit()
    unchanged()


async def write_and_raise(target: Path, size: int, error: BaseException) -> None:
    async with open_sink(target) as sink:
        await sink.write(bytes(size))
        raise error


def write_and_raise_blocking(target: Path, size: int, error: BaseException) -> None:
    with open_sink_blocking(target) as sink:
        sink.write(bytes(size))
        raise error


@pytest.mark.anyio
async def test_an_error_of_the_caller(target: Path, unchanged: Callable[[], None]) -> None:
    for size in (0, 1, MIB, 2 * MIB + 1):
        with pytest.raises(ZeroDivisionError):
            await write_and_raise(target, size, ZeroDivisionError())
        unchanged()
        with pytest.raises(KeyboardInterrupt):
            write_and_raise_blocking(target, size, KeyboardInterrupt())
        unchanged()


def test_an_abort_that_fails_hides_nothing(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "unlink", refuse)
    with pytest.raises(ZeroDivisionError), open_sink_blocking(target):
        raise ZeroDivisionError


# -- who cancels -------------------------------------------------------------------------------------------------


@pytest.mark.anyio
@pytest.mark.parametrize("overwrite", [True, False])
async def test_cancelled_anywhere(tmp_path: Path, overwrite: bool) -> None:
    path = tmp_path / "a"

    async def make_operation() -> Callable[[], Coroutine[Any, Any, None]]:
        if overwrite:
            path.write_bytes(OLD)
        else:
            path.unlink(missing_ok=True)

        async def operation() -> None:
            async with open_sink(path, overwrite=overwrite) as sink:
                for _ in range(3):
                    await sink.write(bytes(MIB))
                    await anyio.lowlevel.checkpoint()

        return operation

    seen = set()

    async def check(outcome: Outcome) -> None:
        data = path.read_bytes() if path.exists() else None
        before = OLD if overwrite else None
        # Cancelled in the moment of the renaming it may be either, but whole.
        assert data == bytes(3 * MIB) or (not outcome.completed and data == before)
        seen.add(data == before)
        assert os.listdir(tmp_path) == ([] if data is None else ["a"])

    hows: tuple[How, ...] = ("scope",) if on_trio() else ("scope", "task")
    for how in hows:
        assert await cancel_everywhere(make_operation, check, how=how) > 5
    assert seen == {True, False}


# -- who is killed -----------------------------------------------------------------------------------------------

_WRITER: Final = """
import sys
from adicom.io import open_sink_blocking
number = 0
while True:
    number = (number + 1) % 256
    with open_sink_blocking(sys.argv[1]) as sink:
        for _ in range(40):
            sink.write(bytes([number]) * 100_000)
    print(number, flush=True)
"""


@contextmanager
def writer(path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_killed_at_random_moments(tmp_path: Path) -> None:
    kills = int(os.environ.get("ADICOM_KILLS", "5"))
    path = tmp_path / "a"
    chance = random.Random(5)
    leftovers = number = 0
    while number < kills or (not leftovers and number < 20 * kills):  # on a busy machine it may not have gone on
        number += 1
        with writer(path) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "1\n"  # it has written once
            time.sleep(chance.uniform(0, 0.02))
        data = path.read_bytes()
        assert len(data) == 4_000_000
        assert len(set(data)) == 1
        leftovers += sum(is_temporary_name(name, of="a") for name in os.listdir(tmp_path) if name != "a")
        for name in os.listdir(tmp_path):
            if name != "a":
                (tmp_path / name).unlink()
    assert leftovers  # some were killed while they wrote


# -- memory ------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_no_more_memory_for_a_large_file(tmp_path: Path) -> None:
    import tracemalloc

    piece = bytes(300_000)
    tracemalloc.start()
    try:
        async with open_sink(tmp_path / "a") as sink:
            for _ in range(100):
                await sink.write(piece)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * MIB
    assert (tmp_path / "a").stat().st_size == 30_000_000


def test_abort_without_open(tmp_path: Path) -> None:
    PathOutlet(tmp_path / "a").abort()
    assert os.listdir(tmp_path) == []
