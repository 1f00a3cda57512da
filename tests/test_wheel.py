"""The wheel: what type checkers need is in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_the_types_are_in_it(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="hatchling, which builds the wheel, is not there")
    code = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("adicom-*-py3-none-any.whl")
    names = ZipFile(wheel).namelist()
    assert "adicom/py.typed" in names
    assert "adicom/_generated/keywords.pyi" in names
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "adicom").rglob("*.py")}
    assert modules <= set(names)
    assert not [name for name in names if name.startswith("tests/")]
