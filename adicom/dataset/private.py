"""Private elements, found by their creator (PS3.5 7.8.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adicom.datadict import find_private_vr
from adicom.dataset.bare import dictionary_of
from adicom.tag import BaseTag

if TYPE_CHECKING:
    from adicom.dataelem import DataElement
    from adicom.dataset.dataset import Dataset

__all__ = ("PrivateBlock", "add_private", "creators_in", "find_block")

_FIRST_BLOCK: Final = 0x10
_LAST_BLOCK: Final = 0xFF


class PrivateBlock:
    """The elements that one private creator has reserved in a group.

    Args:
        key: The group and the private creator.
        dataset: The dataset that has the elements.
        private_creator_element: The element number of the private creator, 0x10 to 0xFF.

    Attributes:
        group: The group.
        private_creator: The private creator.
        dataset: The dataset.
        block_start: The lowest element number of the block.

    Example:
        >>> from adicom.dataset import Dataset
        >>> ds = Dataset()
        >>> block = ds.private_block(0x0041, "ACME 3.2", create=True)
        >>> block.add_new(0x01, "SH", "hello")
        >>> block[0x01].tag, 0x02 in block
        ((0041, 1001), False)
    """

    def __init__(self, key: tuple[int, str], dataset: Dataset, private_creator_element: int) -> None:
        self.group, self.private_creator = key
        self.dataset = dataset
        self.block_start = private_creator_element << 8

    def get_tag(self, element_offset: int) -> BaseTag:
        """Return the tag of an element of the block.

        Raises:
            ValueError: The offset is not between 0 and 255.
        """
        if not 0 <= element_offset <= 0xFF:
            raise ValueError("an element of a private block has an offset between 0 and 255")
        return BaseTag(self.group << 16 | self.block_start | element_offset)

    def __contains__(self, element_offset: int) -> bool:
        return self.get_tag(element_offset) in self.dataset

    def __getitem__(self, element_offset: int) -> DataElement:
        return self.dataset[self.get_tag(element_offset)]

    def __delitem__(self, element_offset: int) -> None:
        del self.dataset[self.get_tag(element_offset)]

    def add_new(self, element_offset: int, VR: str | None, value: Any) -> None:
        """Add an element to the block.

        Args:
            element_offset: Its place in the block, 0 to 255.
            VR: The VR; None: the one in the private dictionary.
            value: The value.

        Raises:
            KeyError: The private dictionary does not have the element.
        """
        tag = self.get_tag(element_offset)
        if VR is None:
            dictionary = dictionary_of(self.dataset)
            find = find_private_vr if dictionary is None else dictionary.find_private_vr
            VR = find(tag, self.private_creator)
        if VR is None:
            raise KeyError(f"the private dictionary has no element {element_offset:02X} of that creator: give its VR")
        self.dataset.add_new(tag, VR, value)

    def __repr__(self) -> str:
        return f"PrivateBlock(group=0x{self.group:04X}, block_start=0x{self.block_start:04X})"


def find_block(dataset: Dataset, group: int, private_creator: str, create: bool) -> PrivateBlock:
    """Return the block of a private creator; a free one is reserved if ``create`` says so."""
    if not private_creator:
        raise ValueError("a private block has a creator")
    for number, creator in _creators(dataset, group):
        if creator == private_creator:
            return PrivateBlock((group, private_creator), dataset, number)
    if not create:
        raise KeyError(f"no block of group {group:04X} is reserved by that private creator")
    for number in range(_FIRST_BLOCK, _LAST_BLOCK + 1):
        if group << 16 | number not in dataset._elements:
            dataset.add_new(group << 16 | number, "LO", private_creator)
            return PrivateBlock((group, private_creator), dataset, number)
    raise ValueError(f"all blocks of group {group:04X} are reserved")


def creators_in(dataset: Dataset, group: int) -> list[str]:
    """Return the private creators of a group."""
    return [creator for _, creator in _creators(dataset, group)]


def _creators(dataset: Dataset, group: int) -> list[tuple[int, str]]:
    """Return the element numbers that reserve a block, with the creators."""
    if not group & 1:
        raise ValueError(f"group {group:04X} is not private: its number is even")
    tags = sorted(
        tag for tag in dataset._elements if tag >> 16 == group and _FIRST_BLOCK <= tag & 0xFFFF <= _LAST_BLOCK
    )
    return [(tag & 0xFFFF, dataset._element(tag).value) for tag in tags]


def add_private(
    dataset: Dataset, private_creator: str, group: int, element_offset: int, value: Any, vr: str | None
) -> None:
    """Add an element to the block of a private creator, which is reserved if it is not there."""
    find_block(dataset, group, private_creator, create=True).add_new(element_offset, vr, value)
