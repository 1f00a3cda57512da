"""The spelling of storage options: what users write, in the words of obstore and of fsspec's filesystems.

Nothing here opens or sends anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("COMMON", "common_spelling", "endpoint_of", "for_fsspec", "for_obstore")

COMMON: Final[dict[str, dict[str, str | None]]] = {
    "s3": {
        "key": "access_key_id",
        "secret": "secret_access_key",
        "token": "session_token",
        "region": "region",
        "endpoint_url": "endpoint",
        "anon": "skip_signature",
        "profile": None,
    },
    "gs": {"anon": "skip_signature", "endpoint_url": "base_url"},
    "az": {
        "account_name": "account_name",
        "account_key": "account_key",
        "sas_token": "sas_key",
        "endpoint_url": "endpoint",
        "anon": "skip_signature",
    },
}
"""The options that both backends understand, with obstore's names for them."""

_PREFIXES: Final = {"s3": "aws_", "gs": "google_", "az": "azure_storage_"}

_ENDPOINTS_IN_ENVIRONMENT: Final = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    "gs": ("STORAGE_EMULATOR_HOST",),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
}


def common_spelling(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with the common names in place of obstore's.

    Args:
        kind: ``"s3"``, ``"gs"`` or ``"az"``.
        options: What the user wrote.

    Raises:
        ValueError: One option is given twice, in two spellings.

    Example:
        >>> common_spelling("s3", {"aws_region": "eu-west-1", "skip_signature": True})
        {'region': 'eu-west-1', 'anon': True}
        >>> common_spelling("gs", {"token": "anon"})
        {'anon': True}
    """
    names = {name: name for name in COMMON[kind]} | {other: name for name, other in COMMON[kind].items() if other}
    found: dict[str, Any] = {}
    for given, value in options.items():
        name = names.get(given.removeprefix(_PREFIXES[kind]), given)
        if (kind, name, value) == ("gs", "token", "anon"):
            name, value = "anon", True
        if name in found:
            raise ValueError(f"the storage option {name} is given in two spellings")
        found[name] = value
    return found


def for_obstore(kind: str, options: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the configuration of one of obstore's stores.

    Raises:
        ValueError: obstore does not know one of the options.

    Example:
        >>> for_obstore("s3", {"key": "me", "profile": "work"}, {"AWS_ENDPOINT_URL": "http://127.0.0.1:9000"})
        {'access_key_id': 'me', 'endpoint': 'http://127.0.0.1:9000'}
    """
    unknown = options.keys() - COMMON[kind].keys()
    if unknown:
        raise ValueError(f"obstore does not know {', '.join(sorted(unknown))}; backend='fsspec' may")
    names = COMMON[kind]
    config = {str(names[name]): value for name, value in options.items() if names[name] and value is not None}
    if endpoint := endpoint_of(kind, options, environment):
        config[str(names["endpoint_url"])] = endpoint
    return config


def for_fsspec(kind: str, options: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the options in the spelling of s3fs, gcsfs and adlfs.

    Example:
        >>> for_fsspec("gs", {"anon": True}, {})
        {'token': 'anon'}
    """
    given = dict(options)
    if kind == "s3":
        if region := given.pop("region", None):
            given["client_kwargs"] = {"region_name": region, **given.get("client_kwargs", {})}
    elif kind == "gs":
        if given.pop("anon", False):
            given["token"] = "anon"
    elif endpoint := endpoint_of(kind, given, environment):
        given.pop("endpoint_url", None)
        given.update(_azure_endpoint(endpoint, given, environment))
    return given


def endpoint_of(kind: str, options: Mapping[str, Any], environment: Mapping[str, str]) -> str | None:
    """Return the URL of the service, where it is not the public one.

    Example:
        >>> endpoint_of("gs", {}, {"STORAGE_EMULATOR_HOST": "127.0.0.1:4443"})
        'http://127.0.0.1:4443'
    """
    found = options.get("endpoint_url") or next(filter(None, map(environment.get, _ENDPOINTS_IN_ENVIRONMENT[kind])), "")
    if kind == "gs" and found and "://" not in found:
        return f"http://{found}"
    return str(found) if found else None


def _azure_endpoint(endpoint: str, options: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return how adlfs is told of an endpoint: it has no option for one, but a connection string has."""
    if "connection_string" in options or "account_host" in options:
        return {}
    parts = {"BlobEndpoint": endpoint}
    if not options.get("anon"):
        key = options.get("account_key") or environment.get("AZURE_STORAGE_ACCOUNT_KEY")
        token = options.get("sas_token") or environment.get("AZURE_STORAGE_SAS_TOKEN")
        name = options.get("account_name") or environment.get("AZURE_STORAGE_ACCOUNT_NAME")
        if key and name:
            parts |= {"AccountName": name, "AccountKey": key}
        elif token:
            parts["SharedAccessSignature"] = token.removeprefix("?")
        else:  # a connection string holds no credentials that have to be fetched first
            return {"account_host": endpoint.partition("://")[2]}
    return {"connection_string": ";".join(f"{name}={value}" for name, value in parts.items())}
