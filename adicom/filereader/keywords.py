"""The keywords that all reading functions share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict

from adicom.io.base import IdentityMode, ReadOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adicom.datadict import DataDictionary
    from adicom.io.session import BlockingSession, Session
    from adicom.parser.limits import ParserLimits

__all__ = (
    "BlockingIOKeywords",
    "BlockingReadKeywords",
    "IOKeywords",
    "ParseKeywords",
    "ReadKeywords",
    "SourceKeywords",
    "split_keywords",
)


class SourceKeywords(TypedDict, total=False):
    """How the source is read.

    Attributes:
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

    storage_options: Mapping[str, Any] | None
    timeout: float | None
    total_timeout: float | None
    max_requests: int | None
    max_bytes: int | None
    retries: int | None
    header_hint: int | None
    identity: IdentityMode
    allow_full_reread: bool


class ParseKeywords(TypedDict, total=False):
    """How the bytes are understood.

    Attributes:
        strict: Whether truncation and other faults raise (default). If not, what came before is returned,
            with a warning and ``is_truncated``.
        limits: The bounds of the parse.
        load_on_access: Whether plain access may load a deferred value where that needs no waiting.
        on_unreachable: What becomes of values above ``defer_size`` if the source cannot be read again:
            they are kept, or dropped ("drop").
        assume_ordered: Whether reading with ``specific_tags`` may end behind the largest of them, if the
            tags ascended so far.
        dictionary: Elements that are looked up before the dictionaries of adicom.
    """

    strict: bool
    limits: ParserLimits | None
    load_on_access: bool
    on_unreachable: Literal["keep", "drop"]
    assume_ordered: bool
    dictionary: DataDictionary | None


class IOKeywords(SourceKeywords, total=False):
    """How the source is read: those of :class:`SourceKeywords`, and a session.

    Attributes:
        session: Connections to use; without one the call makes its own and closes it.
    """

    session: Session | None


class ReadKeywords(IOKeywords, ParseKeywords, total=False):
    """All keywords of the functions that give a dataset: those of :class:`IOKeywords` and :class:`ParseKeywords`."""


class BlockingIOKeywords(SourceKeywords, total=False):
    """What :class:`IOKeywords` is in :mod:`adicom.sync`.

    Attributes:
        session: Connections to use; without one the call makes its own and closes it.
    """

    session: BlockingSession | None


class BlockingReadKeywords(BlockingIOKeywords, ParseKeywords, total=False):
    """What :class:`ReadKeywords` is in :mod:`adicom.sync`."""


_IO: Final = frozenset(ReadOptions.__dataclass_fields__)
_DEFAULT_IO: Final = ReadOptions()
_PLACE: Final = frozenset({"session", "storage_options"})
_PARSE: Final = frozenset(ParseKeywords.__annotations__)


def split_keywords(
    keywords: Mapping[str, Any], function: str, *, parse: bool = True
) -> tuple[ReadOptions, dict[str, Any], dict[str, Any]]:
    """Return the keywords for the source, for the place it is at, and for the parse.

    Args:
        keywords: What the caller gave.
        function: The name of the function that was called.
        parse: Whether it takes keywords for the parse.

    Raises:
        TypeError: One of them is none of ours.
    """
    if not keywords:
        return _DEFAULT_IO, {}, {}
    io: dict[str, Any] = {}
    place: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for name, value in keywords.items():
        if name in _PLACE:
            place[name] = value
        elif name in _IO:
            io[name] = value
        elif parse and name in _PARSE:
            others[name] = value
        else:
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}")
    return ReadOptions(**io) if io else _DEFAULT_IO, place, others
