"""The keywords that all reading functions share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypedDict

from adicom.io.base import IdentityMode, ReadOptions
from adicom.io.session import Session
from adicom.parser.limits import ParserLimits

__all__ = ("IOKeywords", "ReadKeywords", "split_keywords")


class IOKeywords(TypedDict, total=False):
    """How the source is read.

    Attributes:
        session: Connections to use; without one the call makes its own and closes it.
        storage_options: Credentials and endpoints, as fsspec has them.
        timeout: Seconds that one request may be without progress.
        total_timeout: Seconds that the whole call may take.
        max_requests: Requests that the call may send, retries included.
        max_bytes: Body bytes that the call may receive.
        retries: How often one request is repeated after a transient failure.
        header_hint: How many bytes the header is thought to have; the first request is that long.
        identity: What must not change between two requests: "strict", "size" or "off".
        allow_full_reread: Whether a server without ranges may be asked for the whole object again.
    """

    session: Session | None
    storage_options: Mapping[str, Any] | None
    timeout: float | None
    total_timeout: float | None
    max_requests: int | None
    max_bytes: int | None
    retries: int | None
    header_hint: int | None
    identity: IdentityMode
    allow_full_reread: bool


class ReadKeywords(IOKeywords, total=False):
    """How the bytes are understood, and those of :class:`IOKeywords`.

    Attributes:
        strict: Whether truncation and other faults raise (default). If not, what came before is returned,
            with a warning and ``is_truncated``.
        limits: The bounds of the parse.
        load_on_access: Whether plain access may load a deferred value where that needs no waiting.
        on_unreachable: What becomes of values above ``defer_size`` if the source cannot be read again:
            they are kept, or dropped ("drop").
        assume_ordered: Whether reading with ``specific_tags`` may end behind the largest of them, if the
            tags ascended so far.
    """

    strict: bool
    limits: ParserLimits | None
    load_on_access: bool
    on_unreachable: Literal["keep", "drop"]
    assume_ordered: bool


_IO: Final = frozenset(ReadOptions.__dataclass_fields__)
_DEFAULT_IO: Final = ReadOptions()
_PLACE: Final = frozenset({"session", "storage_options"})
_READ: Final = frozenset(ReadKeywords.__annotations__) - _IO - _PLACE


def split_keywords(keywords: Mapping[str, Any], function: str) -> tuple[ReadOptions, dict[str, Any], dict[str, Any]]:
    """Return the keywords for the source, for the place it is at, and for the parse.

    Raises:
        TypeError: One of them is none of ours.
    """
    if not keywords:
        return _DEFAULT_IO, {}, {}
    unknown = sorted(keywords.keys() - _IO - _PLACE - _READ)
    if unknown:
        raise TypeError(f"{function}() got an unexpected keyword argument {unknown[0]!r}")
    io = ReadOptions(**{name: keywords[name] for name in _IO & keywords.keys()})
    place = {name: keywords[name] for name in _PLACE & keywords.keys()}
    return io, place, {name: keywords[name] for name in _READ & keywords.keys()}
