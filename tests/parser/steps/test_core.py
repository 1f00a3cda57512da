"""What all steps share: warnings, the budget, what the file meta information says."""

from __future__ import annotations

import warnings

from adicom.parser import Expand, Parser, Plan
from adicom.parser.states import MOVES, State
from adicom.parser.steps import DISCARD, STEPS, Budget, Steps
from adicom.parser.steps.core import header_bytes
from tests import made

RAW = Plan(expand=Expand.NONE, collect_up_to=None)


def read(data: bytes, plan: Plan) -> Parser:
    parser = Parser(plan=plan)
    parser.receive_data(data)
    parser.receive_eof()
    while parser.batch():
        pass
    return parser


def test_each_state_has_a_step() -> None:
    assert [STEPS[state] is Steps._done for state in MOVES] == [state == State.DONE for state in MOVES]


def test_what_nobody_wants_is_not_kept() -> None:
    DISCARD.append("a")
    DISCARD.extend("bc")
    assert DISCARD == []


def test_a_budget_is_what_is_left() -> None:
    assert Budget(3).left == 3


def test_bulk_values_do_not_count_as_header() -> None:
    assert header_bytes(0) == 8
    assert header_bytes(65536) == 8 + 65536
    assert header_bytes(65537) == 8


def test_a_warning_is_given_once_a_parse() -> None:
    start = len(made.part10(b""))
    data = made.part10(made.header(made.SEQUENCE_END, "", 0) * 3 + bytes(3))
    for _ in range(2):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            read(data, Plan())
        assert [str(warning.message) for warning in caught] == [
            f"a delimiter behind the last sequence, at byte {start}",
            f"zero bytes behind the last data element, at byte {start + 24}",
        ]


def test_the_transfer_syntax_is_found_in_a_run_or_out_of_it() -> None:
    name = made.element(0x00100010, "PN", "Doe", made.BIG)
    syntax = made.element(0x00020010, "UI", made.EXPLICIT_BE)
    early, late = made.element(0x00020003, "UI", "2.25.1"), made.element(0x00020012, "UI", "2.25.2")
    for meta in (syntax, early + syntax + late, late + early + syntax, early + late + early + syntax):
        for plan in (Plan(), RAW):
            parser = read(bytes(128) + b"DICM" + meta + name, plan)
            assert parser.encoding is not None
            assert not parser.encoding.little_endian
