"""The sink over obstore: objects in S3, Google Cloud Storage, Azure."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    NotFoundError,
    PermissionDeniedError,
    UnauthenticatedError,
)

from adicom.errors import DicomError, SinkError, SinkNotFoundError, SinkPermissionError, SinkTimeoutError
from adicom.io.sinks.faults import already_exists, status_fault
from adicom.io.sinks.feeding import EndedEarlyError, Feed, StoppedError
from adicom.io.sinks.outlets import MIB
from adicom.io.sinks.parts import plan_parts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from obstore.store import ObjectStore

    from adicom.io.sinks.resolve import SinkOptions

__all__ = ("ObjectStoreOutlet",)

T = TypeVar("T")

# obstore has no attribute that tells the status.
_STATUS: Final = re.compile(r"status code: (\d{3})")


class ObjectStoreOutlet:
    """An object in a store of obstore's.

    What is no longer than one part is one PUT, and no object is there if that fails. The rest is an upload in parts,
    which only its completion makes an object. obstore takes an upload back where the iterator that it reads raises, or
    a part fails; so that is how it is aborted, and it is never cancelled while it may still do so.

    Args:
        open_store: Gives the store.
        path: Of the object in the store.
        name: What messages call the object.
        options: How to write.
        attributes: What the store is told of the object.
        patience: Seconds that it may take for a request, or to take a block.
    """

    block = MIB

    def __init__(
        self,
        open_store: Callable[[], Awaitable[ObjectStore]],
        path: str,
        name: str,
        options: SinkOptions,
        *,
        attributes: dict[str, str] | None = None,
        patience: float | None = None,
    ) -> None:
        self.name = name
        self.written = 0
        self._open_store = open_store
        self._path = path
        self._options = options
        self._attributes: Any = attributes
        self._patience = patience
        self._parts = plan_parts(options.expected)
        self._store: ObjectStore | None = None
        self._held: list[bytes] = []
        self._feed: Feed[Any] | None = None

    async def open(self) -> None:
        """Open the store; refuse early what will be refused at the end."""
        self._store = await self._open_store()
        if not self._options.overwrite:
            await self._refuse_existing()

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep what may be one PUT; pass on the rest."""
        block = bytes(data)
        if self._feed is None:
            self._held.append(block)
            if sum(map(len, self._held)) <= self._parts.size:
                return
            self._feed = Feed(self._upload)
            held, self._held = self._held, []
            while held:
                await self._put(self._feed, held.pop(0))
            return
        if self.written + len(block) > self._parts.limit:
            raise self._error(
                f"an object above {self._parts.limit} bytes needs length= or size_hint= to choose the size of its parts"
            )
        await self._put(self._feed, block)

    async def commit(self) -> None:
        """Complete the upload."""
        if self._feed is not None:
            if not self._options.overwrite:
                await self._refuse_existing()
            await self._ask(self._feed.end())
            self._feed = None
            return
        body = b"".join(self._held)
        mode: Any = "overwrite" if self._options.overwrite else "create"
        assert self._store is not None
        await self._ask(
            obstore.put_async(
                self._store, self._path, body, mode=mode, use_multipart=False, attributes=self._attributes
            )
        )
        self.written = len(body)

    async def abort(self) -> None:
        """Take the upload back."""
        self._held.clear()
        feed, self._feed = self._feed, None
        if feed is not None:
            await feed.stop()

    async def _upload(self, blocks: AsyncIterator[bytes]) -> Any:
        assert self._store is not None
        return await obstore.put_async(
            self._store,
            self._path,
            blocks,
            use_multipart=True,
            chunk_size=self._parts.size,
            max_concurrency=self._parts.concurrency,
            attributes=self._attributes,
        )

    async def _put(self, feed: Feed[Any], block: bytes) -> None:
        await self._ask(feed.put(block))
        self.written += len(block)

    async def _refuse_existing(self) -> None:
        assert self._store is not None
        try:
            await self._ask(obstore.head_async(self._store, self._path))
        except SinkNotFoundError:
            return
        raise already_exists(self.name, self.written)

    async def _ask(self, waiting: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._patience):
                return await waiting
        except DicomError:
            raise
        except Exception as error:  # noqa: BLE001 - obstore's own, those of its runtime, those of who has credentials
            fault = self._fault(error)
        # Out here what obstore raised is not the context: its text holds the URL.
        raise fault

    def _fault(self, error: Exception) -> SinkError:
        """Return what to raise for what obstore raised."""
        written = self.written
        if isinstance(error, AlreadyExistsError):
            return already_exists(self.name, written)
        if isinstance(error, (FileNotFoundError, NotFoundError)):
            text = f"{self.name} cannot be written: there is no such container"
            return SinkNotFoundError(text, sink=self.name, written=written)
        if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
            text = f"{self.name} cannot be written: the store refuses access"
            return SinkPermissionError(text, sink=self.name, written=written)
        if isinstance(error, (EndedEarlyError, StoppedError)):
            return self._error("the upload ended before it had all")
        if found := _STATUS.search(text := str(error)):
            return status_fault(int(found[1]), self.name, written)
        if isinstance(error, TimeoutError) or "TimedOut" in text or "kind: Timeout" in text:
            return SinkTimeoutError(f"{self.name}: the store did not answer", sink=self.name, written=written)
        if "HTTP error" in text:
            return self._error("the connection broke")
        return SinkError(
            f"{self.name} cannot be written by obstore ({type(error).__name__})", sink=self.name, written=written
        )

    def _error(self, text: str) -> SinkError:
        return SinkError(f"{self.name}: {text}", sink=self.name, written=self.written)
