"""Takes what identifies patients out of the objects below one place, and writes them below another.

    python deidentify.py s3://bucket/in s3://other/out --key-file secret.key --jobs 16

Source and target are folders or URLs of any file system that fsspec has. Without arguments it shows itself on three
objects that it makes. It follows the Basic Application Level Confidentiality Profile, PS3.15 (2024b) annex E,
table E.1-1, without any of the options that keep more:

* X: left out, wherever it is. Private elements, curves, overlays and what the preamble holds go, too.
* Z: emptied. D: replaced by a value that says nothing. Where the table leaves a choice, the value stays formally right.
* U: replaced by a keyed hash below 2.25, the same everywhere, so that references go on to lead somewhere. Patient ID is
  replaced by a keyed hash as well. Whoever has the key can tell which object was which: keep it, or throw it away.
* (0012,0062) to (0012,0064) say that it was done, (0028,0303) that dates were removed. Objects get new names, for the
  old ones may name patients.

What it does NOT do:

* It does not look at pixels. Text that is burned into an image stays there; an object that admits it in (0028,0301)
  is refused, one that says nothing is only counted. Faces can be reconstructed from tomographies of the head.
* Sequences and documents that the profile wants cleaned are left out as a whole: structured reports lose their
  content, presentation states their annotations, and an object may lack what its IOD requires.
* It does not clean text that it keeps, such as codes and their meanings, or labels that no table lists.
* Private elements are not kept, not even those known to be safe. UIDs in text or in VR UN are not found.
* It is an example, no tested product: have somebody look at what comes out before it leaves the house.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import sys
import tempfile
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import fsspec
from made import native

import adicom
from adicom.rewriting import Delete, Map, RemovePrivate, ReplaceUIDs, Run, Set, Stage, rewrite

if TYPE_CHECKING:
    from adicom.rewriting import Transform

# Table E.1-1 by action: a group, and the elements in it. What repeats (curves, overlays) has masks instead.
LEFT_OUT = """
0008: 0015 0024 0025 0034 0035 0054 0055 0081 0092 0094 0096 009D 0201 1000 1030 103E 1040 1041 1048 1049 1050 1052 1060
0008: 1062 1080 1084 1088 1120 2111 4000
0010: 0021 0032 0050 0101 0102 1000 1001 1002 1005 1010 1020 1030 1040 1050 1060 1080 1081 1090 1100 2000 2110 2150 2152
0010: 2154 2155 2160 2180 21A0 21B0 21C0 21D0 21F0 2297 2299 4000
0012: 0022 0023 0032 0041 0043 0051 0055 0071 0072 0073 0082 0086 0087
0014: 407C 407E
0016: 002B 004B 004D 004E 004F 0050 0051 0070 0071 0072 0073 0074 0075 0076 0077 0078 0079 007A 007B 007C 007D 007E 007F
0016: 0080 0081 0082 0083 0084 0085 0086 0087 0088 0089 008A 008B 008C 008D 008E
0018: 0027 0035 1004 1005 1007 1008 1009 100A 1012 1014 1042 1043 1072 1073 1078 1079 1200 1201 1202 1204 1205 4000 5011
0018: 9185 9373 937B 937F 9424 9937 A002 A003
0020: 0027 3401 3403 3405 3406 4000 9158
0028: 4000
0032: 0012 0032 0033 0034 0035 1000 1001 1010 1011 1020 1021 1030 1032 1033 1040 1041 1050 1051 1066 1067 1070 4000
0038: 0004 0010 0011 0014 001A 001B 001C 001D 001E 0020 0021 0030 0032 0040 0050 0060 0061 0062 0064 0300 0400 0500 4000
003A: 0329 032B
0040: 0001 0002 0003 0004 0005 0006 0007 0009 000B 0010 0011 0012 0241 0242 0243 0244 0245 0250 0251 0253 0254 0275 0280
0040: 0310 050A 051A 0600 0602 06FA 1001 1002 1004 1005 100A 1010 1011 1102 1103 1104 1400 2001 2004 2005 2008 2009 2010
0040: 2011 2400 3001 4005 4008 4010 4011 4025 4027 4028 4030 4034 4035 4036 4037 4050 4051 4052 A023 A024 A033 A078 A07A
0040: A07C A110 A112 A192 A193 A307 A352 A353 A354 A358 DB06 DB07 E004
0044: 0004 000B 0010 0105
0050: 001B 0020 0021
006A: 0006
0070: 0082 0083 0086
0074: 1234 1236
0088: 0200 0904 0906 0910 0912
0100: 0420
0400: 0310 0402 0403 0404 0550 0551 0552 0561 0600
2030: 0020
2100: 0040 0050 0070
3002: 0121 0123
3006: 0004 0006 0028 002D 002E 0038 004D 004E 0085 0088
300A: 0003 0004 000B 000E 0016 0072 00C3 00DD 0196 01A6 01B2 0216 02EB 0676 078E 0792 0794 079A
300C: 0113
3010: 0036 0037 0061 0085
4000: 0010 4000
4008: 0040 0042 0100 0101 0102 0108 0109 010A 010B 010C 0111 0112 0113 0114 0115 0118 0119 011A 0200 0202 0300 4000
FFFA: FFFA
FFFC: FFFC
"""
REPEATING = ("50xxxxxx", "60xx3000", "60xx4000")
# Sequences and documents with the actions Z and D, which cannot be emptied item by item.
LEFT_OUT_INSTEAD = """
0008: 0082 1072 1110 1111
0034: 0001
0040: 0513 0555 0562 0610 1101 A073 A088 A730
0042: 0011
0070: 0001
3010: 0081
"""
EMPTIED = """
0008: 0020 0022 0030 0032 0050 0090 009C
0010: 0010 0030 0040 2203
0012: 0021 0030 0031 0050 0060
0018: 1203
0020: 0010
0032: 1060
0040: 2016 2017 A082
0400: 0564
2200: 0002 0005
3006: 0008 0009 0026 00A6
3008: 0105
300A: 00B2 0611 0615 067D
300E: 0004 0005 0008
3010: 000F 0017 001B 0043 005A 005C 007A 007B 007F
"""
REPLACED = """
0008: 0012 0013 0021 0023 002A 0031 0033 0080 0106 0107 1010 1070
0012: 0010 0020 0040 0042 0081
0018: 0010 1000 1030 11BB 1400 700A 700C 700E 9074 9151 9367 9369 936A 9371 9516 9517 9623 9701 9804 9919
0034: 0002 0005 0007
003A: 0314
0040: 0512 0551 A027 A030 A032 A075 A120 A121 A122 A123 A13A
0044: 0104
0068: 6226 6270
006A: 0005
0070: 0084
0072: 000A 005E 005F 0061 0063 0065 0066 0068 006A 006B 006C 006D 006E 0070 0071
0400: 0105 0115 0562 0563 0565
2100: 0140
3006: 0002
3008: 0024 0025 0054 0056 0162 0164 0166 0168 0250 0251
300A: 0002 0006 0007 022C 022E 0608 0619 0623 062A 067C 0734 0736 073A 0741 0742 0760 0783
300C: 0127
3010: 002D 0033 0034 0035 0038 004C 004D 0054 0056 0077
"""
DUMMIES = {
    **dict.fromkeys(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"), "REMOVED"),
    **dict.fromkeys(("OB", "UN"), bytes(2)),
    "AS": "000D",
    "DA": "19000101",
    "DS": "0",
    "DT": "19000101000000",
    "IS": "0",
    "TM": "000000",
    "UR": "urn:removed",
}
METHOD = "PS3.15 2024b E.1 Basic Application Level Confidentiality"


class BurnedInError(Exception):
    """The object says that there is text in its pixels."""


@dataclass
class Summary:
    """What became of the objects."""

    written: int = 0
    silent: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def show(self) -> None:
        """Print it; neither names of objects nor values are part of it."""
        print(f"{self.written} objects written, {len(self.refused)} refused, {len(self.failed)} failed")
        print("elements: " + ", ".join(f"{count:,} {action}" for action, count in sorted(self.changes.items())))
        for reason, count in Counter(self.refused + self.failed).items():
            print(f"  {count} x {reason}")
        print(
            f"NOT DONE: pixels were not looked at; {self.silent} objects do not say whether text is burned in. "
            "Sequences and documents to be cleaned, private elements, curves and overlays were left out."
        )


class Pseudonyms:
    """Keyed hashes: the same for the same text, and nobody without the key can tell of which."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def digest(self, kind: str, text: str) -> bytes:
        return hmac.digest(self._key, f"{kind}:{text}".encode(), hashlib.sha256)

    def uid(self, uid: str) -> str:
        """Return a UID below 2.25, which is made of a UUID (PS3.5 B.2)."""
        return f"2.25.{uuid.UUID(bytes=self.digest('UID', uid)[:16], version=4).int}"

    def identifier(self, identifier: str) -> str:
        return self.digest("Patient ID", identifier).hex()[:16].upper()

    def name(self, name: str) -> str:
        return f"{self.digest('name', name).hex()[:32]}.dcm"


class ClearPreamble:
    """Fills the 128 bytes in front of the file with zeros: they may hold anything."""

    two_passes = False

    def start(self, run: Run) -> Stage:
        return _Clearing()


class _Clearing(Stage):
    sees_fragments = False

    def feed(self, event: adicom.Event) -> tuple[adicom.Event]:
        if isinstance(event, adicom.FileStart) and event.preamble:
            event = adicom.FileStart(event.offset, event.path, event.encoding, bytes(128))
        return (event,)


def tags_of(table: str) -> list[int]:
    """Return the tags of a part of the table."""
    found = []
    for line in table.split("\n"):
        group, _, elements = line.partition(":")
        found += [int(group + element, 16) for element in elements.split()]
    return found


def profile(pseudonyms: Pseudonyms, burned_in: list[str]) -> list[Transform]:
    """Return what is done to one object; ``burned_in`` takes what it says of text in its pixels."""

    def look(element: adicom.DataElement) -> Any:
        burned_in.append(element.value)
        if element.value != "NO":
            raise BurnedInError("Burned In Annotation (0028,0301) does not say NO")
        return element

    method = adicom.Dataset()
    method.CodeValue, method.CodingSchemeDesignator = "113100", "DCM"
    method.CodeMeaning = "Basic Application Confidentiality Profile"
    return [
        Map(look, tag="BurnedInAnnotation", path=()),
        ClearPreamble(),
        Delete(*tags_of(LEFT_OUT), *tags_of(LEFT_OUT_INSTEAD), *REPEATING),
        Delete("PrivateInformationCreatorUID", "PrivateInformation", "SendingApplicationEntityTitle"),
        Delete("ReceivingApplicationEntityTitle", "SourceApplicationEntityTitle"),
        RemovePrivate(),
        Map(lambda element: "", tag=tags_of(EMPTIED)),
        Map(lambda element: DUMMIES.get(element.VR, 0), tag=tags_of(REPLACED)),
        Map(lambda element: pseudonyms.identifier(str(element.value)), tag="PatientID"),
        ReplaceUIDs(pseudonyms.uid),
        Set("PatientIdentityRemoved", "YES"),
        Set("DeidentificationMethod", METHOD),
        Set("DeidentificationMethodCodeSequence", [method]),
        Set("LongitudinalTemporalInformationModified", "REMOVED"),
    ]


def list_objects(place: str) -> list[tuple[str, str]]:
    """Return where each object below a place is, and its name there."""
    files, root = fsspec.core.url_to_fs(place)
    is_local = isinstance(files, fsspec.implementations.local.LocalFileSystem)
    found = sorted(files.find(root))
    return [(path if is_local else files.unstrip_protocol(path), path.removeprefix(root)) for path in found]


async def deidentify(source: str, target: str, key: bytes, *, jobs: int = 8) -> Summary:
    """Rewrite all objects below ``source`` to names below ``target``, ``jobs`` at a time."""
    summary, pseudonyms = Summary(), Pseudonyms(key)
    objects = iter(await anyio.to_thread.run_sync(list_objects, source))
    if "://" not in target:
        await anyio.Path(target).mkdir(parents=True, exist_ok=True)

    async def work(session: adicom.Session) -> None:
        for place, name in objects:  # shared by all workers: each takes the next one
            burned_in: list[str] = []
            try:
                report = await rewrite(
                    place,
                    f"{target.rstrip('/')}/{pseudonyms.name(name)}",
                    *profile(pseudonyms, burned_in),
                    session=session,
                )
            except BurnedInError as error:
                summary.refused.append(str(error))
            except adicom.DicomError as error:
                summary.failed.append(type(error).__name__)
            else:
                summary.written += 1
                summary.silent += not burned_in
                for change in report.changes:
                    summary.changes[change.action] += change.count

    async with adicom.Session(connections=2 * jobs) as session, anyio.create_task_group() as tasks:
        for _ in range(jobs):
            tasks.start_soon(work, session)
    return summary


def make_objects(folder: Path) -> None:
    """Make two images, and a file that is no DICOM."""
    folder.mkdir()
    for number, patient in enumerate(("Doe^Jane", "Roe^Richard")):
        (folder / f"{number}.dcm").write_bytes(b"".join(native(megabytes=1, patient=patient)))
    (folder / "notes.txt").write_text("no DICOM")


async def show() -> Summary:
    """Show it on objects that are made here."""
    with tempfile.TemporaryDirectory() as folder:
        make_objects(Path(folder, "Doe^Jane"))
        summary = await deidentify(f"{folder}/Doe^Jane", f"{folder}/out", b"of this show only")
        written = next(iter(list_objects(f"{folder}/out")))[0]
        ds = await adicom.dcmread(written, stop_before_pixels=True)
        print(f"one of them: Patient's Name {str(ds.PatientName)!r}, Identity Removed {ds.PatientIdentityRemoved}")
        return summary


def main() -> int:
    """Read the command line, rewrite, tell."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("source", nargs="?", help="a folder or URL, below which all objects are read")
    parser.add_argument("target", nargs="?", help="a folder or URL, below which they are written")
    parser.add_argument("--key-file", type=Path, help="what UIDs and identifiers are hashed with; 32 random bytes")
    parser.add_argument("--jobs", type=int, default=8, help="objects at a time")
    given = parser.parse_args()
    if given.source is None:
        summary = asyncio.run(show())
    elif given.target is None or given.key_file is None:
        parser.error("a target and --key-file are needed")
    else:
        summary = asyncio.run(deidentify(given.source, given.target, given.key_file.read_bytes(), jobs=given.jobs))
    summary.show()
    return 0 if given.source is None or not (summary.failed or summary.refused) else 1


if __name__ == "__main__":
    sys.exit(main())
