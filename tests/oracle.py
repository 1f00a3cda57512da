"""Three independent views of a DICOM file, and a writer that turns events back into bytes."""

from __future__ import annotations

import io
import re
import shutil
import struct
import subprocess
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from adicom.errors import ParseError, TruncatedError
from adicom.parser import (
    DeferredElement,
    Element,
    Event,
    FileEnd,
    FileStart,
    FragmentStart,
    ItemEnd,
    ItemStart,
    Parser,
    PixelDataEnd,
    PixelDataStart,
    SequenceEnd,
    SequenceStart,
    ValueChunk,
    ValueStart,
)
from tests.conftest import corpus_files, pydicom_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

UNDEFINED: Final = 0xFFFFFFFF
LONG_VRS: Final = frozenset("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())


@cache
def all_files() -> tuple[Path, ...]:
    """Return the corpus, and what the packages pydicom and pydicom-data bring along."""
    return (*corpus_files(), *pydicom_files())


def file_id(path: Path) -> str:
    """Return what tells the files apart in the names of the tests."""
    return f"{path.parent.name}/{path.name}"


class Fault(NamedTuple):
    """What is wrong with a file, and the error that a strict reading of all of it ends in."""

    error: type[ParseError]
    reason: str


# The names without the project that the corpus puts in front. Each was checked against the bytes and with dcmdump.
FAULTY: Final[dict[str, Fault]] = {
    "FreezePattern.dcm": Fault(ParseError, "an item behind a sequence of zero length; dcmdump refuses it too"),
    "GH1339.dcm": Fault(TruncatedError, "the file ends without the delimiter of its pixel data"),
    "emri_small_jpeg_2k_lossless_too_short.dcm": Fault(TruncatedError, "the same; made to be so"),
    "GH179B.dcm": Fault(ParseError, "(0028,0120) twice, once without a length; dcmdump refuses it too"),
    "GH626.dcm": Fault(TruncatedError, "(2005,140F) has a wrong length; behind it, text is read as headers"),
    "DICOMDIR-nooffset": Fault(ParseError, "the last item announces 24 bytes more than the file has"),
    "MR_truncated.dcm": Fault(TruncatedError, "made to be truncated"),
    "no_meta.dcm": Fault(TruncatedError, "a stray byte stands in front of the data set, so nothing fits"),
    "rtplan_truncated.dcm": Fault(TruncatedError, "made to be truncated"),
}


def short_name(path: Path) -> str:
    """Return the file's name without the project that the corpus puts in front."""
    return path.name.rsplit("__", 1)[-1]


def has_prefix(data: bytes) -> bool:
    """Tell whether the file starts as PS3.10 7.1 wants it."""
    return data[128:132] == b"DICM"


def parse(data: bytes, **options: Any) -> list[Event]:
    """Return all events of a file that is here."""
    return list(parse_pieces([data], **options))


def parse_pieces(pieces: Iterable[bytes], **options: Any) -> Iterator[Event]:
    """Give the events of a file that comes in pieces."""
    parser = Parser(**options)
    for piece in pieces:
        parser.receive_data(piece)
        while events := parser.events():
            yield from events
    parser.receive_eof()
    while events := parser.events():
        yield from events


# -- events to bytes: about forty lines


def write_events(events: Iterable[Event]) -> bytes:
    """Return the bytes that the events were made of; what was deflated comes inflated."""
    return b"".join(map(event_bytes, events))


def event_bytes(event: Event) -> bytes | memoryview:
    """Return one event's bytes."""
    order = "<" if event.encoding.little_endian else ">"
    match event:
        case FileStart():
            return b"" if event.preamble is None else event.preamble + b"DICM"
        case Element():
            return header_bytes(event) + event.value
        case DeferredElement() | ValueStart() | SequenceStart() | PixelDataStart():
            return header_bytes(event)
        case ValueChunk():
            return event.data
        case ItemStart() | FragmentStart():
            return struct.pack(order + "HHL", 0xFFFE, 0xE000, event.length)
        case ItemEnd() | SequenceEnd() | PixelDataEnd() if event.delimiter_length is not None:
            number = 0xE00D if isinstance(event, ItemEnd) else 0xE0DD
            return struct.pack(order + "HHL", 0xFFFE, number, event.delimiter_length)
        case FileEnd():
            return bytes(event.padding)
        case _:
            return b""


def header_bytes(event: Any) -> bytes:
    """Return a data element's header as it was read."""
    encoding = event.encoding
    order = "<" if encoding.little_endian else ">"
    group, number = event.tag >> 16, event.tag & 0xFFFF
    if encoding.implicit_vr:
        return struct.pack(order + "HHL", group, number, event.length)
    code = encoding.vr_code or event.VR.encode("ascii")
    if event.VR in LONG_VRS and encoding.reserved:
        return struct.pack(order + "HH2s2sL", group, number, code, encoding.reserved, event.length)
    return struct.pack(order + "HH2sH", group, number, code, event.length)


def dumped_events(events: Iterable[Event]) -> list[Dumped]:
    """Return the headers of the events as dcmdump shows them."""
    headers = (event for event in events if isinstance(event, Element | ValueStart | SequenceStart | PixelDataStart))
    return [
        Dumped(event.path, int(event.tag), event.VR, None if event.length == UNDEFINED else event.length)
        for event in headers
    ]


# -- datasets as flat lists, ours and pydicom's alike


Where: TypeAlias = "tuple[tuple[int, int], ...]"
"""The sequences and items around an element: (tag, number of the item), outermost first."""


class Node(NamedTuple):
    """A data element; `raw` is None where the library does not have the bytes any more."""

    path: Where
    tag: int
    vr: str
    raw: bytes | None
    value: Any


def adicom_view(data: bytes, **options: Any) -> list[Node]:
    """Return what adicom makes of a file."""
    import adicom.sync

    return view(adicom.sync.dcmread(data, force=True, **options))


def pydicom_view(data: bytes) -> list[Node]:
    """Return what pydicom makes of a file."""
    import pydicom

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return view(pydicom.dcmread(io.BytesIO(data), force=True))


def view(dataset: Any) -> list[Node]:
    """Return a file's data set as a flat list, with its file meta information."""
    meta = getattr(dataset, "file_meta", None)
    return [*walk(meta if meta is not None else {}), *walk(dataset)]


def walk(dataset: Any, path: Where = ()) -> Iterator[Node]:
    """Give the elements of a data set, nested ones behind the sequence that they are in."""
    for tag in sorted(dataset.keys()):
        raw = dataset.get_item(tag)
        known = raw.value if type(raw).__name__ == "RawDataElement" else None
        try:
            element = dataset[tag]
        except Exception as error:  # noqa: BLE001  # whatever it is, it is what the library makes of the element
            yield Node(path, int(tag), "", known, ("error", type(error).__name__))
            continue
        if element.VR != "SQ":
            yield Node(path, int(tag), element.VR, known, plain(element.value))
            continue
        yield Node(path, int(tag), "SQ", None, len(element.value))
        for index, item in enumerate(element.value):
            yield from walk(item, (*path, (int(tag), index)))


def plain(value: Any) -> Any:
    """Return a value as something that compares by type and by content, whichever library it comes from."""
    if isinstance(value, list | tuple) or type(value).__name__ == "MultiValue":
        return [plain(each) for each in value]
    kind = type(value).__name__
    if kind == "PersonName":
        return kind, str(value), value.family_name, value.given_name, value.ideographic, value.phonetic
    if kind in ("DSfloat", "DSdecimal", "IS"):
        return kind, repr(value), str(value), getattr(value, "original_string", None)
    return kind, repr(value) if isinstance(value, float) else value


# -- dcmtk's view


DCMDUMP: Final = shutil.which("dcmdump")
LINE: Final = re.compile(r"^((?:  )*)\(([0-9a-f]{4}),([0-9a-f]{4})\) (\S\S) ")
LENGTH: Final = re.compile(r"# +(\d+|u/l), *\d+ ")


class Dumped(NamedTuple):
    """A data element as dcmdump shows it; `length` is None where it is undefined."""

    path: Where
    tag: int
    vr: str
    length: int | None


def dcmdump_view(path: Path) -> list[Dumped] | None:
    """Return what dcmdump makes of a file, sorted as it sorts; None where it refuses it."""
    assert DCMDUMP is not None
    answer = subprocess.run([DCMDUMP, "-q", "-M", str(path)], capture_output=True, check=False)
    if answer.returncode:
        return None
    return list(_dumped(answer.stdout.decode("latin-1").split("\n")))


def _dumped(lines: list[str]) -> Iterator[Dumped]:
    inside: list[tuple[int, int]] = []
    fragments = False
    for number, line in enumerate(lines):
        if (match := LINE.match(line)) is None:
            continue
        indent, group, element, vr = match.groups()
        tag, depth = int(group + element, 16), len(indent) // 2
        if vr == "pi" or (fragments and tag >> 16 == 0xFFFE):
            continue
        fragments = "(PixelSequence" in line
        if tag == 0xFFFEE000:
            above, index = inside[depth // 2]
            inside[depth // 2 :] = [(above, index + 1)]
        elif tag >> 16 != 0xFFFE:
            length = _length(lines, number)
            yield Dumped(tuple(inside[: depth // 2]), tag, vr, length)
            if vr == "SQ" or "(Sequence with" in line:
                inside[depth // 2 :] = [(tag, -1)]


def _length(lines: list[str], number: int) -> int | None:
    """Find an element's length, which stands some lines below where the value has line ends."""
    for line in lines[number:]:
        if found := LENGTH.findall(line):
            return None if found[-1] == "u/l" else int(found[-1])
    raise AssertionError("dcmdump shows a length for each element")
