"""What a source of bytes is, seen from the parser's side.

A source answers ``read_at(offset, size)``. It is never subclassed: whatever has the attributes of
:class:`AsyncSource` or :class:`LocalSource` is one. :class:`adicom.testing.SourceSuite` checks what is promised here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from adicom.io.stats import IOStats

__all__ = (
    "Answer",
    "AsyncSource",
    "Identity",
    "IdentityMode",
    "LocalSource",
    "Range",
    "ReadOptions",
)

IdentityMode: TypeAlias = Literal["strict", "size", "off"]
"""How much must agree for two answers to come from the same object."""


class Range(NamedTuple):
    """A piece of a source.

    Example:
        >>> Range(100, 28).end
        128
    """

    offset: int
    length: int

    @property
    def end(self) -> int:
        """Where the byte behind the last one is."""
        return self.offset + self.length


class Identity(NamedTuple):
    """What tells one state of an object from another; None is "not known".

    Attributes:
        etag: The entity tag as the server wrote it, quotes and ``W/`` included.
        size: Bytes of the whole object.
        modified: When it was changed: nanoseconds for files, the server's text for objects.
        version: A version id (S3), a generation (GCS).
        inode: The number of a local file, which differs after another one was renamed over it.

    Example:
        >>> Identity(etag='W/"5"', size=10).strong_etag is None
        True
    """

    etag: str | None = None
    size: int | None = None
    modified: int | str | None = None
    version: str | None = None
    inode: int | None = None

    @property
    def strong_etag(self) -> str | None:
        """The entity tag, if equal tags promise equal bytes (RFC 9110 8.8.1)."""
        return self.etag if self.etag and not self.etag.startswith("W/") else None


class Answer(NamedTuple):
    """What a source gives to one ``read_at``.

    Attributes:
        data: The bytes from exactly the offset asked for; they may be fewer or more than asked for.
            ``b""`` is the end of the source, nothing else.
        identity: Which state of the object they are from, where that can be known.
        size: Bytes of the whole source, where that is known.
    """

    data: bytes
    identity: Identity | None
    size: int | None


@runtime_checkable
class AsyncSource(Protocol):
    """A source that may have to wait.

    It is read from its start on, one read after the other, and may be cancelled in any of them: the next one then gives
    the right bytes all the same, or, where it cannot go back, an error. What goes wrong is a
    :class:`~adicom.errors.SourceError`; other exceptions reach the caller of adicom as they are.

    Two attributes more may be there:

    * ``concurrent``: whether several reads may be under way at a time, at the latest from the first answer on.
    * ``identity``: the :class:`Identity` of what is read; by default that of the first answer. Values that are fetched
      later must come from the same.
    """

    @property
    def name(self) -> str:
        """What messages call it: a path, or a URL without userinfo, query and fragment."""
        ...

    @property
    def rereadable(self) -> bool:
        """Whether ``read_at`` works at any offset, any number of times.

        If not, offsets only ever grow past what was read. It may turn False with the first answer.
        """
        ...

    @property
    def stats(self) -> IOStats:
        """What reading from it has cost."""
        ...

    async def read_at(self, offset: int, size: int) -> Answer:
        """Return bytes from ``offset`` on, about ``size`` of them.

        Args:
            offset: Where they begin; it may lie behind the end.
            size: How many are wanted, one at least.

        Raises:
            SourceError: They cannot be read; in one of its kinds, where that is known.
        """
        ...

    async def aclose(self) -> None:
        """Let go of what the source itself has opened; it may be called again, and without a read before."""
        ...


@runtime_checkable
class LocalSource(Protocol):
    """A source that is read in place: bytes, a path, a file object; else as :class:`AsyncSource`.

    Async code reads it in worker threads, never in two at a time.
    """

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    @property
    def rereadable(self) -> bool:
        """Whether ``read_at`` works at any offset, any number of times."""
        ...

    @property
    def stats(self) -> IOStats:
        """What reading from it has cost."""
        ...

    def read_at(self, offset: int, size: int) -> Answer:
        """Return bytes from ``offset`` on, about ``size`` of them."""
        ...

    def close(self) -> None:
        """Let go of what the source itself has opened; it may be called again, and without a read before."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How one call reads; None leaves it to the session.

    Attributes:
        timeout: Seconds that one request may be without progress.
        total_timeout: Seconds that the whole call may take.
        max_requests: Requests that the call may send, retries and redirects included.
        max_bytes: Body bytes that the call may receive.
        retries: How often one request is repeated after a transient failure.
        header_hint: How many bytes the header is thought to have; the first request is that long.
        identity: What must not change between two requests: ``"strict"``, ``"size"`` or ``"off"``.
        allow_full_reread: Whether a server without ranges may be asked for the whole object again.

    Example:
        >>> ReadOptions(max_requests=3).max_requests
        3
    """

    timeout: float | None = None
    total_timeout: float | None = None
    max_requests: int | None = None
    max_bytes: int | None = None
    retries: int | None = None
    header_hint: int | None = None
    identity: IdentityMode = "strict"
    allow_full_reread: bool = False

    def __post_init__(self) -> None:
        for name in ("timeout", "total_timeout", "max_requests", "max_bytes", "header_hint"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"{name} must be above zero")
        if self.retries is not None and self.retries < 0:
            raise ValueError("retries must not be negative")
        if self.identity not in ("strict", "size", "off"):
            raise ValueError('identity must be "strict", "size" or "off"')
