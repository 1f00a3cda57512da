"""What the benchmarks of remote reading say of their results."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


def cost(**differences: Any) -> dict[str, Any]:
    return {"requests": 1, "heads": 0, "bytes": 16384, "wall": 0.022, "cpu": 0.002, "memory": 0, **differences}


def row(**sides: dict[str, Any]) -> dict[str, Any]:
    others = {"floor": cost(wall=0.02), "pydicom": cost(wall=0.04, requests=2)}
    bars = {"requests": 1, "bytes": 16384}
    return {"operation": "a header", "bars": bars, "sides": {"adicom": cost(), **others, **sides}}


@pytest.mark.parametrize(
    ("sides", "words"),
    [
        ({}, []),
        ({"adicom": cost(requests=2)}, ["2 requests, not 1"]),
        ({"adicom": cost(bytes=20_000)}, ["20 kB, not 16 kB"]),
        ({"adicom": cost(heads=1)}, ["1 HEAD"]),
        ({"adicom": cost(wall=0.03)}, ["1.50 x the floor"]),
        ({"pydicom": cost(wall=0.021)}, ["pydicom, fsspec is faster"]),
        ({"pydicom": {"slow": 30}, "wsidicom": {"failed": "ValueError"}}, []),
        ({"adicom": {"failed": "AttributeError: no frame_bytes"}}, ["AttributeError: no frame_bytes"]),
        ({"adicom": {"slow": 30}}, ["too slow"]),
        ({"adicom-s3": cost(wall=0.05), "pydicom-s3": cost(wall=0.04)}, ["pydicom, s3fs is faster"]),
        ({"adicom-s3": cost(requests=3)}, ["3 requests, not 1 over s3"]),
    ],
)
def test_each_missed_bar_is_named(sides: dict[str, Any], words: list[str]) -> None:
    report = importlib.import_module("remote_report")
    found = row(**sides)
    assert report.missed(found) == words
    tables = report.sections({"delay": 0.02, "versions": {}, "rows": [found]})
    assert tables["bars"][-1].endswith("| yes |" if not words else f"NO: {'; '.join(words)} |")


def test_a_page_is_filled_where_it_asks_for_it() -> None:
    report = importlib.import_module("remote_report")
    page = "# A\n<!-- remote: Requests -->\nold\n<!-- -->\nrest <!-- -->\n"
    table = "| operation | adicom | aiohttp, the same requests | pydicom, fsspec |"
    filled = report.fill(page, {"delay": 0.02, "versions": {}, "rows": [row()]})
    assert filled.startswith(f"# A\n<!-- remote: Requests -->\n\n{table}\n")
    assert filled.endswith("| a header | 1 | 1 | 2 |\n\n<!-- -->\nrest <!-- -->\n")


def test_each_operation_has_its_bars_and_its_answer() -> None:
    operations = importlib.import_module("remote_operations")
    sides = importlib.import_module("remote_sides")
    objects = importlib.import_module("remote_objects")
    titles = []
    for operation in operations.operations():
        body = objects.made_object(operation.name)
        place = sides.Place("http://127.0.0.1", operation.name, body.frames)
        assert 0 < operation.requests(body, place) < 30
        assert 0 < operation.allowed(body, place) < 220_000_000
        assert operation.answer(place)
        assert operation.small in objects.CATALOGUE
        assert hasattr(sides.Adicom, operation.job)
        titles.append(operation.title)
    assert len({*titles}) == len(titles) > 30
