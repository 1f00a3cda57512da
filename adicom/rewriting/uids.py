"""The transform that replaces UIDs, the same one everywhere by the same other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from adicom.errors import EncodeError
from adicom.parser import events as ev
from adicom.rewriting.elements import ElementStage, Verdict, made

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adicom.rewriting.base import Run, Stage
    from adicom.rewriting.elements import Header

__all__ = ("ReplaceUIDs",)

_TRANSFER_SYNTAX: Final = 0x00020010
# UIDs that name a rule or a maker, not an object: PS3.10 7.1, PS3.3 8.
_NO_OBJECTS: Final = frozenset(
    (
        _TRANSFER_SYNTAX,
        0x00020012,  # Implementation Class UID
        0x00020100,  # Private Information Creator UID
        0x0008010C,  # Coding Scheme UID
        0x0008010D,  # Context Group Extension Creator UID
        0x00080117,  # Context UID
        0x00080118,  # Mapping Resource UID
    )
)
_STANDARD: Final = "1.2.840.10008."
"""The root of what the standard itself has registered (PS3.6 annex A)."""
_UID: Final = re.compile(r"[0-9]+(\.[0-9]+)*")
_LONGEST: Final = 64


@dataclass(frozen=True)
class ReplaceUIDs:
    """Replaces UIDs in all elements of VR UI: nested ones, and those of the file meta information, too.

    So Media Storage SOP Instance UID (0002,0003) goes on to agree with SOP Instance UID (0008,0018), and references
    with what they refer to. UIDs in values of another VR (UN, or text) are not seen.

    Args:
        replacement: The new UIDs by the old ones, or a function that returns the new one, or None for "leave it". The
            function must return the same for the same UID. It is not asked for UIDs of the standard itself
            (1.2.840.10008), nor in elements whose UIDs name no object: Transfer Syntax, Implementation Class, Coding
            Scheme and the like.

    Raises:
        EncodeError: While it is rewritten: what the function or the mapping gives is no UID.

    Example:
        >>> transform = ReplaceUIDs({"1.2.3": "2.25.1"})
    """

    replacement: Mapping[str, str] | Callable[[str], str | None] = field(repr=False)
    two_passes: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not isinstance(self.replacement, Mapping) and not callable(self.replacement):
            raise TypeError("ReplaceUIDs takes a mapping or a function")

    def start(self, run: Run) -> Stage:
        """Return a stage for the events of one object."""
        if isinstance(self.replacement, Mapping):
            return _Replacing(run, self.replacement.get, frozenset((_TRANSFER_SYNTAX,)))
        return _Replacing(run, _not_of_the_standard(self.replacement), _NO_OBJECTS)


def _not_of_the_standard(function: Callable[[str], str | None]) -> Callable[[str], str | None]:
    return lambda uid: None if uid.startswith(_STANDARD) else function(uid)


class _Replacing(ElementStage):
    def __init__(self, run: Run, find: Callable[[str], str | None], spared: frozenset[int]) -> None:
        super().__init__(run)
        self._find = find
        self._spared = spared

    def judge(self, event: Header) -> Verdict:
        if event.VR != "UI" or event.tag in self._spared or isinstance(event, ev.DeferredElement):
            return Verdict.KEEP
        return Verdict.TAKE

    def change(self, element: ev.Element) -> Iterable[ev.Event]:
        old = element.value.decode("latin-1").rstrip("\0 ")
        if not old:
            return (element,)
        found = [self._replaced(uid.strip("\0 "), element) for uid in old.split("\\")]
        if all(new is None for new in found):
            return (element,)
        new = "\\".join(uid if now is None else now for uid, now in zip(old.split("\\"), found, strict=True))
        value = new.encode("latin-1")
        self._run.note("replaced", element.path, element.tag)
        value += b"\0" * (len(value) & 1)
        return (made(element.offset, element.path, element.encoding, element.tag, "UI", value),)

    def _replaced(self, uid: str, element: ev.Element) -> str | None:
        new = self._find(uid) if uid else None
        if new is None or new == uid:
            return None
        if not isinstance(new, str) or len(new) > _LONGEST or not _UID.fullmatch(new):
            error = EncodeError("what replaces a UID is none (PS3.5 9.1)", path=element.path, tag=element.tag)
            error.value = new
            raise error
        return new
