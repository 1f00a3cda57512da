"""What type checkers see of rewriting; checking this file with mypy and pyright is the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, assert_type

import adicom
import adicom.sync
from adicom.rewriting import Change, Delete, Map, ReplaceUIDs, Run, Set, Stage, Transform, transform

if TYPE_CHECKING:
    from pathlib import Path


class Nothing:
    """A transform of a user's."""

    two_passes = False

    def start(self, run: Run) -> Stage:
        return Stage()


async def awaited(path: Path, url: str, session: adicom.Session, new: dict[str, str]) -> None:
    mine: Transform = Nothing()
    report = await adicom.rewrite(url, path, Set("PatientID", "1"), mine, session=session, overwrite=False)
    assert_type(report, adicom.RewriteReport)
    assert_type(report.changes, tuple[Change, ...])
    assert_type(report.count("Set"), int)
    events = transform(adicom.iter_events(path), Delete("PatientID"), ReplaceUIDs(new))
    assert_type(events, AsyncIterator[adicom.Event])


def blocking(path: Path) -> None:
    def upper(element: adicom.DataElement) -> str:
        return str(element.value).upper()

    assert_type(adicom.sync.rewrite(path, "copy.dcm", Map(upper, vr="LO")), adicom.RewriteReport)
    with adicom.sync.iter_events(path) as events:
        assert_type(transform(events, Nothing()), Iterator[adicom.Event])
