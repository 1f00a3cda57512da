"""Shows a dataset as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adicom.dataelem import DataElement
from adicom.errors import DicomError
from adicom.tag import BaseTag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adicom.dataset.dataset import Dataset

__all__ = ("ELEMENT_FORMAT", "SEQUENCE_FORMAT", "describe", "lines")

ELEMENT_FORMAT: Final = "%(tag)s %(name)-35.35s %(VR)s: %(repval)s"
SEQUENCE_FORMAT: Final = ELEMENT_FORMAT


def describe(dataset: Dataset, *, top_level_only: bool = False) -> str:
    """Return all elements of a dataset, nested ones indented; deferred values are not read."""
    out: list[str] = []
    meta = getattr(dataset, "file_meta", None)
    if meta:
        out.append("Dataset.file_meta -------------------------------")
        out.extend(str(element) for element in meta)
        out.append("-------------------------------------------------")
    stack: list[Iterator[Any]] = [_parts(dataset, 0)]
    while stack:
        part = next(stack[-1], None)
        if part is None:
            stack.pop()
        elif isinstance(part, str):
            out.append(part)
        elif not top_level_only:
            stack.append(part)
    return "\n".join(out)


def _parts(dataset: Dataset, level: int) -> Iterator[str | Iterator[Any]]:
    """Yield the lines of a dataset, and in place of an item what yields its lines."""
    indent = dataset.indent_chars * level
    for tag in sorted(dataset._elements):
        try:
            element = dataset._element(tag)
        except DicomError as error:  # in a sequence; a text of the rest is worth more than none
            yield f"{indent}{BaseTag(tag)} {DataElement(tag, 'UN', None).name:35.35} SQ: <{error}>"
            continue
        if element.VR != "SQ" or element.is_deferred:
            yield indent + str(element)
            continue
        yield f"{indent}{element.tag}  {element.name}  {len(element.value)} item(s) ---- "
        for item in element.value:
            yield _item_parts(item, level + 1, dataset.indent_chars * (level + 1))


def _item_parts(item: Dataset, level: int, indent: str) -> Iterator[str | Iterator[Any]]:
    if not item:
        yield ""  # as in pydicom
    yield from _parts(item, level)
    yield f"{indent}---------"


def lines(dataset: Dataset, element_format: str | None, sequence_format: str | None) -> Iterator[str]:
    """Yield a line for each element, those in sequences too."""
    element_format = element_format or dataset.default_element_format
    sequence_format = sequence_format or dataset.default_sequence_element_format
    for element in dataset.iterall():
        yield (sequence_format if element.VR == "SQ" else element_format) % _Attributes(element)


class _Attributes(dict[str, Any]):
    """The attributes of an element, for a format that asks for some of them."""

    def __init__(self, element: DataElement) -> None:
        super().__init__()
        self._element = element

    def __missing__(self, name: str) -> Any:
        found = getattr(self._element, name)
        return found() if callable(found) else found
