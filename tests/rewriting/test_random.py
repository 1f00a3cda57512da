"""Random datasets and random transforms come to what pydicom makes of the same changes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adicom.errors import EncodeError
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
from tests import made
from tests.dataset.calls import Made, make
from tests.dataset.strategies import ODD_TAGS, OTHER_TAGS, fillings
from tests.encoder.test_random import has_escapes, prepare, written_by_pydicom
from tests.rewriting.rewritten import changed_events, read, rewritten, view_of
from tests.rewriting.test_like_pydicom import every_dataset

if TYPE_CHECKING:
    from collections.abc import Callable

CONTENTS: Final = st.lists(fillings(), max_size=8).map(lambda calls: Made(tuple(calls)))
RUN: Final = settings(max_examples=5, suppress_health_check=list(HealthCheck))
TAGS: Final = st.sampled_from([0x00080018, 0x00100010, 0x00100020, 0x00081140, 0x00280010, *OTHER_TAGS, *ODD_TAGS])
NEW_UID: Final = "2.25.99"


def deleting(tags: list[int]) -> Callable[[Any], None]:
    def change(ds: Any) -> None:
        for one in list(every_dataset(ds)):
            for tag in tags:
                one.pop(tag, None)

    return change


def keeping(tags: list[int]) -> Callable[[Any], None]:
    kept = {0x00080005, *tags, *(tag & 0xFFFF0000 | tag >> 8 & 0xFF for tag in tags if tag & 0x10000)}

    def change(ds: Any) -> None:
        for tag in [tag for tag in ds.keys() if tag not in kept]:  # noqa: SIM118
            del ds[tag]

    return change


def setting(tag: int, VR: str, value: Any) -> Callable[[Any], None]:
    return lambda ds: ds.add_new(tag, VR, value)


def setting_inside(ds: Any) -> None:
    if "ReferencedImageSequence" in ds and ds["ReferencedImageSequence"].VR == "SQ":
        for item in ds.ReferencedImageSequence:
            item.add_new(0x00081155, "UI", NEW_UID)


def replacing(ds: Any) -> None:
    for one in every_dataset(ds):
        for element in one:
            if element.VR == "UI" and element.value:
                several = isinstance(element.value, pydicom.multival.MultiValue)
                element.value = [NEW_UID if uid else uid for uid in (element.value if several else [element.value])]


def emptying(ds: Any) -> None:
    for one in every_dataset(ds):
        for element in one:
            if element.VR == "PN":
                element.value = ""


@st.composite
def changes(draw: st.DrawFn) -> tuple[Any, Callable[[Any], None]]:
    """Draw a transform, and what it is in pydicom."""
    tags = draw(st.lists(TAGS, min_size=1, max_size=3))
    number, text = draw(st.integers(0, 65535)), draw(st.text("abcXYZ 019", max_size=9)).strip()
    found: tuple[Any, Callable[[Any], None]] = draw(
        st.sampled_from(
            [
                (Delete(*tags), deleting(tags)),
                (KeepOnly(*tags), keeping(tags)),
                (RemovePrivate(), lambda ds: ds.remove_private_tags()),
                (Set("Rows", number), setting(0x00280010, "US", number)),
                (Set("PatientID", text), setting(0x00100020, "LO", text)),
                (Set(0x00080055, text[:4], vr="SH"), setting(0x00080055, "SH", text[:4])),
                (Set("ReferencedSOPInstanceUID", NEW_UID, within="ReferencedImageSequence"), setting_inside),
                (ReplaceUIDs(lambda uid: NEW_UID), replacing),
                (Map(lambda element: "", vr="PN"), emptying),
                (UndefinedLengths(), lambda ds: None),
                (DefinedLengths(), lambda ds: None),
            ]
        )
    )
    return found


def file_of(contents: Made, form: made.Form) -> bytes:
    """Return a dataset as pydicom writes it, with a UI that is none of the standard."""
    theirs = make(pydicom, contents)
    prepare(theirs, form)
    return made.part10(written_by_pydicom(theirs, form), form.syntax)


def data_set_of(data: bytes) -> list[tuple[Any, ...]]:
    """Return what a file holds behind its file meta information, without group lengths."""
    return [node for node in view_of(read(data)) if not node[1].endswith("0000") and int(node[1], 16) >> 16 != 2]


@pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
@RUN
@given(contents=CONTENTS, wanted=st.lists(changes(), min_size=1, max_size=3))
def test_changes_are_those_of_pydicom(form: made.Form, contents: Made, wanted: list[Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = file_of(contents, form)
        expected = read(data)
        for _, change in wanted:
            change(expected)
        out = rewritten(data, *[transform for transform, _ in wanted])
        if not has_escapes(data):
            wanted_file = made.part10(written_by_pydicom(expected, form), form.syntax)
            assert data_set_of(out) == data_set_of(wanted_file)
        assert rewritten(out) == out


@pytest.mark.parametrize("target", made.FORMS, ids=lambda form: form.syntax)
@pytest.mark.parametrize("source", [made.EXPLICIT, made.BIG], ids=lambda form: f"from {form.syntax}")
@RUN
@given(contents=CONTENTS)
def test_another_syntax_is_what_pydicom_writes_in_it(source: made.Form, target: made.Form, contents: Made) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = file_of(contents, source)
        theirs = make(pydicom, contents)
        for one in list(every_dataset(theirs)):
            for tag in [tag for tag in one.keys() if tag & 0xFFFF == 0]:  # noqa: SIM118
                del one[tag]
        prepare(theirs, target)
        wanted = made.part10(written_by_pydicom(theirs, target), target.syntax)
        assert rewritten(data, ToSyntax(target.syntax), DefinedLengths()) == rewritten(wanted, DefinedLengths())


@RUN
@given(contents=CONTENTS, wanted=st.lists(changes(), min_size=1, max_size=3), size=st.integers(1, 40))
def test_any_cut_gives_the_same(contents: Made, wanted: list[Any], size: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = file_of(contents, made.EXPLICIT)
        transforms = [transform for transform, _ in wanted if not transform.two_passes]
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        assert changed_events(pieces, *transforms) == rewritten(data, *transforms)


def test_what_a_character_set_has_not_is_an_error() -> None:
    with pytest.raises(EncodeError) as caught:
        rewritten(made.part10(made.small()), Set("PatientName", "Ω"))
    assert (caught.value.tag, caught.value.value) == (0x00100010, "Ω")
    assert "Ω" not in str(caught.value)
