"""From any source to any target: what is there before stays, until all of the new object is there."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import obstore
import obstore.store
import pytest

import adicom
import adicom.sync
from adicom.errors import (
    EncodeError,
    InvalidDicomError,
    ParseError,
    SinkError,
    SinkExistsError,
    SourceNotFoundError,
    TruncatedError,
)
from adicom.io.sinks import parts
from adicom.rewriting import DefinedLengths, Delete, Map, OffsetTable, Set, ToSyntax, rewrite
from tests import made
from tests.servers import RangeServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

MIB = 2**20
DATA = made.part10(made.small(undefined=True))
CHANGED = DATA.replace(made.element(0x00100020, "LO", "4711"), b"")


async def pieces(data: bytes, size: int = 100) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.dcm"
    path.write_bytes(b"what was there before")
    return path


def nothing_else(path: Path) -> None:
    assert os.listdir(path.parent) == [path.name]
    assert path.read_bytes() == b"what was there before"


async def test_from_everything(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(DATA)
    with path.open("rb") as file:
        for source in (
            path,
            str(path),
            path.as_uri(),
            DATA,
            io.BytesIO(DATA),
            file,
            [DATA[:7], DATA[7:]],
            pieces(DATA),
        ):
            target = io.BytesIO()
            report = await rewrite(source, target, Delete("PatientID"))
            assert target.getvalue() == CHANGED
            assert (report.bytes_read, report.bytes_written) == (len(DATA), len(CHANGED))


async def test_from_a_server() -> None:
    with RangeServer({"/a.dcm": DATA}) as server:
        target = io.BytesIO()
        report = await adicom.rewrite(f"{server.url}/a.dcm", target, Delete("PatientID"))
        assert (target.getvalue(), report.requests) == (CHANGED, server.gets)
        async with adicom.Session() as session:
            target = io.BytesIO()
            report = await adicom.rewrite(f"{server.url}/a.dcm", target, DefinedLengths(), session=session)
            assert target.getvalue() == made.part10(made.small())
            assert report.bytes_read == len(DATA)
        target = io.BytesIO()
        adicom.sync.rewrite(f"{server.url}/a.dcm", target, Delete("PatientID"))
        assert target.getvalue() == CHANGED


async def test_the_source_may_be_the_target(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(DATA)
    await rewrite(path, path, Delete("PatientID"))
    assert path.read_bytes() == CHANGED
    adicom.sync.rewrite(path, path, DefinedLengths(), Set("PatientID", "4711"))
    assert path.read_bytes() == made.part10(made.small())
    assert os.listdir(tmp_path) == ["a.dcm"]


async def test_nothing_is_replaced_that_must_not_be(old: Path) -> None:
    with pytest.raises(SinkExistsError):
        await rewrite(DATA, old, overwrite=False)
    with pytest.raises(SinkExistsError):
        adicom.sync.rewrite(DATA, old, overwrite=False)
    nothing_else(old)


@pytest.mark.parametrize("transforms", [(), (Delete("PatientID"),)], ids=["plain", "changed"])
async def test_a_source_that_ends_too_early_leaves_the_old_object(old: Path, transforms: tuple[Any, ...]) -> None:
    for end in (0, 100, 150, 350, len(DATA) - 8, len(DATA) - 1):
        with pytest.raises(ParseError):
            await rewrite(DATA[:end], old, *transforms)
        with pytest.raises(ParseError):
            adicom.sync.rewrite([DATA[:end]], old, *transforms)
        nothing_else(old)


async def test_what_is_refused_is_refused_before_anything_is_written() -> None:
    compressed = made.part10(made.small()[:-20] + made.encapsulated([b"ab"]), made.JPEG_BASELINE)
    for data, transform in (
        (DATA, Set("PatientName", "Ω")),
        (compressed, ToSyntax(made.IMPLICIT_LE)),
        (DATA, Map(lambda element: 2**40, tag="Rows")),
        (made.small(), Set(0x00020003, "1.2")),
    ):
        target = io.BytesIO()
        with pytest.raises(EncodeError):
            await rewrite(data, target, transform, force=True)
        assert target.getvalue() == b""


@pytest.mark.parametrize("transform", [DefinedLengths(), OffsetTable("basic"), OffsetTable("extended")])
async def test_what_must_read_twice_is_refused_where_one_can_read_once(old: Path, transform: Any) -> None:
    name = type(transform).__name__
    with pytest.raises(ValueError, match=f"{name} must read twice"):
        await rewrite(pieces(DATA), old, transform)
    with pytest.raises(ValueError, match=f"{name} must read twice"):
        adicom.sync.rewrite([DATA], old, transform)
    nothing_else(old)


async def test_what_is_no_transform_is_told_at_once(old: Path) -> None:
    for wrong in (Delete, "PatientID", None):
        with pytest.raises(TypeError, match="a transform was wanted"):
            await rewrite(DATA, old, wrong)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(SourceNotFoundError):
        await rewrite(old.parent / "none.dcm", old)
    nothing_else(old)


async def test_cancelled_it_leaves_the_old_object(old: Path) -> None:
    with anyio.CancelScope() as scope:

        async def broken_off() -> AsyncIterator[bytes]:
            yield DATA[:500]
            scope.cancel()
            await anyio.lowlevel.checkpoint()
            yield DATA[500:]

        await rewrite(broken_off(), old, Delete("PatientID"))
    assert scope.cancelled_caught
    nothing_else(old)


class Full(io.RawIOBase):
    """A file on a disk that is full after some bytes."""

    def __init__(self, room: int) -> None:
        self.room = room

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if len(data) > self.room:
            raise OSError(28, "No space left on device")
        self.room -= len(data)
        return len(data)


async def test_an_error_of_the_target_names_it() -> None:
    for room in (0, 200, len(CHANGED) - 1):
        with pytest.raises(SinkError, match="Full") as caught:
            await rewrite(DATA, Full(room), Delete("PatientID"))
        assert caught.value.written <= room
        with pytest.raises(SinkError, match="Full"):
            adicom.sync.rewrite(DATA, Full(room))


async def test_an_error_of_a_function_passes_unchanged(old: Path) -> None:
    def fails(element: adicom.DataElement) -> Any:
        raise LookupError("of the caller's")

    with pytest.raises(LookupError, match="of the caller's"):
        await rewrite(DATA, old, Map(fails, vr="PN"))
    nothing_else(old)


async def test_the_size_of_the_source_chooses_the_parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(parts, "MOST_PARTS", 2)  # of 8 MiB each, where nothing is known
    path = tmp_path / "a.dcm"
    path.write_bytes(
        made.part10(made.element(0x00100020, "LO", "4711") + made.element(0x7FE00010, "OW", bytes(20 * MIB)))
    )
    store = obstore.store.MemoryStore()
    for transforms in (), (Delete("PatientID"),):
        report = await rewrite(path, (store, "b"), *transforms)
        assert obstore.head(store, "b")["size"] == report.bytes_written
    with pytest.raises(SinkError, match="above 16777216 bytes"):
        await rewrite(pieces(path.read_bytes(), MIB), (store, "b"))  # a stream tells nothing


async def test_what_is_no_dicom_opens_no_target(old: Path) -> None:
    with pytest.raises(InvalidDicomError):  # not SinkExistsError, which opening it says
        await rewrite(bytes(5000), old, Delete("PatientID"), overwrite=False)
    nothing_else(old)


def test_local_places_need_no_other_thread(tmp_path: Path) -> None:
    import threading

    seen: list[str] = []

    def look(element: adicom.DataElement) -> Any:
        seen.append(threading.current_thread().name)
        return element

    adicom.sync.rewrite(DATA, tmp_path / "a.dcm", Map(look, vr="PN"))
    assert seen == [threading.main_thread().name]
    assert (tmp_path / "a.dcm").read_bytes() == DATA


def test_what_was_cut_is_named_with_its_place() -> None:
    with pytest.raises(TruncatedError) as caught:
        adicom.sync.rewrite(DATA[:-3], io.BytesIO(), Delete("PatientID"))
    assert (caught.value.tag, caught.value.wanted, caught.value.got) == (0x7FE00010, 8, 5)
