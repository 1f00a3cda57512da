"""Make ``adicom/_generated/uid_table.py`` from the UIDs of PS3.6 annex A.

Usage: ``python tools/generate_uids.py [--check]``
"""

from __future__ import annotations

import sys

from _tables import deliver, load_json, module, table

FIELDS = ("UID", "Name", "Type", "Info", "Retired", "Keyword")

# What uids.json lacks: registered since, or (the SR class) only in pydicom's table.
SUPPLEMENT = (
    ("1.2.840.10008.1.2.4.110", "JPEG XL Lossless", "Transfer Syntax", "", "", "JPEGXLLossless"),
    ("1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression", "Transfer Syntax", "", "", "JPEGXLJPEGRecompression"),
    ("1.2.840.10008.1.2.4.112", "JPEG XL", "Transfer Syntax", "", "", "JPEGXL"),
    ("1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression", "Transfer Syntax", "", "",
     "DeflatedImageFrameCompression"),
    ("1.2.840.10008.5.1.4.1.1.88.77", "Waveform Annotation SR Storage", "SOP Class", "", "",
     "WaveformAnnotationSRStorage"),
)  # fmt: skip


def rows() -> dict[str, tuple[str, ...]]:
    """Return the fields of each UID."""
    found = {row["UID"]: tuple(row[field] for field in FIELDS) for row in load_json("uids.json")}
    return {row[0]: row for row in SUPPLEMENT} | found


def main() -> int:
    """Write or check the module."""
    found = rows()
    lines = ["|".join(found[uid]) for uid in sorted(found, key=lambda uid: [int(part) for part in uid.split(".")])]
    if any(line.count("|") != len(FIELDS) - 1 or not line.isascii() for line in lines):
        raise ValueError("a separator inside a field")
    return deliver(
        "uid_table.py",
        module(
            "generate_uids.py",
            "The UIDs that PS3.6 annex A registers.",
            table("UIDS", "UID|name|type|info|Retired or nothing|keyword", lines),
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
