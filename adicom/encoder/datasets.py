"""Encodes a dataset by itself, without what a file has around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adicom.encoder.encoded import Encoded
from adicom.encoder.layout import Layout
from adicom.encoder.output import Options
from adicom.errors import DeferredValueError
from adicom.parser.kinds import form_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adicom.dataset.dataset import Dataset

__all__ = ("encode_dataset", "is_little", "laid_out")


def encode_dataset(
    dataset: Dataset,
    *,
    implicit_vr: bool | None = None,
    little_endian: bool | None = None,
    write_like_original: bool = True,
    group_lengths: bool = False,
    encodings: Sequence[str] | None = None,
) -> Encoded:
    r"""Return a dataset as bytes; everything in it is checked before the first of them leaves.

    What was read and not changed is written as it was read, where the form, the byte order and the character set
    allow it, also if its value was looked at.

    Args:
        dataset: The dataset; it is not changed.
        implicit_vr: Whether headers have no VR; by default as the dataset says, or as it was read.
        little_endian: The byte order of numbers; the same.
        write_like_original: Whether sequences and items keep undefined lengths, and values that were read an odd
            length; else all lengths are defined and even, except that of encapsulated pixel data.
        group_lengths: Whether group lengths that are no longer right are made anew; else they are left out.
            Those of groups 0 and 2 always are made anew.
        encodings: The Python codecs of text where the dataset has no Specific Character Set.

    Raises:
        EncodeError: Something cannot be encoded; ``tag``, ``path`` and ``value`` say what.
        DeferredValueError: A value is not here, and has to be.
        ParseError: A sequence that has to be looked at is not as it should be.
        ValueError: Nothing says how the dataset is to be encoded, or it is implicit VR big endian.

    Example:
        >>> from adicom.dataset import Dataset
        >>> ds = Dataset()
        >>> ds.Rows = 512
        >>> encode_dataset(ds, implicit_vr=False, little_endian=False).to_bytes()
        b'\x00(\x00\x10US\x00\x02\x02\x00'
    """
    known = dataset.is_implicit_VR, dataset.is_little_endian
    original = dataset.original_encoding
    implicit = _first(implicit_vr, known[0], original[0])
    little = _first(little_endian, known[1], original[1], None if implicit_vr is None else True)
    if implicit is None or little is None:
        raise ValueError("say how the dataset is to be encoded: set implicit_vr and little_endian")
    if implicit and not little:
        raise ValueError("there is no implicit VR in big endian")
    options = Options(keep=write_like_original, group_lengths=group_lengths, little_values=is_little(dataset))
    layout = laid_out(dataset, form_of(implicit=implicit, little=little), options, encodings)
    return Encoded(layout.pieces, layout.size if layout.sized else None)


def _first(*choices: bool | None) -> bool | None:
    return next((choice for choice in choices if choice is not None), None)


def is_little(dataset: Dataset) -> bool:
    """Say in which byte order words are that somebody has set as bytes: in that of the dataset."""
    return _first(dataset.is_little_endian, dataset.original_encoding[1], True) is not False


def laid_out(dataset: Dataset, form: int, options: Options, encodings: Sequence[str] | None = None) -> Layout:
    """Lay out a dataset that is complete.

    Raises:
        DeferredValueError: It is not.
    """
    if not getattr(dataset, "is_complete", True):
        raise DeferredValueError(
            "the elements behind the pixel data were not read: await ds.fetch_rest() first "
            "(without await in adicom.sync)"
        )
    layout = Layout(options)
    layout.lay_out(dataset, form, None if encodings is None else tuple(encodings))
    return layout
