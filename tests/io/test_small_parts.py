"""The pure parts: identity, budget, options, headers, names of errors."""

from __future__ import annotations

import errno
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
from adicom.io.faults import from_os_error, from_status, is_transient_error, status_of
from adicom.io.httpmessages import check_range, identity_of, parse_content_range, unsatisfied_size
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


@pytest.mark.parametrize(
    ("known", "seen", "text"),
    [
        (Identity(etag='"a"', size=2), Identity(size=2), "no ETag"),
        (Identity(version="1", modified="x"), Identity(etag='"a"'), "no version"),
        (Identity(modified="x"), Identity(size=2), "no modification time"),
        (Identity(etag='"a"', modified="x"), Identity(modified="x"), None),
        (Identity(size=2), Identity(size=2), None),
    ],
)
def test_what_shows_nothing_may_have_changed(known: Identity, seen: Identity, text: str | None) -> None:
    require_same(known, seen, "strict", "a")
    require_same(known, seen, "size", "a", alike=True)
    if text is None:
        require_same(known, seen, "strict", "a", alike=True)
    else:
        with pytest.raises(SourceChangedError, match=text):
            require_same(known, seen, "strict", "a", alike=True)


def test_the_null_version_of_s3_tells_nothing() -> None:
    assert identity_of({"x-amz-version-id": "null"}, 1).version is None
    assert identity_of({"x-goog-generation": "17"}, 1).version == "17"


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


def test_budget_of_requests_side_by_side() -> None:
    budget, spent = Budget(ReadOptions(max_bytes=100)), IOStats()
    with budget.granted(60, spent) as first:
        spent.requests += 1
        with budget.granted(60, spent) as second:
            assert (first, second) == (60, 40)
            with pytest.raises(BudgetExceededError), budget.granted(1, spent):
                pass
            spent.bytes += 10  # less came than could have
        with budget.granted(60, spent, begun=True) as third:
            assert third == 30
        spent.bytes += 60
    assert budget.allow(60, spent) == 30
    with pytest.raises(BudgetExceededError), Budget(ReadOptions(max_requests=1)).granted(1, spent):
        pass


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


class StoreError(Exception):
    def __init__(self, **attributes: object) -> None:
        super().__init__("hunter2")
        vars(self).update(attributes)


class ClientPayloadError(Exception):
    """Named as aiohttp's."""


@pytest.mark.parametrize(
    ("error", "status", "is_transient"),
    [
        (StoreError(status=503), 503, True),
        (StoreError(code=404), 404, False),
        (StoreError(status_code=429), 429, True),
        (StoreError(code="503"), None, False),
        (StoreError(code=7), None, False),
        (StoreError(response={"ResponseMetadata": {"HTTPStatusCode": 500}}), 500, True),
        (StoreError(response=StoreError(status_code=502)), 502, True),
        (StoreError(response=None), None, False),
        (ClientPayloadError(), None, True),
        (ConnectionResetError(), None, True),
        (TimeoutError(), None, True),
        (OSError(errno.EBUSY, "slow down"), None, True),
        (OSError(errno.EINVAL, "no"), None, False),
        (ValueError(), None, False),
    ],
    ids=repr,
)
def test_errors_of_clients(error: Exception, status: int | None, is_transient: bool) -> None:
    assert status_of(error) == status
    assert is_transient_error(error) == is_transient
    other = OSError(errno.EIO, "hunter2")
    other.__cause__ = error  # as s3fs does it
    assert status_of(other) == status


@pytest.mark.parametrize("text", [None, "", "bytes", "bytes 5-4/10", "bytes 0-10/10", "items 0-1/2", "bytes */10"])
def test_senseless_content_range(text: str | None) -> None:
    assert parse_content_range(text) is None


def test_numbers_that_nobody_means() -> None:
    # Python refuses to read these, or would wait for ever.
    assert parse_content_range(f"bytes 0-9/{'9' * 5000}") is None
    assert unsatisfied_size(f"bytes */{'9' * 5000}") is None
    assert parse_content_range("bytes 0-٩/10") is None
    assert parse_retry_after("²") is None
    assert parse_retry_after("9" * 5000) == float("inf")
    assert parse_retry_after("Mon, 01 Jan 99999999999999999999 10:00:00 GMT") is None


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, "another range"),
        ({"Content-Range": "bytes 11-19/100"}, "another range"),
        ({"Content-Range": "bytes 10-20/100"}, "another range"),
        ({"Content-Range": "bytes 10-19/100", "Content-Length": "9"}, "Content-Length"),
    ],
)
def test_another_range(headers: dict[str, str], text: str) -> None:
    with pytest.raises(SourceError, match=text):
        check_range(headers, 10, 20, "a")


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
