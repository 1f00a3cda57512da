"""The several values of one DS element that was read.

A contour has thousands of numbers. They are parsed at once, into plain floats; the :class:`DSfloat` that
remembers its text is made when one of them is asked for. Code in C that takes the list apart (numpy, json)
gets the floats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.multival import MultiValue
from adicom.valuerep.decimal_strings import DSfloat, ds_value, ds_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ("DecimalValues",)


_make: Callable[[Any], Any] = DSfloat


class DecimalValues(MultiValue[DSfloat]):
    """A list of DSfloat; it turns into an ordinary one before anything in it changes.

    Example:
        >>> values = DecimalValues.parse(["1.50", "-2"])
        >>> values[0], values[0] + 1, sum(values)
        ('1.50', 2.5, -0.5)
        >>> values.append(3)
        >>> values
        [1.50, -2, 3.0]
    """

    __slots__ = ("_texts",)
    _texts: list[str] | None

    def __init__(self, type_constructor: Callable[[Any], Any], iterable: Iterable[Any] = ()) -> None:
        self._texts = None
        super().__init__(type_constructor, iterable)

    @classmethod
    def parse(cls, texts: list[str]) -> DecimalValues:
        """Return the numbers that the texts are.

        Args:
            texts: Stripped, none of them blank, without underscores.

        Raises:
            ValueError: One of them is no number.
        """
        values = cls.__new__(cls)
        values._constructor = _make
        floats: Any = map(float, texts)
        list.extend(values, floats)
        values._texts = texts
        return values

    @classmethod
    def of(cls, type_constructor: Callable[[Any], Any], items: Any) -> DecimalValues:
        """Return a list of items that need no constructor any more."""
        values = super().of(type_constructor, items)
        values._texts = None
        return values

    def _settle(self) -> None:
        """Put the DSfloats in the place of the floats."""
        texts = self._texts
        if texts is not None:
            list.__setitem__(self, slice(None), ds_values(texts))
            self._texts = None  # now, for another thread may be reading

    def __iter__(self) -> Iterator[DSfloat]:
        texts = self._texts
        return list.__iter__(self) if texts is None else map(ds_value, texts)

    def __reversed__(self) -> Iterator[DSfloat]:
        texts = self._texts
        return list.__reversed__(self) if texts is None else map(ds_value, reversed(texts))

    def __getitem__(self, index: Any) -> Any:
        texts = self._texts
        if texts is None:
            return list.__getitem__(self, index)
        if isinstance(index, slice):
            return ds_values(texts[index])
        return ds_value(texts[index])


def _settled(name: str) -> Any:
    """Return the method of the list, called when it is an ordinary one."""

    def method(self: DecimalValues, *args: Any, **kwargs: Any) -> Any:
        self._settle()
        return getattr(super(DecimalValues, self), name)(*args, **kwargs)

    method.__name__ = name
    return method


for _name in (
    *("append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "index", "count", "copy"),
    *("__setitem__", "__delitem__", "__iadd__", "__imul__", "__add__", "__mul__", "__rmul__", "__contains__"),
    *("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__copy__", "__deepcopy__"),
):
    setattr(DecimalValues, _name, _settled(_name))
