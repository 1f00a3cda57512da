"""Fuzzes adicom with atheris: whatever the bytes, only DicomError.

``tools/fuzz`` runs it. ``python tools/fuzz_parser.py --seeds FOLDER`` writes files to begin with, and
``python tools/fuzz_parser.py FILE`` reads one input again, without atheris where that is not installed.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

try:
    import atheris
except ImportError:
    atheris = None

if atheris is not None:
    with atheris.instrument_imports(include=["adicom"]):
        import adicom.sync
        from adicom.errors import DicomError
        from adicom.parser import Expand, Parser, ParserLimits, Plan
else:
    import adicom.sync
    from adicom.errors import DicomError
    from adicom.parser import Expand, Parser, ParserLimits, Plan

LIMITS = ParserLimits(inflated_bytes=2**24, elements=200_000)
PLANS = (
    Plan(),
    Plan(expand=Expand.UNDEFINED, collect_up_to=16),
    Plan(expand=Expand.NONE, collect_up_to=None, skip_above=64),
    Plan(expand=Expand.NONE, wanted=frozenset({0x00081140, 0x00100020}), last_wanted=0x00100020),
)


def parse(data: bytes, piece: int, plan: Plan) -> tuple[list[object], str]:
    """Return the kinds and places of all events, and the error, of what is fed in pieces."""
    parser = Parser(limits=LIMITS, plan=plan)
    found: list[object] = []
    try:
        for at in range(0, len(data), piece):
            parser.receive_data(data[at : at + piece])
            while events := parser.events():
                found += [(type(event).__name__, event.offset, event.path) for event in events]
        parser.receive_eof()
        while events := parser.events():
            found += [(type(event).__name__, event.offset, event.path) for event in events]
    except DicomError as error:
        return without_chunks(found), str(error)
    return without_chunks(found), ""


def without_chunks(found: list[object]) -> list[object]:
    """Leave out the chunks, for how many there are depends on the cut."""
    return [event for event in found if not (isinstance(event, tuple) and event[0] == "ValueChunk")]


def read(data: bytes, strict: bool) -> None:
    """Make a dataset and look at all of it."""
    try:
        dataset = adicom.sync.dcmread(data, strict=strict, force=not strict, limits=LIMITS)
        for element in dataset.iterall():
            str(element)
    except DicomError as error:
        str(error)


def one_input(data: bytes) -> None:
    """Try one input; the first byte says how it is cut, and what is wanted of it."""
    if not data:
        return
    plan, piece, data = PLANS[data[0] >> 6], (data[0] & 63) + 1, data[1:]
    if parse(data, piece, plan) != parse(data, len(data) + 1, plan):
        raise AssertionError("the cut of the bytes changes the events")
    read(data, True)
    read(data, False)


def write_seeds(folder: Path) -> None:
    """Write small files of every kind."""
    from tests import hostile, made

    files = [
        made.part10(made.small(form, undefined=long), form.syntax) for form in made.FORMS for long in (False, True)
    ]
    files += [made.deflated(made.small()), made.part10(made.encapsulated([b"ab"]), made.JPEG_BASELINE)]
    files += [case.data for case in hostile.fixed().values() if len(case.data) < 2000]
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(files):
        for plan in range(len(PLANS)):
            (folder / f"seed-{number:03}-{plan}").write_bytes(bytes([plan << 6 | 16]) + data)


def main() -> None:
    """Write seeds, read one input, or fuzz."""
    warnings.simplefilter("ignore")
    if sys.argv[1:2] == ["--seeds"]:
        write_seeds(Path(sys.argv[2]))
    elif atheris is None:
        for name in sys.argv[1:]:
            one_input(Path(name).read_bytes())
    else:
        atheris.Setup(sys.argv, one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
