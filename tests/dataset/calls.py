"""Calls of a dataset's methods, said so that either library can make them."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Call:
    """One call: its name in :data:`CALLS`, and what is passed."""

    name: str
    arguments: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        return f"Call({self.name!r}, {self.arguments!r})"


@dataclass(frozen=True)
class Key:
    """A tag, in one of the forms that it may be given in."""

    form: str
    tag: int


@dataclass(frozen=True)
class Element:
    """A data element."""

    tag: int
    VR: str
    value: Any


@dataclass(frozen=True)
class Made:
    """A dataset that calls make."""

    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Items:
    """A list of datasets, or a Sequence of them."""

    items: tuple[Made, ...]
    as_sequence: bool = False


KEY_FORMS: Final[dict[str, Callable[[Any, int], Any]]] = {
    "int": lambda library, tag: tag,
    "tuple": lambda library, tag: (tag >> 16, tag & 0xFFFF),
    "list": lambda library, tag: [tag >> 16, tag & 0xFFFF],
    "Tag": lambda library, tag: library.tag.Tag(tag),
    "keyword": lambda library, tag: library.datadict.keyword_for_tag(tag) or tag,
    "hex": lambda library, tag: f"0x{tag:08x}",
    "two hex": lambda library, tag: (f"0x{tag >> 16:04x}", f"0x{tag & 0xFFFF:04x}"),
    # What is no key.
    "unknown": lambda library, tag: "PatientNam",
    "empty": lambda library, tag: "",
    "negative": lambda library, tag: -1,
    "too large": lambda library, tag: 1 << 32,
    "large group": lambda library, tag: (1 << 16, 0),
    "three": lambda library, tag: (1, 2, 3),
    "None": lambda library, tag: None,
    "float": lambda library, tag: 1.5,
    "bytes": lambda library, tag: b"PatientName",
}


def make(library: Any, thing: Any) -> Any:
    """Return what stands for a thing in the library."""
    match thing:
        case Key(form, tag):
            return KEY_FORMS[form](library, tag)
        case Element(tag, VR, value):
            return library.DataElement(tag, VR, make(library, value))
        case Made(calls):
            dataset = library.Dataset()
            for call in calls:
                perform(library, dataset, call)
            return dataset
        case Items(items, as_sequence):
            made = [make(library, item) for item in items]
            return library.Sequence(made) if as_sequence else made
        case dict():
            return {make(library, key): make(library, value) for key, value in thing.items()}
        case list():
            return [make(library, item) for item in thing]
        case _:
            return thing


def perform(library: Any, dataset: Any, call: Call) -> Any:
    """Make one call of a dataset."""
    # pydicom keeps the blocks of private creators that are gone: see the table in test_like_pydicom.
    getattr(dataset, "_private_blocks", {}).clear()
    return CALLS[call.name](library, dataset, *[make(library, argument) for argument in call.arguments])


def _delete(library: Any, dataset: Any, key: Any) -> None:
    del dataset[key]


def _set(library: Any, dataset: Any, key: Any, element: Any) -> None:
    dataset[key] = element


def _inside(library: Any, dataset: Any, key: Any, number: int, call: Call) -> Any:
    """Call a method of an item of a sequence."""
    return perform(library, dataset[key].value[number], call)


def _of_value(library: Any, dataset: Any, key: Any, name: str, *arguments: Any) -> Any:
    """Call a method of a value: a list of values, or a sequence."""
    return getattr(dataset[key].value, name)(*arguments)


def _of_element(library: Any, dataset: Any, key: Any, name: str, value: Any) -> None:
    setattr(dataset[key], name, value)


def _of_block(library: Any, dataset: Any, group: int, creator: str, name: str, *arguments: Any) -> Any:
    """Call a method of the block of a private creator."""
    return getattr(dataset.private_block(group, creator, create=True), name)(*arguments)


def _block(library: Any, dataset: Any, group: int, creator: str, create: bool) -> Any:
    block = dataset.private_block(group, creator, create=create)
    return block.group, block.private_creator, block.block_start


def _walk(library: Any, dataset: Any, recursive: bool) -> list[Any]:
    seen: list[Any] = []
    dataset.walk(lambda holder, element: seen.append((len(holder), element)), recursive)
    return seen


def _walk_deleting(library: Any, dataset: Any, divisor: int) -> list[Any]:
    """Take elements away while walking, some of them not the one that the walk is at."""
    seen: list[Any] = []

    def callback(holder: Any, element: Any) -> None:
        seen.append(element.tag)
        for tag in (element.tag, element.tag + 1):
            if tag % divisor == 0 and tag in holder:
                del holder[tag]

    dataset.walk(callback)
    return seen


def _change_copy(library: Any, dataset: Any) -> tuple[bool, bool]:
    """Change copies, and say whether the dataset changed with them."""
    library.Dataset(dataset).PatientID = "of Dataset()"
    after_first = "PatientID" in dataset
    dataset.copy().PatientName = "of copy()"
    return after_first, "PatientName" in dataset


def _cleared_block(library: Any, dataset: Any, group: int, creator: str) -> list[str]:
    """Return the private creators after the only one was taken away, and its block made anew."""
    dataset.private_block(group, creator, create=True)
    dataset.clear()
    dataset.private_block(group, creator, create=True)
    return list(dataset.private_creators(group))


def _decode(library: Any, dataset: Any) -> list[Any]:
    """Decode all text; return the names, for they are what changes."""
    dataset.decode()
    return [element.value for element in dataset.iterall() if element.VR == "PN"]


def _raw(library: Any, dataset: Any, tag: int, VR: str | None, value: bytes) -> None:
    """Set an element that is not decoded yet."""
    dataset[tag] = library.dataelem.RawDataElement(library.tag.Tag(tag), VR, len(value), value, 0, VR is None, True)


CALLS: Final[dict[str, Callable[..., Any]]] = {
    # attributes
    "setattr": lambda library, ds, name, value: setattr(ds, name, value),
    "getattr": lambda library, ds, name: getattr(ds, name),
    "delattr": lambda library, ds, name: delattr(ds, name),
    # elements
    "add": lambda library, ds, element: ds.add(element),
    "add_new": lambda library, ds, tag, VR, value: ds.add_new(tag, VR, value),
    "set": _set,
    "raw": _raw,
    "getitem": lambda library, ds, key: ds[key],
    "del": _delete,
    "in": lambda library, ds, key: key in ds,
    "get": lambda library, ds, key, *default: ds.get(key, *default),
    "get_item": lambda library, ds, key: ds.get_item(key),
    "data_element": lambda library, ds, name: ds.data_element(name),
    "pop": lambda library, ds, key, *default: ds.pop(key, *default),
    "popitem": lambda library, ds: ds.popitem(),
    "setdefault": lambda library, ds, key, *default: ds.setdefault(key, *default),
    "update": lambda library, ds, other: ds.update(other),
    "clear": lambda library, ds: ds.clear(),
    "update_raw_element": lambda library, ds, key, VR, value: ds.update_raw_element(key, vr=VR, value=value),
    # parts
    "slice": lambda library, ds, start, stop, step: ds[start:stop:step],
    "get_item slice": lambda library, ds, start, stop, step: ds.get_item(slice(start, stop, step)),
    "del slice": lambda library, ds, start, stop, step: _delete(library, ds, slice(start, stop, step)),
    "set slice": lambda library, ds, start, stop, element: _set(library, ds, slice(start, stop), element),
    "group_dataset": lambda library, ds, group: ds.group_dataset(group),
    # private elements
    "private_block": _block,
    "of block": _of_block,
    "add_new_private": lambda library, ds, *arguments: ds.add_new_private(*arguments),
    "get_private_item": lambda library, ds, *arguments: ds.get_private_item(*arguments),
    "private_creators": lambda library, ds, group: ds.private_creators(group),
    "remove_private_tags": lambda library, ds: ds.remove_private_tags(),
    # what is inside
    "inside": _inside,
    "of value": _of_value,
    "of element": _of_element,
    "walk": _walk,
    "walk deleting": _walk_deleting,
    "decode": _decode,
    # text
    "dir": lambda library, ds, *filters: ds.dir(*filters),
    "formatted_lines": lambda library, ds, *formats: list(ds.formatted_lines(*formats)),
    "top": lambda library, ds: ds.top(),
    # copies
    "copy": lambda library, ds: ds.copy(),
    "copy.copy": lambda library, ds: copy.copy(ds),
    "deepcopy": lambda library, ds: copy.deepcopy(ds),
    "pickle": lambda library, ds, protocol: pickle.loads(pickle.dumps(ds, protocol)),
    "change copy": _change_copy,
    "cleared block": _cleared_block,
    "Dataset": lambda library, ds: library.Dataset(ds),
    "eq": lambda library, ds, other: (ds == other, ds != other, other == ds),
    # encoding
    "set_original_encoding": lambda library, ds, *arguments: ds.set_original_encoding(*arguments),
    "ensure_file_meta": lambda library, ds: ds.ensure_file_meta(),
}
