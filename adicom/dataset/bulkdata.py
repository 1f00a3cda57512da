"""Values that are objects of their own somewhere else: what BulkDataURI names in the JSON Model (PS3.18 F.2.6).

Rule: a URI comes with the data, so that nothing is fetched from it unless the caller said from where he allows that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adicom.dataset.ports import ports
from adicom.errors import DeferredValueError, format_path
from adicom.values import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adicom.dataelem import DataElement
    from adicom.dataset.ports import ValueSource

__all__ = ("BulkDataAccess", "BulkDataLoader")


@dataclass(frozen=True, slots=True)
class BulkDataAccess:
    """From where bulk data may be fetched, and how.

    Attributes:
        base_url: The URL or the path that relative URIs are relative to; others must have its origin, or be below
            its folder. None allows nothing.
        session: The caller's session.
        storage_options: Options for it.
        blocking: Whether values are fetched when they are looked at.
        is_pickled: Whether credentials were here before it was pickled.
    """

    base_url: str | None = None
    session: Any = None
    storage_options: Mapping[str, Any] | None = None
    blocking: bool = False
    is_pickled: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        # No credential goes into a pickle; userinfo in the URL may be one.
        secret = self.storage_options or getattr(self.session, "has_options", False) or "@" in (self.base_url or "")
        base_url = None if secret else self.base_url
        return BulkDataAccess, (base_url, None, None, self.blocking, bool(secret) or self.is_pickled)


class BulkDataLoader:
    """Brings in a value that a URI names; how long it is, nobody knows.

    Attributes:
        uri: The URI as it stood in the JSON.

    Example:
        >>> from adicom.dataelem import Deferred
        >>> Deferred(0, None, BulkDataLoader("../bulkdata/1"))
        <deferred, BulkDataURI>
    """

    __slots__ = ("_access", "_source", "uri")

    def __init__(self, uri: str, access: BulkDataAccess = BulkDataAccess()) -> None:
        self.uri = uri
        self._access = access
        self._source: ValueSource | None = None

    @property
    def source(self) -> ValueSource:
        """What the value can be read from.

        Raises:
            DeferredValueError: The caller has not allowed to fetch it from there.
        """
        if self._source is None:
            self._source = ports().bulk_data_source(self.uri, self._access)
        return self._source

    def load(self, element: DataElement) -> None:
        """Give the element its value, if that needs no waiting.

        Raises:
            DeferredValueError: It would have to wait, or may not be fetched.
        """
        source = self.source
        if not source.can_fetch_now:
            name = element.keyword or format_path((), element.tag)
            raise DeferredValueError(
                f'the value of {name} is bulk data, it is still in {source.describe()}: await ds.fetch("{name}") first'
            )
        (data,) = source.fetch_now([(0, 0)])
        element._value, element._raw = self.decode(element, data)

    def decode(self, element: DataElement, data: bytes) -> tuple[Any, None]:
        """Return the value that these bytes are: in little endian, text in UTF-8 (F.2.2)."""
        return decode(element.tag, element.VR, data, True, ("utf_8",)), None

    def __reduce__(self) -> tuple[Any, ...]:
        return BulkDataLoader, (self.uri, self._access)
