"""The file meta information: the elements of group 2 in front of a data set (PS3.10 7.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adicom.dataelem import DataElement, RawDataElement
from adicom.dataset.dataset import Dataset
from adicom.tag import BaseTag, Tag
from adicom.uid import UID

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from adicom.datadict import DataDictionary

__all__ = ("IMPLEMENTATION_CLASS_UID", "IMPLEMENTATION_VERSION_NAME", "FileMetaDataset", "validate_file_meta")

IMPLEMENTATION_CLASS_UID: Final = UID("2.25.93311501431282840102962288698517449673")
"""What adicom says of itself in files that it writes (PS3.7 D.3.3.2); made of a UUID (PS3.5 B.2)."""
IMPLEMENTATION_VERSION_NAME: Final = "ADICOM 0.1.0"

_GROUP: Final = 2
_REQUIRED: Final = {
    0x00020002: "Media Storage SOP Class UID",
    0x00020003: "Media Storage SOP Instance UID",
    0x00020010: "Transfer Syntax UID",
}


class FileMetaDataset(Dataset):
    """A dataset that takes elements of group 2 only.

    Example:
        >>> meta = FileMetaDataset()
        >>> meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
        >>> meta.TransferSyntaxUID.name
        'Explicit VR Little Endian'
        >>> meta.PatientID = "1"
        Traceback (most recent call last):
        ValueError: the file meta information has elements of group 2 only, not (0010, 0020)
    """

    __slots__ = ()

    def __init__(
        self,
        elements: Dataset | Mapping[Any, Any] | Iterable[tuple[Any, Any]] = (),
        *,
        dictionary: DataDictionary | None = None,
    ) -> None:
        super().__init__(elements, dictionary=dictionary)
        self.validate(self)

    @staticmethod
    def validate(init_value: Dataset | Mapping[Any, Any] | None) -> None:
        """Check that there is nothing but group 2.

        Raises:
            TypeError: It is neither a dataset nor a mapping of tags.
            ValueError: There is an element of another group.
        """
        if init_value is None:
            return
        if not hasattr(init_value, "keys"):
            raise TypeError(f"file meta information is a dataset or a dict, not {type(init_value).__name__}")
        for key in init_value.keys():  # noqa: SIM118  # a dataset is iterated by element
            if Tag(key).group != _GROUP:
                raise _not_meta(Tag(key))

    def __setitem__(self, key: Any, element: Any) -> None:
        if isinstance(element, DataElement | RawDataElement) and element.tag >> 16 != _GROUP:
            raise _not_meta(Tag(element.tag))
        super().__setitem__(key, element)

    def _put(self, tag: int, element: Any) -> None:
        if tag >> 16 != _GROUP:
            raise _not_meta(BaseTag(tag))
        super()._put(tag, element)


Dataset._file_meta_class = FileMetaDataset


def _not_meta(tag: BaseTag) -> ValueError:
    return ValueError(f"the file meta information has elements of group 2 only, not {tag}")


def validate_file_meta(file_meta: Dataset, enforce_standard: bool = True) -> None:
    """Check file meta information, and add what can be added.

    Args:
        file_meta: The elements.
        enforce_standard: Whether all that PS3.10 7.1 requires must be there. File Meta Information Version,
            Implementation Class UID and Implementation Version Name are then added where they are missing.

    Raises:
        ValueError: There is an element of another group.
        AttributeError: A required element is missing or empty; as in pydicom.

    Example:
        >>> meta = FileMetaDataset()
        >>> validate_file_meta(meta)
        Traceback (most recent call last):
        AttributeError: the file meta information lacks (0002, 0002) Media Storage SOP Class UID, ...
    """
    FileMetaDataset.validate(file_meta)
    if not enforce_standard:
        return
    if _is_empty(file_meta, 0x00020001):
        file_meta.FileMetaInformationVersion = b"\0\1"
    if _is_empty(file_meta, 0x00020012):
        file_meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    if 0x00020013 not in file_meta:
        file_meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    missing = [f"{BaseTag(tag)} {name}" for tag, name in _REQUIRED.items() if _is_empty(file_meta, tag)]
    if missing:
        raise AttributeError(f"the file meta information lacks {', '.join(missing)}")


def _is_empty(file_meta: Dataset, tag: int) -> bool:
    return tag not in file_meta or file_meta[tag].is_empty
