"""The list that holds the values of a data element with more than one."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final, Self, SupportsIndex, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ("MultiValue",)

T = TypeVar("T")

_AT_A_TIME: Final = 4096
"""Items whose texts are in memory at the same time, since there may be millions."""


def _shown(item: Any) -> str:
    return repr(item) if isinstance(item, str | bytes) else str(item)


class MultiValue(list[T]):
    """A list whose items all went through one constructor.

    Args:
        type_constructor: Called with each item that comes in; raises TypeError or ValueError for what it refuses.
        iterable: The first items; None for none.

    Example:
        >>> values = MultiValue(int, ["1", 2])
        >>> values.append("3")
        >>> values
        [1, 2, 3]
        >>> values == [1, 2, 3]
        True
    """

    __slots__ = ("_constructor",)
    _constructor: Callable[[Any], T]

    def __init__(self, type_constructor: Callable[[Any], T], iterable: Iterable[Any] | None = ()) -> None:
        self._constructor = type_constructor
        super().__init__(map(type_constructor, () if iterable is None else iterable))

    @classmethod
    def of(cls, type_constructor: Callable[[Any], T], items: Iterable[T]) -> Self:
        """Return a list of items that need no constructor any more.

        Example:
            >>> MultiValue.of(int, (1, 2))
            [1, 2]
        """
        values = cls.__new__(cls)
        values._constructor = type_constructor
        list.extend(values, items)
        return values

    def append(self, item: Any) -> None:
        """Append one item."""
        super().append(self._constructor(item))

    def insert(self, index: SupportsIndex, item: Any) -> None:
        """Insert one item before the index."""
        super().insert(index, self._constructor(item))

    def extend(self, iterable: Iterable[Any]) -> None:
        """Append every item of an iterable; none if one of them is refused."""
        super().extend([self._constructor(item) for item in iterable])

    def __iadd__(self, iterable: Iterable[Any]) -> Self:  # type: ignore[misc, override]  # list has it no narrower
        self.extend(iterable)
        return self

    @overload
    def __setitem__(self, index: SupportsIndex, item: Any) -> None: ...

    @overload
    def __setitem__(self, index: slice, item: Iterable[Any]) -> None: ...

    def __setitem__(self, index: SupportsIndex | slice, item: Any) -> None:
        if isinstance(index, slice):
            super().__setitem__(index, [self._constructor(one) for one in item])
        else:
            super().__setitem__(index, self._constructor(item))

    def copy(self) -> Self:
        """Return a shallow copy."""
        return self.of(self._constructor, self)

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.of(self._constructor, [deepcopy(item, memo) for item in self])

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        # Without the constructor running again: a value read from a file may hold a text that it refuses.
        return type(self).of, (self._constructor, list(self))

    def __repr__(self) -> str:
        if not self:
            return ""
        parts = (", ".join(map(_shown, self[at : at + _AT_A_TIME])) for at in range(0, len(self), _AT_A_TIME))
        return f"[{', '.join(parts)}]"

    __str__ = __repr__
