"""The two ways to carry a read out: in place, or awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from adicom.dataset import DicomDir
from adicom.errors import ParseError
from adicom.filereader.job import BareDataset, Classes, ReadJob
from adicom.io.budget import Budget
from adicom.io.drive import aparse, parse, read_within
from adicom.io.ranges import FIRST_BLOCK, Planner
from adicom.io.resolve import is_remote, resolve_async, resolve_local
from adicom.io.session import borrow_session
from adicom.io.value_source import values_of
from adicom.parser.events import Need

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from adicom.dataset import FileDataset
    from adicom.filereader.options import ParseOptions
    from adicom.io.base import AsyncSource, LocalSource
    from adicom.io.session import Session

__all__ = ("read_awaited", "read_here", "with_session")

T = TypeVar("T")

_START = Need(0, 0)


def read_here(
    fp: Any, options: ParseOptions, classes: Classes, *, bare: BareDataset | None = None
) -> FileDataset | None:
    """Read from what needs no waiting; None where ``fp`` takes the network.

    Raises:
        TypeError: ``fp`` is nothing that adicom reads, or can only be awaited.
    """
    source = resolve_local(fp)
    if source is None:
        return None
    try:
        return _read_local(source, fp, options, classes, bare)
    finally:
        if source is not fp:
            source.close()


def _read_local(
    source: LocalSource, fp: Any, options: ParseOptions, classes: Classes, bare: BareDataset | None
) -> FileDataset:
    planner = _planner(options)
    first = source.read_at(0, planner.next_size(_START))
    planner.note(0, len(first.data), first.size)
    job = ReadJob(options, first, rereadable=source.rereadable, classes=classes, bare=bare)
    try:
        for batch in parse(job.parser, source, planner):
            job.take(batch)
    except ParseError as error:
        job.fail(error)
    values = values_of(fp, source, options=options.io) if job.parser.deferred else None
    dataset = job.finish(values, source.name, source.stats)
    if isinstance(dataset, DicomDir):
        _place(dataset, fp, source)
    return dataset


async def read_awaited(
    fp: Any,
    options: ParseOptions,
    classes: Classes,
    *,
    session: Session | None = None,
    storage_options: Mapping[str, Any] | None = None,
    bare: BareDataset | None = None,
) -> FileDataset:
    """Read from anything, awaited.

    Raises:
        TypeError: ``fp`` is nothing that adicom reads.
    """

    async def read(used: Session | None) -> FileDataset:
        budget = Budget(options.io)
        source = resolve_async(fp, used, options.io, storage_options=storage_options, budget=budget)
        try:
            job = await _read_source(source, budget, options, classes, bare)
            values = None
            if job.parser.deferred:
                values = values_of(fp, source, session=session, options=options.io, storage_options=storage_options)
            dataset = job.finish(values, source.name, source.stats)
            if isinstance(dataset, DicomDir):
                _place(dataset, fp, source, session, storage_options)
            return dataset
        finally:
            if source is not fp:
                await source.aclose()

    if not is_remote(fp):
        return await read(None)
    return await with_session(session, storage_options, read)


async def with_session(
    session: Session | None, storage_options: Mapping[str, Any] | None, operation: Callable[[Session], Awaitable[T]]
) -> T:
    """Run an operation where the clients of a session live; the session is the caller's, or made for it."""
    async with borrow_session(session, storage_options) as used:
        return await used.perform(lambda: operation(used))


async def _read_source(
    source: AsyncSource, budget: Budget, options: ParseOptions, classes: Classes, bare: BareDataset | None
) -> ReadJob:
    planner = _planner(options)
    first = await read_within(budget, source, 0, planner.next_size(_START))
    planner.note(0, len(first.data), first.size)
    job = ReadJob(options, first, rereadable=source.rereadable, classes=classes, bare=bare)
    batches = aparse(job.parser, source, planner, budget)
    try:
        async for batch in batches:
            job.take(batch)
    except ParseError as error:
        job.fail(error)
    finally:
        await batches.aclose()
    return job


def _place(
    directory: DicomDir,
    fp: Any,
    source: Any,
    session: Session | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> None:
    """Let a DICOMDIR know where the files are that it refers to."""
    from adicom.io.fileset import folder_around

    directory.__dict__["_fileset_folder"] = folder_around(fp, source, session, storage_options)


def _planner(options: ParseOptions) -> Planner:
    return Planner(first=options.io.header_hint or FIRST_BLOCK)
