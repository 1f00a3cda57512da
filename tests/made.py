"""Small DICOM byte strings, written by hand for the tests.

Nothing here knows adicom: what is expected must never come from the code under test.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

IMPLICIT_LE: Final = "1.2.840.10008.1.2"
EXPLICIT_LE: Final = "1.2.840.10008.1.2.1"
DEFLATED_LE: Final = "1.2.840.10008.1.2.1.99"
EXPLICIT_BE: Final = "1.2.840.10008.1.2.2"
JPEG_BASELINE: Final = "1.2.840.10008.1.2.4.50"

UNDEFINED: Final = 0xFFFFFFFF
ITEM: Final = 0xFFFEE000
ITEM_END: Final = 0xFFFEE00D
SEQUENCE_END: Final = 0xFFFEE0DD
PIXEL_DATA: Final = 0x7FE00010

# PS3.5 7.1.2: these have a 16-bit length, all others two reserved bytes and a 32-bit one.
SHORT_VRS: Final = frozenset(
    [
        "AE",
        "AS",
        "AT",
        "CS",
        "DA",
        "DS",
        "DT",
        "FL",
        "FD",
        "IS",
        "LO",
        "LT",
        "PN",
        "SH",
        "SL",
        "SS",
        "ST",
        "TM",
        "UI",
        "UL",
        "US",
    ]
)


@dataclass(frozen=True)
class Form:
    """How headers are written."""

    implicit: bool = False
    big: bool = False

    @property
    def syntax(self) -> str:
        """The uncompressed transfer syntax of this form."""
        return IMPLICIT_LE if self.implicit else EXPLICIT_BE if self.big else EXPLICIT_LE

    @property
    def order(self) -> str:
        """The byte order in struct's spelling."""
        return ">" if self.big else "<"


EXPLICIT: Final = Form()
IMPLICIT: Final = Form(implicit=True)
BIG: Final = Form(big=True)
FORMS: Final = (EXPLICIT, IMPLICIT, BIG)


def even(value: str | bytes, pad: bytes = b" ") -> bytes:
    """Return the value as bytes of even length."""
    raw = value.encode("ascii") if isinstance(value, str) else value
    return raw + pad if len(raw) & 1 else raw


def header(tag: int, vr: str, length: int, form: Form = EXPLICIT) -> bytes:
    """Return the header of a data element; tags of group FFFE have no VR (PS3.5 7.5)."""
    group, number = tag >> 16, tag & 0xFFFF
    if form.implicit or group == 0xFFFE:
        return struct.pack(form.order + "HHL", group, number, length)
    code = vr.encode("ascii")
    if vr in SHORT_VRS:
        return struct.pack(form.order + "HH2sH", group, number, code, length)
    return struct.pack(form.order + "HH2sHL", group, number, code, 0, length)


def element(tag: int, vr: str, value: str | bytes = b"", form: Form = EXPLICIT, *, length: int | None = None) -> bytes:
    """Return a data element; `length` overrides the true one."""
    raw = even(value, b"\0" if vr in {"UI", "OB", "UN"} else b" ") if isinstance(value, str) else value
    return header(tag, vr, len(raw) if length is None else length, form) + raw


def numbers(code: str, *values: float, form: Form = EXPLICIT) -> bytes:
    """Return binary numbers in the form's byte order; `code` is struct's."""
    return struct.pack(f"{form.order}{len(values)}{code}", *values)


def item(content: bytes = b"", form: Form = EXPLICIT, *, undefined: bool = False) -> bytes:
    """Return an item, with its delimiter where its length is undefined."""
    if not undefined:
        return header(ITEM, "", len(content), form) + content
    return header(ITEM, "", UNDEFINED, form) + content + header(ITEM_END, "", 0, form)


def sequence(
    tag: int, items: Iterable[bytes] = (), form: Form = EXPLICIT, *, undefined: bool = False, vr: str = "SQ"
) -> bytes:
    """Return a sequence of ready-made items."""
    content = b"".join(items)
    if not undefined:
        return header(tag, vr, len(content), form) + content
    return header(tag, vr, UNDEFINED, form) + content + header(SEQUENCE_END, "", 0, form)


def nested(tag: int, depth: int, form: Form = EXPLICIT, *, undefined: bool, vr: str = "SQ", core: bytes = b"") -> bytes:
    """Return `depth` sequences of one item inside each other, the innermost item holding `core`.

    Built from the outside in, so that a million levels take no more than linear time.
    """
    if undefined:
        # PS3.5 6.2.2: what is inside UN of undefined length is Implicit VR Little Endian.
        inner = IMPLICIT if vr == "UN" else form
        first = header(tag, vr, UNDEFINED, form) + header(ITEM, "", UNDEFINED, inner)
        level = header(tag, vr, UNDEFINED, inner) + header(ITEM, "", UNDEFINED, inner)
        close = header(ITEM_END, "", 0, inner) + header(SEQUENCE_END, "", 0, inner)
        return first + level * (depth - 1) + core + close * depth
    step = len(header(tag, vr, 0, form)) + 8
    parts = []
    for above in range(depth):
        inside = len(core) + (depth - above - 1) * step
        parts.append(header(tag, vr, inside + 8, form) + header(ITEM, "", inside, form))
    return b"".join(parts) + core


def encapsulated(
    fragments: Iterable[bytes], table: bytes = b"", form: Form = EXPLICIT, *, end: bool = True, vr: str = "OB"
) -> bytes:
    """Return top-level encapsulated Pixel Data with a Basic Offset Table item."""
    pieces = [header(PIXEL_DATA, vr, UNDEFINED, form), item(table, form)]
    pieces += [item(fragment, form) for fragment in fragments]
    return b"".join(pieces) + (header(SEQUENCE_END, "", 0, form) if end else b"")


def file_meta(syntax: str | bytes | None = EXPLICIT_LE, extra: bytes = b"", *, group_length: int | None = -1) -> bytes:
    """Return the file meta group; `group_length` -1 is the true one, None leaves it out."""
    content = element(0x00020001, "OB", b"\0\1") + element(0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.7")
    content += element(0x00020003, "UI", "2.25.1")
    if syntax is not None:
        content += element(0x00020010, "UI", even(syntax, b"\0"))
    content += element(0x00020012, "UI", "2.25.2") + extra
    if group_length is None:
        return content
    length = len(content) if group_length == -1 else group_length
    return element(0x00020000, "UL", struct.pack("<L", length)) + content


def part10(
    body: bytes, syntax: str | bytes | None = EXPLICIT_LE, *, preamble: bytes = bytes(128), extra: bytes = b""
) -> bytes:
    """Return a file: preamble, prefix, file meta, then the encoded data set."""
    return preamble + b"DICM" + file_meta(syntax, extra) + body


def deflated(body: bytes, syntax: str = DEFLATED_LE, *, wbits: int = -15) -> bytes:
    """Return a file whose data set is deflated (RFC 1951; with wbits=15 wrapped as in RFC 1950)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    packed = packer.compress(body) + packer.flush()
    return part10(even(packed, b"\0"), syntax)


def small(form: Form = EXPLICIT, *, undefined: bool = False) -> bytes:
    """Return the body of a small image: strings, numbers, nested items, pixels of four words."""
    inner = element(0x00080100, "SH", "113100", form) + element(0x00080104, "LO", "Basic", form)
    deeper = sequence(0x0040A730, [item(inner, form, undefined=undefined)], form, undefined=undefined)
    first = element(0x00081150, "UI", "1.2.840.10008.5.1.4.1.1.7", form) + deeper
    second = element(0x00081155, "UI", "2.25.3", form)
    body = element(0x00080005, "CS", "ISO_IR 100", form)
    body += element(0x00080018, "UI", "2.25.1", form) + element(0x00080060, "CS", "OT", form)
    body += sequence(
        0x00081140,
        [item(first, form, undefined=undefined), item(second, form), item(b"", form, undefined=undefined)],
        form,
        undefined=undefined,
    )
    body += element(0x00100010, "PN", "Doe^Jane", form) + element(0x00100020, "LO", "4711", form)
    body += element(0x00200013, "IS", "7", form) + element(0x00200032, "DS", "1.5\\-2\\3e1", form)
    body += element(0x00280010, "US", numbers("H", 2, form=form), form)
    body += element(0x00280011, "US", numbers("H", 2, form=form), form)
    body += element(0x00280100, "US", numbers("H", 16, form=form), form)
    body += element(0x00280103, "US", numbers("H", 0, form=form), form)
    return body + element(PIXEL_DATA, "OW", numbers("H", 1, 2, 3, 4, form=form), form)
