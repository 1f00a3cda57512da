"""The comparison that tells whether an object changed between two answers."""

from __future__ import annotations

from adicom.errors import SourceChangedError
from adicom.io.base import Identity, IdentityMode

__all__ = ("difference", "merge_identity", "require_same", "version_of")


def difference(known: Identity, seen: Identity, mode: IdentityMode = "strict") -> str | None:
    """Return what shows that the two are not the same state of an object, or None.

    What only one of them knows is not compared. Equal strong ETags or equal versions settle it, since an
    object that is stored again unchanged gets a new modification time.

    Example:
        >>> difference(Identity(etag='"a"', size=5), Identity(etag='"b"', size=5))
        'ETag'
        >>> difference(Identity(etag='"a"', size=5), Identity(etag='"b"', size=5), "size")
    """
    if mode == "off":
        return None
    if _differ(known.size, seen.size):
        return "size"
    if mode == "size":
        return None
    if known.strong_etag and seen.strong_etag:
        return "ETag" if known.etag != seen.etag else None
    if known.version and seen.version:
        return "version" if known.version != seen.version else None
    # RFC 9110 8.8.3.2: weak comparison leaves the W/ aside.
    if _differ(_opaque(known.etag), _opaque(seen.etag)):
        return "ETag"
    if _differ(known.modified, seen.modified):
        return "modification time"
    return "inode" if _differ(known.inode, seen.inode) else None


def require_same(
    known: Identity | None, seen: Identity | None, mode: IdentityMode, name: str, *, alike: bool = False
) -> None:
    """Raise SourceChangedError if the two differ.

    Args:
        known: What an earlier answer showed.
        seen: What this one shows.
        mode: How much must agree.
        name: What messages call the source.
        alike: Whether both are from the same server. Where the earlier answer had an ETag, a version or a time,
            and this one has none of them, another page or another server has answered.

    Example:
        >>> require_same(Identity(size=5), Identity(size=5), "strict", "a.dcm")
        >>> require_same(Identity(etag='"a"'), Identity(size=5), "strict", "a.dcm", alike=True)
        Traceback (most recent call last):
        adicom.errors.SourceChangedError: a.dcm may have changed while it was being read: the answer has no ETag
    """
    if known is None or seen is None:
        return
    if what := difference(known, seen, mode):
        raise SourceChangedError(f"{name} changed while it was being read: another {what}")
    if alike and mode == "strict" and (lacking := _lacking(known, seen)):
        raise SourceChangedError(f"{name} may have changed while it was being read: the answer has no {lacking}")


def merge_identity(known: Identity | None, seen: Identity | None) -> Identity | None:
    """Return what is known, completed by what a later answer shows.

    Example:
        >>> merge_identity(Identity(etag='"a"'), Identity(etag='"a"', size=5))
        Identity(etag='"a"', size=5, modified=None, version=None, inode=None)
    """
    if known is None or seen is None or known == seen:
        return known or seen
    return Identity(
        etag=known.etag or seen.etag,
        size=known.size if known.size is not None else seen.size,
        modified=known.modified if known.modified is not None else seen.modified,
        version=known.version or seen.version,
        inode=known.inode if known.inode is not None else seen.inode,
    )


def version_of(text: object) -> str | None:
    """Return the version of an object that a store tells; S3 calls every state "null" in a bucket without versions.

    Example:
        >>> version_of(1700000000000000), version_of("null")
        ('1700000000000000', None)
    """
    return None if text is None or text in ("", "null") else str(text)


def _differ(known: object, seen: object) -> bool:
    return known is not None and seen is not None and known != seen


def _lacking(known: Identity, seen: Identity) -> str | None:
    """Return what ``seen`` lacks to be compared with ``known``; None where they have something in common."""
    common = (known.etag and seen.etag) or (known.version and seen.version) or (known.modified and seen.modified)
    if common:
        return None
    before = {"ETag": known.etag, "version": known.version, "modification time": known.modified}
    return next((what for what, value in before.items() if value), None)


def _opaque(etag: str | None) -> str | None:
    return etag.removeprefix("W/") if etag else None
