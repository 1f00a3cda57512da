"""What the tests of writing share."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import pydicom

import adicom.sync
from adicom.encoder import Encoded, FromSource, Pull, encode_dataset
from tests import made

if TYPE_CHECKING:
    from adicom.dataset import Dataset, FileDataset


def written(dataset: Dataset, form: made.Form = made.EXPLICIT, **options: Any) -> bytes:
    """Return a data set in a form, after a look at what was said of its length."""
    encoded = encode_dataset(dataset, implicit_vr=form.implicit, little_endian=not form.big, **options)
    data = encoded.to_bytes()
    assert encoded.length == len(data)
    assert not encoded.has_pulls
    assert encoded.to_bytes() == data
    return data


def read(body: bytes, form: made.Form = made.EXPLICIT, **options: Any) -> FileDataset:
    """Return what adicom makes of a data set in a form."""
    return adicom.sync.dcmread(made.part10(body, form.syntax), **options)


def read_by_pydicom(body: bytes, form: made.Form = made.EXPLICIT) -> pydicom.Dataset:
    """Return what pydicom makes of a data set in a form."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.filereader.read_dataset(io.BytesIO(body), form.implicit, not form.big)


def pulled(encoded: Encoded, data: bytes, step: int = 5) -> bytes:
    """Return all bytes, those of a source or stream taken a few at a time."""
    out: list[bytes | memoryview] = []
    for piece in encoded:
        if not isinstance(piece, Pull):
            out.append(piece)
            continue
        if isinstance(piece, FromSource):
            wanted = data[piece.offset : piece.offset + piece.length]
        else:
            stream = piece.stream  # type: ignore[attr-defined]  # what else it can be
            every = b"".join(stream.open())
            wanted = every[piece.offset : piece.offset + piece.length]  # type: ignore[attr-defined]
        out += [piece.take(wanted[start : start + step]) for start in range(0, len(wanted), step)]
    return b"".join(out)
