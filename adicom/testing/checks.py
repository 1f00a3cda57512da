"""What adicom relies on when it reads a source, one method for each promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from unittest import SkipTest

import anyio
import anyio.lowlevel

from adicom.errors import InvalidDicomError, SourceError, SourceNotFoundError, TruncatedError
from adicom.filereader import dcmread, fetch_many, iter_events
from adicom.io.base import AsyncSource, Identity, LocalSource
from adicom.io.concurrency import run_bounded
from adicom.io.identity import difference
from adicom.io.names import public_url
from adicom.io.stats import IOStats
from adicom.parser import Event, ValueChunk
from adicom.testing.opened import Opened, opened, require, require_bytes
from adicom.testing.samples import CUT, DOCUMENT, PATIENT_ID, PIXELS, SAMPLE

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from adicom.dataset import FileDataset

__all__ = ("SourceChecks",)

_SIZE = len(SAMPLE)
_COUNTERS = ("requests", "bytes", "retries", "seconds")
_PAUSES = (None, 0, 0.001, 0.004, 0.02)
"""How many seconds a read is given before it is cancelled; None: not one step."""


class SourceChecks:
    """The checks; see :class:`adicom.testing.SourceSuite`."""

    counts_requests: ClassVar[bool] = True
    secrets: ClassVar[tuple[str, ...]] = ()

    def open_source(self, data: bytes) -> Any:
        """Return a source over these bytes, or a context manager, async or not, that gives one.

        It is called for each check anew, inside of the event loop. The source is closed before the context is left.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how a source is opened")

    def open_missing(self) -> Any:
        """Return, in the same way, a source over an object that does not exist; None where there is no such thing."""
        return None

    def _open(self, data: bytes = SAMPLE) -> AbstractAsyncContextManager[Opened]:
        return opened(self.open_source(data), data)

    # -- what it looks like --

    async def check_protocol(self) -> None:
        """It has what :class:`adicom.io.AsyncSource` or :class:`adicom.io.LocalSource` have."""
        async with self._open() as source:
            kind: Any = AsyncSource if source.is_async else LocalSource
            missing = [name for name in _attributes(kind) if not hasattr(source.source, name)]
            require(not missing, f"it has no {', '.join(missing)}, which adicom.io.{kind.__name__} has")
            for _ in range(2):
                found = type(source.source.rereadable)
                require(found is bool, f"rereadable is True or False, not {found.__name__}")
                await source.read_some()
                if not source.source.rereadable:
                    break

    async def check_name(self) -> None:
        """Its name can be shown to anybody: no password, no query."""
        async with self._open() as source:
            name = source.source.name
            require(isinstance(name, str) and name, "name is a text that says what is read")
            require("://" not in name or public_url(name) == name, "name has userinfo, a query or a fragment in it")
            await source.read(0, 100)
            require(source.source.name == name, "name changes while it is read")
            self._require_no_secrets(name, "name")
            self._require_no_secrets(repr(source.source), "repr()")

    def _require_no_secrets(self, text: str, what: str) -> None:
        require(not any(secret in text for secret in self.secrets), f"{what} shows a secret")

    # -- bytes --

    async def check_forward(self) -> None:
        """Read on and on, in steps of any length, it gives all bytes once."""
        async with self._open() as source:
            offset = 0
            for size in (1, 2, 7, 131, 1, 8191):
                offset += len(await source.read_right(offset, size))
        for size in (16_384, 10 * _SIZE):
            async with self._open() as source:
                end = await source.read_to_the_end(0, size)
                require(end == _SIZE, f"it gave {end} of {_SIZE} bytes")

    async def check_jumps(self) -> None:
        """A jump ahead leads to the bytes at that very offset."""
        async with self._open() as source:
            await source.read_some(1, 16384, 5, 65536, 70_001)

    async def check_offsets(self) -> None:
        """If it is rereadable, any offset can be read, in any order and again."""
        async with self._open() as source:
            begun = len(await source.read_right(0, 100))
            if not source.source.rereadable:
                await self._check_no_way_back(source, begun)
                return
            for offset in (150_000, _SIZE - 20, 0, _SIZE - 1, 1, 149_999, 150_000, 65536, 65535, 0):
                for size in (5000, 1):
                    await source.read_right(offset, size)
            require(source.source.rereadable, "it was rereadable after its first answer, and is not any more")

    async def _check_no_way_back(self, source: Opened, offset: int) -> None:
        """What cannot go back says so; it does not give other bytes, or the end."""
        while offset < 2000:
            offset += len(await source.read_right(offset, 2000))
        try:
            await source.read_right(0, 100)
        except SourceError as error:
            self._require_no_secrets(str(error), "an error")

    async def check_end(self) -> None:
        """``b""`` is the end, at the end and behind it, and nothing else is."""
        async with self._open() as source:
            require(await source.read_to_the_end() == _SIZE, "it ends before its end")
            for offset in (_SIZE, _SIZE, _SIZE + 1, _SIZE + 100_000):
                answer = await source.read(offset, 1000)
                require(not answer.data, f'read_at({offset}, 1000) gave bytes behind the end, where it gives b""')
        for offset in (_SIZE - 1, _SIZE + 5):
            async with self._open() as source:
                await source.read(0, 100)
                await source.read_right(offset, 1000)

    async def check_empty(self) -> None:
        """Nothing at all is an end too."""
        async with self._open(b"") as source:
            for _ in range(2):
                answer = await source.read(0, 16384)
                require(not answer.data, 'read_at() of an empty object gave bytes, where it gives b""')
                require(answer.size in (None, 0), f"the size of an empty object is 0, not {answer.size}")
        async with self._open(b"") as source:
            try:
                await dcmread(source.source)
            except InvalidDicomError:
                return
            require(False, "an empty object is no DICOM file")

    # -- what it knows --

    async def check_size(self) -> None:
        """The size, where an answer tells it, is that of the whole object."""
        async with self._open() as source:
            async for answer in source.answers():
                require(answer.size in (None, _SIZE), f"the size in an answer is {answer.size}, not {_SIZE}")

    async def check_identity(self) -> None:
        """All answers from one state of an object tell the same identity."""
        async with self._open() as source:
            seen = [answer.identity async for answer in source.answers() if answer.identity is not None]
            seen += [known] if (known := getattr(source.source, "identity", None)) is not None else []
            for identity in seen:
                kind = type(identity).__name__
                require(isinstance(identity, Identity), f"an identity is an adicom.io.Identity, not {kind}")
                what = difference(seen[0], identity)
                require(what is None, f"the identity changes while nothing else does: another {what}")
                # It may be a part of the object that is read.
                whole = identity.size is None or identity.size >= _SIZE
                require(whole, f"the identity tells the size {identity.size}, there are {_SIZE} bytes")

    async def check_stats(self) -> None:
        """Its counters grow with what it reads."""
        async with self._open() as source:
            stats = source.source.stats
            require(isinstance(stats, IOStats), f"stats are adicom.io.IOStats, not {type(stats).__name__}")
            before = [getattr(stats, name) for name in _COUNTERS]
            received = 0
            async for answer in source.answers():
                received += len(answer.data)
                now = [getattr(source.source.stats, name) for name in _COUNTERS]
                for name, old, new in zip(_COUNTERS, before, now, strict=True):
                    require(new >= old, f"stats.{name} went down from {old} to {new}")
                before = now
            if self.counts_requests:
                stats = source.source.stats
                require(stats.requests > 0, "stats.requests does not count")
                require(stats.bytes >= received, f"stats.bytes is {stats.bytes} after {received} bytes")

    # -- how it is used --

    async def check_closing(self) -> None:
        """It can be closed at any time, and again."""
        for steps in (None, (), (100_000,)):
            async with self._open() as source:
                if steps is not None:
                    await source.read_some(*steps)
                await source.close()
                await source.close()

    async def check_concurrent(self) -> None:
        """If it says ``concurrent``, several reads may be under way at a time."""
        async with self._open() as source:
            await source.read(0, 1000)
            if not getattr(source.source, "concurrent", False):
                raise SkipTest("it does not say that it takes several reads at a time")
            require(source.is_async, "a source that is read in place cannot be concurrent")
            reads = [lambda at=at: source.read_right(at, 3000) for at in range(0, _SIZE, _SIZE // 24)]
            await run_bounded(reads, len(reads))

    async def check_cancelling(self) -> None:
        """A read that was cancelled leaves no false bytes, and no false end, to the next one."""
        for pause in _PAUSES:
            async with self._open() as source:
                if not source.is_async:
                    raise SkipTest("a source that is read in place is not cancelled")
                offset = len(await source.read_right(0, 1000))
                offset += await _read_for_a_while(source, offset, pause)
                try:
                    end = await source.read_to_the_end(offset, 100_000)
                except SourceError as error:
                    self._require_no_secrets(str(error), "an error")
                    require(not source.source.rereadable, "it is rereadable, and cannot be read after a cancelled read")
                    continue
                require(end == _SIZE, "after a cancelled read it ends early")

    async def check_threads(self) -> None:
        """What is read in place is read in worker threads, now in this one, now in that."""
        async with self._open() as source:
            if source.is_async:
                raise SkipTest("it is awaited")
            offset = 0
            for _ in range(3):
                answer = await anyio.to_thread.run_sync(source.source.read_at, offset, 1000)
                require_bytes(answer.data, SAMPLE, offset, f"read_at({offset}, 1000) in a worker thread")
                offset += len(answer.data)

    async def check_missing(self) -> None:
        """Where there is nothing, it says so, and shows no secret."""
        made = self.open_missing()
        if made is None:
            raise SkipTest("open_missing() gives nothing")
        async with opened(made) as source:
            try:
                await source.read(0, 100)
            except SourceNotFoundError as error:
                self._require_no_secrets(str(error), "an error")
                return
            except Exception as error:
                kind = type(error).__name__
                raise AssertionError(f"where there is nothing, it raises {kind}, not SourceNotFoundError") from error
            require(False, "where there is nothing, it gives an answer instead of SourceNotFoundError")

    # -- what adicom makes of it --

    async def check_dataset(self) -> None:
        """A file is read from it as from bytes."""
        async with self._open() as source:
            found = await dcmread(source.source)
            _require_sample(found, await dcmread(SAMPLE))
        async with self._open() as source:
            found = await dcmread(source.source, specific_tags=["PatientID"])
            require(found.PatientID == PATIENT_ID, "PatientID is not what is in the file")

    async def check_truncated(self) -> None:
        """A file that ends too early ends at the same byte as in bytes."""
        errors: list[TruncatedError] = []
        async with self._open(CUT) as source:
            for fp in (source.source, CUT):
                try:
                    await dcmread(fp)
                except TruncatedError as error:
                    errors.append(error)
        require(len(errors) == 2, "a file that ends too early was read as if it were whole")
        mine, theirs = [(error.offset, error.wanted, error.got) for error in errors]
        require(mine == theirs, f"the file ends early, with {mine[2]} of {mine[1]} bytes, where {theirs[2]} are there")

    async def check_events(self) -> None:
        """Its events are those of bytes."""
        async with self._open() as source:
            # The first request would be for all of it.
            events = _joined([event async for event in iter_events(source.source, header_hint=20_000)])
        wanted = _joined([event async for event in iter_events(SAMPLE)])
        for number, (mine, theirs) in enumerate(zip(events, wanted, strict=False)):
            require(mine == theirs, f"event {number}, {type(theirs).__name__}, is not the one that comes from bytes")
        require(len(events) == len(wanted), f"{len(events)} events come, where there are {len(wanted)}")

    async def check_deferred_values(self) -> None:
        """Values that were passed over can be fetched, one by one and together."""
        async with self._open() as source:
            found = await dcmread(source.source, defer_size=10_000)
            deferred = [element for element in found.iterall() if element.is_deferred]
            if not source.source.rereadable:
                require(not deferred, "a value is deferred, but the source cannot be read again")
                _require_sample(found, await dcmread(SAMPLE))
                return
            require(len(deferred) == 3, f"{len(deferred)} values of 3 were passed over")
            item = found.ReferencedImageSequence[1]
            values = await fetch_many([(item, "EncapsulatedDocument"), (found, "EncapsulatedDocument")])
            require(values == [DOCUMENT[::-1], DOCUMENT], "fetch_many() brings other bytes than those of the values")
            pieces = b"".join([piece async for piece in found.stream("PixelData")])
            require(pieces == PIXELS, "stream() brings other bytes than those of the value")
            require(await found.fetch("PixelData") == PIXELS, "fetch() brings other bytes than those of the value")
            _require_sample(found, await dcmread(SAMPLE))

    async def check_blocking(self) -> None:
        """What is read in place can be read by :mod:`adicom.sync` too."""
        from adicom.sync import filereader

        async with self._open() as source:
            if source.is_async:
                raise SkipTest("it is awaited")
            _require_sample(filereader.dcmread(source.source), await dcmread(SAMPLE))


def _attributes(kind: type) -> list[str]:
    return sorted(name for name in vars(kind) if not name.startswith("_"))


async def _read_for_a_while(source: Opened, offset: int, pause: float | None) -> int:
    """Read, and cancel that after some seconds; return how many bytes came before."""
    got = 0

    async def read() -> None:
        nonlocal got
        got = len(await source.read_right(offset, 20_000))

    error: Exception | None = None
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(read)
            if pause is not None:
                await anyio.sleep(pause)
            await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
    except ExceptionGroup as errors:
        error = errors.exceptions[0]
    if error is not None:
        raise error
    return got


def _joined(events: list[Event]) -> list[Any]:
    """Return events with the pieces of each value put together: where it is cut depends on the source."""
    found: list[Any] = []
    pieces: list[bytes] = []
    for event in events:
        if not isinstance(event, ValueChunk):
            found += [b"".join(pieces), event] if pieces else [event]
            pieces = []
        else:
            pieces.append(bytes(event.data))
    return found


def _require_sample(found: FileDataset, wanted: FileDataset) -> None:
    """Require what is known of the file, and what comes from bytes."""
    require(found.PatientID == PATIENT_ID, "PatientID is not what is in the file")
    require(found.EncapsulatedDocument == DOCUMENT, "Encapsulated Document is not what is in the file")
    require(found.PixelData == PIXELS, "Pixel Data is not what is in the file")
    require(found == wanted, "the dataset is not the one that comes from bytes")
    require(found.file_meta == wanted.file_meta, "the file meta information is not the one that comes from bytes")
