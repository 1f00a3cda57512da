"""The pieces that a dataset is laid out in: bytes that are referred to, not copied, and what is to be pulled."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final

from adicom.encoder.headers import FORM, LONG, LONGEST, LONGEST_SHORT, element_header, header_of_raw
from adicom.encoder.values import encode
from adicom.errors import DicomWarning, EncodeError, format_path
from adicom.parser.kinds import IMPLICIT, LITTLE

if TYPE_CHECKING:
    from typing import Any

    from adicom.encoder.encoded import Piece
    from adicom.encoder.levels import Level
    from adicom.encoder.pulls import Pull
    from adicom.parser.kinds import RawElement
    from adicom.parser.runs import Run

__all__ = ("Options", "Output")


class Options:
    """How a dataset is to be written.

    Attributes:
        keep: Whether what was read keeps its form: undefined lengths, odd lengths, group lengths.
        group_lengths: Whether group lengths that are no longer right are made anew; else they are left out.
        little_values: The byte order of words in bytes that were set.
        encapsulated: Whether Pixel Data of the top level that was set as bytes consists of fragments; None: if the
            element says so.
    """

    __slots__ = ("encapsulated", "group_lengths", "keep", "little_values")

    def __init__(
        self,
        *,
        keep: bool = True,
        group_lengths: bool = False,
        little_values: bool = True,
        encapsulated: bool | None = None,
    ) -> None:
        self.keep = keep
        self.group_lengths = group_lengths
        self.little_values = little_values
        self.encapsulated = encapsulated


class Output:
    """What has been laid out so far.

    Attributes:
        pieces: The pieces.
        size: How many bytes they are, without those whose number nobody knows.
        sized: Whether there are none of those.
        changes: Counts what is not what was read: values that were set, for example.
        conversions: Counts what was read, but is written in another way.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.pieces: list[Piece] = []
        self.size = 0
        self.sized = True
        self.changes = 0
        self.conversions = 0
        self._run: Run | None = None
        self._run_start = self._run_end = -1

    def put(self, piece: bytes | memoryview) -> None:
        """Add bytes."""
        self.pieces.append(piece)
        self.size += len(piece)

    def pull(self, pull: Pull) -> None:
        """Add bytes that come from elsewhere."""
        self.pieces.append(pull)
        if pull.length is None:
            self.sized = False
        else:
            self.size += pull.length

    # -- elements of the top level that nobody has looked at lie next to each other, and go as one piece --

    def put_from_run(self, level: Level, offset: int) -> bool:
        """Add an element that is known by its offset, if it is written as it was read."""
        run = self._run
        if run is None or not run.base <= offset < run.base + len(run.data):
            self.end_run()
            origin = level.dataset._origin
            assert origin is not None
            run = origin.root.run_at(offset)
            if run.form & FORM != level.form:
                return False
            self._run = run
        if offset != self._run_end:
            self._put_run()
            self._run_start = offset
        self._run_end = run.end(offset)
        return True

    def _put_run(self) -> None:
        run = self._run
        if run is not None and self._run_end > self._run_start:
            self.put(run.data[self._run_start - run.base : self._run_end - run.base])
        self._run_start = self._run_end = -1

    def end_run(self) -> None:
        """Add what is left of such elements; something else comes next."""
        if self._run is not None:
            self._put_run()
            self._run = None

    # -- one element --

    def put_raw(self, raw: RawElement) -> None:
        """Add an element as it was read, without a delimiter."""
        header, value = header_of_raw(raw), raw[3]
        if value.__class__ is tuple:
            data, start = value
            value = memoryview(data)[start : start + raw[2]]
        self.pieces += (header, value)
        self.size += len(header) + len(value)

    def put_element(self, level: Level, tag: int, VR: str, data: bytes | memoryview) -> None:
        """Add an element with the bytes of its value, which are padded if there is one too few."""
        self.put_header(level, tag, VR, len(data) + (len(data) & 1))
        self.put(data)
        if len(data) & 1:
            self.put(b" " if VR in _TEXT else b"\0")

    def put_header(self, level: Level, tag: int, VR: str, length: int) -> None:
        """Add a header for a value of defined length.

        Raises:
            EncodeError: No header can hold the length.
        """
        if length > LONGEST:
            raise EncodeError(f"a value of {length} bytes is too long: {LONGEST} are possible")
        if length > LONGEST_SHORT and VR not in LONG and not level.form & IMPLICIT:
            # PS3.5 6.2.2: what came from implicit VR may be so long.
            warnings.warn(
                f"{format_path(level.path, tag)} with VR {VR} has {length} bytes, more than its length field can say: "
                "it is written as UN",
                DicomWarning,
                stacklevel=2,
            )
            VR = "UN"
        self.put(element_header(tag, VR, length, level.form))

    def put_value(self, level: Level, tag: int, VR: str, value: Any, *, bytes_are_little: bool) -> None:
        """Add an element with a Python value.

        Raises:
            EncodeError: It cannot be encoded.
        """
        form = level.form
        little = bool(form & LITTLE)
        data = encode(tag, VR, value, little, level.encodings, bytes_are_little=bytes_are_little)
        length = len(data)
        if length <= LONGEST_SHORT:  # as nearly all are
            header = element_header(tag, VR, length, form)
            self.pieces += (header, data)
            self.size += len(header) + length
            return
        if VR not in LONG and not form & IMPLICIT and not little:
            # What becomes UN is in little endian (PS3.5 6.2.2).
            data = encode(tag, VR, value, True, level.encodings, bytes_are_little=bytes_are_little)
        self.put_element(level, tag, VR, data)


_TEXT: Final = frozenset("AE AS CS DA DS DT IS LO LT PN SH ST TM UC UR UT".split())
