"""The pure parts: identity, budget, options, headers, names of errors."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from adicom.errors import (
    BudgetExceededError,
    SourceChangedError,
    SourceError,
    SourceNotFoundError,
    SourcePermissionError,
    SourceTimeoutError,
)
from adicom.io import Identity, IOStats, ReadOptions
from adicom.io.budget import Budget
from adicom.io.cloud import choose_backend
from adicom.io.faults import from_os_error, from_status
from adicom.io.httpmessages import parse_content_range
from adicom.io.identity import difference, merge_identity, require_same
from adicom.io.retry import parse_retry_after


@pytest.mark.parametrize(
    ("known", "seen", "strict", "size"),
    [
        (Identity(), Identity(etag='"a"', size=5), None, None),
        (Identity(size=5), Identity(size=6), "size", "size"),
        (Identity(etag='"a"', modified="x"), Identity(etag='"a"', modified="y"), None, None),
        (Identity(etag='W/"a"', modified="x"), Identity(etag='"a"', modified="y"), "modification time", None),
        (Identity(etag='W/"a"'), Identity(etag='W/"b"'), "ETag", None),
        (Identity(etag='"a"', size=5), Identity(etag='"b"', size=5), "ETag", None),
        (Identity(version="1"), Identity(version="2"), "version", None),
        (Identity(version="1", modified="x"), Identity(version="1", modified="y"), None, None),
        (Identity(modified=1, inode=1), Identity(modified=1, inode=2), "inode", None),
    ],
)
def test_difference(known: Identity, seen: Identity, strict: str | None, size: str | None) -> None:
    assert difference(known, seen) == strict
    assert difference(known, seen, "size") == size
    assert difference(known, seen, "off") is None
    assert difference(known, known) is None


def test_require_same() -> None:
    require_same(None, Identity(size=1), "strict", "a")
    with pytest.raises(SourceChangedError, match="another size"):
        require_same(Identity(size=2), Identity(size=1), "strict", "a")


def test_merge() -> None:
    assert merge_identity(None, Identity(size=0)) == Identity(size=0)
    assert merge_identity(Identity(size=0), Identity(size=0, etag='"a"')) == Identity(size=0, etag='"a"')


def test_options_are_checked() -> None:
    for wrong in ({"timeout": 0}, {"max_bytes": -1}, {"retries": -1}, {"identity": "no"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            ReadOptions(**wrong)


def test_budget() -> None:
    assert Budget(ReadOptions()).admit(100, IOStats(requests=10**6)) == 100
    budget = Budget(ReadOptions(max_requests=2, max_bytes=100))
    assert budget.admit(60, IOStats(requests=1)) == 60
    with pytest.raises(BudgetExceededError):
        budget.admit(60, IOStats(requests=2))
    with pytest.raises(BudgetExceededError):
        budget.admit(60, IOStats(bytes=50), whole=True)
    with pytest.raises(BudgetExceededError):
        budget.admit(60, IOStats(bytes=100))


def test_deadline() -> None:
    assert Budget(ReadOptions()).remaining() is None
    budget = Budget(ReadOptions(total_timeout=0.01))
    time.sleep(0.02)
    with pytest.raises(SourceTimeoutError):
        budget.remaining()


def test_errors_of_the_system() -> None:
    error = from_os_error(PermissionError(13, "Permission denied", "x"), "a.dcm")
    assert isinstance(error, SourcePermissionError)
    assert (error.errno, error.filename) == (13, "a.dcm")
    assert type(from_os_error(TimeoutError(), "a.dcm")) is SourceTimeoutError
    own = SourceError("x")
    assert from_os_error(own, "a.dcm") is own
    assert isinstance(from_status(404, "u"), SourceNotFoundError)
    assert isinstance(from_status(412, "u"), SourceChangedError)
    assert isinstance(from_status(504, "u"), SourceTimeoutError)


@pytest.mark.parametrize("text", [None, "", "bytes", "bytes 5-4/10", "bytes 0-10/10", "items 0-1/2", "bytes */10"])
def test_senseless_content_range(text: str | None) -> None:
    assert parse_content_range(text) is None


def test_content_range_of_unknown_size() -> None:
    assert parse_content_range("bytes 0-9/*") == (0, 10, None)


def test_retry_after_date() -> None:
    seconds = parse_retry_after(formatdate(time.time() + 20, usegmt=True))
    assert seconds is not None
    assert 15 < seconds <= 20
    assert parse_retry_after(formatdate(time.time() - 20, usegmt=True)) == 0.0


@pytest.mark.parametrize(
    ("kind", "options", "environment", "packages", "backend"),
    [
        ("s3", {"anon": True}, {}, "obstore", "obstore"),
        ("s3", {"key": "k", "secret": "s", "endpoint_url": "http://h"}, {}, "obstore", "obstore"),
        ("s3", {}, {"AWS_ACCESS_KEY_ID": "k"}, "obstore", "obstore"),
        ("s3", {}, {}, "obstore s3fs botocore", "obstore"),
        ("s3", {}, {}, "obstore s3fs", "fsspec"),
        ("s3", {"profile": "p"}, {"AWS_ACCESS_KEY_ID": "k"}, "obstore s3fs", "fsspec"),
        ("s3", {"anon": True}, {}, "s3fs", "fsspec"),
        ("s3", {"anon": True, "version_aware": True}, {}, "obstore s3fs", "fsspec"),
        ("gs", {"anon": True}, {}, "obstore gcsfs", "obstore"),
        ("gs", {"token": "x"}, {}, "obstore gcsfs", "fsspec"),
        ("gs", {}, {}, "obstore gcsfs", "fsspec"),
        ("gs", {}, {"GOOGLE_APPLICATION_CREDENTIALS": "f"}, "obstore gcsfs", "obstore"),
        ("az", {"account_name": "a", "account_key": "k"}, {}, "obstore adlfs", "obstore"),
        ("az", {"account_name": "a"}, {}, "obstore adlfs", "fsspec"),
        ("az", {"account_name": "a"}, {}, "obstore", "obstore"),
        ("az", {}, {"AZURE_STORAGE_ACCOUNT_NAME": "a"}, "obstore adlfs", "fsspec"),
        ("az", {}, {"AZURE_STORAGE_ACCOUNT_KEY": "k"}, "obstore adlfs", "obstore"),
    ],
)
def test_choice_of_backend(
    kind: str, options: dict[str, object], environment: dict[str, str], packages: str, backend: str
) -> None:
    found = choose_backend(kind, options, "auto", environment=environment, installed=packages.split().__contains__)
    assert found == backend
    assert choose_backend(kind, options, "fsspec", environment={}, installed=lambda _: True) == "fsspec"
