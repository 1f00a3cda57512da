"""Mutated files: whatever the bytes, only DicomError, and the same for every cut.

The default run is moderate. ``ADICOM_MUTATIONS=1000000 pytest --timeout=0`` makes as many mutations of small files.
"""

from __future__ import annotations

import os
import random
import time
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adicom.errors import DicomError
from tests import hostile, made, oracle
from tests.test_cuts import PLANS, at_random, outcome
from tests.test_hostile import read_leniently, read_touched

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.filterwarnings("ignore::adicom.errors.DicomWarning")

MUTATIONS: Final = int(os.environ.get("ADICOM_MUTATIONS", "2000"))
EXAMPLES: Final = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

# What a mutation puts in: lengths at their edges, tags that mean something, VRs, text that is split or escaped.
SPECIAL: Final = (
    [value.to_bytes(4, "little") for value in (0, 1, 2, 7, 8, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)]
    + [value.to_bytes(2, "little") for value in (0, 1, 0xFFFE, 0xFFFF)]
    + [
        b"\xfe\xff\x00\xe0",
        b"\xfe\xff\x0d\xe0",
        b"\xfe\xff\xdd\xe0",
        b"\x02\0\x10\0",
        b"\x08\0\x05\0",
        b"\xe0\x7f\x10\0",
    ]
    + [vr.encode("ascii") for vr in sorted(made.SHORT_VRS | set(hostile.LONG_VRS))]
    + [b"\\", b"^", b"=", b"\x1b$B", b"\x1b(J", b"\0", b" ", b"1e999", b"-", b"ISO 2022 IR 87", b"GB18030"]
)


def small_files() -> list[bytes]:
    """Return the files to mutate: small ones of every kind, made ones and real ones."""
    files = [
        made.part10(made.small(form, undefined=undefined), form.syntax)
        for form in made.FORMS
        for undefined in (False, True)
    ]
    files.append(made.deflated(made.small(undefined=True)))
    files.append(made.part10(made.encapsulated([b"ab", b"cdef"], bytes(8)), made.JPEG_BASELINE))
    files.append(
        made.part10(
            made.nested(
                hostile.PRIVATE, 4, undefined=True, vr="UN", core=made.element(0x00100020, "LO", "1", made.IMPLICIT)
            )
        )
    )
    return files + [path.read_bytes() for path in oracle.all_files() if path.stat().st_size < 3000][::4]


FILES: Final = small_files()


def mutate(data: bytes, choose: random.Random, others: Sequence[bytes]) -> bytes:
    """Return the data with one to six changes, most of them behind the preamble."""
    changed = bytearray(data)
    for _ in range(choose.randint(1, 6)):
        at = choose.randrange(min(128, len(changed)), len(changed) + 1) if choose.random() < 0.95 else 0
        size = choose.choice((0, 1, 2, 4, 8, 40))
        kind = choose.randrange(6)
        if kind == 0:
            changed[at : at + 1] = choose.randbytes(1)
        elif kind == 1:
            special = choose.choice(SPECIAL)
            changed[at : at + len(special)] = special
        elif kind == 2:
            changed[at:at] = choose.choice(SPECIAL)
        elif kind == 3:
            del changed[at : at + size]
        elif kind == 4:
            changed[at:at] = changed[at : at + size] * choose.choice((1, 1, 3))
        else:
            other = choose.choice(others)
            start = choose.randrange(len(other))
            changed[at : at + size] = other[start : start + size]
    return bytes(changed)


def assert_survives(data: bytes, seed: int) -> None:
    """Read the data in every way; anything but a DicomError fails the test."""
    plan = list(PLANS.values())[seed % len(PLANS)]
    whole = outcome([data], plan)
    assert outcome(at_random(data, seed), plan) == whole
    for read in (read_touched, read_leniently):
        try:
            read(data)
        except DicomError as error:
            str(error)


def test_mutations() -> None:
    for seed in range(MUTATIONS):
        choose = random.Random(seed)
        data = mutate(choose.choice(FILES), choose, FILES)
        start = time.process_time()
        try:
            assert_survives(data, seed)
        except Exception as error:
            raise AssertionError(f"mutation {seed}: {data.hex()}") from error
        assert time.process_time() - start < 5, f"mutation {seed} takes too long"


@EXAMPLES
@given(st.binary(max_size=400), st.sampled_from(made.FORMS))
def test_any_bytes(body: bytes, form: made.Form) -> None:
    assert_survives(made.part10(body, form.syntax), len(body))


TAGS: Final = st.sampled_from(
    (0x00080005, 0x00080018, 0x00081140, 0x00100010, 0x00280103, 0x00280106, 0x0040A730, 0x00091001, 0x00090010)
) | st.sampled_from(
    (0x52009230, made.PIXEL_DATA, 0xFFFCFFFC, made.ITEM, made.ITEM_END, made.SEQUENCE_END, 0, 0x00020010)
)
VRS: Final = st.sampled_from(sorted(made.SHORT_VRS | set(hostile.LONG_VRS) | {"XX", "??"}))
LENGTHS: Final = st.one_of(st.integers(0, 40), st.sampled_from([0xFFFF, 0xFFFFFFFE, 0xFFFFFFFF]))
HEADERS: Final = st.builds(
    lambda tag, vr, length, form: made.header(
        tag, vr, min(length, 0xFFFF) if vr in made.SHORT_VRS and not form.implicit else length, form
    ),
    TAGS,
    VRS,
    LENGTHS,
    st.sampled_from(made.FORMS),
)


@EXAMPLES
@given(
    st.lists(st.one_of(HEADERS, st.binary(max_size=12)), max_size=30), st.sampled_from(made.FORMS), st.integers(0, 99)
)
def test_any_headers(pieces: list[bytes], form: made.Form, seed: int) -> None:
    assert_survives(made.part10(b"".join(pieces), form.syntax), seed)


@EXAMPLES
@given(
    st.binary(max_size=200),
    VRS,
    st.sampled_from(["ISO_IR 100", "ISO_IR 192", "GB18030", "ISO 2022 IR 6\\ISO 2022 IR 87"]),
)
def test_any_value(value: bytes, vr: str, charset: str) -> None:
    body = made.element(0x00080005, "CS", charset) + made.element(hostile.PRIVATE, vr.replace("?", "X"), value)
    assert_survives(made.part10(body + made.element(0x00280106, "US", value[:4])), len(value))
