"""Runs: where plain elements of the top level are, and what each one is."""

from __future__ import annotations

import pytest

from adicom.parser.kinds import IMPLICIT, LITTLE
from adicom.parser.plan import Expand
from adicom.parser.runs import WINDOW, Run, find_run
from adicom.parser.scan import ScanState
from tests import made

FORMS = {made.EXPLICIT: LITTLE, made.IMPLICIT: LITTLE | IMPLICIT, made.BIG: 0}
NO_STOP = 0xFFFE0000


def state(form: made.Form = made.EXPLICIT, *, plain: int = 65536, watch: int = NO_STOP, prev: int = -1) -> ScanState:
    scanning = ScanState(plain=plain, expand=Expand.NONE, room=256)
    scanning.form, scanning.watch, scanning.prev = FORMS[form], watch, prev
    return scanning


def found(data: bytes, scanning: ScanState) -> list[int]:
    """Return the tags of a run."""
    run = find_run(data, scanning)
    return [] if run is None else list(run.offsets)


def three(form: made.Form = made.EXPLICIT) -> bytes:
    data = made.element(0x00080005, "CS", "ISO_IR 6", form) + made.element(0x00091010, "UN", b"ab", form)
    return data + made.sequence(0x00400275, [made.item(b"", form)], form)


THREE = [0x00080005, 0x00091010, 0x00400275]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)
@pytest.mark.parametrize("base", [0, 1000])
def test_elements_of_a_run(form: made.Form, base: int) -> None:
    scanning = state(form)
    scanning.base = base
    scanning.pos = 3
    run = find_run(b"xyz" + three(form), scanning)
    assert run is not None
    size = 0 if form.implicit else 4
    at = base + 3
    starts = [at, at + 16, at + 26 + size]
    assert run.offsets == dict(zip(THREE, starts, strict=True))
    vr = None if form.implicit else "x"
    assert list(run) == [
        (THREE[0], vr and "CS", 8, b"ISO_IR 6", starts[0] + 8, FORMS[form]),
        (THREE[1], vr and "UN", 2, b"ab", starts[1] + 8 + size, FORMS[form]),
        (THREE[2], vr and "SQ", 8, made.item(b"", form), starts[2] + 8 + size, FORMS[form]),
    ]
    assert run.raw(starts[1]) == list(run)[1]
    assert [run.end(start) for start in starts] == [*starts[1:], at + len(three(form))]
    assert (scanning.pos, scanning.prev) == (3 + len(three(form)), THREE[2])


def test_offsets_are_given_away_once() -> None:
    run = Run(0, b"", LITTLE, {1: 2})
    assert run.release() == {1: 2}
    assert run.offsets == {}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)
def test_a_run_ends_where_bytes_are_missing(form: made.Form) -> None:
    data = three(form)
    sizes = [16, 26 if form.implicit else 30, len(data)]
    for size in range(len(data) + 1):
        assert found(data[:size], state(form)) == [tag for tag, end in zip(THREE, sizes, strict=True) if end <= size]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)
def test_a_run_ends_at_a_tag_that_does_not_ascend(form: made.Form) -> None:
    data = three(form)
    scanning = state(form)
    assert found(data + data, scanning) == THREE
    assert scanning.pos == len(data)
    assert found(data, state(form, prev=THREE[0])) == []


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)
def test_a_run_ends_before_what_is_watched_for(form: made.Form) -> None:
    data = three(form)
    for watch, count in ((THREE[2] + 1, 3), (THREE[2], 2), (THREE[1], 1), (THREE[0], 0), (0, 0)):
        scanning = state(form, watch=watch)
        assert found(data, scanning) == THREE[:count]
        assert scanning.prev == (THREE[count - 1] if count else -1)
        assert scanning.pos == [0, 16, 26 if form.implicit else 30, len(data)][count]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)
@pytest.mark.parametrize(("plain", "count"), [(8, 3), (7, 0)])
def test_a_run_ends_at_a_long_value(form: made.Form, plain: int, count: int) -> None:
    assert found(three(form), state(form, plain=plain)) == THREE[:count]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)
def test_a_run_ends_at_undefined_length(form: made.Form) -> None:
    data = made.element(0x00080005, "CS", "ISO_IR 6", form) + made.sequence(0x00400275, [], form, undefined=True)
    assert found(data, state(form)) == [0x00080005]


def test_a_run_ends_at_odd_headers() -> None:
    start = made.element(0x00080005, "CS", "ISO_IR 6")
    for odd in (b"\x09\0\x10\x10??\2\0ab", b"\x09\0\x10\x10UN\0\1\2\0\0\0ab", b"\x09\0\x10\x10XX\0\0\2\0\0\0ab"):
        assert found(start + odd, state()) == [0x00080005]


def test_a_run_ends_where_what_it_is_in_ends() -> None:
    data = three()
    scanning = state()
    scanning.base, scanning.end = 500, 500 + 30
    assert found(data, scanning) == THREE[:2]
    scanning = state()
    scanning.end = 29
    assert found(data, scanning) == THREE[:1]


def test_a_run_is_not_endless() -> None:
    values = [made.element(tag, "OB", bytes(3000)) for tag in range(0x00091000, 0x00091014)]
    scanning = state()
    run = find_run(b"".join(values), scanning)
    assert run is not None
    assert len(run.offsets) == WINDOW // len(values[0])
    again = find_run(b"".join(values), scanning)
    assert again is not None
    assert again.base == run.base + len(run.offsets) * len(values[0])
