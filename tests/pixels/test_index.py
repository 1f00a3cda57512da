"""The index as text: what goes in comes out, and what is garbled is a ValueError."""

from __future__ import annotations

import json
from array import array
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adicom.io import Identity
from adicom.pixels import Layout, Table
from adicom.pixels.index import ElementPlace, Index, read_index, write_index

SIZE = 10_000
LAYOUT = Layout(transfer_syntax="1.2.840.10008.1.2.4.50", tag=0x7FE00010, vr="OB", offset=400, length=None, frames=3)
NATIVE = Layout(tag=0x7FE00010, vr="OW", offset=400, length=120, frames=3, rows=4, columns=5, samples=1, bits=16)
IDENTITY = Identity(etag='"a-b"', size=SIZE, modified=123, version="7", inode=9)


def index(layout: Layout | None = LAYOUT, table: Table | None = None, identity: Identity = IDENTITY) -> Index:
    elements = [ElementPlace(0x00100010, "PN", 340, 8), ElementPlace(0x7FE00010, None, 400, None)]
    return Index(identity, 400, layout, table, elements)


def table_of(*places: tuple[int, int], claimed: int | None = None) -> Table:
    starts, ends = zip(*places, strict=True)
    return Table("index", array("Q", starts), array("Q", ends), claimed=claimed)


def same(one: Index, other: Index) -> bool:
    def parts(of: Index) -> Any:
        table = None if of.table is None else (of.table.starts, of.table.ends, of.table.claimed)
        return of.identity, of.header, of.layout, table, of.elements

    return bool(parts(one) == parts(other))


@pytest.mark.parametrize(
    "given",
    [
        index(),
        index(None),
        index(NATIVE),
        index(identity=Identity()),
        index(identity=Identity(modified="Mon, 01 Jan 2024 00:00:00 GMT")),
        index(table=table_of((408, 500), (500, 1000), (1000, 9000))),
        index(table=table_of((408, 500), (500, 1000), (1000, 9000), claimed=2)),
        index(table=table_of((1000, 9000), (408, 500), (500, 1000))),
    ],
)
def test_what_goes_in_comes_out(given: Index) -> None:
    text = write_index(given)
    assert same(read_index(text), given)
    assert same(read_index(text.encode()), given)
    assert json.loads(text)["adicom-index"] == 1


def test_frames_in_a_row_are_their_lengths() -> None:
    places = [(1000 + 30_000 * number, 31_000 + 30_000 * number) for number in range(10_000)]
    layout = Layout(tag=0x7FE00010, offset=400, length=None, frames=10_000)
    text = write_index(index(layout, table_of(*places), Identity()))
    assert len(text) < 2 * 10_000 * 4 / 3 + 700
    assert len(read_index(text).elements) == 2


@settings(max_examples=40)
@given(st.lists(st.integers(0, 2**50), min_size=1, max_size=20, unique=True), st.integers(1, 2**40))
def test_any_places(starts: list[int], size: int) -> None:
    places = [(500 + start, 500 + start + size) for start in starts]
    layout = Layout(tag=0x7FE00010, offset=400, length=None, frames=len(starts))
    given = index(layout, table_of(*places), Identity())
    assert same(read_index(write_index(given)), given)


def changed(*path: str, to: Any) -> str:
    content = json.loads(write_index(index(table=table_of((1000, 9000), (408, 500), (500, 1000)))))
    holder = content
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = to
    return json.dumps(content)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "index",
        "[]",
        "null",
        "{}",
        b"\xff\xfe\xfd",
        "[" * 100_000,
        "1" * 10_000,
        '{"adicom-index": 1}',
        changed("adicom-index", to=2),
        changed("identity", to=None),
        changed("identity", "size", to=-1),
        changed("identity", "size", to="10"),
        changed("identity", "size", to=None),
        changed("identity", "etag", to=5),
        changed("identity", "etag", to='"a"\r\nX: y'),
        changed("identity", "modified", to=[1]),
        changed("identity", "modified", to="a\nb"),
        changed("identity", "owner", to="x"),
        changed("header", to=None),
        changed("header", to=1.5),
        changed("header", to=True),
        changed("header", to=SIZE + 1),
        changed("layout", to=[]),
        changed("layout", "offset", to=SIZE + 1),
        changed("layout", "offset", to=-1),
        changed("layout", "frames", to=0),
        changed("layout", "frames", to=2),
        changed("layout", "frames", to=10**30),
        changed("layout", "rows", to="4"),
        changed("layout", "tag", to="7FE0001"),
        changed("layout", "tag", to="7FE0_010"),
        changed("layout", "tag", to="nonsense"),
        changed("layout", "vr", to="PATIENT"),
        changed("layout", "vr", to=["OB"]),
        changed("layout", "length", to=SIZE),
        changed("layout", "little_endian", to=1),
        changed("layout", "transfer_syntax", to="Doe^Jane"),
        changed("layout", "patient", to="Doe^Jane"),
        changed("layout", to=None),
        changed("frames", to=[]),
        changed("frames", "sizes", to=None),
        changed("frames", "sizes", to={"width": 2, "base64": "AAAA"}),
        changed("frames", "sizes", to={"width": 0, "base64": ""}),
        changed("frames", "sizes", to={"width": 9, "base64": ""}),
        changed("frames", "sizes", to={"width": 2, "base64": "????"}),
        changed("frames", "sizes", to={"width": 2, "base64": 5}),
        changed("frames", "sizes", to={"width": 2, "base64": "AAAAAAAA"}),
        changed("frames", "starts", to={"width": 8, "base64": "/" * 32}),
        changed("frames", "starts", to={"width": 2, "base64": "ZABkAGQA"}),
        changed("frames", "claimed", to=3),
        changed("frames", "claimed", to="0"),
        changed("elements", to={}),
        changed("elements", to=[5]),
        changed("elements", to=[["00100010", "PN", 340]]),
        changed("elements", to=[["00100010", "PN", "340", 8]]),
        changed("elements", to=[["00100010", "PN", 340, -8]]),
    ],
)
def test_a_garbled_index_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match="index") as caught:
        read_index(text)
    assert type(caught.value) is ValueError


ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)


@settings(max_examples=60)
@given(
    ANYTHING | st.lists(ANYTHING, max_size=3) | st.dictionaries(st.text(max_size=5), ANYTHING, max_size=3), st.data()
)
def test_random_parts(value: Any, data: st.DataObject) -> None:
    content = json.loads(write_index(index(table=table_of((408, 500), (500, 1000), (1000, 9000)))))
    name = data.draw(st.sampled_from(sorted(content)))
    if isinstance(content[name], dict) and data.draw(st.booleans()):
        content[name][data.draw(st.sampled_from(sorted(content[name])))] = value
    else:
        content[name] = value
    try:
        read_index(json.dumps(content))
    except ValueError as error:
        assert type(error) is ValueError  # noqa: PT017  # that nothing is raised is as good


def test_no_text_at_all() -> None:
    with pytest.raises(ValueError, match="no JSON"):
        read_index(None)  # type: ignore[arg-type]  # that is the point
