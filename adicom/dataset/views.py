"""What ``keys()``, ``values()`` and ``items()`` of a dataset give: views, as those of a dict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from collections.abc import ValuesView as AnyValuesView
from typing import TYPE_CHECKING, Any

from adicom.dataelem import DataElement
from adicom.tag import BaseTag

if TYPE_CHECKING:
    from adicom.dataset.elements import Elements

__all__ = ("ItemsView", "KeysView", "ValuesView")


class KeysView(AbstractSet[BaseTag]):
    """The tags of a dataset, in their order."""

    __slots__ = ("_dataset",)

    def __init__(self, dataset: Elements) -> None:
        self._dataset = dataset

    def __len__(self) -> int:
        return len(self._dataset)

    def __contains__(self, tag: object) -> bool:
        return tag in self._dataset

    def __iter__(self) -> Iterator[BaseTag]:
        return map(BaseTag, sorted(self._dataset._elements))

    @classmethod
    def _from_iterable(cls, tags: Iterable[Any]) -> AbstractSet[Any]:  # what & and | give is no view
        return set(tags)

    def __repr__(self) -> str:
        return f"KeysView({list(self)})"


class ValuesView(AnyValuesView[DataElement]):
    """The elements of a dataset, in the order of their tags."""

    __slots__ = ("_dataset",)

    def __init__(self, dataset: Elements) -> None:
        self._dataset = dataset

    def __len__(self) -> int:
        return len(self._dataset)

    def __contains__(self, element: object) -> bool:
        return any(element == mine for mine in self._dataset)

    def __iter__(self) -> Iterator[DataElement]:
        return iter(self._dataset)

    def __repr__(self) -> str:
        return f"ValuesView of {len(self)} data elements"


class ItemsView(AbstractSet[tuple[BaseTag, DataElement]]):
    """The tags of a dataset with their elements, in their order."""

    __slots__ = ("_dataset",)

    def __init__(self, dataset: Elements) -> None:
        self._dataset = dataset

    def __len__(self) -> int:
        return len(self._dataset)

    def __contains__(self, item: object) -> bool:
        if not (isinstance(item, tuple) and len(item) == 2):
            return False
        tag, element = item
        return tag in self._dataset and bool(self._dataset[tag] == element)

    def __iter__(self) -> Iterator[tuple[BaseTag, DataElement]]:
        return ((element.tag, element) for element in self._dataset)

    @classmethod
    def _from_iterable(cls, items: Iterable[Any]) -> AbstractSet[Any]:
        return set(items)

    def __repr__(self) -> str:
        return f"ItemsView of {len(self)} data elements"
