"""The uploads of S3 that nobody has completed, listed and aborted by botocore: obstore lists none."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from adicom.io.cloud import common_options
from adicom.io.names import scheme_of
from adicom.io.storage_options import endpoint_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from adicom.io.clients import Clients

__all__ = ("clean_uploads",)


def clean_uploads(
    clients: Clients, url: str, before: datetime, dry_run: bool, storage_options: Mapping[str, Any] | None
) -> list[str]:
    """Abort the uploads below a URL that were begun before; return their URLs. It blocks."""
    if find_spec("botocore") is None:
        raise ImportError("listing the uploads of s3:// needs botocore: pip install 'adicom[s3]'")
    bucket, _, prefix = url.partition("://")[2].partition("/")
    client = _make_client(common_options(clients, "s3", url, storage_options))
    removed = []
    try:
        pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix)
        found = [upload for page in pages for upload in page.get("Uploads", [])]
        for upload in found:
            if upload["Initiated"] > before:
                continue
            if not dry_run:
                client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
            removed.append(f"{scheme_of(url)}://{bucket}/{upload['Key']}?uploadId={upload['UploadId']}")
    finally:
        client.close()
    return removed


def _make_client(options: Mapping[str, Any]) -> Any:
    """Return a client of botocore's. What else the options hold is for reading and writing."""
    import botocore  # type: ignore[import-untyped] # it ships no types
    import botocore.session  # type: ignore[import-untyped] # it ships no types
    from botocore.config import Config  # type: ignore[import-untyped] # it ships no types

    return botocore.session.Session(profile=options.get("profile")).create_client(
        "s3",
        endpoint_url=endpoint_of("s3", options, os.environ),
        region_name=options.get("region"),
        aws_access_key_id=options.get("key"),
        aws_secret_access_key=options.get("secret"),
        aws_session_token=options.get("token"),
        config=Config(signature_version=botocore.UNSIGNED) if options.get("anon") else None,
    )
