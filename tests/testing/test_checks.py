"""The suite for sources is worth something only if it can fail: each promise is broken once, and found out."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import SkipTest

import anyio
import anyio.lowlevel
import pydicom
import pytest

from adicom.errors import SourceError, SourceNotFoundError
from adicom.io import Answer, Identity, IOStats
from adicom.testing import SourceSuite
from adicom.testing.samples import CUT, DOCUMENT, PATIENT_ID, PIXELS, SAMPLE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

ROOT = Path(__file__).resolve().parents[2]


class Good:
    """A source that does all it should, a little slowly."""

    name = "https://host/object"
    rereadable = True
    concurrent = True

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.stats = IOStats()
        self.closed = 0

    def __repr__(self) -> str:
        return f"<{self.name}>"

    async def read_at(self, offset: int, size: int) -> Answer:
        await anyio.sleep(0.001)
        data = self.data[offset : offset + size]
        self.stats.requests += 1
        self.stats.bytes += len(data)
        return Answer(data, Identity(etag='"1"', size=len(self.data)), len(self.data))

    async def aclose(self) -> None:
        self.closed += 1


class Forward(Good):
    """One that cannot go back."""

    rereadable = False
    concurrent = False

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.position = 0

    async def read_at(self, offset: int, size: int) -> Answer:
        if offset < self.position:
            raise SourceError("it cannot go back")
        answer = await super().read_at(offset, size)
        self.position = offset + len(answer.data)
        return answer


class InPlace(Good):
    """One that is read in place."""

    concurrent = False

    def read_at(self, offset: int, size: int) -> Answer:  # type: ignore[override] # it is another kind
        data = self.data[offset : offset + size]
        self.stats.requests += 1
        self.stats.bytes += len(data)
        return Answer(data, None, None)

    def close(self) -> None:
        self.closed += 1


def suite_of(kind: type[Any], **attributes: Any) -> SourceSuite:
    """Return a suite for a class of sources."""

    def open_source(self: SourceSuite, data: bytes) -> Any:
        return kind(data)

    found: SourceSuite = type("TestIt", (SourceSuite,), {"open_source": open_source, **attributes})()
    return found


def failures(suite: SourceSuite, *names: str, backend: str = "asyncio") -> dict[str, str]:
    """Return what each check that fails has to say; all checks, if none are named."""
    found = {}
    for name in names or suite.names():
        try:
            suite.test_source(name, backend)
        except SkipTest:
            continue
        except Exception as error:  # noqa: BLE001 # a broken source may raise anything
            found[name] = f"{type(error).__name__}: {error}"
    return found


# -- what is good passes


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("kind", [Good, Forward, InPlace])
def test_good_sources_pass(kind: type[Any], backend: str) -> None:
    assert failures(suite_of(kind), backend=backend) == {}


@pytest.mark.anyio
async def test_all_checks_in_the_running_loop() -> None:
    done = await suite_of(Good).check_all()
    assert set(SourceSuite.names()) - set(done) == {"blocking", "missing", "threads"}
    done = await suite_of(InPlace).check_all()
    assert set(SourceSuite.names()) - set(done) == {"cancelling", "concurrent", "missing"}
    assert "size" not in await suite_of(Good, without=("size",)).check_all()
    with pytest.raises(AssertionError, match="other bytes") as caught:
        await suite_of(OtherOffset).check_all()
    assert caught.value.__notes__ == ["in check_forward() of TestIt"]


@pytest.mark.anyio
async def test_ways_to_open_a_source() -> None:
    closed: list[Good] = []

    class Plain(SourceSuite):
        def open_source(self, data: bytes) -> Good:
            return Good(data)

    class Blocking(SourceSuite):
        @contextmanager
        def open_source(self, data: bytes) -> Iterator[Good]:
            source = Good(data)
            yield source
            assert source.closed
            closed.append(source)

    class Awaited(SourceSuite):
        @asynccontextmanager
        async def open_source(self, data: bytes) -> AsyncIterator[Good]:
            source = Good(data)
            await anyio.lowlevel.checkpoint()
            yield source
            assert source.closed
            closed.append(source)

    for suite in (Plain(), Blocking(), Awaited()):
        await suite.check_size()
    assert len(closed) == 2
    with pytest.raises(NotImplementedError, match="does not say how a source is opened"):
        await SourceSuite().check_size()


# -- what is broken does not


class NoStats(Good):
    @property
    def stats(self) -> Any:
        raise AttributeError("stats")

    @stats.setter
    def stats(self, value: Any) -> None:
        pass


class Secretive(Good):
    name = "https://me:hunter2@host/object"


class Signed(Good):
    name = "https://host/object?sig=hunter2"


class ShownInRepr(Good):
    def __repr__(self) -> str:
        return "<Good key=hunter2>"


class Buffers(Good):
    async def read_at(self, offset: int, size: int) -> Answer:
        answer = await super().read_at(offset, size)
        return answer._replace(data=bytearray(answer.data))  # type: ignore[arg-type] # that is the point


class OtherOffset(Good):
    """Off by one behind the first block."""

    async def read_at(self, offset: int, size: int) -> Answer:
        return await super().read_at(offset + (offset > 10_000), size)


class FromTheStart(Good):
    """Gives the start whatever it is asked for, as a server without ranges may."""

    async def read_at(self, offset: int, size: int) -> Answer:
        return await super().read_at(0, size)


class Rounded(Good):
    """Gives whole blocks, from where the block starts."""

    async def read_at(self, offset: int, size: int) -> Answer:
        return await super().read_at(offset // 4096 * 4096, size)


class EarlyEnd(Good):
    """Has a short pause, and takes it for the end."""

    async def read_at(self, offset: int, size: int) -> Answer:
        answer = await super().read_at(offset, size)
        return answer._replace(data=b"") if 100_000 < offset < 130_000 else answer


class NoEnd(Good):
    """Fills up what is behind the end."""

    async def read_at(self, offset: int, size: int) -> Answer:
        answer = await super().read_at(offset, size)
        return answer._replace(data=answer.data.ljust(size, b"\0"))


class EndIsAnError(Good):
    async def read_at(self, offset: int, size: int) -> Answer:
        if offset >= len(self.data):
            raise SourceError("416")
        return await super().read_at(offset, size)


class NeverGoesBack(Good):
    """Says that it can, and gives what comes next."""

    position = 0

    async def read_at(self, offset: int, size: int) -> Answer:
        answer = await super().read_at(max(offset, self.position), size)
        self.position = max(offset, self.position) + len(answer.data)
        return answer


class ForwardWithFalseBytes(Forward):
    """Does not notice that it is asked for what is gone."""

    async def read_at(self, offset: int, size: int) -> Answer:
        return await super().read_at(max(offset, self.position), size)


class ForwardWithFalseEnd(Forward):
    async def read_at(self, offset: int, size: int) -> Answer:
        if offset < self.position:
            return Answer(b"", None, None)
        return await super().read_at(offset, size)


class ForwardWithoutJumps(Forward):
    """Gives what comes next, also where some of it is to be passed over."""

    async def read_at(self, offset: int, size: int) -> Answer:
        if offset < self.position:
            raise SourceError("it cannot go back")
        return await super().read_at(self.position, size)


class OtherSize(Good):
    """Tells the size of its answer."""

    async def read_at(self, offset: int, size: int) -> Answer:
        answer = await super().read_at(offset, size)
        return answer._replace(size=len(answer.data))


class OtherIdentity(Good):
    """Tells another one each time, as a server that makes up ETags does."""

    async def read_at(self, offset: int, size: int) -> Answer:
        answer = await super().read_at(offset, size)
        return answer._replace(identity=Identity(etag=f'"{self.stats.requests}"'))


class IdentityOfAnAnswer(Good):
    async def read_at(self, offset: int, size: int) -> Answer:
        answer = await super().read_at(offset, size)
        return answer._replace(identity=Identity(size=50_000))


class NoCounters(Good):
    async def read_at(self, offset: int, size: int) -> Answer:
        answer = await super().read_at(offset, size)
        self.stats = IOStats()
        return answer


class CountersOfOneRead(Good):
    """Tells what the last read has cost."""

    async def read_at(self, offset: int, size: int) -> Answer:
        self.stats = IOStats()
        return await super().read_at(offset, size)


class ClosedOnce(Good):
    async def aclose(self) -> None:
        if self.closed:
            raise RuntimeError("it is closed")
        self.closed += 1


class ClosedAfterUse(Good):
    """Cannot be closed where it was not read."""

    async def aclose(self) -> None:
        if not self.stats.requests:
            raise AttributeError("_connection")


class NotConcurrent(Good):
    """Says that it takes several reads at a time, and has one position for all."""

    position = 0

    async def read_at(self, offset: int, size: int) -> Answer:
        self.position = offset
        await anyio.sleep(0.001)
        return await super().read_at(self.position, size)


class DeadAfterCancelling(Good):
    """Takes a cancelled read for the end."""

    dead = False

    async def read_at(self, offset: int, size: int) -> Answer:
        if self.dead:
            return Answer(b"", None, None)
        self.dead = True
        answer = await super().read_at(offset, size)
        self.dead = False
        return answer


class BrokenAfterCancelling(Good):
    """Says that it can be read again, and cannot."""

    dead = False

    async def read_at(self, offset: int, size: int) -> Answer:
        if self.dead:
            raise SourceError("the connection is in the middle of something")
        self.dead = True
        answer = await super().read_at(offset, size)
        self.dead = False
        return answer


class GapAfterCancelling(Forward):
    """Loses what it had taken."""

    taken = 0

    async def read_at(self, offset: int, size: int) -> Answer:
        start = self.taken
        self.taken = min(start + size, len(self.data))
        await anyio.sleep(0.001)
        data = self.data[start : self.taken]
        self.stats.requests += 1
        self.stats.bytes += len(data)
        return Answer(data, None, None)


class OfItsThread(InPlace):
    """Can be read in the thread that made it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.home = threading.current_thread()

    def read_at(self, offset: int, size: int) -> Answer:  # type: ignore[override] # it is another kind
        if threading.current_thread() is not self.home:
            raise RuntimeError("it was made in another thread")
        return super().read_at(offset, size)


class NotWhatItPretends(Good):
    rereadable = None  # type: ignore[assignment] # that is the point


BROKEN: list[tuple[type[Any], str, str]] = [
    (NoStats, "protocol", "AssertionError: it has no stats, which adicom.io.AsyncSource has"),
    (NotWhatItPretends, "protocol", "AssertionError: rereadable is True or False, not NoneType"),
    (Secretive, "name", "AssertionError: name has userinfo, a query or a fragment in it"),
    (Signed, "name", "AssertionError: name has userinfo, a query or a fragment in it"),
    (ShownInRepr, "name", "AssertionError: repr() shows a secret"),
    (Buffers, "forward", "AssertionError: what read_at() gives is bytes, which cannot change, not bytearray"),
    (OtherOffset, "offsets", "gave other bytes than those at 150000; what came is what is at 150001"),
    (OtherOffset, "jumps", "gave other bytes than those at"),
    (FromTheStart, "offsets", "what came is what is at 0"),
    (Rounded, "jumps", "gave other bytes than those at"),
    (EarlyEnd, "forward", 'gave b"", which is the end'),
    (NoEnd, "end", "from behind the end"),
    (NoEnd, "empty", "AssertionError: read_at() of an empty object gave bytes"),
    (EndIsAnError, "end", "SourceError: 416"),
    (EndIsAnError, "empty", "SourceError: 416"),
    (NeverGoesBack, "offsets", "gave"),
    (ForwardWithFalseBytes, "offsets", "AssertionError: read_at(0, 100) gave other bytes than those at 0"),
    (ForwardWithFalseEnd, "offsets", 'AssertionError: read_at(0, 100) gave b"", which is the end'),
    (ForwardWithoutJumps, "jumps", "gave other bytes than those at"),
    (OtherSize, "size", "AssertionError: the size in an answer is 50000, not"),
    (OtherIdentity, "identity", "AssertionError: the identity changes while nothing else does: another ETag"),
    (IdentityOfAnAnswer, "identity", "AssertionError: the identity tells the size 50000, there are"),
    (NoCounters, "stats", "AssertionError: stats.requests does not count"),
    (CountersOfOneRead, "stats", "AssertionError: stats.bytes went down from 50000"),
    (ClosedOnce, "closing", "RuntimeError: it is closed"),
    (ClosedAfterUse, "closing", "AttributeError: _connection"),
    (NotConcurrent, "concurrent", "gave other bytes than those at"),
    (DeadAfterCancelling, "cancelling", 'gave b"", which is the end'),
    (
        BrokenAfterCancelling,
        "cancelling",
        "AssertionError: it is rereadable, and cannot be read after a cancelled read",
    ),
    (GapAfterCancelling, "cancelling", "gave other bytes than those at"),
    (OfItsThread, "threads", "RuntimeError: it was made in another thread"),
]


@pytest.mark.parametrize(
    ("kind", "check", "message"), BROKEN, ids=[f"{kind.__name__}-{check}" for kind, check, _ in BROKEN]
)
def test_broken_sources_are_found_out(kind: type[Any], check: str, message: str) -> None:
    suite = suite_of(kind, secrets=("hunter2",))
    with pytest.raises(Exception) as caught:  # noqa: PT011 # the line below says which one
        suite.test_source(check, "asyncio")
    assert message in f"{type(caught.value).__name__}: {caught.value}"


def test_each_check_fails_for_some_source() -> None:
    found = {check for _, check, _ in BROKEN}
    # What adicom makes of a source fails where one of the others does; the last two have tests of their own.
    made_of_it = {"dataset", "events", "truncated", "deferred_values", "blocking"}
    assert set(SourceSuite.names()) - found == made_of_it | {"missing"}


@pytest.mark.parametrize("check", ["dataset", "events", "deferred_values"])
def test_what_adicom_makes_of_a_broken_source_differs(check: str) -> None:
    for kind in (FromTheStart, OtherOffset):
        assert check in failures(suite_of(kind), check), kind


def test_a_false_end_makes_a_file_truncated_elsewhere() -> None:
    class Shorter(Good):
        def __init__(self, data: bytes) -> None:
            super().__init__(data[:-500] if data == CUT else data)

    class Longer(Good):
        def __init__(self, data: bytes) -> None:
            super().__init__(SAMPLE if data == CUT else data)

    assert "the file ends early" in failures(suite_of(Shorter), "truncated")["truncated"]
    assert "was read as if it were whole" in failures(suite_of(Longer), "truncated")["truncated"]


def test_a_source_in_place_that_only_adicom_sync_finds_out() -> None:
    class OnlyInWorkers(InPlace):
        def read_at(self, offset: int, size: int) -> Answer:  # type: ignore[override]
            if threading.current_thread() is threading.main_thread():
                return Answer(bytes(size), None, None)
            return super().read_at(offset, size)

    assert "blocking" in failures(suite_of(OnlyInWorkers), "blocking")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (SourceNotFoundError("there is none"), None),
        (SourceNotFoundError("there is no hunter2"), "an error shows a secret"),
        (FileNotFoundError("there is none"), "it raises FileNotFoundError, not SourceNotFoundError"),
        (KeyError("object"), "it raises KeyError, not SourceNotFoundError"),
        (None, "it gives an answer instead of SourceNotFoundError"),
    ],
    ids=repr,
)
def test_a_missing_object(error: Exception | None, message: str | None) -> None:
    class Missing(Good):
        async def read_at(self, offset: int, size: int) -> Answer:
            if error is not None:
                raise error
            return await super().read_at(offset, size)

    suite = suite_of(Good, secrets=("hunter2",), open_missing=lambda self: Missing(b""))
    if message is None:
        suite.test_source("missing", "asyncio")
        return
    with pytest.raises(AssertionError, match=message):
        suite.test_source("missing", "asyncio")


# -- what it is made of


def test_the_sample_is_what_pydicom_reads() -> None:
    dataset = pydicom.dcmread(io.BytesIO(SAMPLE))
    assert (dataset.PatientID, dataset.EncapsulatedDocument, dataset.PixelData) == (PATIENT_ID, DOCUMENT, PIXELS)
    assert dataset.ReferencedImageSequence[1].EncapsulatedDocument == DOCUMENT[::-1]
    assert len(dataset.ContentSequence) == 40
    assert dataset.PatientName == "Müller^Jürgen"
    assert (dataset.Rows, dataset.Columns, dataset[0xFFFC, 0xFFFC].value) == (256, 256, bytes(126))
    assert pydicom.dcmread(io.BytesIO(CUT), stop_before_pixels=True).PatientID == PATIENT_ID


def test_it_needs_no_test_framework() -> None:
    code = "import sys, adicom.testing; print('pytest' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.strip() == "False"


pytest_plugins = ["pytester"]

THEIRS = """
import pytest
from contextlib import asynccontextmanager
from adicom.io.local import BytesSource
from adicom.testing import SourceSuite

class TestTheirs(SourceSuite):
    counts_requests = False

    @pytest.fixture(autouse=True)
    def server(self, tmp_path):
        self.folder = tmp_path

    @asynccontextmanager
    async def open_source(self, data):
        assert self.folder.is_dir()
        yield BytesSource(data)

class TestBroken(TestTheirs):
    backends = ("asyncio",)
    without = ("events",)

    @asynccontextmanager
    async def open_source(self, data):
        yield BytesSource(data[:-1])
"""


def test_pytest_makes_a_test_of_each_check(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(THEIRS)
    pytester.makeini("[pytest]\n")
    chosen = "forward or events or concurrent"
    result = pytester.runpytest_subprocess(
        "-v", "-k", chosen, "-p", "no:cacheprovider", f"--override-ini=pythonpath={ROOT}"
    )
    found = {}
    for line in result.outlines:
        name, _, outcome = line.partition(" ")
        if "::test_source[" in name:
            found[name.partition("::")[2].replace("test_source", "")] = outcome.split()[0]
    passed = {
        f"TestTheirs::[{check}-{loop}]": "PASSED" for loop in ("asyncio", "trio") for check in ("events", "forward")
    }
    skipped = {f"TestTheirs::[concurrent-{loop}]": "SKIPPED" for loop in ("asyncio", "trio")}
    broken = {"TestBroken::[forward-asyncio]": "FAILED", "TestBroken::[concurrent-asyncio]": "SKIPPED"}
    assert found == passed | skipped | broken
