"""What the arguments of the reading functions do; blocking, and awaited on both loops."""

from __future__ import annotations

import functools
import io
import struct
from typing import TYPE_CHECKING, Any, Final

import anyio
import fsspec
import obstore
import pydicom
import pydicom.filereader
import pydicom.misc
import pytest
from obstore.store import MemoryStore

import adicom
import adicom.sync
from adicom import (
    DeferredValueError,
    DicomWarning,
    InvalidDicomError,
    LimitError,
    ParseError,
    ParserLimits,
    SourceError,
    SourceNotFoundError,
    TruncatedError,
)
from adicom.filereader.options import size_in_bytes
from adicom.io import Answer, IOStats
from tests import made, oracle
from tests.conftest import pydicom_files
from tests.made import EXPLICIT, IMPLICIT, element, item, part10, sequence
from tests.servers import RangeServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.made import Form

CT: Final = next(path for path in pydicom_files() if path.name == "CT_small.dcm")


class Api:
    """The reading functions, called in one of the ways to wait."""

    def __init__(self, backend: str | None) -> None:
        self._backend = backend

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if self._backend is None:
            function: Callable[..., Any] = getattr(adicom.sync, name)
            return function
        return functools.partial(self._run, getattr(adicom, name))

    def _run(self, function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
        return anyio.run(functools.partial(function, *args, **keywords), backend=self._backend or "asyncio")


@pytest.fixture(params=[None, "asyncio", "trio"], ids=["blocking", "asyncio", "trio"])
def api(request: pytest.FixtureRequest) -> Api:
    return Api(request.param)


class Counted:
    """A source that gives what it is asked for, and takes note of it."""

    name = "counted"
    rereadable = True

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.stats = IOStats()
        self.reads: list[tuple[int, int]] = []
        self.closed = False

    def read_at(self, offset: int, size: int) -> Answer:
        data = self._data[offset : offset + size]
        self.reads.append((offset, len(data)))
        return Answer(data, None, len(self._data))

    def close(self) -> None:
        self.closed = True

    @property
    def end(self) -> int:
        """Where the furthest byte that was read is."""
        return max(offset + got for offset, got in self.reads)


def tags(dataset: Any) -> list[int]:
    return [int(tag) for tag in dataset.keys()]  # noqa: SIM118  # iterating gives elements


def seen(dataset: Any) -> list[Any]:
    """Return what a dataset says, without the raw bytes, which are only kept until somebody looks."""
    return [(node.path, node.tag, node.vr, node.value) for node in oracle.view(dataset)]


def deferred_tags(dataset: Any) -> list[int]:
    return [int(each.tag) for each in dataset.iterall() if each.is_deferred]


def image(*parts: bytes, pixels: bytes = b"", form: Form = EXPLICIT) -> bytes:
    """Return a file of these elements; what is not given is left out."""
    return part10(b"".join(parts) + pixels, form.syntax)


# -- defer_size


@pytest.mark.parametrize("size", [1024, 1024.0, 1024.9, "1024", "1 KB", "1kb", " 1 K ", "1024 B"])
def test_only_values_longer_than_defer_size_are_deferred(api: Api, size: float | str) -> None:
    body = element(0x00420011, "OB", bytes(1024)) + element(0x00420013, "OB", bytes(1026))
    body += element(0x00420014, "ST", "x" * 1026)
    for data in (image(body), image(element(0x00080005, "CS", "ISO_IR 100"), body)):
        dataset = api.dcmread(data, defer_size=size)
        assert deferred_tags(dataset) == [0x00420013, 0x00420014]
        assert (dataset[0x00420013].deferred.length, len(dataset[0x00420011].value)) == (1026, 1024)


@pytest.mark.parametrize(
    ("size", "expected"),
    [("64 KB", 65536), ("64 KiB", 65536), ("2MB", 2**21), ("0.5 MB", 2**19), ("1 GB", 2**30), ("100", 100), (1.5, 1)],
)
def test_sizes(size: float | str, expected: int) -> None:
    # pydicom 3 counts "64 KB" as 64,000; those before it, as here, as 65,536.
    assert size_in_bytes(size) == expected


@pytest.mark.parametrize("size", [None, float("inf"), 0, 100, "100", "3 KiB", "2 MiB", "1 GiB"])
def test_sizes_mean_what_they_mean_in_pydicom(size: float | str | None) -> None:
    assert size_in_bytes(size) == pydicom.misc.size_in_bytes(size)


@pytest.mark.parametrize("size", ["many", "5 XB", "", "1.2.3", -1, "-1 KB", float("nan")])
def test_no_sizes(api: Api, size: float | str) -> None:
    with pytest.raises(ValueError, match="size"):
        api.dcmread(CT, defer_size=size)


@pytest.mark.parametrize("form", made.FORMS)
def test_everything_deferred_is_still_understood(api: Api, form: Form) -> None:
    text = element(0x00080005, "CS", "ISO_IR 192", form) + element(0x00100010, "PN", "Ågren^Åsa".encode(), form)
    signed = element(0x00280103, "US", made.numbers("H", 1, form=form), form)
    signed += element(0x00280106, "SS", made.numbers("h", -5, form=form), form)
    dataset = api.dcmread(image(text, signed, form=form), defer_size=0)
    assert 0x00100010 in deferred_tags(dataset)
    assert dataset.PatientName == "Ågren^Åsa"
    assert dataset.SmallestImagePixelValue == -5
    assert dataset.file_meta.TransferSyntaxUID == form.syntax


class Unsized(Counted):
    """A source that does not know how long it is."""

    def read_at(self, offset: int, size: int) -> Answer:
        return super().read_at(offset, size)._replace(size=None)


def test_the_end_of_a_deferred_value_is_looked_for(api: Api) -> None:
    data = image(element(0x00100020, "LO", "1"), element(made.PIXEL_DATA, "OW", bytes(100_000)))
    assert deferred_tags(api.dcmread(Unsized(data), defer_size=1000)) == [made.PIXEL_DATA]
    assert deferred_tags(api.dcmread(Unsized(data + element(0xFFFCFFFC, "OB", bytes(8))), defer_size=1000))
    for cut in (1, 50_000, 90_000):
        for source in (Unsized(data[:-cut]), Counted(data[:-cut]), io.BytesIO(data[:-cut]), [data[:-cut]]):
            with pytest.raises(TruncatedError):
                api.dcmread(source, defer_size=1000)


def test_sequences_are_never_deferred_but_what_is_in_them(api: Api) -> None:
    long = element(0x00080100, "SH", "code") + element(0x00420011, "OB", bytes(5000))
    for undefined in (False, True):
        data = image(sequence(0x00081140, [item(long, undefined=undefined)] * 3, undefined=undefined))
        dataset = api.dcmread(data, defer_size=1000)
        assert deferred_tags(dataset) == [0x00420011] * 3
        assert [each.CodeValue for each in dataset.ReferencedImageSequence] == ["code"] * 3
        assert api.dcmread(data, defer_size=100_000) == api.dcmread(data)


# -- stop_before_pixels


@pytest.mark.parametrize(("tag", "vr"), [(0x7FE00008, "OF"), (0x7FE00009, "OD"), (0x7FE00010, "OW")])
@pytest.mark.parametrize("form", made.FORMS)
def test_stop_before_each_kind_of_pixels(api: Api, tag: int, vr: str, form: Form) -> None:
    icon = sequence(0x00880200, [item(element(0x7FE00010, "OW", bytes(8), form), form)], form)
    offsets = element(0x7FE00001, "OV", bytes(8), form) + element(0x7FE00002, "OV", bytes(8), form)
    offsets += element(0x7FE00003, "UV", bytes(8), form)
    pixels = element(tag, vr, bytes(80_000), form)
    source = Counted(image(icon, offsets, pixels, form=form))
    dataset = api.dcmread(source, stop_before_pixels=True)
    assert tags(dataset) == [0x00880200, 0x7FE00001, 0x7FE00002, 0x7FE00003]
    assert dataset.IconImageSequence[0].PixelData == bytes(8)
    assert source.end == 16384
    assert not dataset.is_truncated


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "emri_small_jpeg_2k_lossless.dcm", "image_dfl.dcm", "MR_small_implicit.dcm"]
)
def test_stop_before_pixels_as_pydicom(api: Api, name: str) -> None:
    path = next(path for path in pydicom_files() if path.name == name)
    theirs = pydicom.dcmread(path, stop_before_pixels=True)
    assert tags(api.dcmread(path, stop_before_pixels=True)) == tags(theirs)


def test_an_error_behind_the_stop_does_no_harm(api: Api) -> None:
    data = image(element(0x00100020, "LO", "1"), element(0x7FE00010, "OW", b"", length=5000))
    assert api.dcmread(data, stop_before_pixels=True).PatientID == "1"
    with pytest.raises(TruncatedError):
        api.dcmread(data)


# -- specific_tags


@pytest.mark.parametrize(
    "wanted",
    [
        ["PatientID"],
        ["PatientName", "Rows", (0x0008, 0x0060)],
        [0x00280010, "0x00100020"],
        ["PixelData"],
        ["SpecificCharacterSet"],
        ["StudyDate", "NumberOfFrames"],
    ],
)
@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm", "image_dfl.dcm"])
def test_specific_tags_as_pydicom(api: Api, wanted: list[Any], name: str) -> None:
    path = next(path for path in pydicom_files() if path.name == name)
    ours = api.dcmread(path, specific_tags=wanted)
    theirs = pydicom.dcmread(path, specific_tags=wanted)
    assert [(tag, ours[tag].VR, oracle.plain(ours[tag].value)) for tag in tags(ours)] == [
        (tag, theirs[tag].VR, oracle.plain(theirs[tag].value)) for tag in tags(theirs)
    ]
    assert ours.file_meta.TransferSyntaxUID == theirs.file_meta.TransferSyntaxUID


PRIVATE: Final = (
    element(0x00090010, "LO", "OTHER")
    + element(0x00091010, "LO", "no")
    + element(0x00290010, "LO", "OTHER")
    + element(0x00290011, "LO", "SIEMENS CSA HEADER")
    + element(0x00291010, "OB", b"no")
    + element(0x00291108, "CS", "IMAGE NUM 4")
    + element(0x00291110, "OB", b"yes!")
)


@pytest.mark.parametrize("form", [EXPLICIT, IMPLICIT])
def test_private_tags_by_creator(api: Api, form: Form) -> None:
    private = PRIVATE if form is EXPLICIT else implicit_twin(PRIVATE)
    data = image(
        element(0x00080005, "CS", "ISO_IR 100", form), private, element(0x00400001, "AE", "A", form), form=form
    )
    dataset = api.dcmread(data, specific_tags=[(0x0029, "SIEMENS CSA HEADER", 0x10)])
    assert tags(dataset) == [0x00080005, 0x00291110]
    assert dataset[0x0029, 0x1110].value == b"yes!"
    assert dataset[0x0029, 0x1110].VR == "OB"
    assert dataset[0x0029, 0x1110].private_creator == "SIEMENS CSA HEADER"
    assert tags(api.dcmread(data, specific_tags=[(0x0029, "SIEMENS", 0x10)])) == [0x00080005]
    whole = api.dcmread(data, specific_tags=[(0x0029, "SIEMENS CSA HEADER", 0x08), (0x0009, 0x1010), (0x0009, 0x0010)])
    assert tags(whole) == [0x00080005, 0x00090010, 0x00091010, 0x00291108]


def implicit_twin(explicit: bytes) -> bytes:
    """Return short explicit elements without their VRs."""
    out, pos = b"", 0
    while pos < len(explicit):
        group, number, vr, length = struct.unpack_from("<HH2sH", explicit, pos)
        pos += 8
        if vr == b"OB":
            (length,) = struct.unpack_from("<L", explicit, pos)
            pos += 4
        out += element(group << 16 | number, "UN", explicit[pos : pos + length], IMPLICIT)
        pos += length
    return out


def test_what_decoding_needs_is_remembered(api: Api) -> None:
    inner = item(element(0x00280106, "SS", made.numbers("h", -7), IMPLICIT), IMPLICIT)
    data = image(
        element(0x00080005, "CS", "ISO_IR 144", IMPLICIT),
        element(0x00100010, "PN", "Люкceмбypг".encode("iso8859_5"), IMPLICIT),
        sequence(0x00189810, [inner], IMPLICIT),
        element(0x00280103, "US", made.numbers("H", 1), IMPLICIT),
        element(0x00280106, "SS", made.numbers("h", -5), IMPLICIT),
        sequence(0x52009229, [inner], IMPLICIT),
        form=IMPLICIT,
    )
    dataset = api.dcmread(data, specific_tags=["PatientName", "SmallestImagePixelValue", 0x52009229, 0x00189810])
    assert tags(dataset) == [0x00080005, 0x00100010, 0x00189810, 0x00280106, 0x52009229]
    assert dataset.PatientName == "Люкceмбypг"
    assert dataset.SmallestImagePixelValue == -5
    assert dataset[0x5200, 0x9229].value[0].SmallestImagePixelValue == -7
    only = api.dcmread(data, specific_tags=[0x00189810])
    assert tags(only) == [0x00080005, 0x00189810]


LATE: Final = (
    element(0x00080005, "CS", "ISO_IR 100")
    + element(0x00100020, "LO", "7")
    + element(0x00204000, "LT", "x" * 60_000)
    + element(0x00280010, "US", b"\2\0")
    + element(0x00420011, "OB", bytes(500_000))
)


def test_reading_ends_behind_the_last_wanted_tag(api: Api) -> None:
    source = Counted(part10(LATE))
    assert tags(api.dcmread(source, specific_tags=["PatientID"])) == [0x00080005, 0x00100020]
    assert source.reads == [(0, 16384)]
    source = Counted(part10(LATE))
    assert tags(api.dcmread(source, specific_tags=["PatientID"], header_hint=512)) == [0x00080005, 0x00100020]
    assert source.reads == [(0, 512)]
    source = Counted(part10(LATE))
    assert api.dcmread(source, specific_tags=["Rows"]).Rows == 2
    assert source.end < 200_000


def test_disorder_reads_to_the_end(api: Api) -> None:
    before = element(0x00100020, "LO", "late")
    body = (
        element(0x00080060, "CS", "CT") + element(0x00280010, "US", b"\2\0") + element(0x00204000, "LT", "x" * 60_000)
    )
    data = part10(body + before)
    # All tags so far ascended, so that reading ends at (0028,0010), as it does with pydicom's order ...
    source = Counted(data)
    assert tags(api.dcmread(source, specific_tags=["PatientID"])) == []
    assert source.reads == [(0, 16384)]
    # ... unless the caller knows better ...
    assert api.dcmread(data, specific_tags=["PatientID"], assume_ordered=False).PatientID == "late"
    # ... or some tag was out of order before.
    disordered = part10(element(0x00080070, "LO", "x") + body + before)
    assert api.dcmread(disordered, specific_tags=["PatientID"]).PatientID == "late"


def test_a_value_that_is_not_wanted_is_not_read(api: Api) -> None:
    source = Counted(part10(LATE + element(0x60003000, "OW", b"\1\2")))
    dataset = api.dcmread(source, specific_tags=["Rows", (0x6000, 0x3000)])
    assert tags(dataset) == [0x00080005, 0x00280010, 0x60003000]
    assert sum(got for _, got in source.reads) < 150_000


# -- read_partial


def test_stop_when_is_asked_for_the_top_level_only(api: Api) -> None:
    asked: list[tuple[Any, str | None, int]] = []

    def stop_when(tag: Any, VR: str | None, length: int) -> bool:
        asked.append((tag, VR, length))
        return bool(tag == "PatientID")

    body = made.small()
    body = body.replace(element(0x00100020, "LO", "4711"), element(0x00100020, "LO", "47"))
    nested = sequence(0x00081115, [item(element(0x00100020, "LO", "inside"))])
    dataset = api.read_partial(part10(element(0x00080005, "CS", "ISO_IR 6") + nested + body[18:]), stop_when)
    assert [(int(tag), VR) for tag, VR, _ in asked] == [
        (0x00080005, "CS"),
        (0x00081115, "SQ"),
        (0x00080018, "UI"),
        (0x00080060, "CS"),
        (0x00081140, "SQ"),
        (0x00100010, "PN"),
        (0x00100020, "LO"),
    ]
    assert asked[0][0].group == 8
    assert asked[-1][2] == 2
    assert "PatientName" in dataset
    assert "PatientID" not in dataset
    assert dataset.ReferencedSeriesSequence[0].PatientID == "inside"
    assert dataset.file_meta.TransferSyntaxUID == made.EXPLICIT_LE


def test_stop_when_has_no_VR_in_implicit_files(api: Api) -> None:
    asked: list[str | None] = []
    path = next(path for path in pydicom_files() if path.name == "MR_small_implicit.dcm")

    def stop_when(tag: Any, VR: str | None, length: int) -> bool:
        asked.append(VR)
        return bool(tag > 0x00100020)

    dataset = api.read_partial(path, stop_when)
    assert set(asked) == {None}
    assert max(tags(dataset)) == 0x00100020


def test_stop_when_as_pydicom(api: Api) -> None:
    def stop_when(tag: Any, VR: str | None, length: int) -> bool:
        return int(tag) >= 0x00180050

    with CT.open("rb") as file:
        theirs = pydicom.filereader.read_partial(file, stop_when)
    assert seen(api.read_partial(CT, stop_when)) == seen(theirs)
    assert tags(api.read_partial(CT)) == tags(pydicom.dcmread(CT))


def test_an_exception_of_the_callback_passes_and_closes(api: Api, tmp_path: Path) -> None:
    problem = LookupError("mine")

    def stop_when(tag: Any, VR: str | None, length: int) -> bool:
        if tag.group > 8:
            raise problem
        return False

    with pytest.raises(LookupError) as caught:
        api.read_partial(CT, stop_when)  # that the file is closed is the leak fixture's to see
    assert caught.value is problem
    with RangeServer({"/ct.dcm": CT.read_bytes()}) as server, pytest.raises(LookupError) as caught:
        api.read_partial(f"{server.url}/ct.dcm", stop_when)
    assert caught.value is problem


def test_what_was_parsed_is_kept_with_all_options(api: Api) -> None:
    dataset = api.read_partial(
        CT, lambda tag, VR, length: tag.group > 0x20, defer_size=16, specific_tags=["PatientID", "StudyDescription"]
    )
    assert tags(dataset) == [0x00080005, 0x00081030, 0x00100020]
    source = Counted(CT.read_bytes())
    api.read_partial(source, lambda tag, VR, length: True)
    assert source.reads == [(0, 16384)]


def test_pydicoms_order_of_arguments(api: Api) -> None:
    assert tags(api.dcmread(CT, 16, True, False, ["PatientID", "PixelData"])) == [0x00080005, 0x00100020]
    assert tags(api.read_file(CT, None, True)) == tags(pydicom.dcmread(CT, None, True))
    assert tags(api.read_partial(CT, None, 16, False, ["PatientID"])) == [0x00080005, 0x00100020]


# -- force, strict, limits


def test_force(api: Api) -> None:
    for data in (made.small(), made.file_meta() + made.small(), made.small(IMPLICIT), b"\0\1" * 500):
        with pytest.raises(InvalidDicomError, match="force=True"):
            api.dcmread(data)
    for data in (made.small(), made.small(IMPLICIT)):
        with pytest.warns(DicomWarning):
            dataset = api.dcmread(data, force=True)
        assert (dataset.PatientID, dataset.preamble, tags(dataset.file_meta)) == ("4711", None, [])


def test_truncation_is_never_silent(api: Api) -> None:
    data = part10(made.small())
    with pytest.raises(TruncatedError) as caught:
        api.dcmread(data[:-3])
    error = caught.value
    assert (error.tag, error.wanted, error.got, error.offset) == (made.PIXEL_DATA, 8, 5, len(data) - 8)
    assert error.dataset is not None
    assert error.dataset.PatientID == "4711"
    assert "PixelData" not in error.dataset
    assert isinstance(error.dataset, adicom.FileDataset)
    with pytest.warns(DicomWarning, match="reading ended early"):
        dataset = api.dcmread(data[:-3], strict=False)
    assert (dataset.PatientID, dataset.is_truncated) == ("4711", True)
    assert isinstance(dataset.truncation, TruncatedError)
    assert not api.dcmread(data).is_truncated
    assert api.dcmread(data).truncation is None


def test_strict_is_also_about_damage(api: Api) -> None:
    data = part10(element(0x00100020, "LO", "1") + b"\x10\x00\x40\x00\x01\x02" + b"\xff" * 30)
    with pytest.raises(ParseError):
        api.dcmread(data)
    with pytest.warns(DicomWarning):
        dataset = api.dcmread(data, strict=False)
    assert dataset.PatientID == "1"
    assert dataset.is_truncated


@pytest.mark.parametrize(
    ("limit", "most", "body"),
    [
        pytest.param("depth", 3, made.nested(0x00081140, 4, undefined=True), id="depth, undefined length"),
        pytest.param("depth", 3, made.nested(0x00081140, 4, undefined=False), id="depth, defined length"),
        pytest.param("elements", 3, made.small(), id="elements"),
        pytest.param("collected_value", 70_000, element(0x00420011, "OB", bytes(70_002)), id="value"),
        pytest.param("header_bytes", 1000, element(0x00080070, "LO", "x" * 600) * 2, id="header"),
    ],
)
@pytest.mark.filterwarnings("ignore:2 data elements occur twice")
def test_limits(api: Api, limit: str, most: int, body: bytes) -> None:
    limits = ParserLimits(**{limit: most})
    for strict in (True, False):
        with pytest.raises(LimitError) as caught:
            api.dcmread(part10(body), limits=limits, strict=strict).check()
        assert caught.value.limit == limit


# -- deferred values, and what becomes of them


def test_load_on_access(api: Api) -> None:
    assert len(api.dcmread(CT, defer_size=1000).PixelData) == 32768
    with pytest.raises(DeferredValueError, match=r'await ds\.fetch\("PixelData"\)'):
        api.dcmread(CT, defer_size=1000, load_on_access=False).PixelData  # noqa: B018  # it raises


def test_on_unreachable(api: Api) -> None:
    data = CT.read_bytes()
    pieces = [data[start : start + 1000] for start in range(0, len(data), 1000)]
    kept = api.dcmread(pieces, defer_size=1000)
    assert deferred_tags(kept) == []
    assert kept.PixelData == data[-32768 - 138 : -138]
    dropped = api.dcmread(pieces, defer_size=1000, on_unreachable="drop")
    assert deferred_tags(dropped) == [0x00431029, made.PIXEL_DATA]
    assert 0xFFFCFFFC in dropped
    with pytest.raises(DeferredValueError, match="dropped while reading"):
        dropped.PixelData  # noqa: B018  # it raises
    with pytest.raises(ValueError, match='"keep" or "drop"'):
        api.dcmread(pieces, on_unreachable="lose")


# -- read_dataset


@pytest.mark.parametrize("form", made.FORMS)
def test_read_dataset_as_pydicom(api: Api, form: Form) -> None:
    body = made.small(form)
    theirs = pydicom.filereader.read_dataset(io.BytesIO(body), form.implicit, not form.big)
    ours = api.read_dataset(body, form.implicit, not form.big)
    assert seen(ours) == seen(theirs)
    assert ours.is_implicit_VR == form.implicit
    assert ours.is_little_endian != form.big
    file = io.BytesIO(b"in front" + body + b"behind")
    file.seek(8)
    assert seen(api.read_dataset(file, form.implicit, not form.big, len(body))) == seen(theirs)


def test_read_dataset_ends_where_it_is_told(api: Api) -> None:
    body = element(0x00100010, "PN", "A") + element(0x00100020, "LO", "1234")
    assert tags(api.read_dataset(body * 2, False, True, bytelength=len(body))) == [0x00100010, 0x00100020]
    assert tags(api.read_dataset(body, False, True, bytelength=0)) == []
    with pytest.raises(TruncatedError):
        api.read_dataset(body, False, True, bytelength=len(body) - 2)
    stopped = api.read_dataset(body, False, True, stop_when=lambda tag, VR, length: tag == 0x00100020)
    assert tags(stopped) == [0x00100010]


def test_read_dataset_parent_encoding(api: Api) -> None:
    body = element(0x00100010, "PN", "Müller".encode("latin-1"))
    assert api.read_dataset(body, False, True, parent_encoding="latin_1").PatientName == "Müller"
    assert api.read_dataset(body, False, True, parent_encoding=["latin_1"]).PatientName == "Müller"
    own = element(0x00080005, "CS", "ISO_IR 192") + element(0x00100010, "PN", "Müller".encode())
    assert api.read_dataset(own, False, True, parent_encoding="latin_1").PatientName == "Müller"


def test_read_dataset_with_other_options(api: Api) -> None:
    body = element(0x00100020, "LO", "1234") + element(0x00420011, "OB", bytes(5000))
    dataset = api.read_dataset(body, False, True, defer_size=1000)
    assert deferred_tags(dataset) == [0x00420011]
    assert dataset.EncapsulatedDocument == bytes(5000)
    assert tags(api.read_dataset(body, False, True, specific_tags=["PatientID"])) == [0x00100020]
    with pytest.raises(ValueError, match="implicit VR big endian"):
        api.read_dataset(body, True, False)


# -- what cannot be read


@pytest.mark.parametrize("name", ["dcmread", "read_partial", "iter_events", "iter_batches", "open_dicom"])
def test_unknown_keywords(name: str) -> None:
    for module in (adicom, adicom.sync):
        if (function := getattr(module, name, None)) is not None:
            with pytest.raises(TypeError, match=rf"{name}\(\) got an unexpected keyword argument 'defer'"):
                run_to_its_end(function, CT, defer=5)


def run_to_its_end(function: Callable[..., Any], *args: Any, **keywords: Any) -> None:
    """Call a function; a coroutine function runs at once, up to where it would wait."""
    result = function(*args, **keywords)
    if hasattr(result, "send"):
        result.send(None)


@pytest.mark.parametrize("name", ["iter_events", "iter_batches"])
def test_events_take_no_keywords_that_are_about_datasets(name: str) -> None:
    for module in (adicom, adicom.sync):
        for keyword in ("strict", "on_unreachable", "load_on_access", "assume_ordered"):
            with pytest.raises(TypeError, match=f"unexpected keyword argument '{keyword}'"):
                getattr(module, name)(CT, **{keyword: False})


@pytest.mark.parametrize("wrong", [None, 5, 1.5, object(), {"a": 1}, ("s3", 1)], ids=lambda wrong: type(wrong).__name__)
def test_wrong_input_is_told_what_is_accepted(api: Api, wrong: Any) -> None:
    with pytest.raises(TypeError) as caught:
        api.dcmread(wrong)
    message = str(caught.value)
    if not isinstance(wrong, tuple):
        for word in ("path or URL", "bytes", "iterable", "ByteReceiveStream", "StreamReader", "fsspec", "obstore"):
            assert word in message


def test_text_is_refused(api: Api, tmp_path: Path) -> None:
    for wrong in (io.StringIO("text"), ["text"]):
        with pytest.raises(TypeError, match="text"):
            api.dcmread(wrong)


def test_nothing_there(api: Api, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        api.dcmread(tmp_path / "none.dcm")
    assert isinstance(caught.value, SourceNotFoundError)
    with pytest.raises(SourceError):
        api.dcmread(tmp_path)
    with RangeServer() as server, pytest.raises(SourceNotFoundError):
        api.dcmread(f"{server.url}/none.dcm")


def empty_sources(folder: Path) -> Iterator[Any]:
    (folder / "empty.dcm").write_bytes(b"")
    store, memory = MemoryStore(), fsspec.filesystem("memory")
    obstore.put(store, "empty", b"")
    memory.pipe_file("/options/empty", b"")
    yield b""
    yield store, "empty"
    yield memory, "/options/empty"
    yield folder / "empty.dcm"
    yield io.BytesIO()
    yield []
    yield [b"", b""]


def test_an_empty_object_is_no_dicom_file(api: Api, tmp_path: Path) -> None:
    for empty in empty_sources(tmp_path):
        for force in (False, True):
            with pytest.raises(InvalidDicomError):
                api.dcmread(empty, force=force)
    for ranges in (True, False):
        with RangeServer({"/empty.dcm": b""}, ranges=ranges) as server, pytest.raises(InvalidDicomError):
            api.dcmread(f"{server.url}/empty.dcm")


PAGE: Final = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Hello</body></html>" * 10


def test_a_web_page_is_never_parsed(api: Api) -> None:
    for ranges in (True, False):
        with RangeServer({"/a.dcm": PAGE}, ranges=ranges) as server:
            server.content_type = "text/html; charset=utf-8"
            for force in (False, True):
                with pytest.raises(SourceError, match="HTML"):
                    api.dcmread(f"{server.url}/a.dcm", force=force)
    with pytest.raises(InvalidDicomError):
        api.dcmread(PAGE)


def test_a_directory_of_a_file_set(api: Api) -> None:
    path = next(path for path in pydicom_files() if path.name == "DICOMDIR")
    dataset = api.dcmread(path)
    assert isinstance(dataset, adicom.DicomDir)
    assert isinstance(dataset, adicom.sync.DicomDir) == (api._backend is None)
    assert tags(dataset) == tags(pydicom.dcmread(path))
    assert not isinstance(api.dcmread(CT), adicom.DicomDir)
    assert isinstance(api.dcmread(CT), adicom.sync.FileDataset) == (api._backend is None)


def test_what_is_known_of_the_file(api: Api) -> None:
    dataset, theirs = api.dcmread(str(CT)), pydicom.dcmread(str(CT))
    assert (dataset.filename, dataset.preamble) == (theirs.filename, theirs.preamble)
    assert (dataset.is_implicit_VR, dataset.is_little_endian) == (False, True)
    assert dataset.io_stats.bytes >= CT.stat().st_size
    with api.dcmread(CT) as opened:
        assert opened.PatientID == theirs.PatientID
