"""What a rewrite has changed: tags and counts, never values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from adicom.datadict import keyword_for_tag
from adicom.tag import BaseTag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adicom.errors import Path

    _Key: TypeAlias = tuple[str, str, tuple[int, ...], int | None]
    """Transform, action, path, tag."""

__all__ = ("Change", "Changes", "RewriteReport")

_MOST: Final = 10_000
"""Different changes that are told apart: a hostile object could make millions."""
_META: Final = 0x0002


@dataclass(frozen=True, slots=True)
class Change:
    """How often something was done.

    Attributes:
        transform: Which transform did it, by the name of its class.
        action: What it did: "set", "replaced", "deleted", and so on.
        path: The tags of the sequences around the element, outermost first.
        tag: The tag of the element; None for the changes beyond the first 10,000 different ones.
        count: How many elements there were.
    """

    transform: str
    action: str
    path: tuple[BaseTag, ...]
    tag: BaseTag | None
    count: int

    def __str__(self) -> str:
        if self.tag is None:
            return f"{self.count:>9,}  {self.action:<9}  {self.transform}  (others)"
        steps = [f"{tag} >" for tag in self.path]
        name = keyword_for_tag(self.tag) or ("private" if self.tag.is_private else "")
        return (
            f"{self.count:>9,}  {self.action:<9}  {self.transform}  {' '.join([*steps, str(self.tag), name])}".rstrip()
        )


class Changes:
    """Counts the changes of a rewrite while it runs.

    Attributes:
        meta: Whether the file meta information was changed.
    """

    __slots__ = ("_counts", "_touched", "meta")

    def __init__(self) -> None:
        self._counts: dict[_Key, int] = {}
        self._touched: set[Path] = set()
        self.meta = False

    def add(self, name: str, action: str, path: Path, tag: int) -> None:
        """Count a change of an element."""
        key: _Key = (name, action, tuple(step for step, _ in path), int(tag))
        if key not in self._counts and len(self._counts) >= _MOST:
            key = (name, action, (), None)
        self._counts[key] = self._counts.get(key, 0) + 1
        self.touch(path, tag)

    def touch(self, path: Path, tag: int) -> None:
        """Take note that the length of what is around an element may be another one now, without a count."""
        if path:
            self._touched.add(path)
        elif tag >> 16 == _META:
            self.meta = True

    def take(self, path: Path) -> bool:
        """Say whether an item was changed, which is asked once."""
        if path not in self._touched:
            return False
        self._touched.remove(path)
        return True

    def __iter__(self) -> Iterator[Change]:
        for (name, action, path, tag), count in sorted(self._counts.items(), key=_place):
            where = tuple(BaseTag(step) for step in path)
            yield Change(name, action, where, None if tag is None else BaseTag(tag), count)


def _place(row: tuple[_Key, int]) -> tuple[Any, ...]:
    (name, action, path, tag), _ = row
    return (tag is None, *path, tag or 0), name, action


@dataclass(frozen=True, slots=True)
class RewriteReport:
    """What :func:`adicom.rewrite` has done; it holds tags and numbers, no value of the object.

    Attributes:
        changes: What was changed, in the order of the tags.
        bytes_read: Bytes of the old object.
        bytes_written: Bytes of the new one.
        requests: How often the source was asked, those of a first pass included.

    Example:
        >>> from adicom.rewriting import Delete, rewrite
        >>> import asyncio, io, pydicom.data
        >>> path = pydicom.data.get_testdata_file("CT_small.dcm")
        >>> print(asyncio.run(rewrite(path, io.BytesIO(), Delete("PatientName", "PatientAge"))))
        39,206 bytes read, 39,164 written, 2 changes
                1  deleted    Delete  (0010, 0010) PatientName
                1  deleted    Delete  (0010, 1010) PatientAge
    """

    changes: tuple[Change, ...]
    bytes_read: int
    bytes_written: int
    requests: int

    def count(self, transform: str | None = None, action: str | None = None) -> int:
        """Return how many elements were changed, by one transform or in one way if that is said.

        Example:
            >>> RewriteReport((), 0, 0, 0).count("Delete")
            0
        """
        return sum(
            change.count
            for change in self.changes
            if transform in (None, change.transform) and action in (None, change.action)
        )

    def __str__(self) -> str:
        total = self.count()
        changes = f"{total:,} {'change' if total == 1 else 'changes'}" if total else "nothing changed"
        first = f"{self.bytes_read:,} bytes read, {self.bytes_written:,} written, {changes}"
        return "\n".join([first, *map(str, self.changes)])
