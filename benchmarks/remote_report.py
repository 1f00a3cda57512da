"""What the results of the benchmark of remote reading say: which bars are missed, in tables."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from remote_sides import SIDES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ("FLOOR_BAR", "fill", "load", "markdown", "missed", "save", "text")

FLOOR_BAR: Final = 1.3
OURS: Final = ("adicom", "adicom-alone", "adicom-s3")
MIB: Final = 2**20

Results = dict[str, Any]


def save(results: Results, path: Path) -> None:
    """Write results to a file."""
    path.write_text(json.dumps(results, indent=1) + "\n")


def load(path: Path) -> Results:
    """Read results from a file."""
    results: Results = json.loads(path.read_text())
    return results


def missed(row: Results) -> list[str]:
    """Return the bars that adicom misses in a row, in words; none is what we want."""
    sides = row["sides"]
    ours = sides.get("adicom")
    if ours is None:
        return []
    if "failed" in ours or "slow" in ours:
        return [ours.get("failed", "too slow")]
    words = [words for side in OURS for words in _missed_requests(row, side)]
    floor = sides.get("floor", {})
    if "wall" in floor and ours["wall"] > FLOOR_BAR * floor["wall"]:
        words.append(f"{ours['wall'] / floor['wall']:.2f} x the floor")
    for side, theirs in sides.items():
        rival = sides.get("adicom-s3", ours) if "s3" in side else ours
        mine = side in (*OURS, "floor") or "wall" not in rival
        if not mine and theirs.get("wall", rival["wall"]) < rival["wall"]:
            words.append(f"{SIDES[side].title} is faster")
    return words


def _missed_requests(row: Results, side: str) -> Iterator[str]:
    cost, bars = row["sides"].get(side, {}), row["bars"]
    where = {"adicom-alone": " without a session", "adicom-s3": " over s3"}.get(side, "")
    if "failed" in cost:
        yield cost["failed"] + where
    if cost.get("heads"):
        yield f"{cost['heads']} HEAD{where}"
    if cost.get("requests", 0) > bars["requests"]:
        yield f"{cost['requests']} requests, not {bars['requests']}{where}"
    if cost.get("bytes", 0) > bars["bytes"]:
        yield f"{size(cost['bytes'])}, not {size(bars['bytes'])}{where}"


def size(number: float) -> str:
    """Return a number of bytes for people."""
    for unit, factor, digits in (("B", 1, 0), ("kB", 1000, 0), ("MB", 10**6, 1)):
        if number < 1000 * factor or unit == "MB":
            return f"{number / factor:.{digits if number < 100 * factor else 0}f} {unit}"
    raise AssertionError("unreachable")


def seconds(number: float) -> str:
    """Return a time for people."""
    return f"{number * 1e3:.{0 if number >= 0.01 else 1}f} ms" if number < 1 else f"{number:.1f} s"


def _ratio(of: str, show: Callable[[float], str]) -> Callable[[Results, Results], str]:
    def cell(cost: Results, ours: Results) -> str:
        if cost is ours or not ours.get(of):
            return show(cost[of])
        ratio = cost[of] / ours[of]
        return f"{show(cost[of])}, {ratio:.{0 if ratio >= 9.95 else 1 if ratio >= 1.95 else 2}f} x"

    return cell


MEASURES: Final[dict[str, Callable[[Results, Results], str]]] = {
    "Wall time": _ratio("wall", seconds),
    "Requests": lambda cost, _: str(cost["requests"]),
    "Bytes": _ratio("bytes", size),
    "CPU time of the client": _ratio("cpu", seconds),
    "Memory of the client": lambda cost, _: f"{cost['memory'] / MIB:.1f} MiB",
}


def _cell(row: Results, side: str, measure: str) -> str:
    cost = row["sides"].get(side)
    if cost is None:
        return ""
    if "slow" in cost:
        return f"> {cost['slow']:.0f} s" if measure == "Wall time" else ""
    if "failed" in cost:
        return "fails" if measure == "Wall time" else ""
    return MEASURES[measure](cost, row["sides"].get("adicom", cost))


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def sections(results: Results) -> dict[str, list[str]]:
    """Return the Markdown tables by their names: what was compared, the bars, then one for each measure."""
    shown = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    tables = {"versions": [f"{results['delay'] * 1e3:.0f} ms a request; {shown}."]}
    headings = ["operation", "requests", "bar", "bytes", "bar", "wall time", "floor", "ratio", "bars reached"]
    rows = [[row["operation"], *_bar_cells(row)] for row in results["rows"]]
    tables["bars"] = [_line(cells) for cells in (headings, ["---"] * len(headings), *rows)]
    sides = [side for side in SIDES if any(side in row["sides"] for row in results["rows"])]
    for measure in MEASURES:
        headings = ["operation", *(SIDES[side].title for side in sides)]
        rows = [[row["operation"], *(_cell(row, side, measure) for side in sides)] for row in results["rows"]]
        tables[measure] = [_line(cells) for cells in (headings, ["---"] * len(headings), *rows)]
    return tables


def markdown(results: Results) -> Iterator[str]:
    """Give the lines of all tables."""
    for name, lines in sections(results).items():
        if name in MEASURES:
            yield f"{name}:"
            yield ""
        yield from lines
        yield ""


def fill(page: str, results: Results) -> str:
    r"""Return a Markdown page with its tables made anew, each between ``<!-- remote: NAME -->`` and ``<!-- -->``.

    Example:
        >>> fill("<!-- remote: versions -->\nold\n<!-- -->\n", {"delay": 0.02, "versions": {"x": "1"}, "rows": []})
        '<!-- remote: versions -->\n\n20 ms a request; x 1.\n\n<!-- -->\n'
    """
    tables = sections(results)

    def table(found: re.Match[str]) -> str:
        return "\n".join([found[1], "", *tables[found[2]], "", found[3]])

    return re.sub(r"(<!-- remote: ([\w' ]+?) -->)\n.*?(<!-- -->)", table, page, flags=re.DOTALL)


def _bar_cells(row: Results) -> list[str]:
    ours, floor, bars = row["sides"].get("adicom", {}), row["sides"].get("floor", {}), row["bars"]
    words = missed(row)
    verdict = "NO: " + "; ".join(words) if words else "yes"
    limits = [f"<= {bars['requests']}", f"<= {size(bars['bytes'])}"]
    if "wall" not in ours:
        return ["", limits[0], "", limits[1], "", "", "", verdict]
    ratio = f"{ours['wall'] / floor['wall']:.2f} x" if "wall" in floor else ""
    floor_wall = seconds(floor["wall"]) if "wall" in floor else ""
    return [
        str(ours["requests"]),
        limits[0],
        size(ours["bytes"]),
        limits[1],
        seconds(ours["wall"]),
        floor_wall,
        ratio,
        verdict,
    ]


def text(row: Results) -> Iterator[str]:
    """Give the lines that show one row on a terminal."""
    words = missed(row)
    verdict = "NO: " + "; ".join(words) if words else "yes"
    yield f"{row['operation']}: {verdict}"
    ours = row["sides"].get("adicom", {})
    for side, cost in row["sides"].items():
        name = f"  {SIDES[side].title}".ljust(36)
        if "failed" in cost or "slow" in cost:
            yield f"{name} {cost.get('failed') or 'more than {:.0f} s'.format(cost['slow'])}"
            continue
        cells = [f"{cost['requests']} requests".rjust(14), size(cost["bytes"]).rjust(9), seconds(cost["wall"]).rjust(8)]
        cells += [f"{cost['wall'] / ours['wall']:.2f} x".rjust(9) if "wall" in ours else ""]
        cells += [f"CPU {seconds(cost['cpu'])}".rjust(12), f"{cost['memory'] / MIB:.1f} MiB".rjust(10)]
        yield name + " ".join(cells)
