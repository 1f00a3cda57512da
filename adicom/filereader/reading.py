"""The two ways to carry a read out: in place, or awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.dataset import DicomDir
from adicom.errors import ParseError
from adicom.filereader.job import BareDataset, Classes, ReadJob
from adicom.io.budget import Budget
from adicom.io.drive import next_batch, parse, read_within
from adicom.io.ranges import FIRST_BLOCK, Planner
from adicom.io.resolve import is_remote, resolve_async, resolve_local
from adicom.io.session import borrow_session
from adicom.io.value_source import values_of
from adicom.parser.events import Need

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adicom.dataset import FileDataset
    from adicom.filereader.options import ParseOptions
    from adicom.filereader.received import Received
    from adicom.io.base import AsyncSource, LocalSource
    from adicom.io.experience import HeaderSizes
    from adicom.io.session import Session

__all__ = ("read_awaited", "read_here")

_START = Need(0, 0)


def read_here(
    fp: Any,
    options: ParseOptions,
    classes: Classes,
    *,
    bare: BareDataset | None = None,
    received: Received | None = None,
) -> FileDataset | None:
    """Read from what needs no waiting; None where ``fp`` takes the network.

    What ``received`` is given takes note of how the read ended; so with :func:`read_awaited`.

    Raises:
        TypeError: ``fp`` is nothing that adicom reads, or can only be awaited.
    """
    source = resolve_local(fp)
    if source is None:
        return None
    _bound(source, options)
    try:
        return _read_local(source, fp, options, classes, bare, received)
    finally:
        if source is not fp:
            source.close()


def _read_local(
    source: LocalSource,
    fp: Any,
    options: ParseOptions,
    classes: Classes,
    bare: BareDataset | None,
    received: Received | None,
) -> FileDataset:
    planner = _planner(options)
    first = source.read_at(0, planner.next_size(_START))
    planner.note(0, len(first.data), first.size)
    job = ReadJob(options, first, rereadable=source.rereadable, classes=classes, bare=bare)
    planner.foresee = job.bytes_to_come
    try:
        for batch in parse(job.parser, source, planner):
            job.take(batch)
    except ParseError as error:
        job.fail(error)
    values = values_of(fp, source, seen=job.identity, options=options.io) if job.parser.deferred else None
    dataset = job.finish(values, source.name, source.stats)
    if received is not None:
        received.note_source(source)
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
    received: Received | None = None,
) -> FileDataset:
    """Read from anything, awaited.

    Raises:
        TypeError: ``fp`` is nothing that adicom reads.
    """
    if not is_remote(fp):
        return await _read_awaited(None, fp, options, classes, session, storage_options, bare, received)
    arguments = (fp, options, classes, session, storage_options, bare, received)
    if session is not None:
        return await session.perform(_read_awaited, session, *arguments)
    async with borrow_session(None, storage_options) as own:
        return await own.perform(_read_awaited, own, *arguments)


async def _read_awaited(
    used: Session | None,
    fp: Any,
    options: ParseOptions,
    classes: Classes,
    session: Session | None,
    storage_options: Mapping[str, Any] | None,
    bare: BareDataset | None,
    received: Received | None,
) -> FileDataset:
    """Read through a session that is in use here: the caller's, or one that was made for this read."""
    budget = Budget(options.io)
    source = resolve_async(fp, used, options.io, storage_options=storage_options, budget=budget)
    _bound(source, options)
    try:
        experience = None if used is None else used.header_sizes
        job = await _read_source(source, budget, options, classes, bare, experience)
        values = None
        if job.parser.deferred:
            if pin := getattr(source, "pin", None):
                await pin()
            values = values_of(
                fp,
                source,
                seen=job.identity,
                session=session,
                options=options.io,
                storage_options=storage_options,
            )
        dataset = job.finish(values, source.name, source.stats)
        if received is not None:
            received.note_source(source)
            if used is not None:
                received.note_rest(job.parser)
        if isinstance(dataset, DicomDir):
            _place(dataset, fp, source, session, storage_options)
        return dataset
    finally:
        if source is not fp:
            await source.aclose()


async def _read_source(
    source: AsyncSource,
    budget: Budget,
    options: ParseOptions,
    classes: Classes,
    bare: BareDataset | None,
    experience: HeaderSizes | None,
) -> ReadJob:
    place = None if experience is None or options.io.header_hint else _kind_of(source, options)
    if experience is None or place is None:
        planner = _planner(options)
    else:
        planner = Planner(first=experience.first_block(place))
    first = await read_within(budget, source, 0, planner.next_size(_START))
    planner.note(0, len(first.data), first.size)
    job = ReadJob(options, first, rereadable=source.rereadable, classes=classes, bare=bare)
    planner.foresee = job.bytes_to_come
    try:
        while batch := await next_batch(job.parser, source, planner, budget):
            job.take(batch)
    except ParseError as error:
        job.fail(error)
    if experience is not None and place is not None:
        size = FIRST_BLOCK if planner.is_at_first_block else job.header_size()
        if size is not None:
            experience.note(place, size)
    return job


def _kind_of(source: AsyncSource, options: ParseOptions) -> tuple[str, object]:
    """Return what headers that are alike have in common: the host or bucket, and how far they are read."""
    host = source.name.partition("://")[2].partition("/")[0]
    return host, options.stop if options.wanted is None else options.wanted.last


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


def _bound(source: AsyncSource | LocalSource, options: ParseOptions) -> None:
    """Let a source that decompresses know how much a dataset may take."""
    inner = getattr(source, "local", source)
    if bound := getattr(inner, "bound_inflated", None):
        bound(options.limits.inflated_bytes)


def _planner(options: ParseOptions) -> Planner:
    return Planner(first=options.io.header_hint or FIRST_BLOCK)
