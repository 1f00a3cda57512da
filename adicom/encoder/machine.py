"""The event encoder: events in, bytes out, in constant memory.

It is a state machine like the parser: what may come next is one table, and anything else is an error that says what
was wanted. It writes what the events say, byte for byte, and checks that what they say of lengths is true.
"""

from __future__ import annotations

import zlib
from enum import Enum, auto
from struct import pack
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from adicom.errors import EncodeError
from adicom.parser import events as ev
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.vr import LONG_VR, STANDARD_VR

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("Encoder",)

_LONG: Final = frozenset(LONG_VR.values())
_LONGEST_SHORT: Final = 0xFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xE000, 0xE00D, 0xE0DD

_Header: TypeAlias = "ev.Element | ev.ValueStart | ev.SequenceStart | ev.PixelDataStart"


class _State(Enum):
    """Where the encoder stands, by what it is in."""

    START = auto()
    META = auto()
    DATASET = auto()
    ITEM = auto()
    SEQUENCE = auto()
    VALUE = auto()
    PIXEL_DATA = auto()
    FRAGMENT = auto()
    DONE = auto()
    FAILED = auto()


_ELEMENTS: Final = (ev.Element, ev.ValueStart, ev.SequenceStart, ev.PixelDataStart)
_NEXT: Final[dict[_State, tuple[type, ...]]] = {
    _State.START: (ev.FileStart,),
    _State.META: (ev.Element, ev.ValueStart, ev.FileMetaEnd),
    _State.DATASET: (*_ELEMENTS, ev.FileEnd),
    _State.ITEM: (*_ELEMENTS, ev.ItemEnd),
    _State.SEQUENCE: (ev.ItemStart, ev.SequenceEnd),
    _State.VALUE: (ev.ValueChunk, ev.ValueEnd),
    _State.PIXEL_DATA: (ev.FragmentStart, ev.PixelDataEnd),
    _State.FRAGMENT: (ev.ValueChunk, ev.FragmentEnd),
    _State.DONE: (),
    _State.FAILED: (),
}


class _Container:
    """Something that is open: a sequence, an item, a value, pixel data, a fragment.

    Attributes:
        back: The state that its end leads back to.
        tag: The tag of its end; of an item or a fragment 0.
        end: Where it must end; None where its length is undefined.
        bound: The nearest end of it or of what is around it.
    """

    __slots__ = ("back", "bound", "end", "tag")

    def __init__(self, back: _State, tag: int, end: int | None, bound: int | None) -> None:
        self.back = back
        self.tag = tag
        self.end = end
        self.bound = bound if end is None else end


class Encoder:
    r"""Makes the bytes of a file of its events; the mirror of :class:`~adicom.parser.Parser`.

    Example:
        >>> from adicom.parser import Parser
        >>> data = bytes.fromhex("1000 2000 4c4f 0400") + b"4711"
        >>> parser = Parser(transfer_syntax="1.2.840.10008.1.2.1")
        >>> parser.receive_data(data)
        >>> parser.receive_eof()
        >>> encoder, pieces = Encoder(), []
        >>> while events := parser.events():
        ...     for event in events:
        ...         pieces += encoder.send(event)
        >>> encoder.finished, b"".join(pieces) == data
        (True, True)
    """

    def __init__(self) -> None:
        self._state = _State.START
        self._open: list[_Container] = []
        self._size = 0  # of what was sent, before it is deflated
        self._packer: Any = None
        self._packed = 0
        self._makers: dict[type, Callable[[Any], list[bytes | memoryview]]] = {
            ev.FileStart: self._file_start,
            ev.FileMetaEnd: self._meta_end,
            ev.Element: self._element,
            ev.ValueStart: self._value_start,
            ev.ValueChunk: self._chunk,
            ev.ValueEnd: self._value_end,
            ev.SequenceStart: self._sequence_start,
            ev.SequenceEnd: self._sequence_end,
            ev.ItemStart: self._item_start,
            ev.ItemEnd: self._item_end,
            ev.PixelDataStart: self._pixels_start,
            ev.FragmentStart: self._fragment_start,
            ev.FragmentEnd: self._fragment_end,
            ev.PixelDataEnd: self._pixels_end,
            ev.FileEnd: self._file_end,
        }

    @property
    def finished(self) -> bool:
        """Whether the file is complete."""
        return self._state is _State.DONE

    def send(self, event: ev.Event) -> list[bytes | memoryview]:
        """Return the bytes of an event; of some there are none.

        Raises:
            EncodeError: It is not what may come here, or does not agree with the events before; nothing may be sent
                after that.
        """
        try:
            if not isinstance(event, _NEXT[self._state]):
                raise self._unexpected(event)
            pieces = self._makers[type(event)](event)
            self._check_bound(self._size, event)
        except EncodeError:
            self._state = _State.FAILED
            raise
        return pieces if self._packer is None else self._deflated(pieces, event)

    # -- what is wrong --

    def _unexpected(self, event: object) -> EncodeError:
        wanted = " or ".join(kind.__name__ for kind in _NEXT[self._state]) or "nothing more"
        if self._state is _State.FAILED:
            wanted = "nothing after an error"
        return self._fault(f"{wanted} was wanted, not {type(event).__name__}", event)

    def _fault(self, message: str, event: object) -> EncodeError:
        return EncodeError(message, path=getattr(event, "path", ()), tag=getattr(event, "tag", None))

    def _check_bound(self, size: int, event: ev.Event) -> None:
        """Raise if ``size``, how many bytes there are or will be, is more than what is around has room for."""
        bound = self._open[-1].bound if self._open else None
        if bound is not None and size > bound:
            raise self._fault(f"{size - bound} bytes are too many for what is around them", event)

    # -- states --

    def _enter(self, event: Any, state: _State, tag: int = 0) -> None:
        end = None if event.length == UNDEFINED_LENGTH else self._size + event.length
        self._check_bound(self._size if end is None else end, event)
        bound = self._open[-1].bound if self._open else None
        self._open.append(_Container(self._state, tag, end, bound))
        self._state = state

    def _leave(self, event: Any, delimiter: int | None, number: int | None) -> list[bytes | memoryview]:
        """End what is open; return its delimiter."""
        container = self._open[-1]
        tag = getattr(event, "tag", 0)
        if tag != container.tag:
            raise self._fault("the end of another element was wanted", event)
        pieces: list[bytes | memoryview] = []
        if delimiter is not None and number is not None:
            pieces = self._put(_group_fffe(event, number, delimiter))
        elif container.end is None:
            raise self._fault("what has undefined length ends with a delimiter", event)
        if container.end is not None and self._size != container.end:
            raise self._fault(f"its length says {container.end - self._size} bytes more", event)
        self._open.pop()
        self._state = container.back
        return pieces

    def _put(self, *pieces: bytes | memoryview) -> list[bytes | memoryview]:
        self._size += sum(map(len, pieces))
        return list(pieces)

    # -- events --

    def _file_start(self, event: ev.FileStart) -> list[bytes | memoryview]:
        self._state = _State.META
        if event.preamble is None:
            return []
        if len(event.preamble) != 128:
            raise self._fault(f"a preamble has 128 bytes, not {len(event.preamble)}", event)
        return self._put(event.preamble, b"DICM")

    def _meta_end(self, event: ev.FileMetaEnd) -> list[bytes | memoryview]:
        self._state = _State.DATASET
        return []

    def _element(self, event: ev.Element) -> list[bytes | memoryview]:
        if len(event.value) != event.length:
            raise self._fault(f"the value has {len(event.value)} bytes, its header says {event.length}", event)
        return self._put(self._header(event), event.value)

    def _value_start(self, event: ev.ValueStart) -> list[bytes | memoryview]:
        if event.length == UNDEFINED_LENGTH:
            raise self._fault("a value that is neither sequence nor fragments has a defined length", event)
        pieces = self._put(self._header(event))
        self._enter(event, _State.VALUE, event.tag)
        return pieces

    def _chunk(self, event: ev.ValueChunk) -> list[bytes | memoryview]:
        return self._put(event.data)

    def _value_end(self, event: ev.ValueEnd) -> list[bytes | memoryview]:
        return self._leave(event, None, None)

    def _sequence_start(self, event: ev.SequenceStart) -> list[bytes | memoryview]:
        pieces = self._put(self._header(event))
        self._enter(event, _State.SEQUENCE, event.tag)
        return pieces

    def _sequence_end(self, event: ev.SequenceEnd) -> list[bytes | memoryview]:
        return self._leave(event, event.delimiter_length, _SEQUENCE_END)

    def _item_start(self, event: ev.ItemStart) -> list[bytes | memoryview]:
        pieces = self._put(_group_fffe(event, _ITEM, event.length))
        self._enter(event, _State.ITEM)
        return pieces

    def _item_end(self, event: ev.ItemEnd) -> list[bytes | memoryview]:
        return self._leave(event, event.delimiter_length, _ITEM_END)

    def _pixels_start(self, event: ev.PixelDataStart) -> list[bytes | memoryview]:
        if event.length != UNDEFINED_LENGTH:
            raise self._fault("pixel data in fragments has undefined length", event)
        pieces = self._put(self._header(event))
        self._enter(event, _State.PIXEL_DATA, event.tag)
        return pieces

    def _fragment_start(self, event: ev.FragmentStart) -> list[bytes | memoryview]:
        if event.length == UNDEFINED_LENGTH:
            raise self._fault("a fragment has a defined length", event)
        pieces = self._put(_group_fffe(event, _ITEM, event.length))
        self._enter(event, _State.FRAGMENT)
        return pieces

    def _fragment_end(self, event: ev.FragmentEnd) -> list[bytes | memoryview]:
        return self._leave(event, None, None)

    def _pixels_end(self, event: ev.PixelDataEnd) -> list[bytes | memoryview]:
        return self._leave(event, event.delimiter_length, _SEQUENCE_END)

    def _file_end(self, event: ev.FileEnd) -> list[bytes | memoryview]:
        self._state = _State.DONE
        if event.inflated:
            self._deflate()
        return self._put(bytes(event.padding)) if event.padding else []

    # -- headers --

    def _header(self, event: _Header) -> bytes:
        """Return the header of a data element, as its encoding says."""
        encoding = event.encoding
        if encoding.inflated:
            self._deflate()
        elif self._packer is not None:
            raise self._fault("what comes behind deflated elements is deflated too", event)
        order = "<" if encoding.little_endian else ">"
        group, number = event.tag >> 16, event.tag & 0xFFFF
        if encoding.implicit_vr:
            return pack(f"{order}HHL", group, number, event.length)
        if event.VR not in STANDARD_VR:
            raise self._fault(f"{event.VR!r} is no VR that a header can have", event)
        code = encoding.vr_code or event.VR.encode("ascii")
        if event.VR in _LONG and encoding.reserved:
            return pack(f"{order}HH2s2sL", group, number, code, encoding.reserved, event.length)
        if event.length > _LONGEST_SHORT:
            raise self._fault(f"the length field of VR {event.VR} cannot hold {event.length}", event)
        return pack(f"{order}HH2sH", group, number, code, event.length)

    # -- deflated data sets --

    def _deflate(self) -> None:
        if self._packer is None:
            self._packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)

    def _deflated(self, pieces: list[bytes | memoryview], event: ev.Event) -> list[bytes | memoryview]:
        packed = b"".join(map(self._packer.compress, pieces))
        if self._state is _State.DONE:
            packed += self._packer.flush()
            if (self._packed + len(packed)) & 1:
                packed += b"\0"  # PS3.5 A.5
        self._packed += len(packed)
        return [packed] if packed else []


def _group_fffe(event: Any, number: int, length: int) -> bytes:
    """Return the header of an item or a delimiter."""
    return pack(f"{'<' if event.encoding.little_endian else '>'}HHL", 0xFFFE, number, length)
