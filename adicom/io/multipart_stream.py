"""The parts of a multipart message, each a stream: what DICOMweb sends and takes (PS3.18 8.6.1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.errors import SourceError
from adicom.io.forward import ForwardReader
from adicom.io.multipart_headers import PartEnd, PartHeaders, boundary_of
from adicom.io.streams import StreamSource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from adicom.io.base import ReadOptions
    from adicom.io.multipart_parser import MultipartCutter
    from adicom.io.session import Session

__all__ = ("MultipartParts", "Part", "cutter_for", "multipart_parts")


def multipart_parts(
    message: Any,
    content_type: str | None = None,
    *,
    session: Session | None = None,
    storage_options: Mapping[str, Any] | None = None,
    options: ReadOptions | None = None,
) -> MultipartParts:
    r"""Return the parts of a multipart message, as an async iterator of sources.

    The parts are read in their order, each before the next one is asked for; what is left of one is passed over. It
    works in constant memory, whatever the size of the parts. Over what adicom opens, a path or a URL, it is used as
    ``async with multipart_parts(path, content_type) as parts``.

    Args:
        message: An answer or a request with its headers: :func:`adicom.io.http_body`, a response or request of
            aiohttp, a request of Starlette, a streamed response of httpx. With ``content_type``, whatever
            :func:`adicom.dcmread` takes.
        content_type: The Content-Type header, if ``message`` does not bring it along.
        session: Connections to use, if ``message`` is a URL.
        storage_options: Credentials and endpoints.
        options: How to read ``message``.

    Raises:
        SourceError: It is no multipart message. By iterating: it is not sound, or cannot be read.
        TruncatedError: By iterating, or by reading its last part: it ends before its closing boundary.
        TypeError: ``message`` is nothing that adicom reads, or does not tell its type.
        ImportError: The package ``multipart`` is not installed.

    Example:
        >>> import asyncio
        >>> message = b"--x\r\nContent-Type: text/plain\r\n\r\none\r\n--x\r\n\r\ntwo\r\n--x--\r\n"
        >>> async def main() -> None:
        ...     async for part in multipart_parts(message, "multipart/related; boundary=x"):
        ...         print(part.content_type, [chunk async for chunk in part])
        >>> asyncio.run(main())
        text/plain [b'one']
        application/octet-stream [b'two']
    """
    body, found = _taken_apart(message)
    if content_type is None and found is None:
        raise TypeError(f"{type(message).__name__} does not tell its type: pass content_type=")
    reader = ForwardReader(body, session=session, storage_options=storage_options, options=options)
    return MultipartParts(reader, cutter_for(content_type or found or "", reader.name))


class Part(StreamSource):
    """One part: a source for whatever reads, and an async iterator over its bytes.

    Attributes:
        number: Which one it is, from 1 on.
        headers: Its headers, whatever the case of their names.
        content_type: Its media type, without parameters.
    """

    def __init__(self, parts: MultipartParts, about: PartHeaders) -> None:
        self.number = about.number
        self.headers = about.headers
        self.content_type = about.content_type
        self._parts = parts
        self._refused = about.refused
        super().__init__(self._pull_part, about.name, decoder=about.decoder)

    def __repr__(self) -> str:
        return f"<Part {self.number} {self.content_type}>"

    async def _pull_part(self) -> bytes | None:
        if self._refused is not None:
            raise self._refused
        return await self._parts.pull_from(self)


class MultipartParts:
    """What :func:`multipart_parts` gives: an async iterator over parts, an async context manager."""

    def __init__(self, reader: ForwardReader, cutter: MultipartCutter) -> None:
        self._reader = reader
        self._cutter = cutter
        self._part: Part | None = None  # the one that is not read to its end

    async def __aenter__(self) -> Self:
        await self._reader.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close what was opened for reading; nothing of the caller's."""
        await self._reader.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Part:
        while self._part is not None:
            await self.pull_from(self._part)
        event = await self._next_event()
        if event is None:
            raise StopAsyncIteration
        assert isinstance(event, PartHeaders)
        self._part = Part(self, event)
        return self._part

    async def pull_from(self, part: Part) -> bytes | None:
        """Return the next bytes of a part; None at its end.

        Raises:
            SourceError: Another part was asked for meanwhile.
        """
        if part is not self._part:
            raise SourceError(f"{part.name} was passed over; parts are read in their order")
        event = await self._next_event()
        if isinstance(event, bytes):
            return event
        self._part = None
        return None

    async def _next_event(self) -> PartHeaders | PartEnd | bytes | None:
        while (event := self._cutter.pull()) == b"":
            if data := await self._reader.read():
                self._cutter.feed(data)
            else:
                self._cutter.end()
        return event


def _taken_apart(message: Any) -> tuple[Any, str | None]:
    """Return where the bytes of a message are, and its Content-Type where it has one."""
    headers = getattr(message, "headers", None)
    content_type = None if headers is None else headers.get("Content-Type")
    if content_type is None or hasattr(message, "read_at"):
        return message, content_type
    for name in ("aiter_bytes", "stream"):  # httpx, Starlette
        if callable(method := getattr(message, name, None)):
            return method(), content_type
    return getattr(message, "content", message), content_type  # aiohttp


def cutter_for(content_type: str, name: str) -> MultipartCutter:
    """Return what cuts a message with this Content-Type into its parts.

    Raises:
        SourceError: It is no multipart message.
        ImportError: The package ``multipart`` is not installed.
    """
    boundary = boundary_of(content_type, name)
    try:
        from adicom.io.multipart_parser import MultipartCutter
    except ImportError:
        # Old versions of python-multipart bring along a module of the same name.
        raise ImportError(
            "reading multipart messages takes the package multipart, version 2: pip install 'adicom[dicomweb]'",
            name="multipart",
        ) from None
    return MultipartCutter(boundary, name)
