"""The transforms of the lengths of sequences and items: defined or undefined (PS3.5 7.5)."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from adicom.datadict import find_vr
from adicom.errors import EncodeError
from adicom.parser import events as ev
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.rewriting.base import Stage
from adicom.rewriting.containers import closed, event_size, opened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adicom.rewriting.base import Run, Tags

__all__ = ("DefinedLengths", "UndefinedLengths")

_LONGEST: Final = 0xFFFFFFFE
_STARTS: Final = (ev.SequenceStart, ev.ItemStart)
_ENDS: Final = (ev.SequenceEnd, ev.ItemEnd)


@dataclass(frozen=True)
class UndefinedLengths:
    """Gives all sequences and items undefined length, and delimiters.

    Example:
        >>> UndefinedLengths()
        UndefinedLengths()
    """

    two_passes: ClassVar[bool] = False

    def start(self, run: Run) -> Stage:
        """Return a stage for the events of one object."""
        return _Opening(run)


@dataclass(frozen=True)
class DefinedLengths:
    """Gives all sequences and items defined length, and takes their delimiters away.

    Their lengths stand in front of them, so the source is read twice, the first time to measure. It works behind all
    other transforms, wherever it stands among them. Sequences of VR UN, and in implicit VR those that no dictionary
    knows, stay as they are: only their undefined length says that they are sequences (PS3.5 6.2.2).

    Example:
        >>> DefinedLengths().two_passes
        True
    """

    two_passes: ClassVar[bool] = True

    def start(self, run: Run) -> Stage:
        """Return a stage for the events of one object."""
        return _Measuring(run) if run.measuring else _Defining(run)


class _Opening(Stage):
    sees_fragments = False

    def __init__(self, run: Run) -> None:
        self._run = run

    def feed(self, event: ev.Event) -> Iterable[ev.Event]:
        if isinstance(event, _STARTS) and event.length != UNDEFINED_LENGTH:
            if isinstance(event, ev.SequenceStart):
                self._run.note("undefined", event.path, event.tag)
            return (opened(event),)
        if isinstance(event, _ENDS) and event.delimiter_length is None:
            return (closed(event),)
        return (event,)


def _stays(event: Any) -> bool:
    """Say whether nothing but its undefined length shows that it is a sequence."""
    if not isinstance(event, ev.SequenceStart):
        return False
    return event.VR == "UN" or (event.encoding.implicit_vr and find_vr(event.tag) != "SQ")


class _Lengths(Stage):
    """What both passes share: the sequences and items that are open, each with whether it stays as it is."""

    sees_fragments = False

    def __init__(self, run: Run) -> None:
        self._run = run
        self._open: list[Any] = []

    def reaches(self, tags: Tags) -> bool:
        return False  # it comes behind what makes lengths undefined


class _Measuring(_Lengths):
    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._lengths = run.measured = array("L" if array("L").itemsize >= 8 else "Q")
        self._sizes = [0]  # of the top, and of all that is open

    def feed(self, event: ev.Event) -> Iterable[ev.Event]:
        if isinstance(event, _STARTS):
            self._open.append((len(self._lengths), _stays(event)))
            self._lengths.append(0)
            self._sizes[-1] += event_size(event)
            self._sizes.append(0)
        elif isinstance(event, _ENDS):
            number, stays = self._open.pop()
            size = self._sizes.pop()
            if size > _LONGEST:
                raise EncodeError(
                    f"{size} bytes are too many for a defined length: {_LONGEST} are possible",
                    path=event.path,
                    tag=getattr(event, "tag", None),
                )
            self._lengths[number] = size
            self._sizes[-1] += size + (event_size(event) if stays else 0)
        else:
            self._sizes[-1] += event_size(event)
        return (event,)


class _Defining(_Lengths):
    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._lengths = iter(run.measured)

    def feed(self, event: ev.Event) -> Iterable[ev.Event]:
        if isinstance(event, _STARTS):
            length = next(self._lengths, 0)
            stays = _stays(event)
            self._open.append(stays)
            if stays:
                return (event,)
            if event.length == UNDEFINED_LENGTH and isinstance(event, ev.SequenceStart):
                self._run.note("defined", event.path, event.tag)
            return (opened(event, length),)
        if isinstance(event, _ENDS) and not self._open.pop():
            return (closed(event, None),)
        return (event,)
