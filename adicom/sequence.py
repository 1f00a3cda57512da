"""The value of a data element with VR SQ: a list of datasets."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from adicom.dataelem import set_sequence_maker
from adicom.multival import MultiValue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self, SupportsIndex

    from adicom.dataset import Dataset

__all__ = ("Sequence",)


_UNDEFINED_LENGTH: Final = 0xFFFFFFFF


def _checked(item: Any) -> Any:
    """Return an item of a sequence as it is, if it is a dataset."""
    if not getattr(item, "is_dicom_dataset", False):
        raise TypeError(f"the items of a sequence are datasets, not {type(item).__name__}")
    return item


class Sequence(MultiValue["Dataset"]):
    """The items of a sequence.

    Args:
        iterable: The items, each a :class:`~adicom.dataset.Dataset`; None for none.

    Raises:
        TypeError: It has something else, or is one dataset.

    Attributes:
        is_undefined_length: Whether the sequence had, or shall have, undefined length (PS3.5 7.5).

    Example:
        >>> from adicom.dataset import Dataset
        >>> sequence = Sequence([Dataset()])
        >>> len(sequence)
        1
        >>> sequence.append("text")
        Traceback (most recent call last):
        TypeError: the items of a sequence are datasets, not str
    """

    __slots__ = ("__weakref__", "is_undefined_length")

    # One for all: sequences are made by the ten thousand.
    _constructor = staticmethod(_checked)

    def __init__(self, iterable: Iterable[Dataset] | None = ()) -> None:
        if getattr(iterable, "is_dicom_dataset", False):
            raise TypeError("a sequence takes a list of datasets, not one dataset")
        list.__init__(self, map(_checked, () if iterable is None else iterable))
        self.is_undefined_length = False

    @classmethod
    def of_length(cls, length: int) -> Sequence:
        """Return an empty sequence that was read with this value length."""
        sequence = cls.__new__(cls)
        sequence.is_undefined_length = length == _UNDEFINED_LENGTH
        return sequence

    def like(self, items: Iterable[Dataset]) -> Self:
        """Return a sequence of the same kind with other items, which are datasets for sure."""
        sequence = self.__class__.__new__(self.__class__)
        list.extend(sequence, items)
        sequence.is_undefined_length = self.is_undefined_length
        return sequence

    def copy(self) -> Self:
        """Return a sequence of the same items."""
        return self.like(self)

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.like(deepcopy(item, memo) for item in self)

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return _restored, (type(self), list(self), self.is_undefined_length)

    def __repr__(self) -> str:
        return f"<Sequence, length {len(self)}>"

    def __str__(self) -> str:
        return f"[{''.join(str(item) for item in self)}]"

    def __hash__(self) -> int:  # type: ignore[override]  # a list has none; weak references to it need one
        return id(self)


def _restored(kind: type[Sequence], items: list[Dataset], is_undefined_length: bool) -> Sequence:
    """Return what a pickle says."""
    sequence = kind.__new__(kind)
    list.extend(sequence, items)
    sequence.is_undefined_length = is_undefined_length
    return sequence


def _assigned(value: Any) -> Sequence:
    """Return the value of an element: a sequence itself, so that what is appended to it later is in the dataset."""
    return value if isinstance(value, Sequence) else Sequence(value)


set_sequence_maker(_assigned)
