"""Which values become bulk data: named by a URI instead of being in the JSON (PS3.18 F.2.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from adicom.errors import EncodeError, format_path
from adicom.jsonmodel.attributes import BINARY_VR, BULK_DATA_VR
from adicom.jsonmodel.text import dump_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Container

__all__ = ("BulkData",)

T = TypeVar("T")


class BulkData(Generic[T]):
    """The caller's rule.

    Args:
        threshold: The characters that a value may have in the JSON before the handler is asked.
        handler: Returns the URI of a value, or None to leave it in the JSON; None asks for no value.
        vrs: The VRs it is asked for; the binary ones by default. For a deferred value it is asked whatever its VR,
            if the standard allows that to be elsewhere.

    Raises:
        ValueError: ``vrs`` has one whose values must be in the JSON.
    """

    def __init__(self, threshold: int, handler: Callable[[T], str | None] | None, vrs: Container[str] | None) -> None:
        self._smallest = threshold // 4 * 3  # base64 makes four characters of three bytes
        self._threshold = threshold
        self.handler = handler
        self._vrs = BINARY_VR if vrs is None else vrs
        if wrong := [vr for vr in ("AE", "AT", "CS", "DA", "LO", "PN", "SH", "SQ", "UI") if vr in self._vrs]:
            raise ValueError(f"no bulk data may be {', '.join(wrong)} (PS3.18 F.2.2)")

    def uri_of_bytes(self, asked: T, tag: int, VR: str, length: int | None) -> str | None:
        """Return the URI of a binary value of which the length in bytes is known; None is the length of fragments."""
        if self.handler is None or VR not in BINARY_VR or VR not in self._vrs:
            return None
        return self._ask(asked, tag) if length is None or length > self._smallest else None

    def uri_of_deferred(self, asked: T, tag: int, VR: str, length: int | None) -> str | None:
        """Return the URI of a value that is not here."""
        if self.handler is None or VR not in BULK_DATA_VR:
            return None
        return self._ask(asked, tag) if length is None or length > self._smallest else None

    def uri_of_values(self, asked: T, tag: int, VR: str, values: list[Any] | None) -> str | None:
        """Return the URI of a value that is no binary one, by what it would be in the JSON."""
        if self.handler is None or not values or VR not in self._vrs:
            return None
        return self._ask(asked, tag) if len(dump_tree(values)) > self._threshold else None

    def _ask(self, asked: T, tag: int) -> str | None:
        assert self.handler is not None
        uri = self.handler(asked)
        if uri is not None and not isinstance(uri, str):
            raise EncodeError(f"the URI of {format_path((), tag)} is a str, or None, not {type(uri).__name__}")
        return uri
