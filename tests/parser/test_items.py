"""The items of a sequence that was kept raw: all at once where nothing is to be decided, else step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from adicom.errors import DicomWarning, LimitError, ParseError
from adicom.parser import ParserLimits
from adicom.parser.items import item_batches, scan_items
from adicom.parser.kinds import IMPLICIT, LITTLE, Kind, value_of
from adicom.parser.scan import RUN
from adicom.parser.steps import Budget
from tests import made

if TYPE_CHECKING:
    from adicom.parser.kinds import Span

FORMS = {made.EXPLICIT: LITTLE, made.IMPLICIT: LITTLE | IMPLICIT, made.BIG: 0}
CODE = made.element(0x00080100, "SH", "11")
OFFSET = 1000


def arguments(
    value: bytes | Span,
    size: int | None = None,
    *,
    form: int = LITTLE,
    depth: int = 0,
    limits: ParserLimits | None = None,
    budget: Budget | None = None,
) -> dict[str, Any]:
    assert size is not None or isinstance(value, bytes)
    return {
        "value": value,
        "size": len(value) if size is None else size,
        "tag": 0x00081140,
        "offset": OFFSET,
        "form": form,
        "depth": depth,
        "limits": limits or ParserLimits(),
        "budget": budget or Budget(1000),
    }


def scanned(value: bytes | Span, size: int | None = None, **how: Any) -> list[Any] | None:
    return scan_items(**arguments(value, size, **how))


def parsed(value: bytes | Span, size: int | None = None, *, raw_sequence_limit: int = 2**24, **how: Any) -> list[Any]:
    batches = item_batches(**arguments(value, size, **how), raw_sequence_limit=raw_sequence_limit)
    return [item for batch in batches for item in batch]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)
def test_both_give_the_same(form: made.Form) -> None:
    inner = made.sequence(0x0040A730, [made.item(made.element(0x00080104, "LO", "x", form), form)], form)
    deeper = made.sequence(0x00409096, [made.item(b"", form)], form, undefined=True)
    value = made.item(inner, form) + made.item(b"", form, undefined=True) + made.item(deeper, form)
    run = scanned(value, form=FORMS[form])
    assert run is not None
    assert run == parsed(value, form=FORMS[form])
    vr = None if form.implicit else "SQ"
    header = 8 if form.implicit else 12
    third = OFFSET + 8 + len(inner) + 16
    inside = third + 8 + header
    assert run == [
        (Kind.ITEM_START, 0, len(inner), OFFSET, FORMS[form]),
        (0x0040A730, vr, len(inner) - header, inner[header:], OFFSET + 8 + header, FORMS[form]),
        (Kind.ITEM_END, 0, None, OFFSET + 8 + len(inner), FORMS[form]),
        (Kind.ITEM_START, 1, made.UNDEFINED, third - 16, FORMS[form]),
        (Kind.ITEM_END, 1, 0, third - 8, FORMS[form]),
        (Kind.ITEM_START, 2, len(deeper), third, FORMS[form]),
        (Kind.SEQUENCE_START, 0x00409096, vr, made.UNDEFINED, inside, FORMS[form]),
        (Kind.ITEM_START, 0, 0, inside, FORMS[form]),
        (Kind.ITEM_END, 0, None, inside + 8, FORMS[form]),
        (Kind.SEQUENCE_END, 0x00409096, 0, inside + 8, FORMS[form]),
        (Kind.ITEM_END, 2, None, inside + 16, FORMS[form]),
    ]


@pytest.mark.parametrize("take", [scanned, parsed])
def test_items_that_lie_in_other_bytes(take: Any) -> None:
    value = made.item(CODE) + made.item()
    assert take((b"..." + value + b"...", 3), len(value)) == take(value)
    assert len(take(value)) == 5


@pytest.mark.parametrize("take", [scanned, parsed])
def test_long_values_are_not_copied(take: Any) -> None:
    value = made.item(CODE + made.element(0x00091010, "OB", bytes(1024)) + made.element(0x00091011, "OB", bytes(1026)))
    _, _, copied, span, _ = take(value)
    assert copied[3] == bytes(1024)
    assert span[3] == (value, 8 + 10 + 12 + 1024 + 12)
    assert value_of(span) == bytes(1026)


@pytest.mark.parametrize(
    "value",
    [
        made.item(made.element(0x00080100, "SH", "11", made.IMPLICIT)),
        made.item(CODE + b"\x09\0\x10\x10??\2\0ab"),
        made.item(CODE + CODE),
        made.item(made.encapsulated([b"ab"])),
        made.item() + made.header(made.SEQUENCE_END, "", 0),
    ],
    ids=["implicit item", "odd header", "twice the same tag", "fragments", "delimiter in a defined length"],
)
@pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")
def test_what_needs_a_decision_is_left_to_the_machine(value: bytes) -> None:
    assert scanned(value) is None
    assert [item[:2] for item in parsed(value) if item[0] in (Kind.ITEM_START, Kind.ITEM_END)] == [
        (Kind.ITEM_START, 0),
        (Kind.ITEM_END, 0),
    ]


def test_encapsulated_data_stays_whole() -> None:
    pixels = made.encapsulated([b"ab"])
    _, element, _ = parsed(made.item(pixels, undefined=True))
    assert element[:4] == (made.PIXEL_DATA, "OB", made.UNDEFINED, pixels[12:-8])


def test_a_delimiter_in_a_defined_length_is_warned_of() -> None:
    with pytest.warns(DicomWarning, match="a sequence delimiter in a sequence of defined length"):
        found = parsed(made.item() + made.header(made.SEQUENCE_END, "", 0))
    assert len(found) == 2


def test_a_value_that_overruns_is_an_error_with_its_path() -> None:
    value = made.item() + made.item(made.element(0x00100020, "LO", b"ab", length=4))
    assert scanned(value) is None
    with pytest.raises(ParseError, match="overruns its item") as caught:
        parsed(value)
    assert caught.value.path == ((0x00081140, 1),)
    assert caught.value.tag == 0x00100020


def test_fragments_that_overrun_their_item() -> None:
    pixels = made.encapsulated([b"abcd"])
    value = made.header(made.ITEM, "", len(pixels) - 4) + pixels
    with pytest.raises(ParseError, match="a value of undefined length overruns its item") as caught:
        parsed(value)
    assert (caught.value.tag, caught.value.offset) == (made.PIXEL_DATA, OFFSET + 8 + 12)


def test_an_item_that_is_cut_is_an_error() -> None:
    with pytest.raises(ParseError, match="overruns its sequence"):
        parsed(made.header(made.ITEM, "", 20) + CODE)
    with pytest.raises(ParseError, match="4 bytes are left, an item takes 8"):
        parsed(made.item(CODE) + bytes(4))


def test_depth() -> None:
    value = made.item(made.sequence(0x0040A730, [made.item()], undefined=True))
    limits = ParserLimits(depth=3)
    run = scanned(value, depth=1, limits=limits)
    assert run is not None
    assert run == parsed(value, depth=1, limits=limits)
    assert scanned(value, depth=2, limits=limits) is None
    with pytest.raises(LimitError, match="nested too deeply"):
        parsed(value, depth=2, limits=limits)
    assert scanned(value, depth=3, limits=limits) is None
    with pytest.raises(LimitError, match="nested too deeply"):
        parsed(value, depth=3, limits=limits)


def test_the_budget_is_shared() -> None:
    value = made.item(CODE) * 3
    budget = Budget(20)
    assert scanned(value, budget=budget) is not None
    assert budget.left == 11
    parsed(value, budget=budget)  # counts the start and the end of the sequence, too
    assert budget.left == 0
    assert scanned(value, budget=budget) is None
    with pytest.raises(LimitError, match="too many data elements"):
        parsed(value, budget=budget)


def test_a_sequence_longer_than_a_run_is_taken_in_one_go() -> None:
    number = 3 * RUN // 18
    value = made.item(CODE) * number
    run = scanned(value, budget=Budget(10**6))
    assert run is not None
    assert [item[1] for item in run if item[0] == Kind.ITEM_END] == list(range(number))
    assert run == parsed(value, budget=Budget(10**6))
    assert scanned(value + CODE, budget=Budget(10**6)) is None


def test_a_long_sequence_is_taken_step_by_step() -> None:
    number = 2**20 // 18 + 1
    value = made.item(CODE) * number
    assert scanned(value, budget=Budget(10**6)) is None
    batches = list(item_batches(**arguments(value, budget=Budget(10**6)), raw_sequence_limit=2**24))
    assert len(batches) > 1
    assert sum(map(len, batches)) == number * 3


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.syntax)
def test_sequences_above_the_limit_are_taken_apart(form: made.Form) -> None:
    inner = made.sequence(0x0040A730, [made.item(made.element(0x00091010, "OB", bytes(RUN), form), form)], form)
    value = made.item(inner, form)
    stays = parsed(value, form=FORMS[form], raw_sequence_limit=len(inner))
    assert [item[0] for item in stays] == [Kind.ITEM_START, 0x0040A730, Kind.ITEM_END]
    apart = parsed(value, form=FORMS[form], raw_sequence_limit=RUN)
    assert [item[0] for item in apart] == [
        Kind.ITEM_START,
        Kind.SEQUENCE_START,
        Kind.ITEM_START,
        0x00091010,
        Kind.ITEM_END,
        Kind.SEQUENCE_END,
        Kind.ITEM_END,
    ]
    assert value_of(apart[3]) == bytes(RUN)
