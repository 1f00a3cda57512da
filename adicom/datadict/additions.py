"""A data dictionary of your own: elements that neither the standard nor a vendor has published."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from adicom.datadict import lookup
from adicom.tag import BaseTag, Tag, find_keyword
from adicom.vr import AMBIGUOUS_VR, STANDARD_VR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

    from adicom.datadict.lookup import Entry, PrivateEntry
    from adicom.tag import TagType

__all__ = ("DataDictionary",)


class DataDictionary:
    """Elements that are added to the dictionaries of adicom, or stand in for theirs.

    It serves the reads and the datasets that it is given to, and no others: ``adicom.dcmread(...,
    dictionary=words)``, ``Dataset(dictionary=words)``. What it does not have is looked up in the standard, and
    in what vendors have published. What is added later is seen by all that have the dictionary.

    Args:
        entries: As in :meth:`add_entries`.
        private: Those of :meth:`add_private_entries` by private creator.

    Example:
        >>> words = DataDictionary()
        >>> words.add(0x10021001, "DS", "AcmeDose", "Acme Dose")
        >>> words.add_private("ACME 3.2", 0x00990001, "US", "Acme Counter", VM="2")
        >>> from adicom.dataset import Dataset
        >>> ds = Dataset(dictionary=words)
        >>> ds.AcmeDose = "1.5"
        >>> ds.add_new_private("ACME 3.2", 0x0099, 0x01, [1, 2])
        >>> ds
        (0099, 0010) Private Creator                     LO: 'ACME 3.2'
        (0099, 1001) [Acme Counter]                      US: [1, 2]
        (1002, 1001) Acme Dose                           DS: '1.5'
    """

    def __init__(
        self,
        entries: Mapping[Any, Iterable[str]] | None = None,
        private: Mapping[str, Mapping[Any, Iterable[str]]] | None = None,
    ) -> None:
        self._elements: dict[int, Entry] = {}
        self._keywords: dict[str, int] = {}
        self._private: dict[str, dict[str, PrivateEntry]] = {}
        self.add_entries(entries or {})
        for private_creator, elements in (private or {}).items():
            self.add_private_entries(private_creator, elements)

    # -- adding --

    def add(self, tag: TagType, VR: str, keyword: str, description: str, VM: str = "1", is_retired: str = "") -> None:
        """Add an element that is not private; the arguments are those of pydicom's ``add_dict_entry``.

        Args:
            tag: The tag, of a group with an even number.
            VR: Its VR, or a choice like "US or SS".
            keyword: Its name as an attribute, in UpperCamelCase; empty for none.
            description: Its full name.
            VM: How many values it may have, like "1-n".
            is_retired: "Retired" or nothing.

        Raises:
            ValueError: The tag is private, the VR or VM none, or the keyword that of another element.
        """
        self.add_entries({tag: (VR, VM, description, is_retired, keyword)})

    def add_entries(self, entries: Mapping[Any, Iterable[str]]) -> None:
        """Add elements that are not private, all or, if one is wrong, none.

        Args:
            entries: ``{tag: (VR, VM, description, is_retired, keyword)}``, as for pydicom's ``add_dict_entries``.

        Raises:
            ValueError: As in :meth:`add`.

        Example:
            >>> words = DataDictionary({0x10021001: ("DS", "1", "Acme Dose", "", "AcmeDose")})
            >>> words.get_entry(0x10021001)
            ('DS', '1', 'Acme Dose', '', 'AcmeDose')
        """
        new = {int(Tag(tag)): _checked(Tag(tag), entry) for tag, entry in entries.items()}
        keywords = _by_keyword(new)
        for keyword, tag in keywords.items():
            other = self._keywords.get(keyword, tag)
            if other != tag and other not in new:
                raise ValueError(f"{keyword} is the keyword of {BaseTag(other)} already")
        for tag in new.keys() & self._elements.keys():
            self._keywords.pop(self._elements[tag][4], None)
        self._elements.update(new)
        self._keywords.update(keywords)

    def add_private(self, private_creator: str, tag: TagType, VR: str, description: str, VM: str = "1") -> None:
        """Add an element of a private creator; the arguments are those of pydicom's ``add_private_dict_entry``.

        Args:
            private_creator: The private creator, as it stands in the files.
            tag: The tag in any block: which one the creator has reserved in a file does not matter.
            VR: Its VR.
            description: Its full name.
            VM: How many values it may have.

        Raises:
            ValueError: The tag is not private, there is no creator, or the VR or VM is none.
        """
        self.add_private_entries(private_creator, {tag: (VR, VM, description)})

    def add_private_entries(self, private_creator: str, entries: Mapping[Any, Iterable[str]]) -> None:
        """Add elements of a private creator, all or, if one is wrong, none.

        Args:
            private_creator: The private creator.
            entries: ``{tag: (VR, VM, description)}``, with or without a last ``is_retired``, as for pydicom's
                ``add_private_dict_entries``. In place of a tag a text is what it is in pydicom's tables: a mask
                like ``"0099xx01"``, or ``"60xxxx01"`` for several groups; a whole tag stands for itself only.

        Raises:
            ValueError: As in :meth:`add_private`.

        Example:
            >>> words = DataDictionary()
            >>> words.add_private_entries("ACME 3.2", {"0099xx01": ("US", "2", "Acme Counter")})
            >>> words.get_private_entry(0x00991101, "ACME 3.2")
            ('US', '2', 'Acme Counter', '')
        """
        if not isinstance(private_creator, str) or not private_creator:
            raise ValueError("a private element has a creator, which is a text")
        new = {_mask(tag): _checked_private(tag, entry) for tag, entry in entries.items()}
        self._private.setdefault(private_creator, {}).update(new)

    def copy(self) -> Self:
        """Return a dictionary with the same elements, which can be added to on its own."""
        twin = type(self)()
        twin._elements, twin._keywords = dict(self._elements), dict(self._keywords)
        twin._private = {creator: dict(elements) for creator, elements in self._private.items()}
        return twin

    __copy__ = copy

    # -- looking up --

    def own_entry(self, tag: int) -> Entry | None:
        """Return the entry of an element that was added, None if none was."""
        return self._elements.get(tag)

    def own_private_entry(self, tag: int, private_creator: str) -> PrivateEntry | None:
        """Return the entry of a private element that was added, None if none was."""
        return lookup.match_private(self._private.get(private_creator, {}), tag)

    def own_tag(self, keyword: str) -> int | None:
        """Return the tag of the element that was added with this keyword, None if none was."""
        return self._keywords.get(keyword)

    def get_entry(self, tag: TagType) -> Entry:
        """Return what is known about a tag; otherwise as :func:`adicom.datadict.get_entry`.

        Raises:
            KeyError: Nothing is.
        """
        number = self.tag_for_keyword(tag) if isinstance(tag, str) else None
        return self._elements.get(int(Tag(tag)) if number is None else number) or lookup.get_entry(tag)

    def get_private_entry(self, tag: TagType, private_creator: str) -> PrivateEntry:
        """Return what is known about a private tag; otherwise as :func:`adicom.datadict.get_private_entry`.

        Raises:
            KeyError: Nothing is.
        """
        return self.own_private_entry(Tag(tag), private_creator) or lookup.get_private_entry(tag, private_creator)

    def find_vr(self, tag: int) -> str | None:
        """Return the VR of an element that is not private, None if nothing is known.

        Example:
            >>> DataDictionary().find_vr(0x00100010)
            'PN'
        """
        entry = self._elements.get(tag)
        return lookup.find_vr(tag) if entry is None else entry[0]

    def find_private_vr(self, tag: int, private_creator: str) -> str | None:
        """Return the VR of a private element, None if nothing is known."""
        entry = self.own_private_entry(tag, private_creator)
        return lookup.find_private_vr(tag, private_creator) if entry is None else entry[0]

    def keyword_for_tag(self, tag: TagType) -> str:
        """Return the keyword of an element, or nothing where it has none."""
        entry = self._elements.get(Tag(tag))
        return lookup.keyword_for_tag(tag) if entry is None else entry[4]

    def tag_for_keyword(self, keyword: str) -> int | None:
        """Return the tag of the element with that keyword, None if there is none."""
        tag = find_keyword(keyword)
        return self._keywords.get(keyword) if tag is None else tag

    def __repr__(self) -> str:
        private = sum(map(len, self._private.values()))
        return f"<DataDictionary with {len(self._elements)} elements and {private} private ones>"


def _checked(tag: BaseTag, entry: Iterable[str]) -> Entry:
    """Return the entry of an element that is not private."""
    if tag.is_private:
        raise ValueError(f"{tag} is private: use add_private() or add_private_entries()")
    fields = tuple(entry)
    if len(fields) != 5:
        raise ValueError(f"the entry of {tag} is (VR, VM, description, is_retired, keyword)")
    VR, VM, description, is_retired, keyword = fields
    _check_fields(tag, fields)
    known = find_keyword(keyword)
    if known is not None and known != tag:
        raise ValueError(f"{keyword} is the keyword of another element, in the standard")
    if keyword and known is None and not re.fullmatch("[A-Z][A-Za-z0-9_]*", keyword):
        raise ValueError(f"{keyword!r} is no keyword: it is written in UpperCamelCase")
    return VR, VM, description, is_retired, keyword


def _checked_private(tag: Any, entry: Iterable[str]) -> PrivateEntry:
    """Return the entry of a private element."""
    fields = tuple(entry)
    if len(fields) not in (3, 4):
        raise ValueError(f"the entry of {tag} is (VR, VM, description), or has is_retired as well")
    _check_fields(tag, fields)
    return fields[0], fields[1], fields[2], fields[3] if len(fields) == 4 else ""


def _check_fields(tag: Any, fields: tuple[Any, ...]) -> None:
    """Check what the entries of all elements have.

    Raises:
        ValueError: A field is no text, or the VR or VM is none.
    """
    if not all(isinstance(field, str) for field in fields):
        raise ValueError(f"the entry of {tag} has a field that is no text")
    VR, VM = fields[:2]
    if VR not in STANDARD_VR and VR not in AMBIGUOUS_VR:
        raise ValueError(f"{VR!r} is no VR")
    if not re.fullmatch(r"\d+(-(\d+|\d*n))?", VM):  # PS3.5 6.4
        raise ValueError(f"{VM!r} is no VM")


def _by_keyword(elements: Mapping[int, Entry]) -> dict[str, int]:
    """Return the tags of elements by their keyword.

    Raises:
        ValueError: Two have the same.
    """
    tags: dict[str, int] = {}
    for tag, entry in elements.items():
        if entry[4] and tags.setdefault(entry[4], tag) != tag:
            raise ValueError(f"{entry[4]} is the keyword of {BaseTag(tags[entry[4]])}, and of {BaseTag(tag)}")
    return tags


def _mask(tag: Any) -> str:
    """Return what stands for a private element.

    Raises:
        ValueError: It is neither a private tag nor a mask of some.
    """
    if isinstance(tag, str):
        mask = tag.upper().replace("X", "x")
        if not re.fullmatch("[0-9A-F]{3}[13579BDF](xx|[0-9A-F]{2})[0-9A-F]{2}|[0-9A-F]{2}xxxx[0-9A-F]{2}", mask):
            raise ValueError(f"{tag!r} is neither a private tag nor a mask of some, as '0099xx01' is")
        return mask
    number = Tag(tag)
    if not number.is_private:
        raise ValueError(f"{number} is not private: use add() or add_entries()")
    return f"{number >> 16:04X}xx{number & 0xFF:02X}"
