"""The examples of the README and of docs/: each Python block runs, and prints what the text block behind it says."""

from __future__ import annotations

import ast
import doctest
import inspect
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
import pytest

from tests.servers import RangeServer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SAMPLES = {
    "ct.dcm": "CT_small.dcm",
    "mr.dcm": "MR_small.dcm",
    "us.dcm": "examples_ybr_color.dcm",
    "dose.dcm": "rtdose.dcm",
}
DISC = ("DICOMDIR", "77654033/CR1/6154")

WITHOUT_CODE = frozenset({"servers.md"})

BLOCK = re.compile(r"^```([\w-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACE = "https://example.org"
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")


@pytest.fixture
def server() -> Iterator[RangeServer]:
    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    files = {name: (folder / sample).read_bytes() for name, sample in SAMPLES.items()}
    objects = {f"/{name}": data for name, data in files.items()}
    with RangeServer(objects | {f"/bucket{path}": data for path, data in objects.items()}) as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, server: RangeServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder and an environment in which the examples find what they name."""
    for name in SAMPLES:
        (tmp_path / name).write_bytes(server.objects[f"/{name}"])
    for name in DISC:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests" / name, tmp_path / name)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "me")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def blocks_of(page: Path) -> list[tuple[int, str, str]]:
    """Return line, language and text of each fenced block."""
    text = page.read_text(encoding="utf-8")
    return [(text.count("\n", 0, found.start(2)), found[1], found[2]) for found in BLOCK.finditer(text)]


async def printed_by(code: str, names: dict[str, Any], page: Path, line: int) -> str:
    """Run one block, which may await at its top level; return what it prints."""
    compiled = compile("\n" * line + code, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    with redirect_stdout(StringIO()) as output:
        result = eval(compiled, names)
        if inspect.isawaitable(result):
            await result
    return output.getvalue()


@pytest.mark.asyncio
@pytest.mark.leaves("sockets")  # obstore keeps connections for some seconds
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_examples(page: Path, place: Path, server: RangeServer) -> None:
    names: dict[str, Any] = {"access_key": "me", "secret_key": "secret", "endpoint": server.url}
    blocks = blocks_of(page)
    if page.name in WITHOUT_CODE:
        assert not blocks
        return
    assert any(language == "python" for _, language, _ in blocks)
    for (line, language, code), (_, next_language, expected) in zip(blocks, [*blocks[1:], (0, "", "")], strict=True):
        if language != "python":
            continue
        printed = (await printed_by(code.replace(PLACE, server.url), names, page, line)).replace(server.url, PLACE)
        wanted = expected if next_language == "text" else ""
        same = doctest.OutputChecker().check_output(wanted, printed, doctest.ELLIPSIS)
        assert same, f"{page.name}, line {line}, prints:\n{printed}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = [found[1] for found in LINK.finditer(page.read_text(encoding="utf-8")) if "://" not in found[1]]
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_mypy_reports_a_forgotten_await(tmp_path: Path) -> None:
    """docs/index.md names each line that mypy reports, with the code that it reports."""
    [code] = [text for _, language, text in blocks_of(ROOT / "docs" / "index.md") if language == "python-error"]
    program = tmp_path / "forgotten.py"
    program.write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file=", "--follow-imports=silent", "--ignore-missing-imports"]
    command += [f"--cache-dir={tmp_path / 'cache'}", str(program)]
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tmp_path, env={**os.environ, "MYPYPATH": str(ROOT)}
    )
    found = re.findall(r"forgotten\.py:(\d+): error: .*\[([\w-]+)\]", result.stdout)
    wanted = [
        (str(number), match[1])
        for number, line in enumerate(code.splitlines(), 1)
        if (match := re.search(r"# \[([\w-]+)\]", line))
    ]
    assert found == wanted, result.stdout + result.stderr


def test_every_option_is_explained() -> None:
    from adicom.filereader import ReadKeywords

    page = (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
    assert [name for name in ReadKeywords.__annotations__ if f"`{name}`" not in page] == []


def test_every_option_of_writing_is_explained() -> None:
    from adicom.filewriter import WriteKeywords

    page = (ROOT / "docs" / "writing.md").read_text(encoding="utf-8")
    assert [name for name in WriteKeywords.__annotations__ if f"`{name}`" not in page] == []


def test_every_check_of_a_source_is_explained() -> None:
    from adicom.testing import SourceSuite

    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    assert [name for name in SourceSuite.names() if f"| `{name}` |" not in page] == []


def test_every_event_is_explained() -> None:
    from typing import get_args

    from adicom.parser import Event

    page = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    assert [kind.__name__ for kind in get_args(Event) if f"`{kind.__name__}`" not in page] == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="the scripts are written for bash")
@pytest.mark.parametrize("script", ["demo", "soak", "test", "test-servers", "_environment.sh"])
def test_scripts_are_sound(script: str) -> None:
    subprocess.run(["bash", "-n", str(ROOT / "tools" / script)], check=True)
