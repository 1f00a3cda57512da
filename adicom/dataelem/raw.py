"""The data element as it was read: its bytes, not yet a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from adicom.dataelem.deferred import Deferred

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from adicom.dataelem.element import DataElement
    from adicom.tag import BaseTag

__all__ = ("DataElement_from_raw", "RawDataElement", "convert_raw_data_element", "set_raw_converter")

_UNDEFINED_LENGTH = 0xFFFFFFFF


class RawDataElement(NamedTuple):
    """A data element as it was read, with the fields that pydicom gives it."""

    tag: BaseTag
    VR: str | None
    length: int
    value: bytes | None
    value_tell: int
    is_implicit_VR: bool
    is_little_endian: bool
    is_raw: bool = True
    is_buffered: bool = False

    @property
    def is_deferred(self) -> bool:
        """Whether the value is still where it was found."""
        return self.value is None

    @property
    def deferred(self) -> Deferred | None:
        """Where the value is, if it is deferred."""
        if self.value is not None:
            return None
        return Deferred(self.value_tell, None if self.length == _UNDEFINED_LENGTH else self.length)


_converter: list[Callable[[RawDataElement, tuple[str, ...] | None, Any], DataElement]] = []


def set_raw_converter(converter: Callable[[RawDataElement, tuple[str, ...] | None, Any], DataElement]) -> None:
    """Say what decodes a raw element; :mod:`adicom.dataset`, a layer above, calls it, for an item is a dataset."""
    _converter[:] = [converter]


def convert_raw_data_element(
    raw: RawDataElement, *, encoding: str | Iterable[str] | None = None, ds: Any = None
) -> DataElement:
    r"""Return the data element that a raw one stands for.

    Args:
        raw: The raw element.
        encoding: The Python codec of text, or several, as :func:`adicom.charset.convert_encodings` gives them.
        ds: The dataset it belongs to, which knows the creator of a private element, and what a VR depends on.

    Raises:
        ParseError: It is a sequence, and its items are not as they should be.
        ValueError: It is deferred.

    Example:
        >>> from adicom.tag import Tag
        >>> raw = RawDataElement(Tag("PatientID"), "LO", 4, b"1CT1", 0, False, True)
        >>> convert_raw_data_element(raw)
        (0010, 0020) Patient ID                          LO: '1CT1'
    """
    codecs = (encoding,) if isinstance(encoding, str) else None if encoding is None else tuple(encoding)
    return _converter[0](raw, codecs, ds)


def DataElement_from_raw(
    raw_data_element: RawDataElement, encoding: str | Iterable[str] | None = None, dataset: Any = None
) -> DataElement:
    """Return :func:`convert_raw_data_element`, as it was called before pydicom 3."""
    return convert_raw_data_element(raw_data_element, encoding=encoding, ds=dataset)
