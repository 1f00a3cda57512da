"""What type checkers see of a DICOMDIR and its records; checking this file with mypy is the test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_type

import adicom
import adicom.sync


async def awaited(directory: adicom.DicomDir) -> None:
    assert_type(directory.records, list[adicom.DirectoryRecord])
    assert_type(directory.find("IMAGE", PatientID="1"), list[adicom.DirectoryRecord])
    assert_type(directory.walk_records(orphans=True), Iterator[adicom.DirectoryRecord])
    record = directory.patient_records[0].children[0]
    assert_type(record, adicom.DirectoryRecord)
    assert_type(record.parent, adicom.DirectoryRecord | None)
    assert_type(record.find("IMAGE"), list[adicom.DirectoryRecord])
    assert_type(record.file_id, tuple[str, ...])
    assert_type(record.path, str | None)
    assert_type(await record.read(base=".", defer_size="64 KB", timeout=5), adicom.FileDataset)
    assert_type(directory.tree(), str)
    record.read()  # type: ignore[unused-coroutine]  # nothing is read for want of an await
    await record.read(defer=5)  # type: ignore[call-arg]


def blocking(directory: adicom.sync.DicomDir) -> None:
    assert_type(directory.records, list[adicom.sync.DirectoryRecord])
    assert_type(directory.images, list[adicom.sync.DirectoryRecord])
    assert_type(directory.find("IMAGE"), list[adicom.sync.DirectoryRecord])
    assert_type(next(directory.walk_records()), adicom.sync.DirectoryRecord)
    record = directory.patient_records[0].children[0]
    assert_type(record, adicom.sync.DirectoryRecord)
    assert_type(record.parent, adicom.sync.DirectoryRecord | None)
    assert_type(next(record.walk_records()), adicom.sync.DirectoryRecord)
    assert_type(record.read(force=True), adicom.sync.FileDataset)
    record.read(session=adicom.Session())  # type: ignore[arg-type]  # it takes a session of adicom.sync
