"""What a transform is: something that starts stages, which take events and give events.

Rule: a stage holds back as little as it can, and never waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adicom.errors import Path
    from adicom.parser.events import Event
    from adicom.rewriting.report import Changes

__all__ = ("Run", "Stage", "Tags", "Transform")

Tags = tuple[int, ...]
"""The tags of the sequences around something, outermost first; () at the top."""


class Run:
    """What one transform has of one rewrite.

    Attributes:
        name: What the report calls the transform.
        changes: What was changed so far, by all of them.
        measuring: Whether this is the first of two passes, whose events go nowhere.
        measured: What the stage of the first pass has left for that of the second.
    """

    __slots__ = ("changes", "measured", "measuring", "name")

    def __init__(self, name: str, changes: Changes) -> None:
        self.name = name
        self.changes = changes
        self.measuring = False
        self.measured: Any = None

    def note(self, action: str, path: Path, tag: int) -> None:
        """Count a change, for the report, and so that the lengths around it are made undefined.

        Args:
            action: What was done, in a word: "set", "deleted".
            path: The sequences and items around the element.
            tag: Its tag.
        """
        self.changes.add(self.name, action, path, tag)


class Stage:
    """A transform at work, on the events of one object.

    By itself it gives each event as it came; subclasses say more.

    Attributes:
        sees_fragments: Whether it has to see the fragments of encapsulated pixel data at the top level that it has let
            pass the start of. Where no stage has to, they are copied as they are, which is faster.
    """

    sees_fragments = True

    def feed(self, event: Event) -> Iterable[Event]:
        """Take an event; return those that can be passed on."""
        return (event,)

    def end(self) -> Iterable[Event]:
        """Return what is left, after the last event."""
        return ()

    def reaches(self, tags: Tags) -> bool:
        """Say whether anything may change in the items of a sequence, or deeper in them.

        A long sequence of defined length in which something may change is given undefined length at its start, where
        nobody knows yet whether it will.

        Args:
            tags: The tag of the sequence, behind those of the sequences around it.
        """
        return True


@runtime_checkable
class Transform(Protocol):
    """What can be done to events: whatever has ``start`` and ``two_passes``.

    Example:
        >>> from adicom.rewriting import Delete
        >>> isinstance(Delete("PatientName"), Transform)
        True
    """

    @property
    def two_passes(self) -> bool:
        """Whether it has to know the end before it can begin, so that the source is read twice.

        Its stage then goes through all events with ``run.measuring`` first, and leaves what it needs to know in
        ``run.measured``.
        """
        ...

    def start(self, run: Run) -> Stage:
        """Return a stage for the events of one object."""
        ...
