"""How fast datasets are written to memory, against pydicom.

Run ``python benchmarks/write.py`` from the root of the repository; the options are those of ``local.py``, and so is
the way it measures. What is measured is encoding and joining, without a disk: bytes as a file would get them.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import made  # noqa: E402
from dataset import readers, touched  # noqa: E402
from table import Row, command, side_by_side  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def writers() -> dict[str, Callable[[Any], bytes]]:
    """Return what writes a dataset on each side."""
    import pydicom

    from adicom.encoder import encode_file

    def theirs(dataset: Any) -> bytes:
        target = io.BytesIO()
        pydicom.dcmwrite(target, dataset)
        return target.getvalue()

    def ours(dataset: Any) -> bytes:
        target = io.BytesIO()
        for piece in encode_file(dataset):
            target.write(piece)  # type: ignore[arg-type]  # nothing is deferred
        return target.getvalue()

    return {"adicom": ours, "pydicom": theirs}


def freed(dataset: Any) -> Any:
    """Let every value of a dataset be one that was set: nothing of it can be written as it was read."""
    for element in dataset.iterall():
        if element.VR != "SQ":
            element.value = element.value
    return dataset


# Name, file, bar, what is done with the dataset before.
PLAN: list[tuple[str, Callable[[], bytes], float | None, str]] = [
    ("write CT as it was read", made.ct, 5, "raw"),
    ("write 1,000-item multi-frame as it was read", lambda: made.enhanced(False), 5, "raw"),
    ("write RTSTRUCT as it was read", made.rtstruct, 3, "raw"),
    ("write CT, all values looked at", made.ct, 3, "looked at"),
    ("write 1,000-item multi-frame, all looked at", lambda: made.enhanced(False), 3, "looked at"),
    ("write RTSTRUCT, all values looked at", made.rtstruct, 3, "looked at"),
    ("write CT, all values set", made.ct, 3, "set"),
    ("write 1,000-item multi-frame, all values set", lambda: made.enhanced(False), 3, "set"),
    ("write RTSTRUCT, all values set", made.rtstruct, 3, "set"),
]


def prepared(read: Callable[[bytes], Any], data: bytes, how: str) -> Any:
    """Return a dataset in the state that a row wants."""
    if how == "raw":
        return read(data)
    dataset = touched(read, data)
    return freed(dataset) if how == "set" else dataset


def rows(rounds: int, wanted: str) -> Iterator[Row]:
    """Run all rows whose name contains `wanted`."""
    for name, make, bar, how in PLAN:
        if wanted not in name:
            continue
        data = make()
        datasets = {side: prepared(read, data, how) for side, read in readers().items()}
        jobs = {side: lambda dataset=datasets[side], write=write: write(dataset) for side, write in writers().items()}
        written = {side: job() for side, job in jobs.items()}
        assert written["adicom"] == data, name
        taken = side_by_side(jobs, max(3, rounds // 3))
        ratio = taken["pydicom"] / taken["adicom"]
        times = [f"{taken[side] * 1e3:.2f} ms" for side in ("adicom", "pydicom")]
        yield Row(
            name,
            *times,
            f"{ratio:.1f} x",
            "" if bar is None else f">= {bar:g} x",
            None if bar is None else ratio >= bar,
        )


if __name__ == "__main__":
    sys.exit(command(rows, __doc__, sys.argv[1:]))
