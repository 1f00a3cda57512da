"""The layers of adicom: imports point down only, and nothing below ``io`` can wait."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "adicom"

# From the bottom to the top. Modules of one layer may import each other, as long as there is no cycle.
LAYERS = (
    "errors",
    "_generated",
    "tag vr uid checking",
    "datadict charset multival",
    "valuerep",
    "values",
    "parser",
    "dataelem",
    "sequence dataset",
    "encoder",
    "jsonmodel interop",
    "io",
    "filereader filewriter",
    "pixels",
    "reader",
    "rewriting scraping",
    "sync",
    "testing",
    "cli",
    "_wiring __init__ __main__",
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names.split()}

# What waits, or needs the caller's world: an event loop, a thread, a socket, a client library.
WAITING = frozenset(
    "_thread aiofiles aiohttp anyio asyncio boto3 botocore concurrent fsspec http httpx multiprocessing numpy "
    "obstore os pathlib queue requests s3fs select selectors shutil signal socket socketserver ssl subprocess "
    "tempfile threading trio urllib urllib3 uvloop".split()
)


class Import(NamedTuple):
    """One import statement's target."""

    module: str
    line: int


def is_type_checking(test: ast.expr) -> bool:
    """Say whether the condition is ``TYPE_CHECKING``."""
    name = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return name == "TYPE_CHECKING"


def imports(tree: ast.AST, package: str, modules: set[str]) -> list[Import]:
    """Return what the code imports at run time, also inside functions."""
    found: list[Import] = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and is_type_checking(node.test):
            for other in node.orelse:
                found += imports(ast.Module([other], []), package, modules)
        elif isinstance(node, ast.Import):
            found += [Import(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = absolute(node, package)
            submodules = [f"{base}.{alias.name}" for alias in node.names]
            inside = [Import(name, node.lineno) for name in submodules if name in modules]
            # "from adicom.io import drive" needs the module drive; what else is taken comes from the package itself.
            found += inside if len(inside) == len(submodules) else [*inside, Import(base, node.lineno)]
        else:
            found += imports(node, package, modules)
    return found


def absolute(node: ast.ImportFrom, package: str) -> str:
    """Return the full name of the module that is imported from."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])


def layer_of(module: str) -> str:
    """Return the part of the name that the layers speak of."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def module_name(path: Path, package: Path) -> str:
    """Return the dotted name of a file below the package."""
    parts = (package.name, *path.relative_to(package).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read(package: Path) -> dict[str, list[Import]]:
    """Return the imports of each module of the package."""
    files = {module_name(path, package): path for path in sorted(package.rglob("*.py"))}
    found = {}
    for name, path in files.items():
        parent = name if path.name == "__init__.py" else name.rpartition(".")[0]
        found[name] = imports(ast.parse(path.read_text(encoding="utf-8")), parent, set(files))
    return found


def violations(package: Path) -> list[str]:
    """Return a line for each import that breaks a rule."""
    found: list[str] = []
    for name, targets in read(package).items():
        layer = layer_of(name)
        if layer not in LEVEL:
            found.append(f"{name}: is in no layer")
            continue
        for target, line in targets:
            top = target.split(".")[0]
            if top == package.name and LEVEL.get(layer_of(target), len(LAYERS)) > LEVEL[layer]:
                found.append(f"{name}:{line}: imports {target}, which is above it")
            elif top in WAITING and LEVEL[layer] < LEVEL["io"]:
                found.append(f"{name}:{line}: imports {target}, but nothing below io may wait")
    return found


def cycle(package: Path) -> list[str]:
    """Return the modules of an import cycle, none if there is none."""
    graph = {name: {target.module for target in targets} - {name} for name, targets in read(package).items()}
    graph = {name: {target for target in targets if target in graph} for name, targets in graph.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def public_names(tree: ast.Module) -> set[str]:
    """Return the classes and functions that a module defines for others."""
    defined = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, defined) and not node.name.startswith("_")}


def declared(tree: ast.Module) -> tuple[str, ...] | None:
    """Return the module's ``__all__``, None if there is none or it is no tuple."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            value = ast.literal_eval(node.value)
            return value if isinstance(value, tuple) else None
    return None


def modules() -> list[str]:
    """Return the names of all modules."""
    return [module_name(path, PACKAGE) for path in sorted(PACKAGE.rglob("*.py"))]


def is_public(module: str) -> bool:
    """Say whether no part of the name has an underscore in front."""
    return not any(part.startswith("_") for part in module.split("."))


def source(module: str) -> ast.Module:
    """Return the parsed source of a module."""
    path = PACKAGE.joinpath(*module.split(".")[1:])
    return ast.parse((path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8"))


def test_imports_point_down_only() -> None:
    assert violations(PACKAGE) == []


def test_no_import_cycle() -> None:
    assert cycle(PACKAGE) == []


@pytest.mark.parametrize("module", modules())
def test_docstring_says_what_it_is_for(module: str) -> None:
    docstring = ast.get_docstring(source(module))
    assert docstring
    assert docstring.split("\n\n")[0].endswith((".", ":"))


@pytest.mark.parametrize("module", [name for name in modules() if is_public(name)])
def test_all_is_what_is_there(module: str) -> None:
    tree = source(module)
    names = declared(tree)
    assert names is not None, "a public module has a tuple __all__"
    assert len(set(names)) == len(names)
    assert not [name for name in names if name.startswith("_") and not name.startswith("__")]
    assert public_names(tree) - set(names) == set(), "these are missing from __all__"
    imported = importlib.import_module(module)
    assert [name for name in names if not hasattr(imported, name)] == []


def test_importing_the_sans_io_part_loads_nothing_that_waits() -> None:
    below = [name for name in modules() if is_public(name) and LEVEL[layer_of(name)] < LEVEL["io"]]
    # adicom's own __init__ is at the top, so a bare package stands in for it.
    code = (
        "import importlib, sys, types\n"
        "sys.modules['adicom'] = package = types.ModuleType('adicom')\n"
        f"package.__path__ = [{str(PACKAGE)!r}]\n"
        f"for name in {below!r}: importlib.import_module(name)\n"
        "print(*sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    # The standard library imports os, pathlib and more on its own account, so only the telling ones are named.
    telling = {"asyncio", "anyio", "trio", "aiohttp", "fsspec", "numpy", "ssl", "socket", "threading"}
    assert telling & set(result.stdout.split()) == set()


def plant(folder: Path, **files: str) -> Path:
    """Make a package with the given modules; a double underscore stands for a folder."""
    package = folder / "adicom"
    for name, text in {"__init__": "", **files}.items():
        path = package.joinpath(*(name.split("__") if not name.startswith("__") else [name])).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return package


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import adicom.filereader", "imports adicom.filereader, which is above it"),
        ("from adicom import filereader", "imports adicom.filereader, which is above it"),
        ("from .filereader import dcmread", "imports adicom.filereader, which is above it"),
        ("import adicom", "imports adicom, which is above it"),
        ("def f():\n    from adicom.sync import dcmread", "imports adicom.sync, which is above it"),
        (
            "class A:\n    async def f(self):\n        import asyncio.tasks",
            "imports asyncio.tasks, but nothing below io",
        ),
        ("try:\n    import numpy as np\nexcept ImportError:\n    pass", "imports numpy, but nothing below io"),
        ("from os import environ", "imports os, but nothing below io"),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import socket", "imports socket, but nothing below io"),
    ],
)
def test_a_planted_violation_is_caught(tmp_path: Path, text: str, expected: str) -> None:
    package = plant(tmp_path, tag=text, filereader="", sync="")
    (found,) = violations(package)
    assert found.startswith("adicom.tag:")
    assert expected in found


@pytest.mark.parametrize(
    "text",
    [
        "import struct\nimport adicom.errors\nfrom adicom import errors\nfrom . import errors",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from os import PathLike\n    import adicom.sync",
        "import typing\nif typing.TYPE_CHECKING:\n    import numpy",
        "from adicom.uid import UID",
    ],
)
def test_what_is_allowed_is_not_caught(tmp_path: Path, text: str) -> None:
    assert violations(plant(tmp_path, tag=text, errors="", uid="", sync="")) == []


def test_io_may_wait(tmp_path: Path) -> None:
    assert (
        violations(plant(tmp_path, io__sockets="import asyncio, os, threading\nfrom adicom.parser import events")) == []
    )


def test_an_unknown_module_is_caught(tmp_path: Path) -> None:
    assert violations(plant(tmp_path, helpers="")) == ["adicom.helpers: is in no layer"]


def test_a_planted_cycle_is_caught(tmp_path: Path) -> None:
    package = plant(tmp_path, tag="from adicom.uid import UID", uid="def f():\n    from adicom import tag")
    assert set(cycle(package)) == {"adicom.tag", "adicom.uid"}
