"""Pours what was encoded into a sink."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing, closing
from typing import TYPE_CHECKING, Any

from adicom.filewriter.outflow import BlockingOutflow, Outflow
from adicom.filewriter.reach import Reach
from adicom.io.session import BlockingSession, borrow_session
from adicom.io.sinks import open_sink, open_sink_blocking
from adicom.io.sinks.resolve import is_remote_target
from adicom.io.value_source import BlockingValues

if TYPE_CHECKING:
    from adicom.encoder import Encoded
    from adicom.io.session import Session

__all__ = ("pour", "pour_blocking")


async def pour(encoded: Encoded, target: Any, *, session: Session | None = None, **place: Any) -> int:
    """Write what was encoded; return how many bytes there were.

    Whatever goes wrong, and whoever cancels it: a path or an object is then what it was before.

    Args:
        encoded: What was encoded.
        target: As in :func:`adicom.dcmwrite`.
        session: Connections to use.
        **place: The other ones of :class:`~adicom.filewriter.keywords.TargetKeywords`.
    """
    async with AsyncExitStack() as stack:
        if is_remote_target(target):  # then values can come through the same connections
            session = await stack.enter_async_context(borrow_session(session))
        reach = await stack.enter_async_context(Reach(session))
        sink = await stack.enter_async_context(open_sink(target, session=session, length=encoded.length, **place))
        async with aclosing(Outflow(encoded, reach)) as outflow:
            async for data in outflow:
                await sink.write(data)
    return sink.written


def pour_blocking(encoded: Encoded, target: Any, *, session: BlockingSession | None = None, **place: Any) -> int:
    """Do the same, blocking: in place where all is local, else as one operation on a session's network thread.

    Raises:
        TypeError: ``target`` can only be awaited.
    """
    if not is_remote_target(target):
        opened = open_sink_blocking(target, length=encoded.length, **_local(place))
        if all(_is_here(pull) for pull in encoded.pulls):
            with opened as sink, closing(BlockingOutflow(encoded)) as outflow:
                for data in outflow:
                    sink.write(data)
            return sink.written
    of_values = _session_of(encoded)
    used = session or of_values or BlockingSession()
    try:
        return used.run(lambda inner: pour(encoded, target, session=inner, **place))
    finally:
        if used is not session and used is not of_values:
            used.close()


def _local(place: dict[str, Any]) -> dict[str, Any]:
    """Return what matters for a path or a file."""
    return {name: value for name, value in place.items() if name in ("overwrite", "fsync")}


def _is_here(pull: Any) -> bool:
    """Say whether the bytes of a value can be had without a network."""
    source = getattr(pull, "source", None)
    return source is None or (source.can_fetch_now and not isinstance(source, BlockingValues))


def _session_of(encoded: Encoded) -> BlockingSession | None:
    """Return the session that the values were read with, if there is one and it is open."""
    sources = [getattr(pull, "source", None) for pull in encoded.pulls]
    found = {source.session for source in sources if isinstance(source, BlockingValues)} - {None}
    return found.pop() if len(found) == 1 else None
