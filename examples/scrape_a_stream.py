"""Takes three values out of each of many streams, and hangs up as soon as they are there.

A server on loopback pushes objects of 100 MiB down its sockets, whoever connects. There are no ranges here, no
URLs, nothing to seek in: reading just ends early.
"""

from __future__ import annotations

import asyncio
import contextlib

from made import native

import adicom

PATIENTS = ("Doe^Jane", "Roe^Richard", "Poe^Paula")
TAGS = ["PatientID", "StudyDate", "Modality"]
MEGABYTES = 100


class Sender:
    """Sends one object to each that connects, and counts what goes out."""

    def __init__(self) -> None:
        self.sent = 0
        self.tasks: set[asyncio.Task[None] | None] = set()
        self._patients = iter(PATIENTS)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        self.tasks.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError):  # the client has enough
            for piece in native(MEGABYTES, patient=next(self._patients)):
                writer.write(piece)
                await writer.drain()
                self.sent += len(piece)
        writer.close()


async def scrape(port: int) -> adicom.FileDataset:
    """Connect, read no more than the wanted tags take, hang up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await adicom.dcmread(reader, specific_tags=TAGS)
    finally:
        writer.transport.abort()


async def main() -> None:
    """Read a few objects, and compare what came with what there was."""
    sender = Sender()
    server = await asyncio.start_server(sender, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        for _ in PATIENTS:
            ds = await scrape(port)
            print(f"{ds.PatientID}  {ds.StudyDate}  {ds.Modality}   read {ds.io_stats.bytes:,} bytes")
        await asyncio.gather(*filter(None, sender.tasks))
    print(f"of {len(PATIENTS)} x {MEGABYTES} MiB the server got rid of {sender.sent / 2**20:.1f} MiB")


if __name__ == "__main__":
    asyncio.run(main())
