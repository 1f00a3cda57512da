"""The generated tables: up to date, and the same as pydicom's but for what is listed here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom._private_dict import private_dictionaries
from pydicom._uid_dict import UID_dictionary

from adicom._generated.data_dictionary import EDITION, ELEMENTS, REPEATERS
from adicom._generated.private_dictionary import PRIVATE
from adicom._generated.uid_table import UIDS

ROOT = Path(__file__).resolve().parent.parent
INPUTS = Path(os.environ.get("ADICOM_DICTIONARY", ROOT.parent / "shared" / "dictionary"))

# pydicom 3.0.2 has PS3.6 2024c, adicom 2026b. Field by field, adicom's first: (VR, VM, name, retired, keyword).
CHANGED = {
    "00102160": ("retired: Ethnic Groups (0010,2162) has replaced it", {3: ("Retired", "")}),
    "003A0320": (
        "corrected: the keyword of a sequence ends so",
        {4: ("SummarizedFilterLookupTableSequence", "SummarizedFilterLookupTable")},
    ),
    "003A0325": (
        "corrected: the keyword of a sequence ends so",
        {4: ("AnalogFilterTypeCodeSequence", "AnalogFilterType")},
    ),
    "30040012": ("no longer retired", {3: ("", "Retired")}),
}

# Elements that PS3.6 has got since.
ADDED = """
    00060001 0008001D 0008114C 0008114D 00081301 00081302 00081303 00081304 00100011 00100012 00100013 00100014 00100015
    00100016 00100041 00100042 00100043 00100044 00100045 00100046 00100047 00102162 00189390 00189391 00189392 00221623
    00221627 00221629 00221632 00221633 00221634 0040A034 0040A035 0040B030 0040B031 0040B032 0040B033 0040B034 0040B035
    0040B036 0040B037 0040B038 0040B039 0040B03A 0040B03B 0040B03C 0040B03D 0040B03E 0040B03F 0040B040 0040B041 0040B042
    00440110 00480304 00660005 30020136 30040016 30040020 30040021 30040022 30040023 30040024 30040080 30040081 30040082
    30040083 30040084 300A02EC 300A039B 300A039C
"""

# Transfer syntaxes that PS3.6 has got since.
ADDED_UIDS = {
    "1.2.840.10008.1.2.4.110": "JPEGXLLossless",
    "1.2.840.10008.1.2.4.111": "JPEGXLJPEGRecompression",
    "1.2.840.10008.1.2.4.112": "JPEGXL",
    "1.2.840.10008.1.2.8.1": "DeflatedImageFrameCompression",
}


def elements() -> dict[str, tuple[str, ...]]:
    """Return adicom's elements as pydicom writes them: VR, VM, name, retired, keyword."""
    rows = (line.split("|") for line in (ELEMENTS + REPEATERS).splitlines())
    return {tag: (vr, vm, name, "Retired" if retired else "", key) for tag, vr, vm, retired, key, name in rows}


def theirs() -> dict[str, tuple[str, ...]]:
    """Return pydicom's elements by the same key."""
    return {**{f"{tag:08X}": entry for tag, entry in DicomDictionary.items()}, **RepeatersDictionary}


@pytest.mark.skipif(not INPUTS.is_dir(), reason="no inputs: set ADICOM_DICTIONARY")
@pytest.mark.parametrize("tool", ["generate_dictionary", "generate_keywords", "generate_private", "generate_uids"])
def test_up_to_date(tool: str) -> None:
    command = [sys.executable, str(ROOT / "tools" / f"{tool}.py"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_check_fails_on_a_difference(tmp_path: Path) -> None:
    code = "import sys, _tables; sys.exit(_tables.deliver('uid_table.py', 'changed', ['--check']))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
    )
    assert result.returncode == 1
    assert "uid_table.py differs" in result.stderr


@pytest.mark.parametrize("table", [ELEMENTS, REPEATERS, PRIVATE, UIDS])
def test_tables_are_plain(table: str) -> None:
    assert table.isascii()
    assert table.endswith("\n")
    assert not any(line != line.strip() or not line for line in table.splitlines())


def test_elements_are_in_order_and_unique() -> None:
    assert EDITION == "2026b"
    tags = [line[:8] for line in ELEMENTS.splitlines()]
    assert tags == sorted(set(tags))
    keywords = [row[4] for row in elements().values() if row[4]]
    assert len(set(keywords)) == len(keywords)


def test_elements_are_those_of_pydicom() -> None:
    ours, other = elements(), theirs()
    assert other.keys() - ours.keys() == set()
    assert ours.keys() - other.keys() == set(ADDED.split())
    found = {
        tag: {index: pair for index, pair in enumerate(zip(ours[tag], other[tag], strict=True)) if len(set(pair)) > 1}
        for tag in other
        if ours[tag] != other[tag]
    }
    assert found == {tag: fields for tag, (_reason, fields) in CHANGED.items()}


def test_uids_are_those_of_pydicom() -> None:
    rows = {row[0]: tuple(row[1:]) for row in (line.split("|") for line in UIDS.splitlines())}
    assert {uid: rows[uid] for uid in rows if uid in UID_dictionary} == dict(UID_dictionary)
    assert {uid: row[4] for uid, row in rows.items() if uid not in UID_dictionary} == ADDED_UIDS
    assert [rows[uid][1:4] for uid in ADDED_UIDS] == [("Transfer Syntax", "", "")] * len(ADDED_UIDS)


def private() -> dict[tuple[str, str], str]:
    """Return VR and VM of each of adicom's private elements by creator and tag."""
    found = {}
    for block in PRIVATE.removeprefix(">").split("\n>"):
        creator, *lines = block.splitlines()
        for tag, vr, vm, _name in (line.split("|") for line in lines):
            found[creator, tag] = f"{vr} {vm}"
    return found


def private_differences() -> dict[tuple[str, str], tuple[str, str]]:
    """Return the listed differences from pydicom: adicom's VR and VM, then pydicom's."""
    lines = (ROOT / "tests" / "private_differences.txt").read_text(encoding="ascii").splitlines()
    rows = (line.split("|") for line in lines if line and not line.startswith("#"))
    return {(creator, tag): (ours, other) for creator, tag, ours, other in rows}


def test_private_elements_are_those_of_pydicom() -> None:
    ours = private()
    pairs = {
        (creator, tag): (value, " ".join(private_dictionaries[creator][tag][:2]))
        for (creator, tag), value in ours.items()
        if tag in private_dictionaries.get(creator, {})
    }
    assert len(pairs) > 2000
    assert {key: pair for key, pair in pairs.items() if pair[0] != pair[1]} == private_differences()


def test_dcmtk_own_elements_are_left_out() -> None:
    assert not [creator for creator, _ in private() if "DCMTK" in creator]
