"""How far the parser has come in what it is in the middle of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import adicom
from adicom.parser.plan import Expand, Plan
from adicom.parser.progress import Progress
from tests import made
from tests.made import element, item, part10, sequence

if TYPE_CHECKING:
    from adicom.parser.kinds import Batch

GROUPS = 0x52009230


def progress_of(data: bytes, plan: Plan) -> Progress | None:
    parser = adicom.Parser(plan=plan)
    parser.receive_data(data)
    batch: Batch = parser.batch()
    while batch:
        batch = parser.batch()
    return parser.progress


START = part10(element(0x00280008, "IS", "9"))
KEPT = Plan(expand=Expand.NONE, collect_up_to=None)
TAKEN_APART = Plan(expand=Expand.ALL)
CONTENT = element(0x00189074, "DT", "20250101120000")  # 8 + 14 bytes
FIRST_ITEM = len(START) + 12


@pytest.mark.parametrize("plan", [KEPT, TAKEN_APART], ids=["kept", "taken apart"])
@pytest.mark.parametrize("undefined", [False, True], ids=["defined items", "undefined items"])
def test_progress_in_a_sequence(plan: Plan, undefined: bool) -> None:
    items = [item(CONTENT, undefined=undefined) for _ in range(9)]
    whole = START + sequence(GROUPS, items, undefined=True)
    size = len(items[0])
    progress = progress_of(whole[: FIRST_ITEM + 3 * size + 4], plan)
    assert progress == Progress(GROUPS, FIRST_ITEM, None, 3, FIRST_ITEM + 3 * size)


def test_progress_in_the_middle_of_an_item() -> None:
    nested = sequence(0x00209111, [item(CONTENT, undefined=True)] * 2, undefined=True)
    items = [item(nested + CONTENT, undefined=True) for _ in range(9)]
    whole = START + sequence(GROUPS, items, undefined=True)
    size = len(items[0])
    for cut in range(16, size - 8):
        progress = progress_of(whole[: FIRST_ITEM + 3 * size + cut], KEPT)
        assert progress == Progress(GROUPS, FIRST_ITEM, None, 3, FIRST_ITEM + 3 * size), cut
        apart = progress_of(whole[: FIRST_ITEM + 3 * size + cut], TAKEN_APART)
        assert apart is not None
        assert (apart.tag, apart.start, apart.items) == (GROUPS, FIRST_ITEM, 3.5)


def test_an_item_of_defined_length_is_known_before_it_is_here() -> None:
    items = [item(CONTENT) for _ in range(9)]
    whole = START + sequence(GROUPS, items, undefined=True)
    progress = progress_of(whole[: FIRST_ITEM + 10], KEPT)
    assert progress == Progress(GROUPS, FIRST_ITEM, None, 1, FIRST_ITEM + len(items[0]))


def test_progress_in_a_value() -> None:
    whole = START + element(0x7FE00001, "OV", bytes(800))
    assert progress_of(whole[:-10], KEPT) == Progress(0x7FE00001, len(START) + 12, 800)
    assert progress_of(START, KEPT) is None


def test_there_is_no_progress_where_offsets_are_inflated() -> None:
    data = made.deflated(element(0x00280008, "IS", "9") + sequence(GROUPS, [item(CONTENT)] * 9, undefined=True))
    assert progress_of(data[:-20], KEPT) is None


def test_bytes_an_item() -> None:
    assert Progress(GROUPS, 1000, None, 4, 3000).bytes_an_item == 500
    assert Progress(GROUPS, 1000, None).bytes_an_item is None
