"""What becomes of offsets that lead astray: each fault is told, no record is lost, nothing goes on for ever."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import adicom.sync
from adicom import DicomWarning
from tests.dataset.test_dicomdir import shape, types
from tests.directory import At, Record, directory, file_id, patient

if TYPE_CHECKING:
    from adicom import DirectoryRecord

NO_USE = "no offset of a directory record leads to another one, they are arranged by their order and their types"
BAD_ROOT = r"the offset (0004,1200) leads to no directory record"


def read(data: bytes, **keywords: Any) -> tuple[adicom.sync.DicomDir, list[str]]:
    """Return the directory and what is wrong with its tree."""
    found = adicom.sync.dcmread(data, **keywords)
    assert isinstance(found, adicom.sync.DicomDir)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _ = found.records
        _ = found.orphans
    assert all(warning.category is DicomWarning for warning in caught)
    assert all(warning.filename == __file__ for warning in caught)
    return found, [str(warning.message) for warning in caught]


def place(found: adicom.sync.DicomDir, number: int) -> str:
    return f"the first in (0004,1220)[{number}] at byte {found.DirectoryRecordSequence[number].offset}"


@pytest.mark.parametrize("tag", ["(0004,1400)", "(0004,1420)"])
def test_an_offset_to_nowhere(tag: str) -> None:
    records = [Record("PATIENT", next=1, more=patient("4711")), Record("STUDY"), Record("SERIES")]
    if tag == "(0004,1400)":
        records[1] = Record("STUDY", next=At(7), lower=2)
    else:
        records[1] = Record("STUDY", next=2, lower=At(1 << 31))
    found, faults = read(directory(records))
    assert faults == [f"offsets {tag} that lead to no directory record: 1, {place(found, 1)}"]
    assert sorted(types(found.walk_records())) == ["PATIENT", "SERIES", "STUDY"]
    assert "4711" not in str(faults)


@pytest.mark.parametrize("shift", [-8, -2, 2, 8, 12])
def test_an_offset_beside_a_record(shift: int) -> None:
    """Into a record is not at its start."""
    records = [Record("PATIENT", next=1), Record("PATIENT"), Record("STUDY")]
    at = [record.offset for record in read(directory(records))[0].DirectoryRecordSequence]
    records[1] = Record("PATIENT", lower=At(at[2] + shift))
    found, faults = read(directory(records))
    assert len(faults) == 2
    assert (types(found.records), types(found.orphans)) == (["PATIENT", "PATIENT"], ["STUDY"])


@pytest.mark.parametrize(
    ("records", "tree"),
    [
        ([Record("PATIENT", next=0)], [("PATIENT", [])]),
        ([Record("PATIENT", lower=0)], [("PATIENT", [])]),
        ([Record("PATIENT", next=1), Record("PATIENT", next=0)], [("PATIENT", []), ("PATIENT", [])]),
        ([Record("PATIENT", lower=1), Record("STUDY", lower=0)], [("PATIENT", [("STUDY", [])])]),
        ([Record("PATIENT", lower=1), Record("STUDY", next=0)], [("PATIENT", [("STUDY", [])])]),
        (
            [Record("PATIENT", lower=1), Record("STUDY", next=2), Record("STUDY", next=1)],
            [("PATIENT", [("STUDY", []), ("STUDY", [])])],
        ),
    ],
    ids=["itself next", "itself below", "circle of roots", "circle down", "back to the root", "circle of studies"],
)
def test_a_circle(records: list[Record], tree: list[Any]) -> None:
    found, faults = read(directory(records))
    assert len(faults) == 1
    assert faults[0].startswith("directory records that more than one offset leads to: 1, the first in (0004,1220)[")
    assert shape(found.records) == tree
    assert found.orphans == []


def test_two_parents() -> None:
    records = [Record("PATIENT", next=1, lower=2), Record("PATIENT", lower=2), Record("STUDY")]
    found, faults = read(directory(records))
    assert faults == [f"directory records that more than one offset leads to: 1, {place(found, 2)}"]
    assert shape(found.records) == [("PATIENT", [("STUDY", [])]), ("PATIENT", [])]
    assert found.studies[0].parent is found.records[0]


def test_orphans() -> None:
    records = [
        Record("PATIENT"),
        Record("STUDY", next=3, lower=2, more=patient("4711")),
        Record("SERIES"),
        Record("STUDY"),
        Record("SERIES", next=5),  # a circle that nothing leads into
        Record("SERIES", next=4),
    ]
    found, faults = read(directory(records))
    assert shape(found.records) == [("PATIENT", [])]
    assert shape(found.orphans) == [("STUDY", [("SERIES", [])]), ("STUDY", []), ("SERIES", []), ("SERIES", [])]
    assert faults == [
        f"directory records that no offset leads to: 4, {place(found, 1)}",
        f"directory records that more than one offset leads to: 1, {place(found, 4)}",
    ]
    assert all(record.parent is None for record in found.orphans)


@pytest.mark.parametrize("first", [None, At(3)])
def test_a_first_offset_of_no_use(first: At | None) -> None:
    """The others are good, so those that none of them leads to are the roots."""
    records = [Record("SERIES"), Record("STUDY", lower=0), Record("PATIENT", next=3, lower=1), Record("PATIENT")]
    found, faults = read(directory(records, first))
    assert faults == [BAD_ROOT]
    assert shape(found.records) == [("PATIENT", [("STUDY", [("SERIES", [])])]), ("PATIENT", [])]
    assert found.orphans == []
    found, faults = read(directory([Record("PATIENT"), Record("PATIENT", in_use=0)], first))
    assert faults == [BAD_ROOT]
    assert shape(found.records) == [("PATIENT", [])]
    found, faults = read(directory([], At(500)))
    assert (faults, found.records) == ([BAD_ROOT], [])


KINDS = (
    "PATIENT STUDY SERIES IMAGE IMAGE SERIES RAW_DATA STUDY SERIES PATIENT HL7_STRUC_DOC STUDY IMAGE PALETTE IMAGE"
).split()
BY_ORDER = [
    (
        "PATIENT",
        [
            ("STUDY", [("SERIES", [("IMAGE", []), ("IMAGE", [])]), ("SERIES", [("RAW DATA", [])])]),
            ("STUDY", [("SERIES", [])]),
        ],
    ),
    ("PATIENT", [("HL7 STRUC DOC", []), ("STUDY", [("IMAGE", [])])]),
    ("PALETTE", [("IMAGE", [])]),
]


def ordered(offset: At | None) -> list[Record]:
    return [Record(kind.replace("_", " "), next=offset, lower=offset) for kind in KINDS]


@pytest.mark.parametrize("first", [None, At(5), 0], ids=["zero", "to nowhere", "right"])
@pytest.mark.parametrize("offset", [None, At(5)], ids=["zero", "to nowhere"])
def test_no_offset_is_of_use(offset: At | None, first: int | At | None) -> None:
    found, faults = read(directory(ordered(offset), first))
    assert faults == [NO_USE]
    assert shape(found.records) == BY_ORDER
    assert found.studies[0].parent is found.patients[0]
    assert found.orphans == []


def test_no_patients_and_no_offsets() -> None:
    found, faults = read(directory([Record("IMAGE"), Record("STUDY"), Record("IMAGE"), Record("")], None))
    assert faults == [NO_USE]
    assert shape(found.records) == [("IMAGE", []), ("STUDY", [("IMAGE", []), ("", [])])]


def test_records_without_any_element_of_theirs() -> None:
    found, faults = read(directory([Record("", bare=True), Record("", bare=True, more=patient("1"))], None))
    assert faults == [NO_USE]
    assert shape(found.records) == [("", []), ("", [])]
    assert [record.offset is None for record in found.DirectoryRecordSequence] == [True, False]


def test_a_deflated_directory() -> None:
    """Its offsets would count inflated bytes, which nobody says; that one of them meets a record means nothing."""
    records = ordered(None)
    data = directory(records, deflate=True)
    found = adicom.sync.dcmread(data)
    inner = [(next(iter(item)).file_tell or 0) - 16 for item in found.DirectoryRecordSequence]
    records[0] = Record("PATIENT", next=At(inner[3]), lower=At(inner[5]))
    directed, faults = read(directory(records, At(inner[0]), deflate=True))
    assert faults == [NO_USE]
    assert shape(directed.records) == BY_ORDER
    assert directed.records[0].offset is None


def test_the_majority_of_offsets_decides() -> None:
    good = [Record("PATIENT", lower=1), Record("STUDY", lower=2), Record("SERIES", lower=At(3))]
    found, faults = read(directory(good[::1], None))
    assert shape(found.records) == [("PATIENT", [("STUDY", [("SERIES", [])])])]
    assert len(faults) == 2
    bad = [Record("STUDY", lower=1), Record("PATIENT", lower=At(3)), Record("SERIES", next=At(5))]
    found, faults = read(directory(bad, None))
    assert faults == [NO_USE]
    assert shape(found.records) == [("STUDY", []), ("PATIENT", [("SERIES", [])])]


@pytest.mark.parametrize("first", [0, None], ids=["by offset", "by order"])
def test_records_that_are_not_in_use(first: int | None) -> None:
    if first is None:
        records = [Record("PATIENT"), Record("STUDY", in_use=0), Record("STUDY"), Record("SERIES")]
    else:
        records = [
            Record("PATIENT", lower=1),
            Record("STUDY", next=2, lower=4, in_use=0),
            Record("STUDY", lower=3),
            Record("SERIES"),
            Record("SERIES"),
            Record("IMAGE", in_use=0),  # was taken out of its chain as well
        ]
    found, faults = read(directory(records, first))
    assert shape(found.records) == [("PATIENT", [("STUDY", [("SERIES", [])])])]
    assert faults == ([] if first == 0 else [NO_USE])
    assert not any(record.is_in_use for record in found.unused_records)
    if first == 0:
        assert shape(found.unused_records) == [("STUDY", [("SERIES", [])]), ("IMAGE", [])]
        assert found.orphans == []


def test_a_file_that_records_share() -> None:
    """PS3.3-2004 F.6.2: the record that names it is in no entity, and no orphan."""
    records = [
        Record("PATIENT", lower=1),
        Record("IMAGE", next=2, shared=3),
        Record("IMAGE", shared=3),
        Record("MRDR", more=file_id("A", "1")),
    ]
    found, faults = read(directory(records))
    assert faults == []
    assert [record.file_id for record in found.images] == [("A", "1")] * 2
    assert (shape(found.records), found.orphans) == ([("PATIENT", [("IMAGE", []), ("IMAGE", [])])], [])


def test_a_first_element_that_was_replaced() -> None:
    """Then the place of the record is not known any more; it is not taken for another one."""
    found = adicom.sync.dcmread(directory([Record("PATIENT", next=1, lower=2), Record("PATIENT"), Record("STUDY")]))
    found.DirectoryRecordSequence[2].OffsetOfTheNextDirectoryRecord = 0
    assert isinstance(found, adicom.sync.DicomDir)
    with pytest.warns(DicomWarning, match="lead"):
        assert (types(found.records), types(found.orphans)) == (["PATIENT", "PATIENT"], ["STUDY"])


def test_a_record_of_another_file() -> None:
    """Its offset is one of that file, even where a record of this one would have the same."""
    found = adicom.sync.dcmread(directory([Record("PATIENT", next=1, lower=2), Record("PATIENT"), Record("STUDY")]))
    other = adicom.sync.dcmread(directory([Record("PATIENT", next=1, lower=2), Record("PATIENT"), Record("SERIES")]))
    assert isinstance(found, adicom.sync.DicomDir)
    sequence = found.DirectoryRecordSequence
    assert sequence[2].OffsetOfTheNextDirectoryRecord == 0
    sequence[2] = other.DirectoryRecordSequence[2]
    with pytest.warns(DicomWarning, match="lead"):
        assert (types(found.records), types(found.orphans)) == (["PATIENT", "PATIENT"], ["SERIES"])


def test_offsets_of_another_vr() -> None:
    """A text is no offset, a number is one."""
    data = directory([Record("PATIENT", next=1), Record("PATIENT", lower=2), Record("STUDY")])
    second = read(data)[0].records[1]
    changed = bytearray(data)
    at = data.index(b"\x04\x00\x20\x14UL", second.offset)
    changed[at + 4 : at + 6] = b"SL"
    assert shape(read(bytes(changed))[0].records) == [("PATIENT", []), ("PATIENT", [("STUDY", [])])]
    changed[at + 4 : at + 6] = b"SH"
    found, faults = read(bytes(changed))
    assert (types(found.records), types(found.orphans), len(faults)) == (["PATIENT", "PATIENT"], ["STUDY"], 1)


targets = st.none() | st.integers(0, 11) | st.sampled_from([At(1), At(400), At(0xFFFFFFFF)])
kinds = st.sampled_from(["PATIENT", "STUDY", "SERIES", "IMAGE", "PALETTE", "MRDR", ""])


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.builds(Record, kinds, targets, targets, st.sampled_from([0, 0xFFFF, 0xFFFF])), min_size=12, max_size=12
    ),
    targets,
)
def test_whatever_the_offsets_say(records: list[Record], first: int | At | None) -> None:
    found, _ = read(directory(records, first))
    met: list[DirectoryRecord] = [*found.walk_records(orphans=True)]
    for unused in found.unused_records:
        met += unused.walk_records()
    assert sorted(map(id, met)) == sorted(map(id, found.DirectoryRecordSequence))
    for record in met:
        assert all(child.parent is record for child in record.children)
