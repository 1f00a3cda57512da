"""A thousand reads at a time through one session."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Final

import pytest

from tests import made
from tests.servers import RangeServer

READS: Final = 1000
FETCHES: Final = READS // 5
CONNECTIONS: Final = 16
MEMORY: Final = 200 * 2**20

PROGRAM: Final = """
import json, re, sys, time
import anyio
import adicom

url, reads, connections, backend = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]

def peak():
    # What getrusage() tells is inherited from the process that started this one.
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\\s+(\\d+)", status.read())[1]) * 1024

async def main():
    began, ended = [], []
    async with adicom.Session(connections=connections) as session:
        await adicom.dcmread(f"{url}/0", session=session)
        before, started = peak(), time.perf_counter()

        async def read(number):
            began.append(number)
            dataset = await adicom.dcmread(f"{url}/{number % 10}", session=session, defer_size=1000)
            assert dataset.PatientID == str(number % 10)
            if number % 5 == 0:
                assert len(await dataset.fetch("PixelData")) == 8000
            ended.append((number, time.perf_counter() - started))

        async with anyio.create_task_group() as group:
            for number in range(reads):
                group.start_soon(read, number)
        print(json.dumps({"began": began, "ended": ended, "memory": peak() - before}))

anyio.run(main, backend=backend)
"""


def image(patient: int) -> bytes:
    body = made.element(0x00080018, "UI", "2.25.1") + made.element(0x00100020, "LO", str(patient))
    return made.part10(body + made.element(made.PIXEL_DATA, "OW", bytes(8000)))


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured in /proc")
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_thousand_reads(backend: str) -> None:
    with RangeServer({f"/{number}": image(number) for number in range(10)}) as server:
        command = [sys.executable, "-c", PROGRAM, server.url, str(READS), str(CONNECTIONS), backend]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert server.most_connections <= CONNECTIONS
        assert server.gets == 1 + READS + FETCHES
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["memory"] < MEMORY
    ended: dict[str, float] = dict(found["ended"])
    assert len(ended) == READS
    # First come, first served: of the reads that are one request, which began later by a share of them all ends later
    # by that share of the time, and a third of it. A fetch is a request of its own, behind those that came before it.
    # Time counts from the first end: before it, all of them are begun.
    first = min(ended.values())
    total = max(ended.values()) - first
    shares = [(place, (ended[number] - first) / total) for place, number in enumerate(found["began"])]
    late = [place for place, share in shares if share > place / READS + 1 / 3]
    assert not [place for place in late if found["began"][place] % 5]
