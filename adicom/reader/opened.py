"""What an opened object is, whoever waits for its bytes."""

from __future__ import annotations

from dataclasses import replace
from operator import index as as_integer
from typing import TYPE_CHECKING, Any, Final

from adicom.errors import DecodeError
from adicom.filereader.received import identity_of
from adicom.io.base import Identity, Range
from adicom.io.identity import merge_identity, require_same
from adicom.io.local import BytesSource, PathSource
from adicom.io.resolve import is_remote, resolve_async
from adicom.io.stats import IOStats
from adicom.io.value_source import BlockingValues, values_of
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.kinds import LITTLE, value_of
from adicom.pixels import Ask, attributes_of, frames_of, read_layout
from adicom.pixels.encapsulated import EncapsulatedFrames
from adicom.pixels.index import read_index, write_index
from adicom.pixels.layout import OFFSET_TABLE, OFFSET_TABLE_LENGTHS
from adicom.reader.held import HeldBytes
from adicom.reader.indexing import index_of

if TYPE_CHECKING:
    from adicom.dataset import FileDataset
    from adicom.filereader.options import ParseOptions
    from adicom.filereader.received import Received
    from adicom.io.value_source import Values
    from adicom.parser.kinds import RawElement
    from adicom.pixels import Attributes, Frames, Layout, Table
    from adicom.pixels.index import Index

__all__ = ("Opened",)

TABLES: Final = frozenset({OFFSET_TABLE, OFFSET_TABLE_LENGTHS})
"""What is never deferred: the frames are found with them."""

_DELIMITERS: Final = (b"\xff\xfe\xe0\xdd\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0")


class Opened:
    """The state of an opened object: its dataset or its index, its bytes, its frames.

    Args:
        fp: What the caller passed.
        options: How the header is read.
        index: What :meth:`write` of another one gave.
        window: About how many bytes a walk over fragments asks for at a time.
    """

    def __init__(self, fp: Any, options: ParseOptions, index: str | bytes | None, window: int) -> None:
        if window < 1:
            raise ValueError("walk_window must be above zero")
        self.fp = fp
        self.options = replace(options, keep=TABLES)
        self.index: Index | None = None if index is None else read_index(index)
        self.values: Values | None = None  # those of the index
        self.dataset: FileDataset | None = None
        self.held = HeldBytes(lambda: None)
        self._window = window
        self._stats = IOStats()
        self._identity: Identity | None = None
        self._attributes: Attributes | None = None
        self._layout: Layout | None = None
        self._frames: Frames | None = None

    # -- opening --

    def bind(self, session: Any = None, storage_options: Any = None) -> Values:
        """Return what fetches by the index, without reading anything.

        Raises:
            ValueError: The source cannot be read again, so that an index is of no use.
            SourceChangedError: The source is known at once not to be the object that the index speaks of.
        """
        assert self.index is not None
        identity, mode = self.index.identity, self.options.io.identity
        source = None if is_remote(self.fp) else resolve_async(self.fp)
        values = values_of(
            self.fp,
            source,
            identity=identity,
            session=session,
            options=self.options.io,
            storage_options=storage_options,
        )
        if values is None:
            raise ValueError("an index is of use where the source can be read by range, which this one cannot")
        if source is not None:
            require_same(identity, identity_of(source), mode, values.name)
            inner = getattr(source, "local", source)
            if not isinstance(inner, PathSource | BytesSource):
                self.fp = inner  # a file counts from where it was, not from where reading leaves it
        return values

    def use(self, values: Values) -> None:
        """Use what fetches by the index."""
        self.values = values
        self.held = HeldBytes(lambda: values)
        self._stats = _stats_of(values) or self._stats

    @property
    def header_options(self) -> ParseOptions:
        """How the header is read: with an index, in one request of just the right length."""
        if self.index is None or not self.index.header:
            return self.options
        return replace(self.options, io=replace(self.options.io, header_hint=self.index.header))

    def take(self, dataset: FileDataset, received: Received) -> None:
        """Take the dataset that was read.

        Raises:
            SourceChangedError: It is not the object that the index speaks of.
        """
        origin = dataset._origin
        assert origin is not None
        if self.index is not None:
            name = dataset.filename or "the source"
            require_same(self.index.identity, received.identity, self.options.io.identity, name)
        if self.values is not None:
            _share(self.values, dataset)
        self._attributes = attributes_of(dataset)
        self._identity = received.identity
        raw = self._attributes.pixels()
        value = None if raw is None else value_of(raw)
        if raw is not None and value is not None:
            self.held = HeldBytes(lambda: None, _blocks(raw, value), is_all=True)
        elif self.index is None:
            self.held = HeldBytes(lambda: origin.root.values, [(received.offset, received.data)])
        self.dataset = dataset

    def opened_dataset(self) -> FileDataset:
        """Return the dataset.

        Raises:
            RuntimeError: It was not read.
        """
        if self.dataset is not None:
            return self.dataset
        if self.values is not None:
            raise RuntimeError("the header was not read, since there is an index: call read_header() first")
        raise RuntimeError("it was not opened: use it as a context manager, as in `async with adicom.open_dicom(...)`")

    @property
    def name(self) -> str | None:
        """What messages call the source; None before it was opened."""
        if self.dataset is not None:
            return self.dataset.filename
        return None if self.values is None else self.values.name

    @property
    def stats(self) -> IOStats:
        """What reading has cost so far."""
        if self.dataset is not None:
            found: IOStats = self.dataset.io_stats
            return found
        if self.values is None:
            self.opened_dataset()
        return self._stats

    # -- frames --

    @property
    def needs_header(self) -> bool:
        """Whether the frames are in the header's part of the object: nothing of a deflated data set comes by range."""
        if self.dataset is not None or self.index is None or self.index.layout is None:
            return False
        return self.index.layout.inflated

    @property
    def layout(self) -> Layout:
        """How the frames are laid out.

        Raises:
            DecodeError: There are no pixels, or an attribute is impossible.
        """
        if self._layout is None:
            if self.index is not None:
                if self.index.layout is None:
                    raise DecodeError("the index says that there is no pixel data")
                self._layout = self.index.layout
            else:
                self.opened_dataset()
                assert self._attributes is not None
                self._layout = read_layout(self._attributes)
        return self._layout

    @property
    def frames(self) -> Frames:
        """The frames.

        Raises:
            DecodeError: No frame has bytes of its own, or an attribute is impossible.
        """
        if self._frames is None:
            table, attributes = None, self._attributes
            if self.index is not None:
                table = self.index.table
            extended = (
                None if attributes is None else (attributes.raw(OFFSET_TABLE), attributes.raw(OFFSET_TABLE_LENGTHS))
            )
            self._frames = frames_of(
                self.layout,
                extended=extended or (None, None),
                table=table,
                size=lambda: self.held.size,
                limit=self.options.limits.elements,
                window=self._window,
                strict=self.options.strict,
            )
        return self._frames

    def checked(self, index: Any) -> int:
        """Return the number of a frame that there is.

        Raises:
            IndexError: There is none of this number.
            TypeError: It is no number.
        """
        number, frames = as_integer(index), self.frames.number
        if not 0 <= number < frames:
            raise IndexError(f"there is no frame {number}: there are {frames}, counted from 0")
        return number

    def checked_place(self, index: Any) -> int:
        """Return the same, where the pixel data is known to reach as far.

        Raises:
            DecodeError: It is not.
        """
        number = self.checked(index)
        self.frames.range_of(number)
        return number

    # -- the index --

    @property
    def probe(self) -> Ask | None:
        """What to read so that it is known which state of the object is read; None where it is, or cannot be.

        fsspec does not tell it with the first bytes of an object.
        """
        if self.identity != Identity() or self.held.size is not None or not is_remote(self.fp):
            return None
        return Ask([Range(1, 1)])

    @property
    def identity(self) -> Identity:
        """Which state of the object is read, as far as that is known."""
        values: Any = self.values
        if self.dataset is not None and self.dataset._origin is not None and values is None:
            values = self.dataset._origin.root.values
        if isinstance(values, BlockingValues):
            values = values.values
        known: Identity | None = getattr(values, "identity", None)
        return merge_identity(self._identity, known) or Identity()

    def write(self, table: Table | None) -> str:
        """Return the index.

        Args:
            table: Where encapsulated frames lie.
        """
        if self.index is not None:
            return write_index(replace(self.index, table=table, identity=self.identity))
        dataset = self.opened_dataset()
        try:
            layout = self.layout
        except DecodeError:
            layout = None
        return write_index(index_of(dataset, self.identity, layout, table))

    def encapsulated(self) -> EncapsulatedFrames | None:
        """Return the frames whose places an index keeps; None where there are none such."""
        try:
            frames = self.frames
        except DecodeError:
            return None
        return frames if isinstance(frames, EncapsulatedFrames) and not self.layout.inflated else None


def _blocks(raw: RawElement, value: bytes) -> list[tuple[int, bytes]]:
    """Return the value of an element by its offset; one in fragments ends with the delimiter, which is not in it."""
    _, _, length, _, offset, form = raw
    blocks = [(offset, value)]
    if length == UNDEFINED_LENGTH:
        blocks.append((offset + len(value), _DELIMITERS[bool(form & LITTLE)]))
    return blocks


def _share(values: Values, dataset: FileDataset) -> None:
    """Let the deferred values of a dataset come from the same source, and add up what all of it costs."""
    stats = _stats_of(values)
    origin = dataset._origin
    assert origin is not None
    if stats is not None:
        stats.add(dataset.io_stats)
        dataset.io_stats = stats
        if origin.root.values is not None:
            origin.root.values = values


def _stats_of(values: Values) -> IOStats | None:
    """Return what fetching has cost; None where it is not counted, since nothing is waited for."""
    return getattr(values.values if isinstance(values, BlockingValues) else values, "stats", None)
