"""What the tests of rewriting share."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import pydicom

import adicom.sync
from adicom.encoder import Encoder
from adicom.rewriting import transform
from tests import oracle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adicom import RewriteReport
    from adicom.rewriting import Transform

__all__ = ("changed_events", "read", "reported", "rewritten", "view_of", "written_and_read")


def reported(data: bytes, *transforms: Transform) -> tuple[bytes, RewriteReport]:
    """Return a file with changes, from memory to memory, and what is said of them."""
    target = io.BytesIO()
    report = adicom.sync.rewrite(data, target, *transforms, force=True)
    return target.getvalue(), report


def rewritten(data: bytes, *transforms: Transform) -> bytes:
    """Return a file with changes, from memory to memory."""
    return reported(data, *transforms)[0]


def changed_events(pieces: Iterable[bytes], *transforms: Transform) -> bytes:
    """Return a file with changes, made from an iterator of events by hand."""
    encoder = Encoder()
    events = transform(oracle.parse_pieces(pieces, force=True), *transforms)
    data = b"".join(piece for event in events for piece in encoder.send(event))
    assert encoder.finished
    return data


def read(data: bytes) -> pydicom.FileDataset:
    """Return what pydicom makes of a file, with all its values looked at."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = pydicom.dcmread(io.BytesIO(data), force=True)
        for _ in ds.iterall():
            pass
    return ds


def written_and_read(dataset: Any) -> pydicom.FileDataset:
    """Return a dataset of pydicom as it is when it comes back out of a file."""
    target = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(target, enforce_file_format=False)
    return read(target.getvalue())


def view_of(dataset: Any) -> list[tuple[Any, ...]]:
    """Return what a dataset of pydicom holds, as a flat list, without the length of the file meta information."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nodes = oracle.view(dataset)
    return [(node.path, hex(node.tag), node.vr, node.value) for node in nodes if node.tag != 0x00020000]
