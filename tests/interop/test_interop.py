"""To pydicom and from it: what no file of the corpus has."""

from __future__ import annotations

import asyncio
import io
import pickle
import subprocess
import sys
import warnings
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pydicom.data
import pytest
from pydicom import valuerep as their_values

import adicom
import adicom.sync
from adicom import interop
from adicom.dataset import Dataset, DicomDir, FileDataset, FileMetaDataset
from adicom.errors import DeferredValueError
from adicom.valuerep import DA, DT, IS, TM, DSdecimal, DSfloat, PersonName
from tests import made

if TYPE_CHECKING:
    from collections.abc import Callable

SEQUENCE = 0x00081140
NAME = 0x00100010
CT = str(pydicom.data.get_testdata_file("CT_small.dcm"))
DIRECTORY = Path(str(pydicom.data.get_testdata_file("DICOMDIR")))


def read(*parts: bytes, syntax: str = made.EXPLICIT_LE, **options: Any) -> adicom.sync.FileDataset:
    return adicom.sync.dcmread(made.part10(b"".join(parts), syntax), **options)


def raw(dataset: pydicom.Dataset, key: Any) -> Any:
    return dataset.get_item(key, keep_deferred=True)


# -- elements


def test_untouched_elements_are_raw_with_their_bytes() -> None:
    ds = read(made.element(NAME, "PN", "CITIZEN^Joan"))
    element = raw(ds.to_pydicom(), NAME)
    assert isinstance(element, pydicom.dataelem.RawDataElement)
    assert (element.VR, element.length, element.value) == ("PN", 12, b"CITIZEN^Joan")
    assert element.value_tell == 128 + 4 + len(made.file_meta()) + 8


def test_what_was_only_looked_at_is_raw_too() -> None:
    ds = read(made.element(0x00080008, "CS", b"A\\B "), made.element(0x00280030, "DS", b" 1.50\\2"))
    assert ds.ImageType == ["A", "B"]
    assert ds.PixelSpacing == [1.5, 2]
    theirs = ds.to_pydicom()
    assert raw(theirs, 0x00080008).value == b"A\\B "
    assert raw(theirs, 0x00280030).value == b" 1.50\\2"


def test_a_list_that_was_changed_in_place_goes_by_value() -> None:
    ds = read(made.element(0x00080008, "CS", b"A\\B "), made.element(0x00280030, "DS", b"1.50\\2"))
    ds.ImageType.append("C")
    ds.PixelSpacing[0] = "1.5"  # the same number, another text
    theirs = ds.to_pydicom()
    assert theirs.ImageType == ["A", "B", "C"]
    assert [str(value) for value in theirs.PixelSpacing] == ["1.5", "2"]


def test_what_was_set_goes_by_value() -> None:
    ds = read(made.element(NAME, "PN", "CITIZEN^Joan"), made.element(0x00100020, "LO", "1234"))
    ds.PatientName = "Other"
    ds.PatientWeight = 70.5
    ds["PatientID"].VR = "SH"
    del ds.file_meta.TransferSyntaxUID
    theirs = ds.to_pydicom()
    assert theirs.PatientName == "Other"
    assert theirs["PatientWeight"].VR == "DS"
    assert str(theirs.PatientWeight) == "70.5"
    assert theirs["PatientID"].VR == "SH"
    assert "TransferSyntaxUID" not in theirs.file_meta


def test_an_element_under_another_tag_goes_by_value() -> None:
    ds = read(made.element(0x00100020, "LO", "1234"))
    element = ds["PatientID"]
    element.tag = adicom.Tag(0x00101000)
    other = Dataset()
    other.add(element)
    assert other.to_pydicom()[0x00101000].value == "1234"


def test_the_two_share_nothing() -> None:
    ds = Dataset()
    ds.ImageType = ["A", "B"]
    ds.ReferencedImageSequence = [Dataset({"PatientID": "1"})]
    theirs = ds.to_pydicom()
    theirs.ImageType.append("C")
    theirs.ReferencedImageSequence[0].PatientID = "2"
    back = adicom.from_pydicom(theirs)
    back.ImageType.append("D")
    assert ds.ImageType == ["A", "B"]
    assert ds.ReferencedImageSequence[0].PatientID == "1"
    assert theirs.ImageType == ["A", "B", "C"]


def test_the_source_stays_as_it_was() -> None:
    theirs = pydicom.dcmread(CT)
    before = {tag: raw(theirs, tag) for tag in sorted(theirs.keys())}
    meta = {tag: raw(theirs.file_meta, tag) for tag in sorted(theirs.file_meta.keys())}
    adicom.from_pydicom(theirs)
    assert all(raw(theirs, tag) is element for tag, element in before.items())
    assert all(raw(theirs.file_meta, tag) is element for tag, element in meta.items())
    ds = adicom.sync.dcmread(CT)
    ds.to_pydicom()
    decoded = [tag for tag in sorted(ds.keys()) if not isinstance(ds.get_item(tag), adicom.RawDataElement)]
    assert decoded == [0x00080005], "which says how the others are decoded"


VALUES: list[tuple[int, str, Any, Callable[[], Any]]] = [
    (0x00100010, "PN", PersonName("A^B=山田"), lambda: their_values.PersonName("A^B=山田")),
    (0x00080000 + 0x0018, "UI", adicom.UID("1.2.3"), lambda: pydicom.uid.UID("1.2.3")),
    (0x00101030, "DS", DSfloat("1.50"), lambda: their_values.DSfloat("1.50")),
    (0x00101030, "DS", DSfloat(1 / 3, auto_format=True), lambda: their_values.DSfloat(1 / 3, True)),
    (0x00101030, "DS", DSdecimal("0.10"), lambda: their_values.DSdecimal("0.10")),
    (
        0x00101030,
        "DS",
        DSdecimal(Decimal(1) / 3, auto_format=True),
        lambda: their_values.DSdecimal(Decimal(1) / 3, True),
    ),
    (0x00200013, "IS", IS("007"), lambda: their_values.IS("007")),
    (0x00080020, "DA", DA("2024.01.31"), lambda: their_values.DA("2024.01.31")),
    (0x0008002A, "DT", DT("20240131120000.5+0100"), lambda: their_values.DT("20240131120000.5+0100")),
    (0x00080030, "TM", TM("1230"), lambda: their_values.TM("1230")),
    (0x00280009, "AT", adicom.Tag(0x00181063), lambda: pydicom.tag.Tag(0x00181063)),
    (0x00280010, "US", 512, lambda: 512),
    (0x7FE00010, "OW", b"\0\1\2\3", lambda: b"\0\1\2\3"),
    (0x00100020, "LO", "", lambda: ""),
    (0x00280010, "US", None, lambda: None),
    (0x00091001, "UN", b"\1", lambda: b"\1"),
    (0x00100020, "UN", b"\1\2", lambda: b"\1\2"),
]


@pytest.mark.parametrize(("tag", "VR", "value", "expected"), VALUES, ids=[f"{row[1]}-{row[2]!r}" for row in VALUES])
def test_values_have_the_classes_of_the_other(tag: int, VR: str, value: Any, expected: Callable[[], Any]) -> None:
    ds = Dataset()
    ds.add(adicom.DataElement(tag, VR, value, already_converted=True))
    ds[tag].VR = VR  # a known tag with UN is taken for a mistake
    theirs = ds.to_pydicom()
    other = expected()
    element = theirs[tag]
    assert element.VR == VR
    assert type(element.value) is type(other)
    assert element.value == other
    assert str(element.value) == str(other)
    back = adicom.from_pydicom(theirs)[tag]
    assert back.VR == VR
    assert type(back.value) is type(value)
    assert back.value == value
    assert str(back.value) == str(value)
    if hasattr(value, "auto_format"):
        assert back.value.auto_format == element.value.auto_format == value.auto_format


def test_several_values_keep_what_is_checked_later() -> None:
    ds = Dataset()
    ds.PixelSpacing = ["1.50", "2"]
    theirs = ds.to_pydicom()
    assert isinstance(theirs.PixelSpacing, pydicom.multival.MultiValue)
    theirs.PixelSpacing.append("3")
    assert type(theirs.PixelSpacing[2]) is their_values.DSfloat
    back = adicom.from_pydicom(theirs)
    back.PixelSpacing.append("4")
    assert type(back.PixelSpacing[3]) is DSfloat
    assert [str(value) for value in back.PixelSpacing] == ["1.50", "2", "3", "4"]


def test_a_number_that_is_text_goes_over_as_text() -> None:
    ds = read(made.element(0x00280030, "DS", b"1.5\\abc "))
    with pytest.warns(adicom.DicomWarning, match="no number"):
        ds.PixelSpacing[0] = 2
    ds.add(adicom.DataElement(0x00101030, "DS", "abc", already_converted=True))
    theirs = ds.to_pydicom()
    assert list(theirs.PixelSpacing) == [2, "abc"]
    assert theirs.PatientWeight == "abc"
    back = adicom.from_pydicom(theirs)
    assert list(back.PixelSpacing) == [2, "abc"]


def test_a_list_of_one_stays_a_list() -> None:
    ds = Dataset()
    ds.ImageType = ["A", "B"]
    del ds.ImageType[1]
    theirs = ds.to_pydicom()
    assert theirs.ImageType == ["A"]
    assert adicom.from_pydicom(theirs).ImageType == ["A"]


def test_decimals_in_a_list_stay_decimals() -> None:
    ds = Dataset()
    values = adicom.MultiValue(DSdecimal, ["0.10", "2"])
    ds.add(adicom.DataElement(0x00280030, "DS", values, already_converted=True))
    theirs = ds.to_pydicom()
    assert [type(value) for value in theirs.PixelSpacing] == [their_values.DSdecimal] * 2
    assert [str(value) for value in theirs.PixelSpacing] == ["0.10", "2"]
    assert [type(value) for value in adicom.from_pydicom(theirs)["PixelSpacing"].value] == [DSdecimal] * 2


def test_a_buffer_is_read_and_left_where_it_was() -> None:
    theirs = pydicom.Dataset()
    buffer = io.BytesIO(b"xx1234")
    buffer.seek(2)
    theirs.add_new(0x7FE00010, "OW", buffer)
    assert adicom.from_pydicom(theirs).PixelData == b"1234"
    assert buffer.tell() == 2


def test_private_elements_keep_their_creator() -> None:
    parts = (made.element(0x00290010, "LO", "SIEMENS CSA HEADER"), made.element(0x00291008, "CS", "IMAGE NUM 4 "))
    ds = read(*parts)
    assert ds[0x00291008].private_creator == "SIEMENS CSA HEADER"
    ds[0x00291008].value = "OTHER"
    theirs = ds.to_pydicom()
    assert theirs[0x00291008].private_creator == "SIEMENS CSA HEADER"
    back = adicom.from_pydicom(theirs)
    assert back[0x00291008].private_creator == "SIEMENS CSA HEADER"
    assert back[0x00291008].name == "[CSA Image Header Type]"


# -- character sets


def test_raw_text_is_decoded_as_it_was_read() -> None:
    ds = read(made.element(0x00080005, "CS", b"ISO_IR 192"), made.element(NAME, "PN", "Müller".encode()))
    ds.SpecificCharacterSet = "ISO_IR 100"
    theirs = ds.to_pydicom()
    assert raw(theirs, NAME).value == "Müller".encode()
    assert theirs.original_character_set == ["UTF8"]
    assert theirs.PatientName == "Müller"
    back = adicom.from_pydicom(ds.to_pydicom())
    assert back.PatientName == "Müller"
    assert back.SpecificCharacterSet == "ISO_IR 100"


def test_pydicom_writes_items_in_the_character_set_that_was_set() -> None:
    name = made.element(NAME, "PN", "Müller".encode())
    ds = read(
        made.element(0x00080005, "CS", b"ISO_IR 192"),
        made.sequence(SEQUENCE, [made.item(made.sequence(SEQUENCE, [made.item(name)]))]),
    )
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.check()
    out = io.BytesIO()
    pydicom.dcmwrite(out, ds.to_pydicom())
    (item,) = pydicom.dcmread(io.BytesIO(out.getvalue()))[SEQUENCE].value
    assert raw(item[SEQUENCE].value[0], NAME).value == b"M\xfcller"


def test_the_same_from_pydicom() -> None:
    data = made.part10(made.element(0x00080005, "CS", b"ISO_IR 144") + made.element(NAME, "PN", b"\xbb\xee"))
    theirs = pydicom.dcmread(io.BytesIO(data))
    theirs.SpecificCharacterSet = "ISO_IR 192"
    ours = adicom.from_pydicom(theirs)
    assert ours.PatientName == "Лю"
    assert ours.SpecificCharacterSet == "ISO_IR 192"


def test_a_name_from_a_dataset_in_another_character_set_goes_by_value() -> None:
    first = read(made.element(0x00080005, "CS", b"ISO_IR 192"), made.element(NAME, "PN", "Müller".encode()))
    second = read(made.element(0x00080005, "CS", b"ISO_IR 100"))
    second.add(first["PatientName"])
    assert second.to_pydicom().PatientName == "Müller"


def test_items_inherit_the_character_set() -> None:
    name = made.element(NAME, "PN", "Müller".encode())
    for undefined in (False, True):
        ds = read(
            made.element(0x00080005, "CS", b"ISO_IR 192"),
            made.sequence(SEQUENCE, [made.item(name)], undefined=undefined),
        )
        assert ds.to_pydicom()[SEQUENCE].value[0].PatientName == "Müller"
        _ = ds[SEQUENCE].value
        theirs = ds.to_pydicom()
        assert theirs[SEQUENCE].value[0].PatientName == "Müller"
        assert adicom.from_pydicom(ds.to_pydicom())[SEQUENCE].value[0].PatientName == "Müller"


def test_what_is_around_a_bare_dataset_is_kept() -> None:
    ds = adicom.sync.read_dataset(made.element(NAME, "PN", "Müller".encode()), False, True, parent_encoding="utf_8")
    assert ds.to_pydicom().PatientName == "Müller"


# -- sequences


@pytest.mark.parametrize("outer", [False, True])
@pytest.mark.parametrize("inner", [False, True])
def test_lengths_stay_defined_or_not(outer: bool, inner: bool) -> None:
    item = made.item(made.element(NAME, "PN", "A^B "), undefined=inner)
    data = made.part10(made.sequence(SEQUENCE, [item], undefined=outer))
    ds = adicom.sync.dcmread(data)
    _ = ds[SEQUENCE].value[0].PatientName
    for theirs in (ds.to_pydicom(), adicom.from_pydicom(ds.to_pydicom()).to_pydicom()):
        assert theirs[SEQUENCE].is_undefined_length == outer
        assert theirs[SEQUENCE].value.is_undefined_length == outer
        assert theirs[SEQUENCE].value[0].is_undefined_length_sequence_item == inner
        out = io.BytesIO()
        pydicom.dcmwrite(out, theirs)
        assert out.getvalue() == data


def deep(levels: int, *, undefined: bool) -> bytes:
    content = made.element(NAME, "PN", "A^B ")
    for _ in range(levels):
        content = made.sequence(SEQUENCE, [made.item(content, undefined=undefined)], undefined=undefined)
    return content


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("looked_at", [False, True])
def test_256_levels_go_over_and_back(undefined: bool, looked_at: bool) -> None:
    assert sys.getrecursionlimit() <= 1000
    ds = read(deep(256, undefined=undefined))
    if looked_at:
        ds.check()
    theirs = ds.to_pydicom()
    back = adicom.from_pydicom(theirs)
    for item in (theirs, back):
        level: Any = item
        for _ in range(256):
            (level,) = level[SEQUENCE].value
        assert level.PatientName == "A^B"


def test_un_of_undefined_length_is_a_sequence() -> None:
    item = made.item(made.element(NAME, "", "A^B ", made.IMPLICIT))
    ds = read(made.sequence(0x00091001, [item], made.EXPLICIT, undefined=True, vr="UN"))
    theirs = ds.to_pydicom()
    assert theirs[0x00091001].VR == "SQ"
    assert theirs[0x00091001].value[0].PatientName == "A^B"
    assert theirs[0x00091001].value[0].original_encoding == (True, True)
    assert adicom.from_pydicom(theirs)[0x00091001].value[0].PatientName == "A^B"


def test_an_item_in_another_encoding_says_so() -> None:
    first = read(made.element(NAME, "PN", "A^B "), made.element(0x00280002, "US", b"\1\0"))
    big = read(made.element(0x00280002, "US", b"\1\0", made.BIG), syntax=made.EXPLICIT_BE)
    first.ReferencedImageSequence = [big]
    element = big.get_item(0x00280002)
    assert isinstance(element, adicom.RawDataElement)
    first[0x00280006] = element._replace(tag=adicom.Tag(0x00280006))
    theirs = first.to_pydicom()
    assert theirs.SamplesPerPixel == 1
    assert theirs.PlanarConfiguration == 256, "by value: pydicom knows one byte order a dataset"
    assert theirs.ReferencedImageSequence[0].original_encoding == (False, False)
    assert theirs.ReferencedImageSequence[0].SamplesPerPixel == 256


# -- what is around the elements


def test_file_meta_preamble_and_name(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(Path(CT).read_bytes())
    theirs, expected = adicom.sync.dcmread(path).to_pydicom(), pydicom.dcmread(path)
    assert theirs.filename == expected.filename == str(path)
    assert theirs.preamble == expected.preamble
    assert theirs.file_meta == expected.file_meta
    assert type(theirs.file_meta) is type(expected.file_meta)
    assert theirs == expected
    ours = adicom.from_pydicom(expected)
    assert type(ours) is FileDataset
    assert type(ours.file_meta) is FileMetaDataset
    assert ours.filename == str(path)
    assert ours.is_complete
    assert ours == adicom.sync.dcmread(path)


def test_plain_datasets_and_meta_of_their_own() -> None:
    ds = Dataset()
    ds.PatientID = "1"
    theirs = ds.to_pydicom()
    assert type(theirs) is pydicom.Dataset
    assert theirs.original_encoding == (None, None)
    ds.file_meta = FileMetaDataset({"TransferSyntaxUID": "1.2.840.10008.1.2"})
    theirs = ds.to_pydicom()
    assert theirs.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2"
    back = adicom.from_pydicom(theirs)
    assert type(back) is Dataset
    assert back.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2"
    assert type(ds.file_meta.to_pydicom()) is pydicom.FileMetaDataset


@pytest.mark.filterwarnings("ignore:'Dataset.is_:DeprecationWarning")
def test_the_encoding_that_was_read_and_the_one_that_is_wanted() -> None:
    ds = Dataset()
    ds.PatientID = "1"
    ds.set_original_encoding(True, True)
    ds.is_implicit_VR, ds.is_little_endian = False, False
    theirs = ds.to_pydicom()
    assert theirs.original_encoding == (True, True)
    assert (theirs.is_implicit_VR, theirs.is_little_endian) == (False, False)
    back = adicom.from_pydicom(theirs)
    assert back.original_encoding == (True, True)
    assert (back.is_implicit_VR, back.is_little_endian) == (False, False)
    read_here = adicom.sync.dcmread(CT)
    read_here.is_implicit_VR = True
    theirs = read_here.to_pydicom()
    assert theirs.original_encoding == (False, True)
    assert theirs.is_implicit_VR is True
    assert adicom.from_pydicom(theirs).is_implicit_VR is True
    assert adicom.from_pydicom(theirs).original_encoding == (False, True)


def test_sync_gives_datasets_of_its_own() -> None:
    expected = pydicom.dcmread(DIRECTORY)
    ours = adicom.sync.from_pydicom(expected)
    assert type(ours) is adicom.sync.DicomDir
    assert type(adicom.from_pydicom(expected)) is DicomDir
    assert type(ours.DirectoryRecordSequence[0]) is adicom.sync.Dataset
    assert type(adicom.sync.from_pydicom(pydicom.Dataset())) is adicom.sync.Dataset


@pytest.mark.parametrize("looked_at", [False, True])
def test_records_of_a_directory_know_where_they_start(looked_at: bool) -> None:
    ds = adicom.sync.dcmread(DIRECTORY)
    if looked_at:
        ds.check()
    theirs = ds.to_pydicom()
    starts = [item.seq_item_tell for item in theirs.DirectoryRecordSequence]
    assert starts == [item.seq_item_tell for item in pydicom.dcmread(DIRECTORY).DirectoryRecordSequence]


def test_what_came_over_can_be_used_as_if_it_was_read() -> None:
    ours = adicom.sync.from_pydicom(pydicom.dcmread(CT))
    expected = adicom.sync.dcmread(CT)
    assert str(ours) == str(expected)
    assert pickle.loads(pickle.dumps(ours)) == expected
    ours.check()


# -- what is not here


def test_deferred_values_are_an_error_that_names_all(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    long = made.element(0x00091001, "OB", bytes(200))
    item = made.item(made.element(0x00091010, "OB", bytes(200)))
    path.write_bytes(made.part10(made.sequence(SEQUENCE, [item]) + long + made.element(0x7FE00010, "OW", bytes(300))))
    ds = asyncio.run(adicom.dcmread(path, defer_size=100))
    with pytest.raises(DeferredValueError) as caught:
        ds.to_pydicom()
    text = str(caught.value)
    assert "await ds.fetch_all()" in text
    assert "PixelData" in text
    assert "(0009,1001)" in text
    assert "(0008,1140)[0] > (0009,1010)" in text
    asyncio.run(ds.fetch_all())
    assert ds.to_pydicom() == pydicom.dcmread(path)


def test_deferred_in_pydicom_too(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(made.part10(made.element(0x7FE00010, "OW", bytes(300))))
    theirs = pydicom.dcmread(path, defer_size=100)
    with pytest.raises(DeferredValueError, match=r"\(7FE0,0010\)"):
        adicom.from_pydicom(theirs)
    assert raw(theirs, 0x7FE00010).value is None, "it was not read behind the back"
    _ = theirs.PixelData
    assert adicom.from_pydicom(theirs).PixelData == bytes(300)


def test_an_incomplete_dataset_is_an_error() -> None:
    path = str(pydicom.data.get_testdata_file("JPEG2000.dcm"))
    ds = adicom.sync.dcmread(path, defer_size=100)
    assert not ds.is_complete
    with pytest.raises(DeferredValueError, match="fetch_rest"):
        ds.to_pydicom()
    ds.fetch_rest()
    ds.fetch_all()
    assert ds.to_pydicom() == pydicom.dcmread(path)


def test_from_pydicom_takes_pydicom_datasets_only() -> None:
    with pytest.raises(TypeError, match="not Dataset"):
        adicom.from_pydicom(Dataset())  # type: ignore[call-overload]  # that is what is tested


def test_without_pydicom_the_error_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['pydicom'] = None\n"
        "import adicom, adicom.sync\n"
        "def calls():\n"
        "    yield adicom.Dataset().to_pydicom\n"
        "    yield lambda: adicom.from_pydicom(1)\n"
        "    yield lambda: adicom.sync.from_pydicom(1)\n"
        "for call in calls():\n"
        "    try: call()\n"
        "    except ImportError as error: print(error.name, error)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "pydicom this takes the package pydicom: pip install 'pydicom>=3'\n" * 3


def test_pydicom_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, adicom, adicom.sync, adicom.interop; print('pydicom' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"


def test_errors_of_pydicom_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that pydicom itself misses is not to be taken for pydicom."""
    import builtins

    real = builtins.__import__

    def broken(name: str, *args: Any) -> Any:
        if name == "pydicom":
            raise ModuleNotFoundError("No module named 'other'", name="other")
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", broken)
    with pytest.raises(ModuleNotFoundError, match="other"):
        interop.to_pydicom(Dataset())


def test_no_warning_is_given_twice() -> None:
    ds = read(made.element(0x00080005, "CS", b"ISO_IR 192"), made.element(0x00100020, "LO", b"A\xff\\B"))
    with pytest.warns(adicom.DicomWarning):
        assert ds.PatientID[1] == "B"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert raw(ds.to_pydicom(), 0x00100020).value == b"A\xff\\B"


@pytest.mark.parametrize("looked_at", [False, True])
def test_the_tree_of_a_directory_comes_over(looked_at: bool) -> None:
    theirs = pydicom.dcmread(DIRECTORY)
    if looked_at:
        assert len(theirs.DirectoryRecordSequence) == 52
    ours = adicom.from_pydicom(theirs)
    assert isinstance(ours, DicomDir)
    expected = adicom.sync.dcmread(DIRECTORY)
    assert isinstance(expected, DicomDir)
    assert ours.tree() == expected.tree()


@pytest.mark.parametrize("undefined", [False, True])
def test_offsets_in_items_count_from_the_start_of_the_file(undefined: bool) -> None:
    item = made.item(made.element(NAME, "PN", "A^B ") + made.element(0x00101000, "UT", "C "))
    data = made.part10(made.sequence(SEQUENCE, [made.item(made.sequence(SEQUENCE, [item], undefined=undefined))]))
    theirs = pydicom.dcmread(io.BytesIO(data))
    (inner,) = theirs[SEQUENCE].value[0][SEQUENCE].value
    assert raw(inner, NAME).value == b"A^B "
    (ours,) = adicom.from_pydicom(theirs)[SEQUENCE].value[0][SEQUENCE].value
    assert ours.get_item(NAME).value_tell == data.index(b"A^B ")
    assert ours.get_item(0x00101000).value_tell == data.index(b"C ", data.index(b"A^B "))
