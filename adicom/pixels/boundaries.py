"""Which fragments make up which frame, where no table tells (PS3.5 A.4).

Rule 1: frames are told by their marks, from SOI or SOC to EOI or EOC. Where marks are missing, only the end of the walk
tells: as many fragments as frames are one each; else the marks that are there must make as many frames as there are.
Rule 2: what was told before the end of the walk is known stays true.
"""

from __future__ import annotations

import warnings
from array import array
from typing import TYPE_CHECKING

from adicom.errors import DicomWarning
from adicom.pixels.walk import ENDS, STARTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adicom.pixels.marks import Marks
    from adicom.pixels.walk import FragmentWalk

__all__ = ("Boundaries",)


class Boundaries:
    """The first fragment of each frame, as far as a walk has come.

    Args:
        walk: The walk.
        frames: How many frames there are.
        marks: How they can be told; None where each fragment is a frame.

    Attributes:
        complete: How many frames are known to their end.
        is_unsure: Whether a mark was missing, so that only the end of the walk can tell what follows.
        fault: Why there is no frame behind the complete ones, after the walk has ended.
    """

    def __init__(self, walk: FragmentWalk, frames: int, marks: Marks | None) -> None:
        self.complete = 0
        self.is_unsure = False
        self.fault = ""
        self._first = array("Q")  # the number of each frame's first fragment
        self._walk = walk
        self._frames = frames
        self._marks = marks
        self._seen = 0
        self._ended = False

    def start_of(self, frame: int) -> int | None:
        """Return where a frame starts; None where that is not known yet."""
        return self._walk.starts[self._first[frame]] if frame < len(self._first) else None

    def end_of(self, frame: int) -> int:
        """Return where a frame ends that is complete."""
        following = frame + 1
        return self._walk.starts[self._first[following]] if following < len(self._first) else self._walk.position

    def update(self) -> None:
        """Take note of how far the walk has come."""
        known = len(self._walk.starts)
        while self._seen < known and not self.is_unsure:
            self._judge(self._seen)
            self._seen += 1
        self.complete = max(self.complete, len(self._first) - 1)
        if self._walk.finished and not self._ended:
            self._ended = True
            self._end(known)

    def _judge(self, fragment: int) -> None:
        """Tell whether a frame starts with a fragment; what is known of the one before does not change any more."""
        marks, flags = self._marks, self._walk.flags
        if marks is None or not fragment:
            self._first.append(fragment)
            self.is_unsure = marks is not None and not flags[fragment] & STARTS
            return
        starts = bool(flags[fragment] & STARTS)
        ends = bool(flags[fragment - 1] & ENDS) if marks.ends is not None else starts
        if starts and ends:
            self._first.append(fragment)
        else:
            # Without marks at the end of frames, a fragment that starts none is odd, too.
            self.is_unsure = starts or ends or marks.ends is None

    def _end(self, fragments: int) -> None:
        """Tell what is left to tell, now that all fragments are known."""
        if not fragments:
            self.fault = "there are no fragments"
        elif self._frames == 1:
            self._settle([0])
        elif self._are_marked(fragments):
            self._settle(self._first)
        elif fragments < self._frames:
            self.fault = f"{self._frames} frames cannot be in {fragments} fragments"
        else:
            self._guess(fragments)

    def _are_marked(self, fragments: int) -> bool:
        """Return whether no mark was missing, up to the end of the last frame."""
        if self.is_unsure or self._marks is None:
            return not self.is_unsure
        return self._marks.ends is None or bool(self._walk.flags[fragments - 1] & ENDS)

    def _guess(self, fragments: int) -> None:
        """Put fragments together where marks are missing."""
        flags, frames = self._walk.flags, self._frames
        told = self._first[: self.complete + 1]
        one_each = array("Q", range(fragments))
        by_starts = [0, *(number for number in range(1, fragments) if flags[number] & STARTS)]
        by_ends = [0, *(number for number in range(1, fragments) if flags[number - 1] & ENDS)]
        for found in (one_each, by_starts, by_ends):
            if len(found) == frames and array("Q", found[: len(told)]) == told:
                self._settle(found)
                return
        self.fault = (
            f"{frames} frames are in {fragments} fragments without an offset table, and nothing tells where they start"
        )

    def _settle(self, first: Sequence[int]) -> None:
        found = len(first)
        if found > self._frames:
            warnings.warn(
                f"{found} frames are there, but Number of Frames is {self._frames}: the last ones are left out",
                DicomWarning,
                stacklevel=4,
            )
        self._first = array("Q", first)
        self.complete = found
        if found < self._frames:
            self.fault = f"there are only {found} of {self._frames} frames"
