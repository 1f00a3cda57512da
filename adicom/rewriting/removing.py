"""The transforms that leave elements out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from adicom.rewriting.elements import CHARACTER_SET, ElementStage, Verdict
from adicom.rewriting.places import Place, PlaceType, tag_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from adicom.rewriting.base import Run, Stage, Tags
    from adicom.rewriting.elements import Header
    from adicom.tag import BaseTag

__all__ = ("Delete", "KeepOnly", "RemovePrivate")

_META: Final = 0x0002
_PRIVATE: Final = 0x00010000
_NEEDED: Final = {
    0x00020000: "the group length is set right by itself",
    0x00020010: "it says how the rest is read; use ToSyntax",
    CHARACTER_SET: "it says how texts are read",
}


class _Removing(ElementStage):
    def __init__(self, run: Run, place: Place, doomed: Callable[[Header], bool]) -> None:
        super().__init__(run)
        self._place = place
        self._doomed = doomed

    def judge(self, event: Header) -> Verdict:
        if not self._doomed(event) or not self._place.has(event.path):
            return Verdict.KEEP
        self._run.note("deleted", event.path, event.tag)
        return Verdict.DROP

    def reaches(self, tags: Tags) -> bool:
        return self._place.reaches(tags)


_MASK: Final = re.compile(r"[0-9A-Fa-fx]{8}")


class _Tags:
    """Tags, and masks of tags (PS3.6 writes 60xx3000 for one of a repeating group)."""

    def __init__(self, names: tuple[Any, ...], function: str) -> None:
        if not names:
            raise ValueError(f"{function} takes one tag or keyword at least")
        masks = [name for name in names if isinstance(name, str) and "x" in name and _MASK.fullmatch(name)]
        fixed = [int(re.sub("[^x]", "F", mask).replace("x", "0"), 16) for mask in masks]
        self._masks = [(bits, int(mask.replace("x", "0"), 16)) for bits, mask in zip(fixed, masks, strict=True)]
        self.shown = tuple(name if name in masks else tag_of(name) for name in names)
        self.tags = frozenset(int(tag) for tag in self.shown if not isinstance(tag, str))

    def __contains__(self, tag: int) -> bool:
        if tag in self.tags:
            return True
        return any(tag & bits == value for bits, value in self._masks)


@dataclass(frozen=True, init=False)
class Delete:
    """Leaves elements out, wherever they are.

    Args:
        *tags: Their tags or keywords; ``"60xx3000"`` and ``"50xxxxxx"`` are those of repeating groups.
        within: Where; by default in every data set, those in sequences included. ``()`` is the one at the top. See
            :class:`Set` for others.

    Raises:
        ValueError: One is no tag, or is needed to read what remains.

    Example:
        >>> Delete("PatientName", (0x0010, 0x0030), within=())
        Delete((0010, 0010), (0010, 0030), within=())
    """

    tags: tuple[BaseTag | str, ...]
    within: PlaceType
    two_passes: ClassVar[bool] = False

    def __init__(self, *tags: Any, within: PlaceType = None) -> None:
        found = _Tags(tags, "Delete")
        for tag, reason in _NEEDED.items():
            if tag in found:
                raise ValueError(f"({tag >> 16:04X},{tag & 0xFFFF:04X}) cannot be deleted: {reason}")
        object.__setattr__(self, "tags", found.shown)
        object.__setattr__(self, "within", within)
        Place(within)

    def __repr__(self) -> str:
        return f"Delete({', '.join(map(str, self.tags))}, within={self.within!r})"

    def start(self, run: Run) -> Stage:
        """Return a stage for the events of one object."""
        doomed = _Tags(self.tags, "Delete")
        return _Removing(run, Place(self.within), lambda event: event.tag in doomed)


@dataclass(frozen=True, init=False)
class KeepOnly:
    """Leaves out all elements of the top level but those named, which are kept with all that is in them.

    The file meta information stays, and so do Specific Character Set (0008,0005), which texts are read with, and the
    private creators of the private elements that are kept.

    Args:
        *tags: The tags or keywords of what is kept; masks as in :class:`Delete`.

    Raises:
        ValueError: One is no tag.

    Example:
        >>> KeepOnly("SOPInstanceUID", "StudyDate")
        KeepOnly((0008, 0018), (0008, 0020))
    """

    tags: tuple[BaseTag | str, ...]
    two_passes: ClassVar[bool] = False

    def __init__(self, *tags: Any) -> None:
        object.__setattr__(self, "tags", _Tags(tags, "KeepOnly").shown)

    def __repr__(self) -> str:
        return f"KeepOnly({', '.join(map(str, self.tags))})"

    def start(self, run: Run) -> Stage:
        """Return a stage for the events of one object."""
        kept = _Tags(self.tags, "KeepOnly")
        # PS3.5 7.8.1: (gggg,0010) to (gggg,00FF) reserve the blocks of a private group.
        more = {tag & 0xFFFF0000 | tag >> 8 & 0xFF for tag in kept.tags if tag & _PRIVATE and tag & 0xFF00}
        more.add(CHARACTER_SET)
        return _Removing(
            run,
            Place(()),
            lambda event: event.tag not in kept and event.tag not in more and event.tag >> 16 != _META,
        )


@dataclass(frozen=True)
class RemovePrivate:
    """Leaves out all private elements: those of odd groups, wherever they are (PS3.5 7.8).

    Example:
        >>> RemovePrivate()
        RemovePrivate()
    """

    two_passes: ClassVar[bool] = False

    def start(self, run: Run) -> Stage:
        """Return a stage for the events of one object."""
        return _Removing(run, Place(None), lambda event: event.tag & _PRIVATE != 0)
