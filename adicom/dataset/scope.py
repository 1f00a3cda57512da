"""What a value read from a source needs to know of what is around it.

Rule: it is taken from the elements as they were read. Changing Specific Character Set or Pixel
Representation later changes how values are written, never how raw ones are understood.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

from adicom.charset import DEFAULT_ENCODING, encodings_for
from adicom.errors import Path
from adicom.parser.kinds import LITTLE
from adicom.values import decode

if TYPE_CHECKING:
    from adicom.dataset.dataset import Dataset
    from adicom.dataset.ports import ValueSource
    from adicom.parser.limits import ParserLimits
    from adicom.parser.steps import Budget
    from adicom.sequence import Sequence

__all__ = ("CONTEXT_TAGS", "Origin", "Root", "Scope", "capture")

CHARACTER_SET: Final = 0x00080005
PIXEL_REPRESENTATION: Final = 0x00280103
BITS_ALLOCATED: Final = 0x00280100
WAVEFORM_BITS: Final = 0x54001004
CONTEXT_TAGS: Final = frozenset({CHARACTER_SET, PIXEL_REPRESENTATION, BITS_ALLOCATED, WAVEFORM_BITS})
_DEFAULT: Final = (DEFAULT_ENCODING,)
_NOTHING: Final[Mapping[int, Any]] = MappingProxyType({})


class Root:
    """What all datasets of one read share.

    Attributes:
        values: Where deferred values come from; None where the source cannot be read again.
        limits: The bounds of parsing, which go on to hold for sequences that are parsed on access.
        budget: How many elements may still be parsed.
        raw_sequence_limit: As in :class:`adicom.parser.Plan`.
        load_on_access: Whether plain access may load a deferred value.
        item_class: What items are made of.
    """

    __slots__ = ("budget", "item_class", "limits", "load_on_access", "raw_sequence_limit", "values", "__weakref__")

    def __init__(
        self,
        item_class: type[Dataset],
        limits: ParserLimits,
        budget: Budget,
        *,
        values: ValueSource | None = None,
        raw_sequence_limit: int = 16 * 2**20,
        load_on_access: bool = True,
    ) -> None:
        self.item_class = item_class
        self.limits = limits
        self.budget = budget
        self.values = values
        self.raw_sequence_limit = raw_sequence_limit
        self.load_on_access = load_on_access


class Scope:
    """What the values of one dataset, and those in its sequences, are decoded with."""

    __slots__ = ("_encodings", "_own", "creators", "parent")

    def __init__(self, parent: Scope | None = None) -> None:
        self.parent = parent
        self.creators: Mapping[int, str] = _NOTHING
        self._own: Mapping[int, int] = _NOTHING
        self._encodings: tuple[str, ...] | None = None

    def note(self, elements: dict[int, Any]) -> None:
        """Take what matters out of the elements of the dataset, as they were read."""
        if CONTEXT_TAGS.isdisjoint(elements):
            return
        values = {tag: _value_of(elements[tag]) for tag in CONTEXT_TAGS if tag in elements}
        if CHARACTER_SET in values:
            terms = values[CHARACTER_SET]
            self._encodings = encodings_for(terms if isinstance(terms, str) else list(terms or ()))
        self._own = {tag: value for tag, value in values.items() if isinstance(value, int)}

    def set_encodings(self, encodings: tuple[str, ...]) -> None:
        """Say what text is decoded with where nothing in the data set does."""
        self._encodings = encodings

    @property
    def encodings(self) -> tuple[str, ...]:
        """The Python codecs of text."""
        scope: Scope | None = self
        while scope is not None:
            if scope._encodings is not None:
                return scope._encodings
            scope = scope.parent
        return _DEFAULT

    def number(self, tag: int) -> int | None:
        """Return the innermost value of one of :data:`CONTEXT_TAGS`."""
        scope: Scope | None = self
        while scope is not None:
            if (value := scope._own.get(tag)) is not None:
                return value
            scope = scope.parent
        return None


def _value_of(element: Any) -> Any:
    if not isinstance(element, tuple):
        return element.value
    tag, _, _, value, _, form = element
    if tag == CHARACTER_SET:
        return decode(tag, "CS", value or b"", True, _DEFAULT)
    return int.from_bytes(value[:2], "little" if form & LITTLE else "big") if value else None


def capture(elements: dict[int, Any], parent: Scope | None) -> Scope:
    """Return the scope of a dataset with these elements; that of its parent if they add nothing."""
    if parent is not None and CONTEXT_TAGS.isdisjoint(elements):
        return parent
    scope = Scope(parent)
    scope.note(elements)
    return scope


class Origin(ref["Sequence | Root"]):
    """Where the items of one sequence came from: they share it, and it is a weak reference to the sequence.

    That of a dataset at the top refers to the root.

    Attributes:
        root: What all datasets of the read share.
        scope: The scope of the dataset that has the sequence; None at the top.
        tag: The tag of the sequence; None at the top.
        parent: The origin of the dataset that has the sequence.
        depth: How many sequences are around.
        undefined_length: Whether the items had undefined length.
    """

    __slots__ = ("depth", "parent", "root", "scope", "tag", "undefined_length")

    root: Root
    scope: Scope | None
    tag: int | None
    parent: Origin | None
    depth: int
    undefined_length: bool

    @classmethod
    def at_top(cls, root: Root, scope: Scope | None = None) -> Origin:
        """Return the origin of a dataset that is in no sequence."""
        origin = cls(root)
        origin.root, origin.scope, origin.tag, origin.parent = root, scope, None, None
        origin.depth, origin.undefined_length = 0, False
        return origin

    @classmethod
    def of_items(
        cls, sequence: Sequence, parent: Origin, scope: Scope, tag: int, undefined_length: bool
    ) -> Origin:
        """Return the origin of the items of a sequence."""
        origin = cls(sequence)
        origin.root, origin.scope, origin.tag, origin.parent = parent.root, scope, tag, parent
        origin.depth, origin.undefined_length = parent.depth + 1, undefined_length
        return origin

    def path_of(self, dataset: Dataset | None) -> Path:
        """Return the path of one of the items; it is searched for, since only errors need it."""
        if self.tag is None:
            return ()
        items = self()
        index = next((number for number, item in enumerate(_items(items)) if item is dataset), -1)
        assert self.parent is not None
        return (*self.parent.path_of(self.parent._holder_of(self.tag, items)), (self.tag, index))

    def _holder_of(self, tag: int, sequence: object) -> Dataset | None:
        """Return the item that has the sequence."""
        for item in _items(self()):
            element = item._elements.get(tag)
            if sequence is not None and not isinstance(element, tuple | None) and element._value is sequence:
                return item
        return None


def _items(sequence: Sequence | Root | None) -> Iterable[Dataset]:
    return () if sequence is None or isinstance(sequence, Root) else sequence
