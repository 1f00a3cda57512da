"""Makes datasets and data elements of the DICOM JSON Model.

Rule: nothing here follows a BulkDataURI. The value stays deferred, and is fetched only if the caller says from where
that is allowed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from warnings import warn

from adicom.charset import DEFAULT_ENCODING, encodings_for
from adicom.datadict import find_private_vr, find_vr
from adicom.dataelem import DataElement, Deferred, RawDataElement
from adicom.dataset.bulkdata import BulkDataAccess, BulkDataLoader
from adicom.dataset.dataset import Dataset
from adicom.errors import DicomWarning, InvalidJsonError, LimitError, ParseError, format_path
from adicom.jsonmodel.attributes import BULK_DATA_VR, definite_vr
from adicom.jsonmodel.text import load_tree
from adicom.jsonmodel.values import binary_value, value_of
from adicom.parser.limits import ParserLimits
from adicom.sequence import Sequence
from adicom.tag import BaseTag
from adicom.values import decode
from adicom.vr import AMBIGUOUS_VR, STANDARD_VR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from adicom.errors import Path

    D = TypeVar("D", bound=Dataset)

__all__ = ("element_from_json", "from_json")

_NAME: Final = re.compile("[0-9A-Fa-f]{8}")
_CHARACTER_SET: Final = "00080005"
_DEPTH: Final = ParserLimits().depth
_NO_ACCESS: Final = BulkDataAccess()


def from_json(
    kind: type[D],
    json_dataset: Mapping[str, Any] | str | bytes | bytearray,
    bulk_data_uri_handler: Callable[..., Any] | None = None,
    access: BulkDataAccess = _NO_ACCESS,
) -> D:
    """Return the dataset that JSON stands for; see :meth:`adicom.Dataset.from_json`."""
    tree = load_tree(json_dataset) if isinstance(json_dataset, str | bytes | bytearray) else json_dataset
    if isinstance(tree, list):
        raise TypeError("the JSON is a list of datasets: json.loads() it, and call from_json() with each member")
    dataset = kind()
    reader = _Reader(kind, bulk_data_uri_handler, access)
    reader.fill(dataset, tree)
    return dataset


def element_from_json(
    dataset_class: type[Dataset],
    tag: str,
    vr: str,
    value: Any,
    value_key: str | None,
    bulk_data_uri_handler: Callable[..., Any] | None = None,
) -> DataElement:
    """Return the data element that an attribute object stands for; see :meth:`adicom.DataElement.from_json`."""
    attribute = {"vr": vr} if value_key is None else {"vr": vr, value_key: value}
    holder = Dataset()
    _Reader(dataset_class, bulk_data_uri_handler, _NO_ACCESS).fill(holder, {tag: attribute})
    return holder[int(tag, 16)]


class _Level:
    """One dataset that is being filled."""

    __slots__ = ("dataset", "encodings", "members", "path", "raw", "tree")

    def __init__(self, dataset: Dataset, tree: Any, path: Path, encodings: tuple[str, ...]) -> None:
        if not hasattr(tree, "items"):
            raise InvalidJsonError("a dataset is an object", path=path)
        self.dataset = dataset
        self.tree = tree
        self.path = path
        self.members = iter(tree.items())
        self.raw: list[RawDataElement] = []
        self.encodings = encodings
        terms = tree.get(_CHARACTER_SET)
        if isinstance(terms, dict) and isinstance(terms.get("Value"), list):
            self.encodings = encodings_for([term or "" for term in terms["Value"] if term is None or _is_text(term)])

    def creator(self, tag: int) -> str | None:
        """Return who reserved the block of a private tag (PS3.5 7.8.1)."""
        reserving = self.tree.get(f"{tag >> 16:04X}{tag >> 8 & 0xFF:04X}")
        values = reserving.get("Value") if isinstance(reserving, dict) else None
        return values[0] if isinstance(values, list) and values and _is_text(values[0]) else None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _takes_one(handler: Callable[..., Any]) -> bool:
    from inspect import signature

    return len(signature(handler).parameters) == 1


class _Reader:
    """Fills datasets."""

    def __init__(self, kind: type[Dataset], handler: Callable[..., Any] | None, access: BulkDataAccess) -> None:
        # Items of a dataset with a file around it are plain ones.
        self._kind = next(base for base in kind.__mro__ if not hasattr(base, "fetch_rest"))
        self._handler = handler
        self._takes_uri = handler is not None and _takes_one(handler)
        self._access = access

    def fill(self, dataset: Dataset, tree: Any) -> None:
        """Put what the objects say into a dataset, items and what is in them included."""
        stack = [_Level(dataset, tree, (), (DEFAULT_ENCODING,))]
        while stack:
            level = stack[-1]
            for name, attribute in level.members:
                if not _NAME.fullmatch(name):
                    raise InvalidJsonError("a name is no tag of eight hexadecimal digits", path=level.path)
                tag = int(name, 16)
                try:
                    below = self._add(level, tag, attribute)
                except ParseError as error:
                    error.tag, error.path = tag, error.path or level.path
                    raise
                if below:
                    stack += below
                    break
            else:
                # UN comes last, for it is decoded with what else there is.
                for raw in level.raw:
                    level.dataset[raw.tag] = raw
                stack.pop()

    def _add(self, level: _Level, tag: int, attribute: Any) -> list[_Level] | None:
        """Add one element; return the items that are to be filled, the first one last."""
        VR, key, value = _parts(tag, attribute)
        if VR == "SQ":
            items = self._items(tag, level, key, value)
            element = DataElement(tag, "SQ", Sequence(item.dataset for item in items), already_converted=True)
            level.dataset.add(element)
            return items[::-1]
        if key == "BulkDataURI":
            element = self._bulk(tag, VR, value)
        elif key == "InlineBinary":
            data = binary_value(tag, value)
            encodings: tuple[str, ...] = ("utf_8",)
            if VR == "UN" and (known := _known_vr(tag, level)) is not None:
                if known == "SQ":
                    level.raw.append(RawDataElement(BaseTag(tag), "UN", len(data), data, 0, True, True))
                    return None
                VR, encodings = known, level.encodings
            element = DataElement(tag, VR, decode(tag, VR, data, True, encodings), already_converted=True)
        elif key is None or isinstance(value, list):
            element = DataElement(tag, VR, value_of(tag, VR, value or []), already_converted=True)
        else:
            raise InvalidJsonError("Value is no list")
        if tag & 0x10000:
            element.private_creator = level.creator(tag)
        level.dataset.add(element)
        return None

    def _items(self, tag: int, level: _Level, key: str | None, value: Any) -> list[_Level]:
        values = [] if key is None else value
        if key not in (None, "Value") or not isinstance(values, list):
            raise InvalidJsonError("the Value of a sequence is a list of objects")
        if values and len(level.path) >= _DEPTH:
            raise LimitError(f"sequences are nested deeper than {_DEPTH} levels", path=level.path, limit="depth")
        path = level.path
        return [
            _Level(self._kind(), {} if item is None else item, (*path, (tag, index)), level.encodings)
            for index, item in enumerate(values)
        ]

    def _bulk(self, tag: int, VR: str, uri: Any) -> DataElement:
        """Return the element whose value a URI names."""
        if isinstance(uri, list) and len(uri) == 1:
            uri = uri[0]
        if not isinstance(uri, str) or VR not in BULK_DATA_VR:
            raise InvalidJsonError("BulkDataURI is no text" if VR in BULK_DATA_VR else f"no bulk data has VR {VR}")
        if self._handler is None:
            deferred = Deferred(0, None, BulkDataLoader(uri, self._access))
            return DataElement(tag, VR, deferred, already_converted=True)
        value = self._handler(uri) if self._takes_uri else self._handler(f"{tag:08X}", VR, uri)
        if isinstance(value, bytes):
            return DataElement(tag, VR, decode(tag, VR, value, True, ("utf_8",)), already_converted=True)
        return DataElement(tag, VR, value)


_KEYS: Final = ("Value", "InlineBinary", "BulkDataURI")


def _parts(tag: int, attribute: Any) -> tuple[str, str | None, Any]:
    """Return the VR of an attribute object, the name of what holds its value, and that."""
    if not isinstance(attribute, dict):
        raise InvalidJsonError("an attribute is an object")
    VR = attribute.get("vr")
    if not isinstance(VR, str):
        raise InvalidJsonError("an attribute has no vr")
    keys = [key for key in _KEYS if key in attribute]
    if len(keys) > 1:
        message = f"{format_path((), tag)} has {' and '.join(keys)}, of which one is allowed: the first is taken"
        warn(message, DicomWarning, stacklevel=5)
    key = keys[0] if keys else None
    value = attribute[key] if key is not None else None
    if VR in AMBIGUOUS_VR:
        VR = definite_vr(tag, VR, b"" if key != "Value" else value)
    if VR not in STANDARD_VR:
        raise InvalidJsonError("the vr of an attribute is none")
    return VR, key, value


def _known_vr(tag: int, level: _Level) -> str | None:
    """Return the VR that the dictionaries have for an element with VR UN."""
    VR = find_vr(tag)
    if VR is None and tag & 0x10000 and (creator := level.creator(tag)):
        VR = find_private_vr(tag, creator)
    if VR in AMBIGUOUS_VR:
        return definite_vr(tag, VR, b"")
    return None if VR == "UN" else VR
