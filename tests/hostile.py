"""Hostile input: every shape of it that is known to have brought a DICOM reader down.

`fixed` makes small files, `SCALED` shapes of any size (so that a test can ask whether time grows with it), `PIECES`
input without end, `bombs` what grows when it is inflated.
"""

from __future__ import annotations

import itertools
import struct
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.made import (
    BIG,
    DEFLATED_LE,
    EXPLICIT,
    EXPLICIT_LE,
    FORMS,
    IMPLICIT,
    IMPLICIT_LE,
    ITEM,
    ITEM_END,
    JPEG_BASELINE,
    PIXEL_DATA,
    SEQUENCE_END,
    SHORT_VRS,
    UNDEFINED,
    Form,
    deflated,
    element,
    encapsulated,
    file_meta,
    header,
    item,
    nested,
    numbers,
    part10,
    sequence,
    small,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONG_VRS: Final = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
CONTENT: Final = 0x0040A730
PRIVATE: Final = 0x00091001
ENDLESS: Final = header(CONTENT, "SQ", UNDEFINED) + header(ITEM, "", UNDEFINED)


class Fixed(NamedTuple):
    """A file; `outcome` is what reading all of it strictly must come to: "error", "reads", or "either"."""

    data: bytes
    outcome: str


class Scaled(NamedTuple):
    """A shape of any size: `make(n)` has n of what it is about, `full` is the n to survive."""

    make: Callable[[int], bytes]
    full: int
    outcome: str


def _lengths() -> Iterator[tuple[str, Fixed]]:
    """Lengths far beyond the end of a file of about 300 bytes."""
    for length in (0x7FFFFFFE, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFD, 0xFFFFFFFE):
        for vr in LONG_VRS:
            yield f"{vr} of {length:X} bytes", Fixed(part10(element(PRIVATE, vr, b"abcd", length=length)), "error")
        for form in FORMS:
            body = element(0x00104000, "UT", b"abcd", form, length=length)
            yield f"{form.syntax}: {length:X} bytes", Fixed(part10(body, form.syntax), "error")
            body = header(CONTENT, "SQ", UNDEFINED, form) + header(ITEM, "", length, form) + b"abcd"
            yield f"{form.syntax}: item of {length:X} bytes", Fixed(part10(body, form.syntax), "error")
            body = header(CONTENT, "SQ", length, form) + header(ITEM, "", length, form) + b"abcd"
            yield f"{form.syntax}: sequence of {length:X} bytes", Fixed(part10(body, form.syntax), "error")
        fragment = header(PIXEL_DATA, "OB", UNDEFINED) + item() + header(ITEM, "", length) + b"abcd"
        yield f"fragment of {length:X} bytes", Fixed(part10(fragment, JPEG_BASELINE), "error")
        table = header(PIXEL_DATA, "OB", UNDEFINED) + header(ITEM, "", length) + b"abcd"
        yield f"offset table of {length:X} bytes", Fixed(part10(table, JPEG_BASELINE), "error")
        start = bytes(128) + b"DICM" + element(0x00020000, "UL", struct.pack("<L", length))
        yield f"group length of {length:X}", Fixed(start + file_meta(group_length=None) + small(), "either")
        meta = part10(b"", extra=element(0x00020102, "OB", b"abcd", length=length))
        yield f"{length:X} bytes in the file meta group", Fixed(meta, "error")
    yield "short VR of FFFF bytes", Fixed(part10(element(0x00100010, "PN", b"Doe", length=0xFFFF)), "error")


def _undefined() -> Iterator[tuple[str, Fixed]]:
    """Undefined length where it means nothing, or without an end."""
    for vr in LONG_VRS:
        body = header(PRIVATE, vr, UNDEFINED)
        yield f"{vr} of undefined length, then nothing", Fixed(part10(body), "error")
        yield f"{vr} of undefined length, then elements", Fixed(part10(body + small()), "error")
        done = body + item(b"abcd") + header(SEQUENCE_END, "", 0)
        yield f"{vr} of undefined length with fragments", Fixed(part10(done), "either")
    yield "items without end", Fixed(part10(ENDLESS * 20), "error")
    yield "items without content or end", Fixed(part10(header(CONTENT, "SQ", UNDEFINED) + item() * 20), "error")
    yield "fragments without end", Fixed(part10(encapsulated([b"ab"] * 20, end=False), JPEG_BASELINE), "error")
    endless = header(PIXEL_DATA, "OB", UNDEFINED) + item() + header(ITEM, "", UNDEFINED) + b"abcd"
    yield "fragment of undefined length", Fixed(part10(endless, JPEG_BASELINE), "error")
    endless = header(PIXEL_DATA, "OB", UNDEFINED) + small()
    yield "encapsulated pixel data without items", Fixed(part10(endless, JPEG_BASELINE), "error")
    yield (
        "pixel data ends with an item delimiter",
        Fixed(part10(encapsulated([b"ab"], end=False) + header(ITEM_END, "", 0), JPEG_BASELINE), "error"),
    )
    meta = part10(small(), extra=sequence(0x00020102, [item()], undefined=True, vr="OB"))
    yield "undefined length in the file meta group", Fixed(meta, "either")


def _delimiters() -> Iterator[tuple[str, Fixed]]:
    """Delimiters and items where none belong."""
    name = element(0x00100010, "PN", "Doe")
    for form in FORMS:
        for tag, word in ((ITEM, "item"), (ITEM_END, "item delimiter"), (SEQUENCE_END, "sequence delimiter")):
            stray = header(tag, "", 0, form)
            places = {
                "at the top": stray + small(form),
                "at the end": small(form) + stray,
                "in an item of defined length": sequence(CONTENT, [item(stray, form)], form),
                "in a sequence of defined length": sequence(CONTENT, [item(b"", form) + stray], form),
                "in an item of undefined length": sequence(
                    CONTENT, [item(stray + element(0x00100020, "LO", "x", form), form, undefined=True)], form
                ),
                "behind the sequence delimiter": sequence(CONTENT, [], form, undefined=True) + stray + small(form),
            }
            for place, body in places.items():
                yield f"{form.syntax}: {word} {place}", Fixed(part10(body, form.syntax), "either")
    for length in (1, 8, UNDEFINED):
        for tag in (ITEM_END, SEQUENCE_END):
            body = header(CONTENT, "SQ", UNDEFINED) + header(ITEM, "", UNDEFINED)
            body += header(ITEM_END, "", length if tag == ITEM_END else 0)
            body += header(SEQUENCE_END, "", length if tag == SEQUENCE_END else 0)
            yield f"{tag:08X} with length {length:X}", Fixed(part10(body + name), "either")
    yield (
        "item delimiter missing",
        Fixed(part10(ENDLESS + name + header(SEQUENCE_END, "", 0) + element(0x00400001, "AE", "x")), "either"),
    )
    yield (
        "sequence delimiter missing",
        Fixed(part10(header(0x00081140, "SQ", UNDEFINED) + item(name, undefined=True) + name), "either"),
    )
    yield "elements between items", Fixed(part10(sequence(CONTENT, [item(), name, item()])), "either")
    yield "group FFFE with unknown elements", Fixed(part10(header(0xFFFE0001, "", 0) * 4), "either")


def _overruns() -> Iterator[tuple[str, Fixed]]:
    """Parts that are longer than the whole they are in."""
    for form in FORMS:
        tail = small(form)

        def body(content: bytes, form: Form = form, tail: bytes = tail) -> bytes:
            return part10(content + tail, form.syntax)

        long_item = header(CONTENT, "SQ", 16, form) + header(ITEM, "", 60, form) + bytes(8)
        yield f"{form.syntax}: item overruns its sequence", Fixed(body(long_item), "either")
        value = element(0x00100020, "LO", b"abcd", form, length=40)
        overrun = sequence(CONTENT, [item(value, form)], form)
        yield f"{form.syntax}: value overruns its item", Fixed(body(overrun), "either")
        inner = header(CONTENT, "SQ", 400, form) + header(ITEM, "", 392, form)
        yield (
            f"{form.syntax}: sequence overruns its item",
            Fixed(body(sequence(CONTENT, [item(inner, form)], form)), "either"),
        )
        inner = header(CONTENT, "SQ", UNDEFINED, form) + item(b"", form)
        yield (
            f"{form.syntax}: undefined length inside an item that ends",
            Fixed(body(sequence(CONTENT, [item(inner, form)], form)), "either"),
        )
        for size in range(1, 8):
            yield (
                f"{form.syntax}: sequence of {size} bytes",
                Fixed(body(header(CONTENT, "SQ", size, form) + bytes(size)), "either"),
            )
            yield (
                f"{form.syntax}: item of {size} bytes",
                Fixed(body(sequence(CONTENT, [item(b"\x08\0\x05\0CS\0\0"[:size], form)], form)), "either"),
            )


def _values() -> Iterator[tuple[str, Fixed]]:
    """Values that are not what their VR says; they are read, and must be harmless when they are looked at."""
    every = sorted(SHORT_VRS | set(LONG_VRS) - {"SQ"})
    yield (
        "every VR, zero length",
        Fixed(part10(b"".join(element(PRIVATE + n, vr) for n, vr in enumerate(every))), "reads"),
    )
    zero = part10(sequence(CONTENT) + sequence(CONTENT, undefined=True) + element(PIXEL_DATA, "OW"))
    yield "everything of zero length", Fixed(zero, "reads")
    for size in (1, 3, 5, 7, 9):
        odd = b"".join(element(PRIVATE + n, vr, b"\xff" * size) for n, vr in enumerate(every))
        yield f"every VR, {size} bytes of FF", Fixed(part10(odd), "reads")
    for word, raw in _texts().items():
        body = b"".join(element(PRIVATE + n, vr, raw) for n, vr in enumerate(every) if len(raw) < 65536)
        for charset in (
            "ISO_IR 192",
            "ISO 2022 IR 6\\ISO 2022 IR 87\\ISO 2022 IR 149",
            "GB18030",
            "no such set",
            "\\\\",
        ):
            data = part10(element(0x00080005, "CS", charset) + body)
            yield f"every VR holds {word}, in {charset!r}", Fixed(data, "reads")
    yield "UN that should be a sequence", Fixed(part10(element(CONTENT, "UN", b"garbage!" * 3)), "either")
    yield "sequence of text", Fixed(part10(element(CONTENT, "SQ", b"garbage!" * 3)), "error")
    for vr in ("US", "SS", "LO", "UI"):
        bits = element(0x00280100, vr, b"\xff" * 3) + element(0x00280103, vr, b"\xfe\xff\x01")
        yield f"Pixel Representation as {vr}", Fixed(part10(bits + element(0x00280106, "US", b"\1")), "reads")
    for vr in every:
        sets = element(0x00080005, vr, b"\1\0\2\0\3\0\4\0") + element(0x00100010, "PN", "Doe")
        nested_too = sequence(CONTENT, [item(sets + sequence(CONTENT, [item(sets)], undefined=True))])
        yield f"Specific Character Set as {vr}", Fixed(part10(sets + nested_too), "reads")
        single = element(0x00080005, vr, b"1 " if vr in ("DS", "IS") else b"\1\0")
        yield (
            f"Specific Character Set as {vr}, two bytes",
            Fixed(part10(single + element(0x00100010, "PN", "x")), "reads"),
        )
    lengthy = element(0x00080005, "CS", "\\".join(["ISO 2022 IR 87"] * 1000))
    yield "a thousand character sets", Fixed(part10(lengthy + element(0x00100010, "PN", b"\x1b$B" * 1000)), "reads")


def _texts() -> dict[str, bytes]:
    """Texts that trip number, date, name and text decoders."""
    return {
        "60,000 digits": b"9" * 60000,
        "60,000 backslashes": b"\\" * 60000,
        "60,000 carets": b"^" * 60000,
        "60,000 equals signs": b"=" * 60000,
        "60,000 escapes": b"\x1b" * 60000,
        "escape sequences": b"\x1b$B\x1b(J\x1b$)C\x1b" * 400,
        "huge exponents": b"1e999999\\-1e999999\\1e-999999\\nan\\inf\\0x10\\1_000\\\xd9\xa1",
        "dates out of range": b"00000000\\99999999\\20240230\\20241301\\999999.999999\\246060\\+9999",
        "NULs": bytes(1000),
        "all bytes": bytes(range(256)) * 8,
        "UIDs of dots": b"." * 2000,
    }


def _starts() -> Iterator[tuple[str, Fixed]]:
    """Beginnings that are no beginning."""
    whole = part10(small())
    for size in (0, 1, 127, 128, 131, 132, 133, 140, 144):
        yield f"the first {size} bytes", Fixed(whole[:size], "either" if size in (132, 144) else "error")
    yield "zeros", Fixed(bytes(1000), "error")
    yield "FF", Fixed(b"\xff" * 1000, "error")
    yield "a web page", Fixed(b"<!DOCTYPE html><html><body>404</body></html>" * 10, "error")
    yield "no transfer syntax", Fixed(part10(small(), None), "either")
    yield "empty transfer syntax", Fixed(part10(small(), ""), "either")
    yield "unknown transfer syntax", Fixed(part10(small(), "1.2.3.4"), "either")
    yield "transfer syntax of 60,000 bytes", Fixed(part10(small(), "1." * 30000), "either")
    yield "transfer syntax that is no UID", Fixed(part10(small(), b"\xff\x00%s{0}"), "either")
    yield "XML in MIME", Fixed(part10(small(), "1.2.840.10008.1.2.6.1"), "error")
    for form, named in itertools.product(FORMS, FORMS):
        if form != named:
            yield f"{form.syntax} under {named.syntax}", Fixed(part10(small(form), named.syntax), "either")
    yield "file meta again", Fixed(part10(file_meta() + small()), "either")
    yield "file in a file", Fixed(part10(whole), "either")
    yield "group length of 0", Fixed(bytes(128) + b"DICM" + file_meta(group_length=0) + small(), "either")
    yield (
        "file meta in big endian",
        Fixed(bytes(128) + b"DICM" + element(0x00020010, "UI", EXPLICIT_LE, BIG) + small(BIG), "either"),
    )
    yield (
        "file meta in implicit VR",
        Fixed(bytes(128) + b"DICM" + element(0x00020010, "UI", IMPLICIT_LE, IMPLICIT) + small(IMPLICIT), "either"),
    )
    for code in (b"\0\0", b"  ", b"??", b"zz", b"XX", b"\xff\xff"):
        odd = struct.pack("<HH2sH", 0x0010, 0x0010, code, 4) + b"abcd"
        yield f"VR {code!r}", Fixed(part10(element(0x00080005, "CS", "ISO_IR 6") + odd + small()[18:]), "either")


def _ends() -> Iterator[tuple[str, Fixed]]:
    """Garbage behind the last element."""
    whole = part10(small())
    for size in (1, 2, 6, 7):
        yield f"{size} zero bytes behind the end", Fixed(whole + bytes(size), "reads")
        yield f"{size} bytes of garbage behind the end", Fixed(whole + b"\xff" * size, "error")
    yield "zeros behind the end", Fixed(whole + bytes(1000), "reads")
    yield "FF behind the end", Fixed(whole + b"\xff" * 1000, "error")
    yield "text behind the end", Fixed(whole + b"garbage behind the end. " * 20, "either")
    yield "a second file behind the end", Fixed(whole + whole, "either")


def _deflates() -> Iterator[tuple[str, Fixed]]:
    """Deflated data sets that are not."""
    whole = deflated(small())
    yield "cut while deflated", Fixed(whole[:-20], "error")
    yield "not deflated at all", Fixed(part10(small(), DEFLATED_LE), "either")
    yield "wrapped in zlib", Fixed(deflated(small(), wbits=15), "either")
    yield "garbage instead of deflated data", Fixed(part10(b"\xff" * 500, DEFLATED_LE), "error")
    yield "nothing deflated", Fixed(part10(b"", DEFLATED_LE), "either")
    yield "garbage behind deflated data", Fixed(whole + b"garbage" * 20, "either")
    yield "deflated, cut inside", Fixed(deflated(small()[:-3]), "error")
    yield "deflated twice", Fixed(part10(whole[len(part10(b"", DEFLATED_LE)) :], DEFLATED_LE) + whole, "either")


def fixed() -> dict[str, Fixed]:
    """Make all files of a fixed size; the names tell them apart."""
    makers = (_lengths, _undefined, _delimiters, _overruns, _values, _starts, _ends, _deflates)
    return {f"{maker.__name__[1:]}: {name}": case for maker in makers for name, case in maker()}


def _deep(form: Form, undefined: bool, vr: str = "SQ") -> Callable[[int], bytes]:
    tag = CONTENT if vr == "SQ" else PRIVATE
    return lambda depth: part10(nested(tag, depth, form, undefined=undefined, vr=vr), form.syntax)


def _cut_deep(depth: int) -> bytes:
    return part10(ENDLESS * depth)


def _mixed_deep(depth: int) -> bytes:
    """Nest sequences of defined length around items of undefined length, so that both ways of skipping alternate."""
    step = len(header(CONTENT, "SQ", 0)) + len(item(b"", undefined=True))
    starts = (header(CONTENT, "SQ", below * step - 12) + header(ITEM, "", UNDEFINED) for below in range(depth, 0, -1))
    return part10(b"".join(starts) + header(ITEM_END, "", 0) * depth)


def _siblings(count: int) -> bytes:
    """Put items with a sequence of undefined length beside each other."""
    return part10(sequence(CONTENT, [item(sequence(CONTENT, [item()], undefined=True))] * count, undefined=True))


def _deep_un(depth: int) -> bytes:
    """Nest UN of defined length, which is Implicit VR Little Endian inside, whose tag is a known sequence."""
    inside = nested(CONTENT, depth - 1, IMPLICIT, undefined=False)
    return part10(element(CONTENT, "UN", header(ITEM, "", len(inside)) + inside))


SCALED: Final[dict[str, Scaled]] = {
    "nested, undefined length": Scaled(_deep(EXPLICIT, True), 1_000_000, "error"),
    "nested, undefined length, implicit": Scaled(_deep(IMPLICIT, True), 1_000_000, "error"),
    "nested, undefined length, big endian": Scaled(_deep(BIG, True), 1_000_000, "error"),
    "nested, defined length": Scaled(_deep(EXPLICIT, False), 1_000_000, "error"),
    "nested, defined length, implicit": Scaled(_deep(IMPLICIT, False), 1_000_000, "error"),
    "nested private UN of undefined length": Scaled(_deep(EXPLICIT, True, "UN"), 1_000_000, "error"),
    "nested private UN of undefined length, big endian": Scaled(_deep(BIG, True, "UN"), 1_000_000, "error"),
    "nested UN of defined length": Scaled(_deep_un, 1_000_000, "either"),
    "nested without end": Scaled(_cut_deep, 1_000_000, "error"),
    "nested, defined around undefined": Scaled(_mixed_deep, 1_000_000, "error"),
    "sequences side by side": Scaled(_siblings, 30_000, "reads"),
    "empty items, defined": Scaled(lambda n: part10(sequence(CONTENT, [item() * n])), 1_000_000, "reads"),
    "empty items, undefined": Scaled(
        lambda n: part10(sequence(CONTENT, [item(undefined=True) * n], undefined=True)), 1_000_000, "reads"
    ),
    "empty items, implicit": Scaled(
        lambda n: part10(sequence(CONTENT, [item() * n], IMPLICIT, undefined=True), IMPLICIT_LE), 200_000, "reads"
    ),
    "empty items without end": Scaled(
        lambda n: part10(header(CONTENT, "SQ", UNDEFINED) + item() * n), 200_000, "error"
    ),
    "empty fragments": Scaled(lambda n: part10(encapsulated([b""] * n), JPEG_BASELINE), 300_000, "reads"),
    "empty sequences": Scaled(
        lambda n: part10(sequence(CONTENT, [item(sequence(CONTENT) * n)], undefined=True)), 200_000, "reads"
    ),
    "one tag again and again": Scaled(lambda n: part10(element(0x00100020, "LO") * n), 200_000, "reads"),
    "descending tags": Scaled(
        lambda n: part10(b"".join(element(0x60000000 - k * 2, "LO") for k in range(n))), 50_000, "reads"
    ),
    "stray delimiters": Scaled(lambda n: part10(header(SEQUENCE_END, "", 0) * n), 200_000, "either"),
    "elements in the file meta group": Scaled(
        lambda n: part10(small(), extra=element(0x00020016, "AE", "x") * n), 50_000, "either"
    ),
    "character sets": Scaled(
        lambda n: part10(element(0x00080005, "CS", "\\".join(["ISO 2022 IR 87"] * (n // 15)))), 60_000, "reads"
    ),
    "values of one element": Scaled(lambda n: part10(element(PRIVATE, "UC", "\\".join(["1"] * n))), 1_000_000, "reads"),
    "decimal strings": Scaled(
        lambda n: part10(element(0x30060050, "DS", "\\".join(["1"] * n), IMPLICIT), IMPLICIT_LE),
        1_000_000,
        "reads",
    ),
    "person names": Scaled(
        lambda n: part10(element(0x00100010, "PN", "\\".join(["a^b=c=d"] * n), IMPLICIT), IMPLICIT_LE), 200_000, "reads"
    ),
    "carets in a name": Scaled(
        lambda n: part10(element(0x00100010, "PN", "^" * n, IMPLICIT), IMPLICIT_LE), 4_000_000, "reads"
    ),
    "escapes": Scaled(
        lambda n: part10(
            element(0x00080005, "CS", "ISO 2022 IR 6\\ISO 2022 IR 87", IMPLICIT)
            + element(0x00104000, "LT", b"\x1b$B" * n, IMPLICIT),
            IMPLICIT_LE,
        ),
        300_000,
        "reads",
    ),
    "digits": Scaled(lambda n: part10(element(0x00200013, "IS", "9" * n, IMPLICIT), IMPLICIT_LE), 4_000_000, "reads"),
    "tags as values": Scaled(
        lambda n: part10(element(0x00280009, "AT", numbers("H", 0x18, 0x1063) * n, IMPLICIT), IMPLICIT_LE),
        500_000,
        "reads",
    ),
    "zeros behind the end": Scaled(lambda n: part10(small()) + bytes(n), 50_000_000, "reads"),
    "deflated zeros": Scaled(lambda n: bomb(n), 2**32, "error"),
}


def _repeated(start: bytes, block: bytes, times: int, end: bytes = b"") -> bytes:
    """Return start + block * times + end as raw deflate data, without ever inflating or deflating all of it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    # A full flush forgets what came before and ends on a byte, so the same block packs to the same bytes.
    middle = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    tail = packer.compress(end) + packer.flush()
    return head + middle * times + tail


BLOCK: Final = 2**22


def bomb(size: int) -> bytes:
    """Return a deflated file whose one value has `size` zero bytes when inflated (at most 2**32 - 2)."""
    length = min(size, UNDEFINED - 1)
    start = element(0x00100020, "LO", "x") + header(PIXEL_DATA, "OW", length)
    times, rest = divmod(length, BLOCK)
    return part10(_repeated(start, bytes(BLOCK), times, bytes(rest)), DEFLATED_LE)


def bombs() -> Iterator[tuple[str, bytes]]:
    """Make deflated files of 4 GB in several shapes."""
    yield "zeros in one value", bomb(2**32)
    yield "zeros behind the end", part10(_repeated(small(), bytes(BLOCK), 1024), DEFLATED_LE)
    empty = element(0x00100020, "LO") * (BLOCK // 8)
    yield "empty elements", part10(_repeated(small(), empty, 1024), DEFLATED_LE)
    yield (
        "empty items",
        part10(_repeated(small() + header(CONTENT, "SQ", UNDEFINED), item() * (BLOCK // 8), 1024), DEFLATED_LE),
    )
    yield "nested items", part10(_repeated(small(), ENDLESS * (BLOCK // 20), 1024), DEFLATED_LE)
    value = element(0x00104000, "LT", b"x" * 65528)
    yield "long texts", part10(_repeated(small(), value * 64, 1024), DEFLATED_LE)
    fragments = encapsulated([], end=False)
    yield "fragments", part10(_repeated(fragments, item(bytes(BLOCK - 8)), 1024), DEFLATED_LE)


def endless(body: bytes, block: bytes, syntax: str = EXPLICIT_LE) -> Iterator[bytes]:
    """Give a file that never ends: a body, then a block again and again."""
    yield part10(body, syntax)
    block *= max(1, 65536 // len(block))
    while True:
        yield block


ONE: Final = element(0x00100020, "LO", "1")
PIECES: Final[dict[str, Callable[[], Iterator[bytes]]]] = {
    "empty items": lambda: endless(header(CONTENT, "SQ", UNDEFINED), item()),
    "nested items": lambda: endless(b"", ENDLESS),
    "empty elements": lambda: endless(small(), element(0x00100020, "LO")),
    "texts": lambda: endless(small(), element(0x00104000, "LT", b"x" * 60000)),
    "file meta elements": lambda: endless(file_meta(), element(0x00020016, "AE", "x")),
    "one-byte pieces": lambda: (bytes([byte]) for byte in itertools.chain(part10(b""), itertools.cycle(ONE))),
}
