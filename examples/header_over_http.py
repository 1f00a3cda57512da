"""Reads a header over HTTP: the first 16 KiB of an object of 64 MiB, then a part of the middle.

Run it as it is, and it reads from a server of its own; or give it a URL.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web
from made import native

import adicom

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def make_object(path: Path) -> None:
    """Write the object that is served."""
    with path.open("wb") as file:
        file.writelines(native(megabytes=64))


@asynccontextmanager
async def serving_made_object() -> AsyncIterator[str]:
    """Serve an object of 64 MiB on loopback, by range; gives its URL."""
    with tempfile.TemporaryDirectory() as folder:
        make_object(Path(folder, "made.dcm"))
        app = web.Application()
        app.router.add_static("/", folder)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/made.dcm"
        finally:
            await runner.cleanup()


async def show_header(url: str) -> None:
    """Print some of the header, and what it took to read it."""
    async with adicom.open_dicom(url) as dcm:
        ds = dcm.dataset
        print(f"{ds.get('Modality')}, {ds.get('Rows')} x {ds.get('Columns')}, {len(ds)} elements")
        print(f"the header took {dcm.stats.requests} GET, {dcm.stats.bytes:,} bytes")
        if "PixelData" in ds and ds["PixelData"].is_deferred:
            print(f"PixelData is {ds['PixelData'].deferred}, and stays there until it is fetched")


async def main() -> None:
    """Read the URL that is given, or an object that is made here."""
    if len(sys.argv) > 1:
        await show_header(sys.argv[1])
    else:
        async with serving_made_object() as url:
            await show_header(url)


if __name__ == "__main__":
    asyncio.run(main())
