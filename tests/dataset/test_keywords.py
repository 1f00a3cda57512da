"""Keywords as attributes, and names that look like one."""

from __future__ import annotations

import warnings

import pytest

from adicom.dataset import Dataset, FileDataset
from adicom.errors import DicomWarning


@pytest.mark.parametrize("name", ["PatientsName", "SliceThicknes", "patientName", "NoSuchThing2"])
def test_a_mistyped_keyword_is_warned_of_and_kept(name: str) -> None:
    for ds in (Dataset(), FileDataset()):
        with pytest.warns(DicomWarning, match=name) as caught:
            setattr(ds, name, "x")
        assert caught[0].filename == __file__
        assert getattr(ds, name) == "x"
        assert len(ds) == 0


@pytest.mark.parametrize("name", ["note", "my_note", "is_mine", "_private", "NOTE", "A", "Foo_Bar"])
def test_an_ordinary_attribute_is_not(name: str) -> None:
    ds = Dataset()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        setattr(ds, name, "x")
    assert getattr(ds, name) == "x"
    delattr(ds, name)
    assert not hasattr(ds, name)


def test_a_repeating_group_needs_a_tag() -> None:
    ds = Dataset()
    with pytest.raises(ValueError, match="repeating group"):
        ds.OverlayRows = 5
    ds.add_new(0x60020010, "US", 5)
    assert ds[0x60020010].name == "Overlay Rows"
    assert ds.dir() == ["OverlayRows"]


def test_names_for_completion() -> None:
    ds = Dataset.fromkeys(["PatientName", "PatientID", "Modality", 0x00091001], None)
    assert ds.dir() == ["Modality", "PatientID", "PatientName"]
    assert ds.dir("NAME", "modal") == ["Modality", "PatientName"]
    assert ds.dir("nothing") == []
    ds.note = 1
    assert {"PatientName", "note", "walk", "fetch"} <= set(dir(ds))
    assert ds.trait_names() == dir(ds)


def test_top_shows_one_level() -> None:
    item = Dataset()
    item.PatientID = "1"
    ds = Dataset()
    ds.ReferencedImageSequence = [item]
    ds.Modality = "CT"
    assert ds.top() == (
        "(0008, 0060) Modality                            CS: 'CT'\n"
        "(0008, 1140)  Referenced Image Sequence  1 item(s) ---- "
    )
    assert list(ds.formatted_lines())[1] == "(0008, 1140) Referenced Image Sequence           SQ: <Sequence, length 1>"
    assert list(ds.formatted_lines("%(keyword)s=%(value)s %(VM)d", "%(name)s:")) == [
        "Modality=CT 1",
        "Referenced Image Sequence:",
        "PatientID=1 1",
    ]


def test_an_empty_item_is_an_empty_line() -> None:
    ds = Dataset()
    ds.ReferencedImageSequence = [Dataset()]
    assert str(ds).splitlines() == ["(0008, 1140)  Referenced Image Sequence  1 item(s) ---- ", "", "   ---------"]
