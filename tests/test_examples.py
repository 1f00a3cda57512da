"""The programs in examples/: each runs by itself, offline, and prints what it promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest

from tests.servers import RangeServer

ROOT = Path(__file__).resolve().parents[1]

EXPECTED = {
    "deidentify": r"^one of them: Patient's Name '', Identity Removed YES\n2 objects written, 0 refused, 1 failed\n"
    r"elements: 6 replaced, 8 set\n  1 x InvalidDicomError\nNOT DONE: pixels .* 2 objects do not say .*\n$",
    "header_over_http": r"CT, 512 x 512, 10 elements\n.*1 GET, 16,384 bytes\nPixelData is <deferred, 67\.1 MB>",
    "huge_stream": r"2,048 frames, 1\.00 GiB\npeak memory: \d+ MiB, of which (\d|[12]\d|3[012]) MiB for the stream\n$",
    "parser_by_hand": r"\(0010, 0010\) PN +8 bytes  b'Doe\^Jane'\n(.*\n)*.*4,194,304 bytes, .*\n +4194630  the end\n$",
    "scrape_a_stream": r"^(\d{6}  20260102  CT   read [\d,]+ bytes\n){3}of 3 x 100 MiB .* (\d|[1-5]\d)\.\d MiB\n$",
    "starlette_upload": r"^an image of 200 MiB: +201 Created, after 209,715,526 bytes\n"
    r"a compressed one: +415 Unsupported Media Type, after [\d,]{5,10} bytes\n"
    r"a text: +400 Bad Request, after [\d,]+ bytes\none that breaks off: +no answer, after 326 bytes\n"
    r"the endpoint says: .*the stream broke \(ClientDisconnect\)\nin the folder: +a \.dcm of 209,715,526 bytes\n"
    r"peak memory: (\d|[12]\d|3[012]) MiB more than before\n$",
    "stow_rs": r"^1  application/dicom  CT   32,768 bytes of pixels\n2  .*  MR    8,192 .*\n3  .*  MR   81,920 .*\n"
    r"4  .*  US  189,842 bytes of pixels\n200 OK: 4 of 4 stored\n$",
    "wado_rs": r"^1  application/dicom  CT  128 x 128 x 1 +32,768 bytes of pixels\n2  .*\n3  .*  MR  64 x 64 x 10 .*\n"
    r"4  application/dicom  US .* [\d,]+ bytes of pixels\n1 request, 358,\d{3} bytes\n$",
}


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **variables}
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=False, env=environment, timeout=120
    )


def test_all_are_tested() -> None:
    assert {path.stem for path in (ROOT / "examples").glob("*.py")} == {*EXPECTED, "made"}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_example(name: str) -> None:
    result = run(str(ROOT / "examples" / f"{name}.py"))
    assert result.stderr == ""
    assert result.returncode == 0
    assert re.search(EXPECTED[name], result.stdout), result.stdout


# -- the demo and the soak test are programs, too -----------------------------------------------------------------


def test_demo_counts_as_the_server_does() -> None:
    result = run(str(ROOT / "tools" / "demo.py"))
    assert result.stderr == ""
    rows = re.findall(r"^  \w.*?(\d+) +([\d,]+) +[\d.]+% +(\d+) +([\d,]+)$", result.stdout, re.MULTILINE)
    assert len(rows) == 6, result.stdout
    assert all((ours, received) == (theirs, sent) for ours, received, theirs, sent in rows)
    assert rows[0][:2] == ("1", "16,384")


def test_demo_of_a_file_shows_no_patient() -> None:
    path = Path(pydicom.__file__).parent / "data" / "test_files" / "CT_small.dcm"
    result = run(str(ROOT / "tools" / "demo.py"), str(path))
    assert result.returncode == 0
    assert "CT Image Storage" in result.stdout
    assert "CompressedSamples" not in result.stdout
    assert "1CT1" not in result.stdout


def test_demo_of_an_object_in_s3() -> None:
    path = Path(pydicom.__file__).parent / "data" / "test_files" / "examples_ybr_color.dcm"
    with RangeServer({"/bucket/us.dcm": path.read_bytes()}) as server:
        keys = {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
        place = {"AWS_ENDPOINT_URL": server.url, "AWS_ALLOW_HTTP": "true"}
        result = run(str(ROOT / "tools" / "demo.py"), "s3://bucket/us.dcm", **keys, **place)
    assert result.stderr == ""
    assert "The object has 224,902 bytes" in result.stdout
    assert "PLA" not in result.stdout
    costs = re.findall(r" (\d+) +([\d,]+) +[\d.]+%$", result.stdout, re.MULTILINE)
    assert server.gets == 1 + sum(int(requests) for requests, _ in costs)
    assert server.sent == 1 + sum(int(received.replace(",", "")) for _, received in costs)


@pytest.mark.parametrize("place", ["/no/such/file.dcm", "http://127.0.0.1:9/a.dcm", "nosuch://a/b", __file__])
def test_demo_of_nothing_says_so(place: str) -> None:
    result = run(str(ROOT / "tools" / "demo.py"), place)
    assert result.returncode == 1
    assert result.stderr.startswith("That did not work.")
    assert "Traceback" not in result.stderr


def test_soak_for_some_seconds() -> None:
    result = run(str(ROOT / "tools" / "soak.py"), "0.08")
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"flat", result.stdout)
