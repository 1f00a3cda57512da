"""Encodes file meta information, as it is or complete (PS3.10 7.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adicom.dataset.filemeta import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, FileMetaDataset
from adicom.encoder.datasets import laid_out
from adicom.encoder.output import Options
from adicom.encoder.syntaxes import is_as_read
from adicom.errors import EncodeError
from adicom.parser.kinds import IMPLICIT, LITTLE
from adicom.tag import BaseTag

if TYPE_CHECKING:
    from adicom.dataset.dataset import Dataset

__all__ = ("complete_meta", "encode_file_meta")

_SOP_CLASS: Final = 0x00080016
_SOP_INSTANCE: Final = 0x00080018
_GROUP_LENGTH: Final = 0x00020000
_VERSION: Final = 0x00020001
_IMPLEMENTATION: Final = 0x00020012
_IMPLEMENTATION_NAME: Final = 0x00020013
_FROM_DATASET: Final = {0x00020002: _SOP_CLASS, 0x00020003: _SOP_INSTANCE}
_REQUIRED: Final = {
    0x00020002: "Media Storage SOP Class UID",
    0x00020003: "Media Storage SOP Instance UID",
    0x00020010: "Transfer Syntax UID",
}
_SYNTAXES: Final = {IMPLICIT | LITTLE: "1.2.840.10008.1.2", LITTLE: "1.2.840.10008.1.2.1", 0: "1.2.840.10008.1.2.2"}


def encode_file_meta(file_meta: Dataset, *, enforce_standard: bool = True) -> bytes:
    r"""Return file meta information as bytes, always in Explicit VR Little Endian.

    Args:
        file_meta: The elements, all of group 2; they are not changed.
        enforce_standard: Whether all that PS3.10 7.1 requires must be there. What adicom can say of itself is then
            added, and so is the group length; else only a group length that is there is set right.

    Raises:
        EncodeError: Required elements are missing, the error names them all; or a value cannot be encoded.
        ValueError: There is an element of another group.

    Example:
        >>> meta = FileMetaDataset()
        >>> meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
        >>> encode_file_meta(meta, enforce_standard=False)
        b'\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\x00'
    """
    FileMetaDataset.validate(file_meta)
    meta = file_meta
    if enforce_standard:
        meta = FileMetaDataset(file_meta)
        _add_own(meta)
    layout = laid_out(meta, LITTLE, Options(keep=not enforce_standard))
    return b"".join(layout.pieces)  # type: ignore[arg-type]  # nothing of it is ever deferred


def complete_meta(file_meta: Dataset | None, dataset: Dataset, form: int, *, encapsulated: bool) -> Dataset:
    """Return file meta information that agrees with its dataset.

    Args:
        file_meta: What there is of it.
        dataset: The dataset that it stands in front of.
        form: How that is written.
        encapsulated: Whether its pixel data is compressed, in a way that nobody but the caller knows.
    """
    meta = FileMetaDataset(() if file_meta is None else file_meta)
    for tag, source in _FROM_DATASET.items():
        value = _text(dataset, source)
        if value and value != _text(meta, tag):
            meta.add_new(tag, "UI", value)
    if not _text(meta, 0x00020010) and not encapsulated:
        meta.add_new(0x00020010, "UI", _SYNTAXES[form])
    return meta


def _add_own(meta: Dataset) -> None:
    """Add what can be said of the file and of who writes it.

    Raises:
        EncodeError: Something else is missing.
    """
    missing = [f"{BaseTag(tag)} {name}" for tag, name in _REQUIRED.items() if not _text(meta, tag)]
    if missing:
        raise EncodeError(f"the file meta information lacks {', '.join(missing)}")
    meta.add_new(_GROUP_LENGTH, "UL", 0)  # set right when the others are there
    if _VERSION not in meta._elements or meta._element(_VERSION).is_empty:
        meta.add_new(_VERSION, "OB", b"\0\1")
    # PS3.10 7.1: who has written this file, not the one that it was read from; unless the caller has said so.
    if is_as_read(meta, _IMPLEMENTATION) or not _text(meta, _IMPLEMENTATION):
        meta.add_new(_IMPLEMENTATION, "UI", IMPLEMENTATION_CLASS_UID)
        if is_as_read(meta, _IMPLEMENTATION_NAME) or _IMPLEMENTATION_NAME not in meta._elements:
            meta.add_new(_IMPLEMENTATION_NAME, "SH", IMPLEMENTATION_VERSION_NAME)


def _text(dataset: Dataset, tag: int) -> Any:
    return dataset._element(tag).value if tag in dataset._elements else None
