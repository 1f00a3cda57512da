from __future__ import annotations

import gzip
import io
import os
import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from adicom.errors import SourceError, SourceNotFoundError, SourcePermissionError
from adicom.io.base import LocalSource
from adicom.io.local import (
    BytesSource,
    FileSource,
    InlineSource,
    IterableSource,
    PathSource,
    ThreadedSource,
    path_of,
)

if TYPE_CHECKING:
    from pathlib import Path

DATA = bytes(range(256)) * 100


class Unseekable(io.RawIOBase):
    def __init__(self, data: bytes) -> None:
        self.inner = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self.inner.read(size)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.dcm"
    path.write_bytes(DATA)
    return path


def test_bytes_answer_everything_at_once() -> None:
    for data in (DATA, bytearray(DATA), memoryview(DATA)):
        source = BytesSource(data)
        assert source.read_at(0, 1).data == DATA
        # What is not the whole is a copy, so it is no longer than asked for.
        assert source.read_at(len(DATA) - 3, 1).data == DATA[-3:-2]
        assert source.read_at(len(DATA) - 3, 10).data == DATA[-3:]
        assert source.read_at(len(DATA), 1) == (b"", None, len(DATA))
    assert BytesSource(DATA).read_at(0, 1).data is DATA


def test_path(path: Path) -> None:
    source = PathSource(path)
    answer = source.read_at(1000, 50)
    assert answer.data == DATA[1000:1050]
    assert answer.size == len(DATA)
    assert answer.identity is not None
    state = path.stat()
    assert (answer.identity.size, answer.identity.modified) == (state.st_size, state.st_mtime_ns)
    assert answer.identity.inode == state.st_ino
    assert source.read_at(len(DATA), 50).data == b""
    assert source.rereadable
    assert (source.stats.requests, source.stats.bytes) == (2, 50)
    source.close()


def test_missing_and_forbidden_paths(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError) as caught:
        PathSource(tmp_path / "no.dcm").read_at(0, 1)
    assert isinstance(caught.value, FileNotFoundError)
    assert caught.value.filename == str(tmp_path / "no.dcm")
    with pytest.raises(SourceError):
        PathSource(tmp_path).read_at(0, 1)
    if os.getuid():
        (tmp_path / "secret").touch(0)
        with pytest.raises(SourcePermissionError):
            PathSource(tmp_path / "secret").read_at(0, 1)


def test_fifo_is_read_forward(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_bytes(DATA))
    writer.start()
    source = PathSource(fifo)
    found = b""
    while data := source.read_at(len(found), 10_000).data:
        found += data
    writer.join()
    source.close()
    assert found == DATA
    assert not source.rereadable


def test_file_object_from_its_position_on(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(100)
        source = FileSource(file)
        answer = source.read_at(10, 5)
        assert answer.data == DATA[110:115]
        assert answer.size == len(DATA) - 100
        assert source.name == str(path)
        source.close()
        assert not file.closed


def test_gzip_file_knows_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm.gz"
    path.write_bytes(gzip.compress(DATA))
    with gzip.open(path) as file:
        source = FileSource(file)
        assert source.read_at(500, 5).data == DATA[500:505]
        assert source.read_at(10**6, 5) == (b"", None, len(DATA))
        assert source.read_at(3, 5).data == DATA[3:8]
        assert path_of(file) is None


def test_unseekable_file_goes_forward_only() -> None:
    source = FileSource(Unseekable(DATA))
    assert not source.rereadable
    assert source.read_at(0, 10).data == DATA[:10]
    assert source.read_at(5000, 10).data == DATA[5000:5010]
    with pytest.raises(SourceError, match="forward"):
        source.read_at(0, 10)
    assert source.read_at(10**6, 10) == (b"", None, len(DATA))


def test_minimal_file_objects() -> None:
    class OnlyRead:
        def __init__(self) -> None:
            self.inner = io.BytesIO(DATA)

        def read(self, size: int) -> bytes:
            return self.inner.read(size)

    assert FileSource(OnlyRead()).read_at(0, 5).data == DATA[:5]

    class Seekable(OnlyRead):
        def seek(self, offset: int, whence: int = 0) -> int:
            return self.inner.seek(offset, whence)

        def tell(self) -> int:
            return self.inner.tell()

    assert FileSource(Seekable()).rereadable


def test_text_files_are_refused(path: Path) -> None:
    with path.open(encoding="latin-1") as file, pytest.raises(TypeError, match="binary mode"):
        FileSource(file).read_at(0, 10)


def test_closed_files_are_refused(path: Path) -> None:
    file = path.open("rb")
    file.close()
    with pytest.raises(SourceError, match="closed"):
        FileSource(file)


def test_many_threads_share_a_file(path: Path) -> None:
    with path.open("rb") as file:
        source = FileSource(file)
        wrong = []

        def work(start: int) -> None:
            for i in range(200):
                offset = (start * 977 + i * 131) % (len(DATA) - 50)
                if source.read_at(offset, 50).data != DATA[offset : offset + 50]:
                    wrong.append(offset)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


def test_iterables() -> None:
    source = IterableSource(iter([DATA[:10], bytearray(DATA[10:20]), b"", memoryview(DATA[20:])]))
    assert source.read_at(0, 3).data == DATA[:10]
    assert source.read_at(15, 3).data == DATA[15:20]
    with pytest.raises(SourceError, match="forward"):
        source.read_at(5, 3)
    assert source.read_at(20, 3).data == DATA[20:]
    assert source.read_at(len(DATA), 3) == (b"", None, len(DATA))
    with pytest.raises(TypeError, match="gave int"):
        IterableSource([1, 2]).read_at(0, 1)
    with pytest.raises(TypeError, match="gave text"):
        IterableSource(["a"]).read_at(0, 1)


def test_only_iterators_made_here_are_closed() -> None:
    closed = []

    class Chunks:
        def __iter__(self) -> Any:
            try:
                yield DATA
                yield DATA
            finally:
                closed.append(True)

    source = IterableSource(Chunks())
    source.read_at(0, 1)
    source.close()
    assert closed == [True]
    generator = iter(Chunks())
    source = IterableSource(generator)
    source.read_at(0, 1)
    source.close()
    assert closed == [True]
    assert next(generator) == DATA
    generator.close()


@pytest.mark.anyio
async def test_local_sources_for_async_code(path: Path) -> None:
    inline = InlineSource(BytesSource(DATA))
    assert (await inline.read_at(3, 1)).data == DATA[3:4]
    await inline.aclose()
    local = PathSource(path)
    threaded = ThreadedSource(local)
    assert (await threaded.read_at(3, 5)).data == DATA[3:8]
    assert threaded.rereadable
    assert threaded.stats is local.stats
    with anyio.CancelScope() as scope:
        scope.cancel()
        await threaded.aclose()
    assert local._source is None


def test_protocol() -> None:
    sources: list[LocalSource] = [BytesSource(b""), PathSource("a"), FileSource(io.BytesIO()), IterableSource([])]
    assert all(isinstance(source, LocalSource) for source in sources)
