"""Makes the DICOM JSON Model of datasets and of data elements.

Rule: nothing is left out in silence. A value that is not here is waited for by nobody, so it raises, unless it may
be named by a URI; only group lengths and the file meta information are no part of the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from adicom.charset import DEFAULT_ENCODING
from adicom.dataset.filemeta import FileMetaDataset
from adicom.dataset.ports import ports
from adicom.dataset.scope import PIXEL_REPRESENTATION, first_number
from adicom.errors import DeferredValueError, format_path
from adicom.jsonmodel.attributes import BINARY_VR, attribute_of, numbers_of
from adicom.jsonmodel.bulk import BulkData
from adicom.jsonmodel.text import dump_tree
from adicom.parser.kinds import LITTLE, value_of
from adicom.values import decode
from adicom.vr import CHARSET_VR, OPEN_NUMBER, STANDARD_VR

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator

    from adicom.dataelem import DataElement
    from adicom.dataset.dataset import Dataset
    from adicom.parser.kinds import RawElement
    from adicom.sequence import Sequence

__all__ = ("attribute_text", "element_to_json", "element_to_json_dict", "is_left_out", "to_json", "to_json_dict")

_Step: TypeAlias = tuple[int, dict[str, Any] | None]
"""A tag with its attribute object; a tag alone where a sequence starts; or one of the numbers that follow."""
_ITEM: Final = -1
_ITEM_END: Final = -2
_SEQUENCE_END: Final = -3

_META_GROUP: Final = 2
_PLAIN: Final = STANDARD_VR - BINARY_VR - {"SQ"}
_DEFAULT: Final = (DEFAULT_ENCODING,)


def to_json(
    dataset: Dataset,
    bulk_data_threshold: int = 1024,
    bulk_data_element_handler: Callable[[DataElement], str | None] | None = None,
    dump_handler: Callable[[dict[str, Any]], str] | None = None,
    suppress_invalid_tags: bool = False,
    *,
    bulk_data_vr: Container[str] | None = None,
) -> str:
    """Return the JSON text of a dataset; see :meth:`adicom.Dataset.to_json`."""
    if dump_handler is None:
        bulk = BulkData(bulk_data_threshold, bulk_data_element_handler, bulk_data_vr)
        return "".join(_pieces(_walk(dataset, bulk, suppress_invalid_tags)))
    return dump_handler(
        to_json_dict(
            dataset, bulk_data_threshold, bulk_data_element_handler, suppress_invalid_tags, bulk_data_vr=bulk_data_vr
        )
    )


def to_json_dict(
    dataset: Dataset,
    bulk_data_threshold: int = 1024,
    bulk_data_element_handler: Callable[[DataElement], str | None] | None = None,
    suppress_invalid_tags: bool = False,
    *,
    bulk_data_vr: Container[str] | None = None,
) -> dict[str, Any]:
    """Return the JSON objects of a dataset; see :meth:`adicom.Dataset.to_json_dict`."""
    bulk = BulkData(bulk_data_threshold, bulk_data_element_handler, bulk_data_vr)
    tree: dict[str, Any] = {}
    around: list[Any] = [tree]
    for tag, attribute in _walk(dataset, bulk, suppress_invalid_tags):
        if attribute is not None:
            around[-1][f"{tag:08X}"] = attribute
        elif tag >= 0:
            items: list[dict[str, Any]] = []
            around[-1][f"{tag:08X}"] = {"vr": "SQ", "Value": items}
            around.append(items)
        elif tag == _ITEM:
            item: dict[str, Any] = {}
            around[-1].append(item)
            around.append(item)
        else:
            around.pop()
    return tree


def _pieces(steps: Iterable[_Step]) -> Iterator[str]:
    """Yield the JSON text; no objects are kept, which the garbage collector would have to look after."""
    yield "{"
    run: dict[str, Any] = {}
    comma = ""
    for tag, attribute in steps:
        if attribute is not None:
            run[f"{tag:08X}"] = attribute
            continue
        if run:
            yield comma + dump_tree(run)[1:-1]
            comma = ","
            run = {}
        if tag >= 0:
            yield f'{comma}"{tag:08X}":{{"vr":"SQ","Value":['
            comma = ""
        elif tag == _ITEM:
            yield comma + "{"
            comma = ""
        else:
            yield "}" if tag == _ITEM_END else "]}"
            comma = ","


def _walk(dataset: Dataset, bulk: BulkData[DataElement], suppress: bool) -> Iterator[_Step]:
    """Yield what is in a dataset, and in all items in it, in the order of the JSON text."""
    if not isinstance(dataset, FileMetaDataset):
        _require_complete(dataset)
    stack = [(dataset, iter(_tags_of(dataset)))]
    sequences: list[Iterator[Dataset]] = []
    while stack:
        current, tags = stack[-1]
        for tag in tags:
            found = _found(current, tag, bulk) if not suppress else _found_if_valid(current, tag, bulk)
            if isinstance(found, dict):
                yield tag, found
            elif found is not None:
                yield tag, None
                sequences.append(iter(found))
                break
        else:
            stack.pop()
            yield _ITEM_END, None
            if not sequences:
                return
        item = next(sequences[-1], None)
        if item is None:
            sequences.pop()
            yield _SEQUENCE_END, None
        else:
            yield _ITEM, None
            stack.append((item, iter(_tags_of(item))))


def _tags_of(dataset: Dataset) -> list[int]:
    tags = sorted(dataset._elements)
    if isinstance(dataset, FileMetaDataset):
        return [tag for tag in tags if tag & 0xFFFF]
    return [tag for tag in tags if not is_left_out(tag)]


def is_left_out(tag: int) -> bool:
    """Say whether it is a group length, or belongs to the file meta information.

    Example:
        >>> is_left_out(0x00080000), is_left_out(0x00020010), is_left_out(0x00080005)
        (True, True, False)
    """
    return not tag & 0xFFFF or tag >> 16 == _META_GROUP


def _found(dataset: Dataset, tag: int, bulk: BulkData[DataElement]) -> dict[str, Any] | Sequence:
    """Return the attribute object of an element; for a sequence that is not empty its items."""
    found = dataset._raw(tag)
    if found.__class__ is tuple and found[1] in _PLAIN and bulk.handler is None:
        attribute = _attribute_of_raw(dataset, found)
        if attribute is not None:
            return attribute
    element = dataset._element(tag)
    if element.VR != "SQ":
        attribute = _attribute(element, tag, bulk)
        if element.VR == OPEN_NUMBER and first_number(dataset._raw(PIXEL_REPRESENTATION)) == 1:
            attribute["vr"] = "SS"  # else the look of the value tells
        return attribute
    # F.2.5: what is empty has no Value.
    return element.value or {"vr": "SQ"}


def _found_if_valid(dataset: Dataset, tag: int, bulk: BulkData[DataElement]) -> dict[str, Any] | Sequence | None:
    """Return the same, or None where it is not valid."""
    try:
        return _found(dataset, tag, bulk)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the element's: the caller wants the others
        from logging import getLogger

        getLogger(__name__).warning("%s is left out: %s", format_path((), tag), type(error).__name__)
        return None


def _attribute_of_raw(dataset: Dataset, raw: RawElement) -> dict[str, Any] | None:
    """Return the attribute object of an element that was not decoded yet, and stays so; None where it is deferred."""
    tag, VR, _, _, _, form = raw
    value = value_of(raw)
    if value is None:
        return None
    assert VR is not None
    if (VR == "DS" or VR == "IS") and value and (numbers := numbers_of(value)):
        return {"vr": VR, "Value": numbers} if numbers != [None] else {"vr": VR}
    encodings = dataset._get_scope().encodings if VR in CHARSET_VR else _DEFAULT
    return attribute_of(tag, VR, decode(tag, VR, value, bool(form & LITTLE), encodings))


def _attribute(element: DataElement, tag: int, bulk: BulkData[DataElement]) -> dict[str, Any]:
    """Return the attribute object of an element that is no sequence."""
    VR = element.VR
    uri: str | None = None
    deferred = element.deferred
    if deferred is not None:
        if deferred.uri is not None:
            return {"vr": VR, "BulkDataURI": deferred.uri}
        uri = bulk.uri_of_deferred(element, tag, VR, deferred.length)
        if uri is not None:
            return {"vr": VR, "BulkDataURI": uri}
    value = element.value
    if VR in BINARY_VR:
        if value and bulk.handler is not None:
            uri = bulk.uri_of_bytes(element, tag, VR, len(value))
        raw = element._raw
        little = raw is None or bool(raw[5] & LITTLE) or raw[1] == "UN"
        return attribute_of(tag, VR, value, little_endian=little) if uri is None else {"vr": VR, "BulkDataURI": uri}
    attribute = attribute_of(tag, VR, value)
    if bulk.handler is not None:
        uri = bulk.uri_of_values(element, tag, VR, attribute.get("Value"))
    return attribute if uri is None else {"vr": VR, "BulkDataURI": uri}


def _require_complete(dataset: Dataset) -> None:
    """Read the elements behind pixel data that was not walked, if that needs no waiting.

    Raises:
        DeferredValueError: They are missing, and would have to be awaited.
    """
    if getattr(dataset, "is_complete", True):
        return
    root = None if dataset._origin is None else dataset._origin.root
    if root is None or root.values is None or not (root.load_on_access and root.values.can_fetch_now):
        raise DeferredValueError("the elements behind the pixel data are not read yet: await ds.fetch_rest() first")
    ports().fetch_rest_now(dataset)  # type: ignore[arg-type]  # only a FileDataset can be incomplete


def attribute_text(element: DataElement, bulk: BulkData[DataElement]) -> str:
    """Return the JSON text of an element's attribute object."""
    if element.VR != "SQ":
        return dump_tree(_attribute(element, int(element.tag), bulk))
    if not element.value:
        return '{"vr":"SQ"}'
    items = ",".join("".join(_pieces(_walk(item, bulk, False))) for item in element.value)
    return f'{{"vr":"SQ","Value":[{items}]}}'


def element_to_json_dict(
    element: DataElement,
    bulk_data_element_handler: Callable[[DataElement], str | None] | None = None,
    bulk_data_threshold: int = 1024,
) -> dict[str, Any]:
    """Return the attribute object of a data element; see :meth:`adicom.DataElement.to_json_dict`."""
    tag = int(element.tag)
    if element.VR != "SQ":
        return _attribute(element, tag, BulkData(bulk_data_threshold, bulk_data_element_handler, None))
    items = [to_json_dict(item, bulk_data_threshold, bulk_data_element_handler) for item in element.value]
    return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}


def element_to_json(
    element: DataElement,
    bulk_data_threshold: int = 1024,
    bulk_data_element_handler: Callable[[DataElement], str | None] | None = None,
    dump_handler: Callable[[dict[str, Any]], str] | None = None,
) -> str:
    """Return the JSON text of a data element; see :meth:`adicom.DataElement.to_json`."""
    if dump_handler is None:
        return attribute_text(element, BulkData(bulk_data_threshold, bulk_data_element_handler, None))
    return dump_handler(element_to_json_dict(element, bulk_data_element_handler, bulk_data_threshold))
