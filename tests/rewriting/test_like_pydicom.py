"""Each transform does what the same change of a pydicom dataset does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pydicom
import pytest

from adicom.rewriting import (
    DefinedLengths,
    Delete,
    KeepOnly,
    Map,
    RemovePrivate,
    ReplaceUIDs,
    Set,
    ToSyntax,
    UndefinedLengths,
)
from tests import made, oracle
from tests.conftest import pydicom_files
from tests.rewriting.rewritten import read, rewritten, view_of, written_and_read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from adicom.rewriting import Transform

pytestmark = pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")

NEW_UID = "2.25.329800735698586629295641978511506172918"
UID_FOR = {"2.25.1": NEW_UID, "2.25.3": "1.2.3"}


def every_dataset(ds: pydicom.Dataset) -> Iterator[pydicom.Dataset]:
    """Give a dataset and all items in it."""
    yield ds
    for element in ds:
        if element.VR == "SQ":
            for item in element.value:
                yield from every_dataset(item)


def set_name(ds: Any) -> None:
    ds.PatientName = "Müller^Anna"


def set_new(ds: Any) -> None:
    ds.PatientIdentityRemoved = "YES"
    ds.add_new(0x00091001, "LO", "new")


def set_empty(ds: Any) -> None:
    ds.PatientID = ""


def set_sequence(ds: Any) -> None:
    item = pydicom.Dataset()
    item.CodeValue, item.CodeMeaning = "113100", "Größe"
    ds.DeidentificationMethodCodeSequence = [item]


def set_inside(ds: Any) -> None:
    for item in ds.get("ReferencedImageSequence", []):
        item.ReferencedFrameNumber = [1, 2]


def delete(ds: Any) -> None:
    for one in every_dataset(ds):
        for tag in (0x00100010, 0x00080100, 0x00081150):
            one.pop(tag, None)


def delete_at_top(ds: Any) -> None:
    for tag in (0x00100010, 0x00080100, 0x00081140):
        ds.pop(tag, None)


def keep_only(ds: Any) -> None:
    kept = {0x00080005, 0x00080018, 0x00081140, 0x7FE00010, 0x00280100, 0x00280103}
    for tag in [tag for tag in ds.keys() if tag not in kept]:  # noqa: SIM118
        del ds[tag]


def remove_private(ds: Any) -> None:
    ds.remove_private_tags()


def replace_uids(ds: Any) -> None:
    for one in (ds.file_meta, *every_dataset(ds)):
        for element in one:
            if element.VR == "UI" and element.value in UID_FOR and element.tag != 0x00020010:
                element.value = UID_FOR[element.value]


def lower_meanings(ds: Any) -> None:
    for one in every_dataset(ds):
        if "CodeMeaning" in one:
            one.CodeMeaning = one.CodeMeaning.lower()
        for element in list(one):
            if element.VR == "IS":
                del one[element.tag]


def nothing(ds: Any) -> None:
    pass


def _item() -> Any:
    import adicom

    item = adicom.Dataset()
    item.CodeValue, item.CodeMeaning = "113100", "Größe"
    return item


CASES: dict[str, tuple[tuple[Transform, ...], Callable[[Any], None]]] = {
    "set": ((Set("PatientName", "Müller^Anna"),), set_name),
    "put in": ((Set(0x00091001, "new", vr="LO"), Set("PatientIdentityRemoved", "YES")), set_new),
    "empty": ((Set("PatientID", ""),), set_empty),
    "set sequence": ((Set("DeidentificationMethodCodeSequence", [_item()]),), set_sequence),
    "set in items": ((Set("ReferencedFrameNumber", [1, 2], within="ReferencedImageSequence"),), set_inside),
    "delete": ((Delete("PatientName", "CodeValue", 0x00081150),), delete),
    "delete at top": ((Delete("PatientName", "CodeValue", "ReferencedImageSequence", within=()),), delete_at_top),
    "keep only": (
        (KeepOnly("SOPInstanceUID", "ReferencedImageSequence", "PixelData", "BitsAllocated", "PixelRepresentation"),),
        keep_only,
    ),
    "remove private": ((RemovePrivate(),), remove_private),
    "replace UIDs": ((ReplaceUIDs(UID_FOR),), replace_uids),
    "map": (
        (Map(lambda element: element.value.lower(), tag="CodeMeaning"), Map(lambda element: None, vr="IS")),
        lower_meanings,
    ),
    "undefined": ((UndefinedLengths(),), nothing),
    "defined": ((DefinedLengths(),), nothing),
}


def files() -> dict[str, bytes]:
    found = {}
    for form in made.FORMS:
        for undefined in (False, True):
            name = f"{form.syntax} {'un' if undefined else ''}defined"
            found[name] = made.part10(made.small(form, undefined=undefined), form.syntax)
    found["deflated"] = made.deflated(made.small())
    body = made.small()
    fragments = made.encapsulated([b"\xff\xd8ab", b"", b"cd\xff\xd9"], bytes(4))
    found["encapsulated"] = made.part10(body[: body.index(b"\xe0\x7f\x10\0")] + fragments, made.JPEG_BASELINE)
    return found


FILES = files()


@pytest.mark.parametrize("case", CASES)
def test_changes_are_those_of_pydicom(case: str) -> None:
    transforms, change = CASES[case]
    for name, data in FILES.items():
        expected = read(data)
        change(expected)
        assert view_of(read(rewritten(data, *transforms))) == view_of(written_and_read(expected)), name


TARGETS = (made.IMPLICIT_LE, made.EXPLICIT_LE, made.EXPLICIT_BE, made.DEFLATED_LE)


def without_syntax(ds: pydicom.FileDataset) -> list[tuple[Any, ...]]:
    """Return what a dataset holds, but for the transfer syntax; words as numbers."""
    little = ds.file_meta.TransferSyntaxUID != pydicom.uid.ExplicitVRBigEndian
    nodes = []
    for path, tag, vr, value in view_of(ds):
        if vr == "OW" and isinstance(value, tuple) and isinstance(value[1], bytes):
            raw = value[1]
            order = "little" if little else "big"
            value = [int.from_bytes(raw[at : at + 2], order) for at in range(0, len(raw), 2)]  # type: ignore[arg-type]
        if tag != hex(0x00020010):
            nodes.append((path, tag, vr, value))
    return nodes


@pytest.mark.parametrize("name", [name for name in FILES if name != "encapsulated"])
def test_syntaxes_are_equal_in_value(name: str) -> None:
    for target in TARGETS:
        check_syntax(name, target)


def check_syntax(name: str, target: str) -> None:
    out = rewritten(FILES[name], ToSyntax(target))
    ds = read(out)
    assert ds.file_meta.TransferSyntaxUID == target
    assert without_syntax(ds) == without_syntax(read(FILES[name]))
    assert view_of(read(rewritten(out, ToSyntax(str(read(FILES[name]).file_meta.TransferSyntaxUID))))) == view_of(
        read(FILES[name])
    )


@pytest.mark.parametrize("target", [made.IMPLICIT, made.EXPLICIT, made.BIG], ids=lambda form: form.syntax)
@pytest.mark.parametrize("source", [made.IMPLICIT, made.EXPLICIT, made.BIG], ids=lambda form: form.syntax)
def test_syntaxes_are_the_bytes_that_they_should_be(source: made.Form, target: made.Form) -> None:
    """The small image is made in each syntax by hand."""
    for undefined in (False, True):
        data = made.part10(made.small(source, undefined=undefined), source.syntax)
        wanted = made.part10(made.small(target, undefined=undefined), target.syntax)
        if source.implicit is target.implicit:
            assert rewritten(data, ToSyntax(target.syntax)) == wanted
        defined = made.part10(made.small(target), target.syntax)
        assert rewritten(data, ToSyntax(target.syntax), DefinedLengths()) == defined


@pytest.mark.skipif(oracle.DCMDUMP is None, reason="dcmdump is not there: install dcmtk")
def test_dcmdump_reads_the_same_elements(tmp_path: Path) -> None:
    path = tmp_path / "out.dcm"
    for data in FILES.values():
        path.write_bytes(data)
        before = oracle.dcmdump_view(path)
        assert before is not None
        for target in TARGETS:
            if b"\xff\xd8ab" not in data:
                path.write_bytes(rewritten(data, ToSyntax(target), DefinedLengths()))
                after = oracle.dcmdump_view(path)
                assert after is not None
                assert [node[:2] for node in after] == [node[:2] for node in before]
                assert all(node.length is not None for node in after)


def small_files() -> list[Path]:
    return [
        path
        for path in pydicom_files()
        if "pydicom" in path.parts
        and "DICOMDIR" not in path.name
        and path.stat().st_size < 50_000
        and oracle.short_name(path) not in oracle.FAULTY
    ]


@pytest.mark.parametrize("part", range(3))
def test_real_files_of_other_lengths_are_equal(part: int) -> None:
    for path in small_files()[part::20]:
        check_lengths(path.read_bytes())


def check_lengths(data: bytes) -> None:
    expected = view_of(read(data))
    undefined = rewritten(data, UndefinedLengths())
    defined = rewritten(undefined, DefinedLengths())
    for out in (undefined, defined):
        assert view_of(read(out)) == [node for node in expected if not node[1].endswith("0000") or node[1] == "0x20000"]
    assert rewritten(defined, UndefinedLengths()) == undefined
