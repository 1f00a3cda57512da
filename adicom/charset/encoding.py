"""Text in, encoded text out: in the first character set that has it, with escape sequences where one is not enough."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from adicom.charset.escapes import ASCII, ESC, G0_CODECS, G0_ESCAPES, G1_ESCAPE_OF, ROMAJI, TEXT_DELIMITERS
from adicom.charset.terms import DEFAULT_ENCODING
from adicom.errors import DicomWarning, EncodeError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

__all__ = ("encode_string",)


def encode_string(
    value: str, encodings: Sequence[str], delimiters: Iterable[int] = TEXT_DELIMITERS, *, errors: str = "strict"
) -> bytes:
    r"""Return the text encoded, with escape sequences where value 1 of the character set is not enough.

    Args:
        value: The text.
        encodings: What :func:`encodings_for` gave.
        delimiters: The bytes after which a reader is back in the initial state.
        errors: ``"replace"`` writes a question mark, with a warning, where ``"strict"`` raises.

    Raises:
        EncodeError: None of the encodings has some character of the text.

    Example:
        >>> encode_string("山田", ("iso8859_1", "iso2022_jp"))
        b'\x1b$B;3ED\x1b(B'
    """
    if value.isascii():
        return value.encode("ascii")
    initial, extensions = (encodings[0], encodings[1:]) if encodings else (DEFAULT_ENCODING, ())
    if initial == DEFAULT_ENCODING and not extensions and max(value) < "\u0100":
        warnings.warn(
            "A text goes beyond the default repertoire: without Specific Character Set it is written as Latin-1",
            DicomWarning,
            stacklevel=2,
        )
        return value.encode(DEFAULT_ENCODING)
    choices = ("ascii" if initial == DEFAULT_ENCODING else initial, *extensions)
    whole = _encode_run(value, choices[0], b"")
    if whole is not None:
        return whole
    out = bytearray()
    for piece, delimiter in _cut(value, {chr(byte) for byte in delimiters}):
        out += _encode_piece(piece, choices, errors)
        out += delimiter.encode("ascii")
    return bytes(out)


def _cut(value: str, delimiters: Container[str]) -> Iterator[tuple[str, str]]:
    """Yield each piece of the text with the delimiter behind it; the last one has none."""
    start = 0
    for index, char in enumerate(value):
        if char in delimiters:
            yield value[start:index], char
            start = index + 1
    yield value[start:], ""


def _encode_piece(value: str, choices: Sequence[str], errors: str) -> bytes:
    """Encode what lies between two delimiters: in one codec if that is possible, else in runs."""
    back = ROMAJI if choices[0] == "shift_jis" else ASCII
    for codec in choices:
        data = _encode_run(value, codec, b"" if codec == choices[0] else back)
        if data is not None:
            return data
    out = bytearray()
    state = choices[0]
    for codec, run in _runs(value, choices):
        data = _encode_run(run, codec, b"" if codec == state else back)
        out += _encode_misfit(run, errors) if data is None else data
        state = codec or state
    return bytes(out)


def _runs(value: str, choices: Sequence[str]) -> list[tuple[str, str]]:
    """Cut the text into runs of one codec each; an empty codec for what has none. Linear in the text."""
    known: dict[str, list[str]] = {}
    runs: list[tuple[str, str]] = []
    start, current = 0, choices[0]
    for index, char in enumerate(value):
        if char not in known:
            known[char] = [codec for codec in choices if _encode_run(char, codec, ASCII) is not None]
        best = current if current in known[char] else next(iter(known[char]), "")
        if best != current:
            runs.append((current, value[start:index]))
            start, current = index, best
    runs.append((current, value[start:]))
    return [run for run in runs if run[1]]


def _encode_run(value: str, codec: str, back: bytes) -> bytes | None:
    """Encode in one codec, or return None.

    Args:
        value: The text.
        codec: The Python codec; empty for none.
        back: What brings G0 back from two bytes a character; empty where the codec is already in force.
    """
    try:
        data = value.encode(codec)
        if data.decode(codec) != value:
            return None
    except (UnicodeError, LookupError):
        return None
    if codec in G0_CODECS:
        return _check_g0(data, codec, back or ASCII)
    if codec == "shift_jis" and len(data) != len(value):
        return None  # ISO_IR 13 is JIS X 0201, one byte a character; Python's codec knows more
    if back and codec in G1_ESCAPE_OF:
        return ESC + G1_ESCAPE_OF[codec] + data
    return data


def _check_g0(data: bytes, codec: str, back: bytes) -> bytes | None:
    """Return the data, or None if Python switched to a set that was not asked for."""
    for part in data.split(ESC)[1:]:
        escape = part[:3] if part[:2] == b"$(" else part[:2]
        if escape != ASCII and G0_ESCAPES.get(escape) != codec:
            return None
    return data.replace(ESC + ASCII, ESC + back)


def _encode_misfit(value: str, errors: str) -> bytes:
    if errors == "strict":
        error = EncodeError("A text has characters that are not in its Specific Character Set")
        error.value = value
        raise error
    warnings.warn(
        "A text has characters that are not in its Specific Character Set: they were replaced",
        DicomWarning,
        stacklevel=2,
    )
    return value.encode("ascii", "replace")
