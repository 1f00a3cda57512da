"""Retrieves a study over DICOMweb (WADO-RS, PS3.18 10.4), and reads each instance while the rest still comes.

Run it as it is, and it retrieves from a server of its own; or give it the URL of a study.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pydicom.data
from aiohttp import web

import adicom
import adicom.io

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

STUDY = ("CT_small.dcm", "MR_small.dcm", "emri_small.dcm", "examples_ybr_color.dcm")


async def retrieve(url: str) -> None:
    """Print what each instance of a study is, and what it took to know."""
    headers = {"Accept": 'multipart/related; type="application/dicom"'}
    async with adicom.io.http_body(url, headers=headers) as body:
        async for part in adicom.io.multipart_parts(body):
            ds = await adicom.dcmread(part)
            size = f"{ds.Rows} x {ds.Columns} x {ds.get('NumberOfFrames', 1)}"
            print(
                f"{part.number}  {part.content_type}  {ds.Modality}  {size:14} {len(ds.PixelData):7,} bytes of pixels"
            )
        print(f"{body.stats.requests} request, {body.stats.bytes:,} bytes")


def study() -> list[bytes]:
    """Return the instances of the study, which come with pydicom."""
    return [Path(pydicom.data.get_testdata_file(name)).read_bytes() for name in STUDY]


async def answer(request: web.Request) -> web.Response:
    """Answer with all instances of the study: a part for each."""
    with aiohttp.MultipartWriter("related") as parts:
        for data in study():
            parts.append(data, {"Content-Type": "application/dicom"})
    return web.Response(body=parts)


@asynccontextmanager
async def serving_a_study() -> AsyncIterator[str]:
    """Serve a study on loopback; gives its URL."""
    app = web.Application()
    app.router.add_get("/studies/1.2.3", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/studies/1.2.3"
    finally:
        await runner.cleanup()


async def main() -> None:
    """Retrieve the study that is given, or one that is served here."""
    if len(sys.argv) > 1:
        await retrieve(sys.argv[1])
    else:
        async with serving_a_study() as url:
            await retrieve(url)


if __name__ == "__main__":
    asyncio.run(main())
