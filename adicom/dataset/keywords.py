"""Keywords of a dataset: which it has, and names that look like one but are none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from warnings import warn

from adicom.datadict import keyword_for_tag, repeater_has_keyword
from adicom.dataset.bare import dictionary_of
from adicom.errors import DicomWarning
from adicom.tag import BaseTag, Tag, TagType, find_keyword

if TYPE_CHECKING:
    from adicom.datadict import DataDictionary
    from adicom.dataset.bare import Bare
    from adicom.dataset.elements import Elements

__all__ = ("check_attribute", "own_tag", "present", "tag_of", "tag_of_keyword")

# Letters and digits, of which some but not all are capitals.
_CAMEL_CASE: Final = re.compile(r"(?=[A-Za-z0-9]*[A-Z])(?=[A-Za-z0-9]*[a-z])[A-Za-z][A-Za-z0-9]{2,}")


def own_tag(dataset: Bare, name: Any) -> int | None:
    """Return the tag of a keyword that the caller has added to the dictionary, None if it is none."""
    dictionary = dictionary_of(dataset)
    return None if dictionary is None else dictionary.own_tag(name)


def tag_of_keyword(dataset: Bare, name: str) -> int | None:
    """Return the tag of a keyword, None if it is none."""
    tag = find_keyword(name)
    return own_tag(dataset, name) if tag is None else tag


def tag_of(dataset: Bare, key: TagType) -> BaseTag:
    """Return the tag that a key stands for.

    Raises:
        ValueError: It is neither a keyword nor a tag.
    """
    if isinstance(key, str) and (tag := own_tag(dataset, key)) is not None:
        return BaseTag(tag)
    return Tag(key)


def present(dataset: Elements, filters: tuple[str, ...]) -> list[str]:
    """Return the keywords of the elements that have one of some texts in them; all of them without texts."""
    dictionary = dictionary_of(dataset)
    found = {_keyword(tag, dictionary) for tag in dataset._elements}
    wanted = [text.lower() for text in filters]
    return sorted(name for name in found if name and (not wanted or any(text in name.lower() for text in wanted)))


def _keyword(tag: int, dictionary: DataDictionary | None) -> str:
    if dictionary is not None and (entry := dictionary.own_entry(tag)):
        return entry[4]
    return keyword_for_tag(tag)


def check_attribute(name: str) -> None:
    """Look at the name of an attribute that is no keyword.

    Raises:
        ValueError: It is the keyword of a repeating group, of which nobody can say which group is meant.
    """
    if name.islower() or name.startswith(("is_", "_")):
        return
    if repeater_has_keyword(name):
        raise ValueError(f"{name} is in a repeating group: use add_new() with the tag")
    if _CAMEL_CASE.fullmatch(name):
        warn(f"{name} looks like a keyword, but is none: it is kept as an attribute", DicomWarning, stacklevel=3)
