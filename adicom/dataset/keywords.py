"""Keywords of a dataset: which it has, and names that look like one but are none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from warnings import warn

from adicom.datadict import keyword_for_tag, repeater_has_keyword
from adicom.errors import DicomWarning

if TYPE_CHECKING:
    from adicom.dataset.elements import Elements

__all__ = ("check_attribute", "present")

# Letters and digits, of which some but not all are capitals.
_CAMEL_CASE: Final = re.compile(r"(?=[A-Za-z0-9]*[A-Z])(?=[A-Za-z0-9]*[a-z])[A-Za-z][A-Za-z0-9]{2,}")


def present(dataset: Elements, filters: tuple[str, ...]) -> list[str]:
    """Return the keywords of the elements that have one of some texts in them; all of them without texts."""
    found = set(map(keyword_for_tag, dataset._elements))
    wanted = [text.lower() for text in filters]
    return sorted(name for name in found if name and (not wanted or any(text in name.lower() for text in wanted)))


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
