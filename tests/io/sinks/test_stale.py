"""The removal of what killed writers have left over."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import obstore.store
import pytest
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

import adicom
import adicom.io.sinks
import adicom.sync.io
from adicom.errors import SinkError, SinkPermissionError
from adicom.io import clean_stale, open_sink, open_sink_blocking
from adicom.io.sinks import uploads
from adicom.io.sinks.path import temporary_name

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio

NOW: Final = timedelta(0)
HOUR: Final = timedelta(hours=1)


@pytest.fixture
def left(tmp_path: Path) -> list[str]:
    """Leftovers of a, of b, and of a in a folder below, all two hours old, among files that must stay."""
    (tmp_path / "below").mkdir()
    names = [temporary_name("a"), temporary_name("b"), f"below/{temporary_name('a')}"]
    mine = ["a", "b", ".a.part", ".a.adicom-0123.part", "x.a.adicom-0123456789abcdef.part", ".hidden"]
    for name in (*names, *mine):
        (tmp_path / name).write_bytes(b"data")
        os.utime(tmp_path / name, (0, os.stat(tmp_path / name).st_mtime - 7200))
    return [str(tmp_path / name) for name in names]


def files(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", [str, Path, lambda path: path.as_uri()], ids=["str", "Path", "URL"])
async def test_a_folder(tmp_path: Path, left: list[str], kind: Any) -> None:
    before = files(tmp_path)
    assert sorted(await clean_stale(kind(tmp_path), dry_run=True, older_than=HOUR)) == sorted(left)
    assert await clean_stale(kind(tmp_path)) == []  # a day is the default
    assert files(tmp_path) == before
    assert sorted(await clean_stale(kind(tmp_path), older_than=HOUR)) == sorted(left)
    assert files(tmp_path) == before - set(left)


async def test_a_file_and_its_own(tmp_path: Path, left: list[str]) -> None:
    before = files(tmp_path)
    assert await clean_stale(tmp_path / "a", older_than=HOUR) == [left[0]]
    assert await clean_stale(tmp_path / "none", older_than=HOUR) == []
    assert files(tmp_path) == before - {left[0]}


def test_blocking(tmp_path: Path, left: list[str]) -> None:
    assert sorted(adicom.sync.io.clean_stale(tmp_path, older_than=HOUR)) == sorted(left)


async def test_who_is_still_writing_is_left_alone(tmp_path: Path) -> None:
    async with open_sink(tmp_path / "a") as sink:
        await sink.write(b"data")
        assert await clean_stale(tmp_path, older_than=HOUR) == []
    blocking = open_sink_blocking(tmp_path / "b").__enter__()
    blocking.write(b"data")
    assert len(await clean_stale(tmp_path, older_than=NOW)) == 1
    with pytest.raises(SinkError):
        blocking.commit()
    assert files(tmp_path) == {str(tmp_path / "a")}


async def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(SinkError) as caught:
        await clean_stale(tmp_path / "none" / "a")
    assert caught.value.sink == str(tmp_path / "none" / "a")


async def test_what_leaves_nothing_over() -> None:
    async with adicom.Session() as session:
        for target in (object(), "https://host/a", b"bytes"):
            with pytest.raises(TypeError, match="nothing is left over"):
                await clean_stale(target, session=session)
        with pytest.raises(
            NotImplementedError, match=r"gs://bucket/a: nothing lists .* AbortIncompleteMultipartUpload"
        ):
            await clean_stale("gs://bucket/a", session=session)
        assert await clean_stale("az://container/a", session=session) == []


@pytest.fixture
def memory() -> Iterator[MemoryFileSystem]:
    MemoryFileSystem.store.clear()
    yield MemoryFileSystem()
    MemoryFileSystem.store.clear()


async def test_a_filesystem(memory: MemoryFileSystem) -> None:
    names = [f"/folder/{temporary_name('a')}", f"/folder/below/{temporary_name('a')}"]
    for name in (*names, "/folder/a", "/folder/.a.part"):
        memory.pipe_file(name, b"data")
    assert await clean_stale("memory://folder") == []
    assert sorted(await clean_stale("memory://folder", older_than=NOW, dry_run=True)) == sorted(names)
    assert await clean_stale((memory, "/folder/a"), older_than=NOW) == names[:1]
    assert await clean_stale("memory://folder", older_than=NOW) == names[1:]
    assert sorted(MemoryFileSystem.store) == ["/folder/.a.part", "/folder/a"]


async def test_a_filesystem_that_tells_the_time_as_a_number(tmp_path: Path, left: list[str]) -> None:
    before = files(tmp_path)
    filesystem = DirFileSystem(str(tmp_path), LocalFileSystem())
    assert await clean_stale((filesystem, ""), older_than=3 * HOUR) == []
    assert len(await clean_stale((filesystem, ""), older_than=HOUR)) == 3
    assert files(tmp_path) == before - set(left)


async def test_a_filesystem_that_refuses(memory: MemoryFileSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any, path: str) -> None:
        raise PermissionError(13, "hunter2")

    memory.pipe_file(f"/folder/{temporary_name('a')}", b"data")
    monkeypatch.setattr(MemoryFileSystem, "rm_file", refuse)
    with pytest.raises(SinkPermissionError) as caught:
        await clean_stale("memory://folder", older_than=NOW)
    assert caught.value.sink == "memory://folder"


async def test_uploads_take_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"listing the uploads of s3:// needs botocore: pip install 'adicom\[s3\]'"):
        await clean_stale("s3://bucket/a")


async def test_uploads_of_a_store_of_obstores() -> None:
    with pytest.raises(TypeError, match="pass its URL"):
        await clean_stale((obstore.store.MemoryStore(), "a"))


def test_it_is_in_both_packages() -> None:
    assert adicom.io.sinks.clean_stale is clean_stale
    with pytest.raises(AttributeError, match=r"module 'adicom\.io\.sinks' has no attribute 'none'"):
        adicom.io.sinks.none  # noqa: B018 - the access is what is tested


def test_a_filesystem_blocking(memory: MemoryFileSystem) -> None:
    memory.pipe_file(name := f"/folder/{temporary_name('a')}", b"data")
    assert adicom.sync.io.clean_stale("memory://folder", older_than=NOW) == [name]
