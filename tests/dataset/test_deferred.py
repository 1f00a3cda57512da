"""Deferred values: where they are, how they come, and what happens to them on the way."""

from __future__ import annotations

import copy
import functools
import io
import pickle
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.lowlevel
import pydicom
import pytest

import adicom
import adicom.sync
from adicom import DeferredValueError, ParseError, SourceChangedError, TruncatedError
from adicom.io import Answer, IOStats
from tests import made, oracle
from tests.made import element, item, part10, sequence
from tests.servers import Fault, RangeServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DOCUMENT: Final = bytes(range(250)) * 20
OVERLAY: Final = b"overlay!" * 700
PIXELS: Final = bytes(range(256)) * 300
TEXT: Final = "Ärztlicher Befund. " * 300


def nested() -> bytes:
    """Return a sequence with a long value in each item."""
    items = [item(element(0x00080100, "SH", str(n)) + element(0x00420011, "OB", bytes([n]) * 3000)) for n in range(3)]
    return sequence(0x00081140, items)


def native() -> bytes:
    body = element(0x00080005, "CS", "ISO_IR 192") + nested() + element(0x00100020, "LO", "4711")
    body += element(0x00204000, "LT", TEXT.encode()) + element(0x00420011, "OB", DOCUMENT)
    return part10(body + element(0x60003000, "OW", OVERLAY) + element(made.PIXEL_DATA, "OW", PIXELS))


def encapsulated(*, padding: bytes = b"") -> bytes:
    """Return a file with fragments, and elements behind them."""
    pixels = made.encapsulated([bytes([n]) * 3000 for n in range(5)], bytes(20))
    behind = element(0x7FE10010, "LO", "ADICOM") + element(0x7FE11001, "OB", bytes(2000))
    behind += element(0xFFFCFFFC, "OB", bytes(64))
    return part10(element(0x00100020, "LO", "4711") + pixels + behind + padding, made.JPEG_BASELINE)


NATIVE: Final = native()
ENCAPSULATED: Final = encapsulated()
LATER: Final = [0x7FE10010, 0x7FE11001, 0xFFFCFFFC]


class Counted:
    """A source in memory that takes note of what it is asked, and can be told to fail."""

    name = "counted"
    rereadable = True

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.stats = IOStats()
        self.reads: list[tuple[int, int]] = []
        self.before: list[Callable[[], None]] = []
        self.broken_from = 2**40

    async def read_at(self, offset: int, size: int) -> Answer:
        await anyio.lowlevel.checkpoint()
        self.reads.append((offset, size))
        while self.before:
            self.before.pop()()
        if offset >= self.broken_from:
            raise adicom.SourceError("broken")
        return Answer(self.data[offset : offset + size], None, len(self.data))

    async def aclose(self) -> None:
        pass


async def read(source: Any, **options: Any) -> Any:
    return await adicom.dcmread(source, defer_size=1000, **options)


def deferred_tags(dataset: Any) -> list[int]:
    return [int(each.tag) for each in dataset.iterall() if each.is_deferred]


@pytest.fixture
def server() -> Iterator[RangeServer]:
    with RangeServer({"/native": NATIVE, "/encapsulated": ENCAPSULATED}) as running:
        yield running


# -- fetch


@pytest.mark.anyio
async def test_fetch_one() -> None:
    source = Counted(NATIVE)
    dataset = await read(source)
    source.reads.clear()
    assert await dataset.fetch("PixelData") == PIXELS
    assert source.reads == [(NATIVE.index(PIXELS), len(PIXELS))]
    assert dataset.PixelData == PIXELS
    assert not dataset["PixelData"].is_deferred
    assert dataset["PixelData"].deferred is None
    for key in (made.PIXEL_DATA, (0x7FE0, 0x0010), adicom.Tag("PixelData")):
        assert await dataset.fetch(key) == PIXELS
    assert len(source.reads) == 1
    assert await dataset.fetch("PatientID") == "4711"
    assert len(source.reads) == 1


@pytest.mark.anyio
async def test_fetch_several_in_the_order_asked() -> None:
    dataset = await read(Counted(NATIVE))
    values = await dataset.fetch("PixelData", "PatientID", "EncapsulatedDocument", (0x6000, 0x3000), 0x00204000)
    assert values == (PIXELS, "4711", DOCUMENT, OVERLAY, TEXT.strip())
    assert deferred_tags(dataset) == [0x00420011] * 3


@pytest.mark.anyio
async def test_what_is_wrong_with_a_key_is_said_before_anything_is_read() -> None:
    source = Counted(NATIVE)
    dataset = await read(source)
    source.reads.clear()
    with pytest.raises(KeyError):
        await dataset.fetch("PixelData", "PatientName")
    with pytest.raises(KeyError):
        await dataset.fetch("NoSuchKeyword")
    assert source.reads == []


@pytest.mark.anyio
async def test_fetch_in_items_and_all() -> None:
    source = Counted(NATIVE)
    dataset = await read(source)
    second = dataset.ReferencedImageSequence[1]
    assert await second.fetch("EncapsulatedDocument") == b"\1" * 3000
    assert len(deferred_tags(dataset)) == 6
    source.reads.clear()
    assert await dataset.fetch_all() is None
    assert deferred_tags(dataset) == []
    assert [each.EncapsulatedDocument for each in dataset.ReferencedImageSequence] == [
        bytes([number]) * 3000 for number in range(3)
    ]
    # Near ranges are one request.
    assert len(source.reads) == 1
    await dataset.fetch_all()
    assert len(source.reads) == 1


@pytest.mark.anyio
async def test_near_ranges_are_merged_on_the_wire(server: RangeServer) -> None:
    dataset = await read(f"{server.url}/native")
    server.requests.clear()
    values = await dataset.fetch((0x6000, 0x3000), "EncapsulatedDocument")
    assert values == (OVERLAY, DOCUMENT)
    first, last = NATIVE.index(DOCUMENT), NATIVE.index(OVERLAY) + len(OVERLAY) - 1
    assert [request.range for request in server.requests] == [f"bytes={first}-{last}"]


@pytest.mark.anyio
async def test_far_ranges_are_not_merged() -> None:
    far = part10(
        element(0x00420011, "OB", bytes(2000))
        + element(0x00660016, "OF", bytes(80_000))
        + element(0x60003000, "OW", bytes(2000))
    )
    with RangeServer({"/far": far}) as server:
        dataset = await read(f"{server.url}/far")
        server.requests.clear()
        assert await dataset.fetch("EncapsulatedDocument", (0x6000, 0x3000)) == (bytes(2000), bytes(2000))
        assert [request.sent for request in server.requests] == [2000, 2000]


@pytest.mark.anyio
async def test_all_or_nothing() -> None:
    source = Counted(NATIVE)
    dataset = await read(source)
    before = deferred_tags(dataset)
    source.broken_from = NATIVE.index(PIXELS) - 100
    source.data = NATIVE[: source.broken_from]
    with pytest.raises(adicom.DicomError):
        await dataset.fetch("EncapsulatedDocument", "PixelData")
    assert deferred_tags(dataset) == before
    with pytest.raises(adicom.DicomError):
        await dataset.fetch_all()
    assert deferred_tags(dataset) == before
    assert await dataset.fetch("EncapsulatedDocument") == DOCUMENT


@pytest.mark.anyio
async def test_a_value_set_meanwhile_is_not_overwritten() -> None:
    source = Counted(NATIVE)
    dataset = await read(source)
    source.before.append(lambda: setattr(dataset, "PixelData", b"mine"))
    values = await dataset.fetch("PixelData", "EncapsulatedDocument")
    assert dataset.PixelData == b"mine"
    assert values == (b"mine", DOCUMENT)


@pytest.mark.anyio
async def test_a_value_deleted_meanwhile_stays_deleted() -> None:
    source = Counted(NATIVE)
    dataset = await read(source)
    source.before.append(lambda: delattr(dataset, "PixelData"))
    await dataset.fetch_all()
    assert "PixelData" not in dataset
    assert deferred_tags(dataset) == []


@pytest.mark.anyio
async def test_concurrent_fetches_get_the_same_value(server: RangeServer) -> None:
    dataset = await read(f"{server.url}/native")
    found: list[Any] = []
    server.delay = 0.05  # so that no answer comes before all have asked

    async def fetch() -> None:
        found.append(await dataset.fetch("PixelData"))

    server.requests.clear()
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(fetch)
    assert found == [PIXELS] * 5
    assert server.gets == 1


@pytest.mark.anyio
async def test_a_cancelled_fetch_does_no_harm_to_another(server: RangeServer) -> None:
    dataset = await read(f"{server.url}/native")
    found: list[Any] = []
    server.delay = 0.1

    async def fetch() -> None:
        found.append(await dataset.fetch("PixelData"))

    async with anyio.create_task_group() as group:
        with anyio.move_on_after(0.03) as first:
            group.start_soon(later, fetch)
            await fetch()
    assert first.cancelled_caught
    assert found == [PIXELS]


async def later(work: Callable[[], Any]) -> None:
    await anyio.sleep(0.01)
    await work()


# -- where the value comes from


@pytest.mark.anyio
async def test_a_value_outlives_its_session(server: RangeServer) -> None:
    async with adicom.Session() as session:
        dataset = await read(f"{server.url}/native", session=session)
        assert await dataset.fetch("EncapsulatedDocument") == DOCUMENT
    assert await dataset.fetch("PixelData") == PIXELS


@pytest.mark.anyio
async def test_a_value_outlives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(b"front" + NATIVE)
    with path.open("rb") as file:
        file.seek(5)
        dataset = await read(file)
    assert await dataset.fetch("PixelData") == PIXELS
    closed = io.BytesIO(NATIVE)
    dataset = await read(closed)
    closed.close()
    with pytest.raises(DeferredValueError, match="closed"):
        await dataset.fetch("PixelData")


@pytest.mark.anyio
async def test_another_object_is_refused(server: RangeServer, tmp_path: Path) -> None:
    for place in (f"{server.url}/native", tmp_path / "a.dcm"):
        (tmp_path / "a.dcm").write_bytes(NATIVE)
        dataset = await read(place)
        before = deferred_tags(dataset)
        server.objects["/native"] = NATIVE[:-1] + b"x"
        (tmp_path / "a.dcm").write_bytes(NATIVE + b"\0\0")
        with pytest.raises(SourceChangedError):
            await dataset.fetch("PixelData")
        assert deferred_tags(dataset) == before
        server.objects["/native"] = NATIVE


@pytest.mark.anyio
async def test_a_passing_fault_is_retried(server: RangeServer) -> None:
    dataset = await read(f"{server.url}/native")
    server.faults = [Fault(status=503), Fault(cut=1000)]
    assert await dataset.fetch("PixelData") == PIXELS
    assert dataset.io_stats.retries == 2


@pytest.mark.anyio
@pytest.mark.parametrize("load_on_access", [True, False])
async def test_plain_access(server: RangeServer, tmp_path: Path, load_on_access: bool) -> None:
    (tmp_path / "a.dcm").write_bytes(NATIVE)
    for place in (NATIVE, io.BytesIO(NATIVE), tmp_path / "a.dcm", str(tmp_path / "a.dcm")):
        dataset = await read(place, load_on_access=load_on_access)
        if load_on_access:
            assert dataset.PixelData == dataset[made.PIXEL_DATA].value == dataset.get("PixelData") == PIXELS
        else:
            with pytest.raises(DeferredValueError, match=r'still in .*: await ds\.fetch\("PixelData"\) first'):
                dataset.PixelData  # noqa: B018  # it raises
            assert await dataset.fetch("PixelData") == PIXELS
    dataset = await read(f"{server.url}/native", load_on_access=load_on_access)
    with pytest.raises(DeferredValueError) as caught:
        dataset.PixelData  # noqa: B018  # it raises
    assert f"{server.url}/native" in str(caught.value)
    assert 'await ds.fetch("PixelData")' in str(caught.value)


@pytest.mark.anyio
async def test_nothing_but_access_and_fetch_reads() -> None:
    source = Counted(NATIVE)
    dataset = await read(source)
    source.reads.clear()
    assert "PixelData" in dataset
    assert len(dataset) == 7
    assert [int(each.tag) for each in dataset] == [int(tag) for tag in dataset.keys()]  # noqa: SIM118  # not the same
    assert len(dataset.values()) == len(dataset.items()) == 7
    for text in (repr(dataset), str(dataset), repr(dataset["PixelData"]), *dataset.formatted_lines()):
        assert text
    assert "<deferred, 76.8 kB>" in repr(dataset)
    assert dataset["PixelData"].VM == 1
    assert not dataset["PixelData"].is_empty
    assert source.reads == []
    assert len(deferred_tags(dataset)) == 7


@pytest.mark.anyio
async def test_where_a_value_is() -> None:
    dataset = await read(NATIVE)
    deferred = dataset["EncapsulatedDocument"].deferred
    assert (deferred.offset, deferred.length) == (NATIVE.index(DOCUMENT), len(DOCUMENT))
    assert dataset["PatientID"].deferred is None
    kept = dataset.get_item("PixelData", keep_deferred=True)
    assert kept.is_deferred
    assert (kept.deferred.offset, kept.deferred.length) == (NATIVE.index(PIXELS), len(PIXELS))
    assert dataset.get_item("PixelData").value == PIXELS
    assert dataset.get_item("PixelData", keep_deferred=True).value == PIXELS
    fragments = (await read(ENCAPSULATED))["PixelData"].deferred
    assert (fragments.offset, fragments.length) == (ENCAPSULATED.index(made.item(bytes(20))), None)


@pytest.mark.anyio
async def test_get_item_that_would_have_to_wait(server: RangeServer) -> None:
    dataset = await read(f"{server.url}/native")
    assert dataset.get_item("PixelData", keep_deferred=True).is_deferred
    with pytest.raises(DeferredValueError):
        dataset.get_item("PixelData")


@pytest.mark.anyio
async def test_parts_share_the_source() -> None:
    source = Counted(NATIVE)
    dataset = await read(source)
    parts = [dataset.copy(), copy.copy(dataset), dataset[0x60000000:], dataset.group_dataset(0x7FE0)]
    for part in parts:
        assert part["PixelData"].is_deferred or part is not parts[0]
        assert await part.fetch("PixelData") == PIXELS
    text = dataset[0x00200000:0x00210000]
    assert await text.fetch(0x00204000) == TEXT.strip()


# -- streams of one value


@pytest.mark.anyio
async def test_stream(server: RangeServer) -> None:
    for place in (NATIVE, f"{server.url}/native", Counted(NATIVE)):
        dataset = await read(place)
        assert b"".join([chunk async for chunk in dataset.stream("PixelData")]) == PIXELS
        assert dataset["PixelData"].is_deferred
        await dataset.fetch("PixelData")
        assert b"".join([chunk async for chunk in dataset.stream("PixelData")]) == PIXELS
        with pytest.raises(KeyError):
            dataset.stream("PatientName")
    expected = pydicom.dcmread(io.BytesIO(ENCAPSULATED)).PixelData
    dataset = await read(f"{server.url}/encapsulated")
    assert b"".join([chunk async for chunk in dataset.stream("PixelData")]) == expected


@pytest.mark.anyio
async def test_a_long_value_is_streamed_in_pieces() -> None:
    value = bytes(range(256)) * 80_000
    dataset = await read(Counted(part10(element(made.PIXEL_DATA, "OB", value))))
    sizes = [len(chunk) async for chunk in dataset.stream("PixelData")]
    assert sum(sizes) == len(value)
    assert max(sizes) <= 8 * 2**20


# -- encapsulated pixel data, and what is behind it


@pytest.mark.anyio
@pytest.mark.parametrize("padding", [b"", bytes(6), bytes(100)])
async def test_the_rest(padding: bytes) -> None:
    data = encapsulated(padding=padding)
    theirs = pydicom.dcmread(io.BytesIO(ENCAPSULATED))
    with RangeServer({"/a": data}) as server:
        for place in (data, io.BytesIO(data), Counted(data), f"{server.url}/a"):
            dataset = await read(place)
            assert not dataset.is_complete
            assert [tag for tag in LATER if tag in dataset] == []
            if padding:
                with pytest.warns(adicom.DicomWarning, match="padding|zero"):
                    await dataset.fetch_rest()
            else:
                await dataset.fetch_rest()
            assert dataset.is_complete
            assert [int(tag) for tag in dataset.keys()] == [int(tag) for tag in theirs.keys()]  # noqa: SIM118
            assert await dataset.fetch(0x7FE11001) == bytes(2000)
            assert dataset["PixelData"].is_deferred
            assert await dataset.fetch("PixelData") == theirs.PixelData
            await dataset.fetch_rest()


@pytest.mark.anyio
async def test_the_rest_does_not_replace_what_was_set() -> None:
    dataset = await read(ENCAPSULATED)
    dataset.add_new(0xFFFCFFFC, "OB", b"mine")
    await dataset.fetch_rest()
    assert dataset[0xFFFCFFFC].value == b"mine"


@pytest.mark.anyio
async def test_the_rest_can_be_read_whatever_became_of_the_pixels() -> None:
    for change in ("replaced", "deleted", "fetched"):
        dataset = await read(ENCAPSULATED)
        if change == "replaced":
            dataset["PixelData"] = adicom.DataElement(made.PIXEL_DATA, "OB", b"mine")
        elif change == "deleted":
            del dataset.PixelData
        elif change == "fetched":
            await dataset.fetch("PixelData")
        dataset = pickle.loads(pickle.dumps(dataset))
        await dataset.fetch_rest()
        assert dataset.is_complete
        assert [tag for tag in LATER if tag in dataset] == LATER
        if change == "replaced":
            assert dataset.PixelData == b"mine"
        assert ("PixelData" in dataset) is (change != "deleted")


@pytest.mark.anyio
async def test_damage_in_the_rest_is_told() -> None:
    dataset = await read(ENCAPSULATED[:-10])
    with pytest.raises(TruncatedError):
        await dataset.fetch_rest()
    assert not dataset.is_complete
    assert [tag for tag in LATER if tag in dataset] == []
    dataset = await read(ENCAPSULATED[:4000])
    with pytest.raises(TruncatedError):
        await dataset.fetch("PixelData")
    assert dataset["PixelData"].is_deferred


@pytest.mark.anyio
async def test_dropped_values() -> None:
    pieces = [NATIVE[start : start + 999] for start in range(0, len(NATIVE), 999)]
    dataset = await read(iter(pieces), on_unreachable="drop")
    assert len(deferred_tags(dataset)) == 7
    for element_of in (dataset[made.PIXEL_DATA], dataset.ReferencedImageSequence[0][0x00420011]):
        with pytest.raises(DeferredValueError, match="was dropped while reading: its source cannot be read again"):
            element_of.value  # noqa: B018  # it raises
    with pytest.raises(DeferredValueError, match="dropped"):
        await dataset.fetch("PixelData")
    with pytest.raises(DeferredValueError, match="dropped"):
        await dataset.fetch_all()
    with pytest.raises(DeferredValueError, match="dropped"):
        dataset.stream("PixelData")
    assert await dataset.fetch("PatientID") == "4711"
    fragments = [ENCAPSULATED[start : start + 999] for start in range(0, len(ENCAPSULATED), 999)]
    dataset = await read(iter(fragments), on_unreachable="drop")
    with pytest.raises(DeferredValueError):
        await dataset.fetch_rest()


# -- check


@pytest.mark.parametrize("undefined", [False, True])
def test_check_finds_damage_in_a_raw_sequence(undefined: bool) -> None:
    wrong = element(0x00080100, "SH", "code") + element(0x00080104, "LO", "x", length=400)
    deeper = sequence(0x0040A730, [item(element(0x00080100, "SH", "fine")), item(wrong)])
    data = part10(sequence(0x00081140, [item(b""), item(deeper)]) + element(0x00100020, "LO", "1"))
    dataset = adicom.sync.dcmread(data)
    assert dataset.PatientID == "1"
    with pytest.raises(ParseError) as caught:
        dataset.check()
    error = caught.value
    assert error.path == ((0x00081140, 1), (0x0040A730, 1))
    assert error.tag == 0x00080104
    assert error.offset is not None
    assert data.index(b"\x08\x00\x04\x01LO") <= error.offset <= data.index(b"\x08\x00\x04\x01LO") + 8
    adicom.sync.dcmread(NATIVE).check()


def test_check_fetches_nothing() -> None:
    dataset = adicom.sync.dcmread(NATIVE, defer_size=1000)
    dataset.check()
    assert len(deferred_tags(dataset)) == 7


# -- the blocking twins


@pytest.fixture(params=["bytes", "path", "file", "url"])
def place(request: pytest.FixtureRequest, tmp_path: Path, server: RangeServer) -> Callable[[str], Any]:
    def make(name: str) -> Any:
        data = {"native": NATIVE, "encapsulated": ENCAPSULATED}[name]
        path = tmp_path / name
        path.write_bytes(data)
        return {"bytes": data, "path": path, "file": io.BytesIO(data), "url": f"{server.url}/{name}"}[request.param]

    return make


def test_blocking_fetch(place: Callable[[str], Any]) -> None:
    dataset = adicom.sync.dcmread(place("native"), defer_size=1000)
    assert len(deferred_tags(dataset)) == 7
    assert dataset.fetch("PatientID") == "4711"
    assert dataset.fetch("EncapsulatedDocument", (0x6000, 0x3000)) == (DOCUMENT, OVERLAY)
    assert dataset.ReferencedImageSequence[1].fetch("EncapsulatedDocument") == b"\1" * 3000
    assert dataset.ReferencedImageSequence[2].EncapsulatedDocument == b"\2" * 3000
    assert b"".join(dataset.stream("PixelData")) == PIXELS
    assert dataset["PixelData"].is_deferred
    assert dataset.PixelData == PIXELS
    dataset.fetch_all()
    assert deferred_tags(dataset) == []
    with pytest.raises(KeyError):
        dataset.fetch("PatientName")


def test_blocking_rest(place: Callable[[str], Any]) -> None:
    theirs = pydicom.dcmread(io.BytesIO(ENCAPSULATED))
    dataset = adicom.sync.dcmread(place("encapsulated"), defer_size=1000)
    assert not dataset.is_complete
    assert b"".join(dataset.stream("PixelData")) == theirs.PixelData
    dataset.fetch_rest()
    dataset.fetch_rest()
    assert dataset.is_complete
    assert dataset.fetch("PixelData") == theirs.PixelData
    dataset.fetch_all()
    assert [each[:3] for each in oracle.view(dataset)] == [each[:3] for each in oracle.pydicom_view(ENCAPSULATED)]


def test_blocking_load_on_access(place: Callable[[str], Any]) -> None:
    dataset = adicom.sync.dcmread(place("native"), defer_size=1000, load_on_access=False)
    with pytest.raises(DeferredValueError):
        dataset.PixelData  # noqa: B018  # it raises
    assert dataset.fetch("PixelData") == PIXELS


def test_blocking_session_and_change(server: RangeServer) -> None:
    with adicom.sync.Session() as session:
        dataset = adicom.sync.dcmread(f"{server.url}/native", defer_size=1000, session=session)
        assert dataset.EncapsulatedDocument == DOCUMENT
    assert dataset.fetch((0x6000, 0x3000)) == OVERLAY
    server.objects["/native"] = NATIVE[:-1] + b"x"
    with pytest.raises(SourceChangedError):
        dataset.PixelData  # noqa: B018  # it raises
    assert dataset["PixelData"].is_deferred


def test_blocking_drop() -> None:
    pieces = [NATIVE[start : start + 999] for start in range(0, len(NATIVE), 999)]
    dataset = adicom.sync.dcmread(pieces, defer_size=1000, on_unreachable="drop")
    for access in (dataset.fetch_all, functools.partial(dataset.fetch, "PixelData"), lambda: dataset.PixelData):
        with pytest.raises(DeferredValueError, match="dropped"):
            access()


def test_items_of_blocking_datasets_block() -> None:
    dataset = adicom.sync.dcmread(NATIVE)
    assert isinstance(dataset.ReferencedImageSequence[0], adicom.sync.Dataset)
    dataset = adicom.sync.dcmread(NATIVE, defer_size=1000)
    assert isinstance(dataset.ReferencedImageSequence[0], adicom.sync.Dataset)
    assert isinstance(dataset[0x00200000:], adicom.sync.Dataset)
