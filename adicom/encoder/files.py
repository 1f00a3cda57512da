"""Encodes a dataset as a file: preamble, file meta information, data set (PS3.10 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adicom.dataelem import DataElement, EncapsulatedValue
from adicom.dataset.bare import attributes_of
from adicom.encoder.datasets import is_little, laid_out
from adicom.encoder.directories import laid_out_directory
from adicom.encoder.encoded import Encoded
from adicom.encoder.filemeta import complete_meta, encode_file_meta
from adicom.encoder.fragments import starts_with_item
from adicom.encoder.output import Options
from adicom.encoder.syntaxes import target_of
from adicom.errors import EncodeError
from adicom.parser.events import UNDEFINED_LENGTH
from adicom.parser.syntax import Syntax, classify

if TYPE_CHECKING:
    from adicom.dataset.dataset import Dataset
    from adicom.encoder.syntaxes import Target

__all__ = ("encode_file",)

_PREAMBLE: Final = 128
_PIXEL_DATA: Final = 0x7FE00010
_RECORDS: Final = 0x00041220
# PS3.5 A.4.5 to A.4.9: one stream of all frames, in one fragment; with ".1" behind it, in several.
_VIDEO: Final = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in range(100, 109))


def encode_file(
    dataset: Dataset,
    *,
    write_like_original: bool = True,
    implicit_vr: bool | None = None,
    little_endian: bool | None = None,
    group_lengths: bool = False,
) -> Encoded:
    """Return a dataset as a DICOM file; everything in it is checked before the first byte leaves.

    Args:
        dataset: The dataset, with ``file_meta`` and ``preamble`` where it has them; it is not changed.
        write_like_original: If true, the file has what the dataset has: no preamble, no file meta information or not
            all of it, undefined lengths. A file that was read and not changed comes out as it was. If false, it is a
            file as PS3.10 7 wants it, and all lengths are defined but that of encapsulated pixel data.
        implicit_vr: Whether headers have no VR, where no transfer syntax tells.
        little_endian: The byte order of numbers, where no transfer syntax tells.
        group_lengths: As in :func:`encode_dataset`.

    Raises:
        EncodeError: Something cannot be encoded, or is missing; ``tag``, ``path`` and ``value`` say what.
        DeferredValueError: A value is not here, and has to be.
        ParseError: A sequence that has to be looked at is not as it should be.

    Example:
        >>> from adicom.dataset import Dataset, FileMetaDataset
        >>> ds = Dataset()
        >>> ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.1"
        >>> ds.file_meta = FileMetaDataset()
        >>> ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
        >>> data = encode_file(ds, write_like_original=False).to_bytes()
        >>> data[128:132], len(data)
        (b'DICM', 354)
    """
    _check_groups(dataset)
    attributes = attributes_of(dataset)
    preamble: bytes | None = attributes.get("preamble")
    if preamble and len(preamble) != _PREAMBLE:
        raise EncodeError(f"a preamble has {_PREAMBLE} bytes, not {len(preamble)}")
    meta: Dataset | None = attributes.get("file_meta")
    target = target_of(dataset, meta, implicit_vr, little_endian, keep=write_like_original)
    encapsulated = _check_pixels(dataset, target, keep=write_like_original)
    if not write_like_original:
        preamble = preamble or bytes(_PREAMBLE)
        meta = complete_meta(meta, dataset, target.form, encapsulated=bool(encapsulated))
    head = (preamble, b"DICM") if preamble else ()
    if meta:
        head = (*head, encode_file_meta(meta, enforce_standard=not write_like_original))
    options = Options(
        keep=write_like_original,
        group_lengths=group_lengths,
        little_values=is_little(dataset),
        encapsulated=encapsulated,
    )
    if _RECORDS in dataset._elements and not target.deflate:  # in which offsets mean nothing
        layout = laid_out_directory(dataset, target.form, options, sum(map(len, head)))
    else:
        layout = laid_out(dataset, target.form, options)
    return Encoded(layout.pieces, layout.size if layout.sized else None, head=head, deflate=target.deflate)


def _check_groups(dataset: Dataset) -> None:
    """Raise if there are elements that do not belong into the data set of a file."""
    for tag in dataset._elements:
        if tag >> 16 == 0:
            raise EncodeError("elements of group 0 make commands, not files: encode_dataset() takes them", tag=tag)
        if tag >> 16 == 2:
            raise EncodeError("elements of group 2 belong into file_meta", tag=tag)


def _check_pixels(dataset: Dataset, target: Target, *, keep: bool) -> bool | None:
    """Say whether pixel data consists of fragments; None where there is none, or nothing tells.

    Raises:
        EncodeError: It is not what the transfer syntax wants.
    """
    found = dataset._raw(_PIXEL_DATA)
    if found is None:
        return None
    raw = found._raw if isinstance(found, DataElement) else found
    was_read = raw is not None
    encapsulated = raw[2] == UNDEFINED_LENGTH if raw is not None else _is_encapsulated(found, target)  # type: ignore[arg-type]
    syntax = target.syntax
    if syntax is None or classify(syntax) == Syntax.UNKNOWN or (keep and was_read and target.as_read):
        return encapsulated
    if isinstance(found, DataElement) and isinstance(found._value, EncapsulatedValue):
        _check_video(found._value, syntax)
    if encapsulated and not syntax.is_compressed:
        raise EncodeError("encapsulated pixel data, but the transfer syntax is not compressed", tag=_PIXEL_DATA)
    if not encapsulated and syntax.is_compressed:
        raise EncodeError(
            "the pixel data is not encapsulated, as a compressed transfer syntax wants it: set an EncapsulatedValue",
            tag=_PIXEL_DATA,
        )
    return encapsulated


def _is_encapsulated(element: DataElement, target: Target) -> bool:
    """Say whether pixel data that was set consists of fragments."""
    value = element._value
    if isinstance(value, EncapsulatedValue):
        return True
    if not isinstance(value, bytes | bytearray | memoryview):
        return False
    syntax = target.syntax
    wanted = element.is_undefined_length if syntax is None or not syntax.is_transfer_syntax else syntax.is_compressed
    return wanted and starts_with_item(value)


def _check_video(value: EncapsulatedValue, syntax: str) -> None:
    if syntax in _VIDEO:
        count = len(value.frames)
        if value.stream is not None:
            count = 1 if value.fragment_size is None else -(-value.stream.length // value.fragment_size)
        if count != 1:
            raise EncodeError(f"this transfer syntax wants all frames in one fragment, not in {count}", tag=_PIXEL_DATA)
