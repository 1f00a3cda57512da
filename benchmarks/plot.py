"""The plot of docs/cloud.md, made from the results of remote.py.

``python benchmarks/plot.py RESULTS.json docs/remote.svg``; the name's ending says what kind of picture it is.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from remote_report import load

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN: Final = (
    "header of a 0.5 MB CT",
    "header of 577 kB, defined lengths",
    "header of 577 kB, undefined lengths",
    "header of a deflated object of 3.6 MB",
    "one tag of 312 MB, BOT",
    "stop_before_pixels, 312 MB, no table",
    "defer_size, 312 MB, no table",
    "one frame of 312 MB, BOT",
    "one frame of 312 MB, EOT",
    "one frame of 312 MB, no table",
    "then an earlier frame, no table",
    "then 100 neighbouring frames, BOT",
)

# Colour, marker, filled: hollow ones have blocks of 64 KiB. The colours are Okabe and Ito's.
LOOKS: Final[dict[str, tuple[str, str, bool]]] = {
    "wsidicom-64": ("#CC79A7", "v", False),
    "wsidicom": ("#CC79A7", "v", True),
    "highdicom-64": ("#009E73", "D", False),
    "highdicom": ("#009E73", "D", True),
    "pydicom-s3-64": ("#E69F00", "s", False),
    "pydicom-s3": ("#E69F00", "s", True),
    "pydicom-64": ("#56B4E9", "o", False),
    "pydicom": ("#56B4E9", "o", True),
    "floor": ("#000000", "|", True),
    "adicom": ("#D62728", "o", True),
}
NAMES: Final = {
    "adicom": "adicom",
    "floor": "the same requests alone",
    "pydicom": "pydicom, fsspec",
    "pydicom-s3": "pydicom, s3fs",
    "highdicom": "highdicom, fsspec",
    "wsidicom": "wsidicom",
}


def draw_rows(axes: Axes, rows: list[dict[str, Any]], measure: str, timeout: float) -> None:
    """Draw one measure of all rows, a line each."""
    for place, row in enumerate(rows):
        costs = {side: row["sides"].get(side, {}) for side in LOOKS}
        found = [cost[measure] for cost in costs.values() if cost.get(measure)]
        if found:
            axes.plot([min(found), max(found)], [place, place], color="#DDDDDD", linewidth=3, zorder=1)
        for order, (side, (colour, marker, filled)) in enumerate(LOOKS.items(), 2):
            cost = costs[side]
            face = colour if filled else "white"
            value = cost.get(measure)
            if value:
                width = 9 if side == "adicom" else 14 if side == "floor" else 7
                axes.plot(value, place, marker, color=colour, mfc=face, mew=1.6, markersize=width, zorder=order)
            elif "slow" in cost and measure == "wall":
                axes.plot(timeout, place, ">", color=colour, mfc=face, mew=1.6, markersize=8, zorder=order)


def plain(value: float, units: dict[str, float]) -> str:
    """Return a tick's label in the largest unit that is not above it."""
    unit = max((unit for unit in units if units[unit] <= value * 1.001), key=units.__getitem__, default=min(units))
    return f"{value / units[unit]:.3g} {unit}"


def style(axes: Axes, title: str, steps: tuple[int, ...], units: dict[str, float]) -> None:
    """Give a panel its scale, its grid and its title."""
    axes.set_xscale("log")
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
    axes.xaxis.set_major_locator(LogLocator(base=10, subs=steps))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value, units)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(axis="x", which="major", color="#E5E5E5", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def legend(figure: Figure) -> None:
    """Say which marker is which."""
    handles = []
    for side, name in NAMES.items():
        colour, marker, _ = LOOKS[side]
        size_shown = 12 if side == "floor" else 8
        handles.append(
            Line2D([], [], color=colour, marker=marker, linestyle="", mew=1.6, markersize=size_shown, label=name)
        )
    grey = {"color": "#777777", "linestyle": "", "mew": 1.6, "markersize": 7}
    handles.append(Line2D([], [], marker="o", mfc="white", label="hollow: blocks of 64 KiB", **grey))
    handles.append(Line2D([], [], marker=">", label="given up", **grey))
    figure.legend(handles=handles, loc="lower center", ncols=4, frameon=False, fontsize=9.5)


def draw(results: dict[str, Any]) -> Figure:
    """Return the plot of some rows: time on the left, bytes on the right."""
    by_name = {row["operation"]: row for row in results["rows"]}
    rows = [by_name[name] for name in SHOWN if name in by_name]
    slow = [cost["slow"] for row in rows for cost in row["sides"].values() if "slow" in cost]
    figure = Figure(figsize=(11, 1.6 + 0.42 * len(rows)), layout="constrained")
    figure.get_layout_engine().set(rect=(0, 0.13, 1, 0.86), wspace=0.03)  # type: ignore[union-attr,call-arg]
    left, right = figure.subplots(1, 2, sharey=True)
    draw_rows(left, rows, "wall", max(slow, default=30))
    draw_rows(right, rows, "bytes", 0)
    left.set_yticks(range(len(rows)), [row["operation"] for row in rows])
    left.set_ylim(len(rows) - 0.5, -0.5)
    style(left, f"Wall time, {results['delay'] * 1e3:.0f} ms a request", (1, 3), {"ms": 1e-3, "s": 1})
    style(right, "Bytes received", (1,), {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9})
    legend(figure)
    return figure


def main(arguments: list[str]) -> int:
    """Draw the plot."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("results", type=Path, help="what remote.py has saved")
    options.add_argument("picture", type=Path, help="where to draw it: .svg, .png")
    chosen = options.parse_args(arguments)
    # The same results give the same file.
    mpl.rcParams.update({"svg.hashsalt": "adicom", "svg.fonttype": "none", "font.family": "sans-serif"})
    figure = draw(load(chosen.results))
    metadata = {"Date": None} if chosen.picture.suffix == ".svg" else None
    figure.savefig(chosen.picture, dpi=130, facecolor="white", metadata=metadata)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
