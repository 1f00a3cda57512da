"""Make ``adicom/_generated/data_dictionary.py`` from the data elements of PS3.6 and PS3.7.

The edition that dcmtk's dictionary was made from wins; innolitics' older one gives the full names, the masks of
the repeating groups, and says which DICONDE and DICOS elements are registered in PS3.6.

Usage: ``python tools/generate_dictionary.py [--check]``
"""

from __future__ import annotations

import re
import sys
from typing import NamedTuple

from _tables import DCMTK_VR, deliver, load_dcmtk, load_json, module, name_from_keyword, table

EDITION = "2026b"


class Entry(NamedTuple):
    """A line of the table."""

    tag: str
    VR: str
    VM: str
    retired: str
    keyword: str
    name: str

    def line(self) -> str:
        """Return the entry as it stands in the packed table."""
        return "|".join(self)


# Elements without innolitics entry (newer than 2024e, or of PS3.7) whose name is not just the words of the keyword.
NAMES = {
    "NumberOfRemainingSuboperations": "Number of Remaining Sub-operations",
    "NumberOfCompletedSuboperations": "Number of Completed Sub-operations",
    "NumberOfFailedSuboperations": "Number of Failed Sub-operations",
    "NumberOfWarningSuboperations": "Number of Warning Sub-operations",
    "NormalReverse": "Normal/Reverse",
}

# Retired elements of which PS3.6 keeps the number only; pydicom reads them as OB.
BLANK = ("OB", "1", "Retired-blank")


def innolitics() -> dict[str, dict[str, str]]:
    """Return innolitics' rows by tag, ``002031xx`` for a repeating one."""
    return {row["id"].upper().replace("X", "x"): row for row in load_json("innolitics-attributes.json")}


def plain_name(name: str) -> str:
    """Return the name in ASCII: PS3.6 writes "µAs", its keyword and pydicom "uAs"."""
    return name.replace("µ", "u")


def element(tag: str, row: list[str], old: dict[str, str]) -> Entry:
    """Return the entry of a tag that dcmtk lists."""
    _, VR, keyword, VM, version = row
    keyword = keyword.removeprefix("RETIRED_")
    # "lt" is LUT Data with or without SS: only PS3.6 knows which.
    VR = old["valueRepresentation"] if VR == "lt" else DCMTK_VR.get(VR, VR)
    # A renamed element has a new name as well.
    name = plain_name(old["name"]) if old.get("keyword") == keyword else NAMES.get(keyword, name_from_keyword(keyword))
    return Entry(tag, VR, VM, "R" if version.endswith("retired") else "", keyword, name)


def registered(tag: str, row: dict[str, str]) -> Entry:
    """Return the entry of a tag that only innolitics lists: repeating, DICONDE, DICOS or blank."""
    VR, VM, name = row["valueRepresentation"], row["valueMultiplicity"], plain_name(row["name"])
    if not VR:
        VR, VM, name = BLANK
    return Entry(tag, VR, VM, "R" if row["retired"] == "Y" else "", row["keyword"], name)


def is_repeating(tag: str) -> bool:
    """Say whether the tag is a mask."""
    return "x" in tag


def elements() -> list[Entry]:
    """Return all elements in the order of their tags, the repeating ones last."""
    old = innolitics()
    masked = {row["keyword"] for tag, row in old.items() if is_repeating(tag)}
    entries = {tag: registered(tag, row) for tag, row in old.items()}
    for row in load_dcmtk("dcmtk-dicom.dic"):
        keyword = row[2].removeprefix("RETIRED_")
        # dcmtk writes one number for the masks that its syntax has no range for.
        standard = row[4] in ("DICOM", "DICOM/retired") and keyword not in masked
        if standard and (match := re.fullmatch(r"\(([0-9A-F]{4}),([0-9A-F]{4})\)", row[0])):
            tag = match[1] + match[2]
            entries[tag] = element(tag, row, old.get(tag, {}))
        elif standard and keyword:
            raise ValueError(f"{row[0]} repeats, and there is no mask for it")
    return sorted(entries.values(), key=lambda entry: (is_repeating(entry.tag), entry.tag))


def check(entries: list[Entry]) -> None:
    """Raise if the table could not be unpacked again."""
    for entry in entries:
        if any(set(field) & set("|\n\\") or not field.isascii() for field in entry):
            raise ValueError(f"a separator inside {entry}")
        if not entry.VR or not entry.VM:
            raise ValueError(f"a field is missing in {entry}")


def main() -> int:
    """Write or check the module."""
    entries = elements()
    check(entries)
    plain = [entry.line() for entry in entries if not is_repeating(entry.tag)]
    repeating = [entry.line() for entry in entries if is_repeating(entry.tag)]
    return deliver(
        "data_dictionary.py",
        module(
            "generate_dictionary.py",
            f"The data elements of PS3.6 {EDITION}, with the command elements of PS3.7.",
            ["", f'EDITION: Final = "{EDITION}"'],
            table("ELEMENTS", "tag|VR|VM|R if retired|keyword|name, in the order of the tags", plain),
            table("REPEATERS", "The same for elements with many tags: x stands for any digit", repeating),
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
