"""How fast datasets are once they are here, against pydicom.

Run ``python benchmarks/dataset.py`` from the root of the repository; the options are those of ``local.py``, and so is
the way it measures.
"""

from __future__ import annotations

import copy
import io
import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import made  # noqa: E402
from table import Row, command, side_by_side  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TIMES = 1000
"""How often one attribute is read or set in a run."""


def readers() -> dict[str, Callable[[bytes], Any]]:
    """Return what reads bytes on each side."""
    import pydicom

    import adicom.sync

    return {"adicom": adicom.sync.dcmread, "pydicom": lambda data: pydicom.dcmread(io.BytesIO(data))}


def touched(read: Callable[[bytes], Any], data: bytes) -> Any:
    """Return a dataset with every value decoded."""
    dataset = read(data)
    for element in dataset.iterall():
        _ = element.value
    return dataset


def getting(dataset: Any) -> None:
    """Read decoded values of several kinds."""
    for _ in range(TIMES):
        dataset.Rows  # noqa: B018
        dataset.PatientID  # noqa: B018
        dataset.PatientName  # noqa: B018
        dataset.ImagePositionPatient  # noqa: B018


def setting(dataset: Any) -> None:
    """Set values of several kinds."""
    for _ in range(TIMES):
        dataset.Rows = 512
        dataset.PatientID = "12345"
        dataset.StudyDate = "20240102"
        dataset.PatientName = "CITIZEN^Joan"
        dataset.ImagePositionPatient = [1.5, -2.5, 10]


def iterating(dataset: Any) -> None:
    """Go through all elements."""
    for _ in dataset.iterall():
        pass


# Name, file, what is done, bar, whether the values are decoded before.
PLAN: list[tuple[str, Callable[[], bytes], Callable[[Any], object], float | None, bool]] = [
    ("get 4 attributes 1,000 times", made.ct, getting, 2, True),
    ("set 5 attributes 1,000 times", made.ct, setting, 2, True),
    ("iterall, 1,000-item multi-frame", lambda: made.enhanced(False), iterating, 3, True),
    ("to_json, 1,000-item multi-frame", lambda: made.enhanced(False), lambda ds: ds.to_json(), 2, True),
    ("deepcopy, 1,000-item multi-frame", lambda: made.enhanced(False), copy.deepcopy, 2, True),
    ("deepcopy, CT as it was read", made.ct, copy.deepcopy, None, False),
    ("pickle and back, 1,000-item multi-frame", lambda: made.enhanced(False), lambda ds: again(ds), None, True),
    ("str, 1,000-item multi-frame", lambda: made.enhanced(False), str, None, True),
]


def again(dataset: Any) -> Any:
    """Pickle a dataset and bring it back."""
    return pickle.loads(pickle.dumps(dataset))


def rows(rounds: int, wanted: str) -> Iterator[Row]:
    """Run all rows whose name contains `wanted`."""
    for name, make, do, bar, decoded in PLAN:
        if wanted not in name:
            continue
        data = make()
        datasets = {side: touched(read, data) if decoded else read(data) for side, read in readers().items()}
        jobs = {side: lambda dataset=dataset, do=do: do(dataset) for side, dataset in datasets.items()}
        taken = side_by_side(jobs, rounds if name.startswith(("get", "set")) else max(3, rounds // 3))
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
