"""Private elements by their creator (PS3.5 7.8.1)."""

from __future__ import annotations

from typing import Any

import pydicom
import pytest

import adicom.sync
from adicom.dataset import Dataset
from adicom.errors import DicomWarning
from tests import made


def test_a_block_is_found_or_reserved() -> None:
    ds = Dataset()
    ds.add_new(0x00410010, "LO", "OTHER")
    with pytest.raises(KeyError, match="0041"):
        ds.private_block(0x0041, "ACME 3.2")
    block = ds.private_block(0x0041, "ACME 3.2", create=True)
    assert ds[0x00410011].value == "ACME 3.2"
    assert (block.group, block.private_creator, block.block_start) == (0x0041, "ACME 3.2", 0x1100)
    block.add_new(0x42, "SH", "hello")
    assert ds[0x00411142].value == "hello"
    assert ds[0x00411142].private_creator == "ACME 3.2"
    assert (0x42 in block, 0x43 in block, block[0x42].value) == (True, False, "hello")
    assert ds.private_block(0x0041, "ACME 3.2").get_tag(0x42) == 0x00411142
    assert ds.private_creators(0x0041) == ["OTHER", "ACME 3.2"]
    assert ds.get_private_item(0x0041, 0x42, "ACME 3.2").value == "hello"
    del block[0x42]
    assert 0x00411142 not in ds
    with pytest.raises(KeyError):
        ds.get_private_item(0x0041, 0x42, "ACME 3.2")


def test_who_has_no_creator_does_not_look_at_the_character_set() -> None:
    ds = Dataset()
    with pytest.warns(DicomWarning):
        ds.SpecificCharacterSet = "wrong"
    ds.add_new(0x00291008, "FD", 4.0)  # without a warning
    assert ds[0x00291008].private_creator is None


def test_what_no_block_can_be() -> None:
    ds = Dataset()
    block = ds.private_block(0x0041, "ACME", create=True)
    for wrong in (-1, 256):
        with pytest.raises(ValueError, match="between 0 and 255"):
            block.get_tag(wrong)
    with pytest.raises(ValueError, match="not private"):
        ds.private_block(0x0040, "ACME")
    with pytest.raises(ValueError, match="not private"):
        ds.private_creators(0x0040)
    with pytest.raises(ValueError, match="creator"):
        ds.private_block(0x0041, "")
    assert "ACME" not in repr(block)
    for number in range(0x10, 0x100):
        ds.add_new(0x00430000 | number, "LO", f"creator {number}")
    with pytest.raises(ValueError, match="all blocks"):
        ds.private_block(0x0043, "one too many", create=True)


def test_the_private_dictionary_gives_the_vr() -> None:
    ds = Dataset()
    ds.add_new_private("SIEMENS CSA HEADER", 0x0029, 0x08, "IMAGE NUM 4")
    assert (ds[0x00291008].VR, ds[0x00291008].name) == ("CS", "[CSA Image Header Type]")
    with pytest.raises(KeyError, match="give its VR"):
        ds.add_new_private("nobody's", 0x0029, 0x08, "x")
    ds.add_new_private("nobody's", 0x0029, 0x08, "x", "LO")
    assert ds[0x00291108].value == "x"


def test_private_tags_are_removed_at_any_depth() -> None:
    private = made.element(0x00090010, "LO", "ACME") + made.element(0x00091001, "LO", "x ")
    inner = made.sequence(0x00081140, [made.item(private + made.element(0x00081155, "UI", "1.2"))], undefined=True)
    hidden = made.sequence(0x00091002, [made.item(private)])
    ds = adicom.sync.dcmread(made.part10(inner + private + hidden + made.element(0x00100020, "LO", "1 ")))
    ds.remove_private_tags()
    assert [element.tag for element in ds.iterall()] == [0x00081140, 0x00081155, 0x00100020]


@pytest.mark.parametrize("library", [pydicom, adicom])
def test_an_element_that_another_dataset_gets_keeps_its_creator(library: Any) -> None:
    ds, other = library.Dataset(), library.Dataset()
    ds.private_block(0x0043, "GEMS_PARM_01", create=True).add_new(0x27, "SH", "/1.0:1")
    other.add(ds[0x00431027])
    assert ds[0x00431027].private_creator == other[0x00431027].private_creator == "GEMS_PARM_01"
    assert ds[0x00431027].name == "[Scan Pitch Ratio]"
    other.private_block(0x0043, "ACME", create=True)
    other.add(other[0x00431027])
    assert other[0x00431027].private_creator == "ACME"
