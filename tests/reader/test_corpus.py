"""The frames of real files, byte for byte as pydicom has them."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.encaps import generate_frames, get_frame

import adicom.sync
from adicom.errors import DecodeError
from tests.oracle import FAULTY, all_files, file_id, short_name

if TYPE_CHECKING:
    from pathlib import Path

PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


@cache
def files_with_pixels() -> dict[str, tuple[Path, ...]]:
    """Return the files that pydicom reads, and which have pixels, by whether those are encapsulated."""
    found: dict[str, list[Path]] = {"encapsulated": [], "native": []}
    different = {(short_name(path), path.stat().st_size): path for path in all_files()}
    for path in different.values():
        dataset = pydicom.Dataset() if short_name(path) in (*FAULTY, "badVR.dcm") else read(path)
        element = pixels_of(dataset)
        if element is not None and element.is_undefined_length:
            found["encapsulated"].append(path)
        elif element is not None and "BitsAllocated" in dataset:
            found["native"].append(path)
    return {kind: tuple(paths) for kind, paths in found.items()}


def read(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return pydicom.dcmread(path, force=True)
        except (OSError, ValueError, EOFError):  # one file of the corpus is beyond pydicom
            return pydicom.Dataset()


def pixels_of(dataset: Any) -> Any:
    return next((dataset[name] for name in PIXELS if name in dataset), None)


def number_of_frames(dataset: Any) -> int:
    return int(dataset.get("NumberOfFrames") or 1)


pytestmark = pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")


def test_there_are_files() -> None:
    found = files_with_pixels()
    assert len(found["encapsulated"]) >= 20
    assert len(found["native"]) >= 20


@pytest.mark.parametrize("kind", ["encapsulated", "native"])
def test_frames(kind: str) -> None:
    """All files in one test: to tell their kinds takes reading them."""
    compare = compare_encapsulated if kind == "encapsulated" else compare_native
    failed: dict[str, str] = {}
    for path in files_with_pixels()[kind]:
        try:
            compare(path)
        except Exception as error:  # noqa: BLE001  # it is listed
            failed[file_id(path)] = f"{type(error).__name__}: {error}"
    assert failed == {}


def compare_encapsulated(path: Path) -> None:
    dataset = read(path)
    value, number = dataset.PixelData, number_of_frames(dataset)
    tables = [dataset.get(name) for name in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")]
    extended = (tables[0], tables[1]) if None not in tables else None
    expected = list(generate_frames(value, number_of_frames=number, extended_offsets=extended))
    with adicom.sync.open_dicom(path, force=True) as dcm:
        assert dcm.number_of_frames == number == len(expected)
        last = get_frame(value, number - 1, number_of_frames=number, extended_offsets=extended)
        assert dcm.frame_bytes(number - 1) == last == expected[-1]
        with dcm.frames_bytes(range(number)) as frames:
            assert [data for _, data in frames] == expected
        with dcm.pixel_stream() as pieces:
            assert b"".join(pieces) == b"".join(expected)
        index = dcm.index()
    with adicom.sync.open_dicom(path, force=True, index=index) as dcm:
        assert [dcm.frame_bytes(frame) for frame in range(number)] == expected
    with adicom.sync.open_dicom(path, None, force=True) as dcm:  # from the value
        assert [dcm.frame_bytes(frame) for frame in range(number)] == expected


def compare_native(path: Path) -> None:
    dataset = read(path)
    value, number = pixels_of(dataset).value, number_of_frames(dataset)
    with adicom.sync.open_dicom(path, 1000, force=True) as dcm:
        frames = [dcm.frame_bytes(frame) for frame in range(number)]
        with dcm.pixel_stream() as pieces:
            assert b"".join(pieces) == value
    if dataset.get("BitsAllocated") == 1 and dataset.Rows * dataset.Columns % 8:
        # A frame starts inside a byte: pixel by pixel, the lowest bit first.
        bits, size = "".join(f"{byte:08b}"[::-1] for byte in value), dataset.Rows * dataset.Columns
        cut = ["".join(f"{byte:08b}"[::-1] for byte in frame) for frame in frames]
        assert [frame[:size] for frame in cut] == [bits[at : at + size] for at in range(0, number * size, size)]
        assert {frame[size:].strip("0") for frame in cut} == {""}
        return
    size = len(frames[0])
    assert {len(frame) for frame in frames} == {size}
    assert b"".join(frames) == value[: size * number]
    assert len(value) - size * number <= (128 if short_name(path) == "MR_small_padded.dcm" else 1)


def test_a_number_of_frames_that_is_none() -> None:
    path = next(path for path in all_files() if path.name == "badVR.dcm")
    with adicom.sync.open_dicom(path) as dcm, pytest.raises(DecodeError, match="Number of Frames"):
        dcm.frame_bytes(0)
