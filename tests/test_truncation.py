"""Truncation is never silent: a file that was cut anywhere says so, or is complete as far as anybody can tell."""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING, Any, Final

import pytest

import adicom.sync
from adicom.errors import DicomError, DicomWarning, InvalidDicomError, TruncatedError
from adicom.parser import DeferredElement, Element, FileEnd, FileMetaEnd, PixelDataStart, SequenceStart, ValueStart
from tests import made, oracle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Small headers of every kind: the three forms, sequences of both length forms, private and UN ones, odd VRs, character
# sets, no file meta group length, no transfer syntax, fragments, RLE, deflated, a report, a plan.
NAMES: Final = """
    MR_small.dcm MR_small_implicit.dcm MR_small_bigendian.dcm MR_small_RLE.dcm MR_small_jpeg_ls_lossless.dcm
    MR_small_padded.dcm UN_sequence.dcm badVR.dcm priv_SQ.dcm nested_priv_SQ.dcm chrSQEncoding.dcm chrX1.dcm chrH31.dcm
    no_meta_group_length.dcm meta_missing_tsyntax.dcm JPEGLSNearLossless_08.dcm SC_rgb_rle_2frame.dcm 693_J2KI.dcm
    SC_rgb_small_odd_big_endian.dcm JPEG2000-embedded-sequence-delimiter.dcm reportsi.dcm rtplan.dcm rtdose_1frame.dcm
    empty_charset_LEI.dcm image_dfl.dcm
""".split()
PLACES: Final = 200  # behind the header


@functools.cache
def chosen() -> dict[str, Path]:
    """Return one file for each name."""
    found = {oracle.short_name(path): path for path in oracle.all_files()}
    return {name: found[name] for name in NAMES if name in found}


def test_there_are_enough_files() -> None:
    assert len(chosen()) >= 20


class Whole:
    """A file with what is known of it: where its top-level elements start and end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.starts: dict[int, int] = {}  # tag -> offset
        self.boundaries: set[int] = set()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            events = oracle.parse(data)
        self.inflated = any(event.encoding.inflated for event in events)
        for event in events:
            if self.inflated and (event.encoding.inflated or isinstance(event, FileEnd)):
                continue  # places in deflated bytes mean nothing
            if isinstance(event, FileMetaEnd):
                self.boundaries.add(event.offset)
            elif isinstance(event, FileEnd):
                self.boundaries.add(event.offset)
                self.boundaries.update(range(event.offset, event.offset + event.padding + 1))
            elif not event.path and isinstance(
                event, Element | DeferredElement | ValueStart | SequenceStart | PixelDataStart
            ):
                self.starts[int(event.tag)] = event.offset
                self.boundaries.add(event.offset)
        self.header_end = min([offset for tag, offset in self.starts.items() if tag >= 0x7FE00008], default=len(data))
        if self.inflated:
            self.header_end = max(self.boundaries) + 200
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.values = {node.tag: node for node in oracle.adicom_view(data) if not node.path}

    def cuts(self) -> Iterator[int]:
        """Give each place in the header, and 200 behind it."""
        yield from range(self.header_end + 1)
        behind = len(self.data) - self.header_end
        yield from sorted(
            {self.header_end + 1 + behind * place // PLACES for place in range(PLACES)} - {len(self.data)}
        )

    def may_end(self, cut: int) -> bool:
        """Tell whether a file that ends here can't be told from a complete one."""
        return cut in self.boundaries

    def looks_padded(self, cut: int) -> bool:
        """Tell whether the cut leaves fewer than eight zero bytes behind an element: a big endian group starts so."""
        before = [edge for edge in self.boundaries if edge <= cut]
        return bool(before) and cut - max(before) < 8 and not self.data[max(before) : cut].strip(b"\0")

    def complete(self, cut: int) -> set[int]:
        """Return the tags of the top-level elements that end at or before a place."""
        edges = sorted(self.boundaries)
        return {
            tag for tag, start in self.starts.items() if next((edge for edge in edges if edge > start), cut + 1) <= cut
        }


def read(data: bytes, **options: Any) -> tuple[Any, list[str]]:
    """Return the dataset and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dataset = adicom.sync.dcmread(data, **options)
    return dataset, [str(warning.message) for warning in caught if issubclass(warning.category, DicomWarning)]


def tags(dataset: Any) -> set[int]:
    return {int(tag) for part in (dataset.file_meta, dataset) for tag in part.keys()}  # noqa: SIM118  # no dict


@pytest.mark.parametrize("name", NAMES)
def test_cut_files_say_so(name: str) -> None:
    if name not in chosen():
        pytest.skip("the file is in none of the packages that are here")
    whole = Whole(chosen()[name].read_bytes())
    for cut in whole.cuts():
        if cut < len(whole.data):
            check_strict(whole, cut)
            check_lenient(whole, cut)


def check_strict(whole: Whole, cut: int) -> None:
    data = whole.data[:cut]
    try:
        dataset, warned = read(data)
    except InvalidDicomError:
        assert cut < 132
        return
    except TruncatedError as error:
        assert cut >= 132
        check_error(whole, cut, error)
        return
    assert whole.may_end(cut) or (whole.looks_padded(cut) and warned), f"silent at byte {cut}"
    assert tags(dataset) == whole.complete(cut)
    assert not dataset.is_truncated


def check_error(whole: Whole, cut: int, error: TruncatedError) -> None:
    """Look at what the error says, and at the dataset that it brings."""
    assert error.offset is not None
    assert 0 <= error.got < error.wanted
    assert error.dataset is not None
    assert error.dataset.is_truncated
    kept = tags(error.dataset)
    if whole.inflated:
        assert whole.starts.keys() <= kept or cut < max(whole.boundaries)
        return
    assert error.offset + error.got <= cut
    # A sequence that was taken apart may be there with the items that were complete.
    complete = whole.complete(cut)
    assert complete <= kept
    assert len(kept - complete) <= 1
    for tag in complete & {0x00080018, 0x00100020, 0x00080005, 0x00280010}:
        assert oracle.plain(error.dataset[tag].value) == whole.values[tag].value


def check_lenient(whole: Whole, cut: int) -> None:
    if cut < 132:
        with pytest.raises(InvalidDicomError):
            read(whole.data[:cut], strict=False)
        return
    dataset, warned = read(whole.data[:cut], strict=False)
    assert dataset.is_truncated is not (whole.may_end(cut) or whole.looks_padded(cut))
    if dataset.is_truncated:
        assert warned
    if not whole.inflated:
        assert whole.complete(cut) <= tags(dataset)


@pytest.mark.parametrize("undefined", [False, True], ids=["defined", "undefined"])
@pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
def test_made_files(form: made.Form, undefined: bool) -> None:
    whole = Whole(made.part10(made.small(form, undefined=undefined), form.syntax))
    for cut in range(len(whole.data)):
        check_strict(whole, cut)
        check_lenient(whole, cut)


def test_the_error_says_where() -> None:
    data = made.part10(made.small(undefined=True))
    at = data.index(b"113100")
    with pytest.raises(TruncatedError) as caught:
        [*oracle.parse(data[: at + 2])]
    error = caught.value
    assert error.tag == 0x00080100
    assert error.path == ((0x00081140, 0), (0x0040A730, 0))
    assert (error.offset, error.wanted, error.got) == (at, 6, 2)


def test_an_image_without_pixels_is_warned_of() -> None:
    data = made.part10(made.small())
    _, warned = read(data[: data.index(b"\xe0\x7f\x10\0OW")])
    assert any("ixel" in text for text in warned)


def test_what_is_inside_a_raw_sequence_is_checked_when_it_is_looked_at() -> None:
    inner = made.element(0x00080100, "SH", b"abcd", length=400)
    dataset, _ = read(made.part10(made.sequence(0x0040A730, [made.item(inner)])))
    with pytest.raises(DicomError):
        dataset.check()
