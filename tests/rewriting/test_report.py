"""What a report says: tags and counts, and never a value."""

from __future__ import annotations

import pickle

import adicom
from adicom.rewriting import Delete, KeepOnly, Map, RemovePrivate, ReplaceUIDs, Set
from adicom.tag import Tag
from tests import made
from tests.rewriting.rewritten import reported

OLD, NEW = "MARKEROLD", "MARKERNEW"


def test_it_counts_by_transform_and_path() -> None:
    data = made.part10(made.small())
    _, report = reported(data, Set("PatientID", "1"), Set("Rows", 1), Delete("ReferencedSOPInstanceUID"))
    inside = Tag("ReferencedImageSequence")
    assert [(change.transform, change.action, change.path, change.tag, change.count) for change in report.changes] == [
        ("Delete", "deleted", (inside,), Tag("ReferencedSOPInstanceUID"), 1),
        ("Set", "replaced", (), Tag("PatientID"), 1),
        ("Set", "replaced", (), Tag("Rows"), 1),
    ]
    assert (report.count(), report.count("Set"), report.count("Set", "deleted"), report.count(action="deleted")) == (
        3,
        2,
        0,
        1,
    )
    # The identifier is shorter by 2 bytes; the element was 8 + 6, and two delimiters more are 16.
    assert str(report) == (
        f"{len(data)} bytes read, {len(data) - 2 - 14 + 16} written, 3 changes\n"
        "        1  deleted    Delete  (0008, 1140) > (0008, 1155) ReferencedSOPInstanceUID\n"
        "        1  replaced   Set  (0010, 0020) PatientID\n"
        "        1  replaced   Set  (0028, 0010) Rows"
    )


def test_it_holds_no_value() -> None:
    content = made.element(0x00080060, "CS", OLD) + made.element(0x00080018, "UI", "1.2.777.1")
    content += made.sequence(0x00081140, [made.item(made.element(0x00080100, "SH", OLD))])
    content += made.element(0x00100010, "PN", OLD) + made.element(0x00100020, "LO", OLD)
    content += made.element(0x00290010, "LO", OLD) + made.element(0x00291001, "LO", OLD)
    transforms = (
        Set("PatientName", NEW),
        Set("StudyID", NEW),
        Delete("PatientID"),
        ReplaceUIDs({"1.2.777.1": "1.2.888.2"}),
        Map(lambda element: NEW, tag="Modality"),
        Map(lambda element: None, creator=OLD),
        RemovePrivate(),
        KeepOnly("StudyID", "SOPInstanceUID"),
    )
    out, report = reported(made.part10(content), *transforms)
    assert NEW.encode() in out
    assert b"1.2.888.2" in out
    assert report.count() >= len(transforms)
    shown = [
        *(text.encode() for text in (str(report), repr(report))),
        pickle.dumps(report),
        *(repr(given).encode() for given in transforms),
    ]
    for text in shown:
        assert not any(value in text for value in (b"MARKERNEW", b"1.2.777.1", b"1.2.888.2"))
    assert not any(b"MARKEROLD" in text for text in shown[:3])


def test_different_changes_are_bounded() -> None:
    content = b"".join(made.element(0x00110000 | number, "LO", b"") for number in range(0x1000, 0x1000 + 10_050))
    _, report = reported(made.part10(content), RemovePrivate())
    assert (len(report.changes), report.count()) == (10_001, 10_050)
    assert str(report.changes[-1]) == "       50  deleted    RemovePrivate  (others)"


def test_a_report_can_be_pickled() -> None:
    _, report = reported(made.part10(made.small()), Delete("PatientID"))
    again = pickle.loads(pickle.dumps(report))
    assert isinstance(again, adicom.RewriteReport)
    assert again == report


def test_nothing_changed_is_said_so() -> None:
    data = made.part10(made.small())
    _, report = reported(data)
    assert str(report) == f"{len(data)} bytes read, {len(data)} written, nothing changed"
