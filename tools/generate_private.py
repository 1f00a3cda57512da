"""Make ``adicom/_generated/private_dictionary.py`` from the private elements that vendors have documented.

Usage: ``python tools/generate_private.py [--check]``
"""

from __future__ import annotations

import re
import sys

from _tables import DCMTK_VR, deliver, load_dcmtk, module, name_from_keyword, table

# (gggg,"CREATOR",ee), with -o-gggg behind the group for a range of odd groups.
TAG = re.compile(r'\(([0-9a-fA-F]{4})(-o-[0-9a-fA-F]{4})?,"([^"]+)",((?:[0-9a-fA-F]{2}){1,2})\)')

# What dcmtk's own programs write; no device sends it.
LEFT_OUT = {"DCMTK_ANONYMIZER"}


def key_of(group: str, span: str | None, element: str) -> str:
    """Return the tag as the private dictionary spells it: ``0019xx10``, with x for any digit."""
    if span:  # only whole hundreds occur: 6001-o-60ff
        group = f"{group[:2]}xx"
    if len(element) == 2:
        element = f"xx{element}"
    return f"{group}{element}".upper().replace("X", "x")


def blocks() -> dict[str, dict[str, str]]:
    """Return the lines of each creator by tag; a later entry replaces an earlier one, as in dcmtk."""
    found: dict[str, dict[str, str]] = {}
    for tag, VR, keyword, VM, _ in load_dcmtk("dcmtk-private.dic"):
        match = TAG.fullmatch(tag)
        if match is None:
            raise ValueError(f"unknown form of tag: {tag}")
        group, span, creator, element = match.groups()
        if creator not in LEFT_OUT:
            key = key_of(group, span, element)
            line = "|".join([key, DCMTK_VR.get(VR, VR), VM, name_from_keyword(keyword)])
            found.setdefault(creator, {})[key] = line
    return found


def main() -> int:
    """Write or check the module."""
    found = blocks()
    lines: list[str] = []
    for creator in sorted(found):
        entries = found[creator]
        if set(creator) & set(">|\n\\") or any(line.count("|") != 3 for line in entries.values()):
            raise ValueError(f"a separator inside an entry of {creator}")
        lines += [f">{creator}", *(entries[key] for key in sorted(entries))]
    return deliver(
        "private_dictionary.py",
        module(
            "generate_private.py",
            "The private data elements that vendors have documented.",
            table("PRIVATE", ">creator, then its elements: tag|VR|VM|name, where x stands for any digit", lines),
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
