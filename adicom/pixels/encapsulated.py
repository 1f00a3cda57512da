"""Frames in fragments: found by a table, else by a walk, and brought by range."""

from __future__ import annotations

import warnings
from array import array
from typing import TYPE_CHECKING, Final

from adicom.errors import DecodeError, DicomWarning, LimitError, TruncatedError
from adicom.io.base import Range
from adicom.pixels.asking import Ask
from adicom.pixels.boundaries import Boundaries
from adicom.pixels.items import HEADER_SIZE, ItemReader, Misplaced, join_items, read_header
from adicom.pixels.layout import PIXEL_DATA
from adicom.pixels.marks import marks_of
from adicom.pixels.tables import BASIC, EXTENDED, Table, UnusableTable, read_basic_table, read_extended_table
from adicom.pixels.walk import WINDOW, FragmentWalk
from adicom.pixels.walked import Walked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adicom.pixels.asking import Steps
    from adicom.pixels.layout import Layout

__all__ = ("EncapsulatedFrames",)

_LEAST: Final = 256 * 1024
"""Bytes of the first request of a walk to a frame that is thought to be near."""
_HELD: Final = 64 * 1024 * 1024
"""Bytes of one frame that a walk holds on to; a longer one is asked for again."""
_BASIC_ENTRY: Final = 4
_EXTENDED_ENTRY: Final = 8


class EncapsulatedFrames:
    """The frames of encapsulated pixel data (PS3.5 A.4).

    Args:
        layout: How the frames are laid out.
        extended: The values of Extended Offset Table and its Lengths, where they are there.
        table: Where the frames lie, as an index has it.
        size: Gives the bytes of the source, None where they are not known.
        limit: How many fragments there may be.
        window: About how many bytes a walk asks for at a time.
        strict: Whether a missing delimiter at the end of the source is an error.

    Attributes:
        number: How many frames there are.
    """

    def __init__(
        self,
        layout: Layout,
        *,
        extended: tuple[bytes | None, bytes | None] = (None, None),
        table: Table | None = None,
        size: Callable[[], int | None] = lambda: None,
        limit: int = 10_000_000,
        window: int = WINDOW,
        strict: bool = True,
    ) -> None:
        self.number = layout.frames
        self._layout = layout
        self._little = layout.little_endian
        self._extended = extended
        self._table = table
        self._refused: set[str] = set()
        self._base: int | None = None
        self._size = size
        self._limit = limit
        self._window = window
        self._strict = strict
        self._walked: Walked | None = None

    # -- where frames are --

    def range_of(self, index: int) -> Range | None:
        """Return where a frame lies, with the headers of its items; None where that is not known yet."""
        if self._table is not None:
            place = self._table.range_of(index)
            return None if place is None or self._is_behind_the_end(place) else place
        return None if self._walked is None else self._walked.range_of(index)

    def locate(self, indices: Sequence[int], room: int) -> Steps[dict[int, bytes]]:
        """Find out where frames lie, and return those that came along on the way.

        Args:
            indices: The frames.
            room: About how many bytes of frames to return at most.

        Raises:
            ParseError: The fragments are not as they should be.
        """
        yield from self._settle()
        if self._table is not None or self.number == 1 or not indices:
            return {}
        return (yield from self._walk_to(sorted(set(indices)), room))

    def _settle(self) -> Steps[None]:
        """Read the tables, unless that was done."""
        if self._table is not None or self._walked is not None:
            return
        if self._base is None:
            yield from self._find_base()
        if self.number == 1:
            return
        if self.number > self._limit:
            message = f"too many frames; ParserLimits.elements is {self._limit}"
            raise LimitError(message, offset=self._layout.offset, tag=PIXEL_DATA, limit="elements")
        self._table = self._read_extended() or (yield from self._read_basic())
        if self._table is None:
            self._walked = self._new_walk()

    def _find_base(self) -> Steps[None]:
        """Read the header of the Basic Offset Table's item."""
        offset = self._layout.offset
        [head] = yield Ask([Range(offset, HEADER_SIZE)])
        length = read_header(head, 0, offset, self._little)
        if length is None:
            raise Misplaced("the pixel data has no item for the Basic Offset Table", offset=offset, tag=PIXEL_DATA)
        self._base = offset + HEADER_SIZE + length

    def _read_extended(self) -> Table | None:
        offsets, lengths = self._extended
        if offsets is None or EXTENDED in self._refused:
            return None
        assert self._base is not None
        if len(offsets) != _EXTENDED_ENTRY * self.number:
            self._refuse(EXTENDED, f"it has {len(offsets)} bytes for {self.number} frames")
            return None
        try:
            return read_extended_table(offsets, lengths, self._base, little_endian=self._little)
        except UnusableTable as error:
            self._refuse(EXTENDED, str(error))
            return None

    def _read_basic(self) -> Steps[Table | None]:
        assert self._base is not None
        length = self._base - self._layout.offset - HEADER_SIZE
        if not length or BASIC in self._refused:
            return None
        if length != _BASIC_ENTRY * self.number:
            self._refuse(BASIC, f"it has {length} bytes for {self.number} frames")
            return None
        [value] = yield Ask([Range(self._layout.offset + HEADER_SIZE, length)])
        try:
            return read_basic_table(value, self._base, self._size(), little_endian=self._little)
        except UnusableTable as error:
            self._refuse(BASIC, str(error))
            return None

    def _refuse(self, name: str, reason: str) -> None:
        self._refused.add(name)
        warnings.warn(f"the {name} is not used: {reason}", DicomWarning, stacklevel=4)

    def _drop(self, error: Misplaced) -> None:
        """Do without the table that led to where no frame is."""
        if self._table is None:
            raise error
        name, self._table = self._table.name, None
        self._refuse(name, str(error))

    # -- walking --

    def _new_walk(self) -> Walked:
        assert self._base is not None
        marks = marks_of(self._layout.transfer_syntax)
        walk = FragmentWalk(
            self._base,
            little_endian=self._little,
            marks=marks,
            limit=self._limit,
            window=self._window,
            strict=self._strict,
        )
        return Walked(walk, Boundaries(walk, self.number, marks))

    def _walk_to(self, wanted: list[int], room: int) -> Steps[dict[int, bytes]]:
        """Walk until the last of the frames is known; keep the bytes of those that pass by, while there is room."""
        walked = self._walked
        assert walked is not None
        found: dict[int, bytes] = {}
        at = 0
        while True:
            while at < len(wanted) and (place := walked.range_of(wanted[at])) is not None:
                data = walked.held(place) if place.length <= room else None
                if data is not None:
                    found[wanted[at]] = self._joined(data, place.offset)
                    room -= place.length
                at += 1
            if at == len(wanted) or walked.walk.finished:
                return found
            walked.check()
            walked.forget(walked.boundaries.start_of(wanted[at]), min(room, _HELD))
            yield from self._step(walked, self._distance(wanted[-1], walked.walk.end))

    def _step(self, walked: Walked, distance: int | None = None) -> Steps[None]:
        """Go on with the walk by one request."""
        walk = walked.walk
        walk.size = self._size()
        wanted = walk.need(distance)
        data = b""
        if wanted.length:
            [data] = yield Ask([wanted], short=True)
        walked.feed(wanted, data)

    def _distance(self, index: int, end: int) -> int | None:
        """Return about how many bytes are between the walk and the end of a frame; None for "many"."""
        size = self._size()
        if size is None:
            return None
        assert self._base is not None
        each = max(size - self._base, 0) / self.number
        rest = int(self._base + each * (index + 1)) - end
        return max(2 * rest + 4 * int(each), _LEAST) if 0 <= rest <= self._window // 2 else None

    # -- bytes of frames --

    def cut(self, index: int, place: Range, data: bytes) -> bytes:
        """Return the frame that lies in the bytes of its place.

        Raises:
            Misplaced: What is there is no frame, or it turned out meanwhile that the frame lies elsewhere.
        """
        if place != self.range_of(index) or place.length != len(data):
            raise Misplaced("a frame is not where it was thought to be", offset=place.offset, tag=PIXEL_DATA)
        if self._table is None or self._table.claimed != index:
            return self._joined(data, place.offset)
        length = read_header(data, 0, place.offset, self._little) if len(data) >= HEADER_SIZE else None
        if length is None or HEADER_SIZE + length not in (len(data), len(data) - 1):
            raise Misplaced("a fragment is not as long as the table says", offset=place.offset, tag=PIXEL_DATA)
        return data[HEADER_SIZE : HEADER_SIZE + length]

    def frame(self, index: int) -> Steps[bytes]:
        """Bring a frame.

        Raises:
            ParseError: The fragments are not as they should be.
            DecodeError: Nothing tells where the frame is.
        """
        while True:
            found = yield from self.locate([index], _HELD)
            if index in found:
                return found[index]
            try:
                return (yield from self._bring(index))
            except Misplaced as error:
                self._drop(error)

    def _bring(self, index: int) -> Steps[bytes]:
        place = self.range_of(index) if self._table is None else self._table.range_of(index)
        if place is None:
            return (yield from self._up_to_the_delimiter(self._start_of(index)))
        [data] = [b""] if self._is_behind_the_end(place) else (yield Ask([place], short=True))
        try:
            if len(data) < place.length:
                raise Misplaced("the source ends in a frame", offset=place.offset, tag=PIXEL_DATA)
            return self.cut(index, place, data)
        except Misplaced:
            if self._table is None or self._table.claimed != index:
                raise
        warnings.warn(
            f"the Extended Offset Table Lengths (7FE0,0002) have a wrong length for frame {index}",
            DicomWarning,
            stacklevel=4,
        )
        return (yield from self._up_to_the_delimiter(place.offset))

    def _is_behind_the_end(self, place: Range) -> bool:
        size = self._size()
        return size is not None and place.end > size

    def _start_of(self, index: int) -> int:
        if self._table is not None:
            return self._table.start_of(index)
        assert self._base is not None
        if self._walked is None:
            return self._base  # the only frame
        raise DecodeError(f"there is no frame {index}: {self._walked.boundaries.fault}")

    def _up_to_the_delimiter(self, start: int) -> Steps[bytes]:
        """Bring the frame that ends where the pixel data ends."""
        reader = ItemReader(start, self._little)
        parts: list[bytes] = []
        guess = self._guess(start)
        while not reader.finished:
            wanted = self._clamped(Range(reader.offset, max(reader.missing, guess)))
            data = b""
            if wanted.length:
                [data] = yield Ask([wanted], short=True)
            if not data:
                self._end_of_source(reader)
                break
            parts += reader.feed(data)
            guess = self._window
        if not parts and self._table is None:
            raise DecodeError("there are no fragments")
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _guess(self, start: int) -> int:
        """Return how long the frame that starts there may be: about as long as the longest of the others."""
        if self._table is None:
            return self._window
        longest = max(self._table.sizes())
        return min(longest + longest // 4 + HEADER_SIZE, self._window)

    def _clamped(self, wanted: Range) -> Range:
        size = self._size()
        return wanted if size is None else Range(wanted.offset, max(min(wanted.end, size) - wanted.offset, 0))

    def _end_of_source(self, reader: ItemReader) -> None:
        """Take the end of the source in place of the delimiter, or raise."""
        if reader.missing == HEADER_SIZE and not self._strict:
            warnings.warn("the pixel data ends without its delimiter", DicomWarning, stacklevel=4)
            return
        raise TruncatedError(
            "the bytes end in encapsulated pixel data",
            offset=reader.offset,
            tag=PIXEL_DATA,
            wanted=reader.missing,
            got=0,
        )

    def _joined(self, data: bytes, offset: int) -> bytes:
        return join_items(data, offset, self._little)

    # -- all of them --

    def places(self) -> Steps[Table]:
        """Find out where each frame lies, up to its end.

        Raises:
            ParseError: The fragments are not as they should be.
            DecodeError: Nothing tells where some frame is.
        """
        while True:
            yield from self._settle()
            try:
                if self._walked is not None:
                    return (yield from self._places_by_walk(self._walked))
                return (yield from self._places_by_table())
            except Misplaced as error:
                self._drop(error)

    def _places_by_table(self) -> Steps[Table]:
        table = self._table
        if table is None:  # the only frame
            assert self._base is not None
            table = Table("", array("Q", [0]), array("Q", [0]), base=self._base)
        if (frame := table.open_frame) is None:
            return table
        return table.closed(frame, (yield from self._find_end(table.start_of(frame))))

    def _find_end(self, start: int) -> Steps[int]:
        """Find the delimiter behind the items that start there."""
        walk = FragmentWalk(
            start, little_endian=self._little, limit=self._limit, window=self._window, strict=self._strict
        )
        walked = Walked(walk, Boundaries(walk, 1, None))
        distance: int | None = min(self._guess(start), _LEAST)
        while not walk.finished:
            yield from self._step(walked, distance)
            walked.check()
            walked.forget(None, 0)
            distance = None
        return walk.position

    def _places_by_walk(self, walked: Walked) -> Steps[Table]:
        while not walked.walk.finished:
            walked.check()
            yield from self._step(walked)
            walked.forget(None, 0)
        if walked.boundaries.complete < self.number:
            raise DecodeError(walked.boundaries.fault)
        places = [place for frame in range(self.number) if (place := walked.range_of(frame)) is not None]
        return Table("", array("Q", [place.offset for place in places]), array("Q", [place.end for place in places]))
