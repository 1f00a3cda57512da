"""What type checkers see of the JSON functions; checking this file with mypy is the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, assert_type

import adicom
import adicom.sync
from adicom.jsonmodel import BULK_DATA_VR, aevents_to_json, events_to_json

if TYPE_CHECKING:
    from adicom.dataset import FileMetaDataset


def uri(element: adicom.DataElement) -> str | None:
    return None if element.is_private else f"bulk/{element.tag:08X}"


def value(tag: str, vr: str, uri: str) -> bytes:
    return uri.encode()


def called(ds: adicom.FileDataset, meta: FileMetaDataset, session: adicom.sync.Session) -> None:
    assert_type(ds.to_json(0, uri, bulk_data_vr=BULK_DATA_VR), str)
    assert_type(ds.to_json_dict(1024, uri, True), dict[str, Any])
    assert_type(ds["PatientID"].to_json_dict(uri, 0), dict[str, Any])
    assert_type(adicom.Dataset.from_json("{}", value, base_url="https://host/"), adicom.Dataset)
    assert_type(adicom.FileDataset.from_json(b"{}"), adicom.FileDataset)
    assert_type(adicom.sync.Dataset.from_json({}, session=session), adicom.sync.Dataset)
    assert_type(meta.from_json("{}").to_json(), str)


def streamed(events: adicom.sync.Stream[adicom.Event]) -> None:
    assert_type(events_to_json(events, bulk_data_element_handler=uri), Iterator[str])


async def awaited(url: str) -> None:
    async with adicom.iter_events(url) as events:
        assert_type(aevents_to_json(events), AsyncIterator[str])
