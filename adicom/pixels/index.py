"""The index of an object as JSON text: with it, the next one to open the object needs no header.

Nothing in it is a patient's: it has the object's identity, what the frames' layout needs, and where things lie.
"""

from __future__ import annotations

import json
import re
import sys
from array import array
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import asdict, dataclass, fields
from itertools import accumulate
from operator import add
from typing import Any, Final, NamedTuple

from adicom.io.base import Identity
from adicom.pixels.layout import Layout
from adicom.pixels.tables import Table
from adicom.uid import UID
from adicom.vr import STANDARD_VR

__all__ = ("ElementPlace", "Index", "read_index", "write_index")

VERSION: Final = 1

_FARTHEST: Final = 2**63
_LONGEST: Final = 2**40
"""Bytes of a frame that none has."""
_TAG: Final = re.compile(r"[0-9A-Fa-f]{8}")
_NAME: Final = "index"


class ElementPlace(NamedTuple):
    """Where an element of the top level lies.

    Attributes:
        tag: Its tag.
        vr: Its VR; None where the file has none.
        offset: Where its value starts.
        length: Bytes of its value; None for undefined.
    """

    tag: int
    vr: str | None
    offset: int
    length: int | None


@dataclass(frozen=True, slots=True)
class Index:
    """What is known of an object.

    Attributes:
        identity: Which state of the object it speaks of.
        header: How many bytes of the source the header takes.
        layout: How the frames are laid out; None where there are no pixels.
        table: Where encapsulated frames lie.
        elements: Where the elements lie.
    """

    identity: Identity
    header: int
    layout: Layout | None
    table: Table | None
    elements: list[ElementPlace]


def write_index(index: Index) -> str:
    """Return the index as JSON text; :func:`read_index` reads it."""
    content: dict[str, Any] = {
        "adicom-index": VERSION,
        "identity": {name: value for name, value in index.identity._asdict().items() if value is not None},
        "header": index.header,
        "layout": None if index.layout is None else _written_layout(index.layout),
        "frames": None if index.table is None else _written_table(index.table),
        "elements": [[f"{tag:08X}", vr, offset, length] for tag, vr, offset, length in index.elements],
    }
    return json.dumps(content, separators=(",", ":"))


def read_index(text: str | bytes) -> Index:
    """Return the index that a text holds.

    Raises:
        ValueError: It is none, or cannot be right.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError, TypeError) as error:
        raise ValueError("the index is no JSON text") from error
    if not isinstance(content, dict) or content.get("adicom-index") != VERSION:
        raise ValueError(f"this is no index of adicom's, or not of version {VERSION}")
    identity = _read_identity(content.get("identity"))
    size = _FARTHEST if identity.size is None else identity.size
    layout = _read_layout(content.get("layout"), size)
    return Index(
        identity,
        _number(content.get("header"), "header", size),
        layout,
        _read_table(content.get("frames"), layout, size),
        [_read_element(found) for found in _list(content.get("elements"), "elements")],
    )


# -- identity and layout --


def _read_identity(found: Any) -> Identity:
    content = _dict(found, "identity")
    known = set(Identity._fields)
    if content.keys() - known:
        raise ValueError("the index has an identity of unknown parts")
    for name in ("etag", "version"):
        _text(content.get(name), name)
    for name in ("size", "inode"):
        _number(content.get(name, 0), name)
    modified = content.get("modified")
    if isinstance(modified, int):
        _number(modified, "modified", least=-_FARTHEST)
    else:
        _text(modified, "modified")
    return Identity(**content)


def _written_layout(layout: Layout) -> dict[str, Any]:
    content = asdict(layout)
    content["tag"] = f"{layout.tag:08X}"
    return content


def _read_layout(found: Any, size: int) -> Layout | None:
    if found is None:
        return None
    content = dict(_dict(found, "layout"))
    if content.keys() != {field.name for field in fields(Layout)}:
        raise ValueError("the index has a layout of other parts than wanted")
    content["tag"] = _tag(content["tag"])
    syntax = content["transfer_syntax"]
    if syntax is not None and not (isinstance(syntax, str) and UID(syntax, "ignore").is_valid):
        raise ValueError("the index has a transfer syntax that is none")
    _vr(content["vr"])
    farthest = _FARTHEST if content["inflated"] is True else size
    _number(content["offset"], "offset", farthest)
    for name in ("length", "rows", "columns", "samples", "bits"):
        if content[name] is not None:
            _number(content[name], name, least=0 if name == "length" else -_FARTHEST)
    _number(content["frames"], "frames", least=1)
    for name in ("little_endian", "inflated", "subsampled"):
        if not isinstance(content[name], bool):
            raise ValueError(f"the index has no truth value for {name}")
    if content["length"] is not None and content["offset"] + content["length"] > farthest:
        raise ValueError("the index has pixels behind the end of the object")
    return Layout(**content)


def _read_element(found: Any) -> ElementPlace:
    entry = _list(found, "elements")
    if len(entry) != len(ElementPlace._fields):
        raise ValueError("the index has an element of other parts than wanted")
    tag, vr, offset, length = entry
    length = None if length is None else _number(length, "length")
    return ElementPlace(_tag(tag), _vr(vr), _number(offset, "offset"), length)


# -- frames --


def _written_table(table: Table) -> dict[str, Any]:
    """Return a table as the lengths of its places; their starts, too, unless one begins where another ended."""
    content: dict[str, Any] = {"start": table.start_of(0), "sizes": _packed(array("Q", table.sizes()))}
    if table.claimed is not None:
        content["claimed"] = table.claimed
    if table.starts[1:] != table.ends[:-1]:
        content["starts"] = _packed(array("Q", map(table.base.__add__, table.starts)))
    return content


def _read_table(found: Any, layout: Layout | None, size: int) -> Table | None:
    if found is None:
        return None
    content = _dict(found, "frames")
    if layout is None or not layout.is_encapsulated:
        raise ValueError("the index has places of frames that are none")
    sizes = _unpacked(content.get("sizes"), layout.frames)
    claimed = content.get("claimed")
    if claimed is not None:
        _number(claimed, "claimed", layout.frames - 1)
    # There may be a million of them: no loop here looks at each.
    starts = None
    if "starts" in content:
        starts = _unpacked(content["starts"], layout.frames)
        first, last = min(starts), max(map(add, starts, sizes))
    else:
        first = _number(content.get("start"), "start", size)
        last = first + sum(sizes)
    if first < layout.offset or last > size or 0 in sizes or (last > _LONGEST and max(sizes) > _LONGEST):
        raise ValueError("the index has frames outside of the pixel data")
    if starts is not None:
        return Table(_NAME, starts, array("Q", map(add, starts, sizes)), claimed=claimed)
    bounds = array("Q", accumulate(sizes, initial=first))
    return Table(_NAME, bounds[:-1], bounds[1:], claimed=claimed)


def _packed(numbers: array[int]) -> dict[str, Any]:
    """Return numbers as base64 text of little-endian ones, each in as few bytes as the largest takes."""
    width = max((max(numbers).bit_length() + 7) // 8, 1)
    return {"width": width, "base64": b64encode(_resized(_little(numbers), 8, width)).decode("ascii")}


def _unpacked(found: Any, count: int) -> array[int]:
    content = _dict(found, "numbers")
    width = _number(content.get("width"), "width", 8, least=1)
    text = content.get("base64")
    try:
        packed = b64decode(text, validate=True) if isinstance(text, str) else b""
    except (Base64Error, ValueError) as error:
        raise ValueError("the index has numbers that are no base64 text") from error
    if len(packed) != width * count:
        raise ValueError(f"the index has {len(packed)} bytes for {count} frames of {width} bytes")
    numbers = array("Q", _resized(packed, width, 8))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _little(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()


def _resized(data: bytes, old: int, new: int) -> bytes:
    """Return little-endian numbers of ``old`` bytes each with ``new`` bytes each."""
    resized = bytearray(len(data) // old * new)
    for byte in range(min(old, new)):
        resized[byte::new] = data[byte::old]
    return bytes(resized)


# -- what is wanted of each part --


def _number(found: Any, name: str, most: int = _FARTHEST, *, least: int = 0) -> int:
    if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
        raise ValueError(f"the index has no number from {least} to {most} for {name}")
    return found


def _text(found: Any, name: str) -> None:
    # A part of the identity goes into a header of the request.
    if found is not None and not (isinstance(found, str) and found.isprintable()):
        raise ValueError(f"the index has no text for {name}")


def _dict(found: Any, name: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ValueError(f"the index has no object for {name}")
    return found


def _list(found: Any, name: str) -> list[Any]:
    if not isinstance(found, list):
        raise ValueError(f"the index has no list for {name}")
    return found


def _tag(found: Any) -> int:
    if not (isinstance(found, str) and _TAG.fullmatch(found)):
        raise ValueError("the index has a tag that is none")
    return int(found, 16)


def _vr(found: Any) -> str | None:
    if found is None or (isinstance(found, str) and found in STANDARD_VR):
        return found
    raise ValueError("the index has a VR that is none")
