"""The stub that tells type checkers the keywords: all of them, and types that are those of the values."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import adicom.sync
from adicom._generated.data_dictionary import ELEMENTS
from adicom.dataset import Dataset
from adicom.multival import MultiValue
from adicom.sequence import Sequence
from adicom.tag import BaseTag, find_keyword
from adicom.uid import UID
from adicom.valuerep import IS, DSfloat, PersonName
from tests import made

STUB: Final = (Path(adicom.__file__).parent / "_generated" / "keywords.pyi").read_text(encoding="utf-8")
READ: Final[dict[str, str]] = dict(re.findall(r"^(_\w+) = _Keyword\[(.*?), ", STUB, re.MULTILINE))
DECLARED: Final[dict[str, str]] = dict(re.findall(r"^    ([A-Za-z]\w+): (_\w+)$", STUB, re.MULTILINE))
NAMES: Final[dict[str, type]] = {
    kind.__name__: kind for kind in (DSfloat, IS, PersonName, UID, BaseTag, str, int, float, bytes)
}


def rows() -> list[list[str]]:
    return [row for row in (line.split("|") for line in ELEMENTS.splitlines()) if row[4] and row[1] != "NONE"]


def sample(VR: str, count: int) -> bytes:
    """Return values of a VR in Explicit VR Little Endian."""
    texts = {"DA": "20240131", "TM": "1200", "DT": "2024", "DS": "1.50", "IS": "12", "UI": "1.2.3", "AS": "012Y"}
    codes = {"US": "H", "SS": "h", "UL": "L", "SL": "l", "UV": "Q", "SV": "q", "FL": "f", "FD": "d"}
    VR = VR.split(" or ")[0]
    if VR in codes:
        return struct.pack(f"<{count}{codes[VR]}", *[1] * count)
    if VR == "AT":
        return struct.pack("<HH", 0x0010, 0x0010) * count
    if VR.startswith("O") or VR == "UN":
        return bytes(4 * count)
    return made.even("\\".join([texts.get(VR, "A")] * count), b"\0" if VR == "UI" else b" ")


def test_every_keyword_is_declared() -> None:
    assert sorted(DECLARED) == sorted(row[4] for row in rows())
    assert all(find_keyword(keyword) is not None for keyword in DECLARED)


def test_each_says_what_element_it_is() -> None:
    assert '    PatientName: _PN\n    """(0010,0010) Patient\'s Name, PN, VM 1."""\n' in STUB
    assert '    PixelSpacing: _DS_n\n    """(0028,0030) Pixel Spacing, DS, VM 2."""\n' in STUB
    assert "Ethnic Group, SH, VM 1, retired." in STUB


DATA: Final = [row for row in rows() if int(row[0][:4], 16) >= 8]  # without command and file meta elements


@pytest.mark.parametrize("kind", sorted({(row[1], row[2]) for row in DATA}), ids=" ".join)
def test_a_value_has_the_class_that_the_stub_says(kind: tuple[str, str]) -> None:
    VR, VM = kind
    tag, keyword = next((int(row[0], 16), row[4]) for row in DATA if (row[1], row[2]) == kind)
    least, _, most = VM.partition("-")
    if VR == "SQ":
        assert DECLARED[keyword] == "_SQ"
        ds = adicom.sync.dcmread(made.part10(made.sequence(tag, [made.item()])))
        assert type(getattr(ds, keyword)) is Sequence
        return
    declared = READ[DECLARED[keyword]].split(" | ")
    many = [name for name in declared if name.startswith("MultiValue[")]
    for count in {max(1, int(least)), 2 if most else max(1, int(least))}:
        data = made.part10(made.element(tag, "", sample(VR, count), made.IMPLICIT), made.IMPLICIT_LE)
        value = getattr(adicom.sync.dcmread(data), keyword)
        if isinstance(value, MultiValue):
            (name,) = many
            assert isinstance(value[0], NAMES[name.removeprefix("MultiValue[").removesuffix("]")])
        else:
            assert isinstance(value, tuple(NAMES[name] for name in declared if name not in many))


def test_the_stub_costs_nothing_when_a_program_runs() -> None:
    assert "Keywords" not in [kind.__name__ for kind in Dataset.__mro__]
    assert not DECLARED.keys() & set(dir(Dataset))
    code = "import sys, adicom; print('adicom._generated.keywords' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"
