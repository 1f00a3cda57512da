"""Where a value is that was not read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from adicom.errors import DeferredValueError, format_path

if TYPE_CHECKING:
    from adicom.dataelem.element import DataElement
    from adicom.parser.kinds import RawElement

__all__ = ("Deferred", "Loader")


class Loader(Protocol):
    """What a dataset knows of how to bring a deferred value in."""

    @property
    def source(self) -> Any:
        """What the value can be read from; None where it was dropped."""
        ...

    def load(self, element: DataElement) -> None:
        """Read the value and give it to the element."""
        ...

    def decode(self, element: DataElement, data: bytes) -> tuple[Any, RawElement | None]:
        """Return the value that these bytes are to an element, and what it is read as then."""
        ...


class Deferred:
    """Where a value is that was not read.

    Attributes:
        offset: Where it starts in the source, in bytes.
        length: How long it is in bytes; None for encapsulated pixel data, which was not walked, and for bulk data.

    Example:
        >>> Deferred(5300, 1_200_000)
        <deferred, 1.2 MB>
    """

    __slots__ = ("_loader", "length", "offset")

    def __init__(self, offset: int, length: int | None, loader: Loader | None = None) -> None:
        self.offset = offset
        self.length = length
        self._loader = loader

    @property
    def source(self) -> Any:
        """What the value can be read from; None where there is nothing."""
        return None if self._loader is None else self._loader.source

    @property
    def uri(self) -> str | None:
        """The BulkDataURI that names the value, where it is an object of its own (PS3.18 F.2.6)."""
        return getattr(self._loader, "uri", None)

    @property
    def is_encapsulated(self) -> bool:
        """Whether it is encapsulated pixel data, which was not walked."""
        return self.length is None and self.uri is None

    def load(self, element: DataElement) -> None:
        """Give the element its value, if that needs no waiting.

        Raises:
            DeferredValueError: It would have to wait, or there is nothing to read from.
        """
        if self._loader is None:
            raise DeferredValueError(f"the value of {format_path((), element.tag)} cannot be read from anywhere")
        self._loader.load(element)

    def decode(self, element: DataElement, data: bytes) -> tuple[Any, RawElement | None]:
        """Return the value that these bytes are to an element, and what it is read as then."""
        assert self._loader is not None
        return self._loader.decode(element, data)

    def __repr__(self) -> str:
        return f"<deferred, {_readable(self.length) if self.uri is None else 'BulkDataURI'}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Deferred):
            return NotImplemented
        if self.uri is not None or other.uri is not None:
            return self.uri == other.uri  # whether it may be fetched does not matter
        return (self.offset, self.length, self.source) == (other.offset, other.length, other.source)

    def __hash__(self) -> int:
        return hash((self.offset, self.length, self.uri))

    def __deepcopy__(self, memo: dict[int, Any]) -> Deferred:
        return self  # it never changes, and copies share the source


def _readable(length: int | None) -> str:
    """Return a number of bytes for people.

    Example:
        >>> _readable(512), _readable(65536), _readable(None)
        ('512 bytes', '65.5 kB', 'encapsulated')
    """
    if length is None:
        return "encapsulated"
    size = float(length)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{length} bytes" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
