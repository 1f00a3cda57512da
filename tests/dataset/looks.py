"""What a caller sees of a dataset, as plain Python that is the same for either library."""

from __future__ import annotations

import copy
import pickle
import re
import warnings
from typing import TYPE_CHECKING, Any, Final

from tests.dataset.calls import perform

if TYPE_CHECKING:
    from tests.dataset.calls import Call

# adicom writes tags as pydicom 1.x did, with a blank.
_TAG: Final = re.compile(r"\(([0-9A-Fa-f]{4}), ([0-9A-Fa-f]{4})\)")
_KINDS: Final = (
    KeyError,
    IndexError,
    AttributeError,
    NotImplementedError,
    OverflowError,
    UnicodeError,
    ValueError,
    TypeError,
)


def text(words: str) -> str:
    """Return a text with the tags in it as pydicom 3 writes them."""
    return _TAG.sub(r"(\1,\2)", words)


def plain(thing: Any) -> Any:
    """Return a value with the name of its class, and all that is in it."""
    if hasattr(thing, "group_dataset"):
        return type(thing).__name__, [plain(element) for element in thing]
    if type(thing).__name__ == "RawDataElement":
        return ["raw", int(thing.tag), str(thing.VR), thing.length, thing.value, thing.is_implicit_VR]
    if type(thing).__name__ == "DataElement":
        return element(thing)
    if isinstance(thing, tuple):
        return [plain(part) for part in thing]
    if isinstance(thing, list) or type(thing).__name__ in ("MultiValue", "Sequence"):
        return type(thing).__name__, [plain(part) for part in thing]
    return type(thing).__name__, text(repr(thing))


def element(thing: Any) -> dict[str, Any]:
    """Return what there is to see of a data element."""
    seen: dict[str, Any] = {"tag": int(thing.tag), "VR": str(thing.VR), "value": plain(thing.value)}
    for name in ("VM", "keyword", "name", "is_empty", "is_private", "is_undefined_length", "private_creator"):
        seen[name] = getattr(thing, name)
    if thing.VR != "SQ":
        seen["repr"] = text(repr(thing.value))
    seen["repval"] = text(thing.repval)
    seen["str"] = text(str(thing))
    return seen


def outcome(library: Any, dataset: Any, call: Call) -> dict[str, Any]:
    """Make a call; return what came out, whether it warned, and what kind of error it raised."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = perform(library, dataset, call)
        except Exception as error:  # noqa: BLE001  # which one is the question
            return {"error": next((kind.__name__ for kind in _KINDS if isinstance(error, kind)), repr(error))}
    # How many warnings there are is for the values' own tests.
    warned = any(issubclass(one.category, UserWarning) for one in caught)
    return {"error": None, "result": plain(result), "warned": warned}


def view(dataset: Any) -> dict[str, Any]:
    """Return all there is to see of a dataset."""
    walked: list[Any] = []
    dataset.walk(lambda holder, element: walked.append((len(holder), int(element.tag))))
    groups = sorted({tag >> 16 for tag in dataset.keys() if tag >> 16 & 1})  # noqa: SIM118
    short = "%(tag)s|%(VR)s|%(VM)s|%(keyword)s|%(value)s|%(repval)s"
    seen = {
        "elements": {int(tag): element(dataset[tag]) for tag in sorted(dataset.keys())},
        "keys": sorted(int(tag) for tag in dataset.keys()),  # noqa: SIM118
        "values": sorted(int(element.tag) for element in dataset.values()),
        "items": sorted((int(tag), int(element.tag)) for tag, element in dataset.items()),
        "iter": [int(element.tag) for element in dataset],
        "iterall": [int(element.tag) for element in dataset.iterall()],
        "walk": walked,
        "len": len(dataset),
        "bool": bool(dataset),
        "dir": dataset.dir(),
        "dir(seq)": dataset.dir("seq", "na"),
        "keywords in dir": [name for name in dir(dataset) if name[:1].isupper()],
        "trait_names": [name for name in dataset.trait_names() if name[:1].isupper()],
        "str": text(str(dataset)),
        "repr": text(repr(dataset)),
        "top": text(dataset.top()),
        "formatted_lines": [text(line) for line in dataset.formatted_lines()],
        "formatted_lines of mine": [text(line) for line in dataset.formatted_lines(short, short)],
        "private_creators": {group: plain(dataset.private_creators(group)) for group in groups},
        "is_undefined_length_sequence_item": dataset.is_undefined_length_sequence_item,
    }
    for name in ("original_encoding", "is_implicit_VR", "is_little_endian"):
        seen[name] = getattr(dataset, name)
    return seen


def copies(dataset: Any) -> dict[str, Any]:
    """Return how copies stand to the dataset, unchanged and changed."""
    seen: dict[str, Any] = {}
    seen["copy"] = [dataset.copy() == dataset, type(dataset.copy()).__name__, text(str(dataset.copy()))]
    for name, twin in (
        ("deepcopy", copy.deepcopy(dataset)),
        *((f"pickle {protocol}", pickle.loads(pickle.dumps(dataset, protocol))) for protocol in (2, 5)),
    ):
        seen[name] = [twin == dataset, dataset == twin, twin != dataset, type(twin).__name__, text(str(twin))]
        twin.PatientID = "another"
        seen[f"changed {name}"] = [twin == dataset, "PatientID" in dataset, text(str(dataset))]
        for element in twin.iterall():
            if element.VR == "LO":
                element.value = "other"
                break
        seen[f"changed inside {name}"] = [twin == dataset, text(str(dataset))]
    return seen
