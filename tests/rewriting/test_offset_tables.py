"""Offset tables: made by measuring, taken away, refused where nothing tells."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames

import adicom.sync
from adicom.errors import EncodeError
from adicom.rewriting import OffsetTable
from tests import made
from tests.rewriting.rewritten import read, reported, rewritten

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")

HEAD = made.small()[: made.small().index(b"\xe0\x7f\x10\0")]
FRAMES = [b"\xff\xd8" + bytes([number]) * (10 + 2 * number) + b"\xff\xd9" for number in range(4)]


def cut(frames: Sequence[bytes], size: int) -> list[bytes]:
    """Return frames in fragments of so many bytes."""
    return [frame[at : at + size] for frame in frames for at in range(0, len(frame), size)]


def image(fragments: Sequence[bytes], frames: int = 4, table: bytes = b"", extended: bytes = b"", **at: str) -> bytes:
    """Return an image of compressed frames."""
    number = made.element(0x00280008, "IS", str(frames)) if frames != 1 else b""
    place = HEAD.index(b"\x28\0\x10\0")
    body = HEAD[:place] + number + HEAD[place:] + extended + made.encapsulated(fragments, table)
    return made.part10(body, at.get("syntax", made.JPEG_BASELINE))


def basic(fragments: Sequence[bytes], firsts: Sequence[int]) -> bytes:
    """Return a Basic Offset Table, from the numbers of the first fragments."""
    starts = [sum(8 + len(one) for one in fragments[:first]) for first in firsts]
    return struct.pack(f"<{len(starts)}L", *starts)


def tables(offsets: Sequence[int], lengths: Sequence[int]) -> bytes:
    """Return an Extended Offset Table with its lengths."""
    return b"".join(
        made.element(tag, "OV", struct.pack(f"<{len(numbers)}Q", *numbers))
        for tag, numbers in ((0x7FE00001, offsets), (0x7FE00002, lengths))
    )


def test_a_frame_each() -> None:
    plain, with_table = image(FRAMES), image(FRAMES, table=basic(FRAMES, range(4)))
    assert rewritten(plain, OffsetTable("basic")) == with_table
    assert rewritten(with_table, OffsetTable("basic")) == with_table
    assert rewritten(with_table, OffsetTable("none")) == plain


def test_an_extended_table() -> None:
    starts = [sum(8 + len(one) for one in FRAMES[:number]) for number in range(4)]
    extended = image(FRAMES, extended=tables(starts, [len(frame) for frame in FRAMES]))
    for data in (image(FRAMES), image(FRAMES, table=basic(FRAMES, range(4))), extended):
        assert rewritten(data, OffsetTable("extended")) == extended
    assert rewritten(extended, OffsetTable("none")) == image(FRAMES)
    assert rewritten(extended, OffsetTable("basic")) == image(FRAMES, table=basic(FRAMES, range(4)))


def test_it_is_what_pydicom_writes() -> None:
    ds = read(image(FRAMES))
    for kind in ("basic", "extended"):
        if kind == "basic":
            ds.PixelData = encapsulate(FRAMES, has_bot=True)
        else:
            ds.PixelData, ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = encapsulate_extended(FRAMES)
        target = io.BytesIO()
        ds.save_as(target)
        out = read(rewritten(image(FRAMES), OffsetTable(kind)))
        expected = read(target.getvalue())
        for name in ("PixelData", "ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
            assert out.get(name) == expected.get(name)
        table = (out.ExtendedOffsetTable, out.ExtendedOffsetTableLengths) if kind == "extended" else None
        assert list(generate_frames(out.PixelData, number_of_frames=4, extended_offsets=table)) == FRAMES


def test_one_frame_in_several_fragments() -> None:
    fragments = cut(FRAMES[3:], 4)
    assert rewritten(image(fragments, 1), OffsetTable("basic")) == image(fragments, 1, table=bytes(4))
    with pytest.raises(EncodeError, match="each frame in one fragment, 1 are in 5"):
        rewritten(image(fragments, 1), OffsetTable("extended"))


@pytest.mark.parametrize("told_by", ["marks", "basic", "extended"])
def test_frames_in_several_fragments(told_by: str) -> None:
    frames = FRAMES if told_by == "marks" else [frame.replace(b"\xff", b"\xfe") for frame in FRAMES]
    fragments = cut(frames, 6)
    firsts = [sum(-(-len(frame) // 6) for frame in frames[:number]) for number in range(4)]
    table = basic(fragments, firsts)
    offsets = struct.unpack("<4L", table)
    extended = tables(offsets, [1, 2, 3, 4]) if told_by == "extended" else b""
    data = image(fragments, table=table if told_by == "basic" else b"", extended=extended)
    assert rewritten(data, OffsetTable("basic")) == image(fragments, table=table)


def test_where_nothing_tells_it_is_refused_before_anything_is_written() -> None:
    fragments = cut([frame.replace(b"\xff", b"\xfe") for frame in FRAMES], 6)
    for data, message in (
        (image(fragments), "4 frames are in 1. fragments without an offset table"),
        (image(FRAMES, 9), "there are only 4 of 9 frames"),
        (image(FRAMES, syntax="1.2.840.10008.1.2.4.102"), "a video"),
    ):
        target = io.BytesIO()
        with pytest.raises(EncodeError, match=message) as caught:
            adicom.sync.rewrite(data, target, OffsetTable("basic"))
        assert (caught.value.tag, target.getvalue()) == (0x7FE00010, b"")


def test_beyond_4_gib_a_basic_table_is_refused() -> None:
    """A source that has its 4 GiB only as long as they are asked for would take long; so the events come by hand."""
    from adicom.parser import events as ev
    from adicom.rewriting.base import Run
    from adicom.rewriting.report import Changes

    run = Run("OffsetTable", Changes())
    run.measuring = True
    encoding = ev.Encoding(implicit_vr=False, little_endian=True)
    for kind, fails in (("basic", True), ("extended", False)):
        stage = OffsetTable(kind).start(run)  # type: ignore[arg-type]  # one of the two
        tag: Any = pydicom.tag.Tag(0x7FE00010)
        number: Any = pydicom.tag.Tag(0x00280008)
        events: list[ev.Event] = [
            ev.FileMetaEnd(0, (), encoding, made.JPEG_BASELINE),
            ev.Element(0, (), encoding, number, "IS", 2, b"3 "),
            ev.PixelDataStart(0, (), encoding, tag, "OB", made.UNDEFINED),
            ev.FragmentStart(0, (), encoding, 0, 0),
            ev.FragmentEnd(0, (), encoding, 0),
        ]
        for index in (1, 2, 3):
            events += [ev.FragmentStart(0, (), encoding, index, 2**31), ev.FragmentEnd(0, (), encoding, index)]
        for event in events:
            assert list(stage.feed(event)) == [event]
        end = ev.PixelDataEnd(0, (), encoding, tag, 0)
        if fails:
            with pytest.raises(EncodeError, match="an extended one is wanted"):
                stage.feed(end)
        else:
            stage.feed(end)
            assert list(run.measured.starts) == [0, 2**31 + 8, 2**32 + 16]


def test_what_is_not_encapsulated_stays_as_it_is() -> None:
    data = made.part10(made.small())
    for kind in ("none", "basic", "extended"):
        out, report = reported(data, OffsetTable(kind))
        assert (out, report.changes) == (data, ())


def test_there_is_no_other_kind() -> None:
    with pytest.raises(ValueError, match=r'"basic", "extended" or "none"'):
        OffsetTable("both")  # type: ignore[arg-type]  # that is the point
