"""The names of ``adicom.io``, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import adicom.io
import adicom.sync.io


def test_names_are_there() -> None:
    assert set(adicom.io.__all__) <= set(dir(adicom.io))
    assert all(hasattr(adicom.io, name) for name in adicom.io.__all__)
    with pytest.raises(AttributeError, match=r"^module 'adicom\.io' has no attribute 'ungzip'$"):
        adicom.io.ungzip  # noqa: B018


def test_blocking_code_has_the_ones_that_need_no_loop() -> None:
    twins = {name for name in adicom.sync.io.__all__ if name.islower()}
    assert twins == {"clean_stale", "gunzip", "http_body", "multipart_parts"}
    assert twins <= set(adicom.io.__all__)


def test_no_client_library_is_imported() -> None:
    # adicom.sync imports all of adicom.sync.io.
    code = "import sys, adicom.sync; print(*{'aiohttp', 'fsspec', 'multipart', 'email', 'asyncio'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []
