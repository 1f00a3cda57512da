"""Look-ups in the data dictionaries that adicom brings along.

The tables are unpacked at the first look-up, so that importing them costs next to nothing.
"""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import repeat
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from adicom._generated.data_dictionary import ELEMENTS, REPEATERS
from adicom._generated.private_dictionary import PRIVATE
from adicom.tag import BaseTag, Tag, TagType, find_keyword

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = (
    "TABLES",
    "Entry",
    "PrivateEntry",
    "dictionary_VM",
    "dictionary_VR",
    "dictionary_description",
    "dictionary_has_tag",
    "dictionary_is_retired",
    "dictionary_keyword",
    "find_private_vr",
    "find_vr",
    "get_entry",
    "get_private_entry",
    "is_sequence",
    "keyword_for_tag",
    "mask_match",
    "match_private",
    "private_dictionary_VM",
    "private_dictionary_VR",
    "private_dictionary_description",
    "repeater_has_keyword",
    "repeater_has_tag",
    "sequence_tags",
    "table",
    "tag_for_keyword",
)

Entry = tuple[str, str, str, str, str]  # VR, VM, name, "Retired" or "", keyword: as in pydicom
PrivateEntry = tuple[str, str, str, str]  # VR, VM, name, "": as in pydicom

_vrs: dict[int, str] = {}


def find_vr(tag: int) -> str | None:
    """Return the VR that the standard gives to a tag, None if it knows none.

    Unlike :func:`dictionary_VR` it knows group lengths and private creators. Items have no VR.

    Example:
        >>> find_vr(0x00100010), find_vr(0x60020010), find_vr(0x00090000), find_vr(0x00091001)
        ('PN', 'US', 'UL', None)
    """
    try:
        return _vrs[tag]
    except KeyError:
        return _find_rarer_vr(tag)


def is_sequence(tag: int) -> bool:
    """Say whether the standard makes the element a sequence.

    Example:
        >>> is_sequence(0x00081140)
        True
    """
    return find_vr(tag) == "SQ"


@cache
def sequence_tags() -> frozenset[int]:
    """Return the tags of all sequences of the standard.

    Example:
        >>> 0x00081140 in sequence_tags()
        True
    """
    find_vr(0x00100010)
    return frozenset(tag for tag, vr in _vrs.items() if vr == "SQ")


def _find_rarer_vr(tag: int) -> str | None:
    """Return the VR of a tag that is in no plain entry, or whose table is not there yet."""
    if not _vrs:
        _unpack_vrs()
        return find_vr(tag)
    element = tag & 0xFFFF
    if element == 0:
        return "UL"  # PS3.5 7.2: a group length
    if tag & 0x00010000:
        return "LO" if 0x0010 <= element <= 0x00FF else None
    mask = mask_match(tag)
    return _repeaters()[mask][0] if mask else None


def _unpack_vrs() -> None:
    """Fill the table of VRs by tag."""
    fields = ELEMENTS.replace("\n", "|").split("|")
    names = {name: name for name in fields[1::6]}  # one string object for each VR
    tags = map(int, fields[0:-1:6], repeat(16))
    _vrs.update((tag, names[vr]) for tag, vr in zip(tags, fields[1::6], strict=True) if vr != "NONE")


def _entry(line: str) -> tuple[str, Entry]:
    """Return what one line of the packed table says."""
    tag, vr, vm, retired, keyword, name = line.split("|")
    return tag, (vr, vm, name, "Retired" if retired else "", keyword)


@cache
def _elements() -> dict[int, Entry]:
    """Return the plain elements by tag."""
    return {int(tag, 16): entry for tag, entry in map(_entry, ELEMENTS.splitlines())}


@cache
def _repeaters() -> dict[str, Entry]:
    """Return the repeating elements by mask: 60xx0010."""
    return dict(map(_entry, REPEATERS.splitlines()))


@cache
def _masks() -> dict[int, dict[int, str]]:
    """Return the masks by the bits of a tag that count, then by what those are."""
    masks: dict[int, dict[int, str]] = {}
    for mask in _repeaters():
        bits = int("".join("0" if digit == "x" else "F" for digit in mask), 16)
        masks.setdefault(bits, {})[int(mask.replace("x", "0"), 16)] = mask
    return masks


def mask_match(tag: int) -> str | None:
    """Return the mask of the repeating element that a tag belongs to.

    Example:
        >>> mask_match(0x60020010)
        '60xx0010'
    """
    for bits, masks in _masks().items():
        if (mask := masks.get(tag & bits)) is not None:
            return mask
    return None


def get_entry(tag: TagType) -> Entry:
    """Return what PS3.6 says about a tag: VR, VM, name, "Retired" or "", keyword.

    Raises:
        KeyError: The standard does not know it.

    Example:
        >>> get_entry(0x00100010)
        ('PN', '1', "Patient's Name", '', 'PatientName')
    """
    if not isinstance(tag, BaseTag):
        tag = Tag(tag)
    entry = _elements().get(tag)
    if entry is None and not tag.is_private and (mask := mask_match(tag)):
        entry = _repeaters()[mask]
    if entry is None:
        raise KeyError(f"Tag {tag} not found in DICOM dictionary")
    return entry


def dictionary_VR(tag: TagType) -> str:
    """Return the VR, which may be a choice like "US or SS".

    Example:
        >>> dictionary_VR("PatientName")
        'PN'
    """
    return get_entry(tag)[0]


def dictionary_VM(tag: TagType) -> str:
    """Return how many values the element may have.

    Example:
        >>> dictionary_VM("ImageType")
        '2-n'
    """
    return get_entry(tag)[1]


def dictionary_description(tag: TagType) -> str:
    """Return the element's full name.

    Example:
        >>> dictionary_description("PatientName")
        "Patient's Name"
    """
    return get_entry(tag)[2]


def dictionary_is_retired(tag: TagType) -> bool:
    """Say whether the standard has retired the element.

    Example:
        >>> dictionary_is_retired("OtherPatientIDs")
        True
    """
    return get_entry(tag)[3] == "Retired"


def dictionary_keyword(tag: TagType) -> str:
    """Return the element's keyword.

    Example:
        >>> dictionary_keyword(0x00100010)
        'PatientName'
    """
    return get_entry(tag)[4]


def dictionary_has_tag(tag: TagType) -> bool:
    """Say whether the standard has a plain (not a repeating) element of that tag.

    Example:
        >>> dictionary_has_tag(0x00100010), dictionary_has_tag(0x60020010)
        (True, False)
    """
    try:
        return Tag(tag) in _elements()
    except (TypeError, ValueError, OverflowError):
        return False


def keyword_for_tag(tag: TagType) -> str:
    """Return the element's keyword, or nothing where the standard knows none.

    Example:
        >>> keyword_for_tag(0x00100010), keyword_for_tag(0x00091001)
        ('PatientName', '')
    """
    try:
        return dictionary_keyword(tag)
    except KeyError:
        return ""


def tag_for_keyword(keyword: str) -> int | None:
    """Return the tag of the element with that keyword, None if there is none.

    Example:
        >>> hex(tag_for_keyword("PatientName") or 0)
        '0x100010'
    """
    return find_keyword(keyword)


def repeater_has_tag(tag: int) -> bool:
    """Say whether a tag belongs to a repeating element.

    Example:
        >>> repeater_has_tag(0x60020010)
        True
    """
    return mask_match(tag) is not None


def repeater_has_keyword(keyword: str) -> bool:
    """Say whether a keyword is that of a repeating element.

    Example:
        >>> repeater_has_keyword("OverlayData")
        True
    """
    return any(entry[4] == keyword for entry in _repeaters().values())


@cache
def _private_blocks() -> dict[str, str]:
    """Return the packed elements of each private creator."""
    blocks = (block.partition("\n") for block in PRIVATE.removeprefix(">").split("\n>"))
    return {creator: lines for creator, _, lines in blocks}


@lru_cache(maxsize=256)
def _private_elements(creator: str) -> dict[str, PrivateEntry]:
    """Return the elements of a private creator by mask; none of an unknown one."""
    lines = (line.split("|") for line in _private_blocks().get(creator, "").splitlines())
    return {tag: (vr, vm, name, "") for tag, vr, vm, name in lines}


def match_private(entries: Mapping[str, PrivateEntry], tag: int) -> PrivateEntry | None:
    """Return what the elements of one private creator, by mask, say about a tag; None if nothing.

    Example:
        >>> match_private({"0029xx08": ("CS", "1", "Type", "")}, 0x00291108)
        ('CS', '1', 'Type', '')
    """
    if not entries:
        return None
    group, low = f"{tag >> 16:04X}", f"{tag & 0xFF:02X}"
    keys = (f"{group}{tag & 0xFFFF:04X}", f"{group}xx{low}", f"{group[:2]}xxxx{low}")
    return next((entries[key] for key in keys if key in entries), None)


def _find_private_entry(tag: int, creator: str) -> PrivateEntry | None:
    """Return what a vendor says about a tag, None if nothing is known."""
    return match_private(_private_elements(creator), tag)


def find_private_vr(tag: int, creator: str) -> str | None:
    """Return the VR that a vendor has documented, None if nothing is known.

    Example:
        >>> find_private_vr(0x00291010, "SIEMENS CSA HEADER")
        'OB'
    """
    entry = _find_private_entry(tag, creator)
    return entry and entry[0]


def get_private_entry(tag: TagType, private_creator: str) -> PrivateEntry:
    """Return what a vendor has documented about a tag: VR, VM, name and "".

    Raises:
        KeyError: Nothing is known about it.

    Example:
        >>> get_private_entry(0x00291008, "SIEMENS CSA HEADER")
        ('CS', '1', 'CSA Image Header Type', '')
    """
    tag = Tag(tag)
    entry = _find_private_entry(tag, private_creator)
    if entry is None:
        raise KeyError(f"Tag {tag} of that private creator is not in the private dictionary")
    return entry


def private_dictionary_VR(tag: TagType, private_creator: str) -> str:
    """Return the VR of a private element.

    Example:
        >>> private_dictionary_VR(0x00291008, "SIEMENS CSA HEADER")
        'CS'
    """
    return get_private_entry(tag, private_creator)[0]


def private_dictionary_VM(tag: TagType, private_creator: str) -> str:
    """Return how many values a private element may have.

    Example:
        >>> private_dictionary_VM(0x00291008, "SIEMENS CSA HEADER")
        '1'
    """
    return get_private_entry(tag, private_creator)[1]


def private_dictionary_description(tag: TagType, private_creator: str) -> str:
    """Return the full name of a private element.

    Example:
        >>> private_dictionary_description(0x00291008, "SIEMENS CSA HEADER")
        'CSA Image Header Type'
    """
    return get_private_entry(tag, private_creator)[2]


def _private_dictionaries() -> dict[str, Mapping[str, PrivateEntry]]:
    """Return all private elements, by creator, then by mask."""
    return {creator: MappingProxyType(_private_elements(creator)) for creator in _private_blocks()}


def _tags_by_keyword() -> dict[str, int]:
    """Return the tags of the plain elements by keyword."""
    return {entry[4]: tag for tag, entry in _elements().items()}


# The tables as pydicom has them. They are read-only: a dictionary that everybody can change would be a setting.
TABLES: Final[dict[str, Callable[[], Any]]] = {
    "DicomDictionary": lambda: MappingProxyType(_elements()),
    "RepeatersDictionary": lambda: MappingProxyType(_repeaters()),
    "private_dictionaries": lambda: MappingProxyType(_private_dictionaries()),
    "keyword_dict": lambda: MappingProxyType(_tags_by_keyword()),
    "REPEATER_KEYWORDS": lambda: [entry[4] for entry in _repeaters().values()],
}


@cache
def table(name: str) -> Any:
    """Return a whole table, unpacked when it is first asked for."""
    return TABLES[name]()
