"""What notebooks show of a dataset: all of it that fits, nothing that could do harm, nothing that has to be fetched."""

from __future__ import annotations

import asyncio
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom.data
import pytest

import adicom
import adicom.sync
from adicom.dataset import Dataset, FileDataset, html
from tests import made

if TYPE_CHECKING:
    from collections.abc import Callable

SEQUENCE = 0x00081140
CT = str(pydicom.data.get_testdata_file("CT_small.dcm"))
VOID = frozenset({"br", "hr", "img", "input", "meta", "link"})


class Reader(HTMLParser):
    """Reads HTML; it must be well-formed, and have neither script nor anything from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.deepest = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in {"div", "style", "details", "summary", "span", "table", "tr", "td"}
        for name, _ in attrs:
            assert name in {"class", "title", "colspan", "open"}
        self.open.append(tag)
        self.tags.append(tag)
        self.deepest = max(self.deepest, len(self.open))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            assert "url" not in data
            assert "@import" not in data
        else:
            self.texts.append(data)


def shown(dataset: Dataset) -> Reader:
    reader = Reader()
    reader.feed(dataset._repr_html_())
    reader.close()
    assert reader.open == []
    return reader


def text(dataset: Dataset) -> str:
    return " ".join("".join(shown(dataset).texts).split())


def read(*parts: bytes, **options: Any) -> adicom.sync.FileDataset:
    return adicom.sync.dcmread(made.part10(b"".join(parts)), **options)


def test_elements_are_rows() -> None:
    found = text(adicom.sync.dcmread(CT))
    assert f"FileDataset {CT}, 258 elements" in found
    assert "File meta information 8 elements" in found
    for row in (
        "(0010, 0010)Patient's NamePNCompressedSamples^CT1",
        "(0008, 0008)Image TypeCSORIGINAL \\ PRIMARY \\ AXIAL",
        "(0008, 0016)SOP Class UIDUICT Image Storage 1.2.840.10008.5.1.4.1.1.2",
        "(0008, 0050)Accession NumberSHempty",
        "(0010, 1002)Other Patient IDs SequenceSQ2 items Item 1 2 elements",
        "(0009, 1001)[Full Fidelity]LOGE_GENESIS_FF",
        "… 32,768 bytes",
    ):
        assert row in found, row


def test_an_item_says_what_code_it_is() -> None:
    item = Dataset({"CodeValue": "T-D1100", "CodeMeaning": "Head & neck"})
    ds = Dataset()
    ds.AnatomicRegionSequence = [item]
    assert "Item 1 Head & neck" in text(ds)
    del item.CodeMeaning
    assert "Item 1 T-D1100" in text(ds)


HOSTILE = "</td></table><script>alert(1)</script><img src=x onerror=alert(1)>\"'&<style>"


@pytest.mark.filterwarnings("ignore::adicom.DicomWarning")  # such values are too long
@pytest.mark.parametrize(
    "change",
    [
        lambda ds: setattr(ds, "PatientID", HOSTILE),
        lambda ds: setattr(ds, "PatientName", HOSTILE),
        lambda ds: setattr(ds, "OtherPatientNames", [HOSTILE, HOSTILE]),
        lambda ds: setattr(ds, "SOPInstanceUID", HOSTILE),
        lambda ds: setattr(ds, "CodeMeaning", HOSTILE),
        lambda ds: setattr(ds, "AnatomicRegionSequence", [Dataset({"CodeMeaning": HOSTILE})]),
        lambda ds: setattr(ds, "filename", HOSTILE),
        lambda ds: ds.add(adicom.DataElement(0x00091001, HOSTILE, HOSTILE, already_converted=True)),
        lambda ds: ds.add(adicom.DataElement(0x00100020, "LO", {HOSTILE: HOSTILE}, already_converted=True)),
    ],
)
def test_nothing_of_a_file_becomes_html(change: Callable[[Dataset], None]) -> None:
    ds = FileDataset()
    change(ds)
    assert "<script" not in ds._repr_html_()
    assert "<script>" in "".join(shown(ds).texts)


def test_256_levels() -> None:
    assert sys.getrecursionlimit() <= 1000
    for undefined in (False, True):
        reader = shown(read(made.nested(SEQUENCE, 256, undefined=undefined)))
        assert reader.tags.count("details") == html.MAX_DEPTH + 2
        assert reader.deepest < 200, "browsers stop at 512"
        assert "… nested deeper than is shown here" in reader.texts


def test_a_huge_dataset_is_cut() -> None:
    ds = Dataset()
    items = [Dataset({"PatientID": str(number), "PatientName": "A"}) for number in range(500)]
    ds.ReferencedImageSequence = items
    ds.add_new(0x00091001, "UT", "x" * 100_000)
    ds.add_new(0x00091002, "US", list(range(50_000)))
    ds.add_new(0x00091003, "OB", bytes(1_000_000))
    found = text(ds)
    assert "500 items" in found
    assert f"… {500 - html.MAX_ITEMS} more items" in found
    assert "(100,000 characters)" in found
    assert "… 50,000 values" in found
    assert "… 1,000,000 bytes" in found
    assert len(ds._repr_html_()) < 20_000
    for number in range(10_000):
        ds.add_new(0x000B0000 + number, "LO", "x")
    reader = shown(ds)
    assert reader.tags.count("tr") <= html.MAX_ROWS + 3
    assert any(part.endswith("more elements") for part in reader.texts)


def test_a_cut_table_says_how_many_items_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MAX_ROWS", 3)
    ds = Dataset()
    ds.ReferencedImageSequence = [Dataset({"PatientID": "1"}) for _ in range(5)]
    ds.PatientName = "A"
    found = text(ds)
    assert "Item 2" in found
    assert "… 3 more items" in found
    assert "… 1 more element" in found
    assert "A" not in found.split("more items")[1]


def test_deferred_values_are_shown_as_such(tmp_path: Path) -> None:
    path = tmp_path / "ct.dcm"
    path.write_bytes(Path(CT).read_bytes())
    for ds in (adicom.sync.dcmread(path, defer_size=1000), asyncio.run(adicom.dcmread(path, defer_size=1000))):
        assert "(7FE0, 0010)Pixel DataOWdeferred, 32.8 kB" in text(ds)
        assert ds["PixelData"].is_deferred


def test_what_cannot_be_parsed_says_so() -> None:
    ds = read(made.element(SEQUENCE, "SQ", b"\0\0\0\0\0\0\0\0"), made.element(0x00100020, "LO", "1234"))
    found = text(ds)
    assert "(0008, 1140)Referenced Image SequenceSQ" in found
    assert "at byte" in found
    assert "(0010, 0020)Patient IDLO1234" in found


def test_what_is_missing_is_said() -> None:
    ds = FileDataset()
    ds.is_complete = False
    ds.is_truncated = True
    assert "those behind the pixel data were not read, truncated" in text(ds)


def test_html_is_not_imported_before_it_is_needed() -> None:
    import subprocess

    code = "import sys, adicom; print('adicom.dataset.html' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"
