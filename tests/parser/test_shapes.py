"""Items that are built like others are passed over, and the walk ends where it would without that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adicom.errors import LimitError
from adicom.parser import Expand, ParserLimits, Plan
from adicom.parser.scan import SkipState, skip
from adicom.parser.shapes import Shape, Shapes, Sketch, sketch
from tests import made
from tests.parser.pushing import push

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

every_form = pytest.mark.parametrize("form", made.FORMS, ids=lambda form: form.syntax)
NEVER = 2**62
ROUNDS = 32
"""Items in front of the one that matters: enough for the first of them to be learned."""


class Walked(SkipState):
    """A walk from byte 100 on, from the first byte on with a look at shapes, or without any."""

    def __init__(self, form: made.Form, *, shapes: bool = True, room: int = 255, limit: int = 2**24) -> None:
        super().__init__(100, implicit=form.implicit, little=not form.big, room=room, limit=100 + limit)
        self.look_from = 0 if shapes else NEVER

    def over(self, pieces: Iterable[bytes]) -> tuple[object, ...]:
        """Return how the walk ended, fed as the machine does it: what lies behind it is dropped."""
        window, start = b"", 100
        found = None
        for piece in pieces:
            keep = min(max(self.pos - start, 0), len(window))
            window, start = window[keep:] + piece, start + keep
            self.base = start
            found = skip(window, self)
            if found is not None or self.odd:
                break
        return found, self.odd, self.pos, self.in_items, self.implicit, self.items, self.item, self.starts

    @property
    def learned(self) -> bool:
        """Whether items were passed over."""
        return any(shapes.last for shapes in self.shapes.values())


def same(
    body: bytes, form: made.Form, *, cut: int | None = None, room: int = 255, limit: int = 2**24
) -> tuple[object, ...]:
    """Return how the walk ends, which shapes have no part in."""
    pieces = [body] if cut is None else [body[:cut], body[cut:]]
    plainly = Walked(form, shapes=False, room=room, limit=limit).over(pieces)
    assert Walked(form, room=room, limit=limit).over(pieces) == plainly
    return plainly


def group(tag: int, form: made.Form, *content: bytes) -> bytes:
    return made.sequence(tag, [made.item(b"".join(content), form, undefined=True)], form, undefined=True)


def frame(form: made.Form, position: str = "-1.5", value: bytes = b"abcd") -> bytes:
    """Return functional groups: nested items, values of which one varies in length, one with a long length field."""
    return made.item(
        group(0x00209111, form, made.element(0x00189220, "FD", bytes(8), form))
        + group(
            0x00209113,
            form,
            made.element(0x00200032, "DS", position, form),
            made.element(0x00200037, "DS", "1\\0", form),
        )
        + made.sequence(0x00289132, [made.item(b"", form)], form, undefined=True)
        + made.element(0x00291010, "OB", value, form)
        + made.element(0x00291011, "UT", "", form),
        form,
        undefined=True,
    )


def ended(form: made.Form, *items: bytes) -> bytes:
    return b"".join(items) + made.header(made.SEQUENCE_END, "", 0, form)


def varied(form: made.Form) -> list[bytes]:
    return [frame(form, "1" * (number % 5), bytes(number % 3 * 2)) for number in range(ROUNDS)]


# -- the walk


@every_form
def test_items_that_are_alike_are_passed_over(form: made.Form) -> None:
    walked = Walked(form)
    body = ended(form, *varied(form), frame(form, "of another length than any", bytes(300)))
    assert walked.over([body + b"what follows"])[0] == 100 + len(body)
    assert walked.learned
    assert walked.items == ROUNDS + 1
    assert same(body, form)[0] == 100 + len(body)


@every_form
def test_a_byte_that_differs(form: made.Form) -> None:
    before = b"".join(varied(form))
    walked = Walked(form)
    walked.over([before])
    assert walked.learned
    item = frame(form)
    behind = ended(form, frame(form))
    odd = 0
    for index in range(len(item)):
        for value in {item[index] ^ 1, item[index] ^ 0x80, 0xFF} - {item[index]}:
            near = item[:index] + bytes([value]) + item[index + 1 :]
            odd += bool(same(before + near + behind, form)[1])
    assert odd > len(item)  # most of them matter


@every_form
def test_an_item_that_is_cut(form: made.Form) -> None:
    body = ended(form, *varied(form))
    item = len(frame(form, "1111", bytes(4)))
    for cut in (*range(len(body) - item - 8, len(body) + 1), *range(0, len(body), 997)):
        assert same(body, form, cut=cut)[0] == 100 + len(body)


@every_form
def test_what_was_learned_is_kept_while_bytes_come(form: made.Form) -> None:
    body = ended(form, *varied(form) * 2)
    walked = Walked(form)
    assert walked.over(body[at : at + 1000] for at in range(0, len(body), 1000))[0] == 100 + len(body)
    assert walked.learned


@every_form
def test_the_limit_is_where_it_is(form: made.Form) -> None:
    body = ended(form, *varied(form))
    item = len(frame(form, "1111", bytes(4)))
    for limit in range(len(body) - item - 8, len(body)):
        found = same(body, form, limit=limit)[0]
        assert found == (100 + len(body) if limit >= len(body) - 8 else None)


@every_form
def test_the_depth_is_what_it_is(form: made.Form) -> None:
    flat = made.item(made.element(0x00100010, "PN", "A", form), form, undefined=True)
    deep = made.item(made.nested(0x0040A730, 3, form, undefined=True), form, undefined=True)
    body = ended(form, *[flat] * ROUNDS, *[deep] * ROUNDS)
    assert same(body, form, room=3)[0] == 100 + len(body)
    assert same(body, form, room=2)[1] is True
    # One level further down the same item is too deep.
    inside = made.sequence(0x0040A730, [flat, deep, deep], form, undefined=True)
    body = ended(form, *[deep] * ROUNDS, made.item(inside, form, undefined=True))
    assert same(body, form, room=4)[0] == 100 + len(body)
    assert same(body, form, room=3)[1] is True


@every_form
def test_items_inside_items(form: made.Form) -> None:
    contours = [
        made.element(0x30060046, "IS", "1", form) + made.element(0x30060050, "DS", "1" * n, form) for n in range(9)
    ]
    inner = made.sequence(
        0x30060040, [made.item(each, form, undefined=True) for each in contours * 9], form, undefined=True
    )
    items = [made.item(inner + made.element(0x30060084, "IS", str(n), form), form, undefined=True) for n in range(3)]
    walked = Walked(form)
    body = ended(form, *items)
    assert walked.over([body])[0] == 100 + len(body)
    assert walked.items == 3
    assert same(body, form)[0] == 100 + len(body)


def test_a_length_that_reads_like_a_vr() -> None:
    # The first element of an item whose length is 4541H: with the low byte first, that is "AE".
    form = made.IMPLICIT

    def item(length: int) -> bytes:
        first = made.element(0x00100010, "PN", bytes(length), form)
        return made.item(
            group(0x0040A730, form, first, made.element(0x00100020, "LO", "1", form)), form, undefined=True
        )

    before = [item(number % 4) for number in range(ROUNDS)]
    body = ended(form, *before, item(0x4540), item(2))
    assert same(body, form)[0] == 100 + len(body)
    assert same(ended(form, *before, item(0x4541), item(2)), form)[1] is True


def test_un_in_the_items() -> None:
    inside = made.item(made.element(0x00100010, "PN", "A", made.IMPLICIT), undefined=True)
    items = [made.item(made.sequence(0x00091010, [inside] * 2, undefined=True, vr="UN"), undefined=True)] * ROUNDS
    assert same(ended(made.EXPLICIT, *items), made.EXPLICIT)[0] == 108 + sum(map(len, items))


def test_what_was_learned_in_explicit_vr_does_not_count_in_implicit_vr() -> None:
    item = made.item(made.element(0x00100010, "PN", "A") + made.element(0x00100020, "LO", "1"), undefined=True)
    inside = made.sequence(0x00091010, [made.item(undefined=True), item], undefined=True, vr="UN")
    body = ended(made.EXPLICIT, *[item] * ROUNDS, made.item(inside, undefined=True))
    assert same(body, made.EXPLICIT)[1] is True


def test_a_short_sequence_is_only_walked_over() -> None:
    walked = SkipState(100, implicit=False, little=True, room=255, limit=2**24)
    walked.base = 100
    body = ended(made.EXPLICIT, *[frame(made.EXPLICIT)] * 5)
    assert len(body) < 2048
    assert skip(body, walked) == 100 + len(body)
    assert walked.shapes == {}


# -- the machine


@every_form
def test_the_machine_sees_the_same_whatever_the_limits(form: made.Form) -> None:
    items = [frame(form, "1" * (number % 5)) for number in range(2 * ROUNDS)]
    data = made.sequence(0x52009230, items, form, undefined=True)
    size = len(b"".join(items))
    plan = Plan(expand=Expand.NONE, collect_up_to=None)
    found = push(data, plan=plan, syntax=form.syntax)  # whole and in small pieces
    assert [event[-1] for event in found.short if event[0] == "Element"] == [b"".join(items)]
    for limit in (size - 9, size - 8, size - 1, size):
        part = push(data, plan=Plan(expand=Expand.NONE, raw_sequence_limit=limit), syntax=form.syntax)
        assert ("ItemStart" in {event[0] for event in part.short}) is (limit < size)
    several = push(
        data,
        plan=Plan(expand=Expand.NONE, raw_sequence_limit=size - 1),
        limits=ParserLimits(elements=100),
        syntax=form.syntax,
    )
    assert isinstance(several.error, LimitError)


# -- shapes


def learning(items: Iterable[bytes], form: made.Form = made.EXPLICIT) -> tuple[Shapes, bytes, Callable[[int], int]]:
    """Return what is known after some items, their bytes, and what looks at an offset of them."""
    shapes = Shapes(0, implicit=form.implicit, little=not form.big)
    buf = b""
    shapes.pass_over(b"", 0, 10**6, 0, 255)  # as if much had been walked over
    for item in items:
        shapes.learn(buf + item, 0, len(buf), len(buf) + len(item))
        buf += item
    return shapes, buf, lambda pos: shapes.pass_over(buf, 0, pos, len(buf), 255)


@every_form
def test_the_headers_of_an_item(form: made.Form) -> None:
    item = made.item(
        made.element(0x00100010, "PN", "AB", form)
        + group(0x0040A730, form)
        + made.element(0x00420011, "OB", bytes(4), form),
        form,
        undefined=True,
    )
    found = sketch(item, 0, len(item), implicit=form.implicit, little=not form.big)
    assert found is not None
    assert found.lengths == [0, 2, 0, 0, 0, 0, 4, 0]
    long, short = (2 if form.big else 4), (4 if form.implicit else 2)
    assert found.lows == [long, short, long, long, long, long, long, long]
    headers = [
        made.header(made.ITEM, "", made.UNDEFINED, form),
        made.header(0x00100010, "PN", 2, form),
        made.header(0x0040A730, "SQ", made.UNDEFINED, form),
        made.header(made.ITEM, "", made.UNDEFINED, form),
        made.header(made.ITEM_END, "", 0, form),
        made.header(made.SEQUENCE_END, "", 0, form),
        made.header(0x00420011, "OB", 4, form),
        made.header(made.ITEM_END, "", 0, form),
    ]
    for header, head, low in zip(headers, found.heads, found.lows, strict=True):
        assert head == header[:-low] + header[len(header) - low + 2 :]


def test_two_items_make_a_shape() -> None:
    shapes, _, look = learning([frame(made.EXPLICIT)])
    assert look(0) == 0
    assert shapes.unknown
    shapes, buf, look = learning([frame(made.EXPLICIT)] * 2)
    assert look(0) == len(buf)
    assert (shapes.passed, shapes.last, shapes.unknown) == (2, len(buf) // 2, False)


def test_what_is_cut_is_not_unknown() -> None:
    shapes, buf, _ = learning([frame(made.EXPLICIT)] * 2)
    size = len(buf) // 2
    assert shapes.pass_over(buf, 0, 0, size - 1, 255) == 0
    assert shapes.passed == 0
    assert not shapes.unknown
    assert shapes.pass_over(buf[: size - 1], 0, 0, NEVER, 255) == 0
    assert not shapes.unknown


def test_a_shape_that_is_too_deep() -> None:
    shapes, buf, _ = learning([frame(made.EXPLICIT)] * 2)
    assert shapes.pass_over(buf, 0, 0, len(buf), 0) == 0
    assert shapes.pass_over(buf, 0, 0, len(buf), 1) == len(buf)


@pytest.mark.parametrize(
    "item",
    [
        made.item(made.element(0x00100010, "OB", bytes(2**14 + 1)), undefined=True),
        made.item(made.element(0x00100010, "LO", b"") * 1023, undefined=True),
        made.item(made.element(0x00100010, "OB", bytes(2**14)) * 4, undefined=True),
        made.item(made.sequence(0x00100010, undefined=True, vr="UN"), undefined=True),
    ],
    ids=["a long value", "many headers", "a long item", "UN"],
)
def test_what_is_not_learned(item: bytes) -> None:
    _, buf, look = learning([item] * 2)
    assert look(0) == 0
    less = item[:8] + item[24:] if len(item) < 100 else item[:8] + item[-8:]
    _, buf, look = learning([less] * 2)
    assert look(0) == len(buf)


def test_what_a_walk_does_as_fast() -> None:
    values = [made.element(0x00100010, "LO", b"1" * n) + made.element(0x00100020, "LO", b"1" * n) for n in (2, 4)]
    _, _, look = learning(made.item(value, undefined=True) for value in values)
    assert look(0) == 0


def test_a_longer_value_than_any_that_is_learned() -> None:
    first = made.element(0x00080008, "CS", "A") * 9
    items = [
        made.item(first + made.element(0x00100010, "LT", bytes(length)), undefined=True)
        for length in (2, 4, 2**14, 2**14 + 2)
    ]
    shapes, _, _ = learning(items[:2])
    buf = b"".join(items)
    assert shapes.pass_over(buf, 0, 0, len(buf), 255) == sum(map(len, items[:3]))


def test_few_shapes_are_remembered() -> None:
    def kinds(number: int, first: Callable[[int], int], second: Callable[[int], int]) -> list[bytes]:
        return [
            made.item(made.element(first(n), "LO", "1") + made.element(second(n), "LO", "1"), undefined=True)
            for n in range(number)
        ]

    # Of those that begin alike, four; of those that begin otherwise, sixteen.
    for most, items in (
        (4, kinds(6, lambda _: 0x00100010, lambda n: 0x00100020 + n)),
        (16, kinds(18, lambda n: 0x00100010 + n, lambda _: 0x00100040)),
    ):
        _, _, look = learning([item for item in items for _ in range(2)])
        size = len(items[0])
        known = [look(2 * number * size) > 2 * number * size for number in range(len(items))]
        assert known == [False] * 2 + [True] * most


def test_learning_is_paid_for() -> None:
    # No two items are alike.
    shapes = Shapes(0, implicit=False, little=True)
    items = [made.item(made.element(0x00100000 + n, "LO", "1"), undefined=True) for n in range(5000)]
    buf = b"".join(items)
    size = len(items[0])
    looked = 0
    for pos in range(size, len(buf), size):
        if pos < shapes.look_from:
            continue
        looked += 1
        assert shapes.pass_over(buf, 0, pos, len(buf), 255) == pos
        assert shapes.unknown
        shapes.learn(buf, 0, pos, pos + size)
    assert 3 < looked < 30


def test_where_an_item_ends() -> None:
    item = made.item(made.element(0x00100010, "LO", "1") * 4, undefined=True)
    found = sketch(item, 0, len(item), implicit=False, little=True)
    assert isinstance(found, Sketch)
    shape = Shape(found, little=True)
    shape.add(item, 0, found)
    for buf, stop, ends, cut in (
        (item, len(item), [len(item)], True),
        (item, len(item) - 1, [], True),
        (item[:-1], len(item), [], True),
        (b"-" + item, len(item), [], False),
        (item + b"-" * len(item), 2 * len(item), [len(item)], False),
        (item * 3, 3 * len(item), [len(item), 2 * len(item), 3 * len(item)], True),
    ):
        assert shape.ends(buf, 0, stop) == ends
        assert shape.cut is cut


@every_form
def test_values_that_are_the_same_for_long(form: made.Form) -> None:
    def item(number: int, kind: str) -> bytes:
        values = made.element(0x00080060, "CS", kind, form) + made.element(0x00080070, "LO", "Maker", form)
        values += made.element(0x00200013, "IS", f"{number % 10:04}", form) + made.element(
            0x00200032, "DS", "1" * (number % 4), form
        )
        return made.item(values + made.element(0x00280010, "US", b"ab", form) * 8, form, undefined=True)

    # What was the same in 256 items changes, more often than anybody looks for it.
    kinds = "CT MR PT NM US XA".split()
    items = [item(number, kinds[number // 600]) for number in range(600 * len(kinds))]
    walked = Walked(form)
    body = ended(form, *items)
    assert walked.over([body])[0] == 100 + len(body)
    assert (walked.items, walked.item) == (len(items), 100 + len(body) - 8 - len(items[-1]))
    # A byte of a header that is next to such values.
    before, near = b"".join(items[:500]), items[500]
    for index in range(len(near)):
        same(before + near[:index] + bytes([near[index] ^ 1]) + near[index + 1 :] + ended(form, items[501]), form)
