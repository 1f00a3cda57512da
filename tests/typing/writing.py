"""What type checkers see of the writing functions; checking this file with mypy and pyright is the test.

An unused ``type: ignore`` is an error, so each of them says that mypy reports a mistake.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, assert_type

import adicom
import adicom.sync
from adicom.filewriter import EncodedFile

if TYPE_CHECKING:
    from pathlib import Path


async def rendered() -> AsyncIterator[bytes]:
    yield b""


async def awaited(path: Path, ds: adicom.FileDataset, session: adicom.Session) -> None:
    writing: Coroutine[Any, Any, None] = adicom.dcmwrite(path, ds, False, overwrite=False)
    await writing
    await ds.save_as(path, enforce_file_format=True, fsync=True)
    await ds.ReferencedImageSequence[0].save_as(path, implicit_vr=True, session=session)
    await adicom.write_file("s3://bucket/a.dcm", ds, storage_options={"anon": True}, content_type="application/dicom")
    assert_type(await adicom.write_dataset(path, ds, "utf_8", implicit_vr=True, session=session), int)
    await adicom.write_file_meta_info(path, ds.file_meta, enforce_standard=False)
    async with adicom.encode(ds, write_like_original=False, session=session) as body:
        assert_type(body, EncodedFile)
        assert_type(body.length, int | None)
        async for piece in body:
            assert_type(piece, bytes)
    ds.PixelData = adicom.StreamValue(5, rendered)
    ds.PixelData = adicom.EncapsulatedValue(frames=[b"", adicom.StreamValue(5, lambda: [b"12345"])])


def blocking(path: Path, ds: adicom.sync.FileDataset, session: adicom.sync.Session) -> None:
    ds.save_as(path, write_like_original=False)
    adicom.sync.dcmwrite(path, ds, session=session, little_endian=True)
    assert_type(adicom.sync.write_dataset(path, ds), int)
    with adicom.sync.encode(ds) as body:
        assert_type(iter(body), Iterator[bytes])


async def mistakes(path: Path, ds: adicom.FileDataset, same: adicom.sync.FileDataset) -> None:
    ds.save_as(path)  # type: ignore[unused-coroutine]
    adicom.dcmwrite(path, ds)  # type: ignore[unused-coroutine]
    await same.save_as(path)  # type: ignore[func-returns-value, misc]
    await ds.save_as(path, fsnyc=True)  # type: ignore[call-arg]
    same.save_as(path, session=adicom.Session())  # type: ignore[arg-type]
    adicom.encode(ds, overwrite=False)  # type: ignore[call-arg]
