"""What callers pass to the writing functions, in the words that pydicom has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adicom.charset import python_encoding
from adicom.dataset import Dataset

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("form_of_target", "given_encodings", "require_dataset")


def form_of_target(fp: Any, implicit_vr: bool | None, little_endian: bool | None) -> tuple[bool | None, bool | None]:
    """Return how to write to a file that may say so itself, as those of pydicom do.

    Example:
        >>> from pydicom.filebase import DicomBytesIO
        >>> file = DicomBytesIO()
        >>> file.is_implicit_VR, file.is_little_endian = False, True
        >>> form_of_target(file, None, None)
        (False, True)
    """
    said = getattr(fp, "is_implicit_VR", None), getattr(fp, "is_little_endian", None)
    if implicit_vr is None and little_endian is None and None not in said:
        return said
    return implicit_vr, little_endian


def given_encodings(encodings: str | Iterable[str] | None) -> tuple[str, ...] | None:
    """Return the Python codecs that a caller names, also by their terms in DICOM.

    Example:
        >>> given_encodings("utf_8"), given_encodings(["", "ISO 2022 IR 87"])
        (('utf_8',), ('iso8859_1', 'iso2022_jp'))
    """
    if encodings is None:
        return None
    return tuple(python_encoding.get(name, name) for name in ([encodings] if isinstance(encodings, str) else encodings))


def require_dataset(dataset: object) -> None:
    """Raise unless it is a dataset of adicom's.

    Raises:
        TypeError: It is none.

    Example:
        >>> require_dataset("ct.dcm")
        Traceback (most recent call last):
        TypeError: what is written is a Dataset of adicom, not str
    """
    if isinstance(dataset, Dataset):
        return
    kind = type(dataset)
    advice = ": adicom.from_pydicom(...) makes one of it" if kind.__module__.startswith("pydicom.") else ""
    raise TypeError(f"what is written is a Dataset of adicom, not {kind.__name__}{advice}")
