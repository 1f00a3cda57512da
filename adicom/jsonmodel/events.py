"""Writes the DICOM JSON Model while the events of a parser come, in constant memory.

The text is what :meth:`adicom.Dataset.to_json` gives for the same source. What must be known before it can be known
(names in ascending order, the sign of some numbers) makes an error where the source has it the other way round:
text that went out cannot be taken back.
"""

from __future__ import annotations

from base64 import b64encode
from struct import pack
from typing import TYPE_CHECKING, Any, Final
from warnings import warn

from adicom.dataelem import DataElement, Deferred
from adicom.dataset.bare import Place, set_place
from adicom.dataset.convert import definite_vr, new_origin, to_element
from adicom.dataset.dataset import Dataset
from adicom.dataset.scope import CONTEXT_TAGS, PIXEL_REPRESENTATION
from adicom.errors import DeferredValueError, DicomWarning, EncodeError, LimitError, format_path
from adicom.jsonmodel.attributes import BINARY_VR, swap_words
from adicom.jsonmodel.bulk import BulkData
from adicom.jsonmodel.text import dump_tree
from adicom.jsonmodel.writing import attribute_text, is_left_out
from adicom.parser import events as ev
from adicom.parser.kinds import form_of
from adicom.vr import AMBIGUOUS_VR

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Container, Iterable, Iterator

    from adicom.errors import Path
    from adicom.parser.events import Event
    from adicom.parser.kinds import RawElement

__all__ = ("JsonWriter", "aevents_to_json", "events_to_json")

_LUT_DESCRIPTOR: Final = 0x00283002
_BASE64_BLOCK: Final = 24
"""Bytes that are whole groups of three, and whole words of any size."""


class JsonWriter:
    """Takes events, gives JSON text.

    Args:
        bulk_data_threshold: As in :meth:`adicom.Dataset.to_json_dict`.
        bulk_data_element_handler: As there; values that come in chunks, or not at all, are deferred in the element
            that it is asked about. It is always asked about pixel data in fragments, whose length nobody knows yet.
        bulk_data_vr: As there.
        strict: Whether names that are not in order, and numbers whose sign is not known yet, are an EncodeError;
            else they are warned of, and stay as they come.
        collect_up_to: Bytes of a value that is not binary, and so cannot be written piece by piece.

    Example:
        >>> from adicom.parser import Parser
        >>> parser = Parser(transfer_syntax="1.2.840.10008.1.2.1")
        >>> parser.receive_data(bytes.fromhex("08006000 4353 0200 4354"))
        >>> parser.receive_eof()
        >>> writer = JsonWriter()
        >>> "".join(writer.write(event) for event in parser.events())
        '{"00080060":{"vr":"CS","Value":["CT"]}}'
    """

    def __init__(
        self,
        bulk_data_threshold: int = 1024,
        bulk_data_element_handler: Callable[[DataElement], str | None] | None = None,
        *,
        bulk_data_vr: Container[str] | None = None,
        strict: bool = True,
        collect_up_to: int = 64 * 2**20,
    ) -> None:
        self._bulk = BulkData(bulk_data_threshold, bulk_data_element_handler, bulk_data_vr)
        self._strict = strict
        self._collect_up_to = collect_up_to
        self._levels = [_Level(None, 0)]
        self._sequences: list[int] = []
        self._value: _Chunks | None = None
        self._started = self._ended = self._warned = False
        self._write: dict[type[Event], Callable[[Any], str]] = {
            ev.Element: self._element,
            ev.DeferredElement: self._deferred,
            ev.ValueStart: self._value_start,
            ev.PixelDataStart: self._value_start,
            ev.FragmentStart: self._fragment_start,
            ev.ValueChunk: lambda event: "" if self._value is None else self._value.take(event.data),
            ev.ValueEnd: self._value_end,
            ev.PixelDataEnd: self._value_end,
            ev.SequenceStart: self._sequence_start,
            ev.SequenceEnd: self._sequence_end,
            ev.ItemStart: self._item_start,
            ev.ItemEnd: self._item_end,
            ev.FileEnd: lambda _: self.close(),
        }

    def write(self, event: Event) -> str:
        """Return the text that an event adds, which may be none.

        Raises:
            DeferredValueError: The value was passed over by the parser, and no URI stands for it.
            EncodeError: The order of the source does not let it be written while it comes.
            LimitError: A value is longer than ``collect_up_to``.
        """
        start = "" if self._started else "{"
        self._started = True
        write = self._write.get(type(event))
        return start if write is None else start + write(event)

    def close(self) -> str:
        """Return the end of the text: nothing if :class:`~adicom.parser.FileEnd` came, as it does unless a plan stops.

        Raises:
            EncodeError: The events ended within a sequence or a value.
        """
        if self._ended:
            return ""
        if self._sequences or self._value is not None:
            raise EncodeError("the events ended within a sequence or a value: the JSON is not complete")
        self._ended = True
        return "}" if self._started else "{}"

    def _name(self, tag: int, path: Path) -> str:
        """Return what stands in front of an attribute object."""
        level = self._levels[-1]
        comma = "" if level.last < 0 else ","
        if tag <= level.last:
            self._refuse(f"{format_path(path, tag)} comes behind a higher tag, but names ascend in JSON")
        level.last = max(tag, level.last)
        return f'{comma}"{tag:08X}":'

    def _refuse(self, problem: str) -> None:
        """Raise what cannot be written while it comes, or warn of it once."""
        if self._strict:
            raise EncodeError(f"{problem}: read it with dcmread() and use to_json(), or pass strict=False")
        if not self._warned:
            warn(problem, DicomWarning, stacklevel=4)
            self._warned = True

    def _element(self, event: ev.Element) -> str:
        tag = int(event.tag)
        if is_left_out(tag):
            return ""
        return self._name(tag, event.path) + self._attribute(event, event.value)

    def _attribute(self, event: ev.Element | ev.ValueStart, value: bytes) -> str:
        """Return the attribute object of an element that is here."""
        level = self._levels[-1]
        raw = _raw_of(event, value)
        level.note(raw)
        self._require_sign(event)
        return attribute_text(to_element(level.dataset, raw), self._bulk)

    def _require_sign(self, event: ev.Element | ev.ValueStart) -> None:
        """Object to numbers whose VR an element behind them decides."""
        if event.VR not in AMBIGUOUS_VR or "SS" not in event.VR:
            return
        known = self._levels[-1].dataset._get_scope().number(PIXEL_REPRESENTATION)
        if known is None and any(level.last < PIXEL_REPRESENTATION for level in self._levels):
            self._refuse(
                f"{format_path(event.path, event.tag)} comes before Pixel Representation, which says what it is"
            )

    def _deferred(self, event: ev.DeferredElement) -> str:
        tag = int(event.tag)
        if is_left_out(tag):
            return ""
        element = self._elsewhere(event)
        uri = self._bulk.uri_of_deferred(element, tag, element.VR, _length(event.length))
        if uri is None:
            where = format_path(event.path, tag)
            raise DeferredValueError(
                f"the value of {where} was passed over: read it all, or let bulk_data_element_handler name it"
            )
        return self._name(tag, event.path) + dump_tree({"vr": element.VR, "BulkDataURI": uri})

    def _elsewhere(self, event: ev.DeferredElement | ev.ValueStart | ev.PixelDataStart) -> DataElement:
        """Return an element whose value is not here, or not yet."""
        VR = definite_vr(self._levels[-1].dataset, _raw_of(event, b""))
        deferred = Deferred(event.value_offset, _length(event.length))
        return DataElement(event.tag, VR, deferred, already_converted=True)

    def _value_start(self, event: ev.ValueStart | ev.PixelDataStart) -> str:
        tag = int(event.tag)
        if is_left_out(tag):
            return ""
        element = self._elsewhere(event)
        VR = element.VR
        if VR not in BINARY_VR:
            assert isinstance(event, ev.ValueStart)
            if event.length > self._collect_up_to:
                message = f"a value with VR {VR} is longer than collect_up_to"
                raise LimitError(message, path=event.path, tag=tag, limit="collect_up_to")
            self._value = _Collected(event)
            return ""
        text = self._name(tag, event.path)
        uri = self._bulk.uri_of_bytes(element, tag, VR, _length(event.length))
        if uri is not None:
            return text + dump_tree({"vr": VR, "BulkDataURI": uri})
        swapped = not event.encoding.little_endian and event.VR != "UN"
        self._value = _Base64(VR if swapped else "OB")
        return f'{text}{{"vr":"{VR}","InlineBinary":"'

    def _fragment_start(self, event: ev.FragmentStart) -> str:
        if self._value is None:
            return ""
        order = "<" if event.encoding.little_endian else ">"
        return self._value.take(pack(f"{order}HHL", 0xFFFE, 0xE000, event.length))

    def _value_end(self, event: ev.ValueEnd | ev.PixelDataEnd) -> str:
        value, self._value = self._value, None
        if isinstance(value, _Collected):
            start = value.event
            return self._name(int(start.tag), start.path) + self._attribute(start, value.bytes())
        return "" if value is None else value.end()

    def _sequence_start(self, event: ev.SequenceStart) -> str:
        self._sequences.append(0)
        return self._name(int(event.tag), event.path) + '{"vr":"SQ"'

    def _item_start(self, event: ev.ItemStart) -> str:
        self._levels.append(_Level(self._levels[-1].dataset, event.path[-1][0]))
        self._sequences[-1] += 1
        return ',"Value":[{' if self._sequences[-1] == 1 else ",{"

    def _item_end(self, event: ev.ItemEnd) -> str:
        self._levels.pop()
        return "}"

    def _sequence_end(self, event: ev.SequenceEnd) -> str:
        return "]}" if self._sequences.pop() else "}"


class _Level:
    """One dataset that is being written: what decides how values in it are understood, and the last tag."""

    __slots__ = ("_around", "_origin", "dataset", "last")

    def __init__(self, holder: Dataset | None, tag: int) -> None:
        self.last = -1
        self.dataset = Dataset()
        if holder is None:
            self._around = None
            self._origin = new_origin(self.dataset)
        else:
            assert holder._origin is not None
            self._around = holder._get_scope()
            self._origin = holder._origin.of_items(tag, False)
        set_place(self.dataset, Place(self._origin, self._around))

    def note(self, raw: RawElement) -> None:
        """Keep an element that others need to be understood."""
        tag = raw[0]
        if tag in CONTEXT_TAGS or tag == _LUT_DESCRIPTOR or (tag & 0x10000 and 0x10 <= tag & 0xFFFF <= 0xFF):
            self.dataset._elements[tag] = raw
            if tag in CONTEXT_TAGS:
                set_place(self.dataset, Place(self._origin, self._around))  # so that the scope is made anew


class _Chunks:
    """A value that comes in chunks."""

    def take(self, data: bytes | memoryview) -> str:
        """Take some bytes; return the text of those that are complete."""
        raise NotImplementedError

    def end(self) -> str:
        """Return what is left."""
        raise NotImplementedError


class _Collected(_Chunks):
    """A value that is needed whole."""

    def __init__(self, event: ev.ValueStart) -> None:
        self.event = event
        self._parts: list[bytes | memoryview] = []

    def take(self, data: bytes | memoryview) -> str:
        """Keep the bytes."""
        self._parts.append(data)
        return ""

    def bytes(self) -> bytes:
        """Return the value."""
        return b"".join(self._parts)


class _Base64(_Chunks):
    """A binary value: base64, in little endian.

    Args:
        VR: Says what words are to be turned round.
    """

    def __init__(self, VR: str) -> None:
        self._vr = VR
        self._rest = b""

    def take(self, data: bytes | memoryview) -> str:
        """Return the base64 of the whole groups."""
        data = self._rest + data
        whole = len(data) - len(data) % _BASE64_BLOCK
        self._rest = data[whole:]
        return self._encoded(data[:whole])

    def end(self) -> str:
        """Return the base64 of the rest, and the end of the attribute object."""
        return self._encoded(self._rest) + '"}'

    def _encoded(self, data: bytes) -> str:
        return b64encode(swap_words(self._vr, data)).decode("ascii")


def _raw_of(event: ev.Element | ev.DeferredElement | ev.ValueStart | ev.PixelDataStart, value: bytes) -> RawElement:
    """Return the internal tuple that the event was made of, as far as the value's meaning goes."""
    encoding = event.encoding
    form = form_of(implicit=encoding.implicit_vr, little=encoding.little_endian)
    return int(event.tag), None if encoding.implicit_vr else event.VR, event.length, value, event.value_offset, form


def _length(length: int) -> int | None:
    return None if length == ev.UNDEFINED_LENGTH else length


def events_to_json(
    events: Iterable[Event],
    bulk_data_threshold: int = 1024,
    bulk_data_element_handler: Callable[[DataElement], str | None] | None = None,
    *,
    bulk_data_vr: Container[str] | None = None,
    strict: bool = True,
) -> Iterator[str]:
    """Yield the JSON text of events piece by piece; the arguments are those of :class:`JsonWriter`.

    Raises:
        DeferredValueError: A value was passed over by the parser, and no URI stands for it.
        EncodeError: The order of the source does not let it be written while it comes.

    Example:
        >>> import adicom.sync, pydicom.data
        >>> path = pydicom.data.get_testdata_file("CT_small.dcm")
        >>> with adicom.sync.iter_events(path) as events:
        ...     text = "".join(events_to_json(events))
        >>> text == adicom.sync.dcmread(path).to_json()
        True
    """
    writer = JsonWriter(bulk_data_threshold, bulk_data_element_handler, bulk_data_vr=bulk_data_vr, strict=strict)
    for event in events:
        if text := writer.write(event):
            yield text
    if text := writer.close():
        yield text


async def aevents_to_json(
    events: AsyncIterable[Event],
    bulk_data_threshold: int = 1024,
    bulk_data_element_handler: Callable[[DataElement], str | None] | None = None,
    *,
    bulk_data_vr: Container[str] | None = None,
    strict: bool = True,
) -> AsyncIterator[str]:
    """Yield the same for events that are awaited, those of :func:`adicom.iter_events` for example."""
    writer = JsonWriter(bulk_data_threshold, bulk_data_element_handler, bulk_data_vr=bulk_data_vr, strict=strict)
    async for event in events:
        if text := writer.write(event):
            yield text
    if text := writer.close():
        yield text
