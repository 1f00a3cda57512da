"""Many values of many datasets at once; what they must be was put into the files by hand."""

from __future__ import annotations

import functools
import io
import pickle
import struct
from typing import TYPE_CHECKING, Any, Final

import anyio
import pydicom
import pytest

import adicom
import adicom.sync
from adicom import DeferredValueError, SourceChangedError, SourceNotFoundError, TruncatedError
from adicom.io import Answer, Identity, IOStats
from tests import made
from tests.large import Large, printed_by_process
from tests.servers import Fault, RangeServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FAR: Final = 40_000
"""More than the gap that two ranges of one request may have between them."""


def pixels(number: int) -> bytes:
    return bytes([number]) * 5000


def native(number: int) -> bytes:
    """Return a file with a long value in an item, one at the top near it, and Pixel Data far behind."""
    code = made.element(0x00080100, "SH", str(number)) + made.element(0x00420011, "OB", b"%03d!" % number * 500)
    body = made.sequence(0x00081140, [made.item(code)]) + made.element(0x00100020, "LO", f"{number:04}")
    body += made.element(0x00280010, "US", struct.pack("<H", number)) + made.element(
        0x00420011, "OB", b"pdf%d" % number * 600
    )
    body += made.element(0x00660016, "OF", bytes(FAR)) + made.element(made.PIXEL_DATA, "OW", pixels(number))
    return made.part10(body)


def encapsulated(number: int) -> bytes:
    fragments = [bytes([number, n]) * 1500 for n in range(4)]
    behind = made.element(0xFFFCFFFC, "OB", bytes(40))
    body = made.element(0x00100020, "LO", f"{number:04}") + made.encapsulated(fragments, bytes(16)) + behind
    return made.part10(body, made.JPEG_BASELINE)


COUNT: Final = 6
NATIVE: Final = [native(number) for number in range(COUNT)]
ENCAPSULATED: Final = [encapsulated(number) for number in range(COUNT)]
FRAGMENTS: Final = [pydicom.dcmread(io.BytesIO(data)).PixelData for data in ENCAPSULATED]


@pytest.fixture
def server() -> Iterator[RangeServer]:
    objects = {
        f"/{kind}/{number}": data
        for kind, files in (("n", NATIVE), ("e", ENCAPSULATED))
        for number, data in enumerate(files)
    }
    with RangeServer(objects) as running:
        yield running


class Own:
    """A source of one's own: it counts its reads, and how many are under way."""

    rereadable = True

    def __init__(self, data: bytes, *, concurrent: bool = False, identity: Identity | None = None) -> None:
        self.name = "my own"
        self.data = data
        self.concurrent = concurrent
        self.identity_now = identity
        self.stats = IOStats()
        self.reads: list[tuple[int, int]] = []
        self.before: list[Callable[[], None]] = []
        self.under_way = self.most = 0

    async def read_at(self, offset: int, size: int) -> Answer:
        self.reads.append((offset, size))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await anyio.sleep(0.001)
        self.under_way -= 1
        while self.before:
            self.before.pop()()
        return Answer(self.data[offset : offset + size], self.identity_now, len(self.data))

    async def aclose(self) -> None:
        pass


async def read(source: Any, **options: Any) -> Any:
    return await adicom.dcmread(source, defer_size=1000, **options)


async def read_all(server: RangeServer, kind: str = "n", **options: Any) -> list[Any]:
    found = [await read(f"{server.url}/{kind}/{number}", **options) for number in range(COUNT)]
    server.requests.clear()
    return found


def waiting(datasets: list[Any]) -> list[int]:
    """Return how many values of each dataset are deferred."""
    return [sum(element.is_deferred for element in dataset.iterall()) for dataset in datasets]


# -- what comes


@pytest.mark.anyio
async def test_values_come_in_the_order_of_the_pairs(server: RangeServer, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(NATIVE[3])
    places = [f"{server.url}/n/1", NATIVE[2], tmp_path / "a", io.BytesIO(NATIVE[4]), Own(NATIVE[5])]
    datasets = [await read(place) for place in places]
    item = datasets[0].ReferencedImageSequence[0]
    pairs: list[Any] = [(dataset, "PixelData") for dataset in reversed(datasets)]
    pairs += [
        (item, 0x00420011),
        (datasets[1], (0x0010, 0x0020)),
        (item, "CodeValue"),
        (datasets[2], adicom.Tag("Rows")),
    ]
    values = await adicom.fetch_many(pairs)
    assert values == [pixels(5), pixels(4), pixels(3), pixels(2), pixels(1), b"001!" * 500, "0002", "1", 3]
    assert [dataset.PixelData for dataset in datasets] == [pixels(number) for number in (1, 2, 3, 4, 5)]
    # And nothing else.
    assert waiting(datasets) == [2, 3, 3, 3, 3]


@pytest.mark.anyio
async def test_what_is_here_takes_no_request(server: RangeServer) -> None:
    datasets = await read_all(server)
    assert await adicom.fetch_many([]) == []
    assert await adicom.fetch_many((dataset, "PatientID") for dataset in datasets) == [f"{n:04}" for n in range(COUNT)]
    assert server.gets == 0
    first = await adicom.fetch_many([(datasets[0], "PixelData")])
    again = await adicom.fetch_many([(datasets[0], "PixelData"), (datasets[0], "PixelData")])
    assert first + again == [pixels(0)] * 3
    assert server.gets == 1


@pytest.mark.anyio
@pytest.mark.parametrize("undefined", [False, True])
async def test_values_in_sequences(undefined: bool) -> None:
    def nest(value: bytes, *, depth: int) -> bytes:
        inner = made.element(0x00420011, "OB", value)
        for _ in range(depth):
            inner = made.sequence(0x0040A730, [made.item(inner, undefined=undefined)], undefined=undefined)
        return inner

    # One that is longer than defer_size and is taken apart, and one that is kept as bytes.
    source = Own(made.part10(nest(b"far away" * 400, depth=3)))
    long = await read(source)
    short = await read(Own(made.part10(nest(b"here" * 200, depth=3))))
    items = [dataset.ContentSequence[0].ContentSequence[0].ContentSequence[0] for dataset in (long, short)]
    assert [item["EncapsulatedDocument"].is_deferred for item in items] == [True, False]
    values = await adicom.fetch_many((item, "EncapsulatedDocument") for item in items)
    assert values == [b"far away" * 400, b"here" * 200]


@pytest.mark.anyio
async def test_deflated_values_are_never_deferred() -> None:
    body = made.element(0x00420011, "OB", b"pdf" * 2000) + made.element(made.PIXEL_DATA, "OW", pixels(7))
    source = Own(made.deflated(body))
    dataset = await read(source)
    assert waiting([dataset]) == [0]
    reads = len(source.reads)
    assert await adicom.fetch_many([(dataset, "PixelData"), (dataset, 0x00420011)]) == [pixels(7), b"pdf" * 2000]
    assert len(source.reads) == reads


# -- what it costs


@pytest.mark.anyio
async def test_near_ranges_of_an_object_are_one_request(server: RangeServer) -> None:
    datasets = await read_all(server)
    pairs = [(dataset.ReferencedImageSequence[0], "EncapsulatedDocument") for dataset in datasets[:2]]
    await adicom.fetch_many(pairs + [(dataset, "EncapsulatedDocument") for dataset in datasets[:2]])
    first = NATIVE[0].index(b"000!")
    last = NATIVE[0].index(b"pdf0") + 2400 - 1
    assert sorted(request.path for request in server.requests) == ["/n/0", "/n/1"]
    assert {request.range for request in server.requests} == {f"bytes={first}-{last}"}
    assert all("If-Match" in request.headers for request in server.requests)
    assert datasets[0].io_stats.requests >= 2


@pytest.mark.anyio
async def test_far_ranges_of_an_object_are_several(server: RangeServer) -> None:
    (dataset, *_) = await read_all(server)
    assert await adicom.fetch_many([(dataset, "PixelData"), (dataset, "EncapsulatedDocument")]) == [
        pixels(0),
        b"pdf0" * 600,
    ]
    assert sorted(request.sent for request in server.requests) == [2400, 5000]


@pytest.mark.anyio
async def test_datasets_of_the_same_object_share(server: RangeServer) -> None:
    async with adicom.Session() as session:
        twins = [await read(f"{server.url}/n/1", session=session) for _ in range(3)]
        server.requests.clear()
        assert await adicom.fetch_many((twin, "PixelData") for twin in twins) == [pixels(1)] * 3
        assert server.gets == 1
        twins = [await read(f"{server.url}/e/1", session=session) for _ in range(3)]
        server.requests.clear()
        assert await adicom.fetch_many((twin, "PixelData") for twin in twins) == [FRAGMENTS[1]] * 3
        assert server.gets == 1


@pytest.mark.anyio
async def test_the_same_place_with_another_object_is_not_shared(server: RangeServer) -> None:
    old = await read(f"{server.url}/n/1")
    server.objects["/n/1"] = NATIVE[2]
    new = await read(f"{server.url}/n/1")
    assert await adicom.fetch_many([(new, "PixelData")]) == [pixels(2)]
    with pytest.raises(SourceChangedError):
        await adicom.fetch_many([(new, "EncapsulatedDocument"), (old, "PixelData")])
    assert waiting([old, new]) == [4, 3]


@pytest.mark.anyio
@pytest.mark.parametrize("concurrency", [1, 3])
async def test_concurrency_bounds_the_requests_over_all_objects(server: RangeServer, concurrency: int) -> None:
    async with adicom.Session() as session:
        datasets = await read_all(server, session=session) + await read_all(server, "e", session=session)
        server.delay, server.most_connections = 0.02, 0
        pairs = [(dataset, key) for dataset in datasets[:COUNT] for key in ("EncapsulatedDocument", "PixelData")]
        pairs += [(dataset, "PixelData") for dataset in datasets[COUNT:]]
        await adicom.fetch_many(pairs, concurrency=concurrency)
    assert server.gets == 3 * COUNT
    assert server.most_connections == concurrency


@pytest.mark.anyio
async def test_eight_at_a_time_by_default_also_of_one_object(server: RangeServer) -> None:
    parts = [
        made.element(0x60003000 + (n << 17), "OW", bytes([n]) * 2000)
        + made.element(0x60013000 + (n << 17), "OB", bytes(900) * 30)
        for n in range(16)
    ]
    server.objects["/many"] = made.part10(b"".join(parts))
    dataset = await read(f"{server.url}/many")
    server.requests.clear()
    server.delay, server.most_connections = 0.02, 0
    keys = [0x60003000 + (n << 17) for n in range(16)]
    assert await adicom.fetch_many((dataset, key) for key in keys) == [bytes([n]) * 2000 for n in range(16)]
    assert server.gets == 16
    assert 2 <= server.most_connections <= 8


@pytest.mark.anyio
@pytest.mark.parametrize("concurrent", [False, True])
async def test_a_source_of_ones_own_is_read_as_it_says(concurrent: bool) -> None:
    source = Own(NATIVE[1], concurrent=concurrent)
    twins = [await read(source), await read(source)]
    source.most = 0
    keys: list[Any] = ["PixelData", "EncapsulatedDocument", 0x00660016]
    values = await adicom.fetch_many((twin, key) for twin in twins for key in keys)
    assert values == [pixels(1), b"pdf1" * 600, bytes(FAR)] * 2
    source.most = 0
    again = [await read(Own(NATIVE[1])) for _ in range(2)]
    assert source.most == 0
    assert len(await adicom.fetch_many((dataset, "PixelData") for dataset in again)) == 2


@pytest.mark.anyio
async def test_one_read_at_a_time_of_a_source_that_does_not_say_more() -> None:
    source = Own(NATIVE[1])
    dataset = await read(source)
    source.most = 0
    async with anyio.create_task_group() as group:
        group.start_soon(dataset.fetch, "PixelData")
        group.start_soon(adicom.fetch_many, [(dataset, "PixelData"), (dataset, "EncapsulatedDocument")])
        group.start_soon(dataset.fetch, 0x00660016)
    assert waiting([dataset]) == [1]
    assert source.most == 1


@pytest.mark.anyio
async def test_a_fetch_at_the_same_time_shares_the_request(server: RangeServer) -> None:
    (dataset, *_) = await read_all(server)
    server.delay = 0.05
    async with anyio.create_task_group() as group:
        group.start_soon(dataset.fetch, "PixelData")
        group.start_soon(adicom.fetch_many, [(dataset, "PixelData")])
    assert server.gets == 1
    assert dataset.PixelData == pixels(0)


FETCH_MANY: Final = """
import asyncio, gc, sys, tracemalloc, adicom
async def main(url, count):
    async with adicom.Session() as session:
        read = lambda number: adicom.dcmread(f"{url}/{number}", defer_size=1000, session=session)
        datasets = [await read(number) for number in range(count)]
        gc.collect()
        tracemalloc.start()
        values = await adicom.fetch_many((ds, "PixelData") for ds in datasets)
        print(sum(map(len, values)), tracemalloc.get_traced_memory()[1])
asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


@pytest.mark.parametrize(("count", "size"), [(20, 2_000_000), (2, 30_000_000)])
def test_memory_holds_little_beside_the_values(count: int, size: int) -> None:
    head = made.part10(made.header(made.PIXEL_DATA, "OW", size))
    with RangeServer({f"/{number}": Large.of(head, len(head) + size) for number in range(count)}) as server:
        total, peak = map(int, printed_by_process(FETCH_MANY, server.url, str(count)).split())
    assert total == count * size
    assert peak < 1.2 * total


# -- all or nothing


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["n", "e"])
async def test_all_or_nothing(server: RangeServer, kind: str) -> None:
    datasets = await read_all(server, kind)
    before = waiting(datasets)
    del server.objects[f"/{kind}/4"]
    pairs = [(dataset, "PixelData") for dataset in datasets]
    with pytest.raises(SourceNotFoundError) as caught:
        await adicom.fetch_many(pairs, concurrency=2)
    assert f"{server.url}/{kind}/4" in str(caught.value)
    assert caught.value.__notes__ == [f"while fetching values from {server.url}/{kind}/4"]
    assert waiting(datasets) == before
    server.objects[f"/{kind}/4"] = (NATIVE if kind == "n" else ENCAPSULATED)[4]
    assert len(await adicom.fetch_many(pairs)) == COUNT


@pytest.mark.anyio
async def test_a_value_that_cannot_be_decoded_leaves_the_others_alone() -> None:
    # In implicit VR only the creator of a block tells that this is a sequence; and it is damaged.
    form = made.IMPLICIT
    body = made.element(0x00090010, "LO", "CARDIO-D.R. 1.0", form)
    body += made.element(0x00091040, "SQ", b"no items at all!" * 100, form)
    dataset = await read(Own(made.part10(body + made.element(made.PIXEL_DATA, "OW", pixels(1), form), form.syntax)))
    assert dataset[0x00091040].is_deferred
    pairs = [(dataset, made.PIXEL_DATA), (dataset, 0x00091040)]
    for work in (lambda: adicom.fetch_many(pairs), lambda: dataset.fetch(made.PIXEL_DATA, 0x00091040)):
        with pytest.raises(adicom.ParseError) as caught:
            await work()
        assert caught.value.__notes__ == ["in the value of (0009,1040) from my own"]
        assert waiting([dataset]) == [2]
    assert await adicom.fetch_many(pairs[:1]) == [pixels(1)]


@pytest.mark.anyio
async def test_what_somebody_has_set_or_deleted_meanwhile_stays() -> None:
    source = Own(NATIVE[1])
    dataset, other = await read(source), await read(Own(NATIVE[2]))

    def change() -> None:
        dataset.PixelData = b"mine"
        del dataset[0x00420011]

    source.before.append(change)
    values = await adicom.fetch_many([(dataset, "PixelData"), (dataset, 0x00420011), (other, "PixelData")])
    assert values == [b"mine", b"pdf1" * 600, pixels(2)]
    assert dataset.PixelData == b"mine"
    assert 0x00420011 not in dataset


@pytest.mark.anyio
async def test_what_is_wrong_with_a_pair_is_said_before_anything_is_read(server: RangeServer) -> None:
    datasets = await read_all(server)
    good = (datasets[0], "PixelData")
    with pytest.raises(KeyError) as caught:
        await adicom.fetch_many([good, (datasets[3], "PatientName")])
    assert caught.value.__notes__ == [f"pair 1 of fetch_many(), of {server.url}/n/3"]
    with pytest.raises(KeyError):
        await adicom.fetch_many([good, (datasets[3].ReferencedImageSequence[0], "NoSuchKeyword")])
    for wrong in ("PixelData", (datasets[0],), ("PixelData", datasets[0]), datasets[0]):
        with pytest.raises(TypeError, match=r"pair 1 is not \(dataset, tag or keyword\)"):
            await adicom.fetch_many([good, wrong])  # type: ignore[list-item] # that is the point
    with pytest.raises(ValueError, match="concurrency"):
        await adicom.fetch_many([good], concurrency=0)
    assert server.gets == 0
    assert datasets[0]["PixelData"].is_deferred


@pytest.mark.anyio
async def test_errors_are_not_wrapped_and_say_which_object(server: RangeServer) -> None:
    datasets = await read_all(server)
    server.script = lambda request: Fault(status=418) if request.path != "/n/0" else None
    with pytest.raises(adicom.SourceError, match="418") as caught:
        await adicom.fetch_many((dataset, "PixelData") for dataset in datasets)
    (note,) = caught.value.__notes__
    assert note.removeprefix("while fetching values from ") in str(caught.value)
    dropped = await read(iter([NATIVE[1]]), on_unreachable="drop")
    with pytest.raises(DeferredValueError, match="PixelData was dropped") as gone:
        await adicom.fetch_many([(datasets[0], "PixelData"), (dropped, "PixelData")])
    assert gone.value.__notes__ == ["pair 1 of fetch_many(), of iterable of bytes"]
    short = await read(Own(ENCAPSULATED[1][:-400]))
    with pytest.raises(TruncatedError) as ended:
        await adicom.fetch_many([(short, "PixelData")])
    assert ended.value.__notes__ == ["while fetching values from my own"]


@pytest.mark.anyio
async def test_a_cancelled_call_leaves_nothing_half_filled(server: RangeServer) -> None:
    datasets = await read_all(server)
    server.script = lambda request: Fault(stall=5) if request.path == "/n/5" else None
    with anyio.move_on_after(0.2) as scope:
        await adicom.fetch_many((dataset, "PixelData") for dataset in datasets)
    assert scope.cancelled_caught
    assert waiting(datasets) == [4] * COUNT
    server.script = lambda _: None
    assert await adicom.fetch_many([(datasets[5], "PixelData")]) == [pixels(5)]


# -- where the values come from


@pytest.mark.anyio
async def test_after_the_reader_was_closed_and_from_pickles(server: RangeServer) -> None:
    async with adicom.Session() as session:
        datasets = await read_all(server, session=session)
    async with adicom.open_dicom(f"{server.url}/e/1", defer_size=1000) as dcm:
        datasets.append(dcm.dataset)
    wanted = [pixels(number) for number in range(COUNT)] + [FRAGMENTS[1]]
    for found in (datasets, pickle.loads(pickle.dumps(datasets))):
        assert all(dataset["PixelData"].is_deferred for dataset in found)
        assert await adicom.fetch_many((dataset, "PixelData") for dataset in found) == wanted
        datasets = [await read(f"{server.url}/n/{n}") for n in range(COUNT)] + [await read(f"{server.url}/e/1")]


@pytest.mark.anyio
async def test_after_rebind(server: RangeServer, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(NATIVE[1])
    datasets = [pickle.loads(pickle.dumps(await read(io.BytesIO(NATIVE[1])))) for _ in range(3)]
    with pytest.raises(DeferredValueError, match=r"ds\.rebind"):
        await adicom.fetch_many((dataset, "PixelData") for dataset in datasets)
    for dataset, place in zip(datasets, (f"{server.url}/n/1", tmp_path / "a", NATIVE[1]), strict=True):
        dataset.rebind(place)
    assert await adicom.fetch_many((dataset, "PixelData") for dataset in datasets) == [pixels(1)] * 3


@pytest.mark.anyio
async def test_connections_are_those_of_the_session(server: RangeServer) -> None:
    headers = {"headers": {"X-Who": "mine"}}
    async with adicom.Session(storage_options=headers) as session:
        datasets = await read_all(server, session=session)
        await adicom.fetch_many((dataset, "PixelData") for dataset in datasets[:2])
        # What was read without one takes the one that is given.
        plain = await read(f"{server.url}/e/0")
        await adicom.fetch_many([(plain, "PixelData")], session=session)
    # After its end its options are still known, and one that is made for the call has them.
    await adicom.fetch_many((dataset, "PixelData") for dataset in datasets[2:])
    assert [request.headers.get("X-Who") for request in server.requests if request.path != "/e/0"] == ["mine"] * COUNT
    assert [request.headers.get("X-Who") for request in server.requests if request.path == "/e/0"][-1] == "mine"
    with pytest.raises(RuntimeError, match="closed"):
        await adicom.fetch_many([(datasets[0], "EncapsulatedDocument")], session=session)


@pytest.mark.anyio
async def test_a_source_that_tells_its_identity_is_pinned_to_it() -> None:
    source = Own(NATIVE[1], identity=Identity(etag='"1"'))
    dataset = await read(source)
    source.identity_now = Identity(etag='"2"')
    with pytest.raises(SourceChangedError, match="my own changed"):
        await adicom.fetch_many([(dataset, "PixelData")])
    assert dataset["PixelData"].is_deferred


@pytest.mark.anyio
async def test_what_comes_in_its_place_has_the_same_identity(tmp_path: Path) -> None:
    size = len(NATIVE[1])
    dataset = await read(Own(NATIVE[1], identity=Identity(etag='"1"', size=size)))
    lost = pickle.loads(pickle.dumps(dataset))
    lost.rebind(NATIVE[1])
    assert await adicom.fetch_many([(lost, "PixelData")]) == [pixels(1)]
    with pytest.raises(SourceChangedError):
        pickle.loads(pickle.dumps(dataset)).rebind(NATIVE[1] + b"!!")


@pytest.mark.anyio
async def test_bulk_data_is_fetched_too(server: RangeServer, tmp_path: Path) -> None:
    server.objects |= {f"/bulk/{number}": pixels(number) for number in range(COUNT)}
    (tmp_path / "7").write_bytes(pixels(7))

    def bulk(uri: str) -> dict[str, Any]:
        return {"7FE00010": {"vr": "OW", "BulkDataURI": uri}}

    base = f"{server.url}/metadata"
    datasets = [adicom.Dataset.from_json(bulk(f"bulk/{number}"), base_url=base) for number in (0, 1, 1, 2)]
    datasets.append(adicom.Dataset.from_json(bulk("7"), base_url=f"{tmp_path}/"))
    server.delay, server.most_connections = 0.02, 0
    values = await adicom.fetch_many(((dataset, "PixelData") for dataset in datasets), concurrency=2)
    assert values == [pixels(number) for number in (0, 1, 1, 2, 7)]
    assert server.gets == 3
    assert server.most_connections == 2
    wrong = adicom.Dataset.from_json(bulk("https://elsewhere/1"), base_url=base)
    with pytest.raises(DeferredValueError, match="of another origin"):
        await adicom.fetch_many([(wrong, "PixelData")])


def test_blocking_bulk_data(server: RangeServer) -> None:
    server.objects["/bulk"] = pixels(9)
    json = {"7FE00010": {"vr": "OW", "BulkDataURI": "bulk"}}
    dataset = adicom.sync.Dataset.from_json(json, base_url=f"{server.url}/metadata")
    other = blocking_read(f"{server.url}/n/1")
    assert adicom.sync.fetch_many([(dataset, "PixelData"), (other, "PixelData")]) == [pixels(9), pixels(1)]


# -- blocking


@pytest.fixture(params=["bytes", "path", "file", "url"])
def places(request: pytest.FixtureRequest, server: RangeServer, tmp_path: Path) -> list[Any]:
    """Where the native files, and an encapsulated one, are."""

    def place(kind: str, number: int, data: bytes) -> Any:
        path = tmp_path / f"{kind}{number}"
        path.write_bytes(data)
        url = f"{server.url}/{kind}/{number}"
        return {"bytes": data, "path": path, "file": io.BytesIO(data), "url": url}[request.param]

    return [place("n", number, data) for number, data in enumerate(NATIVE)] + [place("e", 1, ENCAPSULATED[1])]


WANTED: Final = [*(pixels(number) for number in range(COUNT)), FRAGMENTS[1]]
blocking_read = functools.partial(adicom.sync.dcmread, defer_size=1000)


def test_blocking(places: list[Any]) -> None:
    datasets = [blocking_read(place) for place in places]
    pairs = [(dataset, "PixelData") for dataset in datasets]
    assert adicom.sync.fetch_many([*pairs, (datasets[2], "Rows")], concurrency=2) == [*WANTED, 2]
    assert [dataset["PixelData"].is_deferred for dataset in datasets] == [False] * len(datasets)
    assert adicom.sync.fetch_many(pairs) == WANTED


def test_blocking_all_or_nothing(server: RangeServer) -> None:
    for datasets in (
        [blocking_read(f"{server.url}/n/0"), blocking_read(f"{server.url}/n/1")],
        [blocking_read(NATIVE[0]), blocking_read(io.BytesIO(NATIVE[1]))],
    ):
        gone = blocking_read(io.BytesIO(NATIVE[2]))
        lost = pickle.loads(pickle.dumps(gone))
        with pytest.raises(DeferredValueError, match=r"ds\.rebind") as caught:
            adicom.sync.fetch_many((dataset, "PixelData") for dataset in (*datasets, lost))
        assert caught.value.__notes__ == ["while fetching values from BytesIO"]
        assert waiting([*datasets, lost]) == [4, 4, 4]
        with pytest.raises(KeyError):
            adicom.sync.fetch_many([(datasets[0], "PixelData"), (datasets[1], "PatientName")])
        assert waiting(datasets) == [4, 4]


def test_blocking_sessions(server: RangeServer) -> None:
    headers = {"headers": {"X-Who": "mine"}}
    with adicom.sync.Session(storage_options=headers) as session, adicom.sync.Session() as other:
        first = [blocking_read(f"{server.url}/n/{number}", session=session) for number in range(4)]
        last = blocking_read(f"{server.url}/n/4", session=other)
        server.requests.clear()
        assert adicom.sync.fetch_many((each, "PixelData") for each in first[:2]) == WANTED[:2]
        # Those of several sessions, each with the options of its own.
        assert adicom.sync.fetch_many([(first[2], "PixelData"), (last, "PixelData")]) == [WANTED[2], WANTED[4]]
        # The one that is given.
        assert adicom.sync.fetch_many([(last, "EncapsulatedDocument")], session=session) == [b"pdf4" * 600]
    assert adicom.sync.fetch_many([(first[3], "PixelData")]) == [WANTED[3]]
    seen = [(request.path, request.headers.get("X-Who")) for request in server.requests]
    assert sorted(seen, key=str) == [*((f"/n/{n}", "mine") for n in range(4)), ("/n/4", "mine"), ("/n/4", None)]


def test_blocking_what_can_only_be_awaited() -> None:
    dataset = anyio.run(read, Own(NATIVE[1]))
    with pytest.raises(DeferredValueError, match="await"):
        adicom.sync.fetch_many([(dataset, "PixelData")])


def test_each_takes_the_datasets_of_the_other(server: RangeServer) -> None:
    url = f"{server.url}/n/1"
    assert anyio.run(adicom.fetch_many, [(blocking_read(url), "PixelData")]) == [pixels(1)]
    assert adicom.sync.fetch_many([(anyio.run(read, url), "PixelData")]) == [pixels(1)]
