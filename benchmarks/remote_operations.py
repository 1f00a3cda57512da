"""The operations of the benchmark of remote reading, with what each may cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from remote_objects import MadeObject, made_object
from remote_sides import Place, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ("Operation", "operations")

KIB, MIB = 2**10, 2**20
TABLES: Final = {"BOT": "BOT", "EOT": "EOT", "none": "no table"}


@dataclass(frozen=True)
class Operation:
    """One row.

    Attributes:
        title: What the table calls it.
        name: The object's name.
        job: The method of the sides.
        requests: How many requests adicom may send.
        allowed: How many bytes adicom may get, for the object and the place.
    """

    title: str
    name: str
    job: str
    requests: Callable[[MadeObject, Place], int]
    allowed: Callable[[MadeObject, Place], float]

    @property
    def small(self) -> str:
        """The name of a small object of the same kind."""
        return f"warm-{self.name.partition('-')[0]}"

    def answer(self, place: Place) -> list[str]:
        """Return what each side has to return."""
        body = made_object(self.name)
        wanted = {
            "frame": [place.frame],
            "indexed_frame": [place.frame],
            "second_frame": [place.earlier],
            "neighbours": [*place.neighbours],
        }
        if self.job in wanted:
            return digest(*map(body.frame, wanted[self.job]))
        if self.job == "tag":
            return ["EX0012345"]
        side = "512" if "-" not in self.name else "256"
        return ["EX0012345", side, str(body.frames)]


def few(number: int) -> Callable[[MadeObject, Place], int]:
    """Return a bar for requests that is the same for each object."""
    return lambda _, place: number


def one_block(body: MadeObject, place: Place) -> float:
    """Return the bar for what the first request must bring."""
    return 16 * KIB


def operations() -> Iterator[Operation]:
    """Give the rows."""
    yield Operation("header of a 0.5 MB CT", "ct", "header", few(1), one_block)
    for size in ("100kB", "577kB", "3MB"):
        shown = size.replace("B", " B").replace("k ", " k").replace("M ", " M")
        yield Operation(
            f"header of {shown}, defined lengths",
            f"defined-{size}",
            "header",
            few(2),
            lambda body, _: 1.05 * body.header + 16 * KIB,
        )
        yield Operation(
            f"header of {shown}, undefined lengths",
            f"undefined-{size}",
            "header",
            few(4),
            lambda body, _: 1.5 * body.header,
        )
    for size in ("64MB", "312MB"):
        yield from encapsulated_headers(size)
    yield from frames()
    yield Operation("header of a deflated object of 3.6 MB", "deflated", "header", few(1), one_block)


def encapsulated_headers(size: str) -> Iterator[Operation]:
    """Give the rows about what stands in front of fragments."""
    shown = size.replace("MB", " MB")
    for table, words in TABLES.items():
        yield Operation(f"one tag of {shown}, {words}", f"{table}-{size}", "tag", few(1), one_block)
    for job, title in (("slide_header", "stop_before_pixels"), ("defer", "defer_size")):
        for table in ("BOT", "none"):
            yield Operation(f"{title}, {shown}, {TABLES[table]}", f"{table}-{size}", job, few(1), one_block)
        yield Operation(f"{title}, {shown}, EOT", f"EOT-{size}", job, few(3), header_with_tables(job == "defer"))


def header_with_tables(deferred: bool) -> Callable[[MadeObject, Place], float]:
    """Return the bar for a header with an Extended Offset Table in it, whose two values may be deferred."""

    def allowed(body: MadeObject, _: Place) -> float:
        kept = 0 if deferred and body.tables / 2 > 64 * KIB else body.tables
        return body.header + kept + 32 * KIB

    return allowed


def table_and_frame(body: MadeObject, place: Place) -> float:
    """Return the bar for a frame that a table tells where it is."""
    frame = len(body.frame(place.frame))
    return min(body.tables + frame + 32 * KIB, 1.3 * (body.header + body.tables + frame))


def walked(body: MadeObject, place: Place) -> float:
    """Return the bar for a frame that is found by a walk."""
    return 1.05 * body.frame_end(place.frame) + 8 * MIB


def several(body: MadeObject, place: Place) -> float:
    """Return the bar for neighbouring frames."""
    return 1.1 * sum(len(body.frame(number)) + 8 for number in place.neighbours)


def frames() -> Iterator[Operation]:
    """Give the rows about frames."""
    for table in ("BOT", "EOT"):
        yield Operation(f"one frame of 312 MB, {table}", f"{table}-312MB", "frame", few(3), table_and_frame)
    for table in ("BOT", "EOT"):
        yield Operation(
            f"then a second frame, {table}",
            f"{table}-312MB",
            "second_frame",
            few(1),
            lambda body, place: len(body.frame(place.earlier)) + 16,
        )
    for table in ("BOT", "none"):
        yield Operation(
            f"one frame, saved index, {TABLES[table]}",
            f"{table}-312MB",
            "indexed_frame",
            few(1),
            lambda body, place: len(body.frame(place.frame)) + 16,
        )
    yield Operation(
        "one frame of 312 MB, no table",
        "none-312MB",
        "frame",
        lambda body, place: body.frame_end(place.frame) // (8 * MIB) + 2,
        walked,
    )
    yield Operation(
        "then an earlier frame, no table",
        "none-312MB",
        "second_frame",
        few(1),
        lambda body, place: len(body.frame(place.earlier)) + 16,
    )
    for table in ("BOT", "EOT"):
        name = f"{table}-312MB"
        yield Operation(f"then 100 neighbouring frames, {table}", name, "neighbours", few(10), several)
