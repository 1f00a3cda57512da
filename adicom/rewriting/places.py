"""Where in the nesting a transform works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from adicom.tag import BaseTag, Tag

if TYPE_CHECKING:
    from adicom.errors import Path
    from adicom.rewriting.base import Tags

__all__ = ("Place", "PlaceType", "tag_of")

PlaceType: TypeAlias = "str | int | tuple[Any, ...] | list[Any] | None"
"""A sequence by keyword or tag; a row of them, from the outside in, each alone or with the number of its item."""


def tag_of(name: Any) -> BaseTag:
    """Return the tag that a keyword or a tag means.

    Raises:
        ValueError: It means none.

    Example:
        >>> tag_of("PatientName"), tag_of((0x0010, 0x0020))
        ((0010, 0010), (0010, 0020))
    """
    if isinstance(name, int) and not isinstance(name, BaseTag) and not 0xFFFF < name <= 0xFFFFFFFF:
        raise ValueError(f"{name} is no tag")
    return Tag(name)


class Place:
    """The data sets in which a transform works.

    Args:
        spec: None is every data set, nested ones included; () the one at the top; ``("A", "B")`` all items of B in
            all items of A; ``(("A", 0), "B")`` all items of B in the first one of A.

    Example:
        >>> place = Place("ReferencedImageSequence")
        >>> place.has(()), place.has(((0x00081140, 5),))
        (False, True)
    """

    __slots__ = ("_steps", "_tags")

    def __init__(self, spec: PlaceType) -> None:
        self._steps: tuple[tuple[int, int | None], ...] | None = None
        self._tags: Tags = ()
        if spec is not None:
            steps = spec if isinstance(spec, tuple | list) else (spec,)
            self._steps = tuple(map(_step, steps))
            self._tags = tuple(tag for tag, _ in self._steps)

    @property
    def is_everywhere(self) -> bool:
        """Whether it is every data set."""
        return self._steps is None

    def has(self, path: Path) -> bool:
        """Say whether a data set is one of them."""
        steps = self._steps
        if steps is None:
            return True
        if len(steps) != len(path):
            return False
        return all(
            tag == step and index in (None, number) for (tag, index), (step, number) in zip(steps, path, strict=True)
        )

    def reaches(self, tags: Tags) -> bool:
        """Say whether one of them may lie in the items of a sequence; see :meth:`Stage.reaches`."""
        return self._steps is None or self._tags[: len(tags)] == tags


def _step(step: Any) -> tuple[int, int | None]:
    if isinstance(step, tuple) and len(step) == 2 and (isinstance(step[0], str) or step[0] > 0xFFFF):
        tag, index = step
        if not isinstance(index, int) or index < 0:
            raise ValueError("the number of an item is 0 or more")
        return int(tag_of(tag)), index
    return int(tag_of(step)), None
