from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import fsspec
import pytest

from adicom.io import Answer, IOStats
from adicom.io.local import BytesSource, FileSource, InlineSource, IterableSource, PathSource, ThreadedSource
from adicom.io.names import public_url, scheme_of
from adicom.io.resolve import is_remote, remote_place, resolve_async, resolve_local

ACCEPTED = r"what can be read: a path or URL .* bytes, .* iterable .* ByteReceiveStream, .* fsspec .* obstore"


class OwnLocal:
    name = "own"
    rereadable = True
    stats = IOStats()

    def read_at(self, offset: int, size: int) -> Answer:
        return Answer(b"", None, 0)

    def close(self) -> None:
        pass


class OwnAsync:
    name = "own"
    rereadable = True
    stats = IOStats()

    async def read_at(self, offset: int, size: int) -> Answer:
        return Answer(b"", None, 0)

    async def aclose(self) -> None:
        pass


async def chunks() -> Any:
    yield b""


@pytest.mark.parametrize(
    ("fp", "kind"),
    [
        ("a.dcm", PathSource),
        (r"C:\scans\a.dcm", PathSource),
        ("C:/scans/a.dcm", PathSource),
        ("file:///tmp/a%20b.dcm", PathSource),
        ("odd::name.dcm", PathSource),
        (Path("a.dcm"), PathSource),
        (b"", BytesSource),
        (bytearray(), BytesSource),
        (memoryview(b""), BytesSource),
        (io.BytesIO(), FileSource),
        ([b""], IterableSource),
        (iter([b""]), IterableSource),
        (OwnLocal(), OwnLocal),
    ],
)
def test_local(fp: Any, kind: type) -> None:
    assert not is_remote(fp)
    assert isinstance(resolve_local(fp), kind)


def test_file_url() -> None:
    source = resolve_local("file:///tmp/a%20b.dcm")
    assert isinstance(source, PathSource)
    assert source.path == "/tmp/a b.dcm"


@pytest.mark.parametrize("fp", [None, 5, 1.5, object(), {"a": 1}])
def test_refused(fp: Any) -> None:
    for resolve in (resolve_local, resolve_async):
        with pytest.raises(TypeError, match=ACCEPTED):
            resolve(fp)


def test_async_objects_are_refused_by_blocking_code() -> None:
    for fp in (chunks(), OwnAsync()):
        with pytest.raises(TypeError, match="can only be awaited"):
            resolve_local(fp)


def test_what_waits_in_async_code() -> None:
    for inline in (b"", io.BytesIO(), [b""]):
        assert type(resolve_async(inline)) is InlineSource
    for threaded in ("a.dcm", Path("a.dcm"), iter([b""])):
        assert type(resolve_async(threaded)) is ThreadedSource
    own = OwnAsync()
    assert resolve_async(own) is own


def test_remote() -> None:
    memory = fsspec.filesystem("memory")
    for fp in ("https://host/a", "s3://bucket/a", "memory://a", "zip://a::https://host/a.zip", (memory, "a")):
        assert is_remote(fp)
        assert resolve_local(fp) is None
        with pytest.raises(TypeError, match="session"):
            resolve_async(fp)


def test_fsspec_open_file_is_read_by_range() -> None:
    with fsspec.open("memory://resolve.dcm", "wb") as file:
        file.write(b"0123")
    fp = fsspec.open("memory://resolve.dcm", "rb")
    assert remote_place(fp) == (fp.fs, "/resolve.dcm", 0)


def test_names() -> None:
    assert scheme_of("HTTPS://host/a") == "https"
    assert public_url("zip://in.dcm::https://me:pass@host/a.zip?sig=1") == "zip://in.dcm::https://host/a.zip"
    assert public_url("abfs://box@account.dfs.core.windows.net/a?sv=1") == "abfs://box@account.dfs.core.windows.net/a"
    assert public_url("s3://bucket/a@b.dcm") == "s3://bucket/a@b.dcm"
