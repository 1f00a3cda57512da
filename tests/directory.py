"""DICOMDIRs written by hand: records with offsets that lead where a test wants them.

Nothing here knows adicom, as in :mod:`tests.made`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests import made
from tests.made import EXPLICIT, element, item, numbers, sequence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.made import Form

DICOMDIR_CLASS: Final = "1.2.840.10008.1.3.10"


@dataclass
class At:
    """An offset as it is, where others are the numbers of records."""

    offset: int


@dataclass
class Record:
    """A directory record: its type, and the numbers of the records that its offsets lead to.

    ``more`` are elements that follow the type, ``first`` such that come before the offsets; ``bare`` leaves the
    elements of the directory itself out.
    """

    kind: str
    next: int | At | None = None
    lower: int | At | None = None
    in_use: int = 0xFFFF
    more: bytes = b""
    first: bytes = b""
    shared: int | None = None
    bare: bool = False


def file_id(*components: str, form: Form = EXPLICIT) -> bytes:
    return element(0x00041500, "CS", "\\".join(components), form)


def patient(number: str, form: Form = EXPLICIT) -> bytes:
    return element(0x00100010, "PN", f"Secret^{number}", form) + element(0x00100020, "LO", number, form)


def directory(
    records: Sequence[Record],
    first: int | At | None = 0,
    form: Form = EXPLICIT,
    *,
    undefined: bool = False,
    deflate: bool = False,
    preamble: bytes = bytes(128),
    padding: bytes = b"",
) -> bytes:
    """Return a DICOMDIR."""
    places = [0] * len(records)
    whole = b""
    for _ in range(2):  # the first time to learn where the records are
        items = [item(_record(record, places, form), form, undefined=undefined) for record in records]
        root = element(0x00041200, "UL", numbers("L", _offset(first, places), form=form), form)
        body = element(0x00041130, "CS", "SET", form) + root
        last = sequence(0x00041220, items, form, undefined=undefined)
        start = len(last) - sum(map(len, items)) - (8 if undefined else 0)
        whole = _file(body + last, form, deflate, preamble)
        at = len(_file(body, form, False, preamble)) + start
        for number, content in enumerate(items):
            places[number] = at
            at += len(content)
    return whole + padding


def _file(body: bytes, form: Form, deflate: bool, preamble: bytes) -> bytes:
    whole = made.deflated(body) if deflate else made.part10(body, form.syntax, preamble=preamble)
    image = made.element(0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.7")
    return whole.replace(image, made.header(0x00020002, "UI", 26) + DICOMDIR_CLASS.encode().ljust(26, b"\0"), 1)


def _record(record: Record, places: Sequence[int], form: Form) -> bytes:
    if record.bare:
        return record.more
    content = record.first + element(0x00041400, "UL", numbers("L", _offset(record.next, places), form=form), form)
    content += element(0x00041410, "US", numbers("H", record.in_use, form=form), form)
    content += element(0x00041420, "UL", numbers("L", _offset(record.lower, places), form=form), form)
    content += element(0x00041430, "CS", record.kind, form)
    if record.shared is not None:
        content += element(0x00041504, "UL", numbers("L", places[record.shared], form=form), form)
    return content + record.more


def _offset(target: int | At | None, places: Sequence[int]) -> int:
    if isinstance(target, At):
        return target.offset
    return 0 if target is None else places[target]
