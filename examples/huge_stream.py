"""Goes through the events of a stream of 1 GiB that never is in memory as a whole.

The stream is made piece by piece: encapsulated pixel data of 2,048 frames of 512 KiB.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from made import encapsulated

import adicom

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FRAMES = 2048
FRAME_SIZE = 512 * 1024


def peak_memory() -> float:
    """Return the most memory that this process has used so far, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # elsewhere the peak may be that of the process that started this one
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


async def stream() -> AsyncIterator[bytes]:
    """Give the object piece by piece, as a network would."""
    for piece in encapsulated(FRAMES, FRAME_SIZE):
        yield piece


async def main() -> None:
    """Count frames and bytes."""
    frames = pixel_bytes = 0
    before = peak_memory()
    async for event in adicom.iter_events(stream()):
        match event:
            case adicom.Element(VR="PN" | "LO" | "IS", tag=tag):
                print(f"{tag} {event.VR} {event.value.decode('ascii').strip()}")
            case adicom.FragmentStart(index=index) if index > 0:  # number 0 is the Basic Offset Table
                frames += 1
            case adicom.ValueChunk():
                pixel_bytes += len(event.data)
    print(f"{frames:,} frames, {pixel_bytes / 2**30:.2f} GiB")
    print(f"peak memory: {peak_memory():.0f} MiB, of which {peak_memory() - before:.0f} MiB for the stream")


if __name__ == "__main__":
    asyncio.run(main())
