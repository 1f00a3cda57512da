"""Takes uploads with Starlette: knows the header while the rest still comes, and says no before it has come.

The endpoint is the first half. Run it, and it is served by uvicorn on loopback, and gets four uploads: one it wants,
one it does not want, one that is no DICOM, and one whose sender hangs up.
"""

from __future__ import annotations

import asyncio
import socket
import tempfile
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import anyio
import uvicorn
from huge_stream import peak_memory
from made import encapsulated, native
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import adicom

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator

    from starlette.requests import Request

WANTED = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"}
"""Transfer syntaxes that are stored: the uncompressed ones."""


class UnwantedError(Exception):
    """This is DICOM, but not for us."""


async def upload(request: Request) -> PlainTextResponse:
    """Store an object that is wanted; the file has its name only when it is whole."""
    name = request.app.state.folder / str(uuid4())  # nothing of what is sent gets into a path
    part = name.with_suffix(".part")
    try:
        async with (
            await anyio.open_file(part, "wb") as file,
            aclosing(stored(request.stream(), file)) as chunks,
        ):
            size = await look_through(chunks)
        part.rename(name.with_suffix(".dcm"))
        return PlainTextResponse(f"stored, with {size:,} bytes of pixels", 201)
    except UnwantedError as error:
        return PlainTextResponse(str(error), 415)
    except adicom.ParseError as error:  # no DICOM, damaged, or ended too early: messages hold no values
        return PlainTextResponse(str(error), 400)
    except adicom.SourceError as error:
        print("the endpoint says:     ", error)  # nobody hears the answer
        return PlainTextResponse("", 400)
    finally:
        part.unlink(missing_ok=True)


async def stored(chunks: AsyncIterable[bytes], file: anyio.AsyncFile[bytes]) -> AsyncIterator[bytes]:
    """Pass on what comes, once it is written."""
    async for chunk in chunks:
        await file.write(chunk)
        yield chunk


async def look_through(chunks: AsyncIterable[bytes]) -> int:
    """Return the size of the pixel data, after the last byte."""
    size = 0
    async for events in adicom.iter_batches(chunks):
        for event in events:
            match event:
                case adicom.FileMetaEnd(transfer_syntax=syntax) if syntax not in WANTED:
                    raise UnwantedError("compressed objects are not taken")
                case adicom.ValueChunk(data=data):
                    size += len(data)
    return size


# -- the rest is there to show it


async def send(port: int, pieces: Iterable[bytes], *, hang_up: bool = False) -> str:
    """Upload piece by piece, until all is sent or an answer is there; tell how that went."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = asyncio.create_task(reader.readline())
    writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    sent = 0
    for piece in pieces:
        writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        await writer.drain()
        sent += len(piece)
        await asyncio.sleep(0.001 if sent < 2**20 else 0)
        if answer.done() or hang_up:
            break
    else:
        writer.write(b"0\r\n\r\n")
    if hang_up:
        answer.cancel()
    result = "no answer" if hang_up else (await answer).decode().strip().partition(" ")[2]
    writer.transport.abort()
    return f"{result}, after {sent:,} bytes"


def in_pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut what is to be sent into pieces of 64 KiB at most."""
    for block in blocks:
        for at in range(0, len(block), 65536):
            yield block[at : at + 65536]


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[int]:
    """Serve an application on loopback; gives the port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - there is nothing to wait for
            await asyncio.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


async def main() -> None:
    """Send some uploads, and show what becomes of them."""
    app = Starlette(routes=[Route("/", upload, methods=["POST"])])
    with tempfile.TemporaryDirectory() as folder:
        app.state.folder = Path(folder)
        async with serving(app) as port:
            print("an image of 200 MiB:  ", await send(port, in_pieces(native(200))))
            print("a compressed one:     ", await send(port, in_pieces(encapsulated(400, 2**19))))
            print("a text:               ", await send(port, [b"This is no DICOM. " * 100] * 100))
            print("one that breaks off:  ", await send(port, in_pieces(native(200)), hang_up=True))
        for path in app.state.folder.iterdir():
            print(f"in the folder:         a {path.suffix} of {path.stat().st_size:,} bytes")
    print(f"peak memory: {peak_memory() - BEFORE:.0f} MiB more than before")


if __name__ == "__main__":
    BEFORE = peak_memory()
    asyncio.run(main())
