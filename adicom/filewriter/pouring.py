"""Pours what was encoded into a sink."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing, closing
from typing import TYPE_CHECKING, Any

from adicom.filewriter.outflow import BlockingOutflow, Outflow
from adicom.filewriter.reach import Reach
from adicom.io.session import BlockingSession, borrow_session
from adicom.io.sinks import open_sink, open_sink_blocking
from adicom.io.value_source import BlockingValues

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adicom.encoder import Encoded
    from adicom.io.session import Session

__all__ = ("pour", "pour_blocking")


async def pour(
    encoded: Encoded,
    target: Any,
    *,
    overwrite: bool = True,
    fsync: bool = False,
    session: Session | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> int:
    """Write what was encoded; return how many bytes there were.

    Whatever goes wrong, and whoever cancels it: a path or an object is then what it was before.

    Args:
        encoded: What was encoded.
        target: As in :func:`adicom.dcmwrite`.
        overwrite: See :class:`~adicom.filewriter.keywords.TargetKeywords`, also for the others.
        fsync: The same.
        session: The same.
        storage_options: The same.
    """
    async with AsyncExitStack() as stack:
        if session is None and storage_options:
            session = await stack.enter_async_context(borrow_session(None, storage_options))
        reach = await stack.enter_async_context(Reach(session))
        sink = await stack.enter_async_context(
            open_sink(target, session=session, overwrite=overwrite, length=encoded.length, fsync=fsync)
        )
        async with aclosing(Outflow(encoded, reach)) as outflow:
            async for data in outflow:
                await sink.write(data)
    return sink.written


def pour_blocking(
    encoded: Encoded,
    target: Any,
    *,
    overwrite: bool = True,
    fsync: bool = False,
    session: BlockingSession | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> int:
    """Do the same, blocking: in place where all is local, else as one operation on a session's network thread."""
    if _is_local(target) and all(_is_here(pull) for pull in encoded.pulls):
        opened = open_sink_blocking(target, overwrite=overwrite, length=encoded.length, fsync=fsync)
        with opened as sink, closing(BlockingOutflow(encoded)) as outflow:
            for data in outflow:
                sink.write(data)
        return sink.written
    used = session or _session_of(encoded) or BlockingSession()
    try:
        return used.run(
            lambda inner: pour(
                encoded,
                target,
                overwrite=overwrite,
                fsync=fsync,
                session=inner,
                storage_options=storage_options,
            )
        )
    finally:
        if used is not session and used is not _session_of(encoded):
            used.close()


def _is_local(target: Any) -> bool:
    from adicom.io.sinks.resolve import local_outlet

    return local_outlet(target, overwrite=True, fsync=False) is not None


def _is_here(pull: Any) -> bool:
    """Say whether the bytes of a value can be had without a network."""
    source = getattr(pull, "source", None)
    return source is None or (source.can_fetch_now and not isinstance(source, BlockingValues))


def _session_of(encoded: Encoded) -> BlockingSession | None:
    """Return the session that the values were read with, if there is one and it is open."""
    sources = [getattr(pull, "source", None) for pull in encoded.pulls]
    found = {source.session for source in sources if isinstance(source, BlockingValues)} - {None}
    return found.pop() if len(found) == 1 else None
