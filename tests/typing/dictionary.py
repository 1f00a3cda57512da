"""What type checkers see of data dictionaries; checking this file is the test."""

from __future__ import annotations

from typing import assert_type

import adicom
import adicom.sync
from adicom.datadict import DataDictionary


async def given_to(path: str) -> None:
    words = adicom.DataDictionary({0x10021001: ("DS", "1", "Acme Dose", "", "AcmeDose")}, {"ACME": {}})
    assert_type(words, DataDictionary)
    words.add(0x10021002, "LO", "AcmeText", "Acme Text", VM="1-n", is_retired="Retired")
    words.add((0x1002, 0x1003), "LO", "", "Acme Other")
    words.add_entries({0x10021004: ("DS", "1", "Acme Four", "", "")})
    words.add_private("ACME", 0x00990001, "US", "Acme Counter")
    words.add_private_entries("ACME", {"0099xx02": ("US", "1", "Two"), 0x00990003: ("US", "1", "Three", "")})
    assert_type(words.copy(), DataDictionary)
    assert_type(words.get_entry("AcmeText"), tuple[str, str, str, str, str])
    assert_type(words.get_private_entry(0x00991001, "ACME"), tuple[str, str, str, str])
    assert_type(words.find_vr(0x10021001), str | None)
    assert_type(words.find_private_vr(0x00991001, "ACME"), str | None)
    assert_type(words.tag_for_keyword("AcmeText"), int | None)
    assert_type(words.keyword_for_tag(0x10021002), str)

    assert_type(await adicom.dcmread(path, dictionary=words), adicom.FileDataset)
    assert_type(await adicom.read_partial(path, dictionary=words), adicom.FileDataset)
    assert_type(await adicom.read_dataset(b"", False, True, dictionary=None), adicom.Dataset)
    assert_type(adicom.sync.dcmread(path, dictionary=words), adicom.sync.FileDataset)
    async with adicom.open_dicom(path, dictionary=words) as dcm:
        assert_type(dcm.dataset.dictionary, DataDictionary | None)

    ds = adicom.Dataset(dictionary=words)
    ds.dictionary = None
    ds.dictionary = {}  # type: ignore[assignment]  # a dict is no DataDictionary
    ds.private_block(0x0099, "ACME").add_new(0x01, None, 5)
    assert_type(ds[0x00991001].private_creator, str | None)
    await adicom.dcmread(path, dictionary={})  # type: ignore[arg-type]
    words.add_private("ACME", 0x00990001, "US")  # type: ignore[call-arg]  # no name
