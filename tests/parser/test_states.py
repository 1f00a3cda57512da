"""Every move of the machine is in the table of legal ones."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest

from adicom.errors import DicomError
from adicom.parser import Expand, Parser, Plan
from adicom.parser.states import MOVES, State
from tests.conftest import corpus_files, pydicom_files

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {number: name for name, number in vars(State).items() if name.isupper()}
PLANS = {
    "events": Plan(),
    "chunks": Plan(collect_up_to=16),
    "raw": Plan(expand=Expand.NONE, collect_up_to=None),
    "deferred": Plan(expand=Expand.NONE, collect_up_to=None, skip_above=64),
    "wanted": Plan(expand=Expand.NONE, collect_up_to=None, wanted=frozenset({0x00100020, 0xFFFCFFFC})),
}


class Watched(Parser):
    """Remembers its moves."""

    def __init__(self, **kwargs: Any) -> None:
        self.moves: set[tuple[int, int]] = set()
        super().__init__(force=True, **kwargs)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_state" and value != self._state:
            self.moves.add((self._state, value))
        super().__setattr__(name, value)


def moves_of(data: bytes, plan: Plan) -> set[tuple[int, int]]:
    parser = Watched(plan=plan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for at in range(0, len(data), 999):
                parser.receive_data(data[at : at + 999])
                while parser.batch():
                    pass
            parser.receive_eof()
            while parser.batch():
                pass
        except DicomError:
            pass
    return parser.moves


@pytest.mark.parametrize("name", PLANS)
def test_moves_are_legal(name: str) -> None:
    files: list[Path] = [path for path in [*corpus_files(), *pydicom_files()] if path.stat().st_size < 300_000]
    moves = set().union(*(moves_of(path.read_bytes(), PLANS[name]) for path in files[::3]))
    assert not {(NAMES[start], NAMES[end]) for start, end in moves if end not in MOVES[start]}


def test_every_state_has_its_moves() -> None:
    assert set(MOVES) == set(NAMES)
