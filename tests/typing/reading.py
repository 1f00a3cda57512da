"""What type checkers see of the reading functions; checking this file with mypy and pyright is the test.

An unused ``type: ignore`` is an error, so each of them says that mypy reports a mistake.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, assert_type

import adicom
import adicom.sync
from adicom.dataset import FileMetaDataset
from adicom.dataset.views import KeysView
from adicom.io import IOStats

if TYPE_CHECKING:
    from pathlib import Path

    from adicom.tag import BaseTag


async def awaited(path: Path, url: str, session: adicom.Session) -> None:
    reading: Coroutine[Any, Any, adicom.FileDataset] = adicom.dcmread(path)
    assert_type(await reading, adicom.FileDataset)
    ds = await adicom.dcmread(path, "64 KB", True, False, ["PatientID", 0x00100010, (0x0029, "ACME", 0x10)])
    assert_type(ds, adicom.FileDataset)
    assert_type(ds.file_meta, FileMetaDataset)
    assert_type(ds["PatientID"], adicom.DataElement)
    assert_type(ds[0x0008, 0x0060], adicom.DataElement)
    assert_type(ds[0x00080000:0x00100000], adicom.FileDataset)
    assert_type(ds.group_dataset(0x0010), adicom.FileDataset)
    assert_type(ds["PatientID"].deferred, adicom.Deferred | None)
    assert_type(list(ds), list[adicom.DataElement])
    assert_type(ds.keys(), KeysView)
    assert_type(ds.is_complete, bool)
    assert_type(await ds.fetch("PixelData"), Any)
    assert_type(await ds.fetch("PixelData", "PatientID"), tuple[Any, ...])
    assert_type(ds.stream("PixelData"), AsyncIterator[bytes])
    await ds.fetch_all()
    await ds.fetch_rest()
    pairs = [(ds, "PixelData"), (ds.ReferencedImageSequence[0], "PixelData")]
    assert_type(await adicom.fetch_many(pairs, concurrency=4, session=session), list[Any])
    assert_type(await adicom.fetch_many([(ds, "PixelData"), (ds, 0x00280010), (ds, (0x28, 0x11))]), list[Any])
    assert_type(await adicom.fetch_many((each, "PixelData") for each in [ds]), list[Any])

    assert_type(await adicom.read_partial(url, stop, session=session, timeout=5), adicom.FileDataset)
    assert_type(await adicom.read_file(url, max_requests=3, identity="size"), adicom.FileDataset)
    assert_type(await adicom.read_dataset(b"", False, True, bytelength=0), adicom.Dataset)
    async with adicom.open_dicom(url, defer_size=1.5, storage_options={"anon": True}) as dcm:
        assert_type(dcm, adicom.DicomReader)
        assert_type(dcm.dataset, adicom.FileDataset)
        assert_type(dcm.stats, IOStats)
        assert_type(await dcm.fetch("PixelData"), Any)
        assert_type(await dcm.fetch("PixelData", "Rows"), tuple[Any, ...])
        assert_type(dcm.number_of_frames, int)
        assert_type(await dcm.frame_bytes(0), bytes)
        async with dcm.frames_bytes(range(5), look_ahead="64 MB") as frames:
            async for number, data in frames:
                assert_type(number, int)
                assert_type(data, bytes)
        async with dcm.pixel_stream() as pieces:
            assert_type(pieces, AsyncIterator[bytes])
        assert_type(await dcm.index(), str)
        assert_type(await dcm.read_header(), adicom.FileDataset)
    async with adicom.open_dicom(url, index="{}", walk_window=2**20) as dcm:
        assert_type(dcm, adicom.DicomReader)
    async with adicom.iter_events(url, limits=adicom.ParserLimits(depth=5)) as events:
        async for event in events:
            assert_type(event, adicom.Event)
            if isinstance(event, adicom.Element):
                assert_type(event.value, bytes)
    async for batch in adicom.iter_batches(b""):
        assert_type(batch, list[adicom.Event])


def stop(tag: BaseTag, VR: str | None, length: int) -> bool:
    return tag.group > 8 and VR == "SQ" and length > 5


def blocking(path: Path) -> None:
    ds = adicom.sync.dcmread(path, defer_size="64 KB", on_unreachable="drop")
    assert_type(ds, adicom.sync.FileDataset)
    assert_type(ds.fetch("PixelData"), Any)
    assert_type(ds.fetch("PixelData", "PatientID"), tuple[Any, ...])
    assert_type(ds.stream("PixelData"), Iterator[bytes])
    assert_type(ds[0x00080000:0x00100000], adicom.sync.FileDataset)
    ds.fetch_all()
    ds.fetch_rest()
    assert_type(adicom.sync.fetch_many([(ds, "PixelData"), (ds, 0x00280010)]), list[Any])
    assert_type(adicom.sync.read_partial(path, stop), adicom.sync.FileDataset)
    assert_type(adicom.sync.read_dataset(b"", False, True), adicom.sync.Dataset)
    with adicom.sync.Session() as session, adicom.sync.iter_events(path, session=session) as events:
        for event in events:
            assert_type(event, adicom.Event)
    assert_type(list(adicom.sync.iter_batches(path)), list[list[adicom.Event]])


def blocking_frames(path: Path) -> None:
    with adicom.sync.open_dicom(path, index=None) as dcm:
        assert_type(dcm, adicom.sync.DicomReader)
        assert_type(dcm.dataset, adicom.sync.FileDataset)
        assert_type(dcm.stats, IOStats)
        assert_type(dcm.number_of_frames, int)
        assert_type(dcm.frame_bytes(0), bytes)
        with dcm.frames_bytes([1, 2]) as frames:
            assert_type(list(frames), list[tuple[int, bytes]])
        with dcm.pixel_stream() as pieces:
            assert_type(pieces, Iterator[bytes])
        assert_type(dcm.index(), str)
        assert_type(dcm.read_header(), adicom.sync.FileDataset)
        assert_type(dcm.fetch("PixelData"), Any)


async def mistakes(path: Path) -> None:
    ds = await adicom.dcmread(path)
    adicom.dcmread(path)  # type: ignore[unused-coroutine]  # nothing is read for want of an await
    ds.fetch_all()  # type: ignore[unused-coroutine]
    adicom.fetch_many([(ds, "PixelData")])  # type: ignore[unused-coroutine]
    await adicom.fetch_many([ds])  # type: ignore[list-item]
    await adicom.dcmread(path, defer=5)  # type: ignore[call-arg]
    await adicom.dcmread(path, on_unreachable="lose")  # type: ignore[arg-type]
    await adicom.dcmread(path, identity="none")  # type: ignore[arg-type]
    await adicom.read_partial(path, lambda tag: True)  # type: ignore[arg-type, misc]
    for _ in adicom.iter_events(b""):  # type: ignore[attr-defined]
        pass
    with adicom.open_dicom(path) as _:  # type: ignore[attr-defined]
        pass
    adicom.sync.dcmread(path, session=adicom.Session())  # type: ignore[arg-type]  # it takes a session of adicom.sync
