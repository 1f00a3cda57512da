"""Shows in a terminal what adicom reads of an object, and what that costs.

``tools/demo`` runs it: without arguments over two files of the pydicom project, else over the user's own object.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import warnings
from importlib.util import find_spec
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from range_server import RangeServer

import adicom
from adicom.io import IOStats, ReadOptions
from adicom.io.names import public_url
from adicom.io.resolve import is_remote

if TYPE_CHECKING:
    from collections.abc import Callable

EPILOG = """\
Of your own object no patient's data is printed. Keys for S3 are taken from the environment:
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL."""

DEFER_SIZE = "1 KB"
FETCH_LIMIT = 16 * 1024 * 1024

# What says nothing about a patient.
OWN_KEYWORDS = (
    "Modality",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "BitsStored",
    "PhotometricInterpretation",
)
SAMPLE_KEYWORDS = ("PatientName", "PatientID", "StudyDate", *OWN_KEYWORDS)


class Table:
    """The costs of some reads, one line each; the server's own count stands beside ours where it is known."""

    def __init__(self, size: int | None, server: RangeServer | None = None) -> None:
        self._size = size
        self._server = server
        self._seen = (0, 0)
        self._counted()

    def start(self) -> None:
        """Print the head of the table."""
        theirs = "  server counted" if self._server else ""
        print(f"\n  {'':<32}{'requests':>9}{'bytes':>12}{'share':>8}{theirs}")

    def add(self, what: str, requests: int | None, received: int) -> None:
        """Print one line; requests is None where nobody was asked."""
        percent = 100 * received / self._size if self._size else 0.0
        share = f"{percent:.{1 if percent >= 1 else 3}f}%" if self._size else ""
        asked = "-" if requests is None else f"{requests:,}"
        print(f"  {what:<32}{asked:>9}{received:>12,}{share:>8}{self._counted()}")

    def _counted(self) -> str:
        """Return what the server has counted since the last time."""
        if self._server is None:
            return ""
        before, self._seen = self._seen, (self._server.requests, self._server.bytes)
        return f"{self._seen[0] - before[0]:>4} {self._seen[1] - before[1]:>11,}"


# -- what is printed of a dataset ----------------------------------------------------------------------------------


def print_values(dataset: adicom.FileDataset, keywords: tuple[str, ...]) -> None:
    """Print values of the header."""
    lines = [(dataset[keyword].name, printable(dataset[keyword].value)) for keyword in keywords if keyword in dataset]
    for name, keyword in (("SOP Class", "MediaStorageSOPClassUID"), ("Transfer Syntax", "TransferSyntaxUID")):
        uid = dataset.file_meta.get(keyword)
        if uid:
            lines.append((name, uid.name))
    for name, value in lines:
        print(f"  {name:<28}{value}")


def printable(value: object) -> str:
    """Return the value as text that cannot upset a terminal."""
    return "".join(character if character.isprintable() else "?" for character in str(value))


def choose_deferred(dataset: adicom.FileDataset) -> adicom.DataElement | None:
    """Return the deferred element to fetch: Pixel Data where it is one, else the shortest."""
    found = [(where.length or 0, element) for element in dataset if (where := element.deferred) is not None]
    pixels = [element for _, element in found if element.keyword == "PixelData"]
    return pixels[0] if pixels else min(found, key=itemgetter(0), default=(0, None))[1]


async def fetch_some(dataset: adicom.FileDataset, element: adicom.DataElement) -> tuple[str, int]:
    """Fetch a deferred value, or the first part of one that is very long; return what it was, and how much."""
    got = 0
    length = element.deferred.length if element.deferred else None
    if length is not None and length <= FETCH_LIMIT:
        value = await dataset.fetch(element.tag)
        got = len(value) if isinstance(value, bytes) else length
    else:
        pieces = dataset.stream(element.tag)
        async for piece in pieces:
            got += len(piece)
            if got >= FETCH_LIMIT // 2:
                break
        await pieces.aclose()  # type: ignore[attr-defined]  # it is an async generator
    part = "" if length == got or got < FETCH_LIMIT // 2 else "the start of "
    return f"{part}{element.keyword or element.tag}, by range", got


# -- the reads -----------------------------------------------------------------------------------------------------


async def read(
    place: str, table: Table, keywords: tuple[str, ...], session: adicom.Session, *, rereadable: bool = True
) -> None:
    """Read the header of one object, then one value of it."""
    header = await adicom.dcmread(place, stop_before_pixels=True, session=session)
    print_values(header, keywords)
    table.start()
    cost: IOStats = header.io_stats
    table.add(f"header of {len(header)} elements", cost.requests, cost.bytes)
    if not rereadable:
        print("\n  This server does not give ranges: the header came from the start of the whole object.")
        return
    dataset = await adicom.dcmread(place, defer_size=DEFER_SIZE, session=session)
    cost = dataset.io_stats
    requests, received = cost.requests, cost.bytes
    table.add(f"header, values > {DEFER_SIZE} deferred", requests, received)
    element = choose_deferred(dataset)
    if element is None:
        print(f"\n  No value is longer than {DEFER_SIZE}, so there is none to fetch by range.")
        return
    what, got = await fetch_some(dataset, element)
    if cost.requests > requests:
        table.add(what, cost.requests - requests, cost.bytes - received)
    else:
        table.add(what, None, got)


async def demo_of_samples() -> None:
    """Read two files of the pydicom project from a server in this process."""
    spec = find_spec("pydicom")
    if spec is None or spec.origin is None:
        raise adicom.DicomError("the demo's own files come with pydicom, which is not installed")
    folder = Path(spec.origin).parent / "data" / "test_files"
    samples = {"ct.dcm": folder / "CT_small.dcm", "ultrasound.dcm": folder / "examples_ybr_color.dcm"}
    print("adicom reads the headers of DICOM objects, and single values of them, by range.")
    print("The first request asks for 16 KiB, however big the object is.\n")
    async with RangeServer(samples) as server, adicom.Session() as session:
        print(f"Two of pydicom's files are now on a web server at {server.url}")
        for name, path in samples.items():
            size = path.stat().st_size
            print(f"\n{server.url}/{name}: {size:,} bytes\n")
            await read(f"{server.url}/{name}", Table(size, server), SAMPLE_KEYWORDS, session)
    print("\nYour own object: tools/demo URL_OR_PATH")


async def demo_of(place: str, anonymous: bool) -> None:
    """Read the user's object."""
    shown = public_url(place) if is_remote(place) else place
    print(f"Reading {shown} ...\n", flush=True)
    async with adicom.Session(storage_options={"anon": True} if anonymous else None) as session:
        size, rereadable = await look_at(place, session)
        await read(place, Table(size), OWN_KEYWORDS, session, rereadable=rereadable)
        if size is not None:
            asked = "; one more request, for one byte, asked for that" if is_remote(place) else ""
            print(f"\n  The object has {size:,} bytes{asked}.")


def size_of(path: Path) -> int | None:
    """Return the size of a file, None where there is none."""
    return path.stat().st_size if path.is_file() else None


async def look_at(place: str, session: adicom.Session) -> tuple[int | None, bool]:
    """Return the size of an object, and whether it can be read by range; of a URL with a request of one byte."""
    if not is_remote(place):
        return size_of(Path(place)), True
    source = session.open_source(place, ReadOptions())
    try:
        answer = await source.read_at(0, 1)
        return answer.size, source.rereadable
    finally:
        await source.aclose()


# -- the command ---------------------------------------------------------------------------------------------------


def show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """Print what is tolerated in a person's words."""
    print(f"  note: {message}")


def run(demo: Callable[[], Any]) -> int:
    """Run a demo; return the exit status."""
    warnings.showwarning = show_warning
    try:
        asyncio.run(demo())
    except (adicom.DicomError, ImportError, OSError, ValueError) as error:
        print(f"That did not work. {type(error).__name__}: {error}", file=sys.stderr)
        if isinstance(error, PermissionError):
            print("Is it a public bucket? Then: tools/demo --anon URL", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="tools/demo",
        description="Shows what adicom reads of DICOM objects, and what that costs:\n"
        "of two real files on a web server that the demo starts, or of an object of yours.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("object", nargs="?", metavar="URL_OR_PATH", help="https://..., s3://bucket/key, a path, ...")
    parser.add_argument("--anon", action="store_true", help="read a public bucket, without keys")
    given = parser.parse_args()
    return run(demo_of_samples if given.object is None else lambda: demo_of(given.object, given.anon))


if __name__ == "__main__":
    sys.exit(main())
