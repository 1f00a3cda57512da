"""Makes datasets of what the parser finds.

It takes the parser's internal tuples as they are: a plain element is one dict entry, and is decoded when it
is first looked at.
"""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING, Any, Final
from warnings import warn

from adicom.dataelem import DataElement
from adicom.dataset.bare import Place, new_item, own_scope, set_elements, set_place
from adicom.dataset.scope import CONTEXT_TAGS, Scope, creator_of
from adicom.errors import DicomWarning, ParseError
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.items import item_batches, scan_items
from adicom.parser.kinds import IMPLICIT, INFLATED, LITTLE, Batch, Kind
from adicom.sequence import Sequence

if TYPE_CHECKING:
    from collections.abc import Callable

    from adicom.dataset.dataset import Dataset
    from adicom.dataset.elements import Elements
    from adicom.dataset.scope import Root
    from adicom.parser.kinds import RawElement
    from adicom.parser.runs import Run

__all__ = ("Builder", "read_items")

_SEQUENCE_START: Final = Kind.SEQUENCE_START
_SEQUENCE_END: Final = Kind.SEQUENCE_END
_ITEM_START: Final = Kind.ITEM_START
_ITEM_END: Final = Kind.ITEM_END
_RUN: Final = Kind.RUN
_append: Final[Callable[[Any, Dataset], None]] = list.append  # past the check: they are datasets
_STRUCTURE: Final = frozenset({_SEQUENCE_START, _SEQUENCE_END, _ITEM_START, _ITEM_END})


class Builder:
    """Fills one dataset from batches.

    Args:
        dataset: The dataset at the top, which is empty and has an origin.
        meta: The one that takes group 2; None where there is none.

    Attributes:
        preamble: The 128 bytes before the prefix, where there were any.
        transfer_syntax: What the file meta information named.
        padding: How many zero bytes stood behind the last element.
        ended: Whether the end of the source was seen.
    """

    def __init__(self, dataset: Elements, meta: Elements | None = None) -> None:
        self._dataset = dataset
        self._meta = meta
        self._elements = (meta if meta is not None else dataset)._elements
        self._around: list[tuple[Elements, dict[int, Any]]] = [(dataset, dataset._elements)]
        self._open: list[_Open] = []
        self._private: list[tuple[Elements, DataElement]] = []
        self._fragments: _Fragments | None = None
        self._duplicates = 0
        self.preamble: bytes | None = None
        self.transfer_syntax: str | None = None
        self.padding = 0
        self.ended = False

    def feed(self, batch: Batch, *, ascending: bool = False) -> None:
        """Take the tuples of a batch.

        Args:
            batch: The tuples.
            ascending: Whether the parser saw each tag above the one before, so that none is there twice.
        """
        elements, around, opened, private = self._elements, self._around, self._open, self._private
        for raw in batch:
            tag = raw[0]
            if tag >= 0:
                if not ascending and tag in elements:
                    self._duplicates += 1
                elements[tag] = raw
            elif tag == _RUN:
                elements = self._take_run(raw[1], elements, ascending)
            elif tag in _STRUCTURE:
                elements = _take_structure(raw, elements, around, opened, private)
            else:
                self._elements = elements
                self._take(raw)
                elements = self._elements
        self._elements = elements

    def _take_run(self, run: Run, elements: dict[int, Any], ascending: bool) -> dict[int, Any]:
        """Take note of where elements of the top level are; return the elements of the dataset."""
        if not ascending:
            self._duplicates += len(elements.keys() & run.offsets.keys())
        if elements or elements is not self._dataset._elements:
            elements.update(run.offsets)
        else:  # the first ones: what was made for them will do
            elements = run.release()
            set_elements(self._dataset, elements)
            self._around[0] = self._dataset, elements
        origin = self._dataset._origin
        assert origin is not None
        root = origin.root
        if run.form & INFLATED and self._meta is not None:
            self._settle_meta(root)
        root.add_run(run)
        return elements

    def _settle_meta(self, root: Root) -> None:
        """Take the elements of the file meta information, for the offsets that follow count from another start."""
        assert self._meta is not None
        elements = self._meta._elements
        elements.update({tag: root.raw_at(found) for tag, found in elements.items() if isinstance(found, int)})
        root.clear_runs()
        self._meta = None

    def finish(self) -> None:
        """Let the datasets know what is around their values; also after an error."""
        if self._duplicates:
            warn(f"{self._duplicates} data elements occur twice, the last of each is kept", DicomWarning, stacklevel=2)
            self._duplicates = 0
        while self._around:
            _complete(*self._around.pop())
        if self._private:
            self.name_private()

    def name_private(self) -> None:
        """Let private sequences know their creator; the datasets that hold them are complete."""
        _name(self._private)
        self._private.clear()

    def _take(self, item: tuple[Any, ...]) -> None:
        """Take one of the rarer tuples."""
        kind = item[0]
        if kind == Kind.FILE_START:
            self.preamble = item[1]
        elif kind == Kind.META_END:
            self.transfer_syntax = item[1]
            self._elements = self._dataset._elements
        elif kind == Kind.FILE_END:
            self.padding = item[1]
            self.ended = True
        elif kind == Kind.PIXELS_START:
            self._fragments = _Fragments(item)
        elif self._fragments is not None and kind == Kind.PIXELS_END:
            raw = self._fragments.element()
            self._elements[raw[0]] = raw
            self._fragments = None
        elif self._fragments is not None:
            self._fragments.take(kind, item)


def _take_structure(
    raw: tuple[Any, ...],
    elements: dict[int, Any],
    around: list[tuple[Elements, dict[int, Any]]],
    opened: list[_Open],
    private: list[tuple[Elements, DataElement]],
) -> dict[int, Any]:
    """Take the start or the end of an item or sequence; return the elements of the dataset that comes next."""
    kind = raw[0]
    if kind == _ITEM_START:
        item = opened[-1].new_item(raw[2] == UNDEFINED_LENGTH)
        elements = {}
        around.append((item, elements))
    elif kind == _ITEM_END:
        _complete(*around.pop())
        elements = around[-1][1]
    elif kind == _SEQUENCE_START:
        opened.append(_Open(raw, around[-1][0]))
    else:
        done = opened.pop()
        element = elements[done.tag] = done.element()
        if done.tag & 0x10000:
            private.append((around[-1][0], element))
    return elements


def _name(private: list[tuple[Elements, DataElement]]) -> None:
    """Let private sequences know their creator."""
    for holder, element in private:
        element.private_creator = creator_of(holder, element._tag)


def _complete(dataset: Elements, elements: dict[int, Any]) -> None:
    """Give a dataset its elements, none at all where it is empty, and its scope what it rests on."""
    if elements:
        set_elements(dataset, elements)
        place = dataset._place
        assert place is not None
        assert place.origin is not None
        # At the top, a scope of its own is there if there was a sequence.
        if (place.owns_scope or place.origin.steps) and not elements.keys().isdisjoint(CONTEXT_TAGS):
            _settle(dataset, place)


def _settle(dataset: Elements, place: Place) -> None:
    """Let what is in sequences of a dataset know that the dataset says how to decode it.

    Most items say nothing of it; so what is in them is built as if it stood right in what is around them.
    """
    if place.owns_scope and place.scope is not None:
        place.scope.note(dataset)
        return
    waiting = [element for element in dataset._elements.values() if isinstance(element, DataElement)]
    if not waiting:
        return
    outer = place.scope
    scope = Scope.of(dataset, outer)
    own_scope(dataset, scope)
    places: dict[Place, Place] = {}
    while waiting:
        for item in waiting.pop()._value:
            inner = item._place
            if inner.owns_scope:
                inner.scope.parent = scope
                continue
            if inner not in places:
                places[inner] = Place(inner.origin, scope, False, inner.dictionary)
            set_place(item, places[inner])
            waiting += [element for element in item._elements.values() if isinstance(element, DataElement)]


class _Open:
    """A sequence whose items are being built."""

    __slots__ = ("_holder", "_places", "_raw", "_scope", "sequence", "tag")

    def __init__(self, raw: tuple[Any, ...], holder: Elements, scope: Scope | None = None) -> None:
        self.tag: int = raw[1]
        self.sequence = Sequence.of_length(raw[3])
        self._raw = raw
        self._holder = holder
        self._scope = scope
        self._places: dict[bool, tuple[type[Dataset], Place]] = {}

    def new_item(self, undefined_length: bool) -> Dataset:
        """Add an item, which gets its elements when it is complete."""
        item = new_item(*(self._places.get(undefined_length) or self._new_place(undefined_length)))
        _append(self.sequence, item)
        return item

    def _new_place(self, undefined_length: bool) -> tuple[type[Dataset], Place]:
        """Return the class and the place of all items of this kind."""
        holder = self._holder
        scope = self._scope or _scope_around(holder)
        around = holder._place
        assert around is not None
        assert around.origin is not None
        place = around.origin.place_of_items(self.tag, undefined_length, scope, around.dictionary)
        found = self._places[undefined_length] = around.origin.root.item_class, place
        return found

    def element(self) -> DataElement:
        """Return the sequence, which is complete, as a data element."""
        _, tag, vr, length, start, form = self._raw
        place = self._holder._place
        assert place is not None
        context = None if place.dictionary is None else (None, place.dictionary)
        return DataElement._of_raw((tag, vr, length, None, start, form), "SQ", self.sequence, context)


def _scope_around(holder: Elements) -> Scope:
    """Return the scope for what is in sequences of a dataset that is not complete yet.

    The dataset at the top gets one of its own at once, which is filled when the dataset is complete; for an item
    it is what is around the item, until :func:`_settle` finds that the item adds to it.
    """
    place = holder._place
    assert place is not None
    assert place.origin is not None
    if place.scope is not None and (place.owns_scope or place.origin.steps):
        return place.scope
    scope = Scope(place.scope)
    own_scope(holder, scope)
    return scope


class _Fragments:
    """Encapsulated pixel data as one value: items with their headers, without the delimiter."""

    __slots__ = ("_parts", "_raw")

    def __init__(self, raw: tuple[Any, ...]) -> None:
        self._raw = raw
        self._parts: list[bytes | memoryview] = []

    def take(self, kind: int, item: tuple[Any, ...]) -> None:
        """Take a part."""
        if kind == Kind.FRAGMENT_START:
            self._parts.append(pack("<HHL" if item[4] & LITTLE else ">HHL", 0xFFFE, 0xE000, item[2]))
        elif kind == Kind.CHUNK:
            self._parts.append(item[1])

    def element(self) -> RawElement:
        """Return the whole as one element."""
        _, tag, vr, length, start, form = self._raw
        return tag, vr, length, b"".join(self._parts), start, form


def read_items(holder: Elements, raw: RawElement) -> Sequence:
    """Parse a sequence that was kept raw.

    Sequences of undefined length inside it are parsed too, so that the work is linear whatever the depth;
    those of defined length stay raw.

    Args:
        holder: The dataset that has the sequence.
        raw: The element.

    Raises:
        ParseError: An item is not as it should be; the path says which.
    """
    tag, vr, length, value, start, form = raw
    origin = holder._origin
    assert origin is not None
    assert value is not None
    size = length if length != UNDEFINED_LENGTH else len(value)
    if not size:
        return Sequence.of_length(length)
    scope = holder._get_scope()
    root = origin.root
    form &= IMPLICIT | LITTLE | INFLATED
    if vr == "UN":  # PS3.5 6.2.2: Implicit VR Little Endian
        form |= IMPLICIT | LITTLE
    opened = _Open((Kind.SEQUENCE_START, tag, vr, length, start, form), holder, scope)
    run = scan_items(
        value,
        size=size,
        tag=tag,
        offset=start,
        form=form,
        depth=origin.depth,
        limits=root.limits,
        budget=root.budget,
    )
    if run is not None:
        _build_items(opened, holder, run)
    else:
        _parse_items(opened, holder, raw, form)
    return opened.sequence


def _build_items(opened: _Open, holder: Elements, run: Batch) -> None:
    """Build the items of a sequence from tuples that are all there is."""
    elements: dict[int, Any] = {}
    around: list[tuple[Elements, dict[int, Any]]] = [(holder, elements)]
    stack = [opened]
    private: list[tuple[Elements, DataElement]] = []
    for raw in run:
        tag = raw[0]
        if tag >= 0:
            elements[tag] = raw
        elif tag == _ITEM_START:  # these two as in _take_structure: most sequences have nothing else
            elements = {}
            around.append((stack[-1].new_item(raw[2] == UNDEFINED_LENGTH), elements))
        elif tag == _ITEM_END:
            _complete(*around.pop())
            elements = around[-1][1]
        else:
            elements = _take_structure(raw, elements, around, stack, private)
    _name(private)


def _parse_items(opened: _Open, holder: Elements, raw: RawElement, form: int) -> None:
    """Build the items of a sequence about which something must be decided, or that is wrong."""
    tag, _, length, value, start, _ = raw
    origin = holder._origin
    assert origin is not None
    assert value is not None
    root = origin.root
    builder = Builder(holder)
    builder._around[0] = (holder, {})  # its elements are not to be touched
    builder._open.append(opened)
    try:
        for batch in item_batches(
            value,
            size=length if length != UNDEFINED_LENGTH else len(value),
            tag=tag,
            offset=start,
            form=form,
            depth=origin.depth,
            limits=root.limits,
            budget=root.budget,
            raw_sequence_limit=root.raw_sequence_limit,
        ):
            builder.feed(batch)
        builder.name_private()
    except ParseError as error:
        error.path = (*origin.path_of(holder), *error.path)
        raise
