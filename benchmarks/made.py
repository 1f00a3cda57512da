"""The benchmark's DICOM files, made from nothing and always the same.

A small encoder of their own, so that no library under test had a hand in them.
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from typing import Final

__all__ = (
    "big_image",
    "ct",
    "deflated",
    "encapsulated_start",
    "enhanced",
    "enhanced_start",
    "fragment",
    "rtstruct",
    "slide_start",
    "sr",
)

UNDEFINED: Final = 0xFFFFFFFF
SHORT: Final = frozenset(
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
NUMBERS: Final = {"US": "H", "UL": "L", "FL": "f", "FD": "d"}


def _header(tag: int, vr: str, length: int) -> bytes:
    if tag >> 16 == 0xFFFE:
        return struct.pack("<HHL", tag >> 16, tag & 0xFFFF, length)
    if vr in SHORT:
        return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode("ascii"), length)
    return struct.pack("<HH2sHL", tag >> 16, tag & 0xFFFF, vr.encode("ascii"), 0, length)


def _element(tag: int, vr: str, value: str | bytes | float | tuple[float, ...]) -> bytes:
    if isinstance(value, str):
        raw = value.encode("ascii")
        raw += (b"\0" if vr == "UI" else b" ") * (len(raw) & 1)
    elif isinstance(value, bytes):
        raw = value
    else:
        several = value if isinstance(value, tuple) else (value,)
        raw = struct.pack(f"<{len(several)}{NUMBERS[vr]}", *several)
    return _header(tag, vr, len(raw)) + raw


def _item(content: bytes, undefined: bool = False) -> bytes:
    if undefined:
        return _header(0xFFFEE000, "", UNDEFINED) + content + _header(0xFFFEE00D, "", 0)
    return _header(0xFFFEE000, "", len(content)) + content


def _sequence(tag: int, *items: bytes, undefined: bool = False) -> bytes:
    content = b"".join(_item(each, undefined) for each in items)
    if undefined:
        return _header(tag, "SQ", UNDEFINED) + content + _header(0xFFFEE0DD, "", 0)
    return _header(tag, "SQ", len(content)) + content


def _file(sop_class: str, body: bytes, syntax: str = "1.2.840.10008.1.2.1") -> bytes:
    meta = _element(0x00020001, "OB", b"\0\1") + _element(0x00020002, "UI", sop_class)
    meta += _element(0x00020003, "UI", "2.25.137614983275610942178355204417786") + _element(0x00020010, "UI", syntax)
    meta += _element(0x00020012, "UI", "2.25.20240307") + _element(0x00020013, "SH", "MADE_1")
    return bytes(128) + b"DICM" + _element(0x00020000, "UL", len(meta)) + meta + body


# Tag, VR and value of the CT image's plain elements; "#" is US, "%" is FD.
CT_ELEMENTS: Final = r"""
00080005 CS ISO_IR 100
00080008 CS ORIGINAL\PRIMARY\AXIAL\CT_SOM5 SPI
00080012 DA 20240307
00080013 TM 101530.427000
00080016 UI 1.2.840.10008.5.1.4.1.1.2
00080018 UI 2.25.137614983275610942178355204417786
00080020 DA 20240307
00080021 DA 20240307
00080022 DA 20240307
00080023 DA 20240307
0008002A DT 20240307101529.881000
00080030 TM 100812.765000
00080031 TM 101502.140000
00080032 TM 101529.881000
00080033 TM 101529.881000
00080050 SH A2024030700123
00080060 CS CT
00080064 CS WSD
00080070 LO Example Imaging
00080080 LO Example Hospital North
00080081 ST 1 Example Street, Example Town
00080090 PN Referrer^Rita^^Dr.
00080201 SH +0100
00081010 SH CTAWP00042
00081030 LO Thorax^1_THORAX_NATIV (Adult)
0008103E LO Thorax 1.0 Br60 3
00081040 LO Radiology
00081048 PN Record^Rob
00081050 PN Performer^Pat
00081060 PN Reader^Rae
00081070 PN Operator^Olga
00081080 LO Cough
00081090 LO Example Scanner 64
00083010 UI 2.25.99120833750217765
00100010 PN Example^Erika^Maria
00100020 LO EX0012345
00100021 LO EXAMPLE
00100030 DA 19610412
00100032 TM 041500
00100040 CS F
00101000 LO EX0012345A\EX0012345B
00101001 PN Sample^Erika
00101010 AS 062Y
00101020 DS 1.68
00101030 DS 71.5
00102000 LO none
00102110 LO none
00102160 SH unknown
00102180 SH engineer
001021A0 CS NO
001021B0 LT nothing of note
001021C0 US #4
00104000 LT synthetic
00120062 CS NO
00180010 LO APPLIED
00180015 CS CHEST
00180022 CS HELIX
00180050 DS 1
00180060 DS 120
00180090 DS 500
00181000 LO 66193
00181010 LO SC1
00181020 LO syngo CT 2011A
00181030 LO 1_THORAX_NATIV
00181040 LO IV
00181041 DS 80
00181042 TM 101410.000000
00181043 TM 101440.000000
00181044 DS 80
00181046 DS 3.5
00181047 DS 22.8
00181049 DS 350
00181100 DS 340
00181110 DS 1040
00181111 DS 570
00181120 DS 0
00181130 DS 141
00181140 CS CW
00181150 IS 500
00181151 IS 212
00181152 IS 106
00181160 SH WEDGE_3
00181170 IS 32
00181190 DS 1.2
00181200 DA 20240304\20240305
00181201 TM 070211.000000\070155.000000
00181210 SH Br60f\3
00181271 FD %281.7
00185100 CS HFS
00189306 FD %0.6
00189307 FD %38.4
00189309 FD %46.0
00189310 FD %23.0
00189311 FD %0.6
00189313 FD %0.0,-141.5,-212.5
00189318 FD %0.0,-141.5,-212.5
00189323 CS XYZ_EC
00189324 FD %26.4
00189345 FD %7.41
0020000D UI 2.25.201764498530087315566093842
0020000E UI 2.25.201764498530087315566093843
00200010 SH 4711
00200011 IS 3
00200012 IS 2
00200013 IS 117
00200020 CS L\P
00200032 DS -169.66796875\-311.16796875\-212.5
00200037 DS 1\0\0\0\1\0
00200052 UI 2.25.201764498530087315566093850
00200060 CS
00200100 IS 1
00200105 IS 1
00201002 IS 312
00201040 LO
00201041 DS -212.5
00204000 LT synthetic data, no patient
00280002 US #1
00280004 CS MONOCHROME2
00280010 US #512
00280011 US #512
00280030 DS 0.6640625\0.6640625
00280034 IS 1\1
00280100 US #16
00280101 US #12
00280102 US #11
00280103 US #0
00280300 CS NO
00280301 CS NO
00280303 CS UNMODIFIED
00281050 DS 50\-600
00281051 DS 350\1200
00281052 DS -1024
00281053 DS 1
00281054 LO HU
00281055 LO WINDOW1\WINDOW2
00282110 CS 00
0032000A CS READ
0032000C CS MED
00321030 LO cough
00321032 PN Requester^Ray
00321033 LO Pulmonology
00321060 LO CT Thorax native
00321070 LO none
00324000 LT none
00380010 LO ADM-2024-118
00380020 DA 20240306
00380021 TM 173000
00380060 LO EP1
00380300 LO Ward 4
00380400 LO room 12
00380500 LO stable
00400001 AE CTSCAN01
00400002 DA 20240307
00400003 TM 100000
00400007 LO Thorax native
00400009 SH SPS1
00400241 AE CTSCAN01
00400242 SH CTAWP00042
00400243 SH Room 2
00400244 DA 20240307
00400245 TM 100812.765000
00400250 DA 20240307
00400251 TM 101611.000000
00400253 SH PPS1
00400254 LO Thorax native
00400280 ST none
00401001 SH RP1
00401002 LO cough
00401003 SH ROUTINE
00401004 LO bed
00402400 LT none
00403001 LO none
""".strip()


def _plain(line: str) -> tuple[int, bytes]:
    tag, vr, text = (*line.split(" ", 2), "")[:3]
    value: str | int | tuple[float, ...] = text
    if text.startswith("#"):
        value = int(text[1:])
    elif text.startswith("%"):
        value = tuple(map(float, text[1:].split(",")))
    return int(tag, 16), _element(int(tag, 16), vr, value)


def _reference(number: int) -> bytes:
    return _element(0x00081150, "UI", "1.2.840.10008.5.1.4.1.1.2") + _element(0x00081155, "UI", f"2.25.{number}")


def _code(value: str, meaning: str) -> bytes:
    return (
        _element(0x00080100, "SH", value) + _element(0x00080102, "SH", "99MADE") + _element(0x00080104, "LO", meaning)
    )


def ct(undefined: bool = False) -> bytes:
    """Return a CT image: 190 top-level elements, 25 nested ones, 0.5 MiB of pixels."""
    request = _element(0x00321060, "LO", "CT Thorax native") + _element(0x00400007, "LO", "Thorax")
    request += _element(0x00400008, "SQ", b"") + _element(0x00400009, "SH", "S1") + _element(0x00401001, "SH", "R1")
    rays = _element(0x00189321, "SQ", b"") + _element(0x00189328, "FD", 500.0) + _element(0x00189330, "FD", 212.0)
    sequences = {
        0x00081032: [_code("CTTHX", "CT Thorax")],
        0x00081110: [_reference(11)],
        0x00081140: [_reference(number) for number in range(21, 25)],
        0x00082112: [_reference(31), _reference(32)],
        0x00189325: [rays],
        0x00400275: [request],
    }
    elements = dict(map(_plain, CT_ELEMENTS.splitlines()))
    for tag, items in sequences.items():
        elements[tag] = _sequence(tag, *items, undefined=undefined)
    elements[0x00290010] = _element(0x00290010, "LO", "MADE HEADER")
    for number in range(10):
        tag = 0x00291000 + number
        elements[tag] = _element(tag, "OB", bytes(64)) if number < 3 else _element(tag, "SH", f"private {number}")
    elements[0x7FE00010] = _element(0x7FE00010, "OW", bytes(range(256)) * 2048)
    if len(elements) != 190:
        raise AssertionError(f"{len(elements)} elements instead of 190")
    return _file("1.2.840.10008.5.1.4.1.1.2", b"".join(elements[tag] for tag in sorted(elements)))


_Member = tuple[int, str, str | float | tuple[float, ...]]


@lru_cache(maxsize=64)  # most groups are the same in all frames
def _group(tag: int, members: tuple[_Member, ...], undefined: bool) -> bytes:
    return _sequence(tag, b"".join(_element(*member) for member in sorted(members)), undefined=undefined)


def _frame(number: int, undefined: bool) -> bytes:
    """Return one frame's functional groups: 41 elements, the sequences and what is in them."""
    position = f"-170\\-311.5\\{number * 0.625 - 212.5:g}"
    groups: dict[int, tuple[_Member, ...]] = {
        0x00189304: ((0x00189305, "FD", 0.5),),
        0x00189308: (
            (0x00189306, "FD", 0.6),
            (0x00189307, "FD", 38.4),
            (0x00189309, "FD", 46.0),
            (0x00189310, "FD", 23.0),
        ),
        0x00189312: ((0x00180090, "DS", "500"), (0x00189313, "FD", (0.0, -141.5, -212.5))),
        0x00189314: ((0x00181210, "SH", "Br60"), (0x00189315, "CS", "FBP"), (0x00189316, "CS", "HIGH_RES")),
        0x00189321: ((0x00189323, "CS", "XYZ_EC"), (0x00189328, "FD", 500.0), (0x00189330, "FD", 212.0)),
        0x00189326: ((0x00189318, "FD", (0.0, 0.0, 1.0)), (0x00189327, "FD", float(number))),
        0x00189329: ((0x00089007, "CS", "ORIGINAL\\PRIMARY\\VOLUME\\NONE"),),
        0x00209111: (
            (0x00189074, "DT", "20240307101529.881000"),
            (0x00189151, "DT", "20240307101529.906000"),
            (0x00189220, "FD", 500.0),
            (0x00209056, "SH", "1"),
            (0x00209057, "UL", number + 1),
            (0x00209156, "US", 1),
            (0x00209157, "UL", (1, number + 1)),
        ),
        0x00209113: ((0x00200032, "DS", position),),
        0x00209116: ((0x00200037, "DS", "1\\0\\0\\0\\1\\0"),),
        0x00289110: ((0x00180050, "DS", "1"), (0x00280030, "DS", "0.664\\0.664")),
        0x00289132: ((0x00281050, "DS", "50"), (0x00281051, "DS", "350")),
    }
    return b"".join(_group(tag, members, undefined) for tag, members in groups.items())


def _enhanced(undefined: bool, frames: int, side: int, bits: int) -> list[bytes]:
    """Return the elements in front of an enhanced multi-frame image's pixels."""
    elements = dict(map(_plain, CT_ELEMENTS.splitlines()[:70]))
    elements[0x00280008] = _element(0x00280008, "IS", str(frames))
    for tag, number in ((0x00280010, side), (0x00280011, side), (0x00280100, bits), (0x00280101, bits)):
        elements[tag] = _element(tag, "US", number)
    elements[0x00280102] = _element(0x00280102, "US", bits - 1)
    elements[0x52009230] = _sequence(
        0x52009230, *(_frame(number, undefined) for number in range(frames)), undefined=undefined
    )
    return [elements[tag] for tag in sorted(elements)]


def enhanced(undefined: bool, frames: int = 1000) -> bytes:
    """Return an enhanced multi-frame image: 41 elements a frame, sequences and items in one of the two length forms."""
    pixels = _element(0x7FE00010, "OB", bytes(4 * frames))
    return _file("1.2.840.10008.5.1.4.1.1.2.1", b"".join([*_enhanced(undefined, frames, 2, 8), pixels]))


def enhanced_start(undefined: bool, header: int, side: int = 256) -> tuple[bytes, int]:
    """Return what stands before the pixels of an enhanced multi-frame image, and how many bytes of pixels follow.

    Args:
        undefined: Whether sequences and items are of undefined length.
        header: About how many bytes the header is to have.
        side: Rows and columns of a frame, of 16 bits each.
    """
    item = len(_item(_frame(1000, undefined), undefined))
    frames = max(1, (header - 2200) // item)
    pixels = frames * side * side * 2
    start = b"".join(_enhanced(undefined, frames, side, 16)) + _header(0x7FE00010, "OW", pixels)
    return _file("1.2.840.10008.5.1.4.1.1.2.1", start), pixels


def _contour(roi: int, slice_number: int, points: int) -> bytes:
    place = roi * 7919 + slice_number * 104729
    numbers = []
    for _ in range(points):
        place = (place * 1103515245 + 12345) & 0x7FFFFFFF
        numbers += [f"{place % 40000 / 100 - 200:.2f}", f"{place % 37633 / 100 - 190:.2f}", f"{slice_number * 2.5:.1f}"]
    image = _sequence(0x30060016, _reference(1000 + slice_number))
    kind = _element(0x30060042, "CS", "CLOSED_PLANAR") + _element(0x30060046, "IS", str(points))
    return image + kind + _element(0x30060050, "DS", "\\".join(numbers))


def rtstruct(rois: int = 20, slices: int = 50, points: int = 100) -> bytes:
    """Return an RT structure set; with the defaults of 100,000 points, which are 300,000 decimal strings."""
    regions, contours = [], []
    for roi in range(rois):
        name = _element(0x30060022, "IS", str(roi)) + _element(0x30060026, "LO", f"ROI {roi}")
        regions.append(name + _element(0x30060036, "CS", "MANUAL"))
        rings = _sequence(0x30060040, *(_contour(roi, number, points) for number in range(slices)))
        contours.append(_element(0x3006002A, "IS", "255\\0\\0") + rings + _element(0x30060084, "IS", str(roi)))
    elements = dict(map(_plain, CT_ELEMENTS.splitlines()[:60]))
    elements[0x30060002] = _element(0x30060002, "SH", "made")
    elements[0x30060020] = _sequence(0x30060020, *regions)
    elements[0x30060039] = _sequence(0x30060039, *contours)
    return _file("1.2.840.10008.5.1.4.1.1.481.3", b"".join(elements[tag] for tag in sorted(elements)))


def sr(depth: int = 60, width: int = 40, undefined: bool = False) -> bytes:
    """Return a structured report of `depth` levels, each with `width` text items: about 17,000 elements."""
    relation = _element(0x0040A010, "CS", "CONTAINS")
    concept = _sequence(0x0040A043, _code("121071", "Finding"), undefined=undefined)
    leaf = relation + _element(0x0040A040, "CS", "TEXT") + concept + _element(0x0040A160, "UT", "nothing of note")
    inside = _sequence(0x0040A730, *[leaf] * width, undefined=undefined)
    for _ in range(depth - 1):
        container = relation + _element(0x0040A040, "CS", "CONTAINER") + concept + inside
        inside = _sequence(0x0040A730, *[leaf] * width, container, undefined=undefined)
    elements = dict(map(_plain, CT_ELEMENTS.splitlines()[:60]))
    elements[0x0040A040] = _element(0x0040A040, "CS", "CONTAINER")
    elements[0x0040A730] = inside
    return _file("1.2.840.10008.5.1.4.1.1.88.33", b"".join(elements[tag] for tag in sorted(elements)))


def _image_start() -> list[bytes]:
    elements = dict(map(_plain, CT_ELEMENTS.splitlines()))
    return [elements[tag] for tag in sorted(elements)]


def big_image(pixel_bytes: int) -> bytes:
    """Return what stands before the pixel bytes of a native image of that many."""
    start = _file("1.2.840.10008.5.1.4.1.1.2", b"".join(_image_start()))
    return start + _header(0x7FE00010, "OW", pixel_bytes)


def encapsulated_start() -> tuple[bytes, bytes]:
    """Return what stands before the fragments of an encapsulated image, then what stands behind them."""
    start = _file("1.2.840.10008.5.1.4.1.1.2", b"".join(_image_start()), "1.2.840.10008.1.2.4.90")
    return start + _header(0x7FE00010, "OB", UNDEFINED) + _item(b""), _header(0xFFFEE0DD, "", 0)


def fragment(data: bytes) -> bytes:
    """Return one fragment of encapsulated pixel data."""
    return _item(data)


# What a whole slide image has in place of, or beside, the CT image's elements.
SLIDE_ELEMENTS: Final = r"""
00080008 CS ORIGINAL\PRIMARY\VOLUME\NONE
00080016 UI 1.2.840.10008.5.1.4.1.1.77.1.6
00080060 CS SM
00181000 LO 66193
00181020 LO 1.0\made
00200010 SH 4711
00200011 IS 1
0020000D UI 2.25.201764498530087315566093842
0020000E UI 2.25.201764498530087315566093843
00200013 IS 1
00200052 UI 2.25.201764498530087315566093850
00201040 LO SLIDE_CORNER
00209161 UI 2.25.201764498530087315566093851
00209162 US #1
00209163 US #1
00209228 UL #1
00209311 CS TILED_FULL
00280002 US #3
00280004 CS YBR_FULL_422
00280006 US #0
00280010 US #256
00280011 US #256
00280100 US #8
00280101 US #8
00280102 US #7
00280103 US #0
00280301 CS NO
00280302 CS NO
00282110 CS 01
00282112 DS 14.7
00282114 CS ISO_10918_1
00400512 LO S24-00123-A1
00480001 FL %25.6
00480002 FL %37.1
00480003 FL %0.001
00480010 CS NO
00480011 CS AUTO
00480012 CS NO
00480102 DS 0\-1\0\-1\0\0
00480302 UL #1
00480303 UL #1
""".strip()


def _slide_sequences() -> dict[int, bytes]:
    origin = _element(0x0040072A, "DS", "12.5") + _element(0x0040073A, "DS", "30.25")
    light = _sequence(0x00220016, _code("111744", "Brightfield illumination"))
    path = light + _element(0x00480106, "SH", "1") + _sequence(0x00480108, _code("414298005", "Full Spectrum"))
    specimen = _element(0x00400551, "LO", "S24-00123-A1") + _element(0x00400554, "UI", "2.25.77120983")
    preparation = _element(0x0040A040, "CS", "CODE") + _sequence(0x0040A043, _code("P3-4003A", "Staining"))
    specimen += _sequence(0x00400610, _sequence(0x00400612, preparation, preparation))
    pixels = _element(0x00180050, "DS", "0.001") + _element(0x00280030, "DS", "0.00025\\0.00025")
    shared = _sequence(0x00289110, pixels)
    shared += _sequence(0x00400710, _element(0x00089007, "CS", "ORIGINAL\\PRIMARY\\VOLUME\\NONE"))
    shared += _sequence(0x00480207, _element(0x00480106, "SH", "1"))
    return {
        0x00209221: _sequence(0x00209221, _element(0x00209164, "UI", "2.25.201764498530087315566093852")),
        0x00400560: _sequence(0x00400560, specimen),
        0x00480008: _sequence(0x00480008, origin),
        0x00480105: _sequence(0x00480105, path),
        0x52009229: _sequence(0x52009229, shared),
    }


def slide_start(columns: int, rows: int, sizes: list[int], table: str) -> tuple[bytes, bytes]:
    """Return what stands before the fragments of a whole slide image in JPEG, then what stands behind them.

    Args:
        columns: How many tiles stand side by side.
        rows: How many rows of tiles there are.
        sizes: The bytes of each tile, which is one fragment.
        table: ``"BOT"``, ``"EOT"``, or ``"none"``: how the tiles can be found.
    """
    elements = dict(map(_plain, CT_ELEMENTS.splitlines()[:55]))
    elements |= dict(map(_plain, SLIDE_ELEMENTS.splitlines())) | _slide_sequences()
    elements[0x00280008] = _element(0x00280008, "IS", str(columns * rows))
    elements[0x00480006] = _element(0x00480006, "UL", columns * 256)
    elements[0x00480007] = _element(0x00480007, "UL", rows * 256)
    offsets = [0]
    for size in sizes[:-1]:
        offsets.append(offsets[-1] + 8 + size)
    if table == "EOT":
        elements[0x7FE00001] = _element(0x7FE00001, "OV", struct.pack(f"<{len(sizes)}Q", *offsets))
        elements[0x7FE00002] = _element(0x7FE00002, "OV", struct.pack(f"<{len(sizes)}Q", *sizes))
    basic = struct.pack(f"<{len(sizes)}L", *offsets) if table == "BOT" else b""
    body = b"".join(elements[tag] for tag in sorted(elements)) + _header(0x7FE00010, "OB", UNDEFINED) + _item(basic)
    start = _file("1.2.840.10008.5.1.4.1.1.77.1.6", body, "1.2.840.10008.1.2.4.50")
    return start, _header(0xFFFEE0DD, "", 0)


def deflated(pixels: bytes) -> bytes:
    """Return an image whose data set is deflated (PS3.5 A.5)."""
    body = b"".join(_image_start()) + _element(0x7FE00010, "OW", pixels)
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(body) + packer.flush()
    return _file("1.2.840.10008.5.1.4.1.1.2", packed + bytes(len(packed) & 1), "1.2.840.10008.1.2.1.99")
