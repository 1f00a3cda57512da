"""The scan takes what is plain and leaves the rest; the walk finds the end of a sequence."""

from __future__ import annotations

from typing import Any

import pytest

from adicom.parser.kinds import IMPLICIT, INFLATED, LITTLE, Kind
from adicom.parser.plan import Expand
from adicom.parser.scan import RUN, Frame, ScanState, SkipState, scan, skip
from tests import made

FORMS = {made.EXPLICIT: LITTLE, made.IMPLICIT: LITTLE | IMPLICIT, made.BIG: 0}
NO_STOP = 0xFFFE0000
every_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)


def state(
    form: made.Form = made.EXPLICIT,
    *,
    plain: int = 65536,
    watch: int = NO_STOP,
    expand: Expand = Expand.ALL,
    room: int = 256,
) -> ScanState:
    scanning = ScanState(plain=plain, expand=expand, room=room)
    scanning.form, scanning.watch = FORMS[form], watch
    return scanning


def in_sequence(form: made.Form = made.EXPLICIT, end: int | None = None, **kwargs: Any) -> ScanState:
    """Return a state in front of the first item of a sequence."""
    scanning = state(form, **kwargs)
    scanning.frames.append(Frame(0x00081140, 0, end, scanning.form, scanning.form, None))
    scanning.in_items = True
    return scanning


def short(run: list[Any]) -> list[tuple[Any, ...]]:
    """Return tag and value of elements, and kind and first field of all else."""
    return [(item[0], item[3]) if item[0] >= 0 else (item[0], item[1]) for item in run]


def name(form: made.Form = made.EXPLICIT) -> bytes:
    return made.element(0x00080104, "LO", "ab", form)


# -- elements


@every_form
def test_elements(form: made.Form) -> None:
    scanning = state(form)
    scanning.base, scanning.pos = 100, 1
    data = b"x" + name(form) + made.element(0x00091010, "OB", b"abcd", form) + made.element(0x00280010, "US", b"", form)
    size = 8 if form.implicit else 12
    vr = None if form.implicit else "x"
    assert scan(data, scanning) == [
        (0x00080104, vr and "LO", 2, b"ab", 109, FORMS[form]),
        (0x00091010, vr and "OB", 4, b"abcd", 111 + size, FORMS[form]),
        (0x00280010, vr and "US", 0, b"", 123 + size, FORMS[form]),
    ]
    assert (scanning.pos, scanning.prev) == (len(data), 0x00280010)


@every_form
def test_elements_in_inflated_data(form: made.Form) -> None:
    scanning = state(form)
    scanning.form |= INFLATED
    (element,) = scan(name(form), scanning)
    assert element[-1] == FORMS[form] | INFLATED


@every_form
def test_elements_that_are_cut(form: made.Form) -> None:
    data = name(form) + made.element(0x00091010, "OB", b"abcd", form)
    for size in range(len(data)):
        assert len(scan(data[:size], state(form))) == (1 if size >= 10 else 0)


@every_form
def test_a_tag_that_does_not_ascend_is_left(form: made.Form) -> None:
    scanning = state(form)
    assert len(scan(name(form) * 2, scanning)) == 1
    assert scanning.pos == 10


@every_form
def test_what_is_watched_for_is_left(form: made.Form) -> None:
    data = name(form) + made.element(0x00100020, "LO", "1", form)
    assert len(scan(data, state(form, watch=0x00100021))) == 2
    assert len(scan(data, state(form, watch=0x00100020))) == 1


@every_form
def test_a_long_value_is_left_or_pointed_to(form: made.Form) -> None:
    data = name(form) + made.element(0x00100020, "LO", "1234", form)
    assert short(scan(data, state(form, plain=2))) == [(0x00080104, b"ab")]
    scanning = state(form, plain=2)
    scanning.spans = True
    assert short(scan(data, scanning)) == [(0x00080104, b"ab"), (0x00100020, (data, 18))]


@pytest.mark.parametrize(
    "odd",
    [b"\x09\0\x10\x10??\2\0ab", b"\x09\0\x10\x10UN\0\1\2\0\0\0ab", b"\x09\0\x10\x10XX\0\0\2\0\0\0ab"],
    ids=["no VR", "reserved bytes", "unknown VR"],
)
def test_odd_headers_are_left(odd: bytes) -> None:
    assert short(scan(name() + odd, state())) == [(0x00080104, b"ab")]


def test_no_more_than_a_run_at_a_time() -> None:
    value = made.element(0x00091001, "OB", bytes(60_000))
    data = b"".join(made.element(tag, "OB", bytes(60_000)) for tag in range(0x00091000, 0x00091003))
    scanning = state()
    assert len(scan(data, scanning)) == RUN // len(value)
    assert len(scan(data, scanning)) == 3 - RUN // len(value)


# -- sequences


def undefined_sequence(form: made.Form) -> bytes:
    """Return items of undefined length, with a sequence in the first and another behind it."""
    inner = made.sequence(0x0040A730, [made.item(name(form), form, undefined=True)], form, undefined=True)
    return made.item(inner + made.element(0x00420010, "ST", "x", form), form, undefined=True) + made.item(b"", form)


@every_form
@pytest.mark.parametrize("expand", [Expand.ALL, Expand.UNDEFINED])
def test_sequences_inside_an_item(form: made.Form, expand: Expand) -> None:
    body = made.item(
        made.sequence(0x0040A730, [made.item(name(form), form, undefined=True)], form, undefined=True), form
    )
    body += made.item(b"", form, undefined=True)
    scanning = in_sequence(form, expand=expand)
    assert short(scan(body, scanning)) == [
        (Kind.ITEM_START, 0),
        (Kind.SEQUENCE_START, 0x0040A730),
        (Kind.ITEM_START, 0),
        (0x00080104, b"ab"),
        (Kind.ITEM_END, 0),
        (Kind.SEQUENCE_END, 0x0040A730),
        (Kind.ITEM_END, 0),
        (Kind.ITEM_START, 1),
        (Kind.ITEM_END, 1),
    ]
    assert (scanning.pos, scanning.in_items, len(scanning.frames)) == (len(body), True, 1)


@every_form
def test_sequences_of_defined_length(form: made.Form) -> None:
    body = made.item(made.sequence(0x0040A730, [made.item(name(form), form)], form), form)
    taken = scan(body, in_sequence(form))
    assert short(taken) == [
        (Kind.ITEM_START, 0),
        (Kind.SEQUENCE_START, 0x0040A730),
        (Kind.ITEM_START, 0),
        (0x00080104, b"ab"),
        (Kind.ITEM_END, 0),
        (Kind.SEQUENCE_END, 0x0040A730),
        (Kind.ITEM_END, 0),
    ]
    kept = scan(body, in_sequence(form, expand=Expand.UNDEFINED))
    assert short(kept) == [(Kind.ITEM_START, 0), (0x0040A730, made.item(name(form), form)), (Kind.ITEM_END, 0)]


@every_form
def test_a_long_sequence_is_left(form: made.Form) -> None:
    body = made.item(made.sequence(0x0040A730, [made.item(name(form), form)], form), form)
    scanning = in_sequence(form, expand=Expand.UNDEFINED, plain=17)
    assert short(scan(body, scanning)) == [(Kind.ITEM_START, 0)]
    assert (scanning.pos, scanning.in_items) == (8, False)


def test_a_value_of_undefined_length_that_is_no_sequence_is_left() -> None:
    for form in (made.EXPLICIT, made.IMPLICIT):
        body = made.item(made.encapsulated([b"ab"], form=form), form, undefined=True)
        assert short(scan(body, in_sequence(form))) == [(Kind.ITEM_START, 0)]
    reserved = made.item(b"\x40\0\x30\xa7SQ\1\0\0\0\0\0" + name(), undefined=True)
    assert short(scan(reserved, in_sequence())) == [(Kind.ITEM_START, 0)]


def test_no_deeper_than_there_is_room() -> None:
    body = made.item(made.sequence(0x0040A730, [made.item()]))
    assert short(scan(body, in_sequence(room=1))) == [(Kind.ITEM_START, 0)]
    assert len(scan(body, in_sequence(room=2))) == 6


@every_form
def test_a_sequence_that_overruns_its_item_is_left(form: made.Form) -> None:
    inner = made.header(0x0040A730, "SQ", 24, form) + made.item(name(form), form)
    body = made.item(inner, form) + made.item(b"", form)
    assert short(scan(body, in_sequence(form))) == [(Kind.ITEM_START, 0)]


@every_form
def test_sequences_that_are_cut(form: made.Form) -> None:
    body = undefined_sequence(form)
    whole = scan(body, in_sequence(form))
    assert len(whole) == 10
    for size in range(len(body) + 1):
        scanning = in_sequence(form)
        some = scan(body[:size], scanning)
        assert some == whole[: len(some)]
        assert some + scan(body, scanning) == whole


@every_form
def test_the_outermost_sequence_is_the_machine_s_to_close(form: made.Form) -> None:
    scanning = in_sequence(form)
    body = made.item(b"", form) + made.header(made.SEQUENCE_END, "", 0, form)
    assert len(scan(body, scanning)) == 2
    assert scanning.pos == 8
    scanning = in_sequence(form, end=8)
    assert len(scan(body, scanning)) == 2
    assert scanning.pos == 8


def test_what_is_no_item_is_left() -> None:
    for body in (name(), made.header(made.ITEM_END, "", 0), made.header(made.SEQUENCE_END, "", 4)):
        scanning = in_sequence()
        assert scan(body + bytes(8), scanning) == []
        assert scanning.pos == 0
    scanning = in_sequence(end=100)
    assert scan(made.header(made.SEQUENCE_END, "", 0), scanning) == []


def test_an_item_that_overruns_its_sequence_is_left() -> None:
    assert scan(made.item(bytes(20)), in_sequence(end=27)) == []
    assert scan(made.item(), in_sequence(end=7)) == []


@pytest.mark.parametrize("around", [made.EXPLICIT, made.IMPLICIT])
def test_an_item_in_another_encoding_is_left(around: made.Form) -> None:
    other = made.IMPLICIT if around is made.EXPLICIT else made.EXPLICIT
    assert scan(made.item(name(other)), in_sequence(around)) == []
    assert scan(made.item(name(other), undefined=True), in_sequence(around)) == []
    assert len(scan(made.item(undefined=True), in_sequence(around))) == 2


def test_an_item_delimiter_with_a_length_is_left() -> None:
    body = made.header(made.ITEM, "", made.UNDEFINED) + name() + made.header(made.ITEM_END, "", 4)
    assert short(scan(body, in_sequence())) == [(Kind.ITEM_START, 0), (0x00080104, b"ab")]


def test_a_sequence_in_another_encoding_than_around_is_left() -> None:
    scanning = in_sequence()
    scanning.frames[0].form = LITTLE | IMPLICIT
    assert scan(made.item(), scanning) == []
    # The inner one is like what is around it, which the outer one is not.
    scanning = in_sequence()
    scanning.frames.append(Frame(0x0040A730, 0, 16, LITTLE, LITTLE | IMPLICIT, None))
    assert short(scan(made.item() * 2, scanning)) == [
        (Kind.ITEM_START, 0),
        (Kind.ITEM_END, 0),
        (Kind.ITEM_START, 1),
        (Kind.ITEM_END, 1),
    ]
    assert len(scanning.frames) == 2
    scanning = in_sequence()
    scanning.frames.append(Frame(0x0040A730, 0, None, LITTLE, LITTLE | IMPLICIT, None))
    assert scan(made.header(made.SEQUENCE_END, "", 0), scanning) == []


# -- the walk


def walk(form: made.Form = made.EXPLICIT, *, room: int = 255, limit: int = 2**24) -> SkipState:
    return SkipState(100, implicit=form.implicit, little=not form.big, room=room, limit=100 + limit)


def walk_to_end(body: bytes, form: made.Form = made.EXPLICIT, **bounds: int) -> int | None:
    """Return how many bytes the walk takes, however they are cut; -1 where it finds something odd."""
    ends = set()
    for step in (1, len(body) or 1):
        walking = walk(form, **bounds)
        found = None
        for size in range(step, len(body) + 1, step):
            walking.base = 100
            if (found := skip(body[:size], walking)) is not None or walking.odd:
                break
        ends.add(found - 100 if found is not None else -1 if walking.odd else None)
    (end,) = ends
    return end


def ended(body: bytes, form: made.Form) -> bytes:
    return body + made.header(made.SEQUENCE_END, "", 0, form)


@every_form
def test_the_walk_to_the_end(form: made.Form) -> None:
    bodies = [
        b"",
        made.item(b"", form),
        made.item(b"anything at all", form),
        made.item(b"", form, undefined=True),
        made.item(name(form) + made.element(0x00091010, "OB", b"abcd", form), form, undefined=True),
        undefined_sequence(form),
        made.item(made.sequence(0x0040A730, [b"anything"], form), form, undefined=True),
        made.item(made.encapsulated([b"ab"], form=form), form, undefined=True),
    ]
    for body in bodies:
        assert walk_to_end(ended(body, form) + b"what follows", form) == len(body) + 8
        assert walk_to_end(body, form) is None


@pytest.mark.parametrize("form", [made.EXPLICIT, made.IMPLICIT])
def test_the_walk_through_un_is_implicit(form: made.Form) -> None:
    inside = made.item(
        name(made.IMPLICIT) + made.sequence(0x0040A730, form=made.IMPLICIT, undefined=True), undefined=True
    )
    body = made.item(made.sequence(0x00091010, [inside], form, undefined=True, vr="UN"), undefined=True)
    assert walk_to_end(ended(body, form), form) == len(body) + 8
    behind = made.element(0x00091011, "LO", "x", form)
    body = made.item(made.sequence(0x00091010, [inside], form, undefined=True, vr="UN") + behind, undefined=True)
    assert walk_to_end(ended(body, form), form) == len(body) + 8


@pytest.mark.parametrize(
    "body",
    [
        name(),
        made.header(made.ITEM_END, "", 0),
        made.header(made.SEQUENCE_END, "", 4),
        made.header(made.ITEM, "", made.UNDEFINED) + name() + made.header(made.ITEM_END, "", 4),
        made.header(made.ITEM, "", made.UNDEFINED) + name() + made.header(made.ITEM, "", 0),
        made.header(made.ITEM, "", made.UNDEFINED) + name() + made.header(made.SEQUENCE_END, "", 0),
        made.item(name(made.IMPLICIT), undefined=True),
        made.item(name() + b"\x09\0\x10\x10??\2\0ab", undefined=True),
    ],
    ids=[
        "an element between items",
        "an item delimiter between items",
        "a sequence delimiter with a length",
        "an item delimiter with a length",
        "an item in an item",
        "a sequence delimiter in an item",
        "an item in another encoding",
        "an odd header",
    ],
)
def test_what_the_walk_finds_odd(body: bytes) -> None:
    assert walk_to_end(body + bytes(16)) == -1


def test_un_in_the_other_byte_order_is_odd() -> None:
    inside = made.item(name(made.IMPLICIT), made.IMPLICIT)
    body = made.item(made.sequence(0x00091010, [inside], made.BIG, undefined=True, vr="UN"), made.BIG, undefined=True)
    assert walk_to_end(body, made.BIG) == -1


@every_form
def test_the_walk_goes_no_deeper_than_there_is_room(form: made.Form) -> None:
    body = made.item(made.nested(0x0040A730, 3, form, undefined=True), form, undefined=True)
    assert walk_to_end(ended(body, form), form, room=3) == len(body) + 8
    assert walk_to_end(ended(body, form), form, room=2) == -1


def test_the_walk_goes_no_farther_than_its_limit() -> None:
    body = made.item(bytes(50))
    # The delimiter starts at byte 58.
    assert walk_to_end(ended(body, made.EXPLICIT), limit=58) == 66
    assert walk_to_end(ended(body, made.EXPLICIT), limit=57) == -1
    # A value that ends behind the limit is not waited for.
    assert walk_to_end(made.header(made.ITEM, "", 50), limit=57) == -1
    assert walk_to_end(made.header(made.ITEM, "", 50), limit=58) is None


@pytest.mark.parametrize(("form", "start"), [(made.EXPLICIT, 120), (made.IMPLICIT, 116), (made.BIG, 120)])
def test_the_walk_remembers_where_sequences_start(form: made.Form, start: int) -> None:
    body = made.header(made.ITEM, "", made.UNDEFINED, form) + made.header(0x0040A730, "SQ", made.UNDEFINED, form)
    walking = walk(form)
    walking.base = 100
    assert skip(body + made.element(0x00100020, "LO", "1", form), walking) is None
    assert walking.odd
    assert walking.starts == [start]
