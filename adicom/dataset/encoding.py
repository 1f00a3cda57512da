"""How a dataset was encoded where it was read."""

from __future__ import annotations

from codecs import lookup
from typing import TYPE_CHECKING, Any, Final

from adicom.charset import DEFAULT_ENCODING, encodings_for
from adicom.dataset.bare import attributes_of
from adicom.dataset.scope import CHARACTER_SET
from adicom.parser.kinds import IMPLICIT, LITTLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TypeAlias

    from adicom.dataset.dataset import Dataset

    Encoding: TypeAlias = tuple[bool, bool] | tuple[None, None]

__all__ = ("current_encoding", "is_original", "original_character_set", "original_encoding", "set_original")

_ENCODING: Final = "_original_encoding"
_CHARACTER_SET: Final = "_original_character_set"


def original_encoding(dataset: Dataset) -> Encoding:
    """Return whether it was implicit VR, and whether little endian; twice None where it was not read."""
    known: Encoding | None = attributes_of(dataset).get(_ENCODING)
    if known is not None:
        return known
    for tag in dataset._elements:
        found = dataset._raw(tag)
        raw = found if isinstance(found, tuple) or found is None else found._raw
        if raw is not None:
            return bool(raw[5] & IMPLICIT), bool(raw[5] & LITTLE)
    return None, None


def original_character_set(dataset: Dataset) -> str | list[str]:
    """Return the Python codecs that text was decoded with; an empty text where nothing was read."""
    known: str | list[str] | None = attributes_of(dataset).get(_CHARACTER_SET)
    if known is not None:
        return known
    if dataset._origin is None:
        return ""
    encodings = dataset._get_scope().encodings
    return encodings[0] if len(encodings) == 1 else list(encodings)


def set_original(
    dataset: Dataset,
    is_implicit_vr: bool | None,
    is_little_endian: bool | None,
    character_encoding: str | Sequence[str] | None,
) -> None:
    """Say what a dataset was read with, for one that is made of raw elements."""
    attributes = dataset.__dict__
    attributes[_ENCODING] = (is_implicit_vr, is_little_endian)
    if character_encoding is not None:
        attributes[_CHARACTER_SET] = character_encoding


def current_encoding(dataset: Dataset) -> tuple[str, ...]:
    """Return the Python codecs of Specific Character Set as it is now."""
    if CHARACTER_SET not in dataset._elements:
        scope = dataset._scope
        return (DEFAULT_ENCODING,) if scope is None else scope.encodings
    return encodings_for(dataset._element(CHARACTER_SET).value)


def is_original(dataset: Dataset) -> bool:
    """Say whether the encoding that is set is the one it was read with."""
    wanted: tuple[Any, Any] = (dataset.is_implicit_VR, dataset.is_little_endian)
    if None in wanted or original_encoding(dataset) != wanted:
        return False
    known = original_character_set(dataset)
    return _codecs(current_encoding(dataset)) == _codecs([known] if isinstance(known, str) else known)


def _codecs(names: Iterable[str]) -> list[str]:
    """Return the names that Python gives codecs, since each has several."""
    return [lookup(name).name for name in names if name]
