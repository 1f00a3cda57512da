"""The keywords that all writing functions share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adicom.io.session import BlockingSession, Session

__all__ = (
    "BlockingTargetKeywords",
    "BlockingWriteKeywords",
    "EncodeKeywords",
    "PlaceKeywords",
    "TargetKeywords",
    "WriteKeywords",
    "file_options",
    "split_keywords",
)


class EncodeKeywords(TypedDict, total=False):
    """What the bytes of a file are.

    Attributes:
        enforce_file_format: The opposite of ``write_like_original``, as pydicom 3 has it.
        implicit_vr: Whether headers have no VR, where no transfer syntax tells.
        little_endian: The byte order of numbers, where no transfer syntax tells.
        group_lengths: Whether group lengths that are no longer right are made anew; else they are left out.
    """

    enforce_file_format: bool | None
    implicit_vr: bool | None
    little_endian: bool | None
    group_lengths: bool


class PlaceKeywords(TypedDict, total=False):
    """Where the bytes go.

    Attributes:
        overwrite: Whether a file or an object that is there already may be replaced; else it is a SinkExistsError.
        fsync: Of a path: whether the file is on the disk, and not in the system's memory only, when this returns.
        method: Of http: ``"PUT"``, or ``"POST"``.
        content_type: Of http, and of s3, gs and az through obstore: what the object is said to be.
        storage_options: Credentials and endpoints, over those of the session; ``{"headers": {...}}`` for http.
    """

    overwrite: bool
    fsync: bool
    method: Literal["PUT", "POST"]
    content_type: str
    storage_options: Mapping[str, Any] | None


class TargetKeywords(PlaceKeywords, total=False):
    """Where the bytes go, and through which connections.

    Attributes:
        session: Connections to use, for the target and for deferred values; without one the call makes its own.
    """

    session: Session | None


class WriteKeywords(EncodeKeywords, TargetKeywords, total=False):
    """All keywords of the functions that write a file: those of :class:`EncodeKeywords` and :class:`TargetKeywords`."""


class BlockingTargetKeywords(PlaceKeywords, total=False):
    """What :class:`TargetKeywords` is in :mod:`adicom.sync`.

    Attributes:
        session: Connections to use, for the target and for deferred values; without one the call makes its own.
    """

    session: BlockingSession | None


class BlockingWriteKeywords(EncodeKeywords, BlockingTargetKeywords, total=False):
    """What :class:`WriteKeywords` is in :mod:`adicom.sync`."""


def split_keywords(
    keywords: Mapping[str, Any], function: str, *, encoding: bool = True, target: bool = True
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the keywords that say what the bytes are, and those that say where they go.

    Args:
        keywords: What the caller gave.
        function: The name of the function that was called.
        encoding: Whether it takes keywords of the first kind.
        target: Whether it takes keywords of the second kind.

    Raises:
        TypeError: One of them is none of ours.
    """
    found: dict[str, Any] = {}
    place: dict[str, Any] = {}
    for name, value in keywords.items():
        if encoding and name in EncodeKeywords.__annotations__:
            found[name] = value
        elif target and name in TargetKeywords.__annotations__:
            place[name] = value
        else:
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}")
    return found, place


def file_options(write_like_original: bool, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Return what :func:`~adicom.encoder.encode_file` takes.

    Args:
        write_like_original: What the caller gave.
        keywords: Those of :class:`EncodeKeywords` that the caller gave.

    Raises:
        ValueError: ``write_like_original`` and ``enforce_file_format`` contradict each other.

    Example:
        >>> file_options(True, {"enforce_file_format": True, "implicit_vr": True})
        {'implicit_vr': True, 'write_like_original': False}
    """
    options = dict(keywords)
    enforce = options.pop("enforce_file_format", None)
    if enforce is False and not write_like_original:
        raise ValueError("write_like_original=False and enforce_file_format=False contradict each other")
    return {**options, "write_like_original": bool(write_like_original and not enforce)}
