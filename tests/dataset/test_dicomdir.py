"""The tree of a DICOMDIR, against pydicom's file-sets, dcmdump, and by hand."""

from __future__ import annotations

import copy
import pickle
import re
import subprocess
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import anyio
import pydicom
import pytest
from pydicom.fileset import FileSet

import adicom
import adicom.sync
from adicom import Dataset, DicomDir, DicomWarning, DirectoryRecord, ParseError
from tests import oracle
from tests.conftest import corpus_files, pydicom_files
from tests.directory import Record, directory, file_id, patient
from tests.made import FORMS, IMPLICIT, element, item, sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.made import Form

DIRECTORIES: Final = [path for path in (*pydicom_files(), *corpus_files()) if "DICOMDIR" in path.name]
BROKEN: Final = "DICOMDIR-nooffset"  # its last item is longer than what is left of the sequence
WHOLE: Final = [path for path in DIRECTORIES if not path.name.endswith(BROKEN)]
# Those whose files are there, without the one with a record of type UNKNOWN: both is what pydicom wants.
LINKED: Final = [path for path in WHOLE if path in pydicom_files() and not path.name.endswith("nopatient")]
SAMPLE: Final = next(
    path for path in pydicom_files() if path.name == "DICOMDIR" and path.parent.name == "dicomdirtests"
)


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def read(data: Any, **keywords: Any) -> adicom.sync.DicomDir:
    found = adicom.sync.dcmread(data, **keywords)
    assert isinstance(found, adicom.sync.DicomDir)
    return found


def shape(records: Iterable[DirectoryRecord]) -> list[Any]:
    """Return the types of records with those below them, as nested lists; shallow trees only."""
    return [(record.record_type, shape(record.children)) for record in records]


def types(records: Iterable[DirectoryRecord]) -> list[str]:
    return [record.record_type for record in records]


# -- against others ----------------------------------------------------------------------------------------------


@contextmanager
def their_files(path: Path) -> Iterator[FileSet]:
    files = FileSet()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The DICOMDIR dataset uses an invalid transfer syntax")
        files.load(pydicom.dcmread(path))
    yield files
    files._stage["t"].cleanup()


def their_tree(files: FileSet) -> list[Any]:
    def below(node: Any) -> list[Any]:
        return [(child._offset, child.record_type, below(child)) for child in node.children]

    return below(files._tree)


def our_tree(records: Iterable[DirectoryRecord]) -> list[Any]:
    return [(record.offset, record.record_type, our_tree(record.children)) for record in records]


@pytest.mark.parametrize("path", LINKED, ids=name)
def test_same_tree_as_pydicom(path: Path) -> None:
    found = read(path)
    with their_files(path) as files:
        assert our_tree(found.records) == their_tree(files)
    assert (found.orphans, found.unused_records) == ([], [])


@pytest.mark.parametrize("path", LINKED, ids=name)
def test_same_files_as_pydicom(path: Path) -> None:
    found = [record for record in read(path).walk_records() if record.file_id]
    with their_files(path) as files:
        assert [(record.path, record.ReferencedSOPInstanceUIDInFile) for record in found] == [
            (instance.path, instance.ReferencedSOPInstanceUIDInFile) for instance in files
        ]


def for_a_file_set(path: Path) -> pydicom.FileDataset:
    """Return a file with what pydicom wants of those that it adds."""
    found = pydicom.dcmread(path)
    for keyword, value in {"PatientID": "1", "StudyDate": "20200101", "StudyTime": "12", "StudyID": "1"}.items():
        setattr(found, keyword, found.get(keyword) or value)
    for keyword in ("SeriesNumber", "InstanceNumber"):
        setattr(found, keyword, found.get(keyword) or 1)
    return found


def test_same_as_a_file_set_that_pydicom_writes(tmp_path: Path) -> None:
    """With records of several types; and every file is found where it was put."""
    files = FileSet()
    names = ("CT_small.dcm", "MR_small.dcm", "rtplan.dcm", "rtdose.dcm", "test-SR.dcm", "waveform_ecg.dcm")
    for path in pydicom_files():
        if path.name in names and path.parent.name == "test_files":
            files.add(for_a_file_set(path))
    folder = files._stage["t"]
    files.write(tmp_path)
    folder.cleanup()
    files._stage["t"].cleanup()
    found = read(tmp_path / "DICOMDIR")
    with their_files(tmp_path / "DICOMDIR") as written:
        assert our_tree(found.records) == their_tree(written)
        instances = {str(instance.path): str(instance.SOPInstanceUID) for instance in written}
    records = [record for record in found.walk_records() if record.file_id]
    assert {record.record_type for record in records} == {"IMAGE", "RT PLAN", "RT DOSE", "SR DOCUMENT", "WAVEFORM"}
    assert {record.path: str(record.read().SOPInstanceUID) for record in records} == instances


def test_same_found_as_pydicom() -> None:
    ours = read(SAMPLE)
    wanted: list[dict[str, Any]] = [
        {"PatientID": "77654033"},
        {"PatientID": "98890234", "Modality": "MR"},
        {"SeriesNumber": 2},
    ]
    for values in wanted:
        with their_files(SAMPLE) as files:
            expected = [instance.path for instance in files.find(**values)]
        assert [record.path for record in ours.find("IMAGE", **values)] == expected
        assert expected


@pytest.mark.skipif(oracle.DCMDUMP is None, reason="dcmdump is not installed (Debian: dcmtk)")
@pytest.mark.parametrize("path", WHOLE, ids=name)
def test_same_offsets_as_dcmdump(path: Path) -> None:
    command = [oracle.DCMDUMP or "", "-q", str(path)]
    text = subprocess.run(command, capture_output=True, check=True).stdout.decode("latin-1")
    pattern = r'"Directory Record" (.+?) #=\d+ .*\n +# +offset=\$(\d+)(?: +refFileID="(.*)")?'
    expected = re.findall(pattern, text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DicomWarning)
        found = read(path)
        list(found.walk_records())
    items = found.get("DirectoryRecordSequence", [])
    # dcmdump calls an unknown type by a name of its own.
    ours = [(record.record_type, str(record.offset), "\\".join(record.file_id)) for record in items]
    assert [entry[1:] for entry in ours] == [entry[1:] for entry in expected]
    assert {(mine[0], their[0]) for mine, their in zip(ours, expected, strict=True) if mine[0] != their[0]} <= {
        ("UNKNOWN", "(unknown directory record type)"),
        ("UNKNOWN", "PRIVATE"),
    }


def test_a_root_that_is_an_image() -> None:
    """Its first offset leads to an image, and nothing leads to the record of type UNKNOWN."""
    path = next(path for path in DIRECTORIES if path.name == "DICOMDIR-nopatient")
    found = read(path)
    with pytest.warns(DicomWarning, match=r"^directory records that ") as caught:
        assert types(found.records) == ["IMAGE"]
    assert [str(warning.message) for warning in caught] == [
        "directory records that no offset leads to: 2, the first in (0004,1220)[3] at byte 976",
        "directory records that more than one offset leads to: 1, the first in (0004,1220)[0] at byte 396",
    ]
    assert [(record.offset, record.record_type) for record in found.orphans] == [(976, "UNKNOWN"), (3126, "UNKNOWN")]
    assert (len(found.images), len(found.find("IMAGE", orphans=True))) == (1, 31)
    assert len(list(found.walk_records(orphans=True))) == len(found.DirectoryRecordSequence) == 52


def test_a_sequence_that_is_broken() -> None:
    path = next(path for path in DIRECTORIES if path.name == BROKEN)
    with pytest.raises(ParseError, match="overruns its sequence"):
        _ = read(path).records


# -- the records -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", [adicom.sync, adicom])
def test_a_record_is_the_item_itself(package: Any) -> None:
    found = package.dcmread(SAMPLE)
    if package is adicom:
        found = anyio.run(lambda: found)
    patients = found.patient_records
    assert patients[0] is found.DirectoryRecordSequence[0]
    assert type(patients[0]) is package.DirectoryRecord
    assert isinstance(patients[0], DirectoryRecord)
    assert isinstance(patients[0], package.Dataset)
    assert patients[0].PatientName == pydicom.dcmread(SAMPLE).DirectoryRecordSequence[0].PatientName
    assert found.records is found.records


def test_the_1x_way_to_walk() -> None:
    found = [
        (patient.PatientID, study.StudyID, series.SeriesNumber, len(series.children))
        for patient in read(SAMPLE).patient_records
        for study in patient.children
        for series in study.children
    ]
    assert found[:3] == [("77654033", "2", 1, 1), ("77654033", "2", 2, 1), ("77654033", "2", 3, 1)]
    assert sum(entry[-1] for entry in found) == 31


def test_levels() -> None:
    found = read(SAMPLE)
    assert [len(part) for part in (found.patients, found.studies, found.series, found.images)] == [2, 6, 13, 31]
    image = found.images[0]
    above = []
    record: Any = image
    while record is not None:
        above.append(record.record_type)
        record = record.parent
    assert above == ["IMAGE", "SERIES", "STUDY", "PATIENT"]
    assert image.children == []
    assert image.is_in_use


RECORDS: Final = [
    Record("PATIENT", next=5, lower=1, more=patient("1")),
    Record("STUDY", lower=2),
    Record("SERIES", lower=3),
    Record("IMAGE", next=4, more=file_id("A", "1")),
    Record("SR DOCUMENT", more=file_id("A", "2")),
    Record("PATIENT", next=6, more=patient("2")),
    Record("HANGING PROTOCOL", more=file_id("H")),
]
SHAPE: Final[list[Any]] = [
    ("PATIENT", [("STUDY", [("SERIES", [("IMAGE", []), ("SR DOCUMENT", [])])])]),
    ("PATIENT", []),
    ("HANGING PROTOCOL", []),
]


# Their offsets alone, which can be written in every form.
PLAIN: Final = [Record(record.kind, record.next, record.lower) for record in RECORDS]


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("form", FORMS, ids=["explicit", "implicit", "big endian"])
@pytest.mark.parametrize("keywords", [{}, {"defer_size": 4}], ids=["at once", "as it streams"])
def test_every_form(form: Form, undefined: bool, keywords: dict[str, Any]) -> None:
    data = directory(PLAIN, form=form, undefined=undefined)
    found = read(data, **keywords)
    assert shape(found.records) == SHAPE
    expected = [
        item.seq_item_tell for item in pydicom.dcmread(pydicom.filebase.DicomBytesIO(data)).DirectoryRecordSequence
    ]
    assert [record.offset for record in found.DirectoryRecordSequence] == expected


def test_order_of_items_does_not_matter() -> None:
    order = [4, 6, 0, 3, 5, 2, 1]
    moved = [Record(PLAIN[number].kind) for number in order]
    for number, record in enumerate(PLAIN):
        for name in ("next", "lower"):
            target = getattr(record, name)
            setattr(moved[order.index(number)], name, None if target is None else order.index(target))
    assert shape(read(directory(moved, order.index(0))).records) == SHAPE


@pytest.mark.filterwarnings("ignore:.*padding|.*zero bytes:adicom.errors.DicomWarning")
def test_padding_and_no_preamble() -> None:
    assert shape(read(directory(RECORDS, padding=bytes(512))).records) == SHAPE


def test_a_first_element_with_a_long_header() -> None:
    records = [
        Record("PATIENT", lower=1, first=element(0x00030011, "OB", b"12")),
        Record("STUDY", first=element(0x00030011, "UN", b"")),
    ]
    assert shape(read(directory(records)).records) == [("PATIENT", [("STUDY", [])])]


def test_a_first_element_that_is_a_sequence() -> None:
    inner = sequence(0x00030012, [item(element(0x00100020, "LO", "1"), undefined=True)], undefined=True)
    records = [Record("PATIENT", lower=1, first=inner), Record("STUDY", first=inner)]
    assert shape(read(directory(records)).records) == [("PATIENT", [("STUDY", [])])]


def test_find() -> None:
    found = read(directory(RECORDS))
    assert types(found.find("IMAGE")) == ["IMAGE"]
    assert types(found.find(" image ")) == ["IMAGE"]
    assert types(found.find(PatientID="1")) == ["PATIENT"]
    assert types(found.find("SR DOCUMENT", PatientID="1")) == ["SR DOCUMENT"]
    assert types(found.find("SR DOCUMENT", PatientID="2")) == []
    assert types(found.find()) == types(found.walk_records())
    study = found.studies[0]
    assert types(study.find()) == types(study.walk_records()) == ["STUDY", "SERIES", "IMAGE", "SR DOCUMENT"]
    assert found.find(ReferencedFileID=["A", "2"]) == [found.find("SR DOCUMENT")[0]]
    with pytest.raises(KeyError, match="PatientIdd"):
        found.find(PatientIdd="1")


def test_tree_as_text() -> None:
    more = element(0x00200011, "IS", "3") + element(0x00080060, "CS", "CT")
    records = [*RECORDS]
    records[2] = Record("SERIES", lower=3, more=more)
    records[5] = Record("PATIENT", next=6, more=element(0x00100010, "PN", "A\x7f\tB"))
    assert read(directory(records)).tree().split("\n") == [
        "PATIENT 1 Secret^1",
        "  STUDY",
        "    SERIES 3 CT",
        "      IMAGE A/1",
        "      SR DOCUMENT A/2",
        "PATIENT A??B",
        "HANGING PROTOCOL H",
    ]


def test_no_records() -> None:
    for data in (directory([], None), directory([], None, undefined=True)):
        found = read(data)
        assert (found.records, found.orphans, found.patients, found.tree()) == ([], [], [], "")
    assert DicomDir().records == []


def test_a_directory_made_by_hand() -> None:
    """Nothing was read, so nothing has an offset."""
    made = DicomDir()
    kinds = ["PATIENT", "STUDY", "SERIES", "IMAGE"]
    items = [Dataset({"DirectoryRecordType": kind}) for kind in kinds]
    made.DirectoryRecordSequence = [*items, adicom.FileDataset(None, {"DirectoryRecordType": "PATIENT"})]
    with pytest.warns(DicomWarning, match="no offset of a directory record"):
        assert shape(made.records) == [
            ("PATIENT", [("STUDY", [("SERIES", [("IMAGE", [])])])]),
            ("PATIENT", []),
        ]
    assert [record.offset for record in made.walk_records()] == [None] * 5
    made.DirectoryRecordSequence = [Dataset({"DirectoryRecordType": "STUDY"})]
    with pytest.warns(DicomWarning, match="leads to no directory record"):
        assert shape(made.records) == [("STUDY", [])]


# -- copies ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [False, True], ids=["before the tree", "after the tree"])
@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy, lambda found: pickle.loads(pickle.dumps(found))])
def test_copies_of_a_directory(make: Any, before: bool) -> None:
    found = read(SAMPLE)
    if before:
        _ = found.records
    twin = make(found)
    assert our_tree(twin.records) == our_tree(found.records)
    assert twin == found
    assert twin.images[3].path == found.images[3].path
    assert (twin.records[0] is found.records[0]) == (make is copy.copy and before)


def test_copies_of_a_record() -> None:
    study = read(SAMPLE).studies[0]
    assert copy.copy(study).children is study.children
    for twin in (copy.deepcopy(study), pickle.loads(pickle.dumps(study))):
        assert twin == study
        assert (twin.children, twin.parent, twin.path, twin.url) == ([], None, None, None)
        assert (twin.record_type, twin.offset) == (study.record_type, study.offset)


# -- many, and deep ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deep", [False, True])
def test_many_records(deep: bool) -> None:
    count = 20_000
    last = count - 1
    chain = [None if number == last else number + 1 for number in range(count)]
    records = [Record("IMAGE", lower=target) if deep else Record("IMAGE", next=target) for target in chain]
    found = read(directory(records))
    assert len(found.records) == (1 if deep else count)
    assert sum(1 for _ in found.walk_records()) == len(found.images) == found.tree().count("IMAGE") == count
    assert len(found.tree()) < 100 * count
    twin = pickle.loads(pickle.dumps(copy.deepcopy(found)))
    assert len(twin.images) == count


def test_implicit_records_are_told_apart_per_item() -> None:
    """Items written in Implicit VR in an explicit file have shorter headers."""
    inner = item(element(0x00041400, "UL", bytes(4), IMPLICIT) + element(0x00041430, "CS", "PATIENT ", IMPLICIT))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DicomWarning)
        data = directory([Record("PATIENT")])
        start = data.index(b"\xfe\xff\x00\xe0")
        size = len(data) - start
        changed = data.replace(size.to_bytes(4, "little") + data[start:], len(inner).to_bytes(4, "little") + inner)
        found = read(changed)
        assert [record.offset for record in found.records] == [start]
