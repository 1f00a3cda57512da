"""One read: a parser and a builder, fed by whoever waits for the bytes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import ref

from adicom.dataset import Dataset, DicomDir, FileDataset, FileMetaDataset
from adicom.dataset.bare import new_dataset
from adicom.dataset.builder import Builder
from adicom.dataset.scope import Origin, Root, Scope, creator_of
from adicom.errors import DicomWarning, InvalidDicomError, LimitError, ParseError, TruncatedError
from adicom.filereader.foresight import NUMBER_OF_FRAMES, bytes_to_come
from adicom.parser.kinds import value_of
from adicom.parser.machine import Parser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adicom.dataset.ports import ValueSource
    from adicom.filereader.options import ParseOptions, Wanted
    from adicom.io.base import Answer
    from adicom.parser.kinds import Batch

__all__ = ("BareDataset", "Classes", "ReadJob")

_DICOMDIR: Final = b"1.2.840.10008.1.3.10"
_MEDIA_STORAGE_SOP_CLASS: Final = 0x00020002
_HEAD_SIZE: Final = 12
_LONGEST_INTEGER: Final = 12
"""Characters of an IS value (PS3.5 6.2)."""
_ROWS: Final = 0x00280010
_PIXELS: Final = (0x7FE00010, 0x7FE00008, 0x7FE00009, 0x00287FE0)


class Classes(NamedTuple):
    """What datasets are made of."""

    item: type[Dataset] = Dataset
    file: type[FileDataset] = FileDataset
    directory: type[DicomDir] = DicomDir


class BareDataset(NamedTuple):
    """What is known of a data set that has no file meta information.

    Attributes:
        implicit_vr: Whether its elements have no VR.
        little_endian: The byte order of numbers.
        length: How many bytes it has; None: to the end.
        encodings: The Python codecs of text where it names no character set.
    """

    implicit_vr: bool
    little_endian: bool
    length: int | None = None
    encodings: str | Sequence[str] | None = None

    @property
    def transfer_syntax(self) -> str:
        """A transfer syntax that is encoded so.

        Raises:
            ValueError: There is none: implicit VR is always little endian.
        """
        if self.implicit_vr and not self.little_endian:
            raise ValueError("there is no implicit VR big endian data set")
        if self.implicit_vr:
            return "1.2.840.10008.1.2"
        return "1.2.840.10008.1.2.1" if self.little_endian else "1.2.840.10008.1.2.2"


class ReadJob:
    """What becomes of the bytes of one source.

    Args:
        options: What the caller wants.
        first: The first answer of the source.
        rereadable: Whether the source can be read again.
        classes: What datasets are made of.
        bare: What is known of a data set without file meta information; None for a file.

    Attributes:
        parser: Takes the bytes.
        identity: The state that the object was in, where the source tells it.
    """

    def __init__(
        self,
        options: ParseOptions,
        first: Answer,
        *,
        rereadable: bool,
        classes: Classes,
        bare: BareDataset | None = None,
    ) -> None:
        self.identity = first.identity
        self._options = options
        self._classes = classes
        self.parser = Parser(
            limits=options.limits,
            plan=options.plan(rereadable=rereadable),
            transfer_syntax=None if bare is None else bare.transfer_syntax,
            force=options.force,
            length=None if bare is None else bare.length,
        )
        self._root = Root(classes.item, options.limits, self.parser.budget, load_on_access=options.load_on_access)
        origin = Origin(self._root)
        self._dataset = new_dataset(classes.file, origin, _scope_of(bare), options.dictionary)
        self._root.top = ref(self._dataset)
        self._meta = new_dataset(FileMetaDataset, origin, dictionary=options.dictionary)
        self._builder = Builder(self._dataset, self._meta)
        if first.data:
            self.parser.receive_data(first.data, 0)
        else:
            self.parser.receive_eof(first.size)

    def take(self, batch: Batch) -> None:
        """Take what the parser found."""
        self._builder.feed(batch, ascending=not self.parser.disordered)

    def _is_directory(self) -> bool:
        found = self._meta._elements.get(_MEDIA_STORAGE_SOP_CLASS)
        if isinstance(found, int) and _DICOMDIR not in self._root.run_at(found).data:
            return False  # as most are, which is cheaper to see than what they are
        sop_class = self._meta._raw(_MEDIA_STORAGE_SOP_CLASS)
        return isinstance(sop_class, tuple) and (sop_class[3] or b"").rstrip(b"\0 ") == _DICOMDIR

    def bytes_to_come(self) -> int:
        """Return how many bytes behind those received are likely to be wanted; 0 where nothing tells."""
        progress = self.parser.progress
        if progress is None:
            return 0
        need = self.parser.need
        return bytes_to_come(progress, need.offset if need is not None else 0, self._number_of_frames())

    def header_size(self) -> int | None:
        """Return how many bytes of the source were needed up to where the read stopped, or first passed a value over.

        None where it did neither, and where the data set is deflated.
        """
        parser = self.parser
        if parser.encoding is not None and parser.encoding.inflated:
            return None
        if parser.deferred:
            found = self._dataset._elements.values()
            passed = [raw[4] for raw in found if isinstance(raw, tuple) and raw[3] is None]
            return min(passed, default=None)
        return parser.offset + _HEAD_SIZE if parser.stopped else None

    def _number_of_frames(self) -> int | None:
        raw = self._dataset._raw(NUMBER_OF_FRAMES)
        text = (value_of(raw) or b"").strip(b"\0 ") if isinstance(raw, tuple) else b""
        return int(text) if text.isdigit() and len(text) <= _LONGEST_INTEGER else None

    def fail(self, error: ParseError) -> None:
        """Take note of what went wrong; raise it, with what came before, unless the caller tolerates it.

        Raises:
            ParseError: ``strict`` is true, or it is nothing that can be tolerated.
        """
        if self._options.strict or isinstance(error, LimitError | InvalidDicomError):
            if isinstance(error, TruncatedError):
                error.dataset = self.finish(None, None, None)
                error.dataset.is_truncated = True
            raise error
        warnings.warn(f"reading ended early: {error}", DicomWarning, stacklevel=3)
        self._dataset.__dict__["_truncation"] = error

    def finish(self, values: ValueSource | None, name: str | None, stats: Any) -> FileDataset:
        """Return the dataset.

        Args:
            values: Where deferred values come from; None where the source cannot be read again.
            name: What the source is called.
            stats: What reading it cost.
        """
        builder, parser, dataset = self._builder, self.parser, self._dataset
        builder.finish()
        self._root.values = values
        encoding = parser.encoding
        if self._is_directory():
            dataset.__class__ = self._classes.directory
        dataset.__dict__.update(
            preamble=builder.preamble,
            file_meta=self._meta,
            filename=name,
            is_implicit_VR=None if encoding is None else encoding.implicit_vr,
            is_little_endian=None if encoding is None else encoding.little_endian,
            _original_encoding=None if encoding is None else (encoding.implicit_vr, encoding.little_endian),
            is_truncated="_truncation" in dataset.__dict__,
            is_complete=not parser.stopped_at_fragments,
            io_stats=stats,
        )
        if parser.stopped_at_fragments:  # kept apart, for the caller may replace the element
            fragments = dataset._raw(_PIXELS[0])
            assert isinstance(fragments, tuple)
            dataset.__dict__["_fragments"] = fragments[4], fragments[5]
        if builder.ended and self._options.wanted is None:
            _check_pixels(dataset)
        if self._options.wanted is not None:
            _keep_wanted(dataset, self._options.wanted)
        return dataset


def _scope_of(bare: BareDataset | None) -> Scope | None:
    """Return the scope around a data set whose text is in other codecs than the default."""
    if bare is None or not bare.encodings:
        return None
    scope = Scope()
    scope.set_encodings((bare.encodings,) if isinstance(bare.encodings, str) else tuple(bare.encodings))
    return scope


def _check_pixels(dataset: FileDataset) -> None:
    """Warn of an image that ends where an element does, but has no pixels: nothing else could tell."""
    elements = dataset._elements
    if _ROWS in elements and not any(tag in elements for tag in _PIXELS):
        warnings.warn("the file describes an image, but has no pixel data", DicomWarning, stacklevel=3)


def _keep_wanted(dataset: FileDataset, wanted: Wanted) -> None:
    """Drop what was only read to decode the rest; the scope remembers it."""
    scope = dataset._own_scope()
    elements = dataset._elements
    creators = {tag: creator_of(dataset, tag & 0xFFFF0000 | (tag & 0xFF) << 8) for tag in elements if _reserves(tag)}
    scope.creators = {tag: creator for tag, creator in creators.items() if creator}
    for tag in list(elements):
        reserving = tag & 0xFFFF0000 | tag >> 8 & 0xFF
        if not wanted.keeps(tag, creators.get(reserving)):
            del elements[tag]


def _reserves(tag: int) -> bool:
    return bool(tag & 0x10000) and 0x10 <= tag & 0xFFFF <= 0xFF
