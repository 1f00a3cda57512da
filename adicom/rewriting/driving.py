"""Source, transforms and sink, once for each way to wait."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from adicom.filereader.keywords import split_keywords
from adicom.io.budget import Budget
from adicom.io.drive import next_batch, parse
from adicom.io.resolve import is_remote, resolve_async, resolve_local
from adicom.io.session import borrow_session
from adicom.io.sinks import open_sink, open_sink_blocking
from adicom.io.sinks.resolve import is_remote_target
from adicom.rewriting.passes import AsyncTee, LocalTee, Work

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Unpack

    from adicom.filereader.keywords import IOKeywords
    from adicom.io.base import AsyncSource, LocalSource
    from adicom.io.sinks import BlockingSink
    from adicom.io.sinks.opening import OpenSink
    from adicom.parser.limits import ParserLimits
    from adicom.rewriting.base import Transform
    from adicom.rewriting.report import RewriteReport

__all__ = ("rewrite", "rewrite_here")


async def rewrite(
    source: Any,
    target: Any,
    *transforms: Transform,
    overwrite: bool = True,
    fsync: bool = False,
    force: bool = False,
    limits: ParserLimits | None = None,
    target_options: Mapping[str, Any] | None = None,
    **keywords: Unpack[IOKeywords],
) -> RewriteReport:
    """Copy an object with changes, in constant memory, whatever its size.

    Events go from the source through the transforms to the target, as fast as the target takes them. What no transform
    touches keeps its bytes; without transforms all of them. A source that ends too early, an error or a cancellation
    leaves what was at the target before. The source may be the target.

    Args:
        source: As in :func:`adicom.dcmread`.
        target: As in :func:`adicom.io.open_sink`: a path or URL, something that can be written to, a store.
        *transforms: What is done, in this order; see :mod:`adicom.rewriting`.
        overwrite: Whether there may be an object at the target.
        fsync: Of a path: whether bytes and name are on the disk when it returns.
        force: Whether to take what has no ``DICM`` prefix.
        limits: The bounds of the parse.
        target_options: Credentials and endpoints of the target; those of the source (``storage_options``) are not
            sent there.
        **keywords: How the source is read; see :class:`adicom.filereader.IOKeywords`. The session is the target's, too.

    Returns:
        What was changed: tags and counts, never values.

    Raises:
        TypeError: ``source``, ``target`` or a transform is nothing that can be that.
        ValueError: A transform must read twice, and the source can be read once.
        ParseError: The source is no whole and sound DICOM object.
        EncodeError: What a transform wants cannot be written there; ``path``, ``tag`` and ``value`` say what.
        SourceError: The source cannot be read.
        SinkError: The target cannot be written.

    Example:
        >>> import adicom, asyncio, io, pydicom.data
        >>> from adicom.rewriting import Delete, Set
        >>> path, out = pydicom.data.get_testdata_file("CT_small.dcm"), io.BytesIO()
        >>> report = asyncio.run(rewrite(path, out, Set("PatientName", "ANONYMOUS"), Delete("OtherPatientIDsSequence")))
        >>> print(report)
        39,206 bytes read, 39,110 written, 2 changes
                1  replaced   Set  (0010, 0010) PatientName
                1  deleted    Delete  (0010, 1002) OtherPatientIDsSequence
    """
    options, place, _ = split_keywords(keywords, "rewrite", parse=False)
    work = Work(transforms, force=force, limits=limits, header_hint=options.header_hint)
    session, storage_options = place.get("session"), place.get("storage_options")
    async with AsyncExitStack() as stack:
        if is_remote(source) or is_remote_target(target):
            session = await stack.enter_async_context(borrow_session(session))
        budget = Budget(options)
        opened = resolve_async(source, session, options, storage_options=storage_options, budget=budget)
        if opened is not source:
            stack.push_async_callback(opened.aclose)
        work.check_rereadable(opened.rereadable, opened.name)
        if work.twice:
            await _measure(work, opened, budget)
            work.check_rereadable(opened.rereadable, opened.name)
        sink_of = partial(
            open_sink, target, session=session, storage_options=target_options, overwrite=overwrite, fsync=fsync
        )
        return await _write(work, opened, sink_of, budget, owned=opened is not source)


async def _measure(work: Work, source: AsyncSource, budget: Budget) -> None:
    step, planner = work.measure(), work.planner()
    while batch := await next_batch(step.parser, source, planner, budget):
        for _ in step.take(batch):
            pass
    for _ in step.end():
        pass


async def _write(
    work: Work, source: AsyncSource, sink_of: Callable[..., OpenSink], budget: Budget, *, owned: bool
) -> RewriteReport:
    step, planner, tee = work.write(), work.planner(), AsyncTee(source, keeps=work.copies)
    # In front of the sink: what is no DICOM object opens none, and how large one is chooses the parts of an upload.
    batch = await next_batch(step.parser, tee, planner, budget)
    written = 0
    async with sink_of(size_hint=planner.size) as sink:
        while batch:
            for piece in tee.drain() if work.copies else step.take(batch):
                written += len(piece)
                await sink.write(piece)
            batch = await next_batch(step.parser, tee, planner, budget)
        for piece in tee.drain() if work.copies else step.end():
            written += len(piece)
            await sink.write(piece)
        if owned:
            await source.aclose()  # not everywhere can a file be replaced that is open
    return work.report(tee.stats.requests, tee.position, written)


def rewrite_here(
    source: Any,
    target: Any,
    *transforms: Transform,
    overwrite: bool = True,
    fsync: bool = False,
    force: bool = False,
    limits: ParserLimits | None = None,
    header_hint: int | None = None,
) -> RewriteReport | None:
    """Rewrite between local places, in the caller's thread; return None where one of them is not local."""
    work = Work(transforms, force=force, limits=limits, header_hint=header_hint)
    opened = resolve_local(source)
    if opened is None or is_remote_target(target):
        return None
    try:
        work.check_rereadable(opened.rereadable, opened.name)
        if work.twice:
            _measure_here(work, opened)
            work.check_rereadable(opened.rereadable, opened.name)
        with open_sink_blocking(target, overwrite=overwrite, fsync=fsync) as sink:
            report = _write_here(work, opened, sink)
            if opened is not source:
                opened.close()
        return report
    finally:
        if opened is not source:
            opened.close()


def _measure_here(work: Work, source: LocalSource) -> None:
    step = work.measure()
    for batch in parse(step.parser, source, work.planner()):
        for _ in step.take(batch):
            pass
    for _ in step.end():
        pass


def _write_here(work: Work, source: LocalSource, sink: BlockingSink) -> RewriteReport:
    step, tee = work.write(), LocalTee(source, keeps=work.copies)
    written = 0
    for batch in parse(step.parser, tee, work.planner()):
        for piece in tee.drain() if work.copies else step.take(batch):
            written += len(piece)
            sink.write(piece)
    for piece in tee.drain() if work.copies else step.end():
        written += len(piece)
        sink.write(piece)
    return work.report(tee.stats.requests, tee.position, written)
