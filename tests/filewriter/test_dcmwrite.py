"""``dcmwrite`` and its twins: where it writes to, what its keywords mean, and that nothing is lost."""

from __future__ import annotations

import filecmp
import inspect
import io
import os
import tracemalloc
from typing import TYPE_CHECKING, Any

import pydicom
import pydicom.data
import pytest

import adicom
import adicom.sync
from adicom.dataset import Dataset, FileMetaDataset
from adicom.errors import DeferredValueError, EncodeError, SinkError, SinkExistsError, SourceChangedError, SourceError
from tests import made
from tests.made import element, encapsulated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:the file describes an image")]

CT = pydicom.data.get_testdata_file("CT_small.dcm")
MEGABYTE = 1024 * 1024
PIXELS = bytes(range(256)) * 16
# The blocking one needs no event loop, so one of them will do.
LIBRARIES = pytest.mark.parametrize(
    ("anyio_backend", "library"),
    [("asyncio", adicom), ("trio", adicom), ("asyncio", adicom.sync)],
    ids=["asyncio", "trio", "blocking"],
)
IMAGE = made.part10(element(0x00080060, "CS", "CT") + element(0x7FE00010, "OW", PIXELS))


def new(syntax: str | None = made.EXPLICIT_LE) -> Dataset:
    """Return a dataset that was made here."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.1"
    ds.PatientName = "Doe^Jane"
    if syntax is not None:
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = syntax
    return ds


class Failing(io.RawIOBase):
    """A file that takes some bytes, and then no more."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.taken = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if not self.room - self.taken:
            raise OSError(28, "No space left on device")
        count = min(self.room - self.taken, len(data))
        self.taken += count
        return count


# -- keywords --


async def test_what_the_file_is(tmp_path: Path) -> None:
    ds, path = new(), tmp_path / "a.dcm"
    await adicom.dcmwrite(path, ds)
    assert path.read_bytes()[:4] == b"\x02\x00\x10\x00"  # no preamble, and of the file meta information what there was
    await adicom.write_file(path, ds, write_like_original=False)
    found = pydicom.dcmread(path)
    assert found.preamble == bytes(128)
    assert found.file_meta.MediaStorageSOPInstanceUID == "2.25.1"
    assert found.PatientName == "Doe^Jane"
    assert len(ds.file_meta) == 1
    positional, keyword, sync = (tmp_path / name for name in "bcd")
    await adicom.dcmwrite(positional, ds, False)
    await ds.save_as(keyword, enforce_file_format=True)
    adicom.sync.dcmwrite(sync, ds, enforce_file_format=True)
    assert positional.read_bytes() == keyword.read_bytes() == sync.read_bytes() == path.read_bytes()


async def test_the_form_without_a_transfer_syntax(tmp_path: Path) -> None:
    ds, path = new(None), tmp_path / "a.dcm"
    with pytest.raises(EncodeError, match="implicit_vr"):
        await adicom.dcmwrite(path, ds)
    assert not path.exists()
    for implicit, little in ((True, True), (False, True), (False, False)):
        await ds.save_as(path, implicit_vr=implicit, little_endian=little)
        with path.open("rb") as file:
            found = pydicom.filereader.read_dataset(file, implicit, little)
        assert found.PatientName == "Doe^Jane"
    with pytest.raises(EncodeError, match="no implicit VR in big endian"):
        await ds.save_as(path, implicit_vr=True, little_endian=False)


@pytest.mark.parametrize("name", ["dcmwrite", "encode", "write_dataset", "write_file_meta_info"])
async def test_keywords_are_checked(name: str) -> None:
    for library in (adicom, adicom.sync):
        arguments: list[Any] = [new()] if name == "encode" else [io.BytesIO(), new()]
        with pytest.raises(TypeError, match=f"{name}.. got an unexpected keyword argument 'fsnyc'"):
            await returned(getattr(library, name), *arguments, fsnyc=True)
    if name == "dcmwrite":
        with pytest.raises(ValueError, match="contradict"):
            await adicom.dcmwrite(io.BytesIO(), new(), False, enforce_file_format=False)


async def returned(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Return what a function of either library returns."""
    found = function(*arguments, **keywords)
    return await found if inspect.isawaitable(found) else found


@LIBRARIES
async def test_overwrite(library: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    await returned(library.dcmwrite, path, new(), overwrite=False, fsync=True)
    before = path.read_bytes()
    with pytest.raises(SinkExistsError):
        await returned(
            library.dcmwrite, path, library.dcmread(CT) if library is adicom.sync else new(), overwrite=False
        )
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.dcm"]


@pytest.mark.parametrize("name", ["dcmwrite", "encode", "write_dataset", "write_file_meta_info"])
async def test_what_is_no_dataset_is_refused(name: str, tmp_path: Path) -> None:
    for library in (adicom, adicom.sync):
        for wrong, message in ((pydicom.Dataset(), "adicom.from_pydicom"), ("a.dcm", "not str$"), ({}, "not dict$")):
            arguments: list[Any] = [wrong] if name == "encode" else [tmp_path / "a", wrong]
            with pytest.raises(TypeError, match=message):
                await returned(getattr(library, name), *arguments)
    assert os.listdir(tmp_path) == []


# -- wrong datasets are refused before the target is touched --


@LIBRARIES
async def test_what_cannot_be_encoded_leaves_the_target_alone(library: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(b"old")
    os.utime(path, ns=(1, 1))
    ds = new()
    inner = Dataset()
    with pytest.warns(adicom.DicomWarning, match="not between 0 and 65535"):
        inner.Rows = 70_000
    ds.ReferencedImageSequence = [inner]
    with pytest.raises(EncodeError) as caught:
        await returned(library.dcmwrite, path, ds)
    assert (caught.value.tag, caught.value.path, caught.value.value) == (0x00280010, ((0x00081140, 0),), 70_000)
    assert "70000" not in str(caught.value)
    assert path.read_bytes() == b"old"
    assert path.stat().st_mtime_ns == 1
    with pytest.raises(TypeError, match="cannot write to int; what can be written to: a path or URL"):
        await returned(library.dcmwrite, 3, new())


# -- targets --


@LIBRARIES
async def test_a_file_of_the_callers_is_written_from_where_it_stands(library: Any, tmp_path: Path) -> None:
    ds = adicom.sync.dcmread(IMAGE)
    file = io.BytesIO()
    file.write(b"before")
    await returned(library.dcmwrite, file, ds)
    assert file.getvalue() == b"before" + IMAGE
    with (tmp_path / "a").open("wb") as opened:
        await returned(library.dcmwrite, opened, ds)
        assert not opened.closed
    assert (tmp_path / "a").read_bytes() == IMAGE


@LIBRARIES
async def test_a_sink_that_fails_names_itself_and_how_much_went_out(library: Any) -> None:
    ds = adicom.sync.dcmread(IMAGE)
    for room in (0, 1, 132, 1000, len(IMAGE) - 1):
        file = Failing(room)
        with pytest.raises(SinkError, match=f"Failing.*, after {room} bytes") as caught:
            await returned(library.dcmwrite, file, ds)
        assert (caught.value.written, caught.value.errno) == (room, 28)
        assert file.taken == room


def test_a_target_that_can_only_be_awaited_is_refused_by_blocking_code() -> None:
    class Writer:
        async def write(self, data: bytes) -> None:
            raise AssertionError

    with pytest.raises(TypeError, match="can only be awaited"):
        adicom.sync.dcmwrite(Writer(), new())


# -- deferred values --


@pytest.mark.parametrize("fetched", [False, True])
@LIBRARIES
async def test_over_its_own_source(library: Any, fetched: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(IMAGE)
    ds = await returned(library.dcmread, path, defer_size=100)
    ds.PatientID = "4711"
    assert ds["PixelData"].is_deferred
    if fetched:
        await returned(ds.fetch, "PixelData")
    await returned(ds.save_as, path)
    again = pydicom.dcmread(path)
    assert (again.PatientID, again.PixelData) == ("4711", PIXELS)
    assert os.listdir(tmp_path) == ["a.dcm"]
    if fetched:
        assert ds.PixelData == PIXELS
        return
    with pytest.raises(SourceChangedError):
        await returned(ds.fetch, "PixelData")


@pytest.mark.parametrize("change", ["written to", "gone", "shorter"])
@LIBRARIES
async def test_a_source_that_is_not_what_it_was_leaves_the_old_file(library: Any, change: str, tmp_path: Path) -> None:
    source, target = tmp_path / "a.dcm", tmp_path / "b.dcm"
    source.write_bytes(IMAGE)
    target.write_bytes(b"old")
    ds = await returned(library.dcmread, source, defer_size=100)
    if change == "gone":
        source.unlink()
    else:
        source.write_bytes(IMAGE[:-2] if change == "shorter" else bytes(len(IMAGE)))
        os.utime(source, ns=(1, 1))
    with pytest.raises(SourceError if change == "gone" else SourceChangedError) as caught:
        await returned(library.dcmwrite, target, ds)
    assert caught.value.__notes__ == ["while writing the value of (7FE0,0010)"]
    assert target.read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == sorted({"a.dcm", "b.dcm"} - ({"a.dcm"} if change == "gone" else set()))


@LIBRARIES
async def test_a_value_that_is_nowhere_leaves_the_old_file(library: Any, tmp_path: Path) -> None:
    target = tmp_path / "b.dcm"
    target.write_bytes(b"old")
    ds = adicom.sync.dcmread(iter([IMAGE]), defer_size=100, on_unreachable="drop")
    with pytest.raises(DeferredValueError, match="was dropped"):
        await returned(library.dcmwrite, target, ds)
    assert target.read_bytes() == b"old"


@LIBRARIES
async def test_an_incomplete_dataset_is_completed(library: Any, tmp_path: Path) -> None:
    body = element(0x00080060, "CS", "CT") + encapsulated([bytes(200), b"ef"], bytes(4))
    data = made.part10(body + element(0xFFFCFFFC, "OB", b"1234"), made.JPEG_BASELINE)
    (tmp_path / "a").write_bytes(data)
    for target in (tmp_path / "b", tmp_path / "a"):
        ds = await returned(library.dcmread, tmp_path / "a", defer_size=100)
        assert not ds.is_complete
        await returned(library.dcmwrite, target, ds)
        assert ds.is_complete
        assert target.read_bytes() == data
    ds = await returned(library.dcmread, tmp_path / "a", defer_size=100)
    if library is adicom:
        with pytest.raises(DeferredValueError, match="fetch_rest"):
            adicom.encode(ds)
    else:
        assert b"".join(adicom.sync.encode(ds)) == data


@pytest.mark.parametrize("fragments", [0, 3])
@LIBRARIES
async def test_large_deferred_values_in_constant_memory(library: Any, fragments: int, tmp_path: Path) -> None:
    size = 20 * MEGABYTE
    parts = [made.header(0x7FE00010, "OW", 3 * size)]
    if fragments:
        parts = [made.header(0x7FE00010, "OB", made.UNDEFINED) + made.item(), *[made.header(made.ITEM, "", size)] * 3]
    end = made.header(made.SEQUENCE_END, "", 0) if fragments else b""
    with (tmp_path / "a").open("wb") as file:  # most of it is a hole
        file.write(made.part10(b"", made.JPEG_BASELINE if fragments else made.EXPLICIT_LE))
        for part in parts:
            file.write(part)
            file.truncate(file.seek(size if fragments and part is not parts[0] else 0, os.SEEK_CUR))
        file.truncate(file.seek(0 if fragments else 3 * size, os.SEEK_CUR))
        file.write(end)
    ds = await returned(library.dcmread, tmp_path / "a", defer_size=1000)
    assert ds["PixelData"].is_deferred
    tracemalloc.start()
    try:
        await returned(ds.save_as, tmp_path / "b")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30 * MEGABYTE
    assert filecmp.cmp(tmp_path / "a", tmp_path / "b", shallow=False)
    assert (tmp_path / "b").stat().st_size > 3 * size


# -- streams --


class Streams:
    """Opens streams of one size, counts how many are open, and how many were."""

    def __init__(self, size: int, piece: int = 64 * 1024) -> None:
        self.size = size
        self.open = 0
        self.opened = 0
        self._piece = bytes(piece)

    def plain(self) -> Iterator[bytes]:
        self.open += 1
        self.opened += 1
        try:
            for start in range(0, self.size, len(self._piece)):
                yield self._piece[: self.size - start]
        finally:
            self.open -= 1

    async def awaited(self) -> AsyncIterator[bytes]:
        for piece in self.plain():
            yield piece


@pytest.mark.parametrize("kind", ["value", "fragments"])
@pytest.mark.parametrize("way", ["awaited", "plain", "sync"])
async def test_a_large_stream_in_constant_memory(kind: str, way: str, tmp_path: Path) -> None:
    size = 35 * MEGABYTE + 1
    streams = Streams(size)
    value = adicom.StreamValue(size, streams.awaited if way == "awaited" else streams.plain)
    ds = new(made.EXPLICIT_LE if kind == "value" else made.JPEG_BASELINE)
    ds.BitsAllocated = 8
    ds.PixelData = value if kind == "value" else adicom.EncapsulatedValue(stream=value, fragment_size=10 * MEGABYTE)
    tracemalloc.start()
    try:
        if way == "sync":
            adicom.sync.dcmwrite(tmp_path / "a", ds)
        else:
            await adicom.dcmwrite(tmp_path / "a", ds)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * MEGABYTE
    assert (streams.opened, streams.open) == (1, 0)
    expected = 12 + size + 1 if kind == "value" else 12 + 8 + 4 * 8 + size + 1 + 8
    head = len(adicom.encode(new(made.JPEG_BASELINE))._encoded.to_bytes()) + 10
    head -= 2 * (kind == "value")  # the transfer syntax is shorter
    assert (tmp_path / "a").stat().st_size == head + expected


@pytest.mark.parametrize("way", ["awaited", "plain", "sync"])
async def test_a_stream_is_closed_whatever_happens(way: str, tmp_path: Path) -> None:
    async def write(streams: Streams, target: Any, length: int) -> None:
        ds = new()
        ds.add_new(0x00091001, "OB", adicom.StreamValue(length, streams.awaited if way == "awaited" else streams.plain))
        await returned((adicom.sync if way == "sync" else adicom).dcmwrite, target, ds)
        raise AssertionError

    path = tmp_path / "a.dcm"
    path.write_bytes(b"old")
    for length, message in ((200_000, "100000 have come"), (70_000, "more have come")):
        streams = Streams(100_000)
        with pytest.raises(EncodeError, match=message) as caught:
            await write(streams, path, length)
        assert caught.value.tag == 0x00091001
        assert (streams.opened, streams.open) == (1, 0)
    streams = Streams(100_000)
    with pytest.raises(SinkError):
        await write(streams, Failing(300), 100_000)
    assert streams.open == 0
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.dcm"]


async def test_what_a_stream_raises_passes_with_a_note(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield bytes(100)
        raise KeyError("mine")

    ds = new()
    ds.add_new(0x00091001, "OB", adicom.StreamValue(200, broken))
    for library in (adicom, adicom.sync):
        with pytest.raises(KeyError, match="mine") as caught:
            await returned(library.dcmwrite, tmp_path / "a", ds)
        assert caught.value.__notes__ == ["while writing the value of (0009,1001)"]
    assert os.listdir(tmp_path) == []


def test_blocking_code_cannot_write_an_awaited_stream(tmp_path: Path) -> None:
    ds = new()
    ds.add_new(0x00091001, "OB", adicom.StreamValue(100, Streams(100).awaited))
    with pytest.raises(TypeError, match="write it with the functions of adicom"):
        adicom.sync.dcmwrite(tmp_path / "a", ds)
    assert os.listdir(tmp_path) == []


# -- datasets and file meta information by themselves --


@pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
async def test_write_dataset(form: made.Form) -> None:
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset

    ds, theirs = new(None), pydicom.Dataset()
    theirs.SOPClassUID, theirs.SOPInstanceUID, theirs.PatientName = ds.SOPClassUID, ds.SOPInstanceUID, "Doe^Jane"
    expected = DicomBytesIO()
    expected.is_implicit_VR, expected.is_little_endian = form.implicit, not form.big
    write_dataset(expected, theirs)
    for library in (adicom, adicom.sync):
        file = DicomBytesIO()
        file.is_implicit_VR, file.is_little_endian = form.implicit, not form.big
        assert await returned(library.write_dataset, file, ds) == len(expected.getvalue())
        assert file.getvalue() == expected.getvalue()
        plain = io.BytesIO()
        await returned(library.write_dataset, plain, ds, implicit_vr=form.implicit, little_endian=not form.big)
        assert plain.getvalue() == expected.getvalue()
        with pytest.raises(ValueError, match="say how the dataset is to be encoded"):
            await returned(library.write_dataset, io.BytesIO(), ds)


async def test_write_dataset_in_the_codecs_around_it() -> None:
    ds = Dataset()
    ds.PatientID = "é"
    for codecs, data in (("iso8859", b"\xe9 "), ("utf_8", b"\xc3\xa9"), (["ISO_IR 192"], b"\xc3\xa9")):
        file = io.BytesIO()
        await adicom.write_dataset(file, ds, codecs, implicit_vr=False)
        assert file.getvalue() == element(0x00100020, "LO", data)
    with pytest.raises(EncodeError):
        await adicom.write_dataset(io.BytesIO(), ds, "iso8859_5", implicit_vr=False)


@LIBRARIES
async def test_write_file_meta_info(library: Any) -> None:
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_file_meta_info

    meta, theirs = FileMetaDataset(), pydicom.dataset.FileMetaDataset()
    for one in (meta, theirs):
        one.TransferSyntaxUID = made.EXPLICIT_LE
        one.ImplementationClassUID, one.ImplementationVersionName = "2.25.7", "MINE"
    for enforce in (False, True):
        if enforce:
            with pytest.raises(EncodeError, match=r"\(0002, 0002\).*\(0002, 0003\)"):
                await returned(library.write_file_meta_info, io.BytesIO(), meta)
            for one in (meta, theirs):
                one.MediaStorageSOPClassUID, one.MediaStorageSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.1"
        before = str(meta)
        file, expected = io.BytesIO(), DicomBytesIO()
        await returned(library.write_file_meta_info, file, meta, enforce_standard=enforce)
        write_file_meta_info(expected, theirs, enforce_standard=enforce)
        assert file.getvalue() == expected.getvalue()
        assert str(meta) == before
    with pytest.raises(ValueError, match="group 2 only"):
        await returned(library.write_file_meta_info, io.BytesIO(), new(), enforce_standard=False)


# -- items block, too --


def test_items_of_blocking_datasets_block(tmp_path: Path) -> None:
    data = made.part10(made.small())
    ds = adicom.sync.dcmread(data)
    item = next(element for element in ds if element.VR == "SQ").value[0]
    item.save_as(tmp_path / "item", implicit_vr=False)
    assert (tmp_path / "item").read_bytes() in data
    assert len((tmp_path / "item").read_bytes()) > 20
    made_here = adicom.sync.Dataset()
    made_here.PatientID = "1"
    made_here.save_as(tmp_path / "b", implicit_vr=True)
    assert (tmp_path / "b").read_bytes() == element(0x00100020, "LO", "1", made.IMPLICIT)
