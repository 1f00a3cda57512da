"""The choice of what writes a URL that is not http: obstore or fsspec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adicom.io.cloud import StorePlace, find_place
from adicom.io.sinks.outlets import MIB
from adicom.io.sinks.parts import plan_parts

if TYPE_CHECKING:
    from adicom.io.clients import Clients
    from adicom.io.sinks.outlets import Outlet
    from adicom.io.sinks.resolve import SinkOptions

__all__ = ("cloud_outlet",)

_PATIENCE: Final = 3
"""How many of its own time-outs a store of obstore's may take, for what they do not cover: a lost answer, or a store
of the caller's."""


def cloud_outlet(clients: Clients, place: str | tuple[Any, ...], options: SinkOptions) -> Outlet:
    """Return the outlet at a URL, at (filesystem, path) or at (store, path).

    Raises:
        ImportError: If nothing that is installed can write it.
    """
    # The store hears nothing of the server while it sends a part.
    timeout = clients.timeout * (plan_parts(options.expected).size / MIB)
    found = find_place(clients, place, options.storage_options, timeout, retries=clients.retries)
    if isinstance(found, StorePlace):
        from adicom.io.sinks.object_store import ObjectStoreOutlet

        # A store of the caller's may have no such thing.
        attributes = {"Content-Type": options.content_type} if found.kind else None
        return ObjectStoreOutlet(
            found.open_store, found.path, found.name, options, attributes=attributes, patience=_PATIENCE * timeout
        )
    from adicom.io.sinks.fsspec_files import FsspecOutlet

    return FsspecOutlet(clients, found.open_filesystem, found.name, options)
