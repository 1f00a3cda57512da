"""Datasets from and to pydicom, so that one program can use both.

pydicom is imported when one of these functions is called, and only then.

Rule 1: what nobody has looked at goes over as the bytes that were read, the rest by value.
Rule 2: what is not here cannot go over: a deferred value is an error that names it, never an empty element.
Rule 3: nothing here recurses: a sequence may be as deep as the limits of the parser let it be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from adicom.dataset import Dataset, DicomDir, FileDataset

if TYPE_CHECKING:
    import pydicom

__all__ = ("bring", "from_pydicom", "to_pydicom")


def _need_pydicom() -> None:
    """Raise an error that says what to install, if pydicom is not there."""
    try:
        import pydicom  # noqa: F401  # the parts of it that are used are imported where they are used
    except ModuleNotFoundError as error:
        if error.name != "pydicom":
            raise
        raise ImportError("this takes the package pydicom: pip install 'pydicom>=3'", name="pydicom") from None


def to_pydicom(dataset: Dataset) -> pydicom.Dataset:
    """Return a pydicom dataset that has all that is in this one.

    An element whose value nobody has looked at, or that is still what was read, becomes a
    :class:`pydicom.dataelem.RawDataElement` with its bytes, which pydicom decodes by its own rules. Others go over
    by value, sequences with the lengths (defined or not) that they and their items had. A
    :class:`~adicom.FileDataset` becomes a :class:`pydicom.FileDataset` with preamble, file meta information, name
    and encoding. The two share no element and no item. Attributes that are no elements stay behind.

    Args:
        dataset: The dataset.

    Returns:
        A :class:`pydicom.FileDataset` or :class:`pydicom.FileMetaDataset` if it is such a dataset here.

    Raises:
        ImportError: pydicom is not installed.
        DeferredValueError: A value is deferred, or elements behind the pixel data were not read. The text says
            which, and what to await.
        ParseError: The items of a sequence of undefined length are not as they should be.

    Example:
        >>> ds = Dataset()
        >>> ds.PatientID = "12345"
        >>> to_pydicom(ds).PatientID
        '12345'
    """
    _need_pydicom()
    from adicom.interop.outward import Leaving

    return Leaving().convert(dataset)


@overload
def from_pydicom(dataset: pydicom.FileDataset) -> FileDataset: ...


@overload
def from_pydicom(dataset: pydicom.Dataset) -> Dataset: ...


def from_pydicom(dataset: pydicom.Dataset) -> Dataset:
    """Return an adicom dataset that has all that is in a pydicom dataset.

    Raw elements go over as their bytes, which are decoded by adicom's rules when they are looked at; others by
    value. The two share no element and no item.

    Args:
        dataset: What pydicom has read or made.

    Returns:
        A :class:`~adicom.FileDataset`, :class:`~adicom.dataset.FileMetaDataset` or :class:`~adicom.DicomDir` if
        it is such a dataset there.

    Raises:
        ImportError: pydicom is not installed.
        TypeError: It is no dataset of pydicom.
        DeferredValueError: A value is deferred. The text says which.

    Example:
        >>> import pydicom
        >>> theirs = pydicom.Dataset()
        >>> theirs.PatientName = "CITIZEN^Joan"
        >>> from_pydicom(theirs).PatientName.family_name
        'CITIZEN'
    """
    return bring(dataset, Dataset, FileDataset, DicomDir)


def bring(dataset: pydicom.Dataset, item: type[Dataset], file: type[FileDataset], directory: type[DicomDir]) -> Dataset:
    """Do the same with other classes.

    Args:
        dataset: What pydicom has read or made.
        item: What datasets, and items, are made of.
        file: What a :class:`pydicom.FileDataset` becomes.
        directory: What it becomes if it is a DICOMDIR.
    """
    _need_pydicom()
    from adicom.interop.inward import Coming

    return Coming(item, file, directory).convert(dataset)
