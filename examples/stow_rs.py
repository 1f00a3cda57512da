"""Stores datasets over DICOMweb (STOW-RS, PS3.18 10.5): one request, whose parts are made while they are sent.

Run it as it is, and it sends to a server of its own; or give it the URL of a DICOMweb service, and files to send.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import pydicom.data
from aiohttp import web

import adicom
import adicom.io

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

STUDY = ("CT_small.dcm", "MR_small.dcm", "emri_small.dcm", "examples_ybr_color.dcm")
DICOM = "application/dicom"


async def store(service: str, places: list[str]) -> None:
    """Send what is at paths or URLs to a service; long values stay where they are until it is their turn."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(adicom.Session())
        message = aiohttp.MultipartWriter("related")
        message.headers["Content-Type"] = f'multipart/related; type="{DICOM}"; boundary={message.boundary}'
        for place in places:
            ds = await adicom.dcmread(place, defer_size="64 KB", session=session)
            await ds.fetch_rest()
            # All that could be wrong with a dataset is said here, before anything is sent.
            body = adicom.encode(ds, write_like_original=False, session=session)
            message.append(await stack.enter_async_context(body), {"Content-Type": DICOM})
        client = await stack.enter_async_context(aiohttp.ClientSession())
        headers = {"Accept": "application/dicom+json", "Content-Type": message.headers["Content-Type"]}
        async with client.post(f"{service}/studies", data=message, headers=headers) as response:
            answer = adicom.Dataset.from_json(await response.text())
    stored = answer.get("ReferencedSOPSequence", [])
    print(f"{response.status} {response.reason}: {len(stored)} of {len(places)} stored")


# -- the service that it sends to where there is no other ---------------------------------------------------------


async def take(request: web.Request) -> web.Response:
    """Read each instance while the next ones are still being sent; answer with those that are here."""
    answer = adicom.Dataset()
    answer.ReferencedSOPSequence = []
    async for part in adicom.io.multipart_parts(request.content, request.headers["Content-Type"]):
        ds = await adicom.dcmread(part)
        print(f"{part.number}  {part.content_type}  {ds.Modality}  {len(ds.PixelData):7,} bytes of pixels")
        item = adicom.Dataset()
        item.ReferencedSOPClassUID = ds.SOPClassUID
        item.ReferencedSOPInstanceUID = ds.SOPInstanceUID
        answer.ReferencedSOPSequence.append(item)
    return web.Response(text=answer.to_json(), content_type="application/dicom+json")


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    """Run the service on loopback; gives its URL."""
    app = web.Application()
    app.router.add_post("/studies", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def main() -> None:
    """Send the files that are given, or some that pydicom brings along."""
    if len(sys.argv) > 2:
        await store(sys.argv[1], sys.argv[2:])
    else:
        async with serving() as service:
            await store(service, [pydicom.data.get_testdata_file(name) for name in STUDY])


if __name__ == "__main__":
    asyncio.run(main())
