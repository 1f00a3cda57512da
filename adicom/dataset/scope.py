"""What a value read from a source needs to know of what is around it.

Rule: it is taken from the elements as they were read. Changing Specific Character Set or Pixel
Representation later changes how values are written, never how raw ones are understood.
"""

from __future__ import annotations

from bisect import bisect_right
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from adicom.charset import DEFAULT_ENCODING, encodings_for
from adicom.dataelem import DataElement
from adicom.dataset.bare import Place
from adicom.parser.kinds import LITTLE, value_of
from adicom.parser.steps import Budget
from adicom.values import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from adicom.datadict import DataDictionary
    from adicom.dataset.dataset import Dataset
    from adicom.dataset.elements import Elements
    from adicom.dataset.ports import ValueSource
    from adicom.errors import Path
    from adicom.parser.kinds import RawElement
    from adicom.parser.limits import ParserLimits
    from adicom.parser.runs import Run

__all__ = ("CONTEXT_TAGS", "Origin", "Root", "Scope", "creator_of", "first_number", "terms_of")

CHARACTER_SET: Final = 0x00080005
PIXEL_REPRESENTATION: Final = 0x00280103
BITS_ALLOCATED: Final = 0x00280100
WAVEFORM_BITS: Final = 0x54001004
_NUMBERS: Final = (PIXEL_REPRESENTATION, BITS_ALLOCATED, WAVEFORM_BITS)
CONTEXT_TAGS: Final = frozenset({CHARACTER_SET, *_NUMBERS})
_DEFAULT: Final = (DEFAULT_ENCODING,)
_NOTHING: Final[Mapping[int, Any]] = MappingProxyType({})


def _nothing() -> None:
    return None


class Root:
    """What all datasets of one read share.

    Attributes:
        values: Where deferred values come from; None where the source cannot be read again.
        limits: The bounds of parsing, which go on to hold for sequences that are parsed on access.
        budget: How many elements may still be parsed.
        raw_sequence_limit: As in :class:`adicom.parser.Plan`.
        load_on_access: Whether plain access may load a deferred value.
        item_class: What items are made of.
        top: Gives the dataset at the top, as long as it is there.
    """

    __slots__ = (
        "_runs",
        "_starts",
        "budget",
        "item_class",
        "limits",
        "load_on_access",
        "raw_sequence_limit",
        "top",
        "values",
    )

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
        self.top: Callable[[], Dataset | None] = _nothing
        self._runs: list[Run] = []
        self._starts: list[int] = []

    def add_run(self, run: Run) -> None:
        """Take note of elements of the top level, which lie behind those that are known."""
        self._runs.append(run)
        self._starts.append(run.base)

    def clear_runs(self) -> None:
        """Forget the runs: nobody refers to them any more."""
        self._runs.clear()
        self._starts.clear()

    def __reduce__(self) -> tuple[Any, ...]:
        # Without the runs: what is known by its offset only is pickled with its bytes.
        state = (self.item_class, self.limits, self.budget.left, self.values, self.raw_sequence_limit)
        return _root, (*state, self.load_on_access)

    def run_at(self, offset: int) -> Run:
        """Return the run that has the element of the top level that starts at an offset."""
        return self._runs[bisect_right(self._starts, offset) - 1]

    def raw_at(self, offset: int) -> RawElement:
        """Return the element of the top level that starts at an offset."""
        return self.run_at(offset).raw(offset)


def _root(
    item_class: type[Dataset],
    limits: ParserLimits,
    left: int,
    values: ValueSource | None,
    raw_sequence_limit: int,
    load_on_access: bool,
) -> Root:
    """Return what a pickle says."""
    return Root(
        item_class,
        limits,
        Budget(left),
        values=values,
        raw_sequence_limit=raw_sequence_limit,
        load_on_access=load_on_access,
    )


class Scope:
    """What the values of one dataset, and those in its sequences, are decoded with.

    Attributes:
        parent: The scope around it.
        creators: Private creators by the tag that reserves a block, where the dataset itself does not list them.
    """

    __slots__ = ("_encodings", "_own", "_terms", "creators", "parent")

    def __init__(self, parent: Scope | None = None) -> None:
        self.parent = parent
        self.creators: Mapping[int, str] = _NOTHING
        self._own: Mapping[int, int] = _NOTHING
        self._encodings: tuple[str, ...] | None = None
        self._terms: list[str] | None = None  # which are looked at when text is, for that may be warned of

    @classmethod
    def of(cls, dataset: Elements, parent: Scope | None) -> Scope:
        """Return the scope of a dataset that has all its elements."""
        scope = cls(parent)
        scope.note(dataset)
        return scope

    def note(self, dataset: Elements) -> None:
        """Take what matters out of the elements of the dataset, which are complete and as they were read."""
        elements = dataset._elements
        if elements.keys().isdisjoint(CONTEXT_TAGS):
            return
        if CHARACTER_SET in elements:
            self._terms = terms_of(dataset._raw(CHARACTER_SET))
            self._encodings = None
        numbers = {tag: first_number(dataset._raw(tag)) for tag in _NUMBERS if tag in elements}
        self._own = {tag: number for tag, number in numbers.items() if number is not None}

    def for_copy(self) -> Scope:
        """Return the same for a copy, whatever its elements say: they may have been changed after reading."""
        scope = Scope(self)
        scope.creators = self.creators
        return scope

    def __reduce__(self) -> tuple[Any, ...]:
        # What is around comes along, and nothing of the elements.
        numbers = {tag: number for tag in _NUMBERS if (number := self.number(tag)) is not None}
        return _scope, (self._known_encodings(), numbers, dict(self.creators))

    def set_encodings(self, encodings: tuple[str, ...]) -> None:
        """Say what text is decoded with where nothing in the data set does."""
        self._encodings = encodings

    @property
    def encodings(self) -> tuple[str, ...]:
        """The Python codecs of text."""
        return self._encodings or self._known_encodings() or _DEFAULT

    def _known_encodings(self) -> tuple[str, ...] | None:
        scope: Scope | None = self
        while scope is not None:
            if scope._encodings is None and scope._terms is not None:
                scope._encodings = encodings_for(scope._terms)
            if scope._encodings is not None:
                return scope._encodings
            scope = scope.parent
        return None

    def number(self, tag: int) -> int | None:
        """Return the innermost value of one of :data:`CONTEXT_TAGS`."""
        scope: Scope | None = self
        while scope is not None:
            if (value := scope._own.get(tag)) is not None:
                return value
            scope = scope.parent
        return None


def _scope(encodings: tuple[str, ...] | None, numbers: dict[int, int], creators: dict[int, str]) -> Scope:
    """Return what a pickle says."""
    scope = Scope()
    scope._encodings, scope._own, scope.creators = encodings, numbers, creators
    return scope


def first_number(element: RawElement | DataElement | None) -> int | None:
    """Return the first number of an element with a binary VR; None where there is none."""
    if element is None:
        return None
    if isinstance(element, tuple):
        value = value_of(element)
        little = element[5] & LITTLE or element[1] == "UN"
        return int.from_bytes(value[:2], "little" if little else "big") if value else None
    content = element._value
    first = content[0] if isinstance(content, list) and content else content
    return first if isinstance(first, int) else None


def creator_of(dataset: Elements, tag: int) -> str | None:
    """Return the private creator that reserves the block of a private tag (PS3.5 7.8.1)."""
    reserving = (tag & 0xFFFF0000) | (tag >> 8 & 0xFF)
    element = dataset._raw(reserving)
    if element is None:
        return None if dataset._origin is None else dataset._get_scope().creators.get(reserving)
    if isinstance(element, tuple):
        raw = value_of(element) or b""
        return str(decode(reserving, "LO", raw, True, dataset._get_scope().encodings))
    return element._value if isinstance(element._value, str) else None


def terms_of(element: RawElement | DataElement | None) -> list[str]:
    """Return the terms of Specific Character Set; a value that is no text has none."""
    if isinstance(element, tuple):
        value = decode(CHARACTER_SET, "CS", value_of(element) or b"", True, _DEFAULT)
    else:
        value = None if element is None else element._value
    values = value if isinstance(value, list) else [value]
    return [term for term in values if isinstance(term, str)]


class Origin:
    """Where a dataset came from: the items of all sequences with the same path of tags share one.

    It knows those below it, and none above, so that nothing goes round in a circle.

    Attributes:
        root: What all datasets of the read share.
        steps: The tags of the sequences around, outermost first, each with whether the item had undefined length.
        depth: How many sequences are around.
        undefined_length: Whether the item had undefined length.
    """

    __slots__ = ("_children", "depth", "root", "steps", "undefined_length")

    def __init__(self, root: Root, steps: tuple[tuple[int, bool], ...] = ()) -> None:
        self.root = root
        self.steps = steps
        self.depth = len(steps)
        self.undefined_length = bool(steps) and steps[-1][1]
        self._children: dict[int, Place] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Origin, (self.root, self.steps)

    def of_items(self, tag: int, undefined_length: bool) -> Origin:
        """Return the origin of the items of a sequence of the dataset."""
        return self._place_of_items(tag << 1 | undefined_length).origin  # type: ignore[return-value]  # it has one

    def place_of_items(
        self, tag: int, undefined_length: bool, scope: Scope, dictionary: DataDictionary | None = None
    ) -> Place:
        """Return the place of the items of a sequence, which those of alike sequences in the same scope share."""
        key = tag << 1 | undefined_length
        place = self._place_of_items(key)
        if place.scope is not scope or place.dictionary is not dictionary:
            place = self._children[key] = Place(place.origin, scope, False, dictionary)
        return place

    def _place_of_items(self, key: int) -> Place:
        place = self._children.get(key)
        if place is None:
            origin = Origin(self.root, (*self.steps, (key >> 1, bool(key & 1))))
            place = self._children[key] = Place(origin, None)
        return place

    def path_of(self, dataset: Elements) -> Path:
        """Return the path of the dataset; it is searched for from the top, since only errors need it."""
        tags = [tag for tag, _ in self.steps]
        found: list[tuple[Dataset | None, Path]] = [(self.root.top(), ())]
        for tag in tags:
            found = [(item, (*path, (tag, number))) for holder, path in found for number, item in _items(holder, tag)]
        return next((path for item, path in found if item is dataset), tuple((tag, -1) for tag in tags))


def _items(holder: Dataset | None, tag: int) -> Iterator[tuple[int, Dataset]]:
    """Return the items of a sequence that was taken apart, with their numbers."""
    element = None if holder is None else holder._elements.get(tag)
    return iter(()) if element is None or not isinstance(element, DataElement) else enumerate(element._value)
