"""JSON text and the Python objects that it stands for, however deep they are.

Python's own encoder and decoder do the work. They recurse, a level of sequences being three of theirs; so where
they run into the recursion limit, which also depends on how deep the caller is, the same is done again in a loop.
"""

from __future__ import annotations

import re
from json import JSONDecoder, JSONEncoder, detect_encoding, loads
from typing import TYPE_CHECKING, Any, Final

from adicom.errors import InvalidJsonError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("dump_tree", "load_tree")

_encode: Final = JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")).encode
_decode: Final = JSONDecoder().raw_decode
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def dump_tree(tree: Any) -> str:
    r"""Return the JSON text of objects that have finite numbers only; it can be encoded in UTF-8.

    Example:
        >>> dump_tree({"00100010": {"vr": "PN", "Value": [{"Alphabetic": "Wang^XiaoDong=王^小東"}]}})
        '{"00100010":{"vr":"PN","Value":[{"Alphabetic":"Wang^XiaoDong=王^小東"}]}}'
        >>> dump_tree("\ud800")
        '"\\ud800"'
    """
    try:
        text = _encode(tree)
    except RecursionError:
        text = "".join(_pieces(tree))
    return text if text.isascii() else _SURROGATE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _pieces(tree: Any) -> Iterator[str]:
    """Yield the text of objects without recursion."""
    stack: list[tuple[Iterator[Any], str]] = []
    value = tree
    while True:
        if isinstance(value, dict) and value:
            stack.append((iter(value.items()), "}"))
            mark = "{"
        elif isinstance(value, list) and value:
            stack.append((iter(value), "]"))
            mark = "["
        else:
            yield _encode(value)
            mark = ","
        found: Any = _END
        end = ""
        while stack and found is _END:
            members, end = stack[-1]
            found = next(members, _END)
            if found is _END:
                yield end
                stack.pop()
                mark = ","
        if found is _END:
            return
        if end == "}":
            name, value = found
            yield f"{mark}{_encode(name)}:"
        else:
            value = found
            yield mark


_END: Final = object()


def load_tree(text: str | bytes | bytearray) -> Any:
    """Return the objects that a JSON text stands for.

    Raises:
        InvalidJsonError: It is none; the message says at which character it goes wrong.

    Example:
        >>> load_tree(b'{"00080060": {"vr": "CS", "Value": ["CT"]}}')
        {'00080060': {'vr': 'CS', 'Value': ['CT']}}
    """
    try:
        try:
            return loads(text)
        except RecursionError:
            return _parse(text if isinstance(text, str) else str(text, detect_encoding(text)))
    except ValueError as error:
        position = getattr(error, "pos", None)
    # Out here the error is not the context: it holds the text.
    raise InvalidJsonError("the text is no JSON" + ("" if position is None else f", from character {position} on"))


def _parse(text: str) -> Any:
    """Return the objects that a text stands for, without recursion.

    Raises:
        ValueError: It is no JSON.
    """
    holders: list[tuple[Any, str | None]] = []
    position = _skip(text, 0)
    while True:
        char = text[position : position + 1]
        value: Any
        if char and char in "{[":
            value = {} if char == "{" else []
            position = _skip(text, position + 1)
            if text[position : position + 1] != _closing(value):
                name, position = _name(text, position) if char == "{" else (None, position)
                holders.append((value, name))
                continue
            position += 1
        else:
            value, position = _decode(text, position)
        value, position = _put(text, position, value, holders)
        if not holders:
            if position != len(text):
                raise _Misplaced(position)
            return value


def _put(text: str, position: int, value: Any, holders: list[tuple[Any, str | None]]) -> tuple[Any, int]:
    """Put a value into what holds it, and that, if it ends, into what holds it, and so on.

    Returns:
        The outermost value that ended, and where the next one starts.
    """
    position = _skip(text, position)
    while holders:
        holder, name = holders.pop()
        if name is None:
            holder.append(value)
        else:
            holder[name] = value
        value = holder
        char = text[position : position + 1]
        if char != "," and char != _closing(holder):
            raise _Misplaced(position)
        position = _skip(text, position + 1)
        if char == ",":
            if name is not None:
                name, position = _name(text, position)
            holders.append((holder, name))
            break
    return value, position


class _Misplaced(ValueError):
    """Something else was wanted at this position."""

    def __init__(self, pos: int) -> None:
        super().__init__()
        self.pos = pos


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    assert match is not None
    return match.end()


def _closing(holder: Any) -> str:
    return "}" if isinstance(holder, dict) else "]"


def _name(text: str, position: int) -> tuple[str, int]:
    """Return the name of a member, and where its value starts."""
    if text[position : position + 1] != '"':
        raise _Misplaced(position)
    name, position = _decode(text, position)
    position = _skip(text, position)
    if text[position : position + 1] != ":":
        raise _Misplaced(position)
    return name, _skip(text, position + 1)
