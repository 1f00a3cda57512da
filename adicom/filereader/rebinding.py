"""Gives deferred values another source than the one they were found in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.io.base import Identity
from adicom.io.identity import require_same
from adicom.io.value_source import BlockingValues, RemoteValues, values_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adicom.dataset import Dataset
    from adicom.io.value_source import Values

__all__ = ("rebind",)


def rebind(
    dataset: Dataset,
    fp: Any,
    session: Any,
    storage_options: Mapping[str, Any] | None,
    *,
    blocking: bool = False,
) -> None:
    """Say where the deferred values of a dataset, and of all that was read with it, come from now.

    Args:
        dataset: The dataset.
        fp: The source. It must have the size, and where both are known the ETag, of what was read; a copy has
            another time and another inode.
        session: The caller's session, a blocking one if ``blocking``.
        storage_options: Options for fetching.
        blocking: Whether values behind URLs are fetched when they are looked at.

    Raises:
        SourceChangedError: It is known at once to be another object; else fetching raises it.
        ValueError: The dataset was not read, or the source cannot be read again.
    """
    origin = dataset._origin
    if origin is None:
        raise ValueError("the dataset was not read, so nothing of it is anywhere else")
    old = origin.root.values
    known: Identity | None = getattr(old.values if isinstance(old, BlockingValues) else old, "identity", None)
    if known is not None:
        known = Identity(etag=known.etag, size=known.size)
    awaited = None if blocking else session
    values: Values | None = values_of(fp, identity=known, session=awaited, storage_options=storage_options)
    if values is None:
        raise ValueError("the source cannot be read again, so deferred values cannot come from it")
    require_same(known, values.identity, "strict", values.name)
    if blocking and isinstance(values, RemoteValues):
        values = BlockingValues(values, session)
    origin.root.values = values
