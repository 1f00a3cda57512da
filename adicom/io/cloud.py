"""The choice of what reads and writes a URL that is not http: obstore or fsspec, with which options."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from adicom.errors import SourcePermissionError
from adicom.io.faults import from_os_error
from adicom.io.names import public_url, scheme_of
from adicom.io.storage_options import COMMON, common_spelling, for_fsspec, for_obstore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from adicom.io.base import AsyncSource, Identity
    from adicom.io.clients import Backend, Clients, Settings

__all__ = ("FilesystemPlace", "StorePlace", "choose_backend", "cloud_source", "common_options", "find_place", "kind_of")

_KINDS: Final = {
    "s3": "s3",
    "s3a": "s3",
    "gs": "gs",
    "gcs": "gs",
    "az": "az",
    "abfs": "az",
    "abfss": "az",
}
_FSSPEC_PACKAGES: Final = {"s3": "s3fs", "gs": "gcsfs", "az": "adlfs"}

_KEYS_IN_ENVIRONMENT: Final = {
    "s3": ("AWS_ACCESS_KEY_ID",),
    "gs": ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_SERVICE_ACCOUNT"),
    "az": ("AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_SAS_TOKEN"),
}


def choose_backend(
    kind: str,
    options: Mapping[str, Any],
    backend: Backend,
    *,
    environment: Mapping[str, str],
    installed: Callable[[str], bool],
) -> Backend:
    """Return ``"obstore"`` or ``"fsspec"``.

    obstore costs an eighth of the CPU, but finds fewer credentials by itself and does not know the options of
    fsspec's filesystems. So it is taken where it is known to get along.

    Args:
        kind: ``"s3"``, ``"gs"`` or ``"az"``.
        options: The storage options, in the common spelling.
        backend: What the caller wants.
        environment: Of the process.
        installed: Tells whether a package can be imported.

    Example:
        >>> choose_backend("s3", {"anon": True}, "auto", environment={}, installed=lambda name: True)
        'obstore'
        >>> choose_backend("s3", {"default_block_size": 1}, "auto", environment={}, installed=lambda name: True)
        'fsspec'
    """
    if backend != "auto":
        return backend
    if not installed("obstore"):
        return "fsspec"
    if not options.keys() <= COMMON[kind].keys():
        return "fsspec"
    if options.get("anon") or any(options.get(name) for name in ("key", "account_key", "sas_token")):
        return "obstore"
    if any(environment.get(name) for name in _KEYS_IN_ENVIRONMENT[kind]) and not options.get("profile"):
        return "obstore"
    if kind == "s3" and installed("botocore"):
        return "obstore"
    return "fsspec" if installed(_FSSPEC_PACKAGES[kind]) else "obstore"


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePlace:
    """An object in a store of obstore's.

    Attributes:
        kind: ``"s3"``, ``"gs"`` or ``"az"``; None for a store of the caller's.
        open_store: Gives the store.
        path: Of the object in it.
        name: What messages call the object.
    """

    kind: str | None
    open_store: Callable[[], Awaitable[Any]]
    path: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesystemPlace:
    """A file in a filesystem of fsspec's.

    Attributes:
        open_filesystem: Gives the filesystem and the path in it.
        name: What messages call the file.
        base: Where in the file offset 0 is.
    """

    open_filesystem: Callable[[], Awaitable[tuple[Any, str]]]
    name: str
    base: int = 0


def cloud_source(
    clients: Clients,
    place: str | tuple[Any, ...],
    settings: Settings,
    *,
    storage_options: Mapping[str, Any] | None = None,
    known: Identity | None = None,
) -> AsyncSource:
    """Return the source at a URL, at (filesystem, path) or at (store, path).

    Raises:
        ImportError: If nothing that is installed can read it.
    """
    found = find_place(clients, place, storage_options, settings.timeout)
    if isinstance(found, StorePlace):
        from adicom.io.object_store import ObjectStoreSource

        return ObjectStoreSource(
            clients, found.open_store, found.path, found.name, settings, known=known, exact=found.kind is not None
        )
    from adicom.io.fsspec_files import FsspecSource

    return FsspecSource(clients, found.open_filesystem, found.name, settings, known=known, base=found.base)


def find_place(
    clients: Clients,
    place: str | tuple[Any, ...],
    storage_options: Mapping[str, Any] | None,
    timeout: float,
    *,
    retries: int = 0,
) -> StorePlace | FilesystemPlace:
    """Return what reads and writes at a URL, at (filesystem, path) or at (store, path), without opening it.

    Args:
        clients: Of the running loop.
        place: Where.
        storage_options: For this call, over those of the session.
        timeout: Seconds that one request of obstore's may be without progress.
        retries: How often obstore itself repeats one; of reads adicom alone does, so that its counts are true.

    Raises:
        ImportError: If nothing that is installed knows the place.
    """
    if not isinstance(place, str):
        return _given_place(place)
    kind = kind_of(place)
    if kind is None:
        # What a session holds is meant for its stores; another filesystem takes what the call says.
        return _filesystem_place(clients, place, storage_options or {})
    options = common_options(clients, kind, place, storage_options)
    backend = choose_backend(kind, options, clients.backend, environment=os.environ, installed=_installed)
    if backend == "obstore" and not _is_plain(kind, place):
        if clients.backend == "obstore":
            raise ValueError(f"obstore has no name for {public_url(place)}; backend='fsspec' may have one")
        backend = "fsspec"
    if not _installed("obstore" if backend == "obstore" else _FSSPEC_PACKAGES[kind]):
        raise ImportError(f"{kind}:// needs obstore or {_FSSPEC_PACKAGES[kind]}: pip install 'adicom[cloud]'")
    if backend == "obstore":
        return _store_place(clients, kind, place, options, timeout, retries)
    return _filesystem_place(clients, place, _for_filesystem(kind, options))


def kind_of(url: str) -> str | None:
    """Return ``"s3"``, ``"gs"`` or ``"az"``, or None for a URL of something else.

    Example:
        >>> kind_of("s3a://bucket/a.dcm"), kind_of("memory://a.dcm"), kind_of("zip://a.dcm::s3://bucket/a.zip")
        ('s3', None, None)
    """
    return _KINDS.get(scheme_of(url) or "") if "::" not in url else None


def common_options(clients: Clients, kind: str, url: str, storage_options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the storage options for a URL, those of the call over those of the session, in the common spelling."""
    here = common_spelling(kind, storage_options or {})
    return {**_account_in(kind, url), **common_spelling(kind, clients.storage_options), **here}


def _account_in(kind: str, url: str) -> dict[str, str]:
    """Return the account that a URL of Azure's own form names: ``abfss://container@account.host/path``."""
    host = url.partition("://")[2].partition("/")[0].partition("@")[2]
    return {"account_name": host.partition(".")[0]} if kind == "az" and host else {}


def _is_plain(kind: str, url: str) -> bool:
    """Return whether obstore asks for this very object: it drops slashes at both ends, and reads no version."""
    path = url.partition("://")[2].partition("/")[2]
    return not ({"", ".", ".."} & set(path.split("/")) or (kind == "s3" and "?versionId=" in path))


def _given_place(place: tuple[Any, ...]) -> StorePlace | FilesystemPlace:
    owner, path, *rest = place
    if type(owner).__module__.partition(".")[0] == "obstore":

        async def given_store() -> Any:
            return owner

        return StorePlace(kind=None, open_store=given_store, path=path, name=path)

    async def given_filesystem() -> tuple[Any, str]:
        return owner, path

    return FilesystemPlace(open_filesystem=given_filesystem, name=path, base=rest[0] if rest else 0)


def _store_place(
    clients: Clients, kind: str, url: str, options: Mapping[str, Any], timeout: float, retries: int
) -> StorePlace:
    config = for_obstore(kind, options, os.environ)
    container, _, path = url.partition("://")[2].partition("/")
    key = ("obstore", kind, container, timeout, retries, repr(sorted(options.items())))

    def make() -> Any:
        return _make_store(kind, container, config, options, timeout, retries)

    async def open_store() -> Any:
        return await clients.make_once(key, make)

    return StorePlace(kind=kind, open_store=open_store, path=path, name=public_url(url))


def _make_store(
    kind: str, container: str, config: dict[str, Any], options: Mapping[str, Any], timeout: float, retries: int
) -> Any:
    from obstore.store import AzureStore, GCSStore, S3Store

    found = _from_botocore(options, config) if kind == "s3" else {}
    endpoint = config.get("base_url" if kind == "gs" else "endpoint") or ""
    client = {
        "allow_http": str(endpoint).startswith("http://"),
        "connect_timeout": timedelta(seconds=timeout),
        "read_timeout": timedelta(seconds=timeout),
        # A request is bounded by its progress, not by its length.
        "timeout": timedelta(days=1),
    }
    extra: dict[str, Any] = {"client_options": client, "retry_config": {"max_retries": retries}, **found}
    if kind == "s3":
        return S3Store(container, config=config, **extra)  # type: ignore[arg-type] # built above
    if kind == "gs":
        return GCSStore(container, config=config, **extra)  # type: ignore[arg-type] # built above
    return AzureStore(container.partition("@")[0], config=config, **extra)  # type: ignore[arg-type] # built above


def _from_botocore(options: Mapping[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """Return how obstore gets credentials that it cannot find by itself: botocore looks for them.

    What else the profile says goes into ``config``: the region, the endpoint.
    """
    given = options.get("anon") or options.get("key")
    if given or (os.environ.get("AWS_ACCESS_KEY_ID") and not options.get("profile")) or not _installed("botocore"):
        return {}
    import botocore.exceptions  # type: ignore[import-untyped] # it ships no types
    import botocore.session  # type: ignore[import-untyped] # it ships no types

    session = botocore.session.Session(profile=options.get("profile"))
    try:
        credentials = session.get_credentials()
        profile = session.get_scoped_config()
    except botocore.exceptions.BotoCoreError as error:
        raise SourcePermissionError(f"no credentials for s3 were found ({type(error).__name__})") from None
    if credentials is None:
        raise SourcePermissionError(
            "no credentials for s3 were found; public objects need storage_options={'anon': True}"
        )

    def provide() -> dict[str, Any]:
        frozen = credentials.get_frozen_credentials()
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            # botocore renews them long before they end; this makes obstore ask again.
            "expires_at": datetime.now(UTC) + timedelta(minutes=10),
        }

    services = session.full_config.get("services", {}).get(profile.get("services"), {})
    endpoint = services.get("s3", {}).get("endpoint_url") or profile.get("endpoint_url")
    for name, value in (("region", session.get_config_variable("region")), ("endpoint", endpoint)):
        if value:
            config.setdefault(name, value)
    return {"credential_provider": provide}


def _filesystem_place(clients: Clients, url: str, options: Mapping[str, Any]) -> FilesystemPlace:
    from adicom.io.fsspec_files import close_filesystem

    chained = "::" in url
    scheme, _, rest = url.partition("://")
    # One filesystem serves all paths of a host; a chain is a filesystem of its own.
    place = url if chained else f"{scheme}://{rest.partition('/')[0]}"
    key = ("fsspec", place, repr(sorted(options.items())))
    name = public_url(url)

    def make() -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        # An instance of fsspec's cache would outlive the session.
        own = {} if chained else {"skip_instance_cache": True}
        try:
            filesystem, path = url_to_fs(url, **options, **own)
        except OSError as error:
            fault = from_os_error(error, name)
        else:
            return filesystem, path
        raise fault

    async def close(made: tuple[Any, str]) -> None:
        await close_filesystem(made[0])

    async def open_filesystem() -> tuple[Any, str]:
        # The filesystems of a chain are in fsspec's cache, which others share.
        filesystem, path = await clients.make_once(key, make, None if chained else close)
        if not chained:
            path = type(filesystem)._strip_protocol(url)
        if scheme in _KINDS and url.endswith("/") and not path.endswith("/"):
            raise ValueError(f"{name} cannot be used: {type(filesystem).__name__} takes it for {name.rstrip('/')}")
        return filesystem, path

    return FilesystemPlace(open_filesystem=open_filesystem, name=name)


def _for_filesystem(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options for s3fs, gcsfs or adlfs."""
    given = for_fsspec(kind, options, os.environ)
    if kind == "s3":
        from botocore.config import Config  # type: ignore[import-untyped] # it ships no types

        # Only ranges are read here, and some stores send the checksum of the whole object with each.
        name = "response_checksum_validation"
        if name in Config.OPTION_DEFAULTS:
            given["config_kwargs"] = {name: "when_required", **given.get("config_kwargs", {})}
    return given


def _installed(package: str) -> bool:
    return find_spec(package) is not None
